"""Hooks: what is no plugin, no hook or no answer to one refuses to load, with the plugin's name and without its words."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.plugins.made import PREGNANT, entry, install, load, plugin, predicate, run, sent

from codesafety import ConfigurationError, PluginError, Report
from codesafety.plugins import CodeMap, hookimpl

COLLECTED = ("codesafety_rulesets", "codesafety_readers", "codesafety_code_maps", "codesafety_predicates")


def leave() -> Any:
    sys.exit(0)


def fail() -> Any:
    raise ValueError("secret")


# ------------------------------------------------------------------------------------------------ hooks that return something


@pytest.mark.parametrize("hook", COLLECTED)
@pytest.mark.parametrize(
    ("function", "words"),
    [
        (fail, "ValueError"),
        (leave, "SystemExit"),
        (lambda: None, "it returned no list or tuple"),
        (lambda: "text", "it returned no list or tuple"),
        (lambda: {"a": 1}, "it returned no list or tuple"),
        (lambda: iter(()), "it returned no list or tuple"),
    ],
)
def test_a_hook_that_fails_or_returns_no_list_refuses_to_load(hook: str, function: Callable[[], object], words: str) -> None:
    with pytest.raises(PluginError) as caught:
        load(plugins=[plugin(**{hook.removeprefix("codesafety_"): function})])
    assert str(caught.value) == f"plugin `made` failed in `{hook}`: {words}"
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        ("codesafety_rulesets", "it returned something that is no Path"),
        ("codesafety_code_maps", "it returned something that is no CodeMap"),
        ("codesafety_predicates", "it returned something that is no BoundPredicate"),
        ("codesafety_readers", "a reader has no `name`"),
    ],
)
def test_a_hook_that_returns_something_else_refuses_to_load(hook: str, words: str) -> None:
    with pytest.raises(PluginError) as caught:
        load(plugins=[plugin(**{hook.removeprefix("codesafety_"): ["text"]})])
    assert str(caught.value) == f"plugin `made` failed in `{hook}`: {words}"


def test_a_folder_of_rulesets_that_is_not_there_refuses_to_load(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as caught:
        load(plugins=[plugin(rulesets=[tmp_path / "nothing"])])
    assert str(caught.value) == f"plugin `made` failed in `codesafety_rulesets`: there is no folder `{tmp_path / 'nothing'}`"


# ------------------------------------------------------------------------------------------------ what is a plugin


class Hooked:
    @hookimpl
    def codesafety_code_maps(self) -> list[CodeMap]:
        return []


class Unmarked(Hooked):
    def codesafety_predicates(self) -> list[object]:
        return []


class Misspelt:
    @hookimpl
    def codesafety_raeders(self) -> list[object]:
        return []


class Greedy:
    @hookimpl
    def codesafety_readers(self, engine: object) -> list[object]:
        return []


def test_a_hook_that_does_not_exist_refuses_to_load() -> None:
    with pytest.raises(PluginError, match="plugin `Misspelt` failed in `a hook`: there is no such hook"):
        load(plugins=[Misspelt()])


def test_a_hook_that_wants_what_it_is_not_given_refuses_to_load() -> None:
    with pytest.raises(PluginError, match="plugin `Greedy` failed in `a hook`: it has an argument that the hook is not given"):
        load(plugins=[Greedy()])


def test_a_hook_that_is_not_marked_refuses_to_load() -> None:
    with pytest.raises(
        PluginError, match=r"plugin `Unmarked` failed in `codesafety_predicates`: it is not marked with `codesafety\.hookimpl`"
    ):
        load(plugins=[Unmarked()])


@pytest.mark.parametrize(
    ("given", "name"), [("supplier_example", "str"), (SimpleNamespace(), "SimpleNamespace"), (None, "NoneType")]
)
def test_what_has_no_hooks_is_no_plugin(given: object, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the plugin `{name}` has no hooks"):
        load(plugins=[given])


def test_two_plugins_of_one_name_refuse_to_load() -> None:
    one, other = plugin("same", code_maps=[]), plugin("same", code_maps=[])
    with pytest.raises(ConfigurationError, match="two plugins are called `same`"):
        load(plugins=[one, other])
    with pytest.raises(ConfigurationError, match=r"two plugins are called `codesafety\.builtin`"):
        load(plugins=[plugin("codesafety.builtin", code_maps=[])])


def test_one_plugin_is_handed_over_once() -> None:
    one = Hooked()
    with pytest.raises(ConfigurationError, match="two plugins are called `Hooked`"):
        load(plugins=[one, one])


def test_a_name_is_a_text() -> None:
    with pytest.raises(ConfigurationError, match=r"the NAME of a plugin \(SimpleNamespace\) is no text"):
        load(plugins=[plugin(7, code_maps=[])])  # type: ignore[arg-type]


def test_a_plugin_without_a_name_is_called_as_its_class() -> None:
    assert load(plugins=[Hooked()]).plugins == ("codesafety.builtin", "Hooked")


# ------------------------------------------------------------------------------------------------ installed plugins


LOAD = "import codesafety; print(codesafety.load().plugins)"
EMPTY = "from codesafety.plugins import hookimpl\n@hookimpl\ndef codesafety_code_maps():\n    return []\n"


@pytest.mark.parametrize(("text", "kind"), [("import sys; sys.exit(0)", "SystemExit"), ("1 / 0", "ZeroDivisionError")])
def test_an_installed_plugin_that_cannot_be_imported_is_named(text: str, kind: str, tmp_path: Path) -> None:
    install(tmp_path, text)
    done = run(tmp_path, "-c", LOAD)
    assert done.returncode == 1
    assert f"PluginError: plugin `made` failed in `import`: {kind}" in done.stderr


def test_two_installed_plugins_of_one_name_refuse_to_load(tmp_path: Path) -> None:
    install(tmp_path, EMPTY, distribution="one")
    install(tmp_path, EMPTY, distribution="two")
    assert "ConfigurationError: two plugins are called `made`" in run(tmp_path, "-c", LOAD).stderr


def test_an_installed_plugin_is_not_handed_over_again(tmp_path: Path) -> None:
    install(tmp_path, EMPTY, name="installed")
    done = run(tmp_path, "-c", "import codesafety, made_plugin; codesafety.load(plugins=[made_plugin])")
    assert "ConfigurationError: the plugin `made_plugin` is loaded already, as `installed`" in done.stderr


# ------------------------------------------------------------------------------------------------ deliver


async def later(report: object) -> None:
    await asyncio.sleep(0)


def rows(report: object) -> Iterator[object]:
    yield report


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda report: leave(), "SystemExit"),
        (lambda report: fail(), "ValueError"),
        (rows, "it returned something in the place of delivering"),
        (lambda report: "sent", "it returned something in the place of delivering"),
    ],
)
def test_a_delivery_that_fails_is_named_and_the_others_are_made(function: Callable[..., object], kind: str) -> None:
    delivered: list[Report] = []

    def keep(report: Report) -> None:
        delivered.append(report)

    engine = load(plugins=[plugin("keeps", deliver=keep), plugin("fails", deliver=function), plugin("keeps too", deliver=keep)])
    submission = sent(entry(PREGNANT))
    report = engine.assess(submission)
    with pytest.raises(PluginError) as caught:
        engine.deliver(report, submission)
    assert str(caught.value) == f"plugin `fails` failed in `codesafety_deliver`: {kind}"
    assert delivered == [report, report]


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_delivery_that_nobody_would_wait_for_is_none() -> None:
    engine = load(plugins=[plugin("later", deliver=later)])
    submission = sent(entry(PREGNANT))
    with pytest.raises(
        PluginError, match="plugin `later` failed in `codesafety_deliver`: it returned something in the place of delivering"
    ):
        engine.deliver(engine.assess(submission), submission)


def test_plugins_that_are_whole_load_together() -> None:
    names = [plugin("one", predicates=[predicate(lambda entry: True, "one/asked")]), plugin("two", code_maps=[])]
    assert load(plugins=names).plugins == ("codesafety.builtin", "one", "two")
