"""Conditions: syntax to ir, every name resolved and every type checked."""

from __future__ import annotations

from typing import Final, assert_never

from codesafety import ir
from codesafety.diagnostics import did_you_mean
from codesafety.ir import FieldType, Kind
from codesafety.language import schema
from codesafety.language.checking.ages import age_comparison, age_range
from codesafety.language.checking.defines import MAY_STAND_FOR, named
from codesafety.language.checking.doubtful import warn_of_own_set, warn_of_parts
from codesafety.language.checking.members import ordered, quantified, several
from codesafety.language.checking.numbers import change, comparison, differs, number_range
from codesafety.language.checking.said import says
from codesafety.language.checking.scope import RuleScope, a_kind
from codesafety.language.checking.times import A_TYPE, OF_DATES, date_relation, distance, overlaps
from codesafety.language.parsing import syntax

_ENTRIES: Final = (Kind.ENTRY, Kind.HISTORY, Kind.MENTION)
_MEDICATION: Final = (Kind.MEDICATION,)
_NEVER_SAID: Final = {
    Kind.ENTRY: (ir.ItemWord.ABSENT, ir.ItemWord.PLANNED, ir.ItemWord.PAST, ir.ItemWord.ENTERED_IN_ERROR),
    Kind.HISTORY: (ir.ItemWord.ABSENT, ir.ItemWord.PLANNED, ir.ItemWord.ENTERED_IN_ERROR),
}
"""What is never true of an item that stands as one of a kind."""
_MOST_CONDITIONS: Final = 500
"""Of a rule, or of a named condition by itself, when all that it calls is written out."""
_STANDS: Final = {Kind.ENTRY: "present, current and not in error", Kind.HISTORY: "present, whenever it was, and not in error"}


def condition(node: syntax.Condition, scope: RuleScope, depth: int = 0) -> ir.Condition | None:
    """Return what a condition means, or None where something in it is wrong; all of that is reported."""
    if scope.conditions > _MOST_CONDITIONS:
        return None  # as was said once
    scope.conditions += not isinstance(node, syntax.Junction | syntax.Bracketed | syntax.Negation | syntax.Call)
    if scope.conditions > _MOST_CONDITIONS:
        scope.diagnostics.error(
            "CS222",
            f"more than {_MOST_CONDITIONS} conditions, named ones written out",
            node.span,
            "split the rule, or put what is listed into a value set or a table",
        )
        return None
    match node:
        case syntax.Junction():
            return _junction(node, scope, depth)
        case syntax.Bracketed(condition=inner):
            return condition(inner, scope, depth)
        case syntax.Negation(condition=inner):
            part = condition(inner, scope, depth)
            return None if part is None else ir.Not(part, node.span)
        case syntax.Quantified():
            return quantified(node, scope, depth, condition)
        case syntax.Ordered():
            return ordered(node, scope, depth, condition)
        case syntax.Several():
            return several(node, scope, depth, condition)
        case syntax.Missing():
            return _negated(node.negated, _missing(node, scope))
        case syntax.IsWord():
            return _negated(node.negated, _is_word(node, scope))
        case syntax.About():
            return _negated(node.negated, _about(node, scope))
        case syntax.DateRelation():
            return _negated(node.negated, date_relation(node, scope))
        case syntax.Distance():
            return _negated(node.negated, distance(node, scope))
        case syntax.SameAs():
            return _negated(node.negated, _same_as(node, scope))
        case syntax.Membership():
            return _negated(node.negated, _membership(node, scope))
        case syntax.Ingredients():
            return _ingredients(node, scope)
        case syntax.Contradicts():
            return _contradicts(node, scope)
        case syntax.Overlaps():
            return overlaps(node, scope)
        case syntax.Differs():
            return differs(node, scope)
        case syntax.Change():
            return change(node, scope)
        case syntax.Comparison(left=syntax.Age() as age):
            return age_comparison(node, age, scope)
        case syntax.Comparison():
            return comparison(node, scope)
        case syntax.InRange(left=syntax.Age() as age):
            return _negated(node.negated, age_range(node, age, scope))
        case syntax.InRange():
            return _negated(node.negated, number_range(node, scope))
        case syntax.Call():
            return _call(node, scope, depth)
        case syntax.Says():
            return says(node, scope)
        case _:
            assert_never(node)


