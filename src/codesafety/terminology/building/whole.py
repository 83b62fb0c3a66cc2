"""Release files to a pack: rows stream through once, columns of integers stay, the pack appears whole or not at all."""

from __future__ import annotations

import tempfile
import zipfile
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from codesafety.terminology.archive import shown
from codesafety.terminology.building.graph import write_relationships
from codesafety.terminology.building.intake import ACTIVE, Context, Selection, narrowest, sctid
from codesafety.terminology.building.members import MemberColumns, read_members, write_members
from codesafety.terminology.building.subset import list_at, select
from codesafety.terminology.building.texts import write_texts
from codesafety.terminology.dmd import files as dmd
from codesafety.terminology.dmd import tables as dmd_tables
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack import code_table as codes
from codesafety.terminology.pack import products as dmd_section
from codesafety.terminology.pack.file import PackWriter, require_place
from codesafety.terminology.pack.store import Store
from codesafety.terminology.rf2.files import Found, Part, choose, digest_of, discover
from codesafety.terminology.rf2.latest import latest, refuse
from codesafety.terminology.rf2.rows import Content, ReleaseFile, Row, effective_time, read_lines, refusal

_DEFINED = {b"900000000000073002": 1, b"900000000000074008": 0}

Stages = Callable[[str, int, int], None]


def build(
    sources: Sequence[Path | str],
    output: Path | str,
    *,
    at: str | None = None,
    descriptions: bool = True,
    subset: Sequence[str] = (),
    allow_incomplete: bool = False,
    progress: Stages | None = None,
) -> str:
    """Build a pack from RF2 releases, dm+d, or tables of code and name; folders, zips, files. Returns its digest.

    `at`: YYYYMMDD, the state of the Full files at that date. `subset`: expression constraints and paths of code lists that a
    subset pack is cut out by. `allow_incomplete`: leave out rows that name a concept which no file holds; the manifest counts
    them and says so. `progress` is told (stage, bytes done, bytes in all). Raises ReleaseError where the sources are
    damaged, incomplete or hostile, EclError for `subset`, and PackError where `output` cannot be written or must not be: it is a
    source, lies in one, or is there and is no pack.
    """
    paths, output = [Path(source) for source in sources], Path(output)
    if not paths:
        raise ReleaseError("the sources", None, "none was named")
    require_place(output, (*paths, *filter(None, map(list_at, subset))))
    found = discover(paths)
    with_rf2 = sorted({file.package for file in found.files})
    dmd_paths = [path for path in paths if dmd.discover([path])[0]]
    tables = [path for number, path in enumerate(paths) if number not in with_rf2 and path not in dmd_paths]
    for path in tables:
        if path.is_dir() or zipfile.is_zipfile(path):
            raise ReleaseError(
                str(path),
                None,
                "holds no file of RF2 or dm+d that can be recognised",
                help="name the folder or zip of a release: it has files such as sct2_Concept_Snapshot_*.txt",
            )
        if with_rf2:
            raise ReleaseError(
                str(path),
                None,
                "a table of codes cannot stand beside a release in one pack",
                help="to cut a subset out of the release, give the list to --subset",
            )
    if not with_rf2 and (at is not None or subset):
        raise ReleaseError(str(paths[0]), None, "holds no RF2 release, and --at and --subset need one")
    if not subset:
        return _write(paths, found, dmd_paths, tables, output, at, descriptions, None, allow_incomplete, progress)
    with tempfile.TemporaryDirectory(prefix=".codesafety-", dir=output.parent) as folder:
        whole = Path(folder) / "whole.pack"
        _write(paths, found, [], [], whole, at, descriptions, None, allow_incomplete, progress)
        selection = select(Store(whole), subset)
        return _write(paths, found, dmd_paths, tables, output, at, descriptions, selection, allow_incomplete, progress)


def _write(
    paths: Sequence[Path],
    found: Found,
    dmd_paths: Sequence[Path],
    tables: Sequence[Path],
    output: Path,
    at: str | None,
    descriptions: bool,
    selection: Selection | None,
    allow_incomplete: bool,
    progress: Stages | None,
) -> str:
    with PackWriter(output) as writer:
        manifest: dict[str, object]
        if found.files:
            manifest = _write_release(paths, found, at, descriptions, selection, allow_incomplete, writer, progress)
        else:
            manifest = {
                "kind": "codes",
                "tables": [shown(path.name) for path in tables],
                "sources": [{"name": shown(path.name), "sha256": digest_of(path, _parts(path, ()))} for path in paths],
            }
            if tables:
                total = sum(path.stat().st_size for path in tables)
                manifest |= codes.write(tables, writer, lambda rows: progress("rows", rows, total) if progress else None)
        if dmd_paths:
            manifest["dmd"] = dmd_section.write(dmd_tables.load(dmd_paths, progress), writer)
        return writer.finish(manifest)


