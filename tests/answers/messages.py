"""Reports to answer with: of the examples, and one that holds each thing that stands beside findings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.places import EXAMPLES

import codesafety
from codesafety import Engine, Entry, Message, Override, Patient, Profile, Report, RuleChange, Submission
from codesafety.record import Coding, NotRead, Record

WRONG = EXAMPLES / "pregnancy-status-update.xml"
RIGHT = EXAMPLES / "contraception-ok.xml"
PREGNANT = Coding(system="sct", code="77386006", display="Pregnant")
RULES = """
ruleset s { title "S" version 1.2.0 language 2 }
valueset p "Pregnant" { codes 77386006 |Pregnancy| }
rule held { title "Held" action hold source "A source" <https://example.org/source> hazard H-01 because "A reason." for entry e in p say "{e} is held." }
rule seen { title "Seen" action review overridable by confirmed-with-patient for 9 months for entry e in p say "{e} is seen." }
rule noted { title "Noted" action note for entry e in p say "{e} is noted." }
rule asked { title "Asked" action review cannot tell review for entry e in p when patient.gender is male say "{e} is asked." }
rule untold { title "Untold" action review for entry e in p when patient.gender is male say "{e} is untold." }
rule off { title "Off" action note for entry e in p say "{e} is off." }
"""
PROFILE = Profile(
    name="A practice",
    changes=(RuleChange(rule="s/off", action="off", reason="agreed", role="GP", until="2027"),),
)
ASIDE = Override(rule="s/seen", codes=("77386006",), reason="confirmed-with-patient", role="GP", recorded="2026-03-01")


@cache
def engine() -> Engine:
    return codesafety.load(installed_plugins=False)


@cache
def report(path: Path = WRONG) -> Report:
    return engine().assess(engine().read(path))


def everything(folder: Path, *overrides: Override) -> Report:
    """Return a report with findings of every action, and everything else that an answer has a line for."""
    (folder / "s.rules").write_text(RULES, encoding="utf-8")
    made = codesafety.load(folder, installed_plugins=False, never=["release"])
    submission = Submission(
        patient=Patient(),
        message=Message(sent="2026-03-04"),
        entries=(Entry(path="Bundle.entry[1].resource", resource_type="Observation", date="2026-03-04", codings=(PREGNANT,)),),
        not_read=(
            NotRead(path="Bundle.entry[2].resource.issued", reason="there is no such date", broken=True),
            NotRead(path="Bundle.entry[3].resource", resource_type="Slot", reason="unknown", whole=True, coded=True),
            NotRead(path="Bundle.entry[4].resource.own.code", reason="unknown", coded=True),
            NotRead(path="Bundle.entry[0].resource.own", reason="no place"),
        ),
    )
    return made.assess(submission, Record(), profile=PROFILE, overrides=overrides)
