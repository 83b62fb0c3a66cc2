"""Ask whether every change to a shipped rule or value set is told: by a news fragment that names its ruleset.

    python -m tools.check_news [--base REVISION]

Looks at what came after REVISION, or else after the last release (a tag `v…`), or else after `changes/` was begun; and at what
is not committed yet. The fragment comes with the change or after it. `changes/README.md` has the kinds. Exit code 1 where a change
is not told, 2 where that could not be found out.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
WATCHED = re.compile(r"rulesets/(?:.+/)?([^/]+)/(?:[^/]+\.rules|(?:codes|tables)/.+\.csv)")
"""What a rule's meaning is made of; the group is the ruleset, which is called as its folder is."""
FRAGMENT = re.compile(r"changes/[^/]+\.(?:meaning|nomeaning)\.md")
BEGUN = "changes/README.md"


class CannotTell(Exception):
    """The history could not be read."""


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of the main line, or what is not committed: the rulesets that it changes, and what its fragments say."""

    name: str
    rulesets: frozenset[str]
    says: str


def untold(root: Path, base: str | None = None) -> dict[str, str]:
    """Return each ruleset whose last change no fragment tells, and the name of that change. Raises CannotTell."""
    found: dict[str, str] = {}
    for step in _steps(root, base):
        found |= dict.fromkeys(sorted(step.rulesets), step.name)
        found = {ruleset: change for ruleset, change in found.items() if not _names(step.says, ruleset)}
    return found


def _names(text: str, ruleset: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(ruleset)}(?![\w-]|\.\w)", text) is not None


def _steps(root: Path, base: str | None) -> Iterator[Step]:
    """Yield what happened after a base, oldest first; a merge is one step, with all that it brought."""
    for line in _git(root, "log", "--first-parent", "--reverse", "--format=%H %h %s", f"{_base(root, base)}..HEAD").splitlines():
        commit, _, name = line.partition(" ")
        changed = _git(root, "show", "--first-parent", "--format=", "--name-status", "--no-renames", commit)
        yield _step(name, changed, partial(_then, root, commit))
    changed = _git(root, "diff", "--name-status", "--no-renames", "HEAD")
    changed += "".join(f"A\t{path}\n" for path in _git(root, "ls-files", "--others", "--exclude-standard").splitlines())
    yield _step("what is not committed", changed, lambda path: (root / path).read_text(encoding="utf-8"))


def _then(root: Path, commit: str, path: str) -> str:
    return _git(root, "show", f"{commit}:{path}")


def _step(name: str, changed: str, read: Callable[[str], str]) -> Step:
    """Return a step from git's lines of a letter, a tab and a path."""
    paths = [(letter, path) for letter, _, path in (line.partition("\t") for line in changed.splitlines())]
    rulesets = frozenset(match[1] for _, path in paths if (match := WATCHED.fullmatch(path)))
    says = "\n".join(read(path) for letter, path in paths if letter != "D" and FRAGMENT.fullmatch(path))
    return Step(name, rulesets, says)


def _base(root: Path, given: str | None) -> str:
    if given is not None:
        return _git(root, "merge-base", given, "HEAD").strip()
    releases = _git(root, "tag", "--merged", "HEAD", "--list", "v[0-9]*", "--sort=-creatordate").split()
    begun = _git(root, "log", "--first-parent", "--diff-filter=A", "--format=%H", "--", BEGUN).split()
    if not releases and not begun:
        raise CannotTell(f"there is neither a release nor a commit that adds `{BEGUN}`")
    return (releases[:1] or begun[-1:])[0]


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints. Raises CannotTell with what it says instead."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_")
    }  # a hook's may be another repository's
    command = ["git", "-c", f"safe.directory={root}", "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, cwd=root, env=ours, capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        raise CannotTell("git is not installed") from None
    if done.returncode:
        raise CannotTell(done.stderr.strip() or f"`git {arguments[0]}` failed")
    return done.stdout


def main(arguments: Sequence[str] | None = None, root: Path = HERE) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", metavar="REVISION", help="look at what came after this, not after the last release")
    options = parser.parse_args(arguments)
    try:
        found = untold(root, options.base)
    except CannotTell as error:
        print(f"error: what changed could not be found out: {error}", file=sys.stderr)
        return 2
    for ruleset, change in found.items():
        print(f"error: no news fragment tells that `{ruleset}` changed ({change})", file=sys.stderr)
    if found:
        print(
            f"  = help: name it in a file `changes/+WORDS.meaning.md`, or in `changes/+WORDS.nomeaning.md` with the reason why no"
            f" rule's meaning changed; see {BEGUN}",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
