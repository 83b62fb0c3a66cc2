"""`codesafety rules`: what rule authors check, test, list and read."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from codesafety import ir
from codesafety.cli import diff as diff_module
from codesafety.cli import picture as picture_module
from codesafety.cli import review as review_module
from codesafety.cli.named import having, no_such_rule, stands_at, within
from codesafety.cli.output import (
    CLEAN,
    FAILED,
    SOMETHING,
    Format,
    LintFormat,
    TestFormat,
    coloured,
    complain,
    complain_of,
    fail,
    finish,
    progressing,
    standard_input,
    style,
    unwritable,
    wrapped,
    write,
    write_json,
    write_unchanged,
)
from codesafety.diagnostics import Span, count, render_all
from codesafety.engine import (
    Engine,
    checked_path,
    frozen_terminology,
    hazard_log,
    installed_predicates,
    load,
    rule_paths,
)
from codesafety.errors import CodesafetyError, InputError, RuleError
from codesafety.paths import writing
from codesafety.terminology.interface import Terminology

if TYPE_CHECKING:
    from codesafety.authoring.mutating import Mutated
    from codesafety.authoring.testing import Texts

app = typer.Typer(help="Check, test, list and read rules.", no_args_is_help=True)

Paths = Annotated[list[str], typer.Argument(metavar="PATH…", help="Rule files, folders, or rulesets by name.")]
OptionalPaths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH…", help="Rule files, folders, or shipped rulesets by name; none: the shipped ones."),
]
Pack = Annotated[
    Path | None, typer.Option(metavar="PACK", help="A pack: value sets are expanded and every code is checked in it.")
]
Form = Annotated[Format, typer.Option("--format", help="How to write the answer.")]


@app.command()
def check(
    paths: Paths,
    release: Pack = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="What is merely left out (source, hazard, kinds of example) is an error.")
    ] = False,
    form: Form = Format.TEXT,
) -> None:
    """Parse and check rules, and say all that is wrong, with the words underlined and what to do.

    Of a file that is a part of a ruleset the whole folder is loaded, and what is wrong in the file is said.

    Exit code 0: nothing is wrong (warnings may remain); 1: errors, or nothing is declared; 2: nothing could be read.
    """
    from codesafety import language
    from codesafety.hazards import unlisted

    other_files: Set[Path] = set()
    try:
        with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
            found, other_files = _with_folders(paths)
            signatures = {name: predicate.signature for name, predicate in installed_predicates().items()}
            loaded = language.load(found, shipped=_shipped(), predicates=signatures, strict=strict)
            hazards = unlisted(loaded.rulesets, hazard_log(found))
            engine = load(*found, release=release, installed_plugins=True) if release else None
    except RuleError as error:
        _tell_errors(error, other_files, form)
        finish(SOMETHING, answered=0)
    except CodesafetyError as error:
        fail(error, form)
    every_warning = (*loaded.warnings, *hazards, *(engine.binding.warnings if engine else ()))
    warnings = [d for d in every_warning if not _stands_in(d.span, other_files)]
    rules = [rule for ruleset in loaded.rulesets for rule in ruleset.rules if not _stands_in(rule.span, other_files)]
    declared = sum(not _stands_in(span, other_files) for ruleset in loaded.rulesets for span in _declared(ruleset))
    if form is Format.JSON:
        write_json(
            {
                "ok": bool(declared),
                "rulesets": [r.name for r in loaded.rulesets],
                "rules": len(rules),
                "diagnostics": [d.as_json(loaded.sources) for d in warnings],
            }
        )
        finish(CLEAN if declared else SOMETHING, answered=declared)
    if warnings:
        complain(*render_all(warnings, loaded.sources).split("\n"), "")
    if engine is not None:
        for drift in engine.binding.drift:
            write(
                f"{drift.name}: the release gained {_codes(drift.gained)} and lost {_codes(drift.lost)} against the frozen list"
            )
    if not declared:
        complain("nothing is declared here, so nothing was checked")
        finish(SOMETHING, answered=0)
    write(
        f"{style('ok', coloured(), fg='green')}: {count(len(rules), 'rule')} in {count(len(loaded.rulesets), 'ruleset')}, {count(len(warnings), 'warning')}"
    )
    finish(CLEAN, answered=declared)


def _with_folders(paths: Sequence[str]) -> tuple[list[Path], Set[Path]]:
    """Return what is loaded for some paths, and the rule files that come with it: of a file that is a part of a ruleset, its folder.

    Raises InputError.
    """
    from codesafety import language

    asked = rule_paths(paths)
    beside = {path: language.files_beside(path) for path in asked}
    others = {file.resolve() for files in beside.values() for file in files} - {path.resolve() for path in asked}
    return list(dict.fromkeys(path.parent if beside[path] else path for path in asked)), others


def _declared(ruleset: ir.Ruleset) -> Iterator[Span]:
    yield from (rule.span for rule in ruleset.rules)
    yield from (valueset.span for valueset in ruleset.valuesets)
    yield from (limit.span for limit in ruleset.limits)
    yield from (table.span for table in ruleset.tables)


def _tell_errors(error: RuleError, other_files: Set[Path], form: Format) -> None:
    """Tell what is wrong in the files that were asked for, and how much is in the others of their folders."""
    own = [d for d in error.diagnostics if not _stands_in(d.span, other_files)]
    errors, every = (sum(d.severity == "error" for d in some) for some in (own, error.diagnostics))
    elsewhere = every - errors
    if form is Format.JSON:
        write_json({"ok": False, "diagnostics": [d.as_json(error.sources) for d in own], "errors_in_other_files": elsewhere})
        return
    complain(*render_all(own, error.sources).split("\n"))
    more = f", and {count(elsewhere, 'error')} in other files of the folder" if elsewhere else ""
    complain("", f"{count(errors, 'error')}{more}; no rule can be loaded until they are put right")
    if elsewhere:
        complain("  = help: `codesafety rules check` with the folder tells them all")


def _stands_in(span: Span, files: Set[Path]) -> bool:
    """Return whether something stands in one of some files; what is said of a whole file, or of a folder, stands in none."""
    return bool(files) and span.end > 0 and Path(span.file).resolve() in files


@app.command()
def lint(
    paths: OptionalPaths = None,
    release: Pack = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Put right what can be put right without changing what a rule means.")
    ] = False,
    today: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="The day by which sources and rules are past; none: today.")
    ] = None,
    form: Annotated[LintFormat, typer.Option("--format", help="How to write what is told.")] = LintFormat.TEXT,
) -> None:
    """Tell what rules say and can hardly mean: what never fires, says nothing, contradicts another; with a patient who shows it.

    What is wrong with their form or meaning is `check`'s to tell. `allow CHECK because "…"` in a declaration keeps one silent.

    Exit code 0: nothing is told, and something was looked at; 1: something is, or there was nothing to look at; 2: the rules could not
    be loaded.
    """
    from datetime import date

    from codesafety import builtin, language
    from codesafety.authoring.lint.running import at_once, fixed
    from codesafety.authoring.lint.running import lint as look
    from codesafety.cli import lint as shown
    from codesafety.plugins import declared
    from codesafety.plugins.manager import manager

    try:
        day = date.today() if today is None else date.fromisoformat(today)
    except ValueError:
        fail(InputError(f"`{today}` is no day\n  = help: write it like 2026-11-30"), Format.TEXT)
    plain = Format.JSON if form is LintFormat.JSON else Format.TEXT
    try:
        with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
            found, other_files = _with_folders(paths or _all_shipped())
            checks = declared.checks(manager([builtin], entry_points=True))
            engine = load(*found, release=release)
            signatures = {name: predicate.signature for name, predicate in engine.binding.predicates.items()}
            loaded = language.load(found, shipped=_shipped(), predicates=signatures)
            own = {path.resolve() for path in found}
            done = look(
                loaded,
                engine.terminology if release else frozen_terminology(loaded.rulesets),
                asked_for=[r for r in loaded.rulesets if stands_at(r, own)],
                known=language.load(_shipped()).rulesets,
                today=day,
                predicates=engine.binding.predicates,
                checks=checks,
            )
    except CodesafetyError as error:
        fail(error, plain)
    told, allowed = (
        tuple(one for one in some if not _stands_in(one.diagnostic.span, other_files)) for some in (done.told, done.allowed)
    )
    looked_at = tuple(one for one in done.looked_at if not _stands_in(one.span, other_files))
    left = 0
    if fix and (texts := fixed(told, loaded.sources)):
        try:
            for file, text in texts.items():
                with writing(Path(file)) as stream:
                    stream.write(language.format_text(text, file))
                complain(f"put right: {file}")
        except OSError as error:
            fail(unwritable(error), plain)
        left = sum(one.fix is not None for one in told) - len(at_once(told))
        if left:
            complain(
                f"left: {left} that may be put right", "  = help: run it again: one thing at a time is put right in each rule"
            )
        told = tuple(one for one in told if one.fix is None)
    shown.tell(replace(done, told=told, allowed=allowed, looked_at=looked_at), loaded.sources, form)
    finish(SOMETHING if told or left or not looked_at else CLEAN, answered=len(looked_at))


@app.command()
def test(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH…",
            help="Rule files, folders, shipped rulesets by name, or single rules: RULESET/RULE; none: the shipped ones.",
        ),
    ] = None,
    release: Pack = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="PATTERN",
            help="Only examples in whose `ruleset/rule: name` this stands; `*` and `?` as in file names.",
        ),
    ] = None,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage", help="Show which atoms of each rule were true, false and unknown, and which decided alone (MC/DC)."
        ),
    ] = False,
    mutation: Annotated[
        bool, typer.Option("--mutate", help="Change each rule in one place at a time, and show what no example notices.")
    ] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="With --mutate: put the examples that would notice into the rule files, for you to read."),
    ] = False,
    edges: Annotated[
        bool,
        typer.Option(
            "--boundaries", help="Write examples at the edges: about each birthday and window, leap days, what is missing."
        ),
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="N", help="Per cent that --coverage and --mutate must reach in each rule; below it, exit 1."
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Run again whenever a file of the rules changes, until it is stopped (Ctrl-C).")
    ] = False,
    form: Annotated[TestFormat, typer.Option("--format", help="How to write the answer.")] = TestFormat.TEXT,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name the examples that pass, too.")] = False,
) -> None:
    """Run every example that rules carry, on both evaluators. Of a file that is a part of a ruleset, those of its rules.

    An example that fails is shown with its file and line, what it gives, what it expects, what it got, and the clause that decided.

    Exit code 0: all answered as expected; 1: some were not, there was none, or something is below the threshold; 2: the rules could
    not be loaded. With --watch: that of the last run.

    Examples:

      codesafety rules test my-rules/ --run pregnant --watch

      codesafety rules test my-rules/ --coverage --threshold 100
    """
    from codesafety.authoring.boundaries import boundaries
    from codesafety.authoring.coverage import coverages
    from codesafety.authoring.lint.told import terms_of
    from codesafety.authoring.mutating import mutate
    from codesafety.authoring.testing import Texts, bind_for_examples, run_examples
    from codesafety.cli import tested

    if threshold is not None and not (coverage or mutation):
        raise typer.BadParameter("the per cent is of what --coverage or --mutate shows: give one of them too")
    if accept and not mutation:
        raise typer.BadParameter("--accept takes the examples that --mutate finds: give both")
    if watch and accept:
        raise typer.BadParameter("--accept writes into the files that --watch looks at: give one of them")

    def once() -> NoReturn:
        try:
            with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
                chosen = _of_single_rules(paths or _all_shipped())
                found, other_files = _with_folders(list(chosen))
                engine = load(*found, release=release)
                if accept and engine.bundle is not None:
                    raise InputError(
                        "a bundle is whole, and examples are put into rule files", help="name the folder it was built from"
                    )
                texts = Texts(engine.sources)
                terminology: Terminology = engine.terminology if release else frozen_terminology(engine.rulesets)
                binding = bind_for_examples(engine.rulesets, terminology, predicates=engine.binding.predicates)
                asked = _asked_for(engine, chosen, other_files)
            shown = [kept for rule in asked if (kept := tested.matching(rule, only)).examples] if only else asked
            results = list(_progress(run_examples(binding, rules=shown), sum(len(r.examples) for r in shown), "examples"))
            covered = list(coverages(binding, shown, texts)) if coverage else None
            with progressing() as told:
                mutated = list(mutate(binding, shown, texts, told)) if mutation else None
            at_edges = list(boundaries(binding, shown)) if edges else None
        except CodesafetyError as error:
            fail(error, Format.TEXT if form is TestFormat.TEXT else Format.JSON)
        done = tested.Tested(results, len(shown), texts, only, covered, threshold, mutated, at_edges, terms_of(engine.rulesets))
        tested.tell(done, form, verbose=verbose)
        if accept:
            _accept(mutated or (), done.terms, texts)
        finish(CLEAN if done.ok else SOMETHING, answered=len(results))

    if not watch:
        once()
    from codesafety.cli.watching import watching

    watching(once, [Path(place) for place in _of_single_rules(paths or _all_shipped())])


def _accept(mutated: Sequence[Mutated], terms: Mapping[str, str], texts: Texts) -> None:
    """Put the examples that would notice a change into the files of their rules, laid out as `format` does; of one name one."""
    from codesafety.authoring.mutating import as_example, with_examples
    from codesafety.language import format_text

    into: dict[str, tuple[ir.Rule, dict[str, str]]] = {}
    for survivor in (survivor for one in mutated for survivor in one.survivors):
        example, rule = as_example(survivor, terms), survivor.mutant.rule
        if example is not None:
            name, _, patient = example.partition("\n")
            by_patient = into.setdefault(rule.family, (rule, {}))[1]
            by_patient[patient] = min(by_patient.get(patient, name), name, key=len)
    changed: dict[str, str] = {}
    left = 0
    for rule, by_patient in into.values():
        by_name = {
            name: f"{name}\n{patient}"
            for patient, name in reversed(by_patient.items())
            if name.removeprefix("example ").removesuffix(" {") not in rule.text
        }
        left += len(by_patient) - len(by_name)
        if by_name:
            file = rule.span.file
            changed[file] = with_examples(changed.get(file, texts[file]), rule, list(by_name.values())[::-1])
    try:
        for file, text in changed.items():
            with writing(Path(file)) as stream:
                stream.write(format_text(text, file))
            complain(f"examples added: {file}")
    except OSError as error:
        fail(unwritable(error), Format.TEXT)
    if changed:
        complain("  = help: read each: it says what the rule answers now, and not that this is right")
    if left:
        complain(
            f"left: {count(left, 'example')} whose name another of its rule has",
            "  = help: name those that stand by what they show, and run it again",
        )


def _of_single_rules(paths: Sequence[str]) -> dict[str, set[str] | None]:
    """Return where rules are, each with the single ones that were asked for there (`RULESET/RULE`, or `FOLDER/RULE`); None: all."""
    chosen: dict[str, set[str] | None] = {}
    for path in paths:
        place, bar, name = path.rpartition("/")
        if not (bar and place and name) or Path(path).exists():
            chosen[path] = None
        elif (names := chosen.setdefault(place, set())) is not None:
            names.add(name)
    return chosen


def _asked_for(engine: Engine, chosen: Mapping[str, set[str] | None], other_files: Set[Path]) -> list[ir.Rule]:
    """Return the rules that were asked for, of each place. Raises InputError where a name is no rule's."""
    asked: dict[str, ir.Rule] = {}
    for place, names in chosen.items():
        there = {path.resolve() for path in rule_paths([place])}
        own = {
            rule.name: rule
            for rule in engine.rules
            if not _stands_in(rule.span, other_files) and (engine.bundle is not None or within(rule.span.file, there))
        }
        called = {name: {whole.rpartition("/")[2] for whole in (name, rule.family)} for name, rule in own.items()}
        known = set().union(*called.values())
        if missing := sorted((names or set()) - known):
            near = difflib.get_close_matches(missing[0], sorted(known), 3)
            help = f"did you mean {', '.join(f'`{n}`' for n in near)}?" if near else "codesafety rules list"
            raise InputError(f"there is no such path, and no rule `{missing[0]}`", help=help)
        asked |= {name: rule for name, rule in own.items() if names is None or called[name] & names}
    return list(asked.values())


