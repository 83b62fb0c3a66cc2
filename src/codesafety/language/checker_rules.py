"""Rules: their parts, trigger and message, syntax to ir; and what a careful author would not leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span, did_you_mean
from codesafety.ir import FieldType, Kind
from codesafety.language import schema, syntax
from codesafety.language.builder import unquoted
from codesafety.language.checker_conditions import condition
from codesafety.language.checker_declarations import once, sources
from codesafety.language.checker_examples import example
from codesafety.language.checker_times import date_operand
from codesafety.language.scope import ITEMS, RuleScope, RulesetScope, a_kind, date_literal

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_AGE_AT: Final = re.compile(r"age\s+at\s+([a-z][a-z0-9_.-]*)")
_PATH: Final = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*")
_FIRST_QUANTIFIED_SLOT: Final = 2
_NEVER_UNKNOWN: Final = (ir.ItemWord.INCOMING, ir.ItemWord.ENTERED_IN_ERROR)


class _Parts:
    """The parts of one rule, each at most once where it can stand once."""

    def __init__(self, node: syntax.Rule, diagnostics: Diagnostics) -> None:
        self.settings: dict[str, syntax.Setting] = {}
        self.trigger: syntax.Trigger | None = None
        self.when: syntax.When | None = None
        self.hazards: list[str] = []
        self.after: list[syntax.Word] = []
        self.overridable: syntax.Overridable | None = None
        self.unless: list[syntax.Unless] = []
        self.examples: list[syntax.Example] = []
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
                case syntax.Source():
                    pass

    def word(self, keyword: str) -> syntax.Word | None:
        value = self.settings[keyword].value if keyword in self.settings else None
        return value if isinstance(value, syntax.Word) else None

    def text(self, keyword: str) -> syntax.Text | None:
        value = self.settings[keyword].value if keyword in self.settings else None
        return value if isinstance(value, syntax.Text) else None

    def date(self, keyword: str, diagnostics: Diagnostics) -> ir.DateLiteral | None:
        value = self.settings[keyword].value if keyword in self.settings else None
        return date_literal(value, diagnostics) if isinstance(value, syntax.DateText) else None


def rule(node: syntax.Rule, ruleset: RulesetScope, text: str) -> ir.Rule | None:
    """Return a rule, or None where something in it is wrong; all of that is reported. `text` is the file's."""
    diagnostics = ruleset.diagnostics
    before = len(diagnostics.errors) if diagnostics.found else 0
    parts = _Parts(node, diagnostics)
    scope = RuleScope(ruleset, next_slot=_FIRST_QUANTIFIED_SLOT)
    action = _action(parts.word("action"), node, diagnostics, "action")
    cannot_tell = _action(parts.word("cannot tell"), node, diagnostics, "cannot tell")
    severity = parts.word("severity")
    if severity is not None and severity.text not in schema.SEVERITIES:
        diagnostics.error(
            "CS224",
            f"`{severity.text}` is no severity",
            severity.span,
            did_you_mean(severity.text, schema.SEVERITIES) or f"it is {', '.join(f'`{w}`' for w in schema.SEVERITIES)}",
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
    after = tuple(name for word in parts.after if (name := _after(word, node, ruleset)) is not None)
    trigger = None if parts.trigger is None else _trigger(parts.trigger, scope)
    if parts.trigger is None:
        diagnostics.error("CS216", f"the rule `{node.name.text}` has no `for`", node.name.span, "add `for entry e in SET`, say")
        return None
    when = None if parts.when is None else condition(parts.when.condition, scope)
    private_before = scope.private
    unless: list[ir.Unless] = []
    for part in parts.unless:
        scope.private = False
        checked = condition(part.condition, scope)
        if checked is not None:
            unless.append(ir.Unless(part.label.text, checked, scope.private, part.span))
        private_before = private_before or scope.private
    _not_stricter_than_review(scope, parts)
    overridable = None
    if parts.overridable is not None:
        length = scope.length(parts.overridable.length)
        if length is not None:
            overridable = ir.Overridable(tuple(r.text for r in parts.overridable.reasons), length)
    say_node = parts.text("say")
    say: tuple[str | ir.Placeholder, ...] = ()
    if say_node is None:
        diagnostics.error(
            "CS216", f"the rule `{node.name.text}` has no `say`", node.name.span, 'add `say "…"`: what a clinician reads'
        )
    else:
        say = _say(say_node, scope, text)
    examples = tuple([example(e, scope) for e in parts.examples])
    _unused(parts.trigger, scope)
    if (len(diagnostics.found) > before and len(diagnostics.errors) > before) or trigger is None or action is None:
        return None
    cited = sources(node.parts)
    title, because = parts.text("title"), parts.text("because")
    made = ir.Rule(
        f"{ruleset.ruleset}/{node.name.text}",
        title.text if title else None,
        action,
        cannot_tell,
        severity.text if severity else None,
        tuple(parts.hazards),
        cited,
        because.text if because else None,
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
    )
    lint(made, diagnostics)
    return made


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
            did_you_mean(word.text, schema.ACTIONS) or "it is `note`, `review` or `hold`",
        )
        return None
    return ir.Action(word.text)


