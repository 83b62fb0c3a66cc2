"""The patients that tell rules apart: what is settled first, case by case, and of every other choice its options."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.patients import RECORD, Choice, Coded, Item, Option, Tie
from codesafety.authoring.lint.reading import Reading
from codesafety.authoring.lint.uneven import STARTS, uneven
from codesafety.evaluation.binding import Binding

_MOST_ROWS = 12


class Options(Reading):
    """Every choice that rules depend on, with the options in which their answers may differ."""

    def __init__(self, binding: Binding, rules: Sequence[ir.Rule]) -> None:
        super().__init__(binding, rules)
        self._varied: dict[int, tuple[dict[Choice, list[Option]], set[Choice]]] = {}
        self._codes: dict[patients.Key, tuple[list[Option], bool]] = {}

    @property
    def _anchor(self) -> Choice:
        return (0, "date") if self.subject in self.items else ("message", "sent")

    @cached_property
    def _choices(self) -> frozenset[Choice]:
        return frozenset(choice for atom in self.atoms for choice in atom.reads)

    @cached_property
    def rows(self) -> list[Coded]:
        """The codes of the subject that have a row of the table, each with one of its rows."""
        if self.row is None or self.row.table is None:
            return []
        of = self.subject.sets[0] if self.subject.sets else None
        members = self.binding.sets[of].members if of is not None else None
        return [
            Coded(patients.label(key), row, at)
            for key, rows in self.binding.tables[self.row.table].items()
            if members is None or key in members
            for at, row in enumerate(rows)
        ]

    @cached_property
    def cases(self) -> list[dict[Choice, Option]]:
        """What is settled first: whether the subject has a day, whether there is a record, and the table's row."""
        day = patients.start_day(self.rules)
        timed = any(isinstance(c, tuple) and c[1] in ("date", "sent") for c in self._choices)
        records = [True, False] if RECORD in self._choices else [True]
        rows: list[Option] = list(self.rows[:_MOST_ROWS]) if self.row is not None else [None]
        cases = []
        for there, row in itertools.product(records, rows):
            case: dict[Choice, Option] = {RECORD: there}
            first = day
            if isinstance(row, Coded) and row.row is not None:
                case[0, "code"] = row
                first = max(min(day, row.row.last or day), row.row.first or 0)  # a day on which the row is in force
            starts = dict.fromkeys([first, *self._starts(case)[0], *([None] if timed else [])])
            cases += [{self._anchor: start, **case} for start in starts]
        return cases

    def _starts(self, case: Mapping[Choice, Option]) -> tuple[list[int], bool]:
        """Return the subject's days beside every bound that a day sets which a rule names, and whether these are all."""
        ties = self._ties_of(case)
        nodes = sorted({n for tie in ties for n in (tie.one, tie.other) if not isinstance(n, ir.DateLiteral)}, key=str)
        placed: dict[Choice, list[int]] = {}
        for _ in range(2):  # a named day may set a bound through another day
            placed.update((node, patients.days(node, ties, placed)) for node in nodes)
        every = placed.get(self._anchor, [])
        step = len(every) // patients.MOST_OPTIONS + 1
        return [*every[::step], *(STARTS if uneven(ties) else ())], step == 1

    def _ties_of(self, case: Mapping[Choice, Option]) -> list[Tie]:
        return [Tie(one, other, self.length(length, case), age) for one, other, length, age in self.asked.ties]

    @property
    def rows_are_all(self) -> bool:
        return len(self.rows) <= _MOST_ROWS

    def _options(self, at: int) -> tuple[dict[Choice, list[Option]], set[Choice]]:
        if at not in self._varied:
            self._varied[at] = self._options_of(self.cases[at])
        return self._varied[at]

    def _options_of(self, case: Mapping[Choice, Option]) -> tuple[dict[Choice, list[Option]], set[Choice]]:
        """Return each choice's options in a case, the first of which is the plain one, and the choices whose options are not all."""
        options: dict[Choice, list[Option]] = {}
        partial: set[Choice] = set()

        def put(choice: Choice, found: list[Option], whole: bool = True) -> None:
            if choice in case:
                return
            options[choice] = found
            if not whole:
                partial.add(choice)

        for item in self.items:
            if item.key not in self._codes:
                self._codes[item.key] = patients.codes_of(item, self.binding)
            put((item.key, "code"), *self._codes[item.key])
            put((item.key, "context"), patients.contexts_of(item, item.key in self.asked.wide))
            sides: list[Option] = ["incoming", "record"] if item.key == 0 else ["record", "incoming"]
            put((item.key, "side"), sides if item.key in self.asked.sides else sides[:1])
            if isinstance(item.key, tuple):
                put(
                    (item.key, "present"),
                    list(dict.fromkeys([0, 1, item.copies - 1, item.copies])) if item.copies > 1 else [0, 1],
                )
        kinds = {item.key: item.kind for item in self.items}
        for choice in self._choices:
            key, name = choice
            if choice in options or choice in case or choice == RECORD or name in ("date", "born", "sent"):
                continue
            if name == "service":
                service = Item(choice, ir.Kind.ENTRY, "service", [], self.asked.sets.get(choice, set()))
                found, whole = patients.codes_of(service, self.binding)
                put(choice, [*found, None], whole)
            elif choice in self.asked.numbers:
                bounds = [q for number in self.asked.numbers[choice] for q in self._quantities(number, case)]
                put(choice, *patients.amounts(bounds, self.asked.assumed.get(choice), choice in self.asked.together))
            elif key in ("patient", "message") or self._words(choice):
                put(choice, patients.words_of(choice, kinds.get(key, ir.Kind.MESSAGE), self._words(choice)))
            elif name in ("value", "dose", "quantity", "times_a_day", "days_supply", "strength"):
                put(choice, *patients.amounts((), self.asked.assumed.get(choice, "1"), True))
            else:
                put(choice, [None], False)
        self._put_days(case, options, partial)
        return options, partial

    def _words(self, choice: Choice) -> set[str]:
        """Return the words that are asked of a field, or of one that it is compared with."""
        other = {a if b == choice else b for a, b in self.asked.alike if choice in (a, b)}
        found = {word for one in (choice, *other) for word in self.asked.words.get(one, ())}
        return found or ({""} if other else set())

    def _put_days(self, case: Mapping[Choice, Option], options: dict[Choice, list[Option]], partial: set[Choice]) -> None:
        nodes = [c for c in self._choices if c[1] in ("date", "born", "sent") and c not in case]
        nodes += [(item.key, "date") for item in self.items if (item.key, "date") not in self._choices and item.key != 0]
        start = case[self._anchor]
        anchor = [start] if isinstance(start, int) else [patients.start_day(self.rules)]
        placed: dict[Choice, Sequence[int]] = {self._anchor: anchor}
        ties = self._ties_of(case)
        partial |= {node for node in uneven(ties) if not isinstance(node, ir.DateLiteral)}
        if not self._starts(case)[1]:
            partial.add(self._anchor)
        found: dict[Choice, list[int]] = {}
        for _ in range(2):
            for node in sorted(nodes, key=lambda n: (n[1] == "born", str(n))):
                days = patients.days(node, ties, placed)
                found[node] = list(dict.fromkeys([*found.get(node, ()), *days]))[: patients.MOST_OPTIONS * 2]
                if found[node]:
                    placed[node] = found[node]
        for node in nodes:
            days = sorted(found.get(node, ()), key=lambda day: abs(day - anchor[0]))
            plain = anchor[0] - 40 if node[1] == "date" else anchor[0] - 30 * 365 if node[1] == "born" else anchor[0]
            every: list[Option] = [*(days or [plain])]
            if len(every) > patients.MOST_OPTIONS:
                partial.add(node)
                every = every[:: len(every) // patients.MOST_OPTIONS + 1]
            options[node] = [*every, None] if node in self._choices else every

    def length(self, length: ir.LengthLike | None, case: Mapping[Choice, Option]) -> ir.Length | None:
        if isinstance(length, ir.Field):
            cell = self._cell(length, case)
            return ir.Length(cell, length.column_unit) if isinstance(cell, Decimal) and length.column_unit else None
        return None if length is None else self.binding.length(length)

    def _cell(self, one: ir.Field, case: Mapping[Choice, Option]) -> ir.Cell:
        coded = case.get((0, "code"))
        return coded.row.cells.get(one.name) if isinstance(coded, Coded) and coded.row is not None else None

    def _quantities(self, number: ir.Number, case: Mapping[Choice, Option]) -> Iterator[ir.Quantity]:
        match number:
            case ir.Quantity():
                yield number
            case ir.LimitRef():
                yield self.binding.quantity(number)
            case ir.Field() if isinstance(cell := self._cell(number, case), Decimal):
                unit = number.unit if not isinstance(number.unit, ir.Field) else self._cell(number.unit, case)
                yield ir.Quantity(cell, unit if isinstance(unit, str) else None)
            case _:
                return
