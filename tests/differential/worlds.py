"""A small terminology, value sets, tables and limits, and messages and records with holes in them, for the two evaluators."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from codesafety import ir
from codesafety.evaluation.binding import Binding, bind
from codesafety.evaluation.predicates import BoundPredicate, Missing
from codesafety.language.schema import ENTRY_KINDS
from codesafety.record import (
    Coding,
    Component,
    Coverage,
    Entry,
    Medication,
    Message,
    NotRead,
    Patient,
    Qualifier,
    Quantity,
    Record,
    Submission,
    TextItem,
    Value,
)
from codesafety.terminology.interface import CodeContext, Product, Replacements, Status, Words, WordsVerdict

T = TypeVar("T")


class Chooser(Protocol):
    """Where choices come from: hypothesis, which shrinks them, or a seeded generator, which is fast."""

    def pick(self, options: Sequence[T]) -> T: ...

    def count(self, most: int) -> int: ...


def chance(choose: Chooser, one_in: int) -> bool:
    return choose.pick((False,) * (one_in - 1) + (True,))


# ------------------------------------------------------------------------------------------------ terminology

P1, P2, P3, P4, P5 = "77386006", "60001007", "118215003", "146799005", "68566005"
BECAME_P1, BECAME_SEVERAL, NOT_IN_RELEASE, DAMAGED = "289256000", "102501003", "314940005", "77386007"
SAYS_ABSENT, SAYS_FAMILY, SAYS_PAST, UNTOLD, SAYS_POSSIBLE = "161714006", "161713000", "11466000", "387712008", "46775006"
M_VMP, M_AMP, M_OTHER, M_UNKNOWN, M_NO_IDENTITY, M_NO_INGREDIENTS = (
    "329653008",
    "42104911000001104",
    "329806007",
    "322236009",
    "329968007",
    "326324002",
)
ORAL, TOPICAL, SERVICE, OTHER_SERVICE = "26643006", "6064005", "983341000000102", "2129921000000100"
ENTRY_CODES = (
    P1,
    P2,
    P3,
    P4,
    P5,
    BECAME_P1,
    BECAME_SEVERAL,
    NOT_IN_RELEASE,
    DAMAGED,
    SAYS_ABSENT,
    SAYS_FAMILY,
    SAYS_PAST,
    UNTOLD,
    SAYS_POSSIBLE,
)
PRODUCT_CODES = (M_VMP, M_AMP, M_OTHER, M_UNKNOWN, M_NO_IDENTITY, M_NO_INGREDIENTS, DAMAGED)
WORDS = ("Pregnancy", "Not pregnant", "Gravid ++", "  ", "nobody knows")

_CONTEXTS = {
    SAYS_ABSENT: CodeContext(assertion="absent"),
    SAYS_FAMILY: CodeContext(subject="family"),
    SAYS_PAST: CodeContext(temporality="past"),
    SAYS_POSSIBLE: CodeContext(assertion="possible"),
    UNTOLD: CodeContext(told=False),
}
_IBUPROFEN, _NAPROXEN = frozenset({"387207008"}), frozenset({"372588000", "387207008"})
_PRODUCTS = {
    M_VMP: Product(M_VMP, "vmp", None, frozenset({M_VMP, "39693711000001100"}), M_VMP, _IBUPROFEN, routes=frozenset({ORAL})),
    M_AMP: Product(M_AMP, "amp", None, frozenset({M_AMP, M_VMP}), M_VMP, _IBUPROFEN, strength="28 mg"),
    M_OTHER: Product(M_OTHER, "vmp", None, frozenset({M_OTHER}), M_OTHER, _NAPROXEN, forms=frozenset({TOPICAL})),
    M_NO_IDENTITY: Product(M_NO_IDENTITY, "vmp", None, frozenset({M_NO_IDENTITY}), None, _IBUPROFEN),
    M_NO_INGREDIENTS: Product(M_NO_INGREDIENTS, "vmp", None, frozenset({M_NO_INGREDIENTS}), M_NO_INGREDIENTS, None),
}
_BY_NAME = {"Gravid ++": _IBUPROFEN, "Pregnancy": _NAPROXEN}
"""What the words say of a medicine whose id nobody knows."""


class SmallTerminology:
    """A terminology of a dozen codes, with a release's answers or without one."""

    name = "small"
    edition = None
    digest = "small"

    def __init__(self, has_release: bool) -> None:
        self.has_release = has_release

    def expand(self, ecl: str) -> frozenset[str]:
        raise NotImplementedError

    def status(self, code: str) -> Status:
        if not self.has_release:
            return Status.CANNOT_TELL
        if code in (BECAME_P1, BECAME_SEVERAL):
            return Status.INACTIVE
        return Status.UNKNOWN if code == NOT_IN_RELEASE else Status.ACTIVE

    def replacements(self, code: str) -> Replacements:
        if not self.has_release:
            return Replacements()
        return {BECAME_P1: Replacements(same=(P1,)), BECAME_SEVERAL: Replacements(possible=(P1, P3))}.get(code, Replacements())

    def terms(self, code: str) -> tuple[str, ...]:
        return {P1: ("Pregnancy",), P2: ("Not pregnant",)}.get(code, ())

    def judge_words(self, code: str, words: str) -> WordsVerdict:
        if not self.terms(code):
            return WordsVerdict(Words.CANNOT_TELL)
        if words in self.terms(code):
            return WordsVerdict(Words.AGREES)
        return WordsVerdict(Words.UNFAMILIAR if words == "Gravid ++" else Words.NAMES_ANOTHER)

    def contrary(self, one: str, other: str) -> bool:
        return {one, other} == {P1, P2}

    def context(self, code: str) -> CodeContext:
        return _CONTEXTS.get(code, CodeContext())

    def product(self, code: str) -> Product | None:
        return _PRODUCTS.get(code)

    def product_by_name(self, code: str, name: str) -> Product | None:
        by_name = _BY_NAME.get(name) if code == M_UNKNOWN else None
        return (
            None if by_name is None else Product(code, "amp", None, frozenset({M_VMP}), None, by_name, by_name=True, partly=True)
        )


