"""One plugin manager an engine: registers plugins, asks their hooks, and names the one that failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pluggy
from pluggy import PluginManager as PluginManager

from codesafety.errors import PLUGIN_FAULTS, PluginError
from codesafety.plugins import hookspecs


def manager(plugins: Sequence[object], *, entry_points: bool) -> PluginManager:
    """Return a manager with these plugins, and the installed ones (entry points of the group `codesafety`) if asked.

    Raises PluginError for a plugin that cannot be imported or implements a hook that does not exist.
    """
    made = PluginManager("codesafety")
    made.add_hookspecs(hookspecs)
    if entry_points:
        try:
            made.load_setuptools_entrypoints("codesafety")
        except PLUGIN_FAULTS as error:
            raise PluginError("an installed plugin", "import", error) from None
    for plugin in plugins:
        made.register(plugin, name=getattr(plugin, "NAME", None))
    try:
        made.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(made.get_name(error.plugin) or "a plugin", "a hook", "there is no such hook") from None
    return made


def collect(made: PluginManager, hook: str) -> list[tuple[str, Any]]:
    """Return (plugin name, what it returned) of a hook that returns a sequence, the last registered plugin first.

    Raises PluginError that names the plugin which raised, or returned something that is no sequence.
    """
    found: list[tuple[str, Any]] = []
    for implementation in reversed(getattr(made.hook, hook).get_hookimpls()):
        try:
            answer = list(implementation.function())
        except PLUGIN_FAULTS as error:
            raise PluginError(implementation.plugin_name, hook, error) from None
        found += [(implementation.plugin_name, one) for one in answer]
    return found


def names(made: PluginManager) -> tuple[str, ...]:
    """Return the names of the plugins that are loaded, in the order of their registration."""
    return tuple(name for name, plugin in made.list_name_plugin() if plugin is not None)
