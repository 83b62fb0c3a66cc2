"""What a person set aside is handed back: of the same patient, rule and codes, until the rule's length is over, and of nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.decision_log.made import RULES, engine, key, log, message, opened

import codesafety
from codesafety import Override, Report
from codesafety.answers import cds_hooks
from codesafety.decision_log import DecisionLog
from codesafety.decision_log.log import read_lines, read_rows
from codesafety.errors import LogError

REASON = "confirmed-with-patient"
DAY = date(2026, 3, 4)


def card(report: Report, summary: str = "Seen") -> str:
    return next(str(one["uuid"]) for one in cds_hooks(report, "3.0")["cards"] if one["summary"] == summary)


def aside(kept: DecisionLog, **of: str) -> set[str]:
    """Return the rules whose findings on a message are set aside."""
    codes = of.pop("codes", "77386006").split()
    return {one.rule for one in kept.assess(engine(), message(*codes, **of)).results if one.overridden is not None}


@pytest.fixture
def kept(tmp_path: Path) -> DecisionLog:
    """A log in which the finding of `s/seen` on the day is set aside."""
    made = log(tmp_path)
    assert made.set_aside(engine(), card(made.assess(engine(), message())), REASON, DAY) == 1
    return made


def test_it_is_handed_back_with_the_next_message(kept: DecisionLog) -> None:
    assert aside(kept, sent="2026-05-01") == {"s/seen"}


def test_it_ends_with_the_rules_length_and_does_not_reach_back(kept: DecisionLog) -> None:
    assert [aside(kept, sent=day) for day in ("2026-03-03", "2026-03-04", "2026-12-04", "2026-12-05")] == [
        set(),
        {"s/seen"},
        {"s/seen"},
        set(),
    ]


def test_it_reaches_no_other_patient_and_nobody_who_has_no_number(kept: DecisionLog) -> None:
    assert aside(kept, nhs_number="9000000009") == set()
    assert {one.rule for one in kept.assess(engine(), message(nhs_number=None)).results if one.overridden} == set()


@pytest.mark.parametrize("number", ["", " ", "UNKNOWN", "0000000000", "9434765910"])
def test_what_stands_where_there_is_no_number_is_nobodys(number: str, tmp_path: Path) -> None:
    """Many patients have it: what is set aside of one of them would be so of all."""
    made = log(tmp_path)
    report = made.assess(engine(), message(nhs_number=number))
    assert made.set_aside(engine(), card(report), REASON, DAY) == 0
    assert aside(made, nhs_number=number) == set()


@pytest.mark.parametrize(
    ("written", "instead", "number"),
    [(REASON, "looked_at", 1), (REASON, "a" * 70, 0), ("9 months", "100000 days", 0)],
)
def test_what_a_row_does_not_take_is_dropped_and_what_it_takes_is_kept(
    written: str, instead: str, number: int, tmp_path: Path
) -> None:
    (tmp_path / "s.rules").write_text(RULES.replace(written, instead), encoding="utf-8")
    made, rules = log(tmp_path), codesafety.load(tmp_path / "s.rules", installed_plugins=False, cache="off")
    reason = instead if written == REASON else REASON
    assert made.set_aside(rules, card(made.assess(rules, message())), reason, DAY) == number
    assert made.assess(rules, message()).counts.overridden == number
    assert made.dropped == 1 - number


def test_another_contradiction_of_the_same_patient_is_shown(kept: DecisionLog) -> None:
    """A second code brings a finding of another rule; that of the first rule, which is about the same code, stays set aside."""
    report = kept.assess(engine(), message("77386006", "271649006", sent="2026-05-01"))
    assert {one.rule: one.overridden is not None for one in report.results if one.outcome == "fires"} == {
        "s/held": False,
        "s/seen": True,
        "s/both": False,
    }
    assert report.decision == "hold"


def test_a_finding_with_other_codes_of_the_same_rule_is_shown(tmp_path: Path) -> None:
    made = log(tmp_path)
    report = made.assess(engine(), message("77386006", "271649006"))
    assert made.set_aside(engine(), card(report, "Both"), REASON, DAY) == 1
    assert aside(made, codes="77386006 271649006") == {"s/both"}
    assert aside(made, codes="77386006") == set()


@pytest.mark.parametrize("reason", ["code-is-right", "patient-ineligible", "because", ""])
def test_a_reason_that_the_rule_does_not_take_keeps_nothing(reason: str, tmp_path: Path) -> None:
    made = log(tmp_path)
    assert made.set_aside(engine(), card(made.assess(engine(), message())), reason, DAY) == 0
    assert [row["kind"] for row in read_rows(tmp_path / "log.sqlite")] == ["decision"]


def test_what_may_not_be_set_aside_is_not_and_no_card_is_nobodys(tmp_path: Path) -> None:
    made = log(tmp_path)
    assert made.set_aside(engine(), card(made.assess(engine(), message()), "Held"), REASON, DAY) == 0
    assert made.set_aside(engine(), "no such card", REASON, DAY) == 0


def test_a_day_that_is_still_to_come_is_today(tmp_path: Path) -> None:
    made = opened(tmp_path / "log.sqlite", key(tmp_path), clock=lambda: datetime(2026, 3, 4, 12, tzinfo=UTC))
    report = made.assess(engine(), message())
    assert made.set_aside(engine(), card(report), REASON, date(9999, 1, 1)) == 1
    assert aside(made, sent="2026-12-05") == set()
    (row,) = (row for row in read_rows(tmp_path / "log.sqlite") if row["kind"] == "override")
    assert (row["recorded"], row["lasts"], row["reason"], row["rule"]) == ("2026-03-04", "9 months", REASON, "s/seen")


def test_the_last_decision_counts_and_one_that_comes_with_the_message_counts_too(kept: DecisionLog) -> None:
    later = card(kept.assess(engine(), message(sent="2026-12-10")))
    assert kept.set_aside(engine(), later, REASON, date(2026, 11, 1)) == 1
    assert aside(kept, sent="2026-12-10") == {"s/seen"}
    given = Override(rule="s/seen", codes=("77386006",), reason=REASON, recorded="2026-01-01")
    report = kept.assess(engine(), message(nhs_number="9000000009"), overrides=[given])
    assert report.counts.overridden == 1


def test_a_later_process_hands_it_back_and_another_key_does_not(kept: DecisionLog, tmp_path: Path) -> None:
    assert aside(log(tmp_path)) == {"s/seen"}
    (tmp_path / "other").mkdir()
    assert aside(opened(tmp_path / "log.sqlite", key(tmp_path / "other"))) == set()


def test_the_row_of_it_holds_no_code_and_no_number(kept: DecisionLog, tmp_path: Path) -> None:
    lines = list(read_lines(tmp_path / "log.sqlite"))
    assert len(lines) == 2
    assert not any(one in line for line in lines for one in ("77386006", "9434765919", "1990"))


def test_a_log_that_finds_nothing_again_says_so(tmp_path: Path) -> None:
    made = log(tmp_path, "log.jsonl")
    assert not made.keeps_overrides
    with pytest.raises(LogError, match="not found again"):
        made.set_aside(engine(), "card", REASON, DAY)
