"""What an author asks of a rule: run its examples, what they cover, why it answers so, and what the linter tells."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

from codesafety import ir
from codesafety.authoring.coverage import coverages
from codesafety.authoring.lint.running import lint
from codesafety.authoring.lint.told import Told
from codesafety.authoring.picture import as_text as picture_as_text
from codesafety.authoring.picture import picture
from codesafety.authoring.testing import build, run_examples
from codesafety.authoring.why import as_text, trace
from codesafety.builtin import all_rulesets
from codesafety.diagnostics import count
from codesafety.engine import load
from codesafety.errors import CodesafetyError
from codesafety.language.drafts import Checked
from codesafety.language.files import Loaded
from codesafety.lsp.desk import Desk
from codesafety.lsp.names import Refused
from codesafety.lsp.places import path_of


def rules_named(desk: Desk, uri: str, name: str | None) -> list[ir.Rule]:
    """Return the rules of a document, or those that one declaration makes. Raises Refused where something that they need is wrong."""
    path = path_of(uri)
    ruleset = desk.checked.ruleset_of.get(path)
    for one in desk.drafts.in_the_way(desk.checked):
        file, where = desk.places.range(one.span)
        is_named = desk.drafts.piece(one.span.file) is None  # a file that rules name, or one that cannot be read
        if file.is_relative_to(path.parent) if is_named else desk.checked.ruleset_of.get(file) == ruleset:
            raise Refused(f"{file.name}:{where.start.line + 1} is wrong, and rules may need it: put it right first")
    found = [
        rule
        for piece in desk.drafts.pieces(path)
        for rule in desk.checked.rules.get(piece.key, ())
        if name is None or rule.family.rpartition("/")[2] == name
    ]
    if not found:
        raise Refused(
            f"there is no rule `{name}` that is right in this document" if name else "no rule of this document is right"
        )
    return found


def run(desk: Desk, uri: str, rule: str | None = None, example: str | None = None) -> dict[str, Any]:
    """Return what the examples of a document, a rule, or one example answer. Raises Refused, CodesafetyError."""
    rules = rules_named(desk, uri, rule)
    found: list[dict[str, Any]] = []
    for one in run_examples(desk.binding(), rules=rules):
        if example is not None and one.example.name != example:
            continue
        where = desk.places.range(one.example.span)[1]
        found.append(
            {
                "rule": one.rule,
                "example": one.example.name,
                "passed": one.passed,
                "expected": one.expected_in_words,
                "got": one.reference_in_words
                if one.reference_in_words == one.compiled_in_words
                else f"reference: {one.reference_in_words}; compiled: {one.compiled_in_words}",
                "because": list(one.why),
                "line": where.start.line,
            }
        )
    failed = [one for one in found if not one["passed"]]
    lines = [f"{count(len(found), 'example')}: {len(found) - len(failed)} as expected, {len(failed)} not"]
    for each in failed:
        lines += [f"{each['rule']}: {each['example']}", f"  expected   {each['expected']}", f"  got        {each['got']}"]
        lines += [f"  because    {why}" for why in each["because"]]
    return {"ok": bool(found) and not failed, "examples": found, "text": "\n".join(lines)}


def coverage(desk: Desk, uri: str, rule: str) -> dict[str, Any]:
    """Return what the examples of a rule show of its atoms, and of those of the named conditions that it calls.

    Raises Refused, CodesafetyError.
    """
    found = list(coverages(desk.binding(), rules_named(desk, uri, rule), desk.checked.loaded.sources))
    lines = []
    for one in found:
        (seen, every), (deciding, atoms) = one.values, one.deciding
        lines.append(f"{one.rule}: {deciding} of {count(atoms, 'atom')} decide alone; {seen} of {every} values seen")
        for atom in one.atoms:
            lacks = [f"never {word}" for word in atom.unseen()] + [f"never decides when {word}" for word in atom.undecided()]
            lines.append(f"  {'ok' if not lacks else '--'}  {atom.words}" + (f": {', '.join(lacks)}" if lacks else ""))
    score = min(one.score for one in found)
    return {"ok": score == 100, "score": score, "text": "\n".join(lines)}


def why(desk: Desk, uri: str, rule: str, example: str) -> dict[str, Any]:
    """Return clause by clause why a rule answers an example as it does. Raises Refused, CodesafetyError."""
    binding = desk.binding()
    for one in rules_named(desk, uri, rule):
        for given in one.examples:
            ruleset = desk.ruleset(one.ruleset)
            if given.name == example and ruleset is not None:
                made = build(given)
                told = trace(binding, one, ruleset, made.submission, made.record, texts=desk.checked.loaded.sources)
                return {"ok": told.agreed, "trace": told.as_data(), "text": "\n".join(as_text(told))}
    raise Refused(f"the rule `{rule}` has no example `{example}`")


async def drawn(desk: Desk, rules: Sequence[ir.Rule]) -> str:
    """Return for whom a rule fires, the first of several, as Markdown; worked out in another thread, and nothing where no rule is given."""
    if not rules:
        return ""
    of_first = " (its first row)" if len(rules) > 1 else ""
    try:
        binding = desk.binding()
        found = await asyncio.get_running_loop().run_in_executor(None, picture, binding, rules[0])
    except CodesafetyError as error:
        return f"\n\nNot drawn: {error}"
    if found is None:
        return "\n\nNot drawn: no patient is known for whom it fires, or neither age, gender nor time changes what it answers."
    text = "\n".join(picture_as_text(found))
    return f"\n\nFor whom it fires{of_first}:\n\n```text\n{text}\n```"


async def linted(desk: Desk, checked: Checked, rulesets: Sequence[str]) -> tuple[Told, ...]:
    """Return what the linter tells of some rulesets, worked out in another thread. Raises CodesafetyError."""
    rules = checked.loaded
    terminology, predicates = desk.terminology, desk.predicates

    def look() -> tuple[Told, ...]:
        asked = [one for one in rules.rulesets if one.name in rulesets]
        known = load(*(str(path) for path in all_rulesets())).rulesets
        done = lint(
            Loaded(rules.rulesets, (), rules.sources),
            terminology,
            asked_for=asked,
            known=known,
            today=date.today(),
            predicates=predicates,
        )
        return done.told

    return await asyncio.get_running_loop().run_in_executor(None, look)
