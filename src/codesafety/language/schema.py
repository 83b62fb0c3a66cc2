"""The names that rules may use: fields, the words they may take, and what examples may give."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from codesafety import record
from codesafety.diagnostics import did_you_mean, listed
from codesafety.ir import CodingWord, FieldType, ItemWord, Kind

LANGUAGES: Final = (1, 2)
"""The versions of the language that this library reads. What came with the second must say so."""
DATE, WORD, VALUE, QUANTITY, NUMBER, CODINGS, TEXT = (
    FieldType.DATE,
    FieldType.WORD,
    FieldType.VALUE,
    FieldType.QUANTITY,
    FieldType.NUMBER,
    FieldType.CODINGS,
    FieldType.TEXT,
)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field: its type and, for a word, the words it may take (None: any word, as sent).

    `sayable`: a message may show it. `only_missing`: it can be tested for absence and in no other way.
    """

    type: FieldType
    words: tuple[str, ...] | None = None
    private: bool = False
    sayable: bool = True
    only_missing: bool = False


GENDERS: Final[tuple[str, ...]] = get_args(record.Gender)
ASSERTIONS: Final[tuple[str, ...]] = get_args(record.Assertion)
SUBJECTS: Final[tuple[str, ...]] = get_args(record.Subject)
TEMPORALITIES: Final[tuple[str, ...]] = get_args(record.Temporality)
ORIGINS: Final[tuple[str, ...]] = get_args(record.Origin)
PRESCRIPTION_TYPES: Final[tuple[str, ...]] = get_args(record.PrescriptionType)
ENTRY_KINDS: Final = (
    "observation",
    "condition",
    "procedure",
    "allergy",
    "immunization",
    "family-history",
    "encounter",
    "document",
    "other",
)
MEDICATION_KINDS: Final[tuple[str, ...]] = get_args(record.Medication.model_fields["kind"].annotation)
YES_NO: Final = ("true", "false")
SEXES: Final = ("male", "female")
"""The words of gender and sex that rules can tell; `other` and `unknown` cannot be told."""

NHS_NUMBERS: Final = ("valid", "scotland", "northern_ireland", "test", "unissued", "check_digit", "malformed")
REFERENCES: Final = ("resolved", "dangling")
SYSTEMS: Final = ("known", "respelt", "nearly_known", "misplaced", "other", "left_out", "none")
UNITS: Final = ("valid", "other_spelling", "not_a_unit", "none")
ANSWERS: Final = ("affirms", "denies", "contrary")
SIBLINGS: Final = ("alone", "compatible", "contrary")

_DATE, _NUMBER, _CODINGS = FieldSpec(DATE), FieldSpec(NUMBER), FieldSpec(CODINGS, sayable=False)
_OPEN = FieldSpec(WORD, sayable=False)
_SENT = FieldSpec(TEXT, sayable=False)

