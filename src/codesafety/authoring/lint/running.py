"""Every check on some rules, a team's own among them; what their authors allow, and what can be put right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from codesafety import ir
from codesafety.authoring.lint import asked, between, examples, logic, sets, words
from codesafety.authoring.lint.told import Bench, Declared, Fix, Known, Told
from codesafety.authoring.testing import bind_for_examples
from codesafety.diagnostics import Diagnostic, Severity, Span
from codesafety.evaluation.predicates import BoundPredicate
from codesafety.language.files import Loaded
from codesafety.plugins.checks import Check
from codesafety.plugins.declared import complaints
from codesafety.terminology.interface import Terminology

_UNUSED: Final = "CS499"


@dataclass(frozen=True, slots=True)
class Linted:
    """What is told, in the order of its places; what is not because a rule allows it; and of which rules a check could not be decided, with why."""

    told: tuple[Told, ...]
    allowed: tuple[Told, ...]
    undecided: Mapping[str, Mapping[str, str]]
    looked_at: tuple[Declared, ...]

    @property
    def rules(self) -> int:
        return sum(isinstance(one, ir.Rule) for one in self.looked_at)


def lint(
    loaded: Loaded,
    terminology: Terminology,
    *,
    asked_for: Sequence[ir.Ruleset] | None = None,
    known: Sequence[ir.Ruleset] = (),
    today: date,
    predicates: Mapping[str, BoundPredicate] | None = None,
    checks: Sequence[tuple[str, Check]] = (),
) -> Linted:
    """Return what every check tells of some rules.

    `asked_for`: the rulesets that are looked at, of those that are loaded; None: all. `known`: shipped rulesets, for what they know
    of codes. `today`: for sources and rules that are past their day. `checks`: a team's own, each with its plugin's name.

    Raises RuleError where the rules cannot be bound, PluginError where a plugin's check fails.
    """
    binding = bind_for_examples(loaded.rulesets, terminology, predicates=predicates or {}, sources=loaded.sources)
    bench = Bench(loaded, binding, loaded.rulesets if asked_for is None else asked_for, today, _known([*known, *loaded.rulesets]))
    for room in (sets, logic, between, asked, words, examples):
        room.look(bench)
    for plugin, check in checks:
        _own(plugin, check, bench)
    told, allowed = _sorted_out(bench)
    looked_at = tuple(one for ruleset in bench.asked for one in _declared(ruleset))
    return Linted(told, allowed, bench.undecided, looked_at)


def _declared(ruleset: ir.Ruleset) -> tuple[Declared, ...]:
    return (*ruleset.rules, *ruleset.valuesets, *ruleset.tables, *ruleset.limits)


def _known(rulesets: Sequence[ir.Ruleset]) -> Known:
    clinical = {
        row.code
        for ruleset in rulesets
        for one in ruleset.valuesets
        if "clinical" in one.name or ruleset.name in ("uk.codes", "uk.sex", "uk.values", "uk.age")
        for row in one.frozen or ()
        if row.system == "sct"
    }
    values: dict[str, tuple[str, float]] = {}
    for ruleset in rulesets:
        for table in ruleset.tables:
            if table.name != "uk.values/limits":
                continue
            for row in table.rows:
                unit, most = row.cells.get("unit"), row.cells.get("highest") or row.cells.get("high")
                if isinstance(unit, str) and isinstance(most, Decimal):
                    values[row.key] = unit, max(float(most), values.get(row.key, ("", 0.0))[1])
    return Known(tuple(r for r in rulesets if r.name.startswith("uk.")), frozenset(clinical), values)


def _own(plugin: str, check: Check, bench: Bench) -> None:
    """Ask a team's own check of each ruleset."""
    for ruleset in bench.asked:
        for complaint in complaints(plugin, check, ruleset):
            about = complaint.about
            span = (
                ruleset.rules[0].span
                if isinstance(about, ir.Ruleset) and ruleset.rules
                else getattr(about, "span", Span("", 0, 0))
            )
            bench.tell(
                check.name, complaint.message, span, complaint.help or f"see what `{plugin}` says of `{check.name}`", about
            )


def _sorted_out(bench: Bench) -> tuple[tuple[Told, ...], tuple[Told, ...]]:
    """Return what is told and what is allowed; an `allow` that allows nothing is told too."""
    used: set[Span] = set()
    told: list[Told] = []
    allowed: list[Told] = []
    by_name = {ruleset.name: ruleset for ruleset in bench.asked}
    for one in {(t.check, t.diagnostic.span, t.diagnostic.message): t for t in bench.told}.values():
        owner = one.owner
        parent = None if isinstance(owner, ir.Ruleset) else by_name.get(owner.name.partition("/")[0])
        may = [a for of in (owner, parent) if of is not None for a in of.allowed if a.check == one.check]
        if may:
            used.add(may[0].span)
            allowed.append(replace(one, allowed=may[0]))
        else:
            told.append(one)
    for ruleset in bench.asked:
        for declared in (ruleset, *_declared(ruleset)):
            for each in declared.allowed:
                if each.span not in used:
                    used.add(each.span)
                    told.append(
                        Told(
                            Diagnostic(
                                _UNUSED, f"`{each.check}` is not told here, so that `allow` allows nothing", each.span,
                                "take it out", Severity.WARNING,
                            ),
                            declared, fix=Fix(each.span, ""),
                        )
                    )  # fmt: skip
    order = lambda t: (t.diagnostic.span, t.check)  # noqa: E731
    return tuple(sorted(told, key=order)), tuple(sorted(allowed, key=order))


def at_once(told: Sequence[Told]) -> list[Told]:
    """Return what can be put right together: of each declaration one thing, for the next may follow from the first."""
    return list({one.owner.name: one for one in reversed(told) if one.fix is not None}.values())


def fixed(told: Sequence[Told], sources: Mapping[str, str]) -> dict[str, str]:
    """Return the texts in which something can be put right at once."""
    by_file: dict[str, list[Fix]] = defaultdict(list)
    for one in at_once(told):
        assert one.fix is not None
        by_file[one.fix.span.file].append(one.fix)
    found = {}
    for file, fixes in by_file.items():
        text = sources[file]
        for fix in sorted(fixes, key=lambda f: f.span.start, reverse=True):
            text = text[: fix.span.start] + fix.text + text[fix.span.end :]
        found[file] = text
    return found
