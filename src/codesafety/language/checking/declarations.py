"""Limits, value sets and tables: syntax to ir."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from decimal import Decimal
from typing import Final, get_args

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span, did_you_mean, listed
from codesafety.language import codes, datafiles, quantities
from codesafety.language.checking.scope import RulesetScope, written_length
from codesafety.language.datafiles import DataFile
from codesafety.language.parsing import syntax

Opener = Callable[[syntax.Text, Diagnostics], "tuple[str, str] | None"]
"""Returns a file's text and its place; None where it cannot be read, which is reported."""
_COLUMN_TYPES: tuple[str, ...] = get_args(ir.ColumnType)


def once(seen: dict[str, Span], keyword: str, span: Span, diagnostics: Diagnostics) -> bool:
    """Return whether a part stands for the first time; a repetition is reported."""
    if keyword in seen:
        diagnostics.error("CS217", f"`{keyword}` is said twice", span, "keep one of them", ((seen[keyword], "first said here"),))
        return False
    seen[keyword] = span
    return True


_IN_BRACES: Final = re.compile(r"\{([a-z][^{}]*)\}")


def wording(value: object, span: Span, what: str, diagnostics: Diagnostics) -> str | None:
    """Return a text that people read, or None where it is none or is empty; that is reported."""
    if not isinstance(value, syntax.Text):
        diagnostics.error(
            "CS205", f"`{what}` is no text here", span, "write it in quotes, or in a family name a column of type `text`"
        )
        return None
    if not value.text.strip():
        diagnostics.error("CS216", f"`{what}` says nothing", span, "write it, or leave the part out")
        return None
    if (shown := _IN_BRACES.search(value.text)) is not None:
        diagnostics.error(
            "CS218",
            f"nothing is shown in a `{what}`: `{shown[0]}` would stand there as it is written",
            span,
            f"items and fields are shown by `say` only; in a family a column is a whole `{what}`: `{what} {shown[1].strip()}`"
            if "." in shown[1]
            else "items and fields are shown by `say` only",
        )
        return None
    return value.text


def sources(parts: Iterable[object], diagnostics: Diagnostics) -> tuple[ir.Source, ...]:
    """Return what is cited; a citation that says nothing is reported."""
    cited = [(wording(p.text, p.span, "source", diagnostics), p.url) for p in parts if isinstance(p, syntax.Source)]
    return tuple(ir.Source(said, url) for said, url in cited if said is not None)


def allowed(parts: Iterable[object], diagnostics: Diagnostics) -> tuple[ir.Allowed, ...]:
    """Return what the linter is not to tell, with the reasons; a reason that says nothing is reported."""
    found = [(p, wording(p.reason, p.reason.span, "because", diagnostics)) for p in parts if isinstance(p, syntax.Allow)]
    return tuple(ir.Allowed(part.check.text, reason, part.span) for part, reason in found if reason is not None)


def limit(node: syntax.Limit, scope: RulesetScope) -> ir.Limit | None:
    """Return a limit, or None where it has no usable default; that is reported."""
    diagnostics = scope.diagnostics
    wording(node.title, node.title.span, "title", diagnostics)
    seen: dict[str, Span] = {}
    default: ir.LimitValue | None = None
    low: ir.LimitValue | None = None
    high: ir.LimitValue | None = None
    for part in node.parts:
        match part:
            case syntax.Setting(value=syntax.Amount() | syntax.Number() | syntax.Quantity() as amount):
                if once(seen, "default", part.span, diagnostics):
                    default = _amount(amount, diagnostics)
            case syntax.Range():
                if once(seen, "from", part.span, diagnostics):
                    low, high = _amount(part.low, diagnostics), _amount(part.high, diagnostics)
                    _check_range(part, low, high, diagnostics)
            case _:
                pass
    if default is None and "default" in seen:
        return None  # what is wrong with it has been said
    if default is None:
        diagnostics.error(
            "CS216", f"the limit `{node.name.text}` has no default", node.name.span, "add one, such as `default 24 weeks`"
        )
        return None
    for bound in (low, high):
        if bound is not None and _unit(bound) != _unit(default):
            diagnostics.error(
                "CS208", "the default and the range are not in one unit", seen["from"], "give all three in one unit"
            )
            return None
    if low is not None and high is not None and not _n(low) <= _n(default) <= _n(high):
        diagnostics.error("CS207", "the default lies outside the range", seen["default"], "widen the range, or move the default")
    return ir.Limit(
        f"{scope.ruleset}/{node.name.text}",
        node.title.text,
        default,
        low,
        high,
        sources(node.parts, diagnostics),
        node.name.span,
        allowed(node.parts, diagnostics),
    )