def _write_release(
    paths: Sequence[Path],
    found: Found,
    at: str | None,
    descriptions: bool,
    selection: Selection | None,
    allow_incomplete: bool,
    writer: PackWriter,
    progress: Stages | None,
) -> dict[str, object]:
    if at is not None:
        try:
            effective_time(at.encode())
        except ValueError:
            raise ReleaseError("--at", None, f"`{at}` is no date", help="write it as YYYYMMDD") from None
    files = choose(found.files, at)
    unread = {Content.OWL} if descriptions else {Content.OWL, Content.DESCRIPTION, Content.LANGUAGE}
    wanted = [file for file in files if file.content not in unread]
    meter = _Meter(sum(file.size for file in wanted), progress)
    context = Context(at.encode() if at else None, selection, allow_incomplete, meter.read)
    _require(wanted, descriptions)
    meter.stage("concepts")
    read_concepts(_of(wanted, Content.CONCEPT), context)
    meter.stage("relationships")
    write_relationships(_of(wanted, Content.RELATIONSHIP), _of(wanted, Content.CONCRETE), context, writer)
    meter.stage("reference sets")
    members = read_members(_of(wanted, Content.REFSET), context)
    write_members(members, context, writer)
    _write_identifiers(_of(wanted, Content.IDENTIFIER), context, writer)
    if descriptions:
        meter.stage("descriptions")
        write_texts(_of(wanted, Content.DESCRIPTION), _of(wanted, Content.LANGUAGE), context, writer)
    meter.stage("finishing")
    _write_concepts(context, writer)
    return _manifest(paths, found, wanted, members, context, descriptions)


class _Meter:
    def __init__(self, total: int, progress: Stages | None) -> None:
        self._total, self._progress = total, progress
        self._done, self._file, self._stage = 0, 0, ""

    def stage(self, name: str) -> None:
        self._stage = name
        self.read(0)

    def read(self, bytes_of_file: int) -> None:
        """Take how far the current file is read; a smaller number than before means that a new one began."""
        if bytes_of_file < self._file:
            self._done += self._file
        self._file = bytes_of_file
        if self._progress is not None:
            self._progress(self._stage, min(self._done + bytes_of_file, self._total), self._total)


def _of(files: Sequence[ReleaseFile], content: Content) -> list[ReleaseFile]:
    return [file for file in files if file.content is content]


def _require(files: Sequence[ReleaseFile], descriptions: bool) -> None:
    needed = [Content.CONCEPT, Content.RELATIONSHIP, *([Content.DESCRIPTION] if descriptions else [])]
    for content in needed:
        if not _of(files, content):
            place = files[0].name.partition("/")[0] if files else "the sources"
            raise ReleaseError(
                place,
                None,
                f"incomplete: there is no {content} file",
                help="name the whole release" + (", or build with --no-descriptions" if content is Content.DESCRIPTION else ""),
            )


def read_concepts(files: Sequence[ReleaseFile], context: Context) -> None:
    """Read the concept files into `context.concepts`, ranked by code."""
    concepts, modules, times = context.concepts, context.modules, context.times
    index, ids = concepts.index, concepts.ids
    selected = None if context.selection is None else frozenset(code.encode() for code in context.selection.codes)

    def more(row: Row) -> str | None:
        if row[4] not in _DEFINED:
            return f"definitionStatusId {row[4].decode()} is neither defined nor primitive"
        return None

    for file, lines in latest(files, context.at, context.progress, context.notes):
        try:
            for line in lines[1]:
                id_, time, active, module, status = line.split(b"\t")
                if selected is not None and id_ not in selected:
                    continue
                index[id_] = len(ids)
                ids.append(sctid(id_))
                concepts.time.append(times[time])
                concepts.active.append(ACTIVE[active])
                concepts.module.append(modules[module])
                concepts.defined.append(_DEFINED[status])
        except (ValueError, KeyError) as error:
            raise refuse(file, lines, more, error) from None
    if not ids:
        raise ReleaseError(files[0].name, None, "incomplete: the concept files hold no concept")
    order = sorted(range(len(ids)), key=ids.__getitem__)
    concepts.ids = array("Q", [ids[at] for at in order])
    concepts.active = bytearray(concepts.active[at] for at in order)
    concepts.defined = bytearray(concepts.defined[at] for at in order)
    concepts.module = array("H", [concepts.module[at] for at in order])
    concepts.time = array("H", [concepts.time[at] for at in order])
    rank = array("I", bytes(4 * len(order)))
    for new, old in enumerate(order):
        rank[old] = new
    for id_, old in index.items():
        index[id_] = rank[old]


