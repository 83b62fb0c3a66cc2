"""Refset member rows to sections: per refset the active concepts as ordinals, all rows compressed; history and reasons."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from codesafety.terminology.building.intake import ACTIVE, Context, sctid
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.file import PackWriter
from codesafety.terminology.rf2.latest import latest, refuse
from codesafety.terminology.rf2.rows import ReleaseFile, Row

MODULE_DEPENDENCY = 900000000000534007
_MODULE_DEPENDENCY = str(MODULE_DEPENDENCY).encode()
INACTIVATION_REASON = 900000000000489007
NO_ORDINAL = 0xFFFFFFFF


@dataclass(slots=True)
class _Refset:
    names: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    component: array[int] = field(default_factory=lambda: array("Q"))
    active: bytearray = field(default_factory=bytearray)
    module: array[int] = field(default_factory=lambda: array("H"))
    time: array[int] = field(default_factory=lambda: array("H"))
    columns: list[array[int]] = field(default_factory=list)  # per field: places in `MemberColumns.texts`
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
        fields, width = group[0].member_fields, len(header)
        names = header[6:]
        for file, lines in latest(group, context.at, context.progress, context.notes):
            try:
                for line in lines[1]:
                    row = line.split(b"\t")
                    if len(row) != width:
                        raise ValueError("columns")
                    refset = refsets.get(row[4])
                    if refset is None:
                        sctid(row[4])
                        refset = refsets[row[4]] = _Refset(names, fields, columns=[array("I") for _ in fields])
                    elif refset.names != names:
                        raise ValueError("two headers")
                    component = row[5]
                    if selected is not None and component not in selected and row[4] != _MODULE_DEPENDENCY:
                        refset.dropped += 1
                        continue
                    if not component.isdigit():
                        raise ValueError("component")
                    refset.component.append(int(component))
                    refset.time.append(context.times[row[1]])
                    refset.active.append(ACTIVE[row[2]])
                    refset.module.append(context.modules[row[3]])
                    if fields:
                        for column, value in zip(refset.columns, row[6:], strict=True):
                            column.append(texts[value])
            except (ValueError, KeyError, OverflowError) as error:
                raise refuse(file, lines, _two_headers(refsets, names), error) from None
    decoded = _module_dependencies(refsets, texts.in_order, context)
    return MemberColumns(refsets, texts.in_order, decoded)


def _by_header(files: Sequence[ReleaseFile]) -> Iterator[tuple[tuple[str, ...], list[ReleaseFile]]]:
    """Yield the files in groups that could repeat each other's rows: those of one header."""
    for header in sorted({file.header for file in files}):
        yield header, [file for file in files if file.header == header]


def _two_headers(refsets: dict[bytes, _Refset], names: tuple[str, ...]) -> Callable[[Row], str | None]:
    def more(row: Row) -> str | None:
        other = refsets.get(row[4])
        if other is not None and other.names != names:
            return f"refset {row[4].decode()} has rows in another file with other columns"
        return None

    return more


def _module_dependencies(refsets: dict[bytes, _Refset], texts: list[bytes], context: Context) -> list[dict[str, str]]:
    refset = refsets.get(_MODULE_DEPENDENCY)
    if refset is None:
        return []
    if refset.names != ("sourceEffectiveTime", "targetEffectiveTime"):
        raise ReleaseError("module dependency refset", None, "its columns are not sourceEffectiveTime, targetEffectiveTime")
    modules = context.modules.values_seen
    return sorted(
        (
            {
                "module": str(modules[refset.module[at]]),
                "depends_on": str(refset.component[at]),
                "effective_time": texts[refset.columns[0][at]].decode(),
                "target_effective_time": texts[refset.columns[1][at]].decode(),
            }
            for at in range(len(refset.component))
            if refset.active[at]
        ),
        key=lambda row: (row["module"], row["depends_on"]),
    )


