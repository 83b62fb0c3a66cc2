"""Value sets and tables: what is in them that cannot count, what counts twice, and what nothing uses."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any, Final

from codesafety import ir
from codesafety.authoring.lint.told import Bench, conditions, every, local
from codesafety.diagnostics import Span
from codesafety.evaluation.codes import NO_CONTEXT
from codesafety.terminology.interface import Words

_CLINICAL: Final = (ir.Kind.ENTRY, ir.Kind.HISTORY, ir.Kind.MENTION)
_FEMALE: Final = re.compile(
    r"\b(pregnan\w*|gravid\w*|uter(us|ine)|ovar(y|ies|ian)|cervi(x|cal smear)|cervical (cancer|screening|smear)|vagin(a|al|itis)|vulva\w*|"
    r"hysterectomy|menstru\w*|menopaus\w*|endometri\w*|antenatal|female|woman|women)\b", re.IGNORECASE,
)  # fmt: skip
_MALE: Final = re.compile(
    r"\b(prostat\w*|testi(s|cle|cular|cles)|penis|penile|scrot\w*|vasectomy|epididym\w*|male|man|men)\b", re.IGNORECASE
)
_DENIED: Final = re.compile(r"^(no|not|absent|absence of|denies|never|without)\b|\b(excluded|absent|not present)$", re.IGNORECASE)
_FAMILY: Final = re.compile(r"^(fh|family history)\b", re.IGNORECASE)
_BABY: Final = re.compile(r"\b(newborn|neonat\w*|fetal|fetus|liveborn|stillborn)\b", re.IGNORECASE)
_OPEN: Final = re.compile(r"^(suspected|possible|probable|at risk of|risk of|\?)", re.IGNORECASE)
_FAMILY_OF: Final = re.compile(r"\beach\s+row\s+[a-z][a-z0-9_-]*\s+of\s+([a-z][a-z0-9_./-]*)")
_DEFINE: Final = re.compile(r"^define\s+([a-z][a-z0-9_-]*)\s*\(", re.MULTILINE)
_OTHER: Final = (
    ("deny it", _DENIED),
    ("are of the family", _FAMILY),
    ("are of a baby", _BABY),
    ("leave it open", _OPEN),
)


def look(bench: Bench) -> None:
    drawn = _drawn(bench)
    for ruleset in bench.asked:
        for one in ruleset.valuesets:
            _wrong_kind(one, drawn[one.name], bench)
            _twice(one, bench)
            _no_part(one, bench)
            _mixed(one, drawn[one.name], bench)
            _terms(one, bench)
        for table in ruleset.tables:
            _rows(table, bench)
    _pairs(bench)
    _unused(bench)


def _variables(rule: ir.Rule) -> Iterator[ir.Var]:
    yield from (var for var in (rule.trigger.subject, rule.trigger.partner) if var is not None)
    for condition in conditions(rule):
        yield from (part.var for part in every(condition) if isinstance(part, ir.Quantified | ir.Ordered))


def _drawn(bench: Bench) -> dict[str, list[ir.Var]]:
    """Return the variables that are drawn from each set, or from one that includes it."""
    found: dict[str, list[ir.Var]] = defaultdict(list)
    for rule in (rule for ruleset in bench.loaded.rulesets for rule in ruleset.rules):
        for var in _variables(rule):
            if var.set is not None:
                found[var.set].append(var)
    for one in reversed(list(bench.sets.values())):
        for other in one.includes:
            found[other] += found[one.name]
    return found


def _listed(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"`{name}`" for name in names[:most]) + more


def _called(key: str, bench: Bench) -> str:
    term = bench.called(key)
    return f"{key} |{term}|" if term else key


def _wrong_kind(one: ir.ValueSet, drawn: list[ir.Var], bench: Bench) -> None:
    members = bench.binding.sets[one.name].members
    codebook = bench.binding.codebook
    products = [key for key in members if not key.startswith("test|") and codebook.terminology.product(key) is not None]
    own = [var for var in drawn if var.set == one.name]
    as_entries = [var for var in own if var.kind in _CLINICAL]
    as_medicines = [var for var in own if var.kind is ir.Kind.MEDICATION]
    if as_entries and len(products) == len(members):
        bench.tell(
            "CS450", f"`{local(one.name)}` is a set of medicines, and `{as_entries[0].kind.value} {as_entries[0].name}` is drawn from it",
            as_entries[0].span, f"write `medication {as_entries[0].name} in {local(one.name)}`", one,
        )  # fmt: skip
    elif as_medicines and not products and members <= bench.known.clinical:
        bench.tell(
            "CS450", f"`{local(one.name)}` is a set of clinical codes, and `medication {as_medicines[0].name}` is drawn from it",
            as_medicines[0].span, f"write `entry {as_medicines[0].name} in {local(one.name)}`", one,
        )  # fmt: skip


def _twice(one: ir.ValueSet, bench: Bench) -> None:
    """Tell of codes that are in and perhaps in, and of codes that the rest of the set has already."""
    frozen = {ir.code_key(row.system, row.code) for row in one.frozen or ()}
    included = {key for name in one.includes for key in bench.binding.sets[name].members}
    for code in one.perhaps:
        if code.key in {c.key for c in one.codes} | frozen | included:
            bench.tell(
                "CS451", f"`{code.code}` is in `{local(one.name)}`, and perhaps in it", code.span,
                "choose one: a code that is in leaves nothing open", one,
            )  # fmt: skip
    for code in one.codes:
        if code.key in (frozen if one.ecl is None else set()) | included and not any(code.key == c.key for c in one.except_codes):
            bench.tell(
                "CS452", f"`{code.code}` is in `{local(one.name)}` already, by its list or what it includes", code.span,
                "leave it out here", one,
            )  # fmt: skip


def _no_part(one: ir.ValueSet, bench: Bench) -> None:
    """Tell of parts that take nothing out, or bring nothing in."""
    codes = {c.key for c in one.codes}
    frozen = {ir.code_key(row.system, row.code) for row in one.frozen or ()}
    by_set = {name: bench.binding.sets[name].members for name in one.includes}
    every_key = codes | frozen | {key for members in by_set.values() for key in members} | {c.key for c in one.perhaps}
    every_key |= {key for name in one.includes for key in bench.binding.sets[name].perhaps}
    whole = one.ecl is None
    for code in one.except_codes:
        if code.key in codes:
            bench.tell(
                "CS452", f"`{code.code}` is put into `{local(one.name)}` by `codes`, and taken out by `except`", code.span,
                "leave it out of both, or out of `except`", one,
            )  # fmt: skip
        elif whole and code.key not in every_key:
            bench.tell(
                "CS452", f"`{code.code}` is not in `{local(one.name)}`, so that `except` takes nothing out", code.span,
                "leave it out, or write the code that is meant", one,
            )  # fmt: skip
    for name in one.except_sets:
        if whole and not bench.binding.sets[name].members & every_key:
            bench.tell(
                "CS452", f"`{local(one.name)}` has nothing of `{local(name)}`, so that `except` takes nothing out", one.span,
                "leave it out, or name the set that is meant", one,
            )  # fmt: skip
    for name, members in by_set.items():
        beside = {other for other in by_set if other != name and name in _within(other, bench)}
        if (whole and members <= codes | frozen) or beside:
            bench.tell(
                "CS452", f"`{local(one.name)}` has all of `{local(name)}` without including it", one.span,
                f"leave `include {local(name)}` out, or what it says twice", one,
            )  # fmt: skip


def _within(name: str, bench: Bench) -> set[str]:
    """Return the sets that a set includes, and those that these do; none where it takes something out."""
    one = bench.sets[name]
    if one.except_codes or one.except_sets:
        return set()
    return {*one.includes, *(inner for other in one.includes for inner in _within(other, bench))}


def _mixed(one: ir.ValueSet, drawn: list[ir.Var], bench: Bench) -> None:
    """Tell of codes beside the others that are of another sex, or that say something else than the others do."""
    members = sorted(bench.binding.sets[one.name].members)
    own = {ir.code_key(row.system, row.code) for row in one.frozen or ()} | {c.key for c in one.codes}
    named = {key: term for key in members if key in own and (term := bench.called(key))}
    female = [key for key, term in named.items() if _FEMALE.search(term) and not _MALE.search(term)]
    male = [key for key, term in named.items() if _MALE.search(term) and not _FEMALE.search(term)]
    if female and male and _asks_sex(one, bench):
        bench.tell(
            "CS454", f"`{local(one.name)}` mixes the sexes, and a rule over it asks for one: {_called(male[0], bench)} beside "
            f"{_called(female[0], bench)}", one.span, "make two sets of it", one,
        )  # fmt: skip
    entries = [var for var in drawn if var.kind in (ir.Kind.ENTRY, ir.Kind.HISTORY)]
    if not entries or len(entries) < len(drawn):
        return
    said = {ir.code_key(row.system, row.code) for row in one.frozen or () if row.assertion or row.subject or row.temporality}
    contexts = {key: bench.binding.codebook.key(key).context for key in own - said if key in members}
    never = sorted(
        key for key, context in contexts.items()
        if context != NO_CONTEXT and (context.assertion in ("absent", "planned") or context.subject not in (None, "patient"))
    )  # fmt: skip
    if never and len(never) < len(members):
        bench.tell(
            "CS455", f"`{local(one.name)}` holds codes that are never an entry, by their own context: {_listed([_called(k, bench) for k in never])}",
            one.span, "take them out, or draw a `mention` and say which context is meant", one,
        )  # fmt: skip
        return
    for what, pattern in _OTHER:
        written = {c.key for c in one.codes} if pattern in (_BABY, _OPEN) else own - said
        other = [key for key, term in named.items() if key in written and pattern.search(term)]
        if other and len(other) * 2 <= len(named):
            bench.tell(
                "CS455", f"`{local(one.name)}` holds codes that {what}, beside others that do not: {_listed([_called(k, bench) for k in other])}",
                one.span, "take them out, or make another set of them", one,
            )  # fmt: skip


def _asks_sex(one: ir.ValueSet, bench: Bench) -> bool:
    for rule in bench.rules:
        if rule.trigger.subject.set == one.name:
            for condition in conditions(rule):
                for part in every(condition):
                    if isinstance(part, ir.FieldIs) and part.field.name in ("gender", "sex_at_birth"):
                        return True
    return False


def _terms(one: ir.ValueSet, bench: Bench) -> None:
    """Tell of codes under words that the names in use deny them; with a release, `rules check --release` does."""
    if bench.binding.codebook.terminology.has_release:
        return
    for code in (*one.codes, *one.perhaps):
        if code.system != "sct" or not code.term or any(d.code == "CS408" and d.span == code.span for d in bench.loaded.warnings):
            continue
        called = {term for other in bench.known.rulesets for s in other.valuesets for term in _names(s, code.key)}
        told = bench.names.judge_words(code.code, code.term).verdict
        if told in (Words.NAMES_ANOTHER, Words.NEGATES, Words.DIFFERS) or (
            called and not any(_alike(code.term, term) for term in called)
        ):
            names = sorted(called) or list(bench.names.terms(code.code))
            says = f": it is {' or '.join(f'|{n}|' for n in names[:2])}" if names else ""
            bench.tell(
                "CS458",
                f"`{code.code}` is not |{code.term}|{says}",
                code.span,
                "write the code that is meant, or its own term",
                one,
            )


def _names(one: ir.ValueSet, key: str) -> Iterator[str]:
    yield from (row.term for row in one.frozen or () if row.term and ir.code_key(row.system, row.code) == key)
    yield from (code.term for code in (*one.codes, *one.perhaps) if code.term and code.key == key)


def _alike(one: str, other: str) -> bool:
    """Return whether two terms share a word that says something."""
    return bool(_words(one) & _words(other))


def _words(term: str) -> set[str]:
    return {
        word[:6]
        for word in re.findall(r"[a-z0-9]{3,}", term.lower())
        if word not in ("the", "and", "finding", "disorder", "with")
    }


# ------------------------------------------------------------------------------------------------ tables


def _rows(table: ir.Table, bench: Bench) -> None:
    ranges = [
        (low, high)
        for low, high in itertools.pairwise(name for name, column in table.columns.items() if column.type not in ("text", "code", "set", "sex", "date", "unit"))
        if table.columns[low].type == table.columns[high].type and table.columns[low].unit == table.columns[high].unit
        and table.columns[low].unit_column == table.columns[high].unit_column and _is_range(low, high)
    ]  # fmt: skip
    seen: dict[str, list[ir.TableRow]] = defaultdict(list)
    for row in table.rows:
        for low, high in ranges:
            least, most = row.cells.get(low), row.cells.get(high)
            if isinstance(least, Decimal) and isinstance(most, Decimal) and least > most:
                bench.tell(
                    "CS461", f"line {row.line} of `{local(table.name)}` has `{low}` {least} above `{high}` {most}: nothing lies between",
                    table.span, "put the smaller number first", table,
                )  # fmt: skip
        if row.cells and all(cell is None for name, cell in row.cells.items() if name != table.key_column):
            bench.tell("CS461", f"line {row.line} of `{local(table.name)}` says nothing: every cell is empty", table.span,
                       "fill it, or take the line out", table)  # fmt: skip
        for other in seen[row.key]:
            if (
                (row.first or 0) <= (other.last or 10**9)
                and (other.first or 0) <= (row.last or 10**9)
                and table.system is not None
            ):
                same = row.cells == other.cells
                how = "the same" if same else "something else"
                if same or not _apart(table, row, other):
                    bench.tell(
                        "CS460", f"lines {other.line} and {row.line} of `{local(table.name)}` are of one code, on the same days, and say {how}",
                        table.span, "leave one of them, or give each its own days", table,
                    )  # fmt: skip
                    break
        seen[row.key].append(row)


def _is_range(low: str, high: str) -> bool:
    pairs = (("lo", "hi"), ("low", "high"), ("min", "max"), ("from", "to"), ("least", "most"), ("lowest", "highest"), ("youngest", "oldest"), ("young", "old"))  # fmt: skip
    return any(a in low.split("_") and b in high.split("_") for a, b in pairs)


def _apart(table: ir.Table, one: ir.TableRow, other: ir.TableRow) -> bool:
    """Return whether two rows of a code are told apart by an age or another range."""
    ranges = [
        (low, high)
        for low, high in itertools.permutations(table.columns, 2)
        if table.columns[low].type == table.columns[high].type and _is_range(low, high)
    ]
    for low, high in ranges:
        ends = [(row.cells.get(low), row.cells.get(high)) for row in (one, other)]
        for (_, most), (least, _) in (ends, ends[::-1]):
            if isinstance(most, Decimal) and isinstance(least, Decimal) and most <= least:
                return True
    return any(
        one.cells.get(name) != other.cells.get(name)
        for name, column in table.columns.items()
        if column.type in ("sex", "code", "text")
    )


# ------------------------------------------------------------------------------------------------ in use


def _pairs(bench: Bench) -> None:
    """Tell of pairs of two sets that share codes: one code is then on both sides."""
    for rule in bench.families:
        one, other = rule.trigger.subject, rule.trigger.partner
        if rule.row is not None or other is None or one.set is None or other.set is None or one.set == other.set:
            continue
        if (one.kind is ir.Kind.MEDICATION) != (other.kind is ir.Kind.MEDICATION):
            continue
        shared = sorted(bench.binding.sets[one.set].members & bench.binding.sets[other.set].members)
        told_apart = any(
            isinstance(part, ir.InSet | ir.SameEntry | ir.SameProduct | ir.SameIngredients)
            for condition in conditions(rule) for part in every(condition)
        )  # fmt: skip
        if shared and not told_apart:
            bench.tell(
                "CS453", f"{_listed([_called(key, bench) for key in shared])} stand on both sides of `{local(rule.name)}`",
                other.span if other.span.file else rule.span, "take them out of one set, or say which of the two is meant", rule,
            )  # fmt: skip


def _unused(bench: Bench) -> None:
    """Tell of what is declared in a ruleset with rules and used by nothing, here or in another ruleset that is loaded."""
    used: set[str] = set()
    for ruleset in bench.loaded.rulesets:
        for one in ruleset.valuesets:
            used.update(one.includes, one.except_sets)
        for table in ruleset.tables:
            used.update(str(c) for row in table.rows for name, c in row.cells.items() if table.columns[name].type == "set" and c)
        for rule in ruleset.rules:
            used.update(_named(replace(rule, examples=())))
            family = _FAMILY_OF.search(rule.text)
            used.update([family[1], f"{ruleset.name}/{family[1]}"] if family else [])
    for ruleset in bench.asked:
        if not ruleset.rules:
            continue
        for what, declared in (("value set", ruleset.valuesets), ("limit", ruleset.limits), ("table", ruleset.tables)):
            for each in declared:
                if each.name not in used:
                    bench.tell(
                        "CS456", f"nothing uses the {what} `{local(each.name)}`", each.span, "use it, or take it out", each
                    )
        for file in {rule.span.file for rule in ruleset.rules}:
            for found in _DEFINE.finditer(bench.loaded.sources.get(file, "")):
                if f"{ruleset.name}/{found[1]}" not in used:
                    span = Span(file, found.start(1), found.end(1))
                    bench.tell("CS456", f"nothing uses the named condition `{found[1]}`", span, "use it, or take it out", ruleset)
        for use in ruleset.uses:
            if not any(name.startswith(f"{use.ruleset}/") for name in used):
                bench.tell("CS456", f"nothing of `{use.ruleset}` is used", use.span, "take the line out", ruleset)


def _named(node: Any) -> Iterator[str]:
    """Yield the whole names of sets, tables, limits, named conditions and rules that a rule speaks of."""
    match node:
        case ir.Var(set=of, table=table):
            yield from (name for name in (of, table) if name is not None)
        case ir.LimitRef(name=name):
            yield name
        case ir.InSet(set=name) | ir.Says(set=name) | ir.Named(name=name):
            yield name
        case ir.Rule(after=after):
            yield from after
        case _:
            pass
    if isinstance(node, tuple):
        for one in node:
            yield from _named(one)
    elif is_dataclass(node):
        for each in fields(node):
            yield from _named(getattr(node, each.name))
