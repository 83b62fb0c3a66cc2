"""One door for every habit: `nox` runs what a commit must pass, `nox -l` lists the rest, `nox -s NAME -- MORE` runs one.

Sessions run in the environment that nox runs in, which `pip install -e '.[dev]'` makes: nothing is installed twice, and what is
tested is what you edit. Those that need a fresh environment (`readme`, the tests under another Python) make it themselves.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = nox.project.python_versions(nox.project.load_toml(ROOT / "pyproject.toml"))
EXAMPLES = ROOT / "docs" / "examples"
IN_PARALLEL = ("-n", "auto", "--dist", "worksteal")
WRITTEN_TWICE = (
    "tests/house",
    "tests/language/test_reference.py",
    "tests/language/test_error_reference.py",
    "tests/spec/test_cli_page.py",
    "tests/spec/test_readme.py",
)
OF_DEPENDENCIES = (
    "tests/doors",
    "tests/answers",
    "tests/authoring/test_picture.py",
    "tests/batch",
    "tests/decision_log",
    "tests/formats/tables",
    "tests/formats/test_native.py",
    "tests/language/parsing",
    "tests/lsp",
    "tests/playground",
    "tests/plugins",
    "tests/service",
    "tests/test_bundle.py",
    "tests/typing",
)
"""What asks something of a package that may be older: the command line (typer, rich), models (pydantic), the grammar (Lark), hooks (pluggy), each extra.
Our own lists, pages, arithmetic and searches are asked once, on the newest."""
OF_NO_DEPENDENCY = tuple(
    f"--ignore=tests/{ours}"
    for ours in (
        "answers/test_disclosure.py",
        "batch/test_named.py",
        "batch/test_same.py",
        "decision_log/test_faults.py",
        "decision_log/test_guides.py",
        "decision_log/test_rows.py",
        "decision_log/test_statistics.py",
        "decision_log/test_tripwire.py",
        "doors/test_bounds.py",
        "doors/test_bundle_cli.py",
        "doors/test_fuzz.py",
        "doors/test_lines.py",
        "doors/test_lint.py",
        "doors/test_not_judged.py",
        "doors/test_nothing_repeated.py",
        "doors/test_pipes.py",
        "doors/test_printing.py",
        "doors/test_start.py",
        "doors/test_why.py",
        "doors/test_workers.py",
        "plugins/test_supplier.py",
        "service/test_clients.py",
        "service/test_log.py",
        "service/test_whatever_is_sent.py",
    )
)
"""In the same rooms, and long, and of our own code alone."""
OF_EACH_PACKAGE = (
    "tests/answers/test_operation_outcome.py",
    "tests/authoring/test_picture.py",
    "tests/batch/test_arrow.py",
    "tests/doors/test_arguments.py",
    "tests/doors/test_ending.py::test_a_command_line_library_that_runs_nothing_ends_with_2_and_says_so",
    "tests/doors/test_ending.py::test_a_message_that_was_checked_and_has_nothing_wrong_ends_with_0",
    "tests/doors/test_tables.py",
    "tests/lsp/test_server.py",
    "tests/plugins/test_hooks.py",
    "tests/service/test_authentication.py",
    "tests/test_bundle.py",
)
"""Each package once, and how every command ends: what commits ask of the versions between, under which whole rooms are asked by hand."""
INSTALLED = {"PYTHONPATH": None}
"""Looks at what was installed, and not at the sources."""

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where nox is, though nobody activated it

nox.needs_version = ">=2025.2.9"
nox.options.tags = ["commit"]
nox.options.error_on_missing_interpreters = False


@nox.session(python=False, tags=["commit", "ci-beside"])
def lint(session: nox.Session) -> None:
    """Style: ruff's checks, and its format. `ruff check --fix` and `ruff format` mend most."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=False, tags=["commit", "ci-beside"])
def types(session: nox.Session) -> None:
    """Types: mypy, strict, over the sources; and a supplier's code that embeds them, by mypy and pyright."""
    session.run("mypy")
    session.run("pyright")


