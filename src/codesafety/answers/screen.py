"""What a person sees of a report: what was found, worst first and one cause once, and what could not be told.

Text and page are both made of it. Cards are too. The whole is in `codesafety.cli.everything`, and in JSON.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from codesafety.diagnostics import count, day_in_words
from codesafety.report import (
    THIS_WERE_SO,
    Decision,
    EntryContext,
    InvolvedEntry,
    MissingInput,
    NotReadItem,
    Report,
    Result,
)
from codesafety.terminology.words.normal import without_bracket

_MOST_PLACES = 3
_MOST_NAMES = 3
_MOST_PATHS = 100
_MOST_SAID = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found, however often: the first of it, its number, and where."""

    action: Decision
    title: str
    message: str
    clear_if: str | None
    """A whole sentence, or None where there is nothing to say in words."""
    where: tuple[str, ...]
    """The places in words: of three items, of two, of one, to choose from; none where there are no items."""
    rule: str
    beside: tuple[str, ...]
    """Hazards, a profile's change, for how long and why it may be set aside."""
    beneath: bool
    """It rests on a finding above: if that is wrong, so may this be."""
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """What was not checked, not read or not judged: the first places, each with its reason, and how many more there are."""

    heading: str
    lines: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Screen:
    """What a person sees of one report."""

    decision: Decision
    headline: str
    about: tuple[str, ...]
    """What and when; who; how much."""
    findings: tuple[Finding, ...]
    missed: tuple[Missed, ...]
    errors: tuple[str, ...]
    told: tuple[str, ...]
    """What could not be told, each with its number of rules; none where everything was told."""
    never: tuple[str, ...]
    foot: str


def screen(report: Report) -> Screen:
    """Return what a person sees of a report. Nothing of it is a sender's text, but paths hold names that a sender chose."""
    findings = tuple(_findings(report))
    return Screen(
        decision=report.decision,
        headline=_headline(report, findings),
        about=_about(report),
        findings=findings,
        missed=tuple(_missed(report)),
        errors=report.errors,
        told=tuple(_told(report)),
        never=report.never_given,
        foot=_foot(report),
    )


def decides(result: Result) -> bool:
    """Return whether a result is among what was found: it fires, or its rule wants a look where it cannot tell."""
    return result.overridden is None and (result.outcome == "fires" or result.action != "none")


def not_judged(report: Report) -> list[NotReadItem]:
    """Return the codes that no rule about entries has seen, of resources that were read."""
    return [n for n in report.not_read if n.coded and not n.whole and not n.broken]


def not_read(report: Report) -> list[NotReadItem]:
    """Return the resources that no reader understands."""
    return [n for n in report.not_read if n.whole and not n.broken]


# ------------------------------------------------------------------------------------------------ the head


def _headline(report: Report, findings: Sequence[Finding]) -> str:
    parts = [
        f"{number} to {action}" for action in ("hold", "review", "note") if (number := sum(f.action == action for f in findings))
    ]
    places = len({line.path for line in report.not_checked})
    parts += [f"{places} not checked"] if places else []
    parts += [f"{len(found)} not read"] if (found := not_read(report)) else []
    parts += [f"{count(len(codes), 'code')} not judged"] if (codes := not_judged(report)) else []
    parts += [count(len(report.errors), "error")] if report.errors else []
    aside = f" {report.counts.overridden} set aside by a person." if report.counts.overridden else ""
    if report.decision == "none":
        if parts:
            return f"Nothing was found: {', '.join(parts)}.{aside}"
        if not report.counts.answered:
            return f"Nothing was found, for no rule could answer for any item.{aside}"
        return f"Nothing was found. That does not mean that the entries are right.{aside}"
    first = "Nothing stops filing" if report.decision == "note" else "Look before filing"
    return f"{first}: {', '.join(parts)}.{aside}"


def _about(report: Report) -> tuple[str, ...]:
    about, counts = report.about, report.counts
    when = about.service or ("Record" if about.kind == "record" else "Message")
    when += f", {day_in_words(about.day)}" if about.day and about.kind == "message" else ""
    age = about.age.removesuffix(" years") if about.age else "age not known"
    gender = about.gender if about.gender in ("male", "female") else f"gender {about.gender or 'not known'}"
    coded = counts.entries + counts.medications
    read = count(coded, "item") + (f" and {count(counts.texts, 'text')}" if counts.texts else "")
    said = Counter(context_words(said) for item in report.items for said in item.context)
    no_fact = "".join(f", {number} {words}" for words, number in said.most_common(_MOST_SAID))
    no_fact += ", and others" if len(said) > _MOST_SAID else ""
    return (
        when,
        f"{gender}, {age}" + (" as the message says" if _WHO.intersection(report.identity.differing) else ""),
        f"{read} read{f', of which {no_fact[2:]}' if no_fact else ''}",
    )


