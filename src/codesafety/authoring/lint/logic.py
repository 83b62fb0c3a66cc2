"""One rule by itself: whether it ever fires, and whether each of its parts can change that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.reading import Stands
from codesafety.authoring.lint.solving import FALSE, TRUE, UNKNOWN, Problem, Verdict, Wanted
from codesafety.authoring.lint.told import Bench, Fix, conditions, every, local, parts_written, slots
from codesafety.authoring.testing import answer, build
from codesafety.diagnostics import Span
from codesafety.evaluation.facts import Facts

_STANDS = (Stands(0), TRUE)


def look(bench: Bench) -> None:
    for rule in bench.rules:
        if rule.trigger.subject.kind is ir.Kind.TEXT:
            if not _carries_one(rule, bench):
                bench.leave("CS430", rule, "what words say")
            continue
        problem = Problem(bench.binding, [rule], bench.program)
        fires = _fires(problem, rule, bench)
        if fires is not None:
            bench.fires[rule.name] = fires
        if rule.row is None:
            shown = [] if fires is None else [patients.written(fires, bench.terms)]
            _conditions(problem, rule, bench, shown)
    for rule in bench.families:
        _quantifiers(rule, bench)


def silent_ways(rule: ir.Rule, number: int = 0) -> list[tuple[ir.Condition | Stands, int]]:
    """Return the ways in which a rule does not fire: each of them is enough."""
    when: list[tuple[ir.Condition | Stands, int]] = [] if rule.when is None else [(rule.when, FALSE | UNKNOWN)]
    return [(Stands(number), FALSE | UNKNOWN), *when, *((u.condition, TRUE) for u in rule.unless)]


def of_firing(rule: ir.Rule, number: int = 0) -> list[tuple[ir.Condition | Stands, int]]:
    """Return what must hold for a rule to fire."""
    wanted: list[tuple[ir.Condition | Stands, int]] = [(Stands(number), TRUE)]
    if rule.when is not None:
        wanted.append((rule.when, TRUE))
    return [*wanted, *((u.condition, FALSE | UNKNOWN) for u in rule.unless)]


def of_not_told(rule: ir.Rule, number: int = 0) -> Iterator[list[tuple[ir.Condition | Stands, int]]]:
    """Yield the ways in which it cannot be told whether a rule fires."""
    no_exception: list[tuple[ir.Condition | Stands, int]] = [(u.condition, FALSE | UNKNOWN) for u in rule.unless]
    when: list[tuple[ir.Condition | Stands, int]] = [] if rule.when is None else [(rule.when, TRUE | UNKNOWN)]
    yield [(Stands(number), UNKNOWN), *when, *no_exception]
    if rule.when is not None:
        yield [(Stands(number), TRUE), (rule.when, UNKNOWN), *no_exception]


def of_clear(rule: ir.Rule, number: int = 0) -> list[tuple[ir.Condition | Stands, int]]:
    """Return the ways in which a rule is clear: each of them is enough."""
    when: list[tuple[ir.Condition | Stands, int]] = [] if rule.when is None else [(rule.when, FALSE)]
    return [(Stands(number), FALSE), *when, *((u.condition, TRUE) for u in rule.unless)]


def ways_apart(rule: ir.Rule, other: ir.Rule) -> Iterator[tuple[str, list[tuple[ir.Condition | Stands, int]]]]:
    """Yield every way in which two rules answer differently, with what the first answers there: `fires`, `cannot tell`, or another."""
    for way in silent_ways(other, 1):
        yield "fires", [*of_firing(rule), way]
    for not_told in of_not_told(rule):
        yield from (("cannot tell", [*not_told, way]) for way in of_clear(other, 1))
    for way in silent_ways(rule):
        yield "another", [*of_firing(other, 1), way]
    for not_told in of_not_told(other, 1):
        yield from (("another", [*not_told, way]) for way in of_clear(rule))


def _fires(problem: Problem, rule: ir.Rule, bench: Bench) -> ir.Example | None:
    """Return a patient for whom a rule fires, and tell where there is none."""
    found = problem.find(of_firing(rule), confirm={0: "fires"})
    if isinstance(found, ir.Example):
        return found
    if found is Verdict.UNDECIDED:
        if not _carries_one(rule, bench):
            bench.leave("CS430", rule, problem.in_the_way())
        return None
    row = "" if rule.row is None else f" for the row `{rule.row}`"
    if any(d.code == "CS409" and _within(d.span, rule, bench) for d in bench.loaded.warnings):
        return None  # the checker has said which part of it is never true
    before = problem.find(of_firing(replace(rule, unless=())), confirm={0: "clear"})
    if isinstance(before, ir.Example):
        _swallowed(problem, rule, before, bench, row)
        return None
    when = rule.when
    span = rule.span if when is None else when.span
    parts = [p for p in _flat(when) if problem.find([_STANDS, (p, TRUE)]) is Verdict.NEVER] if isinstance(when, ir.And) else []
    if parts:
        words = " and ".join(f"`{_short(bench.text(p.span))}`" for p in parts)
        why = f"{words} is never true of {_of(rule)}"
        span = parts[0].span
    elif when is None or problem.find([_STANDS]) is Verdict.NEVER:
        why = f"no {rule.trigger.subject.kind.value} is of its set and stands as one"
    else:
        why = "its condition is true of no patient"
    help = "change the condition: as it stands no message will ever be told of it"
    bench.tell("CS430", f"the rule `{local(rule.family)}` never fires{row}: {why}", span, help, rule)
    return None


def _carries_one(rule: ir.Rule, bench: Bench) -> bool:
    """Return whether a rule carries an example for which it fires, by the compiled evaluator: then it can."""
    patients_given = (build(one) for one in rule.examples)
    runs = (bench.program.run(Facts(one.submission, one.record, bench.binding.codebook)) for one in patients_given)
    return any(answer(run, rule.name)[0] == "fires" for run in runs)


def _swallowed(problem: Problem, rule: ir.Rule, before: ir.Example, bench: Bench, row: str) -> None:
    shown = [patients.written(before, bench.terms)]
    alone = [
        u for u in rule.unless if problem.find(of_firing(replace(rule, unless=(u,)))) is Verdict.NEVER
    ]  # fmt: skip
    for one in alone or rule.unless[:1]:
        what = f"the exception “{one.label}” holds" if alone else "one of the exceptions holds"
        bench.tell(
            "CS434",
            f"the rule `{local(rule.family)}` never fires{row}: {what} whenever its condition does",
            one.span,
            "an exception is narrower than the condition: change one of the two",
            rule,
            patients=shown,
        )


def _conditions(problem: Problem, rule: ir.Rule, bench: Bench, shown: Sequence[str]) -> None:
    """Tell of parts that change nothing, are never true, or are never false."""
    silent = {d.span for d in bench.loaded.warnings if d.code in ("CS409", "CS418")}
    when = rule.when
    if rule.trigger.partner is not None and any(
        t.check == "CS461" and t.owner.name == rule.trigger.partner.table for t in bench.told
    ):
        return  # a row with nothing in it makes conditions that are always so
    if when is not None and shown and problem.find([_STANDS, (when, FALSE)]) is Verdict.NEVER and when.span not in silent:
        bench.tell(
            "CS431",
            f"the condition of `{local(rule.name)}` is never false: it is true, or cannot be told",
            when.span,
            "leave `when` out if every one is meant; else change it",
            rule,
            patients=shown,
        )
    elif when is not None:
        _parts(problem, rule, when, [_STANDS], bench, shown, silent)
    for one in rule.unless:
        of_rule: list[tuple[ir.Condition | Stands, int]] = [_STANDS, *([] if when is None else [(when, TRUE)])]
        if shown and problem.find([*of_rule, (one.condition, TRUE)]) is Verdict.NEVER:
            bench.tell(
                "CS435",
                f"the exception “{one.label}” never applies: it is never true where the condition is",
                one.span,
                "change it, or leave it out",
                rule,
                patients=shown,
            )
        elif _is_within_others(problem, of_rule, one, rule):
            bench.tell(
                "CS435", f"the exception “{one.label}” changes nothing: wherever it holds, another of them does", one.span,
                "leave it out, or change one of the two", rule, patients=shown,
            )  # fmt: skip
        else:
            _parts(problem, rule, one.condition, [_STANDS], bench, shown, silent)


def _is_within_others(problem: Problem, of_rule: Wanted, one: ir.Unless, rule: ir.Rule) -> bool:
    """Return whether the other exceptions of a rule do all that one of them does."""
    others = [u.condition for u in rule.unless if u is not one]
    ways = [
        [(one.condition, TRUE), *((o, FALSE | UNKNOWN) for o in others)],
        [(one.condition, UNKNOWN), *((o, FALSE) for o in others)],
    ]
    return bool(others) and all(problem.find([*of_rule, *way]) is Verdict.NEVER for way in ways)


def _parts(
    problem: Problem, rule: ir.Rule, condition: ir.Condition, beside: Wanted, bench: Bench, shown: Sequence[str], silent: set[Span]
) -> None:  # fmt: skip
    match condition:
        case ir.Not(part):
            _parts(problem, rule, part, beside, bench, shown, silent)
        case ir.And(parts) | ir.Or(parts):
            for at, part in enumerate(parts):
                rest = (*parts[:at], *parts[at + 1 :])
                if part.span in silent or _is_of_a_side(part, rule):
                    continue
                if not _part(problem, rule, condition, part, rest, beside, bench, shown):
                    _parts(problem, rule, part, beside, bench, shown, silent)
        case _:
            return


def _part(
    problem: Problem, rule: ir.Rule, whole: ir.And | ir.Or, part: ir.Condition, rest: tuple[ir.Condition, ...], beside: Wanted,
    bench: Bench, shown: Sequence[str],
) -> bool:  # fmt: skip
    """Tell of one part of an `and` or `or`, if there is something to tell."""
    together = isinstance(whole, ir.And)
    of, word = (ir.And, "and") if together else (ir.Or, "or")
    others: ir.Condition = rest[0] if len(rest) == 1 else of(rest)
    if not together and problem.find([*beside, (part, TRUE)]) is Verdict.NEVER:
        bench.tell(
            "CS433",
            f"this is never true of {_of(rule)}, and `or` chooses between things that may be",
            part.span,
            "change it, or leave it out",
            rule,
            patients=shown,
        )
        return True
    if together and problem.find([*beside, (part, FALSE)]) is Verdict.NEVER and not _guards(part):
        bench.tell(
            "CS431", f"this is never false of {_of(rule)}: it is true, or cannot be told", part.span,
            "change it, or leave it out", rule, patients=shown,
        )  # fmt: skip
        return True
    neutral, other = (TRUE, FALSE) if together else (FALSE, TRUE)
    changes = ([(others, neutral), (part, ~neutral & 7)], [(others, UNKNOWN), (part, other)])
    if all(problem.find([*beside, *change]) is Verdict.NEVER for change in changes):
        said = "whenever the rest is true, this is" if together else "whenever this is true, the rest is"
        bench.tell(
            "CS432",
            f"this changes nothing: {said}",
            part.span,
            "leave it out, or change it if it was meant to say more",
            rule,
            patients=shown,
            fix=_left_out(whole, part, word, bench),
        )
        return True
    return False


def _is_of_a_side(part: ir.Condition, rule: ir.Rule) -> bool:
    """Return whether a part says on which side one of the rule's own items is: often clear from the rest, and worth saying."""
    part = part.part if isinstance(part, ir.Not) else part
    own = {var.slot for var in (rule.trigger.subject, rule.trigger.partner) if var is not None}
    return isinstance(part, ir.ItemIs) and part.word is ir.ItemWord.INCOMING and part.var.slot in own


