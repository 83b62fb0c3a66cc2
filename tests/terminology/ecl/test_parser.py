"""What parses, to what, and what is said about the rest."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest

from codesafety.terminology.ecl import canonical, concepts, parse
from codesafety.terminology.ecl.syntax import (
    ActiveFilter,
    AllOf,
    AlternateIdentifier,
    Anything,
    Attribute,
    AttributeGroup,
    BooleanComparison,
    Cardinality,
    Comparator,
    Concept,
    ConceptBlock,
    ConceptComparison,
    Conjunction,
    DescriptionBlock,
    Dialect,
    DialectFilter,
    Disjunction,
    Dotted,
    EffectiveTimeFilter,
    Exclusion,
    FieldFilter,
    Filtered,
    Hierarchy,
    HistorySupplement,
    MatchTerm,
    MemberOf,
    ModuleFilter,
    NumericComparison,
    Operator,
    Profile,
    Refined,
    RefsetContaining,
    StringComparison,
    TermComparison,
    TermFilter,
    TimeComparison,
    WildTerm,
)
from codesafety.terminology.errors import EclError, EclSemanticError, EclSyntaxError

A, B, C = Concept("1000001"), Concept("1000002"), Concept("1000003")
EQ, NE = Comparator.EQUAL, Comparator.NOT_EQUAL


@pytest.mark.parametrize(
    ("symbol", "word", "operator"),
    [
        ("<", "descendantOf", Operator.DESCENDANT_OF),
        ("<<", "descendantOrSelfOf", Operator.DESCENDANT_OR_SELF_OF),
        ("<!", "childOf", Operator.CHILD_OF),
        ("<<!", "childOrSelfOf", Operator.CHILD_OR_SELF_OF),
        (">", "ancestorOf", Operator.ANCESTOR_OF),
        (">>", "ancestorOrSelfOf", Operator.ANCESTOR_OR_SELF_OF),
        (">!", "parentOf", Operator.PARENT_OF),
        (">>!", "parentOrSelfOf", Operator.PARENT_OR_SELF_OF),
        ("!!>", "top", Operator.TOP),
        ("!!<", "bottom", Operator.BOTTOM),
    ],
)
def test_an_operator_has_a_symbol_and_a_word(symbol: str, word: str, operator: Operator) -> None:
    assert parse(f"{symbol}1000001") == Hierarchy(operator, A)
    assert parse(f"{symbol} 1000001 |Anything at all|") == Hierarchy(operator, A)
    assert parse(f"{word.upper()}/* a comment is white space */1000001") == Hierarchy(operator, A)
    with pytest.raises(EclSyntaxError):
        parse(f"{word}1000001")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", Anything()),
        ("aNy", Anything()),
        ("((1000001))", A),
        ("1000001 and 1000002, 1000003", Conjunction((A, B, C))),
        ("1000001 OR/**/1000002", Disjunction((A, B))),
        ("1000001 minus (1000002 OR 1000003)", Exclusion(A, Disjunction((B, C)))),
        ("1000001 . 1000002 . <1000003", Dotted(A, (B, Hierarchy(Operator.DESCENDANT_OF, C)))),
        ("^1000001", MemberOf(A)),
        ("memberOf 1000001", MemberOf(A)),
        ("^ [ * ] 1000001", MemberOf(A, ())),
        ("^[mapTarget, mapGroup]1000001", MemberOf(A, ("mapTarget", "mapGroup"))),
        ("^R 1000001", RefsetContaining(A)),
        ("refsetContainingAny 1000001", RefsetContaining(A)),
        ("<< ^ 1000001", Hierarchy(Operator.DESCENDANT_OR_SELF_OF, MemberOf(A))),
        ("LOINC#54486-6", AlternateIdentifier("loinc", "54486-6")),
        ('"LOINC#54486-6" |a term|', AlternateIdentifier("loinc", "54486-6")),
        ('LOINC#"a b"', AlternateIdentifier("loinc", "a b")),
        ("R#A.1", AlternateIdentifier("r", "A.1")),
        ("top#A", AlternateIdentifier("top", "A")),
    ],
)
def test_an_expression_is_its_parts(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("|term /* explanation | */ |", "term"),
        ("|/* lead */ term|", "term"),
        ("|/* all there is */|", "/* all there is */"),
        ("|a/*b*/c|", "a/*b*/c"),
        ("|/***/ two  words|", "/***/ two  words"),
        ("| {{ not a filter }} |", "{{ not a filter }}"),
        ("/* between */ |x|", "x"),
    ],
)
def test_comments_and_terms_are_told_apart(written: str, term: str) -> None:
    assert next(concepts(parse(f"<< 1000001 {written} OR 1000002"))).term == term


def refinement(text: str) -> object:
    parsed = parse(f"* : {text}")
    assert isinstance(parsed, Refined)
    return parsed.refinement


def test_an_attribute_has_a_name_a_comparison_and_perhaps_a_cardinality_and_a_reverse_flag() -> None:
    assert refinement("1000001 = 1000002") == Attribute(A, ConceptComparison(EQ, B))
    assert refinement("[0..0] 1000001 NOT = *") == Attribute(A, ConceptComparison(NE, Anything()), Cardinality(0, 0))
    assert refinement("[1 to many] reverseOf 1000001 <> *") == Attribute(
        A, ConceptComparison(NE, Anything()), Cardinality(1, None), reverse=True
    )
    assert refinement("R1000001 = *") == Attribute(A, ConceptComparison(EQ, Anything()), reverse=True)
    assert refinement("(1000001 OR 1000002) = *") == Attribute(Disjunction((A, B)), ConceptComparison(EQ, Anything()))
    assert refinement("R#x = 1000001") == Attribute(AlternateIdentifier("r", "x"), ConceptComparison(EQ, A))


def test_concrete_values_are_exact() -> None:
    tiny = "#0." + "0" * 40 + "1"
    assert refinement(f"1000001 >= {tiny}") == Attribute(A, NumericComparison(Comparator.GREATER_OR_EQUAL, Decimal(tiny[1:])))
    assert refinement("1000001 = #+0.100") == refinement("1000001 = #0.1")
    assert refinement(r'1000001 = "A\"B\\"') == Attribute(A, StringComparison(EQ, ('A"B\\',)))
    assert refinement('1000001 != ("a" "b")') == Attribute(A, StringComparison(NE, ("a", "b")))
    assert refinement("1000001 = TRUE") == Attribute(A, BooleanComparison(EQ, value=True))


def test_brackets_open_a_name_or_a_refinement() -> None:
    one, two = Attribute(A, ConceptComparison(EQ, B)), Attribute(C, ConceptComparison(EQ, Anything()))
    assert refinement("((1000001) = 1000002, (1000003 = *))") == AllOf((one, two))
    assert refinement("{ (1000001 = 1000002) } AND (1000003 = *)") == AllOf((AttributeGroup(one), two))
    assert refinement("[1..3] { 1000001 = 1000002, 1000003 = * }") == AttributeGroup(AllOf((one, two)), Cardinality(1, 3))


def block(text: str) -> object:
    parsed = parse(f"* {text}")
    assert isinstance(parsed, Filtered)
    return parsed.blocks[0]


def test_a_block_without_a_letter_filters_descriptions() -> None:
    expected = DescriptionBlock((ModuleFilter(EQ, A),))
    for text in ("{{moduleId=1000001}}", "{{ MODULEID = 1000001 }}", "{{dmoduleId=1000001}}", "{{ D moduleId = (1000001) }}"):
        assert block(text) == expected
    assert parse("^* {{mmoduleId=1000001}}") == MemberOf(Anything(), None, (ModuleFilter(EQ, A),))
    assert block("{{Cactive=0}}") == ConceptBlock((ActiveFilter(EQ, False),))
    assert block('{{ C effectiveTime > ("20240229" "") }}') == ConceptBlock(
        (EffectiveTimeFilter(Comparator.GREATER, ("20240229", "")),)
    )


def test_search_terms_are_words_or_pieces_around_wildcards() -> None:
    assert block(r'{{ term = (match:"  gas pain " wild:"*itis" wild:"a\*b") }}') == DescriptionBlock(
        (TermFilter(EQ, (MatchTerm(("gas", "pain")), WildTerm(("", "itis")), WildTerm(("a*b",)))),)
    )


def test_an_acceptability_behind_a_set_of_dialects_is_for_each() -> None:
    prefer = (Concept("900000000000548007"),)
    assert block("{{ dialect = (en-GB en-us (accept)) (prefer) }}") == DescriptionBlock(
        (DialectFilter(EQ, (Dialect("en-gb", prefer), Dialect("en-us", (Concept("900000000000549004"),)))),)
    )
    assert block("{{ dialectId = << 1000001 (900000000000548007 |Preferred|) }}") == DescriptionBlock(
        (DialectFilter(EQ, (Dialect(Hierarchy(Operator.DESCENDANT_OR_SELF_OF, A), prefer),)),)
    )


def test_a_member_field_takes_every_kind_of_value() -> None:
    def field(text: str) -> object:
        parsed = parse(f"^1000001 {{{{ M {text} }}}}")
        assert isinstance(parsed, MemberOf)
        return parsed.filters[0]

    assert field("mapGroup < #2") == FieldFilter("mapGroup", NumericComparison(Comparator.LESS, Decimal(2)))
    assert field('mapTarget = wild:"J45"') == FieldFilter("mapTarget", TermComparison(EQ, (WildTerm(("J45",)),)))
    assert field('reviewDate >= "20240229"') == FieldFilter(
        "reviewDate", TimeComparison(Comparator.GREATER_OR_EQUAL, ("20240229",))
    )
    assert field('reviewDate = ("20240229" "")') == FieldFilter("reviewDate", TimeComparison(EQ, ("20240229", "")))
    assert field("grouped != FALSE") == FieldFilter("grouped", BooleanComparison(NE, value=False))
    assert field("targetComponentId = (<<1000001 MINUS 1000002)") == FieldFilter(
        "targetComponentId", ConceptComparison(EQ, Exclusion(Hierarchy(Operator.DESCENDANT_OR_SELF_OF, A), B))
    )


def test_a_history_supplement_is_a_profile_or_a_subset_and_comes_last() -> None:
    assert parse("1000001 {{+history_min}}") == HistorySupplement(A, Profile.MINIMUM)
    assert parse("1000001 {{ + HISTORY }}") == parse("1000001 {{+HISTORY-MAX}}")
    assert parse("1000001 {{+HISTORY (*)}}") == HistorySupplement(A, None, Anything())
    for text in (
        "{{+HISTORY-MIN (*)}}",
        "{{+HISTORY -MIN}}",
        "{{+HISTORY()}}",
        "{{+HISTORY}} {{C active=1}}",
        "{{+HISTORY}} {{+HISTORY}}",
    ):
        with pytest.raises(EclSyntaxError):
            parse(f"1000001 {text}")


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "the expression ends"),
        ("1000001 AND", 11, "white space after `AND`"),
        ("1000001 OR(1000002)", 10, "white space after `OR`"),
        ("<< 12345", 3, "6 to 18 digits"),
        ("(1000001", 8, "expected `)`"),
        ("1000001 |x", 8, "term between pipes"),
        ("* : 1000001", 11, "comparison after the attribute's name"),
        ("* : (1000001 = 1000002 OR (1000003 = )) = *", 37, "a concept"),
        ("* {{ definitionStatus = defined }}", 5, "`C` before `definitionStatus`"),
        ("1000001\u00a0AND 1000002", 7, "a no-break space"),
        ("1000001 /* open", 8, "comment that is not closed"),
        ("/***/ 1000001", 0, "comment that is not closed"),
        ("1000001 |a\x00b|", 10, "character that ECL does not allow"),
        ("* {{ language = eng }}", 16, "two letters"),
    ],
)
def test_a_syntax_error_has_the_place_and_what_is_missing(text: str, position: int, words: str) -> None:
    with pytest.raises(EclSyntaxError) as caught:
        parse(text)
    assert caught.value.position == position
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("1000001 AND 1000002 OR 1000003", 20),
        ("1000001 MINUS 1000002 MINUS 1000003", 22),
        ("* : 1000001 = * AND 1000002 = * OR 1000003 = *", 32),
        ("* : { 1000001 = * OR 1000002 = *, 1000003 = * }", 32),
        ("* : [3..1] 1000001 = *", 4),
        ("* : R 1000001 = #1", 4),
        ("* : { R 1000001 = * }", 6),
        ("1000001 {{ M active = 1 }}", 8),
        ('* {{ C effectiveTime = "20230229" }}', 23),
    ],
)
def test_what_parses_and_means_nothing_is_a_semantic_error(text: str, position: int) -> None:
    with pytest.raises(EclSemanticError) as caught:
        parse(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1000001" + ")" * 5000,
        "* : " + "(" * 3000 + "1000001 = *" + ")" * 3000,
        "1000001 AND (" * 2000,
        "< " * 4000,
        "* : 1000001 = (" * 2000,
        "* : {" * 2000,
        "^" * 3000,
        "(" * 100_000,
        "* {{+HISTORY (" * 2000,
    ],
)
def test_deep_nesting_is_a_syntax_error(text: str) -> None:
    with pytest.raises(EclSyntaxError):
        parse(text)


def test_fifty_brackets_are_no_trouble() -> None:
    assert parse("(" * 50 + "1000001" + ")" * 50) == A
    assert refinement("(" * 50 + "1000001 = *" + ")" * 50) == Attribute(A, ConceptComparison(EQ, Anything()))
    # each bracket could open a name or a refinement: read twice at every level this would never end
    assert parse("* : " + "((1000001) = (* : " * 24 + "1000001 = *" + "))" * 24)


def test_a_long_list_reads_the_same_on_the_fast_path() -> None:
    codes = [str(1_000_000 + 10 * i) for i in range(10_000)]
    listed = " OR ".join(f"<< {code} |term {code}|" for code in codes)
    fast = parse(listed)
    slow = parse("/**/" + listed)
    assert fast == slow
    assert [c.code for c in concepts(fast)] == codes
    assert [c.position for c in concepts(fast)] == [c.position - 4 for c in concepts(slow)]
    assert next(concepts(fast)).term == "term 1000000"


def test_concepts_are_named_in_the_order_of_the_text_with_their_terms() -> None:
    text = "<< 1000001 |First thing| : 1000002 = (1000003 |x| OR ^ 1000001) {{ D type = syn }}"
    assert [(c.code, c.term, text[c.position : c.position + 7]) for c in concepts(parse(text))] == [
        ("1000001", "First thing", "1000001"),
        ("1000002", None, "1000002"),
        ("1000003", "x", "1000003"),
        ("1000001", None, "1000001"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("descendantOrSelfOf 1000001|x|and <1000002", "<< 1000001 AND < 1000002"),
        ('((1000001 OR 1000002) {{ term="a  b" }})', '(1000001 OR 1000002) {{ D term = "a b" }}'),
        ("* : [1 to many] reverseOf 1000001 not = *", "* : [1..*] R 1000001 != *"),
        ("* : 1000001 = #-0.00", "* : 1000001 = #0"),
        ("* : 1000001 = #1000.50", "* : 1000001 = #1000.5"),
        ("^[any]1000001 {{M a=#1}}{{M b=true}}", "^[*] 1000001 {{ M a = #1, b = true }}"),
        ("1000001 {{+history}}", "1000001 {{ + HISTORY-MAX }}"),
        (
            "!!> ((1000001 OR 1000002) {{C definitionStatus=defined}})",
            "!!> ((1000001 OR 1000002) {{ C definitionStatusId = 900000000000073002 }})",
        ),
    ],
)
def test_canonical_text_is_brief_and_without_decoration(text: str, expected: str) -> None:
    assert canonical(parse(text)) == expected
    assert canonical(parse(expected)) == expected


def test_parsed_data_is_frozen_and_compares_by_what_it_means() -> None:
    whole = parse(
        '<< 1000001 |A| : { 1000002 = #1.50 } {{ D term = "x" }}'.replace(" {{", ", 1000003 = (* {{").replace("}}", "}})")
    )
    assert whole == parse(canonical(whole))
    assert hash(whole) == hash(parse(canonical(whole)))
    assert copy.deepcopy(whole) == whole == pickle.loads(pickle.dumps(whole))
    assert Concept("1000001", "A", 3) == Concept("1000001") != Concept("1000002")
    assert Conjunction((A, B)) != Disjunction((A, B))
    assert repr(Cardinality(least=0, most=None)) == "Cardinality(least=0, most=None)"
    assert not hasattr(A, "__dict__")
    with pytest.raises(AttributeError):
        A.code = "1000002"  # type: ignore[misc]
    for wrong in (
        lambda: Cardinality(1),
        lambda: Cardinality(1, 2, 3),
        lambda: Cardinality(1, 2, most=3),
        lambda: Cardinality(1, mots=3),
    ):
        with pytest.raises(TypeError):
            wrong()


def test_any_text_parses_or_raises_an_ecl_error() -> None:
    whole = '<< 1000001 |a| : [0..1] { R 1000002 = #1.5, "x#y" != ("s" "t") } {{ D term = wild:"*a", dialect = (en-gb (prefer)) }} {{+HISTORY-MIN}}'
    for start in range(len(whole)):
        for piece in (whole[start:], whole[:start], whole[:start] + whole[start + 1 :], whole[:start] + "(" + whole[start:]):
            try:
                parse(piece)
            except EclError as error:
                assert error.position is not None
                assert 0 <= error.position <= len(piece)
