"""What plugins declare, looked through when an engine is loaded: rulesets, readers, code maps, predicates."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from codesafety.errors import ConfigurationError, PluginError
from codesafety.evaluation.codes import FHIR_CODE
from codesafety.evaluation.predicates import BoundPredicate
from codesafety.ir import Kind, Ruleset, Signature, code_key
from codesafety.plugins.checks import Check, Complaint
from codesafety.plugins.hookspecs import CodeMap
from codesafety.plugins.manager import PluginManager, ask, collect
from codesafety.plugins.reading import Reader, TableReader
from codesafety.terminology.sctid import is_concept_id
from codesafety.terminology.systems import canonical, normal_code

_MOST_SHOWN = 10
_CHECKS = "codesafety_checks"
_PREDICATE_NAME = re.compile(r"[a-z][a-z0-9_.-]*/[a-z][a-z0-9_-]*")


def rulesets(made: PluginManager, *, but: str | None) -> list[Path]:
    """Return the rulesets that plugins bring. Raises PluginError for one that is not there."""
    hook = "codesafety_rulesets"
    found = collect(made, hook, Path, but=but)
    for plugin, path in found:
        if not path.exists():
            raise PluginError(plugin, hook, f"there is no folder `{path}`")
    return [path for _, path in found]


def readers(made: PluginManager, *, but: str) -> tuple[tuple[str, Reader | TableReader], ...]:
    """Return (plugin, reader). Raises PluginError for what cannot be asked as one."""
    hook = "codesafety_readers"
    found: list[tuple[str, Reader | TableReader]] = []
    for plugin, one in collect(made, hook, object, but=but):
        lacking = ask(plugin, hook, _lacking, one)
        if lacking or not isinstance(one, Reader | TableReader):
            raise PluginError(plugin, hook, f"a reader has no {lacking or 'methods of its own'}")
        found.append((plugin, one))
    return tuple(found)


def _lacking(reader: object) -> str | None:
    """Return what keeps an object from being a reader."""
    name = getattr(reader, "name", None)
    if not isinstance(name, str) or not name:
        return "`name`"
    wanted = ("recognises",) if callable(getattr(reader, "read_many", None)) else ("recognises", "read", "read_record")
    return next((f"`{method}` (`{name}`)" for method in wanted if not callable(getattr(reader, method, None))), None)


def code_maps(made: PluginManager) -> tuple[tuple[str, CodeMap], ...]:
    """Return (plugin, map), each with a copy of its codes as sets hold them.

    Raises ConfigurationError that names plugin and map, and each bad entry by its place: a map that is not whole maps nothing.
    """
    found: list[tuple[str, CodeMap]] = []
    for plugin, one in collect(made, "codesafety_code_maps", CodeMap):
        if not isinstance(one.name, str) or not one.name.strip():
            raise ConfigurationError(f"a code map of plugin `{plugin}` has no name")
        called = f"the code map `{one.name}` of plugin `{plugin}`"
        if (plugin, one.name) in {(other, known.name) for other, known in found}:
            raise ConfigurationError(f"{called} is given twice")
        system = canonical(one.system) if isinstance(one.system, str) else None
        if system is None:
            raise ConfigurationError(f"{called} names no code system\n  = help: give its URI as the messages write it")
        if system == "sct":
            raise ConfigurationError(f"{called} maps SNOMED CT or dm+d itself\n  = help: their codes are judged as they are")
        if not isinstance(one.codes, Mapping):
            raise ConfigurationError(f"{called} gives no codes by their targets\n  = help: give a dict from code to concept id")
        codes: dict[str, str] = ask(plugin, "codesafety_code_maps", dict, one.codes)
        faults = [(place, fault) for place, pair in enumerate(codes.items(), 1) if (fault := _fault(*pair))]
        _refuse(called, faults)
        found.append((plugin, replace(one, system=system, codes=codes)))
    return tuple(found)


def merged(maps: Iterable[tuple[str, CodeMap]]) -> dict[str, str]:
    """Return the concept by key (`system|code`) of all maps. Raises ConfigurationError where two entries are of one code."""
    whole: dict[str, str] = {}
    owner: dict[str, str] = {}
    for plugin, one in maps:
        called = f"the code map `{one.name}` of plugin `{plugin}`"
        faults = []
        for place, (code, concept) in enumerate(one.codes.items(), 1):
            key = code_key(one.system, normal_code(one.system, code))
            if key in whole:
                how = "as" if whole[key] == concept else "to another concept than"
                faults.append((place, f"its code is mapped already, {how} in {owner[key]}"))
            whole[key], owner[key] = concept, called
        _refuse(called, faults)
    return whole


def _fault(code: object, concept: object) -> str | None:
    """Return what is wrong with one entry, without its words."""
    if not isinstance(code, str) or not FHIR_CODE.fullmatch(code):
        return "its code is no text, is empty, or has white space around it"
    if not isinstance(concept, str) or not is_concept_id(concept):
        return "its target is no well-formed SNOMED CT concept id (six to eighteen digits as text, partition, check digit)"
    return None


def _refuse(called: str, faults: Sequence[tuple[int, str]]) -> None:
    if not faults:
        return
    lines = [f"entry {place}: {fault}" for place, fault in faults[:_MOST_SHOWN]]
    if len(faults) > _MOST_SHOWN:
        lines.append(f"and {len(faults) - _MOST_SHOWN} more entries")
    raise ConfigurationError("\n  ".join([f"{called} cannot be used:", *lines]))


def predicates(made: PluginManager) -> dict[str, BoundPredicate]:
    """Return predicates by name. Raises PluginError for one whose declaration does not hold together."""
    hook = "codesafety_predicates"
    found: dict[str, BoundPredicate] = {}
    for plugin, one in collect(made, hook, BoundPredicate):
        if fault := _misdeclared(one):
            raise PluginError(plugin, hook, fault)
        name = one.signature.name
        if name in found:
            raise PluginError(plugin, hook, f"the predicate `{name}` is declared twice")
        found[name] = replace(one, plugin=plugin, owners=_owners(one.signature))
    return found


def _misdeclared(predicate: BoundPredicate) -> str | None:
    signature = predicate.signature
    if not isinstance(signature, Signature) or not isinstance(signature.name, str):
        return "a predicate has no signature with a name"
    called = f"the predicate `{signature.name}`"
    if not _PREDICATE_NAME.fullmatch(signature.name):
        return f"{called} is not named `plugin/name`, in small letters"
    if not signature.kinds or not all(isinstance(kind, Kind) for kind in signature.kinds):
        return f"{called} has no kinds of arguments"
    if Kind.TEXT in signature.kinds:
        return f"{called} takes a text, which no predicate is handed: rules ask of it what its words say, and its day"
    if not isinstance(signature.fields, tuple):
        return f"the fields of {called} are no tuple"
    if unknown := [str(one) for one, places in _owners(signature).items() if not places]:
        return f"{called} names fields that none of its arguments has: {', '.join(unknown)}"
    if not callable(predicate.call):
        return f"{called} cannot be called"
    try:
        inspect.signature(predicate.call).bind(*signature.kinds)
    except TypeError:
        return f"{called} does not take the arguments that it declares"
    except ValueError:
        pass  # a function of C that tells nothing of its arguments
    return None


def _owners(signature: Signature) -> dict[str, tuple[int, ...]]:
    """Return the places of the arguments that have each field: a row of a table may have any that no other argument has."""
    from codesafety.language.schema import FIELDS

    kinds = list(enumerate(signature.kinds))
    rows = tuple(place for place, kind in kinds if kind is Kind.ROW)
    return {
        one: tuple(place for place, kind in kinds if kind in FIELDS and one in FIELDS[kind]) or rows for one in signature.fields
    }


def checks(made: PluginManager) -> tuple[tuple[str, Check], ...]:
    """Return (plugin, check). Raises PluginError for one whose name is no `plugin/name`, or is taken."""
    found: list[tuple[str, Check]] = []
    for plugin, one in collect(made, _CHECKS, Check):
        if not isinstance(one.name, str) or not _PREDICATE_NAME.fullmatch(one.name):
            raise PluginError(plugin, _CHECKS, f"the check `{one.name}` is not named `plugin/name`, in small letters")
        if one.name in {other.name for _, other in found}:
            raise PluginError(plugin, _CHECKS, f"the check `{one.name}` is given twice")
        found.append((plugin, one))
    return tuple(found)


def complaints(plugin: str, check: Check, ruleset: Ruleset) -> Sequence[Complaint]:
    """Return what a check has to say of a ruleset. Raises PluginError whatever it raises, and where it returns anything else."""
    found = ask(plugin, check.name, lambda: list(check.look(ruleset)))
    for one in found:
        if not isinstance(one, Complaint) or not isinstance(one.message, str):
            raise PluginError(plugin, check.name, "it returned something that is no Complaint")
    return found
