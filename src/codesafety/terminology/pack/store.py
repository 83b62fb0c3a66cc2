"""What a pack of a SNOMED CT release can be asked, in ordinals: concepts, is-a, attributes, history.

An ordinal is a concept's place in the pack: 0 to n_active - 1 are the active concepts in depth-first order, the inactive
ones follow. Sets of concepts are run lists: flat, sorted, disjoint, half-open (start, end, start, end ...). Everything is
read in place from the mapped file; codes (text) appear only at the edges. Refset members are in `members`, descriptions in
`texts`; both hang off a store as `refsets` and `texts`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from codesafety.terminology.errors import NotSupported, OutsideSubset
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.members import Refsets
from codesafety.terminology.pack.texts import Texts

IS_A = "116680003"
ROOT = "138875005"
NO_ORDINAL = 0xFFFFFFFF
_DEFINED, _COMPLETE = 1, 2
_NONE = memoryview(array("I"))

Runs = Sequence[int]


@dataclass(frozen=True, slots=True)
class AttributeColumns:
    """All active inferred rows of one attribute type, sorted by value, then source, then group: views of one length."""

    source: memoryview  # ordinals
    group: memoryview  # 0 is "not grouped"
    value: memoryview  # ordinals


@dataclass(frozen=True, slots=True)
class ConcreteColumns:
    """All active rows of one concrete attribute type, sorted by source, then group: views of one length."""

    source: memoryview  # ordinals
    group: memoryview
    value: memoryview  # indices for `Store.concrete_value`


@dataclass(frozen=True, slots=True)
class ConcreteValue:
    """A concrete value as published. `kind`: number (text is its digits as written), string (unquoted), boolean."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class HistoryColumns:
    """Active history association rows of one refset between concepts of this pack, sorted by target, then source."""

    source: memoryview  # ordinals, nearly always of inactive concepts
    target: memoryview  # ordinals


