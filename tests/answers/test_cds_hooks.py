"""CDS Hooks: literal cards in each version, and the standard's own invariants, which refuse what they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from tests.answers.invariants import breaches, breaches_of_feedback
from tests.answers.messages import ASIDE, RIGHT, WRONG, everything, report

from codesafety import Override
from codesafety.answers import CdsHooksVersion, cds_hooks
from codesafety.answers.codes import REASON
from codesafety.errors import ConfigurationError
from codesafety.report import MissingInput, Report

HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
VERSIONS = get_args(CdsHooksVersion)


def card(**more: Any) -> dict[str, Any]:
    return {
        "uuid": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
        "summary": "A card",
        "indicator": "info",
        "source": {"label": "A source"},
        **more,
    }


def suggestion(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"label": "Do it", "actions": list(actions), **more}


CREATE = {"type": "create", "description": "Make it", "resource": {"resourceType": "Task"}}
GOOD = [
    card(),
    card(suggestions=[suggestion(CREATE, isRecommended=True)], selectionBehavior="at-most-one"),
    card(
        suggestions=[suggestion(CREATE, isRecommended=True, actionSelectionBehavior="any"), suggestion(isRecommended=True)],
        selectionBehavior="any",
    ),
    card(links=[{"label": "Open", "url": "https://example.org", "type": "smart", "appContext": "x"}]),
    card(overrideReasons=[{"code": "a", "system": "urn:x", "display": "A"}]),
    card(summary="x" * 139),
]
BAD = [
    ("cds-resp-1", card(suggestions=[suggestion(isRecommended=True)] * 2, selectionBehavior="at-most-one")),
    (
        "cds-resp-2",
        card(suggestions=[suggestion({"type": "delete", "description": "d", "resource": {}})], selectionBehavior="any"),
    ),
    ("cds-resp-3", card(links=[{"label": "Open", "url": "https://example.org", "type": "absolute", "appContext": "x"}])),
    ("cds-resp-4", card(overrideReasons=[{"code": "a", "system": "urn:x"}])),
    ("cds-resp-5", card(suggestions=[suggestion({"type": "create", "resource": {}})], selectionBehavior="any")),
    ("cds-resp-6", card(suggestions=[suggestion(CREATE)])),
    ("cds-resp-7", card(suggestions=[suggestion(CREATE, actionSelectionBehavior="some")], selectionBehavior="any")),
    ("summary", card(summary="x" * 140)),
    ("indicator", card(indicator="hard-stop")),
    ("source", card(source={"label": "A source", "url": "not absolute"})),
    ("coding", card(source={"label": "A source", "topic": {"code": "a", "version": "1"}})),
]


@pytest.mark.parametrize("one", GOOD)
def test_a_good_card_breaks_no_invariant(one: dict[str, Any]) -> None:
    assert breaches({"cards": [one]}) == []


@pytest.mark.parametrize(("name", "one"), BAD, ids=[name for name, _ in BAD])
def test_each_invariant_refuses_a_card_that_breaks_it(name: str, one: dict[str, Any]) -> None:
    assert breaches({"cards": [one]}) == [name]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_response_keeps_every_invariant(version: CdsHooksVersion, tmp_path: Path) -> None:
    for found in (report(WRONG), report(RIGHT), everything(tmp_path), everything(tmp_path, ASIDE)):
        assert breaches(cds_hooks(found, version)) == []


def test_a_card_a_finding_the_worst_first_then_what_was_missed_then_what_could_not_be_told(tmp_path: Path) -> None:
    assert [(one["indicator"], one["summary"]) for one in cds_hooks(everything(tmp_path), "3.0")["cards"]] == [
        ("critical", "Held"),
        ("warning", "Seen"),
        ("warning", "Asked"),
        ("info", "Noted"),
        ("critical", "1 place not checked: the format is broken there."),
        ("warning", "1 resource not read: of no kind that a reader understands."),
        ("warning", "1 code not judged: seen by no rule about entries."),
        ("info", "What could not be told, and why"),
    ]


def test_a_card_says_what_was_found_where_and_on_what_it_rests(tmp_path: Path) -> None:
    held, *_, missed, _, told = cds_hooks(everything(tmp_path), "2.0")["cards"]
    assert held == {
        "uuid": held["uuid"],
        "summary": "Held",
        "indicator": "critical",
        "source": {
            "label": "A source",
            "url": "https://example.org/source",
            "topic": {"system": "urn:uuid:c28d27e2-4ace-5324-b5ef-6326c7e5af2b", "code": "s/held", "display": "Held"},
        },
        "detail": (
            "Pregnancy (77386006) of 4 March 2026 is held.\n\nObservations, 1st.\n\n`s/held`; hazard H-01\n\n"
            "- A source <https://example.org/source>"
        ),
        "overrideReasons": [
            {"system": REASON, "code": "code-is-right", "display": "The code is right, and what it disagrees with is not"},
            {"system": REASON, "code": "code-is-wrong", "display": "The code is wrong"},
            {"system": REASON, "code": "both-are-right", "display": "Both are right"},
        ],
    }
    assert missed["detail"] == "1 resource not read: of no kind that a reader understands.\n\n- `Bundle.entry[3].resource`"
    assert told["detail"].split("\n\n")[0] == (
        "- the patient's gender is missing, or cannot be compared (2 rules)\n"
        "- 1 element not kept: of no kind that a record holds.\n"
        "- Never given here: release.\n"
        "- The profile switches 1 rule off, and lowers 0."
    )
    assert told["detail"].split("\n\n")[1].startswith("No clinician has reviewed these rules.")


def test_the_rules_own_reasons_come_first_and_hl7s_with_3_0(tmp_path: Path) -> None:
    found = everything(tmp_path)
    old, new = (cds_hooks(found, version)["cards"][1]["overrideReasons"] for version in ("2.0", "3.0"))
    assert old[0] == {"system": REASON, "code": "confirmed-with-patient", "display": "Confirmed with patient"}
    assert [reason["code"] for reason in old] == ["confirmed-with-patient", "code-is-right", "code-is-wrong", "both-are-right"]
    assert new[:4] == old
    assert [reason["code"] for reason in new[4:]] == [
        "patient-ineligible",
        "action-completed",
        "wrong-time-workflow",
        "inappropriate-recipient",
        "need-more-info",
        "expert-contradicts",
        "recipient-does-not-trust",
    ]
    assert {reason["system"] for reason in new[4:]} == {HL7}


def test_what_a_person_set_aside_is_no_card_and_is_not_silent(tmp_path: Path) -> None:
    *cards, told = cds_hooks(everything(tmp_path, ASIDE), "3.0")["cards"]
    assert "Seen" not in [one["summary"] for one in cards]
    assert "- Set aside by a person until 2026-12-01: Seen." in told["detail"].split("\n")


def test_a_reason_that_a_card_offers_sets_the_finding_aside_and_no_other_does(tmp_path: Path) -> None:
    for n, reason in enumerate(cds_hooks(everything(tmp_path), "3.0")["cards"][1]["overrideReasons"]):
        answer = Override(rule="s/seen", codes=("77386006",), reason=reason["code"], recorded="2026-03-01")
        found = everything(tmp_path, answer)
        assert (found.counts.overridden == 1) == (n == 0)
        assert (found.errors == ()) == (n == 0)


def test_nothing_found_told_or_missed_is_no_card() -> None:
    whole = report(RIGHT).model_copy(update={"told": "whole", "missing_inputs": (), "not_read": ()})
    assert cds_hooks(whole, "3.0") == {"cards": []}


def test_a_card_keeps_its_uuid_for_the_same_input_and_no_two_have_the_same(tmp_path: Path) -> None:
    one, again = (cds_hooks(everything(tmp_path), "3.0")["cards"] for _ in range(2))
    assert one == again
    other = cds_hooks(report(WRONG), "3.0")["cards"]
    uuids = [card["uuid"] for card in (*one, *other)]
    assert len(set(uuids)) == len(uuids)


def test_an_error_of_the_call_is_a_card(tmp_path: Path) -> None:
    foreign = Override(rule="s/gone", codes=("77386006",), reason="none", recorded="2026-03-01")
    found = everything(tmp_path, foreign)
    (told,) = [one for one in cds_hooks(found, "3.0")["cards"] if one["source"]["topic"]["code"] == "error"]
    assert told["summary"] == "An override names the rule `s/gone`, which is not loaded; it sets nothing aside."


def test_a_long_title_is_cut_between_words_and_marked(tmp_path: Path) -> None:
    found = everything(tmp_path)
    first, *rest = found.results
    long = found.model_copy(update={"results": (first.model_copy(update={"title": "word " * 60 + "end"}), *rest)})
    summary = cds_hooks(long, "3.0")["cards"][0]["summary"]
    assert summary == "word " * 27 + "…"


def test_markup_in_words_is_shown_and_does_nothing(tmp_path: Path) -> None:
    found = everything(tmp_path)
    line = MissingInput(missing="x", rules=1, items=1, cause="<b>*x*</b> [a](b) `c`", message="x")
    told = cds_hooks(found.model_copy(update={"missing_inputs": (line,)}), "3.0")["cards"][-1]
    assert told["detail"].startswith(r"- \<b\>\*x\*\</b\> \[a\](b) \`c\` (1 rule)")


@pytest.mark.parametrize("version", VERSIONS)
def test_feedback_on_a_card_keeps_the_invariants_of_feedback(version: CdsHooksVersion, tmp_path: Path) -> None:
    for one in cds_hooks(everything(tmp_path), version)["cards"]:
        for reason in one.get("overrideReasons", ()):
            answer = {
                "card": one["uuid"],
                "outcome": "overridden",
                "overrideReason": {"reason": reason},
                "outcomeTimestamp": "2026-03-04T12:00:00Z",
            }
            assert breaches_of_feedback({"feedback": [answer]}) == []


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("cds-fb-1", {"outcome": "ignored"}),
        ("cds-fb-2", {"outcome": "accepted"}),
        ("cds-fb-2", {"outcome": "accepted", "acceptedSuggestions": []}),
        ("cds-fb-3", {"overrideReason": {}}),
        ("feedback", {"card": ""}),
        ("outcomeTimestamp", {"outcomeTimestamp": "2026-03-04"}),
    ],
)
def test_each_invariant_refuses_feedback_that_breaks_it(name: str, more: dict[str, Any]) -> None:
    good = {"card": card()["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-03-04T12:00:00Z"}
    assert breaches_of_feedback({"feedback": [good]}) == []
    assert breaches_of_feedback({"feedback": [good | more]}) == [name]


def test_another_version_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"ask for 2\.0, 3\.0"):
        cds_hooks(Report.model_validate(report()), "1.0")  # type: ignore[arg-type]
