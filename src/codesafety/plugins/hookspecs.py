"""The hooks through which suppliers add to codesafety. Each is called when an engine is loaded, except `codesafety_deliver`.

A plugin adds; it never removes or lowers a rule: that is a profile's part, and every report shows it. The built-in readers and
rulesets come through these same hooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pluggy

from codesafety.evaluation.predicates import BoundPredicate
from codesafety.plugins.checks import Check
from codesafety.plugins.reading import Reader, TableReader
from codesafety.record import Submission
from codesafety.report import Report

hookspec = pluggy.HookspecMarker("codesafety")
hookimpl = pluggy.HookimplMarker("codesafety")


@dataclass(frozen=True, slots=True)
class CodeMap:
    """A supplier's map from its own codes to SNOMED CT concept ids, by which rules can judge items that hold only those.

    `system` is the code system's URI as the messages write it. Targets are concept ids of SNOMED CT or dm+d. A mapped code is
    judged as if its target had been sent in its place, beside other codings of its concept too: two that cannot both be so are
    found as any two are. What was sent is never changed, and every report names the maps.
    """

    name: str
    system: str
    codes: Mapping[str, str]


@hookspec
def codesafety_rulesets() -> Sequence[Path]:
    """Return folders with rulesets to load beside the ones that the engine is given.

    Each is a ruleset, or a folder of rulesets. They are parsed and checked like any other: an error in one refuses to load, and
    so does a folder that is not there.
    """
    raise NotImplementedError


@hookspec
def codesafety_readers() -> Sequence[Reader | TableReader]:
    """Return readers of messages and records. The first that recognises a source reads it; plugins are asked before built-ins.

    One that lacks a method refuses to load. A reader that raises anything but InputError, exits, returns no submission or takes
    longer than ten seconds (for a row, where it reads many patients) is named, and what it was to read is held as not checked.
    Its methods are called in a thread of their own; one that once took longer is not called again.
    """
    raise NotImplementedError


@hookspec
def codesafety_code_maps() -> Sequence[CodeMap]:
    """Return maps from a supplier's codes to SNOMED CT.

    A map with an entry that is not whole refuses to load, and so do two entries of one code, in one map or in two.
    """
    raise NotImplementedError


@hookspec
def codesafety_predicates() -> Sequence[BoundPredicate]:
    """Return typed, pure predicates that rules may call as `plugin/name(e)`.

    A predicate is handed the public models (Entry, Component, Medication, Coding, Message) and answers True, False, or
    `Missing((field, ...))` where it cannot tell, with fields that its signature declares. It keeps no state, reads no clock and
    does no I/O, and is called in a thread of its own. One that raises, exits, answers anything else or takes longer than a second is named
    and the items that it was asked about are held as not checked; after it once took longer it is not called again.
    """
    raise NotImplementedError


@hookspec
def codesafety_checks() -> Sequence[Check]:
    """Return checks of rules that `codesafety rules lint` asks beside its own, each named `plugin/name`.

    A check is handed a checked ruleset and returns what it has to say of what is declared in it. One that raises, exits or returns
    anything else ends the command, named. They are asked of rules, never of patients.
    """
    raise NotImplementedError


@hookspec
def codesafety_deliver(report: Report, submission: Submission) -> None:
    """Deliver a report to where the supplier wants it. Called once a message by `Engine.deliver`, never by `assess`.

    Every plugin is called; those that raise, exit or return something are named together in one PluginError at the end.
    """
    raise NotImplementedError
