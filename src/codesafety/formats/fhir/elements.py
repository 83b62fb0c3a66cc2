"""What FHIR (STU3 and R4) has in the resources that become items, in patients and in lists: which elements, of which shape.

An element that FHIR does not have says something that this library cannot know, and one of another shape than FHIR's, or of a choice
in a form that this library does not read, was read by nobody: none is passed over. Where it is one that decides what the resource means, or nearly its name, nothing can be told of
the resource. Extensions, whose values may be anything, and contained resources stand for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from codesafety.formats.fhir.tree import Held, Kind, Node, Number
from codesafety.formats.fhir.values import TYPES

_DECIDING = (
    "abatement actuality birthDate clinicalStatus code component condition dataAbsentReason deceased doNotPerform docStatus entry "
    "focus gender implicitRules intent interpretation item lifecycleStatus medication modifierExtension notDone notGiven patient "
    "reasonNotGiven reasonNotTaken status subject taken vaccineCode value verificationStatus wasNotGiven"
)
_DECIDES = frozenset(_DECIDING.split())
"""The elements of a resource that decide what is said, of whom, and whether it still holds; a choice by its name without the type."""
_KINDS: dict[str, tuple[Kind, ...]] = {
    "text": ("text", "xml", "element"),
    "boolean": ("boolean", "xml", "element"),
    "number": ("number", "xml", "element"),
}
_PLAIN: dict[str, type] = {"text": str, "boolean": bool, "number": Number}
_OPEN = frozenset(["contained", "extension", "modifierExtension"])
_UNREAD = {
    kind: frozenset(names.split())
    for kind, names in {
        "Observation": "valueAttachment valuePeriod valueRange valueRatio valueSampledData effectiveTiming",
        "ObservationComponent": "valueAttachment valuePeriod valueRange valueRatio valueSampledData",
        "QuestionnaireResponseItemAnswer": "valueAttachment",
        "Condition": "onsetAge onsetRange onsetString abatementAge abatementRange abatementString",
        "AllergyIntolerance": "onsetAge onsetRange onsetString",
        "Procedure": "performedAge performedRange performedString",
        "Immunization": "occurrenceString",
        "ProcedureRequest": "occurrenceTiming",
        "ServiceRequest": "occurrenceTiming",
        "DeviceRequest": "occurrenceTiming codeReference",
        "DeviceRequestParameter": "valueBoolean valueQuantity valueRange",
        "DeviceUseStatement": "timingTiming",
        "GoalTarget": "detailBoolean detailInteger detailQuantity detailRange detailRatio detailString",
        "RiskAssessmentPrediction": "probabilityDecimal probabilityRange",
        "CarePlanActivityDetail": "scheduledString scheduledTiming",
        "CommunicationPayload": "contentAttachment",
        "CommunicationRequestPayload": "contentAttachment",
        "Consent": "sourceAttachment",
        "DiagnosticReport": "presentedForm",
    }.items()
}
"""The forms of choices that this library does not read, by their types: they may turn round what is said, or say when it was so.

Of other choices the forms that have no field are details: those of a dose, of what a relative was, of how a plan is timed. Rules that
ask for them are told that they are missing.
"""
_BESIDE_A_VALUE = frozenset(["id", "extension"])


@dataclass(frozen=True, slots=True)
class Misplaced:
    """An element that FHIR does not have, or not in this shape, or that is not read in this form. `decides`: what the resource says cannot be told without it."""

    node: Node
    reason: str
    decides: bool


@dataclass(slots=True, eq=False)
class _Element:
    types: tuple[str, ...]
    listed: bool | None
    """Whether it repeats; None where STU3 and R4 differ."""
    decides: bool
    """Whether it decides what a resource says."""
    unread: bool
    """Whether it is a form of a choice that is not read."""
    plain: frozenset[type]
    """The plain values that JSON may have for it; XML's are all text."""
    branches: bool
    """Whether it may hold others."""
    inner: tuple[_Type, ...] = ()
    """Those of its types that have elements of their own."""


@dataclass(frozen=True, slots=True)
class _Type:
    elements: dict[str, _Element]
    near: dict[str, bool]
    """Names that are nearly an element's, in lower case (its own, and a choice's without the type), and whether it decides."""
    texts: tuple[frozenset[str], frozenset[str]]
    """The names of elements that a plain text certainly fits, in JSON and in XML."""


def is_unread(kind: str, name: str) -> bool:
    """Return whether a choice of a type was sent in a form that is not read."""
    return name in _UNREAD.get(kind, ())


def misplaced_in(resource: Node) -> list[Misplaced]:
    """Return what FHIR does not have in a resource, or this library does not read, in the order sent; nothing where its kind is not in
    the table."""
    found: list[Misplaced] = []
    held = _types().get(resource.resource_type or "")
    if held is not None:
        _below(resource, (held,), False, found)
    return found


