"""The campaign: no mutant of a message may pass in silence where it holds Pregnant under words that deny it.

    nox -s campaign -- --mutants 100000 --seconds 3000

What is right of each mutant: a finding on the code, or the path of something that was not judged, not read or not checked *in the
text report*, and a non-zero exit. A refusal is right. An exception that is none of ours is an escape, too.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.campaign.mutate import CODE, Base, bases, mutant
from tests.places import EXAMPLES, SHARED

import codesafety
from codesafety.cli.output import exit_code
from codesafety.cli.render import render
from codesafety.errors import CodesafetyError

CASES = Path(__file__).parent / "cases"


class Oracle:
    """Asks one engine of each mutant whether it was seen."""

    def __init__(self) -> None:
        self.engine = codesafety.load(installed_plugins=False)

    def escape(self, data: bytes) -> str | None:
        """Return how a mutant escaped, or None where it was seen."""
        try:
            report = self.engine.assess(self.engine.read(data))
            text = " ".join(render(report, "mutant", colour=False).split())
        except CodesafetyError:
            return None
        except Exception as error:  # noqa: BLE001  that is what the campaign is for
            return f"internal error: {type(error).__name__}"
        if exit_code(report) == 0:
            return f"exit 0, decision {report.decision}"
        found = any(r.outcome == "fires" and any(e.code == CODE for e in r.entries) for r in report.results)
        named = [n.path for n in report.not_read if n.whole or n.coded or n.broken] + [
            n.path for n in report.not_checked if n.path
        ]
        if not found and not any(path in text for path in named):
            return f"no finding on the code, and no path; decision {report.decision}"
        return None


def run(found: list[Base], mutants: int, seconds: float, seed: int) -> list[tuple[str, int, str, bytes]]:
    """Return the escapes among so many mutants: base, seed, how, and the bytes. Stops after `seconds`."""
    oracle = Oracle()
    escapes: list[tuple[str, int, str, bytes]] = []
    start = last = time.monotonic()
    asked = at = 0
    while asked < mutants and time.monotonic() - start < seconds:
        base = found[at % len(found)]
        number = seed + at // len(found)
        at += 1
        data = mutant(base, number)
        if data is None:
            continue
        asked += 1
        how = oracle.escape(data)
        if how is not None:
            escapes.append((base.name, number, how, data))
            print(f"ESCAPED {base.name} seed {number}: {how}", flush=True)
        if time.monotonic() - last > 30:
            last = time.monotonic()
            print(f"{asked} mutants, {len(escapes)} escaped, {asked / (last - start):.0f} a second", flush=True)
    print(
        f"{asked} mutants of {len(found)} messages from seed {seed} in {time.monotonic() - start:.0f} s: {len(escapes)} escaped"
    )
    return escapes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=3000, help="how many to ask (default 3000)")
    parser.add_argument("--seconds", type=float, default=600, help="stop after so long (default 600)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--keep", type=Path, help="a folder for the bytes of mutants that escaped")
    asked = parser.parse_args()
    folders = [EXAMPLES, *([SHARED / "fhir"] if SHARED.is_dir() else [])]
    escapes = run(bases(folders), asked.mutants, asked.seconds, asked.seed)
    for name, seed, _, data in escapes if asked.keep else ():
        asked.keep.mkdir(parents=True, exist_ok=True)
        (asked.keep / f"{Path(name).stem}-{seed}{Path(name).suffix}").write_bytes(data)
    return 1 if escapes else 0


if __name__ == "__main__":
    sys.exit(main())
