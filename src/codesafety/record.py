"""What a message and a patient's record say: frozen models, the contract with suppliers.

Nothing here is judged, repaired or completed: a field that the source does not give is None, and None means "not known".
An *item* is one resource that a practice would file: an `Entry`, a `Medication` or a `TextItem`. Components and codings
belong to their item. A model that is made with what it cannot hold raises `RecordError`, an InputError that names the field and not what was given;
a repr names a path and never a patient.

Which date is the event date (one order, everywhere): the event's own as sent (`date`), else its consultation's
(`consultation_date`), else some day up to the one on which it was recorded (`recorded`), else missing. For a medication:
handed over, else prepared, else the start of the course, else authored.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic import ValidationError as ValidationError
from pydantic_core import PydanticCustomError

from codesafety.errors import InputError

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _Made

_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"(?P<time>[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?",
    re.ASCII,
)
TIME = re.compile(
    r"[T ]([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?(Z|[+-](0\d|1[0-3]):?[0-5]\d|[+-]14:?00)?",
    re.ASCII,
)
"""A time that a clock can show, with a zone that there is: up to 14 hours from UTC. 60 seconds is a leap second. FHIR has no 24:00, which
may be either day's."""
_UNPUNCTUATED = re.compile(
    r"(?P<day>\d{8})(T?(?P<hour>\d{2})((?P<minute>\d{2})((?P<second>\d{2})(\.\d+)?)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
"""HL7 v2 and v3, and ISO 8601 in its basic form. Eight digits that are a day from the year on are none from the day or the month
on, unless in a year before 1300: 20101970 would be a month 19. Six digits may be either, and are none."""


def punctuated(text: str) -> str:
    """Return a date as HL7 v2 and v3 write it (`19700101`, `201002250930+0000`) as FHIR writes it; any other text unchanged."""
    match = _UNPUNCTUATED.fullmatch(text)
    if match is None:
        return text
    day = f"{match['day'][:4]}-{match['day'][4:6]}-{match['day'][6:]}"
    if match["hour"] is None:
        return day
    time = f"T{match['hour']}:{match['minute'] or '00'}" + (f":{match['second']}" if match["second"] else "")
    return day + time + (match["zone"] or "")


@lru_cache(maxsize=65536)
def day_interval(text: str) -> tuple[int, int]:
    """Return the first and last day that a partial date may mean, as ordinals (1 is 0001-01-01).

    `2025` is the whole year, `2025-06` the month; a time of day is dropped, the day stays as written in its own zone.
    Raises ValueError for anything that is no such date or time (year 0, month 13, 30 February, 25:00).
    """
    match = _DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a date: write YYYY, YYYY-MM or YYYY-MM-DD")
    year = int(match["year"])
    if year == 0:
        raise ValueError("there is no year 0")
    if match["month"] is None:
        return date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    month = int(match["month"])
    if not 1 <= month <= 12:
        raise ValueError("there is no such month")
    last = monthrange(year, month)[1]
    if match["day"] is None:
        return date(year, month, 1).toordinal(), date(year, month, last).toordinal()
    day = int(match["day"])
    if not 1 <= day <= last:
        raise ValueError("there is no such day")
    if match["time"] is not None and not TIME.fullmatch(match["time"]):
        raise ValueError("there is no such time")
    ordinal = date(year, month, day).toordinal()
    return ordinal, ordinal


def _checked_date(text: str) -> str:
    written = punctuated(text)
    try:
        day_interval(written)
    except ValueError as error:
        raise PydanticCustomError("date", "{reason}", {"reason": str(error)}) from None
    return written


def _day_as_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _code_is_text(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise PydanticCustomError(
            "code_is_a_number",
            "a code was sent as a number; codes are text, because numbers lose the last digits of long ones: send it in quotes",
        )
    return value


def _of_a_size(number: Decimal) -> Decimal:
    if number and abs(number.adjusted()) > MAX_EXPONENT:
        raise PydanticCustomError(
            "number_size",
            "a number of this size measures nothing: at most {n} digits before or after the point",
            {"n": MAX_EXPONENT},
        )
    return number


SNOMED_CT = "http://snomed.info/sct"
MAX_EXPONENT = 30
"""Numbers beyond ten to this power are refused: exact arithmetic on them could take for ever."""
Number = Annotated[Decimal, AfterValidator(_of_a_size)]
PartialDate = Annotated[
    str, BeforeValidator(_day_as_text), AfterValidator(_checked_date), Field(examples=["2025", "2025-06", "2025-06-01"])
]
"""A date to the year, month or day, ISO 8601; a date-time keeps its text and counts as its day. `20250601` becomes `2025-06-01`, and
so does a `datetime.date`."""
CodeText = Annotated[str, BeforeValidator(_code_is_text)]
MAX_TEXT = 65_536
"""How many characters one text may have: a display, the words of a concept, a dosage."""
MAX_CODINGS = 100
"""How many codings one concept may have."""
MAX_COMPONENTS = 1_000
"""How many components one observation may have."""
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Gender = Literal["male", "female", "other", "unknown"]
Assertion = Literal["present", "absent", "possible", "planned", "unknown"]
Subject = Literal["patient", "family", "baby", "another", "unknown"]
Temporality = Literal["current", "past", "unknown"]
Origin = Literal["practice", "outside"]
PrescriptionType = Literal["acute", "repeat", "repeat-dispensing", "delayed"]
ItemKind = Literal["entry", "medication"]


def words_of_fields(model: type[BaseModel]) -> dict[str, str]:
    """Return the text that stands below a field in a model's source, or in that of a model that it extends."""
    import ast
    import inspect
    import textwrap
    from itertools import pairwise

    found: dict[str, str] = {}
    for one in (parent for parent in reversed(model.__mro__) if issubclass(parent, Model)):
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        assert isinstance(definition, ast.ClassDef)
        for field, below in pairwise(definition.body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(words))):
                    found[name] = inspect.cleandoc(words)
    return found


def place_in_words(place: tuple[int | str, ...]) -> str:
    """Return a place within a model in its own words: `entries[2].date`."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return words.removeprefix(".") or "the object"


def fault_in_words(kind: str, words: str) -> str:
    """Return what is wrong with a value, from the kind and the words of a validation's error: never what was sent."""
    match kind:
        case "missing":
            return "this field is required"
        case "model_type" | "dict_type":
            return "should be an object, in braces"
        case "tuple_type" | "list_type":
            return "should be a list, in brackets"
        case "code_is_a_number" | "date" | "value":
            return words
        case "too_long":
            return f"a list of more than {_limit_in(words)}"
        case "string_too_long":
            return f"a text of more than {_limit_in(words)} characters"
        case "literal_error":
            return "not one of the words that this field may have" + (
                ": " + words.removeprefix("Input should be ") if words.startswith("Input should be ") else ""
            )
        case _:
            return words[:1].lower() + words[1:].rstrip(".")


def _limit_in(words: str) -> str:
    """Return the first number in the words of a fault: the limit, before what was sent."""
    return f"{int(next(word for word in words.split() if word.isdigit())):,}"


class RecordError(InputError):
    """A model was to be made with what it cannot hold. `path` names the field."""


if not TYPE_CHECKING:

    class _Made(type(BaseModel)):
        """How a model is made: what it cannot hold is an error of ours. `dir` and `help` show what is its own."""

        __instancecheck__ = type.__instancecheck__  # pydantic's is written in Python, for generic models, of which we have none

        def __call__(cls, *given, **fields):
            try:
                return super().__call__(*given, **fields)
            except ValidationError as error:
                fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
                of_own = fault["type"] != "extra_forbidden"  # a name that is not the model's may be anybody's word
                place = place_in_words(fault["loc"] if of_own else fault["loc"][:-1])
                reason = fault_in_words(fault["type"], fault["msg"]) if of_own else "a field that it does not have"
            except TypeError:  # given without the field's name
                place, reason = "the object", "it is made of fields by their names"
            raise RecordError(reason, source=cls.__name__, path=place, help=f"its fields: {', '.join(cls.model_fields)}")

        def __dir__(cls):
            return sorted({*super().__dir__()} - {*dir(BaseModel)} | {"__doc__"})


class Model(BaseModel, metaclass=_Made):
    """What every model of the contract is: frozen, closed, and discreet: errors hide their input, a repr names a path."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        """Describe each field by the words below it. pydantic would read them from the source at every start."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema)["properties"]
        for name, words in words_of_fields(cls).items():
            properties[name].setdefault("description", words)
        return schema

    def __repr__(self) -> str:
        path = getattr(self, "path", None)
        return f"<{type(self).__name__}{f' {path}' if path else ''}>"

    __str__ = __repr__

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        return iter(())


class Coding(Model):
    """One code as it was sent."""

    system: str | None = None
    """The code system's URI, or its short name (`sct`, `icd10`, `readv2` ...). None: not said."""
    code: CodeText | None = None
    """The code, as text and unchanged. A number is refused."""
    display: Text | None = None
    """The words sent with the code."""
    other_displays: Annotated[tuple[Text, ...], Field(max_length=MAX_CODINGS)] = ()
    """Further words sent with the code or its concept: the description that a person chose (GP Connect), a translation."""
    user_selected: bool | None = None
    """True where a person chose this coding among several."""
    path: str | None = None
    """Where it stands in the source, as FHIRPath."""


Codings = Annotated[tuple[Coding, ...], Field(max_length=MAX_CODINGS)]
"""The codings of one concept."""


class Quantity(Model):
    """A number with its unit. Decimals are exact; a number that is not finite is refused."""

    value: Number | None = None
    unit: str | None = None
    """The UCUM code where one was sent, else the unit's words."""
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    """Where the value is a bound and not the value itself."""


class Value(Model):
    """What was measured or answered: at most one of the fields."""

    quantity: Quantity | None = None
    date: PartialDate | None = None
    boolean: bool | None = None
    codings: Codings = ()
    text: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> Value:
        given = [self.quantity is not None, self.date is not None, self.boolean is not None, bool(self.codings)]
        if sum(given) > 1:
            raise PydanticCustomError("value", "a value is a quantity, a date, a boolean or codings, and only one of them")
        return self


class Qualifier(Model):
    """Another coded element of the same resource: its role (`bodySite`, `category`, `reasonCode` ...) and codings."""

    role: str
    codings: Codings = ()
    text: Text | None = None


class Reference(Model):
    """A reference that the resource makes. `resolved` is False where nothing in the source answers to it."""

    role: str
    target: str | None = None
    resolved: bool | None = None
    path: str | None = None


class Provenance(Model):
    """Who wrote it: an organisation's ODS code, a professional role, the software. Never a person's name."""

    organization: str | None = None
    role: str | None = None
    software: str | None = None


class _Item(Model):
    """What every item has."""

    path: str
    """Where the resource stands in the source, as FHIRPath; the same for XML and JSON."""
    resource_type: str | None = None
    resource_id: str | None = None
    id: str | None = None
    """The source's own identifier for the item, by which a copy on the record is known."""
    text: Text | None = None
    """The words of the whole concept as sent (`CodeableConcept.text`)."""
    notes: tuple[Text, ...] = ()
    """What was written beside it in free text (FHIR `note`, `comment`, `conclusion`, a time in words ...)."""
    status: str | None = None
    """The resource's status as sent (`final`, `entered-in-error`, `completed` ...)."""
    message_id: str | None = None
    """On the record: the identifier of the message that it came in. What an incoming message replaces is known by it."""
    recorded: PartialDate | None = None
    """When it was written down."""
    consultation_date: PartialDate | None = None
    """The day of the consultation that it belongs to."""
    heading: str | None = None
    """The record-standard heading that it was sent under (`pregnancy-status`, `clinical-summary` ...)."""
    qualifiers: tuple[Qualifier, ...] = ()
    references: tuple[Reference, ...] = ()
    provenance: Provenance | None = None

    @property
    def entered_in_error(self) -> bool:
        return self.status == "entered-in-error"


class Component(Model):
    """A part of an observation with a code and a value of its own. It shares its entry's dates and context."""

    codings: Codings = ()
    text: Text | None = None
    value: Value | None = None
    assertion: Assertion | None = None
    """What is said of this part alone. None: what its entry says."""
    path: str | None = None


class Entry(_Item):
    """A coded statement: a finding, diagnosis, procedure, observation, allergy, immunisation, family history ..."""

    kind: str = "observation"
    """observation, condition, procedure, allergy, immunization, family-history, encounter, document, other."""
    codings: Codings = ()
    """Every coding of the concept, as sent, side by side."""
    assertion: Assertion | None = None
    """None: the message does not say. `unknown`: it says two things, or that it is not known."""
    subject: Subject | None = None
    temporality: Temporality | None = None
    verification: str | None = None
    """A condition's verification status as sent (`confirmed`, `refuted`, `unconfirmed` ...)."""
    clinical_status: str | None = None
    """A condition's clinical status as sent (`active`, `resolved` ...)."""
    date: PartialDate | None = None
    """When it happened, as sent."""
    end_date: PartialDate | None = None
    """When it ended, where a period was sent."""
    value: Value | None = None
    origin: Origin | None = None
    """Where it was written: by the practice that holds the record, or elsewhere. None: not said, or not to be told."""
    components: Annotated[tuple[Component, ...], Field(max_length=MAX_COMPONENTS)] = ()

    @classmethod
    def of(
        cls,
        code: str,
        value: Value | Quantity | None = None,
        *,
        system: str = SNOMED_CT,
        display: str | None = None,
        path: str = "",
        **fields: Any,
    ) -> Self:
        """Return an entry of one code; `fields`: all others, by name (`date="2026-03-04"`). Raises InputError as a model does."""
        held = Value(quantity=value) if isinstance(value, Quantity) else value
        return cls(path=path, codings=(Coding(system=system, code=code, display=display),), value=held, **fields)

    @property
    def entered_in_error(self) -> bool:
        """Whether it is withdrawn: by its status, or, as FHIR withdraws conditions and allergies, by its verification."""
        return "entered-in-error" in (self.status, self.verification)


class Medication(_Item):
    """A medicine asked for, planned, given or said to be taken."""

    kind: Literal["statement", "plan", "request", "dispense", "administration"] = "dispense"
    products: Codings = ()
    """The product's codings as sent."""
    subject: Subject | None = None
    """Whose it is, where that is not simply the source's own patient."""
    not_given: bool | None = None
    """True where the source says that it was not given or not taken."""
    not_given_reason: Codings = ()
    supply_type: Codings = ()
    """Prescription, patient group direction, minor ailments scheme ..."""
    prescription_type: PrescriptionType | None = None
    """How it is prescribed: once, to be issued again on request, in issues that are written at once, or to be used later."""
    route: Codings = ()
    form: Codings = ()
    strength: str | None = None
    """What one unit of the quantity holds of its one ingredient, with units in UCUM: `500 mg`, `5 mg / 5 mL`."""
    handed_over: PartialDate | None = None
    prepared: PartialDate | None = None
    authored: PartialDate | None = None
    start: PartialDate | None = None
    """The first day of the course."""
    end: PartialDate | None = None
    """The last day of the course."""
    course_days: Number | None = None
    """How many days the course lasts, where that is said and not its last day: at least."""
    course_days_max: Number | None = None
    """At most. None beside `course_days`: it ends, and when is not said."""
    quantity: Quantity | None = None
    days_supply: Number | None = None
    dose: Number | None = None
    """Units of the quantity at a time."""
    times_a_day: Number | None = None
    as_needed: bool | None = None
    dosage_text: Text | None = None
    order: str | None = None
    """The order number (group identifier) that its request, dispensings and issues share."""
    based_on: tuple[str, ...] = ()
    """Identifiers of the items that it answers or belongs to (request, plan, statement), and of the one that it replaces."""
    origin: Origin | None = None
    """As an entry's."""

    @classmethod
    def of(cls, code: str, *, system: str = SNOMED_CT, display: str | None = None, path: str = "", **fields: Any) -> Self:
        """Return a medicine of one product's code; `fields`: all others, by name (`start="2026-03-04"`). Raises InputError as a
        model does."""
        return cls(path=path, products=(Coding(system=system, code=code, display=display),), **fields)


class TextItem(_Item):
    """A resource that holds words and no code. It is shown; rules over words ask it, and no others."""

    date: PartialDate | None = None
    """When what it says was so."""


class Patient(Model):
    """The patient as the source describes them. Administrative gender and sex at birth are different facts."""

    nhs_number: str | None = None
    nhs_number_status: str | None = None
    """The verification status as sent (`01` is "number present and verified")."""
    gender: Gender | None = None
    sex_at_birth: Gender | None = None
    """Private: rules may test it; nothing that this library writes names it."""
    born: PartialDate | None = None
    deceased: bool | None = None
    died: PartialDate | None = None
    path: str | None = None


class Message(Model):
    """The message that the submission came in."""

    service: tuple[Coding, ...] = ()
    """The service that was provided, as coded."""
    sender: str | None = None
    """The sending organisation's ODS code."""
    recipient: str | None = None
    sent: PartialDate | None = None
    event: str | None = None
    id: str | None = None
    version: str | None = None
    replaces: str | None = None
    """The identifier of the message or document that this one replaces."""
    status: str | None = None
    path: str | None = None
    qualifiers: tuple[Qualifier, ...] = ()
    references: tuple[Reference, ...] = ()


class NotRead(Model):
    """Something in the source that is not in the submission: where, what and why.

    `whole`: a resource that was not understood, rather than an element of one that was read. `coded`: it is, or it holds, a code
    that nobody has judged, and then the submission is at least `review`. `broken`: it breaks its format; it is held as not checked.
    """

    path: str
    reason: str
    resource_type: str | None = None
    resource_id: str | None = None
    whole: bool = False
    coded: bool = False
    broken: bool = False
    codings: tuple[Coding, ...] = ()


class Coverage(Model):
    """What a record declares itself complete for: a kind of item, from a day on (None: from the beginning)."""

    kind: ItemKind
    since: PartialDate | None = None


class _Items(Model):
    """What submissions and records both have: a patient and items."""

    patient: Patient = Patient()
    entries: tuple[Entry, ...] = ()
    medications: tuple[Medication, ...] = ()
    texts: tuple[TextItem, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the source says of itself: `data-in-transit`, `confidential-items` ..."""
    format: str | None = None
    """The reader that read it."""

    @classmethod
    def of(cls, patient: Patient, *items: Entry | Medication | TextItem, **fields: Any) -> Self:
        """Return what a patient and items make, in their order; `fields`: all others, by name. An item that was made without a
        path gets its place here: `entries[0]`. Raises InputError for what is no item, and for a field that is none."""
        held: dict[str, Any] = {name: [] for name in _LISTS.values()}
        for number, item in enumerate(items, 1):
            name = next((name for kind, name in _LISTS.items() if isinstance(item, kind)), None)
            if name is None:
                raise RecordError(f"the {number}. item is none", source=cls.__name__, help=f"give {_NAMES}")
            path = item.path or f"{name}[{len(held[name])}]"
            held[name].append(item.model_copy(update={"path": path}))
        return cls(patient=patient, **held, **fields)


_LISTS: dict[type[Entry | Medication | TextItem], str] = {Entry: "entries", Medication: "medications", TextItem: "texts"}
_NAMES = ", ".join(kind.__name__ for kind in _LISTS)


class Submission(_Items):
    """What is about to be filed."""

    message: Message = Message()
    envelope: tuple[Qualifier, ...] = ()
    """Coded elements around the items, whose meaning is known and clinical for nobody (the type of a composition, the code of a
    list, the kind of an encounter). Their codings are tested for damage, and no rule about entries sees them."""
    other_patients: tuple[Patient, ...] = ()
    """Patients in the same source who are not the one that it is about; filing such a message is for a person to decide."""


class Record(_Items):
    """What the practice already holds, and for what it declares itself complete."""

    complete: tuple[Coverage, ...] = ()
    """Empty: it declares nothing, so nothing is known to be absent."""

    def covers(self, kind: ItemKind) -> Coverage | None:
        """Return the widest declared coverage of a kind, or None where it declares none."""
        found = [c for c in self.complete if c.kind == kind]
        if not found:
            return None
        return min(found, key=lambda c: (0, 0) if c.since is None else (1, day_interval(c.since)[1]))
