"""The reader of GP Connect Update Record: ITK3 over MESH, FHIR STU3, XML or JSON. It also reads a lone STU3 resource.

Source: NHS England, GP Connect (Direct Care) APIs, Update Record guide 1.2.0-public-beta; ITK3 message distribution.
"""

from __future__ import annotations

import re

from codesafety.errors import Declined
from codesafety.formats.encoding import kind_of, mentions
from codesafety.formats.fhir.index import Index
from codesafety.formats.fhir.message import Event, event_of
from codesafety.formats.fhir.source import Parts, parse, read_parts, to_record, to_submission
from codesafety.plugins.reading import Source
from codesafety.record import Record, Submission

UPDATE_RECORD_EVENT = "ITK014M"
_ITK_EVENT = re.compile(r"ITK\d{3}[A-Z]", re.ASCII)
EVENTS = {
    "ITK003D": "a discharge summary",
    "ITK004D": "a discharge summary of mental health care",
    "ITK005D": "a discharge summary of emergency care",
    "ITK006D": "an outpatient letter",
    "ITK007C": "a letter of Send Document",
    "ITK008M": "an acknowledgement",
    "ITK009D": "an immunisation message of Digital Medicine",
    "ITK010D": "an emergency supply message of Digital Medicine",
    "ITK011M": "a message of the events management service",
    "ITK012M": "a pathology report",
    "ITK013D": "a minor illness referral message of Digital Medicine",
}
"""What the other events of ITK3 are. Source: NHS England, code system ITK-MessageEvent-2 and the guides of Digital Medicine,
GP Connect Send Document and National Pathology."""


class UpdateRecordReader:
    """Reads Update Record messages; every other ITK message is declined by name."""

    @property
    def name(self) -> str:
        return "fhir-stu3-update-record"

    def recognises(self, source: Source) -> bool:
        match kind_of(source):
            case "xml":
                return mentions(source, "http://hl7.org/fhir")
            case "json":
                return mentions(source, '"resourceType"')
            case "other":
                return False

    def read(self, source: Source) -> Submission:
        return to_submission(self._parts(source), self.name)

    def read_record(self, source: Source) -> Record:
        """Return what a message says as a record that declares itself complete for nothing."""
        return to_record(self._parts(source), self.name)

    def _parts(self, source: Source) -> Parts:
        tree = parse(source)
        index = Index(tree.root)
        event = event_of(index)
        if event is not None and _is_another(event):
            raise Declined(_what_it_is(event), source=source.name, help="send it to the system that files such messages")
        parts = read_parts(tree, index, envelope=True)
        if event is not None and event.code != UPDATE_RECORD_EVENT:
            parts.warnings.append("event-not-known")
        return parts


def _is_another(event: Event) -> bool:
    """Return whether the event is a message of another kind. The drafts of Update Record had a placeholder in its stead."""
    if event.code is None:
        return False
    code = event.code.strip().upper()
    if _ITK_EVENT.fullmatch(code) is not None:
        return code != UPDATE_RECORD_EVENT  # whatever its display says
    return "update record" not in (event.display or "").lower() and "ITK-MessageEvent" not in (event.system or "ITK-MessageEvent")


def _what_it_is(event: Event) -> str:
    """Return what the message is. Of an event that is none of ITK's, which may be anything that was sent, the code is not told."""
    code = str(event.code).strip().upper()
    if code in EVENTS:
        what = f"{EVENTS[code]} (event `{code}`)"
    else:
        what = f"a message of event `{code}`" if _ITK_EVENT.fullmatch(code) else "a message of an event that is none of ITK's"
    return f"{what}, not an Update Record message"
