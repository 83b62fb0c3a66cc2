"""What we answer: one report a message, enough to draw a supplier's workflow screen from nothing else.

A report never names sex at birth, a birth date or an NHS number. `as_sent` is the one place that repeats what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, Field

from codesafety.record import Assertion, Model, NotRead, Subject, Temporality

Decision = Literal["none", "note", "review", "hold"]
RANK: dict[str, int] = {"none": 0, "note": 1, "review": 2, "hold": 3}

THIS_WERE_SO = "this were so: "
"""What stands before an exception's label where `counterfactual_text` names it."""

SEVERITIES = ("minor", "significant", "considerable", "major", "catastrophic")
"""Of hazards and rules, the least first (DCB0129)."""


def strictest(*decisions: Decision) -> Decision:
    """Return the strictest of none < note < review < hold; `none` of nothing."""
    return max(decisions, key=RANK.__getitem__, default="none")


def decision_of_unread(unread: NotRead | NotReadItem) -> Decision:
    """Return what something that was not read asks for: none where it is a mere detail.

    What breaks its format is held; what holds codes is looked at; a whole resource without codes is noted.
    """
    return "hold" if unread.broken else "review" if unread.coded else "note" if unread.whole else "none"


_Filled = TypeVar("_Filled", bound=Model)


def filled(model: type[_Filled], fields: dict[str, Any]) -> _Filled:
    """Return a model of all of its fields, in their order, which are known to be right: nothing is checked or completed."""
    made = model.__new__(model)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", set(fields))
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


_set = object.__setattr__


class AsSent(Model):
    """What was sent, unchanged."""

    code: str | None = None
    system: str | None = None
    display: str | None = None
    text: str | None = None
    date: str | None = None


class Answers(Model):
    """How many loaded rules gave an answer for an item, and how many could not."""

    answered: int = 0
    cannot_tell: int = 0
    not_applicable: int = 0
    not_in_force: int = 0


class EntryContext(Model):
    """That an item, or a part of it, is said to be other than present, the patient's and current: no rule takes it for a fact."""

    path: str
    code: str | None = None
    system: str | None = None
    term: str | None = None
    assertion: Assertion
    assertion_by: tuple[Literal["message", "value", "code"], ...] = ()
    """Who says so: the message (a status, an element), the value (`No`, `false`), the code's own meaning. Two that differ are
    `unknown`."""
    subject: Subject
    temporality: Temporality


class ReportItem(Model):
    """One resource that a practice would file."""

    path: str
    place: str = ""
    """The same in words: `medication list, 3rd`; the order is that in which it was sent. See `codesafety.reporting.places`."""
    resource_type: str | None = None
    resource_id: str | None = None
    kind: Literal["entry", "medication", "text", "unread"]
    code: str | None = None
    system: str | None = None
    term: str | None = None
    """The terminology's own term for the code, where it is known. Not what was sent."""
    date: str | None = None
    """The item's day as rules use it: `2025-06-01`, `2025-06`, `up to 2025-06-01`; None where it is missing."""
    as_sent: AsSent = AsSent()
    context: tuple[EntryContext, ...] = ()
    """Of the item and of each part that is said to be denied, possible, planned, past, another's, or of which that is not known."""
    decision: Decision = "none"
    rules: Answers = Answers()
    results: tuple[str, ...] = ()
    """Ids of the results that concern it."""


class InvolvedEntry(Model):
    """An entry that a result involves."""

    path: str
    place: str = ""
    """The place of its item in words, as `ReportItem.place`; of one on the record, its place there."""
    side: Literal["incoming", "record"]
    role: str
    """The rule's own name for it (`e`, `x`)."""
    code: str | None = None
    system: str | None = None
    term: str | None = None
    date: str | None = None
    takes_action: bool = False
    """True for each incoming entry: the action is for it."""


class UsedFact(Model):
    """A fact that the answer rests on, in the rule's terms."""

    name: str
    value: str


class ExceptionTried(Model):
    """An exception of a rule that fired: it does not hold, or it could not be tested, and then what was missing."""

    label: str
    outcome: Literal["does not hold", "could not be tested"]
    missing: tuple[str, ...] = ()


class SourceCited(Model):
    """What a rule rests on."""

    text: str
    url: str | None = None


class OverridableBy(Model):
    """The coded reasons for which a finding may be set aside, and for how long, as the rule says it: `12 months`."""

    reasons: tuple[str, ...]
    length: str


class Overridden(Model):
    """An override that is in force: a person set the finding aside. It is kept, and decides nothing."""

    reason: str
    role: str | None = None
    until: str


