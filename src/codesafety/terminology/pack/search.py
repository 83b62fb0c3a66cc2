"""Concepts by the beginnings of words in their descriptions."""

from __future__ import annotations

from dataclasses import dataclass

from codesafety.terminology.pack.code_table import CodeTable
from codesafety.terminology.pack.store import Store
from codesafety.terminology.pack.texts import DEFINITION, words


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept whose description `term` has the words that were asked for. `active` is None where that cannot be told."""

    code: str
    term: str
    preferred: str | None
    active: bool | None


def search(store: Store, text: str, *, limit: int | None = 20, inactive: bool = False) -> list[Hit]:
    """Return the concepts that have an active description in which every word of `text` begins some word, in any order.

    One hit a concept, its shortest fitting description; exact and short descriptions first. `inactive`: inactive concepts
    too, after the active ones. No words, no hits. Raises NotSupported where the pack was built without descriptions.
    """
    asked, texts = words(text), store.texts
    if not asked:
        return []
    best: dict[int, tuple[int, str]] = {}
    for row in texts.matching(asked):
        concept = texts.concept(row)
        if not texts.is_active(row) or texts.type(row) == DEFINITION or not (inactive or store.is_active(concept)):
            continue
        term = texts.term(row)
        found = (len(term), term)
        if concept not in best or found < best[concept]:
            best[concept] = found
    ordered = sorted(best.items(), key=lambda item: (not store.is_active(item[0]), *item[1], item[0]))
    return [
        Hit(store.code(concept), term, texts.preferred(concept), store.is_active(concept))
        for concept, (_, term) in ordered[:limit]
    ]


def search_table(table: CodeTable, text: str, *, limit: int | None = 20) -> list[Hit]:
    """Return as `search` does what a table of codes names: it is read through, and knows neither status nor preferred terms."""
    asked = words(text)
    found: list[tuple[int, str, str]] = []
    for code in table if asked else ():
        for term in table.terms(code):
            have = words(term)
            if all(any(word.startswith(prefix) for word in have) for prefix in asked):
                found.append((len(term), term, code))
                break
    return [Hit(code, term, None, None) for _, term, code in sorted(found)[:limit]]
