"""The reader of an OMOP Common Data Model (5.3, 5.4) in a folder of CSV or parquet tables, patient by patient.

Each concept id is looked up in `concept` and read as the code of its own vocabulary; an id that is not there is kept as a code
of the system `OMOP`. A row's codings are its source concept, as it was recorded, and the standard concept that it was mapped to.
Eras and the other derived tables repeat what the occurrences say and are listed, not read. Concept id 0 means that nothing
matched. A date is that of its two columns (`x_date`, `x_datetime`) together, the more exact one; where they contradict each
other, or the first is no date, it is neither, and they are listed. Source: OHDSI, OMOP CDM v5.4 conventions; gender concepts 8507, 8532, 8521, 8551.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from codesafety.errors import InputError
from codesafety.formats.tables.disk import (
    ROW,
    BadValue,
    Opened,
    Patients,
    Row,
    Rows,
    Table,
    Unknown,
    as_date,
    as_decimal,
    as_text,
    header_of,
    in_parts,
    matching,
    open_tables,
    table_files,
    without_long_text,
)
from codesafety.plugins.reading import Source, names_codes
from codesafety.record import (
    Coding,
    Entry,
    Gender,
    Medication,
    NotRead,
    Patient,
    Qualifier,
    Quantity,
    RecordError,
    Submission,
    TextItem,
    Value,
    day_interval,
)

_GENDERS: dict[str, Gender] = {"8507": "male", "8532": "female", "8521": "other", "8551": "unknown", "8570": "other"}
_SYSTEMS = {"Read": "readv2", "CPT4": "cpt"}
"""Vocabularies under another name than this library knows; every other id is the system as it is."""
_DERIVED = ("condition_era", "drug_era", "dose_era", "observation_period", "episode", "episode_event", "cohort")
_VOCABULARY = (
    "concept",
    "concept_ancestor",
    "concept_relationship",
    "concept_synonym",
    "concept_class",
    "domain",
    "vocabulary",
    "relationship",
    "drug_strength",
    "source_to_concept_map",
    "cdm_source",
    "metadata",
    "location",
    "care_site",
    "provider",
    "cohort_definition",
    "fact_relationship",
)
_EQUALS = "4172703"
_CONCEPT_ID = re.compile(r"[1-9][0-9]*")
_ZONED = re.compile(r"T.*([Zz]|[+-][0-9]{2}:?[0-9]{2})")
_OPERATORS: dict[str, Literal["<", "<=", ">=", ">"]] = {"4171756": "<", "4171754": "<=", "4171755": ">=", "4172704": ">"}
_DRUG_KINDS: dict[str, Literal["statement", "request", "dispense", "administration"]] = {
    "38000177": "request",
    "32838": "request",
    "38000175": "dispense",
    "38000176": "dispense",
    "581452": "dispense",
    "32825": "dispense",
    "32869": "dispense",
    "38000180": "administration",
    "38000179": "administration",
    "32818": "administration",
}
_DEATH = ("death",)
_OF_A_CONCEPT = ("concept_id", "vocabulary_id", "concept_code")
_IDENTIFYING = ("gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime")


@dataclass(frozen=True, slots=True)
class Shape:
    """One clinical table: the stem of its concept columns and dates, and the kind of entry."""

    stem: str
    date: str
    kind: str
    end: str | None = None


_SHAPES = {
    "condition_occurrence": Shape("condition", "condition_start_date", "condition", "condition_end_date"),
    "procedure_occurrence": Shape("procedure", "procedure_date", "procedure", "procedure_end_date"),
    "measurement": Shape("measurement", "measurement_date", "observation"),
    "observation": Shape("observation", "observation_date", "observation"),
    "drug_exposure": Shape("drug", "drug_exposure_start_date", "medication", "drug_exposure_end_date"),
    "device_exposure": Shape("device", "device_exposure_start_date", "other", "device_exposure_end_date"),
    "specimen": Shape("specimen", "specimen_date", "other"),
    "visit_occurrence": Shape("visit", "visit_start_date", "encounter", "visit_end_date"),
    "visit_detail": Shape("visit_detail", "visit_detail_start_date", "encounter", "visit_detail_end_date"),
    "note": Shape("note", "note_date", "text"),
}
_SUPPORTING = ("visit_occurrence", "visit_detail")
_VALUE_COLUMNS = (
    "value_as_number",
    "value_as_string",
    "value_as_concept_id",
    "unit_concept_id",
    "operator_concept_id",
    "value_source_value",
)

_READ = ("stop_reason", "sig", "note_text", "quantity", "days_supply")

Concepts = dict[str, tuple[str, str, str | None]]
"""Vocabulary, code and name by concept id."""


class OmopReader:
    """Reads OMOP CDM folders."""

    @property
    def name(self) -> str:
        return "omop-cdm"

    def recognises(self, source: Source) -> bool:
        files = table_files(source.path)
        return "person" in files and "gender_concept_id" in header_of(files["person"])

    def read_many(self, source: Source) -> Iterable[tuple[str, Submission]]:
        """Yield (the person's row, submission). Raises InputError where a table cannot be read or the model is not there."""
        return in_parts(self.open(source), self.patients)

    def open(self, source: Source) -> Opened:
        """Return the tables of the model. Raises InputError where one cannot be read or is not there."""
        files = table_files(source.path)
        if "person" not in files:
            raise InputError("holds no table `person`", source=source.name, help="give the folder of an OMOP CDM")
        if "concept" not in files:
            raise InputError(
                "holds no table `concept`, so that no code can be read",
                source=source.name,
                help="export `concept` with the clinical tables",
            )
        tables = open_tables(source.path, source.name)
        for table, column in (("person", "person_id"), *(("concept", needed) for needed in _OF_A_CONCEPT)):
            if column not in tables[table].columns:
                raise InputError(
                    f"has no column `{column}`", source=source.name, path=table, help="give the folder of an OMOP CDM"
                )
        mine = {
            name: table
            for name, table in tables.items()
            if "person_id" in table.columns and (name in _SHAPES or name in ("person", *_DEATH))
        }
        listed = (_not_read(table) for name, table in tables.items() if name not in mine and name not in _VOCABULARY)
        return Opened(source.name, mine, dict.fromkeys(mine, "person_id"), {"concept": tables["concept"]}, tuple(listed))

    def patients(self, opened: Opened, rows: Rows) -> Patients:
        """Yield the persons of some rows."""
        concepts = _concepts(rows, opened.tables, opened.beside["concept"], opened.source)
        for key in dict.fromkeys(k for groups in (rows["person"], *rows.values()) for k in groups):
            own = {name: groups[key] for name, groups in rows.items() if key in groups}
            person = _Person(own, opened.tables, concepts)
            yield key, person.row, person.submission(self.name, opened.listed, known=key is not None)


def _not_read(table: Table) -> NotRead:
    """Return the line of a table that is not read: any patient's codes may stand in one that is not derived and holds concepts."""
    if table.name in _DERIVED:
        return NotRead(path=table.name, reason="a table derived from others, which are read")
    coded = bool(table.rows) and any(column.endswith(("concept_id", "_code")) or names_codes(column) for column in table.columns)
    reason = "a table that this reader does not know"
    return NotRead(path=table.name, reason=f"{reason}, and it holds codes" if coded else reason, whole=coded, coded=coded)


def _known(table: Table) -> set[str]:
    """Return the columns of a table that the model has, by what they are called; those that hold a row's words are read by name."""
    ends = ("_id", "_date", "_datetime", "_time", "_source_value")
    return {column for column in table.columns if column.endswith(ends)} | {*_VALUE_COLUMNS, *_READ, ROW}


def _concepts(rows: Rows, tables: Mapping[str, Table], concept: Table, source: str) -> Concepts:
    """Return the concepts that the rows name."""
    columns = {name: [c for c in table.columns if c.endswith("concept_id")] for name, table in tables.items()}
    wanted = {
        words
        for name, groups in rows.items()
        for held in groups.values()
        for row in held
        for column in columns[name]
        if (words := (as_text(row[column]) or "").strip()) and _CONCEPT_ID.fullmatch(words)
    }
    found: Concepts = {}
    for row in matching(concept, "concept_id", wanted, source):
        key, vocabulary, code = as_text(row["concept_id"]), as_text(row.get("vocabulary_id")), as_text(row.get("concept_code"))
        if key is not None and vocabulary is not None and code is not None:
            concept_of = (_SYSTEMS.get(vocabulary, vocabulary), code, as_text(row.get("concept_name")))
            if found.setdefault(key, concept_of)[:2] != concept_of[:2]:
                raise InputError(
                    "gives one concept id two codes",
                    source=source,
                    path=f"concept[{row[ROW]}]",
                    help="export `concept` again, with one row a concept",
                )
    return found


class _Person:
    """One person's rows, gathered into items."""

    def __init__(self, rows: dict[str, list[Row]], tables: Mapping[str, Table], concepts: Concepts) -> None:
        self._rows, self._tables, self._concepts = rows, tables, concepts
        self._not_read: list[NotRead] = []
        self._entries: list[Entry] = []
        self._medications: list[Medication] = []
        self._texts: list[TextItem] = []
        self._unknown = {name: Unknown(tables[name], _known(tables[name])) for name in rows}
        self._damaged: set[str] = set()  # the paths of concept ids that are listed already
        first = "person" if "person" in rows else next(iter(rows))
        self.row = f"{first}[{rows[first][0][ROW]}]"

    def submission(self, name: str, listed: Iterable[NotRead], *, known: bool) -> Submission:
        if not known:
            for table, held in self._rows.items():
                self._not_read.extend(self._broken(table, row, "the row names no person") for row in held)
            return Submission(format=name, not_read=tuple(self._not_read))
        patient = self._patient()
        visits = self._visits()
        for table, held in self._rows.items():
            self._not_read.extend(self._unknown[table].lines(held, coded_only=True))
            if table in _SHAPES and table not in _SUPPORTING:
                for row in held:
                    self._item(table, row, visits)
        return Submission(
            format=name,
            patient=patient,
            entries=tuple(self._entries),
            medications=tuple(self._medications),
            texts=tuple(self._texts),
            not_read=(*self._not_read, *listed),
        )

    def _patient(self) -> Patient:
        people = self._rows.get("person", [])
        if not people:
            reason = "no row for the person whom other tables name"
            self._not_read.append(NotRead(path="person", reason=reason, whole=True, coded=True))
            return Patient()
        row, path = people[0], f"person[{people[0][ROW]}]"
        for other in people[1:]:
            differs = any(as_text(row[column]) != as_text(other[column]) for column in _IDENTIFYING if column in row)
            reason = "a second row for one person" + (" that differs in sex or birth" if differs else "")
            self._not_read.append(NotRead(path=f"person[{other[ROW]}]", reason=reason, broken=differs))
        fields: dict[str, Any] = {"path": path}
        gender = self._concept_id(row, "person", "gender_concept_id")
        if gender in _GENDERS:
            fields["gender"] = _GENDERS[gender]
        elif gender is not None:
            self._not_read.append(NotRead(path=f"{path}.gender_concept_id", reason="a gender that is none of the model's"))
        elif as_text(row.get("gender_source_value")) is not None:
            self._not_read.append(
                NotRead(path=f"{path}.gender_source_value", reason="a gender in words that were mapped to none")
            )
        fields["born"] = self._born(row, path)
        deaths = self._rows.get("death", [])
        if deaths:
            fields |= {"deceased": True, "died": self._died(deaths)}
        for fact in ("race", "ethnicity", "gender_source"):
            if self._concept_id(row, "person", f"{fact}_concept_id") is not None:
                self._not_read.append(
                    NotRead(path=f"{path}.{fact}_concept_id", reason="a fact about the patient that no rule asks for")
                )
        for column in ("race_source_concept_id", "ethnicity_source_concept_id", "race_source_value", "ethnicity_source_value"):
            if as_text(row.get(column)) not in (None, "0"):
                self._not_read.append(NotRead(path=f"{path}.{column}", reason="a fact about the patient that no rule asks for"))
        return Patient(**fields)

    def _born(self, row: Row, path: str) -> str | None:
        """Return the birth date as far as year, month, day and `birth_datetime` tell it together."""
        try:
            parts = _written_out(row)
        except BadValue as error:
            self._not_read.append(NotRead(path=f"{path}.year_of_birth", reason=str(error), broken=True))
            return None
        found = self._together(row, path, "year_of_birth", parts, "birth_datetime")
        return found[:10] if found is not None else None

    def _died(self, deaths: list[Row]) -> str | None:
        """Return the date of death; None where two rows do not agree on it."""
        died: str | None = None
        for death in deaths:
            path = f"death[{death[ROW]}]"
            cause = self._codings(death, "death", ("cause_concept_id", "cause_source_concept_id"))
            if cause or as_text(death.get("cause_source_value")) is not None:
                self._not_read.append(NotRead(path=path, reason="the cause of death", codings=cause))
        days = {f"death[{death[ROW]}]": self._date("death", death, "death_date") for death in deaths}
        for day in filter(None, days.values()):
            agreed = _agreed(died, day)
            if agreed is None:
                reason = "a row of the patient's death, and another has another day: neither is read"
                self._not_read.extend(NotRead(path=f"{path}.death_date", reason=reason, broken=True) for path in days)
                return None
            died = agreed
        return died

    def _date(self, table: str, row: Row, column: str) -> str | None:
        """Return the date of a column and the column of its time together; None where the date is none, and list that."""
        path = f"{table}[{row[ROW]}]"
        try:
            day = as_date(row.get(column))
        except BadValue as error:
            self._not_read.append(NotRead(path=f"{path}.{column}", reason=str(error), broken=True))
            return None
        return self._together(row, path, column, day, f"{column}time")

    def _together(self, row: Row, path: str, column: str, date: str | None, with_time: str) -> str | None:
        """Return the more exact of a date and what another column says of it, or None where both cannot be so, and list that."""
        try:
            moment = as_date(row.get(with_time))
        except BadValue as error:
            self._not_read.append(NotRead(path=f"{path}.{with_time}", reason=str(error), broken=True))
            return date
        found = _agreed(date, moment)
        if found is None and date is not None:
            reason = f"another day than `{column}`: neither is read"
            self._not_read.append(NotRead(path=f"{path}.{with_time}", reason=reason, broken=True))
        return found

    def _visits(self) -> dict[str, str]:
        days: dict[str, str] = {}
        for table in _SUPPORTING:
            for row in self._rows.get(table, []):
                shape, own = _SHAPES[table], as_text(row.get(f"{table}_id"))
                day = self._date(table, row, shape.date)
                if own is not None and day is not None and table == "visit_occurrence":
                    days[own] = day
                codings = self._all_codings(table, row)
                self._not_read.append(
                    NotRead(
                        path=f"{table}[{row[ROW]}]",
                        codings=codings,
                        resource_type=table,
                        reason="the codes of a visit, which supports entries",
                    )
                )
        return days

    def _item(self, table: str, row: Row, visits: dict[str, str]) -> None:
        shape = _SHAPES[table]
        row, too_long = without_long_text(row)
        try:
            if too_long is not None:
                raise BadValue(too_long)
            fields = self._shared(table, row, visits)
            match shape.kind:
                case "medication":
                    self._medications.append(self._medication(table, row, fields))
                case "text":
                    day = self._date(table, row, shape.date)
                    self._texts.append(TextItem(**fields | {"text": as_text(row.get("note_text")), "date": day, "recorded": day}))
                case _:
                    day = self._date(table, row, shape.date)
                    if day is None and as_text(row.get(shape.date)) is not None:
                        fields["consultation_date"] = None  # a date that was sent is no other day's
                    self._entries.append(
                        Entry(
                            **fields,
                            kind=shape.kind,
                            codings=self._main(table, row),
                            date=day,
                            end_date=self._date(table, row, shape.end) if shape.end else None,
                            value=self._value(table, row),
                        )
                    )
        except BadValue as error:
            self._not_read.append(self._broken(table, row, str(error)))
            return
        except RecordError:
            self._not_read.append(self._broken(table, row, "a column holds what it may not hold"))
            return
        self._list_other_dates(table, row, shape)

    def _list_other_dates(self, table: str, row: Row, shape: Shape) -> None:
        read = [column for day in (shape.date, shape.end) if day for column in (day, f"{day}time")]
        said = {as_text(row.get(column)) for column in read}
        for column in self._tables[table].columns:
            if (
                column.endswith(("_date", "_datetime", "_time"))
                and column not in read
                and as_text(row[column]) not in {None, *said}
            ):
                path = f"{table}[{row[ROW]}].{column}"
                self._not_read.append(NotRead(path=path, reason="a date or time that an item has no field for"))

    def _concept_id(self, row: Row, table: str, column: str) -> str | None:
        """Return the concept id of a column, or None: empty, 0, or damaged, and then it is listed."""
        words, path = (as_text(row.get(column)) or "").strip(), f"{table}[{row[ROW]}].{column}"
        if not words or words == "0":
            return None
        if _CONCEPT_ID.fullmatch(words):
            return words
        if path not in self._damaged:
            self._damaged.add(path)
            self._not_read.append(
                NotRead(
                    path=path,
                    reason="a damaged concept id: it is no whole number, as after a spreadsheet or a column of floats",
                    coded=True,
                    broken=True,
                    codings=(Coding(system="OMOP", code=words, path=path),),
                )
            )
        return None

    def _coding(self, row: Row, table: str, column: str) -> Coding | None:
        concept, path = self._concept_id(row, table, column), f"{table}[{row[ROW]}].{column}"
        if concept is None:
            return None
        if concept not in self._concepts:
            return Coding(system="OMOP", code=concept, path=path)
        system, code, display = self._concepts[concept]
        return Coding(system=system, code=code, display=display, path=path)

    def _codings(self, row: Row, table: str, columns: Iterable[str]) -> tuple[Coding, ...]:
        """Return the codings of some columns; one code under two columns is given once."""
        found: dict[tuple[str | None, str | None], Coding] = {}
        for column in columns:
            coding = self._coding(row, table, column)
            if coding is not None:
                found.setdefault((coding.system, coding.code), coding)
        return tuple(found.values())

    def _main(self, table: str, row: Row) -> tuple[Coding, ...]:
        stem = _SHAPES[table].stem
        return self._codings(row, table, (f"{stem}_source_concept_id", f"{stem}_concept_id"))

    def _all_codings(self, table: str, row: Row) -> tuple[Coding, ...]:
        return self._codings(row, table, (c for c in self._tables[table].columns if c.endswith("concept_id")))

    def _broken(self, table: str, row: Row, reason: str) -> NotRead:
        codings = self._all_codings(table, row)
        return NotRead(
            path=f"{table}[{row[ROW]}]",
            reason=reason,
            resource_type=table,
            whole=True,
            broken=True,
            coded=bool(codings),
            codings=codings,
        )

    def _shared(self, table: str, row: Row, visits: dict[str, str]) -> dict[str, Any]:
        stem = _SHAPES[table].stem
        own = as_text(row.get(f"{table}_id"))
        visit = as_text(row.get("visit_occurrence_id"))
        source = as_text(row.get(f"{stem}_source_value"))
        return {
            "path": f"{table}[{row[ROW]}]",
            "resource_type": table,
            "id": f"{table}/{own}" if own is not None else None,
            "consultation_date": visits.get(visit) if visit is not None else None,
            "text": source if source not in {c.code for c in self._main(table, row)} else None,
            "qualifiers": tuple(self._qualifiers(table, row)),
        }

    def _qualifiers(self, table: str, row: Row) -> Iterator[Qualifier]:
        """Yield every other concept and source value of the row under its column's name, and sentences that may deny it."""
        yield from self._unknown[table].words(row)
        stem = _SHAPES[table].stem
        done = {f"{stem}_concept_id", f"{stem}_source_concept_id", f"{stem}_source_value", "route_concept_id"}
        for column in self._tables[table].columns:
            if column in done or (column in _VALUE_COLUMNS and table in ("measurement", "observation")):
                continue
            if column.endswith("_concept_id"):
                codings = self._codings(row, table, (column,))
                if codings:
                    yield Qualifier(role=column, codings=codings)
            elif column.endswith("_source_value") or column in ("stop_reason", "value_as_string"):
                words = as_text(row.get(column))
                if words is not None:
                    yield Qualifier(role=column, text=words)

    def _value(self, table: str, row: Row) -> Value | None:
        if table not in ("measurement", "observation"):
            return None
        path = f"{table}[{row[ROW]}]"
        number = as_decimal(row.get("value_as_number"))
        words = "; ".join(dict.fromkeys(filter(None, (as_text(row.get(c)) for c in ("value_as_string", "value_source_value")))))
        codings = self._codings(row, table, ("value_as_concept_id",))
        operator = self._concept_id(row, table, "operator_concept_id")
        if operator not in (None, _EQUALS) and (operator not in _OPERATORS or number is None):
            reason = "a comparator that a value cannot have here"
            self._not_read.append(NotRead(path=f"{path}.operator_concept_id", reason=reason, broken=True))
        unit, sent = self._coding(row, table, "unit_concept_id"), as_text(row.get("unit_source_value"))
        if number is None:
            return Value(codings=codings, text=words or None) if codings or words else None
        if codings:  # a number and an answer: the answer stands beside it in words
            words = "; ".join(c.display or c.code or "" for c in codings)
            self._not_read.append(
                NotRead(
                    path=f"{path}.value_as_concept_id",
                    codings=codings,
                    reason="an answer beside a number, and only one of them is a value",
                )
            )
        quantity = Quantity(value=number, unit=unit.code if unit is not None else sent, comparator=_OPERATORS.get(operator or ""))
        return Value(quantity=quantity, text=words or None)

    def _medication(self, table: str, row: Row, fields: dict[str, Any]) -> Medication:
        """Return a medication; its kind is that of its type concept, and a statement where that is none we know.

        A quantity or days of supply of 0 says nothing of the supply; it stays as words.
        """
        kind = _DRUG_KINDS.get(self._concept_id(row, table, "drug_type_concept_id") or "", "statement")
        start = self._date(table, row, "drug_exposure_start_date")
        numbers = {name: as_decimal(row.get(name)) for name in ("quantity", "days_supply")}
        none = tuple(Qualifier(role=name, text="0") for name, number in numbers.items() if number == Decimal(0))
        amount, days = (number if number else None for number in numbers.values())
        return Medication(
            **fields | {"qualifiers": (*fields["qualifiers"], *none)},
            kind=kind,
            products=self._main(table, row),
            start=start,
            end=self._date(table, row, "drug_exposure_end_date"),
            handed_over=start if kind == "dispense" else None,
            quantity=Quantity(value=amount) if amount is not None else None,
            days_supply=days,
            route=self._codings(row, table, ("route_concept_id",)),
            dosage_text=as_text(row.get("sig")),
        )


def _written_out(row: Row) -> str | None:
    """Return year, month and day of birth as one date, as far as they are given. Raises BadValue where they are none."""
    year, month, day = (as_text(row.get(f"{unit}_of_birth")) for unit in ("year", "month", "day"))
    if year is None:
        return None
    words = f"{int(year):04d}" if year.isdigit() else year
    if month is not None:
        words += f"-{month.zfill(2)}"
        if day is not None:
            words += f"-{day.zfill(2)}"
    return as_date(words)


def _agreed(date: str | None, other: str | None) -> str | None:
    """Return the more exact of two dates; None where both cannot be so, or neither is given.

    A time in a zone may stand on the day before or after: the date is then the one that was written as a date.
    """
    if date is None or other is None:
        return date or other
    if other[:10].startswith(date[:10]) or date[:10].startswith(other[:10]):
        return max(date, other, key=len)
    zoned = [one for one in (date, other) if _ZONED.search(one)]
    if zoned and len(date) >= 10 and len(other) >= 10 and abs(day_interval(other)[0] - day_interval(date)[0]) <= 1:
        return other if date in zoned else date
    return None