# ------------------------------------------------------------------------------------------------ sets, tables, limits

ENTRY_SETS = ("w/a", "w/b", "w/perhaps", "w/read", "w/mixed")
PRODUCT_SETS = ("w/drug", "w/others")
CODED_SETS = ("w/oral", "w/services")


def _valueset(name: str, *codes: str, perhaps: Sequence[str] = (), system: str = "sct") -> ir.ValueSet:
    return ir.ValueSet(
        name, name, codes=tuple(ir.CodeRef(system, c) for c in codes), perhaps=tuple(ir.CodeRef("sct", c) for c in perhaps)
    )


_SETS = (
    _valueset("w/a", P1, P2, SAYS_ABSENT),
    _valueset("w/b", P3, P5, UNTOLD, SAYS_FAMILY),
    _valueset("w/perhaps", P1, SAYS_PAST, perhaps=(P4, SAYS_POSSIBLE, P5)),
    _valueset("w/read", "62...", system="readv2"),
    ir.ValueSet("w/mixed", "w/mixed", codes=(ir.CodeRef("sct", P3), ir.CodeRef("readv2", "63...")), includes=("w/read",)),
    _valueset("w/drug", M_VMP),
    _valueset("w/others", M_OTHER, M_UNKNOWN, M_NO_IDENTITY),
    _valueset("w/oral", ORAL),
    _valueset("w/services", SERVICE),
    ir.ValueSet(
        "w/said",
        "w/said",
        codes=(ir.CodeRef("sct", P3),),
        phrases=((("is", "so"), "affirms"), (("not", "so"), "denies"), (("so",), "affirms")),
    ),
    ir.ValueSet("w/told", "w/told", codes=(ir.CodeRef("sct", P1),), phrases=((("told",), "denies"),)),
)
WORDED = ("w/said", "w/told")
SAYINGS = ("it is so", "Not so.", "not so, is so", "perhaps so", "told", "so; told", "her sister told", "nothing", None)
COLUMNS: dict[str, ir.Column] = {
    "sex": ir.Column("sex"),
    "low": ir.Column("years"),
    "high": ir.Column("years"),
    "gap": ir.Column("days"),
    "n": ir.Column("number"),
    "word": ir.Column("text"),
    "day": ir.Column("date"),
    "ucum": ir.Column("unit"),
    "least": ir.Column("value", unit_column="ucum", open=True),
    "most": ir.Column("value", unit_column="ucum"),
    "kilos": ir.Column("value", unit="kg", open=True),
    "oldest": ir.Column("months", open=True),
}


