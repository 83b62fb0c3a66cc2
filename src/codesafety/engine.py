"""Wire rulesets, terminology and plugins once; then read, assess and deliver."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar, get_args

from codesafety import builtin, ir, reviews, stored
from codesafety.arguments import expect, expect_all
from codesafety.errors import BundleError, ConfigurationError, InputError, PluginError
from codesafety.evaluation.binding import Binding, bind, expand, say_limit
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.in_time import in_time
from codesafety.evaluation.outcome import RunResult
from codesafety.evaluation.predicates import BoundPredicate
from codesafety.evaluation.reference.run import run_reference
from codesafety.evaluation.work import WORK_BUDGET, Bounds
from codesafety.formats.native import plain_json, validated
from codesafety.hazards import HazardLog, find_beside, read_logs, unlisted
from codesafety.language.files import SUFFIX, find
from codesafety.paths import endless
from codesafety.plugins import declared
from codesafety.plugins.hookspecs import CodeMap
from codesafety.plugins.manager import PluginManager, ask, manager, names, versions
from codesafety.plugins.reading import MAX_BYTES, Reader, Source, TableReader
from codesafety.profile import Override, Profile
from codesafety.record import Model, Record, Submission
from codesafety.report import EngineUsed, Report, RulesetUsed, TerminologyUsed
from codesafety.reporting.findings import reads_patient
from codesafety.reporting.standing import Standing, in_force
from codesafety.reporting.whole import digest, report
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import CodeContext, Terminology

if TYPE_CHECKING:
    from codesafety.bundle import Bundle
    from codesafety.diagnostics import Diagnostic

_Answer = TypeVar("_Answer")
_Read = TypeVar("_Read", Submission, Record)
_Model = TypeVar("_Model", bound=Model)
Evaluator = Literal["compiled", "reference"]
WHOLE_INPUTS = ("record", "release")
READER_TIMEOUT_S = 10
"""How long one call of a plugin's reader may take: some ten times what the largest record that is known takes to read."""
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
"""How files begin that hold other files."""
_HUNG = f"it did not answer within {READER_TIMEOUT_S} s, and is not asked again"


def load(
    *rules: str | Path | Bundle,
    release: str | Path | Terminology | None = None,
    plugins: Sequence[object] = (),
    limits: Mapping[str, str | int | Decimal] | None = None,
    never: Iterable[str] = (),
    evaluator: Evaluator = "compiled",
    work_budget: int = WORK_BUDGET,
    deadline_s: float | None = None,
    installed_plugins: bool = True,
    cache: str | Path | None = None,
    keys: Sequence[str | Path] = (),
    expired: bool = False,
) -> Engine:
    """Return an engine, ready to assess messages. Load once; it is immutable and safe to share between threads.

    `rules`: `.rules` files, folders of them, or names of rulesets (`uk.pregnancy`); or one bundle, of which nothing is parsed; none:
    those shipped rulesets that are on by default. `release`: a pack made by `codesafety terminology build`, or any object that answers
    `terminology.interface.Terminology`; None: the frozen lists. `limits`: values for named limits, each within its range.
    `never`: whole inputs (`record`, `release`) that this deployment never gives; what they stop counts for nothing and stands
    at the head of every report. `work_budget`: what comparing the items of one message with each other may take, in items
    looked at; `deadline_s`: seconds after which no more rules are asked of a message. What was not asked is not checked, and
    held. `installed_plugins`: whether plugins found by entry point take part. `cache`: the folder where checked rules are stored
    for the next process, or `off`; None: what CODESAFETY_CACHE says, else the user's own. It changes no answer. `keys`: files of public
    keys, by one of which a bundle must have been signed; none: no signature is asked for. `expired`: a bundle's last day may have
    passed, as of one by which old messages are answered again.

    Raises RuleError with every diagnostic, ConfigurationError, PluginError, BundleError, or TerminologyError: an engine that loads
    is whole.
    """
    never = frozenset(expect_all(never, str, "never", 'a list: never=["record"]'))
    plugins = expect_all(plugins, object, "plugins", "a list of modules or objects that have hooks")
    _check_arguments(rules, release, limits, evaluator, work_budget, deadline_s, installed_plugins, cache)
    expect(expired, bool, "expired", "True or False")
    keys = expect_all(keys, (str, Path), "keys", "a list of files of public keys")
    made = manager([builtin, *plugins], entry_points=installed_plugins)
    predicates = declared.predicates(made)
    maps = declared.code_maps(made)
    mapped = declared.merged(maps)
    readers = declared.readers(made, but=builtin.NAME)
    signatures = {name: p.signature for name, p in predicates.items()}
    terminology, is_known = open_terminology(release)
    paths = [rule for rule in rules if isinstance(rule, str | Path)]
    held = _bundle_of(rules, rule_paths(paths, made), keys, expired)
    if held is None:
        given = places_of(paths, made)
        form, from_store = _form(given, signatures, terminology, is_known, stored.store(cache))
        log = hazard_log(given)
    else:
        form, from_store = _form_of(held, made, signatures, terminology), False
        log = held.hazards()
    loaded = form.loaded
    terminology = terminology or form.lists
    assert terminology is not None
    binding = bind(
        loaded.rulesets,
        terminology,
        limits=limits,
        predicates=predicates,
        sources=loaded.sources,
        expanded=form.expanded,
    )
    if mapped:
        binding = replace(binding, codebook=Codebook(terminology, mapped))
    for name in sorted(never):
        if name not in WHOLE_INPUTS:
            raise ConfigurationError(f"`{name}` is no whole input; known: {', '.join(WHOLE_INPUTS)}")
    warnings = (*loaded.warnings, *binding.warnings, *unlisted(loaded.rulesets, log))
    bounds = Bounds(work_budget, deadline_s)
    options = _Options(rules, release, plugins, limits, never, evaluator, bounds, installed_plugins, cache, keys, expired)
    reviewed = (
        _reviews(loaded.rulesets)
        if held is None
        else {one.name: (one.review, one.review_status) for one in held.manifest.rulesets}
    )
    return Engine(binding, made, readers, maps, options, warnings, loaded.sources, log, reviewed, from_store, held)