def _write_identifiers(files: Sequence[ReleaseFile], context: Context, writer: PackWriter) -> None:
    # An identifier is unique within its scheme only, and its file comes in two orders of columns: `latest` does not fit.
    held: dict[tuple[int, str], tuple[bytes, bool, int]] = {}
    for file in files:
        columns = [
            file.header.index(name)
            for name in ("identifierSchemeId", "alternateIdentifier", "referencedComponentId", "active", "effectiveTime")
        ]
        for lines in read_lines(file, context.progress):
            problem = refusal(file, lines, lambda row: None)
            if problem is not None:
                raise problem
            for line in lines[1]:
                row = line.split(b"\t")
                scheme, text, component, active, time = (row[at] for at in columns)
                if context.at is not None and time > context.at:
                    continue
                key, told = (int(scheme), text.decode()), (time, active == b"1", int(component))
                before = held.setdefault(key, told)
                if before[0] == time and before != told:
                    raise ReleaseError(
                        file.name,
                        lines[0] + lines[1].index(line),
                        f"a second, different row of {time.decode()} for id {key[1]} of scheme {key[0]}",
                    )
                if before[0] < time:
                    held[key] = told
    rows = sorted((scheme, text, component) for (scheme, text), (_, active, component) in held.items() if active)
    writer.add_section("identifier.scheme", array("Q", [row[0] for row in rows]))
    writer.add_section("identifier.component", array("Q", [row[2] for row in rows]))
    writer.add_section("identifier.texts", "\n".join(row[1] for row in rows).encode())
    context.counts["alternate_identifiers"] = len(rows)


def _write_concepts(context: Context, writer: PackWriter) -> None:
    concepts = context.concepts
    n = len(concepts.ids)
    complete = context.selection.complete if context.selection is not None else frozenset()
    order = array("I", bytes(4 * n))
    for index, ordinal in enumerate(concepts.ordinal):
        order[ordinal] = index
    writer.add_section("concept.id", array("Q", [concepts.ids[index] for index in order]))
    writer.add_section("concept.sorted", concepts.ordinal)
    writer.add_section(
        "concept.flags",
        bytes(concepts.defined[index] | (2 if complete and str(concepts.ids[index]) in complete else 0) for index in order),
    )
    writer.add_section("concept.module", narrowest(array("H", [concepts.module[index] for index in order])))
    # Dates keep the numbers that members and descriptions were written with; `Store.times` is ascending all the same.
    writer.add_section("concept.time", array("H", [concepts.time[index] for index in order]))
    writer.add_section("module.id", context.modules.values_seen)
    writer.add_section("time.value", array("I", context.times.values_seen))
    context.counts["concepts"] = n


def _manifest(
    paths: Sequence[Path],
    found: Found,
    files: Sequence[ReleaseFile],
    members: MemberColumns,
    context: Context,
    descriptions: bool,
) -> dict[str, object]:
    dependencies = members.module_dependencies
    missing = {name: number for name, number in context.counts.items() if name.endswith("_rows_of_missing_concepts")}
    if missing:
        context.notes.append(
            "incomplete: "
            + ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in sorted(missing.items()))
            + " left out"
        )
    present = {str(context.modules.values_seen[at]) for at in set(context.concepts.module)}
    for row in dependencies:
        if row["depends_on"] not in present and context.selection is None:
            context.notes.append(
                f"module {row['module']} needs module {row['depends_on']} of {row['target_effective_time']}, "
                "of which no concept is here"
            )
    latest_time = max(context.times.values_seen, default=0)
    skipped = [file.name for file in found.files if file not in files]
    return {
        "kind": "release",
        "edition": _edition(dependencies, context, latest_time),
        "effective_time": context.at.decode() if context.at else str(latest_time),
        "at": context.at.decode() if context.at else None,
        "modules": sorted(map(str, context.modules.values_seen)),
        "module_dependencies": dependencies,
        "sources": [
            {
                "name": shown(path.name),
                "sha256": digest_of(path, _parts(path, [f for f in files if f.package == number])),
                "files": [{"name": f.name, "content": f.content.value, "bytes": f.size} for f in files if f.package == number],
            }
            for number, path in enumerate(paths)
        ],
        "files_not_read": sorted([*skipped, *found.others]),
        "counts": dict(sorted(context.counts.items())),
        "notes": context.notes,
        "descriptions": descriptions,
        "incomplete": bool(missing),
        "subset": None if context.selection is None else {"of": list(context.selection.described)},
    }


def _parts(path: Path, files: Sequence[ReleaseFile]) -> list[Part]:
    """Return what a folder's digest covers: the files that were read."""
    if files:
        return [(file.name, file.open) for file in files]
    return [(file.member.name, file.member.open) for file in dmd.discover([path])[0]]


def _edition(dependencies: Sequence[dict[str, str]], context: Context, latest_time: int) -> str | None:
    """Return the edition URI, or None where the modules do not name one most dependent module.

    The edition is named by the module that depends on others and on which none depends. Source: SNOMED CT URI Standard 2.1.
    """
    sources = {row["module"]: row["effective_time"] for row in dependencies}
    tops = sorted(set(sources) - {row["depends_on"] for row in dependencies if row["depends_on"] != row["module"]})
    if not tops:
        return None
    with suppress(ValueError):
        newest = max(tops, key=lambda module: (sources[module], int(module)))
        if len(tops) > 1 and sum(sources[module] == sources[newest] for module in tops) > 1:
            context.notes.append("several modules on which none depends: " + ", ".join(tops))
        version = context.at.decode() if context.at else sources[newest] or str(latest_time)
        return f"http://snomed.info/sct/{newest}/version/{version}"
    return None