class Store:
    """A pack of kind "release", opened for reading. Immutable; safe to share between threads.

    Methods that take an ordinal expect one of this store; any other is the caller's mistake (IndexError or nonsense).
    """

    def __init__(self, pack: Pack | Path | str) -> None:
        self.pack = pack if isinstance(pack, Pack) else Pack(pack)
        manifest = self.pack.manifest
        if manifest.get("kind") != "release":
            raise NotSupported(f"{self.pack.path}: this pack holds {manifest.get('kind')}, not a release with a hierarchy")
        self.n_concepts: int = manifest["counts"]["concepts"]
        self.n_active: int = manifest["counts"]["active_concepts"]
        self.is_subset: bool = manifest["subset"] is not None
        section = self.pack.section
        self._ids = section("concept.id")
        self._sorted = section("concept.sorted")
        self._flags = section("concept.flags")
        self._module = section("concept.module")
        self._time = section("concept.time")
        self._modules = section("module.id")
        self._times = section("time.value")
        self._end = section("isa.end")
        self._extra_of = section("isa.extra_of")
        self._extra_at = section("isa.extra_at")
        self._extra = section("isa.extra")
        self._values = lru_cache(maxsize=None)(self._unpack_values)

    # Concepts

    def ordinal(self, code: str) -> int | None:
        """Return the ordinal of a concept, active or inactive, or None where this pack does not hold the code."""
        if not (code.isascii() and code.isdecimal()) or len(code) > 18 or code[0] == "0":
            return None
        number = int(code)
        at = bisect_left(self._sorted, number, key=self._ids.__getitem__)
        if at == self.n_concepts:
            return None
        found: int = self._sorted[at]
        return found if self._ids[found] == number else None

    def code(self, ordinal: int) -> str:
        return str(self._ids[ordinal])

    def codes(self, runs: Runs) -> Iterator[str]:
        """Yield the codes of a run list, in ordinal order."""
        for start, end in zip(runs[::2], runs[1::2], strict=True):
            yield from map(str, self._ids[start:end])

    def code_set(self, runs: Runs) -> frozenset[str]:
        """Return the codes of a run list: the fastest way to a set."""
        numbers: list[int] = []
        for start, end in zip(runs[::2], runs[1::2], strict=True):
            numbers += self._ids[start:end].tolist()
        # One text cut up is twice as fast as a text for each number.
        return frozenset(repr(numbers)[1:-1].split(", ")) if numbers else frozenset()

    def is_active(self, ordinal: int) -> bool:
        return ordinal < self.n_active

    def defined(self, ordinal: int) -> bool:
        """Whether the concept is sufficiently defined (900000000000073002), not primitive."""
        return bool(self._flags[ordinal] & _DEFINED)

    def module(self, ordinal: int) -> str:
        return str(self._modules[self._module[ordinal]])

    def module_index(self, code: str) -> int | None:
        """Return where a module stands in `module_column`, or None where no concept is in it."""
        return next((at for at, module in enumerate(self._modules) if str(module) == code), None)

    @property
    def module_column(self) -> memoryview:
        """Per ordinal, an index that `module_index` explains."""
        return self._module

    @property
    def modules(self) -> tuple[str, ...]:
        return tuple(map(str, self._modules))

    def effective_time(self, ordinal: int) -> str:
        """Return the effectiveTime of the concept's row, YYYYMMDD."""
        return f"{self._times[self._time[ordinal]]:08d}"

    @property
    def time_column(self) -> memoryview:
        """Per ordinal, an index into `times`."""
        return self._time

    @property
    def times(self) -> tuple[str, ...]:
        """The distinct effective times, YYYYMMDD, in no order."""
        return tuple(f"{value:08d}" for value in self._times)

    # Subsets

    def is_complete(self, ordinal: int) -> bool:
        """Whether all descendants that the release has are in this pack. Always true where the pack is no subset."""
        return not self.is_subset or bool(self._flags[ordinal] & _COMPLETE)

    @cached_property
    def whole(self) -> bool:
        """Whether the pack holds the whole release: only then may `*`, and questions about all sources, be answered."""
        return not self.is_subset

    # Is-a

    def descendants_runs(self, ordinal: int) -> array[int]:
        """Return the concept and everything below it as runs. An inactive concept stands alone.

        Raises OutsideSubset where a subset pack does not hold all of its descendants.
        """
        if ordinal >= self.n_active:
            return array("I", (ordinal, ordinal + 1))
        if self.is_subset and not self._flags[ordinal] & _COMPLETE:
            raise OutsideSubset(
                f"this subset pack does not hold all descendants of {self.code(ordinal)}", concept=self.code(ordinal)
            )
        at = bisect_left(self._extra_of, ordinal)
        if at < len(self._extra_of) and self._extra_of[at] == ordinal:
            runs = array("I", bytes(self._extra[self._extra_at[at] : self._extra_at[at + 1]].cast("B")))
            if runs[-1] == ordinal:
                runs[-1] = self._end[ordinal]
                return runs
        else:
            runs = array("I")
        runs.append(ordinal)
        runs.append(self._end[ordinal])
        return runs

    def subsumes(self, ancestor: int, descendant: int) -> bool:
        """Whether `descendant` is `ancestor` or below it. Exact in every subset pack, which holds all ancestors."""
        if ancestor == descendant or (ancestor < descendant < self.n_active and descendant < self._end[ancestor]):
            return True
        if ancestor >= self.n_active or descendant >= ancestor:
            return False
        at = bisect_left(self._extra_of, ancestor)
        if at == len(self._extra_of) or self._extra_of[at] != ancestor:
            return False
        # An odd place means that the last edge at or before `descendant` is a start: it is inside a run.
        low = self._extra_at[at]
        return bool((bisect_right(self._extra, descendant, low, self._extra_at[at + 1]) - low) & 1)

    def parents(self, ordinal: int) -> memoryview:
        """Return the ordinals of the direct parents; empty for a root and for an inactive concept."""
        if ordinal >= self.n_active:
            return _NONE
        at = self._parent_at
        return self._parent[at[ordinal] : at[ordinal + 1]]

    def children(self, ordinal: int) -> array[int]:
        """Return the ordinals of the direct children, sorted. Raises OutsideSubset as `descendants_runs` does."""
        if ordinal >= self.n_active:
            return array("I")
        if self.is_subset and not self._flags[ordinal] & _COMPLETE:
            raise OutsideSubset(
                f"this subset pack does not hold all children of {self.code(ordinal)}", concept=self.code(ordinal)
            )
        found = array("I")
        below = ordinal + 1
        while below < self._end[ordinal]:
            found.append(below)
            below = self._end[below]
        at = bisect_left(self._child_of, ordinal)
        if at < len(self._child_of) and self._child_of[at] == ordinal:
            found = array("I", sorted((*found, *self._child[self._child_at[at] : self._child_at[at + 1]])))
        return found

    @cached_property
    def with_children(self) -> tuple[int, ...]:
        """The active concepts that have a child in this pack, sorted."""
        return tuple(sorted({*self._child_of, *(at for at, end in enumerate(self._end) if end > at + 1)}))

    def ancestors(self, ordinal: int) -> array[int]:
        """Return everything strictly above the concept as runs; empty for a root and for an inactive concept."""
        seen: set[int] = set()
        waiting = list(self.parents(ordinal))
        while waiting:
            above = waiting.pop()
            if above not in seen:
                seen.add(above)
                waiting.extend(self.parents(above))
        runs = array("I")
        for above in sorted(seen):
            if runs and runs[-1] == above:
                runs[-1] = above + 1
            else:
                runs.append(above)
                runs.append(above + 1)
        return runs

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The active concepts without a parent. A release has one, 138875005; slices and module concepts add others."""
        at, found = 0, []
        while at < self.n_active:
            found.append(at)
            at = self._end[at]
        return tuple(found)

    # Attributes

    @cached_property
    def attribute_types(self) -> tuple[int, ...]:
        """The ordinals of the types that some concept-valued attribute row has, sorted. Is-a is not among them."""
        return tuple(self.pack.section("attribute.type"))

    def attribute_rows(self, type_: int) -> AttributeColumns:
        """Return all rows of one type; no rows where nothing uses it as a type."""
        at = bisect_left(self.attribute_types, type_)
        if at == len(self.attribute_types) or self.attribute_types[at] != type_:
            return AttributeColumns(_NONE, _NONE, _NONE)
        start, end = self._attribute_at[at], self._attribute_at[at + 1]
        return AttributeColumns(self._attribute_source[start:end], self._attribute_group[start:end], self._values(at))

    def _unpack_values(self, at: int) -> memoryview:
        """Return the value of each row of a type. The pack holds each distinct value once, with how many rows have it."""
        start, end = self._value_at[at], self._value_at[at + 1]
        values = array("I")
        for value, rows in zip(self._value[start:end], self._value_rows[start:end], strict=True):
            values.extend((value,) * rows)
        return memoryview(values).toreadonly()

    def attributes(self, source: int) -> Iterator[tuple[int, int, int]]:
        """Yield (type ordinal, group, value ordinal) for each row of one concept, by group, then type, then value."""
        if source >= self.n_active:
            return
        types, groups, values = self._of_type, self._of_group, self._of_value
        for row in range(self._of_at[source], self._of_at[source + 1]):
            yield self.attribute_types[types[row]], groups[row], values[row]

    @cached_property
    def concrete_types(self) -> tuple[int, ...]:
        """The ordinals of the types that some concrete row has, sorted."""
        return tuple(self.pack.section("concrete.type"))

    def concrete_rows(self, type_: int) -> ConcreteColumns:
        """Return all concrete rows of one type; no rows where nothing uses it as a type."""
        at = bisect_left(self.concrete_types, type_)
        if at == len(self.concrete_types) or self.concrete_types[at] != type_:
            return ConcreteColumns(_NONE, _NONE, _NONE)
        start, end = self._concrete_at[at], self._concrete_at[at + 1]
        return ConcreteColumns(self._concrete_source[start:end], self._concrete_group[start:end], self._concrete_value[start:end])

    def concrete_value(self, index: int) -> ConcreteValue:
        return self.concrete_values[index]

    @cached_property
    def concrete_values(self) -> tuple[ConcreteValue, ...]:
        """The distinct concrete values (about 2,000 in a UK edition)."""
        return tuple(_concrete(text) for text in bytes(self.pack.section("concrete.texts")).decode().split("\n") if text)

    def concrete_attributes(self, source: int) -> Iterator[tuple[int, int, ConcreteValue]]:
        """Yield (type ordinal, group, value) for each concrete row of one concept."""
        for type_ in self.concrete_types:
            rows = self.concrete_rows(type_)
            at = bisect_left(rows.source, source)
            while at < len(rows.source) and rows.source[at] == source:
                yield type_, rows.group[at], self.concrete_values[rows.value[at]]
                at += 1

    # Refsets, descriptions

    @cached_property
    def refsets(self) -> Refsets:
        return Refsets(self.pack)

    @cached_property
    def texts(self) -> Texts:
        """The descriptions. Raises NotSupported where the pack was built without them."""
        return Texts(self.pack)

    @property
    def has_texts(self) -> bool:
        return self.pack.has("text.at")

    # History

    @cached_property
    def history_refsets(self) -> tuple[str, ...]:
        """The association refsets that have active rows between concepts, as codes (not all of them are historical)."""
        return tuple(map(str, self.pack.section("history.refset")))

    def history_rows(self, refset: str) -> HistoryColumns:
        """Return the active rows of one association refset whose source and target are concepts of this pack."""
        if refset not in self.history_refsets:
            return HistoryColumns(_NONE, _NONE)
        at = self.history_refsets.index(refset)
        start, end = self._history_at[at], self._history_at[at + 1]
        return HistoryColumns(self._history_source[start:end], self._history_target[start:end])

    def associations(self, source: int) -> Iterator[tuple[str, str]]:
        """Yield (refset, target code) for each active association row of one concept; targets may lie outside the pack."""
        sources, refsets, targets = self._association
        at = bisect_left(sources, source)
        while at < len(sources) and sources[at] == source:
            yield str(self._association_refsets[refsets[at]]), str(targets[at])
            at += 1

    def inactivation_reasons(self, ordinal: int) -> tuple[str, ...]:
        """Return the values (codes) of active rows in 900000000000489007 for an inactive concept; usually one."""
        sources, values = self.pack.section("reason.source"), self.pack.section("reason.value")
        at = bisect_left(sources, ordinal)
        return tuple(str(values[i]) for i in range(at, bisect_right(sources, ordinal, at)))

    # Alternate identifiers

    @cached_property
    def alternate_identifiers(self) -> dict[tuple[str, str], str]:
        """(scheme concept, identifier) -> code of the component, active rows of the identifier file only."""
        schemes, components = self.pack.section("identifier.scheme"), self.pack.section("identifier.component")
        texts = bytes(self.pack.section("identifier.texts")).decode().split("\n")
        return {(str(scheme), text): str(component) for scheme, component, text in zip(schemes, components, texts, strict=False)}

    def alternate_identifier(self, scheme: str, identifier: str) -> int | None:
        """Return the ordinal that an alternate identifier stands for, or None where the release does not say."""
        code = self.alternate_identifiers.get((scheme, identifier))
        return None if code is None else self.ordinal(code)

    # Sections that only some questions need are mapped when first asked for.

    @cached_property
    def _parent_at(self) -> memoryview:
        return self.pack.section("isa.parent_at")

    @cached_property
    def _parent(self) -> memoryview:
        return self.pack.section("isa.parent")

    @cached_property
    def _child_of(self) -> memoryview:
        return self.pack.section("isa.child_of")

    @cached_property
    def _child_at(self) -> memoryview:
        return self.pack.section("isa.child_at")

    @cached_property
    def _child(self) -> memoryview:
        return self.pack.section("isa.child")

    @cached_property
    def _attribute_at(self) -> memoryview:
        return self.pack.section("attribute.type_at")

    @cached_property
    def _attribute_source(self) -> memoryview:
        return self.pack.section("attribute.source")

    @cached_property
    def _attribute_group(self) -> memoryview:
        return self.pack.section("attribute.group")

    @cached_property
    def _value_at(self) -> memoryview:
        return self.pack.section("attribute.value_at")

    @cached_property
    def _value(self) -> memoryview:
        return self.pack.section("attribute.value")

    @cached_property
    def _value_rows(self) -> memoryview:
        return self.pack.section("attribute.value_rows")

    @cached_property
    def _of_at(self) -> memoryview:
        return self.pack.section("attribute.of_at")

    @cached_property
    def _of_type(self) -> memoryview:
        return self.pack.section("attribute.of_type")

    @cached_property
    def _of_group(self) -> memoryview:
        return self.pack.section("attribute.of_group")

    @cached_property
    def _of_value(self) -> memoryview:
        return self.pack.section("attribute.of_value")

    @cached_property
    def _concrete_at(self) -> memoryview:
        return self.pack.section("concrete.type_at")

    @cached_property
    def _concrete_source(self) -> memoryview:
        return self.pack.section("concrete.source")

    @cached_property
    def _concrete_group(self) -> memoryview:
        return self.pack.section("concrete.group")

    @cached_property
    def _concrete_value(self) -> memoryview:
        return self.pack.section("concrete.value")

    @cached_property
    def _history_at(self) -> memoryview:
        return self.pack.section("history.at")

    @cached_property
    def _history_source(self) -> memoryview:
        return self.pack.section("history.source")

    @cached_property
    def _history_target(self) -> memoryview:
        return self.pack.section("history.target")

    @cached_property
    def _association(self) -> tuple[memoryview, memoryview, memoryview]:
        section = self.pack.section
        return section("association.source"), section("association.refset"), section("association.target")

    @cached_property
    def _association_refsets(self) -> memoryview:
        return self.pack.section("association.refsets")


def _concrete(text: str) -> ConcreteValue:
    if text.startswith("#"):
        return ConcreteValue("number", text[1:])
    if text.startswith('"'):
        return ConcreteValue("string", text[1:-1])
    return ConcreteValue("boolean", text)
