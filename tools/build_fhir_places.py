"""Write where STU3 and R4 have coded elements: `formats/fhir/places.txt` for the resources that become items, and the tests' list of all.

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
ALL = HERE / "tests" / "formats" / "fhir" / "places_of_fhir.txt"
_TYPE = re.compile(r"abc\.(\w+?)Type\b")
_CODED = ("CodeableConcept", "Coding", "CodeableReference")
_ELSEWHERE = ("Resource", "Extension", "FHIRPrimitiveExtension", "Element", "Narrative", "Reference", "Identifier", "Meta")
_OPEN = re.compile(r"\.value(DataRequirement|Dosage|Meta|Signature|Timing|TriggerDefinition|UsageContext)\b")
_HEAD = "# Resource, then the way to each of its coded elements in STU3 or R4. Written by tools/build_fhir_places.py.\n"


def models(package: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg or module.name.startswith("test"):
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


def main() -> None:
    from codesafety.formats.fhir.entries import SHAPES
    from codesafety.formats.fhir.medicines import KINDS

    versions = [models(importlib.import_module(name)) for name in ("fhir.resources.STU3", "fhir.resources.R4B")]
    resources = {
        n for known in versions for n, m in known.items() if "contained" in m.model_fields or n in ("Bundle", "Parameters")
    }
    lines = {}
    for kind in sorted(resources - {"DomainResource"}):
        found = set().union(*(places(known, kind) for known in versions if kind in known))
        lines[kind] = " ".join((kind, *sorted(found)))
    OUT.write_text(_HEAD + "\n".join(lines[k] for k in sorted({*SHAPES, *KINDS} & lines.keys())) + "\n", encoding="utf-8")
    ALL.write_text(_HEAD + "\n".join(lines.values()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
