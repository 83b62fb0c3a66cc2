"""The names that rules may use, as a page for the people who write them."""

from __future__ import annotations

from collections.abc import Mapping

from codesafety.ir import FieldType, Kind
from codesafety.language import schema
from codesafety.language.schema import FieldSpec

_TYPES = {
    FieldType.DATE: "date",
    FieldType.WORD: "word",
    FieldType.VALUE: "value",
    FieldType.QUANTITY: "quantity",
    FieldType.NUMBER: "number",
    FieldType.CODINGS: "code",
    FieldType.TEXT: "text as sent",
}
_ASKED = """\
| type | what can be asked of it |
|---|---|
| date | `is before`, `is after`, `is on the same day as`, `is within … before`, `is more than … after`, `age at` |
| word | `is WORD`, `is not WORD`, `is x.field` |
| value | `< 10 "mmol/L"` and the like; dates where a date was sent; `in SET` where a code was |
| number | `<`, `<=`, `>`, `>=`, `differs by more than N % from` |
| code | `in SET`, `not in SET`, `is x.field` |
| text as sent | `is x.field` |

Every field can be asked whether it `is missing`: the one test that is always answered.
"""
_WHOSE = {
    "patient": "The patient: of the record where one is given, else of the message.",
    "message": "The message that the submission came in.",
    "entry": "An entry, a history or a mention `e`. `e` alone, where a date is asked for, is `e.date`.",
    "medication": "A medication `m`. `m` alone, where a date is asked for, is `m.date`.",
    "coding": "One coding `c`, as it was sent.",
    "text": "Words `t` that came in, beside a code or without one. `t` alone, where a date is asked for, is `t.date`.",
}


def fields_page() -> str:
    """Return the reference page of fields and words, in Markdown."""
    parts = [
        "# Fields and words\n\nWritten by `codesafety.language.reference`; a test compares the two. A message (`say`) may show the fields"
        " marked so.\n\n" + _ASKED
    ]
    names = schema.all_names()
    for of, about in _WHOSE.items():
        parts.append(f"## {of}\n{about}\n\n{_table(of, names[of])}{_words(of)}")
    parts.append(_examples())
    return "\n".join(parts)


def _table(of: str, fields: Mapping[str, FieldSpec]) -> str:
    base = {"patient": "patient", "message": "message", "entry": "e", "medication": "m", "coding": "c", "text": "t"}[of]
    rows = ["| field | type | words | shown |", "|---|---|---|---|"]
    for name, spec in fields.items():
        words = schema.words_told("patient" if of == "patient" else Kind(of), name)
        said = ", ".join(f"`{w}`" for w in words) if words else "as sent" if spec.type is FieldType.WORD else ""
        kind = "only `is missing`" if spec.only_missing else _TYPES[spec.type]
        rows.append(
            f"| `{base}.{name}` | {kind}{', private' if spec.private else ''} | {said} | {'yes' if spec.sayable else ''} |"
        )
    return "\n".join(rows) + "\n"


def _words(of: str) -> str:
    if of not in ("entry", "medication", "coding"):
        return ""
    words = ", ".join(f"`{w}`" for w in schema.ITEM_WORDS[Kind(of)])
    about = f"\nIt `is about` {', '.join(f'`{w}`' for w in schema.ABOUT)}." if of == "entry" else ""
    return f"\nIt `is` {words}.{about}\n"


def _examples() -> str:
    rows = ["## Examples", "What `given` may say.\n", "| of | fields | words |", "|---|---|---|"]
    for of, fields in schema.EXAMPLE_FIELDS.items():
        named = ", ".join(f"`{f}`" for f in fields)
        rows.append(f"| {of} | {named} | {', '.join(f'`{w}`' for w in schema.EXAMPLE_WORDS.get(of, ()))} |")
    rows.append(
        '\n`about family` says whom an entry is about; `system NAME` the code system of the item\'s code; `also "NAME CODE"` a'
    )
    rows.append(
        'second coding; `unread "PATH"` a coded resource that could not be read; `complete_from DATE` from when the record is complete.'
    )
    return "\n".join(rows) + "\n"
