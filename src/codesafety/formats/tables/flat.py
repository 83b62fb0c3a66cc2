"""The reader of flat tables: one row an entry or a medication, one patient over many rows.

A file (CSV, TSV, parquet) or a folder of them. Columns, in any letter case and order; all but the patient's and the code's may
be missing:

| columns | meaning |
|---|---|
| patient_id, patient, person_id, patid | whose row it is |
| gender, sex | administrative gender: male, female, other, unknown, or M, F, O, U |
| birth_sex, birthsex, sex_at_birth | sex at birth |
| birth_date, date_of_birth, dob, born | date of birth |
| death_date, deceased, died | date of death, or true or false |
| nhs_number | NHS number |
| kind | observation, condition, procedure, allergy, immunization, family-history, other, medication; else the table's name |
| system, code, display (or term, description) | the code |
| date, start, event_date; end_date, stop; recorded | when it happened, ended, was written down |
| status, clinical_status, verification, assertion, subject, temporality | as in the record model |
| value, unit; value_system, value_code, value_display; text | what was measured or answered; words |
| reason_system, reason_code, reason_display | why |
| id, encounter, intent, quantity, days_supply, dose, times_a_day | as in the record model; `encounter` names a consultation |

A table `patients` holds one row a patient, named by `id` where no other column names one. A table that names no patient is listed,
and where it holds codes, each patient is for review. A table `encounters` gives the dates of consultations, and a row of it that
holds a code, a value or words is an entry. Any other column is listed by its number, for its name may be a patient's, and where it is called as columns of codes are (`snomed_code`, `local_code`), or holds
identifiers of SNOMED CT concepts, its codes are not judged, and the patient is for review. Dates are ISO 8601, or HL7's
`19700101`; one in any other form breaks its own column of its row, which is listed, and the item is held: no other date stands in
for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from codesafety.errors import InputError
from codesafety.formats import stated
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
    Value,
)

ALIASES: dict[str, tuple[str, ...]] = {
    "patient": ("patient_id", "patient", "person_id", "patid"),
    "nhs_number": ("nhs_number",),
    "gender": ("gender", "sex"),
    "sex_at_birth": ("birth_sex", "birthsex", "sex_at_birth"),
    "born": ("birth_date", "birthdate", "date_of_birth", "dob", "born"),
    "died": ("death_date", "date_of_death", "deceased", "died"),
    "kind": ("kind",),
    "system": ("system", "code_system", "vocabulary"),
    "code": ("code",),
    "display": ("display", "term", "description"),
    "date": ("date", "start", "start_date", "event_date"),
    "end_date": ("end_date", "stop", "stop_date"),
    "recorded": ("recorded", "recorded_date"),
    "status": ("status",),
    "clinical_status": ("clinical_status",),
    "verification": ("verification", "verification_status"),
    "assertion": ("assertion",),
    "subject": ("subject",),
    "temporality": ("temporality",),
    "value": ("value",),
    "unit": ("unit", "units"),
    "value_system": ("value_system",),
    "value_code": ("value_code",),
    "value_display": ("value_display",),
    "text": ("text",),
    "reason_system": ("reason_system",),
    "reason_code": ("reason_code",),
    "reason_display": ("reason_display", "reason_description"),
    "id": ("id",),
    "encounter": ("encounter", "encounter_id"),
    "intent": ("intent",),
    "quantity": ("quantity",),
    "days_supply": ("days_supply",),
    "dose": ("dose",),
    "times_a_day": ("times_a_day",),
}
OF_PATIENT = ("nhs_number", "gender", "sex_at_birth", "born", "died")
PATIENT_TABLES = ("patients", "patient")
"""Tables whose rows are no items."""
ENCOUNTER_TABLES = ("encounters", "encounter")
"""Tables whose rows date others, and are items where they hold more than that."""
_KINDS = {
    "observations": "observation",
    "conditions": "condition",
    "procedures": "procedure",
    "allergies": "allergy",
    "immunizations": "immunization",
    "immunisations": "immunization",
    "medications": "medication",
    "careplans": "other",
    **dict.fromkeys(ENCOUNTER_TABLES, "encounter"),
}
_ENTRY_KINDS = (
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
GENDERS: dict[str, Gender] = {
    "male": "male",
    "m": "male",
    "female": "female",
    "f": "female",
    "other": "other",
    "o": "other",
    "unknown": "unknown",
    "u": "unknown",
    "unk": "unknown",
}
_ASSERTIONS = {
    **dict.fromkeys(("denied", "negated", "refuted", "ruled-out", "excluded"), "absent"),
    **dict.fromkeys(("affirmed", "confirmed"), "present"),
    **dict.fromkeys(("suspected", "probable"), "possible"),
}
"""What tables write for the words of the record model, beside those words."""


_CODES = (
    ("system", "code", "display"),
    ("value_system", "value_code", "value_display"),
    ("reason_system", "reason_code", "reason_display"),
)
_OF_ENTRIES: dict[str, frozenset[str]] = {
    "assertion": frozenset({"present", "affirmed", "confirmed"}),
    "subject": frozenset({"patient"}),
    "temporality": frozenset({"current"}),
    "clinical_status": frozenset({"active"}),
    "verification": frozenset({"confirmed"}),
    "value": frozenset(),
    "value_code": frozenset(),
}
"""Fields that a medication has no place for; of those that decide what is said, the words that change nothing."""
_OF_MEDICATIONS: dict[str, frozenset[str]] = {
    "intent": frozenset({"order", "original-order", "instance-order", "filler-order", "reflex-order"}),
    **dict.fromkeys(("quantity", "days_supply", "dose", "times_a_day"), frozenset[str]()),
}


class FlatReader:
    """Reads flat tables, patient by patient."""

    @property
    def name(self) -> str:
        return "flat-table"

    def recognises(self, source: Source) -> bool:
        return any(_field(header_of(path), "patient") and "code" in header_of(path) for path in table_files(source.path).values())

    def read_many(self, source: Source) -> Iterable[tuple[str, Submission]]:
        """Yield (the row that first names the patient, submission). Raises InputError where a table cannot be read."""
        return in_parts(self.open(source), self.patients)

    def open(self, source: Source) -> Opened:
        """Return the tables at a path. Raises InputError where one cannot be read, or none names a patient and a code."""
        return self.opened(open_tables(source.path, source.name), source.name)

    @staticmethod
    def opened(tables: Mapping[str, Table], source: str) -> Opened:
        """Return some tables as this reader's. Raises InputError where none names a patient and a code."""
        keys = {name: key for name, table in tables.items() if (key := _key(table))}
        if not any("code" in tables[name].columns for name in keys):
            raise InputError(
                "holds no table with a patient and a code", source=source, help="name the columns `patient_id` and `code`"
            )
        others = (_of_nobody(table) for name, table in tables.items() if name not in keys)
        return Opened(source, {name: tables[name] for name in keys}, keys, listed=tuple(others))

    def patients(self, opened: Opened, rows: Rows) -> Patients:
        """Yield the patients of some rows."""
        people = dict.fromkeys(
            key for groups in (*(rows[n] for n in PATIENT_TABLES if n in rows), *rows.values()) for key in groups
        )
        for key in people:
            mine = {name: groups[key] for name, groups in rows.items() if key in groups}
            for row, submission in _submissions(key, mine, opened.tables, self.name, opened.listed):
                yield key, row, submission


