"""FHIR medication resources (STU3 and R4) to medications: a statement, a plan, a request, a dispensing or an administration."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, Literal

from codesafety.formats.fhir.context import Surroundings, leftovers, shared_fields, subject_of
from codesafety.formats.fhir.index import Index, own_text
from codesafety.formats.fhir.origin import origin_of
from codesafety.formats.fhir.statuses import WITHDRAWN, statuses_of
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import (
    Broken,
    Concept,
    Used,
    boolean,
    child_text,
    choice,
    concept,
    concepts,
    date,
    decimal,
    identifier,
    item_of,
    one,
    period,
    quantity,
    when,
)
from codesafety.record import MAX_EXPONENT, Coding, Medication, NotRead, PrescriptionType, Qualifier, Quantity, day_interval

KINDS: dict[str, Literal["statement", "plan", "request", "dispense", "administration"]] = {
    "MedicationStatement": "statement",
    "MedicationRequest": "request",
    "MedicationDispense": "dispense",
    "MedicationAdministration": "administration",
}
_RECORDED: dict[str, tuple[str, ...]] = {
    "MedicationStatement": ("dateAsserted",),
    "MedicationDispense": ("recorded",),
    "MedicationAdministration": ("recorded",),
}
_NOT_A_REQUEST = ("plan", "proposal", "option")
_DAYS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7}
_EPS_FORM = "prescription-order-number"
_PER_DAY = {"min": Fraction(1440), "h": Fraction(24), "d": Fraction(1), "wk": Fraction(1, 7)}


def medication_of(
    resource: Node, around: Surroundings, used: Used, *, gp_connect: bool
) -> tuple[Medication, tuple[NotRead, ...]]:
    """Return the medication that a resource is, and what of it has no place in one.

    `gp_connect`: a request's validity period is the course (GP Connect), and not the days on which it may be dispensed.
    """
    kind = KINDS[resource.resource_type or ""]
    if kind == "request" and child_text(resource, "intent") in _NOT_A_REQUEST:
        kind = "plan"
    fields: dict[str, Any] = shared_fields(resource, around, used, _RECORDED.get(resource.resource_type or "", ()))
    medicine = around.index.find(choice(resource, "medication"))
    if medicine is not None and any(said.meaning == "withdrawn" for said in statuses_of(medicine).values()):
        fields["status"] = WITHDRAWN
    product, form, strength = _product(resource, around, used)
    fields |= {
        "kind": kind,
        "subject": subject_of(resource, around),
        "products": product.codings,
        "text": product.text,
        "form": form,
        "strength": strength,
        "origin": origin_of(resource, around),
    }
    fields |= _dates(resource, used, gp_connect=gp_connect)
    fields |= _not_given(resource, fields["handed_over"], used)
    supply = one(resource, "dispenseRequest")
    fields["quantity"] = quantity(one(supply if supply is not None else resource, "quantity"), used)
    duration = one(supply, "expectedSupplyDuration") if supply is not None else one(resource, "daysSupply")
    fields["days_supply"] = _days(duration, used)
    fields["supply_type"] = _supply_type(resource, used)
    fields["prescription_type"] = _prescription_type(resource) or _of_its_plan(resource, around)
    fields |= _dosage(resource, fields["quantity"], used)
    fields["based_on"] = _based_on(resource, around)
    fields["order"] = _order(resource, around)
    left, not_read = leftovers(resource, around, used)
    number = group_of(resource)
    if number is not None and fields["order"] is None:
        left["qualifiers"] = (*left["qualifiers"], Qualifier(role="groupIdentifier", text=number))
    return item_of(Medication, fields | left), not_read


def _product(resource: Node, around: Surroundings, used: Used) -> tuple[Concept, tuple[Coding, ...], str | None]:
    held = choice(resource, "medication")
    if held is None:
        return Concept(), (), None
    if held.name.endswith("CodeableConcept"):
        return concept(held, used), (), None
    medicine = around.index.find(held)
    if medicine is None or medicine.resource_type != "Medication":
        return Concept((), child_text(held, "display")), (), None
    found = concept(one(medicine, "code"), used)
    return (
        Concept(found.codings, found.text or child_text(held, "display")),
        concepts([one(medicine, "form")], used),
        _strength(medicine, used),
    )


def _strength(medicine: Node, used: Used) -> str | None:
    """Return the strength in words where the product has one ingredient; otherwise its quantities stay unused."""
    ingredients = medicine.all("ingredient")
    if len(ingredients) != 1:
        return None
    ratio = one(ingredients[0], "strength") or one(ingredients[0], "amount")
    if ratio is None:
        return None
    parts = [one(ratio, "numerator"), one(ratio, "denominator")]
    words = [f"{q.value} {q.unit}" for part in parts if part is not None and (q := quantity(part, used)) is not None]
    return " / ".join(words) or None


def _dates(resource: Node, used: Used, *, gp_connect: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: date(one(resource, element), used)
        for name, element in (("handed_over", "whenHandedOver"), ("prepared", "whenPrepared"), ("authored", "authoredOn"))
    }
    start, end = when(resource, "effective", used)
    supply = one(resource, "dispenseRequest")
    if gp_connect and supply is not None and start is None and end is None:
        start, end = when(supply, "validityPeriod", used)
    if end is not None:
        return found | {"start": start, "end": end}
    return found | _bounds(resource, start, used)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where the dosing by one instruction ends: on a day, or after so many days of which one or both bounds may be missing."""

    start: str | None = None
    end: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None

    @property
    def open(self) -> bool:
        return self.end is None and self.least is None


