"""Refset member rows to sections: per refset the active concepts as ordinals, all rows compressed; history and reasons."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.intake import ACTIVE, Context, sctid
from codesafety.terminology.latest import latest, refuse
from codesafety.terminology.pack import PackWriter
from codesafety.terminology.rf2 import ReleaseFile, Row

MODULE_DEPENDENCY = 900000000000534007
INACTIVATION_REASON = 900000000000489007
NO_ORDINAL = 0xFFFFFFFF


@dataclass(slots=True)
class _Refset:
    fields: tuple[tuple[str, str], ...]
    component: array[int] = field(default_factory=lambda: array("Q"))
    active: bytearray = field(default_factory=bytearray)
    module: array[int] = field(default_factory=lambda: array("H"))
    time: array[int] = field(default_factory=lambda: array("H"))
    columns: list[array[int]] = field(default_factory=list)    # per field: places in `MemberColumns.texts`
    dropped: int = 0


@dataclass(slots=True)
class MemberColumns:
    """All refsets with their rows, and the module dependencies among them as text."""

    refsets: dict[bytes, _Refset]
    texts: list[bytes]
    module_dependencies: list[dict[str, str]]


class _Texts(dict[bytes, int]):
    def __init__(self) -> None:
        super().__init__()
        self.in_order: list[bytes] = []

    def __missing__(self, key: bytes) -> int:
        self.in_order.append(key)
        self[key] = len(self)
        return self[key]


def read_members(files: Sequence[ReleaseFile], context: Context) -> MemberColumns:
    """Read refset files; language refsets and OWL expressions are not among them."""
    refsets: dict[bytes, _Refset] = {}
    texts = _Texts()
    selected = context.concepts.index if context.selection is not None else None
    for header, group in _by_header(files):
        fields = group[0].member_fields
        for file, lines in latest(group, context.at, context.progress):
            refset: _Refset | None = None
            refset_id = b""
            try:
                for line in lines[1]:
                    row = line.split(b"\t")
                    if len(row) != len(header):
                        raise ValueError("columns")
                    if row[4] != refset_id or refset is None:
                        refset_id = row[4]
                        refset = refsets.get(refset_id)
                        if refset is None:
                            sctid(refset_id)
                            refset = _Refset(fields, columns=[array("I") for _ in fields])
                            refsets[refset_id] = refset
                        elif [name for name, _ in refset.fields] != [name for name, _ in fields]:
                            raise ValueError("two headers")
                    if selected is not None and row[5] not in selected:
                        refset.dropped += 1
                        continue
                    component = row[5]
                    if not component.isdigit():
                        raise ValueError("component")
                    refset.component.append(int(component))
                    refset.time.append(context.times[row[1]])
                    refset.active.append(ACTIVE[row[2]])
                    refset.module.append(context.modules[row[3]])
                    for column, value in zip(refset.columns, row[6:], strict=True):
                        column.append(texts[value])
            except (ValueError, KeyError, OverflowError) as error:
                raise refuse(file, lines, _two_headers(refsets, fields), error) from None
    decoded = _module_dependencies(refsets, texts.in_order, context)
    return MemberColumns(refsets, texts.in_order, decoded)


def _by_header(files: Sequence[ReleaseFile]) -> Iterator[tuple[tuple[str, ...], list[ReleaseFile]]]:
    """Yield the files in groups that could repeat each other's rows: those of one header."""
    for header in sorted({file.header for file in files}):
        yield header, [file for file in files if file.header == header]


def _two_headers(refsets: dict[bytes, _Refset], fields: tuple[tuple[str, str], ...]) -> Callable[[Row], str | None]:
    def more(row: Row) -> str | None:
        other = refsets.get(row[4])
        if other is not None and [name for name, _ in other.fields] != [name for name, _ in fields]:
            return f"refset {row[4].decode()} has rows in another file with other columns"
        return None

    return more


def _module_dependencies(refsets: dict[bytes, _Refset], texts: list[bytes], context: Context) -> list[dict[str, str]]:
    refset = refsets.get(str(MODULE_DEPENDENCY).encode())
    if refset is None:
        return []
    names = [name for name, _ in refset.fields]
    if names != ["sourceEffectiveTime", "targetEffectiveTime"]:
        raise ReleaseError("module dependency refset", None, "its columns are not sourceEffectiveTime, targetEffectiveTime")
    modules = context.modules.values_seen
    return sorted(({"module": str(modules[refset.module[at]]), "depends_on": str(refset.component[at]),
                    "effective_time": texts[refset.columns[0][at]].decode(),
                    "target_effective_time": texts[refset.columns[1][at]].decode()}
                   for at in range(len(refset.component)) if refset.active[at]),
                  key=lambda row: (row["module"], row["depends_on"]))


