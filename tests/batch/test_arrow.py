"""`codesafety.batch.arrow`: batches in, batches out, the same answers however rows were divided; alone, on Sail and on Spark."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.places import RULESETS

from codesafety.authoring.bundling import build
from codesafety.batch.arrow import DDL, SCHEMA, Scan
from codesafety.errors import InputError

_ROWS = [
    {
        "patient_id": f"p{n:02}",
        "gender": "male",
        "birth_date": "1990-01-01",
        "id": f"e{n}-{m}",
        "kind": "observation",
        "system": "sct",
        "code": code,
        "date": "2026-03-04",
    }
    for n in range(12)
    for m, code in enumerate(("195967001", "77386006", "195967002"))
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "rules.bundle"
    path.write_bytes(build([RULESETS / "uk.pregnancy", RULESETS / "uk.integrity", RULESETS / "uk.codes"]))
    return path


def _batches(size: int, rows: list[dict[str, Any]] = _ROWS) -> Iterator[pa.RecordBatch]:
    yield from pa.Table.from_pylist(rows).to_batches(max_chunksize=size)


def _answers(batches: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for batch in batches for row in batch.to_pylist()), key=str)


def test_batches_give_the_same_answers_however_they_were_cut(bundle: Path) -> None:
    scan = pickle.loads(pickle.dumps(Scan.of(bundle)))
    whole = _answers(scan(_batches(1_000)))
    assert _answers(scan(_batches(1))) == whole
    assert len([row for row in whole if row[0] == "findings" and "uk.integrity/code-fails-its-check-digit" in row]) == 12
    assert {row[SCHEMA.names.index("place")] for row in whole if row[0] == "findings"} >= {"e0-1", "e0-2"}


def test_partitions_of_whole_patients_give_the_same_answers_as_one(bundle: Path) -> None:
    scan = Scan.of(bundle)
    half = len(_ROWS) // 2
    apart = [*_answers(scan(_batches(5, _ROWS[:half]))), *_answers(scan(_batches(5, _ROWS[half:])))]
    assert sorted(apart, key=str) == _answers(scan(_batches(1_000)))


def test_rows_of_one_patient_that_stand_apart_are_an_error(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesafety.batch.arrow.ROWS_AT_ONCE", 2)
    with pytest.raises(InputError, match="do not stand together"):
        list(Scan.of(bundle)(_batches(1, [*_ROWS[:6], _ROWS[0]])))


def _on(spark: Any, bundle: Path, partitions: int) -> list[tuple[Any, ...]]:
    frame = spark.createDataFrame([tuple(row.values()) for row in _ROWS], ", ".join(f"{name} string" for name in _ROWS[0]))
    together = frame.repartition(partitions, "patient_id").sortWithinPartitions("patient_id")
    return sorted((tuple(row) for row in together.mapInArrow(Scan.of(bundle), DDL).collect()), key=str)


def test_sail_gives_the_same_bytes_with_1_2_and_4_partitions(bundle: Path) -> None:
    sail = pytest.importorskip("pysail.spark", reason="pysail is not installed: nox -s spark")
    connect = pytest.importorskip("pyspark.sql.connect.session", reason="pyspark-client is not installed: nox -s spark")
    server = sail.SparkConnectServer()
    server.start(background=True)
    _, port = server.listening_address
    spark = connect.SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
    try:
        whole = _answers(Scan.of(bundle)(_batches(1_000)))
        assert [_on(spark, bundle, number) for number in (1, 2, 4)] == [whole] * 3
    finally:
        spark.stop()
        server.stop()


def test_a_local_spark_gives_the_same_answers(bundle: Path) -> None:
    pytest.importorskip("pyspark.java_gateway", reason="pyspark is not installed: nox -s spark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[2]").getOrCreate()
    try:
        assert _on(spark, bundle, 2) == _answers(Scan.of(bundle)(_batches(1_000)))
    finally:
        spark.stop()


def test_cells_that_are_no_one_value_are_refused(bundle: Path) -> None:
    with pytest.raises(InputError, match="column 2 are lists"):
        list(Scan.of(bundle)(_batches(9, [{"patient_id": "1", "code": ["77386006"]}])))
