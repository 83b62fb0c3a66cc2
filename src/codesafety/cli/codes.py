"""`codesafety codes`: published lists of codes, checked and, on request, copied with the repairs that are the only ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from codesafety import __version__, builtin
from codesafety.answers.sarif import artifact, location, log, notification
from codesafety.cli.output import CLEAN, FAILED, SOMETHING, ListFormat, complain_of, finish, unwritable, write
from codesafety.diagnostics import shortened
from codesafety.engine import checked_path, load
from codesafety.errors import CodesafetyError, InputError
from codesafety.paths import writing
from codesafety.terminology.codelists.checking import MOST_DAMAGED, CheckedCode, CheckedList, Problem, check_codelist, fixed_rows
from codesafety.terminology.errors import ReleaseError, TerminologyError
from codesafety.terminology.interface import Status, Terminology, Words

_SHOWN = 1000
_LONGEST = 80  # characters of a cell that are shown

app = typer.Typer(help="Check published lists of codes.", no_args_is_help=True)


@app.callback()
def codes() -> None:
    """Check published lists of codes."""


@app.command()
def check(
    lists: Annotated[list[Path], typer.Argument(metavar="LIST.csv…", help="CSV or TSV files, also gzipped.")],
    pack: Annotated[Path | None, typer.Option(help="A pack: tells unknown and inactive codes, and every description.")] = None,
    fix: Annotated[
        Path | None,
        typer.Option(metavar="OUT.csv", help="Write a copy of one list, with the repairs that are the only ones possible."),
    ] = None,
    format: Annotated[ListFormat, typer.Option(help="How to write what was found.")] = ListFormat.TEXT,
) -> None:
    """Find damaged, unknown, inactive and doubled codes, and terms that disagree with their code.

    Nothing is repaired unasked: a person chooses. Exit code 0: nothing found; 1: something found, or no code; 2: a list, the
    pack or the copy could not be read or written.
    """
    _refuse_fix(lists, fix)
    try:
        terminology = _terminology(pack)
    except (CodesafetyError, OSError) as error:
        complain_of(error)
        finish(FAILED, answered=0)
    checked: list[CheckedList] = []
    errors: list[tuple[Path, str]] = []
    copied = False
    for path in lists:
        try:
            one = check_codelist(checked_path(path), terminology)
            checked.append(one)
            if one.until is not None:
                errors.append((path, _read_in_part(one)))
        except (InputError, TerminologyError, OSError) as error:
            errors.append((path, shortened(str(error))))
    if fix is not None and checked and checked[0].until is None:
        try:
            _write_copy(fix, checked[0])
            copied = True
        except OSError as error:
            errors.append((fix, str(unwritable(error))))
    if format is not ListFormat.TEXT:
        for line in _as_json(checked, errors, terminology) if format is ListFormat.JSON else _as_sarif(checked, errors):
            write(line)
    else:
        for one in checked:
            for line in _as_lines(one):
                write(line)
        if copied:
            write(f"{fix}: written, {checked[0].repairs} codes repaired")
    for _, message in errors:
        complain_of(message)
    clean = all(one.rows and one.is_clean for one in checked)
    finish(FAILED if errors else CLEAN if clean else SOMETHING, answered=sum(one.rows for one in checked))


def _read_in_part(one: CheckedList) -> str:
    return str(
        ReleaseError(
            str(one.source.path),
            one.until,
            f"more than {MOST_DAMAGED:,} rows up to here are no codes of SNOMED CT: the rest is not read",
            "name the column after its code system, such as `read2`, or export the list again",
        )
    )


def _terminology(pack: Path | None) -> Terminology:
    if pack is None:
        return load(*builtin.all_rulesets(), installed_plugins=False).binding.codebook.terminology
    from codesafety.terminology.release import Release  # a release's engine is loaded only where there is a release

    opened = Release.open(checked_path(pack))
    opened.pack.verify()  # a damaged pack decides silently: one pass over the file, once
    return opened


def _refuse_fix(lists: list[Path], fix: Path | None) -> None:
    if fix is None:
        return
    if len(lists) != 1:
        raise typer.BadParameter("--fix writes the copy of one list: give one list at a time")
    if fix.is_symlink() or fix.exists():
        raise typer.BadParameter(f"{fix} is there already, and a copy must not replace it: name another file, or remove it")


def _write_copy(path: Path, checked: CheckedList) -> None:
    """Write the copy whole or not at all."""
    with writing(path) as file:
        csv.writer(file, delimiter=checked.source.delimiter, lineterminator="\n").writerows(fixed_rows(checked))


def _as_lines(checked: CheckedList) -> Iterator[str]:
    path, shown = checked.source.path, 0
    yield from (f"{path}: note: {note}" for note in checked.notes)
    total = sum(checked.counts.values())
    for code in checked if total else ():
        for problem in code.problems:
            yield f"{path}:{code.row.line}: {_sentence(problem, code, checked.speaks_of(code))}"
        shown += len(code.problems)
        if shown >= min(total, _SHOWN):
            break
    if shown < total:
        yield f"{path}: … {total - shown} more: --format json has all"
    counted = ", ".join(f"{number} {problem}" for problem, number in checked.counts.items())
    ending = f" ({checked.repairs} with one repair)" if checked.repairs else ""
    yield f"{path}: {checked.rows} codes: {counted or 'nothing found'}{ending}"


def _sentence(problem: Problem, code: CheckedCode, of_snomed: bool) -> str:
    shown = f"`{_clipped(code.row.code)}`"
    match problem:
        case Problem.DAMAGED:
            was = " or ".join(code.candidates) if of_snomed else ""
            return f"{shown} {code.diagnosis}" + (f": was {was}" if was else "")
        case Problem.UNKNOWN:
            return f"{code.candidates[0] if code.candidates else shown} is not in the release"
        case Problem.INACTIVE:
            became = code.replacements
            if became.same:
                return f"{shown} is inactive: replaced by {', '.join(became.same)}"
            if became.possible:
                return f"{shown} is inactive: possibly {' or '.join(became.possible)}"
            return f"{shown} is inactive, and the release names no replacement"
        case Problem.TERM:
            if code.words is not None and code.words.verdict is Words.NAMES_ANOTHER:
                return f"{shown} stands beside `{_clipped(code.row.term or '')}`, which describes {', '.join(code.words.others)}"
            if code.words is not None and code.words.verdict is Words.DIFFERS:
                return f"{shown} stands beside `{_clipped(code.row.term or '')}`, which is its name but for a word that tells codes apart"
            return f"{shown} stands beside `{_clipped(code.row.term or '')}`, which denies it"
        case Problem.DUPLICATE:
            as_what = f", as {code.candidates[0]}," if code.candidates else ""
            return f"{shown}{as_what} stands in line {code.duplicate_of} already"
        case Problem.RAGGED:
            return f"{shown} has another number of cells than the header"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _as_json(checked: list[CheckedList], errors: list[tuple[Path, str]], terminology: Terminology) -> Iterator[str]:
    """Yield one JSON object, a line a code: a list may be longer than what can be held."""
    about = {"name": terminology.name, "edition": terminology.edition, "digest": terminology.digest}
    yield f'{{"terminology": {_text(about)}, "files": ['
    failed = [_text({"file": str(path), "error": message}) for path, message in errors]
    for number, one in enumerate(checked):
        yield f"{_text(_file_as_json(one))[:-1]}, "
        yield from _ids_as_json(one)
        yield "}" + ("," if failed or number < len(checked) - 1 else "")
    yield ",\n".join(failed)
    yield "]"
    if len(checked) + len(failed) == 1:
        yield ","
        yield from _ids_as_json(checked[0]) if checked else ('"ids": []',)
    yield "}"


_RULES = {
    Problem.DAMAGED: "A code that was damaged, or cannot be one",
    Problem.UNKNOWN: "A code that the release does not know",
    Problem.INACTIVE: "A code that is no longer in use",
    Problem.TERM: "A term that disagrees with its code",
    Problem.DUPLICATE: "A code that stands twice",
    Problem.RAGGED: "A row with another number of cells than the header",
}


def _as_sarif(checked: list[CheckedList], errors: list[tuple[Path, str]]) -> Iterator[str]:
    """Yield one SARIF log, a line a result."""
    notes = [notification("not-read", "hold", message, str(path)) for path, message in errors]
    notes += [notification("note", "note", note, str(one.source.path)) for one in checked for note in one.notes]
    rules = [{"id": str(problem), "shortDescription": {"text": words}} for problem, words in _RULES.items()]
    artifacts = [artifact(str(one.source.path)) for one in checked] + [artifact(str(path)) for path, _ in errors]
    empty = '"results": []'
    before, _, after = _text(log(__version__, rules, [], notes, artifacts)).rpartition(empty)
    yield before + empty[:-1]
    results = (_result(problem, code, one) for one in checked for code in one for problem in code.problems)
    comma = ""
    for result in results:
        yield comma + _text(result)
        comma = ","
    yield empty[-1] + after


def _result(problem: Problem, code: CheckedCode, one: CheckedList) -> dict[str, Any]:
    return {
        "ruleId": str(problem),
        "level": "error" if problem is Problem.DAMAGED else "warning",
        "message": {"text": _sentence(problem, code, one.speaks_of(code))},
        "locations": [location(str(one.source.path), line=code.row.line)],
    }


def _ids_as_json(checked: CheckedList) -> Iterator[str]:
    before = '"ids": ['
    for code in checked:
        yield before
        before = f"{_text(_id_as_json(code))},"
    yield before.removesuffix(",")
    yield "]"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _file_as_json(one: CheckedList) -> dict[str, Any]:
    return {
        "file": str(one.source.path),
        "encoding": one.source.encoding,
        "header": list(one.source.header) if one.source.header is not None else None,
        "notes": list(one.notes),
        "rows": one.rows,
        "problems": one.counts,
        "diagnoses": one.diagnoses,
    }


def _id_as_json(code: CheckedCode) -> dict[str, Any]:
    known = code.status not in (None, Status.CANNOT_TELL)
    return {
        "line": code.row.line,
        "code": code.row.code,
        "term": code.row.term,
        "system": code.row.system,
        "diagnosis": str(code.diagnosis),
        "candidates": list(code.candidates),
        "repair": code.repair,
        "status": str(code.status) if code.status is not None else None,
        "replacement": {"same": list(code.replacements.same), "possible": list(code.replacements.possible)} if known else None,
        "words": {"verdict": str(code.words.verdict), "others": list(code.words.others)} if code.words is not None else None,
        "duplicate_of": code.duplicate_of,
        "problems": [str(problem) for problem in code.problems],
    }