def write_members(members: MemberColumns, context: Context, writer: PackWriter) -> None:
    """Write every refset, the history associations in both directions, and the inactivation reasons."""
    by_code = _ordinals_by_code(context)
    ids, active_at, active, heads = array("Q"), array("I", [0]), array("I"), []
    rows_at = array("Q", [0])
    packed: list[bytes] = []
    history: dict[int, list[tuple[int, int]]] = {}
    association: list[tuple[int, int, int]] = []
    reasons: list[tuple[int, int]] = []
    for code in sorted(members.refsets, key=int):
        refset = members.refsets.pop(code)
        n, number = len(refset.component), int(code)
        if not n:
            continue
        order = sorted(range(n), key=refset.component.__getitem__)
        component = array("Q", [refset.component[at] for at in order])
        flags = bytes(refset.active[at] for at in order)
        columns = [[members.texts[column[at]] for at in order] for column in refset.columns]
        ordinals = [by_code.get(value, NO_ORDINAL) for value in component]
        body = b"".join((component.tobytes(), flags, array("H", [refset.module[at] for at in order]).tobytes(),
                         array("H", [refset.time[at] for at in order]).tobytes(),
                         b"\n".join(value for column in columns for value in column)))
        packed.append(zlib.compress(body, 6))
        rows_at.append(rows_at[-1] + len(packed[-1]))
        active.extend(sorted({ordinal for ordinal, flag in zip(ordinals, flags, strict=True)
                              if flag and ordinal != NO_ORDINAL}))
        active_at.append(len(active))
        ids.append(number)
        heads.append({"fields": refset.fields, "rows": n, "active": sum(flags), "complete": not refset.dropped})
        context.count("members", n)
        for (name, _), column in zip(refset.fields, columns, strict=True):
            if name == "targetComponentId":
                _associate(number, ordinals, flags, column, by_code, history, association)
            elif name == "valueId" and number == INACTIVATION_REASON:
                reasons += [(ordinal, sctid(value)) for ordinal, flag, value in zip(ordinals, flags, column, strict=True)
                            if flag and ordinal != NO_ORDINAL]
    context.counts["refsets"] = len(ids)
    writer.add_section("refset.id", ids)
    writer.add_section("refset.heads", json.dumps(heads, separators=(",", ":")).encode())
    writer.add_section("refset.active_at", active_at)
    writer.add_section("refset.active", active)
    writer.add_section("refset.rows_at", rows_at)
    writer.add_chunks("refset.rows", packed)
    _write_history(history, association, reasons, context, writer)


def _ordinals_by_code(context: Context) -> dict[int, int]:
    concepts = context.concepts
    return dict(zip(concepts.ids, concepts.ordinal, strict=True))


def _associate(refset: int, ordinals: Sequence[int], flags: bytes, targets: Sequence[bytes], by_code: dict[int, int],
               history: dict[int, list[tuple[int, int]]], association: list[tuple[int, int, int]]) -> None:
    for ordinal, flag, text in zip(ordinals, flags, targets, strict=True):
        if not flag or ordinal == NO_ORDINAL:
            continue
        target = sctid(text)
        association.append((ordinal, refset, target))
        found = by_code.get(target)
        if found is not None:
            history.setdefault(refset, []).append((found, ordinal))


def _write_history(history: dict[int, list[tuple[int, int]]], association: list[tuple[int, int, int]],
                   reasons: list[tuple[int, int]], context: Context, writer: PackWriter) -> None:
    at, source, target = array("I", [0]), array("I"), array("I")
    for refset in sorted(history):
        for to, origin in sorted(set(history[refset])):
            target.append(to)
            source.append(origin)
        at.append(len(source))
    association = sorted(set(association))
    reasons = sorted(set(reasons))
    writer.add_section("history.refset", array("Q", sorted(history)))
    writer.add_section("history.at", at)
    writer.add_section("history.source", source)
    writer.add_section("history.target", target)
    writer.add_section("association.source", array("I", [row[0] for row in association]))
    writer.add_section("association.refset", array("Q", [row[1] for row in association]))
    writer.add_section("association.target", array("Q", [row[2] for row in association]))
    writer.add_section("reason.source", array("I", [row[0] for row in reasons]))
    writer.add_section("reason.value", array("Q", [row[1] for row in reasons]))
    context.counts["associations"] = len(association)
