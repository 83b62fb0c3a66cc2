"""Relationships and concrete values to sections: the concepts get their ordinals here."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from codesafety.terminology.building import hierarchy
from codesafety.terminology.building.intake import ACTIVE, IS_A, Context, narrowest, starts
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.file import PackWriter
from codesafety.terminology.rf2.latest import refuse
from codesafety.terminology.rf2.rows import ReleaseFile, Row

ROOT = 138875005
INFERRED = b"900000000000011006"
_LOW = 0xFFFFFFFF
_CHARACTERISTIC = {
    b"900000000000010007": "stated",
    b"900000000000227009": "additional",
    b"900000000000225001": "qualifying",
    b"900000000000006009": "defining",
}
_MODIFIER = frozenset((b"900000000000451002", b"900000000000450001"))


@dataclass(slots=True)
class _Rows:
    """Attribute rows as parallel columns: concept indices, the type's place in `types`, group, value index."""

    types: dict[bytes, int] = field(default_factory=dict)
    type_index: array[int] = field(default_factory=lambda: array("I"))  # by place: concept index of the type
    source: array[int] = field(default_factory=lambda: array("I"))
    type: array[int] = field(default_factory=lambda: array("H"))
    group: array[int] = field(default_factory=lambda: array("H"))
    value: array[int] = field(default_factory=lambda: array("I"))


class _Types(dict[bytes, int]):
    def __init__(self, rows: _Rows, index: dict[bytes, int]) -> None:
        super().__init__()
        self._rows, self._index = rows, index

    def __missing__(self, key: bytes) -> int:
        self._rows.type_index.append(self._index[key])
        self[key] = len(self)
        return self[key]


def write_relationships(
    files: Sequence[ReleaseFile], concrete_files: Sequence[ReleaseFile], context: Context, writer: PackWriter
) -> None:
    """Read is-a and attributes, number the concepts, and write both with the concrete values."""
    concepts, index = context.concepts, context.concepts.index
    rows = _Rows()
    types = _Types(rows, index)
    children, parents = array("I"), array("I")
    partial = context.selection is not None

    def more(row: Row) -> str | None:
        if row[8] != INFERRED and row[8] not in _CHARACTERISTIC:
            return f"characteristicTypeId {row[8].decode()} is not known"
        if row[9] not in _MODIFIER:
            return f"modifierId {row[9].decode()} is not known"
        if row[2] == b"1" and row[8] == INFERRED:
            for at, what in ((4, "sourceId"), (5, "destinationId"), (7, "typeId")):
                if row[at] not in index and not (at == 7 and row[7] == IS_A):
                    return f"{what} {row[at].decode()} is a concept that no concept file holds"
        return None

    for file, lines in context.rows(files, 4, 5, 7):
        try:
            for line in lines[1]:
                id_, time, active, _, source, target, group, type_, kind, modifier = line.split(b"\t")
                if not id_.isdigit():
                    raise ValueError("id")
                if active != b"1":
                    if active != b"0" or len(time) != 8:
                        raise ValueError("active")
                    continue
                if kind != INFERRED:
                    context.count(f"relationships_{_CHARACTERISTIC[kind]}_not_kept")
                    continue
                if modifier not in _MODIFIER:
                    raise ValueError("modifier")
                if partial and source not in index:
                    continue
                if not concepts.active[index[source]] and type_ != IS_A:
                    context.count("attributes_of_inactive_concepts_not_kept")
                    continue
                context.times[time]
                if type_ == IS_A:
                    children.append(index[source])
                    parents.append(index[target])
                else:
                    rows.source.append(index[source])
                    rows.type.append(types[type_])
                    rows.group.append(int(group))
                    rows.value.append(index[target])
        except (ValueError, KeyError, OverflowError) as error:
            raise refuse(file, lines, more, error) from None
    for child, parent in zip(children, parents, strict=True):
        if not (concepts.active[child] and concepts.active[parent]):
            raise ReleaseError(
                files[0].name,
                None,
                f"an active is-a from {concepts.ids[child]} to {concepts.ids[parent]}, of which one is inactive",
                help="the packages are of different dates: name ones that belong together",
            )
    _write_hierarchy(files, context, writer, children, parents)
    _write_attributes(rows, context, writer)
    _write_concrete(concrete_files, context, writer)


