"""Which row of a component counts: the latest at a date, and between packages the later one.

A snapshot in one file is passed through. Otherwise a first reading finds the ids that have several rows (by hash, so that it
costs eight bytes a row), and a second holds back just those until all are seen. Source: Release File Specification 3.3.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.rf2.rows import Lines, ReleaseFile, Row, Summary, read_lines, refusal

Progress = Callable[[int], None]


def latest(files: Sequence[ReleaseFile], at: bytes | None, progress: Progress) -> Iterator[tuple[ReleaseFile, Lines]]:
    """Yield the rows that hold at the date `at` (YYYYMMDD; None is the end), one per id.

    Rows that were held back come with 0 as their line number: `refuse` finds it. Raises ReleaseError where one file gives
    an id two different rows of one date.
    """
    if len(files) == 1 and files[0].summary is not Summary.FULL and at is None:
        for whole in read_lines(files[0], progress):
            yield files[0], whole
        return
    several = _repeated(files, at)
    held: dict[bytes, tuple[bytes, ReleaseFile, bytes]] = {}
    for file in files:
        for first, lines in read_lines(file, progress):
            single: list[bytes] = []
            for line in lines:
                id_, _, rest = line.partition(b"\t")
                time = rest[:8]
                if at is not None and time > at:
                    continue
                if hash(id_) not in several:
                    single.append(line)
                    continue
                before = held.get(id_)
                if before is not None:
                    if time == before[0] and file is before[1] and line != before[2]:
                        raise ReleaseError(
                            file.name,
                            _line_of(file, line),
                            f"a second, different row of {time.decode()} for id {id_.decode('utf-8', 'replace')}",
                        )
                    if time < before[0]:
                        continue
                held[id_] = (time, file, line)
            if single:
                yield file, (first if len(single) == len(lines) else 0, single)
    for file in files:
        own = [line for _, source, line in held.values() if source is file]
        if own:
            yield file, (0, own)


def _repeated(files: Sequence[ReleaseFile], at: bytes | None) -> frozenset[int]:
    seen = array("q")
    for file in files:
        for _, lines in read_lines(file):
            if at is None:
                seen.extend([hash(line[: line.find(b"\t")]) for line in lines])
            else:
                parts = [line.split(b"\t", 2) for line in lines]
                seen.extend([hash(part[0]) for part in parts if len(part) < 3 or part[1] <= at])
    ordered = sorted(seen)
    return frozenset(left for left, right in pairwise(ordered) if left == right)


def _line_of(file: ReleaseFile, wanted: bytes) -> int | None:
    for first, lines in read_lines(file):
        if wanted in lines:
            return first + lines.index(wanted)
    return None


def refuse(file: ReleaseFile, lines: Lines, more: Callable[[Row], str | None], cause: Exception) -> ReleaseError:
    """Return the refusal for the first bad row among lines that could not be read; `cause` is what reading them raised."""
    first, texts = lines
    if first:
        found = refusal(file, lines, more)
        return found if found is not None else ReleaseError(file.name, first, f"a row near here cannot be read: {cause}")
    for line in texts:
        found = refusal(file, (_line_of(file, line) or 0, [line]), more)
        if found is not None:
            return found
    return ReleaseError(file.name, None, f"a row cannot be read: {cause}")
