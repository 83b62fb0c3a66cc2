"""Real and miniature RF2 sets load completely: what a pack holds is counted against the files, read another way."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.places import SHARED

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.store import Store

RF2 = SHARED / "rf2"
pytestmark = pytest.mark.skipif(not RF2.exists(), reason="the shared RF2 sets are not here")

IS_A, INFERRED = "116680003", "900000000000011006"

WHOLE = (
    "hl7-tx-subontology",
    "opencodelists-rf2/core-model-components",
    "opencodelists-rf2/model-components",
    "opencodelists-rf2/tennis-elbow",
    "opencodelists-rf2/tennis-toe",
    "snowstorm-test/dummy-snomed-content/SnomedCT_MiniRF2/Snapshot",
    "snowstorm-test/dummy-snomed-content/SnomedCT_MiniRF2/Full",
    "snowstorm-test/dummy-snomed-content/SnomedCT_MiniRF2_Base_snapshot",
)


def rows(folder: Path, column: str) -> Iterator[dict[str, str]]:
    for path in sorted(folder.rglob("*.txt")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = (line for line in file if line.strip() and not line.startswith("#"))
            reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if column in (reader.fieldnames or ()):
                yield from reader


def latest(folder: Path, column: str) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows(folder, column):
        if row["id"] not in found or row["effectiveTime"] >= found[row["id"]]["effectiveTime"]:
            found[row["id"]] = row
    return list(found.values())


@pytest.mark.parametrize("name", WHOLE)
def test_a_release_loads_completely(name: str, tmp_path: Path) -> None:
    source = RF2 / name
    build([source], tmp_path / "a.pack")
    store = Store(tmp_path / "a.pack")
    store.pack.verify()

    concepts = {row["id"]: row for row in latest(source, "definitionStatusId")}
    assert set(store.codes((0, store.n_concepts))) == set(concepts)
    assert set(store.codes((0, store.n_active))) == {code for code, row in concepts.items() if row["active"] == "1"}

    relationships = [
        row for row in latest(source, "destinationId") if row["active"] == "1" and row["characteristicTypeId"] == INFERRED
    ]
    is_a = {(row["sourceId"], row["destinationId"]) for row in relationships if row["typeId"] == IS_A}
    assert {(store.code(o), store.code(p)) for o in range(store.n_active) for p in store.parents(o)} == is_a
    attributes = sorted(
        (row["sourceId"], row["typeId"], int(row["relationshipGroup"]), row["destinationId"])
        for row in relationships
        if row["typeId"] != IS_A
    )
    assert (
        sorted((store.code(o), store.code(t), g, store.code(v)) for o in range(store.n_active) for t, g, v in store.attributes(o))
        == attributes
    )

    descriptions = {row["id"]: (row["conceptId"], row["term"], row["active"] == "1") for row in latest(source, "term")}
    assert {text.id: (store.code(text.concept), text.term, text.active) for text in store.texts.all()} == descriptions

    values = sorted((row["sourceId"], row["typeId"], row["value"]) for row in latest(source, "value") if row["active"] == "1")
    assert len(values) == sum(len(list(store.concrete_attributes(o))) for o in range(store.n_active))

    members = [row for row in latest(source, "refsetId") if "acceptabilityId" not in row and "owlExpression" not in row]
    held = {code: found for code in store.refsets.codes() if (found := store.refsets.rows(code)) is not None}
    assert sum(map(len, held.values())) == len(members)
    assert sorted(
        (code, str(component), str(active))
        for code, found in held.items()
        for component, active in zip(found.component, found.active, strict=True)
    ) == sorted((row["refsetId"], row["referencedComponentId"], row["active"]) for row in members)

    preferred = {
        (row["refsetId"], row["referencedComponentId"])
        for row in latest(source, "acceptabilityId")
        if row["active"] == "1"
        and row["acceptabilityId"] == "900000000000548007"
        and row["referencedComponentId"] in descriptions
    }
    assert {
        (refset, store.texts.description(row).id)
        for refset in store.texts.language_refsets
        for row in store.texts.language_rows(refset, "900000000000548007")
    } == preferred


def test_the_hl7_subset_has_its_published_size(tmp_path: Path) -> None:
    build([RF2 / "hl7-tx-subontology"], tmp_path / "a.pack")
    store = Store(tmp_path / "a.pack")
    counts = store.pack.manifest["counts"]
    assert {
        name: counts[name] for name in ("concepts", "active_concepts", "is_a", "attributes", "concrete_values", "descriptions")
    } == {"concepts": 2258, "active_concepts": 2254, "is_a": 3264, "attributes": 3681, "concrete_values": 8, "descriptions": 8245}
    root = store.ordinal("138875005")
    assert root is not None
    assert len(store.code_set(store.descendants_runs(root))) == 2251
    assert store.texts.preferred(root) == "SNOMED CT Concept"


def test_packages_are_read_together(tmp_path: Path) -> None:
    folder = RF2 / "snowstorm-test" / "dummy-snomed-content"
    with pytest.raises(ReleaseError, match="is a concept that no concept file holds"):
        build([folder / "SnomedCT_MiniRF2_Extension_snapshot"], tmp_path / "alone.pack")
    build([folder / "SnomedCT_MiniRF2_Base_snapshot", folder / "SnomedCT_MiniRF2_Extension_snapshot"], tmp_path / "a.pack")
    assert Store(tmp_path / "a.pack").n_concepts == 19


def test_an_incomplete_set_is_refused_and_loads_on_request(tmp_path: Path) -> None:
    folder = RF2 / "snowstorm-lite" / "dummy-snomed-content"
    sources = [folder / "SnomedCT_MiniRF2", folder / "SnomedCT_SE_MiniRF2"]
    with pytest.raises(ReleaseError, match="sourceId 871866001 is a concept that no concept file holds"):
        build(sources, tmp_path / "a.pack")
    build(sources, tmp_path / "a.pack", allow_incomplete=True)
    manifest = Store(tmp_path / "a.pack").pack.manifest
    assert manifest["counts"]["concepts"] == 25
    assert manifest["counts"]["concrete_rows_of_missing_concepts"] == 3


@pytest.mark.parametrize("name", ["dummy-daily-build/DailyBuild_Day1", "dummy-snomed-content/SnomedCT_MiniRF2_Release_Fix_delta"])
def test_deltas_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="holds only a Delta"):
        build([RF2 / "snowstorm-test" / name], tmp_path / "a.pack")


def test_a_zipped_package_is_read(tmp_path: Path) -> None:
    build(list((RF2 / "snowstorm-test" / "dummy-release-import").rglob("*.zip")), tmp_path / "a.pack")
    assert Store(tmp_path / "a.pack").n_concepts == 1
