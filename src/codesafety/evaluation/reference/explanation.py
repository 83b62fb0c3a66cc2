"""Why a rule answered as it did, from the reference: facts used, exceptions tried, and what would have made it clear.

Nothing here names a private field, quotes what was sent or shows a birth date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from codesafety import ir
from codesafety.diagnostics import day_in_words
from codesafety.evaluation import calendar
from codesafety.evaluation.binding import say_limit
from codesafety.evaluation.calendar import OPEN_END
from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact, Unseen
from codesafety.evaluation.numbers import age_unit
from codesafety.evaluation.outcome import PRIVATE, Application
from codesafety.evaluation.reference.comparisons import Bound, Frame
from codesafety.evaluation.reference.interpreter import Interpreter, frames_of
from codesafety.evaluation.words import verdicts
from codesafety.record import Entry
from codesafety.report import THIS_WERE_SO
from codesafety.terminology.interface import Product, Status, Words
from codesafety.terminology.words.normal import without_tag

_SHOWABLE_CODE = re.compile(r"[A-Za-z0-9.^+/-]{1,24}")
_HIDDEN_FIELDS = frozenset({"born", "display", "text", "nhs_number"})


@dataclass(frozen=True, slots=True)
class Explanation:
    """In the rule's own terms. `exceptions` are (label, could not be tested, missing).

    `counterfactual_text` follow `It would be clear if`; what cannot be said without the rule's variables is left out.
    """

    facts: tuple[tuple[str, str], ...] = ()
    exceptions: tuple[tuple[str, bool, tuple[str, ...]], ...] = ()
    counterfactual: tuple[str, ...] = ()
    counterfactual_text: tuple[str, ...] = ()


def explain(interpreter: Interpreter, rule: ir.Rule, application: Application) -> Explanation:
    """Return why `application` fires. Raises WorkSpent where that takes more work than is left."""
    frame = _frame(rule, application, interpreter)
    untested = dict(application.untested)
    exceptions = tuple(
        (_label(unless), i in untested, tuple(sorted(untested.get(i, frozenset()) - PRIVATE)))
        for i, unless in enumerate(rule.unless)
        if not unless.private
    )
    facts = dict(_trigger_facts(rule, frame)) | dict(_from_outside(rule, frame, interpreter))
    changes: list[Change] = []
    if rule.when is not None:
        facts.update(facts_of(rule.when, frame, interpreter))
        facts.update(_assumed(rule, frame, interpreter))
        changes = list(_changes(rule.when, True, rule, frame, interpreter))
        facts.update(
            (name, ", ".join(label(i, interpreter.facts) for i in items))
            for name, items in found(rule, [application], interpreter).items()
        )
    changes += [
        Change(f"clear if: {unless.label}", f"{THIS_WERE_SO}{unless.label}" if _may_come_about(unless.condition) else None)
        for unless in rule.unless
        if not unless.private
    ]
    return Explanation(
        tuple(facts.items()),
        exceptions,
        tuple(dict.fromkeys(change.own_terms for change in changes)),
        tuple(dict.fromkeys(change.words for change in changes if change.words is not None)),
    )


def _frame(rule: ir.Rule, application: Application, interpreter: Interpreter) -> Frame:
    """Return the frame in which an application that fires holds: of a pair without order, the way round that does."""
    first, *swapped = frames_of(rule, application.subject, application.partner)
    if swapped and rule.when is not None and interpreter.judge(rule.when, first)[0] is not True:
        return swapped[0]
    return first


def _label(unless: ir.Unless) -> str:
    return f"{unless.label}, as far as was looked" if _asks_of_found(unless.condition) else unless.label


def _may_come_about(condition: ir.Condition) -> bool:
    """Return whether more is asked than what the finding's own items are: another item, the record, the patient, an age, a day."""
    for atom in _atoms(condition):
        match atom:
            case ir.FieldIs(ir.Field(base=base)):
                if base == "patient":
                    return True
            case ir.ItemIs(word=word):
                if word is ir.ItemWord.ALREADY_FILED:
                    return True
            case ir.InSet() | ir.IsMissing() | ir.Compare() | ir.InRange() | ir.About() | ir.CodingIs():
                pass
            case _:
                return True
    return False


