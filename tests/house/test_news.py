"""A change to a shipped rule is told in the changelog, or the check says that it is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.places import ROOT
from tools.check_news import main, untold

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

RULES = "rulesets/uk.sex/sex.rules"


class Repository:
    """A repository with two rulesets, in which `changes/` has just been begun."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit({RULES: "one", "rulesets/optional/uk.sex_medicines/codes/list.csv": "code"}, "before")
        self.commit({"changes/README.md": "how"}, "begun")

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, capture_output=True)

    def write(self, files: dict[str, str | None]) -> None:
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, files: dict[str, str | None], message: str = "a change") -> None:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for variable in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(variable, raising=False)
    return Repository(tmp_path)


def untold_rulesets(repository: Repository, base: str | None = None) -> set[str]:
    return set(untold(repository.root, base))


def test_what_changed_before_fragments_were_begun_needs_none(repository: Repository) -> None:
    assert untold_rulesets(repository) == set()


def test_a_rule_that_changes_without_a_word_is_found(repository: Repository) -> None:
    repository.commit({RULES: "two"}, "sex: narrower")
    ((ruleset, change),) = untold(repository.root).items()
    assert ruleset == "uk.sex"
    assert change.endswith(" sex: narrower")


def test_a_list_of_codes_is_part_of_what_a_rule_means(repository: Repository) -> None:
    repository.commit({"rulesets/optional/uk.sex_medicines/codes/list.csv": "code\n1"})
    assert untold_rulesets(repository) == {"uk.sex_medicines"}


def test_a_table_of_a_family_is_part_of_what_its_rules_mean(repository: Repository) -> None:
    repository.commit({"rulesets/uk.sex/tables/ages.csv": "row"})
    assert untold_rulesets(repository) == {"uk.sex"}


def test_a_rule_that_is_removed_is_a_change(repository: Repository) -> None:
    repository.commit({RULES: None})
    assert untold_rulesets(repository) == {"uk.sex"}


def test_a_page_beside_the_rules_is_none(repository: Repository) -> None:
    repository.commit({"rulesets/uk.sex/README.md": "words"})
    assert untold_rulesets(repository) == set()


@pytest.mark.parametrize("kind", ["meaning", "nomeaning"])
def test_a_fragment_that_names_the_ruleset_tells_it(repository: Repository, kind: str) -> None:
    repository.commit({RULES: "two", f"changes/+sex.{kind}.md": "`uk.sex`: narrower."})
    assert untold_rulesets(repository) == set()


def test_a_fragment_of_another_kind_does_not(repository: Repository) -> None:
    repository.commit({RULES: "two", "changes/+sex.fixed.md": "`uk.sex`: narrower."})
    assert untold_rulesets(repository) == {"uk.sex"}


def test_a_fragment_that_names_another_ruleset_does_not(repository: Repository) -> None:
    repository.commit({RULES: "two", "changes/+sex.meaning.md": "`uk.sex_medicines`: narrower."})
    assert untold_rulesets(repository) == {"uk.sex"}


def test_a_change_may_be_told_afterwards(repository: Repository) -> None:
    repository.commit({RULES: "two"})
    repository.commit({"changes/+sex.meaning.md": "uk.sex is narrower"})
    assert untold_rulesets(repository) == set()


def test_a_change_after_the_fragment_is_told_again(repository: Repository) -> None:
    repository.commit({RULES: "two", "changes/+sex.meaning.md": "uk.sex is narrower"})
    repository.commit({RULES: "three"})
    assert untold_rulesets(repository) == {"uk.sex"}
    repository.commit({"changes/+sex.meaning.md": "uk.sex is narrower than narrow"})
    assert untold_rulesets(repository) == set()


def test_a_fragment_that_is_taken_away_tells_nothing(repository: Repository) -> None:
    repository.commit({"changes/+sex.meaning.md": "uk.sex is narrower"})
    repository.commit({RULES: "two", "changes/+sex.meaning.md": None})
    assert untold_rulesets(repository) == {"uk.sex"}


def test_a_merge_is_one_change_with_all_that_it_brings(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "branch")
    repository.commit({"changes/+sex.meaning.md": "uk.sex is narrower"})
    repository.commit({RULES: "two"})
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "branch", "-m", "merge")
    assert untold_rulesets(repository) == set()


def test_what_is_not_committed_is_looked_at_too(repository: Repository) -> None:
    repository.write({RULES: "two"})
    assert untold(repository.root) == {"uk.sex": "what is not committed"}
    repository.write({"changes/+sex.nomeaning.md": "uk.sex: a comment."})
    assert untold(repository.root) == {}


def test_after_a_release_its_fragments_are_gone_and_what_follows_is_told_anew(repository: Repository) -> None:
    repository.commit({RULES: "two", "changes/+sex.meaning.md": "uk.sex is narrower"})
    repository.commit({"changes/+sex.meaning.md": None}, "release")
    repository.git("tag", "v0.1.0")
    assert untold_rulesets(repository) == set()
    repository.commit({RULES: "three"})
    assert untold_rulesets(repository) == {"uk.sex"}


def test_a_base_can_be_given(repository: Repository) -> None:
    repository.commit({RULES: "two"})
    repository.commit({})
    assert untold_rulesets(repository, "HEAD~1") == set()
    assert untold_rulesets(repository, "HEAD~2") == {"uk.sex"}


def test_the_command_says_what_to_do(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], repository.root) == 0
    repository.commit({RULES: "two"})
    assert main([], repository.root) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: no news fragment tells that `uk.sex` changed (")
    assert "changes/+WORDS.nomeaning.md" in said


@pytest.mark.parametrize("arguments", [["--base", "nowhere"], []])
def test_a_history_that_cannot_be_read_is_not_taken_for_a_good_one(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    assert main(arguments, tmp_path) == 2
    assert capsys.readouterr().err.startswith("error: what changed could not be found out: ")


def test_the_changelog_shows_changes_of_meaning_first_with_a_star_and_leaves_out_those_of_none(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "changes/template.md.jinja"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name, text in {
        "+words.added.md": "A thing.",
        "+sex.meaning.md": "`uk.sex`: narrower.\nSee there.",
        "+age.nomeaning.md": "`uk.age`: layout.",
        "12.fixed.md": "Another.",
    }.items():
        (tmp_path / "changes" / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "1.2.0", "--date", "2027-01-02"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True).stdout
    assert printed.strip().splitlines() == [
        "## 1.2.0 (2027-01-02)",
        "- ★ `uk.sex`: narrower.",
        "  See there.",
        "- A thing.",
        "- Another. (#12)",
    ]
