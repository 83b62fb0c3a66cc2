"""Mutants of messages at the level of their tree: move, duplicate, delete, rename, wrap, change type, swap; JSON and XML.

A mutant is made of a seed alone, so that one that escapes can be made again.
"""

from __future__ import annotations

import copy
import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CODE = "77386006"
DENIAL = "Not pregnant"
SCT = "http://snomed.info/sct"
FHIR = "http://hl7.org/fhir"
NAMES = ("code", "coding", "text", "display", "value", "valueCodeableConcept", "extension", "contained", "note", "category", "kode",
         "subject", "entry", "resource", "status", "system", "component", "reasonCode", "diagnosis", "item", "parameter", "id")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Base:
    """A message to be mutated: its name, its form, and its bytes."""

    name: str
    form: str
    data: bytes


def bases(folders: list[Path]) -> list[Base]:
    """Return the messages of the folders, each with the denied code grafted in where it has none. Tables are left out."""
    found = []
    for path in sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in (".json", ".xml")):
        data = path.read_bytes()
        try:
            found.append(
                Base(path.name, path.suffix[1:], _json_with_code(data) if path.suffix == ".json" else _xml_with_code(data))
            )
        except (ValueError, ET.ParseError):
            continue
    return found


_LARGE, _ENTRIES = 200_000, 40
_CONCEPT = f'<coding><system value="{SCT}"/><code value="{CODE}"/><display value="Pregnant"/></coding><text value="{DENIAL}"/>'


def _json_with_code(data: bytes) -> bytes:
    tree = json.loads(data)
    if isinstance(tree, dict) and len(data) > _LARGE:
        tree["entry"] = tree.get("entry", [])[:_ENTRIES]
        data = json.dumps(tree).encode()
    if CODE.encode() in data and DENIAL.encode() in data:
        return data
    if not isinstance(tree, dict) or "resourceType" not in tree:
        raise ValueError("no FHIR")
    denied = {"coding": [{"system": SCT, "code": CODE, "display": "Pregnant"}], "text": DENIAL}
    if tree["resourceType"] == "Bundle":
        patient = next(
            (e["resource"] for e in tree.get("entry", ()) if e.get("resource", {}).get("resourceType") == "Patient"), None
        )
        grafted = {
            "resourceType": "Observation",
            "id": "grafted",
            "status": "final",
            "code": denied,
            "effectiveDateTime": "2026-03-04",
        }
        if patient is not None and "id" in patient:
            grafted["subject"] = {"reference": f"Patient/{patient['id']}"}
        tree.setdefault("entry", []).append({"resource": grafted})
    else:
        tree.setdefault("extension", []).append({"url": "http://example.org/grafted", "valueCodeableConcept": denied})
    return json.dumps(tree).encode()


def _xml_with_code(data: bytes) -> bytes:
    if CODE.encode() in data and DENIAL.encode() in data:
        return data
    ET.register_namespace("", FHIR)
    tree = ET.fromstring(data)
    if tree.tag != f"{{{FHIR}}}Bundle":
        extension = f'<extension xmlns="{FHIR}" url="http://example.org/grafted"><valueCodeableConcept>{_CONCEPT}</valueCodeableConcept></extension>'
        tree.insert(0, ET.fromstring(extension))
        return ET.tostring(tree)
    grafted = (
        f'<entry xmlns="{FHIR}"><resource><Observation><id value="grafted"/><status value="final"/><code>{_CONCEPT}</code>'
        "</Observation></resource></entry>"
    )
    tree.append(ET.fromstring(grafted))
    return ET.tostring(tree)


# ------------------------------------------------------------------------------------------ JSON


