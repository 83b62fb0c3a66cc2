"""Readers: one that is not whole refuses to load; one that fails is named, and what it was to read is not checked."""

from __future__ import annotations

import gzip
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.places import EXAMPLES
from tests.plugins.made import PREGNANT, entry, install, load, plugin, run, sent

from codesafety import Declined, Entry, InputError, PluginError, Record, Submission
from codesafety.plugins import Source


def leave(source: object) -> Any:
    sys.exit(0)


def raising(error: BaseException) -> Callable[[object], Any]:
    def call(source: object) -> Any:
        raise error

    return call


def reader(**methods: Any) -> Any:
    """Return a reader of everything that starts with `made`, in which these are otherwise; None takes one away."""
    whole = {
        "name": "made-reader",
        "recognises": lambda source: source.head.startswith(b"made"),
        "read": lambda source: sent(entry(PREGNANT)),
        "read_record": lambda source: Record(),
        **methods,
    }
    return SimpleNamespace(**{name: method for name, method in whole.items() if method is not None})


def engine(**methods: Any) -> Any:
    return load(plugins=[plugin(readers=[reader(**methods)])])


def test_a_reader_that_is_whole_reads() -> None:
    made = engine()
    assert made.read(b"made") == sent(entry(PREGNANT))
    assert made.read_record(b"made") == Record()
    with pytest.raises(InputError, match="this is no format that a reader knows"):
        made.read(b"other")


@pytest.mark.parametrize(("packed", "called"), [(gzip.compress(b"made", mtime=0), "gzip"), (b"PK\x03\x04...", "zip")])
def test_a_packed_file_is_to_be_unpacked(packed: bytes, called: str) -> None:
    with pytest.raises(InputError, match=f"this is a {called} file") as error:
        engine().read(packed)
    assert error.value.help == "unpack it, and give what is inside"


class Broken:
    recognises = read = read_record = lambda self, source: True

    @property
    def name(self) -> str:
        raise ValueError("secret")