@app.command("list")
def list_rules(paths: OptionalPaths = None, form: Form = Format.TEXT) -> None:
    """List rules with their action, hazard and title."""
    engine, other_files = _loaded(paths, form)
    asked = [rule for rule in engine.rules if not _stands_in(rule.span, other_files)]
    rules = [
        {
            "rule": r.name,
            "version": _version(engine, r),
            "action": r.action.value,
            "severity": r.severity,
            "hazard": list(r.hazards),
            "title": r.title,
            "examples": len(r.examples),
        }
        for r in asked
    ]
    if form is Format.JSON:
        write_json(rules)
        finish(CLEAN, answered=len(rules))
    longest = max((len(r.name) for r in asked), default=0)
    for rule in asked:
        write(
            f"{rule.name.ljust(longest)}  {rule.action.value.ljust(6)}  {', '.join(rule.hazards).ljust(10)}  {rule.title or ''}"
        )
    finish(CLEAN, answered=len(rules))


@app.command()
def show(
    rule: Annotated[
        str, typer.Argument(metavar="RULE|PATH", help="ruleset/rule, its last part, a ruleset's name, or a rule file or folder.")
    ],
    rules: Annotated[list[str] | None, typer.Option(metavar="PATH", help="Where to look; none: the shipped rulesets.")] = None,
    form: Form = Format.TEXT,
) -> None:
    """Show a rule, or every rule of a file, a folder or a ruleset: text, source, hazard and examples.

    Examples:

      codesafety rules show uk.pregnancy/pregnant-in-the-contraception-service

      codesafety rules show my-rules/
    """
    if rules is None and Path(rule).exists():
        engine, _ = _loaded([rule], form)
        asked = {Path(rule).resolve()}
        found = [r for r in engine.rules if engine.bundle is not None or within(r.span.file, asked)]
    else:
        engine, _ = _loaded(rules, form)
        found = [r for r in engine.rules if rule == r.ruleset] or having(engine, rule)
    if not found and any(rule == ruleset.name for ruleset in engine.rulesets):
        complain(f"the ruleset `{rule}` has no rules, only what other rulesets use")
    if not found and not any(rule == ruleset.name for ruleset in engine.rulesets):
        no_such_rule(engine, rule)
    if form is Format.JSON:
        write_json([_rule_data(engine, r) for r in found])
        finish(CLEAN, answered=1)
    from codesafety.authoring.cost import cost

    for number, one in enumerate(found):
        if number:
            write("")
        write(style(f"{one.name} {_version(engine, one)}", coloured(), bold=True))
        if one.because:
            write(*wrapped(one.because, ""))
        for source in one.sources:
            write(*wrapped(f"Source: {source.text}{f' <{source.url}>' if source.url else ''}", "", "        "))
        costs = cost(one, engine.binding)
        joined = f", joined {costs.joined}" if costs.joined else ""
        write(*wrapped(f"Cost: asked {costs.triggered}{joined}; {costs.grows}", "", "      "))
        if number + 1 == len(found) or found[number + 1].family != one.family:  # the text of a family is the same for each row
            write("", *one.text.split("\n"))
    finish(CLEAN, answered=1)


