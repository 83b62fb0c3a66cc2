"""`codesafety log`: what a decision log says: whether it is whole, what old inputs come to again, how often what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import inf
from pathlib import Path
from typing import Annotated, Any

import typer

from codesafety.asking import Asked, Defaults, asked, parsed
from codesafety.bundle import Bundle, read_file
from codesafety.cli.output import CLEAN, FAILED, SOMETHING, Format, complain, fail, finish, unwritable, write, write_json
from codesafety.decision_log import picture, replay, statistics, tripwire
from codesafety.decision_log.chain import Head, verify
from codesafety.decision_log.log import read_lines, read_rows
from codesafety.decision_log.row import Key, keygen
from codesafety.diagnostics import count
from codesafety.engine import Engine, load, open_source
from codesafety.errors import CodesafetyError, ConfigurationError, InputError
from codesafety.following import SUFFIX
from codesafety.paths import writing
from codesafety.plugins import Source
from codesafety.record import day_interval

app = typer.Typer(help="Verify, replay and count a decision log.", no_args_is_help=True)

Place = Annotated[str, typer.Argument(metavar="LOG", help="A file of SQLite, a file *.jsonl, or postgresql://….")]
Form = Annotated[Format, typer.Option("--format", help="How to write the answer.")]
_MOST = 20


@app.command("keygen")
def make_key(
    name: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    form: Form = Format.TEXT,
) -> None:
    """Make a key: by it patients and inputs are told apart in a log, and by nothing else. Who has it can find an input's rows."""
    try:
        key = keygen(name)
    except CodesafetyError as error:
        fail(error, form)
    if form is Format.JSON:
        write_json({"file": str(name), "key": key.name})
    else:
        write(f"{name}: the key {key.name}; keep it as long as the logs, and apart from them")
    finish(CLEAN, answered=1)


@app.command("verify")
def verify_chain(
    place: Place,
    noted: Annotated[
        str | None, typer.Option(metavar="NUMBER:DIGEST", help="A head that was noted earlier, and must still be there.")
    ] = None,
    form: Form = Format.TEXT,
) -> None:
    """Say whether every row is as it was written, and follows the one before it; and the head, to be noted elsewhere.

    Exit code 0: all rows are; 1: one is not, and which; 2: the log could not be read, or has no row.
    """
    try:
        found = verify(read_lines(place), None if noted is None else _head(noted))
    except CodesafetyError as error:
        fail(error, form)
    if form is Format.JSON:
        write_json({**asdict(found), "head": str(found.head)})
    elif found.fault:
        write(f"{place}: {found.fault}", f"{count(found.rows, 'row')} before it, up to {found.head}")
    else:
        write(f"{place}: {count(found.rows, 'row')}, whole", f"head {found.head}")
        if found.went_back:
            write(f"the clock went back {count(found.went_back, 'time')}")
    if not found.rows and not found.fault:
        finish(FAILED, answered=0)
    finish(SOMETHING if found.fault else CLEAN, answered=found.rows)


def _head(text: str) -> Head:
    number, colon, digest = text.partition(":")
    if not colon or not number.isdecimal() or len(digest) != 64:
        raise ConfigurationError("`--noted` is no head\n  = help: give what `codesafety log verify` wrote: NUMBER:DIGEST")
    return Head(int(number), digest)


# ------------------------------------------------------------------------------------------------ replay