def _amount(amount: syntax.Number | syntax.Amount | syntax.Quantity, diagnostics: Diagnostics) -> ir.LimitValue | None:
    match amount:
        case syntax.Number(text=text):
            return Decimal(text)
        case syntax.Quantity(number=number, unit=unit):
            assert unit is not None
            known = quantities.unit(unit.text, unit.span, diagnostics)
            return None if known is None else ir.Quantity(Decimal(number.text), known)
        case syntax.Amount():
            return written_length(amount, diagnostics)


def _n(amount: ir.LimitValue) -> Decimal:
    """Return an amount for comparison with another; days for lengths, by which units of one range are ordered."""
    match amount:
        case Decimal():
            return amount
        case ir.Quantity(number=number):
            return number
        case ir.Length(n=n, unit=unit):
            return (
                n
                * {
                    ir.Unit.DAYS: Decimal(1),
                    ir.Unit.WEEKS: Decimal(7),
                    ir.Unit.MONTHS: Decimal("30.4375"),
                    ir.Unit.YEARS: Decimal("365.25"),
                }[unit]
            )


def _unit(amount: ir.LimitValue) -> tuple[type, str | None]:
    """Return what two values of one limit have in common. A length's unit may be another."""
    return type(amount), amount.unit if isinstance(amount, ir.Quantity) else None


def _check_range(part: syntax.Range, low: ir.LimitValue | None, high: ir.LimitValue | None, diagnostics: Diagnostics) -> None:
    if low is not None and high is not None and _unit(low) == _unit(high) and _n(low) > _n(high):
        diagnostics.error("CS207", "this range is empty: its end is below its start", part.span, "write the smaller one first")


