"""Published scenarios on a site's own engine: each has a hazard, and what the report should come to at least or at most."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from codesafety import builtin, language
from codesafety.authoring.testing import Given, build
from codesafety.engine import Engine
from codesafety.errors import InputError, RuleError
from codesafety.paths import refuse_endless
from codesafety.profile import Profile
from codesafety.report import RANK, Decision, Report, strictest

FILE: Final = "scenarios.toml"
_EXPECT: Final = re.compile(r"at (least|most) (none|note|review|hold)")
_PARTS: Final = ("id", "hazard", "title", "given", "expect")
_AS_EXAMPLES: Final = 'ruleset scenarios {{ title "S" version 1.0.0 language 2 }}\nrule s {{ action note for message say "x"\nexample "s" {{\n{}\nexpect clear }} }}'


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation. `at_least`: something is wrong in it; else nothing is, and `level` is the most that may be found."""

    id: str
    hazard: str
    title: str
    at_least: bool
    level: Decision
    given: Given


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine found in a scenario: the strictest action of a finding, and whether that is as it should be."""

    scenario: Scenario
    found: Decision
    rules: tuple[str, ...]

    @property
    def as_it_should(self) -> bool:
        found, wanted = RANK[self.found], RANK[self.scenario.level]
        return found >= wanted if self.scenario.at_least else found <= wanted


@dataclass(frozen=True, slots=True)
class Score:
    """How many scenarios of one hazard were answered as they should: those with an error, and those without one."""

    hazard: str
    caught: int
    wrong: int
    quiet: int
    right: int


def shipped() -> Path:
    """Return the file of the scenarios that come with the library."""
    return builtin.folder() / FILE


def read(path: Path) -> tuple[Scenario, ...]:
    """Return the scenarios of a file. Raises InputError, with the file and the scenario, for what is not as it should be."""
    refuse_endless(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path.name} is no TOML file that can be read", help="`[[scenario]]` begins each") from error
    listed = content.get("scenario")
    if not isinstance(listed, list) or not listed:
        raise InputError(f"{path.name} holds no scenario", help="`[[scenario]]` begins each")
    made = tuple(_scenario(one, path.name, number) for number, one in enumerate(listed, 1))
    twice = sorted({one.id for one in made if sum(other.id == one.id for other in made) > 1})
    if twice:
        raise InputError(f"{path.name}: two scenarios are called `{twice[0]}`", help="give each an id of its own")
    return made


def _scenario(one: Any, file: str, number: int) -> Scenario:
    called = f"{file}: scenario {number}"
    if not isinstance(one, Mapping) or not all(isinstance(one.get(part), str) for part in _PARTS) or set(one) != set(_PARTS):
        raise InputError(f"{called} is not {', '.join(_PARTS)}, each a text", help=f"see {FILE} of the shipped rulesets")
    wanted = _EXPECT.fullmatch(one["expect"])
    if wanted is None:
        raise InputError(f"{called}: `expect` is no expectation", help='write "at least review" or "at most note"')
    try:
        loaded = language.load_texts({file: _AS_EXAMPLES.format(one["given"])})
    except RuleError as error:
        raise InputError(f"{called} (`{one['id']}`): {error.diagnostics[0].message}", help=error.diagnostics[0].help) from error
    level: Any = wanted[2]
    given = build(loaded.rulesets[0].rules[0].examples[0])
    return Scenario(one["id"], one["hazard"], one["title"], wanted[1] == "least", level, given)


def answers(engine: Engine, scenarios: Iterable[Scenario], profile: Profile | None = None) -> Iterator[Answer]:
    """Yield what an engine, with a practice's profile, finds in each scenario."""
    for scenario in scenarios:
        report = engine.assess(scenario.given.submission, scenario.given.record, profile=profile)
        found = [result for result in report.results if result.outcome == "fires" and result.overridden is None]
        yield Answer(scenario, _level(report), tuple(sorted({result.rule for result in found})))


def _level(report: Report) -> Decision:
    """Return the strictest action of a finding; what could not be told is none, and what was not checked is the decision."""
    if report.not_checked:
        return report.decision
    return strictest(*(result.action for result in report.results if result.outcome == "fires" and result.overridden is None))


def scores(found: Sequence[Answer]) -> Iterator[Score]:
    """Yield the score of each hazard that a scenario names, in the order of their ids."""
    for hazard in sorted({answer.scenario.hazard for answer in found}):
        wrong = [a.as_it_should for a in found if a.scenario.hazard == hazard and a.scenario.at_least]
        right = [a.as_it_should for a in found if a.scenario.hazard == hazard and not a.scenario.at_least]
        yield Score(hazard, sum(wrong), len(wrong), sum(right), len(right))
