"""Turn the Medicare Code Editor's sex and age flags per ICD-10-CM code into a ruleset: two tables, two rules.

The editor's table has one row a code with flags and dates; its age groups have dated ranges of their own, so a code's row is split
where the range of its group changed. Source: CMS Medicare Code Editor, a work of the United States Government.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesafety.engine import checked_path
from codesafety.errors import InputError
from codesafety.paths import writing

_CODES = ("code", "start_date", "end_date", "female", "male", "newborn", "pediatric", "maternity", "adult")
_AGES = ("age_group", "start_age", "end_age", "start_date", "end_date")
_GROUPS = ("newborn", "pediatric", "maternity", "adult")
_OPEN = "99991231"


@dataclass(frozen=True, slots=True)
class Imported:
    """How much was written."""

    codes: int
    sex_rows: int
    age_rows: int
    folder: Path


@dataclass(frozen=True, slots=True)
class _Flags:
    code: str
    start: str
    end: str
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Range:
    group: str
    low: int
    high: int
    start: str
    end: str


def import_mce(files: Sequence[Path], folder: Path, *, name: str = "cms.mce") -> Imported:
    """Write a ruleset that answers as the editor does. Raises InputError that names file, line and reason.

    `files` are recognised by their header: one with a code a row, and one with the age groups' ranges. What `folder` holds is not
    written over.
    """
    codes: list[_Flags] = []
    ranges: list[_Range] = []
    for file in files:
        header, rows = _table(file)
        if set(_CODES) <= set(header):
            codes += [_flags(file, line, row) for line, row in rows]
        elif set(_AGES) <= set(header):
            ranges += [_range(file, line, row) for line, row in rows]
        else:
            raise InputError(
                "this is no table of the Medicare Code Editor",
                source=str(file),
                path="line 1",
                help=f"its columns are {', '.join(_CODES)}, or {', '.join(_AGES)}",
            )
    if not codes:
        raise InputError(
            "no file has the flags of codes", source=", ".join(map(str, files)), help=f"columns: {', '.join(_CODES)}"
        )
    used = {group for flags in codes for group in _GROUPS if group in flags.flags}
    lacking = used - {r.group for r in ranges}
    if lacking:
        raise InputError(
            f"no file has the age range of: {', '.join(sorted(lacking))}",
            source=", ".join(map(str, files)),
            help=f"give the table of age groups too; its columns are {', '.join(_AGES)}",
        )
    if folder.exists() and any(folder.iterdir()):
        raise InputError("the folder is not empty, and nothing is written over", source=str(folder), help="give a new folder")
    sex = [(f.code, side, f.start, f.end) for f in codes for side in ("female", "male") if side in f.flags]
    ages = [row for f in codes for row in _age_rows(f, ranges)]
    (folder / "codes").mkdir(parents=True, exist_ok=True)
    _write(
        folder / "codes" / "mce_sex.csv", files, ("code", "sex", "start", "end"), [(c, s, _iso(a), _iso(b)) for c, s, a, b in sex]
    )
    _write(
        folder / "codes" / "mce_age.csv",
        files,
        ("code", "age_group", "min_age", "max_age", "start", "end"),
        [(c, g, str(lo), str(hi), _iso(a), _iso(b)) for c, g, lo, hi, a, b in ages],
    )
    with writing(folder / "mce.rules") as stream:
        stream.write(_rules(name, sex[0], ages))
    return Imported(len({f.code for f in codes}), len(sex), len(ages), folder)


def _table(file: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    try:
        with checked_path(file).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            rows = [(reader.line_num, row) for row in reader]
            return [h.strip() for h in reader.fieldnames or []], rows
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError(
            "it cannot be read as a CSV file in UTF-8", source=str(file), help="check the path and the file"
        ) from None


def _cell(file: Path, line: int, row: dict[str, str], column: str) -> str:
    value = row.get(column)
    if value is None or None in row:
        raise InputError(
            "the row has not as many cells as the header", source=str(file), path=f"line {line}", help="mend the row"
        )
    return value.strip()


def _day(file: Path, line: int, text: str, *, blank: str) -> str:
    if not text:
        return blank
    if len(text) != 8 or not text.isdigit():
        raise InputError("a date is not written YYYYMMDD", source=str(file), path=f"line {line}", help="such as 20191001")
    return text


def _flags(file: Path, line: int, row: dict[str, str]) -> _Flags:
    flags = set()
    for column in _CODES[3:]:
        value = _cell(file, line, row, column)
        if value not in ("0", "1"):
            raise InputError(
                f"the flag `{column}` is neither 0 nor 1", source=str(file), path=f"line {line}", help="mend the row"
            )
        if value == "1":
            flags.add(column)
    code = _cell(file, line, row, "code").replace(".", "")
    if not code.isalnum():
        raise InputError("the code is no ICD-10-CM code", source=str(file), path=f"line {line}", help="letters and digits")
    return _Flags(
        code,
        _day(file, line, _cell(file, line, row, "start_date"), blank="19840301"),
        _day(file, line, _cell(file, line, row, "end_date"), blank=_OPEN),
        frozenset(flags),
    )


def _range(file: Path, line: int, row: dict[str, str]) -> _Range:
    low, high = _cell(file, line, row, "start_age"), _cell(file, line, row, "end_age")
    if not (low.isdigit() and high.isdigit() and int(low) <= int(high)):
        raise InputError("an age range is not two whole numbers of years, low to high", source=str(file), path=f"line {line}")
    return _Range(
        _cell(file, line, row, "age_group").lower(),
        int(low),
        int(high),
        _day(file, line, _cell(file, line, row, "start_date"), blank="19840301"),
        _day(file, line, _cell(file, line, row, "end_date"), blank=_OPEN),
    )


def _age_rows(flags: _Flags, ranges: Sequence[_Range]) -> Iterator[tuple[str, str, int, int, str, str]]:
    """A code's row for each range of its groups, on the days that both are in force."""
    for r in ranges:
        start, end = max(flags.start, r.start), min(flags.end, r.end)
        if r.group in flags.flags and start <= end:
            yield flags.code, r.group, r.low, r.high, start, end


