"""Where the project's folders are, and the real material beside it, which is not part of the project."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
RULESETS = ROOT / "rulesets"
SHARED = ROOT.parent / "shared" / "data"
CASES = ROOT.parent / "shared" / "cases"
ORACLES = ROOT.parent / "shared" / "oracles"
