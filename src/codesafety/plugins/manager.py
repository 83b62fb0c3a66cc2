"""One plugin manager an engine: registers plugins, asks their hooks, and names the one that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points as installed
from typing import Any, TypeVar

import pluggy
from pluggy import PluginManager as PluginManager

from codesafety.errors import ConfigurationError, PluginError
from codesafety.plugins import hookspecs

_Answer = TypeVar("_Answer")
_GROUP = "codesafety"
_HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("codesafety_"))


def manager(plugins: Sequence[object], *, entry_points: bool) -> PluginManager:
    """Return a manager with these plugins, and the installed ones (entry points of the group `codesafety`) if asked.

    Raises PluginError for a plugin that cannot be imported, or whose hooks are not hooks; ConfigurationError for two of one name
    and for what is no plugin at all: nothing that a supplier wrote is passed over.
    """
    made = PluginManager(_GROUP)
    made.add_hookspecs(hookspecs)
    for point in installed(group=_GROUP) if entry_points else ():
        _is_free(made, point.name)
        plugin = ask(point.name, "import", point.load)
        _register(point.name, made.load_setuptools_entrypoints, _GROUP, point.name)
        _are_marked(made, point.name, plugin)
    for plugin in plugins:
        name = _name(plugin)
        _is_free(made, name)
        if (other := made.get_name(plugin)) is not None:
            raise ConfigurationError(f"the plugin `{name}` is loaded already, as `{other}`\n  = help: {_ONCE}")
        _register(name, made.register, plugin, name)
        _are_marked(made, name, plugin)
    try:
        made.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(made.get_name(error.plugin) or "a plugin", "a hook", "there is no such hook") from None
    return made


_ONCE = "hand it over once; one that is installed is loaded by itself, unless `installed_plugins=False`"


def _register(name: str, function: Callable[..., object], *arguments: object) -> None:
    try:
        function(*arguments)
    except pluggy.PluginValidationError:
        raise PluginError(name, "a hook", "it has an argument that the hook is not given") from None


def _name(plugin: object) -> str:
    name = getattr(plugin, "NAME", None) or getattr(plugin, "__name__", None) or type(plugin).__qualname__
    if not isinstance(name, str):
        raise ConfigurationError(f"the NAME of a plugin ({type(plugin).__qualname__}) is no text")
    return name


def _is_free(made: PluginManager, name: str) -> None:
    if made.has_plugin(name):
        raise ConfigurationError(f"two plugins are called `{name}`\n  = help: give one of them another NAME, or {_ONCE}")


def _are_marked(made: PluginManager, name: str, plugin: object) -> None:
    marked = {caller.name for caller in made.get_hookcallers(plugin) or ()}
    for hook in _HOOKS:
        if hook not in marked and callable(getattr(plugin, hook, None)):
            raise PluginError(name, hook, "it is not marked with `codesafety.hookimpl`, and would never be called")
    if not marked:
        raise ConfigurationError(
            f"the plugin `{name}` has no hooks\n  = help: hand over the module or object that has them, not its name or class"
        )


def ask(
    plugin: str, hook: str, function: Callable[..., _Answer], *arguments: object, lets: type[BaseException] = KeyboardInterrupt
) -> _Answer:
    """Return what a plugin's function returns. Raises PluginError that names plugin and hook, whatever it raises.

    An interruption is the user's own and passes, and so does the exception that the hook `lets` it raise. The cause is not kept
    as the error's context: it may hold a patient's data.
    """
    try:
        return function(*arguments)
    except (KeyboardInterrupt, lets):
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything, SystemExit among it
        failed = PluginError(plugin, hook, error)
    raise failed


def collect(made: PluginManager, hook: str, kind: type[_Answer], *, but: str | None = None) -> list[tuple[str, _Answer]]:
    """Return (plugin name, what it returned) of a hook that returns a sequence, the last registered plugin first.

    `but` names a plugin that is not asked. Raises PluginError that names the plugin which raised, or returned no list or tuple of `kind`.
    """
    found: list[tuple[str, _Answer]] = []
    for implementation in reversed(getattr(made.hook, hook).get_hookimpls()):
        plugin = implementation.plugin_name
        if plugin == but:
            continue
        answer: Any = ask(plugin, hook, implementation.function)
        if not isinstance(answer, list | tuple):
            raise PluginError(plugin, hook, "it returned no list or tuple")
        for one in answer:
            if not isinstance(one, kind):
                raise PluginError(plugin, hook, f"it returned something that is no {kind.__name__}")
            found.append((plugin, one))
    return found


def names(made: PluginManager) -> tuple[str, ...]:
    """Return the names of the plugins that are loaded, in the order of their registration."""
    return tuple(name for name, _ in made.list_name_plugin())


def versions(made: PluginManager) -> dict[str, str | None]:
    """Return the plugins by name, each with the version of the distribution that it was installed with, if it was."""
    known = {made.get_name(plugin): str(distribution.version) for plugin, distribution in made.list_plugin_distinfo()}
    return {name: known.get(name) for name in names(made)}