PATIENT: Final[Mapping[str, FieldSpec]] = {
    "gender": FieldSpec(WORD, GENDERS),
    "sex_at_birth": FieldSpec(WORD, GENDERS, private=True, sayable=False),
    "born": FieldSpec(DATE, sayable=False),
    "died": _DATE,
    "deceased": FieldSpec(WORD, YES_NO),
    "nhs_number": _SENT,
    "nhs_number_check": FieldSpec(WORD, NHS_NUMBERS),
}
MESSAGE: Final[Mapping[str, FieldSpec]] = {
    "service": _CODINGS,
    "sender": _SENT,
    "recipient": _SENT,
    "sent": _DATE,
    "event": _SENT,
    "id": _SENT,
    "version": _SENT,
    "replaces": _SENT,
    "status": _OPEN,
}
_ENTRY: Final[Mapping[str, FieldSpec]] = {
    "date": _DATE,
    "recorded": _DATE,
    "consultation_date": _DATE,
    "end_date": _DATE,
    "value": FieldSpec(VALUE),
    "answer": FieldSpec(WORD, ANSWERS),
    "unit": _SENT,
    "unit_check": FieldSpec(WORD, UNITS),
    "code": _CODINGS,
    "subject": FieldSpec(WORD, SUBJECTS),
    "assertion": FieldSpec(WORD, ASSERTIONS),
    "temporality": FieldSpec(WORD, TEMPORALITIES),
    "status": _OPEN,
    "verification": _OPEN,
    "clinical_status": _OPEN,
    "heading": _OPEN,
    "kind": FieldSpec(WORD, ENTRY_KINDS),
    "references": FieldSpec(WORD, REFERENCES),
    "origin": FieldSpec(WORD, ORIGINS),
    "id": _SENT,
    "text": _SENT,
}
_MEDICATION: Final[Mapping[str, FieldSpec]] = {
    "date": _DATE,
    "start": _DATE,
    "end": _DATE,
    "handed_over": _DATE,
    "prepared": _DATE,
    "authored": _DATE,
    "recorded": _DATE,
    "quantity": _NUMBER,
    "unit": _SENT,
    "dose": _NUMBER,
    "times_a_day": _NUMBER,
    "days_supply": _NUMBER,
    "dosage": _NUMBER,
    "strength": FieldSpec(QUANTITY),
    "route": _CODINGS,
    "form": _CODINGS,
    "supply_type": _CODINGS,
    "prescription_type": FieldSpec(WORD, PRESCRIPTION_TYPES),
    "product": _CODINGS,
    "not_given_reason": _CODINGS,
    "ingredients": FieldSpec(CODINGS, sayable=False, only_missing=True),
    "status": _OPEN,
    "kind": FieldSpec(WORD, MEDICATION_KINDS),
    "heading": _OPEN,
    "order": _SENT,
    "references": FieldSpec(WORD, REFERENCES),
    "origin": FieldSpec(WORD, ORIGINS),
    "id": _SENT,
    "text": _SENT,
}
DAMAGES: Final = (
    "valid",
    "spreadsheet_truncation",
    "float_rounding",
    "scientific_notation",
    "float_suffix",
    "stray_characters",
    "leading_zero",
    "check_digit",
    "partition",
    "description_id",
    "relationship_id",
    "expression_id",
    "expression",
    "too_short",
    "too_long",
    "empty",
    "not_an_sctid",
)
_CODING: Final[Mapping[str, FieldSpec]] = {
    "code": _SENT,
    "system": _SENT,
    "display": _SENT,
    "damage": FieldSpec(WORD, DAMAGES),
    "system_check": FieldSpec(WORD, SYSTEMS),
    "siblings": FieldSpec(WORD, SIBLINGS),
    "in_a_medicine": FieldSpec(WORD, YES_NO),
    "status": _OPEN,
}
FIELDS: Final[Mapping[Kind, Mapping[str, FieldSpec]]] = {
    Kind.ENTRY: _ENTRY,
    Kind.HISTORY: _ENTRY,
    Kind.MENTION: _ENTRY,
    Kind.MEDICATION: _MEDICATION,
    Kind.CODING: _CODING,
    Kind.TEXT: {"date": _DATE},
    Kind.MESSAGE: MESSAGE,
}
"""The fields of what a variable may stand for. A row's fields are its table's columns."""

ITEM_WORDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.ENTRY: tuple(ItemWord),
    Kind.HISTORY: tuple(ItemWord),
    Kind.MENTION: tuple(ItemWord),
    Kind.MEDICATION: (ItemWord.INCOMING, ItemWord.ALREADY_FILED, ItemWord.ENTERED_IN_ERROR),
    Kind.CODING: tuple(CodingWord),
}
ABOUT: Final = ("patient", "family", "baby", "another")
RESERVED_NAMES: Final = frozenset({"patient", "message", "record"})
"""Names that a variable cannot take."""
ACTIONS: Final = ("note", "review", "hold")
SEVERITIES: Final = ("minor", "significant", "considerable", "major", "catastrophic")
"""Consequence classes of a hazard log under DCB0129 and DCB0160."""
WHOLE_INPUTS: Final = ("record", "release", "message.unread")
"""What `expect cannot tell` may name beside fields."""