def _bounds(resource: Node, start: str | None, used: Used) -> dict[str, Any]:
    """Return the course as the dosages bound it: from the first that begins to the last that ends.

    A request may be dispensed for some time only (`validityPeriod`): then the course ends, and when is not said.
    """
    bounds = [_bounds_of(dosage, used) for dosage in _dosages(resource)]
    starts = [b.start for b in bounds]
    if start is None and starts and None not in starts:
        start = min((s for s in starts if s is not None), key=day_interval)
    found: dict[str, Any] = {"start": start, "end": None}
    if not bounds or any(b.open for b in bounds):
        supply = one(resource, "dispenseRequest")
        valid = one(supply, "validityPeriod") if supply is not None else None
        ends = any(not b.open for b in bounds) or (valid is not None and bool(valid.all("end")))
        return found | ({"course_days": Decimal(1)} if ends and not _supplied(resource) else {})
    ends_on = [b.end for b in bounds if b.end is not None]
    if len(ends_on) == len(bounds):
        return found | {"end": max(ends_on, key=lambda end: day_interval(end)[::-1])}
    if len(bounds) > 1 or ends_on:
        return found | {"course_days": Decimal(1)}  # one after the other or side by side: it ends, and when is not said
    return found | {"course_days": bounds[0].least, "course_days_max": bounds[0].most}


def _supplied(resource: Node) -> bool:
    supply = one(resource, "dispenseRequest")
    return bool(supply is not None and supply.all("expectedSupplyDuration")) or bool(resource.all("daysSupply"))


def _bounds_of(dosage: Node, used: Used) -> _Bounds:
    timing = one(dosage, "timing")
    repeat = one(timing, "repeat") if timing is not None else None
    held = choice(repeat, "bounds") if repeat is not None else None
    if held is None:
        return _Bounds(least=Decimal(1)) if repeat is not None and repeat.all("count") else _Bounds()
    if held.name == "boundsPeriod":
        begins, ends = period(held, used)
        return _Bounds(start=begins, end=ends)
    low, high = (held, held) if held.name == "boundsDuration" else (one(held, "low"), one(held, "high"))
    least, most = _lasts(low, used), _lasts(high, used)
    return _Bounds(least=least[0] if least is not None else Decimal(1), most=most[1] if most is not None else None)


_LASTS: dict[str, tuple[Fraction, Fraction]] = {
    # A day is the first one, too; of hours it is not known how many fall on the first day.
    **dict.fromkeys(("h", "hr", "hour", "hours"), (Fraction(1, 24), Fraction(1, 24))),
    **dict.fromkeys(("d", "day", "days"), (Fraction(1), Fraction(1))),
    **dict.fromkeys(("wk", "week", "weeks"), (Fraction(7), Fraction(7))),
    **dict.fromkeys(("mo", "month", "months"), (Fraction(28), Fraction(31))),
    **dict.fromkeys(("a", "year", "years"), (Fraction(365), Fraction(366))),
}