def _iso(day: str) -> str:
    return "" if day == _OPEN else f"{day[:4]}-{day[4:6]}-{day[6:]}"


def _write(path: Path, files: Sequence[Path], header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with writing(path) as stream:
        stream.write("# source: CMS Medicare Code Editor\n")
        stream.write(f"# files: {', '.join(f.name for f in files)}\n# method: codesafety rules import mce\n")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _rules(name: str, sex: tuple[str, str, str, str], ages: Sequence[tuple[str, str, int, int, str, str]]) -> str:
    code, side, start, _ = sex
    other = "male" if side == "female" else "female"
    age_code, _, low, high, age_start, _ = next((a for a in ages if a[2] > 0), ages[0])
    day, age_day = _iso(start), _iso(age_start)
    age_year = int(age_day[:4])
    return f'''ruleset {name} {{
  title    "Medicare Code Editor: sex and age limits of ICD-10-CM codes"
  version  1.0.0
  language 1
  review   none
}}

table sex_limits from "codes/mce_sex.csv" {{
  key    code in icd10cm
  column sex sex
  valid  from start until end
  source "CMS Medicare Code Editor"
}}

table age_limits from "codes/mce_age.csv" {{
  key    code in icd10cm
  column age_group text
  column min_age years
  column max_age years
  valid  from start until end
  source "CMS Medicare Code Editor"
}}

rule sex-conflict {{
  title   "A code that the editor limits to one sex"
  action  review
  hazard  H-06
  source  "CMS Medicare Code Editor, sex conflict edit; switched off for discharges from 1 October 2024"
  because "The editor limits the code to one sex on that day. One may be wrong, or both may be right."
  for     entry e with row r of sex_limits
  when    patient.gender is not r.sex
  say     "{{e}} is limited to one sex in the editor's table, and the record's gender is the other. One may be wrong, or both may be right."
  example "the other sex" {{ given patient gender {other} given incoming entry "{code}", system icd10cm, date {day} expect fires }}
  example "that sex"      {{ given patient gender {side} given incoming entry "{code}", system icd10cm, date {day} expect clear }}
  example "no sex"        {{ given incoming entry "{code}", system icd10cm, date {day} expect cannot tell: patient.gender }}
}}

rule age-conflict {{
  title   "A code that the editor limits to an age"
  action  review
  hazard  H-04
  source  "CMS Medicare Code Editor, age conflict edit"
  because "The editor limits the code to an age group on that day; its ranges changed in 2019."
  for     entry e with row r of age_limits
  when    age at e is not from r.min_age to r.max_age
  say     "{{e}} is limited to ages {{r.min_age}} to {{r.max_age}} in the editor's table; the patient was {{age at e}}."
  example "outside"       {{ given patient born {age_year - high - 2}-01-01 given incoming entry "{age_code}", system icd10cm, date {age_day} expect fires }}
  example "inside"        {{ given patient born {age_year - low - 1}-01-01 given incoming entry "{age_code}", system icd10cm, date {age_day} expect clear }}
  example "no birth date" {{ given incoming entry "{age_code}", system icd10cm, date {age_day} expect cannot tell: patient.born }}
}}
'''
