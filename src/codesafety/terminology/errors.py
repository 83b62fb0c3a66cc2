"""What can be wrong with release files, packs, codes and expression constraints: a closed taxonomy.

TerminologyError
├── ReleaseError         a release file is damaged, incomplete or hostile; names file, line and reason
├── PackError            a pack file is damaged, truncated or of another format version
└── EclError
    ├── EclSyntaxError       `position` (characters from 0) of the first thing that cannot be
    ├── EclSemanticError     parses, but means nothing (cardinality 3..1, chained MINUS ...)
    ├── UnknownConcept       names a concept that this release does not hold
    ├── OutsideSubset        a subset pack cannot answer this without returning too little
    └── NotSupported         correct ECL that this engine does not evaluate; says what
"""

from __future__ import annotations

from codesafety.errors import CodesafetyError


class TerminologyError(CodesafetyError):
    """The root of the terminology room's exceptions."""


class ReleaseError(TerminologyError):
    """Release files that cannot be loaded. `file`, `line` (from 1, or None) and `reason` are attributes."""

    def __init__(self, file: str, line: int | None, reason: str, help: str | None = None) -> None:
        self.file, self.line, self.reason, self.help = file, line, reason, help
        where = f"{file}:{line}" if line is not None else file
        super().__init__(f"{where}: {reason}" + (f"\n  = help: {help}" if help else ""))


class PackError(TerminologyError):
    """A pack that cannot be opened or trusted."""


class EclError(TerminologyError):
    """An expression constraint that cannot be answered. `kind` is the stable word for it in JSON."""

    kind = "error"

    def __init__(self, message: str, *, position: int | None = None, concept: str | None = None) -> None:
        self.message, self.position, self.concept = message, position, concept
        super().__init__(message if position is None else f"{message} (at character {position + 1})")


class EclSyntaxError(EclError):
    kind = "syntax"


class EclSemanticError(EclError):
    kind = "semantics"


class UnknownConcept(EclError):
    kind = "unknown_concept"


class OutsideSubset(EclError):
    kind = "outside_subset"


class NotSupported(EclError):
    kind = "not_supported"