def valueset(node: syntax.ValueSet, scope: RulesetScope, open_file: Opener) -> ir.ValueSet:
    """Return a value set with its names resolved. Membership is computed elsewhere."""
    diagnostics = scope.diagnostics
    wording(node.title, node.title.span, "title", diagnostics)
    seen: dict[str, Span] = {}
    ecl: syntax.Ecl | None = None
    frozen_file: str | None = None
    phrases: ir.Phrases = ()
    no_rows = False
    rows: Sequence[ir.FrozenRow] | None = None
    cited = sources(node.parts, diagnostics)
    members: dict[str, dict[str, ir.CodeRef]] = {"codes": {}, "perhaps": {}, "except": {}}
    includes: list[str] = []
    except_sets: list[str] = []
    for part in node.parts:
        match part:
            case syntax.Ecl():
                if once(seen, "ecl", part.span, diagnostics):
                    ecl = part
                    if not part.text:
                        diagnostics.error(
                            "CS212",
                            "this expression is empty",
                            part.inner,
                            "write an expression constraint, such as `<< 77386006`",
                        )
            case syntax.Setting(keyword="phrases", value=syntax.Text() as named):
                if once(seen, "phrases", part.span, diagnostics):
                    data = _read(named, open_file, diagnostics)
                    if data is not None:
                        phrases = datafiles.phrases(data, diagnostics)
                        cited += data.sources
            case syntax.Setting(value=syntax.Text() as named):
                if once(seen, "frozen", part.span, diagnostics):
                    frozen_file = named.text
                    opened = open_file(named, diagnostics)
                    bare = datafiles.bare(opened[0]) if opened is not None else None
                    if bare is not None:
                        rows, told = bare
                        cited += told
                    elif opened is not None and (data := datafiles.read(*opened, diagnostics)) is not None:
                        no_rows = not data.lines
                        rows = datafiles.frozen(data, diagnostics)
                        cited += data.sources
            case syntax.Codes():
                system = codes.system_name(part.system, diagnostics)
                for code in part.codes:
                    _add(members[part.part], codes.code_ref(code, system, diagnostics), diagnostics)
            case syntax.Include():
                includes += [name for word in part.sets if (name := scope.set_name(word)) is not None]
            case syntax.Except():
                for member in part.members:
                    if isinstance(member, syntax.Word):
                        name = scope.set_name(member)
                        if name is not None:
                            except_sets.append(name)
                    elif member.quoted:
                        diagnostics.error(
                            "CS210",
                            "only codes of SNOMED CT and dm+d are named after `except`",
                            member.span,
                            "put it into a value set of its own, and write that set after `except`",
                        )
                    else:
                        _add(members["except"], codes.code_ref(member, codes.SCT, diagnostics), diagnostics)
            case _:
                pass
    if ecl is not None:
        _expression(ecl, diagnostics)
    if not (ecl or frozen_file or members["codes"] or any(isinstance(p, syntax.Include) for p in node.parts)):
        diagnostics.error(
            "CS212", f"the value set `{node.name.text}` is empty", node.name.span, "add `ecl`, `frozen`, `codes` or `include`"
        )
    elif no_rows and not members["codes"] and not includes:
        empty = f"the value set `{node.name.text}` is empty"
        if ecl is None:
            diagnostics.error("CS212", f"{empty}: its file has no rows", node.name.span, "add rows to the file")
        else:
            diagnostics.warning(
                "CS212",
                f"{empty} without a release: its file has no rows, and it will not load",
                node.name.span,
                "write the file with `codesafety rules freeze`",
            )
    return ir.ValueSet(
        f"{scope.ruleset}/{node.name.text}",
        node.title.text,
        ecl.text if ecl else None,
        ecl.inner if ecl else ir.NOWHERE,
        frozen_file,
        rows,
        phrases,
        tuple(members["codes"].values()),
        tuple(members["perhaps"].values()),
        tuple(includes),
        tuple(members["except"].values()),
        tuple(except_sets),
        cited,
        node.name.span,
        allowed(node.parts, diagnostics),
    )


def _expression(written: syntax.Ecl, diagnostics: Diagnostics) -> None:
    """Report an expression constraint that is not valid, and damaged codes in one; a release is not needed for either."""
    from codesafety.terminology import ecl
    from codesafety.terminology.errors import EclError

    start, file = written.inner.start, written.inner.file
    try:
        concepts = list(ecl.concepts(ecl.parse(written.text)))
    except EclError as error:
        place = min(start + (error.position or 0), written.inner.end - 1)
        diagnostics.error(
            "CS231",
            f"this is no expression constraint: {error.message}",
            Span(file, place, place + 1),
            "try it with `codesafety terminology parse`",
        )
        return
    for concept in concepts:
        wrong = codes.snomed_damage(concept.code)
        if wrong is not None:
            place = start + concept.position
            span = Span(file, place, place + len(concept.code))
            diagnostics.error("CS209", f"`{concept.code}` is no SNOMED CT concept: {wrong[0]}", span, wrong[1])


def _add(to: dict[str, ir.CodeRef], code: ir.CodeRef, diagnostics: Diagnostics) -> None:
    first = to.setdefault(code.key, code)
    if first is not code:
        diagnostics.error(
            "CS204", f"`{code.code}` is named twice", code.span, "keep one of them", ((first.span, "first named here"),)
        )


def _read(named: syntax.Text, open_file: Opener, diagnostics: Diagnostics) -> DataFile | None:
    opened = open_file(named, diagnostics)
    return None if opened is None else datafiles.read(*opened, diagnostics)


