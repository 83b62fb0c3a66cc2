"""FHIR clinical resources (STU3 and R4) to entries and text items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from codesafety.formats.fhir.context import Surroundings, leftovers, shared_fields, subject_of
from codesafety.formats.fhir.elements import is_unread
from codesafety.formats.fhir.not_read import unplaced
from codesafety.formats.fhir.origin import origin_of
from codesafety.formats.fhir.statuses import Meaning, leaves_open, statuses_of
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import (
    NO_CONCEPT,
    Broken,
    Concept,
    Used,
    boolean,
    child_text,
    choice,
    concept,
    item_of,
    one,
    text,
    value_of,
    when,
)
from codesafety.record import Assertion, Component, Entry, NotRead, Temporality, TextItem, Value


@dataclass(frozen=True, slots=True)
class Shape:
    """How one resource type becomes an entry: where its concept, its dates and its words stand."""

    kind: str
    code: tuple[str, ...]
    """Elements that may hold the concept; the first that has codings is it."""
    dates: tuple[str, ...] = ()
    """Elements, or stems of a choice, that say when it happened; the first that does is it."""
    recorded: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Elements that hold the words of an item that has no code."""
    planned: bool = False
    needs_code: bool = True
    """Whether it is a coded statement even without a code. Otherwise it is then a text item."""


_CODED_OF_ENCOUNTER = ("type", "reason", "reasonCode")
SHAPES: dict[str, Shape] = {
    "Observation": Shape("observation", ("code",), ("effective",), ("issued",)),
    "Condition": Shape("condition", ("code",), ("onset",), ("assertedDate", "recordedDate")),
    "Procedure": Shape("procedure", ("code",), ("performed",), ("recorded",)),
    "AllergyIntolerance": Shape("allergy", ("code",), ("onset",), ("assertedDate", "recordedDate")),
    "Immunization": Shape("immunization", ("vaccineCode",), ("date", "occurrence"), ("recorded",)),
    "FamilyMemberHistory": Shape("family-history", (), (), ("date",)),
    "DiagnosticReport": Shape("other", ("code",), ("effective",), ("issued",), ("conclusion",), needs_code=False),
    "DocumentReference": Shape("document", ("type",), ("created", "date"), ("indexed",), ("description",), needs_code=False),
    "QuestionnaireResponse": Shape("document", (), ("authored",), needs_code=False),
    "ClinicalImpression": Shape("other", ("code",), ("effective",), ("date",), ("summary", "description"), needs_code=False),
    "ProcedureRequest": Shape("procedure", ("code",), ("occurrence",), ("authoredOn",), planned=True),
    "ServiceRequest": Shape("procedure", ("code",), ("occurrence",), ("authoredOn",), planned=True),
    "ReferralRequest": Shape(
        "procedure", ("serviceRequested", "reasonCode", "type"), ("occurrence",), ("authoredOn",), planned=True
    ),
    "DeviceRequest": Shape("other", ("codeCodeableConcept",), ("occurrence",), ("authoredOn",), planned=True),
    "Goal": Shape("other", ("description",), ("startDate",), ("statusDate",), planned=True),
    "CarePlan": Shape(
        "other", ("category",), ("period",), ("created",), ("title", "description"), planned=True, needs_code=False
    ),
    "Flag": Shape("other", ("code",), ("period",)),
    "Specimen": Shape("other", ("type",), ("receivedTime",), needs_code=False),
    "Consent": Shape("other", ("category", "scope"), ("dateTime",), needs_code=False),
    "RiskAssessment": Shape("other", ("code",), ("occurrence",), needs_code=False),
    "Communication": Shape("other", ("category", "reasonCode", "topic"), ("sent", "received"), (), needs_code=False),
    "CommunicationRequest": Shape(
        "other", ("category", "reasonCode"), ("occurrence",), ("authoredOn",), planned=True, needs_code=False
    ),
    "AdverseEvent": Shape("other", ("event", "type"), ("date",), ("recordedDate",)),
    "DetectedIssue": Shape("other", ("code", "category"), ("identified", "date")),
    "DeviceUseStatement": Shape("other", ("reasonCode", "indication"), ("timing",), ("recordedOn",), needs_code=False),
    "Media": Shape("document", ("type", "subtype", "view"), ("created", "occurrence"), ("issued",), needs_code=False),
    "ImagingStudy": Shape("procedure", ("procedureCode",), ("started",), (), ("description",), needs_code=False),
    "NutritionOrder": Shape("other", ("oralDiet",), ("dateTime",), planned=True, needs_code=False),
    "Basic": Shape("other", ("code",), (), ("created",)),
    "Encounter": Shape("encounter", _CODED_OF_ENCOUNTER, ("period",)),
    "Composition": Shape("document", ("type",), ("date",)),
    "Medication": Shape("other", ("code",)),
}
"""Composition and Medication are items only where they are all that was sent, and an Encounter also where it is nobody's envelope."""


