"""What stands in a row, and what cannot: nothing that a sender wrote but what is known to be no patient's."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.answers.messages import engine as shipped
from tests.answers.test_disclosure import json_with_canaries, xml_with_canaries
from tests.decision_log.made import MESSAGE, engine, log, message
from tests.doors.test_nothing_repeated import CANARIES, JSON_EXAMPLES, WORD, XML_EXAMPLES, places

import codesafety
from codesafety import Override, Profile, Record, RuleChange, builtin
from codesafety.decision_log import row as rows
from codesafety.decision_log.log import read_lines, read_rows
from codesafety.errors import CodesafetyError, ConfigurationError, InputError
from codesafety.evaluation.binding import say_limit


def test_a_row_says_who_asked_by_what_it_was_answered_and_what_was_answered(tmp_path: Path) -> None:
    made = codesafety.load("uk.pregnancy", "uk.integrity", installed_plugins=False)
    kept = log(tmp_path)
    report = kept.assess(made, made.read(MESSAGE))
    (row,) = read_rows(tmp_path / "log.sqlite")
    fired = [one for one in row["rules"] if one["outcome"] == "fires"]
    assert {
        name: row[name] for name in ("number", "kind", "sender", "service", "decision", "told", "engine", "bundle", "record")
    } == {
        "number": 1,
        "kind": "decision",
        "sender": "FX999",
        "service": "1659121000000101",
        "decision": "hold",
        "told": "partly",
        "engine": report.engine.digest,
        "bundle": None,
        "record": None,
    }
    assert [(one["rule"], one["action"], one["count"]) for one in fired] == [
        ("uk.integrity/pregnancy-code-whose-words-deny-it", "hold", 1),
        ("uk.pregnancy/pregnant-in-the-contraception-service", "review", 1),
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row["at"])


def test_the_digest_of_an_input_is_the_suppliers_own(tmp_path: Path) -> None:
    report = log(tmp_path).assess(engine(), message(), Record())
    (row,) = read_rows(tmp_path / "log.sqlite")
    secret = rows.Key.read(tmp_path / "log.key")
    assert (row["input"], row["record"]) == (
        secret.of("input", report.digests.input),
        secret.of("record", str(report.digests.record)),
    )
    other = rows.keygen(tmp_path / "other.key")
    assert row["input"] != other.of("input", report.digests.input)
    assert report.digests.input not in json.dumps(row)


def test_an_override_stands_with_its_reason_and_its_end_and_without_who_gave_it(tmp_path: Path) -> None:
    override = Override(
        rule="s/seen", codes=("77386006",), reason="confirmed-with-patient", role="Dr John Smith", recorded="2026-03-01"
    )
    profile = Profile(
        name="Dr Smith's", changes=(RuleChange(rule="s/held", action="off", reason="why", role="GP", until="2027"),)
    )
    log(tmp_path).assess(engine(), message(), overrides=[override], profile=profile)
    (line,) = read_lines(tmp_path / "log.sqlite")
    assert json.loads(line)["overrides"] == [{"rule": "s/seen", "reason": "confirmed-with-patient", "until": "2026-12-01"}]
    assert "Smith" not in line


@pytest.mark.parametrize(
    ("sender", "written"),
    [
        ("FX999", "FX999"),
        ("A81001", "A81001"),
        ("RXX", "RXX"),
        ("00A", "00A"),
        ("9434765919", None),
        ("JOHN", None),
        ("SMITH", None),
        ("LEE", None),
        ("John Smith", None),
        ("1990-01-01", None),
        ("19900101", None),
        ("FX999\n", None),
    ],
)
def test_a_sender_is_written_only_in_the_form_of_an_organisations_code(sender: str, written: str | None, tmp_path: Path) -> None:
    kept = log(tmp_path)
    for _ in range(2):
        kept.assess(engine(), message(sender=sender))
    first, second = read_rows(tmp_path / "log.sqlite")
    assert first["sender"] == second["sender"]
    assert first["sender"] == written if written else re.fullmatch("~[0-9a-f]{32}", first["sender"])


def test_a_row_that_cannot_be_masked_is_dropped_and_counted(tmp_path: Path) -> None:
    report = engine().assess(message())
    secret = rows.keygen(tmp_path / "k")
    wrong = report.model_copy(update={"told": "John Smith"})
    with pytest.raises(rows.Unmaskable) as caught:
        rows.decision(secret, datetime.now(UTC), engine(), message(), None, wrong)
    assert (caught.value.field, "Smith" in repr(caught.value)) == ("told", False)


RENAMED = """
ruleset {name} {{ title "S" version 1.2.0 language 2 }}
valueset p "Pregnant" {{ codes 77386006 |Pregnancy| }}
rule {rule} {{ title "T" action hold for entry e in p say "x" }}
"""


def test_what_was_dropped_leaves_a_row_that_says_so_and_the_answer_stands(tmp_path: Path) -> None:
    """A length that the language takes and rows do not is dropped whole: nothing of it is written."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "s.rules").write_text(RENAMED.format(name="s", rule="a" * 200), encoding="utf-8")
    made = codesafety.load(folder, installed_plugins=False, cache="off")
    kept = log(tmp_path)
    assert kept.assess(made, message()).decision == "hold"
    (row,) = read_rows(tmp_path / "log.sqlite")
    assert (row["kind"], row["field"], kept.written, kept.dropped) == ("dropped", "rule", 1, 1)
    assert "aaaa" not in json.dumps(row)


