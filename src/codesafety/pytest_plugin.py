"""For rule authors and suppliers: `pytest --rules` runs the examples of every `.rules` file as tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from codesafety import ir
    from codesafety.authoring.testing import ExampleResult
    from codesafety.evaluation.binding import Binding


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("codesafety")
    group.addoption("--rules", action="store_true", help="collect .rules files and run each example on both evaluators")
    group.addoption(
        "--rules-coverage", type=float, metavar="N", help="and one test a rule: at least N %% of its atoms decide alone"
    )
    group.addoption(
        "--rules-mutate", type=float, metavar="N", help="and one test a rule: its examples notice N %% of the mutants"
    )


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Collect a rule file; the other files of its folder are read with it, for a folder is one ruleset."""
    if file_path.suffix != ".rules" or not parent.config.getoption("--rules"):
        return None
    made: pytest.Collector = RuleFile.from_parent(parent, path=file_path)
    return made


class RuleFile(pytest.File):
    """A `.rules` file: one test an example."""

    def collect(self) -> Iterator[pytest.Item]:
        from codesafety.authoring.testing import bind_for_examples, run_examples
        from codesafety.engine import frozen_terminology, load
        from codesafety.errors import CodesafetyError

        try:
            engine = load(self.path.parent)
        except CodesafetyError as error:
            raise self.CollectError(str(error)) from None
        mine = [r for r in engine.rules if Path(r.span.file).name == self.path.name]
        binding = bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets), predicates=engine.binding.predicates)
        for result in run_examples(binding, rules=mine):
            name = f"{result.rule}: {result.example.name}"
            yield ExampleTest.from_parent(self, name=name, result=result)
        yield from self._measures(binding, mine)

    def _measures(self, binding: Binding, mine: Sequence[ir.Rule]) -> Iterator[pytest.Item]:
        from codesafety.authoring.coverage import coverages
        from codesafety.authoring.mutating import mutate
        from codesafety.authoring.testing import Texts

        texts = Texts()
        of_atoms, of_mutants = (self.config.getoption(name) for name in ("--rules-coverage", "--rules-mutate"))
        for one in () if of_atoms is None else coverages(binding, mine, texts):
            lacking = [atom.words for atom in one.atoms if not atom.decides]
            yield Measure.from_parent(
                self,
                name=f"{one.rule}: coverage",
                score=one.score,
                least=of_atoms,
                what="atoms that decide alone",
                lacking=lacking,
            )
        for each in () if of_mutants is None else mutate(binding, mine, texts):
            lacking = [survivor.mutant.words for survivor in each.survivors]
            yield Measure.from_parent(
                self, name=f"{each.name}: mutants", score=each.score, least=of_mutants, what="mutants noticed", lacking=lacking
            )  # fmt: skip


class Measure(pytest.Item):
    """How much of a rule its examples show."""

    def __init__(self, *, score: float, least: float, what: str, lacking: Sequence[str], **more: Any) -> None:
        super().__init__(**more)
        self.score, self.least, self.what, self.lacking = score, least, what, lacking

    def runtest(self) -> None:
        from codesafety.authoring.coverage import per_cent

        if self.score < self.least:
            raise Below("\n".join([f"{per_cent(self.score)} {self.what}, below {self.least:g} %", *self.lacking]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, Below) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


class Below(Exception):
    """A rule of which its examples show less than was asked."""


class ExampleTest(pytest.Item):
    """One example."""

    def __init__(self, *, result: ExampleResult, **more: Any) -> None:
        super().__init__(**more)
        self.result = result

    def runtest(self) -> None:
        if not self.result.passed:
            raise ExampleFailed(self.result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ExampleFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        from codesafety.authoring.testing import Texts

        line = Texts().line(self.result.example)
        return self.path, None if line is None else line - 1, self.name


class ExampleFailed(Exception):
    """An example that was not answered as it expects."""

    def __init__(self, result: ExampleResult) -> None:
        from codesafety.authoring.testing import Texts, failure

        super().__init__("\n".join(failure(result, Texts())))
