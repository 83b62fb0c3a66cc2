"""Rules and hazards for people: what each rule says, on what source, how its examples come out, and at which ages and sexes it fires."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from codesafety import ir
from codesafety.authoring.diff.rules import sets_of
from codesafety.authoring.drawn import as_svg
from codesafety.authoring.lint.patients import label, written
from codesafety.authoring.lint.told import terms_of
from codesafety.authoring.measured import Measured
from codesafety.authoring.picture import Picture, picture
from codesafety.authoring.reviewing import since
from codesafety.authoring.testing import ExampleResult, Texts, run_examples
from codesafety.evaluation.binding import Binding, say_limit
from codesafety.hazards import LIKELIHOODS, Hazard, HazardLog
from codesafety.paths import writing
from codesafety.report import SEVERITIES
from codesafety.reviews import State

_MOST_CODES = 400
"""Codes of a value set that the page itself shows; `codes.csv` has them all."""


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule as the catalogue shows it."""

    rule: ir.Rule
    version: str
    severity: str | None
    results: tuple[ExampleResult, ...]
    picture: Picture | None
    measured: Sequence[Measured]
    sets: tuple[ir.ValueSet, ...]
    """The value sets that it asks for."""
    says: str

    @property
    def not_yet_measured(self) -> bool:
        """Return whether nobody has judged what it finds on material that its authors had not seen."""
        return not any(each.unseen for each in self.measured)

    @property
    def svg(self) -> str | None:
        """For whom it fires, drawn: our own shapes, with every word of the rule's escaped."""
        return None if self.picture is None else as_svg(self.picture)

    @property
    def anchor(self) -> str:
        return self.rule.name.replace("/", ".")


@dataclass(frozen=True, slots=True)
class SetPage:
    """One value set as the catalogue shows it: every code with its term, where it is used, and its source."""

    valueset: ir.ValueSet
    codes: tuple[tuple[str, str | None], ...]
    perhaps: tuple[tuple[str, str | None], ...]
    used_by: tuple[str, ...]
    """The rules that ask for it, and the value sets that include it or take it out."""

    @property
    def anchor(self) -> str:
        return f"set.{self.valueset.name.replace('/', '.')}"


@dataclass(frozen=True, slots=True)
class RulesetPage:
    """One ruleset as the catalogue shows it. `changed`: what changed since the review, where it has."""

    ruleset: ir.Ruleset
    review: str
    changed: tuple[str, ...]
    rules: tuple[RulePage, ...]
    sets: tuple[SetPage, ...]


def pages(
    binding: Binding,
    rulesets: Sequence[ir.Ruleset],
    severities: Mapping[str, str | None],
    measured: Mapping[str, Sequence[Measured]],
) -> list[RulePage]:
    """Return a page for each rule of some rulesets. `binding` is bound to an `ExampleTerminology`, for the examples are run."""
    versions = {r.name: r.version for r in binding.rulesets}
    titles = {s.name: s for r in binding.rulesets for s in r.valuesets}
    out = []
    for rule in (rule for ruleset in rulesets for rule in ruleset.rules):
        results = tuple(run_examples(binding, rules=[rule]))
        sets = tuple(titles[name] for name in sorted(sets_of(rule)))
        says = sentence(rule, {name: s.title for name, s in titles.items()})
        judged = measured.get(rule.name, ())
        seen = picture(binding, rule)
        out.append(RulePage(rule, versions[rule.ruleset], severities.get(rule.name), results, seen, judged, sets, says))
    return out


