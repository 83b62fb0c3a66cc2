"""Write what STU3 and R4 have in the resources that become items: `formats/fhir/places.txt`, their coded elements (and the tests' list
of those of all resources), `formats/fhir/elements.txt`, each element with its type, and `formats/fhir/names.txt`, the names of all.

    python -m venv v && v/bin/pip install fhir.resources==8.3.0 . && v/bin/python tools/build_fhir_places.py

Source: HL7 FHIR STU3 and R4 (CC0), through the models of the package `fhir.resources` (R4B, which has the elements of R4).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parents[1]
OUT = HERE / "src" / "codesafety" / "formats" / "fhir" / "places.txt"
ELEMENTS = OUT.with_name("elements.txt")
NAMES = OUT.with_name("names.txt")
ALL = HERE / "tests" / "formats" / "fhir" / "places_of_fhir.txt"
_TYPE = re.compile(r"abc\.(\w+?)Type\b")
_CODED = ("CodeableConcept", "Coding", "CodeableReference")
_ELSEWHERE = ("Resource", "Extension", "FHIRPrimitiveExtension", "Element", "Narrative", "Reference", "Identifier", "Meta")
_OPEN = re.compile(r"\.value(DataRequirement|Dosage|Meta|Signature|Timing|TriggerDefinition|UsageContext)\b")
_PLAIN = (("boolean", re.compile(r"\bbool\b")), ("number", re.compile(r"\b(int|decimal\.Decimal)\b")))
_REPEATS = {frozenset({True}): "*", frozenset({True, False}): "+", frozenset({False}): ""}
_BESIDES = ("Patient", "List")
"""Resources that say whose items are, and which of them still count."""
_HEAD_OF_ELEMENTS = "# Type, then each of its elements in STU3 or R4 with its types, and * where it repeats, or +\n# where it repeats in one of the two. Written by tools/build_fhir_places.py.\n"
_HEAD_OF_NAMES = "# Every resource and element of STU3 or R4. Written by tools/build_fhir_places.py.\n"
_HEAD = "# Resource, then the way to each of its coded elements in STU3 or R4. Written by tools/build_fhir_places.py.\n"


def models(package: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg or module.name.startswith("test_"):
            continue
        held = importlib.import_module(f"{package.__name__}.{module.name}")
        found |= {n: v for n, v in vars(held).items() if hasattr(v, "model_fields") and v.__module__ == held.__name__}
    return found


def places(known: dict[str, Any], kind: str) -> set[str]:
    found: set[str] = set()

    def walk(model: Any, at: str, above: tuple[str, ...]) -> None:
        for name, field in model.model_fields.items():
            if name in ("contained", "text", "extension", "modifierExtension", "fhir_comments") or name.endswith("__ext"):
                continue
            way = f"{at}.{field.alias or name}" if at else (field.alias or name)
            for held in _TYPE.findall(str(field.annotation)):
                if held in _CODED:
                    found.add(way)
                elif held not in _ELSEWHERE and held in known and held not in above:
                    walk(known[held], way, (*above, held))

    walk(known[kind], "", (kind,))
    return {way for way in found if not _OPEN.search(f".{way}")}


def elements(versions: list[dict[str, Any]], kinds: set[str]) -> dict[str, str]:
    """Return a line for each kind of resource and each type that it is built of."""
    lines: dict[str, str] = {}
    waiting = sorted(kinds)
    while waiting:
        name = waiting.pop()
        found: dict[str, tuple[set[str], set[bool]]] = {}
        for model in (known[name] for known in versions if name in known):
            for field, held in model.model_fields.items():
                if field == "fhir_comments" or field.endswith("__ext"):
                    continue
                words = str(held.annotation)
                types = _TYPE.findall(words) or [next((plain for plain, wanted in _PLAIN if wanted.search(words)), "text")]
                all_types, repeats = found.setdefault(held.alias or field, (set(), set()))
                all_types.update(types)
                repeats.add("List[" in words)
        lines[name] = " ".join(
            (name, *(f"{n}:{'|'.join(sorted(t))}{_REPEATS[frozenset(r)]}" for n, (t, r) in sorted(found.items())))
        )
        used = {t for types, _ in found.values() for t in types if t[:1].isupper()} - {"Extension", "Resource"}
        waiting.extend(used - lines.keys() - set(waiting))
    return lines


def names(versions: list[dict[str, Any]], resources: set[str]) -> list[str]:
    """Return the name of every resource, and of every element of any type."""
    models = [model for known in versions for model in known.values()]
    held = {field.alias or name for model in models for name, field in model.model_fields.items() if not name.endswith("__ext")}
    return sorted(resources | {name for name in held if name.isalnum()})


def main() -> None:
    from codesafety.formats.fhir.entries import SHAPES
    from codesafety.formats.fhir.medicines import KINDS

    versions = [models(importlib.import_module(name)) for name in ("fhir.resources.STU3", "fhir.resources.R4B")]
    resources = {
        n
        for known in versions
        for n, m in known.items()
        if "contained" in m.model_fields or n in ("Binary", "Bundle", "Parameters")
    }
    lines = {}
    for kind in sorted(resources - {"DomainResource"}):
        found = set().union(*(places(known, kind) for known in versions if kind in known))
        lines[kind] = " ".join((kind, *sorted(found)))
    OUT.write_text(_HEAD + "\n".join(lines[k] for k in sorted({*SHAPES, *KINDS} & lines.keys())) + "\n", encoding="utf-8")
    typed = elements(versions, {*SHAPES, *KINDS, *_BESIDES})
    ELEMENTS.write_text(_HEAD_OF_ELEMENTS + "\n".join(typed[k] for k in sorted(typed)) + "\n", encoding="utf-8")
    NAMES.write_text(_HEAD_OF_NAMES + "\n".join(names(versions, resources)) + "\n", encoding="utf-8")
    ALL.write_text(_HEAD + "\n".join(lines.values()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
