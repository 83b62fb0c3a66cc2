"""The playground as somebody uses it, in a headless browser: by mouse, by keyboard, and as axe sees it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT
from tests.playground.served import served

api = pytest.importorskip("playwright.sync_api", reason="there is no playwright to drive a browser with: pip install playwright")
pytest.importorskip("uvicorn", reason="the playground is an extra: pip install 'codesafety[playground]'")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if BROWSER is None:
    pytest.skip("there is no Chromium on this machine", allow_module_level=True)
MODULES = Path(os.environ.get("CODESAFETY_NODE_MODULES", ROOT / "editors" / "vscode" / "node_modules"))
"""Where npm has put axe-core, which is not committed."""
NAME = "pregnant-patient-recorded-male"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Any, port: int) -> Iterator[Any]:
    """A page that has had its first answer. It has asked nobody but its own server, and complained of nothing, when it is closed."""
    made = browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    made.on("request", lambda request: asked.append(request.url))
    made.on("console", lambda message: complaints.append(message.text))
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.goto(f"http://127.0.0.1:{port}/")
    made.wait_for_selector(".rule.fires")
    yield made
    made.close()
    assert {url for url in asked if not url.startswith((f"http://127.0.0.1:{port}/", "data:", "blob:"))} == set()
    assert complaints == []


def summary(page: Any, text: str) -> None:
    api.expect(page.locator("#summary")).to_have_text(text)


def test_the_first_rule_is_tried_on_its_first_patient(page: Any) -> None:
    summary(page, f"{NAME}: fires")
    api.expect(page.locator("#state")).to_have_text("Nothing is wrong.")
    api.expect(page.locator(".verdict")).to_have_text("fires (review)")


def test_the_answer_changes_with_the_patient(page: Any) -> None:
    page.get_by_label("Gender").select_option("female")
    summary(page, f"{NAME}: clear")
    page.get_by_label("Gender").select_option("")
    summary(page, f"{NAME}: cannot tell")
    page.get_by_label("Code, entry 1").fill("38341003")
    summary(page, f"{NAME}: not asked")
    page.get_by_role("button", name="Remove entry 1").click()
    api.expect(page.get_by_role("button", name="Add an entry")).to_be_focused()


def test_an_entry_and_a_medicine_are_added(page: Any) -> None:
    page.get_by_role("button", name="Remove entry 1").click()
    summary(page, f"{NAME}: not asked")
    page.get_by_role("button", name="Add an entry").click()
    page.get_by_label("Code, entry 1").fill("77386006")
    page.get_by_label("Date, entry 1").fill("2025-06-01")
    summary(page, f"{NAME}: fires")
    page.get_by_role("button", name="Add a medicine").click()
    page.get_by_label("Code, medicine 1").fill("322236009")
    page.get_by_label("Where, medicine 1").select_option("record")
    held = json.loads(page.locator("#json").input_value())
    assert held["record"]["medications"] == [
        {"products": [{"system": "sct", "code": "322236009"}], "path": "record.medication[0]"}
    ]
    summary(page, f"{NAME}: fires")


def test_the_patient_of_an_example_is_taken(page: Any) -> None:
    page.get_by_label("Take the patient of an example").select_option(f"{NAME}: not recorded")
    summary(page, f"{NAME}: cannot tell")
    api.expect(page.get_by_label("Gender")).to_have_value("")


def test_a_mistake_is_underlined_and_the_way_leads_to_it(page: Any) -> None:
    rules = page.get_by_role("textbox", name="Rules", exact=True)
    rules.fill(rules.input_value().replace("patient.gender is", "patient.gendr is"))
    api.expect(page.locator("mark.error")).to_have_text("patient.gendr")
    api.expect(page.locator("#state")).to_have_text("1 error.")
    summary(page, f"{NAME}: not checked")
    page.get_by_role("button", name="Line 14, error CS201").click()
    api.expect(rules).to_be_focused()
    page.keyboard.type("patient.gender")
    api.expect(page.locator("#state")).to_have_text("Nothing is wrong.")
    summary(page, f"{NAME}: fires")


def test_what_is_underlined_lies_beneath_its_words(page: Any) -> None:
    rules = page.get_by_role("textbox", name="Rules", exact=True)
    rules.fill(rules.input_value().replace("expect cannot tell: patient.gender", "expect cannot tell: patient.gendr"))
    page.wait_for_selector("mark.error")
    page.evaluate("() => { const r = document.getElementById('rules'); r.scrollTop = r.scrollHeight; r.scrollLeft = 60; }")
    page.wait_for_function("() => document.getElementById('behind').scrollTop === document.getElementById('rules').scrollTop")
    assert page.evaluate("() => document.getElementById('behind').scrollLeft === document.getElementById('rules').scrollLeft")


def test_a_patient_that_is_no_json_is_told(page: Any) -> None:
    page.get_by_text("As JSON").click()
    page.get_by_label("The patient as the library reads one").fill("{")
    summary(page, "Not checked: the patient cannot be read.")
    api.expect(page.locator("#patient-problem")).to_contain_text("patient: is not well-formed JSON: line 1, column 2")
    api.expect(page.locator(".rule")).to_have_count(0)


def test_the_picture_changes_with_the_rule(page: Any) -> None:
    picture = page.get_by_role("group", name=f"For whom {NAME} fires")
    api.expect(picture.get_by_role("listitem")).to_contain_text(["male: fires throughout"])
    api.expect(picture.get_by_role("img")).to_have_js_property("complete", True)
    assert picture.get_by_role("img").evaluate("one => one.naturalWidth") > 0
    rules = page.get_by_role("textbox", name="Rules", exact=True)
    rules.fill(rules.input_value().replace("is male", "is male and age at e >= 12 years"))
    api.expect(picture.get_by_role("listitem")).to_contain_text(["male: clear until 12; fires from 12 (drawn: 0 to 23 years)"])
    rules.fill(rules.input_value().replace("is male and age at e >= 12 years", "is male and e is incoming and"))
    summary(page, f"{NAME}: not checked")
    api.expect(picture).to_have_count(0)


def test_it_is_shared_as_a_file(page: Any, tmp_path: Path) -> None:
    page.get_by_label("Gender").select_option("female")
    summary(page, f"{NAME}: clear")
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download").click()
    file = tmp_path / "playground.json"
    begun.value.save_as(file)
    assert sorted(json.loads(file.read_text("utf-8"))) == ["codesafety_playground", "patient", "rules"]
    page.reload()
    summary(page, f"{NAME}: fires")
    page.set_input_files("#open", file)
    summary(page, f"{NAME}: clear")
    api.expect(page.get_by_label("Gender")).to_have_value("female")


def test_a_file_of_another_kind_is_refused(page: Any, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    page.set_input_files("#open", tmp_path / "other.json")
    api.expect(page.locator("#state")).to_have_text("This file is none that a playground wrote.")


def test_all_of_it_is_reached_by_keyboard(page: Any) -> None:
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => { const e = document.activeElement; return e.getAttribute('aria-label') || e.id || e.textContent.trim(); }"
            )
        )
        if reached[-1] == "As JSON":
            break
    assert reached == [
        "download", "open", "rules", "Why, clause by clause", "For whom it fires", "patients", "gender", "born", "held",
        "Code, entry 1", "System, entry 1", "Date, entry 1", "Stated as, entry 1", "Time, entry 1", "Of whom, entry 1",
        "Where, entry 1", "Remove entry 1", "add-entry", "add-medication", "As JSON",
    ]  # fmt: skip
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    api.expect(page.locator("#json")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Any, scheme: str) -> None:
    script = MODULES / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip(f"there is no axe-core in {MODULES.name}: npm install in editors/vscode")
    page.emulate_media(color_scheme=scheme)
    page.get_by_text("Why, clause by clause").click()
    page.get_by_text("As JSON").click()
    rules = page.get_by_role("textbox", name="Rules", exact=True)
    for text, selector in (
        (rules.input_value(), ".rule.fires"),
        (rules.input_value().replace("hazard", "/* */"), "#problems .error"),
        (rules.input_value().replace("is male", "is female"), ".rule.clear"),
    ):
        rules.fill(text)
        page.wait_for_selector(selector)
        page.evaluate(script.read_text("utf-8"))
        found = page.evaluate("() => axe.run()")["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