def write_members(members: MemberColumns, context: Context, writer: PackWriter) -> None:
    """Write every refset, the history associations in both directions, and the inactivation reasons."""
    ordinal, rank_of = context.concepts.ordinal, _ranks(context)
    ids, heads = array("Q"), []
    active_at, rows_at = array("Q", [0]), array("Q", [0])
    packed_active: list[bytes] = []
    packed: list[bytes] = []
    history: dict[int, list[tuple[int, int]]] = {}
    association: list[tuple[int, int, int]] = []
    reasons: list[tuple[int, int]] = []
    for code in sorted(members.refsets, key=int):
        refset = members.refsets.pop(code)
        n, number = len(refset.component), int(code)
        if not n:
            continue
        # Concepts first, by rank, which is by code: small steps that compress to about a byte each. Then the rest by id.
        rank = [rank_of.get(component, NO_ORDINAL) for component in refset.component]
        order = sorted((at for at in range(n) if rank[at] != NO_ORDINAL), key=rank.__getitem__)
        ranks = [rank[at] for at in order]
        beside = sorted((at for at in range(n) if rank[at] == NO_ORDINAL), key=refset.component.__getitem__)
        others = array("Q", [refset.component[at] for at in beside])
        order += beside
        flags = bytes(refset.active[at] for at in order)
        columns = [[members.texts[column[at]] for at in order] for column in refset.columns]
        body = b"".join(
            (
                steps(ranks),
                others.tobytes(),
                flags,
                array("H", [refset.module[at] for at in order]).tobytes(),
                array("H", [refset.time[at] for at in order]).tobytes(),
                b"\n".join(value for column in columns for value in column),
            )
        )
        packed.append(zlib.compress(body, 6))
        rows_at.append(rows_at[-1] + len(packed[-1]))
        ordinals = [ordinal[rank] for rank in ranks]
        packed_active.append(zlib.compress(steps(sorted({o for o, flag in zip(ordinals, flags, strict=False) if flag})), 6))
        active_at.append(active_at[-1] + len(packed_active[-1]))
        ids.append(number)
        strays = sum(
            flag and component // 10 % 100 in (0, 10) for component, flag in zip(others, flags[len(ranks) :], strict=True)
        )
        heads.append(
            {
                "fields": refset.fields,
                "rows": n,
                "concepts": len(ranks),
                "active": sum(flags),
                "strays": strays,
                "complete": not refset.dropped,
            }
        )
        context.count("members", n)
        for (name, _), column in zip(refset.fields, columns, strict=True):
            if name == "targetComponentId":
                _associate(number, ordinals, flags, column, rank_of, ordinal, history, association)
            elif name == "valueId" and number == INACTIVATION_REASON:
                reasons += [(o, sctid(value)) for o, flag, value in zip(ordinals, flags, column, strict=False) if flag]
    context.counts["refsets"] = len(ids)
    writer.add_section("refset.id", ids)
    writer.add_section("refset.heads", json.dumps(heads, separators=(",", ":")).encode())
    writer.add_section("refset.active_at", active_at)
    writer.add_chunks("refset.active", packed_active)
    writer.add_section("refset.rows_at", rows_at)
    writer.add_chunks("refset.rows", packed)
    _write_history(history, association, reasons, context, writer)


def steps(ascending: Sequence[int]) -> bytes:
    """Return ascending numbers below 2^32 as their differences: `accumulate` gives them back."""
    return array("I", [b - a for a, b in pairwise((0, *ascending))]).tobytes()


def _ranks(context: Context) -> dict[int, int]:
    return {code: rank for rank, code in enumerate(context.concepts.ids)}


def _associate(
    refset: int,
    ordinals: Sequence[int],
    flags: bytes,
    targets: Sequence[bytes],
    rank_of: dict[int, int],
    ordinal: Sequence[int],
    history: dict[int, list[tuple[int, int]]],
    association: list[tuple[int, int, int]],
) -> None:
    for source, flag, text in zip(ordinals, flags, targets, strict=False):
        if flag:
            target = sctid(text)
            association.append((source, refset, target))
            rank = rank_of.get(target)
            if rank is not None:
                history.setdefault(refset, []).append((ordinal[rank], source))


def _write_history(
    history: dict[int, list[tuple[int, int]]],
    association: list[tuple[int, int, int]],
    reasons: list[tuple[int, int]],
    context: Context,
    writer: PackWriter,
) -> None:
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
    refsets = sorted({row[1] for row in association})
    writer.add_section("association.refsets", array("Q", refsets))
    place = {refset: number for number, refset in enumerate(refsets)}
    writer.add_section("association.refset", array("H", [place[row[1]] for row in association]))
    writer.add_section("association.target", array("Q", [row[2] for row in association]))
    writer.add_section("reason.source", array("I", [row[0] for row in reasons]))
    writer.add_section("reason.value", array("Q", [row[1] for row in reasons]))
    context.counts["associations"] = len(association)