def _of_nobody(table: Table) -> NotRead:
    """Return the line of a table that names no patient: any patient's codes may stand in one that has a column of codes."""
    coded = bool(table.rows) and any(column == "code" or names_codes(column) for column in table.columns)
    reason = "a table that names no patient"
    return NotRead(path=table.name, reason=f"{reason}, and it holds codes" if coded else reason, whole=coded, coded=coded)


def _key(table: Table) -> str | None:
    """Return the column that names the patient: in a table of patients their own id, where no other does."""
    named = _field(table.columns, "patient")
    return named or (_field(table.columns, "id") if table.name in PATIENT_TABLES else None)


def _field(columns: Iterable[str], field: str) -> str | None:
    """Return the column that holds a field, or None."""
    return next((alias for alias in ALIASES[field] if alias in columns), None)


def field_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return the column of each field that a table has."""
    held = tuple(columns)
    return {field: column for field in ALIASES if (column := _field(held, field)) is not None}


def _submissions(
    key: str | None, rows: dict[str, list[Row]], tables: Mapping[str, Table], name: str, others: Iterable[NotRead]
) -> Iterator[tuple[str, Submission]]:
    first = next(f"{table}[{held[0][ROW]}]" for table, held in rows.items())
    if key is None:
        for table, held in rows.items():
            reader = _Rows(tables[table])
            for row in held:
                line = reader.broken(row, "the row names no patient")
                yield line.path, Submission(format=name, not_read=(line,))
        return
    found = _Patient(rows, tables)
    yield (
        first,
        Submission(
            format=name,
            patient=found.patient,
            entries=tuple(found.entries),
            medications=tuple(found.medications),
            not_read=(*found.not_read, *others),
        ),
    )


class _Patient:
    """One patient's rows, gathered into items."""

    def __init__(self, rows: dict[str, list[Row]], tables: Mapping[str, Table]) -> None:
        self.entries: list[Entry] = []
        self.medications: list[Medication] = []
        self.not_read: list[NotRead] = []
        self._encounters: dict[str, str] = {}
        stated: dict[str, set[str]] = {field: set() for field in OF_PATIENT}
        for name in ENCOUNTER_TABLES:
            for row in rows.get(name, []):
                self._encounter(_Rows(tables[name]), row)
        path = None
        for name, held in rows.items():
            reader = _Rows(tables[name])
            for row in held:
                for field in OF_PATIENT:
                    self._state(reader, row, field, stated)
                if name in PATIENT_TABLES:
                    path = path or reader.path(row)
                    self._not_judged(reader, row, "a code in the table of patients, whose rows are no items", *_CODES)
                elif name not in ENCOUNTER_TABLES or reader.says(row):
                    self._item(reader, row)
            self.not_read.extend(reader.unknown.lines(held))
        fields: dict[str, Any] = {}
        for field, values in stated.items():
            if len(values) > 1:
                self.not_read.append(NotRead(path=ALIASES[field][0], reason="the rows of one patient differ in it", broken=True))
            elif values:
                fields[field] = next(iter(values))
        if fields.get("died") in ("true", "false"):
            fields["deceased"] = fields.pop("died") == "true"
        elif "died" in fields:
            fields["deceased"] = True
        self.patient = Patient(**fields, path=path)

    def _state(self, reader: _Rows, row: Row, field: str, stated: dict[str, set[str]]) -> None:
        words = None
        try:
            words = reader.text(row, field)
            if field == "born" or (field == "died" and words not in ("true", "false", None)):
                words = reader.date(row, field)
        except BadValue as error:
            self.not_read.append(NotRead(path=reader.path(row, field), reason=str(error), broken=True))
            return
        if words is None:
            return
        if field in ("gender", "sex_at_birth"):
            known = GENDERS.get(words.strip().lower())
            if known is None:
                self.not_read.append(
                    NotRead(
                        path=reader.path(row, field), broken=True, reason="the word is none of male, female, other and unknown"
                    )
                )
                return
            words = known
        stated[field].add(words)

    def _encounter(self, reader: _Rows, row: Row) -> None:
        try:
            day, own = reader.date(row, "date"), reader.text(row, "encounter") or reader.text(row, "id")
            took_place = not stated.is_void("Encounter", stated.folded(reader.text(row, "status")))
        except BadValue as error:
            if not reader.says(row):  # else the item does
                self.not_read.append(reader.broken(row, str(error)))
            return
        if day is not None and own is not None and took_place:
            self._encounters[own] = day

    def _not_judged(self, reader: _Rows, row: Row, reason: str, *columns: tuple[str, str, str]) -> None:
        codings = tuple(coding for names in columns for coding in reader.codings(row, *names))
        if codings:
            line = NotRead(path=reader.path(row), reason=reason, resource_type=reader.table.name, coded=True, codings=codings)
            self.not_read.append(line)

    def _item(self, reader: _Rows, row: Row) -> None:
        row, too_long = without_long_text(row)
        row, broken = reader.without_bad_dates(row)
        self.not_read.extend(broken)
        try:
            if too_long is not None:
                raise BadValue(too_long)
            kind = (reader.text(row, "kind") or _KINDS.get(reader.table.name) or "other").strip().lower()
            kind = _KINDS.get(kind, kind)
            self.not_read.extend(reader.without_place(row, kind))
            if kind == "medication":
                medication = reader.medication(row, self._encounters)
                self.medications.append(medication)
                self.not_read.extend(stated.of_medication(medication))
            elif kind in _ENTRY_KINDS:
                entry, strange = stated.of_entry(reader.entry(row, kind, self._encounters))
                self.entries.append(entry)
                self.not_read.extend(strange)
            else:
                raise BadValue("the kind is none that an entry may have")
        except BadValue as error:
            self.not_read.append(reader.broken(row, str(error)))
        except RecordError as error:
            field = re.split(r"\W", error.path or "")[0]
            self.not_read.append(reader.broken(row, f"a word or a number that `{field}` may not be"))


