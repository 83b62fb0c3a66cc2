"""Reviews: of one digest, recorded beside the rules, told by every report, and what changed since is named."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.places import EXAMPLES
from typer.testing import CliRunner, Result

from codesafety import InputError, bundle, load
from codesafety.authoring import bundling
from codesafety.authoring.reviewing import parts, record, since
from codesafety.cli.app import app
from codesafety.reviews import Review, read, state, written

MESSAGE = EXAMPLES / "pregnancy-status-update.xml"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    for words in (["ruleset", "acme"], ["rule", "second"]):
        assert CliRunner().invoke(app, ["new", *words, "--in", str(tmp_path)]).exit_code == 0
    return tmp_path / "acme"


def asked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


def told(acme: Path) -> Any:
    (one,) = json.loads(asked("rules", "review", acme, "--format", "json").stdout)
    return one


def sign(acme: Path, by: str = "clinical safety officer") -> Result:
    return asked("rules", "review", acme, "--by", by, "--digest", told(acme)["digest"], "--on", "2026-11-30")


def edit(acme: Path, old: str, new: str) -> None:
    file = acme / "acme.rules"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_without_a_record_nobody_has_reviewed_it(acme: Path) -> None:
    done = asked("rules", "review", acme)
    assert done.exit_code == 1
    assert done.stdout.endswith(": no clinician has reviewed it\n")
    assert (told(acme)["status"], told(acme)["review"]) == ("none", None)


def test_a_review_is_recorded_beside_the_rules_and_is_of_their_digest(acme: Path) -> None:
    digest = told(acme)["digest"]
    assert sign(acme).exit_code == 0
    (held,) = tomllib.loads((acme / "acme.review.toml").read_text("utf-8"))["review"]
    assert (held["by"], held["on"], held["version"], held["digest"]) == ("clinical safety officer", "2026-11-30", "0.1.0", digest)
    done = asked("rules", "review", acme)
    assert (done.exit_code, told(acme)["digest"]) == (0, digest)  # the record is no part of what it is of
    assert "clinical review: clinical safety officer, 2026-11-30" in done.stdout


def test_what_changed_since_is_named_and_signed_anew(acme: Path) -> None:
    sign(acme)
    edit(acme, "codes 195967001 |Asthma|", "codes 195967001 |Asthma|, 38341003 |Hypertensive disorder|")
    (acme / "second.rules").unlink()
    asked("new", "rule", "third", "--in", acme)
    done = asked("rules", "review", acme)
    assert (done.exit_code, done.stdout.splitlines()[1:]) == (
        1,
        [
            "  new: rule acme/third",
            "  new: value set acme/third_codes",
            "  gone: rule acme/second",
            "  gone: value set acme/second_codes",
            "  changed: value set acme/dated_before_birth_codes",
        ],
    )
    assert told(acme)["status"] == "changed since"
    assert sign(acme, "a second reader").exit_code == 0
    assert told(acme)["status"] == "reviewed"
    assert [one.by for one in read(acme / "acme.review.toml")] == ["clinical safety officer", "a second reader"]


def test_layout_and_comments_change_the_digest_and_no_part(acme: Path) -> None:
    sign(acme)
    edit(acme, "rule dated-before-birth", "/* a remark */\n\n\nrule dated-before-birth")
    assert (told(acme)["status"], told(acme)["changed"]) == ("changed since", [])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--by", "x", "--digest", "0" * 32], "this is not the digest of `acme` as it is here"),
        (["--by", " ", "--digest", "DIGEST"], "it is not said who reviewed it"),
        (["--by", "x", "--digest", "DIGEST", "--on", "yesterday"], "is no day"),
        (["--by", "x"], "give --by and --digest"),
    ],
)
def test_what_cannot_be_signed_is_not(acme: Path, more: list[str], words: str) -> None:
    digest = told(acme)["digest"]
    done = asked("rules", "review", acme, *(digest if one == "DIGEST" else one for one in more))
    assert (done.exit_code, words in " ".join(re.sub("[│╭╮╰╯─]", " ", done.stderr).split())) == (2, True)
    assert not (acme / "acme.review.toml").exists()


def test_every_report_says_reviewed_changed_since_or_none(acme: Path) -> None:
    said = {}
    for step in ("none", "reviewed", "changed since"):
        if step == "reviewed":
            sign(acme)
        if step == "changed since":
            edit(acme, "birth date may be wrong", "date of birth may be wrong")
        (used,) = load(acme).assess(load(acme).read(MESSAGE)).rulesets
        assert used.review_status == step
        said[step] = asked("check", MESSAGE, "--rules", acme).stdout
        assert step in json.dumps(json.loads(asked("check", MESSAGE, "--rules", acme, "--format", "json").stdout)["rulesets"])
    assert "No clinician has reviewed these rules." in said["none"]
    assert "All rulesets were reviewed as they are." in said["reviewed"]
    assert "1 ruleset changed since its review." in said["changed since"]


def test_a_bundle_carries_how_its_rulesets_stood(acme: Path, tmp_path: Path) -> None:
    sign(acme)
    held = bundle.read(bundling.build([acme], installed_plugins=False), "a")
    assert [(one.review, one.review_status) for one in held.manifest.rulesets] == [
        ("clinical safety officer, 2026-11-30", "reviewed")
    ]
    (used,) = load(held).assess(load(held).read(MESSAGE)).rulesets
    assert (used.review, used.review_status) == ("clinical safety officer, 2026-11-30", "reviewed")


WHOLE = '[[review]]\nby = "x"\ndigest = "y"\nversion = "1"\non = "2026-11-30"\n'


@pytest.mark.parametrize(
    "text",
    [
        "[[review]]\nby = 3\n",
        "[[review]\n",
        WHOLE.replace("2026-11-30", ""),
        WHOLE.replace("2026-11-30", "2026-13-30"),
        WHOLE + "note = 5\n",
        WHOLE + 'parts = "x"\n',
        WHOLE + 'bye = "x"\n',
        WHOLE.replace("[[review]]", "[[reviews]]"),
        "review = 5\n",
    ],
)
def test_a_record_that_is_broken_loads_nothing(acme: Path, text: str) -> None:
    (acme / "acme.review.toml").write_text(text, "utf-8")
    with pytest.raises(InputError, match="review"):
        load(acme)
    assert asked("check", MESSAGE, "--rules", acme).exit_code == 2


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    made = (
        Review('a "b" \\ ü \x7f\n', "d", "1.0.0", "2026-11-30", "a note", {"rule x/y": "1"}),
        Review("c", "e", "2", "2026-12-01"),
    )
    (tmp_path / "x.review.toml").write_text(written(made), "utf-8")
    assert read(tmp_path / "x.review.toml") == made


def test_each_part_of_a_shipped_ruleset_has_a_digest_and_none_differs_from_itself() -> None:
    for ruleset in load("uk.values", "uk.sex").rulesets:
        found = parts(ruleset)
        assert len(found) >= len({rule.family for rule in ruleset.rules}) + len(ruleset.valuesets)
        assert list(since(ruleset, Review("x", "y", "1", "2026-11-30", parts=found)).lines()) == []
        assert state(ruleset).status == "none"


def test_a_ruleset_of_no_folder_cannot_be_signed(acme: Path) -> None:
    held = bundle.read(bundling.build([acme], installed_plugins=False), "a")
    (ruleset,) = load(held).rulesets
    with pytest.raises(InputError, match="is of no folder"):
        record(ruleset, "x", ruleset.digest, "2026-11-30")


def test_the_catalogue_shows_what_a_reviewer_signs(acme: Path, tmp_path: Path) -> None:
    sign(acme)
    edit(acme, "birth date may be wrong", "date of birth may be wrong")
    assert asked("catalogue", acme, "-o", tmp_path / "out").exit_code == 0
    page = " ".join((tmp_path / "out" / "index.html").read_text("utf-8").split())
    for words in (
        "changed since its clinical review: clinical safety officer, 2026-11-30",
        "<li>changed: rule acme/dated-before-birth</li>",
        f"--digest {told(acme)['digest']}",
        "<td>195967001</td><td>Asthma</td>",
        "Used by acme/dated-before-birth.",
        "<code>given incoming entry 195967001 |Asthma|, date 1980-05-05</code>",
        'id="H-07"',
    ):
        assert words in page, words
    assert 'id="H-01"' not in page  # no rule of these names it
    codes = (tmp_path / "out" / "codes.csv").read_text("utf-8-sig").splitlines()
    assert codes[1] == "acme/dated_before_birth_codes,sct,195967001,Asthma,in"
