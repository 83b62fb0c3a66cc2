"""All that a pack knows of one code, as plain data for people and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from codesafety.terminology.interface import Product
from codesafety.terminology.pack.store import Store
from codesafety.terminology.release import Release

_TYPES = {"900000000000003001": "fully specified name", "900000000000013009": "synonym", "900000000000550004": "definition"}
_ACCEPTABILITY = {"900000000000548007": "preferred", "900000000000549004": "acceptable"}


def view(release: Release, code: str) -> dict[str, Any] | None:
    """Return what the pack knows, or None where it knows nothing of the code (which need not mean that there is none)."""
    found: dict[str, Any] = {"code": code, "status": release.status(code).value}
    terms = release.terms(code)
    product = release.product(code)
    found["term"] = terms[0] if terms else None
    ordinal = release.store.ordinal(code) if release.has_release else None
    if ordinal is None:
        if not terms and product is None:
            return None
        found["terms"] = list(terms)
    else:
        found |= _concept(release.store, ordinal)
    replacements = release.replacements(code)
    found["replaced_by"] = [_named(release, other) for other in replacements.same]
    found["possibly_replaced_by"] = [_named(release, other) for other in replacements.possible]
    found["context"] = asdict(release.context(code))
    found["product"] = None if product is None else _product(product)
    strengths = release.strengths(code)
    found["strengths"] = None if strengths is None else [asdict(strength) for strength in strengths]
    return found


def _named(release: Release, code: str) -> dict[str, str | None]:
    terms = release.terms(code)
    return {"code": code, "term": terms[0] if terms else None}


def _coded(store: Store, ordinal: int | None, code: str) -> dict[str, str | None]:
    return {"code": code, "term": store.texts.preferred(ordinal) if ordinal is not None and store.has_texts else None}


def _concept(store: Store, ordinal: int) -> dict[str, Any]:
    def concept(at: int) -> dict[str, str | None]:
        return _coded(store, at, store.code(at))

    def by_code(code: str) -> dict[str, str | None]:
        return _coded(store, store.ordinal(code), code)

    return {
        "effective_time": store.effective_time(ordinal),
        "module": by_code(store.module(ordinal)),
        "defined": store.defined(ordinal),
        "inactivation_reasons": [by_code(reason) for reason in store.inactivation_reasons(ordinal)],
        "descriptions": [
            {
                "id": text.id,
                "term": text.term,
                "type": _TYPES.get(text.type, text.type),
                "language": text.language,
                "active": text.active,
                "acceptability": {refset: _ACCEPTABILITY[value] for refset, value in store.texts.acceptability(text.row)},
            }
            for text in store.texts.of(ordinal)
        ]
        if store.has_texts
        else None,
        "parents": [concept(parent) for parent in store.parents(ordinal)],
        "attributes": [
            {"group": group, "type": concept(type_), "value": concept(value)} for type_, group, value in store.attributes(ordinal)
        ],
        "concrete_values": [
            {"group": group, "type": concept(type_), "kind": value.kind, "value": value.text}
            for type_, group, value in store.concrete_attributes(ordinal)
        ],
        "associations": [
            {"refset": by_code(refset), "target": by_code(target)} for refset, target in store.associations(ordinal)
        ],
        "refsets": [by_code(refset) for refset in store.refsets.containing(ordinal)],
    }


def _product(product: Product) -> dict[str, Any]:
    return {key: sorted(value) if isinstance(value, frozenset) else value for key, value in asdict(product).items()}
