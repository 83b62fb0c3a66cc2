"""Rules changed in one place each, to see whether their examples notice; and for those that no example notices, one that would.

Each change is a mistake that an author makes: a limit one step off, an operator or a connective for another, a set for another,
`history` for `entry`, an exception left out. A change that no made-up patient can tell from the rule is no mistake: it is counted
by itself, and asks for no example.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from textwrap import shorten
from typing import Any, Literal

from codesafety import ir
from codesafety.authoring.coverage import words_at
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.examples import places
from codesafety.authoring.lint.logic import ways_apart
from codesafety.authoring.lint.solving import Problem, Verdict
from codesafety.authoring.lint.told import every, local, mapped
from codesafety.authoring.testing import Texts, alone_with, answer, build
from codesafety.diagnostics import Span
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.calendar import LAST_DAY
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference
from codesafety.evaluation.work import Work

Kind = Literal["limit", "operator", "connective", "set", "context", "exception"]
Answer = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one change: what kind of change, in which words, and where.

    `decides`: the clause that is changed, by which an example that notices is named.
    `key`: what the same change has in every rule and row in which what is written once is read. `definition`: the named condition
    in which it is made, and then wherever the rule calls that; None: the rule's own text.
    """

    kind: Kind
    words: str
    span: Span
    rule: ir.Rule
    decides: str
    key: Hashable = None
    definition: str | None = None


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no example notices; and, where one was found, a patient who does, with what the rule answers for them."""

    mutant: Mutant
    patient: ir.Example | None
    expect: Answer | None
    instead: str | None


@dataclass(frozen=True, slots=True)
class Mutated:
    """What is noticed of the changes of what is written once: a rule, a family, of which the examples of all rows are asked, or
    a named condition, of which those of all rules that call it are."""

    name: str
    mutants: int
    killed: int
    same: tuple[Mutant, ...]
    """Changes that are none: no patient is answered otherwise."""
    survivors: tuple[Survivor, ...]

    @property
    def score(self) -> float:
        """Per cent of the changes that matter which some example notices; 100 of a rule that has none."""
        of = self.mutants - len(self.same)
        return 100 * self.killed / of if of else 100.0


Changed = list[tuple["_Examples", Mutant]]
"""One change of what is written once, in every rule in which it is one, with the examples of that rule."""


def mutate(
    binding: Binding, rules: Sequence[ir.Rule], texts: Texts, told: Callable[[str, int, int], None] = lambda *_: None
) -> Iterator[Mutated]:
    """Yield what is noticed of each rule, family and named condition of the rulesets of these rules. `told`: is told how far it is."""
    written = changes(binding, rules, texts)
    done, total = itertools.count(1), sum(map(len, written.values()))
    for name, every_change in written.items():
        same: list[Mutant] = []
        survivors: list[Survivor] = []
        for changed in every_change:
            told("mutants", next(done), total)
            if is_noticed(changed):
                continue
            found = _found(binding, changed)
            if found is None:
                same.append(changed[0][1])
            else:
                survivors.append(found)
        of = len(every_change)
        yield Mutated(name, of, of - len(same) - len(survivors), tuple(same), tuple(survivors))


def changes(binding: Binding, rules: Sequence[ir.Rule], texts: Texts) -> dict[str, list[Changed]]:
    """Return each change of what is written once, by its name: of rules, families and named conditions of the rulesets of these rules."""
    sets = alternatives(binding)
    own = {rule.ruleset for rule in rules}
    written: dict[str, dict[Hashable, Changed]] = {}
    for rule in rules:
        noticing = _Examples(binding, rule)
        written.setdefault(rule.family, {})
        for mutant in mutants(rule, binding, sets, texts):
            name = mutant.definition or rule.family
            if name.rpartition("/")[0] in own:
                written.setdefault(name, {}).setdefault(mutant.key, []).append((noticing, mutant))
    return {name: list(by_key.values()) for name, by_key in written.items()}


def is_noticed(changed: Changed) -> bool:
    """Return whether some example is answered otherwise by a change."""
    return any(noticing.notice(mutant.rule) for noticing, mutant in changed)


def _found(binding: Binding, changed: Changed) -> Survivor | None:
    """Return a change that no example notices, with a patient who does, if one is found; None where there is none.

    Of a family its first row is asked.
    """
    families = list({mutant.rule.family: (noticing, mutant) for noticing, mutant in reversed(changed)}.values())[::-1]
    for noticing, mutant in families:
        if (near := noticing.beside(mutant)) is not None:
            return Survivor(mutant, *near)
    never = True
    for noticing, mutant in families:
        apart = _told_apart(binding, noticing.rule, mutant)
        if isinstance(apart, tuple):
            return Survivor(mutant, *apart)
        never = never and apart is Verdict.NEVER
    return None if never else Survivor(changed[0][1], None, None, None)


class _Examples:
    """The examples of a rule, and what it answers for each."""

    def __init__(self, binding: Binding, rule: ir.Rule) -> None:
        self.rule = rule
        self._binding = binding
        self._first = 0

    @cached_property
    def _own(self) -> list[tuple[Facts, Answer]]:
        given = [self._facts(one) for one in self.rule.examples]
        return [(facts, self._told(self.rule, facts)) for facts in given]

    def notice(self, changed: ir.Rule) -> bool:
        """Return whether some example is answered otherwise by a changed rule. The one that noticed the last change is asked first."""
        for at in sorted(range(len(self._own)), key=lambda at: at != self._first):
            facts, told = self._own[at]
            if self._told(changed, facts) != told:
                self._first = at
                return True
        return False

    @cached_property
    def _near(self) -> list[tuple[ir.Example, Answer]]:
        """Patients who differ from an example's in one thing, with what the rule answers for them."""
        near = itertools.islice((other for one in self.rule.examples for other in edited(one)), _MOST_NEAR)
        return [(one, self._told(self.rule, self._facts(one))) for one in near]

    def _facts(self, patient: ir.Example) -> Facts:
        given = build(patient)
        return Facts(given.submission, given.record, self._binding.codebook, Work(_UNBOUNDED))

    def _told(self, rule: ir.Rule, facts: Facts) -> Answer:
        return answer(run_reference(alone_with(self._binding, rule), facts), rule.name)

    def beside(self, mutant: Mutant) -> tuple[ir.Example, Answer, str] | None:
        """Return a patient beside an example whom a mutant answers otherwise, on both evaluators, if there is one."""
        for patient, told in self._near:
            if self._told(mutant.rule, self._facts(patient))[0] != told[0]:
                both = [alone_with(self._binding, rule) for rule in (self.rule, mutant.rule)]
                answers = [both_answer(one, compile_program(one), one.rules[0], patient) for one in both]
                if answers[0] == told and answers[1] is not None and answers[1][0] != told[0]:
                    return patient, told, answers[1][0]
        return None