@app.command("format")
def format_files(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…", help="Rule files, folders, or - for standard input, which is laid out on standard output."
        ),
    ],
    check_only: Annotated[bool, typer.Option("--check", help="Change nothing; say which files would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show how files would change.")] = False,
) -> None:
    """Lay rule files out in the one way there is.

    Exit code 0: laid out; 1 with --check or --diff where a file would change; 2 where one is broken, and then none is changed.
    """
    from codesafety.language import format_text

    texts: list[tuple[str, str, str]] = []
    broken = False
    for file in _rule_files(paths):
        try:
            text = _rule_text(file)
            texts.append((file, text, format_text(text, file)))
        except RuleError as error:
            broken = True
            complain(*str(error).split("\n"), "")
        except InputError as error:
            broken = True
            complain_of(error)
    if broken:
        finish(FAILED, answered=0)
    changed = [(file, text, neat) for file, text, neat in texts if text != neat]
    if diff:
        for file, text, neat in changed:
            for line in difflib.unified_diff(text.splitlines(keepends=True), neat.splitlines(keepends=True), file, file):
                write(*([line[:-1]] if line.endswith("\n") else [line, "\\ No newline at end of file"]))
    elif check_only:
        write(*(f"would change: {file}" for file, _, _ in changed))
    else:
        for file, text, neat in texts:
            _lay_out(file, text, neat)
    finish(SOMETHING if changed and (check_only or diff) else CLEAN, answered=len(texts))