class _Rows:
    """The columns of one table by field, and its rows as models."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.column = field_columns(table.columns)
        self.unknown = Unknown(table, {*self.column.values(), ROW})

    def path(self, row: Row, field: str | None = None) -> str:
        path = f"{self.table.name}[{row[ROW]}]"
        return path if field is None else f"{path}.{self.column[field]}"

    def text(self, row: Row, field: str) -> str | None:
        return as_text(row[self.column[field]]) if field in self.column else None

    def date(self, row: Row, field: str) -> str | None:
        return as_date(row[self.column[field]]) if field in self.column else None

    def without_bad_dates(self, row: Row) -> tuple[Row, list[NotRead]]:
        """Return a row without the dates that are none, and those; without when it happened, no consultation says when it did."""
        broken: dict[str, NotRead] = {}
        for field in ("date", "end_date", "recorded"):
            try:
                self.date(row, field)
            except BadValue as error:
                broken[field] = NotRead(path=self.path(row, field), reason=str(error), broken=True)
        lost = [*broken, *(("encounter",) if "date" in broken and "encounter" in self.column else ())]
        return row | dict.fromkeys(self.column[field] for field in lost), list(broken.values())

    def says(self, row: Row) -> bool:
        """Return whether a row holds a code, a value or words."""
        said = ("value", "text", *(field for _, code, display in _CODES for field in (code, display)))
        return any(self.text(row, field) is not None for field in said)

    def codings(self, row: Row, system: str, code: str, display: str) -> tuple[Coding, ...]:
        words = self.text(row, code), self.text(row, display)
        if words == (None, None):
            return ()
        return (Coding(system=self.text(row, system), code=words[0], display=words[1], path=self.path(row)),)

    def broken(self, row: Row, reason: str) -> NotRead:
        codings = self.codings(row, "system", "code", "display") + self.codings(
            row, "value_system", "value_code", "value_display"
        )
        return NotRead(
            path=self.path(row),
            reason=reason,
            resource_type=self.table.name,
            whole=True,
            broken=True,
            coded=bool(codings),
            codings=codings,
        )

    def without_place(self, row: Row, kind: str) -> Iterator[NotRead]:
        """Yield a line for each field of a row that an item of its kind has no place for, and that says more than nothing."""
        for field, plainly in (_OF_ENTRIES if kind == "medication" else _OF_MEDICATIONS).items():
            words = stated.folded(self.text(row, field))
            if words is None or words in plainly:
                continue
            decides, coded = bool(plainly), field.endswith("code")
            what = "a medication" if kind == "medication" else "an entry"
            yield NotRead(
                path=self.path(row, field),
                reason=f"{what} has no place for it" + (", and it may change what is said" if decides else ""),
                resource_type=self.table.name,
                coded=coded,
                broken=decides,
                codings=self.codings(row, "value_system", "value_code", "value_display") if coded else (),
            )

    def _shared(self, row: Row, encounters: dict[str, str]) -> dict[str, Any]:
        encounter = self.text(row, "encounter")
        codings = self.codings(row, "reason_system", "reason_code", "reason_display")
        return {
            "path": self.path(row),
            "resource_type": self.table.name,
            "id": self.text(row, "id"),
            "text": self.text(row, "text"),
            "status": stated.folded(self.text(row, "status")),
            "recorded": self.date(row, "recorded"),
            "consultation_date": encounters.get(encounter) if encounter is not None else None,
            "qualifiers": (*((Qualifier(role="reason", codings=codings),) if codings else ()), *self.unknown.words(row)),
        }

    def entry(self, row: Row, kind: str, encounters: dict[str, str]) -> Entry:
        fields = self._shared(row, encounters)
        assertion = stated.folded(self.text(row, "assertion"))
        assertion = _ASSERTIONS.get(assertion or "", assertion)
        ended = self.date(row, "end_date")
        if assertion is None and self.table.name == "careplans":
            assertion = "planned"
        return Entry(
            **{
                **fields,
                "kind": kind,
                "codings": self.codings(row, "system", "code", "display"),
                "clinical_status": stated.folded(self.text(row, "clinical_status")),
                "verification": stated.folded(self.text(row, "verification")),
                "assertion": assertion,
                "subject": self.text(row, "subject") or ("family" if kind == "family-history" else None),
                "temporality": self.text(row, "temporality"),
                "date": self.date(row, "date"),
                "end_date": ended,
                "value": self._value(row),
            }
        )

    def _value(self, row: Row) -> Value | None:
        codings = self.codings(row, "value_system", "value_code", "value_display")
        words = self.text(row, "value")
        if codings:
            return Value(codings=codings, text=words)
        if words is None:
            return None
        try:
            return Value(quantity=Quantity(value=as_decimal(words), unit=self.text(row, "unit")))
        except BadValue:
            return Value(text=words)

    def medication(self, row: Row, encounters: dict[str, str]) -> Medication:
        """Return a medication: a request where the row has an intent (a plan where it is one), else a statement."""
        intent = self.text(row, "intent")
        kind = "statement" if intent is None else "plan" if intent in ("plan", "proposal", "option") else "request"
        numbers: dict[str, Any] = {
            field: as_decimal(row[self.column[field]]) for field in ("days_supply", "dose", "times_a_day") if field in self.column
        }
        amount = as_decimal(row[self.column["quantity"]]) if "quantity" in self.column else None
        return Medication(
            **{
                **self._shared(row, encounters),
                **numbers,
                "kind": kind,
                "products": self.codings(row, "system", "code", "display"),
                "start": self.date(row, "date"),
                "end": self.date(row, "end_date"),
                "quantity": Quantity(value=amount, unit=self.text(row, "unit")) if amount is not None else None,
            }
        )
