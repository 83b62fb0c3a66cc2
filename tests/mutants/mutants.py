"""Mutants of the code: small faults put in one at a time, each of which a test should see.

    nox -s mutants -- --sample 60 --seed 1 --rooms sctid

A sample is drawn with a seed, so that a figure can be had again. What survives is printed as a diff: kill it with a test, or name it
in `equivalent.txt` with the reason why nobody could tell it from the code.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.places import ROOT

EQUIVALENT = Path(__file__).parent / "equivalent.txt"
ROOMS = {
    "evaluation": ("evaluation", ["tests/evaluation", "tests/spec", "tests/differential"]),
    "checking": ("language/checking", ["tests/language", "tests/spec"]),
    "fhir": ("formats/fhir", ["tests/formats", "tests/conformance", "tests/doors/test_fuzz.py"]),
    "sctid": ("terminology/sctid.py", ["tests/terminology/test_sctid.py", "tests/terminology/codelists", "tests/spec"]),
}
_COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the file, where, what was there and what stands there now, and the file's new text."""

    path: str
    line: int
    was: str
    now: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.path}: `{self.was}` -> `{self.now}`"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file, in the order of its lines. Annotations, docstrings and imports are left alone."""
    source = path.read_text(encoding="utf-8")
    for node in _code(ast.parse(source)):
        for changed in _changes(node):
            was, now = ast.get_source_segment(source, node) or "", ast.unparse(changed)
            lines = source.splitlines(keepends=True)
            start = len("".join(lines[: node.lineno - 1])) + len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
            if source[start : start + len(was)] == was:
                text = (
                    f"{source[:start]}({now}){source[start + len(was) :]}"
                    if isinstance(node, ast.expr)
                    else (f"{source[:start]}{now}{source[start + len(was) :]}")
                )
                yield Mutant(path.relative_to(ROOT).as_posix(), node.lineno, " ".join(was.split()), " ".join(now.split()), text)


def _code(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    for name, held in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for child in held if isinstance(held, list) else [held]:
            if isinstance(child, (ast.Import, ast.ImportFrom, ast.JoinedStr)) or not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, (ast.expr, ast.stmt)):
                yield child
            yield from _code(child)


def _changes(node: ast.expr | ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[one]) if type(one) in _COMPARE:
            yield _with(node, ops=[_COMPARE[type(one)]()])
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
        case _:
            pass


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def survives(mutant: Mutant, tests: list[str], seconds: float) -> bool:
    """Return whether the tests pass with the mutant in place. One that hangs, or breaks the import, is seen."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "src", Path(folder) / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "rulesets", Path(folder) / "rulesets")
        (Path(folder) / mutant.path).write_text(mutant.text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
        env = {**os.environ, "PYTHONPATH": str(Path(folder) / "src"), "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "ci"}
        try:
            return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, timeout=seconds, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=40, help="how many mutants a room (default 40)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--rooms", nargs="+", choices=sorted(ROOMS), default=sorted(ROOMS), help="which rooms (default all)")
    asked = parser.parse_args()
    known = {line.split(" # ")[0] for line in EQUIVALENT.read_text(encoding="utf-8").splitlines() if line}
    worst = 1.0
    for room in asked.rooms:
        where, tests = ROOMS[room]
        top = ROOT / "src" / "codesafety" / where
        files = sorted(top.rglob("*.py")) if top.is_dir() else [top]
        every = [m for file in files for m in mutants_of(file) if m.name not in known]
        drawn = random.Random(f"{room} {asked.seed}").sample(every, min(asked.sample, len(every)))
        start, left = time.monotonic(), []
        for number, mutant in enumerate(drawn, 1):
            if survives(mutant, tests, 900):
                left.append(mutant)
                print(f"SURVIVED {mutant.path}:{mutant.line} `{mutant.was}` -> `{mutant.now}`", flush=True)
            elif number % 10 == 0:
                print(f"{room}: {number} of {len(drawn)}, {len(left)} survived, {time.monotonic() - start:.0f} s", flush=True)
        score = 1 - len(left) / len(drawn)
        worst = min(worst, score)
        print(
            f"{room}: {len(drawn) - len(left)} of {len(drawn)} seen ({score:.0%}), drawn from {len(every)} with seed {asked.seed}"
        )
    return 0 if worst >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