def _spots(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in items:
        yield (*at, key)
        yield from _spots(held, (*at, key))


def _get(tree: Any, spot: tuple[Any, ...]) -> Any:
    for key in spot:
        tree = tree[key]
    return tree


def _put(tree: Any, spot: tuple[Any, ...], value: Any) -> None:
    _get(tree, spot[:-1])[spot[-1]] = value


def _take(tree: Any, spot: tuple[Any, ...]) -> Any:
    holder = _get(tree, spot[:-1])
    return holder.pop(spot[-1])


def _insert(tree: Any, spot: tuple[Any, ...], value: Any, rng: random.Random) -> None:
    holder = _get(tree, spot)
    if isinstance(holder, list):
        holder.insert(rng.randint(0, len(holder)), value)
    elif isinstance(holder, dict):
        holder[rng.choice(NAMES)] = value


def _near(spots: list[tuple[Any, ...]], tree: Any, rng: random.Random) -> tuple[Any, ...]:
    """Choose a place, one on the way to the code more often than any other."""
    if rng.random() < 0.6:
        ways = [s for s in spots if _get(tree, s) == CODE]
        if ways:
            way = rng.choice(ways)
            near = [s for s in spots if s == way[: len(s)] or s[:-1] == way[:-1] or s[:-1] == way[:-3]]
            return rng.choice(near)
    return rng.choice(spots)


def _mutate_json(tree: Any, rng: random.Random) -> None:
    spots = list(_spots(tree))
    if not spots:
        return
    spot = _near(spots, tree, rng)
    holders = [s for s in spots if isinstance(_get(tree, s), (dict, list)) and s[: len(spot)] != spot]
    match rng.choice(("move", "duplicate", "delete", "rename", "wrap", "type", "swap")):
        case "move" if holders:
            target = rng.choice(holders)
            value = copy.deepcopy(_get(tree, spot))
            _insert(tree, target, value, rng)
            _delete_same(tree, spot, value)
        case "duplicate" if holders:
            _insert(tree, rng.choice(holders), copy.deepcopy(_get(tree, spot)), rng)
        case "delete":
            _take(tree, spot)
        case "rename" if isinstance(spot[-1], str):
            value = _take(tree, spot)
            name = rng.choice((*NAMES, "_" + spot[-1], spot[-1].upper(), spot[-1] + "x"))
            _get(tree, spot[:-1])[name] = value
        case "wrap":
            value = _get(tree, spot)
            _put(
                tree,
                spot,
                rng.choice(([value], {rng.choice(NAMES): value}, [[value]], {"extension": [{"url": "x", "value": value}]})),
            )
        case "type":
            value = _get(tree, spot)
            _put(
                tree,
                spot,
                rng.choice((None, True, 0, str(value) if not isinstance(value, (dict, list)) else "", [], {}, _number(value))),
            )
        case "swap":
            other = rng.choice(spots)
            if other[: len(spot)] != spot and spot[: len(other)] != other:
                one, two = _get(tree, spot), _get(tree, other)
                _put(tree, spot, two)
                _put(tree, other, one)
        case _:
            pass


def _delete_same(tree: Any, spot: tuple[Any, ...], value: Any) -> None:
    try:
        if _get(tree, spot) == value:
            _take(tree, spot)
    except (KeyError, IndexError, TypeError):
        pass  # an insertion before it moved it: the mutant then has it twice


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


# ------------------------------------------------------------------------------------------ XML


def _mutate_xml(tree: ET.Element, rng: random.Random) -> None:
    pairs = [(parent, child) for parent in tree.iter() for child in parent]
    if not pairs:
        return
    ways = [(p, c) for p, c in pairs if any(e.get("value") == CODE for e in c.iter())]
    parent, child = rng.choice(ways if ways and rng.random() < 0.6 else pairs)
    inside = set(child.iter())
    holders = [e for e in tree.iter() if e not in inside]
    match rng.choice(("move", "duplicate", "delete", "rename", "wrap", "type", "swap")):
        case "move":
            parent.remove(child)
            target = rng.choice(holders)
            target.insert(rng.randint(0, len(target)), child)
        case "duplicate":
            target = rng.choice(holders)
            target.insert(rng.randint(0, len(target)), copy.deepcopy(child))
        case "delete":
            parent.remove(child)
        case "rename":
            child.tag = f"{{{FHIR}}}{rng.choice((*NAMES, 'Claim', 'Parameters', 'List'))}"
        case "wrap":
            at = list(parent).index(child)
            parent.remove(child)
            around = ET.Element(f"{{{FHIR}}}{rng.choice(NAMES)}")
            around.append(child)
            parent.insert(at, around)
        case "type":
            value = child.attrib.pop("value", None)
            rng.choice(
                (
                    lambda: child.set("value", ""),
                    lambda: child.set("id", value or "x"),
                    lambda: child.set("value", "x"),
                    lambda: setattr(child, "text", value or "x"),
                )
            )()
        case "swap":
            other_parent, other = rng.choice(pairs)
            if other not in inside and child not in set(other.iter()):
                at, other_at = list(parent).index(child), list(other_parent).index(other)
                parent[at], other_parent[other_at] = other, child


def mutate(base: Base, seed: int) -> bytes:
    """Return the mutant of a base with a seed, whatever became of its code."""
    return _mutated(base, seed)[0]


def mutant(base: Base, seed: int) -> bytes | None:
    """Return the mutant of a base with a seed, or None where it no longer has the code with its denial (see `denied`)."""
    data, denied = _mutated(base, seed)
    return data if denied else None


def _mutated(base: Base, seed: int) -> tuple[bytes, bool]:
    rng = random.Random(f"{base.name} {seed}")
    rounds = rng.choice((1, 1, 2, 3))
    if base.form == "json":
        tree = json.loads(base.data)
        for _ in range(rounds):
            _mutate_json(tree, rng)
        return json.dumps(tree).encode(), _denied_json(tree)
    ET.register_namespace("", FHIR)
    root = ET.fromstring(base.data)
    for _ in range(rounds):
        _mutate_xml(root, rng)
    return ET.tostring(root), _denied_xml(root)


_NO_WORDS = ("id", "identifier", "reference", "telecom")
"""Elements that hold no code and no words, whatever stands in them."""


def _denied_json(tree: Any) -> bool:
    """Return whether the code stands in an object that has the denial in it, or around it by one concept."""
    return any(_holds(held, CODE, 3) and _holds(held, DENIAL, 3) for held in _objects(tree))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for held in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(held)


def _holds(value: Any, text: str, depth: int) -> bool:
    if value == text:
        return True
    inner = (
        [v for k, v in value.items() if k not in _NO_WORDS]
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else ()
    )
    return depth > 0 and any(_holds(v, text, depth - 1) for v in inner)


def _denied_xml(tree: ET.Element) -> bool:
    return any(_holds_xml(e, CODE, 2) and _holds_xml(e, DENIAL, 2) for e in tree.iter())


def _holds_xml(element: ET.Element, text: str, depth: int) -> bool:
    if element.tag.rsplit("}", 1)[-1] in _NO_WORDS:
        return False
    if text in (element.get("value"), (element.text or "").strip()):
        return True
    return depth > 0 and any(_holds_xml(child, text, depth - 1) for child in element)
