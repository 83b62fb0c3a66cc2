"""The reader of this library's own JSON: a Submission or a Record as `record.py` describes it.

A submission may leave out everything that it does not know. An error names the field and what belongs there, and never
repeats what was sent.
"""

from __future__ import annotations

from typing import Any, TypeVar

from codesafety.errors import InputError
from codesafety.formats.encoding import decode, kind_of, mentions
from codesafety.formats.fhir.json import Number, parse_json_value
from codesafety.plugins.reading import Source
from codesafety.record import Model, Record, Submission, ValidationError

_Model = TypeVar("_Model", bound=Model)
_FIELDS = tuple(f'"{name}"' for name in sorted(set(Submission.model_fields) | set(Record.model_fields)))
_SHOWN = 5
_HELP = "see `codesafety schema submission` and `codesafety schema record`"
_ONLY_RECORD = frozenset(Record.model_fields) - frozenset(Submission.model_fields)
_ONLY_SUBMISSION = frozenset(Submission.model_fields) - frozenset(Record.model_fields)


class NativeReader:
    """Reads native JSON. A record given as a submission is read as one: each of its entries is then incoming."""

    @property
    def name(self) -> str:
        return "native"

    def recognises(self, source: Source) -> bool:
        return (
            kind_of(source) == "json"
            and not mentions(source, '"resourceType"')
            and (mentions(source, *_FIELDS) or source.data.strip().replace(b" ", b"") == b"{}")
        )

    def read(self, source: Source) -> Submission:
        return _read(source, Submission, _ONLY_RECORD, self.name)

    def read_record(self, source: Source) -> Record:
        """Return the record. A submission given as a record declares itself complete for nothing."""
        return _read(source, Record, _ONLY_SUBMISSION, self.name)


def _read(source: Source, model: type[_Model], other: frozenset[str], name: str) -> _Model:
    value = parse_json_value(decode(source), source.name)
    if not isinstance(value, dict):
        raise InputError("is JSON, but no object", source=source.name, help=_HELP)
    members = {key: _plain(given) for key, given in value.items() if key not in other}
    members["format"] = name
    lost = [key for key in ("message", "other_patients") if key in other and value.get(key)]
    if lost and isinstance(members.setdefault("not_read", []), list):
        members["not_read"] += [{"path": key, "reason": "part of a message, which a record does not have"} for key in lost]
    try:
        return model.model_validate(members)
    except ValidationError as error:
        raise _refusal(error, source.name) from None


def _plain(value: Any) -> Any:
    """Return the value with numbers as text where the model wants exact decimals, and as numbers where it wants text.

    A code that was sent as a number must stay a number, so that the model refuses it and says why.
    """
    match value:
        case dict():
            return {
                key: str(given) if isinstance(given, Number) and key in _EXACT else _plain(given) for key, given in value.items()
            }
        case list():
            return [_plain(part) for part in value]
        case Number():
            return float(value) if not value.lstrip("-").isdigit() or len(value) > 300 else int(value)
        case _:
            return value


_EXACT = frozenset(["value", "days_supply", "dose", "times_a_day"])


def _refusal(error: ValidationError, source: str) -> InputError:
    """Return the error with the place of each fault and what belongs there; what was sent is left out."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    places = "; ".join(f"{_place(f['loc'])}: {_reason(f['type'], f['msg'])}" for f in faults[1:_SHOWN])
    return InputError(
        f"{_reason(first['type'], first['msg'])}{more}",
        source=source,
        path=_place(first["loc"]),
        help=f"also {places}" if places else _HELP,
    )


def _place(parts: tuple[int | str, ...]) -> str:
    """Return where a fault stands. A name that is not the model's own is the sender's and is not repeated."""
    words = ""
    for part in parts:
        if isinstance(part, int):
            words += f"[{part}]"
        elif part.isascii() and part.replace("_", "").isalnum() and len(part) <= 40:
            words += f".{part}" if words else part
        else:
            words += ".?"
    return words or "the object"


def _reason(kind: str, words: str) -> str:
    match kind:
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "this field is required"
        case "code_is_a_number" | "date" | "value":
            return words
        case "literal_error":
            return "not one of the words that this field may have" + (
                ": " + words.removeprefix("Input should be ") if words.startswith("Input should be ") else ""
            )
        case _:
            return words[:1].lower() + words[1:].rstrip(".")