_SAID_INSTEAD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("man", "men", "boy", "m"), "male"),
    **dict.fromkeys(("woman", "women", "girl", "f"), "female"),
    **dict.fromkeys(("mother", "father", "parent", "sister", "brother", "relative"), "family"),
    **dict.fromkeys(("historical", "previous", "old", "resolved", "former", "history"), "past"),
    **dict.fromkeys(("negated", "denied", "refuted", "excluded", "negative"), "absent"),
    **dict.fromkeys(("new", "received", "arriving"), "incoming"),
    **dict.fromkeys(("confirmed", "diagnosed", "positive", "current"), "present"),
    **dict.fromkeys(("suspected", "probable", "likely", "query", "uncertain"), "possible"),
    **dict.fromkeys(("ordered", "requested", "intended", "proposed"), "planned"),
    **dict.fromkeys(("filed", "recorded", "duplicate"), "already-filed"),
    **dict.fromkeys(("wrong", "deleted", "error", "withdrawn", "erroneous"), "entered-in-error"),
    "yes": "true",
}
"""Words that people write for one of a field's, and that spelling does not lead to."""


TWICE: Final = (
    "what is there twice is two items: draw both, `for medication m … with medication n …`, "
    "and say how they meet, such as `m overlaps n`"
)
REPEATED: Final = frozenset({"twice", "thrice", "again", "repeatedly", "repeated", "duplicated", "doubled"})
"""Words that say that something is there more than once."""


NEAR: Final = 0.8
"""How near a slip must be to a word that means something to everybody: `positive` is none for `possible`."""


def meant(word: str, words: Collection[str], otherwise: str = "it can be") -> str:
    """Return what to write for `word`, which is none of `words`: the nearest of them, or all."""
    if word in REPEATED:
        return TWICE
    instead = _SAID_INSTEAD.get(word)
    if instead in words:
        return f"did you mean `{instead}`?"
    return did_you_mean(word, words, near=NEAR) or f"{otherwise} {listed(words)}"


# ------------------------------------------------------------------------------------------------ examples

_ITEM_TEXTS = ("display", "text", "id", "system", "also")
EXAMPLE_FIELDS: Final[Mapping[str, Mapping[str, FieldType]]] = {
    "patient": {name: spec.type for name, spec in PATIENT.items() if name != "nhs_number_check"},
    "message": {**{name: spec.type for name, spec in MESSAGE.items()}, "unread": TEXT},
    "record": {"complete_from": DATE},
    "text": {
        **dict.fromkeys(("text", "id"), TEXT),
        **dict.fromkeys(("date", "recorded", "consultation_date"), DATE),
        "status": WORD,
    },
    "entry": {
        **dict.fromkeys(_ITEM_TEXTS, TEXT),
        **{
            name: spec.type for name, spec in _ENTRY.items() if name not in ("code", "answer", "unit", "unit_check", "id", "text")
        },
    },
    "medication": {
        **dict.fromkeys((*_ITEM_TEXTS, "order", "based_on"), TEXT),
        **{
            name: spec.type
            for name, spec in _MEDICATION.items()
            if name not in ("product", "ingredients", "unit", "dosage", "id", "text", "order")
        },
        "as_needed": WORD,
    },
}
"""What an example may give, by what it is given of."""
EXAMPLE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "entry": ("present", "absent", "possible", "planned", "past", "history", "entered-in-error"),
    "medication": ("not-given", "entered-in-error"),
}
"""Bare words that an example's item may carry."""


def words_told(kind: Kind | str, name: str) -> tuple[str, ...] | None:
    """Return the words that a field can be told to be, or None where any word may be sent. `kind` is a kind or `patient`.

    `unknown` is never told, nor is a gender of `other`: such a field is missing.
    """
    words = (PATIENT if kind == "patient" else FIELDS[Kind(kind)])[name].words
    return words and tuple(w for w in words if w != "unknown" and (words is not GENDERS or w in SEXES))


def words_given(of: str, name: str) -> tuple[str, ...] | None:
    """Return the words that an example may give for a field, or None where any word may be."""
    if name == "as_needed":
        return YES_NO
    if of == "text":
        return None
    fields = PATIENT if of == "patient" else MESSAGE if of == "message" else FIELDS[Kind(of)]
    return fields[name].words


def all_names() -> Mapping[str, Mapping[str, FieldSpec]]:
    """Return every field by what it belongs to, in the order of the reference: `patient`, `message`, the kinds."""
    return {
        "patient": PATIENT,
        "message": MESSAGE,
        "entry": _ENTRY,
        "history": _ENTRY,
        "mention": _ENTRY,
        "medication": _MEDICATION,
        "coding": _CODING,
        "text": FIELDS[Kind.TEXT],
    }
