"""Parse an expression constraint (ECL 2.3, brief and long syntax) to data, or say where it stops making sense.

Hand-written recursive descent: see docs/adr/0002-ecl-parser.md. Each method quotes its production. A bracket can open an
attribute name or a bracketed refinement; the first reading of a bracket is remembered, good or bad, so that no text is
read more than twice however it is nested. Nesting is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from codesafety.terminology.ecl.filters import FilterParser
from codesafety.terminology.ecl.syntax import (
    AllOf,
    AlternateIdentifier,
    AnyOf,
    Anything,
    Attribute,
    AttributeGroup,
    BooleanComparison,
    Cardinality,
    Comparator,
    Comparison,
    Concept,
    ConceptBlock,
    ConceptComparison,
    Conjunction,
    DescriptionBlock,
    Disjunction,
    Dotted,
    Exclusion,
    Expression,
    Filtered,
    Hierarchy,
    HistorySupplement,
    MemberFilter,
    MemberOf,
    NumericComparison,
    Operator,
    Profile,
    Refined,
    Refinement,
    RefsetContaining,
    StringComparison,
)
from codesafety.terminology.errors import EclSemanticError, EclSyntaxError

DEEPEST = 50
"""How many brackets and braces may stand one inside another."""

_SYMBOLS = (
    ("<<!", Operator.CHILD_OR_SELF_OF),
    ("<<", Operator.DESCENDANT_OR_SELF_OF),
    ("<!", Operator.CHILD_OF),
    ("<", Operator.DESCENDANT_OF),
    (">>!", Operator.PARENT_OR_SELF_OF),
    (">>", Operator.ANCESTOR_OR_SELF_OF),
    (">!", Operator.PARENT_OF),
    (">", Operator.ANCESTOR_OF),
    ("!!>", Operator.TOP),
    ("!!<", Operator.BOTTOM),
)
_WORDS = {
    "descendantof": Operator.DESCENDANT_OF,
    "descendantorselfof": Operator.DESCENDANT_OR_SELF_OF,
    "childof": Operator.CHILD_OF,
    "childorselfof": Operator.CHILD_OR_SELF_OF,
    "ancestorof": Operator.ANCESTOR_OF,
    "ancestororselfof": Operator.ANCESTOR_OR_SELF_OF,
    "parentof": Operator.PARENT_OF,
    "parentorselfof": Operator.PARENT_OR_SELF_OF,
    "top": Operator.TOP,
    "bottom": Operator.BOTTOM,
}
_ALTERNATE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)#(?:([A-Za-z0-9._-]+)|\"([^\"\\]+)\")")
_QUOTED_ALTERNATE = re.compile(r"\"([A-Za-z][A-Za-z0-9-]*)#([^\"\\]+)\"")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9-]*#")

# the fast path: a flat list of concepts, each with at most `<` or `<<`, joined by OR, without comments
_ITEM = r"(<<|<)?[ \t\r\n]*([1-9][0-9]{5,17})(?:[ \t\r\n]*\|[ ]*([^\t\r\n |]+(?:[ ]+[^\t\r\n |]+)*)[ ]*\|)?"
_FLAT_ITEM = re.compile(_ITEM)
_FLAT_LIST = re.compile(rf"[ \t\r\n]*{_ITEM}(?:[ \t\r\n]+[oO][rR][ \t\r\n]+{_ITEM})+[ \t\r\n]*")
_LONG = 200


class _Parser(FilterParser):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._read: dict[int, tuple[Expression, int] | EclSyntaxError] = {}
        self._furthest: EclSyntaxError | None = None

    def whole(self) -> Expression:
        """expressionConstraint = ws ( refined / compound / dotted / sub ) ws, and nothing more"""
        try:
            self.space()
            found = self.expression()
            if self.at < len(self.text):
                raise self.expected("the end of the expression")
        except EclSyntaxError as error:
            raise self._further(error) from None
        return found

    def _further(self, error: EclSyntaxError) -> EclSyntaxError:
        """Return whichever error lies further on: of two readings, the one that got further is what was meant."""
        if self._furthest is None or (error.position or 0) >= (self._furthest.position or 0):
            self._furthest = error
        return self._furthest

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.fail(f"brackets are nested more than {DEEPEST} deep")

    # expressions

    def expression(self) -> Expression:
        """A sub-expression, and what may follow it. Leaves the place after the white space behind it."""
        first = self.sub_expression()
        self.space()
        following = self.peek()
        if following == ":":
            self.at += 1
            self.space()
            return Refined(first, self._refinement(grouped=False))
        if following == ".":
            return self._dotted(first)
        connector = self._connector()
        if connector is None:
            return first
        return self._compound(first, connector)

    def _dotted(self, source: Expression) -> Expression:
        """dottedExpressionConstraint = sub 1*(ws "." ws eclAttributeName)"""
        attributes: list[Expression] = []
        while self.try_text("."):
            self.space()
            attributes.append(self.sub_expression())
            self.space()
        return Dotted(source, tuple(attributes))

    def _connector(self) -> str | None:
        """Take AND, a comma, OR or MINUS with the white space that must follow a word."""
        if self.try_text(","):
            self.space()
            return "and"
        for word in ("and", "or", "minus"):
            if self.try_keyword(word, space=True):
                return word
            if self.try_keyword(word):
                raise self.expected(f"white space after `{word.upper()}`")
        return None

    def _mixed(self, connector: str, following: str, place: int) -> EclSemanticError:
        return self.means_nothing(
            f"{following.upper()} beside {connector.upper()}: put brackets around what belongs together", place
        )

    def _compound(self, first: Expression, connector: str) -> Expression:
        """conjunction / disjunction: two or more; exclusion: exactly two. Mixed only with brackets."""
        operands = [first, self.sub_expression()]
        self.space()
        while True:
            place = self.at
            following = self._connector()
            if following is None:
                break
            if following != connector:
                raise self._mixed(connector, following, place)
            if connector == "minus":
                raise self.means_nothing("MINUS twice: put brackets around the first two, or around the last two", place)
            operands.append(self.sub_expression())
            self.space()
        match connector:
            case "and":
                return Conjunction(tuple(operands))
            case "or":
                return Disjunction(tuple(operands))
            case _:
                return Exclusion(operands[0], operands[1])

    def sub_expression(self) -> Expression:
        """[constraintOperator ws] [refsetOperator ws] ( focus / "(" expression ")" ) *M *(D / C) [history]"""
        operator = self._operator()
        found = self._membership()
        if found is None:
            found = self._focus()
            self._refuse_member_filter()
        if operator is not None:
            found = Hierarchy(operator, found)
        return self._supplemented(found)

    def _operator(self) -> Operator | None:
        for symbol, operator in _SYMBOLS:
            if self.text.startswith(symbol, self.at):
                self.at += len(symbol)
                self.space()
                return operator
        word = self.word()
        named = _WORDS.get(word.lower()) if word else None
        if named is None or _ALIAS.match(self.text, self.at):
            return None
        self.at += len(word)
        if not self.space():
            raise self.expected(f"white space after `{word}`")
        return named

    def _membership(self) -> Expression | None:
        """memberOf = "^" [ ws "[" ws (refsetFieldNameSet / wildCard) ws "]" ]; refsetContainingAny = "^R" """
        start = self.at
        if _ALIAS.match(self.text, self.at):
            return None
        containing = self.try_keyword("refsetcontainingany")
        if not containing and not self.try_keyword("memberof"):
            if not self.try_text("^"):
                return None
            containing = self.peek() in ("R", "r") and not _ALIAS.match(self.text, self.at)
            if containing:
                self.at += 1
        after = self.at
        self.space()
        fields = None
        if self.peek() == "[":
            if containing:
                raise self.fail("`^R` takes no fields")
            fields = self._fields()
        else:
            self.at = after
        self.space()
        of = self._focus()
        filters = self._member_filters()
        return RefsetContaining(of, filters, start) if containing else MemberOf(of, fields, filters, start)

    def _fields(self) -> tuple[str, ...]:
        self.need_text("[")
        self.space()
        if self.try_text("*"):
            self.space()
            self.need_text("]")
            return ()
        names: list[str] = []
        while True:
            name = self.word()
            if not name:
                raise self.expected("the name of a reference set's field, in letters")
            if name in names:
                raise self.fail(f"the field `{name}` is named twice")
            self.at += len(name)
            names.append(name)
            self.space()
            if self.try_text("]"):
                return () if [name.lower() for name in names] == ["any"] else tuple(names)
            self.need_text(",", "`,` or `]`")
            self.space()

    def _member_filters(self) -> tuple[MemberFilter, ...]:
        filters: tuple[MemberFilter, ...] = ()
        while True:
            before = self.at
            self.space()
            if not self.try_text("{{"):
                self.at = before
                return filters
            self.space()
            if self.block_kind() != "M":
                self.at = before
                return filters
            filters += self.member_filters()

    def _refuse_member_filter(self) -> None:
        """The grammar lets a member filter follow anything; without `^` there are no members to filter."""
        before = self.at
        self.space()
        place = self.at
        if self.try_text("{{"):
            self.space()
            if self.block_kind() == "M":
                self.member_filters()
                raise self.means_nothing("a member filter needs `^` before the reference set", place)
        self.at = before

    def _focus(self) -> Expression:
        """eclFocusConcept / "(" ws expressionConstraint ws ")" """
        if self.peek() == "(":
            return self._bracketed()
        concept = self.try_concept()
        if concept is not None:
            return concept
        if self.try_text("*"):
            return Anything()
        alternate = _ALTERNATE.match(self.text, self.at) or _QUOTED_ALTERNATE.match(self.text, self.at)
        if alternate:
            start, self.at = self.at, alternate.end()
            code = next(group for group in alternate.groups()[1:] if group)
            return AlternateIdentifier(alternate.group(1).lower(), code, self.try_term(), start)
        if self.word().lower() == "any":
            self.at += 3
            return Anything()
        if self.peek().isdigit():
            self.need_sctid("a concept identifier")
        raise self.expected("a concept, `*` or `(`")

    def try_concept(self) -> Concept | None:
        """eclConceptReference = conceptId [ws "|" ws term ws "|"]"""
        start = self.at
        code = self.try_sctid()
        return None if code is None else Concept(code, self.try_term(), start)

    def _bracketed(self) -> Expression:
        start = self.at
        known = self._read.get(start)
        if known is None:
            depth = self._depth
            self._deeper()
            try:
                self.at += 1
                self.space()
                found = self.expression()
                self.need_text(")")
                known = found, self.at
            except EclSyntaxError as error:
                known = error
            self._depth = depth
            self._read[start] = known
        if isinstance(known, EclSyntaxError):
            raise known
        found, self.at = known
        return found

    def _supplemented(self, found: Expression) -> Expression:
        """*(ws (descriptionFilterConstraint / conceptFilterConstraint)) [ws historySupplement]"""
        blocks: list[DescriptionBlock | ConceptBlock] = []
        while True:
            before = self.at
            self.space()
            place = self.at
            if not self.try_text("{{"):
                self.at = before
                break
            self.space()
            match self.block_kind():
                case "D":
                    blocks.append(self.description_block())
                case "C":
                    blocks.append(self.concept_block())
                case "M":
                    raise self.fail("a member filter stands directly after its reference set, before other filters", place)
                case _:
                    return self._history(Filtered(found, tuple(blocks)) if blocks else found)
        return Filtered(found, tuple(blocks)) if blocks else found

    def _history(self, of: Expression) -> Expression:
        """historySupplement, after its "+": historyKeyword [ historyProfileSuffix / ws historySubset ] ws "}}" """
        self.space()
        if not self.try_keyword("history"):
            raise self.expected("`HISTORY`")
        profile: Profile | None = Profile.MAXIMUM
        subset = None
        suffix = self.peek() in ("-", "_")
        if suffix:
            self.at += 1
            name = self.word().upper()
            if name not in ("MIN", "MOD", "MAX"):
                raise self.expected("MIN, MOD or MAX")
            self.at += 3
            profile = Profile(name)
        self.space()
        if not suffix and self.peek() == "(":
            profile, subset = None, self._bracketed()
            self.space()
        self.need_text("}}")
        return HistorySupplement(of, profile, subset)

    # refinements

    def _refinement(self, *, grouped: bool) -> Refinement:
        """eclRefinement, or within braces eclAttributeSet: parts joined by AND (or commas) alone, or by OR alone"""
        parts = [self._part(grouped=grouped)]
        self.space()
        connector: str | None = None
        while True:
            place = self.at
            following = self._connector()
            if following is None:
                break
            if following == "minus":
                raise self.expected("AND, OR or a comma: MINUS joins expressions, not attributes", place)
            if connector is not None and following != connector:
                raise self._mixed(connector, following, place)
            connector = following
            parts.append(self._part(grouped=grouped))
            self.space()
        if connector is None:
            return parts[0]
        return AllOf(tuple(parts)) if connector == "and" else AnyOf(tuple(parts))

    def _part(self, *, grouped: bool) -> Refinement:
        """eclAttribute / eclAttributeGroup (not within braces) / the same in brackets"""
        start = self.at
        cardinality = self._cardinality()
        if self.peek() == "{" and not grouped:
            return self._group(cardinality)
        if cardinality is None and self.peek() == "(":
            return self._either(lambda: self._attribute(None, start, grouped), lambda: self._bracketed_refinement(grouped))
        return self._attribute(cardinality, start, grouped)

    def _either(self, first: Callable[[], Refinement], second: Callable[[], Refinement]) -> Refinement:
        start, depth = self.at, self._depth
        try:
            return first()
        except EclSyntaxError as error:
            self._further(error)
            self.at, self._depth = start, depth
            return second()

    def _bracketed_refinement(self, grouped: bool) -> Refinement:
        self._deeper()
        self.need_text("(")
        self.space()
        found = self._refinement(grouped=grouped)
        self.need_text(")")
        self._depth -= 1
        return found

    def _group(self, cardinality: Cardinality | None) -> AttributeGroup:
        """["[" cardinality "]" ws] "{" ws eclAttributeSet ws "}" """
        self._deeper()
        self.need_text("{")
        self.space()
        found = self._refinement(grouped=True)
        self.need_text("}")
        self._depth -= 1
        return AttributeGroup(found, cardinality)

    def _cardinality(self) -> Cardinality | None:
        """ "[" minValue to maxValue "]", without white space but around the long syntax's "to" """
        start = self.at
        if not self.try_text("["):
            return None
        least = self.need_integer()
        if not self.try_text("..") and not (self.space() and self.try_keyword("to", space=True)):
            raise self.expected("`..`")
        most = None
        if not self.try_text("*") and not self.try_keyword("many"):
            most = self.need_integer()
        self.need_text("]")
        if most is not None and most < least:
            raise self.means_nothing(f"no number is at least {least} and at most {most}", start)
        self.space()
        return Cardinality(least, most)

    def _attribute(self, cardinality: Cardinality | None, start: int, grouped: bool) -> Attribute:
        """["[" cardinality "]" ws] [reverseFlag ws] eclAttributeName ws comparison"""
        flag = self.at
        reverse = False
        if not _ALIAS.match(self.text, self.at):
            reverse = self.try_keyword("reverseof") or self.try_text("R")
        self.space()
        name = self.sub_expression()
        self.space()
        comparator = self.try_comparator()
        if comparator is None:
            raise self.expected("a comparison after the attribute's name: = or !=")
        self.space()
        comparison = self._comparison(comparator)
        if reverse and grouped:
            raise self.means_nothing("a reversed attribute cannot stand within braces: its group is another concept's", flag)
        if reverse and not isinstance(comparison, ConceptComparison):
            raise self.means_nothing("a reversed attribute ends in a concept, and cannot have a concrete value", flag)
        return Attribute(name, comparison, cardinality, reverse, start)

    def _comparison(self, comparator: Comparator) -> Comparison:
        """A number after "#", a string or a set of them, true or false, or else an expression"""
        if self.try_text("#"):
            return NumericComparison(comparator, self.need_number())
        if comparator not in (Comparator.EQUAL, Comparator.NOT_EQUAL):
            raise self.expected("a number after `#`: nothing else has an order")
        if self.peek() == '"':
            return StringComparison(comparator, (self.need_string(),))
        if self.peek() == "(" and self._opens_strings():
            start = self.at
            try:
                return StringComparison(comparator, self._one_or_set(self.need_string))
            except EclSyntaxError as error:
                self._further(error)
                self.at = start
        boolean = self.try_boolean()
        if boolean is not None:
            return BooleanComparison(comparator, boolean)
        return ConceptComparison(comparator, self.sub_expression())


def parse(text: str) -> Expression:
    """Return what an expression constraint says, or raise EclSyntaxError or EclSemanticError with the position.

    Brief and long syntax may be mixed. Beyond the grammar, as the specification's own examples write them: `LOINC#"54486-6"`
    and `active = "*"`. Nothing is looked up: a concept that no release holds parses.
    Source: SNOMED International, Expression Constraint Language 2.3, brief syntax (normative) and long syntax.
    """
    if len(text) > _LONG and _FLAT_LIST.fullmatch(text) and "/*" not in text:
        return _flat_list(text)
    return _Parser(text).whole()


def _flat_list(text: str) -> Expression:
    operators = {"<": Operator.DESCENDANT_OF, "<<": Operator.DESCENDANT_OR_SELF_OF}
    operands: list[Expression] = []
    for match in _FLAT_ITEM.finditer(text):
        symbol, code, term = match.groups()
        concept = Concept(code, term, match.start(2))
        operands.append(Hierarchy(operators[symbol], concept) if symbol else concept)
    return Disjunction(tuple(operands))
