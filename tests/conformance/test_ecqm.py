"""Four of CMS's quality measures as rules of this language: their test patients, at the boundaries of ages and dates, as examples.

An event is an entry for each value set that it is in, by the set's name, or by its own code where it is in none; a time of day is dropped.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.conformance.authorities import needs, objects, tell

from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.engine import frozen_terminology
from codesafety.language.loader import load

CASES = "ecqm_patients.jsonl"
pytestmark = needs(CASES)

PERIOD = ["2026-01-01", "2026-12-31"]
SEX = {"248152002": "female", "248153007": "male"}
POPULATIONS = {"initial-population": "ip", "denominator-exclusion": "excluded", "numerator": "met"}
NOT_SAID = {
    (
        "CMS506",
        "denominator-exclusion",
    ): "why a patient left hospital is no field; whether a diagnosis came first goes by the time of day",
    ("CMS506", "numerator"): "a request's category (discharge, community) is no field",
    ("CMS117", "numerator"): "doses are told apart by the CPT and CVX codes that the facts leave out",
}
"""Populations of a measure that are not asked, with the reason."""
NOT_TOLD = {
    "ecqm-CMS130-59128a5c": "the answer of the survey of housing is not among the facts",
    "ecqm-CMS130-487de25d": "the same",
}
"""Patients whose exclusion is not asked. So it is of those who were discharged to a hospice, which is no field here."""

VISITS = (
    *("Office Visit", "Home Healthcare Services", "Telephone Visits", "Virtual Encounter", "Annual Wellness Visit"),
    "Preventive Care Services Established Office Visit, 18 and Up",
    "Preventive Care Services Initial Office Visit, 18 and Up",
    "Preventive Care, Established Office Visit, 0 to 17",
    "Preventive Care Services, Initial Office Visit, 0 to 17",
)
SETS = {
    "period": ("period",),
    "visit": VISITS,
    "hospice_or_palliative": (
        *("Hospice Encounter", "Hospice Care Ambulatory", "Hospice Diagnosis", "45755-6", "71007-9"),
        *("Palliative Care Encounter", "Palliative Care Diagnosis", "Palliative Care Intervention"),
    ),
    "no_cervix": ("Hysterectomy with No Residual Cervix", "Congenital or Acquired Absence of Cervix"),
    "pap_test": ("Pap Test",),
    "hpv_test": ("HPV Test",),
    "no_colon": ("Total Colectomy", "Malignant Neoplasm of Colon"),
    "frail": ("Frailty Device", "Frailty Diagnosis", "Frailty Encounter", "Frailty Symptom"),
    "very_ill": ("Advanced Illness", "Dementia Medications"),
    "blood_in_stool": ("Fecal Occult Blood Test (FOBT)",),
    "dna_in_stool": ("sDNA FIT Test",),
    "sigmoidoscopy_or_scan": ("Flexible Sigmoidoscopy", "CT Colonography"),
    "colonoscopy": ("Colonoscopy",),
    "inpatient": ("Encounter Inpatient",),
    "opioid_or_benzodiazepine": ("Schedule II, III and IV Opioid Medications", "Schedule IV Benzodiazepines"),
}
DEFINED = """
define in_period(item x) "in the period" { x is not before 2026-01-01 and x is not after 2026-12-31 }
define reaches_period(entry x, entry p) "at some time of the period" {
  x is not after p and (x.end_date is missing or x.end_date is not before 2026-01-01)
}
define seen(entry p) "seen in the year before its last day" { exists entry v in visit where (v is less than 1 year before p) }
define in_124(entry p) "CMS124" { patient.sex_at_birth is female and age at p is from 24 to 64 years and seen(p) }
define in_130(entry p) "CMS130" { age at p is from 46 to 75 years and seen(p) }
define in_117(entry p) "CMS117" { age at p is from 2 to 2 years and seen(p) }
define ends_with_care(entry p) "hospice or palliative care" {
  exists entry x in hospice_or_palliative where (reaches_period(x, p))
}
"""
RULES = {
    "cms124-ip": "for entry p in period when in_124(p)",
    "cms124-excluded": """for entry p in period
        when in_124(p) and (ends_with_care(p) or exists entry x in no_cervix where (x is not after p))""",
    "cms124-met": """for entry p in period
        when in_124(p) and (
          exists entry x in pap_test where (x is less than 3 years before p and not (x.value is missing))
          or exists entry x in hpv_test where (
            x is less than 5 years before p and age at x >= 30 years and not (x.value is missing)
          )
        )""",
    "cms130-ip": "for entry p in period when in_130(p)",
    "cms130-excluded": """for entry p in period
        when in_130(p) and (
          ends_with_care(p)
          or exists entry x in no_colon where (x is not after p)
          or (
            age at p >= 66 years
            and exists entry x in frail where (in_period(x))
            and exists entry x in very_ill where (x is less than 2 years before p)
          )
        )""",
    "cms130-met": """for entry p in period
        when in_130(p) and (
          exists entry x in blood_in_stool where (in_period(x))
          or exists entry x in dna_in_stool where (x is less than 3 years before p)
          or exists entry x in sigmoidoscopy_or_scan where (x is less than 5 years before p)
          or exists entry x in colonoscopy where (x is less than 10 years before p)
        )""",
    "cms117-ip": "for entry p in period when in_117(p)",
    "cms117-excluded": "for entry p in period when in_117(p) and ends_with_care(p)",
    "cms506-ip": """for entry v in inpatient
        when v.end_date is not before 2026-01-01
         and v.end_date is not after 2026-12-31
         and age at v >= 18 years
         and exists entry m in opioid_or_benzodiazepine where (m is not before v and m is not after v.end_date)""",
}


def patient(case: dict[str, Any]) -> str:
    """Return what an example gives of a patient: who, the last day of the period, and each event."""
    gender = f"gender {case['gender']}, " if case["gender"] else ""
    sex = f"sex_at_birth {SEX[case['us_core_sex']]}, " if case["us_core_sex"] else ""
    given = [f"given patient {gender}{sex}born {case['born']}", f'given incoming entry "period", system test, date {PERIOD[1]}']
    for event in case["events"]:
        start = event["start"][:10]
        end = (event.get("end") or "")[:10] or (start if event["type"] != "Condition" else "")
        said = f"date {start}" + (f", end_date {end}" if end else "") + (", value 1" if event.get("has_value") else "")
        error = ", entered-in-error" if event["status"] == "entered-in-error" else ""
        for name in event["sets"] or [code for _, code in event["codes"]]:
            given.append(f'given incoming entry "{name}", system test, {said}{error}')
    return " ".join(given)


def test_the_test_patients_are_in_the_populations_that_the_measures_say(tmp_path: Path) -> None:
    examples: dict[str, list[str]] = defaultdict(list)
    for case in objects(CASES):
        assert case["period"] == PERIOD
        to_hospice = any("discharge_sets" in event for event in case["events"])
        for population, name in POPULATIONS.items():
            untold = population == "denominator-exclusion" and (case["id"] in NOT_TOLD or to_hospice)
            if (case["measure"], population) not in NOT_SAID and not untold:
                expected = "fires" if case["expected"][population] else "clear"
                rule = f"{case['measure'].lower()}-{name}"
                examples[rule].append(f'example "{case["id"]}" {{ {patient(case)} expect {expected} }}')
    sets = [
        f'valueset {name} "{name}" {{ codes test {", ".join(f"{chr(34)}{code}{chr(34)} |{code}|" for code in codes)} }}'
        for name, codes in SETS.items()
    ]
    rules = [f'rule {name} {{ action note {form} say "{name}" {" ".join(examples[name])} }}' for name, form in RULES.items()]
    head = 'ruleset ecqm { title "Quality measures" version 1.0.0 language 2 review none }\n'
    (tmp_path / "ecqm.rules").write_text(head + "\n".join([*sets, DEFINED, *rules]), encoding="utf-8")
    rulesets = load([tmp_path]).rulesets
    results = list(run_examples(bind_for_examples(rulesets, frozen_terminology(rulesets))))
    others = [(r.rule, r.example.name, r.expected_in_words, r.compiled_in_words) for r in results if not r.passed]
    tell("populations of patients", len(results), len(others))
    assert len(results) == sum(map(len, examples.values()))
    assert others == []
