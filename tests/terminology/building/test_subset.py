"""Subset packs: exact within, and refusing outside rather than answering too little."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import NotSupported, OutsideSubset, ReleaseError, UnknownConcept
from codesafety.terminology.interface import Status
from codesafety.terminology.pack.store import Store
from codesafety.terminology.release import Release


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return made.write_release(made.small(), tmp_path / "release")


def cut(release: Path, *subset: str) -> Release:
    build([release], release.parent / "cut.pack", subset=subset)
    return Release.open(release.parent / "cut.pack")


def test_a_subset_holds_what_questions_about_it_need(release: Path) -> None:
    part = cut(release, f"<< {made.DISEASE}")
    assert set(part.store.codes((0, part.store.n_concepts))) == {
        made.DISEASE,
        made.INFARCT,  # asked for
        made.FINDING,
        made.ROOT,  # above
        made.SITE,
        made.HEART,
        made.ATTRIBUTE,
        made.BODY,  # attribute, value, and above them
        made.OLD,  # was made inactive in favour of one inside
        made.IS_A,
        made.CORE_MODULE,
    }
    assert part.pack.manifest["subset"] == {"of": [f"<< {made.DISEASE}"]}


def test_a_complete_root_is_answered_and_another_is_refused(release: Path) -> None:
    rows = made.small()
    rows.concept("22298006")
    rows.is_a("22298006", made.FINDING)
    part = cut(made.write_release(rows, release), f"<< {made.DISEASE}")
    assert part.expand(f"<< {made.DISEASE}") == {made.DISEASE, made.INFARCT}
    assert part.subsumes(made.FINDING, made.INFARCT)
    with pytest.raises(OutsideSubset, match=f"does not hold all descendants of {made.FINDING}"):
        part.expand(f"<< {made.FINDING}")
    with pytest.raises(OutsideSubset):
        part.expand("*")


def test_whether_a_code_outside_exists_cannot_be_told(release: Path) -> None:
    part = cut(release, made.HEART)
    assert part.status(made.INFARCT) is Status.CANNOT_TELL
    with pytest.raises(OutsideSubset):
        part.subsumes(made.FINDING, made.INFARCT)
    assert part.status(made.HEART) is Status.ACTIVE


def test_a_code_list_cuts_a_subset(release: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"code,term\n{made.HEART},Heart\n")
    part = cut(release, str(tmp_path / "list.csv"))
    assert part.pack.manifest["subset"] == {"of": ["list.csv"]}
    assert part.store.ordinal(made.HEART) is not None
    assert part.store.ordinal(made.INFARCT) is None


def test_a_list_that_names_an_unknown_code_is_refused(release: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"code,term\n{made.HEART},Heart\n22298006,Infarct\n")
    with pytest.raises(ReleaseError, match=r"list\.csv:3: `22298006` is no concept of this release"):
        cut(release, str(tmp_path / "list.csv"))
    with pytest.raises(UnknownConcept):
        cut(release, "<< 22298006")
    with pytest.raises(ReleaseError, match=r"nowhere\.csv: there is no such file"):
        cut(release, "nowhere.csv")
    assert not (release.parent / "cut.pack").exists()


def test_a_refset_says_whether_all_its_rows_are_inside(release: Path) -> None:
    inside = cut(release, made.INFARCT).store.refsets.get(made.SIMPLE)
    outside = cut(release, made.HEART).store.refsets.get(made.SIMPLE)
    assert inside is not None and outside is not None
    assert (inside.complete, outside.complete) == (True, False)


def test_a_subset_needs_a_release(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("code,term\n22298006,Myocardial infarction\n")
    with pytest.raises(ReleaseError, match="--at and --subset need one"):
        build([tmp_path / "list.csv"], tmp_path / "a.pack", subset=["*"])


def test_subset_packs_are_not_compared(release: Path) -> None:
    from codesafety.terminology.pack.diff import diff

    part = cut(release, made.HEART).store
    with pytest.raises(NotSupported, match="subset packs cannot be compared"):
        diff(part, part)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parents=st.lists(st.sets(st.integers(0, 14), max_size=3), min_size=1, max_size=15),
    seeds=st.sets(st.integers(0, 14), min_size=1, max_size=3),
)
def test_a_subset_answers_as_the_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, parents: list[set[int]], seeds: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("subset")
    rows = made.Rows()
    names = [rows.concept(made.concept_id(n)) for n in range(len(parents))]
    for child, above in enumerate(parents):
        for parent in above:
            if parent < child:
                rows.is_a(names[child], names[parent])
    whole = Store(made.built(rows, folder, descriptions=False))
    wanted = [names[seed % len(names)] for seed in seeds]
    build([folder / "release"], folder / "cut.pack", subset=[f"<< {wanted[0]}", *wanted[1:]], descriptions=False)
    part = Store(folder / "cut.pack")
    for name in names:
        inside, outside = part.ordinal(name), whole.ordinal(name)
        assert outside is not None
        if inside is None:
            continue
        assert part.code_set(part.ancestors(inside)) == whole.code_set(whole.ancestors(outside))
        below = whole.code_set(whole.descendants_runs(outside))
        if below <= set(part.codes((0, part.n_concepts))):
            assert part.code_set(part.descendants_runs(inside)) == below
        else:
            with pytest.raises(OutsideSubset):
                part.descendants_runs(inside)
    first = part.ordinal(wanted[0])
    assert first is not None and part.is_complete(first)
