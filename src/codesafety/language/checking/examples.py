"""Examples: what they give and expect, checked against the names that rules and records have."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, cast

from codesafety import ir
from codesafety.diagnostics import Span, did_you_mean, listed
from codesafety.ir import FieldType
from codesafety.language import codes, schema
from codesafety.language.checking.scope import RuleScope, date_literal, written_length
from codesafety.language.parsing import syntax
from codesafety.language.parsing.remedies import quoted_quantity
from codesafety.terminology import systems

_OF_WORD: Final = {"male": "gender", "female": "gender", "active": "status", "stopped": "status"}
"""Words that examples give bare, and the field that they are of."""
_MEANT: Final = {
    **dict.fromkeys(("dob", "birthdate", "birth_date", "date_of_birth"), "born"),
    **dict.fromkeys(("sex", "sex_code"), "gender"),
    **dict.fromkeys(("duration", "supply"), "days_supply"),
    **dict.fromkeys(("frequency", "times"), "times_a_day"),
    **dict.fromkeys(("result", "reading", "number"), "value"),
}
"""Names that people bring for the fields of examples."""


def example(node: syntax.Example, scope: RuleScope) -> ir.Example:
    """Return an example; whatever in it cannot be given or expected is reported."""
    givens = tuple(g for given in node.givens if (g := _given(given, scope)) is not None)
    sides = {g.side for g in givens if isinstance(g, ir.GivenItem | ir.GivenText)}
    if any(isinstance(g, ir.GivenNoRecord) for g in givens) and (
        "record" in sides or any(isinstance(g, ir.GivenFields) and g.target == "record" for g in givens)
    ):
        scope.diagnostics.error(
            "CS229", "this example gives a record and says that there is none", node.name.span, "remove one of the two"
        )
    if node.outcome.word == "fires" and "incoming" not in sides and scope.variables:
        scope.diagnostics.error(
            "CS229", "nothing is incoming, so no rule about items can fire", node.outcome.span, "add `given incoming entry …`"
        )
    for word in node.outcome.missing:
        _check_missing(word, scope)
    missing = tuple(word.text for word in node.outcome.missing)
    sentence = None if node.outcome.sentence is None else node.outcome.sentence.text
    return ir.Example(node.name.text, givens, node.outcome.word, missing, node.span, sentence)


def _given(node: syntax.Given, scope: RuleScope) -> ir.Given | None:
    diagnostics = scope.diagnostics
    match node:
        case syntax.GivenNone(target=target):
            if target.text != "record":
                diagnostics.error("CS229", f"`given no {target.text}` means nothing", target.span, "write `given no record`")
                return None
            return ir.GivenNoRecord()
        case syntax.GivenFields(target=syntax.Word(text="incoming" | "record" as side)) if node.attributes[0].name.text == "text":
            return ir.GivenText(side, _attributes(node.attributes, "text", scope))
        case syntax.GivenFields(target=target):
            if target.text not in ("patient", "message", "record"):
                help = (
                    "write `given incoming entry CODE` or `given record entry CODE`"
                    if target.text == "incoming"
                    else "the record is complete unless the example says otherwise; `given record complete_from DATE` says from when"
                    if target.text == "complete"
                    else did_you_mean(target.text, ("patient", "message", "record")) or "give `patient`, `message` or `record`"
                )
                diagnostics.error("CS229", f"nothing can be given of `{target.text}`", target.span, help)
                return None
            return ir.GivenFields(
                cast(Literal["patient", "message", "record"], target.text), _attributes(node.attributes, target.text, scope)
            )
        case syntax.GivenItem():
            if node.side.text not in ("incoming", "record"):
                diagnostics.error(
                    "CS229",
                    f"an item is `incoming` or on the `record`, not `{node.side.text}`",
                    node.side.span,
                    f"write `given incoming {node.kind.text} …` or `given record {node.kind.text} …`",
                )
                return None
            if node.kind.text not in ("entry", "medication"):
                diagnostics.error(
                    "CS229", f"a {node.kind.text} cannot be given by itself", node.kind.span, "give an `entry` or a `medication`"
                )
                return None
            system = _system(node.attributes)
            if isinstance(node.code, syntax.Word):
                if scope.operand(node.code) is not None:
                    diagnostics.error(
                        "CS229",
                        f"`{node.code.text}` is no code that an example could give",
                        node.code.span,
                        "give a code, or in a family the row's: a column of type `code`",
                    )
                return None
            named = system if systems.respelt(system) else systems.canonical(system) or system
            code = codes.code_ref(node.code, named, diagnostics, in_example=True)
            return ir.GivenItem(
                cast(Literal["incoming", "record"], node.side.text),
                cast(Literal["entry", "medication"], node.kind.text),
                code,
                _attributes(node.attributes, node.kind.text, scope),
            )


def _system(attributes: tuple[syntax.Attribute, ...]) -> str:
    """Return the code system of an item: by its short name, or quoted, as it was sent."""
    for attribute in attributes:
        match attribute:
            case syntax.Attribute(syntax.Word("system"), syntax.Word(text=system) | syntax.Code(code=system, quoted=True)):
                return system
    return codes.SCT


def _attributes(nodes: tuple[syntax.Attribute, ...], of: str, scope: RuleScope) -> tuple[ir.Attribute, ...]:
    made: list[ir.Attribute] = []
    seen: dict[str, Span] = {}
    for node in nodes:
        attribute = _attribute(node, of, scope)
        if attribute is None:
            continue
        if attribute.name in seen and attribute.name not in ("also", "unread", "based_on"):
            scope.diagnostics.error(
                "CS217",
                f"`{attribute.name}` is given twice",
                node.span,
                "keep one of them",
                ((seen[attribute.name], "first given here"),),
            )
            continue
        seen[attribute.name] = node.span
        made.append(attribute)
    return tuple(made)


def _attribute(node: syntax.Attribute, of: str, scope: RuleScope) -> ir.Attribute | None:
    name = node.name.text
    words = schema.EXAMPLE_WORDS.get(of, ())
    fields = schema.EXAMPLE_FIELDS[of]
    if node.value is None:
        if name in words:
            return ir.Attribute(name, span=node.span)
        help = (
            f"write `{name}` and its value"
            if name in fields
            else f"write `{_OF_WORD[name]} {name}`"
            if _OF_WORD.get(name) in fields
            else did_you_mean(name, (*words, *fields))
            or (f"the words are {listed(words, 'and')}" if words else f"the fields are {listed(fields, 'and')}")
        )
        scope.diagnostics.error("CS229", f"`{name}` by itself says nothing of {_a(of)}", node.name.span, help)
        return None
    if name == "about" and of == "entry" and isinstance(node.value, syntax.Word):
        if node.value.text not in schema.SUBJECTS:
            scope.diagnostics.error(
                "CS206",
                f"nothing is about `{node.value.text}`",
                node.value.span,
                schema.meant(node.value.text, schema.SUBJECTS, "it can be about"),
            )
            return None
        return ir.Attribute("about", node.value.text, span=node.span)
    type = fields.get(name)
    if type is None:
        scope.diagnostics.error(
            "CS229",
            f"{_a(of)} cannot be given `{name}`",
            node.name.span,
            ("an age follows from the birth date and the item's: `given patient born 1990-01-01`" if name == "aged" else None)
            or (f"did you mean `{_MEANT[name]}`?" if _MEANT.get(name) in fields else None)
            or did_you_mean(name, (*fields, *words))
            or f"give {listed(fields)}",
        )
        return None
    return _value(node, node.value, name, type, of, scope)


def _a(of: str) -> str:
    return {
        "entry": "an entry",
        "medication": "a medication",
        "text": "a text",
        "patient": "the patient",
        "message": "the message",
        "record": "the record",
    }[of]


_Value = syntax.Word | syntax.DateText | syntax.Version | syntax.Code | syntax.Number | syntax.Quantity | syntax.Amount


def _value(node: syntax.Attribute, value: _Value, name: str, type: FieldType, of: str, scope: RuleScope) -> ir.Attribute | None:
    """Return an attribute with its value, or None where the value is not of the field's type; that is reported."""
    diagnostics = scope.diagnostics
    span = node.span
    match type, value:
        case FieldType.DATE, syntax.DateText():
            return ir.Attribute(name, value.text, span=span) if date_literal(value, diagnostics) else None
        case FieldType.DATE, syntax.Code(quoted=False, term=None, code=code):
            year = date_literal(syntax.Number(code, value.span), diagnostics)
            return ir.Attribute(name, code, span=span) if year else None
        case FieldType.WORD, syntax.Word(text=text):
            words = schema.words_given(of, name)
            if words is not None and text not in words:
                diagnostics.error(
                    "CS206",
                    f"`{name}` cannot be `{text}`",
                    value.span,
                    schema.meant(text, words),
                )
                return None
            return ir.Attribute(name, text, span=span)
        case FieldType.TEXT, syntax.Word(text=text) | syntax.Version(text=text) | syntax.DateText(text=text) | syntax.Code(
            code=text, term=None
        ):
            return ir.Attribute(name, text, span=span)
        case FieldType.NUMBER, syntax.Code(quoted=False, term=None, code=code):
            return ir.Attribute(name, number=Decimal(code), span=span)
        case FieldType.NUMBER, syntax.Quantity(number=number, unit=unit, comparator=comparator) if name == "quantity":
            return _quantity(name, number, unit, comparator, span)
        case FieldType.CODINGS, syntax.Code():
            return ir.Attribute(name, code=codes.code_ref(value, codes.SCT, diagnostics, in_example=True), span=span)
        case FieldType.VALUE, syntax.Quantity(number=number, unit=unit, comparator=comparator):
            return _quantity(name, number, unit, comparator, span)
        case FieldType.QUANTITY, syntax.Quantity(number=number, unit=unit, comparator=None):
            return _quantity(name, number, unit, None, span)
        case FieldType.VALUE, syntax.Number(text=text):
            return ir.Attribute(name, number=Decimal(text), span=span)
        case FieldType.VALUE, syntax.Amount():
            length = written_length(value, diagnostics)
            ucum = {ir.Unit.DAYS: "d", ir.Unit.WEEKS: "wk", ir.Unit.MONTHS: "mo", ir.Unit.YEARS: "a"}
            return None if length is None else ir.Attribute(name, number=length.n, unit=ucum[length.unit], span=span)
        case FieldType.VALUE, syntax.DateText():
            return ir.Attribute(name, value.text, span=span) if date_literal(value, diagnostics) else None
        case FieldType.VALUE, syntax.Code(term=str()):
            return ir.Attribute(name, code=codes.code_ref(value, codes.SCT, diagnostics, in_example=True), span=span)
        case FieldType.VALUE, syntax.Code(quoted=True, code=text) if (found := quoted_quantity(text)) is not None:
            diagnostics.error(
                "CS229", f"`{text}` is text, and no number with its unit", value.span, f'give `{name} {found[0]} "{found[1]}"`'
            )
            return None
        case FieldType.VALUE, syntax.Code(quoted=True, code=text):
            return ir.Attribute(name, text, span=span)
        case FieldType.VALUE, syntax.Code(code=code):
            return ir.Attribute(name, number=Decimal(code), span=span)
        case FieldType.VALUE, syntax.Word(text="true" | "false" as text):
            return ir.Attribute(name, text, span=span)
    wanted = {
        FieldType.DATE: "a date: 2025-06-01, 2025-06 or 2025",
        FieldType.WORD: "a word",
        FieldType.TEXT: "a name or text in quotes",
        FieldType.NUMBER: "a number",
        FieldType.QUANTITY: "a number with a unit in quotes",
        FieldType.CODINGS: "a code",
        FieldType.VALUE: "a number with a unit in quotes, a date, a code with its term, `true` or `false`",
    }[type]
    diagnostics.error("CS229", f"`{name}` is not given like this", value.span, f"give {wanted}")
    return None


