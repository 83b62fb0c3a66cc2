"""Parse the filters between double braces: of descriptions, concepts and members, and the history supplement's head.

{{ [D] descriptionFilter, ... }}    {{ C conceptFilter, ... }}    {{ M memberFilter, ... }}
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from codesafety.terminology.ecl.aliases import (
    ACCEPTABLE,
    DEFINED,
    DEFINITION,
    FULLY_SPECIFIED_NAME,
    PREFERRED,
    PRIMITIVE,
    SYNONYM,
)
from codesafety.terminology.ecl.scanner import Scanner
from codesafety.terminology.ecl.syntax import (
    ActiveFilter,
    BooleanComparison,
    Comparator,
    Concept,
    ConceptBlock,
    ConceptComparison,
    ConceptFilter,
    DefinitionStatusFilter,
    DescriptionBlock,
    DescriptionFilter,
    Dialect,
    DialectFilter,
    Disjunction,
    EffectiveTimeFilter,
    Expression,
    FieldFilter,
    IdFilter,
    LanguageFilter,
    MemberFilter,
    ModuleFilter,
    NumericComparison,
    TermComparison,
    TermFilter,
    TimeComparison,
    TypeFilter,
)
from codesafety.terminology.errors import EclSyntaxError

Item = TypeVar("Item")

_TYPES = {
    "syn": SYNONYM,
    "synonym": SYNONYM,
    "fsn": FULLY_SPECIFIED_NAME,
    "fullyspecifiedname": FULLY_SPECIFIED_NAME,
    "def": DEFINITION,
    "definition": DEFINITION,
}
_STATUSES = {"primitive": PRIMITIVE, "defined": DEFINED}
_ACCEPTABILITIES = {"prefer": PREFERRED, "preferred": PREFERRED, "accept": ACCEPTABLE, "acceptable": ACCEPTABLE}
_DESCRIPTION_KEYWORDS = {
    name.lower(): name
    for name in ("term", "language", "type", "typeId", "dialect", "dialectId", "moduleId", "effectiveTime", "active", "id")
}
_CONCEPT_KEYWORDS = {
    name.lower(): name for name in ("definitionStatus", "definitionStatusId", "moduleId", "effectiveTime", "active")
}
_ORDERED = (Comparator.LESS, Comparator.LESS_OR_EQUAL, Comparator.GREATER, Comparator.GREATER_OR_EQUAL)


class FilterParser(Scanner, ABC):
    """Filters. Expressions and concepts within them are read by the parser of expressions, which builds on this class."""

    @abstractmethod
    def sub_expression(self) -> Expression: ...

    @abstractmethod
    def try_concept(self) -> Concept | None: ...

    # blocks

    def block_kind(self) -> str:
        """Return "D", "C", "M" or "+" for the block whose `{{` and space were taken, and take its letter.

        `{{moduleId=x}}` is a description filter although the grammar could read it as M and a field `oduleId`.
        """
        if self.try_text("+"):
            return "+"
        word = self.word().lower()
        if word in _DESCRIPTION_KEYWORDS:
            return "D"
        if word in _CONCEPT_KEYWORDS:
            raise self.expected(f"`C` before `{_CONCEPT_KEYWORDS[word]}`: without a letter this is a description filter")
        letter = word[:1].upper()
        if letter and letter in "DCM":
            self.at += 1
            self.space()
            return letter
        raise self.expected("a filter: `D`, `C`, `M`, `+ HISTORY`, or a description filter such as `term`")

    def _block(self, one: Callable[[], Item]) -> tuple[Item, ...]:
        found = [one()]
        self.space()
        while self.try_text(","):
            self.space()
            found.append(one())
            self.space()
        self.need_text("}}", "`,` or `}}`")
        return tuple(found)

    def description_block(self) -> DescriptionBlock:
        return DescriptionBlock(self._block(self._description_filter))

    def concept_block(self) -> ConceptBlock:
        return ConceptBlock(self._block(self._concept_filter))

    def member_filters(self) -> tuple[MemberFilter, ...]:
        return self._block(self._member_filter)

    def _keyword(self, known: dict[str, str], kind: str) -> str:
        start = self.at
        word = self.word()
        if word.lower() not in known:
            raise self.expected(f"a {kind} filter: one of {', '.join(known.values())}", start)
        self.at += len(word)
        self.space()
        return word.lower()

    def _description_filter(self) -> DescriptionFilter:
        keyword = self._keyword(_DESCRIPTION_KEYWORDS, "description")
        if keyword == "effectivetime":
            return self._effective_time()
        comparator = self.need_equality()
        self.space()
        match keyword:
            case "term":
                return TermFilter(comparator, self._one_or_set(self.need_search_term))
            case "language":
                return LanguageFilter(comparator, self._one_or_set(self._language_code))
            case "type":
                return TypeFilter(comparator, self._token_set(_TYPES, "a description type: syn, fsn or def"))
            case "typeid":
                return TypeFilter(comparator, self._concept_set())
            case "dialect":
                return DialectFilter(comparator, self._dialects(self._alias_dialects))
            case "dialectid":
                return DialectFilter(comparator, self._dialects(self._id_dialects))
            case "moduleid":
                return ModuleFilter(comparator, self._concept_set())
            case "active":
                return self._active(comparator)
            case _:
                return IdFilter(comparator, self._one_or_set(lambda: self.need_sctid("a description identifier")))

    def _concept_filter(self) -> ConceptFilter:
        keyword = self._keyword(_CONCEPT_KEYWORDS, "concept")
        if keyword == "effectivetime":
            return self._effective_time()
        comparator = self.need_equality()
        self.space()
        match keyword:
            case "definitionstatus":
                return DefinitionStatusFilter(comparator, self._token_set(_STATUSES, "`primitive` or `defined`"))
            case "definitionstatusid":
                return DefinitionStatusFilter(comparator, self._concept_set())
            case "moduleid":
                return ModuleFilter(comparator, self._concept_set())
            case _:
                return self._active(comparator)

    def _member_filter(self) -> MemberFilter:
        """memberFilter = moduleFilter / effectiveTimeFilter / activeFilter / memberFieldFilter

        What the first three cannot read, the last may (`active = #1`): such a filter is well formed, and the release decides.
        """
        start = self.at
        name = self.word()
        if not name:
            raise self.expected("the name of a reference set's field")
        standard = name.lower()
        self.at += len(name)
        self.space()
        after = self.at
        if standard == "effectivetime" and self.try_comparator():
            self.space()
            quoted = self._opens_strings()
            self.at = after
            if quoted:
                try:
                    return self._effective_time()
                except EclSyntaxError as error:
                    # the grammar lets any text stand here, as in a field of that name
                    raise self.means_nothing(error.message, error.position or start) from None
        elif standard in ("moduleid", "active"):
            try:
                comparator = self.need_equality()
                self.space()
                return self._ends(
                    self._active(comparator) if standard == "active" else ModuleFilter(comparator, self._concept_set())
                )
            except EclSyntaxError:
                self.at = after
        return self._field_filter(name, start)

    def _ends(self, found: Item) -> Item:
        """Return `found` if the filter is over, or raise EclSyntaxError."""
        after = self.at
        self.space()
        if self.peek() not in (",", "}"):
            raise self.expected("`,` or `}}`")
        self.at = after
        return found

    def _field_filter(self, name: str, start: int) -> FieldFilter:
        comparator = self.try_comparator()
        if comparator is None:
            raise self.expected("a comparison: =, !=, <, <=, > or >=")
        self.space()
        if self.try_text("#"):
            return FieldFilter(name, NumericComparison(comparator, self.need_number()), start)
        if self._opens_strings():
            return FieldFilter(name, self._text_comparison(comparator), start)
        if comparator in _ORDERED:
            raise self.expected("a number after `#` or a date in double quotes: nothing else has an order")
        boolean = self.try_boolean()
        if boolean is not None:
            return FieldFilter(name, BooleanComparison(comparator, boolean), start)
        return FieldFilter(name, ConceptComparison(comparator, self.sub_expression()), start)

    def _opens_strings(self) -> bool:
        """Whether a string stands here, or a bracket that opens a set of strings."""
        start = self.at
        if self.try_text("("):
            self.space()
        first = self.peek() == '"' or self.word().lower() in ("wild", "match")
        self.at = start
        return first

    def _text_comparison(self, comparator: Comparator) -> TermComparison | TimeComparison:
        """Strings are search terms; after <, <=, >, >= or with an empty one among them they are dates."""
        start = self.at
        if comparator not in _ORDERED:
            try:
                return TermComparison(comparator, self._one_or_set(self.need_search_term))
            except EclSyntaxError as error:
                self.at = start
                if not self.text.startswith('""', error.position):
                    raise
        return TimeComparison(comparator, self._one_or_set(self.need_time))

    # values

    def _one_or_set(self, one: Callable[[], Item]) -> tuple[Item, ...]:
        """X / "(" ws X *(mws X) ws ")" """
        if not self.try_text("("):
            return (one(),)
        self.space()
        found = [one()]
        while True:
            spaced = self.space()
            if self.try_text(")"):
                return tuple(found)
            if not spaced:
                raise self.expected("white space or `)`")
            found.append(one())

    def _token_set(self, tokens: dict[str, str], what: str) -> Expression:
        def token() -> str:
            start, word = self.at, self.word()
            if word.lower() not in tokens:
                raise self.expected(what, start)
            self.at += len(word)
            return tokens[word.lower()]

        found = tuple(Concept(code) for code in dict.fromkeys(self._one_or_set(token)))
        return found[0] if len(found) == 1 else Disjunction(found)

    def _concept_set(self) -> Expression:
        """subExpressionConstraint / eclConceptReferenceSet"""
        start = self.at
        if self.try_text("("):
            self.space()
            found = []
            spaced = True
            while spaced and (concept := self.try_concept()):
                found.append(concept)
                spaced = self.space()
            if len(found) > 1 and self.try_text(")"):
                return Disjunction(tuple(found))
            self.at = start
        return self.sub_expression()

    def _language_code(self) -> str:
        word = self.word()
        if len(word) != 2:
            raise self.expected("a language code of two letters")
        self.at += 2
        return word.lower()

    def _effective_time(self) -> EffectiveTimeFilter:
        comparator = self.try_comparator()
        if comparator is None:
            raise self.expected("a comparison: =, !=, <, <=, > or >=")
        self.space()
        return EffectiveTimeFilter(comparator, self._one_or_set(self.need_time))

    def _active(self, comparator: Comparator) -> ActiveFilter:
        """activeValue = "1" / "true" / "0" / "false" / wildCard; the specification's prose also writes "*" in quotes."""
        start = self.at
        if self.try_text('"*"') or self.try_text("*"):
            return ActiveFilter(comparator, None)
        word = self.word().lower()
        if word in ("true", "false", "any"):
            self.at += len(word)
            return ActiveFilter(comparator, {"true": True, "false": False, "any": None}[word])
        if self.try_text("1") or self.try_text("0"):
            if not self.peek().isalnum():
                return ActiveFilter(comparator, self.text[start] == "1")
        raise self.expected("1, 0, true, false or *", start)

    def try_boolean(self) -> bool | None:
        word = self.word().lower()
        after = self.text[self.at + len(word) : self.at + len(word) + 1]
        if word not in ("true", "false") or after in ("#", "-") or after.isdigit():
            return None
        self.at += len(word)
        return word == "true"

    # dialects

    def _dialects(self, entries: Callable[[], list[Dialect]]) -> tuple[Dialect, ...]:
        """An acceptability after a set is for each of the set that has none of its own."""
        found = entries()
        after = self.at
        self.space()
        shared = self._acceptabilities()
        if not shared:
            self.at = after
            return tuple(found)
        return tuple(entry if entry.acceptabilities else Dialect(entry.refset, shared) for entry in found)

    def _alias_dialects(self) -> list[Dialect]:
        if not self.try_text("("):
            return [Dialect(self._alias())]
        return self._dialect_set(self._alias)

    def _id_dialects(self) -> list[Dialect]:
        start = self.at
        if self.try_text("("):
            try:
                return self._dialect_set(self._need_concept)
            except EclSyntaxError:
                self.at = start
        return [Dialect(self.sub_expression())]

    def _dialect_set(self, one: Callable[[], str | Concept]) -> list[Dialect]:
        """X [ws acceptabilitySet] *(mws X [ws acceptabilitySet]) ws ")", after its bracket"""
        found: list[Dialect] = []
        spaced = True
        self.space()
        while spaced or not found:
            refset = one()
            before = self.at
            self.space()
            acceptabilities = self._acceptabilities()
            if not acceptabilities:
                self.at = before
            found.append(Dialect(refset, acceptabilities))
            spaced = self.space()
            if self.try_text(")"):
                return found
        raise self.expected("white space or `)`")

    def _alias(self) -> str:
        """dialectAlias = alpha *( dash / alpha / integerValue )"""
        start = self.at
        if not self.word():
            raise self.expected("a dialect alias such as en-gb")
        while self.peek().isascii() and (self.peek().isalnum() or self.peek() == "-"):
            self.at += 1
        if self.peek() == "_":
            raise self.expected("a dialect alias of letters, digits and dashes, as en-gb")
        return self.text[start : self.at].lower()

    def _need_concept(self) -> Concept:
        concept = self.try_concept()
        if concept is None:
            raise self.expected("a concept identifier")
        return concept

    def _acceptabilities(self) -> tuple[Concept, ...]:
        """acceptabilitySet, or an empty tuple with the place unmoved."""
        start = self.at
        if not self.try_text("("):
            return ()
        self.space()
        tokens = self.word().lower() in _ACCEPTABILITIES

        def one() -> Concept:
            if not tokens:
                return self._need_concept()
            word = self.word()
            if word.lower() not in _ACCEPTABILITIES:
                raise self.expected("`prefer` or `accept`")
            self.at += len(word)
            return Concept(_ACCEPTABILITIES[word.lower()])

        self.at = start
        return self._one_or_set(one)