def _asks_of_found(condition: ir.Condition) -> bool:
    if isinstance(condition, ir.Quantified) and condition.found:
        return True
    return any(_asks_of_found(part) for part in ir.inner(condition))


def found(rule: ir.Rule, applications: Sequence[Application], interpreter: Interpreter) -> Mapping[str, tuple[ItemFact, ...]]:
    """Return what the quantifiers of a rule that fires found, by the names that it gives them, each once (table 24).

    In the order of first possible days, then of the source. Raises WorkSpent where that takes more work than is left.
    """
    if rule.when is None or not _names_something(rule.when):
        return {}
    named: dict[str, dict[Hashable, ItemFact]] = {}
    for application in applications:
        for name, key, item in interpreter.found(rule.when, _frame(rule, application, interpreter)):
            named.setdefault(name, {}).setdefault((item.is_entry, key), item)
    return {name: tuple(sorted(items.values(), key=lambda item: (item.span[0], item.index))) for name, items in named.items()}


def _names_something(condition: ir.Condition) -> bool:
    if isinstance(condition, ir.Quantified | ir.Ordered) and condition.called is not None:
        return True
    return any(_names_something(part) for part in ir.inner(condition))


def _trigger_facts(rule: ir.Rule, frame: Frame) -> Iterator[tuple[str, str]]:
    for var in (rule.trigger.subject, rule.trigger.partner):
        if var is None:
            continue
        value = frame[var.slot].value
        if var.set is not None:
            yield f"{var.name} in {var.set.rpartition('/')[2]}", "yes"
        if var.order_of is not None:
            yield f"{var.name} of the same order as {var.order_of.name}", "yes"
        if isinstance(value, ItemFact):
            if value.day is not None:
                yield f"{var.name}.date", calendar.text(value.day)
            if value.model.origin is not None:
                yield f"{var.name}.origin", value.model.origin
            if var.kind is ir.Kind.ENTRY:
                yield f"{var.name}", _context(value)
            elif value.product is not None and value.product.by_name:
                yield f"{var.name}.product", _by_name(value.product)


def _from_outside(rule: ir.Rule, frame: Frame, interpreter: Interpreter) -> Iterator[tuple[str, str]]:
    """What a quantifier that asks where its members were written did not count, and was not written by the practice."""
    conditions = [rule.when, *(unless.condition for unless in rule.unless if not unless.private)]
    asking = [q for condition in conditions if condition is not None for q in _quantifiers(condition) if _asks_origin(q)]
    items = {item.index: item for q in asking for item in interpreter.passed_over(q, frame) if item.model.origin == "outside"}
    if items:
        yield "from outside the practice, and not counted", ", ".join(label(i, interpreter.facts) for i in items.values())


def _quantifiers(condition: ir.Condition) -> Iterator[ir.Quantified]:
    """Yield the quantifiers of a condition, not those that stand in another."""
    match condition:
        case ir.Quantified():
            yield condition
        case ir.Ordered():
            pass
        case _:
            for part in ir.inner(condition):
                yield from _quantifiers(part)


def _asks_origin(condition: ir.Condition) -> bool:
    match condition:
        case ir.FieldIs(field):
            return field.name == "origin"
        case _:
            return any(_asks_origin(part) for part in ir.inner(condition))


def _by_name(product: Product) -> str:
    """What the name that was sent with an unknown id says, in the terminology's own words."""
    said = (sorted(product.ingredients or ()), [product.strength] if product.strength else [], sorted(product.forms or ()))
    return f"an id that is not known, by its name alone: {', '.join(each for part in said for each in part)}"


def _context(item: ItemFact) -> str:
    model = item.model
    assert isinstance(model, Entry)
    said = any(x is not None for x in (model.assertion, model.subject, model.temporality))
    coded = any(c.assertion or c.subject or c.temporality for c in (i.context for i in item.infos))
    how = {(True, True): "as sent and as coded", (True, False): "as sent", (False, True): "as coded"}.get(
        (said, coded), "by default, nothing else is said"
    )
    return f"present, about the patient, current ({how})"


