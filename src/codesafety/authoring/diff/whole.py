"""Two versions of whole rulesets: each rule, each value set's codes, limits and tables, and what records are answered otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from codesafety import ir
from codesafety.authoring.diff.normal import Together
from codesafety.authoring.diff.rules import Compared, Version, became_silent, compare, is_strict, same_form
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.told import terms_of
from codesafety.authoring.testing import bind_for_examples
from codesafety.engine import Engine, frozen_terminology
from codesafety.evaluation.binding import Binding, Expanded, say_limit
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.compiled.program import Program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.record import Record, Submission

_MOST_RENAMED = 60
"""Pairs of a rule that is gone and one that is new of which it is asked whether they are one rule with another name."""

Codes = tuple[tuple[str, str | None], ...]
"""Codes with the terms that are known."""


@dataclass(frozen=True, slots=True)
class SetChange:
    """A value set whose codes differ. `is_there`: in which versions it is declared."""

    name: str
    is_there: str
    gained: Codes = ()
    lost: Codes = ()
    perhaps_gained: Codes = ()
    perhaps_lost: Codes = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A limit, a table's row, a ruleset or the terminology, before and now; None: it is not there."""

    what: str
    name: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Flip:
    """One item of a record that a rule answers otherwise: the record's key, the item's place, and both answers."""

    key: str
    path: str
    rule: str
    was: str
    now: str
    is_silent: bool
    """It was told to a person, and no longer is."""


