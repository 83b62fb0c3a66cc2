"""The patient of a FHIR source: identity, gender, sex at birth, birth and death; and which patient it is about.

A field that breaks its format is reported by its own path and left out; the others are still read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codesafety.formats.fhir.index import Index, own_text
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import (
    Broken,
    Used,
    boolean,
    child_text,
    choice,
    coding,
    concept,
    date,
    is_nhs_number,
    one,
    text,
)
from codesafety.record import Coding, Gender, NotRead, Patient

_GENDERS: dict[str, Gender] = {"male": "male", "female": "female", "other": "other", "unknown": "unknown"}
_BIRTH_SEX: dict[str, Gender] = {
    "m": "male",
    "male": "male",
    "248153007": "male",
    "la2-8": "male",
    "1": "male",
    "f": "female",
    "female": "female",
    "248152002": "female",
    "la3-6": "female",
    "2": "female",
    "u": "unknown",
    "unk": "unknown",
    "unknown": "unknown",
    "asku": "unknown",
    "not-known": "unknown",
    "0": "unknown",
    "i": "other",
    "oth": "other",
    "other": "other",
    "indeterminate": "other",
    "not-specified": "unknown",
    "9": "other",
}
_BIRTH_SEX_URLS = ("BirthSex", "us-core-birthsex")
_LOINC_SEX_AT_BIRTH = "76689-9"


def main_patient(index: Index) -> Node | None:
    """Return the patient that the source is about: the document's subject, else the first one sent, else one contained."""
    patients = index.of("Patient") or [r for r in index.resources if r.resource_type == "Patient"]
    for holder in (*index.of("Composition"), *index.of("List")):
        for node in holder.all("subject"):
            found = index.find(node)
            if found is not None and found.resource_type == "Patient":
                return found
    return patients[0] if patients else None


def patient_of(node: Node, used: Used) -> tuple[Patient, tuple[NotRead, ...]]:
    """Return a patient and a line for each field that breaks its format."""
    fields: dict[str, Any] = {"path": node.path}
    broken: list[NotRead] = []

    def attempt(read: Callable[[Node, Used], dict[str, Any]]) -> None:
        local = Used()
        try:
            fields.update(read(node, local))
        except Broken as error:
            broken.append(broken_field(error))
        else:
            used.nodes |= local.nodes

    for read in (_nhs_number, _gender, _birth_sex, _born, _death):
        attempt(read)
    return Patient(**fields), tuple(broken)


def broken_field(error: Broken) -> NotRead:
    resource = error.node.resource
    return NotRead(
        path=error.node.path,
        reason=error.reason,
        resource_type=resource.resource_type,
        resource_id=own_text(resource, "id"),
        broken=True,
    )


def _nhs_number(node: Node, used: Used) -> dict[str, Any]:
    for identifier in node.all("identifier"):
        if not is_nhs_number(identifier):
            continue
        fields: dict[str, Any] = {"nhs_number": child_text(identifier, "value")}
        for extension in identifier.all("extension"):
            if "NHSNumberVerificationStatus" in (child_text(extension, "url") or ""):
                held = choice(extension, "value")
                if held is not None:
                    status = _coded_words(held, used, lambda c: "NHSNumberVerificationStatus" in (c.system or ""))
                    fields["nhs_number_status"] = status[0] if status else text(held) if held.value else None
        return fields
    return {}


def _gender(node: Node, _used: Used) -> dict[str, Any]:
    held = one(node, "gender")
    words = text(held)
    if held is None or words is None:
        return {}
    if words not in _GENDERS:
        raise Broken(held, "the gender is none of male, female, other and unknown")
    return {"gender": _GENDERS[words]}


def _birth_sex(node: Node, used: Used) -> dict[str, Any]:
    for extension in node.all("extension"):
        url = child_text(extension, "url") or ""
        if not url.endswith(_BIRTH_SEX_URLS):
            continue
        held = choice(extension, "value")
        if held is None:
            continue
        word = text(held) if held.value is not None else None
        if held.value is None:
            known = _coded_words(held, used, _is_birth_sex)
            word = known[0] if known else next((c.code for c in concept(held, Used()).codings), None)
        sex = _BIRTH_SEX.get((word or "").lower())
        if word is not None and sex is None:
            raise Broken(held, "the code is not one that this element may have")
        return {"sex_at_birth": sex}
    return {}


def _born(node: Node, used: Used) -> dict[str, Any]:
    return {"born": date(one(node, "birthDate"), used)}


def _death(node: Node, used: Used) -> dict[str, Any]:
    held = choice(node, "deceased")
    if held is None:
        return {}
    if held.name == "deceasedBoolean":
        return {"deceased": boolean(held)}
    if held.name == "deceasedDateTime":
        died = date(held, used)
        return {"deceased": None if died is None else True, "died": died}
    raise Broken(held, "`deceased[x]` is a date or true or false")


def states_sex_at_birth(resource: Node) -> bool:
    """Return whether an Observation is the patient's sex at birth (BaRS, LOINC) and not a finding."""
    if resource.resource_type != "Observation":
        return False
    for code in resource.all("code"):
        for node in code.all("coding"):
            if (own_text(node, "system") or "").endswith(_BIRTH_SEX_URLS) or own_text(node, "code") == _LOINC_SEX_AT_BIRTH:
                return True
    return False


def _says_sex_at_birth(coding: Coding) -> bool:
    return (coding.system or "").endswith(_BIRTH_SEX_URLS) or coding.code == _LOINC_SEX_AT_BIRTH or _is_birth_sex(coding)


def _is_birth_sex(coding: Coding) -> bool:
    return (coding.code or "").lower() in _BIRTH_SEX


def _coded_words(held: Node, used: Used, known: Callable[[Coding], bool]) -> list[str | None]:
    """Return the codes of the codings that are understood, and take those alone as used: any other is left to be named."""
    if held.value is not None:
        return []
    found = [(node, coding(node, Used())) for node in held.all("coding") or [held]]
    understood = [(node, c) for node, c in found if c.code is not None and known(c)]
    for node, _ in understood:
        used.add(node)
    return [c.code for _, c in understood]


def sex_at_birth_from(resource: Node, used: Used) -> Gender | None:
    """Return the sex at birth that an Observation states: as its value, else (BaRS) as its code."""
    value = choice(resource, "value")
    held = value if value is not None else one(resource, "code")
    if held is None:
        return None
    words = _coded_words(held, used, _is_birth_sex) or [held.value]
    code = one(resource, "code")
    if code is not None:
        _coded_words(code, used, _says_sex_at_birth)
    for word in words:
        sex = _BIRTH_SEX.get((word or "").lower())
        if sex is not None:
            return sex
    raise Broken(held, "the code is not one that this element may have")
