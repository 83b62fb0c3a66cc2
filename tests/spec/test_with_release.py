"""The rows of the manual that need a release: inactive codes, expansions, what a code says of its own context."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from codesafety.authoring.testing import answer, bind_for_examples
from codesafety.errors import RuleError
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference
from codesafety.language.loader import load_texts
from codesafety.record import Coding, Entry, Submission
from codesafety.terminology.errors import NotSupported
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import Replacements, Status

HEAD = 'ruleset t { title "T" version 1.0.0 language 1 review none }\n'
RULE = 'rule r { action note for entry e when e in s say "{e}" }\n'
PREGNANT, TWIN, OLD, OTHER = "77386006", "65147003", "127374005", "60001007"
FROZEN = {"s.csv": f"system,code,term\nsct,{TWIN},Twin pregnancy\n".encode()}


class SmallRelease(FrozenTerminology):
    """A release of four concepts, one of which is inactive, that answers one expression."""

    name = "a small release"
    has_release = True

    def __init__(self, replaced: Replacements | None = None, expansions: Mapping[str, frozenset[str]] | None = None) -> None:
        super().__init__()
        self._replaced = replaced or Replacements()
        self._expansions = expansions or {}

    def expand(self, ecl: str) -> frozenset[str]:
        found = self._expansions.get(ecl.strip())
        if found is None:
            raise NotSupported("this release does not hold it")
        return found

    def status(self, code: str) -> Status:
        if code == OLD:
            return Status.INACTIVE
        return Status.ACTIVE if code in (PREGNANT, TWIN, OTHER) else Status.UNKNOWN

    def replacements(self, code: str) -> Replacements:
        return self._replaced if code == OLD else Replacements()


def told(valueset: str, code: str, release: FrozenTerminology) -> tuple[str, frozenset[str]]:
    loaded = load_texts({"t.rules": HEAD + valueset + RULE}, FROZEN)
    binding = bind_for_examples(loaded.rulesets, release)
    submission = Submission(entries=(Entry(path="entry[0]", codings=(Coding(system="sct", code=code),)),))
    return answer(run_reference(binding, Facts(submission, None, binding.codebook)), "t/r")


def test_an_inactive_code_stands_for_its_replacement() -> None:
    release = SmallRelease(Replacements(same=(PREGNANT,)))
    assert told(f'valueset s "S" {{ codes {PREGNANT} }}', OLD, release) == ("fires", frozenset())
    assert told(f'valueset s "S" {{ codes {OTHER} }}', OLD, release) == ("clear", frozenset())


def test_an_inactive_code_with_two_possible_replacements_is_told_only_where_they_agree() -> None:
    release = SmallRelease(Replacements(possible=(PREGNANT, TWIN)))
    assert told(f'valueset s "S" {{ codes {PREGNANT}, {TWIN} }}', OLD, release) == ("fires", frozenset())
    assert told(f'valueset s "S" {{ codes {PREGNANT} }}', OLD, release) == ("cannot tell", frozenset({"e.code"}))
    assert told(f'valueset s "S" {{ codes {OTHER} }}', OLD, release) == ("clear", frozenset())


def test_with_a_release_the_base_is_its_expansion() -> None:
    release = SmallRelease(expansions={"<< 77386006": frozenset({PREGNANT})})
    written = 'valueset s "S" { ecl { << 77386006 } frozen "s.csv" }'
    assert told(written, PREGNANT, release)[0] == "fires"
    assert told(written, TWIN, release)[0] == "clear"
    loaded = load_texts({"t.rules": HEAD + written + RULE}, FROZEN)
    (drift,) = bind_for_examples(loaded.rulesets, release).drift
    assert (drift.gained, drift.lost) == ((PREGNANT,), (TWIN,))


def test_with_a_release_a_set_without_ecl_is_its_frozen_file() -> None:
    assert told('valueset s "S" { frozen "s.csv" }', TWIN, SmallRelease())[0] == "fires"


def test_without_a_release_a_set_of_ecl_alone_does_not_load() -> None:
    with pytest.raises(RuleError, match="CS301"):
        told('valueset s "S" { ecl { << 77386006 } }', TWIN, FrozenTerminology())


def test_a_release_that_cannot_answer_is_refused() -> None:
    with pytest.raises(RuleError, match="the frozen list is not used in its place"):
        told('valueset s "S" { ecl { << 77386006 } frozen "s.csv" }', TWIN, SmallRelease())


def test_an_empty_set_does_not_load() -> None:
    with pytest.raises(RuleError, match="CS303"):
        told('valueset s "S" { ecl { << 77386006 } }', TWIN, SmallRelease(expansions={"<< 77386006": frozenset()}))
    with pytest.raises(RuleError, match="CS212"):
        told(f'valueset s "S" {{ codes {TWIN} except {TWIN} }}', TWIN, FrozenTerminology())


def test_a_code_that_the_release_does_not_hold_is_not_outside_a_set() -> None:
    assert told(f'valueset s "S" {{ codes {PREGNANT} }}', "105592009", SmallRelease()) == ("cannot tell", frozenset({"e.code"}))