def _reviews(rulesets: Iterable[ir.Ruleset]) -> dict[str, tuple[str, reviews.Status]]:
    """Return how rulesets stand to the reviews beside them. Raises InputError for a file of reviews that is broken."""
    states = [(one, reviews.state(one)) for one in rulesets]
    return {one.name: (found.words(one), found.status) for one, found in states}


@dataclass(frozen=True, slots=True)
class _Options:
    """What an engine was loaded with, by which another process loads it again."""

    rules: tuple[str | Path | Bundle, ...]
    release: str | Path | Terminology | None
    plugins: tuple[object, ...]
    limits: Mapping[str, str | int | Decimal] | None
    never: frozenset[str]
    evaluator: Evaluator
    bounds: Bounds
    installed_plugins: bool
    cache: str | Path | None
    keys: tuple[str | Path, ...]
    expired: bool


def _again(options: _Options, digest: str) -> Engine:
    """Return an engine that was handed over. Raises ConfigurationError where what it was made of has changed since."""
    named = {one.name: getattr(options, one.name) for one in fields(options) if one.name not in ("rules", "bounds", "plugins")}
    named["expired"] = True  # a bundle that was taken stays in use
    plugins = [import_module(one) if isinstance(one, str) else one for one in options.plugins]
    bounds = options.bounds
    engine = load(*options.rules, plugins=plugins, work_budget=bounds.work_budget, deadline_s=bounds.deadline_s, **named)
    if engine.standing.engine.digest != digest:
        raise ConfigurationError(
            "rules, release, plugins or the library have changed since the engine was handed over\n"
            "  = help: load an engine anew, and start the workers with that"
        )
    return engine