_UNBOUNDED = 10**15
"""Work for an example that is asked of every mutant."""
_MOST_NEAR = 300
_LONGEST_CLAUSE = 100
_CONTEXTS = (
    ("past", None),
    ("absent", None),
    ("planned", None),
    ("possible", None),
    ("about", "family"),
    ("entered-in-error", None),
)
_PLAIN = frozenset(
    (
        "date",
        "born",
        "sent",
        "gender",
        "sex_at_birth",
        "past",
        "history",
        "about",
        "value",
        "days_supply",
        "dose",
        "complete_from",
    )
)


def edited(example: ir.Example) -> Iterator[ir.Example]:
    """Yield an example with one thing changed: one given fewer, a field fewer, a day or a step off, another gender, side or context.

    None of one that gives words or identifiers.
    """
    attributes = [a for given in example.givens if not isinstance(given, ir.GivenNoRecord) for a in given.attributes]
    plain = all(a.value is None or a.name in _PLAIN for a in attributes)
    if not plain or any(isinstance(given, ir.GivenText) for given in example.givens):
        return
    for at, given in enumerate(example.givens):
        before, after = example.givens[:at], example.givens[at + 1 :]
        yield replace(example, givens=(*before, *after))
        if isinstance(given, ir.GivenNoRecord):
            continue
        if isinstance(given, ir.GivenItem):
            side: Literal["incoming", "record"] = "record" if given.side == "incoming" else "incoming"
            yield replace(example, givens=(*before, replace(given, side=side), *after))
            words = {a.name for a in given.attributes if a.value is None or a.name == "about"}
            if given.kind == "entry" and not words & {word for word, _ in _CONTEXTS}:
                for word, value in _CONTEXTS:
                    more = (*given.attributes, ir.Attribute(word, value))
                    yield replace(example, givens=(*before, replace(given, attributes=more), *after))
        for place, attribute in enumerate(given.attributes):
            first, last = given.attributes[:place], given.attributes[place + 1 :]
            others = [(*first, other, *last) for other in _other_values(attribute)]
            for made in [*others, (*first, *last)] if len(given.attributes) > 1 or isinstance(given, ir.GivenItem) else others:
                yield replace(example, givens=(*before, replace(given, attributes=made), *after))


