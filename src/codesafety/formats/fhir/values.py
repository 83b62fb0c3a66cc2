"""FHIR's data types to the record's models, noting every element that was used.

A value that breaks its type raises Broken, with the element and the reason in plain words; nothing sent is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeVar

from codesafety.formats.fhir.tree import Held, Node
from codesafety.record import MAX_CODINGS, MAX_EXPONENT, MAX_TEXT, Coding, Model, Quantity, Value, day_interval, punctuated

UCUM = "unitsofmeasure.org"
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,27})(\.\d{1,27})?([eE][+-]?\d{1,2})?", re.ASCII)
_DATE_LIKE = re.compile(r"\d{4}-\d{2}(-\d{2}(T.*)?)?", re.ASCII | re.DOTALL)
_DATE_NAMED = (
    "date",
    "Date",
    "DateTime",
    "Instant",
    "issued",
    "start",
    "end",
    "authored",
    "recorded",
    "timestamp",
    "sent",
    "created",
    "indexed",
)
_QUANTITY_NAMED = (
    "Quantity",
    "quantity",
    "Duration",
    "Age",
    "daysSupply",
    "Count",
    "Distance",
    "numerator",
    "denominator",
    "low",
    "high",
    "dose",
    "duration",
    "amount",
)
_CODING_NAMED = ("coding", "tag", "security", "event", "class")
_COMPARATORS: dict[str, Literal["<", "<=", ">=", ">"]] = {"<": "<", "<=": "<=", ">=": ">=", ">": ">"}
NHS_NUMBER_SYSTEMS = ("nhs-number", "2.16.840.1.113883.2.1.4.1")

_WORDS = ("valueString", "valueMarkdown")
_BESIDE_A_VALUE = frozenset(["extension", "id"])

_Model = TypeVar("_Model", bound=Model)
Nature = Literal["coding", "quantity", "date", "reference"]


class Broken(Exception):
    """An element that breaks its format."""

    def __init__(self, node: Node, reason: str) -> None:
        self.node, self.reason = node, reason
        super().__init__(reason)


@dataclass(slots=True)
class Used:
    """The elements that found a place in the submission."""

    nodes: set[Node] = field(default_factory=set)

    def add(self, node: Node) -> None:
        self.nodes.add(node)

    def __contains__(self, node: object) -> bool:
        return node in self.nodes


@dataclass(frozen=True, slots=True)
class Concept:
    codings: tuple[Coding, ...] = ()
    text: str | None = None


NO_CONCEPT = Concept()


def one(node: Node, name: str) -> Node | None:
    """Return the only element of that name, or None. Two of them, or a list where one belongs, break the format."""
    held = node.held.get(name)
    if held is None:
        return None
    if type(held) is Node:
        return held
    found = node.all(name)
    if len(found) > 1:
        raise Broken(found[1], f"`{name}` is given {len(found)} times, and only one is allowed")
    if found[0].listed:
        raise Broken(found[0], f"`{name}` is sent as a list, and only one is allowed")
    return found[0]


def listed(node: Node, name: str) -> list[Node]:
    """Return the elements of a name that always repeats. In JSON it must be a list."""
    found = node.all(name)
    if found and found[0].listed is False:
        raise Broken(found[0], f"`{name}` must be a list")
    return found


def text(node: Node | None) -> str | None:
    """Return the words of an element that holds text; None where it is absent or says only why it is absent."""
    if node is None:
        return None
    match node.kind:
        case "text" | "xml":
            if node.held and node.held.keys() - _BESIDE_A_VALUE:
                raise Broken(node, f"`{node.shown}` holds other elements beside its value")
            return node.value
        case "number":
            what = (
                "a code was sent as a number; codes are text, because numbers lose the last digits of long ones"
                if node.name == "code"
                else f"`{node.shown}` was sent as a number where text belongs"
            )
            raise Broken(node, what)
        case "boolean":
            raise Broken(node, f"`{node.shown}` was sent as true or false where text belongs")
        case "element":
            if node.held.keys() - _BESIDE_A_VALUE:
                raise Broken(node, f"`{node.shown}` holds other elements where text belongs")
            return None


def child_text(node: Node, name: str) -> str | None:
    held = node.held.get(name)
    return held if held is None or type(held) is str else text(one(node, name))


def _code(node: Node) -> str | None:
    """Return the code of a coding. One that is there and holds neither a value nor an extension breaks the format."""
    held = node.held.get("code")
    if held is None or type(held) is str:
        return held
    found = one(node, "code")
    if found is not None and found.value is None and not found.all("extension"):
        raise Broken(found, "`code` has no value")
    return text(found)


def boolean(node: Node | None) -> bool | None:
    if node is None or (node.value is None and node.kind == "element"):
        return None
    if node.kind in ("boolean", "xml") and node.value in ("true", "false"):
        return node.value == "true"
    raise Broken(node, f"`{node.shown}` must be true or false")


def decimal(node: Node | None) -> Decimal | None:
    """Return the exact number. Quoted numbers in JSON and numbers of more than 55 digits break the format."""
    if node is None or (node.value is None and node.kind == "element"):
        return None
    if node.kind not in ("number", "xml") or node.value is None or not _DECIMAL.fullmatch(node.value):
        raise Broken(node, f"`{node.shown}` is not a number as FHIR writes numbers")
    return Decimal(node.value)


def date(node: Node | None, used: Used) -> str | None:
    """Return the date as sent, checked against the calendar, and punctuated as FHIR does."""
    written = checked_date(node)
    if node is not None and written is not None:
        used.add(node)
    return written


def checked_date(node: Node | None) -> str | None:
    """Return what `date` does, of an element that is not used."""
    words = text(node)
    if node is None or words is None:
        return None
    written = punctuated(words)
    try:
        day_interval(written)
    except ValueError as error:
        raise Broken(node, str(error)) from None
    return written


def made(model: type[_Model], fields: dict[str, Any]) -> _Model:
    """Return a model of values that are its fields' own already, and that it would only look at again: a small one, without validators.

    `fields`: each of the model's, in its order, which a dump follows.
    """
    one = _new(model)
    _put_fields(one, fields)
    _put_names(one, _FIELDS[model] if model in _FIELDS else _FIELDS.setdefault(model, set(model.model_fields)))
    _put_extra(one, None)
    _put_private(one, None)
    return one


def item_of(model: type[_Model], fields: dict[str, Any]) -> _Model:
    """Return an item, or a part of one, of fields that were read and checked one by one; validated once more where one may hold more
    than it can."""
    for value in filter(None, fields.values()):
        kind = type(value)
        if kind is tuple:
            too_much = len(value) > MAX_CODINGS or (type(value[0]) is str and max(map(len, value)) > MAX_TEXT)
        else:
            too_much = len(value) > MAX_TEXT if kind is str else kind is Decimal and abs(value.adjusted()) > MAX_EXPONENT
        if too_much:
            return model(**fields)
    if model not in _BLANK:
        _BLANK[model] = {name: field.default for name, field in model.model_fields.items()}
    return made(model, {**_BLANK[model], **fields})


_BLANK: dict[type[Model], dict[str, Any]] = {}
_new = object.__new__
_put_fields, _put_names, _put_extra, _put_private = (
    next(vars(kind)[slot].__set__ for kind in Model.__mro__ if slot in vars(kind))
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
_FIELDS: dict[type[Model], set[str]] = {}


def coding(node: Node, used: Used, of_concept: Iterable[str] = ()) -> Coding:
    """Return one coding as sent. `of_concept`: further words of the concept around it."""
    if node.value is not None:
        raise Broken(node, f"`{node.shown}` is a plain value where a coding belongs")
    used.nodes.add(node)
    held = node.held
    system, code, display = held.get("system"), held.get("code"), held.get("display")
    others: tuple[str, ...] = ()
    if of_concept or "extension" in held or not (display is None or type(display) is str):
        others = tuple(dict.fromkeys((*_words_beside(node, "display"), *of_concept)))
    fields = {
        "system": system if type(system) is str else child_text(node, "system"),
        "code": code if type(code) is str else _code(node),
        "display": display if type(display) is str else child_text(node, "display"),
        "other_displays": others,
        "user_selected": boolean(one(node, "userSelected")) if "userSelected" in held else None,
        "path": node.path,
    }
    return made(Coding, fields) if len(others) <= MAX_CODINGS else Coding(**fields)


def concept(node: Node | None, used: Used) -> Concept:
    """Return a CodeableConcept: its codings side by side and its words. A bare coding is a concept of one."""
    if node is None:
        return NO_CONCEPT
    if node.value is not None:
        raise Broken(node, f"`{node.shown}` is a plain value where a coded concept belongs")
    if "coding" not in node.held and ("code" in node.held or "system" in node.held):
        return Concept((coding(node, used),))
    beside = _words_beside(node, "text")
    return Concept(tuple([coding(c, used, beside) for c in listed(node, "coding")]), child_text(node, "text"))


def _words_beside(node: Node, name: str) -> list[str]:
    """Return the texts in the extensions of a coding or a concept, and of its words, which stand under `name`."""
    held = node.held.get(name)
    if "extension" not in node.held and (held is None or type(held) is str):
        return []
    return [words for holder in (node, *node.all(name)) for words in _other_displays(holder)]


def _other_displays(node: Node) -> Iterator[str]:
    """Yield the texts in the extensions of a coding, a concept or its words."""
    for extension in node.all("extension"):
        yield from (held.value for name in _WORDS for held in extension.all(name) if held.value is not None)
        yield from _other_displays(extension)


def concepts(nodes: Iterable[Node | None], used: Used) -> tuple[Coding, ...]:
    """Return the codings of several concepts, in order, each with the words of its concept: where these go, no field has them."""
    return tuple([worded for node in nodes for worded in _worded(concept(node, used))])


def _worded(found: Concept) -> Iterator[Coding]:
    for one in found.codings:
        if found.text is None or found.text in (one.display, *one.other_displays):
            yield one
        else:
            yield item_of(Coding, {**one.__dict__, "other_displays": (*one.other_displays, found.text)})


def quantity(node: Node | None, used: Used) -> Quantity | None:
    """Return a quantity: the unit is the UCUM code where one was sent, else the words, else another code."""
    if node is None:
        return None
    if node.value is not None:
        raise Broken(node, f"`{node.shown}` is a plain value where a quantity belongs")
    if nature(node) in ("coding", "reference"):
        raise Broken(node, f"`{node.shown}` holds something else where a quantity belongs")
    value = decimal(one(node, "value"))
    comparator = child_text(node, "comparator")
    if comparator is not None and comparator not in _COMPARATORS:
        raise Broken(node, "the comparator is none of <, <=, >= and >")
    code, words = child_text(node, "code"), child_text(node, "unit")
    unit = code if code is not None and (child_text(node, "system") or "").rstrip("/").endswith(UCUM) else words or code
    used.add(node)
    bound = None if comparator is None else _COMPARATORS[comparator]
    return item_of(Quantity, {"value": value, "unit": unit, "comparator": bound})


def choice(node: Node, base: str) -> Node | None:
    """Return the one element of a choice such as `value[x]`, or None. Two of them break the format."""
    names = [name for name in node.held if name.startswith(base) and name[len(base) : len(base) + 1].isupper()]
    if not names:
        return None
    found = [n for name in names if name[len(base) :] in TYPES for n in node.all(name)]
    unknown = [n for name in names if name[len(base) :] not in TYPES for n in node.all(name)]
    if unknown and base in ("value", "effective", "onset", "abatement", "performed", "medication"):
        raise Broken(unknown[0], f"a `{base}` of a type that FHIR does not have")
    if len(found) > 1:
        raise Broken(found[1], f"`{base}[x]` is given {len(found)} times, and only one is allowed")
    return found[0] if found else None


TYPES = frozenset(
    [
        "Address",
        "Age",
        "Annotation",
        "Attachment",
        "Base64Binary",
        "Boolean",
        "Code",
        "CodeableConcept",
        "CodeableReference",
        "Coding",
        "ContactPoint",
        "Count",
        "Date",
        "DateTime",
        "Decimal",
        "Distance",
        "Dosage",
        "Duration",
        "Expression",
        "HumanName",
        "Id",
        "Identifier",
        "Instant",
        "Integer",
        "Integer64",
        "Markdown",
        "Meta",
        "Money",
        "Oid",
        "Period",
        "PositiveInt",
        "Quantity",
        "Range",
        "Ratio",
        "Reference",
        "SampledData",
        "Signature",
        "String",
        "Time",
        "Timing",
        "UnsignedInt",
        "Uri",
        "Url",
        "Canonical",
        "Uuid",
    ]
)


def period(node: Node, used: Used) -> tuple[str | None, str | None]:
    return date(one(node, "start"), used), date(one(node, "end"), used)


def when(node: Node, base: str, used: Used) -> tuple[str | None, str | None]:
    """Return the first and last date of a choice of dates; other forms (an age, a timing, words) stay unused.

    `base` may also name a plain date or period.
    """
    plain = one(node, base) if base in node.held else choice(node, base)
    if plain is None:
        return None, None
    form = plain.name.removeprefix(base)
    if form in ("DateTime", "Date", "Instant") or (form == "" and plain.kind in ("text", "xml", "number", "boolean")):
        return date(plain, used), None
    if form == "Period" or (form == "" and ("start" in plain.held or "end" in plain.held)):
        return period(plain, used)
    return None, None


def value_of(node: Node, used: Used) -> Value | None:
    """Return `value[x]`. Ranges, ratios and other forms have no place in the model: their parts stay unused."""
    held = choice(node, "value")
    if held is None:
        return None
    match held.name.removeprefix("value"):
        case "Quantity" | "Age" | "Duration" | "Count" | "Distance":
            return item_of(Value, {"quantity": quantity(held, used)})
        case "CodeableConcept" | "Coding":
            found = concept(held, used)
            return item_of(Value, {"codings": found.codings, "text": found.text})
        case "Integer" | "Decimal" | "PositiveInt" | "UnsignedInt":
            number = decimal(held)
            return None if number is None else item_of(Value, {"quantity": item_of(Quantity, {"value": number})})
        case "Boolean":
            truth = boolean(held)
            return None if truth is None else item_of(Value, {"boolean": truth})
        case "DateTime" | "Date" | "Instant":
            return item_of(Value, {"date": date(held, used)})
        case "String" | "Code" | "Time" | "Markdown" | "Id" | "Uri":
            return item_of(Value, {"text": text(held)})
        case _:
            return None


def identifier(node: Node) -> str | None:
    """Return an identifier's value, without a `urn:uuid:` before it."""
    value = child_text(node, "value")
    return None if value is None else value.removeprefix("urn:uuid:")