_STDIN = "-"


def _rule_files(paths: Sequence[str]) -> list[str]:
    """Return the rule files at paths, those of folders at any depth. Ends the command where a folder has none."""
    found: list[str] = []
    for path in paths:
        inside = [str(file) for file in sorted(Path(path).rglob("*.rules"))] if path != _STDIN and Path(path).is_dir() else [path]
        if not inside:
            fail(
                InputError("there are no rule files in this folder", source=path, help="their names end in `.rules`"), Format.TEXT
            )
        found += inside
    return found


def _rule_text(file: str) -> str:
    """Return the text of a rule file or of standard input. Raises InputError."""
    try:
        return standard_input().read().decode("utf-8") if file == _STDIN else checked_path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError("it cannot be read as UTF-8 text", source=file, help="check the path and the encoding") from None


def _lay_out(file: str, text: str, neat: str) -> None:
    """Write a text that was laid out where it belongs."""
    if file == _STDIN:
        write_unchanged(neat)
    elif neat != text:
        try:
            with writing(Path(file)) as stream:
                stream.write(neat)
        except OSError as error:
            fail(unwritable(error), Format.TEXT)
        write(f"formatted: {file}")


def _loaded(paths: Sequence[str] | None, form: Format) -> tuple[Engine, Set[Path]]:
    """Return the engine of some paths, and the rule files that came with a file of a ruleset. Ends the command where none loads."""
    try:
        with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
            found, other_files = _with_folders(paths or _all_shipped())
            return load(*found), other_files
    except CodesafetyError as error:
        fail(error, form)