def _check_arguments(
    rules: tuple[object, ...],
    release: object,
    limits: Any,
    evaluator: object,
    work_budget: Any,
    deadline_s: Any,
    installed_plugins: object,
    cache: object,
) -> None:
    """Raise ConfigurationError for an argument of `load` that is of another kind than it can be."""
    for rule in rules:
        if type(rule).__name__ != "Bundle":  # which is not imported for those who have none
            expect(rule, (str, Path), "rules", "paths or names one by one: load('uk.pregnancy', 'my-rules/')")
    expect(release, (str, Path, Terminology, type(None)), "release", "the path of a pack, or an object that answers as one")
    if limits is not None:
        expect(limits, Mapping, "limits", "limits by their names: {'uk.pregnancy/after_birth': '2 weeks'}")
        expect_all(limits, str, "limits", "the names of limits as texts")
        expect_all(limits.values(), (str, int, Decimal), "limits", "each value as text, a whole number or a Decimal")
    if evaluator not in get_args(Evaluator):
        raise ConfigurationError(f"there is no such evaluator\n  = help: give {' or '.join(get_args(Evaluator))}")
    expect(work_budget, int, "work_budget", "a whole number from 1 on")
    expect(deadline_s, (int, float, type(None)), "deadline_s", "a number of seconds, or None")
    if work_budget < 1 or (deadline_s is not None and not deadline_s > 0):
        raise ConfigurationError("a work budget is a whole number from 1 on, and a deadline is more than no seconds")
    expect(installed_plugins, bool, "installed_plugins", "True or False")
    expect(cache, (str, Path, type(None)), "cache", "a folder, `off`, or None")


