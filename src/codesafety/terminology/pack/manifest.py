"""What a pack's manifest must be: every value of its type, every section known, in its place and as long as others say.

A pack is written in one order, each section after the last at the next multiple of 64, so that a table of sections which is
swapped, overlaps or leaves the file is not one that was written. What a section holds is for `Pack.verify` to read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

FORMAT = 2
ALIGNMENT = 64
HEADER_SIZE = 64
WIDTH = {"B": 1, "H": 2, "I": 4, "Q": 8}


class Section(NamedTuple):
    """A section that packs have. `as_many`: it has as many items as this section or count, and `more`.

    `into`: its items are places in that section, from its start to its end.
    """

    name: str
    types: str
    as_many: str = ""
    more: int = 0
    into: str = ""


_GRAPH = (
    Section("isa.end", "I", "active_concepts"),
    Section("isa.extra_of", "I"),
    Section("isa.extra_at", "I", "isa.extra_of", 1, "isa.extra"),
    Section("isa.extra", "I"),
    Section("isa.parent_at", "I", "active_concepts", 1, "isa.parent"),
    Section("isa.parent", "I"),
    Section("isa.child_of", "I"),
    Section("isa.child_at", "I", "isa.child_of", 1, "isa.child"),
    Section("isa.child", "I"),
    Section("attribute.type", "I"),
    Section("attribute.type_at", "I", "attribute.type", 1, "attribute.source"),
    Section("attribute.source", "I", "attribute.of_value"),
    Section("attribute.group", "BHI", "attribute.source"),
    Section("attribute.value", "I"),
    Section("attribute.value_rows", "BHI", "attribute.value"),
    Section("attribute.value_at", "I", "attribute.type", 1, "attribute.value"),
    Section("attribute.of_at", "I", "active_concepts", 1, "attribute.of_value"),
    Section("attribute.of_type", "BHI", "attribute.of_value"),
    Section("attribute.of_group", "BHI", "attribute.of_value"),
    Section("attribute.of_value", "I"),
    Section("concrete.type", "I"),
    Section("concrete.type_at", "I", "concrete.type", 1, "concrete.source"),
    Section("concrete.source", "I"),
    Section("concrete.group", "BHI", "concrete.source"),
    Section("concrete.value", "BHI", "concrete.source"),
    Section("concrete.texts", "B"),
    Section("refset.id", "Q"),
    Section("refset.heads", "B"),
    Section("refset.active_at", "Q", "refset.id", 1, "refset.active"),
    Section("refset.active", "B"),
    Section("refset.rows_at", "Q", "refset.id", 1, "refset.rows"),
    Section("refset.rows", "B"),
    Section("history.refset", "Q"),
    Section("history.at", "I", "history.refset", 1, "history.source"),
    Section("history.source", "I"),
    Section("history.target", "I", "history.source"),
    Section("association.source", "I"),
    Section("association.refsets", "Q"),
    Section("association.refset", "H", "association.source"),
    Section("association.target", "Q", "association.source"),
    Section("reason.source", "I"),
    Section("reason.value", "Q", "reason.source"),
    Section("identifier.scheme", "Q"),
    Section("identifier.component", "Q", "identifier.scheme"),
    Section("identifier.texts", "B"),
)
_TEXTS = (
    Section("text.at", "I", "concepts", 1, "text.id"),
    Section("text.id", "Q"),
    Section("text.kind", "H", "text.id"),
    Section("text.time", "H", "text.id"),
    Section("text.kinds", "B"),
    Section("text.blocks", "B"),
    Section("text.block_first", "I"),
    Section("text.block_at", "Q", "text.block_first", 1, "text.blocks"),
    Section("word.list", "B"),
    Section("word.spelling", "B"),
    Section("word.at", "I", into="word.blocks"),
    Section("word.blocks", "HI"),
    Section("language.refset", "Q"),
    Section("language.at", "I", into="language.rows"),
    Section("language.rows", "I"),
    Section("text.preferred", "I", "concepts"),
)
_CONCEPTS = (
    Section("concept.id", "Q", "concepts"),
    Section("concept.sorted", "I", "concepts"),
    Section("concept.flags", "B", "concepts"),
    Section("concept.module", "BHI", "concepts"),
    Section("concept.time", "H", "concepts"),
    Section("module.id", "Q"),
    Section("time.value", "I"),
)
_TABLE = (
    Section("code.at", "Q", into="code.text"),
    Section("code.text", "B"),
    Section("code.block_at", "Q", into="code.terms"),
    Section("code.terms", "B"),
    Section("code.key", "I"),
    Section("code.key_of", "I", "code.key"),
)
_DMD = (
    Section("dmd.id", "Q"),
    Section("dmd.flags", "B", "dmd.id"),
    Section("dmd.current", "I", "dmd.id"),
    Section("dmd.fact", "I", "dmd.id"),
    Section("dmd.fact_at", "Q", into="dmd.facts"),
    Section("dmd.facts", "B"),
    Section("dmd.block_at", "Q", into="dmd.names"),
    Section("dmd.names", "B"),
    Section("dmd.gtin", "Q"),
    Section("dmd.gtin_of", "I", "dmd.gtin"),
    Section("dmd.key", "I"),
    Section("dmd.key_of", "I", "dmd.key"),
)

# Shapes: a type; several in a tuple; a list of one shape; the keys that a mapping must have, `...` for any key.
Shape = Any
_TEXT_OR_NOTHING = (str, type(None))
_COUNTS = {...: int}
_WHOLE: Shape = {
    "kind": str,
    "format": int,
    "digest": str,
    "sections": [{"name": str, "type": str, "at": int, "bytes": int, "digest": str}],
    "sources": [{"name": str, "sha256": str}],
}
_RELEASE: Shape = {
    "edition": _TEXT_OR_NOTHING,
    "effective_time": str,
    "at": _TEXT_OR_NOTHING,
    "modules": [str],
    "module_dependencies": [{"module": str, "effective_time": str, "depends_on": str, "target_effective_time": str}],
    "files_not_read": [str],
    "counts": {"concepts": int, "active_concepts": int, ...: int},
    "notes": [str],
    "descriptions": bool,
    "incomplete": bool,
    "subset": ({"of": [str]}, type(None)),
}
_OF_TABLES: Shape = {"counts": _COUNTS, "notes": [str]}
_OF_DMD: Shape = {
    "released": _TEXT_OR_NOTHING,
    "ids": int,
    "doubts": [str],
    "number_of_doubts": int,
    "counts": _COUNTS,
}


def content_digest(sections: Sequence[Mapping[str, Any]], described: Mapping[str, Any]) -> str:
    """Return the digest of all content: of what the sections hold, and of what the manifest says beside them."""
    listing = "".join(f"{s['name']} {s['type']} {s['digest']}\n" for s in sections)
    return blake2b(listing.encode() + as_text(described), digest_size=16).hexdigest()


def as_text(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as it is written: in one way only."""
    return json.dumps(manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def read_manifest(text: bytes, at: int) -> dict[str, Any]:
    """Return the manifest that stands at this place of a pack. Raises ValueError, with the reason, where it cannot be one."""
    try:
        manifest = json.loads(text.decode())
        as_written = as_text(manifest) == text
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not as_written:
        raise ValueError("not in the form that `codesafety terminology build` writes")
    _require(manifest, _WHOLE, "")
    _require_kind(manifest)
    sections: list[dict[str, Any]] = manifest["sections"]
    described = {key: value for key, value in manifest.items() if key not in ("format", "digest", "sections")}
    if manifest["format"] != FORMAT or manifest["digest"] != content_digest(sections, described):
        raise ValueError("its digest is not that of what it says")
    _require_layout(sections, at)
    _require_sections(manifest, sections)
    return dict(manifest)


def expected_sections(manifest: Mapping[str, Any]) -> tuple[Section, ...]:
    """Return the sections that a pack with this manifest has, in their order."""
    if manifest["kind"] == "release":
        own = _GRAPH + (_TEXTS if manifest["descriptions"] else ()) + _CONCEPTS
    else:
        own = _TABLE if manifest["tables"] else ()
    return own + (_DMD if "dmd" in manifest else ())


def _require(value: Any, shape: Shape, path: str) -> None:
    """Raise ValueError, with the path, where a value is not of this shape."""
    fits: bool
    match shape:
        case type():
            fits = type(value) is shape and not (isinstance(value, int) and value < 0)
        case tuple():
            fits = any(_fits(value, one, path) for one in shape)
        case list():
            fits = isinstance(value, list)
            for number, item in enumerate(value if fits else ()):
                _require(item, shape[0], f"{path}[{number}]")
        case _:
            fits = isinstance(value, dict)
            for key in shape if fits else ():
                if key is not ... and key not in value:
                    raise ValueError(f"`{path}.{key}` is missing".replace("`.", "`"))
            for key, item in value.items() if fits else ():
                inner = shape.get(key, shape.get(...))
                if inner is not None:
                    _require(item, inner, f"{path}.{key}")
    if not fits:
        raise ValueError(f"`{path.lstrip('.') or 'the whole'}` is not of its type")


def _fits(value: Any, shape: Shape, path: str) -> bool:
    try:
        _require(value, shape, path)
    except ValueError:
        return False
    return True


def _require_kind(manifest: dict[str, Any]) -> None:
    match manifest["kind"]:
        case "release":
            _require(manifest, _RELEASE, "")
        case "codes":
            _require(manifest, {"tables": [str]}, "")
            if manifest["tables"]:
                _require(manifest, _OF_TABLES, "")
        case _:
            raise ValueError("`kind` is neither a release nor codes")
    if "dmd" in manifest:
        _require(manifest["dmd"], _OF_DMD, "dmd")


def _require_layout(sections: Sequence[Mapping[str, Any]], manifest_at: int) -> None:
    end = HEADER_SIZE
    for section in sections:
        if section["at"] != end + -end % ALIGNMENT:
            raise ValueError(f"section `{section['name']}` does not follow the one before it")
        end = section["at"] + section["bytes"]
    if manifest_at != end + -end % ALIGNMENT:
        raise ValueError("the sections do not end where it begins")


def _require_sections(manifest: Mapping[str, Any], sections: Sequence[Mapping[str, Any]]) -> None:
    expected = expected_sections(manifest)
    if [section["name"] for section in sections] != [known.name for known in expected]:
        raise ValueError("its sections are not those of its kind, in their order")
    sizes: dict[str, int] = dict(manifest.get("counts", {}))
    for known, section in zip(expected, sections, strict=True):
        if section["type"] not in WIDTH or section["type"] not in known.types or section["bytes"] % WIDTH[section["type"]]:
            raise ValueError(f"section `{known.name}` has items of another type")
        sizes[known.name] = section["bytes"] // WIDTH[section["type"]]
    for known in expected:
        if known.as_many and sizes[known.name] != sizes[known.as_many] + known.more:
            raise ValueError(f"section `{known.name}` has another length than `{known.as_many}` says")
        if known.into and not sizes[known.name]:
            raise ValueError(f"section `{known.name}` is empty")
    if "dmd" in manifest and manifest["dmd"]["ids"] != sizes["dmd.id"]:
        raise ValueError("`dmd.ids` is not how many there are")