def _guards(part: ir.Condition) -> bool:
    """Return whether a part only says that something was sent, which is never false where it is asked of what was."""
    return isinstance(part, ir.Not) and isinstance(part.part, ir.IsMissing)


def _left_out(whole: ir.And | ir.Or, part: ir.Condition, word: str, bench: Bench) -> Fix | None:
    """Return how a part is taken out of a text, where it stands beside another with one `and` or `or` between them."""
    at = next(i for i, one in enumerate(whole.parts) if one is part)
    first, second = (whole.parts[at - 1], part) if at else (part, whole.parts[1])
    between = Span(part.span.file, first.span.end, second.span.start)
    if bench.text(between).split() != [word] or not part.span.file:
        return None
    span = (
        Span(part.span.file, first.span.end, second.span.end) if at else Span(part.span.file, part.span.start, second.span.start)
    )
    return Fix(span, "")


def _quantifiers(rule: ir.Rule, bench: Bench) -> None:
    """Look at what quantifiers ask of their members, in the same way."""
    if rule.trigger.partner is not None or rule.trigger.subject.kind in (ir.Kind.TEXT, ir.Kind.MESSAGE, ir.Kind.CODING):
        return
    silent = {d.span for d in bench.loaded.warnings if d.code in ("CS409", "CS418")}
    for one in {
        c for condition in conditions(rule) for c in parts_written(condition) if isinstance(c, ir.Quantified | ir.Ordered)
    }:
        asked = [("where", one.where), *([("has", one.has)] if isinstance(one, ir.Ordered) else [])]
        written = [(word, part) for word, part in asked if part is not None]
        if any(isinstance(c, ir.Quantified | ir.Ordered) for _, part in written for c in every(part)):
            continue
        if any(slots(part) - {rule.trigger.subject.slot, one.var.slot} for _, part in written):
            continue  # it speaks of another quantifier's member
        trigger = ir.Trigger(rule.trigger.subject, one.var)
        beside: list[tuple[ir.Condition | Stands, int]] = [_STANDS]
        for word, part in written:
            whole = ir.And(tuple(p for _, p in written))
            problem = Problem(bench.binding, [replace(rule, trigger=trigger, when=whole, unless=(), examples=())])
            if problem.find([*beside, (part, TRUE)]) is Verdict.NEVER:
                bench.tell(
                    "CS430", f"no {one.var.kind.value} `{one.var.name}` is ever found here: `{word}` is true of none", part.span,
                    f"change `{word}`", rule,
                )  # fmt: skip
                break
            if problem.find([*beside, (part, FALSE)]) is Verdict.NEVER:
                bench.tell(
                    "CS431", f"`{word}` is never false of any `{one.var.name}`", part.span, "leave it out, or change it", rule,
                    patients=bench.shown(rule),
                )  # fmt: skip
            elif word == "has" or isinstance(one, ir.Quantified):  # the edge of `latest` is a part of `where`, and needs no more
                _parts(problem, rule, part, beside, bench, bench.shown(rule), silent)
            beside.append((part, TRUE))


def _flat(condition: ir.Condition) -> Iterator[ir.Condition]:
    if isinstance(condition, ir.And):
        for part in condition.parts:
            yield from _flat(part)
    else:
        yield condition


def _of(rule: ir.Rule) -> str:
    return f"what the rule ranges over (`{rule.trigger.subject.kind.value} {rule.trigger.subject.name}`)"


def _short(text: str) -> str:
    return " ".join(text.split())[:80]


def _within(span: Span, rule: ir.Rule, bench: Bench) -> bool:
    text = bench.loaded.sources.get(span.file, "")
    start = text.find(rule.text)
    return span.file == rule.span.file and start <= span.start < start + len(rule.text)
