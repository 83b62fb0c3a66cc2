"""The reader of this library's own JSON: a Submission or a Record as `record.py` describes it.

A submission may leave out everything that it does not know. An error names the field and what belongs there, and never
repeats what was sent: neither a value nor a name that is not the model's. A date that is none breaks its own field alone; so does
a status that no such item has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

from codesafety import record
from codesafety.errors import InputError
from codesafety.formats import stated
from codesafety.formats.encoding import decode, kind_of, mentions, place_in
from codesafety.formats.fhir.json import parse_json_value
from codesafety.formats.fhir.tree import Number
from codesafety.plugins.reading import Source
from codesafety.record import (
    Entry,
    Model,
    NotRead,
    PartialDate,
    Record,
    Submission,
    ValidationError,
    day_interval,
    fault_in_words,
    place_in_words,
    punctuated,
)

_Model = TypeVar("_Model", bound=Model)
_Items = TypeVar("_Items", Submission, Record)
_Place = tuple[int | str, ...]
_FIELDS = tuple(f'"{name}"' for name in sorted(set(Submission.model_fields) | set(Record.model_fields)))
_SHOWN = 5
_HELP = "see `codesafety schema submission` and `codesafety schema record`"
_ONLY_RECORD = frozenset(Record.model_fields) - frozenset(Submission.model_fields)
_ONLY_SUBMISSION = frozenset(Submission.model_fields) - frozenset(Record.model_fields)
_DATES = frozenset(
    name
    for model in vars(record).values()
    if isinstance(model, type) and issubclass(model, Model)
    for name, field in model.model_fields.items()
    if PartialDate in get_args(field.annotation)
)
_STANDS_IN: Mapping[str, tuple[str, ...]] = {
    "start": ("authored",),
    "prepared": ("start", "authored"),
    "handed_over": ("prepared", "start", "authored"),
    "date": ("consultation_date",),
}
"""By the field that says when something happened, those that would be taken for it if it were not there; these come first."""
_ESCAPE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\.", re.DOTALL)
"""A surrogate pair, half of one (the only escape of six letters), or any other escape."""


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
        return _stated(_read(source, Submission, _ONLY_RECORD, self.name))

    def read_record(self, source: Source) -> Record:
        """Return the record. A submission given as a record declares itself complete for nothing."""
        return _stated(_read(source, Record, _ONLY_SUBMISSION, self.name))


def plain_json(source: Source) -> Any:
    """Return the JSON value of a source. Raises InputError where it is none, gives a name twice or holds no valid text."""
    if source.path is not None and source.path.is_dir():
        raise InputError("is a folder", source=source.name, help="name a JSON file")
    text = decode(source)
    value = _plain(parse_json_value(text, source.name))
    half = next((escape.start() for escape in _ESCAPE.finditer(text) if len(escape[0]) == 6), None)
    if half is not None:
        raise InputError(
            f"holds half of a surrogate pair, which is no text: {place_in(text, half)}",
            source=source.name,
            help="correct the system that wrote it",
        )
    return value


def validated(model: type[_Model], value: Any, source: str) -> _Model:
    """Return the model of a JSON value. Raises InputError with the place of each fault and what belongs there."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _refusal(error, value, source, model) from None


def _read(source: Source, model: type[_Model], other: frozenset[str], name: str) -> _Model:
    value = plain_json(source)
    if not isinstance(value, dict):
        raise InputError("is JSON, but no object", source=source.name, help=_HELP)
    members = {key: given for key, given in value.items() if key not in other}
    members["format"] = name
    lost = [key for key in ("message", "other_patients") if key in other and value.get(key)]
    not_read: list[dict[str, Any]] = [{"path": key, "reason": "part of a message, which a record does not have"} for key in lost]
    not_read += _null_codes(members, members, ())
    try:
        return model.model_validate(_with(members, not_read))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        if not all(fault["loc"][-1] in _DATES and fault["type"] != "extra_forbidden" for fault in faults):
            raise _refusal(error, members, source.name, model) from None
        order = ["", *_STANDS_IN]
        faults.sort(key=lambda fault: order.index(fault["loc"][-1]) if fault["loc"][-1] in order else 0)
        not_read += [line for fault in faults for line in _mended(members, fault["loc"])]
        if "complete" in members:
            members["complete"] = [coverage for coverage in members["complete"] if coverage]
        return validated(model, _with(members, not_read), source.name)