def _other_values(attribute: ir.Attribute) -> Iterator[ir.Attribute]:
    if attribute.name in ("gender", "sex_at_birth") and attribute.value in ("male", "female"):
        yield replace(attribute, value="female" if attribute.value == "male" else "male")
    elif attribute.number is not None:
        step = Decimal(1).scaleb(int(attribute.number.as_tuple().exponent))
        yield from (replace(attribute, number=n) for n in (attribute.number - step, attribute.number + step) if n >= 0)
    elif attribute.value is not None and len(attribute.value) == 10 and attribute.name in ("date", "born", "sent"):
        day = date.fromisoformat(attribute.value).toordinal()
        near = (day + days for days in (-366, -31, -1, 1, 31, 366))
        yield from (replace(attribute, value=date.fromordinal(other).isoformat()) for other in near if 0 < other <= LAST_DAY)


# ------------------------------------------------------------------------------------------------ one that would notice


def _told_apart(binding: Binding, rule: ir.Rule, mutant: Mutant) -> tuple[ir.Example, Answer, str] | Verdict:
    """Return a patient for whom a rule and its mutant answer differently on both evaluators, with both answers; NEVER where there is none."""
    if rule.trigger.subject.kind is ir.Kind.TEXT or mutant.kind == "context":  # every context of every item would be too many
        return Verdict.UNDECIDED
    other = replace(mutant.rule, name=f"{rule.name}~")
    both = replace(binding, rules=(rule, other))
    program = compile_program(both)
    problem = Problem(both, [rule, other], program)
    never = True
    for _, wanted in ways_apart(rule, other):
        found = problem.find(wanted)
        if isinstance(found, ir.Example):
            told = [both_answer(both, program, of, found) for of in (rule, other)]
            if None not in told and told[0] != told[1] and told[0] is not None and told[1] is not None:
                return found, told[0], told[1][0]
        never = never and found is Verdict.NEVER
    return Verdict.NEVER if never else Verdict.UNDECIDED


def both_answer(binding: Binding, program: Program, rule: ir.Rule, patient: ir.Example) -> Answer | None:
    """Return what both evaluators answer for a made-up patient; None where they do not agree."""
    given = build(patient)
    slow, fast = (Facts(given.submission, given.record, binding.codebook) for _ in range(2))
    told = answer(run_reference(binding, slow), rule.name)
    return told if answer(program.run(fast), rule.name) == told else None


def as_example(survivor: Survivor, terms: Mapping[str, str]) -> str | None:
    """Return an example that notices a change, ready to be put into the rule; None where no patient was found."""
    if survivor.patient is None or survivor.expect is None:
        return None
    clause = shorten(survivor.mutant.decides.replace('"', "'"), _LONGEST_CLAUSE, placeholder=" …")
    row = survivor.mutant.rule.row
    return example_text(f"{survivor.expect[0]}, decided by {clause}", survivor.patient, survivor.expect, terms, row)


def example_text(name: str, patient: ir.Example, expect: Answer, terms: Mapping[str, str], row: str | None = None) -> str:
    """Return a made-up patient and an answer as a rule file writes them. `row`: of a family, the rule that answers so."""
    outcome, missing = expect
    said = f"{outcome}: {', '.join(sorted(missing))}" if missing else outcome
    givens = "\n".join(f"  {line}" for line in patients.written(patient, terms).split("\n") if line)
    of = f" of {row}" if row is not None else ""
    return f'example "{name}"{of} {{\n{givens}\n  expect {said}\n}}'