@dataclass(frozen=True, slots=True)
class Flips:
    """What a set of records came to: how many were asked, every flip, and those that could not be read."""

    records: int
    flips: tuple[Flip, ...]
    not_read: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions of rules. `rules` holds every rule of both, also those of which nothing changed, and those with another name."""

    rules: tuple[Compared, ...]
    added: tuple[ir.Rule, ...]
    removed: tuple[ir.Rule, ...]
    sets: tuple[SetChange, ...]
    changes: tuple[Change, ...]
    read_otherwise: Mapping[str, str]
    terms: Mapping[str, str]
    flips: Flips | None = None

    @property
    def silenced(self) -> tuple[str, ...]:
        """What asked for a person and no longer does, for somebody."""
        gone = [rule.name for rule in self.removed if is_strict(rule)]
        flipped = [one.rule for one in (self.flips.flips if self.flips else ()) if one.is_silent]
        return tuple(dict.fromkeys([*gone, *(c.now.name for c in self.rules if c.silenced == "yes"), *flipped]))

    @property
    def may_be_silenced(self) -> tuple[str, ...]:
        """What asked for a person, and of which it could not be decided whether it still does."""
        return tuple(c.now.name for c in self.rules if c.silenced == "not decided" and c.now.name not in self.silenced)

    @property
    def is_none(self) -> bool:
        rest = (self.added, self.removed, self.sets, self.changes, self.read_otherwise, self.flips and self.flips.flips)
        return all(one.unchanged for one in self.rules) and not any(rest)


def difference(old: Engine, new: Engine) -> Difference:
    """Return what two versions of rules mean to each other, each as its engine was loaded."""
    together = Together()
    was, now = (Version(_for_examples(engine), together) for engine in (old, new))
    terms = {**terms_of(old.rulesets), **terms_of(new.rulesets)}
    both = [name for name in was.rules if name in now.rules]
    otherwise = read_otherwise(was.binding, now.binding)
    compared = [compare(was, now, was.rules[name], now.rules[name], otherwise) for name in both]
    renamed = list(_renamed(was, now, otherwise))
    gone, come = {c.was.name for c in renamed}, {c.now.name for c in renamed}
    sets = tuple(_sets(was.binding, now.binding, terms))
    return Difference(
        rules=(*compared, *renamed),
        added=tuple(rule for name, rule in now.rules.items() if name not in was.rules and name not in come),
        removed=tuple(rule for name, rule in was.rules.items() if name not in now.rules and name not in gone),
        sets=sets,
        changes=tuple(_changes(old, new)),
        read_otherwise=otherwise,
        terms=terms,
    )


def _for_examples(engine: Engine) -> Binding:
    terminology = engine.terminology if engine.terminology.has_release else frozen_terminology(engine.rulesets)
    binding = engine.binding
    return bind_for_examples(
        engine.rulesets, terminology, predicates=binding.predicates, sources=engine.sources, expanded=Expanded(binding.sets)
    )  # fmt: skip


def _renamed(was: Version, now: Version, otherwise: Mapping[str, str]) -> Iterator[Compared]:
    """Yield rules that have another name and mean the same, by their form or proved."""
    gone = [rule for name, rule in was.rules.items() if name not in now.rules]
    come = [rule for name, rule in now.rules.items() if name not in was.rules]
    taken: set[str] = set()
    for by_form in (True, False):
        pairs = [(a, b) for a in gone for b in come if not {a.name, b.name} & taken]
        for one, other in pairs if by_form else pairs[:_MOST_RENAMED]:
            if {one.name, other.name} & taken:
                continue
            if by_form and not same_form(was.forms[one.name], now.forms[other.name]):
                continue
            found = compare(was, now, one, other, otherwise)
            if found.told == "equal":
                taken |= {one.name, other.name}
                yield found


def read_otherwise(old: Binding, new: Binding) -> dict[str, str]:
    """Return the codes of value sets that two terminologies read otherwise, with what differs: context, product, replacements."""
    if old.codebook.terminology.digest == new.codebook.terminology.digest:
        return {}
    found: dict[str, str] = {}
    for key in {key for binding in (old, new) for bound in binding.sets.values() for key in (*bound.members, *bound.perhaps)}:
        code = patients.label(key)
        differs = [
            what
            for look_up in (Codebook.entry, Codebook.product)
            for one, other in [(look_up(old.codebook, code.system, code.code), look_up(new.codebook, code.system, code.code))]
            for what in ("context", "product", "possible", "keys", "speaks")
            if getattr(one, what) != getattr(other, what)
        ]
        if differs:
            found[key] = ", ".join(dict.fromkeys(_OTHERWISE[what] for what in differs))
    return found


_OTHERWISE = {
    "context": "its context",
    "product": "what medicine it is",
    "possible": "its replacements",
    "keys": "what it became",
    "speaks": "whether it is known",
}


# ------------------------------------------------------------------------------------------------ sets, limits, rows


def _sets(old: Binding, new: Binding, terms: Mapping[str, str]) -> Iterator[SetChange]:
    def called(keys: Iterable[str]) -> Codes:
        return tuple((key, terms.get(key) or _term(key, new, old)) for key in sorted(keys, key=lambda k: (len(k), k)))

    for name in sorted({*old.sets, *new.sets}):
        was, now = old.sets.get(name), new.sets.get(name)
        if was is None or now is None:
            one = was or now
            assert one is not None
            codes = called(one.members)
            yield SetChange(name, "new" if was is None else "gone", *((codes, ()) if was is None else ((), codes)))
            continue
        if was.members == now.members and was.perhaps == now.perhaps:
            continue
        yield SetChange(
            name,
            "both",
            called(set(now.members) - set(was.members)),
            called(set(was.members) - set(now.members)),
            called(now.perhaps - was.perhaps),
            called(was.perhaps - now.perhaps),
        )


def _term(key: str, *bindings: Binding) -> str | None:
    return next((term for binding in bindings for term in binding.codebook.terminology.terms(key)), None)


def _changes(old: Engine, new: Engine) -> Iterator[Change]:
    yield from _apart("terminology", {"terminology": old.terminology.name}, {"terminology": new.terminology.name})
    yield from _apart("ruleset", *({r.name: f"{r.version}, review {r.review}" for r in e.rulesets} for e in (old, new)))
    yield from _apart("limit", *(dict(_limits(e)) for e in (old, new)))
    yield from _apart("row", *(dict(_table_rows(e.binding)) for e in (old, new)))


def _limits(engine: Engine) -> Iterator[tuple[str, str]]:
    for limit in (limit for ruleset in engine.rulesets for limit in ruleset.limits):
        within = "" if limit.low is None or limit.high is None else f" (from {say_limit(limit.low)} to {say_limit(limit.high)})"
        yield limit.name, say_limit(limit.default) + within


def _apart(what: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            yield Change(what, name, was.get(name), now.get(name))


def _table_rows(binding: Binding) -> Iterator[tuple[str, str]]:
    for table, rows in binding.tables.items():
        for key, found in rows.items():
            said = "; ".join(", ".join(f"{name} {_cell(cell)}" for name, cell in row.cells.items()) for row in found)
            days = "".join(f" ({row.first}-{row.last})" for row in found if row.first or row.last)
            yield f"{table}[{key}]", said + days


def _cell(cell: ir.Cell) -> str:
    return "empty" if cell is None else str(cell)


# ------------------------------------------------------------------------------------------------ records


Given = tuple[str, Submission, Record | None]
"""What two versions are asked of: its key, what is incoming, and the record that it meets, where there is one."""


def flips(found: Difference, old: Engine, new: Engine, records: Iterable[Given]) -> Iterator[Flip]:
    """Yield every item of what is given that a rule answers otherwise. A rule with another name is the same rule."""
    names = {c.was.name: c.now.name for c in found.rules}
    was, then = {names.get(r.name, r.name): r for r in old.rules}, {r.name: r for r in new.rules}
    for key, submission, record in records:
        answered = _answers(old.program, old.binding, submission, record)
        before = {(names.get(rule, rule), path): said for (rule, path), said in answered.items()}
        now = _answers(new.program, new.binding, submission, record)
        for rule, path in dict.fromkeys([*before, *now]):
            one, other = before.get((rule, path), "clear"), now.get((rule, path), "clear")
            if one != other:
                yield Flip(key, path, rule, one, other, rule in was and became_silent(was[rule], then.get(rule), one, other))


def _answers(program: Program, binding: Binding, submission: Submission, record: Record | None) -> dict[tuple[str, str], str]:
    run = program.run(Facts(submission, record, binding.codebook))
    found = {
        (one.rule.name, one.subject.path if one.subject is not None else "message"): one.status.value.replace("_", " ")
        for one in run.outcomes
        if one.status in (Status.FIRES, Status.CANNOT_TELL)
    }
    return {**found, **{(one.rule, "message"): "not checked" for one in run.broken}}


def with_flips(
    found: Difference, old: Engine, new: Engine, records: Sequence[Given], not_read: Sequence[tuple[str, str]]
) -> Difference:
    """Return a difference with the records that it changes the answer of."""
    return replace(found, flips=Flips(len(records), tuple(flips(found, old, new, records)), tuple(not_read)))