def _atoms(condition: ir.Condition) -> Iterator[ir.Condition]:
    match condition:
        case ir.And(parts) | ir.Or(parts) | ir.Several(parts):
            for part in parts:
                yield from _atoms(part)
        case ir.Not(part) | ir.Named(part=part):
            yield from _atoms(part)
        case _:
            yield condition


def _named(condition: ir.Condition) -> Iterator[ir.Named]:
    """Yield the named conditions that a condition calls, not those that they call in turn."""
    match condition:
        case ir.And(parts) | ir.Or(parts) | ir.Several(parts):
            for part in parts:
                yield from _named(part)
        case ir.Not(part):
            yield from _named(part)
        case ir.Named():
            yield condition
        case _:
            pass


def facts_of(condition: ir.Condition, frame: Frame, interpreter: Interpreter) -> Iterator[tuple[str, str]]:
    for called in _named(condition):
        if reads_private(called):
            continue
        truth = interpreter.judge(called.part, frame)[0]
        yield called.title, "cannot tell" if truth is None else "yes" if truth else "no"
    for atom in _atoms(condition):
        match atom:
            case ir.AgeCompare(at, _, length):
                yield _age(at, _unit_of_age(length, frame, interpreter), frame, interpreter)
                yield from _value_of_age(length, frame, interpreter)
            case ir.AgeRange(at, low, high):
                yield _age(at, _unit_of_range(low, high, frame, interpreter), frame, interpreter)
                for end in (low, high):
                    yield from _value_of_age(end, frame, interpreter)
            case ir.FieldIs(field) | ir.IsMissing(field):
                yield from _field(field, frame, interpreter)
            case ir.FieldSame(left, right):
                yield from _field(left, frame, interpreter)
                yield from _field(right, frame, interpreter)
            case ir.Compare() | ir.InRange() | ir.Differs():
                for field in _fields_compared(atom):
                    yield from _field(field, frame, interpreter)
            case (
                ir.Before(left, right)
                | ir.SameDay(left, right)
                | ir.Within(left, right)
                | ir.Beyond(left, right)
                | ir.Nearer(left, right)
            ):
                for operand in (left, right):
                    if isinstance(operand, ir.Field):
                        yield from _date(operand, frame, interpreter)
            case ir.Ordered(order, var, has=has):
                chosen = [member for member, _ in interpreter.chosen(atom, frame) if isinstance(member, ItemFact)]
                yield f"{order} {var.name}", ", ".join(label(item, interpreter.facts) for item in chosen) or "none"
                if len(chosen) == 1:
                    yield from facts_of(has, {**frame, var.slot: Bound(chosen[0], var.name)}, interpreter)
            case ir.Says(var, what, name) if interpreter.judge(atom, frame)[0]:
                yield f"words of {var.name}", f"{'deny' if what == 'denies' else 'affirm'} {name.rpartition('/')[2]}"
            case ir.CodingIs(var) | ir.Contradicts(var):
                coding = frame[var.slot].value
                yield f"{var.name}.code", label(coding, interpreter.facts)
                if isinstance(coding, CodingFact):
                    yield from _standing(var.name, coding, interpreter.facts, words=isinstance(atom, ir.Contradicts))
            case _:
                pass


def _fields_compared(condition: ir.Compare | ir.InRange | ir.Differs) -> tuple[ir.Field, ...]:
    match condition:
        case ir.Compare(left, _, right) | ir.Differs(left, right):
            return (*ir.fields_of(left), *ir.fields_of(right))
        case ir.InRange(number, low, high):
            return tuple(field for part in (number, low, high) for field in ir.fields_of(part))


def _assumed(rule: ir.Rule, frame: Frame, interpreter: Interpreter) -> Iterator[tuple[str, str]]:
    """In which unit the rule reads a number that was sent without one, and whether this one was."""
    for field in rule.assumed:
        unit, sent = interpreter.unit(field, frame), interpreter.quantity(replace(field, unit=None), frame)[0]
        this = "" if sent is None else ", as this one was" if sent.unit is None else ", and this one was sent with a unit"
        yield f"{field.as_written} without a unit", f"read as {unit}{this}" if unit is not None else "not read"


