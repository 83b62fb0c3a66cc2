"""ECL over plain dicts and sets: the slow evaluator that judges the fast one.

Written from the specification, sharing nothing with the evaluation but the parsed data. An answer is a set of codes. `Refused`
stands for any error that the fast one should raise.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from codesafety.terminology.ecl import syntax as s

IS_A = "116680003"
CORE, DAY = "900000000000207008", "20260101"
PRIMITIVE = "900000000000074008"
TYPES = {"SYN": "900000000000013009", "FSN": "900000000000003001", "DEF": "900000000000550004"}
ACCEPTABILITY = {"preferred": "900000000000548007", "acceptable": "900000000000549004"}
SAME_AS, MOVED_FROM, MOVED_TO = "900000000000527005", "900000000000525002", "900000000000524003"
PROFILES = {
    s.Profile.MINIMUM: {SAME_AS},
    s.Profile.MODERATE: {SAME_AS, "900000000000526001", "900000000000528000", "1186924009"},
    s.Profile.MAXIMUM: {
        SAME_AS,
        "900000000000526001",
        "900000000000528000",
        "1186924009",
        "900000000000523009",
        "900000000000529008",
        "900000000000530003",
        "1186921001",
    },
}


class Refused(Exception):
    """The expression cannot be answered."""


class Reference:
    def __init__(self, ontology: Mapping[str, Any]) -> None:
        self.concepts = {c["id"]: c for c in ontology["concepts"]}
        self.active = {code for code, c in self.concepts.items() if c.get("active", True)}
        self.rows = [
            r
            for r in ontology["relationships"]
            if r.get("active", True) and r["source"] in self.active and {r["target"], r["type"]} <= set(self.concepts)
        ]
        self.parents: dict[str, set[str]] = defaultdict(set)
        self.children: dict[str, set[str]] = defaultdict(set)
        for row in self.rows:
            if row["type"] == IS_A and row["target"] in self.active:
                self.parents[row["source"]].add(row["target"])
                self.children[row["target"]].add(row["source"])
        self.attributes = [r for r in self.rows if r["type"] != IS_A]
        self.is_a = [{**r, "group": 0} for r in self.rows if r["type"] == IS_A]
        self.concrete = [r for r in ontology.get("concrete", ()) if r["source"] in self.active]
        self.members = list(ontology.get("refset_members", ()))
        self.descriptions = [{"id": f"{200_000 + at}010", **d} for at, d in enumerate(ontology.get("descriptions", ()))]

    # expressions

    def concepts_of(self, expression: s.Expression) -> set[str]:
        found = self.answer(expression)
        if not found <= set(self.concepts):
            raise Refused
        return found

    def answer(self, expression: s.Expression) -> set[str]:
        match expression:
            case s.Concept(code):
                if code not in self.concepts:
                    raise Refused
                return {code}
            case s.Anything():
                return set(self.active)
            case s.Hierarchy(operator, of):
                return self.hierarchy(operator, self.concepts_of(of))
            case s.Conjunction(operands):
                return set.intersection(*map(self.answer, operands))
            case s.Disjunction(operands):
                return set.union(*map(self.answer, operands))
            case s.Exclusion(left, right):
                return self.answer(left) - self.answer(right)
            case s.Refined(focus, refinement):
                concepts = self.concepts_of(focus)
                self.dry_run(refinement)
                return {code for code in concepts if self.satisfies(code, refinement)}
            case s.Dotted(source, attributes):
                found = self.concepts_of(source)
                for name in attributes:
                    rows = self.of_type(name)
                    found = {r["target"] for r in rows if r["source"] in found and "target" in r}
                return found
            case s.MemberOf(of, fields, filters):
                name = fields[0] if fields else "referencedComponentId"
                return {self.field(row, name) for row in self.selected(of, filters)}
            case s.RefsetContaining(of, filters):
                wanted = set(self.concepts) if of == s.Anything() else self.concepts_of(of)
                return {row["refset"] for row in self.selected(s.Anything(), filters) if row["referencedComponentId"] in wanted}
            case s.Filtered(of, blocks):
                speaks = any(
                    isinstance(item, s.ActiveFilter) for b in blocks if isinstance(b, s.ConceptBlock) for item in b.filters
                )
                found = set(self.concepts) if speaks and of == s.Anything() else self.concepts_of(of)
                for block in blocks:
                    found = {code for code in found if self.passes(code, block)}
                return found
            case s.HistorySupplement(of, profile, subset):
                base = self.concepts_of(of)
                refsets = PROFILES[profile] if profile else self.answer(subset)
                rows = [
                    r
                    for r in self.members
                    if r.get("active", True)
                    and "targetComponentId" in r["fields"]
                    and {r["referencedComponentId"], r["fields"]["targetComponentId"]} <= set(self.concepts)
                ]
                found = {
                    r["referencedComponentId"]
                    for r in rows
                    if r["refset"] in refsets - {MOVED_FROM, MOVED_TO} and r["fields"]["targetComponentId"] in base
                }
                if SAME_AS in refsets or MOVED_FROM in refsets:
                    found |= {
                        r["fields"]["targetComponentId"]
                        for r in rows
                        if r["refset"] == MOVED_FROM and r["referencedComponentId"] in base
                    }
                return base | found
        raise AssertionError(expression)

    def closure(self, edges: Mapping[str, set[str]], start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(edges.get(start, ()))
        while waiting:
            code = waiting.pop()
            if code not in seen:
                seen.add(code)
                waiting.extend(edges.get(code, ()))
        return seen

    def hierarchy(self, operator: s.Operator, members: set[str]) -> set[str]:
        o = s.Operator
        below = {code: self.closure(self.children, code) for code in members}
        above = {code: self.closure(self.parents, code) for code in members}
        match operator:
            case o.TOP:
                return {code for code in members if not above[code] & members}
            case o.BOTTOM:
                return {code for code in members if not below[code] & members}
            case o.DESCENDANT_OF | o.DESCENDANT_OR_SELF_OF:
                found = set().union(*below.values())
            case o.ANCESTOR_OF | o.ANCESTOR_OR_SELF_OF:
                found = set().union(*above.values())
            case o.CHILD_OF | o.CHILD_OR_SELF_OF:
                found = set().union(*(self.children.get(code, set()) for code in members))
            case _:
                found = set().union(*(self.parents.get(code, set()) for code in members))
        return found | members if "_SELF_" in operator.name else found

    # refinements

    def of_type(self, name: s.Expression) -> list[Mapping[str, Any]]:
        if name == s.Anything():
            return [*self.attributes, *self.concrete]
        types = self.concepts_of(name)
        of_anything = isinstance(name, s.Hierarchy) and name.of == s.Anything()
        is_a = self.is_a if IS_A in types and not of_anything else []
        return [*(r for r in (*self.attributes, *self.concrete) if r["type"] in types), *is_a]

    def dry_run(self, refinement: s.Refinement) -> None:
        match refinement:
            case s.AllOf(parts) | s.AnyOf(parts):
                for part in parts:
                    self.dry_run(part)
            case s.AttributeGroup(attributes):
                self.dry_run(attributes)
            case s.Attribute(name, comparison):
                self.of_type(name)
                if isinstance(comparison, s.ConceptComparison):
                    self.concepts_of(comparison.value)

    def fits(self, row: Mapping[str, Any], comparison: s.Comparison, end: str = "target") -> bool:
        equal = comparison.comparator is s.Comparator.EQUAL
        match comparison:
            case s.ConceptComparison(_, value):
                if value == s.Anything():
                    return equal
                return end in row and (row[end] in self.concepts_of(value)) is equal
            case s.NumericComparison(comparator, number):
                return str(row.get("value", "")).startswith("#") and compare(comparator, Decimal(row["value"][1:]), number)
            case s.StringComparison(_, values):
                return str(row.get("value", "")).startswith('"') and (row["value"][1:-1] in values) is equal
            case s.BooleanComparison(_, truth):
                return row.get("value") in ("true", "false") and ((row["value"] == "true") is truth) is equal

    def satisfies(self, code: str, refinement: s.Refinement) -> bool:
        match refinement:
            case s.AllOf(parts):
                return all(self.satisfies(code, part) for part in parts)
            case s.AnyOf(parts):
                return any(self.satisfies(code, part) for part in parts)
            case s.AttributeGroup(attributes, cardinality):
                rows = [r for r in (*self.attributes, *self.concrete) if r["source"] == code]
                groups = {r.get("group", 0) for r in rows} - {0}
                number = sum(self.holds([r for r in rows if r.get("group", 0) == group], attributes) for group in groups)
                return allowed(cardinality, number)
            case s.Attribute(name, comparison, cardinality, reverse):
                rows = self.of_type(name)
                if reverse:
                    sources = {r["source"] for r in rows if r.get("target") == code and self.fits(r, comparison, "source")}
                    return allowed(cardinality, len(sources))
                return allowed(cardinality, sum(r["source"] == code and self.fits(r, comparison) for r in rows))

    def holds(self, group: list[Mapping[str, Any]], attributes: s.Refinement) -> bool:
        match attributes:
            case s.AllOf(parts):
                return all(self.holds(group, part) for part in parts)
            case s.AnyOf(parts):
                return any(self.holds(group, part) for part in parts)
            case s.Attribute(name, comparison, cardinality):
                rows = self.of_type(name)
                return allowed(cardinality, sum(any(r is row for row in rows) and self.fits(r, comparison) for r in group))
        raise AssertionError(attributes)

    # members

    def field(self, row: Mapping[str, Any], name: str) -> str:
        if name == "referencedComponentId":
            return str(row[name])
        if name not in row["fields"]:
            raise Refused
        return str(row["fields"][name])

    def selected(self, of: s.Expression, filters: tuple[s.MemberFilter, ...]) -> list[Mapping[str, Any]]:
        refsets = None if of == s.Anything() else self.answer(of)
        rows = [r for r in self.members if refsets is None or r["refset"] in refsets]
        if not any(isinstance(item, s.ActiveFilter) for item in filters):
            rows = [r for r in rows if r.get("active", True)]
        for item in filters:
            rows = [r for r in rows if self.row_passes(r, item)]
        return rows

    def row_passes(self, row: Mapping[str, Any], item: s.MemberFilter) -> bool:
        match item:
            case s.ActiveFilter(comparator, active):
                return state(comparator, active, bool(row.get("active", True)))
            case s.ModuleFilter(comparator, modules):
                return (row.get("moduleId", CORE) in self.answer(modules)) is (comparator is s.Comparator.EQUAL)
            case s.EffectiveTimeFilter(comparator, times):
                return any_time(comparator, row.get("effectiveTime", DAY), times)
            case s.FieldFilter(name, comparison):
                text = self.field(row, name)
                match comparison:
                    case s.ConceptComparison(comparator, value):
                        wanted = set(self.concepts) if value == s.Anything() else self.answer(value)
                        return (text in wanted) is (comparator is s.Comparator.EQUAL)
                    case s.NumericComparison(comparator, number):
                        return compare(comparator, Decimal(text), number)
                    case s.TermComparison(comparator, terms):
                        return any(term_matches(text, term) for term in terms) is (comparator is s.Comparator.EQUAL)
        raise AssertionError(item)

    # filters

    def passes(self, code: str, block: s.ConceptBlock | s.DescriptionBlock) -> bool:
        if isinstance(block, s.ConceptBlock):
            return all(self.concept_passes(self.concepts[code], item) for item in block.filters)
        speaks = any(isinstance(item, s.ActiveFilter) for item in block.filters)
        return any(
            d["concept"] == code
            and (speaks or d.get("active", True))
            and all(self.description_passes(d, item) for item in block.filters)
            for d in self.descriptions
        )

    def concept_passes(self, concept: Mapping[str, Any], item: s.ConceptFilter) -> bool:
        equal = item.comparator is s.Comparator.EQUAL
        match item:
            case s.ActiveFilter(comparator, active):
                return state(comparator, active, bool(concept.get("active", True)))
            case s.DefinitionStatusFilter(_, statuses):
                return (concept.get("definitionStatusId", PRIMITIVE) in codes(statuses)) is equal
            case s.ModuleFilter(_, modules):
                return (concept.get("moduleId", CORE) in self.answer(modules)) is equal
            case s.EffectiveTimeFilter(comparator, times):
                return any_time(comparator, concept.get("effectiveTime", DAY), times)

    def description_passes(self, d: Mapping[str, Any], item: s.DescriptionFilter) -> bool:
        equal = item.comparator is s.Comparator.EQUAL
        match item:
            case s.TermFilter(_, terms):
                return any(term_matches(d["term"], term) for term in terms) is equal
            case s.LanguageFilter(_, languages):
                return (d.get("lang", "en") in languages) is equal
            case s.TypeFilter(_, types):
                return (TYPES[d.get("type", "SYN")] in codes(types)) is equal
            case s.ActiveFilter(comparator, active):
                return state(comparator, active, bool(d.get("active", True)))
            case s.IdFilter(_, ids):
                return (d["id"] in ids) is equal
            case s.EffectiveTimeFilter(comparator, times):
                return any_time(comparator, d.get("effectiveTime", DAY), times)
            case s.DialectFilter(_, dialects):
                given = {language: ACCEPTABILITY[value] for language, value in d.get("acceptability", {}).items()}
                return (
                    any(
                        language in codes(dialect.refset)
                        and (not dialect.acceptabilities or value in {a.code for a in dialect.acceptabilities})
                        for dialect in dialects
                        for language, value in given.items()
                    )
                    is equal
                )
        raise AssertionError(item)


def codes(expression: s.Expression | str) -> set[str]:
    match expression:
        case s.Concept(code):
            return {code}
        case s.Disjunction(operands):
            return set().union(*map(codes, operands))
    raise AssertionError(expression)


def allowed(cardinality: s.Cardinality | None, number: int) -> bool:
    least, most = (1, None) if cardinality is None else (cardinality.least, cardinality.most)
    return least <= number and (most is None or number <= most)


def compare(comparator: s.Comparator, left: Any, right: Any) -> bool:
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[comparator]


def any_time(comparator: s.Comparator, time: str, times: tuple[str, ...]) -> bool:
    if comparator is s.Comparator.NOT_EQUAL:
        return time not in times
    return any(compare(comparator, time, one) for one in times)


def state(comparator: s.Comparator, wanted: bool | None, actual: bool) -> bool:
    return (wanted is None or wanted is actual) is (comparator is s.Comparator.EQUAL)


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def term_matches(text: str, term: s.SearchTerm) -> bool:
    """For search terms without diacritics and punctuation, which is what is generated."""
    text = plain(text)
    if isinstance(term, s.MatchTerm):
        words = "".join(c if c.isalnum() else " " for c in text).split()
        return all(any(word.startswith(plain(prefix)) for word in words) for prefix in term.words)
    return wild(text, [plain(piece) for piece in term.pieces])


def wild(text: str, pieces: list[str]) -> bool:
    first, *rest = pieces
    if not rest:
        return text == first
    return text.startswith(first) and any(wild(text[at:], rest) for at in range(len(first), len(text) + 1))
