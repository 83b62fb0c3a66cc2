"""The mutants are faults: each is other code than what it was made of, and Python."""

from __future__ import annotations

import ast

import pytest
from tests.mutants.mutants import EQUIVALENT, ROOMS, files_of, mutants_of
from tests.places import ROOT


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_mutant_is_python_and_other_than_the_code(room: str) -> None:
    found = {path: list(mutants_of(path)) for path in files_of(room)}
    assert sum(map(len, found.values())) > 100
    for path, mutants in found.items():
        code = ast.dump(ast.parse(path.read_text(encoding="utf-8")))
        assert code not in [ast.dump(ast.parse(mutant.text)) for mutant in mutants[::25]]


def test_what_is_named_as_equivalent_is_still_there_and_has_a_reason() -> None:
    lines = [line for line in EQUIVALENT.read_text(encoding="utf-8").splitlines() if line]
    names = {m.name for path in {line.split(" ")[0] for line in lines} for m in mutants_of(ROOT / path)}
    assert [line for line in lines if " ## " not in line or line.split(" ## ")[0] not in names] == []