def _unit_of_age(length: ir.LengthLike, frame: Frame, interpreter: Interpreter) -> ir.Unit:
    if not isinstance(length, ir.Field):
        return interpreter.binding.length(length).unit
    if length.column_unit is not None:
        return length.column_unit
    quantity = interpreter.quantity(length, frame)[0]
    return (age_unit(quantity.unit) if quantity is not None else None) or ir.Unit.YEARS


def _unit_of_range(low: ir.LengthLike, high: ir.LengthLike, frame: Frame, interpreter: Interpreter) -> ir.Unit:
    """The smaller unit of the two ends: what is not known in it is not known at either."""
    return min((_unit_of_age(end, frame, interpreter) for end in (low, high)), key=tuple(ir.Unit).index)


def _value_of_age(length: ir.LengthLike, frame: Frame, interpreter: Interpreter) -> Iterator[tuple[str, str]]:
    if isinstance(length, ir.Field) and length.column_unit is None:
        yield from _field(length, frame, interpreter)


def _standing(name: str, coding: CodingFact, facts: Facts, *, words: bool) -> Iterator[tuple[str, str]]:
    """What the terminology says of a code: what an inactive one became, or what the words sent with it describe."""
    terminology, code = facts.codebook.terminology, coding.info.code
    if coding.info.system != "sct" or code is None or not coding.info.well_formed:
        return
    if words:
        for read in verdicts(coding, code, terminology):
            if read.verdict is Words.NEGATES:
                yield f"words of {name}", "deny what the code says, or affirm what it denies"
            elif read.verdict is Words.DIFFERS:
                yield f"words of {name}", "are its name but for one word, by which codes are told apart"
            elif read.verdict is Words.UNCLEAR:
                yield f"words of {name}", "leave it open, or cannot be read"
            elif read.verdict is Words.NAMES_ANOTHER:
                yield (
                    f"words of {name}",
                    "describe " + " or ".join(show_code("sct", other, facts) for other in read.others[:3]),
                )
        return
    status = terminology.status(code)
    if status is Status.UNKNOWN:
        yield f"{name} in the release", "not known"
    elif status is Status.INACTIVE:
        became = terminology.replacements(code)
        now = [show_code("sct", other, facts) for other in (became.same or became.possible)[:3]]
        how = "replaced by " if became.same else "possibly replaced by "
        yield f"{name} in the release", f"no longer in use, {how + ' or '.join(now) if now else 'with no replacement'}"


def _age(at: ir.DateOperand, unit: ir.Unit, frame: Frame, interpreter: Interpreter) -> tuple[str, str]:
    name = at.base if isinstance(at, ir.Field) and at.name == "date" else at.as_written if isinstance(at, ir.Field) else at.text
    return f"age at {name}", age_text(at, unit, frame, interpreter) or "not known"


def age_text(at: ir.DateOperand, unit: ir.Unit, frame: Frame, interpreter: Interpreter) -> str | None:
    """Return an age as people say it, `50 years` or `64 to 65 years`; None where there is none."""
    born = interpreter.facts.patient.born
    day = interpreter.date(at, frame)[0]
    if born is None or day is None or day[1] < born[0] or day[1] >= OPEN_END:
        return None
    low = 0 if day[0] < born[1] else calendar.completed(born[1], day[0], unit)
    high = calendar.completed(born[0], day[1], unit)
    return _of_age(ir.Length(Decimal(low), unit)) if low == high else f"{low} to {high} {unit.value}"


def _of_age(length: ir.Length) -> str:
    """An age as people say it: from two years on, months are years and months."""
    if length.unit is ir.Unit.MONTHS and length.n >= 24:
        years, months = divmod(length.n, 12)
        return f"{years} years" + (f" {say_limit(ir.Length(months, length.unit))}" if months else "")
    return say_limit(length)


def _date(field: ir.Field, frame: Frame, interpreter: Interpreter) -> Iterator[tuple[str, str]]:
    if field.private or field.name in _HIDDEN_FIELDS:
        return
    found = interpreter.date(field, frame)[0]
    if found is not None:
        yield field.as_written, calendar.text(found)