def table(node: syntax.Table, scope: RulesetScope, open_file: Opener) -> ir.Table | None:
    """Return a table with its rows, or None where they cannot be read; that is reported."""
    diagnostics = scope.diagnostics
    seen: dict[str, Span] = {}
    key: syntax.Key | None = None
    valid: syntax.RowValid | None = None
    columns: dict[str, ir.Column] = {}
    places: dict[str, Span] = {}
    for part in node.parts:
        match part:
            case syntax.Key():
                if once(seen, "key", part.span, diagnostics):
                    key = part
            case syntax.RowValid():
                if once(seen, "valid from … until …", part.span, diagnostics):
                    valid = part
            case syntax.Column():
                _column(part, columns, places, diagnostics)
            case _:
                pass
    _check_unit_columns(columns, places, diagnostics)
    if key is None:
        diagnostics.error(
            "CS216", f"the table `{node.name.text}` has no key", node.name.span, "add one, such as `key code in icd10cm`"
        )
        _read(node.file, open_file, diagnostics)
        return None
    system = None if key.system is None else codes.system_name(key.system, diagnostics)
    data = _read(node.file, open_file, diagnostics)
    if data is None:
        return None
    wanted = [(key.column.text, key.column.span), *((name, places[name]) for name in columns)]
    if valid is not None:
        wanted += [(valid.first.text, valid.first.span), (valid.last.text, valid.last.span)]
    if datafiles.missing_columns(data, wanted, diagnostics):
        return None
    rows = datafiles.rows(
        data,
        key=key.column.text,
        system=system,
        columns=columns,
        valid=(valid.first.text, valid.last.text) if valid else None,
        diagnostics=diagnostics,
    )
    rows = tuple([made for row in rows if (made := _with_sets(row, data, columns, scope)) is not None])
    if not data.lines:
        diagnostics.error("CS212", f"the table `{node.name.text}` has no rows", node.file.span, "add rows to the file")
    return ir.Table(
        f"{scope.ruleset}/{node.name.text}",
        key.column.text,
        system,
        columns,
        rows,
        sources(node.parts, diagnostics) + data.sources,
        node.name.span,
        allowed(node.parts, diagnostics),
    )


def _with_sets(row: ir.TableRow, data: DataFile, columns: dict[str, ir.Column], scope: RulesetScope) -> ir.TableRow | None:
    """Return a row whose cells of sets are whole names, or None where one names no set; that is reported."""
    sets = [name for name, column in columns.items() if column.type == "set" and row.cells.get(name) is not None]
    if not sets:
        return row
    span = next(line.span for line in data.lines if line.number == row.line)
    named = {name: scope.set_name(syntax.Word(str(row.cells[name]), span)) for name in sets}
    return dataclasses.replace(row, cells={**row.cells, **named}) if None not in named.values() else None


def _column(part: syntax.Column, columns: dict[str, ir.Column], places: dict[str, Span], diagnostics: Diagnostics) -> None:
    type = part.type.text
    if type in ("day", "week", "month", "year"):
        type += "s"
    if type not in _COLUMN_TYPES:
        diagnostics.error(
            "CS227",
            f"`{type}` is no type of column",
            part.type.span,
            did_you_mean(type, _COLUMN_TYPES) or f"the types are {listed(_COLUMN_TYPES, 'and')}",
        )
        type = "text"
    if part.name.text in columns:
        diagnostics.error(
            "CS204",
            f"the column `{part.name.text}` is declared twice",
            part.name.span,
            "keep one of them",
            ((places[part.name.text], "first declared here"),),
        )
        return
    unit = part.unit.text if isinstance(part.unit, syntax.Text) else None
    if unit is not None:
        quantities.unit(unit, part.unit.span, diagnostics)  # type: ignore[union-attr]  # it is one
    system = codes.system_name(part.unit, diagnostics) if type == "code" and isinstance(part.unit, syntax.Word) else None
    if (type == "value") is (part.unit is None) and system is None:
        diagnostics.error(
            "CS227",
            "a column of values says in which unit" if type == "value" else f"a column of type `{type}` has no unit behind it",
            part.type.span,
            f'write `column {part.name.text} value in "mg"`, or `value in COLUMN` where a column of the table says it',
        )
    is_open = part.open is not None
    if part.open is not None and (part.open.text != "open" or type not in datafiles.OPEN_TYPES):
        diagnostics.error(
            "CS227",
            f"`{part.open.text}` says nothing of a column of type `{type}`",
            part.open.span,
            (None if part.open.text == "open" else did_you_mean(part.open.text, ("open",)))
            or "`open` is said of numbers, values and lengths: an empty cell is no bound",
        )
        is_open = False
    columns[part.name.text] = ir.Column(
        type,  # type: ignore[arg-type]  # one of the types, checked above
        unit,
        part.unit.text if isinstance(part.unit, syntax.Word) and type == "value" else None,
        is_open,
        system,
    )
    places[part.name.text] = part.name.span


