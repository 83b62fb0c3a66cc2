"""The reader of FHIR R4: UK Core resources, e-prescriptions (EPS), booking and referral (BaRS), and plain R4 bundles."""

from __future__ import annotations

from codesafety.formats.encoding import kind_of, mentions
from codesafety.formats.fhir.index import Index
from codesafety.formats.fhir.source import Parts, parse, read_parts, to_record, to_submission
from codesafety.plugins.reading import Source
from codesafety.record import Record, Submission

_STU3 = ("/STU3/StructureDefinition", "/STU3/CodeSystem")
_R4 = (
    "StructureDefinition/UKCore-",
    "Extension-UKCore-",
    "UKCore-",
    "NHSDigital-",
    "eventCoding",
    "eventUri",
    "doseAndRate",
    "fhir.nhs.uk/StructureDefinition/Extension-DM-",
    "fhir.nhs.uk/StructureDefinition/Extension-EPS-",
    "hl7.org/fhir/us/core",
    "terminology.hl7.org/CodeSystem/condition-clinical",
    "terminology.hl7.org/CodeSystem/v3-",
)


class R4Reader:
    """Reads R4 messages, bundles and lone resources."""

    @property
    def name(self) -> str:
        return "fhir-r4"

    def recognises(self, source: Source) -> bool:
        form = kind_of(source)
        fhir = mentions(source, '"resourceType"') if form == "json" else mentions(source, "http://hl7.org/fhir")
        return form != "other" and fhir and not mentions(source, "ITK-MessageEvent", *_STU3) and mentions(source, *_R4)

    def read(self, source: Source) -> Submission:
        return to_submission(self._parts(source), self.name)

    def read_record(self, source: Source) -> Record:
        """Return a bundle as a record. It declares itself complete for nothing: R4 bundles do not say."""
        return to_record(self._parts(source), self.name)

    def _parts(self, source: Source) -> Parts:
        tree = parse(source)
        messages = tree.root.all("type")
        envelope = bool(messages) and messages[0].value in ("message", "document")
        return read_parts(tree, Index(tree.root), envelope=envelope)
