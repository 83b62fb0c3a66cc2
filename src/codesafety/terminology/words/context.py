"""What a code itself says of its context: whether the thing was there, when, and whose it was.

A situation with explicit context (243796009) wraps a finding or procedure and gives it a finding or procedure context
(408729009, 408730004), a temporal context (408731000) and a subject relationship context (408732007). A plain finding says
nothing of these: soft defaults (present, current, the patient) are the reader's, and never stand here.
Source: SNOMED CT Editorial Guide, "Situation with explicit context".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from codesafety.terminology.interface import CodeContext
from codesafety.terminology.words.normal import semantic_tag

SITUATION = "243796009"
FINDING_CONTEXT = "408729009"
PROCEDURE_CONTEXT = "408730004"
TEMPORAL_CONTEXT = "408731000"
SUBJECT_CONTEXT = "408732007"
MATTERS = ("246090004", "363589002")
"""Associated finding and associated procedure: what a situation is about."""
CONTEXT_ATTRIBUTES = (FINDING_CONTEXT, PROCEDURE_CONTEXT, TEMPORAL_CONTEXT, SUBJECT_CONTEXT)

IsA = Callable[[str, str], bool]
"""Whether a value is, or is below, an ancestor."""

# Each table from the narrow to the broad: the first ancestor that holds decides. A value below none of them is not understood.
_FINDING_CONTEXTS = (
    ("410516002", "absent"),  # known absent
    ("410594000", "absent"),  # definitely not present
    ("410593006", "possible"),  # probably not present
    ("428263003", "possible"),  # not suspected: nobody looked, so it is not known absent
    ("410592001", "possible"),  # probably present
    ("415684004", "possible"),  # suspected
    ("410590009", "possible"),  # known possible
    ("410519009", "possible"),  # at risk
    ("410517006", "planned"),  # expectation
    ("410518001", "planned"),  # goal
    ("410515003", "present"),  # known present
    ("410605003", "present"),  # confirmed present
    ("410591008", "present"),  # definitely present
)
_PROCEDURE_CONTEXTS = (
    ("410537005", None),  # action status unknown
    ("385657008", None),  # abandoned: begun, and not done
    ("410545000", "absent"),  # cancelled
    ("410543007", "absent"),  # not attended
    ("385660001", "absent"),  # not done
    ("410521004", "absent"),  # not to be done
    ("443390004", "absent"),  # refused
    ("410528005", "absent"),  # not wanted
    ("410529002", "absent"),  # not needed
    ("410530007", "absent"),  # not offered
    ("410534003", "absent"),  # not indicated
    ("410536001", "absent"),  # contraindicated
    ("385658003", "present"),  # done
    ("410523001", "present"),  # begun: started, in progress, ended
    ("397943006", "planned"),
    ("416151008", "planned"),  # scheduled
    ("385643006", "planned"),  # to be done
    ("385644000", "planned"),  # requested
    ("410522006", "planned"),  # not begun: considered, accepted, organised ...
)
_TEMPORAL_CONTEXTS = (
    ("410589000", "past"),  # all times past
    ("410513005", "past"),  # in the past
    ("15240007", "current"),
    ("6493001", "current"),  # recent
    ("410512000", "current"),  # current or specified time
    ("410511007", "either"),  # current or past: says nothing of which
)
_SUBJECTS = (
    ("410604004", "patient"),  # subject of record
    ("116154003", "patient"),
    ("133933007", "baby"),  # newborn
    ("444148008", "family"),  # person in family of subject
    ("303071001", "family"),  # person in the family
    ("125677006", "family"),  # relative
    ("394856008", "family"),
    ("394859001", "family"),
    ("394858009", "family"),
    ("394857004", "family"),  # grandparents
    ("72705000", "family"),  # mother
    ("66839005", "family"),  # father
    ("40683002", "family"),  # parent
    ("27733009", "family"),  # sister
)
_PERSON = "125676002"  # any person: the patient too


def context_from_attributes(attributes: Mapping[str, Collection[str]], is_a: IsA) -> CodeContext:
    """Return what the values of a concept's context attributes say.

    `attributes`: values by attribute, of all its groups. A component of which nothing is stated is None. `told` is False, and
    no component is given, where a value is not understood or several groups say different things: nothing is known then, for
    a context that is half understood would read as the ordinary one.
    """
    if not any(attributes.get(attribute) for attribute in CONTEXT_ATTRIBUTES):
        return CodeContext()
    untold = CodeContext(told=False)
    assertions = _read(attributes.get(FINDING_CONTEXT, ()), _FINDING_CONTEXTS, is_a)
    assertions |= _read(attributes.get(PROCEDURE_CONTEXT, ()), _PROCEDURE_CONTEXTS, is_a)
    times = _read(attributes.get(TEMPORAL_CONTEXT, ()), _TEMPORAL_CONTEXTS, is_a)
    subjects = {
        "another" if subject is None and value != _PERSON else subject
        for value in attributes.get(SUBJECT_CONTEXT, ())
        for subject in _read((value,), _SUBJECTS, is_a)
    }
    if any(len(said) > 1 or None in said for said in (assertions, times, subjects)):
        return untold
    time = next(iter(times), None)
    return CodeContext(
        assertion=next(iter(assertions), None),
        subject=next(iter(subjects), None),
        temporality=None if time == "either" else time,
    )


def _read(values: Iterable[str], table: tuple[tuple[str, str | None], ...], is_a: IsA) -> set[str | None]:
    return {next((word for ancestor, word in table if value == ancestor or is_a(value, ancestor)), None) for value in values}


def context_from_term(term: str) -> CodeContext:
    """Return what a fully specified name alone tells: that a situation has a context, which is not at hand."""
    return CodeContext(told=semantic_tag(term) not in ("situation", "context-dependent category"))
