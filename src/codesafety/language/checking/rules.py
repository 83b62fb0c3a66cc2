"""Rules: their parts and their trigger, syntax to ir."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Diagnostic, Diagnostics, Span, did_you_mean, listed
from codesafety.ir import Kind
from codesafety.language import schema
from codesafety.language.checking import families
from codesafety.language.checking.assumed import assume, assumed_fields
from codesafety.language.checking.called import named_in, refuse_names
from codesafety.language.checking.completeness import lint, warn_of_mentions
from codesafety.language.checking.conditions import condition
from codesafety.language.checking.declarations import allowed, once, sources, wording
from codesafety.language.checking.examples import example
from codesafety.language.checking.messages import message
from codesafety.language.checking.said import refuse_silence, refuse_words
from codesafety.language.checking.scope import RuleScope, RulesetScope, date_literal
from codesafety.language.parsing import syntax
from codesafety.language.parsing.remedies import meant_kind

_FIRST_QUANTIFIED_SLOT: Final = 2
_RANGED: Final = ("message", "entry", "history", "mention", "medication", "coding", "text")
_RANGES: Final = "`for entry e in SET`, `for medication m in SET`, `for coding c`, `for text t` or `for message`"


class _Parts:
    """The parts of one rule, each at most once where it can stand once."""

    def __init__(self, node: syntax.Rule, diagnostics: Diagnostics) -> None:
        self.settings: dict[str, syntax.Setting] = {}
        self.trigger: syntax.Trigger | None = None
        self.when: syntax.When | None = None
        self.hazards: list[str] = []
        self.after: list[syntax.RuleRef] = []
        self.overridable: syntax.Overridable | None = None
        self.unless: list[syntax.Unless] = []
        self.examples: list[syntax.Example] = []
        self.assumed: list[syntax.Assume] = []
        seen: dict[str, Span] = {}
        for part in node.parts:
            match part:
                case syntax.Setting(keyword=keyword):
                    if once(seen, keyword, part.span, diagnostics):
                        self.settings[keyword] = part
                case syntax.Trigger():
                    if once(seen, "for", part.span, diagnostics):
                        self.trigger = part
                case syntax.When():
                    if once(seen, "when", part.span, diagnostics):
                        self.when = part
                case syntax.Hazards(ids=ids):
                    self.hazards += [i.text for i in ids if i.text not in self.hazards]
                case syntax.AfterRules(rules=rules):
                    self.after += rules
                case syntax.Overridable():
                    if once(seen, "overridable", part.span, diagnostics):
                        self.overridable = part
                case syntax.Unless():
                    self.unless.append(part)
                case syntax.Example():
                    self.examples.append(part)
                case syntax.Source() | syntax.Allow():
                    pass
                case syntax.Assume():
                    if once(seen, f"assume … for {part.target.text}", part.span, diagnostics):
                        self.assumed.append(part)

    def word(self, keyword: str) -> syntax.Word | None:
        value = self.settings[keyword].value if keyword in self.settings else None
        return value if isinstance(value, syntax.Word) else None

    def text(self, keyword: str, diagnostics: Diagnostics) -> str | None:
        part = self.settings.get(keyword)
        return None if part is None else wording(part.value, part.span, keyword, diagnostics)

    @property
    def say(self) -> syntax.Text | None:
        value = self.settings["say"].value if "say" in self.settings else None
        assert value is None or isinstance(value, syntax.Text)
        return value

    def date(self, keyword: str, diagnostics: Diagnostics) -> ir.DateLiteral | None:
        value = self.settings[keyword].value if keyword in self.settings else None
        return date_literal(value, diagnostics) if isinstance(value, syntax.DateText) else None


def rules(node: syntax.Rule, ruleset: RulesetScope, text: str) -> list[ir.Rule]:
    """Return the rule, or a family's rules, one for each row; none where something is wrong, all of which is reported.

    `text` is the file's.
    """
    if node.each is None:
        made = _rule(node, ruleset, text, None)
        return [] if made is None else [made]
    if node.each.name.text in schema.RESERVED_NAMES:
        ruleset.diagnostics.error(
            "CS204",
            f"`{node.each.name.text}` has a meaning of its own and cannot be a row",
            node.each.name.span,
            "choose another name, such as `p`",
        )
        return []
    name = ruleset.whole(node.each.table, ruleset.names.tables, "table")
    table = None if name is None else ruleset.names.tables[name]
    if table is None:
        return []
    if table.system is not None:
        ruleset.diagnostics.error(
            "CS205",
            f"the rows of `{node.each.table.text}` have codes and no names",
            node.each.table.span,
            "name the rows of the table: `key NAME`, without a code system; or write `for … with row` for a rule over all rows",
        )
        return []
    if not table.rows:
        return []  # which has been said of the table
    if len(table.rows) > families.MOST_ROWS:
        ruleset.diagnostics.error(
            "CS222", f"a family of more than {families.MOST_ROWS} rules", node.each.span, "take rows out, or split the table"
        )
        return []
    for part in node.parts:
        if (
            isinstance(part, syntax.Example)
            and part.row is not None
            and part.row.text not in (keys := [r.key for r in table.rows])
        ):
            ruleset.diagnostics.error(
                "CS203",
                f"there is no row `{part.row.text}` in the table",
                part.row.span,
                did_you_mean(part.row.text, keys) or f"the rows are {listed(keys, 'and')}",
            )
    uses_row = re.compile(rf"(?<![\w.-]){re.escape(node.each.name.text)}\.")
    if not any(uses_row.search(text, p.span.start, p.span.end) for p in node.parts if not isinstance(p, syntax.Example)):
        ruleset.diagnostics.warning(
            "CS407",
            f"`{node.each.name.text}` is bound and never used: the rules of this family are one",
            node.each.name.span,
            f"name a column of it, such as `{node.each.name.text}.{next(iter(table.columns), '…')}`, or write one rule",
        )
    family: list[ir.Rule] = []
    told: dict[tuple[str, Span], list[tuple[str, Diagnostic]]] = {}
    for row in table.rows:
        found = Diagnostics()
        where = families.Row(node.each.name, table, row)
        made = _rule(families.written_out(node, where, found), dataclasses.replace(ruleset, diagnostics=found), text, where)
        for diagnostic in found.found:
            told.setdefault((diagnostic.code, diagnostic.span), []).append((row.key, diagnostic))
        if made is not None:
            family.append(made)
    for rows in told.values():
        ruleset.diagnostics.found.append(_of_rows(rows, table))
    return family


def _of_rows(found: Sequence[tuple[str, Diagnostic]], table: ir.Table) -> Diagnostic:
    """Return once what is said of one place of a family, and of which rows where it is not said of all."""
    keys = list(dict.fromkeys(key for key, _ in found))
    first = found[0][1]
    if len(keys) == len(table.rows):
        return dataclasses.replace(first, message=first.message.replace(f"[{keys[0]}]", ""))
    named = f"`{keys[0]}`" in first.message or f"[{keys[0]}]" in first.message
    others = f"{len(keys) - 1} more" if len(keys) > 1 else ""
    rows = " and ".join(part for part in ("" if named else f"the row `{keys[0]}`", others) if part)
    return dataclasses.replace(first, message=f"{first.message} ({'and' if named else 'in'} {rows})" if rows else first.message)


def _rule(node: syntax.Rule, ruleset: RulesetScope, text: str, row: families.Row | None) -> ir.Rule | None:
    """Return a rule, or None where something in it is wrong; all of that is reported."""
    diagnostics = ruleset.diagnostics
    before = len(diagnostics.errors)
    parts = _Parts(node, diagnostics)
    scope = RuleScope(ruleset, row=row, next_slot=_FIRST_QUANTIFIED_SLOT)
    action = _action(parts.word("action"), node, diagnostics, "action")
    cannot_tell = _action(parts.word("cannot tell"), node, diagnostics, "cannot tell")
    severity = parts.word("severity")
    if severity is not None and severity.text not in schema.SEVERITIES:
        diagnostics.error(
            "CS224",
            f"`{severity.text}` is no severity",
            severity.span,
            f"it is {listed(schema.SEVERITIES)}",  # never the nearest by its letters: `moderate` is none of them
        )
    valid_from, valid_until = parts.date("valid from", diagnostics), parts.date("valid until", diagnostics)
    if valid_from and valid_until and valid_from.first > valid_until.last:
        diagnostics.error(
            "CS207",
            f"the rule ends ({valid_until.text}) before it begins ({valid_from.text})",
            valid_until.span,
            "give the later date after `valid until`",
            ((valid_from.span, "it begins here"),),
        )
    if row is not None:
        valid_from, valid_until = _validity(valid_from, valid_until, row.row, node.name.span)
    after = tuple(name for reference in parts.after for name in _after(reference, node, ruleset))
    trigger = None if parts.trigger is None else _trigger(parts.trigger, scope)
    if parts.trigger is None:
        diagnostics.error(
            "CS216", f"the rule `{node.name.text}` has no `for`", node.name.span, "add one, such as `for entry e in SET`"
        )
        return None
    assume(parts.assumed, scope)
    when = None if parts.when is None else condition(parts.when.condition, scope)
    if parts.when is not None:
        named_in(parts.when.condition, diagnostics)
        refuse_silence(parts.when.condition, diagnostics)
    private_before = scope.private
    unless: list[ir.Unless] = []
    scope.in_exception = True
    for part in parts.unless:
        scope.private = False
        refuse_names(part.condition, diagnostics, "in an exception")
        refuse_words(part.condition, diagnostics, "in an exception")
        checked = condition(part.condition, scope)
        if wording(part.label, part.label.span, "unless", diagnostics) and checked is not None:
            unless.append(ir.Unless(part.label.text, checked, scope.private, part.span))
        private_before = private_before or scope.private
    assumed = assumed_fields(parts.assumed, scope)
    _not_stricter_than_review(scope, parts)
    overridable = None
    if parts.overridable is not None:
        length = scope.length(parts.overridable.length)
        if length is not None:
            overridable = ir.Overridable(tuple(r.text for r in parts.overridable.reasons), length)
    cited = sources(node.parts, diagnostics)
    title, because = parts.text("title", diagnostics), parts.text("because", diagnostics)
    say_node = parts.say
    say: tuple[str | ir.Placeholder, ...] = ()
    if say_node is None:
        diagnostics.error(
            "CS216", f"the rule `{node.name.text}` has no `say`", node.name.span, 'add `say "…"`: what a clinician reads'
        )
    else:
        say = message(say_node, scope, text)
    examples = tuple([example(e, scope) for e in parts.examples])
    _named_once(parts.examples, diagnostics)
    if len(diagnostics.errors) > before:
        return None
    _unused(parts.trigger, scope)
    assert trigger is not None  # where one is None, that has been reported
    assert action is not None
    made = ir.Rule(
        f"{ruleset.ruleset}/{node.name.text}" + ("" if row is None else f"[{row.row.key}]"),
        title,
        action,
        cannot_tell,
        severity.text if severity else None,
        tuple(parts.hazards),
        cited,
        because,
        valid_from,
        valid_until,
        after,
        overridable,
        trigger,
        when,
        tuple(unless),
        say,
        examples,
        node.name.span,
        text[node.span.start : node.span.end],
        None if row is None else row.row.key,
        assumed,
        allowed(node.parts, diagnostics),
    )
    lint(made, diagnostics)
    if ruleset.language > 1:  # the first version has no `history` to write instead
        warn_of_mentions(made, diagnostics)
    return made


def _named_once(examples: Sequence[syntax.Example], diagnostics: Diagnostics) -> None:
    first: dict[str, Span] = {}
    for node in examples:
        place = first.setdefault(node.name.text, node.name.span)
        if place is not node.name.span:
            diagnostics.error(
                "CS204",
                f"there is an example `{node.name.text}` already",
                node.name.span,
                "say what is different about this one",
                ((place, "first named here"),),
            )


def check_after(rules: Iterable[ir.Rule], diagnostics: Diagnostics) -> None:
    """Report rules that come after each other in a circle: none of them could be shown beneath another."""
    after = {rule.name: rule for rule in rules if rule.after}
    settled: set[str] = set()
    for rule in after.values():
        path: dict[str, None] = {}
        left = [(rule.name, 0)]
        while left:
            name, depth = left.pop()
            for deeper in list(path)[depth:]:
                del path[deeper]
                settled.add(deeper)
            if name in path:
                circle = [*list(path)[list(path).index(name) :], name]
                diagnostics.error(
                    "CS213",
                    f"rules come after each other in a circle: {' → '.join(n.rpartition('/')[2] for n in circle)}",
                    after[name].span,
                    "take one of the `after rule`s out",
                )
                return
            if name in after and name not in settled:
                path[name] = None
                left += [(other, len(path)) for other in after[name].after]


def _action(word: syntax.Word | None, node: syntax.Rule, diagnostics: Diagnostics, keyword: str) -> ir.Action | None:
    if word is None:
        if keyword == "action":
            diagnostics.error(
                "CS216", f"the rule `{node.name.text}` has no `action`", node.name.span, "add `action note`, `review` or `hold`"
            )
        return None
    if word.text not in schema.ACTIONS:
        diagnostics.error(
            "CS224",
            f"`{word.text}` is no action",
            word.span,
            schema.meant(word.text, schema.ACTIONS, "it is"),
        )
        return None
    return ir.Action(word.text)


def _validity(
    first: ir.DateLiteral | None, last: ir.DateLiteral | None, row: ir.TableRow, span: Span
) -> tuple[ir.DateLiteral | None, ir.DateLiteral | None]:
    """Return the days in which a family's rule is in force: the row's, within those that the rule gives."""

    def day(ordinal: int) -> ir.DateLiteral:
        return ir.DateLiteral(ordinal, ordinal, date.fromordinal(ordinal).isoformat(), span)

    if row.first is not None and (first is None or first.first < row.first):
        first = day(row.first)
    if row.last is not None and (last is None or last.last > row.last):
        last = day(row.last)
    return first, last


def _after(reference: syntax.RuleRef, node: syntax.Rule, ruleset: RulesetScope) -> tuple[str, ...]:
    """Return the rules that are named: every rule of a family, or that of one row."""
    word, row = reference.name, reference.row
    name = ruleset.whole(word, ruleset.names.rules, "rule")
    if name is None:
        return ()
    if name == f"{ruleset.ruleset}/{node.name.text}":
        ruleset.diagnostics.error("CS207", "a rule cannot come after itself", word.span, "name another rule")
        return ()
    if name in ruleset.names.broken:
        return ()
    rows = ruleset.names.families.get(name)
    if row is None:
        return (name,) if rows is None else tuple(f"{name}[{key}]" for key in rows)
    if rows is None:
        ruleset.diagnostics.error("CS205", f"`{word.text}` is no family and has no rows", row.span, f"write `{word.text}`")
        return ()
    if row.text not in rows:
        ruleset.diagnostics.error(
            "CS203",
            f"the family `{word.text}` has no row `{row.text}`",
            row.span,
            did_you_mean(row.text, rows) or f"its rows are {listed(rows, 'and')}",
        )
        return ()
    return (f"{name}[{row.text}]",)


def _trigger(node: syntax.Trigger, scope: RuleScope) -> ir.Trigger | None:
    diagnostics = scope.diagnostics
    if isinstance(node.subject, syntax.Word):
        if node.subject.text != "message":
            _cannot_range(node.subject, diagnostics)
            return None
        return ir.Trigger(ir.Var("message", Kind.MESSAGE, 0, span=node.subject.span))
    if isinstance(node.subject, syntax.TextBinder):
        if node.subject.kind.text != "text":
            _cannot_range(node.subject.kind, diagnostics)
            return None
        text = scope.bind(node.subject.name, Kind.TEXT, 0)
        if node.partner is None:
            return ir.Trigger(text)
        assert isinstance(node.partner, syntax.Binder)
        partner = _bind(node.partner, scope, 1)
        if node.partner.kind.text == "coding":
            diagnostics.error(
                "CS205",
                "a coding cannot be a partner: it belongs to its entry",
                node.partner.kind.span,
                "write `entry`, `history`, `mention` or `medication`",
            )
        return None if partner is None else ir.Trigger(text, partner)
    if node.subject.order_of is not None:
        diagnostics.error(
            "CS205",
            "a rule's own item is drawn from the message, and from no order",
            node.subject.order_of.span,
            "range over two: `for medication a with medication b of the same order as a`",
        )
        _bind(dataclasses.replace(node.subject, order_of=None), scope, 0)
        return None
    subject = _bind(node.subject, scope, 0)
    if node.partner is None:
        return None if subject is None else ir.Trigger(subject)
    if isinstance(node.subject, syntax.Binder) and node.subject.kind.text == "coding":
        diagnostics.error(
            "CS205",
            "a coding has no partner: it is judged by itself",
            node.partner.span,
            "range over `entry`, `history` or `mention` instead",
        )
    if isinstance(node.partner, syntax.RowBinder):
        name = scope.ruleset.whole(node.partner.table, scope.ruleset.names.tables, "table")
        named = scope.ruleset.names.tables.get(name or "")
        if named is not None and named.system is None:
            diagnostics.error(
                "CS205",
                f"the rows of `{node.partner.table.text}` have names and no codes, so that no item is of a row",
                node.partner.table.span,
                f"write a family: `rule NAME for each row {node.partner.name.text} of {node.partner.table.text}`",
            )
            return None
        row = scope.bind(node.partner.name, Kind.ROW, 1, table=name)
        return None if subject is None or name is None else ir.Trigger(subject, row)
    if node.partner.kind.text == "coding":
        diagnostics.error(
            "CS205",
            "a coding cannot be a partner: it belongs to its entry",
            node.partner.kind.span,
            "write `entry`, `history`, `mention` or `medication`",
        )
    partner = _bind(node.partner, scope, 1)
    if subject is None or partner is None:
        return None
    return ir.Trigger(subject, partner, subject.kind is partner.kind and subject.set == partner.set)


def _cannot_range(word: syntax.Word, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "CS205", f"a rule cannot range over `{word.text}`", word.span, meant_kind(word.text, _RANGED) or f"write {_RANGES}"
    )


def _bind(node: syntax.Binder, scope: RuleScope, slot: int) -> ir.Var | None:
    scope.refuse_set_as_name(node)
    name = scope.set_name(node.set) if node.set else None
    order_of = scope.order_of(node) if node.order_of else None
    var = scope.bind(node.name, Kind(node.kind.text), slot, set=name, order_of=order_of)
    return None if (node.set and name is None) or (node.order_of and order_of is None) else var


def _unused(node: syntax.Trigger, scope: RuleScope) -> None:
    """Warn of a partner that nothing mentions: every pair would do. A trigger may speak for itself."""
    partner = node.partner
    if partner is not None and partner.name.text not in scope.used:
        scope.diagnostics.warning(
            "CS407",
            f"`{partner.name.text}` is bound and never used",
            partner.name.span,
            "say in `when` what it has to do with the rule, or leave it out",
        )


def _not_stricter_than_review(scope: RuleScope, parts: _Parts) -> None:
    for keyword in ("action", "cannot tell"):
        word = parts.word(keyword)
        if scope.sex and word is not None and word.text == "hold":
            scope.diagnostics.error(
                "CS220",
                "a rule that tests gender or sex at birth may ask for no more than `review`",
                word.span,
                "write `review`: a mismatch may be right, and says nothing about the patient by itself",
                ((scope.sex[0].span, "tested here"),),
            )
