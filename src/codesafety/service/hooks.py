"""CDS Hooks: what is offered, what is asked, and what was made of a card.

A request has what is about to be written in its `context`, as R4 resources, and what is held in its `prefetch`. The patient, as
prefetched, belongs to both.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from codesafety.answers.cds_hooks import known_reasons
from codesafety.answers.codes import REASON
from codesafety.asking import part
from codesafety.engine import Engine
from codesafety.plugins import Source
from codesafety.record import Record, Submission, day_interval
from codesafety.service.problems import Problem

PREFETCH: Final = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "observations": "Observation?patient={{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}",
}
"""What is held of the patient. What is not fetched is not known."""
SERVICES: Final = {
    "codesafety-conditions": ("problem-list-item-create", "1.0", "conditions", "Conditions before they enter a problem list"),
    "codesafety-orders": ("order-sign", "1.1", "draftOrders", "Orders before they are signed"),
}
"""By id: the hook, its version, the field of the context with the resources, and what it is for."""
_MOST_FEEDBACK: Final = 1_000


def discovery() -> dict[str, Any]:
    """Return what is offered."""
    return {
        "services": [
            {
                "id": name,
                "hook": hook,
                "hookVersion": version,
                "title": title,
                "description": "Checks coding with cited rules and advises no treatment. No clinician has reviewed the shipped rules yet.",
                "prefetch": PREFETCH,
            }
            for name, (hook, version, _, title) in SERVICES.items()
        ]
    }


def asked(engine: Engine, service: str, given: dict[str, Any]) -> tuple[Submission, Record | None]:
    """Return what a request is about to write, and what is held. Raises Problem, and InputError as the engine does."""
    hook, _, field, _ = SERVICES[service]
    if given.get("hook") != hook:
        raise Problem(400, "hook", f"this service answers the hook {hook}", help="see GET /cds-services")
    if not isinstance(given.get("hookInstance"), str):
        raise Problem(400, "hook-instance", "the request has no `hookInstance`", help="give a UUID")
    context = given.get("context")
    drafts = context.get(field) if isinstance(context, dict) else None
    if not isinstance(drafts, dict) or drafts.get("resourceType") != "Bundle":
        raise Problem(400, "context", f"the context has no Bundle `{field}`", help="see the definition of the hook")
    held = _held(given.get("prefetch"))
    whose = context.get("patientId") if isinstance(context, dict) else None
    if not isinstance(whose, str):
        raise Problem(400, "context", "the context has no `patientId`", help="see the definition of the hook")
    if "patient" in held and held["patient"].get("id") != whose:
        raise Problem(400, "prefetch", "the patient that was fetched is not the context's", help="fetch the one of `patientId`")
    patient = [{"resource": held["patient"]}] if "patient" in held else []
    submission = engine.read(_collected([*patient, {"resource": drafts}], "context"))
    fetched = [{"resource": resource} for name, resource in held.items() if name != "patient"]
    if not fetched:
        return submission, None
    return submission, engine.read_record(_collected([*patient, *fetched], "prefetch"))


def _held(prefetch: Any) -> dict[str, Any]:
    """Return what was fetched of what is asked for; null stands for what could not be. Raises Problem for what is no resource."""
    told = {} if prefetch is None else prefetch
    found = {name: told.get(name) for name in PREFETCH} if isinstance(told, dict) else {"": told}
    held = {name: resource for name, resource in found.items() if resource is not None}
    if not all(isinstance(resource, dict) for resource in held.values()):
        raise Problem(
            400, "prefetch", "what was fetched is no resource", help="send each as a resource, or null; see GET /cds-services"
        )
    return held


def _collected(entries: list[dict[str, Any]], name: str) -> Source:
    whole = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return part(whole, name)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was made of a card. `reason`: as it is counted. `decided`: the day on which the rule's own reason was given, else None."""

    card: str
    outcome: str
    reason: str
    decided: date | None = None


def feedback(engine: Engine, given: dict[str, Any]) -> list[Feedback]:
    """Return what was made of each card. A reason that is none of those offered is `other`, none at all is `none`; a comment is read by
    nobody. Raises Problem where it is no feedback."""
    told = given.get("feedback")
    wrong = Problem(400, "feedback", "this is no feedback on cards", help="see the specification of CDS Hooks, feedback")
    if not isinstance(told, list) or not told or len(told) > _MOST_FEEDBACK:
        raise wrong
    own = {(REASON, reason) for rule in engine.rules if rule.overridable for reason in rule.overridable.reasons}
    found: list[Feedback] = []
    for one in told:
        match one:
            case {"card": str(card), "outcome": "accepted", "outcomeTimestamp": str(stamp)}:
                _day(stamp)
                found.append(Feedback(card, "accepted", "none"))
            case {"card": str(card), "outcome": "overridden", "outcomeTimestamp": str(stamp)}:
                reason, day = _reason(one.get("overrideReason"), known_reasons() | own), _day(stamp)
                found.append(Feedback(card, "overridden", reason, day if _is_own(one, own) else None))
            case _:
                raise wrong
    return found


def _is_own(one: dict[str, Any], own: Set[tuple[str, str]]) -> bool:
    """Return whether a reason is a rule's own, which sets a finding aside."""
    match one.get("overrideReason"):
        case {"reason": {"code": str(code), "system": str(system)}}:
            return (system, code) in own
        case _:
            return False


def _day(stamp: str) -> date:
    """Return the day of a time, in its own zone. Raises Problem where it is none."""
    try:
        first, last = day_interval(stamp)
    except ValueError:
        first, last = 0, 1
    if first != last:
        raise Problem(400, "feedback", "an `outcomeTimestamp` is no time", help="give a date and a time with its zone")
    return date.fromordinal(first)


def _reason(told: object, known: Set[tuple[str, str]]) -> str:
    match told:
        case None:
            return "none"
        case {"reason": {"code": str(code), "system": str(system)}} if (system, code) in known:
            return code
        case _:
            return "other"