class Engine:
    """Rules, terminology and plugins, wired. `assess` is pure: nothing is kept between calls.

    Threads share one. Processes that are forked share what was loaded before. To a process that is spawned it is handed over by
    pickling: what passes is what it was loaded with, and there it is loaded again and must have the same digest.
    """

    __slots__ = (
        "__dict__",
        "_bounds",
        "_hung",
        "_manager",
        "_maps",
        "_options",
        "_suppliers_readers",
        "binding",
        "bundle",
        "evaluator",
        "from_store",
        "hazards",
        "never",
        "program",
        "reviews",
        "sources",
        "warnings",
    )

    def __init__(
        self,
        binding: Binding,
        plugin_manager: PluginManager,
        readers: tuple[tuple[str, Reader | TableReader], ...],
        maps: tuple[tuple[str, CodeMap], ...],
        options: _Options,
        warnings: tuple[Diagnostic, ...],
        sources: Mapping[str, str],
        hazards: HazardLog,
        reviews: Mapping[str, tuple[str, reviews.Status]],
        from_store: bool,
        held: Bundle | None = None,
    ) -> None:
        self.binding = binding
        self.evaluator: Evaluator = options.evaluator
        self._hung: set[tuple[str, str]] = set()
        self.never = options.never
        self.warnings = warnings
        self.sources = sources
        self.hazards = hazards
        self.reviews = reviews
        """By ruleset, whose review it had and when, and whether it is of these rules."""
        self.from_store = from_store
        """Whether the rules were read in their stored form, and not parsed and checked."""
        self.bundle = held
        """The bundle that the rules are of, or None."""
        self._bounds = options.bounds
        self._options = options
        self._manager = plugin_manager
        self._suppliers_readers = readers
        self._maps = maps
        self.program: Program = compile_program(binding)

    def __repr__(self) -> str:
        return f"<Engine {len(self.binding.rules)} rules, {self.binding.codebook.terminology.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        plugins = tuple(one.__name__ if isinstance(one, ModuleType) else one for one in self._options.plugins)
        return _again, (replace(self._options, plugins=plugins), self.standing.engine.digest)

    def __copy__(self) -> Engine:
        return self

    def __deepcopy__(self, memo: object) -> Engine:
        return self

    # ------------------------------------------------------------------------------------------ what is loaded

    @property
    def rulesets(self) -> tuple[ir.Ruleset, ...]:
        return self.binding.rulesets

    @property
    def rules(self) -> tuple[ir.Rule, ...]:
        return self.binding.rules

    @property
    def terminology(self) -> Terminology:
        return self.binding.codebook.terminology

    @property
    def plugins(self) -> tuple[str, ...]:
        """The names of the plugins that take part."""
        return names(self._manager)

    @cached_property
    def readers(self) -> tuple[tuple[str, Reader | TableReader], ...]:
        """(plugin, reader), in the order in which they are asked. Our own are imported when something is first read."""
        return (*self._suppliers_readers, *((builtin.NAME, one) for one in builtin.codesafety_readers()))

    @cached_property
    def standing(self) -> Standing:
        """What every report says of this engine."""
        from codesafety import __version__

        binding = self.binding
        limits = {name: say_limit(value) for name, value in binding.limits.items()}
        sets = binding.sets.values()
        severities = {rule.name: rule.severity or self.hazards.severity(rule.hazards) for rule in binding.rules}
        depends_on = {
            "version": __version__,
            "terminology": self.terminology.digest,
            "rulesets": [r.digest for r in binding.rulesets],
            "limits": limits,
            "work_budget": self._bounds.work_budget,
            "severities": severities,
            "never": sorted(self.never),
            "plugins": versions(self._manager),
            "readers": [(plugin, one.name) for plugin, one in self._suppliers_readers],
            "code_maps": [(plugin, one.name, one.system, dict(one.codes)) for plugin, one in self._maps],
            "predicates": {
                name: (p.plugin, p.signature.kinds, p.signature.fields, _qualified_name(p.call))
                for name, p in binding.predicates.items()
            },
        }
        whole = digest(json.dumps(depends_on, sort_keys=True))
        return Standing(
            binding=binding,
            rules={rule.name: rule for rule in binding.rules},
            versions={r.name: r.version for r in binding.rulesets},
            engine=EngineUsed(version=__version__, evaluator=self.evaluator, digest=whole),
            rulesets=tuple(
                RulesetUsed(
                    name=r.name,
                    version=r.version,
                    review=self.reviews[r.name][0],
                    review_status=self.reviews[r.name][1],
                    rules=len(r.rules),
                    digest=r.digest,
                )
                for r in binding.rulesets
            ),
            limits=limits,
            predicates=tuple(sorted(binding.predicates)),
            code_maps=tuple(f"{plugin}: {one.name}" for plugin, one in self._maps),
            terminology=TerminologyUsed(
                name=self.terminology.name,
                edition=self.terminology.edition,
                digest=self.terminology.digest,
                frozen_sets=sum(s.base != "release" for s in sets),
                release_sets=sum(s.base == "release" for s in sets),
            ),
            never=self.never,
            severities=severities,
            patient_wide=frozenset(rule.name for rule in binding.rules if reads_patient(rule)),
            systems=frozenset(("sct", *(system for s in sets for system in s.systems))),
        )

    # ------------------------------------------------------------------------------------------ read

    def reader(self, source: bytes | str | Path | Source) -> tuple[str, Reader | TableReader]:
        """Return the first reader that recognises a source. Raises InputError where none does."""
        source = self._source(source)
        for plugin, reader in self.readers:
            answer = self._ask(plugin, f"{reader.name}.recognises", reader.recognises, source)
            if not isinstance(answer, bool):
                raise PluginError(plugin, f"{reader.name}.recognises", "it answered neither true nor false")
            if answer:
                return plugin, reader
        tables = source.path is not None and (source.path.is_dir() or source.path.suffix in (".parquet", ".csv"))
        if tables and find_spec("polars") is None:
            raise InputError(
                "this may be tables, which cannot be read without polars",
                source=source.name,
                help="install it: pip install 'codesafety[tables]'",
            )
        if not source.data.strip() and not tables:
            raise InputError("the input is empty", source=source.name, help="give a message or a record, as XML or JSON")
        if source.path is not None and source.path.is_dir():
            raise InputError(
                "this is a folder, and not of tables of patients that a reader knows",
                source=source.name,
                help="name the files in it that are messages or records",
            )
        packed = next((name for start, name in _PACKED.items() if source.data.startswith(start)), None)
        if packed is not None:
            raise InputError(f"this is a {packed} file", source=source.name, help="unpack it, and give what is inside")
        raise InputError(
            "this is no format that a reader knows",
            source=source.name,
            help="give a FHIR message or record as XML or JSON, or the library's own JSON "
            f"(readers: {', '.join(r.name for _, r in self.readers)})",
        )

    def read(self, source: bytes | str | Path | Source) -> Submission:
        """Return the submission in a source: bytes, a path, or text. Raises InputError or Declined, PluginError."""
        found = self._source(source)
        plugin, reader = self.reader(found)
        if not isinstance(reader, Reader):
            raise InputError("this holds many patients", source=found.name, help="read it with `read_many`")
        return self._whole(plugin, f"{reader.name}.read", Submission, reader.read, found)

    def read_record(self, source: bytes | str | Path | Source) -> Record:
        """Return the existing record in a source. Raises as `read` does."""
        found = self._source(source)
        plugin, reader = self.reader(found)
        if not isinstance(reader, Reader):
            raise InputError("this holds many patients, and a record is one patient's", source=found.name)
        return self._whole(plugin, f"{reader.name}.read_record", Record, reader.read_record, found)

    def read_many(self, source: str | Path | Source) -> Iterator[tuple[str, Submission]]:
        """Yield (row key, submission) for each patient in tables: a file or folder. Raises as `read` does."""
        found = self._source(source)
        plugin, reader = self.reader(found)
        if not isinstance(reader, TableReader):
            raise InputError("this holds one message or record", source=found.name, help="read it with `read`")
        hook = f"{reader.name}.read_many"
        rows = self._ask(plugin, hook, lambda: iter(reader.read_many(found)))
        end = object()
        for row in iter(lambda: self._ask(plugin, hook, next, rows, end), end):
            match row:
                case (str() as key, submission):
                    yield key, self._whole(plugin, hook, Submission, lambda: submission)
                case _:
                    raise PluginError(plugin, hook, "it yielded no row key with its Submission")

    def holds_many(self, source: bytes | str | Path | Source) -> bool:
        """Return whether a source holds tables of many patients. Raises InputError where no reader knows it."""
        return isinstance(self.reader(source)[1], TableReader)

    def _ask(self, plugin: str, hook: str, function: Callable[..., _Answer], *arguments: object) -> _Answer:
        """Return what a reader's method returns. A plugin's is given up after some seconds, and then never called again."""
        lets = KeyboardInterrupt if hook.endswith(".recognises") else InputError
        if plugin == builtin.NAME:
            return ask(plugin, hook, function, *arguments, lets=lets)
        if (plugin, hook) not in self._hung:
            for answer in ask(plugin, hook, lambda: in_time(READER_TIMEOUT_S, hook, function, *arguments), lets=lets):
                return answer
            self._hung.add((plugin, hook))
        raise PluginError(plugin, hook, _HUNG)

    def _whole(self, plugin: str, hook: str, wanted: type[_Read], function: Callable[..., _Read], *arguments: object) -> _Read:
        """Return what a plugin read. Raises PluginError where it is not what was wanted, from its fields to the last value."""
        answer = self._ask(plugin, hook, function, *arguments)
        if not isinstance(answer, wanted):
            raise PluginError(plugin, hook, f"it returned no {wanted.__name__}")
        if plugin == builtin.NAME:
            return answer
        try:
            return wanted.model_validate_json(answer.model_dump_json(warnings="error"))
        except Exception:  # noqa: BLE001  made past its own checks, a model may hold anything
            failed = PluginError(plugin, hook, f"a field of its {wanted.__name__} holds what it cannot")
        raise failed

    @staticmethod
    def _source(source: bytes | str | Path | Source) -> Source:
        if isinstance(source, bytes):
            return Source(source)
        if isinstance(source, Source):
            expect(source.data, bytes, "source", "a Source of bytes")
            expect(source.name, str, "source", "a Source whose name is a text")
            expect(source.path, (Path, type(None)), "source", "a Source whose path is a Path or None")
            return source
        expect(source, (str, Path), "source", "bytes, a path, or the text of a message")
        if isinstance(source, str) and source.lstrip()[:1] in ("<", "{", "["):
            return text_source(source)
        return open_source(source)

    # ------------------------------------------------------------------------------------------ assess

    def assess(
        self,
        submission: Submission,
        record: Record | None = None,
        *,
        profile: Profile | None = None,
        overrides: Sequence[Override] = (),
    ) -> Report:
        """Return what the rules answer for a submission, and what could not be told. Pure, and the same for ever, unless a
        deadline was set and has passed.

        `profile`: one practice's rules off or lowered. `overrides`: findings that a person set aside; they are kept and marked.
        Raises ConfigurationError where the profile names a rule that is not loaded or would raise one, and for an argument of
        another kind.
        """
        expect(submission, Submission, "submission", "what `engine.read` returns, or a `codesafety.Submission`")
        if record is not None:
            expect(record, Record, "record", "what `engine.read_record` returns, a `codesafety.Record`, or None")
        if profile is not None:
            expect(profile, Profile, "profile", "a `codesafety.Profile`, or None")
        if overrides != ():
            overrides = expect_all(overrides, Override, "overrides", "a list of `codesafety.Override`")
        facts = Facts(submission, record, self.binding.codebook, self._bounds.work())
        changes = None
        skip: frozenset[str] = frozenset()
        if profile is not None:
            self.check_profile(profile)
            changes = in_force(profile, facts, self.binding.families)
            skip = changes.off
        run = self._run(facts, skip)
        return report(self.standing, facts, submission, record, run, changes, overrides)

    def _run(self, facts: Facts, skip: frozenset[str]) -> RunResult:
        if self.evaluator == "reference":
            return run_reference(self.binding, facts, skip=skip)
        return self.program.run(facts, skip=skip)

    def check_profile(self, profile: Profile) -> None:
        """Raise ConfigurationError for a profile that does not fit the rules: an unknown rule, one changed twice, or one raised."""
        expect(profile, Profile, "profile", "a `codesafety.Profile`")
        known = {rule.name: rule for rule in self.binding.rules}
        families = self.binding.families
        seen: set[str] = set()
        for change in profile.changes:
            rules = families.get(change.rule, (change.rule,))
            if rules[0] not in known:
                from codesafety.diagnostics import did_you_mean

                hint = did_you_mean(change.rule, (*known, *families))
                raise ConfigurationError(
                    f"profile `{profile.name}` names the rule `{change.rule}`, which is not loaded"
                    + (f"\n  = help: {hint}" if hint else "")
                )
            twice = next((rule for rule in rules if rule in seen), None)
            if twice is not None:
                raise ConfigurationError(f"profile `{profile.name}` changes `{twice}` twice")
            seen.update(rules)
            rule = known[rules[0]]  # the rules of a family have one action
            strictest = max(rule.action.rank, rule.cannot_tell.rank if rule.cannot_tell is not None else 0)
            if change.action != "off" and ir.Action(change.action).rank > strictest:
                raise ConfigurationError(
                    f"profile `{profile.name}` would raise `{change.rule}` from {rule.action.value} to {change.action}\n"
                    "  = help: a profile switches a rule off or lowers it; a stricter rule is a rule of your own"
                )

    def deliver(self, report: Report, submission: Submission) -> None:
        """Hand a report to every plugin that delivers. Raises one PluginError that names all that failed."""
        expect(report, Report, "report", "what `engine.assess` returned")
        expect(submission, Submission, "submission", "the submission that the report is of")
        hook = "codesafety_deliver"
        arguments = {"report": report, "submission": submission}
        failed: list[PluginError] = []
        for implementation in self._manager.hook.codesafety_deliver.get_hookimpls():
            plugin = implementation.plugin_name
            try:
                given = [arguments[name] for name in implementation.argnames]
                if ask(plugin, hook, implementation.function, *given) is not None:  # a coroutine, say, which nobody would await
                    raise PluginError(plugin, hook, "it returned something in the place of delivering")
            except PluginError as error:
                failed.append(error)
        if failed:
            raise PluginError(", ".join(f.plugin for f in failed), hook, ", ".join(f.kind for f in failed))


