"""Words against the code they were sent with: precise enough to alarm on, and silent where nothing can be told."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.places import SHARED

from codesafety.terminology.interface import Words, WordsVerdict
from codesafety.terminology.words.descriptions import LONGEST, TRANSFER_DEGRADED, beside, contrary, described, is_readable, judge
from codesafety.terminology.words.normal import normal, stem, without_bracket
from codesafety.terminology.words.reach import Reach

TERMS = {
    "77386006": ["Pregnancy (finding)"],
    "60001007": ["Not pregnant (finding)"],
    "169563005": ["Pregnant - on history (finding)"],
    "152231000119106": ["Pregnancy not yet confirmed (situation)"],
    "146799005": ["Possible pregnancy (finding)"],
    "250423000": ["Pregnancy test positive (finding)"],
    "250425007": ["Pregnancy test negative (finding)"],
    "74036000": ["Urine pregnancy test (procedure)"],
    "195967001": ["Asthma (disorder)"],
    "160377001": ["Family history: Asthma (situation)"],
    "161527007": ["History of asthma (situation)"],
    "77176002": ["Smoker (finding)"],
    "8392000": ["Non-smoker (finding)"],
    "409137002": ["No known drug allergy (situation)"],
    "86406008": ["Human immunodeficiency virus infection (disorder)"],
    "72313002": ["Systolic arterial pressure (observable entity)"],
    "271649006": ["Systolic blood pressure (observable entity)"],
    "1091811000000102": ["Diastolic arterial pressure (observable entity)"],
    "271650006": ["Diastolic blood pressure (observable entity)"],
    "79631006": ["Absence seizure (disorder)"],
    "91175000": ["Seizure (finding)"],
    "127798001": ["Laboratory microscopy of urine (procedure)"],
    "44054006": ["Diabetes mellitus type 2 (disorder)"],
    "822931000000100": ["Seasonal influenza vaccination declined (situation)"],
    "185765008": ["Seasonal influenza vaccination (procedure)"],
    "196411000000103": ["Transfer-degraded record entry (record artifact)"],
    "50960005": ["Hemorrhage (morphologic abnormality)"],
    "131148009": ["Bleeding (finding)"],
    "39104711000001103": ["Amoxicillin 250mg capsules (Accord-UK Ltd)"],
}


def ask(code: str, words: str, *, complete: bool = False, akin: tuple[str, ...] = ()) -> WordsVerdict:
    index: dict[str, set[str]] = {}
    for holder, terms in TERMS.items():
        for term in terms:
            index.setdefault(normal(term), set()).add(holder)
    return judge(
        code, words, TERMS.get(code, ()), lambda key: index.get(key, set()), complete=complete, akin=lambda other: other in akin
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("77386006", "Pregnancy"),
        ("77386006", "PREGNANCY (finding)"),
        ("77386006", " pregnancy. "),
        ("60001007", "Not pregnant"),
        ("60001007", "Not pregnant (finding)"),
        ("169563005", "Pregnant - on history"),
        ("169563005", "Pregnant – on history"),
        ("160377001", "FH: Asthma"),
        ("160377001", "Family history of asthma"),
        ("161527007", "H/O: asthma"),
        ("8392000", "Non smoker"),
        ("8392000", "Non - smoker"),
        ("409137002", "No known drug allergies"),
        ("44054006", "Type 2 diabetes mellitus"),
        ("44054006", "Diabetes mellitus type 2 NOS"),
        ("44054006", "[X]Diabetes mellitus type 2"),
        ("44054006", "Diabetes melli"),
        ("1091811000000102", "Diastolic arterial…"),
        ("39104711000001103", "Amoxicillin 250mg capsules"),
        ("39104711000001103", "amoxicillin 250 mg capsules (accord-uk ltd)"),
        ("39104711000001103", "Amoxicillin 250mg capsules (Accord-UK Ltd)"),
    ],
)
def test_another_way_of_writing_it_agrees(code: str, words: str) -> None:
    assert ask(code, words).verdict is Words.AGREES
    assert ask(code, words, complete=True).verdict is Words.AGREES


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("77386006", "Not pregnant"),
        ("77386006", "Not pregnant (finding)"),
        ("77386006", "Patient is NOT PREGNANT"),
        ("77386006", "not currently pregnant"),
        ("77386006", "isn't pregnant"),
        ("77386006", "isn’t pregnant"),
        ("77386006", "No evidence of pregnancy"),
        ("77386006", "Pregnancy excluded"),
        ("77386006", "Denies pregnancy"),
        ("77386006", "Urine test done - not pregnant"),
        ("77386006", "No longer pregnant"),
        ("77386006", "Pregnancy: absent"),
        ("60001007", "Pregnant"),
        ("60001007", "Currently pregnant"),
        ("169563005", "Not pregnant"),
        ("195967001", "No asthma"),
        ("195967001", "Absence of asthma"),
        ("160377001", "No FH: asthma"),
        ("77176002", "Non-smoker"),
        ("77176002", "Does not smoke"),
        ("8392000", "Smoker"),
        ("409137002", "Drug allergy"),
        ("250423000", "Pregnancy test negative"),
        ("250425007", "Pregnancy test positive"),
        ("86406008", "Human immunodeficiency virus infection: negative"),
        ("822931000000100", "Seasonal influenza vaccination"),
        ("185765008", "Seasonal influenza vaccination declined"),
        ("77386006", "Pregnant? No"),
        ("77386006", "Is the patient pregnant? No. LMP three weeks ago"),
        ("77386006", "Pregnant: N"),
        ("77386006", "Pregnant (no)"),
        ("77386006", "Pregnant = 0"),
        ("77386006", "Pregnant: false"),
        ("77386006", "Pregnancy - nil"),
        ("77386006", "Pregnancy – nil"),
        ("77386006", "Pregnancy -ve"),
        ("77386006", "Pregnancy: neg"),
        ("77386006", "Pregnancy status: not pregnant"),
        ("77386006", "Pregnancy status: No"),
        ("77386006", "Pregnancy ruled out"),
        ("77386006", "Free of pregnancy"),
        ("77386006", "Unlikely to be pregnant"),
        ("77386006", "isnt pregnant"),
        ("77386006", "Nonpregnant"),
        ("77386006", "NotPregnant"),
        ("77386006", "N0t pregnant"),
        ("77386006", "Not pregnant because coil fitted last year"),
        ("77386006", "Neither pregnant nor lactating"),
        ("60001007", "Pregnant? Yes"),
        ("60001007", "Pregnant; no concerns"),
    ],
)
def test_a_denial_of_the_concept_is_noticed(code: str, words: str) -> None:
    assert ask(code, words) == WordsVerdict(Words.NEGATES)
    assert ask(code, words, complete=True).verdict is Words.NEGATES


@pytest.mark.parametrize("words", ["No", "N", "0", "Nil", "Absent", "Not applicable", "N/A", "Negative", "FALSE"])
def test_a_mere_no_denies_a_code_that_affirms_and_nothing_else(words: str) -> None:
    assert ask("77386006", words) == WordsVerdict(Words.NEGATES)
    assert ask("195967001", words) == WordsVerdict(Words.NEGATES)
    assert ask("60001007", words) == WordsVerdict(Words.UNFAMILIAR)  # as its answer, or denied twice
    assert ask("74036000", words) == WordsVerdict(Words.UNFAMILIAR)  # of a test, a result
    assert ask("72313002", words) == WordsVerdict(Words.UNFAMILIAR)  # of an observable, a value


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("77386006", "Pregnancy not confirmed"),
        ("77386006", "Possibly not pregnant"),
        ("77386006", "not pregnant?"),
        ("77386006", "? Pregnant"),
        ("77386006", "Not known if pregnant"),
        ("77386006", "Cannot exclude pregnancy"),
        ("77386006", "R/O pregnancy"),
        ("77386006", "Denies not being pregnant"),
        ("77386006", "Pregnant or not"),
        ("77386006", "Pregnant yes/no"),
        ("77386006", "Pregnant: not asked"),
        ("77386006", "Unknown"),
        ("77386006", "None"),
        ("60001007", "Yes"),
        ("60001007", "Not not pregnant"),
        ("77386006", "Pregn\ufffdnt"),
        ("77386006", "Not pregn\u044fnt"),  # ya of Cyrillic, which looks like no Latin letter
        ("77386006", "\u2610 Pregnant"),  # a box that is not ticked
        ("77386006", "P\u0336regnant"),  # struck out
        ("77386006", "\u202etnangerp toN"),  # written from right to left
        ("77386006", "Pregnant. " * 101),
        ("77386006", "Pregnancy neither confirmed nor excluded"),
        ("77386006", "~~Pregnant~~"),  # struck out, as Markdown writes it
    ],
)
def test_words_in_doubt_or_that_cannot_be_read_are_unclear(code: str, words: str) -> None:
    assert ask(code, words) == WordsVerdict(Words.UNCLEAR)


@pytest.mark.parametrize(
    "denial",
    [
        "N*o*t",
        "N\u00b7o\u00b7t",
        "N-o-t",
        "N.o.t.",
        "N_o_t",
        "n/ot",
        "No(t)",
        "n|ot",
        "N\u25cbt",
        "n@t",
        "NOT",
        "ne*ver",
        "d'enies",
        "N*o",
    ],
)
@pytest.mark.parametrize("form", ["{} pregnant", "{}-pregnant", "Seen today: {} pregnant"])
def test_a_denial_with_signs_inside_is_never_passed_over(denial: str, form: str) -> None:
    words = form.format(denial)
    assert ask("77386006", words).verdict in (Words.UNCLEAR, Words.NEGATES)
    assert beside(words, described(["Pregnant"])) in (Reach.DENIED, Reach.DOUBTED)


@pytest.mark.parametrize(
    "words",
    ["Pregnant, follow-up", "Patient's non-E pregnancy", "Pregnant, see n.o.k.", "Pregnant\\n\\tat term", "Pregnant E.N.T."],
)
def test_words_joined_by_signs_are_no_hidden_denial(words: str) -> None:
    assert is_readable(words)


@pytest.mark.parametrize(
    "denied",
    ["N\u00f8t pregnant", "N\u0275t pregnant", "Not p\u1d72egnant", "\u0272ot pregnant", "N0t pregnant", "N\u1d0ft pregnant"],
)
def test_letters_with_strokes_and_tails_are_read_as_they_look(denied: str) -> None:
    assert ask("77386006", denied) == WordsVerdict(Words.NEGATES)
    assert beside(denied, described(["Pregnant"])) is Reach.DENIED


@pytest.mark.parametrize(
    "words",
    [
        "N\x00ot pregnant",
        "N\u200bot pregnant",
        "Not\u200bpregnant",
        "Not\u00a0pregnant",
        "Not\u2028pregnant",
        "N\u00adot preg\u2060nant",
        "\ufeffNot pregnant",
        "N\U000e0041ot pregnant",
        "No\ufe0ft pregnant",
        "N\u0301ot pregnant",
        "\u039dot pregnant",  # Nu of Greek
        "N\u043et pregnant",  # o of Cyrillic
        "NO\u0422 PREGNANT",  # T of Cyrillic
        "\uff2e\uff4f\uff54\u3000\uff50\uff52\uff45\uff47\uff4e\uff41\uff4e\uff54",  # of full width
        "\U0001d40do\U0001d42d pregnant",  # bold of mathematics
        "\u24c3\u24de\u24e3 pregnant",  # in circles
        "\u0274\u1d0f\u1d1b \u1d18\u0280\u1d07\u0262\u0274\u1d00\u0274\u1d1b",  # small capitals
        "\x1b[31mNot pregnant\x1b[0m",  # in a terminal's colour
    ],
)
def test_words_are_compared_as_they_are_to_the_eye(words: str) -> None:
    assert ask("77386006", words) == WordsVerdict(Words.NEGATES)
    assert ask("60001007", words) == WordsVerdict(Words.AGREES)


@pytest.mark.parametrize(
    "words",
    ["TNF\u03b1 raised", "\u03b2-blocker", "5 \u03bcg", "M\u00e9ni\u00e8re", "Nexplanon\u00ae", "\u65e5\u672c\u8a9e\u3067"],
)
def test_signs_of_science_and_letters_of_a_language_can_be_read(words: str) -> None:
    assert ask("77386006", words) == WordsVerdict(Words.UNFAMILIAR)


@pytest.mark.parametrize("piece", ["not pregnant ", "a", "(", ". ", "\u200b", "hx ", "1.1", "ae", "colour", "? ", "-", "N\u043e"])
def test_words_beyond_the_longest_are_not_judged_and_say_so(piece: str) -> None:
    assert ask("77386006", piece * (LONGEST // len(piece))).verdict in Words
    assert ask("77386006", "x" + piece * 1_000_000 + "x") == WordsVerdict(Words.UNCLEAR)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("77386006", "No complications of pregnancy"),
        ("77386006", "Not only pregnant"),
        ("77386006", "Pregnancy no. 2"),
        ("77386006", "Patient currently pregnant"),
        ("77386006", "Gravid ++"),
        ("77386006", "No abnormality detected"),
        ("77386006", "Pregnancy, no complications"),
        ("77386006", "Para 2, not primigravida"),
        ("74036000", "Urine pregnancy test negative"),
        ("127798001", "Urine microscopy: no abnormality detected"),
        ("195967001", "Exercise induced asthma"),
        ("195967001", "Asthma, not on treatment"),
        ("195967001", "Asthma - no wheeze today"),
        ("79631006", "Seizures"),
        ("72313002", "Systolic arterial pressure not recorded"),
        ("146799005", "Pregnant"),
        ("152231000119106", "Pregnant"),
        ("250425007", "Pregnancy test"),
    ],
)
def test_other_displays_are_unfamiliar_and_alarm_nobody(code: str, words: str) -> None:
    verdict = ask(code, words)
    assert verdict.verdict in (Words.UNFAMILIAR, Words.CANNOT_TELL)
    assert verdict.others == ()


@pytest.mark.parametrize(
    ("code", "words", "other"),
    [
        ("195967001", "Type 2 diabetes mellitus (disorder)", None),
        ("195967001", "Diabetes mellitus type 2", "44054006"),
        ("77386006", "Smoker", "77176002"),
        ("44054006", "Not pregnant", "60001007"),
    ],
)
def test_the_name_of_something_else_is_noticed_without_a_release(code: str, words: str, other: str | None) -> None:
    expected = WordsVerdict(Words.UNFAMILIAR) if other is None else WordsVerdict(Words.NAMES_ANOTHER, (other,))
    assert ask(code, words) == expected


@pytest.mark.parametrize(
    ("code", "words", "other"),
    [
        ("72313002", "Systolic blood pressure", "271649006"),
        ("1091811000000102", "Diastolic BP", "271650006"),
        ("50960005", "Bleeding", "131148009"),
        ("79631006", "Seizure", "91175000"),
    ],
)
def test_a_near_name_is_no_alarm_until_every_description_is_known(code: str, words: str, other: str) -> None:
    assert ask(code, words) == WordsVerdict(Words.CANNOT_TELL)
    assert ask(code, words, complete=True) == WordsVerdict(Words.NAMES_ANOTHER, (other,))


@pytest.mark.parametrize("words", ["FH: asthma", "Family history of asthma"])
def test_a_code_of_the_patient_with_words_of_the_family_is_another(words: str) -> None:
    assert ask("195967001", words) == WordsVerdict(Words.NAMES_ANOTHER, ("160377001",))


@pytest.mark.parametrize("words", ["FH: familial hypercholesterolaemia", "FH (familial hypercholesterolaemia)"])
def test_a_name_that_the_same_letters_are_short_for_is_no_other(words: str) -> None:
    assert ask("398036000", words) == WordsVerdict(Words.CANNOT_TELL)


HIGH, LOW = ["Hypertensive disorder, systemic arterial (disorder)"], ["Low blood pressure (disorder)"]


@pytest.mark.parametrize(
    ("words", "own", "verdict"),
    [
        ("Hypotension", HIGH, Words.DIFFERS),
        ("Postural hypotension", HIGH, Words.DIFFERS),
        ("Hypertension", HIGH, Words.UNFAMILIAR),
        ("Hypertension, hypotension on treatment", HIGH, Words.UNFAMILIAR),
        ("Hypokalaemia", HIGH, Words.UNFAMILIAR),
        ("Hypertension", LOW, Words.UNFAMILIAR),
        ("Bradycardic episode", ["Tachycardia (finding)"], Words.DIFFERS),
        ("Tachy-brady syndrome", ["Tachycardia (finding)"], Words.UNFAMILIAR),
        ("Hypotension", [*HIGH, "Hypertensive episode or hypotensive one"], Words.UNFAMILIAR),
        ("High BP, hypotension excluded", HIGH, Words.UNFAMILIAR),
        ("No hypotension", HIGH, Words.UNFAMILIAR),
        ("? hypotension", HIGH, Words.DIFFERS),
    ],
)
def test_words_that_say_the_opposite_of_every_name_differ(words: str, own: list[str], verdict: Words) -> None:
    assert judge("38341003", words, own, lambda key: ()).verdict is verdict


with (Path(__file__).parent / "wordings.csv").open(encoding="utf-8", newline="") as _file:
    WORDINGS = [tuple(row.values()) for row in csv.DictReader(_file)]
"""Wordings as records have them: which side of the code they are on, the code, the words, and what is to be said of them."""

WORDED = {
    "77386006": ["Pregnancy (finding)"],
    "60001007": ["Not pregnant (finding)"],
    "77176002": ["Smoker (finding)"],
    "8392000": ["Non-smoker (finding)"],
    "195967001": ["Asthma (disorder)"],
    "73211009": ["Diabetes mellitus (disorder)"],
    "44054006": ["Diabetes mellitus type 2 (disorder)"],
    "91936005": ["Allergy to penicillin (finding)"],
    "413712001": ["Breastfeeding (mother) (finding)"],
    "386661006": ["Fever (finding)"],
}
SAYS = {Words.AGREES: "quiet", Words.UNFAMILIAR: "quiet", Words.UNCLEAR: "line", Words.NEGATES: "hold"}


@pytest.mark.parametrize(("side", "code", "words", "says"), WORDINGS)
def test_a_wording_that_denies_is_never_silent_and_one_that_affirms_is_quiet(side: str, code: str, words: str, says: str) -> None:
    verdict = judge(code, words, WORDED[code], lambda _key: ()).verdict
    assert SAYS[verdict] == says
    assert (says == "quiet") is (side == "affirms")


@pytest.mark.parametrize("words", ["Gravida 2", "Antenatal care", "Gravid uterus"])
def test_another_codes_name_for_the_same_matter_is_no_alarm(words: str) -> None:
    assert judge("77386006", words, TERMS["77386006"], lambda _key: {"127365008"}, complete=True).verdict is Words.UNFAMILIAR


@pytest.mark.parametrize("words", ["Antenatal screening declined", "Family history: Prenatal loss", "Immunisation"])
def test_what_turns_the_matter_into_something_else_is_another(words: str) -> None:
    assert judge("77386006", words, TERMS["77386006"], lambda _key: {"1"}, complete=True).verdict is Words.NAMES_ANOTHER


def test_padding_makes_no_words_too_long() -> None:
    for words in (" " * 2000 + "Not pregnant", "Not" + "\u200b " * 2000 + "pregnant", "Not pregnant" + "\u200b" * 5000):
        assert ask("77386006", words).verdict is Words.NEGATES


def test_words_of_what_the_code_became_agree() -> None:
    assert ask("72313002", "Systolic blood pressure", complete=True, akin=("271649006",)).verdict is Words.AGREES


def test_a_description_that_the_code_had_once_is_unfamiliar_and_no_alarm() -> None:
    assert judge(
        "8933000",
        "Crigler-Najjar syndrome",
        ["Crigler-Najjar syndrome, type I"],
        lambda key: {"28259009"},
        complete=True,
        former=["Crigler-Najjar syndrome"],
    ) == WordsVerdict(Words.UNFAMILIAR)


def test_a_detail_more_than_the_concept_is_not_another() -> None:
    terms = {"195967001": ["Asthma"], "31387002": ["Exercise-induced asthma"], "160377001": ["Family history: Asthma"]}
    index = {normal(ts[0]): {code} for code, ts in terms.items()}

    def ask_all(words: str) -> Words:
        return judge("195967001", words, terms["195967001"], lambda key: index.get(key, set()), complete=True).verdict

    assert ask_all("Exercise induced asthma") is Words.UNFAMILIAR
    assert ask_all("Family history of asthma") is Words.NAMES_ANOTHER


@pytest.mark.parametrize("code", sorted(TRANSFER_DEGRADED))
def test_transfer_degraded_codes_are_not_tested(code: str) -> None:
    assert (
        judge(code, "Asthma", ["Transfer-degraded record entry"], lambda key: {"195967001"}, complete=True).verdict
        is Words.CANNOT_TELL
    )


@pytest.mark.parametrize("words", ["", "   ", "--", "()"])
def test_no_words_contradict_nothing(words: str) -> None:
    assert ask("77386006", words).verdict is Words.CANNOT_TELL


def test_a_code_of_unknown_descriptions_cannot_be_told() -> None:
    assert ask("999", "Not pregnant").verdict is Words.CANNOT_TELL


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oedema of ankle", "edema of ankle"),
        ("Anaemia", "ANEMIA"),
        ("Caesarean section", "cesarean section"),
        ("Tumour", "tumor"),
        ("Immunisation", "immunization"),
        ("Fibreoptic", "fiberoptic"),
        ("Counselling", "counseling"),
        ("Crohn’s disease", "Crohn's disease"),
        ("H/O: asthma", "History of asthma"),
        ("O/E - BP reading", "On examination - blood pressure reading"),
        ("FH: Asthma", "Family history of asthma"),
        ("Ménière's disease", "Meniere's disease"),
        ("X‑ray", "X-ray"),
        ("5 µg", "5 ug"),
        ("Asthma NOS", "asthma"),
        ("Rheumatoid\u00a0arthritis", "rheumatoid arthritis"),
        ("A & B", "A and B"),
    ],
)
def test_two_ways_of_writing_have_one_key(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pregnant", "Not pregnant"),
        ("0.5%", "5%"),
        ("1.5 mg", "15 mg"),
        ("Type 1 diabetes", "Type 2 diabetes"),
        ("BMI <18", "BMI >18"),
        ("Family history of asthma", "History of asthma"),
        ("Smoker", "Non-smoker"),
        ("Left to right shunt", "Right to left shunt"),
    ],
)
def test_what_says_something_else_has_another_key(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@given(st.text(max_size=80))
def test_space_around_a_text_says_nothing_and_no_text_breaks_its_key(text: str) -> None:
    assert normal(f"  {text} ") == normal(text)
    assert without_bracket(text) in text
    judge("77386006", text, ["Pregnancy"], lambda key: frozenset())


@given(st.sampled_from(sorted(TERMS)), st.booleans())
def test_a_codes_own_terms_never_alarm(code: str, complete: bool) -> None:
    for term in TERMS[code]:
        for words in (term, term.upper(), term.split(" (")[0]):
            assert ask(code, words, complete=complete).verdict in (Words.AGREES, Words.CANNOT_TELL)


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("Not pregnant (finding)", "Pregnancy (finding)", True),
        ("Not pregnant (finding)", "Pregnant - urine test confirms (finding)", True),
        ("Vaginal discharge absent (situation)", "On examination - vaginal discharge (finding)", True),
        ("Cervical smear - HPV negative (finding)", "Cervical smear - HPV positive (finding)", True),
        ("Not pregnant (finding)", "Vitamin supplement - pregnancy (procedure)", False),
        ("Not pregnant (finding)", "Pregnancy, childbirth and puerperium finding (finding)", False),
        ("Not pregnant (finding)", "Pregnancy, function (observable entity)", False),
        ("On examination - no fetal movements (situation)", "Fetal movement finding (finding)", False),
        ("Vagina absent (finding)", "On examination - vaginal examination - cervix not ripe (situation)", False),
        ("Possible pregnancy (finding)", "Pregnancy (finding)", False),
    ],
)
def test_two_names_of_which_one_denies_the_other_are_contrary(one: str, other: str, answer: bool) -> None:
    assert contrary([one], [other]) is answer
    assert contrary([other], [one]) is answer


def test_stems_join_an_adjective_and_its_noun() -> None:
    assert stem("pregnant") == stem("pregnancy")
    assert stem("smoker") == stem("smoking") == stem("smoke")
    assert stem("allergy") == stem("allergies") == stem("allergic")


def _codings(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        codings = value.get("coding")
        if isinstance(codings, list):
            said = [c["display"] for c in codings if c.get("display")] + ([value["text"]] if value.get("text") else [])
            for coding in codings:
                if coding.get("system") == "http://snomed.info/sct" and coding.get("code"):
                    yield from ((coding["code"], words) for words in said)
        for inner in value.values():
            yield from _codings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _codings(inner)


def test_no_coding_of_six_real_records_alarms_on_fully_specified_names() -> None:
    usage = SHARED / "usage" / "nhs_snomed_primary_care_usage_2018-19.csv.gz"
    records = sorted((SHARED / "fhir" / "gp-record-stu3").glob("*.json"))
    if not usage.exists() or not records:
        pytest.skip("shared data is not here")
    with gzip.open(usage, "rt", encoding="utf-8", newline="") as file:
        names = {row["code"]: row["fsn"] for row in csv.DictReader(file)}
    sent = {pair for record in records for pair in _codings(json.loads(record.read_text(encoding="utf-8")))}
    index: dict[str, set[str]] = {}
    for code, name in names.items():
        index.setdefault(normal(name), set()).add(code)
    verdicts = [judge(code, words, [names[code]], lambda key: index.get(key, set())) for code, words in sent if code in names]
    assert len(verdicts) > 250
    assert [v for v in verdicts if v.verdict in (Words.NAMES_ANOTHER, Words.NEGATES)] == []
    assert sum(v.verdict is Words.AGREES for v in verdicts) > len(verdicts) // 2


@pytest.mark.parametrize(
    "words",
    [
        "preg -",
        "Pregnant \u2013",
        "~pregnant",
        "-pregnant",
        "--pregnant",
        "X pregnant",
        "pregnant x",
        "pregnant \u2296",
        "pregnant \u2205",
    ],
)
def test_a_sign_that_may_deny_leaves_words_in_doubt(words: str) -> None:
    found = judge("77386006", words, ["Pregnancy", "Pregnant", "Preg"], lambda key: ())
    assert found.verdict is Words.UNCLEAR


@pytest.mark.parametrize("words", ["- Pregnant", "Pregnant", "Pregnant.", "[X]Pregnant", "(Pregnant)"])
def test_a_bullet_or_a_stop_denies_nothing(words: str) -> None:
    assert judge("77386006", words, ["Pregnancy", "Pregnant"], lambda key: ()).verdict is Words.AGREES


def test_a_sign_of_a_codes_own_name_is_none() -> None:
    assert judge("1", "X linked ichthyosis", ["X linked ichthyosis"], lambda key: ()).verdict is Words.AGREES


def test_letters_that_stand_apart_are_a_word() -> None:
    assert judge("77386006", "N O T pregnant", ["Pregnancy", "Pregnant"], lambda key: ()).verdict is Words.NEGATES
