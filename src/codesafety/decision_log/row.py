"""What one row says: an answer, or that a person set a finding aside. Words of a sender are in none.

A row is made field by field from what may stand in it, and each field is compared with its form before it is written. What identifies
somebody passes through a keyed digest, which only who holds the key can match.
"""

from __future__ import annotations

import hmac
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from codesafety.answers.cds_hooks import uuids
from codesafety.engine import Engine
from codesafety.errors import ConfigurationError, InputError
from codesafety.evaluation.nhs_number import check_nhs_number
from codesafety.paths import refuse_endless
from codesafety.record import Record, Submission
from codesafety.report import Report, Result

FORMAT: Final = 1
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_ODS: Final = re.compile(r"(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*[0-9])[A-Z0-9]{3,6}|[RT][A-Z0-9]{2}")
"""How codes of organisations are written (ODS: DataStandard 6: three to six letters and digits; trusts with an R or a T). Words and
numbers of patients are not: what is in another form is written as its keyed digest."""
_DIGEST, _KEYED = r"[0-9a-f]{32}|[0-9a-f]{64}", r"[0-9a-f]{32}"
_RULE: Final = r"[a-z][a-z0-9_.-]{0,63}/[a-z0-9_-]{1,128}(\[[a-zA-Z0-9_.|-]{1,64}\])?"
_FORMS: Final[Mapping[str, str]] = {
    "at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "kind": r"decision|override|dropped",
    "key": r"[0-9a-f]{8}",
    "input": _KEYED,
    "record": _KEYED,
    "profile": _KEYED,
    "finding": _KEYED,
    "card": _KEYED,
    "engine": _DIGEST,
    "bundle": _DIGEST,
    "version": r"[0-9]+(\.[0-9a-z]+)+",
    "evaluator": r"compiled|reference",
    "sender": rf"{_ODS.pattern}|~{_KEYED}",
    "service": rf"[0-9]{{6,18}}|~{_KEYED}",
    "decision": r"none|note|review|hold",
    "told": r"whole|partly",
    "rule": _RULE,
    "outcome": r"fires|cannot_tell",
    "action": r"none|note|review|hold",
    "reason": r"[a-z][a-z0-9_-]{0,63}",
    "until": r"\d{4}-\d\d-\d\d",
    "recorded": r"\d{4}-\d\d-\d\d",
    "lasts": r"\d{1,5} (day|week|month|year)s?",
    "field": r"[a-z_]+",
}
"""Of each text of a row, by its name."""
_NUMBERS: Final = frozenset(["format", "serial", "items", "answered", "not_read", "not_checked", "count"])


class Unmaskable(Exception):
    """A field of a row is not of its form: what it holds is not known, and may be a patient's. Names the field alone."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(field)


@dataclass(frozen=True, slots=True)
class Key:
    """The supplier's secret, of 32 bytes. Who holds it can find the rows of an input; nobody can read an input from them."""

    secret: bytes

    def __repr__(self) -> str:
        return f"<Key {self.name}>"

    @property
    def name(self) -> str:
        """Return what rows call the key: a digest of which nothing of it can be told."""
        return self.of("name")[:8]

    def of(self, *parts: str) -> str:
        """Return the keyed digest of texts: HMAC-SHA256, 32 hexadecimal digits. Raises UnicodeEncodeError for half of a surrogate pair."""
        return hmac.new(self.secret, json.dumps(parts).encode(), sha256).hexdigest()[:32]

    @classmethod
    def read(cls, path: str | Path) -> Key:
        """Return the key in a file that `keygen` made. Raises ConfigurationError; nothing that the file holds is repeated."""
        wrong = "write one: codesafety log keygen FILE"
        try:
            refuse_endless(Path(path))
            text = Path(path).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            reason = ((error.strerror if isinstance(error, OSError) else None) or "it is no text").lower()
            raise ConfigurationError(f"{path}: the key of the log cannot be read: {reason}\n  = help: {wrong}") from None
        if not _KEY.fullmatch(text):
            raise ConfigurationError(f"{path}: this is no key of a log\n  = help: {wrong}")
        return cls(bytes.fromhex(text))


def keygen(path: Path) -> Key:
    """Write a new key, which only its owner reads. Raises InputError where something stands there already, or it cannot be written."""
    text = token_hex(32)
    try:
        path.touch(0o600, exist_ok=False)
        path.write_text(f"{text}\n", encoding="ascii")
    except FileExistsError:
        said = "name another: rows need the key they were made with"
        raise InputError("there is a file already", source=str(path), help=said) from None
    except OSError as error:
        reason = (error.strerror or "an error of the system").lower()
        raise InputError(
            f"it cannot be written: {reason}", source=str(path), help="check the folder and its permissions"
        ) from None
    return Key(bytes.fromhex(text))


# ------------------------------------------------------------------------------------------------ what a row says


