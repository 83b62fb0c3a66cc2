"""The state of Full files at a date is the Snapshot of that date."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.store import Store

DATES = ("20200131", "20200731", "20210131", "20210731")
N = 6

changes = st.lists(
    st.tuples(
        st.sampled_from(DATES),
        st.sampled_from(("is_a", "attribute", "member", "term", "defined")),
        st.integers(1, N - 1),
        st.integers(0, N - 2),
        st.booleans(),
    ),
    max_size=30,
)


def rows_of(history: list[tuple[str, str, int, int, bool]], upto: str, *, full: bool) -> made.Rows:
    """Return the rows: with `full` all of them, else the latest of each id up to the date."""
    latest: dict[str, tuple[str, tuple[object, ...]]] = {}
    every: list[tuple[str, tuple[object, ...]]] = []
    names = [made.concept_id(n) for n in range(N)]
    for name in names:
        every.append((DATES[0], ("concept", name, False)))
        latest[name] = every[-1]
    seen: set[tuple[object, ...]] = set()
    for date, kind, one, other, active in sorted(history, key=lambda change: change[0]):
        other = other if other < one else one - 1
        match kind:
            case "is_a" | "attribute":
                type_ = made.IS_A if kind == "is_a" else names[0]
                id_, row = (
                    made.sctid(10_000 + 100 * one + 10 * other + (kind == "is_a"), "02"),
                    ("relationship", names[one], type_, names[other], active),
                )
            case "member":
                id_, row = made.uuid(10 * one), ("member", names[one], active)
            case "term":
                id_, row = made.sctid(5000 + one, "01"), ("term", names[one], other, active)
            case _:
                if date == DATES[0]:
                    continue
                id_, row = names[one], ("concept", names[one], active)
        if (id_, date) in seen:
            continue
        seen.add((id_, date))
        every.append((date, (*row, id_)))
        if date <= upto:
            latest[id_] = every[-1]
    rows = made.Rows()
    for date, (kind, *values) in every if full else latest.values():
        match kind:
            case "concept":
                rows.concept(values[0], time=date, defined=values[1])  # type: ignore[arg-type]
            case "relationship":
                source, type_, target, active, id_ = values
                rows.relationship(source, type_, target, active=active, time=date, id_=id_)  # type: ignore[arg-type]
            case "member":
                rows.member(made.SIMPLE, values[0], active=values[1], time=date, id_=values[2])  # type: ignore[arg-type]
            case _:
                concept, number, active, id_ = values
                rows.descriptions.append(
                    f"{id_}\t{date}\t{int(active)}\t{made.CORE_MODULE}\t{concept}\ten\t{made.SYNONYM}\t"
                    f"term {number}\t900000000000448009"
                )
    return rows


def answers(path: Path) -> object:
    store = Store(path)
    names = sorted(store.codes((0, store.n_concepts)))
    found = []
    for name in names:
        at = store.ordinal(name)
        assert at is not None
        found.append(
            (
                name,
                store.defined(at),
                store.effective_time(at),
                store.code_set(store.descendants_runs(at)),
                sorted((store.code(t), g, store.code(v)) for t, g, v in store.attributes(at)),
                sorted((text.id, text.term, text.active, text.effective_time) for text in store.texts.of(at)),
            )
        )
    rows = store.refsets.rows(made.SIMPLE)
    members = sorted(zip(rows.component, rows.active, rows.effective_time, strict=True)) if rows is not None else []
    return found, members


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=changes, at=st.sampled_from(DATES))
def test_full_at_a_date_answers_as_the_snapshot_of_that_date(history: list[tuple[str, str, int, int, bool]], at: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build([made.write_release(rows_of(history, at, full=True), folder / "full", summary="Full")], folder / "full.pack", at=at)
        build([made.write_release(rows_of(history, at, full=False), folder / "snapshot")], folder / "snapshot.pack")
        assert answers(folder / "full.pack") == answers(folder / "snapshot.pack")


def test_full_without_a_date_is_its_end(tmp_path: Path) -> None:
    rows = made.Rows()
    rows.concept(made.HEART, time="20200131")
    rows.concept(made.HEART, time="20210131", defined=True)
    source = made.write_release(rows, tmp_path / "release", summary="Full")
    build([source], tmp_path / "end.pack")
    build([source], tmp_path / "then.pack", at="20200801")
    assert [Store(tmp_path / name).defined(0) for name in ("end.pack", "then.pack")] == [True, False]
    assert Store(tmp_path / "then.pack").pack.manifest["effective_time"] == "20200801"


def test_the_snapshot_is_read_where_a_release_has_both(tmp_path: Path) -> None:
    rows, before = made.Rows(), made.Rows()
    rows.concept(made.HEART)
    before.concept(made.HEART, time="20200131")
    made.write_release(rows, tmp_path / "release")
    made.write_release(before, tmp_path / "release", summary="Full")
    build([tmp_path / "release"], tmp_path / "a.pack")
    assert Store(tmp_path / "a.pack").effective_time(0) == "20250101"


def test_two_different_rows_of_one_date_are_refused(tmp_path: Path) -> None:
    rows = made.Rows()
    rows.concept(made.HEART)
    rows.concept(made.HEART, defined=True)
    source = made.write_release(rows, tmp_path / "release", summary="Full")
    with pytest.raises(ReleaseError, match=rf":3: a second, different row of 20250101 for id {made.HEART}"):
        build([source], tmp_path / "a.pack")


def renamed(folder: Path, change: Callable[[str], str]) -> Path:
    """Give every file and folder of a release another name."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rename(path.with_name(change(path.name)))
    return folder


@pytest.mark.parametrize(
    "change",
    [str.lower, str.upper, lambda name: name.replace("sct2_", "").lower(), lambda name: name.replace("_Full_", "_").lower()],
    ids=["lower", "upper", "no prefix", "told by the folder"],
)
def test_full_files_are_full_files_in_any_spelling(change: Callable[[str], str], tmp_path: Path) -> None:
    rows, now = made.Rows(), made.Rows()
    rows.concept(made.HEART, time="20200131")
    rows.concept(made.HEART, time="20210131", defined=True)
    rows.describe(made.HEART, "Heart", time="20200131")
    now.concept(made.HEART, time="20210131", defined=True)
    now.describe(made.HEART, "Heart", time="20210131")
    source = renamed(made.write_release(rows, tmp_path / "release", summary="Full"), change)
    made.write_release(now, source)  # the Snapshot, under its usual name
    build([source], tmp_path / "then.pack", at="20200801")
    build([source], tmp_path / "now.pack")
    assert Store(tmp_path / "then.pack").defined(0) is False
    assert len(Store(tmp_path / "now.pack").pack.manifest["files_not_read"]) == 3


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_a_delta_is_a_delta_in_any_spelling(change: Callable[[str], str], tmp_path: Path) -> None:
    source = renamed(made.write_release(made.small(), tmp_path / "release", summary="Delta"), change)
    with pytest.raises(ReleaseError, match="holds only a Delta"):
        build([source], tmp_path / "a.pack")


def test_full_files_whose_name_says_nothing_give_the_state_at_their_end(tmp_path: Path) -> None:
    rows = made.Rows()
    rows.concept(made.HEART, time="20210131", defined=True)
    rows.concept(made.HEART, time="20200131")
    source = renamed(made.write_release(rows, tmp_path / "release", summary="Full"), lambda name: name.replace("Full", "Files"))
    build([source], tmp_path / "a.pack")
    assert Store(tmp_path / "a.pack").defined(0) is True
