"""What rules say to people: titles, sources and their dates, reasons, and the sentence that a clinician reads."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from codesafety import ir
from codesafety.authoring.lint.told import Bench, local
from codesafety.record import day_interval

_PLACEHOLDER: Final = re.compile(
    r"\b(todo|tbc|tbd|fixme|xxx+|lorem ipsum|placeholder|to be (confirmed|decided|added)|fill in)\b|^\W*$|^.{1,2}$", re.IGNORECASE
)
_NOWHERE: Final = re.compile(r"^https?://([\w-]+\.)*(example\.(org|com|net)|e\.org|localhost|test)(/|$)", re.IGNORECASE)
_DUE: Final = re.compile(
    r"\b(?:review(?:ed)?\s+(?:due|by|before|date)|next\s+review|valid\s+until|expires)\W{1,3}(\d{4}-\d{2}(?:-\d{2})?)",
    re.IGNORECASE,
)
_ADVICE: Final = re.compile(
    r"(?:^|[.:;!?]\s+)(?:(?:give|prescribe|refer|delete|remove|reduce|withhold|consider|advise|tell|ask|arrange|"
    r"monitor|avoid|discontinue|do not (?:give|prescribe))\b"
    r"|(?:stop|start|change|increase|switch|order|call|offer)\b(?!\s+(?:of|in|dates?|day|times?|number|was|were|is|are|has)\b)"
    r"|(?:check|correct|review|contact|recode|amend|update|verify|inform|discuss|ensure|confirm|repeat)\s+(?:the|that|this|whether|with|and)\b)"
    r"|\b(please|kindly)\s+(?!make sure|look)\w+"
    r"|\b(should|must|needs to|has to|ought to) be (stopped|started|given|prescribed|referred|changed|deleted|removed|avoided|reduced|"
    r"increased|corrected|recoded|checked|reviewed)\b"
    r"|\b(should|must|needs to|has to|ought to) (stop|start|give|prescribe|refer|change|delete|remove|avoid|reduce|increase|correct|recode|"
    r"check|review|contact)\b"
    r"|\b(is|are) (contraindicated|recommended|advised)\b", re.IGNORECASE,
)  # fmt: skip
_BLAME: Final = re.compile(
    r"\byou(r)? (made|have made|should|must|failed|forgot|error|mistake|fault|coded)\b|\b(careless\w*|negligen\w*|incompeten\w*|"
    r"wrongly coded by|(practice|surgery|clinic|hospital|gp|doctor|nurse|pharmacist|prescriber|clinician) (has |have )?"
    r"(wrongly|incorrectly|mistakenly|miscoded|(coded|entered|recorded) (this |it )?(wrongly|incorrectly))|at fault|to blame|failed to|forgot to|human error|(clinician|doctor|nurse|pharmacist|gp)'s (error|mistake))\b",
    re.IGNORECASE,
)  # fmt: skip
_PRIVATE: Final = re.compile(
    r"\b(sex at birth|transgender|trans (man|woman|patient)|(is|be|as) trans(?=[.,;:!?]|$)|gender reassign\w*|adopted|(born|assigned) (an? )?(fe)?male|gender recognition)\b",
    re.IGNORECASE,
)
_SAID: Final = (
    ("advises", _ADVICE, "say what was coded and what does not go together; the person who reads it decides what to do"),
    ("blames", _BLAME, "say what was coded, not who was wrong: both may be right"),
    ("discloses what may not be shown", _PRIVATE, "leave it out: whoever stands behind the screen reads it too"),
)


def look(bench: Bench) -> None:
    for ruleset in bench.asked:
        declared: tuple[ir.ValueSet | ir.Table | ir.Limit, ...] = (*ruleset.valuesets, *ruleset.tables, *ruleset.limits)
        for one in declared:
            _sources(one, one.sources, bench)
            if not one.sources and _needs_source(one):
                kind = {ir.ValueSet: "value set", ir.Table: "table", ir.Limit: "limit"}[type(one)]
                bench.tell(
                    "CS471", f"the {kind} `{local(one.name)}` cites no source", one.span, 'add `source "…" <https://…>`', one
                )
    for rule in bench.families:
        _sources(rule, rule.sources, bench)
        if rule.title is None and rule.row is None:
            bench.tell(
                "CS472",
                f"the rule `{local(rule.family)}` has no title",
                rule.span,
                'add `title "…"`: what people know it by',
                rule,
            )
        for what, text in (("title", rule.title), ("because", rule.because), ("say", _said(rule))):
            if text is not None and _PLACEHOLDER.search(text.strip()):
                bench.tell(
                    "CS470", f"the `{what}` of `{local(rule.family)}` is a placeholder", rule.span, "write what is meant", rule
                )
        if rule.row is None and rule.valid_until is not None and rule.valid_until.last < bench.today.toordinal():
            bench.tell(
                "CS474", f"the rule `{local(rule.family)}` is no longer in force: it ended on {rule.valid_until.text}", rule.valid_until.span,
                "take it out, or say until when it holds", rule,
            )  # fmt: skip
        said = " ".join(part if isinstance(part, str) else "X" for part in rule.say)
        for does, pattern, help in _SAID:
            found = pattern.search(said)
            if found:
                bench.tell(
                    "CS475", f"the sentence of `{local(rule.family)}` {does}: “{found[0].strip(' .:;!?')}”", rule.span, help, rule
                )


def _said(rule: ir.Rule) -> str | None:
    """Return what a rule says beside its placeholders; None where it is these that speak."""
    if any(isinstance(part, ir.Placeholder) for part in rule.say):
        text = " ".join(part for part in rule.say if isinstance(part, str)).strip()
        return text if re.search(r"[A-Za-z]{3}", text) else None
    return " ".join(part for part in rule.say if isinstance(part, str))


def _needs_source(one: ir.ValueSet | ir.Table | ir.Limit) -> bool:
    """Return whether a declaration states something of its own: a set that only includes others does not."""
    if isinstance(one, ir.Table):
        return not any(name in ("source", "reference") for name in one.columns)  # each row says it
    if not isinstance(one, ir.ValueSet):
        return True
    return bool(one.codes or one.frozen is not None or one.ecl is not None)


def _sources(one: ir.Rule | ir.ValueSet | ir.Table | ir.Limit, cited: tuple[ir.Source, ...], bench: Bench) -> None:
    for source in cited:
        if _PLACEHOLDER.search(source.text.strip()) or (source.url and _NOWHERE.search(source.url)):
            bench.tell(
                "CS470", f"a source of `{local(one.name)}` is a placeholder: “{source.text}”", one.span,
                "cite what it rests on: who says so, in which version, where", one,
            )  # fmt: skip
        for due in _DUE.findall(source.text):
            if (was := _overdue(due, bench.today)) is not None:
                bench.tell(
                    "CS473", f"a source of `{local(one.name)}` {was}", one.span,
                    "read its newest version, and write what it says and when it is due again", one,
                )  # fmt: skip


def _overdue(due: str, today: date) -> str | None:
    """Return what is wrong with the day by which a source is to be reviewed; None where it is still to come."""
    try:
        _, last = day_interval(due)
    except ValueError:
        return f"is to be reviewed by {due}, which is no day"
    return f"was to be reviewed by {due}" if last < today.toordinal() else None