def is_nhs_number(node: Node) -> bool:
    return (child_text(node, "system") or "").endswith(NHS_NUMBER_SYSTEMS)


def is_date_like(value: str) -> bool:
    return _DATE_LIKE.fullmatch(value) is not None


def date_named(name: str) -> bool:
    return name.endswith(_DATE_NAMED)


def _plain(held: Held) -> bool:
    """Return whether what stands under a name holds nothing itself."""
    if type(held) is str:
        return True
    first = held[0] if type(held) is list else held
    return type(first) is not Node or not first.held


def nature(node: Node) -> Nature | None:
    """Tell what an element is by its shape: a coding, a quantity, a date, a reference, or none of these."""
    if node.value is not None:
        written = node.kind in ("text", "xml")
        return "date" if written and (is_date_like(node.value) or date_named(node.name)) else None
    if node.is_resource:
        return None
    names, name = node.held, node.name
    plain_code = "code" in names and _plain(names["code"])
    if (plain_code or "system" in names) and (name in _CODING_NAMED or name.endswith("Coding")):
        return "coding"
    if "reference" in names and _plain(names["reference"]):
        return "reference"
    valued = "value" in names and _plain(names["value"])
    if valued and ("unit" in names or plain_code or "comparator" in names or name.endswith(_QUANTITY_NAMED)):
        return "quantity"
    if plain_code and not valued and "coding" not in names and ("system" in names or "display" in names):
        return "coding"
    if "identifier" in names and not (set(names) - {"identifier", "display", "type", "id", "extension"}):
        return "reference"
    return None