def _lasts(node: Node | None, used: Used) -> tuple[Decimal, Decimal] | None:
    """Return the fewest and the most days that a duration may touch; None where it is none that can be told."""
    value = decimal(one(node, "value")) if node is not None else None
    if node is None or value is None or value <= 0 or abs(value.adjusted()) > MAX_EXPONENT:
        return None
    unit = (child_text(node, "code") or child_text(node, "unit") or "").lower()
    factors = _LASTS.get(unit)
    if factors is None or child_text(node, "comparator") is not None:
        return None
    used.add(node)
    fewest, most = (ceil(Fraction(value) * factor) for factor in factors)
    return Decimal(fewest), Decimal(most + (unit[0] == "h"))


def _not_given(resource: Node, handed_over: str | None, used: Used) -> dict[str, Any]:
    """Return whether it was not given or not taken, and why.

    A dispensing that was stopped and never handed over is one that was not supplied (Update Record).
    """
    status = child_text(resource, "status")
    taken = child_text(resource, "taken")
    reasons = concepts(
        [n for name in ("notDoneReasonCodeableConcept", "reasonNotTaken", "reasonNotGiven") for n in resource.all(name)], used
    )
    refused = (
        True
        in (
            boolean(one(resource, "notGiven")),
            boolean(one(resource, "wasNotGiven")),
            boolean(one(resource, "notDone")),
            boolean(one(resource, "doNotPerform")),
        )
        or taken == "n"
        or status in ("not-done", "declined", "not-taken")
        or bool(reasons or resource.all("notDoneReasonReference"))
        or (resource.resource_type == "MedicationDispense" and status == "stopped" and handed_over is None)
    )
    if refused:
        reasons += concepts(
            [
                n
                for name in ("statusReasonCodeableConcept", "statusReason")
                for n in resource.all(name)
                if n.kind == "element" and "reference" not in n.held
            ],
            used,
        )
        return {"not_given": True, "not_given_reason": reasons}
    return {"not_given": False if taken == "y" else None}


def _days(node: Node | None, used: Used) -> Decimal | None:
    """Return a duration in whole units of days or weeks as days; other units stay unused."""
    if node is None:
        return None
    value = decimal(one(node, "value"))
    factor = _DAYS.get((child_text(node, "code") or child_text(node, "unit") or "").lower())
    if value is None or factor is None or child_text(node, "comparator") is not None:
        return None
    used.add(node)
    return value * factor


def _supply_type(resource: Node, used: Used) -> tuple[Coding, ...]:
    found = (
        concepts([n for n in resource.all("type") if n.kind == "element"], used)
        if resource.resource_type == "MedicationDispense"
        else ()
    )
    for extension in resource.all("extension"):
        if "MedicationSupplyType" in _url(extension):
            found += concepts([one(extension, "valueCodeableConcept")], used)
    return found


_PRESCRIPTION_TYPES: dict[str, PrescriptionType] = {
    "acute": "acute",
    "repeat": "repeat",
    "continuous": "repeat",
    "repeat-dispensing": "repeat-dispensing",
    "continuous-repeat-dispensing": "repeat-dispensing",
    "delayed-prescribing": "delayed",
}
"""Codes of CareConnect-PrescriptionType-1 and UKCore-PrescriptionType, and of the course of therapy that R4 has in their place."""
_PRESCRIPTION_TYPE = ("-PrescriptionType", "-PrescriptionType-1")


def _prescription_type(resource: Node) -> PrescriptionType | None:
    """Return how a request is prescribed; None where that is not said, or in two ways. Its coding is told among the qualifiers."""
    held = [one(x, "valueCodeableConcept") for x in resource.all("extension") if _url(x).endswith(_PRESCRIPTION_TYPE)]
    held += [n for n in resource.all("courseOfTherapyType") if n.kind == "element"]
    codes = {child_text(coding, "code") for node in held if node is not None for coding in node.all("coding")}
    found = {_PRESCRIPTION_TYPES.get(code or "") for code in codes}
    return found.pop() if len(found) == 1 else None


def _of_its_plan(resource: Node, around: Surroundings) -> PrescriptionType | None:
    """Return how the plan is prescribed on which a request is based: what both share is said of the plan alone (GP Connect)."""
    found = {_prescription_type(plan) for node in resource.all("basedOn") if (plan := around.index.find(node)) is not None}
    return found.pop() if len(found) == 1 else None


def _url(extension: Node) -> str:
    return child_text(extension, "url") or ""