def entry_of(resource: Node, around: Surroundings, used: Used) -> tuple[Entry | TextItem, tuple[NotRead, ...]]:
    """Return the item that a resource is, and what of it has no place in one."""
    shape_of = resource.resource_type or ""
    shape = SHAPES[shape_of]
    fields = shared_fields(resource, around, used, shape.recorded)
    main = _main_concept(resource, shape, used)
    components = _components(resource, used)
    if resource.resource_type == "Encounter":
        main, components = _encountered(resource, used)
    dated = Used()
    start, end = _dates(resource, shape, dated)
    used.nodes |= dated.nodes
    if start is None and end is None:
        if any(name in resource.held or choice(resource, name) is not None for name in shape.dates):
            fields["consultation_date"] = None  # it says itself when it was, or that nobody knows: that day is no other
        start, end = _reported(resource, around)
    statuses = statuses_of(resource)
    told: set[Meaning] = {said.meaning or "unknown" for said in statuses.values()}
    extra: dict[str, Any] = {
        field: statuses[name].word
        for field, name in (("verification", "verificationStatus"), ("clinical_status", "clinicalStatus"))
        if name in statuses
    }
    if resource.resource_type == "FamilyMemberHistory":
        main, components = _family_conditions(resource, used)
        extra["subject"] = subject_of(resource, around) or "family"
    else:
        extra["subject"] = subject_of(resource, around)
    if resource.resource_type == "Observation":
        extra["value"] = value_of(resource, used)
        if _leaves_open(resource):
            told.add("unknown")
    if resource.resource_type == "Condition":
        end = end or when(resource, "abatement", used)[0]
    extra["assertion"] = _assertion(resource, shape, told)
    extra["temporality"] = _temporality(resource, told)
    extra["origin"] = origin_of(resource, around)
    left, not_read = leftovers(resource, around, used)
    fields |= left
    if not shape.needs_code and not main.codings and not any(_says_more_than_words(c) for c in components):
        coded = [q for q in fields["qualifiers"] if q.codings and not q.role.startswith(("meta.", "category", "format"))]
        if not coded:
            words = main.text or _words(resource, shape) or _answered(components)
            lines = tuple(unplaced(node, "a date") for node in dated.nodes if node.name == "end")
            fields["notes"] = tuple(note for note in fields["notes"] if note != words)
            return item_of(TextItem, fields | {"text": words, "date": start}), (*not_read, *lines)
    own = {
        "kind": shape.kind,
        "codings": main.codings,
        "text": main.text,
        "date": start,
        "end_date": end,
        "components": components,
    }
    return item_of(Entry, fields | extra | own), not_read


def _says_more_than_words(component: Component) -> bool:
    value = component.value
    return bool(component.codings) or (value is not None and value.model_copy(update={"text": None}) != Value())


def _answered(components: tuple[Component, ...]) -> str | None:
    """Return questions and answers in words, one a line."""
    lines = [": ".join(w for w in (c.text, c.value.text if c.value is not None else None) if w is not None) for c in components]
    return "\n".join(line for line in lines if line) or None


