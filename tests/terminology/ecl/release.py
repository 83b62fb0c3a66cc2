"""Small ontologies, as data, to RF2 files and a pack: what the ECL tests are evaluated on.

An ontology is a dict: `concepts` ({id, active, moduleId, effectiveTime, definitionStatusId}), `relationships` ({source, type,
target, group, active}), `concrete` ({source, type, value, group}), `refset_members` ({refset, referencedComponentId, active,
moduleId, effectiveTime, fields}), `descriptions` ({concept, term, lang, type, active, acceptability, id, moduleId,
effectiveTime}), `identifiers` ({scheme, code, component}).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codesafety.terminology.building.whole import build
from codesafety.terminology.pack.store import Store

CORE = "900000000000207008"
DAY = "20260101"
TYPES = {"SYN": "900000000000013009", "FSN": "900000000000003001", "DEF": "900000000000550004"}
ACCEPTABILITY = {"preferred": "900000000000548007", "acceptable": "900000000000549004"}
Ontology = Mapping[str, Any]


def _write(path: Path, header: str, rows: Sequence[Sequence[object]]) -> None:
    lines = [header.replace(" ", "\t"), *("\t".join(map(str, row)) for row in rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode())


def write_rf2(ontology: Ontology, folder: Path) -> Path:
    """Write a Snapshot of an ontology and return its folder."""
    terminology = folder / "Snapshot" / "Terminology"
    refset = folder / "Snapshot" / "Refset"
    terminology.mkdir(parents=True)
    refset.mkdir(parents=True)
    _write(
        terminology / f"sct2_Concept_Snapshot_INT_{DAY}.txt",
        "id effectiveTime active moduleId definitionStatusId",
        [
            (
                c["id"],
                c.get("effectiveTime", DAY),
                int(c.get("active", True)),
                c.get("moduleId", CORE),
                c.get("definitionStatusId", "900000000000074008"),
            )
            for c in ontology["concepts"]
        ],
    )
    relationship = "id effectiveTime active moduleId sourceId {} relationshipGroup typeId characteristicTypeId modifierId"
    _write(
        terminology / f"sct2_Relationship_Snapshot_INT_{DAY}.txt",
        relationship.format("destinationId"),
        [
            (
                f"{100_000 + at}029",
                DAY,
                int(r.get("active", True)),
                CORE,
                r["source"],
                r["target"],
                r.get("group", 0),
                r["type"],
                "900000000000011006",
                "900000000000451002",
            )
            for at, r in enumerate(ontology["relationships"])
        ],
    )
    if ontology.get("concrete"):
        _write(
            terminology / f"sct2_RelationshipConcreteValues_Snapshot_INT_{DAY}.txt",
            relationship.format("value"),
            [
                (
                    f"{500_000 + at}029",
                    DAY,
                    1,
                    CORE,
                    r["source"],
                    r["value"],
                    r.get("group", 0),
                    r["type"],
                    "900000000000011006",
                    "900000000000451002",
                )
                for at, r in enumerate(ontology["concrete"])
            ],
        )
    descriptions = [{"id": f"{200_000 + at}010", **d} for at, d in enumerate(ontology.get("descriptions", ()))]
    _write(
        terminology / f"sct2_Description_Snapshot-en_INT_{DAY}.txt",
        "id effectiveTime active moduleId conceptId languageCode typeId term caseSignificanceId",
        [
            (
                d["id"],
                d.get("effectiveTime", DAY),
                int(d.get("active", True)),
                d.get("moduleId", CORE),
                d["concept"],
                d.get("lang", "en"),
                TYPES[d.get("type", "SYN")],
                d["term"],
                "900000000000448009",
            )
            for d in descriptions
        ],
    )
    member = "id effectiveTime active moduleId refsetId referencedComponentId"
    number = 0

    def uuid() -> str:
        nonlocal number
        number += 1
        return f"00000000-0000-4000-8000-{number:012d}"

    _write(
        refset / f"der2_cRefset_LanguageSnapshot-en_INT_{DAY}.txt",
        f"{member} acceptabilityId",
        [
            (uuid(), DAY, 1, CORE, language, d["id"], ACCEPTABILITY[value])
            for d in descriptions
            for language, value in d.get("acceptability", {}).items()
        ],
    )
    shapes: dict[tuple[tuple[str, str], ...], list[Mapping[str, Any]]] = {}
    for row in ontology.get("refset_members", ()):
        shape = tuple(
            (name, "c" if name.endswith("Id") else "i" if isinstance(value, int) else "s")
            for name, value in row.get("fields", {}).items()
        )
        shapes.setdefault(shape, []).append(row)
    for at, (shape, rows) in enumerate(shapes.items()):
        pattern = "".join(kind for _, kind in shape)
        _write(
            refset / f"der2_{pattern}Refset_Shape{at}Snapshot_INT_{DAY}.txt",
            " ".join((member, *(name for name, _ in shape))),
            [
                (
                    uuid(),
                    row.get("effectiveTime", DAY),
                    int(row.get("active", True)),
                    row.get("moduleId", CORE),
                    row["refset"],
                    row["referencedComponentId"],
                    *row.get("fields", {}).values(),
                )
                for row in rows
            ],
        )
    if ontology.get("identifiers"):
        _write(
            terminology / f"sct2_Identifier_Snapshot_INT_{DAY}.txt",
            "alternateIdentifier effectiveTime active moduleId identifierSchemeId referencedComponentId",
            [(i["code"], DAY, int(i.get("active", True)), CORE, i["scheme"], i["component"]) for i in ontology["identifiers"]],
        )
    return folder


def packed(ontology: Ontology, folder: Path) -> Store:
    """Return the pack of an ontology, built from its RF2 files."""
    source = write_rf2(ontology, folder / "rf2")
    build([source], folder / "small.pack", allow_incomplete=True)
    return Store(folder / "small.pack")
