"""Bind checked rules to one release, or to the frozen lists: value sets become codes, limits become numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal

from codesafety import ir
from codesafety.diagnostics import Diagnostic, Diagnostics, Span, listed
from codesafety.errors import ConfigurationError, RuleError
from codesafety.evaluation.codes import BoundSet, Codebook
from codesafety.evaluation.phrases import Phrases
from codesafety.evaluation.predicates import BoundPredicate
from codesafety.terminology.bare_codes import BareCodes
from codesafety.terminology.errors import EclError
from codesafety.terminology.interface import Replacements, Status, Terminology, Words


@dataclass(frozen=True, slots=True)
class Drift:
    """What a value set's expansion in the release gained and lost against its frozen list."""

    name: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expanded:
    """Every value set as codes of one release, or of the frozen lists, and what is to be said of that."""

    sets: Mapping[str, BoundSet]
    warnings: tuple[Diagnostic, ...] = ()
    drift: tuple[Drift, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Rules and everything they need to be answered. Immutable; shared by both evaluators."""

    rulesets: tuple[ir.Ruleset, ...]
    rules: tuple[ir.Rule, ...]
    sets: Mapping[str, BoundSet]
    limits: Mapping[str, ir.LimitValue]
    tables: Mapping[str, Mapping[str, tuple[ir.TableRow, ...]]]
    table_systems: Mapping[str, str]
    predicates: Mapping[str, BoundPredicate]
    codebook: Codebook
    warnings: tuple[Diagnostic, ...] = ()
    drift: tuple[Drift, ...] = ()
    phrases: Mapping[str, Phrases] = field(default_factory=dict)
    """What the words of each set's phrases say of it."""
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The rules of each family by its name."""

    def length(self, written: ir.Length | ir.LimitRef) -> ir.Length:
        if isinstance(written, ir.Length):
            return written
        found = self.limits[written.name]
        if isinstance(found, Decimal) and written.unit is not None:
            return ir.Length(found, written.unit)
        assert isinstance(found, ir.Length)
        return found

    def number(self, written: Decimal | ir.LimitRef) -> Decimal:
        if isinstance(written, Decimal):
            return written
        found = self.limits[written.name]
        assert isinstance(found, Decimal)
        return found

    def quantity(self, written: ir.LimitRef) -> ir.Quantity:
        found = self.limits[written.name]
        assert not isinstance(found, ir.Length)
        return ir.Quantity(found) if isinstance(found, Decimal) else found


def expand(rulesets: Sequence[ir.Ruleset], terminology: Terminology, sources: Mapping[str, str]) -> Expanded:
    """Return the value sets of rules as codes. Raises RuleError with every CS3xx diagnostic."""
    binder = _Binder(terminology)
    declared = {s.name: s for ruleset in rulesets for s in ruleset.valuesets}
    for name in declared:
        binder.bind(declared, name)
    if binder.diagnostics.errors:
        raise RuleError(binder.diagnostics.found, sources)
    return Expanded(binder.sets, tuple(binder.diagnostics.found), tuple(binder.drift))


def bind(
    rulesets: Sequence[ir.Ruleset],
    terminology: Terminology,
    *,
    limits: Mapping[str, str | int | Decimal] | None = None,
    predicates: Mapping[str, BoundPredicate] | None = None,
    sources: Mapping[str, str] | None = None,
    expanded: Expanded | None = None,
) -> Binding:
    """Bind rules to a terminology. Raises RuleError with every CS3xx diagnostic, ConfigurationError for a limit.

    `expanded`: what `expand` returned for them and this terminology, if that is known.
    """
    expanded = expanded or expand(rulesets, terminology, sources or {})
    tables: dict[str, dict[str, tuple[ir.TableRow, ...]]] = {}
    systems: dict[str, str] = {}
    for ruleset in rulesets:
        for table in ruleset.tables:
            rows: dict[str, list[ir.TableRow]] = {}
            for row in table.rows:
                rows.setdefault(row.key, []).append(row)
            tables[table.name] = {key: tuple(found) for key, found in rows.items()}
            if table.system is not None:
                systems[table.name] = table.system
    families: dict[str, tuple[str, ...]] = {}
    for rule in (rule for ruleset in rulesets for rule in ruleset.rules if rule.row is not None):
        families[rule.family] = (*families.get(rule.family, ()), rule.name)
    return Binding(
        rulesets=tuple(rulesets),
        rules=tuple(rule for ruleset in rulesets for rule in ruleset.rules),
        sets=expanded.sets,
        limits=bind_limits(rulesets, limits or {}),
        tables=tables,
        table_systems=systems,
        predicates=dict(predicates or {}),
        codebook=Codebook(terminology),
        warnings=expanded.warnings,
        drift=expanded.drift,
        phrases={s.name: dict(s.phrases) for ruleset in rulesets for s in ruleset.valuesets if s.phrases},
        families=families,
    )


def bind_limits(rulesets: Sequence[ir.Ruleset], given: Mapping[str, str | int | Decimal]) -> dict[str, ir.LimitValue]:
    """Return every limit's value: its default, or what the deployment set within the range."""
    declared = {limit.name: limit for ruleset in rulesets for limit in ruleset.limits}
    for name in given:
        if name not in declared:
            raise ConfigurationError(f"there is no limit `{name}` in the rules that are loaded; known: {', '.join(declared)}")
    return {name: _limit(limit, given[name]) if name in given else limit.default for name, limit in declared.items()}


def _limit(limit: ir.Limit, given: str | int | Decimal) -> ir.LimitValue:
    value = _limit_value(limit, str(given).split(None, 1))
    for bound, beyond in ((limit.low, _less), (limit.high, lambda a, b: _less(b, a))):
        if bound is not None and beyond(value, bound):
            assert limit.low is not None and limit.high is not None
            allowed = f"from {say_limit(limit.low)} to {say_limit(limit.high)}"
            raise ConfigurationError(f"limit `{limit.name}` may be set {allowed}, not to {say_limit(value)}")
    return value


def _limit_value(limit: ir.Limit, words: Sequence[str]) -> ir.LimitValue:
    written_like = ConfigurationError(f"limit `{limit.name}`: write it like its default, {say_limit(limit.default)}")
    try:
        number = Decimal(words[0])
        if isinstance(limit.default, ir.Quantity) and len(words) > 1:
            if words[1] != limit.default.unit:
                raise written_like
            return ir.Quantity(number, words[1])
        value = number if len(words) == 1 else ir.Length(number, ir.Unit(words[1].rstrip("s") + "s"))
    except (ArithmeticError, ValueError, IndexError):
        raise ConfigurationError(f"limit `{limit.name}`: write a number and a unit, such as `24 weeks`") from None
    if type(value) is not type(limit.default):
        raise written_like
    return value


_DAYS = {
    ir.Unit.DAYS: Decimal(1),
    ir.Unit.WEEKS: Decimal(7),
    ir.Unit.MONTHS: Decimal("30.436875"),
    ir.Unit.YEARS: Decimal("365.2425"),
}


def _less(one: ir.LimitValue, other: ir.LimitValue) -> bool:
    """Return whether one value of a limit is below another. Quantities of one limit are in one unit."""
    if isinstance(one, ir.Length) and isinstance(other, ir.Length):
        return one.n * _DAYS[one.unit] < other.n * _DAYS[other.unit]
    if isinstance(one, ir.Quantity) and isinstance(other, ir.Quantity):
        return one.number < other.number
    assert isinstance(one, Decimal) and isinstance(other, Decimal)
    return one < other


def say_limit(value: ir.LimitValue) -> str:
    """Return a limit's value as people write it: `24 weeks`, `1 month`, `3`, `300 mm[Hg]`."""
    if isinstance(value, Decimal):
        return f"{value}"
    if isinstance(value, ir.Quantity):
        return f"{value.number} {value.unit}"
    return f"{value.n} {value.unit.value if value.n != 1 else value.unit.value.removesuffix('s')}"


@dataclass(slots=True)
class _Binder:
    terminology: Terminology
    sets: dict[str, BoundSet] = field(default_factory=dict)
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    drift: list[Drift] = field(default_factory=list)

    def bind(self, declared: Mapping[str, ir.ValueSet], name: str) -> BoundSet:
        """Bind a set and those that it includes. Members = base + codes + include - except (table 14)."""
        if name in self.sets:
            return self.sets[name]
        written = declared[name]
        base, where = self._base(written)
        if isinstance(base, BareCodes) and _is_base_alone(written):
            for code in written.perhaps:
                self._check(code)
            open_codes = frozenset(c.key for c in written.perhaps if c.key not in base)
            systems = frozenset({"sct", *map(_system, open_codes)})
            bound = self.sets[name] = BoundSet(name, base, open_codes, systems, where)
            return bound
        members = set(base)
        members |= self._codes(written.codes)
        for code in (*written.perhaps, *written.except_codes):
            self._check(code)
        perhaps = {c.key for c in written.perhaps}
        included = [self.bind(declared, other) for other in written.includes]
        for other in included:
            members |= other.members
            perhaps |= other.perhaps
        removed = {c.key for c in written.except_codes}
        for other_name in written.except_sets:
            removed |= self.bind(declared, other_name).members
        members -= removed
        if not members and not self._failed(written):
            self.diagnostics.error(
                "CS303",
                f"the value set `{written.name}` is empty",
                written.span,
                "add codes, or take the set out: without members it would answer `no` to everything",
            )
        spoken = {_system(key) for key in members} | {_system(key) for key in perhaps}
        bound = BoundSet(name, frozenset(members), frozenset(perhaps - members - removed), frozenset(spoken), where)
        self.sets[name] = bound
        return bound

    def _failed(self, written: ir.ValueSet) -> bool:
        return any(d.span in (written.span, written.ecl_span) for d in self.diagnostics.found)

    def _base(self, written: ir.ValueSet) -> tuple[Set[str], str]:
        frozen: set[str] | None = None
        if isinstance(written.frozen, ir.BareRows) and not self.terminology.has_release:
            return written.frozen.codes, "frozen"
        if written.frozen is not None:
            frozen = {ir.code_key(row.system, row.code) for row in written.frozen}
        if written.ecl is not None and self.terminology.has_release:
            self._check_expression(written)
            try:
                expanded = set(self.terminology.expand(written.ecl))
            except EclError as error:
                self.diagnostics.error(
                    "CS302",
                    f"the release cannot answer this set's ecl: {error.message}",
                    written.ecl_span,
                    "load a release that covers it; the frozen list is not used in its place",
                )
                return set(), "release"
            if frozen is not None and frozen != expanded:
                self.drift.append(Drift(written.name, tuple(sorted(expanded - frozen)), tuple(sorted(frozen - expanded))))
            return expanded, "release"
        if frozen is not None:
            return self._with_replacements(frozen), "frozen"
        if written.ecl is not None:
            self.diagnostics.error(
                "CS301",
                f"the value set `{written.name}` has only `ecl`, and no release is loaded",
                written.ecl_span,
                'load a release, or add `frozen "….csv"`, a list that `codesafety rules freeze` writes from one',
            )
        return set(), "codes"

    def _codes(self, codes: Sequence[ir.CodeRef]) -> set[str]:
        for code in codes:
            self._check(code)
        return self._with_replacements({c.key for c in codes})

    def _with_replacements(self, keys: set[str]) -> set[str]:
        if not self.terminology.has_release:
            return keys
        out = set(keys)
        for key in keys:
            if "|" not in key and self.terminology.status(key) is Status.INACTIVE:
                out.update(self.terminology.replacements(key).same)
        return out

    def _check_expression(self, written: ir.ValueSet) -> None:
        """Check the codes that an expression names beside their terms, as those of `codes` are."""
        from codesafety.terminology import ecl

        assert written.ecl is not None
        try:
            named = list(ecl.concepts(ecl.parse(written.ecl)))
        except EclError:
            return  # the expansion says so
        for concept in named:
            start = written.ecl_span.start + concept.position
            span = Span(written.ecl_span.file, start, start + len(concept.code))
            self._check(ir.CodeRef("sct", concept.code, concept.term, span))

    def _check(self, code: ir.CodeRef) -> None:
        if code.system != "sct" or not self.terminology.has_release:
            return
        status = self.terminology.status(code.code)
        if status is Status.UNKNOWN:
            self.diagnostics.warning(
                "CS310",
                f"`{code.code}` is not in the release",
                code.span,
                "check the code, or load the edition that holds it",
            )
        elif status is Status.INACTIVE:
            self.diagnostics.warning(
                "CS311",
                f"`{code.code}` is inactive in the release",
                code.span,
                _instead(self.terminology.replacements(code.code)),
            )
        told = self.terminology.judge_words(code.code, code.term).verdict if code.term else None
        if told in (Words.NAMES_ANOTHER, Words.NEGATES, Words.DIFFERS):
            self.diagnostics.warning(
                "CS312",
                f"`{code.code}` is not |{code.term}| in the release",
                code.span,
                f"it is called {' or '.join(f'|{term}|' for term in self.terminology.terms(code.code)[:3])}",
            )


def _is_base_alone(written: ir.ValueSet) -> bool:
    """Return whether a set has no members but those of its list, and loses none of them."""
    return not (written.codes or written.includes or written.except_codes or written.except_sets)


def _instead(replacements: Replacements) -> str:
    """Return what to write for an inactive code."""
    if replacements.same:
        return f"write {listed(replacements.same)}, which it became"
    if replacements.possible:
        return f"it may have become {listed(replacements.possible)}: write the one that is meant"
    return "nothing has replaced it: write the code that is meant"


def _system(key: str) -> str:
    system, bar, _ = key.partition("|")
    return system if bar else "sct"