def _write_hierarchy(
    files: Sequence[ReleaseFile], context: Context, writer: PackWriter, children: array[int], parents: array[int]
) -> None:
    concepts = context.concepts
    place = array("I", bytes(4 * len(concepts.ids)))  # concept index -> place among the active, by code
    actives = array("I")
    for index, active in enumerate(concepts.active):
        if active:
            place[index] = len(actives)
            actives.append(index)
    n = len(actives)
    pairs = sorted({place[parent] << 32 | place[child] for child, parent in zip(children, parents, strict=True)})
    context.count("is_a", len(pairs))
    child_at, child = hierarchy.compressed_rows(n, [pair >> 32 for pair in pairs], [pair & _LOW for pair in pairs])
    has_parent = bytearray(n)
    for below in child:
        has_parent[below] = 1
    roots = [at for at in range(n) if not has_parent[at]]
    roots.sort(key=lambda at: (concepts.ids[actives[at]] != ROOT, at))
    try:
        found = hierarchy.build(n, roots, child_at, child)
    except hierarchy.IsACycle as cycle:
        raise ReleaseError(files[0].name, None, f"is-a runs in a circle through {concepts.ids[actives[cycle.concept]]}") from None
    del child_at, child
    number = array("I", bytes(4 * n))
    for ordinal, at in enumerate(found.order):
        number[at] = ordinal
    met_from = _met_from(found.end)
    concepts.ordinal = array("I", bytes(4 * len(concepts.ids)))
    inactive = n
    for index, active in enumerate(concepts.active):
        if active:
            concepts.ordinal[index] = number[place[index]]
        else:
            concepts.ordinal[index] = inactive
            inactive += 1
    context.counts["active_concepts"] = n
    if len(roots) > 1 or (roots and concepts.ids[actives[roots[0]]] != ROOT):
        context.notes.append(f"{len(roots)} active concepts have no parent; a whole edition has one, {ROOT}")
    pairs = sorted((number[pair >> 32] << 32 | number[pair & _LOW]) for pair in pairs)
    child_of, child_starts, child = array("I"), array("I"), array("I")
    for pair in pairs:
        parent, below = pair >> 32, pair & _LOW
        if parent < below < found.end[parent] and met_from[below] == parent:
            continue  # where the walk went down: `Store.children` walks there too
        if not child_of or child_of[-1] != parent:
            child_of.append(parent)
            child_starts.append(len(child))
        child.append(below)
    child_starts.append(len(child))
    pairs = sorted((pair & _LOW) << 32 | pair >> 32 for pair in pairs)
    parent_at, parent_of = hierarchy.compressed_rows(n, [pair >> 32 for pair in pairs], [pair & _LOW for pair in pairs])
    for name, column in (
        ("end", found.end),
        ("extra_of", found.extra_of),
        ("extra_at", found.extra_at),
        ("extra", found.extra),
        ("parent_at", parent_at),
        ("parent", parent_of),
        ("child_of", child_of),
        ("child_at", child_starts),
        ("child", child),
    ):
        writer.add_section(f"isa.{name}", column)


def _met_from(end: array[int]) -> array[int]:
    """Return the concept from which the walk first met each one; of a root, the root itself."""
    above = array("I", range(len(end)))
    path: list[int] = []
    for ordinal in range(len(end)):
        while path and end[path[-1]] <= ordinal:
            path.pop()
        if path:
            above[ordinal] = path[-1]
        path.append(ordinal)
    return above