def text_source(text: str, name: str = "input") -> Source:
    """Return a text as what is read. Raises InputError for half of a surrogate pair, which is no text."""
    try:
        return Source(text.encode(), name)
    except UnicodeEncodeError:
        raise InputError(
            "holds half of a surrogate pair, which is no text", source=name, help="correct the system that wrote it"
        ) from None


def open_source(name: str | Path) -> Source:
    """Return a file's bytes, or tables (a folder, a CSV or parquet file) by their path alone. Raises InputError with what to do."""
    path = checked_path(name)
    if path.is_dir() or path.suffix in (".parquet", ".csv"):
        return Source(b"", str(path), path)
    try:
        with path.open("rb") as file:
            return read_source(file, str(path), path)
    except OSError as error:
        raise _unreadable(error, str(path)) from None


def read_source(file: BinaryIO, name: str, path: Path | None = None) -> Source:
    """Return what a stream holds, read no further than a message may go. Raises InputError where it holds more."""
    try:
        data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(error, name) from None
    if len(data) > MAX_BYTES:
        raise InputError(
            f"it is larger than the {MAX_BYTES // 2**20} MiB that a message or record may have",
            source=name,
            help="give one message or one patient's record at a time",
        )
    return Source(data, name, path)


def checked_path(name: str | Path) -> Path:
    """Return the path of a file or folder that is there. Raises InputError for no path, and for what could be read for ever."""
    if not str(name).strip():
        raise InputError("the path is empty", help="name a file; a variable may have been left unset")
    path = Path(name)
    try:
        kind = endless(path)
    except (OSError, ValueError) as error:
        raise _unreadable(error, str(name)) from None
    if kind is not None:
        raise InputError(
            f"this is {kind}, and no file", source=str(path), help="write it to a file; `codesafety check -` reads standard input"
        )
    return path


