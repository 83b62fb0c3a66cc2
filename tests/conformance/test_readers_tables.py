"""Every row and every code of real tables is in a submission or listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.places import SHARED

from codesafety.formats.tables.flat import FlatReader
from codesafety.formats.tables.omop import OmopReader
from codesafety.plugins.reading import Source

pl = pytest.importorskip("polars", reason="polars is not installed")
OMOP, SYNTHEA = SHARED / "omop" / "gibleed", SHARED / "synthea" / "flat_r4_2019_615"


@pytest.mark.skipif(not OMOP.is_dir(), reason="the shared data is not here")
def test_every_row_and_concept_of_sixty_omop_patients(tmp_path: Path) -> None:
    people = pl.read_parquet(OMOP / "person.parquet").head(60)
    wanted = people["PERSON_ID"].to_list()
    rows, concepts = 0, set()
    known = {str(r[0]): r[1] for r in pl.read_parquet(OMOP / "concept.parquet").select("CONCEPT_ID", "CONCEPT_CODE").iter_rows()}
    for file in OMOP.glob("*.parquet"):
        frame = pl.read_parquet(file)
        if "PERSON_ID" in frame.columns:
            frame = frame.filter(pl.col("PERSON_ID").is_in(wanted))
            if file.stem in ("condition_occurrence", "procedure_occurrence", "measurement", "observation", "drug_exposure"):
                rows += frame.height
                for column in frame.columns:
                    if column.endswith("_CONCEPT_ID"):
                        concepts |= {str(int(v)) for v in frame[column].drop_nulls().to_list() if v}
        frame.write_parquet(tmp_path / file.name)
    codes: set[str | None] = set()
    items = broken = 0
    for _, submission in OmopReader().read_many(Source(b"", "omop", tmp_path)):
        items += len(submission.entries) + len(submission.medications)
        broken += sum(line.broken for line in submission.not_read)
        for item in (*submission.entries, *submission.medications):
            held = item.products + item.route if hasattr(item, "products") else item.codings
            codes |= {c.code for c in held} | {c.code for q in item.qualifiers for c in q.codings}
    assert (items, broken) == (rows, 0)
    assert {known.get(c, c) for c in concepts} <= codes


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason="the shared data is not here")
def test_every_row_and_code_of_sixty_synthea_patients(tmp_path: Path) -> None:
    wanted = pl.read_parquet(SYNTHEA / "patients.parquet").head(60)["patient"].cast(pl.String).to_list()
    sent: dict[str, int] = {}
    rows = 0
    for file in SYNTHEA.glob("*.parquet"):
        frame = pl.read_parquet(file).with_columns(pl.col("patient").cast(pl.String)).filter(pl.col("patient").is_in(wanted))
        if file.stem != "patients":
            rows += frame.height
            for code in frame["code"].cast(pl.String).to_list():
                sent[code] = sent.get(code, 0) + 1
        frame.write_parquet(tmp_path / file.name)
    found: dict[str, int] = {}
    items = 0
    for _, submission in FlatReader().read_many(Source(b"", "synthea", tmp_path)):
        assert not any(line.whole for line in submission.not_read)
        items += len(submission.entries) + len(submission.medications)
        for coding in (
            *(c for e in submission.entries for c in e.codings),
            *(c for m in submission.medications for c in m.products),
        ):
            found[coding.code or ""] = found.get(coding.code or "", 0) + 1
    assert items == rows
    assert found == sent