@nox.session(python=False, tags=["commit", "ci-beside"])
def layers(session: nox.Session) -> None:
    """One-way doors: no room imports from above itself (`.importlinter`)."""
    session.run("lint-imports")


@nox.session(python=False, tags=["commit", "ci-beside"])
def news(session: nox.Session) -> None:
    """The next changelog, printed; fails where a rule changed and no fragment in `changes/` tells it. Takes `-- --base REVISION`."""
    session.run("towncrier", "build", "--draft", "--version", "next")
    if not (ROOT / ".git").exists():
        session.skip("this is no git checkout, and what changed cannot be found out")
    session.run("python", "-m", "tools.check_news", *session.posargs)


@nox.session(python=False, tags=["commit", "ci-beside"])
def rulesets(session: nox.Session) -> None:
    """The shipped rulesets: nothing is left out of them, the linter is silent, and their own examples are answered as they say."""
    folders = ("rulesets", "rulesets/optional")
    session.run("codesafety", "rules", "check", "--strict", *folders)
    session.run("codesafety", "rules", "lint", *folders)
    session.run("codesafety", "rules", "test", *folders)


@nox.session(python=False, tags=["commit"])
def tests(session: nox.Session) -> None:
    """The tests, under this Python, on all cores. Takes what pytest takes: `-- tests/language -k remedy`."""
    session.run("pytest", *IN_PARALLEL, *session.posargs)


@nox.session(python=False, tags=["commit", "ci-beside"])
def docs(session: nox.Session) -> None:
    """The pages, built as they are published, into `docs/_build/html`; a warning is an error."""
    session.run("sphinx-build", "-W", "-E", "-q", "-b", "html", "docs", "docs/_build/html", *session.posargs)


@nox.session(tags=["commit", "ci-beside"])
def readme(session: nox.Session) -> None:
    """What the README tells people to run, in a fresh environment: install, check the example, list the rules from elsewhere."""
    session.install(".[cli]")
    session.run("codesafety", "check", "docs/examples/pregnancy-status-update.xml", env=INSTALLED, success_codes=[1])  # a HOLD
    with session.chdir(session.create_tmp()):
        record = ("--record", str(EXAMPLES / "record-complete.json"))
        session.run("codesafety", "check", str(EXAMPLES / "contraception-ok.xml"), *record, env=INSTALLED)
        session.run("codesafety", "rules", "list", env=INSTALLED, silent=True)


def _tests_under(version: str) -> None:
    newest = ["ci-tests"] if version == PYTHONS[-1] else []

    @nox.session(name=f"tests-{version}", python=version, reuse_venv=True, tags=newest)
    def tests_under(session: nox.Session) -> None:
        session.install(".[dev]")
        session.run("pytest", *IN_PARALLEL, *session.posargs, env=INSTALLED)

    tests_under.__doc__ = f"The tests under Python {version}, in an environment of its own; skipped where there is none."


for _version in PYTHONS:
    if _version != HERE:
        _tests_under(_version)


@nox.session
def sbom(session: nox.Session) -> None:
    """What a release is made of, as CycloneDX, from a fresh environment with every extra that runs. Takes `-- FILE`; none: `sbom.json`."""
    session.install(".[cli,tables,signing,service,postgresql]")
    output = session.posargs[0] if session.posargs else "sbom.json"
    python = str(Path(session.bin) / "python")
    how = ("--pyproject", "pyproject.toml", "--output-reproducible", "--output-format", "JSON", "--validate")
    session.run("cyclonedx-py", "environment", *how, "--output-file", output, python, external=True)


@nox.session(python=False)
def drift(session: nox.Session) -> None:
    """What is written down twice says the same twice: the tour, the pages beside the code, the README. A quick part of `tests`."""
    session.run("pytest", *WRITTEN_TWICE, *session.posargs)


@nox.session(python=False, tags=["commit", "ci-beside"])
def campaign(session: nox.Session) -> None:
    """Mutants of messages, 3,000 of them, none of which may pass in silence. Takes `-- --mutants 100000 --seconds 3000`."""
    session.run("python", "-m", "tests.campaign.campaign", *session.posargs)