def _field(field: ir.Field, frame: Frame, interpreter: Interpreter) -> Iterator[tuple[str, str]]:
    if field.private or field.name in _HIDDEN_FIELDS:
        return
    if field.type in (ir.FieldType.VALUE, ir.FieldType.QUANTITY):
        field = replace(field, unit=None)  # what was sent, and not how the rule reads it
    text = field_text(field, frame, interpreter)
    if text is not None:
        yield field.as_written, text


def field_text(
    field: ir.Field, frame: Frame, interpreter: Interpreter, day: Callable[[calendar.Interval], str] = calendar.text
) -> str | None:
    """Return a field's value as it may be shown, a date as `day` says; None where it is missing or may not be."""
    if field.private or field.name in _HIDDEN_FIELDS:
        return None
    if field.type is ir.FieldType.DATE:
        found = interpreter.date(field, frame)[0]
        return day(found) if found is not None else None
    if field.var is not None and isinstance(frame[field.var.slot].value, Unseen):
        return None
    if field.type in (ir.FieldType.VALUE, ir.FieldType.QUANTITY, ir.FieldType.NUMBER):
        quantity = interpreter.quantity(field, frame)[0]
        if quantity is not None:
            unit = f" {quantity.unit}" if quantity.unit and _SHOWABLE_UNIT.fullmatch(quantity.unit) else ""
            return f"{quantity.comparator or ''}{quantity.value}{unit}"
        if field.type is ir.FieldType.VALUE:
            found = interpreter.date(field, frame)[0]
            return day(found) if found is not None else None
        return "no limit" if field.open else None
    if field.name == "ingredients":  # names of substances that the terminology gives, and no codings that were sent
        return ", ".join(sorted(interpreter.raw(field, frame) or ())) or None
    if field.type is ir.FieldType.CODINGS:
        infos = interpreter.codings_of(field, frame)
        shown = [show_code(i.system, i.code, interpreter.facts) for i in infos if i.code]
        return ", ".join(shown) or None
    raw = interpreter.raw(field, frame)
    if raw is None or (field.type is ir.FieldType.TEXT and field.var is not None and field.var.kind is not ir.Kind.ROW):
        return None
    return str(raw) if _SHOWABLE_CODE.fullmatch(str(raw)) else None


_SHOWABLE_UNIT = re.compile(r"[A-Za-z0-9.%/\[\]{}^*_ -]{1,20}")


def show_code(system: str | None, code: str | None, facts: Facts) -> str:
    """Return a code as a person reads it: its term, if the terminology knows one, and the code. Never words as sent."""
    if code is None:
        return "an entry without a code"
    if not _SHOWABLE_CODE.fullmatch(code):
        return "a code that is not well formed"
    key = ir.code_key(system or "?", code)
    terms = facts.codebook.terminology.terms(key if system != "sct" else code)
    if terms:
        return f"{without_tag(terms[0])} ({code})"
    return f"code {code}" if system == "sct" else f"code {code} ({system or 'no system'})"


def label(value: object, facts: Facts) -> str:
    """Return how a fact names an item: term, code and day."""
    shown = code_of(value, facts)
    return f"{shown}, {calendar.text(value.day)}" if isinstance(value, ItemFact) and value.day is not None else shown


def spoken(value: object, facts: Facts) -> str:
    """Return how a message names an item: term, code and, in words, the day."""
    shown = code_of(value, facts)
    return f"{shown} of {_words(value.day)}" if isinstance(value, ItemFact) and value.day is not None else shown


def _words(day: calendar.Interval) -> str:
    return day_in_words(calendar.text(day))


def code_of(value: object, facts: Facts) -> str:
    """Return how a message names what was found beside its own items: term and code."""
    if isinstance(value, CodingFact):
        return show_code(value.info.system, value.info.code, facts)
    if isinstance(value, ItemFact):
        info = _info(value)
        return show_code(info.system, info.code, facts) if info is not None else "an entry without a code"
    return "the message"


def term_of(value: object, facts: Facts) -> str:
    """Return how an example's sentence names an item: its term alone, where the terminology knows one."""
    info = value.info if isinstance(value, CodingFact) else _info(value) if isinstance(value, ItemFact) else None
    terms = facts.codebook.terminology.terms(ir.code_key(info.system or "?", info.code)) if info is not None and info.code else ()
    return without_tag(terms[0]) if terms else code_of(value, facts)