def _unreadable(error: OSError | ValueError, name: str) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError("there is no such file", source=name, help="check the path")
    reason = (error.strerror if isinstance(error, OSError) else None) or "the system does not take the path"
    return InputError(f"it cannot be read: {reason.lower()}", source=name, help="check the path and its permissions")


def read_model(model: type[_Model], source: Source) -> _Model:
    """Return a profile or another of the library's own models from JSON. Raises InputError that names the fields, not values."""
    return validated(model, plain_json(source), source.name)


def read_overrides(source: Source) -> list[Override]:
    """Return the overrides of a JSON list. Raises InputError as `read_model` does."""
    listed = plain_json(source)
    if not isinstance(listed, list):
        raise InputError("this is not a list", source=source.name, help="give a JSON list of overrides")
    return [validated(Override, one, f"{source.name}[{n}]") for n, one in enumerate(listed)]


def installed_predicates() -> dict[str, BoundPredicate]:
    """Return the predicates of installed plugins, which rules may call. Raises PluginError."""
    return declared.predicates(manager([builtin], entry_points=True))


def rule_paths(rules: Iterable[str | Path], plugins: PluginManager | None = None) -> list[Path]:
    """Return where rules are: paths as given; rulesets that are shipped, or that a plugin brings, by their name.

    `plugins`: None for those that are installed. Raises InputError for none of these, and PluginError.
    """
    return [_find(rule, plugins) for rule in rules]


