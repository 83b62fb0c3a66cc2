"""One rule in two versions: equal, by form or proved; or different, with patients whom the two answer differently; or not told apart.

Every patient that is shown has been answered by both evaluators of both versions. What is said to be equal is so for every patient
that the linter's solver can make up (`lint/solving.py`); where it cannot make up all, it is not said.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from codesafety import ir
from codesafety.authoring.diff.normal import Normal, Together
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.logic import of_firing, ways_apart
from codesafety.authoring.lint.solving import Problem, Verdict
from codesafety.authoring.mutating import Answer, both_answer, edited
from codesafety.authoring.testing import alone_with, answer, build
from codesafety.evaluation.binding import Binding, say_limit
from codesafety.evaluation.codes import BoundSet
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.evaluation.facts import Facts
from codesafety.plain import parts_of

STRICT = frozenset((ir.Action.REVIEW, ir.Action.HOLD))
"""What asks for a person: a rule of such an action that no longer fires became silent."""
_MOST_NEAR = 300
_MOST_CODES = 40
_MOST_EXAMPLES = 60

Told = Literal["equal", "different", "not told apart"]
Silenced = Literal["yes", "no", "not decided"]


@dataclass(frozen=True, slots=True)
class Witness:
    """A made-up patient whom the two versions answer differently: `was` and `now` are outcomes with what is missing."""

    patient: ir.Example
    was: Answer
    now: Answer


@dataclass(frozen=True, slots=True)
class Compared:
    """One rule in two versions.

    `how`, of what is equal: `form` (it says the same in other words, or in the same) or `proof` (no patient is answered otherwise).
    `tried`: patients of whom both were asked. `silenced`: whether it asked for a person and no longer does, for somebody.
    `asks`: what it asks for, says or names, before and now, where that differs; it changes no answer.
    """

    was: ir.Rule
    now: ir.Rule
    told: Told
    how: Literal["form", "proof"] | None
    silenced: Silenced
    witnesses: tuple[Witness, ...] = ()
    tried: int = 0
    asks: tuple[tuple[str, str, str], ...] = ()

    @property
    def unchanged(self) -> bool:
        return self.told == "equal" and not self.asks and self.was.name == self.now.name

    @property
    def reworded(self) -> bool:
        """Whether it is written otherwise, examples apart."""
        return replace(self.was, examples=(), name="") != replace(self.now, examples=(), name="")


@dataclass
class Version:
    """One version of some rules, bound."""

    binding: Binding
    together: Together

    @cached_property
    def normal(self) -> Normal:
        return Normal(self.binding, self.together)

    @cached_property
    def rules(self) -> dict[str, ir.Rule]:
        return {rule.name: rule for rule in self.binding.rules}

    @cached_property
    def forms(self) -> dict[str, ir.Rule]:
        return {name: self.normal.rule(rule) for name, rule in self.rules.items()}


@dataclass
class _Asked:
    """One rule of one version, to be asked of patients."""

    binding: Binding
    rule: ir.Rule

    @cached_property
    def alone(self) -> Binding:
        return alone_with(self.binding, self.rule)

    @cached_property
    def program(self) -> Program:
        return compile_program(self.alone)

    def quickly(self, patient: ir.Example) -> str:
        given = build(patient)
        return answer(self.program.run(Facts(given.submission, given.record, self.binding.codebook)), self.rule.name)[0]

    def surely(self, patient: ir.Example) -> Answer | None:
        return both_answer(self.alone, self.program, self.rule, patient)


def is_strict(rule: ir.Rule) -> bool:
    """Return whether a rule ever asks for a person, by what it finds or by what it cannot tell."""
    return rule.action in STRICT or rule.cannot_tell in STRICT


def became_silent(was: ir.Rule, now: ir.Rule | None, before: str, after: str) -> bool:
    """Return whether a rule asked for a person by its answer, and by the answer after it no longer does as it did."""
    if before == "fires":
        return was.action in STRICT and after != "fires"
    told = after != "clear" and now is not None and (after != "fires" or now.action in STRICT)
    return before == "cannot tell" and was.cannot_tell in STRICT and not told


def same_form(was: ir.Rule, now: ir.Rule) -> bool:
    """Return whether two rules in one form mean the same: what they range over, their condition, exceptions and days."""
    return all(
        getattr(was, part) == getattr(now, part) for part in ("trigger", "when", "unless", "valid_from", "valid_until", "assumed")
    )


def compare(old: Version, new: Version, was: ir.Rule, now: ir.Rule, otherwise: Mapping[str, str]) -> Compared:
    """Return what two versions of a rule are to each other. `otherwise`: codes that the two read otherwise (`whole.read_otherwise`)."""
    one, other = old.forms[was.name], new.forms[now.name]
    asks = tuple(_asks(was, now, old, new))
    asked = [old.together.sets[name] for name in sets_of(one, other)]
    codes = [key for key in otherwise if any(_names(bound, key) for bound in asked)]
    beyond = any(map(_reads_beyond_sets, (one, other))) and _read_otherwise(old.binding, new.binding, otherwise)
    lowered = any(
        before in STRICT and after not in STRICT
        for before, after in ((was.action, now.action), (was.cannot_tell, now.cannot_tell))
    )
    if same_form(one, other) and not codes and not beyond:
        return Compared(was, now, "equal", "form", "yes" if lowered else "no", asks=asks)
    return _Pair(old, new, was, now, codes, beyond).compared(asks, lowered=lowered)


@dataclass
class _Pair:
    old: Version
    new: Version
    was: ir.Rule
    now: ir.Rule
    codes: list[str]
    beyond: bool
    """Whether codes that no set names may be read otherwise, and matter to it."""
    found: dict[tuple[str, str], Witness] = field(default_factory=dict)
    tried: int = 0

    def __post_init__(self) -> None:
        self._was, self._now = _Asked(self.old.binding, self.was), _Asked(self.new.binding, self.now)
        self._forms = self.old.forms[self.was.name], self.new.forms[self.now.name]

    def compared(self, asks: tuple[tuple[str, str, str], ...], *, lowered: bool) -> Compared:
        for patient in self._candidates():
            self._try(patient)
        silent, apart = self._solved()
        silenced: Silenced = "not decided" if silent is not Verdict.NEVER else "no"
        if not is_strict(self.was):
            silenced = "no"
        elif lowered or any(became_silent(self.was, self.now, w.was[0], w.now[0]) for w in self.found.values()):
            silenced = "yes"
        told: Told = "different" if self.found else "equal" if apart is Verdict.NEVER else "not told apart"
        how: Literal["proof"] | None = "proof" if told == "equal" else None
        return Compared(self.was, self.now, told, how, silenced, tuple(self.found.values()), self.tried, asks)

    def _try(self, patient: ir.Example) -> bool:
        """Ask both versions of a patient; keep the first of each way in which they differ."""
        self.tried += 1
        was, now = self._was.quickly(patient), self._now.quickly(patient)
        if was == now:
            return False
        if (was, now) not in self.found:
            told = self._was.surely(patient), self._now.surely(patient)
            if told[0] is None or told[1] is None or told[0][0] == told[1][0]:
                return False  # the two evaluators do not agree: nothing is shown by it
            self.found[was, now] = Witness(patient, told[0], told[1])
        return True

    # ---- every patient

    def _solved(self) -> tuple[Verdict | None, Verdict | None]:
        """Return whether it is excluded that something became silent, and that anything differs: NEVER, or None."""
        one, other = self._forms
        if self.beyond or not _comparable(one, other) or (self.codes and not self._are_new_to_it()):
            return None, None
        binding = self.old.together.binding(self.new.binding, (one, replace(other, name=f"{other.name}~")))
        if self.codes:
            codes = frozenset(self.codes)
            binding = replace(binding, sets={name: _without(bound, codes) for name, bound in binding.sets.items()})
        problem = Problem(binding, binding.rules)
        silent = apart = True
        tells = self.was.cannot_tell in STRICT
        for answered, wanted in ways_apart(*binding.rules):
            is_never = problem.find(wanted, confirm=self._try) is Verdict.NEVER
            apart = apart and is_never
            if answered == "fires" or (tells and (answered == "cannot tell" or self.now.action not in STRICT)):
                silent = silent and is_never
        return (Verdict.NEVER if silent else None), (Verdict.NEVER if apart and not self.codes else None)

    def _are_new_to_it(self) -> bool:
        """Return whether the codes that are read otherwise were unknown to the older version, and of its items alone in the newer one.

        Then the older version fired for none of them, and what it could not tell of them as something else that it looks for can only
        have become certain: for what fired, that changes nothing.
        """
        one, other = self._forms
        own = [var for var in (other.trigger.subject, other.trigger.partner) if var is not None]
        asked = sets_of(one) | sets_of(replace(other, trigger=ir.Trigger(replace(other.trigger.subject, set=None))))
        held = self.old.together.sets
        unknown = all(not self._old_reads(key) for key in self.codes)
        return (
            unknown
            and all(var.set is not None for var in own)
            and not any(_names(held[name], key) for name in asked for key in self.codes)
        )

    def _old_reads(self, key: str) -> bool:
        code = patients.label(key)
        book = self.old.binding.codebook
        return book.entry(code.system, code.code).speaks or book.product(code.system, code.code).speaks

    # ---- some patients

    def _candidates(self) -> Iterator[ir.Example]:
        """Yield patients of whom it is worth asking: of the examples, beside them, with other codes, and at the days of validity."""
        examples = list(itertools.islice((*self.was.examples, *self.now.examples), _MOST_EXAMPLES))
        yield from examples
        fires = list(self._firing())
        yield from fires
        for near in (examples, fires[:2]):
            yield from itertools.islice((other for one in near for other in edited(one)), _MOST_NEAR)
        for one in (*examples, *fires[:2]):
            yield from _less_exact(one)
        kinds = {g.kind for one in (*examples, *fires) for g in one.givens if isinstance(g, ir.GivenItem)}
        plain = [*fires[:2], *(one for one in examples if one.expect == "fires")][:4]
        for key in self._codes():
            code = patients.label(key)
            for one in plain:
                yield from _with_code(one, code)
            if not plain:
                for kind in kinds or {"entry"}:
                    yield ir.Example("", (ir.GivenItem("incoming", kind, code),), "clear")
        for day in {bound for rule in (self.was, self.now) for bound in _bounds(rule)}:
            for one in plain:
                yield _moved(one, day)

    def _firing(self) -> Iterator[ir.Example]:
        """Yield a patient for whom each version fires, and those beside them at its bounds; of a table also for rows that differ."""
        for asked, form in zip((self._was, self._now), self._forms, strict=True):
            if asked.rule.trigger.subject.kind is ir.Kind.TEXT:
                continue
            table = None if asked.rule.trigger.partner is None else asked.rule.trigger.partner.table
            keys = sorted(self._changed_rows & set(_rows(form, self.old.together)))[:_MOST_CODES] if table is not None else []
            whole = asked.binding
            narrowed = [replace(whole, tables={**whole.tables, table: {key: whole.tables[table][key]}}) for key in keys if table]
            for binding in narrowed or [whole]:
                problem = Problem(binding, [asked.rule], asked.program)
                world = problem.world(of_firing(asked.rule))
                if not isinstance(world, Verdict):
                    yield from itertools.islice(problem.around(world), _MOST_NEAR)

    @cached_property
    def _changed_rows(self) -> set[str]:
        return _changed_rows(*(_rows(form, self.old.together) for form in self._forms))

    def _codes(self) -> Iterator[str]:
        """Yield codes that one version has and the other has not, of the sets and tables that the rule asks."""
        together = self.old.together
        one, other = (sets_of(form) for form in self._forms)
        held = [
            frozenset().union(*(together.sets[n].members | together.sets[n].perhaps for n in names)) for names in (one, other)
        ]
        apart = {*(held[0] ^ held[1]), *self.codes, *self._changed_rows}
        swapped = set()
        if not apart and one != other:  # the same codes, in other sets
            swapped = {next(iter(sorted(together.sets[n].members)), "") for n in {*one, *other}} - {""}
        yield from itertools.islice(sorted(apart | swapped, key=lambda key: (len(key), key)), _MOST_CODES)


def _names(bound: BoundSet, key: str) -> bool:
    return key in bound.members or key in bound.perhaps


def _reads_beyond_sets(rule: ir.Rule) -> bool:
    """Return whether a rule asks what codes are that none of its sets need name: of any item, or what a medicine holds."""
    coded = {*_ENTRIES, ir.Kind.MEDICATION, ir.Kind.CODING}
    return any(
        var.kind is ir.Kind.MEDICATION or (var.kind in coded and var.set is None)
        for var in _nodes(rule)
        if isinstance(var, ir.Var)
    )


def _read_otherwise(old: Binding, new: Binding, otherwise: Mapping[str, str]) -> bool:
    """Return whether two terminologies may read some code otherwise: all that is known without a release stands in sets."""
    one, other = (binding.codebook.terminology for binding in (old, new))
    return one.digest != other.digest if one.has_release or other.has_release else bool(otherwise)


def _without(bound: BoundSet, codes: frozenset[str]) -> BoundSet:
    kept = bound.members if codes.isdisjoint(bound.members) else frozenset(bound.members) - codes
    return replace(bound, members=kept, perhaps=bound.perhaps - codes)


def _comparable(one: ir.Rule, other: ir.Rule) -> bool:
    """Return whether one made-up patient serves both rules: both range over the same kinds, and are in force on the same days."""
    a, b = one.trigger, other.trigger
    if a.partner is None or b.partner is None:
        same_partner = a.partner is b.partner
    else:
        same_partner = _like(a.partner, b.partner) and a.partner.table == b.partner.table
    days = (one.valid_from, one.valid_until) == (other.valid_from, other.valid_until)
    plain = _like(a.subject, b.subject) and a.subject.kind is not ir.Kind.TEXT
    return plain and same_partner and a.unordered == b.unordered and days


_ENTRIES = frozenset((ir.Kind.ENTRY, ir.Kind.HISTORY, ir.Kind.MENTION))


def _like(one: ir.Var, other: ir.Var) -> bool:
    """Return whether two variables stand for the same items, in whatever context."""
    return one.kind is other.kind or {one.kind, other.kind} <= _ENTRIES


def sets_of(*rules: ir.Rule) -> set[str]:
    """Return the sets that rules ask for, wherever they do."""
    return {one.set for one in _nodes(*rules) if isinstance(one, ir.Var | ir.InSet | ir.Says) and one.set is not None}


def _nodes(*rules: ir.Rule) -> Iterator[object]:
    """Yield everything of which rules are made, but their words and examples."""
    return parts_of(part for rule in rules for part in (rule.trigger, rule.when, rule.unless))


def _rows(rule: ir.Rule, together: Together) -> Mapping[str, tuple[ir.TableRow, ...]]:
    partner = rule.trigger.partner
    return {} if partner is None or partner.table is None else together.tables[partner.table]


def _changed_rows(one: Mapping[str, tuple[ir.TableRow, ...]], other: Mapping[str, tuple[ir.TableRow, ...]]) -> set[str]:
    return {key for key in {*one, *other} if _cells(one.get(key, ())) != _cells(other.get(key, ()))}


def _cells(rows: Iterable[ir.TableRow]) -> list[object]:
    return [(row.cells, row.first, row.last) for row in rows]


# ------------------------------------------------------------------------------------------------ patients beside others


def _with_code(example: ir.Example, code: ir.CodeRef) -> Iterator[ir.Example]:
    for at, given in enumerate(example.givens):
        if isinstance(given, ir.GivenItem):
            yield replace(example, givens=(*example.givens[:at], replace(given, code=code), *example.givens[at + 1 :]))


def _less_exact(example: ir.Example) -> Iterator[ir.Example]:
    """Yield an example with one of its days known to the month, and to the year."""
    for at, given in enumerate(example.givens):
        if isinstance(given, ir.GivenNoRecord):
            continue
        for place, one in enumerate(given.attributes):
            if _is_day(one):
                for length in (7, 4):
                    made = replace(one, value=(one.value or "")[:length])
                    less = replace(given, attributes=(*given.attributes[:place], made, *given.attributes[place + 1 :]))
                    yield replace(example, givens=(*example.givens[:at], less, *example.givens[at + 1 :]))


def _is_day(one: ir.Attribute) -> bool:
    return one.name in ("date", "born", "sent") and one.value is not None and len(one.value) == 10


def _bounds(rule: ir.Rule) -> Iterator[int]:
    if rule.valid_from is not None:
        yield from (rule.valid_from.first - 1, rule.valid_from.first)
    if rule.valid_until is not None:
        yield from (rule.valid_until.last, rule.valid_until.last + 1)


def _moved(example: ir.Example, day: int) -> ir.Example:
    """Return an example with all its days moved, so that the latest of them is on a day."""
    dated = [g for g in example.givens if not isinstance(g, ir.GivenNoRecord)]
    own = [_ordinal(a) for given in dated for a in given.attributes if _is_day(a) and a.name != "born"]
    by = day - max(own, default=day)

    def moved(one: ir.Attribute) -> ir.Attribute:
        there = max(1, min(_ordinal(one) + by, date.max.toordinal())) if _is_day(one) else 1
        return replace(one, value=date.fromordinal(there).isoformat()) if _is_day(one) else one

    givens = (
        g if isinstance(g, ir.GivenNoRecord) else replace(g, attributes=tuple(map(moved, g.attributes))) for g in example.givens
    )
    return replace(example, givens=tuple(givens))


def _ordinal(one: ir.Attribute) -> int:
    return date.fromisoformat(one.value or "").toordinal()


# ------------------------------------------------------------------------------------------------ what it asks for and says


def _asks(was: ir.Rule, now: ir.Rule, old: Version, new: Version) -> Iterator[tuple[str, str, str]]:
    """Yield what a rule asks for, says and names, before and now, where that differs."""
    for what, one, other in (
        ("action", was.action.value, now.action.value),
        ("what cannot be told", _word(was.cannot_tell), _word(now.cannot_tell)),
        ("severity", was.severity or "none", now.severity or "none"),
        ("hazards", ", ".join(was.hazards) or "none", ", ".join(now.hazards) or "none"),
        ("title", was.title or "none", now.title or "none"),
        ("reason", was.because or "none", now.because or "none"),
        ("sentence", spoken(was), spoken(now)),
        ("exceptions", *("; ".join(names) or "none" for names in _exceptions(was, now, old, new))),
        ("may be set aside", _overridable(was, old.binding), _overridable(now, new.binding)),
        ("comes after", ", ".join(sorted(was.after)) or "none", ", ".join(sorted(now.after)) or "none"),
    ):
        if one != other:
            yield what, one, other


def _word(action: ir.Action | None) -> str:
    return "listed" if action is None else action.value


def _exceptions(was: ir.Rule, now: ir.Rule, old: Version, new: Version) -> tuple[list[str], list[str]]:
    """Return what both call their exceptions: in the order of their form where it is one, so that names that change places are seen."""
    one, other = old.normal.labels[was.name], new.normal.labels[now.name]
    same = old.forms[was.name].unless == new.forms[now.name].unless
    return (one, other) if same else (sorted(one), sorted(other))


def _overridable(rule: ir.Rule, binding: Binding) -> str:
    if rule.overridable is None:
        return "no"
    length = rule.overridable.length
    long = length.as_written if isinstance(length, ir.Field) else say_limit(binding.length(length))
    return f"for {long}: {', '.join(rule.overridable.reasons)}"


def spoken(rule: ir.Rule) -> str:
    """Return the sentence of a rule with what is filled in named by its place: variables of other names say the same."""
    slots = {0: "first", 1: "second"}

    def name(part: ir.Placeholder) -> str:
        one = part.operand
        var = one if isinstance(one, ir.Var) else one.var
        base = slots.get(var.slot, "found") if var is not None else (one.base if isinstance(one, ir.Field) else "")
        said = f"{base}.{one.name}" if isinstance(one, ir.Field) else base
        return f"{{age at {said}}}" if part.kind == "age" else f"{{{said}}}"

    return " ".join("".join(part if isinstance(part, str) else name(part) for part in rule.say).split())
