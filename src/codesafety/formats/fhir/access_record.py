"""The reader of GP Connect Access Record: Structured (FHIR STU3): what a practice already holds.

**For what a record declares itself complete.** The standard's lists name the clinical areas that were returned. Medication is
covered where the list of medications is there; entries are covered where every clinical area is there: problems, allergies,
immunisations, investigations, consultations and uncategorised data. A list with a warning (`data-in-transit`,
`confidential-items`, or any other), one that is not current, or one empty for another reason than that nothing was recorded
covers nothing, and neither does a search in pages. Source: NHS England, GP Connect Access Record: Structured 1.6, lists.
"""

from __future__ import annotations

from codesafety.formats.encoding import kind_of, mentions
from codesafety.formats.fhir.index import Index, own_text
from codesafety.formats.fhir.source import Parts, parse, read_parts, to_record, to_submission
from codesafety.formats.fhir.tree import Node
from codesafety.plugins.reading import Source
from codesafety.record import Coverage, Record, Submission

_MARK = "GPConnect-StructuredRecord-Bundle"
_PROFILES = ("CareConnect-GPC-List-1", "CareConnect-GPC-MedicationStatement-1")
_MEDICATIONS = "933361000000108"
_ENTRIES = frozenset(
    [
        "717711000000103",  # problems
        "886921000000105",  # allergies and adverse reactions
        "1102181000000102",  # immunisations
        "887191000000108",  # investigations and results
        "1149501000000101",  # consultations
        "826501000000100",  # uncategorised data, "miscellaneous record"
    ]
)
_WARNING = "ListWarningCode"
_NOTHING_RECORDED = ("no-content-recorded", "nocontentrecorded", "nilknown")


class AccessRecordReader:
    """Reads structured records, given as the record that is held or as a submission."""

    @property
    def name(self) -> str:
        return "gp-connect-structured"

    def recognises(self, source: Source) -> bool:
        if kind_of(source) == "other" or mentions(source, "MessageHeader"):
            return False
        return mentions(source, _MARK) or (
            mentions(source, *_PROFILES) and mentions(source, "Bundle") and mentions(source, "entry")
        )

    def read(self, source: Source) -> Submission:
        """Return a record as a submission: each of its entries is incoming."""
        return to_submission(self._parts(source), self.name)

    def read_record(self, source: Source) -> Record:
        return to_record(self._parts(source), self.name)

    def _parts(self, source: Source) -> Parts:
        tree = parse(source)
        index = Index(tree.root)
        parts = read_parts(tree, index, envelope=False, gp_connect=True)
        lists = index.of("List")
        parts.warnings.extend(code for node in lists for code in _warnings(node))
        parts.complete = _coverage(lists)
        return parts


def _warnings(node: Node) -> list[str]:
    found: list[str] = []
    for extension in node.all("extension"):
        if _WARNING in (own_text(extension, "url") or ""):
            found.extend(
                v.value
                for name, values in extension.children.items()
                for v in values
                if name.startswith("value") and v.value is not None
            )
    return found


def _codes(node: Node, name: str) -> list[str]:
    return [
        code for concept in node.all(name) for coding in concept.all("coding") if (code := own_text(coding, "code")) is not None
    ]


def _coverage(lists: list[Node]) -> tuple[Coverage, ...]:
    """Return what the lists declare the record complete for (see the module's words)."""
    whole: set[str] = set()
    doubtful: set[str] = set()
    for node in lists:
        empty = [code.lower() for code in _codes(node, "emptyReason")]
        sound = (
            not _warnings(node)
            and own_text(node, "status") == "current"
            and (not node.all("emptyReason") or any(code in _NOTHING_RECORDED for code in empty))
        )
        (whole if sound else doubtful).update(_codes(node, "code"))
    whole -= doubtful
    found: list[Coverage] = []
    if whole >= _ENTRIES:
        found.append(Coverage(kind="entry"))
    if _MEDICATIONS in whole:
        found.append(Coverage(kind="medication"))
    return tuple(found)