def with_examples(text: str, rule: ir.Rule, examples: Sequence[str]) -> str:
    """Return a rule file with examples put at the end of one of its rules."""
    end = text.index(rule.text) + rule.text.rindex("}")
    return text[:end] + "".join(f"{one}\n" for one in examples) + text[end:]


# ------------------------------------------------------------------------------------------------ changes


def mutants(rule: ir.Rule, binding: Binding, sets: Mapping[str, str], texts: Texts) -> Iterator[Mutant]:
    """Yield a rule with each single change. `sets`: for each value set another of its kind.

    What is written once is changed once: a named condition wherever the rule calls it.
    """
    found: dict[Hashable, tuple[Kind, str, Span, str, str | None, dict[int, ir.Condition]]] = {}
    for condition, _ in places(rule):
        for part, definition in _written(condition):
            written = words_at(part, texts)
            for kind, change, words, other in _changes(part, binding, sets):
                decides = " ".join(words_at(one, texts) for one in _left_out(part, other)) or written
                key: Hashable = (part.span, type(part), getattr(part, "operator", None), kind, change)
                made = found.setdefault(key, (kind, f"{words} in `{written}`", part.span, f"`{decides}`", definition, {}))
                made[-1][id(part)] = other
    for key, (kind, words, span, decides, definition, others) in found.items():
        when, unless = _put((rule.when, rule.unless), others)
        changed = replace(rule, when=when, unless=unless)
        if changed != rule:
            yield Mutant(kind, words, span, changed, decides, key, definition)
    for at, one in enumerate(rule.unless):
        rest = (*rule.unless[:at], *rule.unless[at + 1 :])
        label = f"the exception “{one.label}”"
        yield Mutant("exception", f"{label} left out", one.span, replace(rule, unless=rest), label, (one.span, label))
    if rule.when is not None and not isinstance(rule.when, ir.And | ir.Or):
        words = f"`{words_at(rule.when, texts)}`"
        yield Mutant("connective", f"{words} left out", rule.when.span, replace(rule, when=None), words, (rule.when.span, words))
    for var in (rule.trigger.subject, rule.trigger.partner):
        if var is not None:
            drawn = f"`{var.kind.value} {var.name}{f' in {local(var.set)}' if var.set is not None else ''}`"
            for kind, change, words, other_var in _of_var(var, sets):
                key = (rule.span, var.name, kind, change)
                yield Mutant(kind, f"{words} in `for`", rule.span, _with_var(rule, other_var), drawn, key)


def _left_out(part: ir.Condition, other: ir.Condition) -> list[ir.Condition]:
    """Return the part of an `and` or an `or` that a change leaves out; none where it leaves out none."""
    if not isinstance(part, ir.And | ir.Or):
        return []
    kept = (other, *(other.parts if isinstance(other, ir.And | ir.Or) else ()))
    return [one for one in part.parts if one not in kept]


def _written(condition: ir.Condition, definition: str | None = None) -> Iterator[tuple[ir.Condition, str | None]]:
    """Yield a condition and all of which it is made, each with the named condition in whose text it stands."""
    yield condition, definition
    inside = condition.name if isinstance(condition, ir.Named) else definition
    for part in ir.inner(condition):
        yield from _written(part, inside)


def _put(node: Any, others: Mapping[int, ir.Condition]) -> Any:
    """Return conditions with others for some of them, which are given by their identity."""
    if id(node) in others:
        return others[id(node)]
    if isinstance(node, tuple):
        made = tuple(_put(one, others) for one in node)
        return made if any(one is not old for one, old in zip(made, node, strict=True)) else node
    if not is_dataclass(node) or isinstance(node, ir.Var | ir.Field | type):
        return node
    found = {f.name: (old := getattr(node, f.name), _put(old, others)) for f in fields(node) if f.init}
    changed = {name: new for name, (old, new) in found.items() if new is not old}
    return replace(node, **changed) if changed else node