def _after(word: syntax.Word, node: syntax.Rule, ruleset: RulesetScope) -> str | None:
    name = ruleset.whole(word, ruleset.names.rules, "rule")
    if name == f"{ruleset.ruleset}/{node.name.text}":
        ruleset.diagnostics.error("CS207", "a rule cannot come after itself", word.span, "name another rule")
        return None
    return name


def _trigger(node: syntax.Trigger, scope: RuleScope) -> ir.Trigger | None:
    diagnostics = scope.diagnostics
    if isinstance(node.subject, syntax.Word):
        if node.subject.text != "message":
            diagnostics.error(
                "CS205",
                f"a rule cannot range over `{node.subject.text}`",
                node.subject.span,
                did_you_mean(node.subject.text, ("message", "entry", "mention", "medication", "coding"))
                or "write `for entry e in SET`, `for medication m in SET`, `for coding c` or `for message`",
            )
            return None
        return ir.Trigger(ir.Var("message", Kind.MESSAGE, 0, span=node.subject.span))
    subject = _bind(node.subject, scope, 0)
    if node.partner is None:
        return None if subject is None else ir.Trigger(subject)
    if isinstance(node.subject, syntax.Binder) and node.subject.kind.text == "coding":
        diagnostics.error(
            "CS205",
            "a coding has no partner: it is judged by itself",
            node.partner.span,
            "range over `entry` or `mention` instead",
        )
    if isinstance(node.partner, syntax.RowBinder):
        name = scope.ruleset.whole(node.partner.table, scope.ruleset.names.tables, "table")
        row = scope.bind(node.partner.name, Kind.ROW, 1, table=name)
        return None if subject is None or name is None else ir.Trigger(subject, row)
    if node.partner.kind.text == "coding":
        diagnostics.error(
            "CS205",
            "a coding cannot be a partner: it belongs to its entry",
            node.partner.kind.span,
            "write `entry`, `mention` or `medication`",
        )
    partner = _bind(node.partner, scope, 1)
    if subject is None or partner is None:
        return None
    return ir.Trigger(subject, partner, subject.kind is partner.kind and subject.set == partner.set)


def _bind(node: syntax.Binder, scope: RuleScope, slot: int) -> ir.Var | None:
    name = scope.ruleset.set_name(node.set) if node.set else None
    var = scope.bind(node.name, Kind(node.kind.text), slot, set=name)
    return None if node.set and name is None else var


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


# ------------------------------------------------------------------------------------------------ what is said


def _say(node: syntax.Text, scope: RuleScope, text: str) -> tuple[str | ir.Placeholder, ...]:
    """Return a message as texts and placeholders. What cannot be shown is reported."""
    file, start = node.span.file, node.span.start + 1
    raw = text[start : node.span.end - 1]
    said: list[str | ir.Placeholder] = []
    at = 0
    for found in _PLACEHOLDER.finditer(raw):
        _literal(raw[at : found.start()], Span(file, start + at, start + found.start()), said, scope.diagnostics)
        at = found.end()
        placeholder = _placeholder(found[1].strip(), Span(file, start + found.start(), start + found.end()), scope)
        if placeholder is not None:
            said.append(placeholder)
    _literal(raw[at:], Span(file, start + at, start + len(raw)), said, scope.diagnostics)
    if not node.text:
        scope.diagnostics.error("CS218", "this message is empty", node.span, "write what a clinician should read")
    return tuple(said)


def _literal(raw: str, span: Span, said: list[str | ir.Placeholder], diagnostics: Diagnostics) -> None:
    brace = next((i for i, c in enumerate(raw) if c in "{}"), None)
    if brace is not None:
        diagnostics.error(
            "CS218",
            f"`{raw[brace]}` without its partner",
            Span(span.file, span.start + brace, span.start + brace + 1),
            "a placeholder is written `{e}`",
        )
    if raw:
        plain = unquoted(f".{raw}.")
        lead = " " if raw[0].isspace() and said else ""
        said.append(f"{lead}{plain}{' ' if raw[-1].isspace() and plain else ''}" if plain else " ")