@app.command("replay")
def replay_inputs(
    place: Place,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…", help="Messages; objects with submission, record, profile and overrides; *.jsonl of such."
        ),
    ],
    key: Annotated[str, typer.Option("--log-key", metavar="FILE", help="The key that the log was written with.")],
    bundle: Annotated[
        list[Path] | None, typer.Option(metavar="PLACE", help="Bundles of then: files, or folders of them.")
    ] = None,
    rules: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="What answers rows of no bundle; none: the rulesets on by default.")
    ] = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="The release of then.")] = None,
    record: Annotated[str | None, typer.Option(metavar="FILE", help="What was held of the patient of a message.")] = None,
    form: Form = Format.TEXT,
) -> None:
    """Answer inputs again that you still hold, each by the bundle of its day, and name every difference from the log.

    Exit code 0: every input has a row, and every row is answered as it was; 1: something differs; 2: an input has no row, or a row
    could not be answered again.
    """
    told: list[dict[str, Any]] = []
    try:
        secret, engines = Key.read(key), _Engines(bundle or (), rules or (), release)
        inputs = [one for file in files for one in _inputs(engines.reader, file, record)]
        wanted = {one: replay.input_of(secret, one.asked.submission) for one in inputs}
        held = replay.Held.of(read_rows(place), frozenset(wanted.values()))
    except CodesafetyError as error:
        fail(error, form)
    for one, digest in wanted.items():
        rows = held.decisions.get(digest, [])
        if not rows:
            told.append(
                {"input": one.name, "row": None, "failed": "no row of this input: another key, or another version read it"}
            )
        for row in rows:
            line: dict[str, Any] = {"input": one.name, "row": row["number"], "at": row["at"], "failed": None}
            try:
                asked = one.asked
                line["differences"] = replay.again(
                    row, held, secret, engines.of(row), asked.submission, asked.record, asked.profile, asked.overrides
                )
            except CodesafetyError as error:
                line["failed"] = str(error).partition("\n")[0]
            told.append(line)
    failed = [line for line in told if line["failed"]]
    differ = [line for line in told if line.get("differences")]
    if form is Format.JSON:
        write_json(told)
    else:
        for line in told:
            where = line["input"] if line["row"] is None else f"{line['input']}, row {line['row']} of {line['at'][:10]}"
            write(f"{where}: {line['failed'] or ('differs' if line['differences'] else 'the same')}")
            write(*(f"  {difference}" for difference in line.get("differences", ())))
        write(
            f"{count(len(told), 'answer')}: {len(told) - len(failed) - len(differ)} the same, {len(differ)} differ, {len(failed)} failed"
        )
    finish(FAILED if failed else SOMETHING if differ else CLEAN, answered=len(told) - len(failed))


@dataclass(frozen=True, eq=False, slots=True)
class _Input:
    name: str
    asked: Asked


def _inputs(engine: Engine, file: str, record: str | None) -> Iterator[_Input]:
    """Yield what a file asks: a message, one object, or one a line. Raises InputError."""
    source = open_source(file)
    if not source.data.strip():
        raise InputError("it is empty", source=file, help="name a file that holds what was asked")
    lines = source.data.splitlines() if file.endswith(".jsonl") else [source.data]
    for number, raw in enumerate(lines, 1):
        name = f"{file}, line {number}" if file.endswith(".jsonl") else file
        defaults = Defaults(record=engine.read_record(record) if record else None)
        if raw.lstrip()[:1] == b"{":
            yield _Input(name, asked(engine, parsed(raw, name), raw, name, defaults))
        elif raw.strip():
            yield _Input(name, Asked(engine.read(Source(raw, name)), defaults.record))


class _Engines:
    """The engines of the rows: of each bundle that is at hand, and of the rules that are given for rows of none."""

    def __init__(self, places: Sequence[Path], rules: Sequence[str], release: Path | None) -> None:
        files = [file for place in places for file in (sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place])]
        self._bundles: dict[str, Bundle] = {}
        for file in files:
            held = read_file(file, expired=True)
            self._bundles[held.digest] = held
        self._release = release
        self._made: dict[tuple[str | None, str], Engine] = {}
        self._rules = rules
        self.reader = load(*rules, release=release)

    def of(self, row: dict[str, Any]) -> Engine:
        """Return the engine of a row. Raises InputError where its bundle is not at hand, and what `load` raises."""
        key = row["bundle"], row["evaluator"]
        if key not in self._made:
            if row["bundle"] is not None and row["bundle"] not in self._bundles:
                raise InputError(
                    f"its bundle, of serial {row['serial']}, is not at hand", help="name it, or its folder: --bundle"
                )
            of: Sequence[Any] = self._rules if row["bundle"] is None else [self._bundles[row["bundle"]]]
            self._made[key] = load(*of, release=self._release, evaluator=row["evaluator"], expired=True)
        return self._made[key]


# ------------------------------------------------------------------------------------------------ statistics