def _main_concept(resource: Node, shape: Shape, used: Used) -> Concept:
    if resource.resource_type == "Immunization":
        for extension in resource.all("extension"):
            url = child_text(extension, "url") or ""
            if "VaccinationProcedure" in url:  # GP Connect: this is the code that the practice filed
                return concept(one(extension, "valueCodeableConcept"), used)
    first: Concept | None = None
    for name in shape.code:
        held = resource.held.get(name)
        if held is None:
            continue
        if type(held) is Node and held.kind == "element" and held.listed is not True:
            found = concept(held, used)
            if found.codings:
                return found
            first = first or found
            continue
        nodes = [n for n in resource.all(name) if n.kind == "element"]
        if name == "code" or (len(nodes) == 1 and nodes[0].listed is not True):
            node = one(resource, name)
            if node is not None and node.kind in ("number", "boolean"):
                raise Broken(node, f"`{name}` is a plain value where a coded concept belongs")
        if not nodes:
            if name == "code":
                wrong = resource.all(name)
                if wrong and wrong[0].value is not None:
                    raise Broken(wrong[0], "`code` is a plain value where a coded concept belongs")
            continue
        parts = [concept(n, used) for n in nodes]
        found = Concept(
            tuple(c for p in parts for c in p.codings), "; ".join(p.text for p in parts if p.text is not None) or None
        )
        if found.codings:
            return found
        first = first or found
    return first or NO_CONCEPT


def _dates(resource: Node, shape: Shape, used: Used) -> tuple[str | None, str | None]:
    places = [(resource, name) for name in shape.dates]
    if resource.resource_type == "Specimen":
        places = [(node, "collected") for node in resource.all("collection")] + places
    for holder, name in places:
        found = when(holder, name, used)
        if found != (None, None):
            return found
    return None, None


def _reported(resource: Node, around: Surroundings) -> tuple[str | None, str | None]:
    """Return when a laboratory's report, panel or result is of, where it does not say itself: these are times of the laboratory's own,
    and the consultation in which it was filed may be years later.

    The collection of its specimen, else the time of its panel or report, else the issue of its report. What breaks its format is the
    other resource's.
    """
    above = _above(resource, around)
    reports = [holder for holder in (resource, *above) if holder.resource_type == "DiagnosticReport"]
    named = [node for holder in (resource, *above) for node in holder.all("specimen")]
    times = [
        (collection, "collected")
        for node in named
        if (sample := around.index.find(node)) is not None
        for collection in sample.all("collection")
    ]
    times += [(holder, name) for name, holders in (("effective", above), ("issued", reports)) for holder in holders]
    for holder, name in times:
        try:
            found = when(holder, name, Used())
        except Broken:
            continue
        if found != (None, None):
            return found
    return None, None


def _above(resource: Node, around: Surroundings) -> list[Node]:
    """Return the panels that hold a result, the nearest first, and then the reports that hold it and them."""
    panels: list[Node] = []
    at = around.holders["Observation"].get(resource)
    while at is not None and at is not resource and at not in panels:
        panels.append(at)
        at = around.holders["Observation"].get(at)
    reports = around.holders["DiagnosticReport"]
    return [*panels, *(reports[held] for held in (resource, *panels) if held in reports)]


def _assertion(resource: Node, shape: Shape, told: set[Meaning]) -> Assertion | None:
    """Return what the resource says of itself; of two things, the one of which less can be told."""
    if any(boolean(one(resource, name)) for name in ("notDone", "notGiven", "doNotPerform") if name in resource.held):
        told.add("absent")
    if resource.resource_type == "RiskAssessment":
        told.add("possible")
    if shape.planned:
        told.add("planned")
    order: tuple[Assertion, ...] = ("unknown", "absent", "possible", "planned")
    return next((word for word in order if word in told), None)


def _temporality(resource: Node, told: set[Meaning]) -> Temporality | None:
    if "past" in told:
        return "past"
    if [name for name in resource.held if name.startswith("abatement")]:
        if not all(boolean(n) is False for n in resource.all("abatementBoolean")) or not resource.all("abatementBoolean"):
            return "past"
    return None


_NO_FINDING = frozenset(["NEG", "ND", "NR", "IND", "E", "260385009", "260415000", "82334004"])
"""Interpretations of a result that is no finding, or none that can be told: HL7 v3 ObservationInterpretation and v2 table 0078
(negative, not detected, not reactive, indeterminate, equivocal), SNOMED CT (negative, not detected, indeterminate)."""


def _leaves_open(node: Node) -> bool:
    """Return whether an observation, or a part of one, says that it found nothing, or why it has no value, or has one that is not read."""
    value = choice(node, "value")
    if value is not None and (is_unread("Observation", value.name) or _is_absent(value)):
        return True
    read = [concept(n, Used()) for n in node.all("interpretation") if n.kind == "element"]
    return "dataAbsentReason" in node.held or any(_finds_nothing(said) for said in read)


