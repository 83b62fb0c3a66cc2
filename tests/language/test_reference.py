"""The page of fields says what the checker knows."""

from __future__ import annotations

from tests.places import ROOT

from codesafety.language import schema
from codesafety.language.reference import fields_page

PAGE = ROOT / "docs" / "reference" / "fields.md"


def test_the_page_in_the_repository_is_the_one_that_the_schema_gives() -> None:
    assert PAGE.read_text("utf-8") == fields_page()


def test_every_field_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    base = {"patient": "patient", "message": "message", "medication": "m", "coding": "c", "text": "t"}
    base |= dict.fromkeys(("entry", "history", "mention"), "e")
    assert [f for of, fields in schema.all_names().items() for f in fields if f"`{base[of]}.{f}`" not in text] == []


def test_private_fields_are_marked_and_never_shown() -> None:
    (line,) = [row for row in PAGE.read_text("utf-8").splitlines() if "sex_at_birth" in row and row.startswith("| `patient.")]
    assert line == "| `patient.sex_at_birth` | word, private | `male`, `female` |  |"