def _row(key: str, first: int | None, last: int | None, *cells: ir.Cell) -> ir.TableRow:
    return ir.TableRow(key, dict(zip(COLUMNS, cells, strict=True)), first, last)


DAY = 739403  # 2025-06-01
_TABLES = (
    ir.Table(
        "w/by-code",
        "code",
        "sct",
        COLUMNS,
        (
            _row(
                P1,
                None,
                None,
                "male",
                Decimal(12),
                Decimal(50),
                Decimal(3),
                Decimal(2),
                "final",
                (DAY, DAY),
                "mm[Hg]",
                Decimal(1),
                Decimal(28),
                Decimal(2),
                Decimal(192),
            ),
            _row(P1, DAY, None, "female", None, Decimal(50), None, None, None, None, "kPa", None, None, None, None),
            _row(
                P3,
                DAY - 30,
                DAY,
                "unknown",
                Decimal(0),
                None,
                Decimal(400),
                Decimal(1),
                "unknown",
                (DAY - 31, DAY - 1),
                None,
                None,
                None,
                Decimal("0.5"),
                Decimal(30),
            ),
            _row(
                M_VMP,
                None,
                None,
                None,
                Decimal(16),
                Decimal(16),
                Decimal(0),
                Decimal(0),
                "amended",
                None,
                "mg",
                Decimal("0.5"),
                Decimal(300),
                None,
                None,
            ),
        ),
    ),
    ir.Table(
        "w/by-read",
        "code",
        "readv2",
        COLUMNS,
        (
            _row(
                "readv2|62...",
                None,
                DAY + 5,
                "female",
                Decimal(16),
                Decimal(15),
                Decimal(1),
                Decimal(1),
                "final",
                (DAY, DAY + 20),
                "Cel",
                Decimal(28),
                Decimal(28),
                Decimal(1),
                Decimal(1),
            ),
        ),
    ),
)
_LIMITS = (
    ir.Limit("w/gap", "gap", ir.Length(Decimal(2), ir.Unit.WEEKS)),
    ir.Limit("w/age", "age", ir.Length(Decimal(16), ir.Unit.YEARS)),
    ir.Limit("w/days", "days", Decimal(2)),
    ir.Limit("w/pressure", "pressure", ir.Quantity(Decimal(28), "mm[Hg]")),
)


def _even(item: Any) -> bool | Missing:
    """A predicate over anything: by the length of the words sent; unknown where there are none."""
    text = getattr(item, "text", None) or getattr(item, "display", None) or getattr(item, "sender", None)
    return Missing(("text",)) if text is None else len(text) % 2 == 0


def _alike(one: Any, other: Any) -> bool | Missing:
    if one.text is None or other.text is None:
        return Missing(("text",))
    return bool(one.text == other.text)


def _fails(item: Any) -> bool:
    if getattr(item, "text", None) == "Not pregnant":
        raise KeyError("a plugin's own failure")
    return True


PREDICATES = {
    name: BoundPredicate(ir.Signature(name, kinds, ("text",)), call, "demo")
    for name, kinds, call in (
        ("demo/even", (ir.Kind.ENTRY,), _even),
        ("demo/alike", (ir.Kind.ENTRY, ir.Kind.ENTRY), _alike),
        ("demo/fails", (ir.Kind.ENTRY,), _fails),
    )
}


def bound(rules: Sequence[ir.Rule], *tables: ir.Table, has_release: bool = True) -> Binding:
    """Return rules bound to the small world, with more tables if need be."""
    ruleset = ir.Ruleset("w", "w", "1.0.0", 1, "none", (), _LIMITS, _SETS, (*_TABLES, *tables), tuple(rules), "")
    return bind([ruleset], SmallTerminology(has_release), predicates=PREDICATES)


# ------------------------------------------------------------------------------------------------ messages and records

