"""A second reader of FHIR, obvious and slow: where each coding of a source stands, with what status, and about whom.

Written from the FHIR specification (STU3, R4) and from docs/reference alone, with the standard library, so that it can disagree
with the readers of the library. The closed tables (statuses, envelope) are read from the documentation itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.conformance.plain_tree import Node, tree
from tests.places import ROOT

CODING = {"id", "extension", "system", "version", "code", "display", "userSelected"}


@dataclass(frozen=True)
class Reading:
    """One coding as one item holds it. `item` to `subject` are None where no item holds it."""

    path: str
    system: str | None
    code: str
    place: str
    """concept, value, component, product, qualifier, message, event, patient, envelope, not judged, or unread."""
    item: str | None = None
    status: str | None = None
    means: str | None = None
    """counts, withdrawn, absent, planned, possible or unknown."""
    past: bool = False
    subject: str | None = None


# --- tables of the documentation and of FHIR's definitions -------------------------------------------------------------------


def rows(page: str) -> Iterator[list[str]]:
    for line in (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and "`" in line:
            yield [cell.strip(" |`") for cell in line.split(" | ")]


STATUSES: dict[str, dict[str, dict[str, str]]] = {}
for _kind, _element, _word, _, _means in rows("statuses.md"):
    STATUSES.setdefault(_kind, {}).setdefault(_element, {})[_word] = _means
ENVELOPE = {kind: set(re.split("[` ]+", places)) for kind, places in rows("envelope.md")}
PLACES = {
    line.split()[0]: set(line.split()[1:])
    for line in (ROOT / "tests" / "formats" / "fhir" / "places_of_fhir.txt").read_text(encoding="utf-8").splitlines()
}

# --- what FHIR says of its resources -----------------------------------------------------------------------------------------

MEDICINES = {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"}
ALONE = {"Encounter", "Composition", "Medication"}
ENTRIES = (set(STATUSES) | {"Basic"}) - MEDICINES - ALONE
SUPPORT = {kind for kind in ENVELOPE if "," not in kind} | ALONE | {"Person", "Parameters"}
ENCOUNTERED = ("type", "reason", "reasonCode")
CONCEPT = {
    "Immunization": ("vaccineCode",),
    "Goal": ("description",),
    "FamilyMemberHistory": ("condition.code",),
    "ReferralRequest": ("serviceRequested", "reasonCode", "type"),
    "Encounter": ENCOUNTERED,
    "Composition": ("type",),
}
"""The elements that may hold the concept: the first that is coded is it; of all others it is `code`."""
PLANNED = {"ProcedureRequest", "ServiceRequest", "ReferralRequest", "DeviceRequest", "Goal", "CarePlan"}
PLANNED |= {"CommunicationRequest", "NutritionOrder"}
DOUBTFUL = {"NEG", "ND", "NR", "IND", "E"}
"""HL7's interpretations: negative, not detected, not reactive, indeterminate, equivocal."""
NO_MEDICINE = ("notDoneReasonCodeableConcept", "reasonNotTaken", "reasonNotGiven")
MOTHER, CHILD = {"MTH", "NMTH", "GESTM", "NMTHF"}, {"CHILD", "NCHILD", "SON", "NSON", "SONC", "DAU", "DAUC"}
CHOICES = ("value", "effective", "onset", "performed", "occurrence", "medication")
TYPES = "Quantity|CodeableConcept|String|Boolean|Integer|Range|Ratio|SampledData|Time|DateTime|Period|Attachment"
DATED = re.compile(r"(^|[a-z])([Dd]ate|DateTime)$|^(start|end|issued|authoredOn|whenPrepared|whenHandedOver)$")


def is_date(text: str) -> bool:
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?|(\d{4})(\d\d)(\d\d)(?:T?\d{2,}.*)?", text, re.ASCII)
    try:
        return match is not None and bool(date(*([int(p) for p in match.groups() if p] + [1, 1])[:3]))
    except ValueError:
        return False


def is_coding(node: Node) -> bool:
    names = {k.name for k in node.kids}
    if not node.text("code") and not any(k.malformed for k in node.all("code")):
        return False
    known = node.name == "coding" or node.name.endswith("Coding") or bool(names & {"system", "display"})
    return known and names <= CODING and node.kind is None