LACKING = {
    "read": ({"read": None}, "a reader has no `read` (`made-reader`)"),
    "read_record": ({"read_record": None}, "a reader has no `read_record` (`made-reader`)"),
    "recognises": ({"recognises": None}, "a reader has no `recognises` (`made-reader`)"),
    "a read that can be called": ({"read": "read"}, "a reader has no `read` (`made-reader`)"),
    "a name": ({"name": None}, "a reader has no `name`"),
    "a name that is a text": ({"name": 7}, "a reader has no `name`"),
    "recognises, of tables": (
        {"recognises": None, "read_many": lambda source: ()},
        "a reader has no `recognises` (`made-reader`)",
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_a_reader_that_lacks_something_refuses_to_load(case: str) -> None:
    methods, words = LACKING[case]
    with pytest.raises(PluginError) as caught:
        engine(**methods)
    assert str(caught.value) == f"plugin `made` failed in `codesafety_readers`: {words}"


def test_a_reader_whose_name_raises_refuses_to_load() -> None:
    with pytest.raises(PluginError, match="plugin `made` failed in `codesafety_readers`: ValueError") as caught:
        load(plugins=[plugin(readers=[Broken()])])
    assert caught.value.__context__ is None


FAILS: dict[str, tuple[dict[str, Any], str]] = {
    "recognises raises": ({"recognises": raising(ValueError("secret"))}, "`made-reader.recognises`: ValueError"),
    "recognises exits": ({"recognises": leave}, "`made-reader.recognises`: SystemExit"),
    "recognises answers None": ({"recognises": lambda s: None}, "`made-reader.recognises`: it answered neither true nor false"),
    "recognises answers a number": ({"recognises": lambda s: 1}, "`made-reader.recognises`: it answered neither true nor false"),
    "read raises": ({"read": raising(ValueError("secret"))}, "`made-reader.read`: ValueError"),
    "read exits": ({"read": leave}, "`made-reader.read`: SystemExit"),
    "read ends as a generator": ({"read": raising(GeneratorExit())}, "`made-reader.read`: GeneratorExit"),
    "read returns None": ({"read": lambda s: None}, "`made-reader.read`: it returned no Submission"),
    "read returns a record": ({"read": lambda s: Record()}, "`made-reader.read`: it returned no Submission"),
    "read returns what is no entry": (
        {"read": lambda s: Submission.model_construct(entries=("secret",))},
        "`made-reader.read`: a field of its Submission holds what it cannot",
    ),
    "read returns an entry past its checks": (
        {"read": lambda s: Submission(entries=(Entry.model_construct(path="x", date="2026-13-45"),))},
        "`made-reader.read`: a field of its Submission holds what it cannot",
    ),
}


@pytest.mark.parametrize("case", FAILS)
def test_a_reader_that_fails_is_named_without_its_words(case: str) -> None:
    methods, words = FAILS[case]
    with pytest.raises(PluginError) as caught:
        engine(**methods).read(b"made")
    assert str(caught.value) == f"plugin `made` failed in {words}"
    assert caught.value.__context__ is None


def test_a_record_s_reader_is_held_to_the_same() -> None:
    with pytest.raises(PluginError, match=r"plugin `made` failed in `made-reader\.read_record`: it returned no Record"):
        engine(read_record=lambda source: "no record").read_record(b"made")


@pytest.mark.parametrize("refusal", [InputError("a line is no entry"), Declined("a letter")])
def test_what_a_reader_refuses_or_declines_is_no_failure_of_its_plugin(refusal: InputError) -> None:
    with pytest.raises(type(refusal)) as caught:
        engine(read=raising(refusal)).read(b"made")
    assert caught.value is refusal


def test_an_interruption_is_the_users_own() -> None:
    with pytest.raises(KeyboardInterrupt):
        engine(read=raising(KeyboardInterrupt())).read(b"made")


@pytest.mark.parametrize("name", ["pregnancy-status-update.json", "contraception-ok.xml", "submission-native.json"])
def test_what_a_supplier_s_reader_returns_is_taken_whole(name: str) -> None:
    own = load(plugins=[])
    submission = own.read(EXAMPLES / name)
    assert engine(read=lambda source: submission).read(b"made") == submission


# ------------------------------------------------------------------------------------------------ tables


def tables(rows: Callable[[Source], object]) -> Any:
    return engine(recognises=lambda source: True, read=None, read_record=None, read_many=rows)


def test_rows_are_yielded_one_by_one_and_the_reader_may_be_left() -> None:
    ended: list[str] = []

    def rows(source: Source) -> Iterator[tuple[str, Submission]]:
        try:
            yield "1", sent(entry(PREGNANT))
            yield "2", sent(entry(PREGNANT))
        finally:
            ended.append("ended")

    made = tables(rows)
    assert [key for key, _ in made.read_many(Source(b"made"))] == ["1", "2"]
    left = made.read_many(Source(b"made"))
    next(left)
    left.close()
    assert ended == ["ended", "ended"]


ROWS: dict[str, tuple[Any, str]] = {
    "no rows": (lambda source: None, "TypeError"),
    "an exit between rows": (
        lambda source: (leave(source) if n else ("1", sent(entry(PREGNANT))) for n in range(2)),
        "SystemExit",
    ),
    "None": (lambda source: [("1", sent(entry(PREGNANT))), None, ("2", sent())], "it yielded no row key with its Submission"),
    "a key that is a number": (lambda source: [(1, sent())], "it yielded no row key with its Submission"),
    "a submission alone": (lambda source: [sent()], "it yielded no row key with its Submission"),
    "a record": (lambda source: [("1", Record())], "it returned no Submission"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_reader_of_tables_that_fails_is_named(case: str) -> None:
    rows, words = ROWS[case]
    with pytest.raises(PluginError) as caught:
        list(tables(rows).read_many(Source(b"made")))
    assert str(caught.value) == f"plugin `made` failed in `made-reader.read_many`: {words}"


# ------------------------------------------------------------------------------------------------ the command line


def test_the_command_line_checks_nothing_and_says_so_where_a_reader_exits(tmp_path: Path) -> None:
    install(
        tmp_path,
        "import sys\n"
        "from codesafety.plugins import hookimpl\n"
        "class Leaves:\n"
        "    name = 'leaves'\n"
        "    recognises = lambda self, source: True\n"
        "    read = read_record = lambda self, source: sys.exit(0)\n"
        "@hookimpl\n"
        "def codesafety_readers():\n"
        "    return [Leaves()]\n",
    )
    done = run(tmp_path, "-m", "codesafety", "check", str(EXAMPLES / "contraception-ok.xml"))
    assert done.returncode == 2
    assert "plugin `made` failed in `leaves.read`: SystemExit" in done.stderr


class Hanging:
    """A method that waits until its test is over, and counts how often it is called."""

    def __init__(self) -> None:
        self.over, self.calls = threading.Event(), 0

    def __call__(self, source: object) -> Any:
        self.calls += 1
        self.over.wait()


@pytest.mark.parametrize("method", ["recognises", "read", "read_record"])
def test_a_reader_that_hangs_is_named_and_not_called_again(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesafety.engine.READER_TIMEOUT_S", 0.05)
    hanging = Hanging()
    made = engine(**{method: hanging})
    for _ in range(2):
        with pytest.raises(PluginError) as caught:
            (made.read_record if method == "read_record" else made.read)(b"made")
        words = f"plugin `made` failed in `made-reader.{method}`: it did not answer within 10 s, and is not asked again"
        assert str(caught.value) == words
    assert hanging.calls == 1
    hanging.over.set()


def test_a_reader_of_tables_that_hangs_in_its_second_row_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesafety.engine.READER_TIMEOUT_S", 0.05)
    hanging = Hanging()

    def rows(source: object) -> Iterator[tuple[str, Submission]]:
        yield "1", sent(entry(PREGNANT))
        hanging(source)

    found = engine(read=None, read_record=None, read_many=rows).read_many(Source(b"made"))
    assert next(found) == ("1", sent(entry(PREGNANT)))
    with pytest.raises(PluginError, match=r"plugin `made` failed in `made-reader\.read_many`: it did not answer"):
        next(found)
    hanging.over.set()


def test_a_reader_of_tables_that_fails_between_rows_leaves_one_whole_document(tmp_path: Path) -> None:
    install(
        tmp_path,
        "from codesafety import Submission\n"
        "from codesafety.plugins import hookimpl\n"
        "class Fails:\n"
        "    name = 'fails'\n"
        "    recognises = lambda self, source: True\n"
        "    def read_many(self, source):\n"
        "        yield '1', Submission.model_validate({'entries': [{'path': 'e', 'text': 'Pregnant'}]})\n"
        "        raise ValueError\n"
        "@hookimpl\n"
        "def codesafety_readers():\n"
        "    return [Fails()]\n",
    )
    done = run(tmp_path, "-m", "codesafety", "check", str(EXAMPLES / "contraception-ok.xml"), "--format", "json")
    answered, failed = json.loads(done.stdout)
    assert done.returncode == 2
    assert answered["patient"] == "1"
    assert (failed["decision"], failed["error"]["message"]) == ("hold", "plugin `made` failed in `fails.read_many`: ValueError")
