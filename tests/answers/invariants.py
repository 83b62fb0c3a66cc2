"""What CDS Hooks demands of a response and of feedback: attributes, and the invariants of the standard's logical models.

Written from HL7/cds-hooks, input/fsh/invariants (cds-resp-1 to 7, cds-fb-1 to 3; 1bd2abc, 8cb48c9, adf9c7d) and from the tables
of attributes in input/pagecontent/index.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

CARD = {"uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons", "links"}
SOURCE = {"label", "url", "icon", "topic"}
CODING = {"system", "code", "display"}
FEEDBACK = {"card", "outcome", "acceptedSuggestions", "overrideReason", "outcomeTimestamp"}


def breaches(response: dict[str, Any]) -> list[str]:
    """Return what a response breaks, by the name of the invariant or the attribute."""
    return [breach for card in response["cards"] for breach in _card(card)] + (
        ["cards"] if set(response) - {"cards", "systemActions"} else []
    )


def _card(card: dict[str, Any]) -> Iterator[str]:
    suggestions = card.get("suggestions", [])
    actions = [action for one in suggestions for action in one.get("actions", [])]
    if card.get("selectionBehavior") == "at-most-one" and sum(one.get("isRecommended", False) for one in suggestions) > 1:
        yield "cds-resp-1"
    if any(a["type"] == "delete" and not ("resourceId" in a and "resource" not in a) for a in actions):
        yield "cds-resp-2"
    if any(link["type"] != "smart" and "appContext" in link for link in card.get("links", [])):
        yield "cds-resp-3"
    if not all(reason.get("display") for reason in card.get("overrideReasons", [])):
        yield "cds-resp-4"
    if not all(action.get("description") for action in actions):
        yield "cds-resp-5"
    if suggestions and "selectionBehavior" not in card:
        yield "cds-resp-6"
    if any(one.get("actionSelectionBehavior", "all") not in ("all", "any", "at-most-one") for one in suggestions):
        yield "cds-resp-7"
    if not 0 < len(card.get("summary", "")) < 140 or "\n" in card.get("summary", ""):
        yield "summary"
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield "indicator"
    if str(UUID(card["uuid"])) != card["uuid"]:
        yield "uuid"
    source = card.get("source", {})
    if not source.get("label") or set(source) - SOURCE or ("url" in source and not urlsplit(source["url"]).netloc):
        yield "source"
    codings = [*card.get("overrideReasons", []), *([source["topic"]] if "topic" in source else [])]
    if any(set(coding) - CODING or not coding.get("code") for coding in codings):
        yield "coding"
    if set(card) - CARD:
        yield "card"


def breaches_of_feedback(body: dict[str, Any]) -> list[str]:
    """Return what feedback breaks, by the name of the invariant or the attribute."""
    return [breach for one in body["feedback"] for breach in _feedback(one)]


def _feedback(one: dict[str, Any]) -> Iterator[str]:
    if one.get("outcome") not in ("accepted", "overridden"):
        yield "cds-fb-1"
    if one.get("outcome") == "accepted" and not one.get("acceptedSuggestions"):
        yield "cds-fb-2"
    reason = one.get("overrideReason")
    if reason is not None and not (reason.get("reason") or reason.get("userComment")):
        yield "cds-fb-3"
    if not one.get("card") or set(one) - FEEDBACK:
        yield "feedback"
    stamp = one.get("outcomeTimestamp", "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", stamp) or datetime.fromisoformat(stamp).utcoffset() is None:
        yield "outcomeTimestamp"
