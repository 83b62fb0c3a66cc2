"""The exceptions that callers may meet.

    CodesafetyError
    ├── RuleError            rules could not be loaded; carries every diagnostic
    ├── InputError           a file, message or record could not be read; names file, path and remedy
    │   ├── Declined         it was read, and is not a kind that this reader takes (a letter, say)
    │   └── RecordError      (codesafety.record) a model was to be made with what it cannot hold
    ├── PluginError          a plugin failed; names plugin and hook
    ├── BundleError          a bundle is not taken: it is damaged, old, signed by another, or of another version
    ├── LogError             the decision log cannot be opened, read or written
    ├── ConfigurationError   a profile, an override or an argument does not fit the rules that are loaded
    └── TerminologyError     (codesafety.terminology.errors) release files, packs, ECL

No exception carries a patient's identifier, date of birth or free text in its message, arguments or context.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codesafety.diagnostics import Diagnostic, escaped, render_all


class _Made(type):
    """What `dir` and `help` show of an error is its own."""

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__()} - {*dir(Exception)} | {"__doc__"})


class CodesafetyError(Exception, metaclass=_Made):
    """The root of every exception that this library raises on purpose. It passes between processes as it is."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[CodesafetyError], args: tuple[Any, ...], state: Mapping[str, Any]) -> CodesafetyError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class RuleError(CodesafetyError):
    """Rules that could not be loaded. `diagnostics` holds all that is wrong; `str()` shows it with the words underlined."""

    def __init__(self, diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = dict(sources)
        super().__init__(render_all(self.diagnostics, self.sources))


class InputError(CodesafetyError):
    """Something that could not be read: `message`, then where (`source`, `path`) and what to do (`help`)."""

    def __init__(self, message: str, *, source: str | None = None, path: str | None = None, help: str | None = None) -> None:
        self.message, self.source, self.path, self.help = message, source, path, help
        super().__init__(str(self))

    def __str__(self) -> str:
        where = " at ".join(escaped(part) for part in (self.source, self.path) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}\n  = help: {self.help}" if self.help else text


class Declined(InputError):
    """Input that was understood and is not for this reader: it says what it is instead."""


class PluginError(CodesafetyError):
    """A plugin failed. Names the plugin and the hook or predicate; the cause's text is left out of the message."""

    def __init__(self, plugin: str, hook: str, cause: BaseException | str) -> None:
        self.plugin, self.hook = plugin, hook
        self.kind = cause if isinstance(cause, str) else type(cause).__name__
        super().__init__(f"plugin `{plugin}` failed in `{hook}`: {self.kind}")


class BundleError(CodesafetyError):
    """A bundle that is not taken: `reason` says why, `help` what to do. What was in use before stays in use."""

    def __init__(self, name: str, reason: str, help: str) -> None:
        self.name, self.reason, self.help = name, reason, help
        super().__init__(f"{name}: {reason}\n  = help: {help}")


class LogError(CodesafetyError):
    """A decision log that cannot be opened, read or written: `reason` says why, `help` what to do. What was to be written is not in it."""

    def __init__(self, name: str, reason: str, help: str) -> None:
        self.name, self.reason, self.help = name, reason, help
        super().__init__(f"{name}: {reason}\n  = help: {help}")


class ConfigurationError(CodesafetyError):
    """A profile, an override, a limit or an argument that does not fit what is loaded."""
