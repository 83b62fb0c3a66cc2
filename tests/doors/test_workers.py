"""An engine in worker processes: forked, spawned, and handed over; errors pass between them too."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from tests.places import EXAMPLES, ROOT
from tests.plugins import made

import codesafety
from codesafety import ConfigurationError, InputError, PluginError, RuleError
from codesafety.diagnostics import Diagnostic, Span
from codesafety.terminology.errors import TerminologyError

MESSAGE = EXAMPLES / "pregnancy-status-update.xml"
_ENGINE: list[codesafety.Engine] = []


def _begin(engine: codesafety.Engine) -> None:
    _ENGINE.append(engine)


def _report(path: Path) -> str:
    return _ENGINE[0].assess(_ENGINE[0].read(path)).model_dump_json()


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_worker_processes_answer_as_the_first_does(how: str) -> None:
    if how not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {how}")
    engine = codesafety.load("uk.pregnancy", "uk.integrity", limits={"uk.pregnancy/after_birth": "5 weeks"}, never=["release"])
    expected = engine.assess(engine.read(MESSAGE)).model_dump_json()
    context = multiprocessing.get_context(how)
    with ProcessPoolExecutor(2, mp_context=context, initializer=_begin, initargs=(engine,)) as pool:
        assert list(pool.map(_report, [MESSAGE] * 4)) == [expected] * 4


def test_an_engine_with_a_plugin_that_is_a_module_is_handed_over() -> None:
    from tests.plugins.supplier.src import supplier_example

    engine = codesafety.load("uk.pregnancy", plugins=[supplier_example], installed_plugins=False)
    again = pickle.loads(pickle.dumps(engine))
    assert again.plugins == engine.plugins
    assert again.standing.engine == engine.standing.engine


def test_what_has_changed_since_it_was_handed_over_is_refused(tmp_path: Path) -> None:
    rules = tmp_path / "small.rules"
    shutil.copy(Path(made.__file__).parent / "small.rules", rules)
    passed = pickle.dumps(codesafety.load(rules, installed_plugins=False))
    rules.write_text(rules.read_text(encoding="utf-8").replace(" 1.0.0", " 1.0.1"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="have changed since the engine was handed over"):
        pickle.loads(passed)


def test_a_copy_is_the_engine_itself() -> None:
    engine = codesafety.load("uk.blood_pressure", installed_plugins=False)
    assert copy.copy(engine) is engine
    assert copy.deepcopy([engine])[0] is engine


@pytest.mark.parametrize(
    "error",
    [
        InputError("a", source="b", path="c", help="d"),
        PluginError("a", "b", ValueError("c")),
        RuleError([Diagnostic("CS120", "a", Span("b", 0, 0), "c")], {"b": "text"}),
        ConfigurationError("a"),
        TerminologyError("a"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_passes_between_processes_as_it_is(error: codesafety.CodesafetyError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert repr(vars(again)) == repr(vars(error))


def test_threads_that_begin_together_answer_the_same() -> None:
    code = f"""
import codesafety, json, threading
engine = codesafety.load("uk.pregnancy", "uk.integrity")
begin, answers = threading.Barrier(8), []
def run():
    begin.wait()  # nobody has read, asked or written a function yet
    answers.append(engine.assess(engine.read({str(MESSAGE)!r})).model_dump_json())
threads = [threading.Thread(target=run) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(json.dumps([len(answers), len(set(answers))]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert json.loads(done.stdout or "null") == [8, 1], done.stderr
