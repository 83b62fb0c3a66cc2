"""What two versions of rules mean to each other, as text, as plain data, and as the text of a change request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codesafety import ir
from codesafety.authoring.diff.rules import Compared, Witness, is_strict
from codesafety.authoring.diff.whole import Change, Difference, Flip, SetChange
from codesafety.authoring.lint import patients
from codesafety.authoring.mutating import example_text
from codesafety.authoring.testing import in_words
from codesafety.diagnostics import count

FORMAT = "1"


def as_text(found: Difference) -> Iterator[str]:
    """Yield the lines that tell a difference; of rules of which nothing changed only how many there are."""
    for one in found.rules:
        if not one.unchanged or one.reworded:
            yield from _rule(one, found.terms)
    for rule in found.removed:
        yield f"{rule.name}: gone ({rule.action.value}){', so that it is silent' if is_strict(rule) else ''}"
    for rule in found.added:
        yield f"{rule.name}: new ({rule.action.value})"
    for change in found.sets:
        yield from _set(change)
    for key, what in found.read_otherwise.items():
        yield f"code {_coded(key, found.terms.get(key))}: read otherwise, {what}"
    for other in found.changes:
        yield f"{other.what} {other.name}: {other.was or 'not there'} -> {other.now or 'not there'}"
    if found.flips is not None:
        for flip in found.flips.flips:
            yield f"{flip.key} {flip.path}: {flip.rule}: {flip.was} -> {flip.now}"
        for key, reason in found.flips.not_read:
            yield f"NOT READ {key}: {reason}"
        records = len({flip.key for flip in found.flips.flips})
        yield f"{records} of {count(found.flips.records, 'record')} answered otherwise, {count(len(found.flips.flips), 'answer')}"
    yield _counted(found)


def _counted(found: Difference) -> str:
    told = [one.told for one in found.rules]
    parts = [
        (sum(one.unchanged and not one.reworded for one in found.rules), "unchanged"),
        (sum(one.told == "equal" and (not one.unchanged or one.reworded) for one in found.rules), "equal in other words"),
        (told.count("different"), "different"),
        (told.count("not told apart"), "not told apart and not proved"),
        (len(found.added), "new"),
        (len(found.removed), "gone"),
    ]
    counts = ", ".join(f"{n} {what}" for n, what in parts if n)
    ends = [(found.silenced, "silent where it was not"), (found.may_be_silenced, "of which that is not decided")]
    return f"{count(len(told) + len(found.added) + len(found.removed), 'rule')}: {counts or 'none'}" + "".join(
        f"; {len(names)} {what}" for names, what in ends if names
    )


def headline(one: Compared) -> str:
    """Return in a line what two versions of a rule are to each other."""
    name = one.now.name if one.was.name == one.now.name else f"{one.was.name} -> {one.now.name}: another name"
    silent = {"yes": f", and silent for somebody ({one.was.action.value})", "no": "", "not decided": ""}[one.silenced]
    match one.told:
        case "equal":
            said = "equal, proved" if one.how == "proof" else "equal"
            said += ", in other words" if one.reworded and one.was.name == one.now.name else ""
        case "different":
            said = "different"
        case _:
            said = f"no difference found in {one.tried} witnesses, which is no proof"
    undecided = (
        f"; whether it is silent for somebody is not decided ({one.was.action.value})" if one.silenced == "not decided" else ""
    )
    return f"{name}: {said}{silent}{undecided}"


def _rule(one: Compared, terms: Mapping[str, str]) -> Iterator[str]:
    yield headline(one)
    for witness in one.witnesses:
        yield f"  {turn(witness)}:"
        yield from (f"    {line}" for line in example(one.now, witness, terms).split("\n"))
    for what, was, now in one.asks:
        yield f"  {what}: {was} -> {now}"


def turn(witness: Witness) -> str:
    return f"{in_words(witness.was)} -> {in_words(witness.now)}"


def example(rule: ir.Rule, witness: Witness, terms: Mapping[str, str]) -> str:
    """Return the patient with what the newer version answers, ready to be put into a rule."""
    return example_text(f"was {witness.was[0]}", witness.patient, witness.now, terms, rule.row)


def _set(change: SetChange) -> Iterator[str]:
    parts = [(change.gained, "gained", "+"), (change.lost, "lost", "-"), (change.perhaps_gained, "perhaps gained", "+?"), (change.perhaps_lost, "perhaps lost", "-?")]  # fmt: skip
    said = "" if change.is_there == "both" else f"{change.is_there}, "
    yield f"value set {change.name}: {said}{', '.join(f'{what} {len(codes)}' for codes, what, _ in parts if codes)}"
    for codes, _, mark in parts:
        yield from (f"  {mark} {_coded(key, term)}" for key, term in codes)


def _coded(key: str, term: str | None) -> str:
    return f"{key} |{term}|" if term else key


# ------------------------------------------------------------------------------------------------ plain data


def as_data(found: Difference) -> dict[str, Any]:
    """Return the whole difference as plain data."""
    return {
        "format": FORMAT,
        "same": found.is_none,
        "silenced": list(found.silenced),
        "not_decided": list(found.may_be_silenced),
        "rules": [_rule_data(one, found.terms) for one in found.rules],
        "added": [_named(rule) for rule in found.added],
        "removed": [_named(rule) for rule in found.removed],
        "value_sets": [
            {
                "name": one.name,
                "is_there": one.is_there,
                **{part: [{"code": key, "term": term} for key, term in getattr(one, part)] for part in _PARTS},
            }
            for one in found.sets
        ],
        "read_otherwise": dict(found.read_otherwise),
        "changes": [{"what": one.what, "name": one.name, "was": one.was, "now": one.now} for one in found.changes],
        "records": None
        if found.flips is None
        else {
            "asked": found.flips.records,
            "flips": [_flip(one) for one in found.flips.flips],
            "not_read": [{"key": key, "reason": reason} for key, reason in found.flips.not_read],
        },
    }


_PARTS = ("gained", "lost", "perhaps_gained", "perhaps_lost")


def _named(rule: ir.Rule) -> dict[str, Any]:
    return {"rule": rule.name, "title": rule.title, "action": rule.action.value}


def _rule_data(one: Compared, terms: Mapping[str, str]) -> dict[str, Any]:
    return {
        "rule": one.now.name,
        "was": one.was.name,
        "told": one.told,
        "how": one.how,
        "reworded": one.reworded,
        "silenced": one.silenced,
        "tried": one.tried,
        "witnesses": [
            {
                "given": patients.written(w.patient, terms).split("\n"),
                "was": w.was[0],
                "was_missing": sorted(w.was[1]),
                "now": w.now[0],
                "now_missing": sorted(w.now[1]),
            }
            for w in one.witnesses
        ],
        "asks": [{"what": what, "was": was, "now": now} for what, was, now in one.asks],
    }


def _flip(one: Flip) -> dict[str, Any]:
    return {"key": one.key, "path": one.path, "rule": one.rule, "was": one.was, "now": one.now, "silenced": one.is_silent}


# ------------------------------------------------------------------------------------------------ a change request


def plan(found: Difference, before: Sequence[ir.Ruleset], after: Sequence[ir.Ruleset]) -> Iterator[str]:
    """Yield what releasing the newer version would do, as Markdown for a change request."""
    changed = [one for one in found.rules if not one.unchanged]
    yield "# What releasing these rules would do"
    yield ""
    yield _counted(found) + "."
    yield ""
    yield from _rulesets(found, before, after)
    silent = [one for one in changed if one.silenced == "yes"]
    yield from _section(
        "Becomes silent",
        [*(_of_rule(one, found.terms) for one in silent), *([f"`{r.name}` ({r.action.value}) is gone."] for r in found.removed)],
        "Nothing that asked for a person becomes silent.",
    )
    undecided = [one for one in changed if one.silenced == "not decided" or one.told == "not told apart"]
    yield from _section(
        "Not decided: look at these", [_of_rule(one, found.terms) for one in undecided if one not in silent], None
    )
    rest = [one for one in changed if one.told == "different" and one not in silent and one not in undecided]
    yield from _section("Answers otherwise", [_of_rule(one, found.terms) for one in rest], None)
    yield from _section("New", [[f"`{r.name}` ({r.action.value}): {r.title or 'no title'}"] for r in found.added], None)
    equal = [one for one in changed if one.told == "equal" and one not in silent]
    yield from _section("Same answers, other words or another name", [_of_rule(one, found.terms) for one in equal], None)
    yield from _section("Value sets", [_of_set(one) for one in found.sets], None)
    yield from _section(
        "Codes that are read otherwise",
        [[f"`{_coded(k, found.terms.get(k))}`: {w}"] for k, w in found.read_otherwise.items()],
        None,
    )
    others = [one for one in found.changes if one.what != "ruleset"]
    yield from _section("Limits, tables and terminology", [[_of_change(one)] for one in others], None)
    if found.flips is not None:
        lines = [
            [f"`{f.key}` {f.path}: `{f.rule}`: {f.was} → {f.now}{' **silent**' if f.is_silent else ''}"]
            for f in found.flips.flips
        ]
        lines += [[f"**not read**: `{key}`: {reason}"] for key, reason in found.flips.not_read]
        yield from _section(f"On {count(found.flips.records, 'record')}", lines, "No answer changes.")


def _section(title: str, entries: Sequence[Sequence[str]], nothing: str | None) -> Iterator[str]:
    if not entries and nothing is None:
        return
    yield f"## {title}"
    yield ""
    for lines in entries:
        yield f"- {lines[0]}"
        yield from (f"  {line}" if line else "" for line in lines[1:])
    if not entries and nothing is not None:
        yield nothing
    yield ""


def releases(found: Difference, before: Sequence[ir.Ruleset], after: Sequence[ir.Ruleset]) -> Iterator[dict[str, Any]]:
    """Yield of each ruleset that is not as it was: its version and review, then and now (None: not there), and whether the version has to rise."""
    old, new = ({r.name: r for r in some} for some in (before, after))
    meaning = {c.now.ruleset for c in found.rules if c.told != "equal"} | {r.ruleset for r in (*found.added, *found.removed)}
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if was is None or now is None or was.digest != now.digest:
            both = was is not None and now is not None
            yield {
                "ruleset": name,
                "was": was and {"version": was.version, "review": was.review},
                "now": now and {"version": now.version, "review": now.review},
                "raise_version": bool(both and was and now and was.version == now.version and name in meaning),
                "review_again": bool(both and now and now.review != "none"),
            }


def _rulesets(found: Difference, before: Sequence[ir.Ruleset], after: Sequence[ir.Ruleset]) -> Iterator[str]:
    yield "| ruleset | version | review |"
    yield "|---|---|---|"
    for one in releases(found, before, after):
        was, now = one["was"], one["now"]
        if was is None or now is None:
            there = was or now
            yield f"| `{one['ruleset']}` | {there['version']}, {'new' if was is None else 'gone'} | {there['review']} |"
            continue
        same = f"{now['version']}{': **raise it**, answers change' if one['raise_version'] else ', the same'}"
        version = same if was["version"] == now["version"] else f"{was['version']} → {now['version']}"
        again = f"{now['review']}: **of the text before this change**; review it again"
        yield f"| `{one['ruleset']}` | {version} | {again if one['review_again'] else now['review']} |"
    yield ""


def _of_rule(one: Compared, terms: Mapping[str, str]) -> list[str]:
    lines = [headline(one) + "."]
    lines += [f"{what}: {was} → {now}" for what, was, now in one.asks]
    for witness in one.witnesses:
        lines += ["", f"{turn(witness)}:", "", *(f"    {line}" for line in example(one.now, witness, terms).split("\n"))]
    return lines


def _of_set(one: SetChange) -> list[str]:
    return [f"`{one.name}`", *(line.strip() for line in list(_set(one))[1:])] if one.is_there == "both" else [next(_set(one))]


def _of_change(one: Change) -> str:
    return f"{one.what} `{one.name}`: {one.was or 'not there'} → {one.now or 'not there'}"
