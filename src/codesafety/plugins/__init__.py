"""What a supplier's plugin may import: the hooks, and the types that they take and return."""

from codesafety.evaluation.binding import BoundPredicate, Missing
from codesafety.ir import Kind, Signature
from codesafety.plugins.hookspecs import CodeMap, hookimpl
from codesafety.plugins.reading import MAX_BYTES, Reader, Source, TableReader

__all__ = [
    "MAX_BYTES",
    "BoundPredicate",
    "CodeMap",
    "Kind",
    "Missing",
    "Reader",
    "Signature",
    "Source",
    "TableReader",
    "hookimpl",
]
