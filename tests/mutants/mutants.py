"""Mutants of the code: small faults put in one at a time, each of which a test should see.

    nox -s mutants -- --sample 60 --seed 1 --rooms sctid

A sample is drawn with a seed, so that a figure can be had again. The tests of a room run once under coverage, which is kept for as
long as neither code nor tests change; a mutant is then asked only of the tests that ran its line, the cheapest files first. One that no
test runs has survived. What survives is printed: kill it with a test, or name it in `equivalent.txt` with the reason why nobody
could tell it from the code.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import copy
import hashlib
import importlib
import importlib.util
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil
from pathlib import Path

import coverage
import pytest
from tests.places import ROOT

EQUIVALENT = Path(__file__).parent / "equivalent.txt"
_READING = ("readers_account_for_everything", "readers_fuzz", "readers_xml_and_json", "second_reader")
ROOMS = {
    "evaluation": (
        "evaluation",
        [
            "tests/evaluation",
            "tests/spec",
            "tests/differential",
            "tests/doors/test_explanations.py",
            "tests/plugins/test_predicates.py",
        ],
    ),
    "checking": ("language/checking", ["tests/language", "tests/spec"]),
    "fhir": ("formats/fhir", ["tests/formats", *(f"tests/conformance/test_{name}.py" for name in _READING)]),
    "sctid": (
        "terminology/sctid.py",
        ["tests/terminology/test_sctid.py", "tests/terminology/test_bare_codes.py", "tests/terminology/codelists"],
    ),
}
ENV = {"HYPOTHESIS_PROFILE": "ci"}
WARM = (
    "hypothesis", "pydantic", "lark", "pluggy", "xml.parsers.expat", "typer.testing", "rich", "jinja2", "jsonschema", "polars",
)  # fmt: skip
"""What the tests import beside our own code, imported once for all mutants."""
COLLECTING_S = 0.5  # what one more file costs, beside its tests
BUDGET_S = 60.0  # of tests by their recorded time: what they do not see in it has survived

_COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the file, where, the line that was there and the one that stands there now, and the file's new text.

    `statement` is the first line of the statement around it, which is the line that is seen to run.
    """

    path: str
    within: str
    line: int
    statement: int
    was: str
    now: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.path} {self.within}: `{self.was}` -> `{self.now}`"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file, in the order of its lines. Annotations, docstrings and imports are left alone."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    starts = list(accumulate(map(len, lines), initial=0))

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    name = path.relative_to(ROOT).as_posix()
    for node, within, statement in _code(ast.parse(source), "", 0):
        for changed in _changes(node):
            start, end = place(node.lineno, node.col_offset), place(node.end_lineno or 0, node.end_col_offset or 0)
            now = ast.unparse(changed)
            text = f"{source[:start]}{f'({now})' if isinstance(node, ast.expr) else now}{source[end:]}"
            before = lines[node.lineno - 1].strip()
            after = text[starts[node.lineno - 1] :].partition("\n")[0].strip()
            yield Mutant(name, within, node.lineno, statement, before, after, text)


def _code(node: ast.AST, within: str, statement: int) -> Iterator[tuple[ast.expr | ast.stmt, str, int]]:
    for name, held in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for child in held if isinstance(held, list) else [held]:
            if isinstance(child, (ast.Import, ast.ImportFrom, ast.JoinedStr)) or not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "cast" and child is node.args[0]:
                continue  # a type
            if isinstance(child, ast.Subscript) and ast.unparse(child.value) == "Literal":
                continue  # a type by a name
            if isinstance(child, ast.BoolOp) and isinstance(node, ast.Call) and ast.unparse(child).endswith(" or ''"):
                if getattr(node.func, "attr", "") == "get":
                    child = child.values[0]  # `table.get(name or "")` is for the type checker: no key is None
            if isinstance(child, ast.stmt):
                statement = child.lineno
            if isinstance(child, (ast.expr, ast.stmt)):
                yield child, within, statement
            inner = f"{within}.{child.name}".lstrip(".") if isinstance(child, (ast.FunctionDef, ast.ClassDef)) else within
            yield from _code(child, inner, statement)


