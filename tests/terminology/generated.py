"""Releases made up of nothing: right check digits, right partitions, any shape. Tests need no licence for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codesafety.terminology.building.whole import build
from codesafety.terminology.sctid import check_digit

ROOT = "138875005"
IS_A = "116680003"
CORE_MODULE = "900000000000207008"
INFERRED = "900000000000011006"
SOME = "900000000000451002"
DEFINED, PRIMITIVE = "900000000000073002", "900000000000074008"
FSN, SYNONYM = "900000000000003001", "900000000000013009"
PREFERRED, ACCEPTABLE = "900000000000548007", "900000000000549004"
GB_ENGLISH = "900000000000508004"
SAME_AS, REPLACED_BY = "900000000000527005", "900000000000526001"
INACTIVATION = "900000000000489007"

_COMMON = "id\teffectiveTime\tactive\tmoduleId\t"
_TAIL = "relationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId"
CONCEPT_HEADER = _COMMON + "definitionStatusId"
DESCRIPTION_HEADER = _COMMON + "conceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId"
RELATIONSHIP_HEADER = _COMMON + "sourceId\tdestinationId\t" + _TAIL
CONCRETE_HEADER = _COMMON + "sourceId\tvalue\t" + _TAIL
MEMBER_HEADER = _COMMON + "refsetId\treferencedComponentId"


def sctid(item: int, partition: str = "00", namespace: str = "") -> str:
    """Return a well-formed id: item, namespace, partition, check digit."""
    stem = f"{item}{namespace}{partition}"
    return stem + check_digit(stem)


def concept_id(n: int) -> str:
    return sctid(1000 + n)


def uuid(n: int) -> str:
    return f"{n:08x}-0000-4000-8000-{n:012x}"


@dataclass
class Rows:
    """The rows of a release, as text with tabs; `members` by the names of their extra columns."""

    concepts: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    relationships: list[str] = field(default_factory=list)
    concrete: list[str] = field(default_factory=list)
    members: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    count: int = 0

    def next(self) -> int:
        self.count += 1
        return self.count

    def concept(
        self, code: str, *, active: bool = True, time: str = "20250101", module: str = CORE_MODULE, defined: bool = False
    ) -> str:
        self.concepts.append(f"{code}\t{time}\t{int(active)}\t{module}\t{DEFINED if defined else PRIMITIVE}")
        return code

    def relationship(
        self,
        source: str,
        type_: str,
        target: str,
        group: int = 0,
        *,
        active: bool = True,
        time: str = "20250101",
        id_: str | None = None,
        kind: str = INFERRED,
    ) -> str:
        id_ = id_ or sctid(1000 + self.next(), "02")
        self.relationships.append(
            f"{id_}\t{time}\t{int(active)}\t{CORE_MODULE}\t{source}\t{target}\t{group}\t{type_}\t{kind}\t{SOME}"
        )
        return id_

    def is_a(self, child: str, parent: str, *, active: bool = True, time: str = "20250101", id_: str | None = None) -> str:
        return self.relationship(child, IS_A, parent, active=active, time=time, id_=id_)

    def value(self, source: str, type_: str, value: str, group: int = 0, *, active: bool = True, time: str = "20250101") -> None:
        self.concrete.append(
            f"{sctid(1000 + self.next(), '02')}\t{time}\t{int(active)}\t{CORE_MODULE}\t{source}\t{value}\t"
            f"{group}\t{type_}\t{INFERRED}\t{SOME}"
        )

    def describe(
        self, concept: str, term: str, *, type_: str = SYNONYM, active: bool = True, language: str = "en", time: str = "20250101"
    ) -> str:
        id_ = sctid(1000 + self.next(), "01")
        self.descriptions.append(
            f"{id_}\t{time}\t{int(active)}\t{CORE_MODULE}\t{concept}\t{language}\t{type_}\t{term}\t900000000000448009"
        )
        return id_

    def member(
        self,
        refset: str,
        component: str,
        fields: Sequence[tuple[str, str]] = (),
        *,
        active: bool = True,
        time: str = "20250101",
        id_: str | None = None,
    ) -> str:
        id_ = id_ or uuid(self.next())
        names = tuple(name for name, _ in fields)
        values = "".join(f"\t{value}" for _, value in fields)
        self.members.setdefault(names, []).append(f"{id_}\t{time}\t{int(active)}\t{CORE_MODULE}\t{refset}\t{component}{values}")
        return id_


def write_release(
    rows: Rows, folder: Path, *, summary: str = "Snapshot", date: str = "20250101", end: str = "\r\n", bom: bool = False
) -> Path:
    """Write rows as the files of a release below `folder` and return it."""
    terminology, refset = folder / summary / "Terminology", folder / summary / "Refset"
    terminology.mkdir(parents=True, exist_ok=True)
    refset.mkdir(parents=True, exist_ok=True)

    def put(path: Path, header: str, lines: Iterable[str]) -> None:
        text = end.join((header, *lines, ""))
        path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))

    put(terminology / f"sct2_Concept_{summary}_INT_{date}.txt", CONCEPT_HEADER, rows.concepts)
    put(terminology / f"sct2_Description_{summary}-en_INT_{date}.txt", DESCRIPTION_HEADER, rows.descriptions)
    put(terminology / f"sct2_Relationship_{summary}_INT_{date}.txt", RELATIONSHIP_HEADER, rows.relationships)
    if rows.concrete:
        put(terminology / f"sct2_RelationshipConcreteValues_{summary}_INT_{date}.txt", CONCRETE_HEADER, rows.concrete)
    for number, (names, lines) in enumerate(rows.members.items()):
        letters = "".join("c" if name.endswith("Id") else "i" if name.endswith(("Group", "Priority")) else "s" for name in names)
        put(refset / f"der2_{letters}Refset_Made{number}{summary}_INT_{date}.txt", "\t".join((MEMBER_HEADER, *names)), lines)
    return folder


def built(rows: Rows, folder: Path, **options: object) -> Path:
    """Write rows as a Snapshot, build a pack of them and return its path."""
    source = write_release(rows, folder / "release")
    output = folder / "made.pack"
    build([source], output, **options)  # type: ignore[arg-type]
    return output


def small() -> Rows:
    """A release of a few concepts that has one of everything.

    root - finding - heart disease - infarct (of heart)     and inactive: old infarct SAME AS infarct
         - body    - heart
         - attribute - finding site, is a
    """
    rows = Rows()
    for code in (ROOT, FINDING, DISEASE, INFARCT, BODY, HEART, ATTRIBUTE, SITE, IS_A, CORE_MODULE):
        rows.concept(code, defined=code == INFARCT)
    rows.concept(OLD, active=False, time="20240101")
    for child, parent in (
        (FINDING, ROOT),
        (DISEASE, FINDING),
        (INFARCT, DISEASE),
        (BODY, ROOT),
        (HEART, BODY),
        (ATTRIBUTE, ROOT),
        (SITE, ATTRIBUTE),
        (IS_A, ATTRIBUTE),
        (CORE_MODULE, ROOT),
    ):
        rows.is_a(child, parent)
    rows.relationship(INFARCT, SITE, HEART, 1)
    rows.value(INFARCT, SITE, "#2.50", 0)
    rows.value(INFARCT, SITE, '"left"', 1)
    rows.member(SAME_AS, OLD, [("targetComponentId", INFARCT)])
    rows.member(INACTIVATION, OLD, [("valueId", "900000000000482003")])
    rows.member(SIMPLE, INFARCT)
    rows.member(SIMPLE, HEART, active=False)
    rows.member(MAPPED, INFARCT, [("mapGroup", "1"), ("mapTarget", "I21.9")])
    rows.member("900000000000534007", CORE_MODULE, [("sourceEffectiveTime", "20250101"), ("targetEffectiveTime", "20250101")])
    rows.describe(INFARCT, "Myocardial infarction (disorder)", type_=FSN)
    attack = rows.describe(INFARCT, "Heart attack")
    infarction = rows.describe(INFARCT, "Myocardial infarction")
    rows.describe(INFARCT, "Coronary", active=False)
    rows.describe(DISEASE, 'Disease of "heart" (disorder)', type_=FSN)
    rows.describe(OLD, "Cardiac infarction (disorder)", type_=FSN)
    rows.member(GB_ENGLISH, attack, [("acceptabilityId", ACCEPTABLE)])
    rows.member(GB_ENGLISH, infarction, [("acceptabilityId", PREFERRED)])
    rows.member(UK_CLINICAL, attack, [("acceptabilityId", PREFERRED)])
    return rows


FINDING, DISEASE, INFARCT, BODY, HEART, ATTRIBUTE, SITE, OLD = (concept_id(n) for n in range(8))
SIMPLE, MAPPED = concept_id(100), concept_id(101)
UK_CLINICAL = "999001261000000100"