def extension_name(node: Node) -> str:
    """The last part of an extension's address, without the makers' names and the number."""
    last = re.split("[/:]", node.text("url") or "")[-1]
    return re.sub(r"^Extension-(\w+-)*?(?=[A-Za-z]+(-\d+)?$)|(?<=[a-z])-\d+$", "", last)


def way(node: Node) -> str:
    """The way to a coding from its resource, an extension by its name and `coding` left out."""
    names: list[str] = []
    while node.kind is None and node.parent is not None:
        if node.name in ("extension", "modifierExtension"):
            names = [extension_name(node), *(n for n in names if not n.startswith("value"))]
        elif node.name != "coding":
            names = [node.name, *names]
        node = node.parent
    return ".".join(names)


def is_broken(node: Node) -> bool:
    own = list(node.walk(inner=False))
    if any(n.malformed or (n.value is not None and DATED.search(n.name) and not is_date(n.value)) for n in own):
        return True
    once = ("code", "status", "subject", "patient", "vaccineCode", "verificationStatus", "clinicalStatus", "lifecycleStatus")
    single = [k.name for k in node.kids if k.name in once]
    single += [c for k in node.kids for c in CHOICES if re.match(c + "[A-Z]", k.name)]
    odd = node.kind == "Observation" and any(re.fullmatch(f"value(?!({TYPES})$)[A-Z].*", k.name) for k in node.kids)
    return odd or len(single) != len(set(single))


def is_modified(node: Node) -> bool:
    return bool(node.all("implicitRules")) or any(n.name == "modifierExtension" for n in node.walk(inner=False))


def says(node: Node) -> list[Any]:
    """What an element says, in whatever order its parts stand; `meta` is of the version."""
    return [node.value, node.kind, sorted(([k.name, says(k)] for k in node.kids if k.name != "meta"), key=str)]


def full_url(node: Node) -> str | None:
    url = node.parent.text("fullUrl") if node.parent is not None else None
    return url and (url.lower() if url[:9].lower() == "urn:uuid:" else url.replace("https:", "http:", 1))


def identity(holder: Node) -> tuple[str | None, str] | None:
    """An identifier; an NHS number by its digits, whatever its system is called."""
    system, value = holder.text("system"), holder.text("value")
    if value is None:
        return None
    number = (system or "").endswith(("nhs-number", "2.16.840.1.113883.2.1.4.1"))
    return ("nhs", re.sub(r"\D", "", value)) if number else (system, value)


# --- the reader --------------------------------------------------------------------------------------------------------------


