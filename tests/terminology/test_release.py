"""The facade over packs: releases, tables of codes."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import NotSupported, PackError, ReleaseError, UnknownConcept
from codesafety.terminology.interface import CodeContext, Replacements, Status, Terminology, Words
from codesafety.terminology.pack.diff import diff
from codesafety.terminology.pack.store import Store
from codesafety.terminology.release import Release

POSSIBLY_EQUIVALENT = "900000000000523009"


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release.open(made.built(made.small(), tmp_path))


def test_a_release_is_a_terminology(release: Release) -> None:
    terminology: Terminology = release
    assert terminology.has_release
    assert terminology.expand(f"<< {made.FINDING}") == {made.FINDING, made.DISEASE, made.INFARCT}
    assert terminology.edition == f"http://snomed.info/sct/{made.CORE_MODULE}/version/20250101"
    assert terminology.name == f"SNOMED CT {terminology.edition}, 20250101"
    assert terminology.digest.startswith(release.pack.digest)


def test_status_tells_active_inactive_and_unknown(release: Release) -> None:
    assert [release.status(code) for code in (made.HEART, made.OLD, "22298006")] == [
        Status.ACTIVE,
        Status.INACTIVE,
        Status.UNKNOWN,
    ]


def test_an_inactive_code_has_its_replacement(release: Release) -> None:
    assert release.replacements(made.OLD) == Replacements(same=(made.INFARCT,))
    assert release.replacements(made.INFARCT) == Replacements()


def test_replacements_are_followed_to_active_concepts(tmp_path: Path) -> None:
    rows = made.small()
    older, doubtful = made.concept_id(20), made.concept_id(21)
    for code in (older, doubtful):
        rows.concept(code, active=False)
    rows.member(made.REPLACED_BY, older, [("targetComponentId", made.OLD)])
    rows.member(POSSIBLY_EQUIVALENT, doubtful, [("targetComponentId", made.OLD)])
    rows.member(POSSIBLY_EQUIVALENT, doubtful, [("targetComponentId", made.HEART)])
    release = Release.open(made.built(rows, tmp_path))
    assert release.replacements(older) == Replacements(same=(made.INFARCT,))
    assert release.replacements(doubtful) == Replacements(possible=(made.HEART, made.INFARCT))


def test_replacements_that_run_in_a_circle_end(tmp_path: Path) -> None:
    rows = made.small()
    one, other = made.concept_id(20), made.concept_id(21)
    for code, target in ((one, other), (other, one)):
        rows.concept(code, active=False)
        rows.member(made.SAME_AS, code, [("targetComponentId", target)])
    assert Release.open(made.built(rows, tmp_path)).replacements(one) == Replacements()


def test_words_are_judged_by_all_descriptions_of_the_release(release: Release) -> None:
    assert release.judge_words(made.INFARCT, "heart attack").verdict is Words.AGREES
    assert release.judge_words(made.DISEASE, "Heart attack").verdict is Words.NAMES_ANOTHER
    assert release.judge_words(made.DISEASE, "Heart attack").others == (made.INFARCT,)
    assert release.judge_words(made.HEART, "Heart").verdict is Words.CANNOT_TELL


def test_words_are_found_in_another_spelling(tmp_path: Path) -> None:
    rows = made.small()
    rows.describe(made.HEART, "Haemorrhage of oesophagus")
    store = Store(made.built(rows, tmp_path))
    found = store.texts.named("hemorrhage of esophagus")
    assert {store.code(ordinal) for ordinal in found} == {made.HEART}


def test_a_situation_has_the_context_of_its_attributes(tmp_path: Path) -> None:
    rows = made.small()
    context, absent, situation = "408729009", "410516002", made.concept_id(30)
    rows.concept(context)
    rows.is_a(context, made.ATTRIBUTE)
    for code in (absent, situation):
        rows.concept(code)
        rows.is_a(code, made.FINDING)
    rows.relationship(situation, context, absent, 1)
    release = Release.open(made.built(rows, tmp_path))
    assert release.context(situation) == CodeContext(assertion="absent")
    assert release.context(made.HEART) == CodeContext()
    assert release.context("22298006").told is False


def test_the_absence_of_a_matter_is_contrary_to_it_and_its_kinds_of_the_same_person_and_time(tmp_path: Path) -> None:
    rows = made.small()
    context, absent, present, matter = "408729009", "410516002", "410515003", "246090004"
    subject, family, time, past = "408732007", "444148008", "408731000", "410513005"
    no_disease, disease, no_disease_of_family, no_disease_once = (made.concept_id(n) for n in range(30, 34))
    for attribute in (context, matter, subject, time):
        rows.concept(attribute)
        rows.is_a(attribute, made.ATTRIBUTE)
    for code in (absent, present, family, past, no_disease, disease, no_disease_of_family, no_disease_once):
        rows.concept(code)
        rows.is_a(code, made.FINDING)
    for situation in (no_disease, disease, no_disease_of_family, no_disease_once):
        rows.relationship(situation, matter, made.DISEASE, 1)
        rows.relationship(situation, context, present if situation == disease else absent, 1)
    rows.relationship(no_disease_of_family, subject, family, 1)
    rows.relationship(no_disease_once, time, past, 1)
    release = Release.open(made.built(rows, tmp_path))
    assert release.contrary(no_disease, made.DISEASE) and release.contrary(made.DISEASE, no_disease)
    assert release.subsumes(made.DISEASE, made.INFARCT) and release.contrary(made.INFARCT, no_disease)
    assert release.contrary(no_disease, disease)
    assert not release.contrary(no_disease, made.FINDING)  # coarser: another finding may be there
    assert not release.contrary(no_disease_of_family, made.DISEASE)
    assert not release.contrary(no_disease_once, made.DISEASE)
    assert not release.contrary(no_disease, no_disease_once)
    assert not release.contrary(disease, made.DISEASE)


def test_subsumption_of_an_unknown_code_is_an_error(release: Release) -> None:
    assert release.subsumes(made.FINDING, made.INFARCT)
    assert not release.subsumes(made.INFARCT, made.FINDING)
    with pytest.raises(UnknownConcept, match="22298006 is no concept of this release"):
        release.subsumes(made.FINDING, "22298006")


def test_a_table_of_codes_has_names_and_nothing_else(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "usage.csv.gz", "wt") as file:
        file.write(
            "code,fsn,usage\n22298006,Myocardial infarction (disorder),5\n73211009,Diabetes mellitus (disorder),7\n"
            "22298007,Broken (disorder),1\n73211009,Diabetes mellitus,2\n"
        )
    build([tmp_path / "usage.csv.gz"], tmp_path / "a.pack")
    release = Release.open(tmp_path / "a.pack")
    assert release.name == "codes from usage.csv.gz"
    assert not release.has_release
    assert release.terms("73211009") == ("Diabetes mellitus (disorder)", "Diabetes mellitus")
    assert release.status("73211009") is Status.CANNOT_TELL
    assert release.judge_words("22298006", "myocardial infarction").verdict is Words.AGREES
    assert release.judge_words("22298006", "Diabetes mellitus").verdict is Words.NAMES_ANOTHER
    assert release.pack.manifest["notes"] == ["usage.csv.gz:4: `22298007` is no SNOMED CT concept id: left out"]
    assert release.edition is None
    with pytest.raises(NotSupported, match="is a table of codes, without a hierarchy"):
        release.expand("<< 73211009")


def test_a_table_without_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("code\n22298006\n")
    with pytest.raises(ReleaseError, match="no column holds names"):
        build([tmp_path / "list.csv"], tmp_path / "a.pack")


def test_a_table_beside_a_release_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("code,term\n22298006,Infarct\n")
    source = made.write_release(made.small(), tmp_path / "release")
    with pytest.raises(ReleaseError, match="cannot stand beside a release"):
        build([source, tmp_path / "list.csv"], tmp_path / "a.pack")


def test_opening_what_is_no_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cannot be read"):
        Release.open(tmp_path / "none.pack")


def test_differences_are_told_by_kind(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    rows = made.small()
    old = Store(made.built(rows, tmp_path / "old"))
    rows.concept("22298006")
    rows.is_a("22298006", made.FINDING)
    rows.is_a(made.HEART, made.FINDING)
    rows.relationship(made.DISEASE, made.SITE, made.HEART)
    rows.describe(made.HEART, "Heart structure", type_=made.FSN)
    new = Store(made.built(rows, tmp_path / "new"))
    found = diff(old, new)
    assert (found.added, found.gone, found.inactivated, found.reactivated) == (("22298006",), (), (), ())
    assert (found.moved, found.remodelled, found.renamed) == ((made.HEART,), (made.DISEASE,), (made.HEART,))
    assert diff(new, old).gone == ("22298006",)
    assert not diff(old, old)


def test_a_concept_that_was_moved_is_followed_to_where_it_went(tmp_path: Path) -> None:
    rows = made.small()
    rows.member("900000000000525002", made.HEART, [("targetComponentId", made.concept_id(20))])
    rows.concept(made.concept_id(20), active=False)
    release = Release.open(made.built(rows, tmp_path))
    assert release.replacements(made.concept_id(20)) == Replacements(same=(made.HEART,))


def test_a_build_that_is_killed_leaves_no_pack(tmp_path: Path) -> None:
    source = made.write_release(made.small(), tmp_path / "release")
    script = (
        "import os, sys\nfrom codesafety.terminology.building.whole import build\n"
        "build([sys.argv[1]], sys.argv[2], progress=lambda stage, done, total: stage == 'descriptions' and os._exit(9))"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(source), str(tmp_path / "a.pack")], check=False)
    assert killed.returncode == 9
    assert not (tmp_path / "a.pack").exists()


def test_a_module_that_is_needed_and_not_here_is_noted(tmp_path: Path) -> None:
    rows = made.small()
    rows.member(
        "900000000000534007", "900000000000012004", [("sourceEffectiveTime", "20250101"), ("targetEffectiveTime", "20240801")]
    )
    notes = Release.open(made.built(rows, tmp_path)).pack.manifest["notes"]
    assert f"module {made.CORE_MODULE} needs module 900000000000012004 of 20240801, of which no concept is here" in notes
