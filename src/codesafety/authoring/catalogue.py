"""Rules and hazards for people: what each rule says, on what source, how its examples come out, and at which ages and sexes it fires."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from codesafety import ir
from codesafety.authoring.drawn import as_svg
from codesafety.authoring.measured import Measured
from codesafety.authoring.picture import Picture, picture
from codesafety.authoring.testing import ExampleResult, run_examples
from codesafety.evaluation.binding import Binding, say_limit
from codesafety.hazards import LIKELIHOODS, Hazard, HazardLog
from codesafety.paths import writing
from codesafety.report import SEVERITIES


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule as the catalogue shows it."""

    rule: ir.Rule
    version: str
    severity: str | None
    results: tuple[ExampleResult, ...]
    picture: Picture | None
    measured: Sequence[Measured]
    sets: tuple[tuple[str, str, int, tuple[str, ...]], ...]
    """(name, title, number of codes, sources) of the value sets that it names."""
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


def pages(binding: Binding, severities: Mapping[str, str | None], measured: Mapping[str, Sequence[Measured]]) -> list[RulePage]:
    """Return a page for each rule. `binding` is bound to an `ExampleTerminology`, for the examples are run."""
    versions = {r.name: r.version for r in binding.rulesets}
    titles = {s.name: s for r in binding.rulesets for s in r.valuesets}
    out = []
    for rule in binding.rules:
        results = tuple(run_examples(binding, rules=[rule]))
        named = [titles[n] for n in sorted(titles) if _names(rule.text, n, rule.ruleset)]
        sets = tuple(
            (s.name, s.title, len(binding.sets[s.name].members), tuple(x.text for x in s.sources))
            for s in named
            if s.name in binding.sets
        )
        says = sentence(rule, {name: s.title for name, s in titles.items()})
        judged = measured.get(rule.name, ())
        seen = picture(binding, rule)
        out.append(RulePage(rule, versions[rule.ruleset], severities.get(rule.name), results, seen, judged, sets, says))
    return out


def _names(text: str, name: str, ruleset: str) -> bool:
    owner, _, short = name.rpartition("/")
    words = text.replace("(", " ").replace(")", " ").split()
    return name in words or (owner == ruleset and short in words)


def write_catalogue(
    folder: Path,
    binding: Binding,
    log: HazardLog,
    severities: Mapping[str, str | None],
    measured: Mapping[str, Sequence[Measured]],
    version: str,
) -> list[Path]:
    """Write the catalogue: `index.html`, `rules.json`, `rules.csv`, `hazards.json` and `hazards.csv`. Return the files."""
    made = pages(binding, severities, measured)
    folder.mkdir(parents=True, exist_ok=True)
    rules, hazards = [_rule_row(p) for p in made], [_hazard_row(h, made) for h in log.hazards.values()]
    out = [folder / n for n in ("index.html", "rules.json", "rules.csv", "hazards.json", "hazards.csv")]
    _write(out[0], _html(made, binding, log, version))
    _write(out[1], json.dumps(rules, indent=2, ensure_ascii=False) + "\n")
    _write_csv(out[2], rules)
    _write(out[3], json.dumps({"log": dict(log.head), "hazards": hazards}, indent=2, ensure_ascii=False) + "\n")
    _write_csv(out[4], hazards)
    return out


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
            {"name": r.example.name, "expected": r.expected_in_words, "answered": r.compiled_in_words, "as_expected": r.passed}
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


def _html(made: Sequence[RulePage], binding: Binding, log: HazardLog, version: str) -> str:
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("codesafety.authoring", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["limit"] = say_limit
    rulesets = [(r, [p for p in made if p.rule.ruleset == r.name]) for r in binding.rulesets]
    return environment.get_template("catalogue.html").render(
        rulesets=[(r, own) for r, own in rulesets if own],
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
    )