DATES = (
    "2025-06-01",
    "2025-06-02",
    "2025-05-31",
    "2025-06",
    "2025-05",
    "2025",
    "2024-02-29",
    "2025-06-20",
    "1900-01-01",
    None,
    None,
)
BIRTHS = ("2009-06-01", "2009-06-02", "2009", "2008-02-29", "2013-05-31", "2025-06-10", "1975", "1900-01-01", None)
NUMBERS = tuple(Decimal(n) for n in ("0", "1", "2", "28", "300"))
UNITS = (
    "mm[Hg]",
    "kPa",
    "mmHg",
    "m[Hg]/(2.s)",
    "kg",
    "g",
    "Cel",
    "[degF]",
    "a",
    "mo",
    "wk",
    "d",
    "{tablet}",
    "furlong",
    "",
    None,
)
STRENGTHS = ("2 mg", "28 g", "5 mg / 5 mL", "5 mg / 5 mg", "1 furlong", "strong", None)


def some_coding(choose: Chooser, codes: Sequence[str]) -> Coding:
    kind = choose.count(11)
    display = choose.pick((None, *WORDS))
    if kind == 0:
        return Coding(system=choose.pick(("emis", "readv2", "icd10", None)), code="62...", display=display)
    if kind == 1:
        return Coding(system="readv2", code="63...", display=display)
    if kind == 2:
        return Coding(system=choose.pick(("http://snomed.info/sct", None)), code=None, display=display)
    return Coding(system=choose.pick(("http://snomed.info/sct", "sct")), code=choose.pick(codes), display=display)


def some_codings(choose: Chooser, codes: Sequence[str]) -> tuple[Coding, ...]:
    return tuple(some_coding(choose, codes) for _ in range(choose.pick((1, 1, 1, 1, 2, 2, 0))))


def some_quantity(choose: Chooser) -> Quantity:
    return Quantity(
        value=choose.pick((*NUMBERS, None)),
        unit=choose.pick(UNITS),
        comparator=choose.pick((None, None, None, "<", "<=", ">", ">=")),
    )


def some_value(choose: Chooser) -> Value | None:
    match choose.count(6):
        case 0:
            return Value(quantity=some_quantity(choose))
        case 1:
            return Value(date=choose.pick(DATES[:-2]))
        case 2:
            return Value(boolean=choose.pick((True, False)))
        case 3:
            return Value(codings=some_codings(choose, (P1, P2, "373067005", "260385009", "373066001")))
        case _:
            return None


def some_entry(choose: Chooser, path: str) -> Entry:
    rare: dict[str, Any] = {}
    if chance(choose, 3):
        rare = {
            "assertion": choose.pick((None, "present", "absent", "possible", "planned", "unknown")),
            "subject": choose.pick((None, "patient", "family", "baby", "another", "unknown")),
            "temporality": choose.pick((None, "current", "past", "unknown")),
            "status": choose.pick((None, "final", "amended", "entered-in-error", "unknown")),
            "verification": choose.pick((None, "confirmed", "entered-in-error", "unknown")),
            "clinical_status": choose.pick((None, "active", "resolved")),
            "heading": choose.pick((None, "final")),
            "origin": choose.pick((None, "practice", "outside")),
            "kind": choose.pick(ENTRY_KINDS),
            "end_date": choose.pick(DATES),
        }
    components = tuple(
        Component(
            codings=some_codings(choose, ENTRY_CODES),
            text=choose.pick((None, "Pregnancy")),
            value=some_value(choose),
            assertion=choose.pick((None, None, None, "unknown", "absent")),
            path=f"{path}.component[{i}]",
        )
        for i in range(choose.pick((0, 0, 0, 1, 2)))
    )
    return Entry(
        path=path,
        id=choose.pick((None, None, "1", "2")),
        message_id=choose.pick((None, None, "old")),
        text=choose.pick((None, *WORDS, *SAYINGS)),
        recorded=choose.pick(DATES),
        consultation_date=choose.pick((None, None, *DATES)),
        date=choose.pick(DATES),
        codings=some_codings(choose, ENTRY_CODES),
        value=some_value(choose),
        components=components,
        qualifiers=(Qualifier(role="bodySite", codings=some_codings(choose, (P1,))),) if chance(choose, 6) else (),
        **rare,
    )


