"""Measure what hostile inputs cost: `python -m tests.benchmarks.hostile_benchmark`.

Run it from the project's root. Each input is read and assessed with the shipped rules in a process of its own. Prints the CPU seconds of
that process for it, without the start, and how many times those of an example message they are, which the same process reads and
assesses first; and how it ended. `--only WORDS` takes those whose name holds the words.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.places import EXAMPLES

from codesafety import Engine, load
from codesafety.errors import CodesafetyError

SNOMED = "http://snomed.info/sct"
BASE = EXAMPLES / "pregnancy-status-update.xml"
ROUNDS = 20


def _code(**fields: Any) -> dict[str, Any]:
    return {"system": SNOMED, "code": "77386006", "display": "Pregnant", **fields}


def _fhir(*codes: dict[str, Any], **fields: Any) -> bytes:
    entry = [
        {
            "resource": {
                "resourceType": "Observation",
                "id": f"o{n}",
                "status": "final",
                "effectiveDateTime": "2026-03-04",
                "code": code,
            }
        }
        for n, code in enumerate(codes)
    ]
    for one in entry:
        one["resource"].update(fields)
    patient = {"resource": {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1995-01-01"}}
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [patient, *entry]}).encode()


def _native(n: int, code: Callable[[int], str], **fields: Any) -> bytes:
    entries = [
        {"path": f"e[{i}]", "date": "2026-03-04", "codings": [{"system": "sct", "code": code(i)}], **fields} for i in range(n)
    ]
    return json.dumps({"patient": {"gender": "female", "born": "1995-01-01"}, "entries": entries}).encode()


def _contradicting(n: int) -> bytes:
    pair = [{"coding": [_code()]}, {"coding": [{"system": SNOMED, "code": "60001007", "display": "Not pregnant"}]}]
    return _fhir(*(pair[i % 2] for i in range(n)))


def _div(words: str) -> dict[str, Any]:
    return {"text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'}}


INPUTS: dict[str, Callable[[], bytes]] = {
    "a display of 60,000 letters": lambda: _fhir({"coding": [_code(display="not " * 15_000)]}),
    "a display of 1 MB": lambda: _fhir({"coding": [_code(display="x" * 2**20)]}),
    "a display of 8 MB": lambda: _fhir({"coding": [_code(display="not pregnant " * 2**19)]}),
    "a narrative of 1 MB": lambda: _fhir({"coding": [_code()]}, **_div("not now " * 2**17)),
    "a note of 60,000 letters": lambda: _fhir({"coding": [_code()]}, note=[{"text": "no. " * 15_000}]),
    "1,000 notes": lambda: _fhir({"coding": [_code()]}, note=[{"text": f"Not {n} pregnant"} for n in range(1000)]),
    "1,000 contradicting observations": lambda: _contradicting(1000),
    "1,000 damaged codes, one": lambda: _native(1000, lambda _: "77386005"),
    "1,000 damaged codes, all different": lambda: _native(1000, lambda i: str(77386005 + 10 * i)),
    "100,000 codings in one concept": lambda: _fhir({"coding": [_code()] * 100_000}),
    "100 codings in one concept": lambda: _fhir({"coding": [_code(display=f"Pregnant {n}") for n in range(100)]}),
    "100,000 levels": lambda: b'{"resourceType": "Bundle", "entry": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "bundles in bundles, 90 levels": lambda: (
        b'{"resourceType": "Bundle", "entry": [{"resource": ' * 30 + b'{"resourceType": "Patient"}' + b"}]}" * 30
    ),
    "1,000 attributes": lambda: b'<Patient xmlns="http://hl7.org/fhir" ' + b" ".join(b'a%d="1"' % n for n in range(1000)) + b"/>",
    "100,000 comments": lambda: (
        b'<Patient xmlns="http://hl7.org/fhir">' + b"<!-- not -->" * 100_000 + b'<id value="p"/></Patient>'
    ),
    "entities in entities": lambda: b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><Patient xmlns="http://hl7.org/fhir"/>',
    "an encoding that is code": lambda: b'<?xml version="1.0" encoding="unicode_escape"?><Patient xmlns="http://hl7.org/fhir"/>',
    "200,000 bad rows": lambda: b"patient_id,code,date\n" + b"p1,77386006,99/99/9999\n" * 200_000,
}
"""What `NOTE.md` of the shared security cases lists, and what was found since, by name."""


def answered(engine: Engine, data: bytes | Path) -> str:
    """Read and assess an input; return how it ended."""
    try:
        if isinstance(data, Path):
            return ", ".join(sorted({engine.assess(one).decision for _, one in engine.read_many(data)}))
        report = engine.assess(engine.read(data))
    except CodesafetyError as error:
        return f"refused: {str(error).splitlines()[0].partition(': ')[2][:70]}"
    spent = " (the budget is spent)" if any("budget" in line.reason for line in (*report.not_checked, *report.not_read)) else ""
    return report.decision + spent


def measured(name: str) -> tuple[float, float, str]:
    """Return the CPU seconds of the base and of one input in this process, and how the input ended."""
    engine = load(installed_plugins=False)
    base = BASE.read_bytes()
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        answered(engine, base)
        rounds.append(time.process_time() - start)
    with tempfile.TemporaryDirectory() as folder:
        data: bytes | Path = INPUTS[name]()
        if "rows" in name:
            path = Path(folder) / "entries.csv"
            path.write_bytes(data)  # type: ignore[arg-type]
            data = path
        start = time.process_time()
        ended = answered(engine, data)
        return median(rounds), time.process_time() - start, ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="inputs whose name holds these words")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.one)))
        return
    print(f"base: {BASE.name}, read and assessed, median of {ROUNDS} in the same process\n")
    print("| input | CPU s | times the base | ended |\n|---|--:|--:|---|", flush=True)
    for name in (name for name in INPUTS if asked.only in name):
        command = [sys.executable, "-m", "tests.benchmarks.hostile_benchmark", "--one", name]
        base, own, ended = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(f"| {name} | {own:.2f} | {own / base:,.0f} | {ended} |", flush=True)


if __name__ == "__main__":
    main()
