"""Bundles are built here, asked whether they are what their own texts say, and compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesafety import __version__, builtin, ir
from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.bundle import Bundle, PredicateHeld, TerminologyHeld, encoded, form, found, rulesets_held, write
from codesafety.diagnostics import Diagnostics
from codesafety.engine import find_hazards, frozen_terminology, open_terminology, places_of
from codesafety.errors import ConfigurationError
from codesafety.evaluation.binding import Expanded, expand
from codesafety.evaluation.predicates import BoundPredicate
from codesafety.hazards import read_toml
from codesafety.language import load_found
from codesafety.language.files import Loaded, find, read_named
from codesafety.plain import conform
from codesafety.plugins import declared
from codesafety.plugins.manager import manager
from codesafety.reviews import State, state
from codesafety.terminology.interface import Terminology

_MOST_VALUES = 20_000_000


class FailedExamples(ConfigurationError):
    """An example of the rules is not answered as it expects."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two bundles: of what, and in words."""

    what: str
    name: str
    change: str


def build(
    rules: Sequence[str | Path],
    *,
    release: str | Path | None = None,
    serial: int = 1,
    valid_until: str | None = None,
    private_key: Path | None = None,
    plugins: Sequence[object] = (),
    installed_plugins: bool = True,
) -> bytes:
    """Return a bundle of rules: the same bytes for the same inputs. Every example is asked of both evaluators first.

    Raises what `codesafety.load` raises, and ConfigurationError where an example is not answered as it expects.
    """
    made = manager([builtin, *plugins], entry_points=installed_plugins)
    predicates = declared.predicates(made)
    places = places_of(rules, made)
    terminology, _ = open_terminology(release)
    files, reviewed = _files(places, predicates)
    loaded, expanded = _checked(files, predicates, terminology)
    used = terminology or frozen_terminology(loaded.rulesets)
    examples, passed = _examples(loaded.rulesets, used, predicates)
    if passed < examples:
        raise FailedExamples(
            f"{examples - passed} of {examples} examples are not answered as they expect, so nothing was built\n"
            "  = help: `codesafety rules test` names them"
        )
    # an installed library has what ships in `_rulesets`
    hazards = {f"{path.parent.name.removeprefix('_')}/{path.name}": read_toml(path) for path in find_hazards(places)}
    about = {
        "serial": serial,
        "valid_until": valid_until,
        "built_with": __version__,
        "form": form(),
        "language": max((one.language for one in loaded.rulesets), default=1),
        "rulesets": rulesets_held(loaded.rulesets, reviewed),
        "terminology": TerminologyHeld(name=used.name, edition=used.edition, digest=used.digest, release=terminology is not None),
        "predicates": tuple(_needed(loaded, predicates)),
        "examples": {"examples": examples, "as_expected": passed},
    }
    texts = {root.as_posix(): {name: raw.decode("latin-1") for name, raw in held.items()} for root, held in files.items()}
    parts = {
        **encoded(loaded, expanded),
        "files": json.dumps(texts, sort_keys=False, separators=(",", ":")).encode(),
        "hazards": json.dumps(hazards, separators=(",", ":"), default=str).encode(),
    }
    return write(about, parts, private_key)


def is_what_its_texts_say(held: Bundle, *, release: str | Path | None = None, installed_plugins: bool = True) -> bool:
    """Return whether the texts in a bundle, parsed and checked anew, make the rules in it, and its value sets where no release is
    needed or `release` is the one. Raises RuleError where they no longer load."""
    predicates = declared.predicates(manager([builtin], entry_points=installed_plugins))
    terminology, _ = open_terminology(release)
    loaded, expanded = _checked(held.files(), predicates, terminology)
    made = encoded(loaded, expanded)
    if held.manifest.terminology.release and terminology is None:
        return made["rules"] == held.parts["rules"]
    return made == {name: held.parts[name] for name in made}


def differences(old: Bundle, new: Bundle) -> Iterator[Change]:
    """Yield what differs between two bundles beside their rules, of which `diff.whole` says what they mean: terminology, hazards, days
    and serials."""
    for name in ("serial", "valid_until", "built_with", "language"):
        one, other = getattr(old.manifest, name), getattr(new.manifest, name)
        if one != other:
            yield Change("bundle", name, f"{one} -> {other}")
    if old.manifest.terminology != new.manifest.terminology:
        one, other = (f"{held.name} ({held.digest[:8]})" for held in (old.manifest.terminology, new.manifest.terminology))
        yield Change("bundle", "terminology", f"{one} -> {other}")
    hazards, others = old.hazards().hazards, new.hazards().hazards
    for name in sorted({*hazards, *others}):
        if name not in hazards or name not in others:
            yield Change("hazard", name, "new" if name not in hazards else "gone")
        elif hazards[name] != others[name]:
            yield Change("hazard", name, "changed")


def _files(
    places: Sequence[Path], predicates: Mapping[str, BoundPredicate]
) -> tuple[dict[Path, dict[str, bytes]], dict[str, State]]:
    """Return every file that the rules at some paths are made of, by the name of its folder and by its own; and how each ruleset
    stands to the reviews beside it."""
    there = find(places, builtin.all_rulesets())
    loaded = load_found(there, predicates={name: one.signature for name, one in predicates.items()})
    rule_files: dict[Path, dict[str, bytes]] = {}
    for place in (*there.given, *there.shipped):
        for root, files in place.folders:
            rule_files.setdefault(root, {}).update({file.name: raw for file, raw in files.items()})
    held: dict[Path, dict[str, bytes]] = {}
    roots: dict[Path, Path] = {}
    for folder in loaded.folders:
        root = Path(folder.root)
        name = Path(root.resolve().name)
        if roots.setdefault(name, root.resolve()) != root.resolve():
            raise ConfigurationError(f"two folders of rules are called `{name}`\n  = help: give one of them another name")
        held.setdefault(name, {}).update(rule_files[root] | read_named(root, folder.names, Diagnostics()))
    return held, {one.name: state(one) for one in loaded.rulesets}


def _checked(
    files: Mapping[Path, Mapping[str, bytes]], predicates: Mapping[str, BoundPredicate], terminology: Terminology | None
) -> tuple[Loaded, Expanded]:
    """Return what the texts mean, without the texts themselves."""
    loaded = load_found(found(files), predicates={name: one.signature for name, one in predicates.items()})
    expanded = expand(loaded.rulesets, terminology or frozen_terminology(loaded.rulesets), loaded.sources)
    return replace(loaded, sources={}), expanded


def _examples(
    rulesets: Sequence[ir.Ruleset], terminology: Terminology, predicates: Mapping[str, BoundPredicate]
) -> tuple[int, int]:
    results = [one.passed for one in run_examples(bind_for_examples(rulesets, terminology, predicates=dict(predicates)))]
    return len(results), sum(results)


def _needed(loaded: Loaded, predicates: Mapping[str, BoundPredicate]) -> Iterator[PredicateHeld]:
    called = {one.name for one in conform(loaded, Loaded, _MOST_VALUES) if isinstance(one, ir.Custom)}
    for name in sorted(called):
        signature = predicates[name].signature
        yield PredicateHeld(name=name, kinds=tuple(map(str, signature.kinds)), fields=signature.fields)