def _below(node: Node, types: tuple[_Type, ...], decides: bool, found: list[Misplaced]) -> None:
    is_xml = node.listed is None
    alone = len(types) == 1
    texts = types[0].texts[is_xml] if alone else ()
    for name, held in node.held.items():
        if type(held) is str and name in texts:
            continue
        element = types[0].elements.get(name) if alone else None
        if element is not None and not element.unread and _fits_plainly(element, held, is_xml):
            if element.inner and name not in _OPEN:
                below = decides or (node.is_resource and element.decides)
                for child in held if type(held) is list else (held,):
                    if type(child) is Node:
                        _below(child, element.inner, below, found)
            continue
        children = node.all(name)
        known = [held.elements[name] for held in types if name in held.elements]
        if not known:
            near = [held.near[name.lower()] for held in types if name.lower() in held.near]
            reason = "an element that FHIR does not have there, with nearly the name of one" if near else _NOT_THERE
            found.append(Misplaced(children[0], reason, bool(near) and (decides or (node.is_resource and any(near)))))
            continue
        below = decides or (node.is_resource and known[0].decides)
        wrong = _misshapen(children, known)
        if wrong is None and any(element.unread for element in known):
            wrong = children[0], _UNREAD_FORM
        if wrong is not None:
            found.append(Misplaced(wrong[0], wrong[1], below and wrong[1] not in _ONLY_NAMED))
        elif name not in _OPEN:
            inner = tuple(one for element in known for one in element.inner)
            for child in children:
                if child.kind == "element" and inner:
                    _below(child, inner, below, found)


def _fits_plainly(element: _Element, held: Held, is_xml: bool) -> bool:
    """Return whether what stands under the name of an element is certainly of its shape; `_misshapen` judges the rest."""
    kind = type(held)
    if kind is Node:
        if held.value is not None:
            fits = not held.held and (bool(element.plain) if is_xml else _PLAIN.get(held.kind) in element.plain)
        else:
            fits = element.branches
        return fits and (is_xml or element.listed is not True)
    if kind is not list:
        return bool(element.plain) if is_xml else kind in element.plain and element.listed is not True
    if element.listed is False:
        return False
    for one in held:
        if type(one) is Node:
            if not element.branches or one.value is not None or one.listed is False:
                return False
        elif not (element.plain if is_xml else type(one) in element.plain):
            return False
    return True


_NO_LIST = "one element where FHIR has a list"
_UNREAD_FORM = "a value or a time in a form that this library does not read"
_ONLY_NAMED = (_NO_LIST, _UNREAD_FORM)
_NOT_THERE = "an element that FHIR does not have there"


def _misshapen(nodes: list[Node], known: list[_Element]) -> tuple[Node, str] | None:
    """Return the first element whose shape is not that of its type, and why."""
    repeats = {element.listed for element in known}
    for node in nodes:
        if node.listed and repeats == {False}:
            return node, "a list where FHIR has one element"
        if node.listed is False and repeats == {True}:
            return node, _NO_LIST
        if not any(_fits(node, kind) for element in known for kind in element.types):
            return node, "a plain value where FHIR has an element" if node.value is not None else "no value of its type"
    if len(nodes) > 1 and repeats == {False}:
        return nodes[1], "given more than once, and FHIR has one"
    return None


def _fits(node: Node, kind: str) -> bool:
    if kind not in _KINDS:
        return node.value is None
    return node.kind in _KINDS[kind] and (node.kind != "element" or node.held.keys() <= _BESIDE_A_VALUE)


def _base(name: str) -> str:
    """Return the name of a choice without its type: `value` of `valueBoolean`."""
    return next((name[:at] for at in range(1, len(name)) if name[at].isupper() and name[at:] in TYPES), name)


def _decides(name: str) -> bool:
    return name in _DECIDES or _base(name) in _DECIDES


@cache
def _types() -> dict[str, _Type]:
    text = files("codesafety.formats.fhir").joinpath("elements.txt").read_text(encoding="utf-8")
    found: dict[str, _Type] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            kind, *rest = line.split()
            elements = {name: _element(kind, name, words) for name, _, words in (part.partition(":") for part in rest)}
            near = {alike.lower(): _decides(name) for name in elements for alike in (name, _base(name))}
            plain = {name: element for name, element in elements.items() if element.plain and not element.unread}
            single = (name for name, element in plain.items() if str in element.plain and element.listed is not True)
            found[kind] = _Type(elements, near, (frozenset(single), frozenset(plain)))
    for held in found.values():
        for element in held.elements.values():
            element.inner = tuple(found[kind] for kind in element.types if kind in found)
    return found


def _element(kind: str, name: str, words: str) -> _Element:
    listed = {"*": True, "+": None}.get(words[-1], False)
    types = tuple(words.rstrip("*+").split("|"))
    plain = frozenset(_PLAIN[kind] for kind in types if kind in _PLAIN)
    return _Element(types, listed, _decides(name), is_unread(kind, name), plain, not _PLAIN.keys() >= set(types))