def _changes(node: ast.expr | ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=ops):
            for place, one in enumerate(ops):
                if type(one) in _COMPARE:
                    yield _with(node, ops=[*ops[:place], _COMPARE[type(one)](), *ops[place + 1 :]])
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.And() if isinstance(op, ast.Or) else ast.Or())
            yield _with(node, values=node.values[:-1]) if len(node.values) > 2 else node.values[0]
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
            yield _with(node, op=_ARITHMETIC[type(op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value) if value.strip():
            yield ast.Constant("mutant")
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Return(value=held) if held is not None and not (isinstance(held, ast.Constant) and held.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()
        case ast.Expr(value=ast.Call(func=ast.Name("assert_never"))):
            pass  # for the type checker: nothing gets there
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise():
            yield ast.Pass()
        case _:
            pass


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


@dataclass(frozen=True, slots=True)
class Runs:
    """Which tests of a room ran which lines, and the seconds that each took."""

    lines: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]

    def batches(self, mutant: Mutant) -> list[list[str]]:
        """Return the tests to ask, in batches of files: the cheapest first, and what names the mutant's module sooner.

        What runs when a module is imported, no test runs by itself: all are asked then, those that run more of the file first. What
        one test alone runs may be kept for the others: those that run something of the file are asked too.
        """
        lines = self.lines.get(mutant.path, {})
        ran_by = lines.get(mutant.line, set()) | lines.get(mutant.statement, set())
        own, near = ran_by - {""}, set().union(*lines.values()) - {""}
        files: dict[str, list[str]] = {}
        for test in own if len(own) > 1 else near if own else (self.seconds if ran_by else ()):
            files.setdefault(test.partition("::")[0], []).append(test)

        module = ".".join(Path(mutant.path).with_suffix("").parts[1:])

        def cost(file: str) -> tuple[bool, float]:
            seconds = COLLECTING_S + sum(self.seconds[test] for test in files[file])
            names_it = module in (ROOT / file).read_text(encoding="utf-8")
            return not near.intersection(files[file]), seconds / 4 if names_it else seconds

        batches: list[list[str]] = [[], [], []]
        spent = 0.0
        for place, file in enumerate(sorted(files, key=cost)):
            for test in sorted(files[file], key=self.seconds.__getitem__):
                if spent + self.seconds[test] <= BUDGET_S:
                    spent += self.seconds[test]
                    batches[min(place // 3, 2)].append(test)
        return [batch for batch in batches if batch]


def runs_of(room: str) -> Runs:
    """Run the tests of a room, or read what an earlier run of the same code and tests left."""
    where, tests = ROOMS[room]
    source = _top(where) if _top(where).is_dir() else _top(where).parent
    digest = hashlib.sha256()
    for path in sorted(p for top in ("src", "tests", "rulesets", "docs") for p in (ROOT / top).rglob("*.*") if p.is_file()):
        if "__pycache__" not in path.parts and path.parent != EQUIVALENT.parent:
            digest.update(path.read_bytes())
    kept = ROOT / ".coverage-mutants" / f"{room}-{digest.hexdigest()[:16]}"
    times = kept.with_name(f"times-{kept.name}")
    if not times.exists():
        kept.parent.mkdir(exist_ok=True)
        for old in kept.parent.glob(f"*{room}-*"):
            old.unlink()
        how = ["--cov-context=test", "--cov-report=", "--durations=0", "--durations-min=0", "-p", "no:cacheprovider"]
        asked = [sys.executable, "-m", "pytest", *how, f"--cov={source}", *tests]
        env = {**os.environ, **ENV, "PYTHONPATH": str(ROOT / "src"), "COVERAGE_FILE": str(kept)}
        ran = subprocess.run(asked, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            sys.exit(f"the tests of {room} fail without a mutant:\n{ran.stdout[-3000:]}")
        seconds: Counter[str] = Counter()
        for took, test in re.findall(r"^([\d.]+)s (?:setup|call|teardown) +(\S.*)$", ran.stdout, re.MULTILINE):
            seconds[test] += float(took)
        times.write_text(json.dumps(seconds), encoding="utf-8")
    data = coverage.CoverageData(basename=str(kept))
    data.read()
    lines = {
        Path(file).relative_to(ROOT).as_posix(): {
            line: {context.rpartition("|")[0] for context in contexts} for line, contexts in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    return Runs(lines, json.loads(times.read_text(encoding="utf-8")))


class _Chosen:
    """Keeps the tests of one batch, in its order."""

    def __init__(self, tests: list[str]) -> None:
        self.place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.place), key=lambda i: self.place[i.nodeid])


def seen(mutant: Mutant, runs: Runs, folder: Path) -> bool:
    """Return whether a test fails with the mutant put into the copy in `folder`. One that hangs, or breaks the import, is seen."""
    file = folder / mutant.path
    kept = file.read_text(encoding="utf-8")
    Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
    file.write_text(mutant.text, encoding="utf-8")
    try:
        return any(_fails(batch, folder, 20 + 2 * sum(runs.seconds[t] for t in batch)) for batch in runs.batches(mutant))
    finally:
        file.write_text(kept, encoding="utf-8")


def _fails(tests: list[str], folder: Path, seconds: float) -> bool:
    child = os.fork()
    if child == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(seconds), ceil(seconds) + 1))  # of work, whatever else the machine does
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        sys.path.insert(0, str(folder / "src"))
        sys.dont_write_bytecode = True
        os.environ.update(ENV, PYTHONPATH=str(folder / "src"))
        files = dict.fromkeys(test.partition("::")[0] for test in tests)
        code = 1  # where not even pytest starts, for the mutant breaks its plugin
        try:
            code = pytest.main(["-x", "--assert=plain", "-p", "no:cacheprovider", *files], plugins=[_Chosen(tests)])
        finally:
            os._exit(code)
    deadline = time.monotonic() + 20 * seconds  # of one that waits, and does not work
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            if code < 0:
                print(f"ended after {seconds:.0f} s of work, which counts as seen", flush=True)
            return code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print(f"killed after {20 * seconds:.0f} s, which counts as seen", flush=True)
    return True


def _top(where: str) -> Path:
    return ROOT / "src" / "codesafety" / where


def files_of(room: str) -> list[Path]:
    top = _top(ROOMS[room][0])
    return sorted(top.rglob("*.py")) if top.is_dir() else [top]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=60, help="how many mutants a room (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--rooms", nargs="+", choices=sorted(ROOMS), default=sorted(ROOMS), help="which rooms (default all)")
    asked = parser.parse_args()
    os.chdir(ROOT)
    known = {line.split(" ## ")[0] for line in EQUIVALENT.read_text(encoding="utf-8").splitlines() if line}
    for module in WARM:
        importlib.import_module(module)
    worst = 1.0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for part in ("src", "rulesets"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(folder / "src", quiet=1)
        for room in asked.rooms:
            every = [m for file in files_of(room) for m in mutants_of(file) if m.name not in known]
            drawn = random.Random(f"{room} {asked.seed}").sample(every, min(asked.sample, len(every)))
            start, runs, left = time.monotonic(), runs_of(room), 0
            if seen(replace(drawn[0], text=(ROOT / drawn[0].path).read_text(encoding="utf-8")), runs, folder):
                sys.exit(f"{room}: the tests fail in the copy without a mutant")
            for number, mutant in enumerate(drawn, 1):
                if not seen(mutant, runs, folder):
                    left += 1
                    print(f"SURVIVED {mutant.path}:{mutant.line} {mutant.name.partition(' ')[2]}", flush=True)
                if number % 10 == 0:
                    print(f"{room}: {number} of {len(drawn)}, {left} survived, {time.monotonic() - start:.0f} s", flush=True)
            score = 1 - left / len(drawn)
            worst = min(worst, score)
            print(
                f"{room}: {len(drawn) - left} of {len(drawn)} seen ({score:.0%}) of {len(every)}, seed {asked.seed}", flush=True
            )
    return 0 if worst >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