@app.command("stats")
def stats(
    place: Place,
    day: Annotated[
        str | None, typer.Option(metavar="DAY", help="Look at the end of this day; none: the last with a row.")
    ] = None,
    false_a_year: Annotated[
        float, typer.Option(metavar="NUMBER", help="How many false signals a year the tripwire may be expected to give.")
    ] = tripwire.FALSE_A_YEAR,
    rule: Annotated[
        str | None, typer.Option(metavar="RULE", help="Draw the rate of this rule, period by period, and its limit.")
    ] = None,
    sender: Annotated[str | None, typer.Option(metavar="CODE", help="Draw that of this sender alone.")] = None,
    service: Annotated[str | None, typer.Option(metavar="CODE", help="Draw that of this service alone.")] = None,
    period: Annotated[int, typer.Option(min=1, max=36_500, metavar="DAYS", help="The days of one period.")] = 7,
    picture_file: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Write the drawing as a picture (SVG).")
    ] = None,
    form: Form = Format.TEXT,
) -> None:
    """Count what was found, by sender, service and rule; and say of whom the tripwire is sure. Run it once a day.

    Exit code 0: nobody; 1: somebody codes something more often than before, or than the others; 2: the log could not be read, or
    has no answer.
    """
    try:
        if not 0 < false_a_year < inf:
            raise ConfigurationError("`--false-a-year` is a number above 0")
        if rule is None and (sender, service, picture_file) != (None, None, None):
            raise ConfigurationError("what is drawn is the rate of one rule\n  = help: give --rule")
        counted = statistics.count(read_rows(place))
        if counted.days is None:
            raise InputError("there is no answer in this log", source=place, help="wait for the first")
        at = counted.days[1] if day is None else _ordinal(day)
        if not any(at - tripwire.WINDOWS[-1] < one <= at for _, _, one in counted.sent):
            said = f"there is no answer in the {count(tripwire.WINDOWS[-1], 'day')} up to {date.fromordinal(at)}"
            raise InputError(said, source=place, help="give another --day, or see why nothing is logged")
        signals = statistics.signals(counted, at, false_a_year)
        points = statistics.chart(counted, rule, sender, service, period) if rule is not None else []
        if rule is not None and not points:
            raise InputError("there is no answer to this sender and service", source=place, help="check --sender and --service")
        if rule is not None and rule not in counted.fired:
            complain(f"note: {rule} fired in no message of this log: check its name")
        if picture_file is not None:
            with writing(picture_file) as file:
                file.write(picture.as_svg(points, " ".join(filter(None, (rule, sender, service)))))
    except CodesafetyError as error:
        fail(error, form)
    except OSError as error:
        fail(unwritable(error), form)
    answers = sum(counted.decisions.values())
    if form is Format.JSON:
        write_json(
            {
                "rows": counted.rows,
                "answers": answers,
                "dropped": counted.dropped,
                "set_aside": counted.set_aside,
                "decisions": counted.decisions,
                "told": counted.told,
                "engines": sorted(counted.engines),
                **{
                    by: [dict(zip(("name", "rule", "hits", "of"), one, strict=True)) for one in statistics.rates(counted, by)]
                    for by in ("rule", "service", "sender")
                },
                "day": str(date.fromordinal(at)),
                "false_a_year": false_a_year,
                "signals": [{"rule": of, **asdict(signal), "day": str(date.fromordinal(signal.day))} for of, signal in signals],
                "chart": [
                    {**asdict(one), "first_day": str(date.fromordinal(one.first_day)), "above": one.above} for one in points
                ],
            }
        )
    else:
        first, last = map(date.fromordinal, counted.days)
        write(f"{place}: {count(answers, 'answer')} from {first} to {last}, {count(len(counted.engines), 'engine')}")
        write("decisions: " + ", ".join(f"{number} {name}" for name, number in counted.decisions.most_common()))
        write(f"{counted.dropped} dropped, {counted.set_aside} set aside")
        for by in ("rule", "service", "sender"):
            write("", *_table(by, list(statistics.rates(counted, by))))
        if rule is not None:
            write("", f"rate of {rule}, a line {count(period, 'day')}; | is the limit", *picture.as_text(points))
        write("", *map(_said, signals))
        write(
            f"tripwire on {date.fromordinal(at)}: {count(len(signals), 'signal')}; "
            f"at most {false_a_year:g} false ones a year are expected, looking every day"
        )
    finish(SOMETHING if signals else CLEAN, answered=answers)


def _table(by: str, found: Sequence[tuple[str, str, int, int]]) -> Iterator[str]:
    yield f"by {by}: messages in which it fired"
    for name, rule, hits, of in found[:_MOST]:
        yield f"  {hits:>7} of {of:>8}  {hits / of:>7.2%}  {name + '  ' if name else ''}{rule}"
    if len(found) > _MOST:
        yield f"  and {len(found) - _MOST} more (--format json)"
    if not found:
        yield "  nothing"


def _said(found: tuple[str, tripwire.Signal]) -> str:
    rule, one = found
    who = (
        "all senders"
        if one.sender == tripwire.ALL
        else "messages that name no sender"
        if one.sender == statistics.UNNAMED
        else one.sender
    )
    against = "before" if one.against == "before" else "all others"
    return (
        f"SIGNAL   {who}: {rule} in {one.hits} of {one.of} messages in {count(one.days, 'day')}, "
        f"{against} {one.their_hits} of {one.their_of}; by chance {one.chance:.1e}"
    )


def _ordinal(day: str) -> int:
    try:
        first, last = day_interval(day)
    except ValueError as error:
        raise ConfigurationError(f"`--day`: {error}\n  = help: write YYYY-MM-DD") from None
    if first != last:
        raise ConfigurationError("`--day` is one day\n  = help: write YYYY-MM-DD")
    return last