def _info(item: ItemFact) -> CodeInfo | None:
    return next((i for i in item.infos if i.system == "sct" and i.code), item.infos[0] if item.infos else None)


@dataclass(frozen=True, slots=True)
class Naming:
    """How a message names its own items and what was found, and writes days."""

    item: Callable[[object, Facts], str]
    found: Callable[[object, Facts], str]
    day: Callable[[calendar.Interval], str]


IN_WORDS = Naming(spoken, code_of, _words)
"""For people: `Pregnant (77386006) of 4 March 2026`."""
AS_EXPECTED = Naming(term_of, term_of, calendar.text)
"""For an example, which expects a sentence: `Pregnant`, and days as rule files write them."""


def say(rule: ir.Rule, applications: Sequence[Application], interpreter: Interpreter, naming: Naming = IN_WORDS) -> str:
    """Return the rule's message with its placeholders filled: terms, codes, days, ages and numbers; never words as sent.

    The rule's own items are those of the first application; what was found is that of all. Raises WorkSpent where finding them
    again takes more work than is left.
    """
    frame = frames_of(rule, applications[0].subject, applications[0].partner)[0]
    named = found(rule, applications, interpreter)
    out: list[str] = []
    for part in rule.say:
        if isinstance(part, str):
            out.append(part)
        elif part.kind == "found":
            out.append(", ".join(_found_text(part.operand, each, interpreter, naming) for each in named[_name_of(part.operand)]))
        elif part.kind == "item":
            assert isinstance(part.operand, ir.Var)
            out.append(naming.item(frame[part.operand.slot].value, interpreter.facts))
        elif part.kind == "age":
            operand = (
                part.operand
                if isinstance(part.operand, ir.Field)
                else ir.Field(part.operand.name, "date", ir.FieldType.DATE, part.operand)
            )
            out.append(
                age_text(operand, _age_unit(rule, frame, interpreter), frame, interpreter) or "of an age that is not known"
            )
        else:
            assert isinstance(part.operand, ir.Field)
            out.append(field_text(part.operand, frame, interpreter, naming.day) or "(not known)")
    return "".join(out)


def _name_of(operand: ir.Var | ir.Field) -> str:
    return operand.base if isinstance(operand, ir.Field) else operand.name


def _found_text(operand: ir.Var | ir.Field, item: ItemFact, interpreter: Interpreter, naming: Naming) -> str:
    if isinstance(operand, ir.Var):
        return naming.found(item, interpreter.facts)
    return field_text(operand, {ir.FOUND_SLOT: Bound(item, operand.base)}, interpreter, naming.day) or "not known"


def _age_unit(rule: ir.Rule, frame: Frame, interpreter: Interpreter) -> ir.Unit:
    for atom in _atoms(rule.when) if rule.when is not None else ():
        match atom:
            case ir.AgeCompare(_, _, length):
                return _unit_of_age(length, frame, interpreter)
            case ir.AgeRange(_, low, high):
                return _unit_of_range(low, high, frame, interpreter)
            case _:
                pass
    return ir.Unit.YEARS


# ------------------------------------------------------------------------------------------------ counterfactuals


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would have made a finding clear: in the rule's own terms, and in words where there are any."""

    own_terms: str
    words: str | None = None


