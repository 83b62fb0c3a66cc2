"""A compiled set of rules: immutable, indexed by trigger code, shared by every practice and thread.

A message pays for the rules whose trigger codes it holds, and for those that range over every item. What the rules that were
never visited answer is counted, not computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from operator import attrgetter, itemgetter
from typing import Any

from codesafety import ir
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.calendar import NEVER
from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.compiled.clearing import ALWAYS, GENDERS, Window, common, windows_of
from codesafety.evaluation.compiled.scene import Scene
from codesafety.evaluation.compiled.standing import Concept, Concepts, rows_of
from codesafety.evaluation.compiled.triggers import (
    Category,
    Found,
    Lost,
    LostAnswer,
    Trigger,
    category,
    listed_sets,
    may_repeat,
    no_row_application,
    not_understood_application,
    triggers_of,
)
from codesafety.evaluation.compiled.writer import Shape, Side, function_name, generate, shapes
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact, TextFact
from codesafety.evaluation.items import day_of
from codesafety.evaluation.outcome import Application, Bindable, Broken, Outcome, RunResult, Status, Tally, settle, why_broken
from codesafety.evaluation.work import A_JUDGEMENT, A_RULE, AN_ANSWER, NotAsked
from codesafety.record import Coding, Entry, Medication

Plan = tuple[tuple[Callable[[Scene, Any], Any], Trigger | Lost], ...]
Planned = tuple[Plan, tuple[CodeInfo, ...], tuple[Window | None, ...]]
"""The rules that concern a code, what it means, and when all of them are clear: a window for each of `GENDERS`."""
Concerned = tuple[int, int, Entry | Medication, Planned]
"""The place of the whole item and that of the part, the item as sent, and the rules that concern it."""
Classes = tuple[tuple[Category, tuple[tuple[int, int], ...]], ...]
"""How many rules there are of each category, by their validity."""
Hit = tuple[ItemFact | None, Trigger | Lost, Any, Any]


class Tallies(Mapping[int | None, Tally]):
    """How the loaded rules answered for each whole incoming item and the message, counted when it is asked for."""

    def __init__(
        self, program: Program, facts: Facts, skipped: frozenset[int], outcomes: Sequence[Outcome], broken: Sequence[Broken]
    ) -> None:
        self._program, self._facts, self._skipped, self._outcomes, self._failures = program, facts, skipped, outcomes, broken

    @cached_property
    def _scene(self) -> Scene:
        return self._program.scene(self._facts)

    @cached_property
    def _classes(self) -> Classes:
        return self._program.classes(self._skipped)

    @cached_property
    def _untold(self) -> Counter[int | None]:
        return Counter(_place(o.subject) for o in self._outcomes if o.status is Status.CANNOT_TELL)

    @cached_property
    def _broken(self) -> Counter[int | None]:
        return Counter(place for b in self._failures for place in b.subjects)

    @cached_property
    def _subjects(self) -> Mapping[int | None, ItemFact | None]:
        whole = {item.index: item for item in self._facts.incoming if item.component is None}
        return {None: None} | whole

    def __iter__(self) -> Iterator[int | None]:
        return iter(self._subjects)

    def __len__(self) -> int:
        return len(self._subjects)

    def __getitem__(self, place: int | None) -> Tally:
        subject = self._subjects[place]
        applicable = not_applicable = not_in_force = 0
        for kind, windows in self._classes:
            asked = 0
            for window, number in windows:
                if window and self._program.in_force(window, subject, self._scene) is False:
                    not_in_force += number
                else:
                    asked += number
            if asked and kind.applies(self._scene, subject):
                applicable += asked
            else:
                not_applicable += asked
        untold = self._untold[place]
        return Tally(applicable - untold - self._broken[place], untold, not_applicable, not_in_force)


class _Asked:
    """Where rules failed in one run: a rule that fails takes no other with it, and no other item."""

    def __init__(self, program: Program, scene: Scene, skipped: frozenset[int]) -> None:
        self._program, self._scene, self._skipped = program, scene, skipped
        self._failed: dict[int, dict[int | None, Exception]] = {}

    def fails(self, trigger: Trigger | Lost, whole: ItemFact | None, error: Exception) -> None:
        """Note that a rule failed on an item; the first time counts. What is not in force or switched off was not to be asked."""
        for each in trigger.triggers if isinstance(trigger, Lost) else (trigger,):
            if not self._program.is_off(each, whole, self._scene, self._skipped):
                self._failed.setdefault(each.number, {}).setdefault(_place(whole), error)

    def in_vain(self, trigger: Trigger, whole: ItemFact | None) -> bool:
        """Return whether what a rule answers for an item counts for nothing."""
        return trigger.number in self._skipped or _place(whole) in self._failed.get(trigger.number, ())

    def broken(self) -> tuple[Broken, ...]:
        """Return each rule's failures, those of one kind together."""
        found: dict[tuple[int, str, str | None], list[int | None]] = {}
        for number in sorted(self._failed):
            for place, error in self._failed[number].items():
                found.setdefault((number, *why_broken(error)), []).append(place)
        rules = self._program.rules
        return tuple(Broken(rules[number].name, why, plugin, tuple(at)) for (number, why, plugin), at in found.items())