class SecondReader:
    def __init__(self, data: bytes) -> None:
        self.root = tree(data)
        self.lone = self.root.kind not in ("Bundle", "Parameters")
        self.resources = [n for n in self.root.walk() if n.kind is not None]
        self.record = any("GPConnect-StructuredRecord" in (p.value or "") for p in self.root.at("meta.profile"))
        self.old = self.old_versions()
        self.here = [n for n in self.resources if n.name != "contained" and n not in self.old]
        self.addresses = {n: full_url(n) or "" for n in self.here}
        self.identities = {n: {n.text("id"), re.split("[/:]", self.addresses[n])[-1]} for n in self.here}
        self.own = self.own_patient()
        self.names = {f"nhs|{n}" for n in self.numbers(self.own)} if isinstance(self.own, Node) else self.own
        encounters = self.of("Encounter")
        closed = self.root.text("type") in ("message", "document") and not self.record
        self.envelope = encounters[0] if closed and len(encounters) == 1 else None

    def of(self, kind: str) -> list[Node]:
        return [n for n in self.here if n.kind == kind]

    def old_versions(self) -> set[Node]:
        """Resources of which the source holds another version, and that one counts."""
        groups: dict[tuple[str | None, str], list[Node]] = {}
        for node in self.resources:
            key = (full_url(node) or node.text("id") or "").partition("/_history/")[0]
            if key and node.name != "contained":
                groups.setdefault((node.kind, key), []).append(node)
        named = {n.value or "" for n in self.root.walk() if n.name == "reference"}
        old: set[Node] = set()
        for same in groups.values():
            asked = [n for n in same if any(r.endswith(f"{n.text('id')}/_history/{n.text('meta.versionId')}") for r in named)]
            marks = [n.text("meta.versionId") or "" for n in same]
            times = [n.text("meta.lastUpdated") or "" for n in same]
            if len(asked) == 1:
                old |= set(same) - set(asked)
            elif all(m.isdigit() for m in marks) and len(set(marks)) == len(marks):
                old |= set(sorted(same, key=lambda n: int(n.text("meta.versionId") or 0))[:-1])
            elif all(times) and len(set(times)) == len(times):
                old |= set(sorted(same, key=lambda n: n.text("meta.lastUpdated") or "")[:-1])
            else:
                old |= {n for at, n in enumerate(same) if says(n) in map(says, same[:at])}
        return old

    # whose

    def find(self, reference: Node) -> Node | None:
        text, around = reference.text("reference"), reference.resource
        if text is None:
            sought = [identity(i) for i in reference.all("identifier")]
            owners = [n for n in self.of("Patient") for i in n.all("identifier") if identity(i) in sought]
            return next(iter(owners), None)
        if text.startswith("#"):
            outer = around.parent.resource if around.name == "contained" and around.parent is not None else around
            return next((n for n in outer.all("contained") if n.text("id") == text[1:]), None)
        text = text.partition("/_history/")[0].replace("https:", "http:", 1)
        text = text.lower() if text[:9].lower() == "urn:uuid:" else text
        relative = re.fullmatch(r"[A-Za-z]+/[^/]+", text)
        server = re.match(r"(http://.*/)[A-Za-z]+/[^/]+$", full_url(around) or "")
        absolute = server[1] + text if relative and server else text
        for node in self.here:
            if self.addresses[node] == absolute:
                return node
        kind, ident = (["", *re.split("[/:]", text)])[-2:]
        for node in self.here:
            elsewhere = "://" in absolute and "://" in self.addresses[node]
            if ident in self.identities[node] and kind in ("", "uuid", "oid", node.kind) and not elsewhere:
                return node
        return None

    def named(self, reference: Node) -> str | None:
        """How a reference names whom the source does not hold."""
        text = (reference.text("reference") or "").partition("/_history/")[0]
        held = [identity(i) for i in reference.all("identifier")]
        return "/".join(text.split("/")[-2:]) or next((f"{i[0]}|{i[1]}" for i in held if i), None) or reference.text("display")

    def own_patient(self) -> Node | set[str]:
        """The patient that the source is about; where it only names one, the first number and the first other name."""
        for holder in self.of("Composition") + self.of("List"):
            for subject in holder.all("subject"):
                found = self.find(subject)
                if found is not None and found.kind == "Patient":
                    return found
        patients = self.of("Patient") or [n for n in self.resources if n.kind == "Patient"]
        if patients:
            return patients[0]
        subjects = [(n.kind, s) for n in self.resources if n not in self.old for s in n.all("subject", "patient")]
        named = [(kind, name) for kind, s in subjects if self.find(s) is None and (name := self.named(s))]
        numbers = [name for _, name in named if name.startswith("nhs|")]
        others = [name for kind, name in named if kind in ENTRIES | MEDICINES | ALONE and not name.startswith("nhs|")]
        return {*numbers[:1], *others[:1]}

    def numbers(self, patient: Node) -> set[str]:
        """The NHS numbers of a patient."""
        return {i[1] for holder in patient.all("identifier") if (i := identity(holder)) and i[0] == "nhs"}

    def same_person(self, one: Node, other: Node) -> bool:
        return one is other or bool(self.numbers(one) & self.numbers(other))

    def is_baby(self, own: Node, other: Node) -> bool:
        """Whether a related person ties another patient to this one as child to mother."""

        def linked(patient: Node) -> Iterator[tuple[Node | None, set[str | None]]]:
            for person in map(self.find, patient.at("link.other")):
                for of in person.all("patient") if person is not None and person.kind == "RelatedPerson" else ():
                    yield self.find(of), {c.text("code") for c in person.at("relationship.coding")} if person else set()

        return any(who is own and roles & CHILD for who, roles in linked(other)) or any(
            who is other and roles & MOTHER for who, roles in linked(own)
        )

    def whose(self, node: Node) -> str | None:
        for subject in node.all("subject", "patient"):
            found, name = self.find(subject), self.named(subject)
            if isinstance(found, Node) and isinstance(self.own, Node) and self.same_person(found, self.own):
                continue
            if found is not None:
                is_patient = found.kind == "Patient" and isinstance(self.own, Node)
                return "unknown" if not is_patient else "baby" if self.is_baby(self.own, found) else "another"
            kind = re.search(r"([A-Z][A-Za-z]+)/[^/]+$", (subject.text("reference") or "").partition("/_history/")[0])
            if name is None or (kind[1] if kind else subject.text("type") or "Patient") != "Patient":
                return "unknown"
            if self.lone or name in self.names:
                continue
            other = name.startswith(("Patient/", "nhs|")) or isinstance(self.own, set)
            return "another" if other else "unknown"
        for focus in node.all("focus"):
            found = self.find(focus)
            persons = ("Patient", "RelatedPerson", "Group", "Person", "Practitioner", "PractitionerRole")
            if found is None or (found is not self.own and found.kind in persons):
                return "another" if found else "unknown"
        return "family" if node.kind == "FamilyMemberHistory" else None

    # statuses

    def means(self, node: Node, *, withdrawn: bool) -> tuple[str | None, str, bool]:
        """The status as sent, what all that is said of the item comes to, and whether it is past."""
        kind = node.kind or ""
        said: set[str] = {"planned"} if kind in PLANNED else {"possible"} if kind == "RiskAssessment" else set()
        sent = node.text("status")
        for element, words in STATUSES.get(kind, {}).items():
            for held in node.all(element):
                tokens = [held.value] if held.value else [c.text("code") for c in held.all("coding")]
                meanings = {words[t] for t in tokens if t in words} or ({"unknown"} if tokens else set())
                said |= meanings if len(meanings) == 1 or "withdrawn" in meanings else {"unknown"}
                sent = held.value if element == "lifecycleStatus" else sent
        said |= {"absent" for n in node.all("notDone", "notGiven", "doNotPerform") if n.value == "true"}
        if kind == "Observation" and self.is_open(node):
            said.add("unknown")
        if kind in MEDICINES:
            stopped = kind == "MedicationDispense" and sent == "stopped" and not node.all("whenHandedOver")
            refused = "absent" in said or stopped or bool(node.all(*NO_MEDICINE))
            said = (said & {"withdrawn"}) | ({"absent"} if refused else set())
        past = "past" in said or any(k.name.startswith("abatement") and k.value != "false" for k in node.kids)
        if withdrawn or "withdrawn" in said:
            return "entered-in-error", "withdrawn", past
        return sent, next((word for word in ("unknown", "absent", "possible", "planned") if word in said), "counts"), past

    def is_open(self, node: Node) -> bool:
        """Whether an observation, or a part of one, says that it found nothing that can be told."""
        said = {c.text("code") for c in node.at("interpretation.coding")}
        return bool(node.all("dataAbsentReason") or said & DOUBTFUL)

    def is_retracted(self, node: Node) -> bool:
        """Whether a composition withdraws the document that a resource is part of."""
        documents = [n for n in self.of("Composition") if not self.lone]
        withdrawn = [n for n in documents if n.text("status") == "entered-in-error"]
        if len(documents) == 1:
            return bool(withdrawn)
        bundles = {n.parent.resource for n in withdrawn if n.parent is not None}
        while node.parent is not None and node not in bundles:
            node = node.parent
        return node in bundles

    # places

    def readings(self) -> list[Reading]:
        return [r for node in self.resources for r in self.of_resource(node)]

    def codings(self, node: Node) -> list[Node]:
        return [n for n in node.walk(inner=False) if is_coding(n)]

    def of_resource(self, node: Node) -> Iterator[Reading]:
        kind = node.kind or ""
        item = kind in ENTRIES | MEDICINES or (kind in ALONE and node is self.root) or self.is_visit(node)
        of_birth = any("BirthSex" in f"{c.text('system')}" or c.text("code") == "76689-9" for c in node.at("code.coding"))
        if node in self.old or not (item or kind in SUPPORT) or (item and not self.is_sound(node)):
            yield from (self.loose(c, "unread") for c in self.codings(node))
        elif kind == "Observation" and of_birth:
            yield from (self.loose(c, "patient") for c in self.codings(node))
        elif kind in MEDICINES:
            yield from self.medicine(node)
        elif item:
            yield from self.entry(node)
        elif kind == "Medication":
            medicines = [n for n in self.resources if n.kind in MEDICINES and self.is_sound(n)]
            used = any(self.find(r) is node for n in medicines for r in n.all("medicationReference"))
            names = ("code", "form") if used else ()
            yield from (self.loose(c, self.around(c)) for c in self.codings(node) if way(c) not in names)
        else:
            yield from (self.loose(c, self.around(c)) for c in self.codings(node))

    def is_sound(self, node: Node) -> bool:
        return node not in self.old and not is_broken(node) and not is_modified(node)

    def is_visit(self, node: Node) -> bool:
        """Whether an encounter of a bundle is an item."""
        coded = node.kind == "Encounter" and any(node.at(f"{name}.coding") for name in ENCOUNTERED)
        return coded and not self.lone and not self.record and node is not self.envelope

    def around(self, coding: Node) -> str:
        """The place of a coding in a resource that supports items."""
        node, where = coding.resource, way(coding)
        in_message = node is self.envelope or (node.kind in ("MessageHeader", "Composition") and node.name != "contained")
        if any(p in where for p in ("NHSNumberVerificationStatus", "BirthSex", "birthsex")):
            return "patient"
        if node.kind == "MessageHeader" and where in ("event", "eventCoding") and not self.lone:
            return "event"
        if in_message and not self.lone and not self.record and not is_broken(node) and self.is_place(coding):
            return "message"
        known = where in ENVELOPE.get(node.kind or "", ()) or where in ENVELOPE.get(f"{node.kind}, extensions", ())
        return "envelope" if known or self.is_anywhere(where) else "not judged"

    def is_anywhere(self, where: str) -> bool:
        return where in ("meta.tag", "meta.security") or f".{where}".endswith(".identifier.type")

    def is_place(self, coding: Node) -> bool:
        """Whether FHIR has a coded element where a coding stands."""
        where = way(coding)
        kind = coding.resource.kind or ""
        known = where in PLACES.get(kind, ()) and kind != "MessageHeader"
        narrative = coding.path.startswith(f"{coding.resource.path}.text.")
        return not narrative and (known or self.is_anywhere(where) or "xtension[" in coding.path)

    def loose(self, coding: Node, place: str, *item: Any) -> Reading:
        return Reading(coding.path, coding.text("system"), coding.text("code") or "", place, *item)

    def concepts(self, node: Node) -> tuple[list[Node], list[Node]]:
        """The elements that are the concept of an entry, and those that are components beside it."""
        names = CONCEPT.get(node.kind or "", ("code",))
        coded = [n for name in names for n in node.at(name) if n.all("coding")]
        filed = [n for e in node.all("extension") if "VaccinationProcedure" in (e.text("url") or "") for n in e.kids if n.kids]
        if node.kind == "FamilyMemberHistory":
            return (coded, []) if len(node.all("condition")) == 1 else ([], coded)
        if node.kind == "Encounter":
            return coded[:1], coded[1:]
        first = [n for n in coded if n.name == coded[0].name]
        return (filed if filed and node.kind == "Immunization" else first), []

    def entry(self, node: Node) -> Iterator[Reading]:
        status, means, past = self.means(node, withdrawn=self.is_retracted(node))
        heads, parts = self.concepts(node)
        for coding in self.codings(node):
            where, said, holder = way(coding), means, coding.parent or node
            if holder in heads:
                place = "concept"
            elif holder in parts:
                place = "component"
            elif where in ("component.code", "component.valueCodeableConcept"):
                place = "component"
                said = "unknown" if means != "withdrawn" and self.is_open(holder.parent or node) else means
            elif where == "valueCodeableConcept" and node.kind == "Observation":
                place = "value"
            elif self.is_place(coding):
                place = "qualifier"
            else:
                yield self.loose(coding, "not judged")
                continue
            yield self.loose(coding, place, node.path, status, said, past, self.whose(node))

    def medicine(self, node: Node) -> Iterator[Reading]:
        held = [m for r in node.all("medicationReference") if (m := self.find(r)) is not None and m.kind == "Medication"]
        withdrawn = any(m.text("status") == "entered-in-error" for m in held) or self.is_retracted(node)
        status, means, _ = self.means(node, withdrawn=withdrawn)
        codings = self.codings(node) + [c for m in held for c in self.codings(m) if way(c) in ("code", "form")]
        for coding in codings:
            product = way(coding) == ("medicationCodeableConcept" if coding.resource is node else "code")
            if coding.resource is node and not self.is_place(coding):
                yield self.loose(coding, "not judged")
            else:
                yield self.loose(coding, "product" if product else "qualifier", node.path, status, means, False, self.whose(node))
