"""What is public, and what it costs to import."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading

import pytest
from tests.places import EXAMPLES, ROOT

import codesafety
from codesafety.schemas import MODELS, schema_text

SCHEMAS = ROOT / "docs" / "reference" / "schemas"


def test_the_public_names_are_these_and_no_others() -> None:
    assert sorted(codesafety.__all__) == [
        "BundleError",
        "CodesafetyError",
        "Coding",
        "ConfigurationError",
        "Declined",
        "Engine",
        "Entry",
        "Follower",
        "InputError",
        "LogError",
        "Medication",
        "Message",
        "Override",
        "Patient",
        "PluginError",
        "Profile",
        "Quantity",
        "Record",
        "Report",
        "RuleChange",
        "RuleError",
        "Submission",
        "Value",
        "__version__",
        "hookimpl",
        "load",
    ]
    for name in codesafety.__all__:
        assert getattr(codesafety, name) is not None


def test_importing_the_package_imports_no_parser_and_no_extra() -> None:
    code = "import sys, codesafety; print([m for m in ('lark', 'pydantic', 'typer', 'rich', 'polars', 'pyarrow') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_checking_a_message_imports_no_extra() -> None:
    code = (
        "import sys, codesafety; e = codesafety.load(); e.assess(codesafety.Submission());"
        "print([m for m in ('typer', 'rich', 'polars', 'pyarrow') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_published_schema_is_the_models_own(name: str) -> None:
    assert (SCHEMAS / f"{name}.json").read_text(encoding="utf-8") == schema_text(name), (
        "run: codesafety schema NAME > docs/reference/schemas/NAME.json"
    )


def test_an_engine_answers_the_same_from_many_threads() -> None:
    engine = codesafety.load()
    submission = engine.read(EXAMPLES / "pregnancy-status-update.xml")
    expected = engine.assess(submission).model_dump_json()
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(engine.assess(submission).model_dump_json() for _ in range(5)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 40


def test_a_report_validates_against_its_schema() -> None:
    import jsonschema

    engine = codesafety.load()
    submission = engine.read(EXAMPLES / "pregnancy-status-update.xml")
    jsonschema.validate(json.loads(engine.assess(submission).model_dump_json()), json.loads(schema_text("report")))


def test_errors_and_reprs_hide_the_patient() -> None:
    patient = codesafety.Patient(nhs_number="9990000018", born="1980-02-03", sex_at_birth="female")
    assert repr(patient) == "<Patient>"
    assert "1980" not in f"{codesafety.Submission(patient=patient)!r}{[patient]}{patient}"
    with pytest.raises(codesafety.InputError) as caught:
        codesafety.Patient(nhs_number=["9990000018"], born="1980-02-31")  # type: ignore[arg-type]
    assert "9990000018" not in str(caught.value)
    assert "1980" not in str(caught.value)


API = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")


def test_the_page_names_all_that_is_public_before_anything_is_built_of_it() -> None:
    table = API[: API.index("```{eval-rst}")]
    assert [name for name in codesafety.__all__ if f"`{name}" not in table and f".{name}" not in table] == []


def test_what_the_page_shows_can_be_run() -> None:
    (shown,) = re.findall(r"```python\n(.+?)```", API, re.DOTALL)
    made: dict[str, object] = {}
    exec(shown, made)
    assert isinstance(made["held"], codesafety.Record)
    assert len(made["held"].entries) == 3
