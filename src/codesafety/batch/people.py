"""The patients of one part of a scan, each as a submission, with where every place of it stands in what was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import polars as pl

from codesafety.asking import Defaults, asked, parsed
from codesafety.batch import sent
from codesafety.batch.columns import SENDER
from codesafety.batch.partition import Resources, by_place
from codesafety.batch.sieve import NOTHING, LeftOut, Sieve
from codesafety.batch.sources import READERS
from codesafety.batch.tabled import Person, Place
from codesafety.decision_log.row import organisation
from codesafety.engine import Engine, open_source
from codesafety.errors import CodesafetyError, Declined, InputError
from codesafety.formats.tables.disk import Opened, as_text
from codesafety.formats.tables.flat import field_columns
from codesafety.plugins import MAX_BYTES, Source
from codesafety.record import Coverage, Record, Submission

WHOLE = Record(complete=(Coverage(kind="entry"), Coverage(kind="medication")))
"""Beside a source that holds all that there is of a patient: nothing more, and complete."""
_ENTRY = re.compile(r"Bundle\.entry\[(\d+)\](.*)")
_ITEM = re.compile(r"(\w+)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Asking:
    """How patients are asked about. `complete`: the sources hold all that there is of each. `sample`: the share of patients that is looked at."""

    complete: bool = False
    sample: float = 1.0

    @property
    def record(self) -> Record | None:
        return WHOLE if self.complete else None

    def takes(self, key: str | None) -> bool:
        """Return whether a patient is in the sample: the same ones in every scan."""
        if self.sample >= 1 or key is None:
            return True
        return int.from_bytes(blake2b(key.encode(), digest_size=7).digest(), "big") < self.sample * 2**56


def of_tables(
    engine: Engine,
    opened: Opened,
    reader: str,
    asking: Asking,
    files: Mapping[str, str],
    sieve: Sieve | None,
) -> Iterator[Person]:
    """Yield the patients of some tables. `sieve`: leaves out the rows that change no answer."""
    read = next(one for one in READERS if one.name == reader)
    left, fewer = (opened, {}) if sieve is None else sieve.left(opened)
    again: list[str] = []
    for some, left_out in ((left, fewer), (None, {})):
        if some is None:
            if not again:
                return
            some = _only(opened, again)
        rows = {
            name: {key: held for key, held in groups.items() if asking.takes(key)} for name, groups in some.rows(0, 1).items()
        }
        date = {name: field_columns(table.columns).get("date") for name, table in opened.tables.items()}
        said = [(at, row, date[name]) for at, name, row in by_place(rows) if as_text(row.get(SENDER)) is not None]
        place = _in_tables(opened.source, files, {at: str(as_text(row[SENDER])) for at, row, _ in said})
        counted = {at: one for at, row, day in said if (one := sent.of_row(row, day)) is not None}
        for key, _, submission in read.patients(some, rows):
            if key in left_out and any(unread.coded or (unread.whole and unread.broken) for unread in submission.not_read):
                again.append(key or "")  # something was there that nobody could read: then every row may want for it
            else:
                yield replace(_asked(engine, key, place, submission, asking, left_out.get(key or "", NOTHING)), rows=counted)


def _only(opened: Opened, keys: list[str]) -> Opened:
    """Return the tables with the rows of some patients."""
    tables = {
        name: replace(table, frame=table.frame.filter(pl.col(opened.keys[name]).cast(pl.String).is_in(keys)))
        for name, table in opened.tables.items()
    }
    return replace(opened, tables=tables)


def _in_tables(source: str, files: Mapping[str, str], sent_by: Mapping[str, str]) -> Place:
    def place(path: str | None) -> tuple[str, str | None, str | None]:
        found = _ITEM.match(path or "")
        if found is None:
            return source, path, None
        return files.get(found[1], source), path, sent_by.get(found[0])

    return place


def of_resources(engine: Engine, resources: Resources, part: int, asking: Asking) -> Iterator[Person]:
    """Yield the patients of one part of FHIR resources, each as a bundle of what is theirs and of what that names."""
    for key, own in resources.patients(part):
        if not asking.takes(key):
            continue
        held = [*own, *_named_by(own, resources)]
        text = ",".join(f'{{"resource":{raw.strip()}}}' for _, _, raw in held)
        bundle = f'{{"resourceType":"Bundle","type":"collection","entry":[{text}]}}'.encode()

        def place(path: str | None, held: list[tuple[str, int, str]] = held) -> tuple[str, str | None, str | None]:
            found = _ENTRY.match(path or "")
            if found is None or int(found[1]) >= len(held):
                return held[0][0], path, None
            name, number, _ = held[int(found[1])]
            return name, f"{'row' if name.endswith('.parquet') else 'line'} {number}{found[2].removeprefix('.resource')}", None

        yield _read(engine, key, place, Source(bundle, "resources"), asking)


def _named_by(own: list[tuple[str, int, str]], resources: Resources) -> list[tuple[str, int, str]]:
    """Return the resources of nobody that some resources name, and those that these name."""
    found: dict[str, tuple[str, int, str] | None] = {}
    looked = [text for _, _, text in own]
    while looked:
        names = {name for text in looked for name in _REFERENCE.findall(text)} - found.keys()
        found.update((name, resources.named(name)) for name in sorted(names))
        looked = [held[2] for name in names if (held := found[name]) is not None]
    return [held for held in found.values() if held is not None]


_REFERENCE = re.compile(r'"reference"\s*:\s*"([A-Z][A-Za-z]+/[A-Za-z0-9.-]+)"')


def of_messages(engine: Engine, files: list[tuple[str, Path]], asking: Asking) -> Iterator[Person]:
    """Yield what each file comes to, read as `codesafety check` reads it."""
    for name, path in files:
        if not asking.takes(name):
            continue

        def place(at: str | None, name: str = name) -> tuple[str, str | None, str | None]:
            return name, at, None

        try:
            source = open_source(path)
        except CodesafetyError as error:
            yield Person(None, place, failed=_why(error))
            continue
        yield _read(engine, None, place, source, asking)


def of_lines(engine: Engine, name: str, path: Path, start: int, end: int, first: int, asking: Asking) -> Iterator[Person]:
    """Yield what the lines between two places of a file come to. `first`: the number of the first of them."""
    with path.open("rb") as file:
        file.seek(start)
        number = first - 1
        while file.tell() < end and (raw := file.readline(MAX_BYTES + 1)):
            number += 1
            whole = len(raw) <= MAX_BYTES
            while not raw.endswith(b"\n") and len(raw) > MAX_BYTES and (raw := file.readline(MAX_BYTES + 1)):
                pass
            if not raw.strip() or not asking.takes(f"{name}:{number}"):
                continue

            def place(at: str | None, number: int = number) -> tuple[str, str | None, str | None]:
                return name, f"line {number}" + (f": {at}" if at else ""), None

            if not whole:
                yield Person(None, place, failed="the line is longer than one message may be")
                continue
            yield _line(engine, raw, place, asking)


def _line(engine: Engine, raw: bytes, place: Place, asking: Asking) -> Person:
    try:
        one = asked(engine, parsed(raw, "line"), raw, "line", Defaults(record=asking.record))
        report = one.answer(engine)
    except CodesafetyError as error:
        return Person(None, place, failed=_why(error))
    return _sent(engine, Person(None, place, one.submission, report, _items(one.submission)))


def _read(engine: Engine, key: str | None, place: Place, source: Source, asking: Asking) -> Person:
    try:
        submission = engine.read(source)
        return _sent(engine, _asked(engine, key, place, submission, asking))
    except Declined as error:
        return Person(key, place, failed=f"not for this reader: {error.message}")
    except CodesafetyError as error:
        return Person(key, place, failed=_why(error))


def _asked(
    engine: Engine, key: str | None, place: Place, submission: Submission, asking: Asking, left_out: LeftOut = NOTHING
) -> Person:
    nothing = not (submission.entries or submission.medications or submission.texts)
    if nothing and not any(unread.whole or unread.coded or unread.broken for unread in submission.not_read):
        return Person(key, place, submission)
    report, items = engine.assess(submission, asking.record), _items(submission) + left_out.items
    return Person(key, place, submission, report, items, without_record=left_out.without_record)


def _sent(engine: Engine, person: Person) -> Person:
    """Return the same with what the message says of its sender."""
    assert person.submission is not None
    sender, place = organisation(person.submission.message.sender), person.place
    person = replace(person, message=sent.of_message(engine, person.submission))
    return person if sender is None else person.with_place(lambda path: (*place(path)[:2], sender))


def _items(submission: Submission) -> int:
    return len(submission.entries) + len(submission.medications)


def _why(error: CodesafetyError) -> str:
    return error.message if isinstance(error, InputError) else type(error).__name__