def _changes(part: ir.Condition, binding: Binding, sets: Mapping[str, str]) -> Iterator[tuple[Kind, str, str, ir.Condition]]:
    """Yield each change of one part: its kind, what it is called in every row, its words, and the part that is changed."""
    for way, words, other in _limits(part, binding):
        yield "limit", way, words, other
    for words, other in _operators(part):
        yield "operator", words, words, other
    match part:
        case ir.And(parts, span) | ir.Or(parts, span):
            swapped, word = (ir.Or, "`or` for `and`") if isinstance(part, ir.And) else (ir.And, "`and` for `or`")
            yield "connective", word, word, swapped(parts, span)
            for at in range(len(parts)):
                rest = (*parts[:at], *parts[at + 1 :])
                word = f"part {at + 1} left out"
                yield "connective", word, word, rest[0] if len(rest) == 1 else type(part)(rest, span)
        case ir.Not(inside):
            yield "connective", "`not`", "`not` left out", inside
        case ir.InSet(_, name) if name in sets:
            yield "set", "", f"`{local(sets[name])}` for `{local(name)}`", replace(part, set=sets[name])
        case ir.Quantified(var=var) | ir.Ordered(var=var):
            for kind, change, words, made in _of_var(var, sets):
                yield kind, change, words, _with_var(part, made)
        case _:
            return


def _of_var(var: ir.Var, sets: Mapping[str, str]) -> Iterator[tuple[Kind, str, str, ir.Var]]:
    if var.set is not None and var.set in sets:
        yield "set", "", f"`{local(sets[var.set])}` for `{local(var.set)}`", replace(var, set=sets[var.set])
    other = {ir.Kind.ENTRY: ir.Kind.HISTORY, ir.Kind.HISTORY: ir.Kind.MENTION, ir.Kind.MENTION: ir.Kind.HISTORY}.get(var.kind)
    if other is not None:
        words = f"`{other.value} {var.name}` for `{var.kind.value} {var.name}`"
        yield "context", words, words, replace(var, kind=other)


def _limits(part: ir.Condition, binding: Binding) -> Iterator[tuple[str, str, ir.Condition]]:
    """Yield a comparison with each of its bounds one step up and one step down: which, in words, and the comparison."""
    if not is_dataclass(part):
        return
    for one in fields(part):
        bound = getattr(part, one.name)
        if isinstance(bound, ir.LimitRef):
            bound = value_of(bound, part, binding)
        for way, words, moved in _steps(bound):
            yield f"{one.name} {way}", words, replace(part, **{one.name: moved})  # type: ignore[arg-type]


def value_of(limit: ir.LimitRef, part: ir.Condition, binding: Binding) -> object:
    """Return what a limit is where it stands: a length, a number that counts, or one that is compared."""
    found = binding.limits[limit.name]
    if isinstance(found, ir.Length) or limit.unit is not None:
        return binding.length(limit)
    return binding.number(limit) if isinstance(part, ir.Quantified | ir.Several) else binding.quantity(limit)


def _steps(bound: object) -> Iterator[tuple[str, str, object]]:
    match bound:
        case ir.Length(n, unit):
            for way, other in (("down", n - 1), ("up", n + 1)):
                if other >= 0:
                    yield way, f"{other} {unit.value} for {n} {unit.value}", ir.Length(other, unit)
        case ir.Quantity(number, unit) if number:
            step = Decimal(1).scaleb(int(number.as_tuple().exponent))
            for way, other in (("down", number - step), ("up", number + step)):
                yield way, f"{other:f} for {number:f}", ir.Quantity(other, unit)
        case Decimal():
            for way, other in (("down", bound - 1), ("up", bound + 1)):
                if other > 0:
                    yield way, f"{other:f} for {bound:f}", other
        case ir.DateLiteral(first, last, text):
            for days, word in ((-1, "earlier"), (1, "later")):
                yield word, f"a day {word} than {text}", replace(bound, first=first + days, last=last + days)
        case _:
            return


_MORE: Mapping[str, Any] = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_TURNED: Mapping[str, Any] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SIDES: Mapping[str, Any] = {"before": "after", "after": "before", "of": "before", "from": "before"}


