"""What changed between two releases: concepts that came, went, changed status, name, parents or attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codesafety.terminology.errors import NotSupported
from codesafety.terminology.pack.store import Store


@dataclass(frozen=True, slots=True)
class Difference:
    """Codes, sorted by number. `renamed` is None where one of the packs holds no descriptions."""

    added: tuple[str, ...]  # in the new release only
    gone: tuple[str, ...]  # in the old one only: RF2 never takes a concept away, so another edition or a fault
    inactivated: tuple[str, ...]
    reactivated: tuple[str, ...]
    moved: tuple[str, ...]  # active in both, with other parents
    remodelled: tuple[str, ...]  # active in both, with other attributes or concrete values
    renamed: tuple[str, ...] | None  # another preferred term

    def __bool__(self) -> bool:
        return any((self.added, self.gone, self.inactivated, self.reactivated, self.moved, self.remodelled, self.renamed))


def diff(old: Store, new: Store) -> Difference:
    """Compare two packs of whole releases. Raises NotSupported for subset packs: what they lack is not a difference."""
    if not (old.whole and new.whole):
        raise NotSupported("subset packs cannot be compared: what lies outside them would read as gone")
    before = set(old.codes((0, old.n_concepts)))
    after = set(new.codes((0, new.n_concepts)))
    inactivated: list[str] = []
    reactivated: list[str] = []
    moved: list[str] = []
    remodelled: list[str] = []
    renamed: list[str] = []
    named = old.has_texts and new.has_texts
    for code in before & after:
        was, now = old.ordinal(code), new.ordinal(code)
        assert was is not None and now is not None
        if old.is_active(was) != new.is_active(now):
            (inactivated if old.is_active(was) else reactivated).append(code)
        elif old.is_active(was):
            if set(map(old.code, old.parents(was))) != set(map(new.code, new.parents(now))):
                moved.append(code)
            if set(_model(old, was)) != set(_model(new, now)):
                remodelled.append(code)
        if named and old.texts.preferred(was) != new.texts.preferred(now):
            renamed.append(code)
    return Difference(
        _sorted(after - before),
        _sorted(before - after),
        _sorted(inactivated),
        _sorted(reactivated),
        _sorted(moved),
        _sorted(remodelled),
        _sorted(renamed) if named else None,
    )


def _model(store: Store, ordinal: int) -> Iterator[tuple[str, int, str]]:
    for type_, group, value in store.attributes(ordinal):
        yield store.code(type_), group, store.code(value)
    for type_, group, concrete in store.concrete_attributes(ordinal):
        yield store.code(type_), group, f"{concrete.kind} {concrete.text}"


def _sorted(codes: set[str] | list[str]) -> tuple[str, ...]:
    return tuple(sorted(codes, key=int))
