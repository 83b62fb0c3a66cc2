"""Public names, report fields and messages are made of the glossary's words; a new word gets its entry first."""

from __future__ import annotations

import pytest
from tools import check_names
from tools.check_names import Glossary, Said, coined, not_ours, parts, prose, read_glossary

GLOSSARY = read_glossary(check_names.GLOSSARY.read_text(encoding="utf-8"))
ENTRY = "### {term}\nWhat it is.\\\nNot its neighbour. Source: {source}.\n"


def without(term: str) -> Glossary:
    return Glossary(tuple(entry for entry in GLOSSARY.entries if entry.term != term))


def test_every_name_and_every_message_uses_the_glossarys_words() -> None:
    assert check_names.faults(GLOSSARY) == []


def test_no_plain_word_is_listed_in_vain() -> None:
    assert check_names.idle(GLOSSARY) == []


def test_every_link_into_the_glossary_leads_to_an_entry() -> None:
    assert check_names.loose_links() == []


# ---------------------------------------------------------------------------------- what a fault looks like


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("quarantine_reason", ["quarantine"]),
        ("HoldPolicy", ["policy"]),
        ("not_triaged", ["triaged"]),
        ("unread_score", ["score"]),
        ("ECLProbe", ["probe"]),
    ],
)
def test_a_word_that_no_entry_explains_is_found_in_a_name(name: str, new: list[str]) -> None:
    assert coined(parts(name), GLOSSARY) == new


@pytest.mark.parametrize(
    "name", ["not_read", "NotReadItem", "cannot_tell", "missing_inputs", "sex_at_birth", "frozen_sets", "in_force"]
)
def test_a_name_may_be_several_terms(name: str) -> None:
    assert coined(parts(name), GLOSSARY) == []


def test_half_a_term_is_no_term() -> None:
    assert coined(parts("cannot_see"), GLOSSARY) == ["cannot", "see"]
    assert coined(parts("tell"), GLOSSARY) == ["tell"]


def test_a_field_whose_word_loses_its_entry_is_a_fault() -> None:
    assert check_names.faults(without("counterfactual")) == [
        "Result: `counterfactual`: `counterfactual` is in no entry of the glossary",
        "Result: `counterfactual_text`: `counterfactual` is in no entry of the glossary",
    ]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("the code list is empty", "value set"),
        ("the code-lists are empty", "value set"),
        ("an Alert for the practice", "finding"),
        ("alerts", "finding"),
        ("the patient record was given", "record"),
        ("a retired code", "inactive"),
    ],
)
def test_a_word_that_we_do_not_write_is_found_in_a_text(text: str, term: str) -> None:
    (found,) = not_ours(prose(text), GLOSSARY)
    assert found.endswith(f"is not written here: `{term}`")


@pytest.mark.parametrize("name", ["alert_level", "CodelistUsed", "drugs", "maxThreshold", "code_lists"])
def test_a_word_that_we_do_not_write_is_found_in_a_name(name: str) -> None:
    assert not_ours(parts(name), GLOSSARY)


@pytest.mark.parametrize(
    "text", ["a patient's record", "`alert` is no field", "a code; list it", "https://example.org/alert", "alertness"]
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert not_ours(prose(text), GLOSSARY) == []


# ---------------------------------------------------------------------------------- what is looked at


def test_names_of_every_public_place_are_looked_at() -> None:
    names = set(check_names.public_names())
    assert names >= {
        Said("codesafety", "Engine"),
        Said("Engine", "assess"),
        Said("codesafety.plugins", "CodeMap"),
        Said("codesafety.plugins.hookspecs", "code_maps"),
        Said("codesafety.record", "Qualifier"),
        Said("codesafety.record", "Temporality"),
        Said("codesafety.report", "NotReadItem"),
        Said("codesafety.profile", "RuleChange"),
        Said("Report", "missing_inputs"),
        Said("NotReadItem", "broken"),
        Said("ReportItem.kind", "unread"),
        Said("Medication", "handed_over"),
        Said("Override", "codes"),
    }


def test_messages_of_every_place_are_looked_at() -> None:
    found = list(check_names.texts())
    said = {text.text for text in found}
    assert "this `(` is never closed" in said  # CS104
    assert "the value set `…` is empty" in said  # CS303, an f-string
    assert "What would have made it clear, in the rule's own terms." in said  # a field of the report
    assert "### CS111: an `ecl { … }` that is never closed" in said  # the page of codes
    assert {text.where.rpartition("/")[0] for text in found} >= {
        "src/codesafety/language/checking",
        "src/codesafety/terminology/ecl",  # CS231 passes its sentences on
        "src/codesafety/cli",
        "docs/reference",
    }


def test_sentences_are_told_from_names_and_docstrings() -> None:
    source = """def f(x):\n    'A docstring here.'\n    g("name", "two words", f"{x:>3} and {'in here' if x else ''}")\n"""
    assert [found.text for found in check_names.sentences(source, "f.py")] == ["… and …", "two words", "in here"]


# ---------------------------------------------------------------------------------- how the glossary is written


def test_other_forms_and_words_not_written_are_read_from_the_second_line() -> None:
    text = "### value set\nA list.\\\nNot a system. Source: FHIR; [ours](a.md). Also: set. Not called: codelist, code list.\n"
    (entry,) = read_glossary(text).entries
    assert (entry.anchor, entry.also, entry.never) == ("value-set", ("set",), ("codelist", "code list"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("### a\nOne line. Source: FHIR.\n", "`a`: an entry is two lines"),
        ("### a\nOne.\\\nTwo. Source: FHIR.\nThree.\n", "`a`: an entry is two lines"),
        ("### a\nWhat it is.\\\nNo place where it is defined.\n", "`a`: the second line ends `Source: ….`"),
        ("\n".join(ENTRY.format(term=term, source="FHIR") for term in ("b", "a")), "`a`: not in its place"),
        ("\n".join(ENTRY.format(term=term, source="FHIR") for term in ("a", "a")), "`a`: there twice"),
        (
            "\n".join([ENTRY.format(term="a", source="FHIR"), ENTRY.format(term="b", source="FHIR. Not called: a")]),
            "`a`: there twice",
        ),
    ],
)
def test_an_entry_that_is_written_otherwise_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_glossary(text)
    assert str(caught.value).startswith(fault)