def _dosage(resource: Node, supplied: Quantity | None, used: Used) -> dict[str, Any]:
    dosages = _dosages(resource)
    words = [w for d in dosages if (w := child_text(d, "text")) is not None]
    fields: dict[str, Any] = {
        "dosage_text": "; ".join(words) or None,
        "route": concepts([r for d in dosages for r in d.all("route")], used),
    }
    if len(dosages) != 1:
        return fields  # steps of a regimen: no one dose, no one frequency
    dosage = dosages[0]
    fields["times_a_day"] = _times_a_day(dosage)
    fields["dose"] = _dose(dosage, supplied, used)
    needed = choice(dosage, "asNeeded")
    if needed is not None:
        fields["as_needed"] = boolean(needed) if needed.name == "asNeededBoolean" else True
    return fields


def _dosages(resource: Node) -> list[Node]:
    return [*resource.all("dosageInstruction"), *resource.all("dosage")]


def _times_a_day(dosage: Node) -> Decimal | None:
    """Return how often a day, exactly, or None where the timing leaves it open (a range, certain weekdays, a third)."""
    timing = one(dosage, "timing")
    repeat = one(timing, "repeat") if timing is not None else None
    if repeat is None:
        return None
    if {"frequencyMax", "periodMax", "dayOfWeek", "timeOfDay", "when", "count"} & repeat.held.keys():
        return None
    frequency, every = decimal(one(repeat, "frequency")), decimal(one(repeat, "period"))
    per_day = _PER_DAY.get(child_text(repeat, "periodUnit") or "")
    if frequency is None or every is None or per_day is None or every <= 0:
        return None
    exact = Fraction(frequency) / Fraction(every) * per_day
    rest = exact.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return Decimal(exact.numerator) / Decimal(exact.denominator) if rest == 1 else None


def _dose(dosage: Node, supplied: Quantity | None, used: Used) -> Decimal | None:
    """Return the dose where it counts the same units as the quantity supplied; otherwise it stays unused."""
    doses = [
        q
        for holder in (dosage, *dosage.all("doseAndRate"))
        for q in (*holder.all("doseQuantity"), *holder.all("doseSimpleQuantity"))
    ]
    if len(doses) != 1 or supplied is None or supplied.unit is None:
        return None
    units = {(u or "").lower() for u in (child_text(doses[0], "unit"), child_text(doses[0], "code"))} - {""}
    if supplied.unit.lower() not in units or child_text(doses[0], "comparator") is not None:
        return None
    found = quantity(doses[0], used)
    return found.value if found is not None else None


def _based_on(resource: Node, around: Surroundings) -> tuple[str, ...]:
    """Return what it answers or belongs to, and the prescription that it replaces: a plan that was authorised anew is one medicine."""
    names = ("basedOn", "authorizingPrescription", "prescription", "request", "priorPrescription")
    nodes = [n for name in names for n in resource.all(name)]
    found = [i for n in nodes if n.kind == "element" and (i := around.index.item_id(n)) is not None]
    return tuple(dict.fromkeys(found))


def _order(resource: Node, around: Surroundings) -> str | None:
    """Return the order number: its own, else that of the request which it answers.

    The number of a prescription with several items is not one: two items of it are two medicines, and may well repeat each other.
    """
    own = one(resource, "groupIdentifier")
    if own is not None and own.value is not None:
        raise Broken(own, "`groupIdentifier` is a plain value where an identifier belongs")
    number = identifier(own) if own is not None else None
    if own is None:
        for name in ("authorizingPrescription", "basedOn"):
            for node in resource.all(name):
                request = around.index.find(node)
                number = number or (group_of(request) if request is not None else None)
    return None if number in around.prescriptions else number


def group_of(request: Node) -> str | None:
    """Return a request's group identifier, or None where there is none that can be read."""
    for group in request.all("groupIdentifier"):
        found = own_text(group, "value")
        if found is not None:
            return found.removeprefix("urn:uuid:")
    return None


def prescriptions_in(index: Index) -> set[str]:
    """Return the group identifiers that stand for a whole prescription: an EPS form, or any that several requests share."""
    seen: set[str] = set()
    shared: set[str] = set()
    for resource in index.resources:
        number = group_of(resource) if KINDS.get(resource.resource_type or "") == "request" else None
        if number is not None:
            form = any((own_text(g, "system") or "").endswith(_EPS_FORM) for g in resource.all("groupIdentifier"))
            (shared if form or number in seen else seen).add(number)
    return shared
