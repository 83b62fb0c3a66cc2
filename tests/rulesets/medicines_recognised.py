"""Count how many coded medicines of records the terminology recognises, source by source.

    python tests/rulesets/medicines_recognised.py                      # the UK records and cases in ../shared
    python tests/rulesets/medicines_recognised.py FILE-OR-FOLDER …     # other records
    python tests/rulesets/medicines_recognised.py --unknown            # also each id that is not recognised, with its count
    python tests/rulesets/medicines_recognised.py --release PACK       # by a release

A medicine is counted if one of its codings is a well-formed SNOMED CT or dm+d id that is not a transfer-degraded one. It is
*recognised* if the product of such an id is known, *by its name* if only the name sent with it says something.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.places import CASES, SHARED

from codesafety.engine import Engine, load, open_source
from codesafety.errors import CodesafetyError
from codesafety.evaluation.facts import Facts

FHIR = SHARED / "fhir"
PLACES = (
    FHIR / "gp-record-stu3",
    FHIR / "eps-r4",
    FHIR / "ukcore-r4",
    FHIR / "update-record-stu3",
    CASES / "records",
)


def files(path: Path) -> Iterator[Path]:
    yield from sorted(p for p in path.iterdir() if p.suffix in (".json", ".xml")) if path.is_dir() else (path,)


def recognised(engine: Engine, path: Path, unknown: Counter[str]) -> Counter[str]:
    """Return how many medicines of a file or folder are coded, recognised and so on; `unknown` counts the ids that are not."""
    found: Counter[str] = Counter()
    for file in files(path):
        try:
            read = engine.read(open_source(file))
        except CodesafetyError:
            found["unread"] += 1
            continue
        for item in Facts(read, None, engine.binding.codebook).incoming:
            ids = [] if item.is_entry else [i for i in item.infos if i.system == "sct" and i.is_one_thing]
            if not ids:
                continue
            found["coded"] += 1
            products = [i.product for i in ids if i.product is not None]
            known = [p for p in products if not p.by_name]
            found["recognised"] += bool(known)
            found["ingredients"] += any(p.ingredients is not None for p in known)
            found["by name"] += bool(products) and not known
            if not products:
                unknown.update(i.code for i in ids if i.code is not None)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, default=PLACES)
    parser.add_argument("--release", type=Path)
    parser.add_argument("--unknown", action="store_true")
    asked = parser.parse_args()
    engine = load(release=asked.release)
    print(
        f"{'source':24} {'coded':>6} {'recognised':>10} {'share':>6} {'with ingredients':>16} {'by its name':>11} {'unread files':>12}"
    )
    unknown: Counter[str] = Counter()
    for path in asked.paths:
        found = recognised(engine, path, unknown)
        share = f"{found['recognised'] / found['coded']:.1%}" if found["coded"] else "-"
        print(
            f"{path.name:24} {found['coded']:>6} {found['recognised']:>10} {share:>6} {found['ingredients']:>16} "
            f"{found['by name']:>11} {found['unread']:>12}"
        )
    if asked.unknown:
        for code, count in unknown.most_common():
            print(f"{count:>6}  {code}")


if __name__ == "__main__":
    main()