def _shipped() -> list[Path]:
    from codesafety import builtin

    return builtin.all_rulesets()


def _all_shipped() -> list[str]:
    return [str(p) for p in _shipped()]


def _version(engine: Engine, rule: ir.Rule) -> str:
    return next(r.version for r in engine.rulesets if r.name == rule.ruleset)


def _rule_data(engine: Engine, rule: ir.Rule) -> dict[str, Any]:
    from codesafety.authoring.cost import cost

    return {
        "rule": rule.name,
        "version": _version(engine, rule),
        "title": rule.title,
        "action": rule.action.value,
        "severity": rule.severity,
        "hazard": list(rule.hazards),
        "because": rule.because,
        "source": [{"text": s.text, "url": s.url} for s in rule.sources],
        "cost": asdict(cost(rule, engine.binding)),
        "text": rule.text,
        "examples": [
            {"name": e.name, "expect": e.expect, "missing": list(e.missing)} | ({"says": e.sentence} if e.sentence else {})
            for e in rule.examples
        ],
    }


def _codes(codes: tuple[str, ...]) -> str:
    shown = ", ".join(codes[:5]) + (", …" if len(codes) > 5 else "")
    return f"{len(codes)} codes ({shown})" if codes else "no code"


def _progress(results: Any, total: int, what: str) -> Any:
    if total < 500 or not sys.stderr.isatty():
        return results
    from rich.console import Console
    from rich.progress import track

    return track(results, what, total=total, console=Console(stderr=True), transient=True)