def _negated(negated: bool, part: ir.Condition | None) -> ir.Condition | None:
    return ir.Not(part, part.span) if negated and part is not None else part


def _junction(node: syntax.Junction, scope: RuleScope, depth: int) -> ir.Condition | None:
    words = {c.text for c in node.connectives}
    parts = [condition(part, scope, depth) for part in node.parts]
    if len(words) > 1:
        first = node.connectives[0].text
        other = next(c for c in node.connectives if c.text != first)
        scope.diagnostics.error(
            "CS110", "`and` beside `or` without brackets can be read in two ways", other.span, two_readings(node)
        )
        return None
    checked = tuple(part for part in parts if part is not None)
    if len(checked) < len(parts):
        return None
    warn_of_parts(checked, scope, together="and" in words)
    return ir.And(checked, node.span) if "and" in words else ir.Or(checked, node.span)


def two_readings(node: syntax.Junction) -> str:
    """Return both ways to bracket a condition in which `and` stands beside `or`, parts as letters in their order."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [letters[i] if i < len(letters) else f"P{i + 1}" for i in range(len(node.parts))]
    words = [c.text for c in node.connectives]

    def grouped(binds: str) -> str:
        groups: list[list[str]] = [[names[0]]]
        for word, name in zip(words, names[1:], strict=True):
            if word == binds:
                groups[-1].append(name)
            else:
                groups.append([name])
        loose = "or" if binds == "and" else "and"
        return f" {loose} ".join(f"({f' {binds} '.join(g)})" if len(g) > 1 else g[0] for g in groups)

    written = " ".join([names[0], *(f"{w} {n}" for w, n in zip(words, names[1:], strict=True))])
    return f"put brackets: `{written}` can mean\n`{grouped('and')}`\nor `{grouped('or')}`"


def _item(operand: syntax.Expression, scope: RuleScope, kinds: tuple[Kind, ...], doing: str) -> ir.Var | None:
    if isinstance(operand, syntax.DateText):
        scope.diagnostics.error("CS205", f"`{operand.text}` is a date, and only a variable {doing}", operand.span, OF_DATES)
        return None
    return scope.var(operand, kinds, doing)


def _field(operand: syntax.Expression, scope: RuleScope, doing: str) -> ir.Field | None:
    if isinstance(operand, syntax.DateText):
        scope.diagnostics.error("CS205", f"`{operand.text}` is a date, and only a field {doing}", operand.span, OF_DATES)
        return None
    found = scope.operand(operand)
    if isinstance(found, ir.Var):
        assert isinstance(operand, syntax.Word)
        scope.diagnostics.error(
            "CS205",
            f"`{operand.text}` is {a_kind(found.kind)}, and only a field {doing}",
            operand.span,
            f"name the field, such as `{operand.text}.{next(iter(schema.FIELDS.get(found.kind, {'…': None})))}`",
        )
        return None
    return found


def _missing(node: syntax.Missing, scope: RuleScope) -> ir.Condition | None:
    field = _field(node.operand, scope, "can be missing")
    return None if field is None else ir.IsMissing(field, node.span)


def _is_word(node: syntax.IsWord, scope: RuleScope) -> ir.Condition | None:
    if isinstance(node.operand, syntax.DateText):
        scope.diagnostics.error(
            "CS205", f"`{node.operand.text}` is a date and cannot be `{node.word.text}`", node.operand.span, OF_DATES
        )
        return None
    found = scope.operand(node.operand)
    if found is None:
        return None
    if isinstance(found, ir.Var):
        return _item_is(node, found, scope)
    if "." in node.word.text:
        return _same_field(node, found, scope)
    return _field_is(node, found, scope)


def _item_is(node: syntax.IsWord, var: ir.Var, scope: RuleScope) -> ir.Condition | None:
    words = schema.ITEM_WORDS.get(var.kind, ())
    word = node.word.text
    if word not in words:
        help = did_you_mean(word, words, near=schema.NEAR)
        if f"{scope.ruleset.ruleset}/{word}" in scope.ruleset.names.sets:
            help = f"write `{var.name} in {word}`"
        elif word in schema.GENDERS:
            help = f"write `patient.gender is {word}`"
        elif help is None and word in schema.ABOUT and var.kind in _ENTRIES:
            help = f"write `{var.name} is about {word}`"
        elif word in _NOTHING and var.kind is not Kind.ROW:
            help = f"`{var.name}` is always there: ask `no entry x in SET` for none, or whether a field `is missing`"
        elif help is None and (asked := [n for n, spec in schema.FIELDS.get(var.kind, {}).items() if word in (spec.words or ())]):
            help = f"write `{var.name}.{asked[0]} is {word}`"
        elif help is None and word in _STATUSES and "status" in schema.FIELDS.get(var.kind, {}):
            help = f"write `{var.name}.status is {word}`"
        elif help is None and word in scope.variables:
            help = f"items are compared with `{var.name} is the same entry as {word}` or `is the same product as`"
        elif help is None and var.kind is Kind.ROW:
            help = f"name a column: `{var.name}.…`"
        elif help is None and var.kind is Kind.TEXT:
            help = f"ask what it says, `{var.name} denies SET` or `{var.name} affirms SET`, or when, `{var.name} is before …`"
        elif help is None:
            help = schema.meant(word, words)
        scope.diagnostics.error("CS206", f"{a_kind(var.kind)} cannot be `{word}`", node.word.span, help)
        return None
    if var.kind is Kind.CODING:
        return ir.CodingIs(var, ir.CodingWord(word), node.span)
    if word in _NEVER_SAID.get(var.kind, ()):
        scope.diagnostics.warning(
            "CS409",
            f"this is never true: `{var.name}` is {a_kind(var.kind)}, which is {_STANDS[var.kind]}",
            node.span,
            "draw it as `history`, which takes what is past as well"
            if word == ir.ItemWord.PAST
            else "draw it as `mention`, which takes the code in any context",
        )
    return ir.ItemIs(var, ir.ItemWord(word), node.span)


_STATUSES: Final = frozenset({"active", "stopped", "completed", "cancelled"})
_NOTHING: Final = frozenset({"null", "empty", "none", "blank", "absent", "missing", "unknown", "nothing"})
_SOMETHING: Final = frozenset({"present", "known", "given", "recorded", "there", "available"})
"""Words that people bring for a field that is missing, and for one that is not."""


def _field_is(node: syntax.IsWord, field: ir.Field, scope: RuleScope) -> ir.Condition | None:
    written = field.as_written
    if field.type is not FieldType.WORD:
        instead = {
            FieldType.DATE: f"compare it with another date: `{written} is on the same day as …`, `{written} is before …`",
            FieldType.NUMBER: f"compare it with a number: `{written} < 10`",
            FieldType.QUANTITY: f'compare it with a quantity: `{written} < 10 "mg"`',
            FieldType.VALUE: f'compare it with a number, `{written} < 10 "mmol/L"`, or ask for its code, `{written} in SET`',
            FieldType.CODINGS: f"ask for its code: `{written} in {node.word.text}`, where that is a value set",
            FieldType.TEXT: f"text as sent can be `missing`, or be compared with another field: `{written} is x.{field.name}`",
        }[field.type]
        if node.word.text in _NOTHING:
            instead = f"write `{written} is missing`"
        elif node.word.text in _SOMETHING:
            instead = f"write `not ({written} is missing)`"
        scope.diagnostics.error("CS205", f"`{written}` is not a word and cannot be `{node.word.text}`", node.word.span, instead)
        return None
    if field.var is not None and field.var.kind is Kind.ROW:
        words: tuple[str, ...] | None = schema.SEXES
    else:
        words = schema.words_told(
            "patient" if field.base == "patient" else field.var.kind if field.var else Kind.MESSAGE, field.name
        )
    word = node.word.text
    if words is not None and word not in words:
        if word == "unknown":
            help = f"write `{written} is missing`, which is true of `unknown` too"
        elif word == "other" and words == schema.SEXES:
            help = "it is told to be `male` or `female`; anything else cannot be told, and no rule fires on it"
        else:
            help = schema.meant(word, words)
        scope.diagnostics.error(
            "CS206",
            f"`{written}` cannot be `{word}`",
            node.word.span,
            help,
        )
        return None
    return ir.FieldIs(field, word, node.span)


def _same_field(node: syntax.IsWord, left: ir.Field, scope: RuleScope) -> ir.Condition | None:
    right = scope.operand(node.word)
    if right is None or isinstance(right, ir.Var):
        return None
    if left.type is not right.type:
        scope.diagnostics.error(
            "CS205",
            f"`{left.as_written}` is {A_TYPE[left.type]} and `{right.as_written}` is {A_TYPE[right.type]}",
            node.span,
            "compare fields that say the same kind of thing",
        )
        return None
    if left.type in (FieldType.DATE, FieldType.VALUE, FieldType.QUANTITY):
        scope.diagnostics.error(
            "CS205",
            "dates and values are not compared with `is`",
            node.span,
            f"write `{left.as_written} is on the same day as {right.as_written}`"
            if left.type is FieldType.DATE
            else f"write `{left.as_written} is from {right.as_written} to {right.as_written}`",
        )
        return None
    if "ingredients" in (left.name, right.name):
        scope.diagnostics.error(
            "CS205",
            "ingredients are compared between medicines, not with `is`",
            node.span,
            f"write `{left.base} has the same ingredients as {right.base}`, or `shares an ingredient with`",
        )
        return None
    if left.name == right.name == "order" and left.var and right.var and not _of_one_order(left.var, right.var):
        scope.diagnostics.error(
            "CS207",
            f"`{left.base}` and `{right.base}` are never of one order: parts of one order are not each other's partner",
            node.span,
            f"draw one from the other's order: `medication {right.base} of the same order as {left.base}`",
        )
        return None
    return ir.FieldSame(left, right, node.span)


def _of_one_order(one: ir.Var, other: ir.Var) -> bool:
    return (one.order_of or one).slot == (other.order_of or other).slot


def _about(node: syntax.About, scope: RuleScope) -> ir.Condition | None:
    var = _item(node.operand, scope, _ENTRIES, "can be about someone")
    if node.subject.text not in schema.ABOUT:
        scope.diagnostics.error(
            "CS206",
            f"nothing is about `{node.subject.text}`",
            node.subject.span,
            schema.meant(node.subject.text, schema.ABOUT, "it can be about"),
        )
        return None
    if var is None:
        return None
    if var.kind in _NEVER_SAID and node.subject.text != "patient":
        scope.diagnostics.warning(
            "CS409",
            f"this is never true: `{var.name}` is {a_kind(var.kind)}, which is about the patient",
            node.span,
            "draw it as `mention`, which takes the code in any context",
        )
    return ir.About(var, node.subject.text, node.span)  # type: ignore[arg-type]  # checked above


def _same_as(node: syntax.SameAs, scope: RuleScope) -> ir.Condition | None:
    kinds = _MEDICATION if node.what == "product" else _ENTRIES
    doing = f"can be the same {node.what} as another"
    left, right = _item(node.left, scope, kinds, doing), _item(node.right, scope, kinds, doing)
    if left is None or right is None or _with_itself(node, left, right, scope):
        return None
    return ir.SameProduct(left, right, node.span) if node.what == "product" else ir.SameEntry(left, right, node.span)


def _ingredients(node: syntax.Ingredients, scope: RuleScope) -> ir.Condition | None:
    left, right = (_item(o, scope, _MEDICATION, "has ingredients") for o in (node.left, node.right))
    if left is None or right is None or _with_itself(node, left, right, scope):
        return None
    made = ir.SharesIngredient if node.relation == "shares" else ir.SameIngredients
    return made(left, right, node.span)


def _with_itself(node: syntax.SameAs | syntax.Ingredients, left: ir.Var, right: ir.Var, scope: RuleScope) -> bool:
    if left.slot != right.slot:
        return False
    scope.diagnostics.error("CS207", f"`{left.name}` is compared with itself", node.span, "name another variable on one side")
    return True


def _membership(node: syntax.Membership, scope: RuleScope) -> ir.Condition | None:
    name = scope.set_name(node.set)
    if isinstance(node.operand, syntax.DateText):
        scope.diagnostics.error("CS205", f"`{node.operand.text}` is a date and has no code", node.operand.span, OF_DATES)
        return None
    found = scope.operand(node.operand)
    if found is None:
        return None
    assert isinstance(node.operand, syntax.Word)
    if (isinstance(found, ir.Var) and found.kind in (Kind.ROW, Kind.TEXT)) or (
        isinstance(found, ir.Field) and found.type not in (FieldType.CODINGS, FieldType.VALUE)
    ):
        scope.diagnostics.error(
            "CS205",
            f"`{node.operand.text}` holds no code that could be in a set",
            node.operand.span,
            "ask it of an item, a coding, or a coded field such as `message.service` or `m.route`",
        )
        return None
    if isinstance(found, ir.Field) and found.name == "ingredients":
        scope.diagnostics.error(
            "CS205",
            "ingredients are compared between medicines, not with sets",
            node.operand.span,
            f"ask it of the product: `{found.base} in {node.set.text}`",
        )
        return None
    if name is None:
        return None
    if isinstance(found, ir.Var):
        warn_of_own_set(found, name, node.negated, node.span, scope)
    return ir.InSet(found, name, node.span)


def _contradicts(node: syntax.Contradicts, scope: RuleScope) -> ir.Condition | None:
    var = _item(node.operand, scope, (Kind.CODING,), "can contradict its words")
    return None if var is None else ir.Contradicts(var, node.span)


def _call(node: syntax.Call, scope: RuleScope, depth: int) -> ir.Condition | None:
    predicates = scope.ruleset.names.predicates
    signature = predicates.get(node.name.text)
    if signature is None and ("/" not in node.name.text or node.name.text in scope.ruleset.names.defines):
        return named(node, scope, depth, condition)
    if signature is None:
        scope.diagnostics.error(
            "CS228",
            f"there is no predicate `{node.name.text}`",
            node.name.span,
            did_you_mean(node.name.text, (*predicates, *scope.ruleset.names.defines))
            or "predicates come with plugins: install and load the plugin",
        )
        return None
    if len(node.arguments) != len(signature.kinds):
        scope.diagnostics.error(
            "CS228",
            f"`{node.name.text}` takes {_arguments(len(signature.kinds))}, not {len(node.arguments)}",
            node.span,
            f"give {' and '.join(a_kind(k) for k in signature.kinds)}",
        )
        return None
    arguments = [
        scope.var(word, MAY_STAND_FOR.get(kind, (kind,)), f"is taken by `{node.name.text}` here")
        for word, kind in zip(node.arguments, signature.kinds, strict=True)
    ]
    checked = tuple(a for a in arguments if a is not None)
    return ir.Custom(node.name.text, checked, node.span) if len(checked) == len(arguments) else None


def _arguments(n: int) -> str:
    return f"{n} argument" if n == 1 else f"{n} arguments"
