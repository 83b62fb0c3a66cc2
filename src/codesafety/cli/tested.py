"""What the examples of rules come to, as text, JSON, JUnit or SARIF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any
from xml.etree import ElementTree

from codesafety import __version__, ir
from codesafety.answers.sarif import artifact, location, log
from codesafety.authoring.boundaries import Edge, Edges
from codesafety.authoring.coverage import Coverage, per_cent
from codesafety.authoring.mutating import Mutated, as_example, example_text
from codesafety.authoring.testing import ExampleResult, Texts, failure
from codesafety.cli.output import TestFormat, coloured, complain, style, write, write_json
from codesafety.diagnostics import Span, count, position

_FAILING, _BELOW, _SURVIVES, _DIFFERING = "example-fails", "below-threshold", "mutant-survives", "evaluators-differ"
_DIFFER = "the two evaluators do not agree"


@dataclass(frozen=True, slots=True)
class Tested:
    """What was run of some rules: the examples, and what was asked beside."""

    results: Sequence[ExampleResult]
    rules: int
    texts: Texts
    only: str | None = None
    """The pattern that chose the examples, if one did."""
    covered: Sequence[Coverage] | None = None
    threshold: float | None = None
    mutated: Sequence[Mutated] | None = None
    edges: Sequence[Edges] | None = None
    terms: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> list[ExampleResult]:
        return [r for r in self.results if not r.passed]

    @property
    def below(self) -> list[tuple[str, str, float]]:
        """What the threshold finds wanting: the rule, what of it, and how much there is."""
        if self.threshold is None:
            return []
        scores = [(c.rule, "atoms that decide alone", c.score) for c in self.covered or ()]
        scores += [(m.name, "mutants that are noticed", m.score) for m in self.mutated or ()]
        return [one for one in scores if one[2] < self.threshold]

    @property
    def ok(self) -> bool:
        return bool(self.results) and not (self.failed or self.below or self.disagreements)

    @property
    def disagreements(self) -> list[tuple[ir.Rule, Edge]]:
        """The made-up patients of whom the two evaluators do not answer alike."""
        return [(one.rule, edge) for one in self.edges or () for edge in one.edges if edge.answer is None]


def matching(rule: ir.Rule, pattern: str) -> ir.Rule:
    """Return a rule with those of its examples in whose whole name a pattern stands."""
    folded = f"*{pattern.casefold().replace('[', '[[]')}*"
    kept = tuple(one for one in rule.examples if fnmatchcase(f"{rule.name}: {one.name}".casefold(), folded))
    return replace(rule, examples=kept)


def tell(done: Tested, form: TestFormat, *, verbose: bool) -> None:
    """Write what was run."""
    if not done.results and done.only is not None:
        complain(
            f"no example has `{done.only}` in `ruleset/rule: name`",
            "  = help: --verbose, without --run, names all that there are",
        )
    elif not done.results:
        complain(
            "there is no example in these rules",
            "  = help: give each rule examples that fire, are clear and cannot be told",
        )
    match form:
        case TestFormat.JSON:
            write_json(_as_data(done))
        case TestFormat.JUNIT:
            write(*as_junit(done).split("\n"))
        case TestFormat.SARIF:
            write_json(as_sarif(done))
        case TestFormat.TEXT:
            _as_text(done, verbose)


# ------------------------------------------------------------------------------------------------ text


def _as_text(done: Tested, verbose: bool) -> None:
    for result in done.results:
        if not result.passed:
            write(style(f"FAILED  {result.rule}: {result.example.name}", coloured(), fg="red"))
            write(*(f"        {line}" for line in failure(result, done.texts)))
        elif verbose:
            write(f"ok      {result.rule}: {result.example.name}")
    for one in done.covered or ():
        write(*_covered(one))
    for each in done.mutated or ():
        write(*_mutated(each, done))
    for of_rule in done.edges or ():
        write(*_edges(of_rule, done))
    for rule, edge in done.disagreements:
        complain(f"error: {_DIFFER}: {rule.name}: {edge.name}", "  = help: report this; hold what it is about")
    write(
        f"{count(len(done.results), 'example')} of {count(done.rules, 'rule')}: "
        f"{len(done.results) - len(done.failed)} as expected, {len(done.failed)} not"
    )
    if done.covered is not None:
        shown, atoms = (sum(of) for of in zip(*(c.deciding for c in done.covered), strict=True)) if done.covered else (0, 0)
        write(f"{count(atoms, 'atom')}: {shown} shown to decide alone")
    if done.mutated is not None:
        shown, all_of = sum(m.killed for m in done.mutated), sum(m.mutants - len(m.same) for m in done.mutated)
        write(f"{count(all_of, 'mutant')}: {shown} noticed ({per_cent(100 * shown / all_of if all_of else 100)})")
    for name, what, score in done.below:
        complain(f"below {done.threshold:g} %: {name}: {per_cent(score)} {what}")


def _covered(one: Coverage) -> Iterator[str]:
    (seen, values), (shown, atoms) = one.values, one.deciding
    yield f"{one.rule}: {shown} of {count(atoms, 'atom')} decide alone, {seen} of {count(values, 'value')} seen"
    for atom in one.atoms:
        lacks = []
        if atom.unseen():
            lacks.append(f"never {', '.join(atom.unseen())}")
        if atom.undecided():
            lacks.append(f"never decides alone by being {' or '.join(atom.undecided())}")
        if lacks:
            yield f"    {atom.place:16}  {atom.words}: {'; '.join(lacks)}"


def _mutated(one: Mutated, done: Tested) -> Iterator[str]:
    of = one.mutants - len(one.same)
    same = f", {len(one.same)} change nothing" if one.same else ""
    yield f"{one.name}: {one.killed} of {count(of, 'mutant')} noticed{same}"
    for survivor in one.survivors:
        yield f"  SURVIVES  {_at(survivor.mutant.span, done.texts)}{survivor.mutant.kind}: {survivor.mutant.words}"
        example = as_example(survivor, done.terms)
        if example is None:
            yield "            no patient was found who tells the two apart: what the rule asks cannot be varied in full"
        else:
            yield f"            this example would notice: it would be {survivor.instead}"
            yield from (f"    {line}" for line in example.split("\n"))


def _edges(one: Edges, done: Tested) -> Iterator[str]:
    if not one.found:
        yield f"{one.rule.family}: no patient was found for whom it fires, so that there is no edge to begin from"
        return
    yield f"{one.rule.family}: {count(len(one.edges), 'edge')} that no example gives; read each before you take it"
    for edge in one.edges:
        if edge.answer is not None:
            yield from (
                f"    {line}" for line in example_text(edge.name, edge.patient, edge.answer, done.terms, one.rule.row).split("\n")
            )


def _at(span: Span, texts: Texts) -> str:
    text = texts[span.file]
    return f"{span.file}:{position(text, span.start)[0]}: " if text else ""


# ------------------------------------------------------------------------------------------------ for programs


def _as_data(done: Tested) -> dict[str, Any]:
    data: dict[str, Any] = {
        "examples": len(done.results),
        "passed": len(done.results) - len(done.failed),
        "failed": [
            {
                "rule": r.rule,
                "example": r.example.name,
                "file": r.example.span.file,
                "line": done.texts.line(r.example),
                "given": done.texts.givens(r.example),
                "expected": _answer(r.expected, () if r.example.sentence is None else (r.example.sentence,)),
                "reference": _answer(r.reference, r.reference_said),
                "compiled": _answer(r.compiled, r.compiled_said),
                "why": list(r.why),
            }
            for r in done.failed
        ],
    }
    if done.covered is not None:
        data["coverage"] = [coverage_data(one) for one in done.covered]
    if done.mutated is not None:
        data["mutation"] = [_mutation_data(one, done) for one in done.mutated]
    if done.edges is not None:
        data["boundaries"] = [
            {
                "rule": one.rule.family,
                "found": one.found,
                "examples": [
                    {
                        "name": edge.name,
                        "answer": None if edge.answer is None else _answer(edge.answer, ()),
                        "example": None
                        if edge.answer is None
                        else example_text(edge.name, edge.patient, edge.answer, done.terms, one.rule.row),
                    }
                    for edge in one.edges
                ],
            }
            for one in done.edges
        ]
    if done.threshold is not None:
        data["below"] = [{"rule": rule, "of": what, "per_cent": score} for rule, what, score in done.below]
    return data


def coverage_data(one: Coverage) -> dict[str, Any]:
    """Return what the examples of a rule show, as plain data."""
    return {
        "rule": one.rule,
        "examples": one.examples,
        "mcdc": {"shown": one.deciding[0], "of": one.deciding[1]},
        "values": {"seen": one.values[0], "of": one.values[1]},
        "atoms": [
            {
                "place": atom.place,
                "words": atom.words,
                "seen": {word: value in atom.seen for value, word in _WORDS if value in atom.may},
                "decides": {word: value in atom.decided for value, word in _WORDS[:2]},
            }
            for atom in one.atoms
        ],
    }


def _mutation_data(one: Mutated, done: Tested) -> dict[str, Any]:
    return {
        "rule": one.name,
        "mutants": one.mutants,
        "noticed": one.killed,
        "change_nothing": [{"kind": m.kind, "words": m.words} for m in one.same],
        "survivors": [
            {
                "kind": s.mutant.kind,
                "words": s.mutant.words,
                "file": s.mutant.span.file,
                "line": position(done.texts[s.mutant.span.file], s.mutant.span.start)[0],
                "example": as_example(s, done.terms),
                "answer": None if s.expect is None else _answer(s.expect, ()),
                "instead": s.instead,
            }
            for s in one.survivors
        ],
    }


_WORDS: tuple[tuple[bool | None, str], ...] = ((True, "true"), (False, "false"), (None, "unknown"))


def _answer(answer: tuple[str, frozenset[str]], said: Sequence[str]) -> dict[str, Any]:
    return {"outcome": answer[0], "missing": sorted(answer[1])} | ({"said": list(said)} if said else {})


def as_junit(done: Tested) -> str:
    """Return a test suite a rule, as JUnit's own XML is read by those who show it."""
    root = ElementTree.Element("testsuites", name="codesafety rules test")
    suites: dict[str, ElementTree.Element] = {}

    def case(rule: str, name: str, file: str | None, line: int | None) -> ElementTree.Element:
        suite = suites.setdefault(rule, ElementTree.Element("testsuite", name=rule))
        place = {"file": file, "line": str(line)} if file is not None and line is not None else {}
        return ElementTree.SubElement(suite, "testcase", {"classname": rule, "name": name, **place})

    for result in done.results:
        made = case(result.rule, result.example.name, result.example.span.file, done.texts.line(result.example))
        if not result.passed:
            words = f"expected {result.expected_in_words}, got {result.compiled_in_words}"
            ElementTree.SubElement(made, "failure", message=words).text = "\n".join(failure(result, done.texts))
    for rule, what, score in done.below:
        made = case(rule, what, None, None)
        ElementTree.SubElement(made, "failure", message=f"{per_cent(score)} {what}, below {done.threshold:g} %")
    for differing, edge in done.disagreements:
        ElementTree.SubElement(case(differing.name, edge.name, None, None), "failure", message=_DIFFER)
    for suite in suites.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        root.append(suite)
    for name in ("tests", "failures"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def as_sarif(done: Tested) -> dict[str, Any]:
    results = [
        _result(_FAILING, "error", f"{r.rule}: {r.example.name}\n" + "\n".join(failure(r, done.texts)), r.example.span.file, line)
        for r in done.failed
        for line in [done.texts.line(r.example)]
    ]
    results += [
        _result(_DIFFERING, "error", f"{rule.name}: {edge.name}: {_DIFFER}", None, None) for rule, edge in done.disagreements
    ]
    results += [_result(_BELOW, "warning", f"{rule}: {per_cent(score)} {what}", None, None) for rule, what, score in done.below]
    results += [
        _result(
            _SURVIVES,
            "warning",
            "\n".join(filter(None, [s.mutant.words, as_example(s, done.terms)])),
            s.mutant.span.file,
            position(done.texts[s.mutant.span.file], s.mutant.span.start)[0],
        )
        for m in done.mutated or ()
        for s in m.survivors
    ]
    files = dict.fromkeys(r.example.span.file for r in done.failed)
    rules = [{"id": name} for name in dict.fromkeys(str(one["ruleId"]) for one in results)]
    return log(__version__, rules, results, [], [artifact(file) for file in files])


def _result(name: str, level: str, text: str, file: str | None, line: int | None) -> dict[str, Any]:
    places = {"locations": [location(file, line=line)]} if file is not None else {}
    return {"ruleId": name, "level": level, "message": {"text": text}, **places}