def _stated(read: _Items) -> _Items:
    """Return what was read with what its status words say, and a line for each that is none."""
    entries: list[Entry] = []
    strange: list[NotRead] = []
    for entry in read.entries:
        told, lines = stated.of_entry(entry)
        entries.append(told)
        strange += lines
    strange += [line for medication in read.medications for line in stated.of_medication(medication)]
    listed: set[str] = {line.path for line in read.not_read if line.broken}
    not_read = (*read.not_read, *(line for line in strange if line.path not in listed))
    return read.model_copy(update={"entries": tuple(entries), "not_read": not_read})


def _with(members: dict[str, Any], not_read: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the members with more lines of what was not read, unless what was sent there is no list and will be refused."""
    sent = members.get("not_read", [])
    return {**members, "not_read": [*sent, *not_read]} if isinstance(sent, list) else members


def _mended(members: dict[str, Any], place: _Place) -> Iterator[dict[str, Any]]:
    """Write a date that was sent as a number as text, where it is one; else take it out, and yield the line for what was not read.

    What would stand in for the date of an item is taken out with it: when it happened is not known. So is the whole of a
    declared coverage: without its first day it would reach back to the beginning.
    """
    *way, field = place
    holder: Any = members
    for part in way:
        holder = holder[part]
    sent = holder.pop(field, None)
    written = punctuated(str(sent)) if isinstance(sent, str | int) else ""
    try:
        day_interval(written)
    except ValueError as error:
        if field == "since":
            holder.clear()
        at = _sent_path(members, tuple(way))
        for other in _STANDS_IN.get(str(field), ()):
            if holder.pop(other, None) is not None:
                yield {"path": f"{at}.{other}", "reason": f"not used: the `{field}` that it would stand in for could not be read"}
        yield {"path": f"{at}.{field}", "reason": str(error), "broken": True}
    else:
        holder[field] = written


def _sent_path(members: dict[str, Any], way: _Place) -> str:
    """Return the path of a place: within an item, from the path that the item was sent with."""
    item: Any = members
    for part in way[:2]:
        item = item[part]
    sent = item.get("path") if len(way) > 1 and isinstance(item, dict) else None
    return sent + place_in_words(way).removeprefix(place_in_words(way[:2])) if isinstance(sent, str) else place_in_words(way)


def _null_codes(members: dict[str, Any], value: Any, way: _Place) -> Iterator[dict[str, Any]]:
    """Yield a line for each coding of a code system whose code is null: a code was lost, and its words are no code."""
    match value:
        case {"code": None, "system": str()}:
            yield {"path": f"{_sent_path(members, way)}.code", "reason": "a code that is null, beside its system", "broken": True}
        case dict():
            for key, held in value.items():
                yield from _null_codes(members, held, (*way, key))
        case list():
            for at, held in enumerate(value):
                yield from _null_codes(members, held, (*way, at))


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


def _refusal(error: ValidationError, value: Any, source: str, model: type[Model]) -> InputError:
    """Return the error with the place of each fault and what belongs there; what was sent is left out."""
    faults = [
        _fault(f["loc"], f["type"], f["msg"], value)
        for f in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    (place, reason), *rest = faults
    more = f" (and {len(rest)} more)" if rest else ""
    places = "; ".join(f"{where}: {why}" for where, why in rest[: _SHOWN - 1])
    return InputError(f"{reason}{more}", source=source, path=place, help=f"also {places}" if places else _help(model))


def _fault(place: _Place, kind: str, words: str, value: Any) -> tuple[str, str]:
    """Return where a fault is and what is wrong. Of a name that is not the model's, which may be the sender's, only its number."""
    if kind == "extra_forbidden":
        *way, name = place
        for part in way:
            value = value[part]
        return place_in_words(tuple(way)), f"a field that does not belong here: number {[*value].index(name) + 1}"
    return place_in_words(place), fault_in_words(kind, words)


def _help(model: type[Model]) -> str:
    return _HELP if model in (Submission, Record) else f"see `codesafety schema {model.__name__.lower()}`"
