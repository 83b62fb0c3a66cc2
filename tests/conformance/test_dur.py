"""Korea's list of medicines in pregnancy beside `uk.pregnancy_medicines`. Its groups of duplicates are asked in `tests/rulesets`."""

from __future__ import annotations

from tests.conformance.authorities import needs, rows, tell
from tests.places import RULESETS

import codesafety
from codesafety.record import Coding, Coverage, Entry, Medication, Message, Record, Submission

PREGNANCY = "dur_pregnancy.csv"
SNOMED = "http://snomed.info/sct"
ANTI_INFLAMMATORY = (
    *("Acemetacin", "Dexketoprofen", "Diclofenac", "Fenoprofen", "Flurbiprofen", "Lornoxicam", "Meloxicam", "Tenoxicam"),
    *("Tiaprofenic acid", "Tolfenamic acid", "Tolmetin"),
)


@needs(PREGNANCY)
def test_what_we_find_beside_a_pregnancy_is_on_their_list() -> None:
    """Theirs is no gold list (valproate is of the lower grade there): what it has and we have not, the ruleset's README leaves out."""
    engine = codesafety.load(RULESETS / "optional" / "uk.pregnancy_medicines", installed_plugins=False)

    def found(moiety: str) -> set[str]:
        pregnant = Entry(path="e", date="2025-05-20", codings=(Coding(system=SNOMED, code="77386006"),))
        given = Medication(path="m", handed_over="2025-06-01", days_supply=28, products=(Coding(system=SNOMED, code=moiety),))
        submission = Submission(message=Message(sent="2025-06-01"), entries=(pregnant,), medications=(given,))
        record = Record(complete=(Coverage(kind="entry"), Coverage(kind="medication")))
        results = engine.assess(submission, record).results
        return {r.rule for r in results if r.outcome == "fires" and r.rule.startswith("uk.pregnancy_medicines/")}

    asked = [row for row in rows(PREGNANCY) if row["vtm"]]
    ours = {row["ingredient"]: found(row["vtm"]) for row in asked}
    tell("medicines in pregnancy", len(asked), sum(not rules for rules in ours.values()))
    assert {ingredient for ingredient, rules in ours.items() if rules} == {"Topiramate", *ANTI_INFLAMMATORY}
