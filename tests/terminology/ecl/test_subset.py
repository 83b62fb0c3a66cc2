"""A subset pack answers as the whole release does, or refuses; never less."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.terminology.ecl import test_expand as whole_release
from tests.terminology.ecl.release import write_rf2
from tests.terminology.ecl.test_against_reference import CODES, ontologies, questions

from codesafety.terminology.building.whole import build
from codesafety.terminology.ecl import canonical, expand
from codesafety.terminology.ecl import syntax as s
from codesafety.terminology.errors import EclError, OutsideSubset
from codesafety.terminology.pack.store import Store

FINDING, DISEASE, FLU, PNEUMONIA, LUNG, SITE, DUE_TO = (
    whole_release.FINDING,
    whole_release.DISEASE,
    whole_release.FLU,
    whole_release.PNEUMONIA,
    whole_release.LUNG,
    whole_release.SITE,
    whole_release.DUE_TO,
)


MIDDLE_LOBE = "72481006"
RELEASE = {
    **whole_release.RELEASE,  # with a lobe that no disease is in
    "concepts": [*whole_release.RELEASE["concepts"], {"id": MIDDLE_LOBE}],
    "relationships": [*whole_release.RELEASE["relationships"], *whole_release.is_a(MIDDLE_LOBE, LUNG)],
    "refset_members": [
        *whole_release.RELEASE["refset_members"],
        {"refset": whole_release.SIMPLE, "referencedComponentId": MIDDLE_LOBE},
    ],
}


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Store]:
    folder = tmp_path_factory.mktemp("subset")
    source = write_rf2(RELEASE, folder / "rf2")
    build([source], folder / "whole.pack", allow_incomplete=True)
    whole = Store(folder / "whole.pack")
    build([source], folder / "part.pack", allow_incomplete=True, subset=[f"<< {DISEASE}"])
    return whole, Store(folder / "part.pack")


@pytest.mark.parametrize(
    "ecl",
    [
        f"<< {DISEASE}",
        f"<! {DISEASE}",
        f">> {FLU}",
        f"{LUNG}",
        f"<< {DISEASE} : {SITE} = {LUNG}",
        f"<< {DISEASE} : {SITE} = *",
        f"<< {DISEASE} : << {SITE} = {FLU}",
        f"<< {DISEASE} : < {SITE} = *",
        f"<< {DISEASE} : R {DUE_TO} = << {DISEASE}",
        f"<< {DISEASE} : {{ * = {LUNG} }}",
        f"<< {DISEASE} . {SITE}",
        f"!!> (<< {DISEASE} OR {LUNG})",
        f"!!< (>> {FLU})",
        f"<< {DISEASE} {{{{ + HISTORY }}}}",
        f"{PNEUMONIA} {{{{ + HISTORY-MIN }}}}",
        f"^R {FLU}",
        f"<< {DISEASE} {{{{ C definitionStatus = defined }}}}",
        f'<< {DISEASE} {{{{ term = "influenza" }}}}',
    ],
)
def test_within_the_subset_the_answer_is_that_of_the_release(packs: tuple[Store, Store], ecl: str) -> None:
    whole, part = packs
    assert part.n_concepts < whole.n_concepts
    assert expand(part, ecl).code_set() == expand(whole, ecl).code_set() != frozenset()


@pytest.mark.parametrize(
    "ecl",
    [
        "*",
        f"<< {LUNG}",
        f"<! {LUNG}",
        f"<< {DISEASE} : {SITE} = << {LUNG}",
        f"{LUNG} : R {SITE} = *",
        f"{FLU} : R {DUE_TO} != {FLU}",
        MIDDLE_LOBE,
        f"* : {SITE} = {MIDDLE_LOBE}",
        "^ *",
        f"^ {whole_release.SIMPLE}",
        f"^ {whole_release.MAP}",
        "^R *",
        f"<< {DISEASE} MINUS << {LUNG}",
        "< *",
        f"({FLU} MINUS {FLU}) : {SITE} = << {LUNG}",
    ],
)
def test_outside_the_subset_it_refuses(packs: tuple[Store, Store], ecl: str) -> None:
    with pytest.raises(OutsideSubset):
        expand(packs[1], ecl)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(ontologies(), questions(20, 20), st.sampled_from(CODES))
@settings(
    max_examples=int(os.environ.get("CODESAFETY_ECL_EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
def test_any_answer_of_a_subset_is_that_of_the_release(ontology: dict[str, Any], asked: list[s.Expression], seed: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = write_rf2(ontology, folder / "rf2")
        build([source], folder / "whole.pack", allow_incomplete=True)
        build([source], folder / "part.pack", allow_incomplete=True, subset=[f"<< {seed}"])
        whole, part = Store(folder / "whole.pack"), Store(folder / "part.pack")
        for expression in asked:
            for unknown_as_empty in (False, True):
                try:
                    got = set(expand(part, expression, unknown_as_empty=unknown_as_empty).codes())
                except EclError:
                    continue
                assert got == set(expand(whole, expression).codes()), canonical(expression)