class Result(Model):
    """One answer of one rule: it fires, or it cannot tell."""

    id: str
    """The same for the same finding in a message that is sent again."""
    rule: str
    """ruleset/rule."""
    version: str
    title: str | None = None
    outcome: Literal["fires", "cannot_tell"]
    action: Decision
    """What it asks for, after profile and override; `none` of what cannot be told, unless the rule names an action for that."""
    message: str
    """What a clinician reads. It never quotes what was sent."""
    entries: tuple[InvolvedEntry, ...] = ()
    count: int = 1
    """How many incoming entries it concerns."""
    path: str | None = None
    """The trigger's path; None for the message itself."""
    facts: tuple[UsedFact, ...] = ()
    exceptions: tuple[ExceptionTried, ...] = ()
    missing: tuple[str, ...] = ()
    counterfactual: tuple[str, ...] = ()
    """What would have made it clear, in the rule's own terms."""
    counterfactual_text: tuple[str, ...] = ()
    """The same in words that follow `It would be clear if`, as far as there are any: an age, the gender, the label of an
    exception that asks for more than what the items themselves are."""
    severity: str | None = None
    hazard: tuple[str, ...] = ()
    source: tuple[SourceCited, ...] = ()
    because: str | None = None
    rests_on: tuple[str, ...] = ()
    """Ids of results beneath which this one is shown: if they are wrong, so may this be."""
    overridable_by: OverridableBy | None = None
    overridden: Overridden | None = None
    changed_by_profile: str | None = None
    """The action that the rule asks for where the profile lowered it."""


class MissingInput(Model):
    """One missing thing, in one line, with the rules that it stopped."""

    missing: str
    """A whole input (`record`), a field of patient or message, or, with a `path`, what is missing of one item: `assertion, date`.
    `product` and `code` without a path: medicines and entries that no set of codes understands."""
    path: str | None = None
    """The item or coding of which it is missing; None where the whole input is."""
    rules: int
    items: int
    cause: str = ""
    """What is missing, in words: `no record was given`."""
    names: tuple[str, ...] = ()
    """Of medicines that were not recognised: the terminology's own terms for their codes, as far as it has any,
    the most frequent first. Never what was sent."""
    message: str
    """The cause, and how many rules it stopped."""


class NotReadItem(Model):
    """Something in the source that is in no field of ours: where and why. See `codesafety.record.NotRead`."""

    path: str
    reason: str
    resource_type: str | None = None
    resource_id: str | None = None
    whole: bool = False
    coded: bool = False
    broken: bool = False


class NotChecked(Model):
    """What the checker itself failed at; it holds."""

    path: str | None = None
    rule: str | None = None
    plugin: str | None = None
    reason: str


class IdentityCheck(Model):
    """Whether message and record are of one patient, without naming the patient."""

    nhs_number: Literal["same", "different", "not_compared"]
    differing: tuple[str, ...] = ()
    decision: Decision = "none"
    message: str


class RecordCoverage(Model):
    """What was known of the patient before the message."""

    given: bool
    complete: tuple[str, ...] = ()
    """For what the record declares itself complete: `entry from the beginning`, `medication since 2020-01-01`."""
    warnings: tuple[str, ...] = ()


class Counts(Model):
    """How much was read, how many rules were loaded, and how many answers came of it."""

    items: int = 0
    answered: int = 0
    """Entries and medications for which at least one rule answered. 0: nothing was checked, whatever the decision."""
    entries: int = 0
    medications: int = 0
    texts: int = 0
    envelope: int = 0
    """Codings around the items (the type of a composition, the code of a list), tested for damage only."""
    not_read: int = 0
    rules: int = 0
    fires: int = 0
    cannot_tell: int = 0
    overridden: int = 0
    by_decision: dict[str, int] = Field({})
    """Items by decision."""


class About(Model):
    """Of whom and of what a report is, as rules take it. No name, number or birth date."""

    kind: Literal["message", "record"] = "message"
    gender: str | None = None
    """Administrative gender; None where it is missing; the message's where it and the record differ."""
    age: str | None = None
    """On the day of the message: `28 years`, below two years `9 months`; by the message's birth date where it and the record's
    differ; None where it cannot be told exactly."""
    service: str | None = None
    """The service's own term, else its code."""
    day: str | None = None
    """The day of the message, else the latest of its items."""


class RulesetUsed(Model):
    """One ruleset that was loaded."""

    name: str
    version: str
    review: str
    """Whose clinical review it had, and when; without a record the word of its header, where `none` means that there was none."""
    review_status: Literal["reviewed", "changed since", "none"] = "none"
    """Whether the review that is recorded beside it is of these very rules, of others before them, or there is none."""
    rules: int
    digest: str