def _changes(condition: ir.Condition, wanted: bool, rule: ir.Rule, frame: Frame, interpreter: Interpreter) -> Iterator[Change]:
    """Yield single changes that would turn a true `condition` (or, if not `wanted`, a false one) round."""
    match condition:
        case ir.And(parts) if wanted:
            for part in parts:
                yield from _changes(part, True, rule, frame, interpreter)
        case ir.Or(parts) if not wanted:
            for part in parts:
                yield from _changes(part, False, rule, frame, interpreter)
        case ir.And(parts) | ir.Or(parts):
            live = [p for p in parts if interpreter.judge(p, frame)[0] is wanted]
            if len(live) == 1:
                yield from _changes(live[0], wanted, rule, frame, interpreter)
        case ir.Not(part) if part.span == condition.span and not isinstance(part, ir.AgeRange):
            words = words_of(condition, rule)
            if words and not reads_private(part):  # written with `is not` or `not in`
                asserted = words.replace(" is not ", " is ", 1).replace(" not in ", " in ", 1)
                yield Change(f"clear if: {asserted}" if wanted else f"clear if not: {asserted}", _gender_change(part, not wanted))
        case ir.Not(part):
            yield from _changes(part, not wanted, rule, frame, interpreter)
        case _ if any(reads_private(atom) for atom in _atoms(condition)):
            return
        case ir.Named(title=title):
            yield Change(f"clear if not: {title}" if wanted else f"clear if: {title}")
        case ir.AgeCompare() | ir.AgeRange():
            aged = _age_change(condition, wanted, frame, interpreter)
            if aged:  # of a row: at another age another row would speak
                yield Change(f"clear if {aged}", None if _asks_of_a_row(condition) else f"the patient were {aged}")
        case ir.Quantified(quantifier="no") if wanted and (words := words_of(condition, rule)):
            yield Change(f"clear if: exists {words.removeprefix('no ')}")
        case _:
            words = words_of(condition, rule)
            if words:
                said = "the words and the code said the same" if isinstance(condition, ir.Contradicts) and wanted else None
                yield Change(
                    f"clear if not: {words}" if wanted else f"clear if: {words}", said or _gender_change(condition, wanted)
                )


def _asks_of_a_row(condition: ir.AgeCompare | ir.AgeRange) -> bool:
    ends = (condition.low, condition.high) if isinstance(condition, ir.AgeRange) else (condition.length,)
    return any(isinstance(end, ir.Field) and end.var is not None and end.var.kind is ir.Kind.ROW for end in ends)


def _gender_change(condition: ir.Condition, wanted: bool) -> str | None:
    match condition:
        case ir.FieldIs(ir.Field(base="patient", name="gender"), word):
            return f"the gender recorded were {'not ' if wanted else ''}{word}"
    return None


def _age_change(condition: ir.AgeCompare | ir.AgeRange, wanted: bool, frame: Frame, interpreter: Interpreter) -> str | None:
    ends = (condition.low, condition.high) if isinstance(condition, ir.AgeRange) else (condition.length,)
    if any(isinstance(end, ir.Field) and end.column_unit is None for end in ends):
        return None  # a value may be the wrong one of the two
    found = [interpreter.length(end, frame) for end in ends]
    if isinstance(condition, ir.AgeRange):
        inside = _ages(*found)
        if inside is None:
            return None
        return f"not aged {inside}" if wanted else f"aged {inside}"
    length = found[0]
    if length is None:
        return None
    below = (condition.operator == "<") != wanted
    if below and length.n == 1:
        return f"aged less than {_of_age(length)}"
    if below:
        return f"aged {_of_age(ir.Length(length.n - 1, length.unit))} or less"
    return f"aged {_of_age(length)} or more"


def _ages(low: ir.Length | None, high: ir.Length | None) -> str | None:
    """A range of ages in words; an end that is not there is no bound."""
    match low, high:
        case None, None:
            return None
        case ir.Length(), None:
            return f"{_of_age(low)} or more"
        case None, ir.Length():
            return f"{_of_age(high)} or less"
        case ir.Length(n, unit), ir.Length(m, other) if unit is other:
            return f"{n} to {m} {unit.value}"
        case ir.Length(), ir.Length():
            return f"{_of_age(low)} to {_of_age(high)}"
    return None


def reads_private(condition: ir.Condition) -> bool:
    match condition:
        case ir.FieldIs(field) | ir.IsMissing(field):
            return field.private
        case ir.FieldSame(left, right):
            return left.private or right.private
        case _:
            return any(reads_private(atom) for part in ir.inner(condition) for atom in _atoms(part))


def words_of(condition: ir.Condition, rule: ir.Rule) -> str | None:
    """Return the words of a condition as its author wrote them, white space folded."""
    name = rule.family.rpartition("/")[2]
    if name not in rule.text:
        return None
    start_of_text = rule.span.start - rule.text.index(name, len("rule"))
    text = rule.text[condition.span.start - start_of_text : condition.span.end - start_of_text]
    return " ".join(text.split()) or None