@app.command("freeze")
def freeze_files(
    paths: Paths,
    release: Annotated[Path, typer.Option(metavar="PACK", help="The release to write from.")],
    check_only: Annotated[bool, typer.Option("--check", help="Write nothing; say what each file would gain and lose.")] = False,
    form: Form = Format.TEXT,
) -> None:
    """Write the frozen files of value sets that have both `ecl` and `frozen`, from a release.

    Further terms that a file has for a code stay in it. What it drops is said: codes with their terms, those of other systems,
    contexts that the release does not give.

    Exit code 0: written, or nothing differs; 1 with --check where a list and the release differ; 2: it could not be done.
    """
    from codesafety.authoring.freeze import begun, freeze

    try:
        places = rule_paths(paths)
        with begun([] if check_only else places):
            engine = load(*_with_folders(paths)[0], release=release)
            own = {path.resolve() for path in places}
            rulesets = [r for r in engine.rulesets if stands_at(r, own)]
            found = list(freeze(rulesets, engine.terminology))
            if not check_only:
                for one in found:
                    with writing(one.path) as stream:
                        stream.write(one.text)
    except CodesafetyError as error:
        fail(error, form)
    except OSError as error:
        fail(unwritable(error), form)
    if form is Format.JSON:
        write_json(
            [
                {
                    "valueset": f.name,
                    "file": str(f.path),
                    "codes": f.codes,
                    "gained": list(f.gained),
                    "lost": list(f.lost),
                    "synonyms_kept": f.kept,
                    "dropped": list(f.dropped),
                }
                for f in found
            ]
        )
    else:
        for one in found:
            write(f"{one.name}: {one.codes} codes, gained {_codes(one.gained)}, lost {_codes(one.lost)}: {one.path}")
            if one.kept:
                write(f"  keeps {count(one.kept, 'further term')}")
            write(*(f"  drops {line}" for line in one.dropped))
        if not found:
            complain("no value set in these rules has both `ecl` and `frozen`")
            complain('  = help: write `frozen "codes/NAME.csv"` beside the `ecl { … }` that it is to hold')
    finish(SOMETHING if not found or (check_only and any(f.changed for f in found)) else CLEAN, answered=len(found))