def _operators(part: ir.Condition) -> Iterator[tuple[str, ir.Condition]]:
    """Yield a comparison with each other operator that an author may have meant."""
    match part:
        case ir.Compare(_, operator):
            for others in (_MORE, _TURNED):
                yield f"`{others[operator]}` for `{operator}`", replace(part, operator=others[operator])
        case ir.AgeCompare(_, operator):
            other: Literal["<", ">="] = ">=" if operator == "<" else "<"
            yield f"`{other}` for `{operator}`", replace(part, operator=other)
        case ir.Before(left, right, span):
            yield "`after` for `before`", ir.Before(right, left, span)
            yield "the same day too", ir.Not(ir.Before(right, left, span), span)
        case ir.SameDay(left, right, span):
            yield "`before` for the same day", ir.Before(left, right, span)
        case ir.Within(left, right, length, side, span):
            yield f"`{_SIDES[side]}` for `{side}`", replace(part, side=_SIDES[side])
            yield "without its last day", ir.Nearer(left, right, length, "from" if side == "of" else side, span)
        case ir.Beyond(side=side):
            yield f"`{_SIDES[side]}` for `{side}`", replace(part, side=_SIDES[side])
        case ir.Nearer(left, right, length, side, span):
            yield f"`{_SIDES[side]}` for `{side}`", replace(part, side=_SIDES[side])
            yield "with its last day", ir.Within(left, right, length, "of" if side == "from" else side, span)
        case ir.FieldIs(field, word) if field.name in ("gender", "sex_at_birth") and word in ("male", "female"):
            turned = "female" if word == "male" else "male"
            yield f"`{turned}` for `{word}`", replace(part, word=turned)
        case ir.Quantified(quantifier=quantifier):
            turned_to: Any = {"exists": "no", "no": "exists", "at_least": "fewer", "fewer": "at_least"}[quantifier]
            yield f"`{turned_to}` for `{quantifier}`".replace("_", " "), replace(part, quantifier=turned_to)
        case ir.Ordered(order=order):
            yield "the other end", replace(part, order="earliest" if order == "latest" else "latest")
        case ir.SameProduct(left, right, span):
            yield "a shared ingredient for the same product", ir.SharesIngredient(left, right, span)
        case ir.SharesIngredient(left, right, span):
            yield "the same product for a shared ingredient", ir.SameProduct(left, right, span)
        case _:
            return


def _with_var(node: Any, made: ir.Var) -> Any:
    """Return a rule or a condition in which a variable is drawn otherwise, wherever it stands."""
    return mapped(node, lambda one: made if isinstance(one, ir.Var) and one.slot == made.slot and one.name == made.name else one)


def alternatives(binding: Binding) -> dict[str, str]:
    """Return for each set that a rule asks of something another that rules of its ruleset ask of the same, of other codes."""
    asked: dict[tuple[str, str], dict[str, None]] = {}
    for rule in binding.rules:
        for what, name in _sets_of(rule):
            asked.setdefault((rule.ruleset, what), {})[name] = None
    found: dict[str, str] = {}
    for names in asked.values():
        for name in names:
            others = [one for one in names if binding.sets[one].members != binding.sets[name].members]
            apart = [one for one in others if not binding.sets[one].members & binding.sets[name].members]
            if others:
                found.setdefault(name, (apart or others)[0])
    return found


def _sets_of(rule: ir.Rule) -> Iterator[tuple[str, str]]:
    """Yield the sets that a rule asks for, with what it asks of: entries, medicines, or a field."""
    conditions = [c for c in (rule.when, *(u.condition for u in rule.unless)) if c is not None]
    own = [var for var in (rule.trigger.subject, rule.trigger.partner) if var is not None]
    for part in (one for condition in conditions for one in every(condition)):
        match part:
            case ir.InSet(ir.Field(name=field), name):
                yield field, name
            case ir.InSet(ir.Var() as var, name):
                yield "medication" if var.kind is ir.Kind.MEDICATION else "entry", name
            case ir.Quantified(var=var) | ir.Ordered(var=var):
                own.append(var)
            case _:
                continue
    for var in own:
        if var.set is not None:
            yield "medication" if var.kind is ir.Kind.MEDICATION else "entry", var.set
