"""Measure what reading costs: `python -m tests.benchmarks.reading_benchmark`.

Run it from the project's root. Prints, for our own messages and made records, and for published ones where the shared data is, CPU time
of `engine.read` (or `read_record`) in multiples of the bare parser over the same bytes, expat without handlers or `json.loads`: the
median of rounds in which the two take turns, with the least and the most. `--rounds N`; `--stages` adds what the parts of reading cost.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any
from xml.parsers import expat

from tests.places import EXAMPLES, SHARED

import codesafety

_RECORDS = SHARED / "fhir" / "gp-record-stu3"
_MESSAGES = SHARED / "fhir" / "update-record-stu3"
_TURN = 0.05
"""Seconds that a turn takes at least: a short function is called as often as that needs."""


def bare(data: bytes) -> Callable[[], Any]:
    """Return the parse that any reader must pay for: its result is thrown away."""
    if data.lstrip().startswith(b"<"):
        return lambda: expat.ParserCreate().Parse(data, True)
    return lambda: json.loads(data)


def made_record(items: int) -> bytes:
    """Return a structured record of GP Connect's shape with so many observations, each with a consultation's share of references."""
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-01-01"}
    profile = "https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-StructuredRecord-Bundle-1"
    entries: list[dict[str, Any]] = [{"resource": patient}]
    for at in range(items):
        code = {
            "coding": [{"system": "http://snomed.info/sct", "code": "271649006", "display": "Systolic blood pressure"}],
            "text": "O/E - Systolic BP reading",
        }
        entries.append(
            {
                "resource": {
                    "resourceType": "Observation",
                    "id": f"o{at}",
                    "meta": {"profile": ["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-GPC-Observation-1"]},
                    "identifier": [{"system": "https://example.org/id", "value": f"id-{at}"}],
                    "status": "final",
                    "code": code,
                    "subject": {"reference": "Patient/p"},
                    "context": {"reference": f"Encounter/e{at // 8}"},
                    "effectiveDateTime": "2020-02-03T10:11:12+00:00",
                    "issued": "2020-02-03T10:11:12.000+00:00",
                    "performer": [{"reference": "Practitioner/x"}],
                    "valueQuantity": {
                        "value": 120 + at % 40,
                        "unit": "mmHg",
                        "system": "http://unitsofmeasure.org",
                        "code": "mm[Hg]",
                    },
                }
            }
        )
        if at % 8 == 0:
            entries.append(
                {
                    "resource": {
                        "resourceType": "Encounter",
                        "id": f"e{at // 8}",
                        "status": "finished",
                        "type": [{"text": "Consultation"}],
                        "subject": {"reference": "Patient/p"},
                        "period": {"start": "2020-02-03T10:11:12+00:00"},
                    }
                }
            )
    return json.dumps({"resourceType": "Bundle", "meta": {"profile": [profile]}, "type": "collection", "entry": entries}).encode()


def sources() -> dict[str, tuple[bytes, bool]]:
    """Return the bytes of each source by its name, and whether it is a record."""
    own = {path.name: (path.read_bytes(), False) for path in sorted(EXAMPLES.glob("pregnancy-status-update.*"))}
    made = {f"made record, {n} observations": (made_record(n), True) for n in (50, 1000)}
    published = {path.name: (path.read_bytes(), False) for path in sorted(_MESSAGES.glob("*service*.xml"))}
    records = {path.name: (path.read_bytes(), True) for path in sorted(_RECORDS.glob("*.json"))}
    return {**own, **made, **published, **records}


def _calls(function: Callable[[], Any]) -> int:
    begun = time.process_time()
    function()
    return max(1, int(_TURN / max(time.process_time() - begun, 1e-6)))


def ratios(functions: list[Callable[[], Any]], rounds: int) -> list[list[float]]:
    """Return, for each function after the first, its CPU time in multiples of the first's in each round; and the first's in ms."""
    calls = [_calls(function) for function in functions]
    found: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        seconds = []
        for function, n in zip(functions, calls, strict=True):
            begun = time.process_time()
            for _ in range(n):
                function()
            seconds.append((time.process_time() - begun) / n)
        found[0].append(seconds[0] * 1e3)
        for times, taken in zip(found[1:], seconds[1:], strict=True):
            times.append(taken / seconds[0])
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--only", default="", help="sources whose name has this in it")
    chosen = options.parse_args()
    engine = codesafety.load(installed_plugins=False)
    print(f"CPython {sys.version.split()[0]}, {chosen.rounds} rounds{'':37}kB   bare ms   read / bare   (least to most)")
    for name, (data, is_record) in sources().items():
        if chosen.only not in name:
            continue
        read = engine.read_record if is_record else engine.read
        base, times = ratios([bare(data), lambda read=read, data=data: read(data)], chosen.rounds)  # type: ignore[misc]
        spread = f"({min(times):.1f} to {max(times):.1f})"
        print(f"{name:60}{len(data) / 1e3:8.0f}{median(base):10.2f}{median(times):14.1f}   {spread}", flush=True)


if __name__ == "__main__":
    main()