def _is_absent(value: Node) -> bool:
    """Return whether an extension of a value, or of a part of it, says why there is none."""
    if any("data-absent-reason" in (child_text(e, "url") or "") for e in value.all("extension")):
        return True
    return any(_is_absent(part) for part in value.branches() if part.held and part.name != "extension")


def _finds_nothing(interpretation: Concept) -> bool:
    if any((coding.code or "").upper() in _NO_FINDING for coding in interpretation.codings):
        return True
    said = (interpretation.text, *(words for coding in interpretation.codings for words in (coding.code, coding.display)))
    return any(words is not None and leaves_open(words) for words in said)


def _component(node: Node, used: Used) -> Component:
    found = concept(one(node, "code"), used)
    assertion: Assertion | None = "unknown" if _leaves_open(node) else None
    fields = {
        "codings": found.codings,
        "text": found.text,
        "value": value_of(node, used),
        "assertion": assertion,
        "path": node.path,
    }
    return item_of(Component, fields)


def _family_conditions(resource: Node, used: Used) -> tuple[Concept, tuple[Component, ...]]:
    """Return the condition of the relative; with several, each is a component."""
    conditions = resource.all("condition")
    if len(conditions) == 1:
        return concept(one(conditions[0], "code"), used), ()
    parts = [(n, concept(one(n, "code"), used)) for n in conditions]
    return NO_CONCEPT, tuple(Component(codings=c.codings, text=c.text, path=n.path) for n, c in parts)


def says_what(encounter: Node) -> bool:
    """Return whether an encounter codes what it was or why it was."""
    return any(node.all("coding") for name in _CODED_OF_ENCOUNTER for node in encounter.all(name))


def _encountered(encounter: Node, used: Used) -> tuple[Concept, tuple[Component, ...]]:
    """Return what an encounter codes first, its type or else its reason, and each other type and reason as a component."""
    nodes = [node for name in _CODED_OF_ENCOUNTER for node in encounter.all(name) if node.kind == "element"]
    parts = [(node, found) for node in nodes if (found := concept(node, used)).codings]
    first = parts[0][1] if parts else NO_CONCEPT
    return first, tuple(Component(codings=c.codings, text=c.text, path=node.path) for node, c in parts[1:])


def _answers(resource: Node, used: Used) -> tuple[Component, ...]:
    """Return one component for each answer of a questionnaire, nested questions too."""
    found: list[Component] = []

    def visit(node: Node) -> None:
        for item in node.all("item"):
            for answer in item.all("answer"):
                value = value_of(answer, used)
                if value is not None:
                    found.append(Component(text=child_text(item, "text"), value=value, path=answer.path))
                visit(answer)
            visit(item)

    visit(resource)
    return tuple(found)


def _findings(resource: Node, used: Used) -> tuple[Component, ...]:
    found: list[Component] = []
    for node in resource.all("finding"):
        for name in ("itemCodeableConcept", "item"):
            for item in node.all(name):
                held = concept(item, used)
                if held.codings:
                    found.append(Component(codings=held.codings, text=held.text, path=node.path))
    return tuple(found)


def _predictions(resource: Node, used: Used) -> tuple[Component, ...]:
    parts = [(n, concept(one(n, "outcome"), used)) for n in resource.all("prediction")]
    return tuple(Component(codings=c.codings, text=c.text, path=n.path) for n, c in parts)


def _observed(resource: Node, used: Used) -> tuple[Component, ...]:
    return tuple(_component(node, used) for node in resource.all("component"))


_PARTS: dict[str, Callable[[Node, Used], tuple[Component, ...]]] = {
    "Observation": _observed,
    "QuestionnaireResponse": _answers,
    "ClinicalImpression": _findings,
    "RiskAssessment": _predictions,
}


def _components(resource: Node, used: Used) -> tuple[Component, ...]:
    parts = _PARTS.get(resource.resource_type or "")
    return parts(resource, used) if parts is not None else ()


def _words(resource: Node, shape: Shape) -> str | None:
    for name in shape.words:
        for node in resource.all(name):
            if node.value is not None:
                return text(node)
    for payload in resource.all("payload"):
        words = choice(payload, "content")
        if words is not None and words.value is not None:
            return text(words)
    return None