def hazard_log(paths: Iterable[Path]) -> HazardLog:
    """Return the hazards of the logs beside these rules, or of the shipped log where there is none. Raises InputError."""
    return read_logs(find_hazards(paths))


def find_hazards(paths: Iterable[Path]) -> list[Path]:
    """Return the hazard logs beside these rules, or the shipped log where there is none."""
    return find_beside(paths) or find_beside([builtin.folder()])


def _find(rule: str | Path, plugins: PluginManager | None) -> Path:
    try:
        return checked_path(rule)
    except InputError as error:
        found = builtin.find(str(rule))
        if found is not None:
            return found
        brought = declared.rulesets(plugins or manager([builtin], entry_points=True), but=builtin.NAME)
        named = {path.name: path for path in builtin.rulesets_in(brought)}
        if str(rule) in named:
            return named[str(rule)]
        known = ", ".join([*(p.name for p in builtin.all_rulesets()), *named])
        raise InputError(
            f"{error.message}, nor a ruleset of this name that is shipped or that a plugin brings",
            source=str(rule),
            help=f"known rulesets: {known}",
        ) from None


def _form(
    paths: Sequence[Path],
    predicates: Mapping[str, ir.Signature],
    terminology: Terminology | None,
    is_known: bool,
    store: stored.Store,
) -> tuple[stored.Form, bool]:
    """Return checked rules and their value sets, and whether they were stored; if not, they are from now on."""
    found = find(paths, builtin.all_rulesets())
    bound_to = "" if not is_known else "lists" if terminology is None else terminology.digest
    form = store.read(found, predicates, bound_to)
    if form is not None:
        return form, True
    from codesafety import language

    loaded = language.load_found(found, predicates=predicates)
    lists = frozen_terminology(loaded.rulesets) if terminology is None else None
    used = terminology or lists
    assert used is not None
    form = stored.Form(loaded, expand(loaded.rulesets, used, loaded.sources) if is_known else None, lists)
    store.write(found, predicates, bound_to, form)
    return form, False


def places_of(rules: Iterable[str | Path], plugins: PluginManager) -> list[Path]:
    """Return where the rules are that an engine has: those that it is given, else the shipped ones; and those of its plugins."""
    given = rule_paths(rules, plugins)
    brought = declared.rulesets(plugins, but=builtin.NAME if given else None)
    return list({path.resolve(): path for path in (*given, *brought)}.values())


