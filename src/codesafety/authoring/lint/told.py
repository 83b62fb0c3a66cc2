"""What the linter tells, and what it looks at to tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.diagnostics import Diagnostic, Severity, Span
from codesafety.engine import frozen_terminology
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.language.files import Loaded
from codesafety.terminology.interface import Terminology

Declared = ir.Rule | ir.ValueSet | ir.Table | ir.Limit
Declaration = Declared | ir.Ruleset


@dataclass(frozen=True, slots=True)
class Fix:
    """What stands at a place, and what is to stand there: nothing else that the rule means changes."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that can hardly be meant: of which declaration, where, and the patient who shows it, if one can."""

    diagnostic: Diagnostic
    owner: Declaration
    patients: tuple[str, ...] = ()
    """Made-up patients, as an example gives them; each answered by the compiled evaluator as it is told."""
    fix: Fix | None = None
    allowed: ir.Allowed | None = None
    """Where the declaration allows it: then it is not told."""

    @property
    def check(self) -> str:
        return self.diagnostic.code


@dataclass(frozen=True, slots=True)
class Known:
    """What the shipped rulesets know of codes: what they call them, how they draw them, and in which unit a value comes."""

    rulesets: tuple[ir.Ruleset, ...] = ()
    clinical: frozenset[str] = frozenset()
    values: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """By code: a unit in which its value comes, and the highest that is possible in it."""


@dataclass
class Bench:
    """Rules on the bench: bound, with their texts, the rulesets that were asked for, and the day that it is."""

    loaded: Loaded
    binding: Binding
    asked: Sequence[ir.Ruleset]
    today: date
    known: Known = field(default_factory=Known)
    told: list[Told] = field(default_factory=list)
    undecided: dict[str, dict[str, str]] = field(default_factory=dict)
    """By check, the rules of which it could not be decided, each with what stands in the way."""
    fires: dict[str, ir.Example] = field(default_factory=dict)
    """By rule, a made-up patient for whom it fires."""

    def tell(
        self, check: str, message: str, span: Span, help: str, owner: Declaration, *,
        patients: Sequence[str] = (), fix: Fix | None = None, related: tuple[tuple[Span, str], ...] = (),
    ) -> None:  # fmt: skip
        place = span if span.file else getattr(owner, "span", span)
        diagnostic = Diagnostic(check, message, place, help, Severity.WARNING, related)
        self.told.append(Told(diagnostic, owner, tuple(patients), fix))

    def leave(self, check: str, rule: ir.Rule, why: str) -> None:
        self.undecided.setdefault(check, {})[rule.name] = why

    @cached_property
    def program(self) -> Program:
        """Every rule that is loaded, compiled: what a patient is shown for has been answered by it."""
        return compile_program(self.binding)

    @cached_property
    def rules(self) -> list[ir.Rule]:
        return [rule for ruleset in self.asked for rule in ruleset.rules]

    @cached_property
    def families(self) -> list[ir.Rule]:
        """The rules as they are written: of a family its first row."""
        return list({rule.family: rule for rule in reversed(self.rules)}.values())[::-1]

    def shown(self, *rules: ir.Rule) -> list[str]:
        """Return the patients for whom rules fire, as examples give them."""
        return [patients.written(self.fires[rule.name], self.terms) for rule in rules if rule.name in self.fires]

    @cached_property
    def sets(self) -> dict[str, ir.ValueSet]:
        return {one.name: one for ruleset in self.loaded.rulesets for one in ruleset.valuesets}

    @cached_property
    def terms(self) -> dict[str, str]:
        """What each code is called, by its key."""
        return terms_of(self.loaded.rulesets)

    @cached_property
    def names(self) -> Terminology:
        """What codes are called by others than these rules: by the release, else by the names that ship."""
        known = self.binding.codebook.terminology
        return known if known.has_release else frozen_terminology(())

    def called(self, key: str) -> str | None:
        """Return what a code is called, by these rules or by others."""
        return self.terms.get(key) or next(iter(self.names.terms(key)), None)

    def text(self, span: Span) -> str:
        return self.loaded.sources.get(span.file, "")[span.start : span.end]


def terms_of(rulesets: Sequence[ir.Ruleset]) -> dict[str, str]:
    """Return what rulesets call each code, by its key."""
    found: dict[str, str] = {}
    for one in (valueset for ruleset in rulesets for valueset in ruleset.valuesets):
        for row in one.frozen or ():
            found.setdefault(ir.code_key(row.system, row.code), row.term or "")
        for code in (*one.codes, *one.perhaps):
            found.setdefault(code.key, code.term or "")
    return {key: term for key, term in found.items() if term}


def local(name: str) -> str:
    """Return a name as its own ruleset writes it."""
    return name.rpartition("/")[2]


def conditions(rule: ir.Rule) -> list[ir.Condition]:
    return [c for c in (rule.when, *(u.condition for u in rule.unless)) if c is not None]


def every(condition: ir.Condition) -> list[ir.Condition]:
    """Return a condition and all of which it is made."""
    return [condition, *(inner for part in ir.inner(condition) for inner in every(part))]


def parts_written(condition: ir.Condition) -> Iterator[ir.Condition]:
    """Yield a condition and all that it is made of, but what stands in the named conditions that it calls."""
    yield condition
    if not isinstance(condition, ir.Named):
        for part in ir.inner(condition):
            yield from parts_written(part)


def mapped(node: Any, change: Callable[[Any], Any]) -> Any:
    """Return a rule or a condition with each of its parts changed, the inner ones first; examples stay as they are."""
    if isinstance(node, tuple):
        return tuple(mapped(one, change) for one in node)
    if isinstance(node, ir.Example) or not is_dataclass(node) or isinstance(node, type):
        return node
    made = {f.name: mapped(getattr(node, f.name), change) for f in fields(node) if f.init}
    return change(replace(node, **made) if any(made[name] is not getattr(node, name) for name in made) else node)


def slots(condition: ir.Condition) -> set[int]:
    """Return the slots of the variables that a condition speaks of."""
    found: set[int] = set()
    for part in every(condition):
        for name in getattr(type(part), "__dataclass_fields__", {}):
            value = getattr(part, name)
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, ir.Var):
                    found.add(one.slot)
                elif isinstance(one, ir.Field) and one.var is not None:
                    found.add(one.var.slot)
                elif isinstance(one, ir.Arithmetic):
                    found.update(f.var.slot for f in ir.fields_of(one) if f.var is not None)
    return found