def _check_unit_columns(columns: Mapping[str, ir.Column], places: Mapping[str, Span], diagnostics: Diagnostics) -> None:
    """Report columns of values whose unit no column says."""
    for name, column in columns.items():
        named = column.unit_column
        if named is not None and (named not in columns or columns[named].type != "unit"):
            diagnostics.error(
                "CS227",
                f"`{named}` is no column of units",
                places[name],
                did_you_mean(named, [c for c, found in columns.items() if found.type == "unit"])
                or f"declare it: `column {named} unit`",
            )


def check_circles(sets: Iterable[ir.ValueSet], diagnostics: Diagnostics) -> None:
    """Report value sets that include (or except) themselves by way of others."""
    by_name = {s.name: s for s in sets}
    done: set[str] = set()
    for start in by_name:
        path: list[str] = []
        left: list[list[str]] = [[start]]
        while left:
            if not left[-1]:
                left.pop()
                if path:
                    done.add(path.pop())
                continue
            name = left[-1].pop()
            if name in path:
                circle = [*path[path.index(name) :], name]
                diagnostics.error(
                    "CS213",
                    f"value sets include each other in a circle: {' → '.join(n.rpartition('/')[2] for n in circle)}",
                    by_name[name].span,
                    "take one of the `include`s out",
                )
            elif name not in done and name in by_name:
                path.append(name)
                left.append([*by_name[name].includes, *by_name[name].except_sets])


def check_emptied(sets: Iterable[ir.ValueSet], diagnostics: Diagnostics) -> None:
    """Report value sets whose `except` takes out all that they can ever hold, whatever a release has. There is no circle among them."""
    by_name = {s.name: s for s in sets}
    known: dict[str, tuple[Set[str], Set[str] | None]] = {}

    def bounds(name: str) -> tuple[Set[str], Set[str] | None]:
        """Return what a set certainly holds, and what it holds at most; None where only a release can tell."""
        if name not in known:
            known[name] = _bounds(by_name[name], bounds) if name in by_name else (frozenset(), None)
        return known[name]

    wrong = {error.span for error in diagnostics.errors}
    for name, written in by_name.items():
        takes_out = written.except_codes or written.except_sets
        if takes_out and bounds(name)[1] == frozenset() and written.span not in wrong:  # whose emptiness has been said
            diagnostics.error(
                "CS212",
                f"the value set `{name.rpartition('/')[2]}` is empty: its `except` takes out every code that it has",
                written.span,
                "leave in what is meant to stay, or take the set out",
            )


def _bounds(written: ir.ValueSet, bounds: Callable[[str], tuple[Set[str], Set[str] | None]]) -> tuple[Set[str], Set[str] | None]:
    by_file = written.frozen_file is not None
    is_open = written.ecl is not None or (by_file and written.frozen is None)
    rows = {ir.code_key(row.system, row.code) for row in written.frozen or ()} if by_file and not is_open else set()
    own = {code.key for code in written.codes} | rows
    included, removed = [bounds(name) for name in written.includes], [bounds(name) for name in written.except_sets]
    out = {code.key for code in written.except_codes}
    least: set[str] = set()
    if all(most is not None for _, most in removed):
        least = own.union(*(held for held, _ in included)) - out.union(*(most for _, most in removed if most is not None))
    if is_open or any(most is None for _, most in included):
        return least, None
    return least, own.union(*(most for _, most in included if most is not None)) - out.union(*(held for held, _ in removed))