class RuleChanged(Model):
    """One change of a profile: who decided it, why, and until when."""

    rule: str
    action: str
    reason: str
    role: str
    until: str


class ProfileUsed(Model):
    """The profile of the call: the changes that hold on the message's own day, and those that have ended."""

    name: str
    in_force: tuple[RuleChanged, ...] = ()
    ended: tuple[RuleChanged, ...] = ()


class TerminologyUsed(Model):
    """The release, or the frozen lists, by which codes were understood."""

    name: str
    edition: str | None = None
    digest: str
    frozen_sets: int = 0
    """Value sets that were answered from frozen lists."""
    release_sets: int = 0


class EngineUsed(Model):
    """What answered."""

    name: Literal["codesafety"] = "codesafety"
    version: str
    evaluator: Literal["compiled", "reference"]
    digest: str
    """Of all that an answer depends on: version, rules, limits, severities, terminology, code maps, predicates, plugins and their
    readers, and `never`. Both evaluators answer the same, and have the same digest."""


class Digests(Model):
    """blake2b-16 (hex) over canonical JSON: two equal digests, two equal inputs."""

    input: str
    record: str | None = None


class Report(Model):
    """The answer to one message: a decision, what was found, what could not be told, and all that the answer depends on."""

    schema_version: Literal["1"] = "1"
    decision: Decision
    """What was found. none: no loaded rule objected, never that the message is right, nor that all could be told."""
    told: Literal["whole", "partly"]
    """Whether every rule could be told; `partly`: `missing_inputs` says what was missing."""
    summary: str
    about: About = About()
    items: tuple[ReportItem, ...] = ()
    results: tuple[Result, ...] = ()
    missing_inputs: tuple[MissingInput, ...] = ()
    """What could not be told, by what was missing, the most useful first."""
    never_given: tuple[str, ...] = ()
    """Whole inputs that the engine was told never come."""
    not_read: tuple[NotReadItem, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    errors: tuple[str, ...] = ()
    identity: IdentityCheck
    record: RecordCoverage
    counts: Counts = Counts()
    engine: EngineUsed
    rulesets: tuple[RulesetUsed, ...] = ()
    limits: dict[str, str] = Field({})
    predicates: tuple[str, ...] = ()
    """Plugins' predicates that rules can call."""
    code_maps: tuple[str, ...] = ()
    """Plugins' code maps, each as `plugin: name`: a mapped code is judged as its target is."""
    profile: ProfileUsed | None = None
    terminology: TerminologyUsed
    format: str | None = None
    message_id: str | None = None
    digests: Digests

    __slots__ = ("_later",)  # the fields that nobody has asked for yet; empty in one that is whole

    @classmethod
    def made(cls, fields: dict[str, Any], later: Callable[[], Mapping[str, Any]]) -> Report:
        """Return a report of fields that need no checks. `later` makes the others when one of them is asked for, and once.

        Until then it holds what they are made of: the message and the record. Safe to share between threads.
        """
        made = cls.__new__(cls)
        _FIELDS.__set__(made, fields)
        _set(made, "__pydantic_fields_set__", _GIVEN)
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        _set(made, "_later", _Later(later))
        return made

    if not TYPE_CHECKING:

        @property
        def __dict__(self):
            """The fields, all of them: whatever compares, copies, stores or prints a model asks for them here."""
            _fill(self)
            return _FIELDS.__get__(self)

        @__dict__.setter
        def __dict__(self, fields):
            _FIELDS.__set__(self, fields)

        def __getattr__(self, name):
            if name in type(self).__pydantic_fields__ and _fill(self):
                return _FIELDS.__get__(self)[name]
            return super().__getattr__(name)


_FIELDS: Any = BaseModel.__dict__["__dict__"]
"""What holds the fields of a model, whether they are all there or not."""
_GIVEN = set(Report.model_fields) - {"schema_version"}


class _Later:
    """What makes the fields of a report that are not there yet."""

    __slots__ = ("lock", "make")

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self.make: Callable[[], Mapping[str, Any]] | None = make
        self.lock = Lock()


def _fill(report: Report) -> bool:
    """Make the fields of a report that are not there yet. Returns whether there were any."""
    try:
        later = object.__getattribute__(report, "_later")
    except AttributeError:
        return False
    with later.lock:
        if later.make is not None:
            found = {"schema_version": "1", **_FIELDS.__get__(report), **later.make()}
            _FIELDS.__set__(report, {name: found[name] for name in Report.model_fields})  # a dump is in the order of the fields
            later.make = None
    return True
