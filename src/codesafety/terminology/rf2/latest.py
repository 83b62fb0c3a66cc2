"""Which row of a component counts: the latest at a date; of files, of packages and of a Snapshot that repeats an id alike.

A first reading finds the ids that have several rows (by hash, so that it costs eight bytes a row), and a second holds back
just those until all are seen. Source: Release File Specification 3.3: id and effectiveTime together name one row.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.rf2.rows import Lines, ReleaseFile, Row, Summary, effective_time, read_lines, refusal

Progress = Callable[[int], None]


def latest(
    files: Sequence[ReleaseFile], at: bytes | None, progress: Progress, notes: list[str]
) -> Iterator[tuple[ReleaseFile, Lines]]:
    """Yield the rows that hold at the date `at` (YYYYMMDD; None is the end), one per id.

    Rows that were held back come with 0 as their line number: `refuse` finds it. A Snapshot that has several rows of an id,
    which it should not, gets a line in `notes`. Raises ReleaseError where an id has two different rows of one date.
    """
    several = _repeated(files, at)
    if not several and at is None:
        for file in files:
            for whole in read_lines(file, progress):
                yield file, whole
        return
    held: dict[bytes, tuple[bytes, ReleaseFile, bytes]] = {}
    for file in files:
        superseded = 0
        for first, lines in read_lines(file, progress):
            single: list[bytes] = []
            for line in lines:
                id_, _, rest = line.partition(b"\t")
                id_, time = id_.lower(), rest[:8]
                if at is not None and time > at:
                    _require_date(file, line)
                    continue
                if hash(id_) not in several:
                    single.append(line)
                    continue
                _require_date(file, line)
                before = held.get(id_)
                if before is not None:
                    superseded += file is before[1]
                    if time == before[0] and line != before[2]:
                        raise _two_of_a_date(file, line, before[1])
                    if time < before[0]:
                        continue
                held[id_] = (time, file, line)
            if single:
                yield file, (first if len(single) == len(lines) else 0, single)
        if superseded and file.summary is not Summary.FULL:
            notes.append(f"{file.name}: rows of an id that has another row in this Snapshot: {superseded}; the later date counts")
    for file in files:
        own = [line for _, source, line in held.values() if source is file]
        if own:
            yield file, (0, own)


def _repeated(files: Sequence[ReleaseFile], at: bytes | None) -> frozenset[int]:
    """Return the hashes of ids with several rows. Letter case is no difference: members have UUIDs."""
    seen = array("q")
    for file in files:
        for _, lines in read_lines(file):
            if at is None:
                seen.extend([hash(line[: line.find(b"\t")].lower()) for line in lines])
            else:
                parts = [line.split(b"\t", 2) for line in lines]
                seen.extend([hash(part[0].lower()) for part in parts if len(part) < 3 or part[1] <= at])
    ordered = sorted(seen)
    return frozenset(left for left, right in pairwise(ordered) if left == right)


def _require_date(file: ReleaseFile, line: bytes) -> None:
    """Refuse a row that cannot be put in order: one that another supersedes is looked at nowhere else."""
    try:
        effective_time(line.split(b"\t", 2)[1])
    except (ValueError, IndexError) as error:
        raise refuse(file, (0, [line]), lambda row: None, error) from None


def _two_of_a_date(file: ReleaseFile, line: bytes, other: ReleaseFile) -> ReleaseError:
    id_, time, _ = line.split(b"\t", 2)
    beside = "" if file is other else f", beside the one in {other.name}"
    return ReleaseError(
        file.name,
        _line_of(file, line),
        f"a second, different row of {time.decode()} for id {id_.decode('utf-8', 'replace')}{beside}",
        help="which of the two counts cannot be told: download the release again, or name packages that belong together",
    )


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