_WHO = frozenset({"gender", "birth date"})
_BY = {"message": "as sent", "value": "by its value", "code": "by its code"}


def context_words(said: EntryContext) -> str:
    """Return in words what is said of an entry or a part of one, and by whom."""
    words = []
    by = " and ".join(_BY[who] for who in said.assertion_by)
    match said.assertion:
        case "absent":
            words.append(f"denied {by}" if by else "denied")
        case "unknown":
            words.append("not certain")
        case "possible" | "planned":
            words.append(f"{said.assertion} {by}".rstrip())
        case "present":
            pass
    if said.subject != "patient":
        words.append("of whom is not known" if said.subject == "unknown" else f"about {_WHOSE[said.subject]}")
    if said.temporality != "current":
        words.append("past" if said.temporality == "past" else "perhaps past")
    return ", ".join(words)


_WHOSE = {"family": "the family", "baby": "the baby", "another": "another person"}


# ------------------------------------------------------------------------------------------------ findings


def _findings(report: Report) -> Iterator[Finding]:
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for result in filter(decides, report.results):
        groups.setdefault((result.rule, result.action, result.outcome), []).append(result)
    shown = {result.id for group in groups.values() for result in group}
    for group in groups.values():
        first = group[0]
        yield Finding(
            action=first.action,
            title=first.title or first.rule,
            message=_message(group),
            clear_if=clear_if(first),
            where=tuple(_where([e for result in group for e in result.entries], report.about.kind == "record")),
            rule=first.rule,
            beside=tuple(_beside(first)),
            beneath=any(above in shown for above in first.rests_on),
            results=tuple(group),
        )


def clear_if(result: Result) -> str | None:
    """Return in a sentence what would have made a finding clear, or None where there is nothing to say in words."""
    labels = [text.removeprefix(THIS_WERE_SO) for text in result.counterfactual_text if text.startswith(THIS_WERE_SO)]
    parts = [text for text in result.counterfactual_text if not text.startswith(THIS_WERE_SO)]
    if labels:
        parts.append(f"{THIS_WERE_SO if len(labels) == 1 else 'one of these were so: '}{'; '.join(labels)}")
    return f"It would be clear if {', or if '.join(parts)}." if parts else None


def _message(group: Sequence[Result]) -> str:
    first = group[0]
    message = first.message if first.message.endswith((".", "?", "!")) else f"{first.message}."
    judged = dict.fromkeys(
        f"{'age ' if fact.name.startswith('age ') else ''}{fact.value}"
        for fact in first.facts
        if fact.name.endswith(".value") or fact.name.startswith("age ")
        if fact.value not in message
    )
    more = f" Found {len(group) - 1} more {'time' if len(group) == 2 else 'times'}." if len(group) > 1 else ""
    return message + (f" Judged: {', '.join(judged)}." if judged else "") + more


def _beside(result: Result) -> Iterator[str]:
    if result.rests_on:
        yield "rests on a finding above"
    if result.changed_by_profile:
        yield f"lowered from {result.changed_by_profile} by the profile"
    if result.hazard:
        yield f"{'hazards' if len(result.hazard) > 1 else 'hazard'} {', '.join(result.hazard)}"
    if result.overridable_by:
        reasons = ", ".join(reason.replace("-", " ") for reason in result.overridable_by.reasons)
        yield f"may be set aside for {result.overridable_by.length}: {reasons}"


def _where(entries: Iterable[InvolvedEntry], with_days: bool) -> Iterator[str]:
    """Yield three places, two and one, those that take the action first: `Problem list, 2nd and 4th; on the record: allergies, 1st`."""
    found: dict[tuple[str, str], str | None] = {}
    for entry in sorted(entries, key=lambda e: not e.takes_action):
        found.setdefault((entry.side, entry.place), entry.date)
    for most in range(min(_MOST_PLACES, len(found)), 0, -1):
        lists: dict[str, list[str]] = {}
        for (side, place), day in list(found.items())[:most]:
            name, comma, number = place.rpartition(", ")
            name = ("on the record: " if side == "record" else "") + (name if comma else place)
            shown = f" ({day_in_words(day)})" if with_days and day and len(found) <= _MOST_PLACES else ""
            lists.setdefault(name, []).append(f"{number if comma else ''}{shown}")
        words = "; ".join(f"{name}, {_listed(numbers)}" if any(numbers) else name for name, numbers in lists.items())
        if len(found) > most:
            years = sorted(day[:4] for day in found.values() if day and day[:4].isdigit())
            span = f" ({years[0]} to {years[-1]})" if with_days and years and years[0] != years[-1] else ""
            words += f", and {len(found) - most} more{span}"
        yield words[:1].upper() + words[1:]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# ------------------------------------------------------------------------------------------------ what was missed, or could not be told


