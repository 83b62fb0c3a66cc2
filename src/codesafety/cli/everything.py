"""The whole of a report as text: every finding with every entry and its path, why, what was not checked, every item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codesafety.answers.screen import clear_if, context_words, decides, not_judged, not_read, reviewed, screen
from codesafety.cli.output import style, wrapped
from codesafety.diagnostics import count
from codesafety.report import RANK, NotChecked, Report, ReportItem, Result
from codesafety.terminology.words.normal import without_tag

_COLOURS = {"hold": "red", "review": "yellow", "note": "cyan", "none": "green"}
_MOST_LINES_A_REASON = 5


def lines(report: Report, name: str, colour: bool) -> Iterator[str]:
    """Yield all of the report. Every line is one of ours: words of others are escaped."""
    shown = screen(report)
    yield style(name, colour, bold=True)
    yield from wrapped(
        shown.headline, f"{style(report.decision.upper().ljust(6), colour, fg=_COLOURS[report.decision], bold=True)}  ", " " * 8
    )
    yield from wrapped(" · ".join(shown.about), " " * 8)
    for result in filter(decides, report.results):
        yield ""
        yield from _finding(result, colour)
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
    if whole := not_read(report):
        yield from _heading("Not read: resources that no reader understands", colour)
        for unread in whole:
            coded = " It holds codes that nobody has checked." if unread.coded else ""
            yield from wrapped(f"{unread.path}: {unread.reason}.{coded}", "  ", "    ")
    if codes := not_judged(report):
        yield from _heading("Not judged: codes that no rule about entries has seen", colour)
        for unread in codes:
            yield from wrapped(f"{unread.path}: {unread.reason}", "  ", "    ")
    if report.errors:
        yield from _heading("Errors", colour)
        for error in report.errors:
            yield from wrapped(error, "  ", "    ")
    yield from _heading("Entries", colour)
    for item in sorted(report.items, key=lambda i: (-RANK[i.decision], not i.context)):
        mark = style(item.decision.ljust(6), colour, fg=_COLOURS[item.decision])
        yield from wrapped(_item(item), f"  {mark}  ", "          ")
    yield ""
    yield from _foot(report)


def _not_checked(lines: Sequence[NotChecked]) -> Iterator[str]:
    """Yield what failed, by its reason: each in a line, or all of its rules and places together where there are many."""
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
        if rules:
            yield from wrapped(f"rules: {', '.join(rules)}", "    ", "      ")
        yield from wrapped(f"places: {', '.join(places)}", "    ", "      ")


def _where(line: NotChecked) -> str:
    return line.path or "the message"


def _plain_term(term: str | None) -> str | None:
    """Return a term without the semantic tag of a fully specified name."""
    return without_tag(term) if term else None


def _heading(text: str, colour: bool) -> Iterator[str]:
    yield ""
    yield style(text, colour, bold=True)


def _finding(result: Result, colour: bool) -> Iterator[str]:
    mark = style(result.action.upper().ljust(6), colour, fg=_COLOURS[result.action], bold=True)
    beneath = "  " if result.rests_on else ""
    yield f"{beneath}{mark}  {style(result.title or result.rule, colour, bold=True)}"
    for words, hanging in _paragraphs(result):
        yield from wrapped(words, f"{beneath}        ", f"{beneath}        {' ' * hanging}")


def _paragraphs(result: Result) -> Iterator[tuple[str, int]]:
    """Yield each paragraph of a finding, and how far its lines after the first are set in."""
    yield result.message, 0
    if result.changed_by_profile:
        yield f"lowered from {result.changed_by_profile} by the profile", 0
    for entry in result.entries:
        term = _plain_term(entry.term) or (f"code {entry.code}" if entry.code else "no code")
        code = f" ({entry.code})" if entry.term and entry.code else ""
        day = f", {entry.date}" if entry.date else ""
        side = "on the record, " if entry.side == "record" else ""
        yield f"{entry.role or 'entry'}: {term}{code}{day}: {side}{entry.place}: {entry.path}", 3
    if result.because:
        yield f"Why: {result.because}", 5
    if result.facts:
        yield "Facts: " + "; ".join(f"{f.name}: {f.value}" for f in result.facts), 7
    for exception in result.exceptions:
        if exception.outcome == "could not be tested":
            missing = f" ({', '.join(exception.missing)})" if exception.missing else ""
            yield f"Could not be tested: {exception.label}{missing}", 3
    if words := clear_if(result):
        yield words, 3
    if result.overridable_by:
        yield f"A person may set this aside for {result.overridable_by.length}, by: {', '.join(result.overridable_by.reasons)}", 3
    hazards = f", hazard {' and '.join(result.hazard)}" if result.hazard else ""
    cited = f". Source: {'; '.join(s.text for s in result.source)}" if result.source else ""
    yield f"{result.rule} {result.version}{hazards}{cited}", 3
    if result.rests_on:
        yield "This rests on the finding above: if that is wrong, so may this be.", 0


def _untold(report: Report, colour: bool) -> Iterator[str]:
    if report.missing_inputs:
        yield from _heading("Told in part", colour)
    for line in report.missing_inputs:
        where = f": {line.path}" if line.path is not None else ""
        names = f" ({', '.join(line.names)})" if line.names else ""
        yield from wrapped(f"{line.message[0].upper()}{line.message[1:]}{names}{where}.", "  ", "    ")
    if report.never_given:
        yield ""
        yield from wrapped(
            f"This deployment never gives: {', '.join(report.never_given)}. Rules that need it were not answered.", "", "  "
        )


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
        for said in item.context
        if said.path != item.path
    )
    counts = item.rules
    untold = f", {counts.cannot_tell} could not" if counts.cannot_tell else ""
    return f"{term}{code}{f', {item.date}' if item.date else ''}: {count(counts.answered, 'rule')} answered{untold}{parts}: {item.path}"


def _foot(report: Report) -> Iterator[str]:
    counts = report.counts
    parts = sum(not n.coded and not n.whole and not n.broken for n in report.not_read)
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
            yield f"  {ruleset.name} {ruleset.version}: {count(ruleset.rules, 'rule')}; {reviewed(ruleset.review, ruleset.review_status)}"
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
