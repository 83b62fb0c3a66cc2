"""What a supplier's plugin may import: the hooks, and the types that they take and return."""

from codesafety.evaluation.predicates import BoundPredicate, Missing
from codesafety.ir import Kind, Ruleset, Signature
from codesafety.plugins.checks import Check, Complaint
from codesafety.plugins.hookspecs import CodeMap, hookimpl
from codesafety.plugins.reading import MAX_BYTES, Reader, Source, TableReader
from codesafety.record import Coding, Component

__all__ = [
    "MAX_BYTES",
    "BoundPredicate",
    "Check",
    "CodeMap",
    "Coding",
    "Complaint",
    "Component",
    "Kind",
    "Missing",
    "Reader",
    "Ruleset",
    "Signature",
    "Source",
    "TableReader",
    "hookimpl",
]