def _missed(report: Report) -> Iterator[Missed]:
    failed: dict[tuple[str, str], dict[str, None]] = {}
    for line in report.not_checked:
        rule = f" (rule {line.rule})" if line.rule else ""
        failed.setdefault((line.path or "the message", line.reason), {})[rule] = None
    lines = [
        (path, reason + (next(iter(rules)) if len(rules) == 1 else f" ({len(rules)} rules)"))
        for (path, reason), rules in failed.items()
    ]
    for heading, said in (
        ("NOT CHECKED, and held", lines),
        ("Not read: resources that no reader understands", [(n.path, _why(n)) for n in not_read(report)]),
        ("Not judged: codes that no rule about entries has seen", [(n.path, _why(n)) for n in not_judged(report)]),
    ):
        if found := _once(said):
            yield Missed(heading, tuple(found[:_MOST_PATHS]), max(0, len(found) - _MOST_PATHS))


def _why(line: NotReadItem) -> str:
    return line.reason + (". It holds codes that nobody has checked" if line.whole and line.coded else "")


_WITHIN = re.compile(r"(.+?\.(?:resource|contained\[\d+\]))\.(?:entry|parameter)\[")
"""A bundle or parameters within another resource, and what they hold."""
_MOST_WITHIN = 3


def _once(said: Sequence[tuple[str, str]]) -> list[str]:
    """Return a line for each path and what is said of it; of many in one bundle within another of which the same is said, one line."""
    alike: dict[tuple[str, str], list[str]] = {}
    for path, reason in said:
        within = _WITHIN.match(path)
        alike.setdefault((within[1] if within is not None else path, reason), []).append(path)
    lines: list[str] = []
    for (holder, reason), paths in alike.items():
        if len(paths) > _MOST_WITHIN:
            lines.append(f"{paths[0]}, and {len(paths) - 1:,} more in {holder}: {reason}")
        else:
            lines += [f"{path}: {reason}" for path in paths]
    return lines


def _told(report: Report) -> Iterator[str]:
    alike: dict[str, list[MissingInput]] = {}
    for line in report.missing_inputs:
        alike.setdefault(f"{line.path is not None} {line.missing}", []).append(line)
    for lines in alike.values():
        first = lines[0]
        rules = count(max(line.rules for line in lines), "rule")
        if len(lines) > 1:
            yield f"not known of each of {len(lines)} items: {first.cause.rpartition(': ')[2]} ({rules})"
        elif first.names:
            named = ", ".join(list(dict.fromkeys(map(without_bracket, first.names)))[:_MOST_NAMES])
            yield f"{first.cause}, such as {named} ({rules})"
        else:
            yield f"{first.cause} ({rules})"


def reviewed(review: str, status: str) -> str:
    """Return in words how a ruleset stands to its clinical review."""
    match status:
        case "reviewed":
            return f"clinical review: {review}"
        case "changed since":
            return f"changed since its clinical review: {review}"
        case _:
            return "no clinician has reviewed it" + (
                "" if review == "none" else f": “{review}” stands in its header, and no record"
            )


def _foot(report: Report) -> str:
    used = [ruleset for ruleset in report.rulesets if ruleset.rules]
    unreviewed = sum(ruleset.review_status == "none" for ruleset in used)
    changed = sum(ruleset.review_status == "changed since" for ruleset in used)
    told = []
    if unreviewed:
        told.append(
            "No clinician has reviewed " + ("these rules." if unreviewed == len(used) else f"{unreviewed} of these rulesets.")
        )
    if changed:
        told.append(f"{count(changed, 'ruleset')} changed since {'its' if changed == 1 else 'their'} review.")
    of_reviews = " ".join(told) or "All rulesets were reviewed as they are."
    profile = f" Profile {report.profile.name}: {count(len(report.profile.in_force), 'change')}." if report.profile else ""
    record = (
        f" Patient of message and record: {report.identity.message}."
        if report.record.given and report.identity.nhs_number != "same"
        else ""
    )
    version = f" codesafety {report.engine.version}, {count(len(used), 'ruleset')}, {report.engine.digest[:8]}"
    return of_reviews + profile + record + version