def _write_attributes(rows: _Rows, context: Context, writer: PackWriter) -> None:
    """Write the rows twice: per type, sorted by value, source, group; and per source, sorted by group, type, value."""
    ordinal, n_active = context.concepts.ordinal, context.counts["active_concepts"]
    type_ordinals = sorted(ordinal[index] for index in rows.type_index)
    place = {value: at for at, value in enumerate(type_ordinals)}
    renumber = [place[ordinal[index]] for index in rows.type_index]
    group_bits = max(rows.group, default=0).bit_length()
    group_mask = (1 << group_bits) - 1
    by_type: list[list[int]] = [[] for _ in type_ordinals]
    for type_, value, source, group in zip(rows.type, rows.value, rows.source, rows.group, strict=True):
        by_type[renumber[type_]].append((ordinal[value] << 32 | ordinal[source]) << group_bits | group)
    rows.source, rows.type, rows.group, rows.value = array("I"), array("H"), array("H"), array("I")
    source_column, group_column, value_of, value_rows = array("I"), array("H"), array("I"), array("I")
    type_at, value_at = array("I", [0]), array("I", [0])
    by_source: list[int] = []
    type_bits = len(type_ordinals).bit_length()
    for type_, keys in enumerate(by_type):
        keys.sort()
        source_column.extend([key >> group_bits & _LOW for key in keys])
        group_column.extend([key & group_mask for key in keys])
        for value, same in groupby([key >> group_bits + 32 for key in keys]):
            value_of.append(value)
            value_rows.append(sum(1 for _ in same))
        type_at.append(len(source_column))
        value_at.append(len(value_of))
        by_source += [
            ((key >> group_bits & _LOW) << group_bits | key & group_mask) << type_bits + 32 | type_ << 32 | key >> group_bits + 32
            for key in keys
        ]
        keys.clear()
    writer.add_section("attribute.type", array("I", type_ordinals))
    writer.add_section("attribute.type_at", type_at)
    writer.add_section("attribute.source", source_column)
    writer.add_section("attribute.group", narrowest(group_column))
    writer.add_section("attribute.value", value_of)
    writer.add_section("attribute.value_rows", narrowest(value_rows))
    writer.add_section("attribute.value_at", value_at)
    by_source.sort()
    high = group_bits + type_bits + 32
    type_mask = (1 << type_bits) - 1
    writer.add_section("attribute.of_at", starts(n_active, [key >> high for key in by_source]))
    writer.add_section("attribute.of_type", narrowest(array("H", [key >> 32 & type_mask for key in by_source])))
    writer.add_section("attribute.of_group", narrowest(array("H", [key >> type_bits + 32 & group_mask for key in by_source])))
    writer.add_section("attribute.of_value", array("I", [key & _LOW for key in by_source]))
    context.counts["attributes"] = len(by_source)


def _concrete_value(text: bytes) -> str:
    value = text.decode()
    if value in ("true", "false") or (len(value) >= 2 and value[0] == value[-1] == '"'):
        return value
    if value.startswith("#"):
        digits = value[2:] if value[1:2] in ("-", "+") else value[1:]
        whole, dot, fraction = digits.partition(".")
        if whole.isdecimal() and whole.isascii() and (not dot or (fraction.isdecimal() and fraction.isascii())):
            return value
    raise ValueError("no concrete value")


def _write_concrete(files: Sequence[ReleaseFile], context: Context, writer: PackWriter) -> None:
    concepts, index = context.concepts, context.concepts.index
    texts: dict[str, int] = {}
    found: list[tuple[int, int, int, str]] = []
    partial = context.selection is not None

    def more(row: Row) -> str | None:
        try:
            _concrete_value(row[5])
        except ValueError:
            return 'the value is no #number, "string", true or false'
        if row[8] not in _CHARACTERISTIC and row[8] != INFERRED:
            return f"characteristicTypeId {row[8].decode()} is not known"
        for at, what in ((4, "sourceId"), (7, "typeId")):
            if row[2] == b"1" and row[at] not in index:
                return f"{what} {row[at].decode()} is a concept that no concept file holds"
        return None

    for file, lines in context.rows(files, 4, 7):
        try:
            for line in lines[1]:
                id_, time, active, _, source, value, group, type_, kind, _ = line.split(b"\t")
                if not id_.isdigit():
                    raise ValueError("id")
                if not ACTIVE[active]:
                    continue
                if kind != INFERRED:
                    context.count(f"concrete_{_CHARACTERISTIC[kind]}_not_kept")
                    continue
                if partial and source not in index:
                    continue
                if not concepts.active[index[source]]:
                    context.count("attributes_of_inactive_concepts_not_kept")
                    continue
                context.times[time]
                found.append(
                    (concepts.ordinal[index[type_]], concepts.ordinal[index[source]], int(group), _concrete_value(value))
                )
        except (ValueError, KeyError) as error:
            raise refuse(file, lines, more, error) from None
    found.sort()
    for row in found:
        texts.setdefault(row[3], len(texts))
    types = sorted({row[0] for row in found})
    place = {type_: at for at, type_ in enumerate(types)}
    writer.add_section("concrete.type", array("I", types))
    writer.add_section("concrete.type_at", starts(len(types), [place[row[0]] for row in found]))
    writer.add_section("concrete.source", array("I", [row[1] for row in found]))
    writer.add_section("concrete.group", narrowest(array("I", [row[2] for row in found])))
    writer.add_section("concrete.value", narrowest(array("I", [texts[row[3]] for row in found])))
    writer.add_section("concrete.texts", "\n".join(texts).encode())
    context.counts["concrete_values"] = len(found)