def decision(
    key: Key, at: datetime, engine: Engine, submission: Submission, record: Record | None, report: Report
) -> dict[str, Any]:
    """Return the row of an answer. Raises Unmaskable."""
    bundle = engine.bundle
    digests, sender = report.digests, submission.message.sender
    told: dict[str, Any] = {
        **_head("decision", key, at),
        "version": report.engine.version,
        "engine": report.engine.digest,
        "evaluator": report.engine.evaluator,
        "bundle": None if bundle is None else bundle.digest,
        "serial": None if bundle is None else bundle.manifest.serial,
        "input": key.of("input", digests.input),
        "record": None if digests.record is None else key.of("record", digests.record),
        "profile": None if report.profile is None else key.of("profile", report.profile.model_dump_json()),
        "sender": None if sender is None else masked(key, sender),
        "service": service(key, engine, submission),
        "decision": report.decision,
        "told": report.told,
        "items": report.counts.items,
        "answered": report.counts.answered,
        "not_read": report.counts.not_read,
        "not_checked": len(report.not_checked),
        "rules": [*_fired(key, submission, report), *_untold(report)],
        "overrides": [
            {"rule": one.rule, "reason": one.overridden.reason, "until": one.overridden.until}
            for one in report.results
            if one.overridden is not None
        ],
    }
    return seen(told)


def override(key: Key, at: datetime, finding: str, rule: str, reason: str, recorded: str, lasts: str) -> dict[str, Any]:
    """Return the row of a finding that a person set aside. Raises Unmaskable."""
    told = {"finding": finding, "rule": rule, "reason": reason, "recorded": recorded, "lasts": lasts}
    return seen({**_head("override", key, at), **told})


def dropped(key: Key, at: datetime, field: str) -> dict[str, Any]:
    """Return the row that stands where one was dropped."""
    return seen({**_head("dropped", key, at), "field": field})


def masked(key: Key, sender: str) -> str:
    """Return an organisation's code, or the keyed digest of what is not in the form of one."""
    return organisation(sender) or f"~{key.of('sender', sender)}"


def organisation(sender: str | None) -> str | None:
    """Return an organisation's code; None for what is not in the form of one."""
    return sender if sender is not None and _ODS.fullmatch(sender) else None


def finding_of(key: Key, submission: Submission, result: Result) -> str | None:
    """Return the keyed digest of a finding: this patient, this rule, these codes. None where it may not be set aside, where the
    patient has no NHS number (one that is malformed or fails its check digit may stand for anybody), or an entry no code."""
    number = submission.patient.nhs_number
    if number is None or check_nhs_number(number) in ("malformed", "check_digit"):
        return None
    if result.overridable_by is None or result.outcome != "fires" or not result.entries:
        return None
    codes = sorted({f"{one.system}|{one.code}" for one in result.entries if one.code is not None})
    if any(one.code is None for one in result.entries):
        return None
    return key.of("finding", number, result.rule, *codes)


def service(key: Key, engine: Engine, submission: Submission) -> str | None:
    """Return the service's SNOMED CT code where the terminology knows it, else its keyed digest; None where none is named."""
    sent = submission.message.service
    known = known_service(engine, submission)
    return known or (f"~{key.of('service', sent[0].system or '', sent[0].code or '')}" if sent else None)


def known_service(engine: Engine, submission: Submission) -> str | None:
    """Return the service's SNOMED CT code where the terminology knows it, else None."""
    for coding in submission.message.service:
        info = engine.binding.codebook.entry(coding.system, coding.code)
        if info.system == "sct" and info.code is not None and info.well_formed and engine.terminology.terms(info.code):
            return info.code
    return None


def _head(kind: str, key: Key, at: datetime) -> dict[str, Any]:
    return {"format": FORMAT, "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "kind": kind, "key": key.name}


def _fired(key: Key, submission: Submission, report: Report) -> Iterable[dict[str, Any]]:
    findings = {one.id: finding_of(key, submission, one) for one in report.results}
    cards = uuids(report) if any(findings.values()) else {}
    for one in report.results:
        if one.outcome == "fires":
            card, finding = cards.get(one.id), findings[one.id]
            yield {
                "rule": one.rule,
                "outcome": "fires",
                "action": one.action,
                "count": one.count,
                **({"finding": finding, "card": key.of("card", card)} if finding and card else {}),
            }


def _untold(report: Report) -> Iterable[dict[str, Any]]:
    counted = Counter((one.rule, one.action) for one in report.results if one.outcome != "fires")
    for (rule, action), number in counted.items():
        yield {"rule": rule, "outcome": "cannot_tell", "action": action, "count": number}


def seen(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of which every value has the form that it must have. Raises Unmaskable."""
    for name, value in row.items():
        if isinstance(value, list):
            for one in value:
                seen(one)
        elif value is not None and not _is_formed(name, value):
            raise Unmaskable(name if name in _FORMS or name in _NUMBERS else "another")
    return row


def _is_formed(name: str, value: object) -> bool:
    if name in _NUMBERS:
        return isinstance(value, int) and value >= 0
    return isinstance(value, str) and name in _FORMS and re.fullmatch(_FORMS[name], value) is not None