def _bundle_of(rules: Sequence[object], paths: Sequence[Path], keys: Sequence[str | Path], expired: bool) -> Bundle | None:
    """Return the bundle that is given, or stands at a path; None where rules do. Raises ConfigurationError where both do."""
    files = [path for path in paths if path.suffix != SUFFIX and path.is_file()]
    if not files and not keys and len(paths) == len(rules):
        return None
    from codesafety.bundle import (
        Bundle,
        is_bundle,
        read_file,
        refuse_untrusted,
    )  # only here: rules that are text should not cost its import

    bundles: list[Bundle | Path] = [rule for rule in rules if isinstance(rule, Bundle)]
    bundles += [path for path in files if is_bundle(path)]
    if bundles and len(rules) > 1:
        raise ConfigurationError("a bundle is whole, and other rules stand beside it\n  = help: build one bundle of all of them")
    if keys and not bundles:
        raise ConfigurationError("keys are given, and no bundle\n  = help: give the bundle that one of them signed")
    for one in bundles:
        if not isinstance(one, Bundle):
            return read_file(one, keys, expired=expired)
        refuse_untrusted(one, keys, expired=expired)
        return one
    return None


def _form_of(
    held: Bundle, plugins: PluginManager, predicates: Mapping[str, ir.Signature], terminology: Terminology | None
) -> stored.Form:
    """Return the checked rules of a bundle. Raises BundleError where it needs another release or plugin than there is."""
    told = held.manifest
    if told.terminology.release and (terminology is None or terminology.digest != told.terminology.digest):
        raise BundleError(
            held.name,
            f"its value sets are of the release {told.terminology.name}, digest {told.terminology.digest}, which is not given",
            "give the pack that it was built with (`release=`, --release)",
        )
    if terminology is not None and not told.terminology.release:
        raise BundleError(held.name, "it was built without a release, and one is given", "build it with --release PACK")
    for needed in told.predicates:
        there = predicates.get(needed.name)
        if there is None or (tuple(map(str, there.kinds)), there.fields) != (needed.kinds, needed.fields):
            raise BundleError(
                held.name, f"its rules call the predicate `{needed.name}`, which no plugin declares so", "install that plugin"
            )
    names = {ruleset.name for ruleset in told.rulesets}
    for path in builtin.rulesets_in(declared.rulesets(plugins, but=builtin.NAME)):
        if path.name not in names:
            raise BundleError(
                held.name,
                f"a plugin brings the ruleset `{path.name}`, which it does not hold",
                "build it with that plugin installed",
            )
    loaded, expanded = held.rules()
    return stored.Form(
        replace(loaded, sources=held.sources()), expanded, frozen_terminology(loaded.rulesets) if terminology is None else None
    )


def open_terminology(release: str | Path | Terminology | None) -> tuple[Terminology | None, bool]:
    """Return a release, or None for the frozen lists; and whether its digest is known to be of all that it answers."""
    if isinstance(release, str | Path):
        from codesafety.terminology.release import Release

        opened = Release.open(checked_path(release))
        opened.pack.verify()  # opening reads no digests, and a damaged list decides silently: one pass over the file, once
        return opened, True
    return release, release is None


def frozen_terminology(rulesets: Sequence[ir.Ruleset]) -> FrozenTerminology:
    """Return what rulesets themselves tell of codes: the terms and contexts of their lists.

    A code to which two files give different contexts is told nothing of: neither is chosen.
    """
    terms: dict[str, dict[str, None]] = {}
    contexts: dict[str, CodeContext] = {}
    for ruleset in rulesets:
        for valueset in ruleset.valuesets:
            for row in valueset.worded:
                key = ir.code_key(row.system, row.code)
                if row.term:
                    terms.setdefault(key, {})[row.term] = None
                context = CodeContext(row.assertion, row.subject, row.temporality)
                if key in contexts and contexts[key] != context:
                    context = CodeContext(told=False)
                contexts[key] = context
            for code in (*valueset.codes, *valueset.perhaps, *valueset.except_codes):
                if code.term:
                    terms.setdefault(code.key, {})[code.term] = None
    return FrozenTerminology(
        {key: tuple(known) for key, known in terms.items()}, contexts, bare=tuple(ir.bare_lists(rulesets).values())
    )


def _qualified_name(function: object) -> str:
    """Return where a function is from, the same in every process."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"
