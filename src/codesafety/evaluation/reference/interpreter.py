"""The reference: a plain, obvious and slow reading of what rules mean. The generated code must agree with it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from codesafety import ir
from codesafety.evaluation.atoms import (
    comes_first,
    exact_day,
    is_kind,
    item_of,
)
from codesafety.evaluation.calendar import OPEN_END, OPEN_START
from codesafety.evaluation.facts import CodingFact, ItemFact, TextFact, Unseen
from codesafety.evaluation.outcome import NOTHING, Application, Bindable, Outcome, Status, settle
from codesafety.evaluation.reference.comparisons import (
    FALSE,
    TRUE,
    Bound,
    Frame,
    Truth,
    conjunction,
    disjunction,
    negation,
    truth,
    unknown,
)
from codesafety.evaluation.reference.members import Member, at_least, at_least_episodes, days_of, first_of, last_of, of_the_one
from codesafety.evaluation.reference.numbers import Numbers

_IN_CONTEXT = (ir.Kind.ENTRY, ir.Kind.HISTORY, ir.Kind.MEDICATION)


class Interpreter(Numbers):
    """Answers any rule of a binding for any item of some facts."""

    # ------------------------------------------------------------------------------------------ one rule, one item

    def outcome(self, rule: ir.Rule, subject: ItemFact | None) -> Outcome:
        """Return what a rule answers for one whole incoming item, or for the message (None)."""
        in_force = self._in_force(rule, subject)
        if in_force is not None:
            value, missing = in_force
            if value is False:
                return Outcome(rule, subject, Status.NOT_IN_FORCE, NOTHING, ())
            if value is None and self._has_application(rule, subject):
                return Outcome(rule, subject, Status.CANNOT_TELL, missing, ())
        return settle(rule, subject, list(self.applications(rule, subject)))

    def _has_application(self, rule: ir.Rule, subject: ItemFact | None) -> bool:
        return any(a.status is not Status.CLEAR for a in self.applications(rule, subject))

    def _in_force(self, rule: ir.Rule, subject: ItemFact | None) -> Truth | None:
        """Whether a rule with a validity is in force on the item's last possible day, at latest the message's (table 13)."""
        if rule.valid_from is None and rule.valid_until is None:
            return None
        days = [day[1] for day in (subject.day if subject else None, self.facts.message_day) if day is not None]
        if not days:
            return unknown("message.sent")
        day = min(days)
        return truth(
            (rule.valid_from is None or rule.valid_from.first <= day)
            and (rule.valid_until is None or day <= rule.valid_until.last)
        )

    def applications(self, rule: ir.Rule, subject: ItemFact | None) -> Iterator[Application]:
        """Yield what came of every item of the rule's kinds, with every partner or row, whether or not it is of their sets."""
        trigger = rule.trigger
        match trigger.subject.kind:
            case ir.Kind.MESSAGE:
                if subject is None:
                    yield self._apply(rule, None)
            case ir.Kind.CODING:
                yield from (self._apply(rule, coding) for coding in self._codings(subject))
            case ir.Kind.TEXT:
                for text in self.facts.texts(subject):
                    yield from self._text_applications(rule, text)
            case _ if subject is not None:
                for part in self.facts.parts(subject):
                    yield from self._item_applications(rule, part)

    def _text_applications(self, rule: ir.Rule, text: TextFact) -> Iterator[Application]:
        """A text by itself, or beside every item but the one whose words they are."""
        other = rule.trigger.partner
        if other is None:
            yield self._apply(rule, text)
            return
        for member in self._others(other, [] if text.item is None else [text.item]):
            yield self._apply(rule, text, member, pair=True)

    def _codings(self, subject: ItemFact | None) -> Iterator[CodingFact]:
        if subject is None:
            yield from self.facts.message_codings()
        else:
            for part in self.facts.parts(subject):
                yield from self.facts.codings(part)

    def _item_applications(self, rule: ir.Rule, part: ItemFact) -> Iterator[Application]:
        one, other = rule.trigger.subject, rule.trigger.partner
        if other is None:
            if is_kind(part, one.kind):
                yield self._not_understood(part, one) or self._apply(rule, part)
        elif other.kind is ir.Kind.ROW:
            if is_kind(part, one.kind):
                yield from self._rows(rule, part)
        elif rule.trigger.unordered:
            if is_kind(part, one.kind) and (others := self._others(other, [part], part)):
                if (lost := self._not_understood(part, one, others)) is not None:
                    yield lost
                    return
                for member in others:
                    first, second = (part, member) if comes_first(part, member) else (member, part)
                    yield self._apply(rule, first, second, pair=True)
        else:
            if is_kind(part, one.kind) and (others := self._others(other, [part], part)):
                if (lost := self._not_understood(part, one, others)) is not None:
                    yield lost
                else:
                    yield from (self._apply(rule, part, member, pair=True) for member in others)
            if is_kind(part, other.kind) and (others := self._others(replace(one, order_of=other.order_of), [part], part)):
                if (lost := self._not_understood(part, other, others)) is not None:
                    yield lost
                else:
                    yield from (self._apply(rule, member, part, pair=True) for member in others)

    def _not_understood(self, part: ItemFact, var: ir.Var, others: Sequence[ItemFact | Unseen] = ()) -> Application | None:
        """As a trigger, an item of which the set has nothing to say is cannot tell, whatever else the rule asks (table 8).

        Where none of the others was seen, there may be none, and the rule would not apply.
        """
        if var.set is None or self.binding.sets[var.set].understands(part.infos):
            return None
        bound = Bound(part, var.name)
        parts = [self._membership(bound, var), self._context(bound, var.kind)]
        if others and all(isinstance(member, Unseen) for member in others):
            parts += [unknown(member.called) for member in others if isinstance(member, Unseen)]
        value, names = conjunction(parts)
        return Application(part, None, Status.CLEAR if value is False else Status.CANNOT_TELL, names)

    def _rows(self, rule: ir.Rule, part: ItemFact) -> Iterator[Application]:
        table_var = rule.trigger.partner
        assert table_var is not None and table_var.table is not None
        rows = self.binding.tables[table_var.table]
        found = [row for key in dict.fromkeys(k for info in part.infos for k in info.keys) for row in rows.get(key, ())]
        system = self.binding.table_systems[table_var.table]
        if not found and not any(info.speaks and info.system == system for info in part.infos):
            missing = f"{rule.trigger.subject.name}.code"
            one = rule.trigger.subject
            bound = Bound(part, one.name)
            value, names = conjunction([unknown(missing), self._membership(bound, one), self._context(bound, one.kind)])
            yield Application(part, None, Status.CLEAR if value is False else Status.CANNOT_TELL, names)
            return
        for row in found:
            yield self._apply(rule, part, row, pair=True)

    def _others(self, var: ir.Var, named: list[ItemFact], of: Bindable = None) -> list[ItemFact | Unseen]:
        """Every member that a variable may stand for: of its kind and another than those already named, or of the order of `of`
        and neither they nor their copies; and the unseen ones (tables 5, 10 and 30)."""
        facts = self.facts
        self.work.spend(len(facts.items))
        is_entry = var.kind is not ir.Kind.MEDICATION
        seen = [item for item in facts.items if item.is_entry == is_entry and not facts.is_replaced(item)]
        if var.order_of is None:
            seen = [item for item in seen if all(facts.is_another(item, n) for n in named)]
        else:
            seen = [item for item in seen if not any(item is n or item.index in facts.copies_of(n) for n in named)]
            if isinstance(of, ItemFact):  # of the order of one that was not seen, any may be
                seen = [item for item in seen if facts.same_order(item, of)]
        return [*seen, *facts.unseen(is_entry)]

    # ------------------------------------------------------------------------------------------ one application

    def _apply(self, rule: ir.Rule, subject: Bindable, partner: Bindable = None, *, pair: bool = False) -> Application:
        """Judge one application (table 1)."""
        frames = frames_of(rule, subject, partner)
        parts = self.of_trigger(rule, frames[0])
        if rule.when is not None and conjunction(parts)[0] is not False:  # a predicate is asked of the rule's own items only
            parts.append(disjunction(self.judge(rule.when, f) for f in frames))
        value, missing = conjunction(parts)
        if value is False:
            return Application(subject, partner, Status.CLEAR, has_partner=pair)
        exceptions = [disjunction(self.judge(u.condition, f) for f in frames) for u in rule.unless]
        applied = tuple(i for i, (answer, _) in enumerate(exceptions) if answer is True)
        if applied:
            return Application(subject, partner, Status.CLEAR, applied=applied, has_partner=pair)
        if value is None:
            return Application(subject, partner, Status.CANNOT_TELL, missing, has_partner=pair)
        untested = tuple((i, names) for i, (answer, names) in enumerate(exceptions) if answer is None)
        return Application(subject, partner, Status.FIRES, untested=untested, has_partner=pair)

    def of_trigger(self, rule: ir.Rule, frame: Frame) -> list[Truth]:
        """Return whether each of a rule's own items is of its set and stands as its kind."""
        one, other = rule.trigger.subject, rule.trigger.partner
        parts = [self._membership(frame[one.slot], one), self._context(frame[one.slot], one.kind)]
        if other is not None and other.kind is ir.Kind.ROW:
            row = frame[other.slot].value
            assert isinstance(row, ir.TableRow)
            parts.append(self._row_valid(frame[one.slot], row))
        elif other is not None:
            parts += [self._membership(frame[other.slot], other), self._context(frame[other.slot], other.kind)]
        return parts

    def _membership(self, bound: Bound, var: ir.Var) -> Truth:
        if isinstance(bound.value, Unseen):
            return unknown(bound.value.called)  # with or without a set: whether there is such a member is not known
        return TRUE if var.set is None else self._in_set(bound, var.set)

    def _context(self, bound: Bound, kind: ir.Kind) -> Truth:
        """The default context: an entry is present, the patient's and current; a history present and the patient's, whenever;
        a medication is given or to be given."""
        value = bound.value
        if kind not in _IN_CONTEXT:
            return TRUE
        if isinstance(value, Unseen):
            return unknown(value.called)
        assert isinstance(value, ItemFact)
        if kind is ir.Kind.MEDICATION:
            return truth(value.given, f"{bound.name}.status")
        if value.model.entered_in_error:
            return FALSE
        assertion, subject, temporality = value.context
        return conjunction(
            [
                truth(None if assertion in (None, "possible") else assertion == "present", f"{bound.name}.assertion"),
                truth(None if subject is None else subject == "patient", f"{bound.name}.subject"),
                TRUE
                if kind is ir.Kind.HISTORY
                else truth(None if temporality is None else temporality == "current", f"{bound.name}.temporality"),
            ]
        )

    def _row_valid(self, bound: Bound, row: ir.TableRow) -> Truth:
        if row.first is None and row.last is None:
            return TRUE
        assert isinstance(bound.value, ItemFact)
        day = bound.value.day
        first = OPEN_START if row.first is None else row.first
        last = OPEN_END if row.last is None else row.last
        if day is not None and first <= day[0] and day[1] <= last:
            return TRUE
        if day is not None and (day[1] < first or last < day[0]):
            return FALSE
        return unknown(f"{bound.name}.date")

    # ------------------------------------------------------------------------------------------ conditions

    def judge(self, condition: ir.Condition, frame: Frame) -> Truth:
        """Return what a condition comes to in a frame of bound variables."""
        match condition:
            case ir.And(parts):
                return conjunction(self.judge(part, frame) for part in parts)
            case ir.Or(parts):
                return disjunction(self.judge(part, frame) for part in parts)
            case ir.Not(part):
                return negation(self.judge(part, frame))
            case ir.Named(part=part):
                return self.judge(part, frame)
            case ir.Quantified():
                return self._quantified(condition, frame)
            case ir.Ordered():
                return self._ordered(condition, frame)
            case ir.Several(parts, n):
                return self._several([self.judge(part, frame) for part in parts], n)
            case ir.IsMissing(field):
                return self._is_missing(field, frame)
            case ir.FieldIs(field, word):
                return self._field_is(field, word, frame)
            case ir.FieldSame(left, right):
                return self._field_same(left, right, frame)
            case ir.ItemIs(var, word):
                return self._item_is(frame[var.slot], word)
            case ir.CodingIs(var, word):
                return self._coding_is(frame[var.slot], word)
            case ir.About(var, subject):
                return self._about(frame[var.slot], subject)
            case ir.InSet(operand, name):
                return self._operand_in(operand, name, frame)
            case ir.Before() | ir.SameDay() | ir.Within() | ir.Beyond() | ir.Nearer():
                return self._relation(condition, frame)
            case ir.SameProduct(left, right) | ir.SharesIngredient(left, right) | ir.SameIngredients(left, right):
                return self._products(condition, frame[left.slot], frame[right.slot])
            case ir.SameEntry(left, right):
                return self._same_entry(frame[left.slot], frame[right.slot])
            case ir.Overlaps():
                return self._overlaps(condition, frame)
            case ir.Differs():
                return self._differs(condition, frame)
            case ir.Contradicts(var):
                return self._contradicts(frame[var.slot])
            case ir.Says(var, what, name):
                words = frame[var.slot].value
                assert isinstance(words, TextFact)
                return truth(words.says_of(name, self.binding.phrases[name]) == what)
            case ir.Compare():
                return self._compare(condition, frame)
            case ir.InRange():
                return self._in_range(condition, frame)
            case ir.AgeCompare() | ir.AgeRange():
                return self._age(condition, frame)
            case ir.Custom(name, arguments):
                return self._custom(name, [frame[v.slot] for v in arguments])

    # ---- quantifiers (tables 4, 19, 20 and 28)

    def _quantified(self, condition: ir.Quantified, frame: Frame) -> Truth:
        judged = self._judged(condition, frame)
        match condition.quantifier:
            case "exists":
                return disjunction(answer for _, answer in judged)
            case "no":
                return negation(disjunction(answer for _, answer in judged))
            case "at_least":
                return self._at_least(condition, judged, frame)
            case "fewer":
                return negation(self._at_least(condition, judged, frame))

    def _judged(self, condition: ir.Quantified | ir.Ordered, frame: Frame) -> list[tuple[ItemFact | Unseen, Truth]]:
        """Return the members with the answer to what makes them one that counts, or one that may be chosen."""
        named = [item for b in frame.values() if (item := item_of(b.value)) is not None]
        order_of = condition.var.order_of
        members = self._others(condition.var, named, None if order_of is None else frame[order_of.slot].value)
        if isinstance(condition, ir.Quantified):
            if condition.found:
                members = [member for member in members if isinstance(member, ItemFact)]
            if condition.including is not None and isinstance(own := frame[condition.including.slot].value, ItemFact):
                members.append(own)
        return [(member, self._member(condition, member, frame)) for member in members]

    def passed_over(self, condition: ir.Quantified, frame: Frame) -> list[ItemFact]:
        """Return what is of the kind, set and context of a quantifier, and is surely not one that it counts."""
        whole = replace(condition, where=None)
        judged = [(m, value) for m, (value, _) in self._judged(condition, frame) if isinstance(m, ItemFact)]
        return [m for m, value in judged if value is False and self._member(whole, m, frame)[0] is True]

    def _member(self, condition: ir.Quantified | ir.Ordered, member: ItemFact | Unseen, frame: Frame) -> Truth:
        var = condition.var
        bound = Bound(member, var.name)
        parts = [self._membership(bound, var), self._context(bound, var.kind)]
        if var.order_of is not None and isinstance(of := frame[var.order_of.slot].value, Unseen):
            parts.append(unknown(of.called))
        if condition.where is not None and conjunction(parts)[0] is not False:
            parts.append(self.judge(condition.where, {**frame, var.slot: bound}))
        return conjunction(parts)

    def _at_least(self, condition: ir.Quantified, judged: list[tuple[ItemFact | Unseen, Truth]], frame: Frame) -> Truth:
        assert condition.n is not None
        counted, date_name = condition.counted, f"{condition.var.name}.date"
        needed = self.number(condition.n, frame)
        apart = None if isinstance(counted, str) else self.length(counted, frame)
        missing = {
            written.as_written
            for written, value in ((condition.n, needed), (counted, apart))
            if isinstance(written, ir.Field) and value is None
        }
        if needed is None or missing:
            return None, frozenset(missing)
        members = [
            Member(
                days_of(member.day),
                answer,
                self.key_of(condition.var, member) if counted == "items" and isinstance(member, ItemFact) else exact_day(member),
                isinstance(member, ItemFact),
            )
            for member, answer in judged
        ]
        if apart is None:
            return at_least(needed, members, date_name)
        return at_least_episodes(needed, int(apart.n) * (7 if apart.unit is ir.Unit.WEEKS else 1), members, date_name)

    def key_of(self, var: ir.Var, member: ItemFact) -> Hashable:
        """Return what the members that are counted once share: copies of each other, and parts of one order unless they are asked for."""
        return self.facts.key_of(member) if var.order_of is None else self.facts.copy_key_of(member)

    def _ordered(self, condition: ir.Ordered, frame: Frame) -> Truth:
        chosen = self.chosen(condition, frame)
        var = condition.var
        asked = [self.judge(condition.has, {**frame, var.slot: Bound(member, var.name)}) for member, _ in chosen]
        members = [Member(days_of(member.day), answer, seen=isinstance(member, ItemFact)) for member, answer in chosen]
        return of_the_one(members, asked, f"{var.name}.date")

    def chosen(self, condition: ir.Ordered, frame: Frame) -> list[tuple[ItemFact | Unseen, Truth]]:
        """Return the members of which each may be the one that is the latest, or the earliest."""
        judged = self._judged(condition, frame)
        members = [Member(days_of(member.day), answer) for member, answer in judged]
        return [judged[place] for place in (last_of if condition.order == "latest" else first_of)(members)]

    def _several(self, parts: list[Truth], n: Decimal | ir.LimitRef) -> Truth:
        needed = self.binding.number(n)
        told = sum(value is True for value, _ in parts)
        untold = [names for value, names in parts if value is None]
        if told >= needed:
            return TRUE
        return FALSE if told + len(untold) < needed else (None, NOTHING.union(*untold))

    # ---- what was found, by name (table 24)

    def found(self, condition: ir.Condition, frame: Frame) -> Iterator[tuple[str, Hashable, ItemFact]]:
        """Yield each item that a true condition found, with the name that the rule calls it by and its key; in an alternative
        that holds."""
        match condition:
            case ir.And(parts):
                for part in parts:
                    yield from self.found(part, frame)
            case ir.Or(parts):
                for part in parts:
                    if self.judge(part, frame)[0] is True:
                        yield from self.found(part, frame)
            case ir.Quantified(called=str() as called):
                judged = self._judged(condition, frame)
                members = [m for m, (value, _) in judged if value and isinstance(m, ItemFact)]
                yield from ((called, self.key_of(condition.var, m), m) for m in members)
            case ir.Ordered(called=str() as called):
                members = [m for m, _ in self.chosen(condition, frame) if isinstance(m, ItemFact)]
                yield from ((called, self.key_of(condition.var, m), m) for m in members)
            case _:
                pass


def frames_of(rule: ir.Rule, subject: Bindable, partner: Bindable) -> list[Frame]:
    """Return the frame of an application; of a pair whose sides have no order, also the other way round.

    The other way round keeps the names: `a` stays the name of the incoming one in what is missing.
    """
    one, other = rule.trigger.subject, rule.trigger.partner
    if other is None:
        return [{one.slot: Bound(subject, one.name)}]
    frames = [{one.slot: Bound(subject, one.name), other.slot: Bound(partner, other.name)}]
    if rule.trigger.unordered:
        frames.append({one.slot: Bound(partner, other.name), other.slot: Bound(subject, one.name)})
    return frames