app.command("diff")(diff_module.diff)
app.command("plan")(diff_module.plan)
app.command("picture")(picture_module.picture)
app.command("review")(review_module.review)

importing = typer.Typer(help="Turn published tables into rulesets.", no_args_is_help=True)
app.add_typer(importing, name="import")


@importing.callback()
def _importing() -> None:
    """Turn published tables into rulesets."""


@importing.command()
def mce(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The editor's tables: flags per code, and age groups.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="A new folder for the ruleset.")],
    form: Form = Format.TEXT,
) -> None:
    """Import the Medicare Code Editor's sex and age flags per ICD-10-CM code: one table and one rule each.

    Example: codesafety rules import mce flags.csv age_groups.csv -o rulesets/cms.mce
    """
    from codesafety.authoring.mce import import_mce

    try:
        done = import_mce(files, output)
    except CodesafetyError as error:
        fail(error, form)
    except OSError as error:
        fail(unwritable(error), form)
    if form is Format.JSON:
        write_json({"codes": done.codes, "sex_rows": done.sex_rows, "age_rows": done.age_rows, "folder": str(done.folder)})
        finish(CLEAN, answered=done.codes)
    write(f"{done.codes} codes: {done.sex_rows} rows of sex and {done.age_rows} of age, written to {done.folder}")
    write(f"Next: codesafety rules test {done.folder}")
    finish(CLEAN, answered=done.codes)


@app.command()
def score(
    oracle: Annotated[Path, typer.Argument(metavar="ORACLE.csv", help="Columns: system, code, sex, age_years, date, expected.")],
    rules: Annotated[list[str], typer.Option(metavar="PATH", help="The rules to score.")],
    release: Pack = None,
    most: Annotated[int, typer.Option(help="How many disagreements to show as text; JSON has all.")] = 20,
    form: Form = Format.TEXT,
) -> None:
    """Score rules against an oracle: a CSV file of single entries and whether a rule should fire.

    `expected` is `fires` or `clear`; an empty sex or age is missing. Exit code 0: all agree; 1: some do not, or there is none;
    2: it could not be read.
    """
    from codesafety.authoring import scoreboard

    try:
        engine = load(*_with_folders(rules)[0], release=release)
        found = scoreboard.score(engine.binding, oracle)
    except CodesafetyError as error:
        fail(error, form)
    if form is Format.JSON:
        write_json(
            {
                "cases": found.cases,
                "agree": found.agree,
                "false_fires": found.false_fires,
                "missed": found.missed,
                "cannot_tell": found.cannot_tell,
                "sensitivity": found.sensitivity,
                "specificity": found.specificity,
                "disagreements": [
                    {
                        "line": c.line,
                        "system": c.system,
                        "code": c.code,
                        "sex": c.sex,
                        "age_years": c.age_years,
                        "date": c.date,
                        "expected": c.expected,
                        "answer": answer,
                    }
                    for c, answer in found.disagreements
                ],
            }
        )
    else:
        write(
            f"{found.cases} cases: {found.agree} agree, {found.false_fires} fire falsely, {found.missed} are missed, "
            f"{found.cannot_tell} could not be told"
        )
        write(f"sensitivity {_share(found.sensitivity)}, specificity {_share(found.specificity)}, of the cases that were told")
        for case, answer in found.disagreements[:most]:
            write(
                f"  line {case.line}: {case.code}, {case.sex or 'no sex'}, {case.age_years if case.age_years is not None else 'no age'}, "
                f"{case.date or 'no date'}: expected {case.expected}, answered {answer}"
            )
        if len(found.disagreements) > most:
            write(f"  … and {len(found.disagreements) - most} more (--format json has all)")
    if not found.cases:
        complain("there is no case in this oracle, so nothing was scored")
    finish(CLEAN if found.cases and not found.disagreements else SOMETHING, answered=found.cases)


def _share(share: float | None) -> str:
    return f"{share:.2%}" if share is not None else "none told"
