"""Words against codes: a coding's own words, and what stands beside it in one concept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.differential.worlds import P3, SmallTerminology

from codesafety import load
from codesafety.evaluation.atoms import system_check
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import CodingFact, Facts
from codesafety.evaluation.words import contradicts, denied_beside, siblings
from codesafety.record import Coding, Component, Entry, Qualifier, Subject, Submission
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.words.descriptions import denies

TERMINOLOGY = FrozenTerminology(
    {
        "77386006": ["Pregnancy (finding)", "Pregnant"],
        "60001007": ["Not pregnant (finding)"],
        "169560008": ["Pregnant - urine test confirms (finding)"],
        "250423000": ["Pregnancy test positive (finding)"],
        "250425007": ["Pregnancy test negative (finding)"],
        "77176002": ["Smoker (finding)"],
        "8392000": ["Non-smoker (finding)"],
        "84757009": ["Epilepsy (disorder)"],
        "160341008": ["Family history: Epilepsy (situation)"],
    }
)

SentAs = tuple[str, str, str | None]


def facts(*codings: SentAs, text: str | None = None) -> Facts:
    sent = tuple(Coding(system=system, code=code, display=display) for system, code, display in codings)
    return Facts(Submission(entries=(Entry(path="e", codings=sent, text=text),)), None, Codebook(TERMINOLOGY))


def coded(*codings: SentAs, text: str | None = None) -> list[CodingFact]:
    of = facts(*codings, text=text)
    return list(of.codings(of.incoming[0]))


PREGNANT: SentAs = ("sct", "77386006", None)
NOT_PREGNANT: SentAs = ("sct", "60001007", None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PREGNANT, NOT_PREGNANT),
        (("sct", "77386006", "Pregnant"), ("sct", "60001007", "Not pregnant")),
        (NOT_PREGNANT, ("sct", "169560008", None)),
        (("sct", "250423000", None), ("sct", "250425007", None)),
        (("sct", "77176002", None), ("sct", "8392000", None)),
        (PREGNANT, ("emis", "EMISNQ1", "Not pregnant")),
        (PREGNANT, ("readv2", "62...", "Pregnant? No")),
        (("emis", "EMISNQ1", "Asthma"), ("readv2", "H33", "No asthma")),
        (("sct", "195967001", "Asthma"), ("readv2", "H33", "Asthma excluded")),  # its descriptions are not known: its words are
        (PREGNANT, (None, "X", "Not pregnant")),
        (PREGNANT, ("emis", "EMISNQ1", "Not\u200bpregnant")),
        (PREGNANT, ("sct", "373067005", "No")),
        (PREGNANT, ("sct", "2667000", "Absent")),
        (PREGNANT, ("emis", "EMISNQ1", "Negative")),
        (PREGNANT, ("emis", "EMISNQ1", "Not pregnant (LMP 1/3)")),
        (PREGNANT, ("emis", "EMISNQ1", "Pt not pregnant")),
    ],
)
def test_two_codings_of_which_one_denies_the_other_are_contrary_and_told_once(one: SentAs, other: SentAs) -> None:
    assert [siblings(coding) for coding in coded(one, other)] == ["contrary", "compatible"]
    assert [siblings(coding) for coding in coded(other, one)] == ["contrary", "compatible"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PREGNANT, ("readv2", "62...", "Patient pregnant")),
        (PREGNANT, ("emis", "EMISNQ1", "Twin pregnancy")),
        (PREGNANT, ("emis", "EMISNQ1", "Pregnancy, no complications")),
        (PREGNANT, ("emis", "EMISNQ1", "No complications of pregnancy")),
        (PREGNANT, ("emis", "EMISNQ1", "Schwangerschaft")),
        (PREGNANT, ("emis", "EMISNQ1", "Smoker")),
        (PREGNANT, ("emis", "EMISNQ1", "Yes")),
        (PREGNANT, ("emis", "EMISNQ1", "Gravida 1 para 0")),
        (PREGNANT, ("emis", "EMISNQ1", "Pregnant, not breastfeeding")),
        (NOT_PREGNANT, ("emis", "EMISNQ1", "No")),
        (("sct", "250425007", None), ("emis", "EMISNQ1", "No")),
        (PREGNANT, ("sct", "77386006", "Pregnancy")),
        (NOT_PREGNANT, ("readv2", "62...", "Patient not pregnant")),
        (("sct", "250425007", None), ("readv2", "465", "Urine pregnancy test")),
    ],
)
def test_finer_coarser_and_foreign_words_are_no_contradiction(one: SentAs, other: SentAs) -> None:
    assert [siblings(coding) for coding in coded(one, other)] == ["compatible", "compatible"]


def test_one_coding_has_no_siblings() -> None:
    assert [siblings(coding) for coding in coded(PREGNANT)] == ["alone"]


@pytest.mark.parametrize(
    "words",
    [
        "Pregnant?",
        "Cannot exclude pregnancy",
        "P\u0336regnant",
        "x" * 1001,
        None,
        " ",
        "Pregnancy test negative",
        "Encounter for pregnancy test, result negative",
        "Pregnant - entered in error",
    ],
)
def test_a_sibling_in_doubt_or_without_words_cannot_be_told(words: str | None) -> None:
    assert [siblings(coding) for coding in coded(PREGNANT, ("emis", "EMISNQ1", words))] == [None, "compatible"]


@pytest.mark.parametrize(
    ("code", "told"), [("Not pregnant", "contrary"), ("not_pregnant", "contrary"), ("pregnant", None), ("EMISNQ1", None)]
)
def test_a_local_code_that_is_words_is_read_as_words_where_they_deny(code: str, told: str | None) -> None:
    assert [siblings(coding) for coding in coded(PREGNANT, ("emis", code, None))] == [told, "compatible"]


def test_a_contradiction_is_found_beside_a_sibling_that_cannot_be_told() -> None:
    assert siblings(coded(PREGNANT, ("emis", "A", None), NOT_PREGNANT)[0]) == "contrary"


def test_too_many_siblings_that_differ_cannot_be_told() -> None:
    codings = coded(PREGNANT, *[("emis", f"A{n}", "Asthma") for n in range(15)], NOT_PREGNANT)
    assert [siblings(coding) for coding in codings] == [None, *["compatible"] * 16]


def test_what_is_sent_many_times_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(words: str, known: Sequence[str], sent: str | None = None) -> bool | None:
        read.append(words)
        return denies(words, known, sent)

    monkeypatch.setattr("codesafety.evaluation.words.denies", counted)
    codings = coded(*[("sct", "77386006", "Pregnant")] * 90, ("emis", "A", "Not pregnant"))
    assert [siblings(coding) for coding in codings] == [*["contrary"] * 90, "compatible"]
    assert read == ["Not pregnant", "Pregnant"]


def test_contrary_codes_leave_the_assertion_unknown_and_contrary_words_do_not() -> None:
    assert facts(PREGNANT, NOT_PREGNANT).incoming[0].context == (None, "patient", "current")
    assert facts(PREGNANT, NOT_PREGNANT).incoming[0].stands == 1
    assert facts(PREGNANT, ("emis", "EMISNQ1", "Not pregnant")).incoming[0].context == ("present", "patient", "current")
    assert facts(*[PREGNANT] * 20).incoming[0].context == ("present", "patient", "current")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("Pregnancy", (False, None)),
        ("Not pregnant", (True, None)),
        ("Smoker", (True, None)),
        ("Gravid", (False, None)),
        ("Pregnant?", (None, "display")),
        ("Not " + "pregnant " * 1000, (None, "display")),
        ("Not pregnant per patient", (None, "display")),
        ("Pregnancy test negative", (None, "display")),  # another's name, and in doubt of this one: told as the sharper
    ],
)
def test_a_coding_and_its_own_words(words: str, answer: tuple[bool | None, str | None]) -> None:
    assert contradicts(coded(("sct", "77386006", words))[0], TERMINOLOGY) == answer
    assert contradicts(coded(PREGNANT, text=words)[0], TERMINOLOGY) == answer


@pytest.mark.parametrize(
    ("system", "code", "words", "answer"),
    [
        ("sct", "77386006", None, (False, None)),
        ("sct", None, "Pregnant", (None, "code")),
        (None, None, "Pregnant", (None, "code")),
        (None, "X", "Pregnant", (None, "system")),
        ("emis", "X", "Pregnant", (None, "release.emis")),
        ("sct", "196411000000103", "Pregnant", (False, None)),  # transfer-degraded
        ("sct", "77386007", "Pregnant", (None, "code")),  # not well formed
    ],
)
def test_a_coding_whose_words_are_not_compared(
    system: str | None, code: str | None, words: str | None, answer: tuple[bool | None, str | None]
) -> None:
    sent = Coding(system=system, code=code, display=words)
    of = Facts(Submission(entries=(Entry(path="e", codings=(sent,)),)), None, Codebook(TERMINOLOGY))
    assert [contradicts(coding, TERMINOLOGY) for coding in of.codings(of.incoming[0])] == [answer]


@pytest.mark.parametrize(("has_release", "lacking"), [(True, "code"), (False, "release")])
def test_of_a_code_without_descriptions_it_or_its_release_is_missing(has_release: bool, lacking: str) -> None:
    assert contradicts(coded(("sct", P3, "Pregnant"))[0], SmallTerminology(has_release)) == (None, lacking)


@pytest.mark.parametrize("words", ["Family history of epilepsy", "FH: epilepsy", "F/H epilepsy", "FHx epilepsy"])
def test_words_of_the_family_contradict_a_code_of_the_patient_and_none_of_the_family(words: str) -> None:
    def said(code: str, subject: Subject | None) -> bool | None:
        entry = Entry(path="e", codings=(Coding(system="sct", code=code, display=words),), subject=subject)
        of = Facts(Submission(entries=(entry,)), None, Codebook(TERMINOLOGY))
        return contradicts(next(of.codings(of.incoming[0])), TERMINOLOGY)[0]

    assert [said("84757009", None), said("84757009", "family"), said("160341008", "family"), said("160341008", None)] == [
        True,
        False,
        False,
        False,
    ]


def test_every_name_that_was_sent_with_a_code_is_one_of_its_words() -> None:
    sent = Coding(system="sct", code="77386006", display="Pregnant", other_displays=("Pregnancy", "Not pregnant"))
    of = Facts(Submission(entries=(Entry(path="e", codings=(sent,)),)), None, Codebook(TERMINOLOGY))
    assert [contradicts(coding, TERMINOLOGY) for coding in of.codings(of.incoming[0])] == [(True, None)]


def test_a_coding_without_a_code_has_no_system_to_check() -> None:
    sent = Facts(Submission(entries=(Entry(path="e", codings=(Coding(display="Pregnant"),)),)), None, Codebook(TERMINOLOGY))
    assert [system_check(coding) for coding in sent.codings(sent.incoming[0])] == [None]


@pytest.mark.parametrize("code", ["=== 77386006", "===77386006 |Pregnant|"])
def test_an_expression_that_is_one_concept_is_that_concept(code: str) -> None:
    book = Codebook(FrozenTerminology())
    assert book.entry("sct", code) == book.entry("sct", "77386006")


@pytest.mark.parametrize("code", ["<<< 77386006", "=== 77386006 + 60001007", "77386006:246112005=24484000"])
def test_any_other_expression_is_not(code: str) -> None:
    assert not Codebook(FrozenTerminology()).entry("sct", code).speaks


# ------------------------------------------------------------------------------------------------ words beside codes


def doubted(*qualifiers: Qualifier, code: str = "77386006", **sent: object) -> list[str]:
    entry = Entry(path="e", codings=(Coding(system="sct", code=code),), qualifiers=qualifiers, **sent)  # type: ignore[arg-type]
    of = Facts(Submission(entries=(entry,)), None, Codebook(TERMINOLOGY))
    return list(denied_beside(of.incoming[0], of))


NAYS = "absent, denied, excluded, false, negated, never, nil, no, none, not done, not performed, not present, refuted, ruled out"


@pytest.mark.parametrize("words", [*NAYS.split(", "), "Not pregnant", "Pregnancy excluded", "Pregnant?"])
def test_a_qualifier_whose_words_deny_is_told_by_its_path(words: str) -> None:
    assert doubted(Qualifier(role="category", text=words)) == ["e.qualifiers[0]"]
    assert doubted(Qualifier(role="category", text="seen"), Qualifier(role="method", text=f" {words.upper()} ")) == [
        "e.qualifiers[1]"
    ]
    coded = Qualifier(role="category", codings=(Coding(system="x", code="1"), Coding(display=words, path="e.category.coding[1]")))
    assert doubted(coded) == ["e.qualifiers[0]"]
    assert doubted(coded.model_copy(update={"codings": coded.codings[1:]})) == ["e.category.coding[1]"]


@pytest.mark.parametrize("code", ["373067005", "2667000", "60001007"])
def test_a_qualifier_whose_code_denies_is_told_by_its_path(code: str) -> None:
    assert doubted(Qualifier(role="category", codings=(Coding(system="sct", code=code, path="e.c"),))) == ["e.c"]


@pytest.mark.parametrize("words", ["yes", "seen", "Positive", "Second trimester", "No complications", "n", "negative", "unknown"])
def test_a_qualifier_that_denies_nothing_is_not_told(words: str) -> None:
    assert doubted(Qualifier(role="category", text=words)) == []


@pytest.mark.parametrize(
    "role",
    [
        "clinicalStatus",
        "dataAbsentReason",
        "interpretation",
        "lifecycleStatus",
        "notDoneReason",
        "notGivenReason",
        "verificationStatus",
    ],
)
def test_what_is_judged_as_the_status_or_the_value_is_not_told_again(role: str) -> None:
    assert doubted(Qualifier(role=role, text="Not pregnant")) == []
    assert doubted(Qualifier(role=role, text="Not pregnant"), Qualifier(role="category", text="no")) == ["e.qualifiers[1]"]


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        (("Not pregnant",), ["e"]),
        (("Denied",), ["e"]),
        (("No",), ["e"]),
        (("seen", "Pregnant?"), ["e"]),
        (("x" * 900 + ". Not pregnant. " + "x" * 300,), ["e"]),
        (("x. " * 230 + "Not pregnant. " + "x. " * 300,), ["e"]),
        (("x. " * 330 + "Not pregnant",), ["e"]),
        (("Pregnant",), []),
        (("seen",), []),
        ((), []),
    ],
)
def test_notes_that_may_deny_are_told_by_the_entrys_path(notes: tuple[str, ...], told: list[str]) -> None:
    assert doubted(notes=notes) == told
    assert doubted(notes=notes, assertion="absent") == []
    assert doubted(notes=notes, status="entered-in-error") == []


def test_words_beside_an_entry_deny_each_of_its_parts() -> None:
    part = Component(codings=(Coding(system="sct", code="77176002"),))
    assert doubted(Qualifier(role="category", text="Non-smoker"), components=(part,)) == ["e.qualifiers[0]"]
    assert doubted(Qualifier(role="category", text="Non-smoker")) == []


def test_words_of_a_code_of_family_history_are_read_whole() -> None:
    shipped = load().terminology
    entry = Entry(path="e", codings=(Coding(system="sct", code="160377001", display="FH: asthma"),), subject="family")
    facts = Facts(Submission(entries=(entry,)), None, Codebook(shipped))
    assert contradicts(next(facts.codings(facts.incoming[0])), shipped) == (False, None)


@pytest.mark.parametrize("words", ["Pregnant?", "Not pregnant or breastfeeding", "Pregnancy excluded by scan"])
def test_words_of_a_code_that_may_deny_it_are_kept_by_the_codings_path(words: str) -> None:
    def in_doubt(**fields: Any) -> list[str]:
        coding = Coding(system="sct", code="77386006", display=words, path="e.code")
        of = Facts(Submission(entries=(Entry(path="e", codings=(coding,), **fields),)), None, Codebook(TERMINOLOGY))
        assert contradicts(next(of.codings(of.incoming[0])), TERMINOLOGY) == (None, "display")
        return list(of.readings.in_doubt)

    assert in_doubt() == ["e.code"]
    assert in_doubt(assertion="absent") == []
    assert in_doubt(status="entered-in-error") == []
