"""A new ruleset, rule, plugin or check that passes everything as it is, to be changed one thing at a time. Nothing is overwritten."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path

from codesafety.errors import InputError, RuleError
from codesafety.language import format_text, parse
from codesafety.language.parsing import syntax
from codesafety.language.schema import LANGUAGES
from codesafety.paths import writing

_TEMPLATES = Path(__file__).parent / "templates" / "new"
_RULESET = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*")
_RULE = re.compile(r"[a-z][a-z0-9_-]*")
_CODES = (
    ("195967001", "Asthma"),
    ("44054006", "Diabetes mellitus type 2"),
    ("22298006", "Myocardial infarction"),
    ("84114007", "Heart failure"),
    ("49436004", "Atrial fibrillation"),
    ("13645005", "Chronic obstructive lung disease"),
    ("35489007", "Depressive disorder"),
    ("40930008", "Hypothyroidism"),
    ("84757009", "Epilepsy"),
    ("52448006", "Dementia"),
    ("69896004", "Rheumatoid arthritis"),
    ("9014002", "Psoriasis"),
)
"""Codes of the first rule of a file, each taken once in a ruleset: two rules that mean the same would be told as twins."""


def ruleset(name: str, place: Path) -> list[Path]:
    """Write a ruleset with one rule into a new folder of its name, below a folder. Return the files. Raises InputError, OSError."""
    _named(name, _RULESET, "a ruleset", "small letters, digits, `-`, `_`, with dots between parts: `acme.pregnancy`")
    folder = place / name
    if folder.exists():
        raise InputError(
            "it is there already, and nothing was written", source=str(folder), help="give another name, or remove it"
        )
    head = f'ruleset {name} {{ title "{name}" version 0.1.0 language {LANGUAGES[-1]} review none }}\n'
    code, term = _CODES[0]
    rule = "dated-before-birth"
    return _write(
        folder,
        {
            f"{name}.rules": _laid_out(head, name) + "\n" + _rule(rule, code, term),
            "README.md": _filled("README.md", {"name": name, "folder": name, "rule": rule}),
        },
    )


def rule(name: str, place: Path) -> list[Path]:
    """Write a file with one rule into the ruleset at a place, or the only one below it. Return the file. Raises InputError, OSError."""
    _named(name, _RULE, "a rule", "small letters, digits, `-` and `_`: `pregnant-man`")
    folder = _ruleset_at(place)
    texts = "\n".join(file.read_text("utf-8") for file in sorted(folder.glob("*.rules")))
    free = next(((code, term) for code, term in _CODES if code not in texts), None)
    if free is None:
        raise InputError(
            "every code that a new rule could begin with is in this ruleset", source=str(folder), help="copy one of its rules"
        )
    if re.search(rf"^\s*rule\s+{re.escape(name)}\s*\{{", texts, re.MULTILINE) or (folder / f"{name}.rules").exists():
        raise InputError(f"there is a rule or a file `{name}` already", source=str(folder), help="give another name")
    return _write(folder, {f"{name}.rules": _rule(name, *free)})


def plugin(name: str, place: Path) -> list[Path]:
    """Write a package with a predicate, a ruleset that calls it, and tests, into a new folder. Return the files. Raises InputError, OSError."""
    return _package(name, place, "plugin", "A plugin of codesafety: a predicate, and a ruleset that calls it")


def check(name: str, place: Path) -> list[Path]:
    """Write a package with a team's own check of rules, and its tests, into a new folder. Return the files. Raises InputError, OSError."""
    return _package(name, place, "check", "A team's own check of rules")


def _package(name: str, place: Path, kind: str, what: str) -> list[Path]:
    module = name.replace("-", "_")
    _named(name, _RULE, f"a {kind}", "small letters, digits, `-` and `_`: `acme-rules`")
    if keyword.iskeyword(module) or module in ("codesafety", "test", "tests"):
        raise InputError(f"a package cannot be called `{name}`", help="give another name")
    folder = place / name
    if folder.exists():
        raise InputError(
            "it is there already, and nothing was written", source=str(folder), help="give another name, or remove it"
        )
    own = module.replace("_", "-").strip("-")
    given = {"name": own, "package": name, "module": module, "what": what, "ruleset": f"{own}.checks"}
    files = {
        "pyproject.toml": _filled("pyproject.toml", given),
        f"src/{module}/__init__.py": _filled(f"{kind}.py", given),
        f"src/{module}/py.typed": "",
        f"tests/test_{module}.py": _filled(f"test_{kind}.py", given),
    }
    if kind == "plugin":
        files[f"src/{module}/rulesets/{own}.checks/checks.rules"] = _laid_out(_filled("plugin.rules", given), name)
    return _write(folder, files)


def _rule(name: str, code: str, term: str) -> str:
    """Return a rule file with one rule, laid out."""
    own = {"rule": name, "set": f"{name.replace('-', '_')}_codes", "code": code, "term": term}
    return _laid_out(_filled("rule.rules", own), name)


def _laid_out(text: str, name: str) -> str:
    """Return rules laid out. Raises InputError for a name that the language has a meaning for."""
    try:
        return format_text(text, f"{name}.rules")
    except RuleError:
        raise InputError(f"`{name}` cannot be a name: the language has a meaning for it", help="give another name") from None


def _filled(template: str, given: Mapping[str, str]) -> str:
    text = (_TEMPLATES / f"{template}.txt").read_text("utf-8")
    for name, value in given.items():
        text = text.replace(f"@{name}@", value)
    return text


def _named(name: str, form: re.Pattern[str], what: str, help: str) -> None:
    if not form.fullmatch(name):
        raise InputError(f"`{name}` is no name of {what}", help=help)


def _ruleset_at(place: Path) -> Path:
    """Return the folder of the ruleset at a place, or of the only one below it."""
    if _has_header(place):
        return place
    below = [folder for folder in sorted(place.iterdir()) if folder.is_dir() and _has_header(folder)] if place.is_dir() else []
    if len(below) == 1:
        return below[0]
    found = "there is no ruleset here" if not below else f"there are {len(below)} rulesets here"
    remedy = "`codesafety new ruleset NAME` makes one" if not below else f"give --in FOLDER: {', '.join(f.name for f in below)}"
    raise InputError(found, source=str(place), help=remedy)


def _has_header(folder: Path) -> bool:
    for file in sorted(folder.glob("*.rules")) if folder.is_dir() else ():
        try:
            declared = parse(file.read_text("utf-8-sig"), file.as_posix()).declarations
        except (RuleError, OSError, UnicodeDecodeError):
            continue
        if any(isinstance(one, syntax.Ruleset) for one in declared):
            return True
    return False


def _write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    made = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as stream:
            stream.write(text)
        made.append(path)
    return made