def test_every_shipped_rule_reason_and_length_has_the_form_that_rows_ask_for() -> None:
    made = codesafety.load(*builtin.all_rulesets(), installed_plugins=False)
    for rule in made.rules:
        rows.seen({"rule": rule.name})
        if rule.overridable is not None:
            length = say_limit(made.binding.length(rule.overridable.length))  # type: ignore[arg-type]
            rows.seen({"lasts": length})
            for reason in rule.overridable.reasons:
                rows.seen({"reason": reason})


def rows_of(sent: Iterable[bytes]) -> int:
    """Return of how many messages there is a row, having seen that none repeats a canary."""
    made, secret, now, written = shipped(), rows.Key(bytes(32)), datetime.now(UTC), 0
    for data in sent:
        try:
            submission = made.read(data)
        except CodesafetyError:
            continue
        row = json.dumps(rows.decision(secret, now, made, submission, None, made.assess(submission)))
        found = CANARIES.search(re.sub(r'"~?[0-9a-f]{32,64}"', "", row))
        assert not found, (data.decode("utf-8", "replace")[:200], row)
        written += 1
    return written


@pytest.mark.parametrize("example", [*JSON_EXAMPLES, *XML_EXAMPLES], ids=lambda p: p.name)
def test_no_row_repeats_a_name_or_value_of_a_message(example: Path) -> None:
    assert rows_of(json_with_canaries(example) if example.suffix == ".json" else xml_with_canaries(example)) >= (
        "profile" not in example.stem
    )


def test_no_row_repeats_a_text_of_the_librarys_own_form() -> None:
    """A word stands in turn at every place of a submission that has text in most of its fields."""

    def planted_texts() -> Iterator[bytes]:
        filled = json.loads(shipped().read(MESSAGE).model_dump_json(exclude_none=True))
        for way in places(filled):
            changed = copy.deepcopy(filled)
            holder = changed
            for part in way[:-1]:
                holder = holder[part]
            if isinstance(holder[way[-1]], str):
                holder[way[-1]] = WORD
                yield json.dumps(changed).encode()

    assert rows_of(planted_texts()) > 40


def test_a_key_is_its_owners_and_is_not_written_over(tmp_path: Path) -> None:
    made = rows.keygen(tmp_path / "k")
    assert (tmp_path / "k").stat().st_mode & 0o077 == 0
    assert rows.Key.read(tmp_path / "k") == made
    assert (tmp_path / "k").read_text().strip() not in repr(made)
    with pytest.raises(InputError, match="there is a file already"):
        rows.keygen(tmp_path / "k")


@pytest.mark.parametrize("text", ["", "John Smith", "ab" * 31, "AB" * 32, "é"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str, tmp_path: Path) -> None:
    (tmp_path / "k").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="log keygen FILE") as caught:
        rows.Key.read(tmp_path / "k")
    assert "John" not in str(caught.value)
