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
    """One value set's frozen file: what it would hold, and how that differs from what it holds."""

    name: str
    path: Path
    text: str
    codes: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]

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
    before = {row.code for row in valueset.frozen or () if row.system == "sct"}
    out = io.StringIO()
    out.write(f"# source: {release.name}\n# release: {release.edition or 'no edition URI'}\n# digest: {release.digest}\n")
    out.write(f"# method: codesafety rules freeze, {' '.join(valueset.ecl.split())}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for code in sorted(now, key=lambda c: (len(c), c)):
        terms, context = release.terms(code), release.context(code)
        writer.writerow(("sct", code, terms[0] if terms else "", *_context(context)))
    path = Path(valueset.span.file).parent / valueset.frozen_file
    return Frozen(valueset.name, path, out.getvalue(), len(now), tuple(sorted(now - before)), tuple(sorted(before - now)))


def _context(context: CodeContext) -> tuple[str, str, str]:
    return (context.assertion or "", context.subject or "", context.temporality or "")
