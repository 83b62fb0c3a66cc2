"""Builds the shipped names of codes, and the words by which they are told apart; the README beside them has the rules.

    python tools/build_names_extract.py USAGE.csv.gz

USAGE is NHS Digital's "SNOMED Code Usage in Primary Care" with the columns `code`, `fsn`, `active_end` and `tag`. The same file
gives the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import sys
from hashlib import sha256
from pathlib import Path

from codesafety.terminology.pack import code_table
from codesafety.terminology.pack.file import PackWriter
from codesafety.terminology.sctid import is_concept_id
from codesafety.terminology.words.apart import bag, contrasts
from codesafety.terminology.words.normal import normal

DATA = Path(__file__).parents[1] / "src" / "codesafety" / "terminology" / "words" / "data"
LEAST = 10
"""How many pairs of names two words must tell apart. Of the 379 synonyms in the RF2 subsets that are a code's name but for one
word, 28 would be told apart by a limit of 3, two by 5, and none by 10."""


def build(usage: Path, folder: Path) -> tuple[int, int]:
    """Write pack and words. Return how many names and how many pairs of words there are."""
    packed = usage.read_bytes()
    rows = list(csv.DictReader(gzip.decompress(packed).decode("utf-8").splitlines()))
    if damaged := [row["code"] for row in rows if not is_concept_id(row["code"]) or not row["fsn"].strip()]:
        raise SystemExit(f"{usage.name}: no code of SNOMED CT, or no name: {', '.join(damaged[:10])}")
    in_use = [row for row in rows if row["active_end"] == "1"]
    names = {row["code"]: [" ".join(row["fsn"].split())] for row in rows}
    folder.mkdir(exist_ok=True)
    with PackWriter(folder / "names.pack") as writer:
        code_table.write_names(names, writer, found={row["code"] for row in in_use})
        writer.finish(
            {
                "kind": "codes",
                "tables": [usage.name.removesuffix(".gz")],
                "sources": [{"name": usage.name, "sha256": sha256(packed).hexdigest()}],
                "counts": {"rows": len(rows), "codes": len(names), "codes_found_by_name": len(in_use)},
                "notes": [],
            }
        )
    pairs = contrasts(((row["tag"], bag(normal(row["fsn"]))) for row in in_use), LEAST)
    (folder / "contrasts.txt").write_text("".join(f"{pair}\n" for pair in pairs), encoding="ascii")
    return len(names), len(pairs)


if __name__ == "__main__":
    print("{} names, {} pairs of words".format(*build(Path(sys.argv[1]), DATA)))