def set_pages(binding: Binding, made: Sequence[RulePage], rulesets: Sequence[ir.Ruleset]) -> list[SetPage]:
    """Return a page for each value set that some rulesets declare, or that their rules ask for."""
    own = {ruleset.name for ruleset in rulesets}
    asked = {one.name for page in made for one in page.sets}
    every = [one for ruleset in binding.rulesets for one in ruleset.valuesets]
    terms = terms_of(binding.rulesets)
    known = binding.codebook.terminology

    def called(keys: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
        every_key = sorted(keys, key=lambda key: (len(key), key))
        return tuple((key, terms.get(key) or next(iter(known.terms(key)), None)) for key in every_key)

    def used_by(name: str) -> Iterator[str]:
        yield from dict.fromkeys(page.rule.family for page in made if any(one.name == name for one in page.sets))
        for other in every:
            if name in other.includes or name in other.except_sets:
                yield f"{other.name} ({'included' if name in other.includes else 'taken out'})"

    return [
        SetPage(one, called(binding.sets[one.name].members), called(binding.sets[one.name].perhaps), tuple(used_by(one.name)))
        for one in every
        if one.name.rpartition("/")[0] in own or one.name in asked
    ]


def write_catalogue(
    folder: Path,
    binding: Binding,
    rulesets: Sequence[ir.Ruleset],
    states: Mapping[str, tuple[str, State | None]],
    log: HazardLog,
    severities: Mapping[str, str | None],
    measured: Mapping[str, Sequence[Measured]],
    version: str,
) -> list[Path]:
    """Write the catalogue of some rulesets: `index.html`, and rules, codes and hazards as JSON and CSV. Return the files.

    `states`: by ruleset, how it stands to its reviews, in words and as it was read. Of hazards those of `log` are shown.
    """
    made = pages(binding, rulesets, severities, measured)
    sets = set_pages(binding, made, rulesets)
    folder.mkdir(parents=True, exist_ok=True)
    rules, hazards = [_rule_row(p) for p in made], [_hazard_row(h, made) for h in log.hazards.values()]
    names = ("index.html", "rules.json", "rules.csv", "codes.csv", "hazards.json", "hazards.csv")
    out = [folder / n for n in names]
    whole = [
        RulesetPage(
            one,
            states[one.name][0],
            tuple(_changed(one, states[one.name][1])),
            tuple(p for p in made if p.rule.ruleset == one.name),
            tuple(p for p in sets if p.valueset.name.rpartition("/")[0] == one.name),
        )
        for one in binding.rulesets
    ]
    _write(out[0], _html([one for one in whole if one.rules or one.sets], made, binding, log, version))
    _write(out[1], json.dumps(rules, indent=2, ensure_ascii=False) + "\n")
    _write_csv(out[2], rules)
    _write_csv(out[3], [row for page in sets for row in _code_rows(page)])
    _write(out[4], json.dumps({"log": dict(log.head), "hazards": hazards}, indent=2, ensure_ascii=False) + "\n")
    _write_csv(out[5], hazards)
    return out


def _changed(ruleset: ir.Ruleset, state: State | None) -> Iterator[str]:
    if state is not None and state.status == "changed since" and state.last is not None:
        yield from since(ruleset, state.last).lines()


def _code_rows(page: SetPage) -> Iterator[dict[str, Any]]:
    for codes, membership in ((page.codes, "in"), (page.perhaps, "perhaps")):
        for key, term in codes:
            code = label(key)
            yield {
                "set": page.valueset.name,
                "system": code.system,
                "code": code.code,
                "term": term or "",
                "membership": membership,
            }


def given(example: ir.Example) -> list[str]:
    """Return what an example gives, line by line: as its file writes it, else as a rule file would."""
    return _TEXTS.givens(example) or written(example, {}).split("\n")


_TEXTS = Texts()


def _rule_row(page: RulePage) -> dict[str, Any]:
    rule = page.rule
    return {
        "rule": rule.name,
        "version": page.version,
        "title": rule.title,
        "action": rule.action.value,
        "severity": page.severity,
        "hazards": list(rule.hazards),
        "says": page.says,
        "because": rule.because,
        "sources": [asdict(s) for s in rule.sources],
        "allowed": [{"check": a.check, "reason": a.reason} for a in rule.allowed],
        "measured": [asdict(each) for each in page.measured],
        "measured_unseen": not page.not_yet_measured,
        "examples": [
            {
                "name": r.example.name,
                "given": given(r.example),
                "expected": r.expected_in_words,
                "answered": r.compiled_in_words,
                "as_expected": r.passed,
            }
            for r in page.results
        ],
        "text": rule.text,
    }


def _hazard_row(hazard: Hazard, made: Sequence[RulePage]) -> dict[str, Any]:
    return {
        "id": hazard.id,
        "name": hazard.name,
        "description": hazard.description,
        "cause": hazard.cause,
        "effect": hazard.effect,
        "harm": hazard.harm,
        "initial_likelihood": hazard.initial.likelihood,
        "initial_consequence": hazard.initial.consequence,
        "initial_risk": hazard.initial.risk,
        **{f"control_{name}": text for name, text in hazard.controls.items()},
        "residual_likelihood": hazard.residual.likelihood,
        "residual_consequence": hazard.residual.consequence,
        "residual_risk": hazard.residual.risk,
        "verified": list(hazard.verified),
        "status": hazard.status,
        "owner": hazard.owner,
        "rules": [p.rule.name for p in made if hazard.id in p.rule.hazards],
    }


def _write(path: Path, text: str) -> None:
    with writing(path) as stream:
        stream.write(text)


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with writing(path, "utf-8-sig") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_flat(row.get(name)) for name in columns])


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_flat(v) for v in value)
    if isinstance(value, dict):
        return ", ".join(f"{k}: {v}" for k, v in value.items() if v is not None)
    text = "" if value is None else str(value)
    # A spreadsheet would read a cell that starts like this as a formula.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def sentence(rule: ir.Rule, titles: Mapping[str, str]) -> str:
    """Return a rule's message with each placeholder in brackets: an item by the title of its value set, a field by its name."""
    return "".join(p if isinstance(p, str) else f"[{_placeholder(p, titles)}]" for p in rule.say)


def _placeholder(placeholder: ir.Placeholder, titles: Mapping[str, str]) -> str:
    operand = placeholder.operand
    if placeholder.kind == "age":
        return "age"
    if placeholder.kind == "found" and isinstance(operand, ir.Var):
        return operand.name
    if isinstance(operand, ir.Field):
        return operand.as_written
    return titles.get(operand.set or "", f"the {operand.kind.value}")


def _html(
    whole: Sequence[RulesetPage], made: Sequence[RulePage], binding: Binding, log: HazardLog, version: str
) -> str:  # fmt: skip
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("codesafety.authoring", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["limit"] = say_limit
    environment.filters["given"] = given
    return environment.get_template("catalogue.html").render(
        pages=whole,
        hazards=[(h, [p for p in made if h.id in p.rule.hazards]) for h in log.hazards.values()],
        log=log.head,
        matrix=log.head.get("matrix", {}),
        likelihoods=LIKELIHOODS,
        consequences=SEVERITIES,
        terminology=binding.codebook.terminology.name,
        version=version,
        total=len(made),
        examples=sum(len(p.results) for p in made),
        failed=sum(not r.passed for p in made for r in p.results),
        most_codes=_MOST_CODES,
    )
