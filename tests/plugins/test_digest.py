"""The engine's digest: the same for the same configuration in every process, another for each thing that answers depend on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT
from tests.plugins.made import LOCAL, NOT_PREGNANT, PREGNANT, install, load, plugin, predicate, rule, run
from tests.plugins.test_readers import reader

from codesafety.plugins import CodeMap, Kind


def true(entry: object) -> bool:
    return True


def false(entry: object) -> bool:
    return False


def hooks(**changed: Any) -> dict[str, Any]:
    return {
        "predicates": [predicate(true)],
        "code_maps": [CodeMap("local", LOCAL, {"A": PREGNANT, "B": NOT_PREGNANT})],
        "readers": [reader()],
        **changed,
    }


def digest(folder: Path, name: str = "made", given: dict[str, Any] | None = None, **load_with: Any) -> str:
    engine = load(rule(folder, "made/asked(e)"), plugins=[plugin(name, **(given or hooks()))], **load_with)
    return engine.standing.engine.digest


CHANGES: dict[str, dict[str, Any]] = {
    "never": {"never": ["record"]},
    "another whole input that never comes": {"never": ["release"]},
    "the plugin's name": {"name": "other"},
    "a target": {"given": hooks(code_maps=[CodeMap("local", LOCAL, {"A": PREGNANT, "B": PREGNANT})])},
    "a code": {"given": hooks(code_maps=[CodeMap("local", LOCAL, {"A": PREGNANT, "C": NOT_PREGNANT})])},
    "one code fewer": {"given": hooks(code_maps=[CodeMap("local", LOCAL, {"A": PREGNANT})])},
    "a map's system": {"given": hooks(code_maps=[CodeMap("local", "https://other.example", {"A": PREGNANT, "B": NOT_PREGNANT})])},
    "a map's name": {"given": hooks(code_maps=[CodeMap("other", LOCAL, {"A": PREGNANT, "B": NOT_PREGNANT})])},
    "no map": {"given": hooks(code_maps=[])},
    "a predicate's function": {"given": hooks(predicates=[predicate(false)])},
    "a predicate's fields": {"given": hooks(predicates=[predicate(true, fields=("date", "value"))])},
    "a predicate's kinds": {"given": hooks(predicates=[predicate(true, kinds=(Kind.MENTION,))])},
    "another predicate": {"given": hooks(predicates=[predicate(true), predicate(true, "made/more")])},
    "a reader's name": {"given": hooks(readers=[reader(name="other")])},
    "another reader": {"given": hooks(readers=[reader(), reader(name="other")])},
    "the order of readers": {"given": hooks(readers=[reader(name="other"), reader()])},
}


def test_each_thing_that_answers_depend_on_changes_it(tmp_path: Path) -> None:
    found = {what: digest(tmp_path, **changed) for what, changed in CHANGES.items()}
    found["nothing"] = digest(tmp_path)
    (tmp_path / "hazards.toml").write_text((ROOT / "rulesets" / "hazards.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert digest(tmp_path) == found["nothing"], "a log with the hazards of no rule"
    assert len(set(found.values())) == len(found)


def test_a_rule_a_limit_and_a_severity_change_it(tmp_path: Path) -> None:
    (tmp_path / "made.rules").write_text(
        'ruleset made { title "Made" version 1.0.0 language 1 review none }\n'
        f'valueset watched "Watched" {{ codes {PREGNANT} }}\n'
        'limit long "Long" { default 2 weeks from 1 week to 3 weeks }\n'
        'rule r { action note hazard H-01 for entry e in watched with entry x in watched when e is within long of x say "{e}" }\n',
        encoding="utf-8",
    )
    plain = load(tmp_path, plugins=[]).standing.engine.digest
    assert load(tmp_path, plugins=[], limits={"made/long": "2 weeks"}).standing.engine.digest == plain
    assert load(tmp_path, plugins=[], limits={"made/long": "3 weeks"}).standing.engine.digest != plain
    log = (ROOT / "rulesets" / "hazards.toml").read_text(encoding="utf-8")
    (tmp_path / "hazards.toml").write_text(log, encoding="utf-8")
    assert load(tmp_path, plugins=[]).standing.engine.digest == plain
    (tmp_path / "hazards.toml").write_text(log.replace('"considerable"', '"major"'), encoding="utf-8")
    assert load(tmp_path, plugins=[]).standing.engine.digest != plain


def test_the_evaluator_changes_no_answer_and_no_digest(tmp_path: Path) -> None:
    assert digest(tmp_path, evaluator="reference") == digest(tmp_path, evaluator="compiled")


def test_the_order_in_which_a_map_is_written_changes_nothing(tmp_path: Path) -> None:
    turned = hooks(code_maps=[CodeMap("local", LOCAL, {"B": NOT_PREGNANT, "A": PREGNANT})])
    assert digest(tmp_path, given=turned) == digest(tmp_path)


def test_the_order_in_which_never_is_given_changes_nothing(tmp_path: Path) -> None:
    assert digest(tmp_path, never=["record", "release"]) == digest(tmp_path, never=["release", "record"])


CHILD = """
import sys
from tests.plugins.test_digest import digest
from pathlib import Path
print(digest(Path(sys.argv[1]), never=["release", "record"]))
"""


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_it_is_the_same_in_every_process(seed: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
    )
    assert done.stdout.strip() == digest(tmp_path, never=["record", "release"]), done.stderr


def test_the_version_of_an_installed_plugin_changes_it(tmp_path: Path) -> None:
    text = "from codesafety.plugins import hookimpl\n@hookimpl\ndef codesafety_code_maps():\n    return []\n"

    def installed(version: str) -> str:
        install(tmp_path, text, version=version)
        return run(tmp_path, "-c", "import codesafety; print(codesafety.load('uk.codes').standing.engine.digest)").stdout

    assert "" != installed("1.0") == installed("1.0") != installed("1.1") != ""