class Program:
    """Compiled rules. Immutable in what it answers; it remembers codes that it has met. Safe to share between threads."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.rules = binding.rules
        self._numbers = {rule.name: number for number, rule in enumerate(self.rules)}
        self._concepts = Concepts(binding, listed_sets(self.rules))
        self._sets = tuple(binding.sets.values())
        self._windows: list[tuple[int | None, int | None]] = [(None, None)]
        self._window_of = [self._window(rule) for rule in self.rules]
        self._categories = [category(rule, binding) for rule in self.rules]
        self._classes = self._counted(range(len(self.rules)))
        self._maybe: dict[int, dict[Shape | Side, Callable[..., Any]]] = {}
        self._exact: dict[tuple[int, Shape], Callable[..., Any]] = {}
        self._repeats: dict[int, bool] = {}
        self._always: tuple[list[Trigger], list[Trigger]] = ([], [])
        self._by_set: tuple[dict[int, list[Trigger]], dict[int, list[Trigger]]] = ({}, {})
        self._by_table: tuple[dict[str, list[Trigger]], dict[str, list[Trigger]]] = ({}, {})
        self._codings: list[Trigger] = []
        self._texts: list[Trigger] = []
        self._message: list[Trigger] = []
        for number, rule in enumerate(self.rules):
            for trigger in triggers_of(number, rule, binding, self._concepts.numbers, partial(self._maybe_functions, number)):
                self._file(trigger)
        self._plans: tuple[dict[object, Planned], dict[object, Planned]] = ({}, {})
        self._shared_plans: dict[object, tuple[Plan, tuple[Window | None, ...]]] = {}

    def _maybe_functions(self, number: int) -> dict[Shape | Side, Callable[..., Any]]:
        """Return a rule's first functions, written when they are first needed. Two threads may both write them: all the same."""
        found = self._maybe.get(number)
        if found is None:
            rule = self.rules[number]
            first, *rarer = shapes(rule)
            functions = generate(self.binding, self._concepts.numbers, [(number, rule, first)], "maybe")
            written: tuple[Shape | Side, ...] = (first, "subject", "partner", "either", "subjects", "partners")
            made = {shape: functions[name] for shape in written if (name := function_name(number, shape)) in functions}
            made.update((shape, self._when_needed(number, shape)) for shape in rarer)
            found = self._maybe[number] = self._once_for_alike(number, made)
        return found

    def _when_needed(self, number: int, shape: Shape) -> Callable[..., Any]:
        """Return a rule's function for members that were not seen, written when one is met."""
        written: list[Callable[..., Any]] = []

        def ask(*arguments: Any) -> Any:
            if not written:
                made = generate(self.binding, self._concepts.numbers, [(number, self.rules[number], shape)], "maybe")
                written.append(made[function_name(number, shape)])
            return written[0](*arguments)

        return ask

    def number(self, rule: str) -> int:
        """Return a rule's place among the loaded rules."""
        return self._numbers[rule]

    def _window(self, rule: ir.Rule) -> int:
        """Return the number of a rule's validity; rules with one validity share it."""
        window = (rule.valid_from.first if rule.valid_from else None, rule.valid_until.last if rule.valid_until else None)
        if window not in self._windows:
            self._windows.append(window)
        return self._windows.index(window)

    def _file(self, trigger: Trigger) -> None:
        match trigger.kind:
            case ir.Kind.MESSAGE:
                self._message.append(trigger)
            case ir.Kind.CODING:
                self._codings.append(trigger)
            case ir.Kind.TEXT:
                self._texts.append(trigger)
            case kind:
                is_entry = kind is not ir.Kind.MEDICATION
                if trigger.table is not None:
                    self._by_table[is_entry].setdefault(trigger.table, []).append(trigger)
                elif trigger.set is not None:
                    self._by_set[is_entry].setdefault(self._concepts.numbers[trigger.set], []).append(trigger)
                else:
                    self._always[is_entry].append(trigger)

    # ------------------------------------------------------------------------------------------ which rules concern an item

    def _plan(self, item: ItemFact, key: object) -> Planned:
        """Return the rules that concern an item, by their number, with what its codes mean; and remember both for its codes."""
        is_entry = item.is_entry
        concept = self._concepts.of(item)
        tables = tuple(table for table in self._by_table[is_entry] if self._has_rows(table, concept))
        shared = (is_entry, concept.sure, concept.unsure, concept.blank, tables)
        found = self._shared_plans.get(shared)
        if found is None:
            found = self._shared_plans[shared] = self._make_plan(is_entry, concept, tables)
        plans = self._plans[is_entry]
        if len(plans) >= _MAX_REMEMBERED:
            plans.clear()
            self._shared_plans.clear()
        plan, windows = found
        planned = plans[key] = (plan, concept.infos, windows) if plan else _NO_RULE
        return planned

    def _make_plan(self, is_entry: bool, concept: Concept, tables: tuple[str, ...]) -> tuple[Plan, tuple[Window | None, ...]]:
        found = [(trigger, False) for trigger in self._always[is_entry]]
        by_set = self._by_set[is_entry]
        for number in (*concept.sure, *concept.unsure):
            found += [(t, number in concept.blank and t.lost is not None) for t in by_set.get(number, ())]
        for table in tables:
            found += [(trigger, False) for trigger in self._by_table[is_entry][table]]
        found.sort(key=lambda pair: pair[0].number)
        told = {trigger.number for trigger, lost in found if not lost}
        plan: list[tuple[Callable[[Scene, Any], Any], Trigger | Lost]] = [
            (trigger.lost if lost and trigger.lost is not None else trigger.ask, trigger)
            for trigger, lost in found
            if trigger.number in told
        ]
        if untold := [trigger for trigger, _ in found if trigger.number not in told]:
            together = Lost(untold)
            plan.append((together.ask, together))
        every = {trigger.number: self.rules[trigger.number] for trigger, _ in found}.values()
        windows = {} if any(lost for _, lost in found) else common(windows_of(rule, self.binding) for rule in every)
        return tuple(plan), tuple(windows.get(gender) for gender in GENDERS)

    def _has_rows(self, table: str, concept: Concept) -> bool:
        return bool(rows_of(concept.infos, self.binding.tables[table])) or self.binding.table_systems[table] not in concept.told

    def triggers_on(self, item: ItemFact) -> tuple[Trigger, ...]:
        """Return the ways into rules that an item is, by its codes; and those of every coding and of all words."""
        concept = self._concepts.of(item)
        tables = tuple(table for table in self._by_table[item.is_entry] if self._has_rows(table, concept))
        plan, _ = self._make_plan(item.is_entry, concept, tables)
        ways_in = [each for _, trigger in plan for each in (trigger.triggers if isinstance(trigger, Lost) else (trigger,))]
        return (*sorted(ways_in, key=attrgetter("number")), *self._codings, *self._texts)

    def listed_with(self, item: ItemFact) -> frozenset[str]:
        """Return the value sets whose members some rule looks through, and in which an item is or may be."""
        concept = self._concepts.of(item)
        names = tuple(self._concepts.numbers)
        return frozenset(names[number] for number in (*concept.listed_sure, *concept.listed_unsure))

    # ------------------------------------------------------------------------------------------ a run

    def run(self, facts: Facts, *, skip: frozenset[str] = frozenset()) -> RunResult:
        """Return what the rules answer for every incoming item and for the message. `skip`: rules that a profile switched off.

        A rule that fails takes no other with it: it is listed as broken, with the items on which it failed.
        """
        skipped = frozenset(self._numbers[name] for name in skip if name in self._numbers) if skip else _NO_RULES
        concerned = self._concerned(facts)
        if not (concerned or self._codings or self._texts or self._message):
            return RunResult((), Tallies(self, facts, skipped, (), ()), ())
        scene = self.scene(facts)
        asked = _Asked(self, scene, skipped)
        outcomes = self._outcomes(scene, self._hits(scene, concerned, asked), asked)
        broken = asked.broken()
        return RunResult(outcomes, Tallies(self, facts, skipped, outcomes, broken), broken)

    def scene(self, facts: Facts) -> Scene:
        """Return what generated functions look at."""
        return Scene(facts, self._concepts, self._sets)

    def _concerned(self, facts: Facts) -> list[Concerned]:
        """Return what some rule concerns, and is not clear by gender and age. Asks once a coding."""
        products, entries = self._plans
        found: list[Concerned] = []
        parts = 0  # that came before an item, beside the items themselves
        place = -1
        for place, entry in enumerate(facts.submission.entries):
            codings = entry.codings
            if len(codings) == 1:  # as in `_key`, without its call: most items have one coding
                coding = codings[0]
                key: object = (coding.system, coding.code)
            else:
                key = _key(codings)
            try:
                planned = entries[key]
            except KeyError:
                planned = self._plan(facts.incoming[place + parts], key)
            if planned is not _NO_RULE:
                found.append((place + parts, place + parts, entry, planned))
            if components := entry.components:
                whole = place + parts
                for component in components:
                    parts += 1
                    key = _key(component.codings)
                    planned = entries.get(key) or self._plan(facts.incoming[place + parts], key)
                    if planned is not _NO_RULE:
                        found.append((whole, place + parts, entry, planned))
        for at, medication in enumerate(facts.submission.medications, place + parts + 1):
            sent = medication.products
            if len(sent) == 1:
                product = sent[0]
                key = (product.system, product.code, product.display)
            else:
                key = tuple([(c.system, c.code, c.display) for c in sent])
            try:
                planned = products[key]
            except KeyError:
                planned = self._plan(facts.incoming[at], key)
            if planned is not _NO_RULE:
                found.append((at, at, medication, planned))
        facts.is_looked_up = True
        return found and self._not_cleared(facts, found)

    @staticmethod
    def _not_cleared(facts: Facts, concerned: list[Concerned]) -> list[Concerned]:
        """Return the items of which gender and age do not say at once that every rule is clear."""
        patient = facts.patient
        gender = GENDERS.index(patient.gender if patient.gender in GENDERS else None)
        born_first, born_last = patient.born or NEVER
        left = []
        for one in concerned:
            _, _, item, (_, _, windows) = one
            window = windows[gender]
            if window is not None:
                if window is ALWAYS:
                    continue
                over, least, under = window
                first, last = day_of(item) or NEVER
                if first - born_last > over and least <= last - born_first < under:
                    continue
            left.append(one)
        return left

    def _hits(self, scene: Scene, concerned: Sequence[Concerned], asked: _Asked) -> list[Hit]:
        """Return every trigger that may fire or cannot be told, with the item that it falls on.

        Codings come first: where not all can be asked, what is wrong with a code by itself is told.
        """
        hits: list[Hit] = []
        incoming = scene.facts.incoming
        in_time, spend_alone = scene.work.in_time, scene.work.spend_alone
        codings = self._sent_codings(scene) if self._codings else ()
        texts = self._sent_texts(scene) if self._texts else ()
        for item, triggers, subject in [
            *((i, self._codings, c) for i, c in codings),
            *((i, self._texts, t) for i, t in texts),
            (None, self._message, None),
        ]:
            for trigger in triggers:
                try:
                    in_time()
                    spend_alone(A_RULE)
                    if answer := trigger.ask(scene, subject):
                        spend_alone(AN_ANSWER)
                        hits.append((item, trigger, subject, answer if isinstance(answer, list) else True))
                except Exception as error:  # noqa: BLE001  whatever one rule raises, the others still answer
                    asked.fails(trigger, item, error)
        work = scene.work
        for whole, place, _, (plan, infos, _) in concerned:
            part = incoming[place]
            part.prepare(infos)
            try:
                work.ask(len(plan))
            except NotAsked as why:
                for _, way_in in plan:
                    asked.fails(way_in, incoming[whole], why)
                continue
            for ask, way_in in plan:
                try:
                    if found := ask(scene, part):
                        spend_alone(len(found) * AN_ANSWER if isinstance(way_in, Lost) else AN_ANSWER)
                        hits.append((incoming[whole], way_in, part, found))
                except Exception as error:  # noqa: BLE001  as above
                    asked.fails(way_in, incoming[whole], error)
        return hits

    @staticmethod
    def _sent_texts(scene: Scene) -> Iterator[tuple[ItemFact | None, TextFact]]:
        """Yield the words of the message's items, and those without a code, with the item that they fall on."""
        for whole in scene.facts.incoming:
            if whole.component is None:
                yield from ((whole, text) for text in scene.facts.texts(whole))
        yield from ((None, text) for text in scene.facts.texts(None))

    @staticmethod
    def _sent_codings(scene: Scene) -> Iterator[tuple[ItemFact | None, CodingFact]]:
        """Yield every coding of the message's items and of the message itself, with the item that it falls on."""
        whole: ItemFact | None = None
        for part in scene.facts.incoming:
            whole = part if part.component is None else whole
            for coding in scene.codings(part):
                yield whole, coding
        for coding in scene.facts.message_codings():
            yield None, coding

    def _outcomes(self, scene: Scene, hits: Sequence[Hit], asked: _Asked) -> tuple[Outcome, ...]:
        """Return the outcomes of hits, in order of items and rules. A rule that failed on an item has none there."""
        grouped: dict[tuple[int, int], tuple[Trigger, ItemFact | None, list[Application]]] = {}
        outcomes: dict[int, list[tuple[int, Outcome]]] = {}

        def taken(trigger: Trigger, whole: ItemFact | None) -> list[Application]:
            place = (-1 if whole is None else whole.index, trigger.number)  # the message comes first
            return grouped.setdefault(place, (trigger, whole, []))[2]

        for whole, trigger, subject, found in hits:
            try:
                scene.work.in_time()
            except NotAsked as why:
                asked.fails(trigger, whole, why)
                continue
            if isinstance(trigger, Lost):
                assert whole is not None
                if len(scene.facts.parts(whole)) == 1:
                    outcomes[whole.index] = list(self._not_understood(scene, whole, found, asked))
                    continue
                for each, missing, _ in found:
                    taken(each, whole).extend(Application(subject, None, Status.CANNOT_TELL, one) for one in missing)
                continue
            if asked.in_vain(trigger, whole):
                continue
            applications = taken(trigger, whole)
            try:
                applications.extend(self._applications(scene, trigger, subject, found))
            except Exception as error:  # noqa: BLE001  as above
                asked.fails(trigger, whole, error)
        for place, number in sorted(grouped):
            trigger, whole, applications = grouped[place, number]
            if asked.in_vain(trigger, whole):
                continue
            if (outcome := self._outcome(scene, trigger, whole, _distinct(applications))) is not None:
                outcomes.setdefault(place, []).append((number, outcome))
        return tuple([outcome for place in sorted(outcomes) for _, outcome in sorted(outcomes[place], key=itemgetter(0))])

    def _not_understood(
        self, scene: Scene, item: ItemFact, answers: tuple[LostAnswer, ...], asked: _Asked
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield what cannot be told of an item without parts, by the number of the rule."""
        in_force = {0: True}
        for trigger, each, missing in answers:
            if asked.in_vain(trigger, item):
                continue
            applications = tuple([Application(item, None, Status.CANNOT_TELL, one) for one in each])
            window = self._window_of[trigger.number]
            if window not in in_force:
                in_force[window] = self.in_force(window, item, scene) is True
            if in_force[window]:
                yield trigger.number, Outcome(trigger.rule, item, Status.CANNOT_TELL, missing, applications)
            elif (outcome := self._outcome(scene, trigger, item, list(applications))) is not None:
                yield trigger.number, outcome

    def _outcome(self, scene: Scene, trigger: Trigger, whole: ItemFact | None, applications: list[Application]) -> Outcome | None:
        left = [a for a in applications if a.status is not Status.CLEAR]
        if not left:
            return None
        in_force = self.in_force(self._window_of[trigger.number], whole, scene)
        if in_force is False:
            return None
        if in_force is None:
            return Outcome(trigger.rule, whole, Status.CANNOT_TELL, _NO_DAY, ())
        outcome = settle(trigger.rule, whole, left)
        return outcome if outcome.status is not Status.CLEAR else None

    # ------------------------------------------------------------------------------------------ exact answers

    def _applications(self, scene: Scene, trigger: Trigger, subject: Bindable, found: Found | int) -> Iterator[Application]:
        if isinstance(found, int):
            yield self._judge(scene, trigger, "one", subject, None)
            return
        for shape, first, second in found:
            if shape == "not_understood":
                assert isinstance(first, ItemFact)
                yield not_understood_application(first, *second)
            elif shape == "no_row":
                assert isinstance(first, ItemFact)
                yield no_row_application(scene, trigger, first)
            elif isinstance(first, ItemFact) and isinstance(second, ItemFact) and first.incoming and second.incoming:
                place = (trigger.number, first.index, second.index)
                judged = scene.judged.get(place)
                if judged is None:
                    judged = scene.judged[place] = self._judge(scene, trigger, shape, first, second)
                yield judged
            else:
                yield self._judge(scene, trigger, shape, first, second)

    def _judge(self, scene: Scene, trigger: Trigger, shape: Shape, subject: Bindable, partner: Bindable) -> Application:
        """Judge one application, with everything that is missing (table 1)."""
        function = self._exact_function(trigger.number, shape)
        pair = shape != "one"
        if isinstance(partner, ItemFact) and isinstance(subject, ItemFact | TextFact):
            scene.work.spend(A_JUDGEMENT)
        answer, exceptions = function(scene, subject, partner) if pair else function(scene, subject)
        applied = tuple(place for place, exception in enumerate(exceptions) if exception is True)
        if answer is False or applied:
            return Application(subject, partner, Status.CLEAR, applied=() if answer is False else applied, has_partner=pair)
        if answer is not True:
            return Application(subject, partner, Status.CANNOT_TELL, answer, has_partner=pair)
        untested = tuple((place, exception) for place, exception in enumerate(exceptions) if exception is not False)
        return Application(subject, partner, Status.FIRES, untested=untested, has_partner=pair)

    def _exact_function(self, number: int, shape: Shape) -> Callable[..., Any]:
        """Return a rule's second function, written when it is first needed. Two threads may both write it: all the same."""
        found = self._exact.get((number, shape))
        if found is None:
            rule = self.rules[number]
            functions = generate(self.binding, self._concepts.numbers, [(number, rule, shape)], "exact")
            made = self._once_for_alike(number, {shape: functions[function_name(number, shape)]})
            found = self._exact[number, shape] = made[shape]
        return found

    def _once_for_alike(
        self, number: int, functions: dict[Shape | Side, Callable[..., Any]]
    ) -> dict[Shape | Side, Callable[..., Any]]:
        """Return the functions of a rule, those of one item that look through members asked once for items that are alike."""
        repeats = self._repeats.get(number)
        if repeats is None:
            rule = self.rules[number]
            is_item = rule.trigger.subject.kind not in (ir.Kind.CODING, ir.Kind.TEXT, ir.Kind.MESSAGE)
            repeats = self._repeats[number] = is_item and may_repeat(rule)
        if not repeats:
            return functions
        return {
            shape: partial(Scene.once, function=function) if shape in ("one", "unseen_partner") else function
            for shape, function in functions.items()
        }

    # ------------------------------------------------------------------------------------------ validity and counts

    def is_off(self, trigger: Trigger, whole: ItemFact | None, scene: Scene, skipped: frozenset[int]) -> bool:
        """Return whether a rule is not to be asked of an item: switched off, or certainly not in force."""
        return trigger.number in skipped or self.in_force(self._window_of[trigger.number], whole, scene) is False

    def in_force(self, window: int, subject: ItemFact | None, scene: Scene) -> bool | None:
        """Return whether a validity covers the item's last possible day, at latest the message's; None: no day is known."""
        if window == 0:
            return True
        first, last = self._windows[window]
        days = [day[1] for day in (subject.day if subject is not None else None, scene.facts.message_day) if day is not None]
        if not days:
            return None
        day = min(days)
        return (first is None or first <= day) and (last is None or day <= last)

    def classes(self, skipped: frozenset[int]) -> Classes:
        """Return how many loaded rules there are of each category and validity."""
        return self._counted(set(range(len(self.rules))) - skipped) if skipped else self._classes

    def _counted(self, numbers: Iterable[int]) -> Classes:
        found: dict[Category, Counter[int]] = {}
        for number in numbers:
            found.setdefault(self._categories[number], Counter())[self._window_of[number]] += 1
        return tuple((kind, tuple(windows.items())) for kind, windows in found.items())


def compile_program(binding: Binding) -> Program:
    """Return the compiled form of a binding's rules."""
    return Program(binding)


_MAX_REMEMBERED = 50_000
_NO_RULES: frozenset[int] = frozenset()
_NO_RULE: Planned = ((), (), ())
"""The plan of every code that concerns no rule: one object, known by its identity."""
_NO_DAY = frozenset({"message.sent"})


def _place(subject: ItemFact | None) -> int | None:
    return None if subject is None else subject.index


def _key(codings: tuple[Coding, ...]) -> object:
    """Return the codings by which an item's rules are remembered."""
    if len(codings) == 1:
        coding = codings[0]
        return coding.system, coding.code
    return tuple([(c.system, c.code) for c in codings])


def _distinct(applications: list[Application]) -> list[Application]:
    """Return applications without repetition: two parts of one item name the same pair twice."""
    if len(applications) < 2:
        return applications
    return list({(id(a.subject), id(a.partner), a.missing): a for a in applications}.values())
