"""Write value sets' frozen files from a release, with its edition, digest and terms, and say what each gained and lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesafety import ir
from codesafety.errors import InputError, RuleError
from codesafety.language import parse
from codesafety.language.parsing import syntax
from codesafety.paths import refuse_endless, writing
from codesafety.terminology.interface import CodeContext, Terminology

_COLUMNS = ("system", "code", "term", "assertion", "subject", "time")
_BEGUN = ",".join(_COLUMNS) + "\n"


@dataclass(frozen=True, slots=True)
class Frozen:
    """One value set's frozen file: what it would hold, and how that differs from what it holds.

    `dropped`: what a file of terms loses: codes with their terms, those of other systems, contexts that the release does not give.
    """

    name: str
    path: Path
    text: str
    codes: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    kept: int = 0
    """Further terms of codes, which were in the file and are not what the release calls them first."""
    dropped: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether its codes differ. The release's name in its head may differ where they do not."""
        return bool(self.gained or self.lost)


@contextmanager
def begun(paths: Sequence[Path]) -> Iterator[None]:
    """Begin the frozen files that rules name beside `ecl` and that are not there, so that the rules can be loaded to write them.

    What is still only begun at the end, because something failed, is removed. Raises OSError where a file cannot be written.
    """
    absent = [path for file in _rule_files(paths) for path in _absent(file)]
    made: list[Path] = []
    try:
        for path in absent:
            path.parent.mkdir(parents=True, exist_ok=True)
            with writing(path) as stream:
                stream.write(_BEGUN)
            made.append(path)
        yield
    finally:
        for path in made:
            if path.read_text(encoding="utf-8") == _BEGUN:
                path.unlink()


def _rule_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from [path] if path.is_file() else sorted((*path.glob("*.rules"), *path.glob("*/*.rules")))


def _absent(file: Path) -> Iterator[Path]:
    try:
        refuse_endless(file)
        parsed = parse(file.read_text(encoding="utf-8-sig"), file.as_posix())
    except (RuleError, OSError, UnicodeDecodeError):
        return  # loading the rules says what is wrong with it
    root = file.parent.resolve()
    for declaration in parsed.declarations:
        if isinstance(declaration, syntax.ValueSet) and any(isinstance(part, syntax.Ecl) for part in declaration.parts):
            for part in declaration.parts:
                if isinstance(part, syntax.Setting) and isinstance(part.value, syntax.Text):
                    path = (root / part.value.text).resolve()
                    if path.is_relative_to(root) and not path.exists():
                        yield path


def freeze(rulesets: Sequence[ir.Ruleset], release: Terminology) -> Iterator[Frozen]:
    """Yield the frozen file of every value set that has both `ecl` and `frozen`.

    Raises EclError where the release cannot answer, and InputError where there is no release: nothing is half written.
    """
    if not release.has_release:
        raise InputError("frozen files are written from a release, and none is loaded", help="give --release PACK")
    for ruleset in rulesets:
        for valueset in ruleset.valuesets:
            if valueset.ecl is not None and valueset.frozen_file is not None:
                yield _freeze(valueset, release)


def _freeze(valueset: ir.ValueSet, release: Terminology) -> Frozen:
    assert valueset.ecl is not None and valueset.frozen_file is not None
    now = release.expand(valueset.ecl)
    rows = valueset.frozen or ()
    before = {row.code for row in rows if row.system == "sct"}
    out = io.StringIO()
    out.write(f"# source: {release.name}\n# release: {release.edition or 'no edition URI'}\n# digest: {release.digest}\n")
    out.write(f"# method: codesafety rules freeze, {' '.join(valueset.ecl.split())}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    synonyms: dict[str, dict[str, None]] = {}
    for row in valueset.worded:
        if row.system == "sct" and row.term:
            synonyms.setdefault(row.code, {})[row.term] = None
    kept = 0
    for code in sorted(now, key=lambda c: (len(c), c)):
        terms, context = release.terms(code), _context(release.context(code))
        first = terms[0] if terms else ""
        further = [term for term in synonyms.get(code, ()) if term != first]
        kept += len(further)
        for term in (first, *further) if first else further or ("",):
            writer.writerow(("sct", code, term, *context))
    path = Path(valueset.span.file).parent / valueset.frozen_file
    gained, lost = tuple(sorted(now - before)), tuple(sorted(before - now))
    return Frozen(valueset.name, path, out.getvalue(), len(now), gained, lost, kept, tuple(_dropped(valueset, now, release)))


def _dropped(valueset: ir.ValueSet, now: frozenset[str], release: Terminology) -> Iterator[str]:
    """Yield what the file held, with its terms, and no longer would."""
    for row in valueset.worded:
        named = f"{row.code} |{row.term}|" if row.term else row.code
        if row.system != "sct":
            yield f"{row.system} {named}: of another system than SNOMED CT"
        elif row.code not in now:
            yield f"{named}: the release no longer has it in the set"
        else:
            said, told = (row.assertion or "", row.subject or "", row.temporality or ""), _context(release.context(row.code))
            if said != told:
                was, becomes = (", ".join(filter(None, words)) or "none" for words in (said, told))
                yield f"{named}: its context {was}; the release says {becomes}"


def _context(context: CodeContext) -> tuple[str, str, str]:
    return (context.assertion or "", context.subject or "", context.temporality or "")