def some_medication(choose: Chooser, path: str) -> Medication:
    return Medication(
        path=path,
        id=choose.pick((None, "1", "2", "3")),
        message_id=choose.pick((None, "old")),
        text=choose.pick((None, *WORDS, *SAYINGS)),
        status=choose.pick((None, "active", "stopped", "completed", "cancelled", "unknown", "no-such-word")),
        recorded=choose.pick(DATES),
        kind=choose.pick(("statement", "request", "dispense")),
        products=some_codings(choose, PRODUCT_CODES),
        not_given=choose.pick((None, None, False, True)),
        subject=choose.pick((None, None, None, "patient", "another", "unknown")),
        origin=choose.pick((None, "practice", "outside")),
        handed_over=choose.pick((None, *DATES)),
        start=choose.pick((None, *DATES)),
        end=choose.pick((None, None, *DATES)),
        quantity=some_quantity(choose) if chance(choose, 2) else None,
        days_supply=choose.pick((None, *NUMBERS[1:4])),
        course_days=choose.pick((None, None, None, Decimal(1), Decimal(7))),
        course_days_max=choose.pick((None, None, None, Decimal(7), Decimal(10))),
        dose=choose.pick((None, Decimal(1))),
        times_a_day=choose.pick((None, Decimal(2), Decimal(0))),
        strength=choose.pick(STRENGTHS),
        route=some_codings(choose, (ORAL, TOPICAL)) if chance(choose, 2) else (),
        prepared=choose.pick((None, *DATES)),
        authored=choose.pick((None, *DATES)),
        heading=choose.pick((None, "final")),
        form=some_codings(choose, (ORAL, TOPICAL)) if chance(choose, 3) else (),
        supply_type=some_codings(choose, (ORAL, TOPICAL)) if chance(choose, 3) else (),
        prescription_type=choose.pick((None, "acute", "repeat-dispensing")),
        not_given_reason=some_codings(choose, (ORAL, TOPICAL)) if chance(choose, 3) else (),
        order=choose.pick((None, None, None, "o1")),
        based_on=choose.pick(((), (), (), ("1",), ("2", "3"))),
    )


def some_patient(choose: Chooser) -> Patient:
    return Patient(
        nhs_number=choose.pick((None, "9990000018", "9990000018", "9990000026")),
        gender=choose.pick((None, "male", "female", "other", "unknown")),
        sex_at_birth=choose.pick((None, "male", "female")),
        born=choose.pick(BIRTHS),
        deceased=choose.pick((None, None, True, False)),
        died=choose.pick((None, None, None, "2025-06-01", "2025")),
    )


def some_submission(choose: Chooser, most: int = 3) -> Submission:
    unread: tuple[NotRead, ...] = ()
    if chance(choose, 4):
        unread = (
            NotRead(
                path="x",
                reason="r",
                resource_type=choose.pick((None, "Observation", "MedicationRequest")),
                whole=True,
                coded=True,
            ),
        )
    return Submission(
        patient=some_patient(choose),
        message=Message(
            service=some_codings(choose, (SERVICE, OTHER_SERVICE)),
            sent=choose.pick(DATES),
            sender=choose.pick((None, "A1")),
            recipient=choose.pick((None, "A1")),
            event=choose.pick((None, "A1")),
            id=choose.pick((None, "new")),
            version=choose.pick((None, "1")),
            replaces=choose.pick((None, "old")),
            status=choose.pick((None, "final")),
        ),
        entries=tuple(some_entry(choose, f"e[{i}]") for i in range(choose.count(most))),
        medications=tuple(some_medication(choose, f"m[{i}]") for i in range(choose.count(most))),
        texts=tuple(some_text(choose, f"t[{i}]") for i in range(choose.count(most))),
        not_read=unread,
    )


def some_text(choose: Chooser, path: str) -> TextItem:
    return TextItem(
        path=path,
        text=choose.pick(SAYINGS),
        date=choose.pick(DATES),
        recorded=choose.pick((None, "2025-06-02")),
        status=choose.pick((None, None, "entered-in-error")),
    )


def some_record(choose: Chooser, most: int = 3) -> Record | None:
    if chance(choose, 5):
        return None
    complete = tuple(
        Coverage(kind=kind, since=choose.pick((None, None, "2025-01-01", "2025-06-01", "2025")))
        for kind in ("entry", "medication")
        if not chance(choose, 6)
    )
    return Record(
        patient=some_patient(choose),
        complete=complete,
        entries=tuple(some_entry(choose, f"re[{i}]") for i in range(choose.count(most))),
        medications=tuple(some_medication(choose, f"rm[{i}]") for i in range(choose.count(most))),
    )
