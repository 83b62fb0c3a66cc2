"""A report as a practice manager reads it: what, which entry, why, what was not checked, and what would clear it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from codesafety.cli.output import count, style, wrapped
from codesafety.report import EntryContext, NotChecked, Report, ReportItem, Result
from codesafety.terminology.words.normal import without_tag

_COLOURS = {"hold": "red", "review": "yellow", "note": "cyan", "none": "green"}
_MEANING = {
    "hold": "Do not file before a person has looked at what is marked HOLD.",
    "review": "A person looks before filing.",
    "note": "Nothing stops filing; there is something to know.",
    "none": "No loaded rule objected. That does not mean that the entries are right.",
}
_MOST_ITEMS = 40
_MOST_LINES_A_REASON = 5
_MOST_ALIKE = 10
_MOST_FINDINGS_A_RULE = 20
_MOST_ENTRIES_A_FINDING = 20
_MOST_PLACES = 100
_ALL = "--format json lists all"


def render(report: Report, name: str, colour: bool) -> str:
    """Return the report as text. Every line is one of ours: words of others are escaped."""
    return "\n".join(_lines(report, name, colour))


def _lines(report: Report, name: str, colour: bool) -> Iterator[str]:
    decision = report.decision
    yield style(name, colour, bold=True)
    yield f"{style(decision.upper(), colour, fg=_COLOURS[decision], bold=True)}  {_MEANING[decision]}"
    fired = [r for r in report.results if r.outcome == "fires" and r.overridden is None]
    shown: Counter[str] = Counter()
    for result in fired:
        shown[result.rule] += 1
        if shown[result.rule] <= _MOST_FINDINGS_A_RULE:
            yield ""
            yield from _finding(result, report, colour)
    yield from _more_findings(fired, shown, colour)
    aside = [r for r in report.results if r.overridden is not None]
    if aside:
        yield from _heading("Set aside by a person, and kept", colour)
        for result in aside:
            assert result.overridden is not None
            yield from wrapped(
                f"{result.message} ({result.rule}; {result.overridden.reason}, until {result.overridden.until})", "  ", "    "
            )
    if report.not_checked:
        yield from _heading("NOT CHECKED, and held", colour)
        yield from _not_checked(report.not_checked)
    yield from _untold(report, colour)
    whole = [n for n in report.not_read if n.whole and not n.broken]
    codes = [n for n in report.not_read if n.coded and not n.whole and not n.broken]
    parts = [n for n in report.not_read if not n.coded and not n.whole and not n.broken]
    if whole:
        yield from _heading("Not read: resources that no reader understands", colour)
        for unread in whole:
            coded = " It holds codes that nobody has checked." if unread.coded else ""
            yield from wrapped(f"{unread.path}: {unread.reason}.{coded}", "  ", "    ")
    if codes:
        yield from _heading("Not judged: codes that no rule about entries has seen", colour)
        for unread in codes:
            yield from wrapped(f"{unread.path}: {unread.reason}", "  ", "    ")
    if report.errors:
        yield from _heading("Errors", colour)
        for error in report.errors:
            yield from wrapped(error, "  ", "    ")
    yield from _heading("Entries", colour)
    yield from _entries(report, colour)
    yield ""
    yield from _foot(report, len(parts))


def _more_findings(fired: Sequence[Result], shown: Counter[str], colour: bool) -> Iterator[str]:
    """Yield, for each rule that was found too often to be shown each time, how often more, by its strictest action."""
    rules = {result.rule: result for result in reversed(fired)}
    for rule, found in shown.items():
        if found > _MOST_FINDINGS_A_RULE:
            result = rules[rule]
            mark = style(result.action.upper().ljust(6), colour, fg=_COLOURS[result.action], bold=True)
            more = count(found - _MOST_FINDINGS_A_RULE, "more finding")
            yield ""
            yield from wrapped(f"{result.title or rule}: {more}; {_ALL}", f"{mark}  ", " " * 8)


def _not_checked(lines: Sequence[NotChecked]) -> Iterator[str]:
    """Yield what failed, each in a line; what failed many times for one reason once, with all of its rules and places."""
    by_reason: dict[str, list[NotChecked]] = {}
    for line in lines:
        by_reason.setdefault(line.reason, []).append(line)
    for reason, failed in by_reason.items():
        if len(failed) <= _MOST_LINES_A_REASON:
            for line in failed:
                yield from wrapped(f"{_where(line)}: {reason}{f' (rule {line.rule})' if line.rule else ''}", "  ", "    ")
            continue
        places = dict.fromkeys(map(_where, failed))
        rules = dict.fromkeys(line.rule for line in failed if line.rule)
        of = f"{count(len(rules), 'rule')}, each on some or all of " if rules else ""
        yield from wrapped(f"{reason}: {of}{count(len(places), 'place')}", "  ", "    ")
        named = list(places)
        more = ""
        if rules:
            yield from wrapped(f"rules: {', '.join(rules)}", "    ", "      ")
            named = named[:_MOST_PLACES]  # of what was read; what was not is named nowhere else
            more = f" and {len(places) - len(named)} more; {_ALL}" if len(places) > len(named) else ""
        yield from wrapped(f"places: {', '.join(named)}{more}", "    ", "      ")


def _where(line: NotChecked) -> str:
    return line.path or "the message"


def _plain_term(term: str | None) -> str | None:
    """Return a term without the semantic tag of a fully specified name."""
    return without_tag(term) if term else None


def _heading(text: str, colour: bool) -> Iterator[str]:
    yield ""
    yield style(text, colour, bold=True)


def _finding(result: Result, report: Report, colour: bool) -> Iterator[str]:
    mark = style(result.action.upper().ljust(6), colour, fg=_COLOURS[result.action], bold=True)
    indent = " " * 8
    beneath = "  " if result.rests_on else ""
    title = result.title or result.rule
    yield f"{beneath}{mark}  {style(title, colour, bold=True)}"
    yield from wrapped(result.message, beneath + indent)
    if result.changed_by_profile:
        yield from wrapped(f"lowered from {result.changed_by_profile} by the profile", beneath + indent)
    for entry in result.entries[:_MOST_ENTRIES_A_FINDING]:
        term = _plain_term(entry.term) or (f"code {entry.code}" if entry.code else "no code")
        code = f" ({entry.code})" if entry.term and entry.code else ""
        day = f", {entry.date}" if entry.date else ""
        side = "on the record" if entry.side == "record" else entry.path
        yield from wrapped(f"{entry.role or 'entry'}: {term}{code}{day}: {side}", beneath + indent, beneath + indent + "   ")
    if len(result.entries) > _MOST_ENTRIES_A_FINDING:
        yield f"{beneath}{indent}… and {len(result.entries) - _MOST_ENTRIES_A_FINDING} more; {_ALL}"
    if result.because:
        yield from wrapped(f"Why: {result.because}", beneath + indent, beneath + indent + "     ")
    if result.facts:
        yield from wrapped(
            "Facts: " + "; ".join(f"{f.name}: {f.value}" for f in result.facts), beneath + indent, beneath + indent + "       "
        )
    untested = [e for e in result.exceptions if e.outcome == "could not be tested"]
    for exception in untested:
        missing = f" ({', '.join(exception.missing)})" if exception.missing else ""
        yield from wrapped(f"Could not be tested: {exception.label}{missing}", beneath + indent, beneath + indent + "   ")
    for change in result.counterfactual:
        yield from wrapped(change[0].upper() + change[1:], beneath + indent, beneath + indent + "   ")
    if result.overridable_by:
        reasons = ", ".join(result.overridable_by.reasons)
        yield from wrapped(
            f"A person may set this aside for {result.overridable_by.length}, by: {reasons}",
            beneath + indent,
            beneath + indent + "   ",
        )
    sources = "; ".join(s.text for s in result.source)
    hazards = f", hazard {' and '.join(result.hazard)}" if result.hazard else ""
    cited = f". Source: {sources}" if sources else ""
    yield from wrapped(f"{result.rule} {result.version}{hazards}{cited}", beneath + indent, beneath + indent + "   ")
    if result.rests_on:
        yield from wrapped("This rests on the finding above: if that is wrong, so may this be.", beneath + indent)


def _untold(report: Report, colour: bool) -> Iterator[str]:
    untold = [r for r in report.results if r.outcome == "cannot_tell"]
    if not report.missing_inputs and not untold:
        return
    yield from _heading("Could not be told", colour)
    shown = Counter[str]()
    for line in report.missing_inputs:
        if line.path is not None:
            shown[line.missing] += 1
            if shown[line.missing] > _MOST_ALIKE:
                continue
        where = f": {line.path}" if line.path is not None else ""
        yield from wrapped(f"{line.message[0].upper()}{line.message[1:]}{where}.", "  ", "    ")
    for missing, number in shown.items():
        if number > _MOST_ALIKE:
            yield f"  … and {number - _MOST_ALIKE} more of which the same is missing ({missing}); --format json lists them"
    for result in untold:
        if result.action in ("hold", "review") or not result.missing:
            where = f" ({result.count} entries)" if result.count > 1 else ""
            yield from wrapped(f"{result.message}{where} [{result.rule}]", "  ", "    ")
    if report.never_given:
        yield from wrapped(
            f"This deployment never gives: {', '.join(report.never_given)}. Rules that need it were not answered.", "  ", "    "
        )


def _entries(report: Report, colour: bool) -> Iterator[str]:
    order = ("hold", "review", "note", "none")
    shown = sorted(report.items, key=lambda i: (order.index(i.decision), not i.context))[:_MOST_ITEMS]
    for item in shown:
        mark = style(item.decision.ljust(6), colour, fg=_COLOURS[item.decision])
        yield from wrapped(_item(item), f"  {mark}  ", "          ")
    if len(report.items) > _MOST_ITEMS:
        yield f"  … and {len(report.items) - _MOST_ITEMS} more, none of them stricter"


def _item(item: ReportItem) -> str:
    if item.kind == "text":
        return f"text, shown and not judged: {item.path}"
    if item.kind == "unread":
        return f"{item.resource_type or 'a resource'} that could not be read: {item.path}"
    sent = item.as_sent.display or item.as_sent.text
    unnamed = f"code {item.code}" if item.code else "no code"
    term = _plain_term(item.term) or (f'{unnamed}, sent as "{sent}"' if sent else unnamed)
    code = f" ({item.code})" if item.term and item.code else ""
    code += f", mapped from {item.as_sent.code}" if item.as_sent.code not in (item.code, None) else ""
    own = [context_words(said) for said in item.context if said.path == item.path]
    code += "".join(f", {words}" for words in own)
    parts = "".join(
        f"; its part {_plain_term(said.term) or f'code {said.code}'}: {context_words(said)}"
        for said in item.context[: _MOST_ALIKE + 1]
        if said.path != item.path
    )
    counts = item.rules
    untold = f", {counts.cannot_tell} could not" if counts.cannot_tell else ""
    return f"{term}{code}{f', {item.date}' if item.date else ''}: {count(counts.answered, 'rule')} answered{untold}{parts}: {item.path}"


_BY = {"message": "as sent", "value": "by its value", "code": "by its code"}


def context_words(said: EntryContext) -> str:
    """Return in words what is said of an entry or a part of one, and by whom."""
    words = []
    by = " and ".join(_BY[who] for who in said.assertion_by)
    match said.assertion:
        case "absent":
            words.append(f"denied {by}" if by else "denied")
        case "unknown":
            words.append("whether it is so is not known")
        case "possible" | "planned":
            words.append(f"{said.assertion} {by}".rstrip())
        case "present":
            pass
    if said.subject != "patient":
        words.append("whose it is is not known" if said.subject == "unknown" else f"about {_WHOSE[said.subject]}")
    if said.temporality != "current":
        words.append("past" if said.temporality == "past" else "whether it is so now is not known")
    return ", ".join(words)


_WHOSE = {"family": "the family", "baby": "the baby", "another": "another person"}


def _foot(report: Report, parts: int) -> Iterator[str]:
    counts = report.counts
    record = (
        "no record"
        if not report.record.given
        else (
            f"a record complete for {', '.join(report.record.complete)}"
            if report.record.complete
            else "a record that does not declare itself complete"
        )
    )
    yield from wrapped(
        f"Checked {count(counts.items, 'item')} with {count(counts.rules, 'rule')}, {record}, {report.terminology.name}.", ""
    )
    if counts.envelope:
        yield from wrapped(
            f"{count(counts.envelope, 'code')} of the envelope (kinds of documents, lists, roles) tested for damage only.", ""
        )
    if parts:
        yield from wrapped(
            f"{parts} details of resources that were read are in no field of ours; --format json lists them by path.", ""
        )
    for ruleset in report.rulesets:
        if ruleset.rules:
            review = "no clinician has reviewed it" if ruleset.review == "none" else f"clinical review: {ruleset.review}"
            yield f"  {ruleset.name} {ruleset.version}: {count(ruleset.rules, 'rule')}; {review}"
    if report.profile is not None:
        for change in report.profile.in_force:
            yield from wrapped(
                f"Profile {report.profile.name}: {change.rule} is {change.action} until {change.until} "
                f"({change.reason}; {change.role})",
                "  ",
                "    ",
            )
    if report.record.given and report.identity.nhs_number != "same":
        yield from wrapped(f"Patient of message and record: {report.identity.message}.", "  ")
    yield f"  codesafety {report.engine.version}, {report.engine.evaluator} evaluator, rules and terminology {report.engine.digest}"