def _quantity(
    name: str, number: syntax.Number, unit: syntax.Text | None, comparator: syntax.Word | None, span: Span
) -> ir.Attribute:
    return ir.Attribute(
        name,
        number=Decimal(number.text),
        unit=unit.text if unit is not None else None,
        span=span,
        comparator=cast(Literal["<", "<=", ">=", ">"] | None, comparator.text if comparator is not None else None),
    )


def _check_missing(word: syntax.Word, scope: RuleScope) -> None:
    """Report a name that no answer can give as missing."""
    text = word.text
    if text in schema.WHOLE_INPUTS:
        return
    base, dot, name = text.partition(".")
    if base == "release" and name:
        return  # the release of one code system: `release.emis`
    if base in ("patient", "message") and dot:
        fields = schema.PATIENT if base == "patient" else schema.MESSAGE
        if name in fields and fields[name].private:
            scope.diagnostics.error("CS219", f"`{text}` is private and is never named as missing", word.span, "leave it out")
            return
        known: tuple[str, ...] = tuple(fields)
    elif base in scope.all_variables and dot:
        var = scope.all_variables[base]
        table = scope.ruleset.names.tables.get(var.table or "")
        known = tuple(table.columns) if table is not None else tuple(schema.FIELDS.get(var.kind, {}))
    else:
        scope.diagnostics.error(
            "CS230",
            f"nothing in this rule is called `{text}`",
            word.span,
            did_you_mean(
                text,
                [
                    *schema.WHOLE_INPUTS,
                    *(f"{v}.{f}" for v, var in scope.all_variables.items() for f in schema.FIELDS.get(var.kind, {})),
                ],
            )
            or "name `record`, or `variable.field`",
        )
        return
    if name in known:
        return
    if not known:
        scope.diagnostics.error("CS230", f"`{text}` is no field that could be missing", word.span, "the table has no columns")
        return
    near = did_you_mean(name, known)
    scope.diagnostics.error(
        "CS230",
        f"`{text}` is no field that could be missing",
        word.span,
        near.replace("`", f"`{base}.", 1) if near else f"the fields are {listed((f'{base}.{f}' for f in known), 'and')}",
    )