def _placeholder(written: str, span: Span, scope: RuleScope) -> ir.Placeholder | None:
    diagnostics = scope.diagnostics
    inner = Span(span.file, span.start + 1, span.end - 1)
    age = _AGE_AT.fullmatch(written)
    if age is None and not _PATH.fullmatch(written):
        diagnostics.error(
            "CS218", f"`{{{written}}}` cannot be shown", span, "write `{e}`, `{age at e}`, `{e.value}` or a column `{r.min_age}`"
        )
        return None
    if age is not None:
        at = date_operand(syntax.Word(age[1], inner), scope)
        return ir.Placeholder("age", at) if isinstance(at, ir.Field) else None
    found = scope.operand(syntax.Word(written, inner))
    match found:
        case None:
            return None
        case ir.Var() if found.kind in ITEMS or found.kind is Kind.CODING:
            return ir.Placeholder("item", found)
        case ir.Var():
            diagnostics.error("CS218", f"{a_kind(found.kind)} cannot be shown whole", span, f"name a field: `{{{written}.…}}`")
            return None
        case ir.Field():
            return _shown_field(found, span, scope)


def _shown_field(field: ir.Field, span: Span, scope: RuleScope) -> ir.Placeholder | None:
    if field.var is not None and field.var.kind is Kind.ROW:
        return ir.Placeholder("field", field)
    fields = schema.PATIENT if field.base == "patient" else schema.FIELDS[field.var.kind] if field.var else schema.MESSAGE
    spec = fields[field.name]
    if spec.private or not spec.sayable:
        why = (
            "is private: it is tested and never named"
            if spec.private
            else "is the patient's own and is never shown"
            if field.base == "patient"
            else "is text as sent, which a message never quotes"
            if spec.type is FieldType.TEXT
            else "is a code: show its item"
        )
        help = (
            f"write `{{age at …}}` instead of `{{{field.as_written}}}`"
            if field.name == "born"
            else f"write `{{{field.base}}}`, which shows the code and its date"
            if field.var
            else "leave it out"
        )
        scope.diagnostics.error("CS219", f"`{field.as_written}` {why}", span, help)
        return None
    return ir.Placeholder("field", field)


# ------------------------------------------------------------------------------------------------ what is left out


def lint(made: ir.Rule, diagnostics: Diagnostics) -> None:
    """Warn of what a rule that goes to a clinic must not lack: source, hazard, reason, the three kinds of example."""

    def warn(code: str, message: str, help: str) -> None:
        diagnostics.warning(code, message, made.span, help)

    name = made.name.rpartition("/")[2]
    if not made.sources:
        warn("CS401", f"the rule `{name}` cites no source", 'add `source "…" <https://…>`')
    if not made.hazards:
        warn("CS402", f"the rule `{name}` names no hazard", "add `hazard H-01`, from the hazard log")
    if made.because is None:
        warn("CS403", f"the rule `{name}` gives no reason", 'add `because "…"`')
    outcomes = {e.expect for e in made.examples}
    if "fires" not in outcomes:
        warn("CS404", f"the rule `{name}` has no example that fires", 'add `example "…" { … expect fires }`')
    if "clear" not in outcomes:
        warn("CS405", f"the rule `{name}` has no example that is clear", 'add `example "…" { … expect clear }`')
    if "cannot tell" not in outcomes and can_be_untold(made):
        warn(
            "CS406", f"the rule `{name}` has no example that cannot be told", 'add `example "…" { … expect cannot tell: e.date }`'
        )


def can_be_untold(made: ir.Rule) -> bool:
    """Return whether some field that the rule reads can be missing.

    `is missing`, `is incoming` and `is entered-in-error` are always told, and so is a field's word beside `not (FIELD is missing)`.
    """
    if made.trigger.partner is not None or made.trigger.subject.set is not None:
        return True
    return made.when is not None and any(
        not isinstance(leaf, ir.IsMissing) and not (isinstance(leaf, ir.ItemIs) and leaf.word in _NEVER_UNKNOWN)
        for leaf in _leaves(made.when, frozenset())
    )


def _leaves(node: ir.Condition, there: frozenset[ir.Field]) -> Iterator[ir.Condition]:
    """Yield what a condition asks in the end, without what it asks of the fields `there`: those that it has tested for absence."""
    match node:
        case ir.And(parts=parts):
            there |= {part.part.field for part in parts if isinstance(part, ir.Not) and isinstance(part.part, ir.IsMissing)}
            for part in parts:
                yield from _leaves(part, there)
        case ir.Or(parts=parts):
            for part in parts:
                yield from _leaves(part, there)
        case ir.Not(part=part):
            yield from _leaves(part, there)
        case ir.FieldIs(field=field) if field in there:
            return
        case _:
            yield node