@nox.session(python=False)
def pairs(session: nox.Session) -> None:
    """Both evaluators on generated rules and worlds, 100,000 pairs, and what the generator reached. Takes `-- --pairs 1000000`."""
    session.run("python", "-m", "tests.differential.pairs", *session.posargs)


@nox.session(python=False)
def truth(session: nox.Session) -> None:
    """How often the shipped rules are right on the shared cases and oracles, with bounds; needs ../shared."""
    session.run("python", "-m", "tests.rulesets.truth", *session.posargs)


@nox.session(python=False)
def bench(session: nox.Session) -> None:
    """Every row of the table of performance as ratios of one run, then the figures behind them (minutes). With `-- FILE.pack`, those of ECL on that pack."""
    if session.posargs:
        session.run("python", "-m", "tests.benchmarks.ecl_benchmark", *session.posargs)
        return
    session.run("python", "-m", "tests.benchmarks.table")
    session.run("python", "-m", "tests.benchmarks.start_benchmark")
    session.run("python", "-m", "tests.benchmarks.reading_benchmark", "--careful")
    session.run("python", "-m", "tests.benchmarks.rules_benchmark")
    session.run("python", "-m", "tests.benchmarks.growth_benchmark")
    session.run("python", "-m", "tests.benchmarks.hostile_benchmark")
    session.run("python", "-m", "tests.benchmarks.sets_benchmark")
    session.run("python", "-m", "tests.benchmarks.keystrokes_benchmark")
    session.run("python", "-m", "tests.benchmarks.terminology_benchmark")


@nox.session(python=False)
def kills(session: nox.Session) -> None:
    """A look-back that is killed at twenty random moments ends with the bytes of one that is let alone."""
    session.run("pytest", "tests/batch/test_scan.py", "-k", "killed", *session.posargs, env={"CODESAFETY_KILLS": "20"})


@nox.session
def spark(session: nox.Session) -> None:
    """The look-back through `mapInArrow`: on Sail in a fresh environment, and on a local Spark where there is Java (`-- --spark`)."""
    on_spark = "--spark" in session.posargs
    session.install(".[test]", *(("pyspark",) if on_spark else ("pysail", "pyspark-client")), "pandas")
    session.run("pytest", "tests/batch/test_arrow.py", "-rs", env=INSTALLED)


@nox.session(python=False)
def mutants(session: nox.Session) -> None:
    """Small faults in the code, each of which a test should see; at least 90 % a room. Takes `-- --sample 60 --rooms sctid`."""
    session.run("python", "-m", "tests.mutants.mutants", *session.posargs)


def _lowest_under(version: str) -> None:
    oldest = ["ci-tests"] if version == PYTHONS[0] else []

    @nox.session(name=f"lowest-{version}", python=version, reuse_venv=True, tags=oldest)
    def lowest_under(session: nox.Session) -> None:
        session.install("-c", "tests/constraints-lowest.txt", ".[test]")
        few = {**INSTALLED, "HYPOTHESIS_PROFILE": "few"}  # what is searched for at length is searched for on the newest
        session.run("pytest", *IN_PARALLEL, *(session.posargs or (*OF_DEPENDENCIES, *OF_NO_DEPENDENCY)), env=few)

    lowest_under.__doc__ = f"The tests under Python {version}, on the lowest version of every dependency that is declared."


for _version in PYTHONS:
    _lowest_under(_version)


def _between(version: str, versions: str) -> None:
    @nox.session(name=f"{versions}-short-{version}", python=version, reuse_venv=True, tags=["ci-beside"])
    def between(session: nox.Session) -> None:
        session.install(*(("-c", "tests/constraints-lowest.txt") if versions == "lowest" else ()), ".[test]")
        few = {**INSTALLED, "HYPOTHESIS_PROFILE": "few"}
        session.run("pytest", "-q", *(session.posargs or OF_EACH_PACKAGE), env=few)

    between.__doc__ = f"Each package asked once under Python {version}, the {versions} versions of all."


for _version in PYTHONS[1:]:
    _between(_version, "lowest")
for _version in PYTHONS[:-1]:
    _between(_version, "newest")
