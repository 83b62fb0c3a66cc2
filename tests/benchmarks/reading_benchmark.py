"""Measure what reading costs: `python -m tests.benchmarks.reading_benchmark`.

Run it from the project's root. Prints, for our own messages and made records, and for published ones where the shared data is, CPU time
of `engine.read` (or `read_record`) in multiples of the bare parser over the same bytes, expat without handlers or `json.loads`: the
least of the rounds in which the two take turns, each over the least of the other, and in brackets the least and the most ratio of one
round. `--rounds N`; `--only WORDS` of a source's name; `--careful` adds the same source with one thing in it that is unusual,
which the careful path reads.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
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


def turns(functions: list[Callable[[], Any]], rounds: int) -> list[list[float]]:
    """Return the CPU time of each function in milliseconds, a round each."""
    calls = [_calls(function) for function in functions]
    found: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, n, times in zip(functions, calls, found, strict=True):
            gc.collect()
            begun = time.process_time()
            for _ in range(n):
                function()
            times.append((time.process_time() - begun) / n * 1e3)
    return found


def unusual(data: bytes) -> bytes:
    """Return a source that says the same, and that the fast path leaves to the careful one."""
    if data.lstrip().startswith(b"<"):
        return data.replace(b"<id ", b'<id xmlns:u="http://www.w3.org/2001/XMLSchema-instance" u:nil="false" ', 1)
    return data.rstrip()[:-1] + b', "_id": {"id": "x"}}'


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--only", default="", help="sources whose name has this in it")
    options.add_argument("--careful", action="store_true", help="the careful path, too")
    chosen = options.parse_args()
    engine = codesafety.load(installed_plugins=False)
    gc.collect()
    gc.freeze()  # the rules are no part of what is measured
    print(f"CPython {sys.version.split()[0]}, {chosen.rounds} rounds{'':37}kB   bare ms   read / bare   (least to most)")
    for name, (data, is_record) in sources().items():
        if chosen.only not in name:
            continue
        read = engine.read_record if is_record else engine.read
        kinds = {name: data, **({"  the same, carefully": unusual(data)} if chosen.careful else {})}
        for what, sent in kinds.items():
            base, times = turns([bare(sent), lambda read=read, sent=sent: read(sent)], chosen.rounds)  # type: ignore[misc]
            each = [one / other for one, other in zip(times, base, strict=True)]
            spread = f"({min(each):.1f} to {max(each):.1f})"
            print(f"{what:60}{len(sent) / 1e3:8.0f}{min(base):10.3f}{min(times) / min(base):14.1f}   {spread}", flush=True)


if __name__ == "__main__":
    main()
