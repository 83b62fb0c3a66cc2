"""Who takes which action: the decision of each item and of the message, and which results concern which item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from codesafety.report import Decision, strictest


class Ledger:
    """Decisions so far, by the item's path. Decisions only grow stricter."""

    def __init__(self) -> None:
        self.message: Decision = "none"
        self.results: dict[str, list[str]] = defaultdict(list)
        self._items: dict[str, Decision] = {}

    def decision(self, path: str) -> Decision:
        return self._items.get(path, "none")

    @property
    def strictest(self) -> Decision:
        """The strictest decision of the message and of all items."""
        return strictest(self.message, *self._items.values())

    def take(self, action: Decision, paths: Collection[str]) -> None:
        """Let the items take an action; where there is no item, the message takes it."""
        for path in paths:
            self._items[path] = strictest(self.decision(path), action)
        if not paths:
            self.take_message(action)

    def take_message(self, action: Decision) -> None:
        self.message = strictest(self.message, action)

    def link(self, result: str, paths: Collection[str]) -> None:
        """Note that a result concerns these items."""
        for path in paths:
            if result not in self.results[path]:
                self.results[path].append(result)

    def replace(self, result: str, by: str) -> None:
        """Let one result stand for another that it has taken in."""
        for found in self.results.values():
            found[:] = dict.fromkeys(by if one == result else one for one in found)
