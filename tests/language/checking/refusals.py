"""`python -m tests.language.checking.refusals`: write what the checker says of each rule that it refuses, for somebody to read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.language.checking import test_defines, test_families, test_members, test_mistakes, test_numbers
from tests.language.checking.test_checking import (
    CONDITIONS,
    DATA,
    DECLARATIONS,
    DRUGS,
    ENTRY,
    EXAMPLES,
    HEAD,
    LINT,
    MEANT,
    MESSAGES,
    PAIR,
    PREDICATES,
    PRIVATE,
    ROW,
)

from codesafety import ir, language
from codesafety.diagnostics import Span
from codesafety.errors import RuleError

PATH = Path(__file__).with_name("refusals.txt")
ROW_2 = "for entry e in a with row r of ranges"
TEXT = "for text t"
MORE = (
    'rule r { action stop for message say "x" }',
    'rule r { action note cannot tell reviewed for message say "x" }',
    'rule r { action note for message severity sever say "x" }',
    'rule r { action note for entries say "x" }',
    'rule r { action note for message title "a" title "b" title "c" say "x" }',
    'rule r { action note for message for message when message.service is missing when message.service is missing say "x" }',
    'rule r { action note for entry e in u/a say "x" }',
    'rule r { action note for entry e in t/soon say "x" }',
    'rule r { action note for entry e with row r of few say "x" }',
    'rule r { action note after rule a for message say "x" }',
    'rule r { action note for message when exists entry y in b where (y.date is before z) say "x" }',
    f'rule r {{ action note {ENTRY} when age at e is not from 64 to 16 years and patient.gender is not mann say "x" }}',
    f'rule r {{ action note {PAIR} when e is not before f and e is not within 3 days of g and e is not about mother say "x" }}',
    f'rule r {{ action note {DRUGS} when m.ingredients is n.ingredients say "x" }}',
    f'rule r {{ action note {DRUGS} when m has the same ingredients as m and n shares an ingredient with n say "x" }}',
    f'rule r {{ action note {PAIR} when x is the same entry as x and e is about patients say "x" }}',
    f'rule r {{ action note {ENTRY} when e is about family and e is absent say "x" }}',
    f'rule r {{ action note {ENTRY} when e is past and e is incoming or e is planned or e is possible say "x" }}',
    'rule r { action note for message when exists entry y in a where (exists entry z in a where (exists entry w in b)) say "x" }',
    'rule r { action note for message when exists entry y in a where (message.service is missing) say "x" }',
    f'rule r {{ action note {ENTRY} overridable by seen for 9 weeks overridable by seen for 9 months say "x" say "y" }}',
    f'rule r {{ action note {ENTRY} say "x" example "x" {{ given incoming entry 77386006 expect fires }} '
    'example "x" { given incoming entry 77386006 expect clear } }',
    'rule p { action note for message after rule q say "x" } rule q { action note for message after rule p say "x" }',
    'rule p { action note for message say "x" } rule p { action note for message say "x" }',
    f'rule r {{ action note {ROW} when r.n > 3 say "{{r}} {{age at message.service}} {{r.n}} {{message.service}}" }}',
    f'rule r {{ action note {ROW} when r.colum > 3 and r.lo > 3 and r.label is e.text and r.n is r.seen say "x" }}',
    f'rule r {{ action note {PAIR} when e.value is x.value and e.value is high and e.date is high and m is past say "x" }}',
    'valueset v "V" { ecl { << 77386007 } }',
    'valueset v "V" { ecl { << 77386006 ecl } ecl { << 77386006 } }',
    'valueset v "V" { codes 77386006 |Not pregnant| }',
    'valueset v "V" { codes 77386006 perhaps 146799005, 146799005 except 60001007, 60001007 }',
    'table t from "ages.csv" { key kode in icd10cm column lo years }',
    'table t from "ages.csv" { key code in icd10cm key code in icd10cm column low year column seen dates }',
    'limit l "L" { default 4 from 2 weeks to 8 weeks from 2 to 8 }',
    'limit l "L" { default 2 from 2 to 2 } limit m "M" { default 1 from 2 to 3 } limit n "N" { default 4 from 2 to 3 }',
    'limit l "L" { default 8 days from 8 days to 1 week } limit m "M" { default 7 days from 7 days to 7 days }',
    'limit l "L" { default 5 weeks from 5 weeks to 1 month } limit m "M" { default 4 weeks from 4 weeks to 1 month }',
    'limit l "L" { default 13 months from 13 months to 1 year } limit m "M" { default 12 months from 12 months to 1 year }',
    f'rule r {{ action note {ENTRY} say "x" example "x" {{ given incoming medication 77386006, present given message hair brown '
    "given record hair brown given message gender expect cannot tell: e.dat, nosuch, patient.gendre, release.emis, record } }",
    'rule r { action hold for message when patient.gender is male say "x" }',
    'rule r { action note cannot tell hold for message when patient.gender is male say "x" }',
    f'rule r {{ action note {PAIR} when e is before 2025-06-31 say "x" }}',
    f'rule r {{ action note {PAIR} when e contradicts its words and x is family say "x" }}',
    f'rule r {{ action note {ENTRY} valid from 2025-06-01 valid until 2025-01 say "x" }}',
)


WHOLE = (
    'limit l "L" { default 3 }',
    'ruleset a { title "A" version 1.0.0 language 1 } ruleset b { title "B" version 1.0.0 language 1 }',
    "ruleset a { }",
    'ruleset a { title "A" title "B" version 1.0.0 language 2 reviewed yes parts none }',
    "ruleset a { titel none versoin none langauge none use none }",
    'ruleset a { title "A" version 1.0.0 language 1 uses b 1.0.0 }',
    'ruleset a { title "A" version 1.0.0 language 1 } limit l "L" { default 3 } limit l "L" { default 3 }',
)


HEAD_2 = """ruleset t { title "Test" version 1.0.0 language 2 }
limit soon "Soon" { default 4 weeks from 2 weeks to 8 weeks }
limit few "A few" { default 3 from 0 to 8 }
limit too_high "Too high" { default 300 "mm[Hg]" from 250 "mm[Hg]" to 400 "mm[Hg]" }
valueset a "A" { codes 77386006 |Pregnancy| phrases "said.csv" }
valueset b "B" { codes 60001007 |Not pregnant| }
valueset drug "Drug" { codes 52388000 |Prednisolone| }
table ranges from "ranges.csv" {
  key code in sct column youngest years column oldest years open column n number column ucum unit
  column low value in ucum open column high value in "kg" column label text
}
table rows from "rows.csv" {
  key name column young years column old years open column cond set column code code in icd10cm column sex sex column n number
  column u unit column said text valid from start until end
}
"""
DATA_2 = {
    "said.csv": b"phrase,says\npregnant,affirms\n",
    "ranges.csv": b"code,youngest,oldest,n,ucum,low,high,label\n77386006,12,,1.5,/min,20,70,x\n",
    "rows.csv": b"name,young,old,cond,code,sex,n,u,said,start,end\nflu,3,17,a,O80,male,1,kg,x,2020-01-01,2024-12-31\ncold,65,,b,Z34,female,2,g,,,\n",
    "none.csv": b"name,n\n",
    "empty.csv": b"code,term\n",
    "terms.csv": b"code,term\n77386006,Pregnant\n60001007,Not a bit pregnant\n22298006,Heart attack\n",
    "latin.csv": b"code,n\n\xe9,1\n",
    "many.csv": b"name,n\n" + b"".join(b"r%d,1\n" % n for n in range(1001)),
}
FIRST = (
    'define d(entry s) "d" { s is incoming }',
    'rule r for each row p of ages { action note for entry e in a say "{p.label}" }',
    'rule r { action note after rule q[x] for message say "x" } rule q { action note for message say "x" }',
    'rule r { action note for message say "x" example "x" of x { given message gender male expect fires } }',
    'table t from "ages.csv" { key code column n number }',
    'table t from "ages.csv" { key code in icd10cm column label set }',
    'table t from "ages.csv" { key code in icd10cm column n number open }',
    'table t from "ages.csv" { key code in icd10cm column n value in "kg" }',
    'valueset v "V" { codes 77386006 phrases "said.csv" }',
    'limit l "L" { default 3 "kg" }',
    'limit l "L" { default 3 from 2 "kg" to 4 "kg" }',
    f'rule r {{ action note {ENTRY} assume "kg" for e.value when e.value > 3 "kg" say "x" }}',
    'rule r { action note for text t say "x" }',
    'rule r { action note for history h in a say "x" }',
    'rule r { action note for message when exists history h in a say "x" }',
    f'rule r {{ action note {ENTRY} when latest entry x in b has (x is before e) say "x" }}',
    f'rule r {{ action note {ENTRY} when at least 2 of (e is incoming, e is past) say "x" }}',
    f'rule r {{ action note {ENTRY} when exists entry x in b as y say "{{y}}" }}',
    f'rule r {{ action note {ENTRY} when at least 2 days with entry x in a including e say "x" }}',
    f'rule r {{ action note {ENTRY} unless "x" exists found entry x in b say "x" }}',
    f'rule r {{ action note {ENTRY} when at least 2 episodes more than 10 days apart with entry x in b say "x" }}',
    f'rule r {{ action note {ENTRY} when at least 2 entry x in b say "x" }}',
    f'rule r {{ action note {ENTRY} when age at e < 2 years 6 months say "x" }}',
    f'rule r {{ action note {PAIR} when e.value - x.value > 1 say "x" }}',
    f'rule r {{ action note {PAIR} when e.value rises from x.value by more than 5 % say "x" }}',
    f'rule r {{ action note {PAIR} when e is less than 3 days before x say "x" }}',
    f'rule r {{ action note {PAIR} when e is more than 3 days from x say "x" }}',
    f'rule r {{ action note {ENTRY} say "x" example "x" {{ given incoming entry 77386006 expect fires "x" }} }}',
    f'rule r {{ action note {ENTRY} when e.value is from 3 to 4 say "x" }}',
    f'rule r {{ action note {ENTRY} when age at e is from 6 months to 2 years say "x" }}',
    f'rule r {{ action note {ENTRY} when e.value > x.value say "x" }}',
    f'rule r {{ action note {PAIR} when e.value > x.value say "x" }}',
    f'rule r {{ action note {PAIR} when 3 < x.value say "x" }}',
    f'rule r {{ action note {ENTRY} say "x" example "x" {{ given incoming entry 77386006, value < 3 expect fires }} }}',
)
"""What the first version of the language does not have."""


def _family(body: str) -> str:
    return f"rule r for each row p of rows {{ action note {body} }}"


def _note(of: str, body: str, say: str = "x") -> str:
    return f'rule r {{ action note {of} {body} say "{say}" }}'


BROUGHT = (
    *(
        "active",
        "stopped",
        "completed",
        "cancelled",
        "normal",
        "high",
        "male",
        "family",
        "patient",
        "past",
        "planned",
        "x",
        "few",
    ),
    *("null", "empty", "none", "blank", "absent", "unknown", "nothing", "missing"),
    *("present", "known", "recorded", "there", "available", "yes", "true", "a"),
)
"""Words that people ask after."""
ASKED = (
    (ENTRY, "e"),
    ("for history e in a", "e"),
    ("for mention e in a", "e"),
    ("for medication e in drug", "e"),
    ("for coding e", "e"),
    (TEXT, "t"),
    (ROW_2, "r"),
    ("for message", "message"),
    (ENTRY, "e.status"),
    (ENTRY, "e.date"),
    (ENTRY, "e.text"),
    (ENTRY, "patient.gender"),
)
GIVEN = (
    *("male", "female", "active", "stopped", "present", "absent", "not-given", "planned", "aged 3"),
    *("dob 1990", "birthdate 1990", "birth_date 1990", "date_of_birth 1990", "sex male", "sex_code male", "duration 3"),
    *(
        "supply 3",
        "frequency 3",
        "times 3",
        "result 3",
        "reading 3",
        "number 3",
        "gendre male",
        "dat 2025",
        "colour red",
        "route oral",
    ),
)
"""What people give in examples."""
_OF_ROWS = 'for entry e in p.cond when age at e is not from p.young to p.old say "{p.said}"'
SECOND = (
    'valueset w "W" { codes 77386006 |Pregnancy| except 77386006 }',
    'valueset w "W" { include a, b except b, a }',
    'valueset w "W" { include a, b except b }',
    'valueset w "W" { frozen "terms.csv" except v } valueset v "V" { frozen "terms.csv" codes 77386007 }',
    'valueset w "W" { frozen "terms.csv" except v } valueset v "V" { frozen "terms.csv" codes 77386006 |Pregnancy| }',
    'valueset w "W" { ecl { << 77386006 } except 77386006 }',
    'valueset w "W" { codes 77386006 |Pregnancy| except v } valueset v "V" { ecl { << 77386006 } codes 77386006 |Pregnancy| }',
    'valueset w "W" { codes 77386006 |Pregnancy| except v } valueset v "V" { ecl { << 77386006 } frozen "terms.csv" }',
    'valueset w "W" { codes 77386006 |Pregnancy| except v } valueset v "V" { codes 77386006 |Pregnancy|, 60001007 |Not pregnant| except b }',
    'valueset w "W" { codes 60001007 |Not pregnant| except v } valueset v "V" { codes 77386006 |Pregnancy|, 60001007 |Not pregnant| except b }',
    'valueset w "W" { codes 77386006 |Pregnancy| except v } valueset v "V" { codes 77386006 |Pregnancy| except w }',
    'limit one "One" { default 1 from 1 to 8 } rule r { action note for entry e in a when e.value / one > 3 "kg" say "x" }',
    *(
        f'rule r {{ action note {of} when {condition} say "x" }}'
        for of, condition in (
            (ENTRY, "age at e < nosuch"),
            (ENTRY, "e.value-nosuch > 1"),
            ("for entry event in a", "event is from 2020-01-01 to 2021-01-01"),
            ("for medication m in drug", 'm.quantity > 3 * 2 "kg"'),
            (DRUGS, "m overlaps n by more than nosuch"),
            (ENTRY, "age at z is from 64 to 16 years"),
            (ENTRY, "age at z < 0 years"),
            (ENTRY, "age at e < 0 years"),
            (ENTRY, "age at e >= 0 years"),
            (ENTRY, "age at e >= 1 year"),
            (ENTRY, "age at e >= 150 years"),
            (ENTRY, "age at e >= 151 years"),
            (ENTRY, "age at e >= 1800 months"),
            (ENTRY, "age at e >= 1801 months"),
            (ENTRY, "age at e >= 7801 weeks"),
            (ENTRY, "age at e >= 54751 days"),
            (ENTRY, "age at e <= 16 years"),
            (ENTRY, "age at e > 2 years 6 months"),
            (ENTRY, "age at e > few"),
            (ENTRY, "age at e >= few"),
            (ENTRY, "age at e >= soon"),
            (ENTRY, "age at e >= 2025-01-01"),
            (ENTRY, "age at e >= 1"),
            (ENTRY, "age at e >= 2"),
            (ENTRY, 'age at e >= 2 "a"'),
            (ENTRY, "age at e >= age at message.sent"),
            (ENTRY, "age at e >= (2 + 3)"),
            (ENTRY, "age at e >= e.date"),
            (ENTRY, "age at e >= e.value"),
            (ENTRY, "age at e >= nosuch"),
            (ENTRY, "age at e >= e.valeu"),
            (ROW_2, "age at e >= r.n"),
            (ROW_2, "age at e >= r.youngest"),
            (ROW_2, "age at e >= r.oldest"),
            (ROW_2, "age at e >= r.label"),
            (ROW_2, "age at e >= r.low"),
            (ROW_2, "age at e is from r.youngest to r.oldest"),
            (ROW_2, "age at e is from r.n to r.oldest"),
            (ROW_2, "age at e is from r.label to r.oldest"),
            (ROW_2, "age at e is from r.n to r.n"),
            (ROW_2, "age at e is from r.colum to 8 years"),
            (ENTRY, "age at e is from e.value to 8 years"),
            (ENTRY, "age at e is from few to 8 years"),
            (ENTRY, "age at e is from soon to 8 years"),
            (ENTRY, "age at e is from too_high to 8 years"),
            (ENTRY, "age at e is from nosuch to 8 years"),
            (ENTRY, "age at e is from 8 to 8 years"),
            (ENTRY, "age at e is from 9 to 8 years"),
            (ENTRY, "age at e is from 18 months to 1 year"),
            (ENTRY, "age at e is from 1 to 151 years"),
            (ENTRY, "age at e is from 1 to 2"),
            (ENTRY, "age at e is from 1.5 to 2 years"),
            (ENTRY, "age at e is from 12 weeks to 2 years"),
            (TEXT, "t denies b"),
            (TEXT, "t denies a"),
            (TEXT, "t affirms a"),
            (TEXT, "t denies nosuch"),
            (ENTRY, "e affirms a"),
            (TEXT, "not (t affirms a)"),
            (TEXT, "fewer than 2 of (t affirms a, patient.gender is male, t affirms a)"),
            (TEXT, "no entry x in a where (t affirms a and x is incoming)"),
            (TEXT, "fewer than 2 entry x in a where (t affirms a)"),
            (TEXT, "at least 2 of (t affirms a, patient.gender is male)"),
            (ENTRY, "e.value < 3 and e.value < 3"),
            (ENTRY, "e.value < 3 or e.value < 3"),
            (ENTRY, "e.value < 3 and e.value > 3"),
            (ENTRY, "e.value <= 3 and e.value >= 3"),
            (ENTRY, "e.value < 3 and e.value >= 3"),
            (ENTRY, "e.value <= 3 and e.value > 3"),
            (ENTRY, "e.value < 3 and 3 < e.value"),
            (ENTRY, "e.value > 2 and 3 >= e.value and e.value < 2"),
            (ENTRY, 'e.value < 3 "kg" and e.value > 3000 "g"'),
            (ENTRY, 'e.value < 3 "kg" and e.value > 2999 "g"'),
            (ENTRY, 'e.value < 3 "kg" and e.value > 4 "m"'),
            (ENTRY, 'e.value is from 3 to 4 "kg" and e.value is from 4001 to 4002 "g"'),
            (ENTRY, 'e.value is from 3 to 4 "kg" and e.value is from 4000 to 4002 "g"'),
            (ENTRY, "e.value is missing and e.value > 3"),
            (ENTRY, "e.value > 3 and e.value is missing"),
            (ENTRY, "e.value is missing and not (e.value is missing)"),
            (ENTRY, "patient.gender is male and patient.gender is female"),
            (ENTRY, "patient.gender is male and (patient.gender is male and e is incoming)"),
            (ENTRY, "age at e < 1 year and age at e >= 12 months"),
            (ENTRY, "age at e < 1 year and age at e >= 11 months"),
            (ENTRY, "age at e < 1 week and age at e >= 7 days"),
            (ENTRY, "age at e < 1 week and age at e >= 6 days"),
            (ENTRY, "age at e < 8 days and age at e >= 1 week"),
            (ENTRY, "age at e < 13 months and age at e >= 1 year"),
            (ENTRY, "age at e is from 1 to 2 years and age at e >= 3 years"),
            (ENTRY, "age at e is from 1 to 2 years and age at e >= 2 years"),
            (ENTRY, "age at e is from 3 to 4 years and age at e < 3 years"),
            (ENTRY, "e in a"),
            (ENTRY, "e not in a"),
            (ENTRY, "at least 2 days with entry x in a including e where (x is before e)"),
            (ENTRY, "at least 2 days with entry x in a including e where (x is more than 3 days before e)"),
            (ENTRY, "at least 2 days with entry x in a including e where (x is not on the same day as e)"),
            (ENTRY, "at least 2 days with entry x in a including e where (x is not the same entry as e)"),
            (ENTRY, "at least 2 days with entry x in a including e where (x is not after e)"),
            (ENTRY, "e.value / e.value > 3"),
            (ENTRY, "3 / e.value > 3"),
            (ENTRY, "3 / 0 > e.value"),
            (ENTRY, "e.value / few > 3"),
            (ENTRY, "e.value / (few * 2) > 3"),
            (ENTRY, "e.value / (few / 2) > 3"),
            (ENTRY, "e.value / (2 - 2) > 3"),
            (ENTRY, "e.sex is male"),
            (ENTRY, "e.dob is missing"),
            (ENTRY, "patient.dob is missing"),
            (ENTRY, "patient.birthdate is missing"),
            (ENTRY, "e.age > 3"),
            (ENTRY, "e.value-3 > 3"),
            (ENTRY, "e is more than 3 weeks 2 years before 2025-01-01"),
            (ENTRY, "e is within 2 years 6 months of 2025-01-01"),
            (ENTRY, "e is within 2 weeks 6 days of 2025-01-01"),
        )
    ),
    *(
        f'rule r {{ action note {of} when {condition} say "x" }}'
        for of, condition in (
            *(
                (ENTRY, f"{word} {n} of (e is incoming, patient.gender is male, e is about patient)")
                for word in ("at least", "fewer than")
                for n in ("0", "1", "2", "3", "4", "few", "soon", "1.5", "e.value")
            ),
            *(
                (ENTRY, f"{word} {n} of (e is incoming, patient.gender is male)")
                for word in ("at least", "fewer than")
                for n in ("1", "2")
            ),
            *(
                (ENTRY, f"at least {n} of (e is incoming, patient.gender is male, e is about patient, age at e < 3 years)")
                for n in ("0", "4", "5")
            ),
            *(
                (ENTRY, f"{word} {n} entry x in b")
                for word in ("at least", "fewer than")
                for n in ("0", "1", "2", "1.5", "few", "soon")
            ),
            *((ENTRY, f"{word} {n} days with entry x in b") for word in ("at least", "fewer than") for n in ("0", "1", "2")),
            *(
                (ENTRY, f"{word} 2 episodes more than {apart} apart with entry x in b")
                for word in ("at least", "fewer than")
                for apart in ("0 days", "1 day", "2 months", "few", "soon", "nosuch", "1 week 2 days")
            ),
            (ENTRY, "at least 2 weeks with entry x in b"),
            *(
                ("for medication m in drug", f"m.{field} {operator} {n}")
                for field in ("dose", "times_a_day", "days_supply", "quantity")
                for operator in ("<", "<=", ">", ">=")
                for n in ("0", "-1", "0.5", "few")
            ),
            *(
                (ROW_2, f"{one} {operator} {other}")
                for operator in ("<", ">=")
                for one, other in (
                    ("r.n", "r.high"),
                    ("r.high", "r.n"),
                    ("r.n", "few"),
                    ("few", "r.high"),
                    ("r.low", "r.high"),
                    ("r.high", "too_high"),
                    ("r.n", "e.value"),
                    ("e.value", "r.n"),
                    ("e.value", "r.high"),
                    ("r.high", '3 "g"'),
                    ("r.high", '3 "m"'),
                    ("r.n", '3 "g"'),
                    ("e.value", "e.value"),
                    ("e.value - r.n", "3"),
                    ("e.value - r.high", '3 "g"'),
                    ("e.value * r.high", '3 "g"'),
                    ("e.value / r.high", "3"),
                    ("e.value + 1", "r.high"),
                )
            ),
            *(
                (ROW_2, f"e.value is from {low} to {high}")
                for low, high in (
                    ("few", "r.high"),
                    ("r.high", "few"),
                    ("r.n", "r.high"),
                    ("r.low", "r.high"),
                    ("r.low", "r.low"),
                    ("too_high", '400 "mm[Hg]"'),
                    ('400 "mm[Hg]"', "too_high"),
                    ("r.n", "r.n"),
                    ("few", "few"),
                    ("9", "few"),
                    ("few", "2"),
                    ("e.value", "3"),
                    ("r.label", "3"),
                    ("2 weeks", "3 weeks"),
                    ("soon", "3"),
                )
            ),
            ("for medication m in drug", "at least m.times_a_day entry x in b"),
            ("for medication m in drug", "at least m.days_supply days with entry x in b"),
            (ENTRY, "exists entry x in b including e"),
            (ENTRY, "no entry x in b including e"),
            (ENTRY, "at least 2 days with medication x in drug including e"),
            ("for medication m in drug", "at least 2 days with entry x in b including m"),
            (ENTRY, "exists entry x in b as y or e is incoming"),
            (ENTRY, "exists entry x in b as y or exists entry z in b as y"),
            (ENTRY, "not (exists entry x in b as y)"),
            (ENTRY, "no entry x in b as y"),
            (ENTRY, "at least 2 of (exists entry x in b as y, e is incoming, patient.gender is male)"),
            (ENTRY, "exists entry x in b where (exists entry z in a as y)"),
            (ENTRY, "latest entry x in b before e has (x.value > 3)"),
            (ENTRY, "earliest entry x in b after e where (x is after e) has (x.value > 3)"),
            (ENTRY, "latest entry x in b until e has (e is incoming)"),
            (ENTRY, "latest entry x in b until nosuch has (x.value > 3)"),
            (ENTRY, "latest entry x in nosuch until e has (x.value > 3)"),
            (ENTRY, "e.value is from 3 to 3"),
            (ENTRY, "e.value is from 4 to 3"),
            (ENTRY, 'e.value is from 3 "kg" to 3000 "g"'),
            (ENTRY, 'e.value is from 3 "kg" to 2999 "g"'),
            ("for entry e in a with row r of nosuch", "r.n > 3"),
            ("for entry e in a with row r of rows", "r.n > 3"),
            ("for entry e in a with entry x in nosuch", "x.value > 3"),
            ("for entry e in nosuch with entry x in b", "x.value > 3"),
            ("for entry e in a with coding c", "c.code is missing"),
            ("for coding c with entry e in a", "c.code is missing"),
            ("for text t with coding c", "c.code is missing"),
            ("for text t with entry e in nosuch", "e is incoming"),
            ("for text t with entry e in a", "t is on the same day as e"),
            ("for nothing", "message.service is missing"),
            ("for words t", "message.service is missing"),
        )
    ),
    *(
        f'rule r {{ action note {of} say "x" example "x" {{ given {given} expect {expected} }} }}'
        for of, given, expected in (
            *(
                (ENTRY, f"incoming entry 77386006, {what}", "fires")
                for what in (
                    "date 2025",
                    "date male",
                    'date "x"',
                    "value 3",
                    'value 3 "kg"',
                    'value "3 kg"',
                    'value "high"',
                    "value true",
                    "value 2 years 6 months",
                    "value 3 weeks 2 years",
                    "value 2025-01-01",
                    "value 2025-02-30",
                    "value 60001007 |x|",
                    "value high",
                    "value <= 3",
                    "status final",
                    "status nonsense",
                    "assertion nonsense",
                    "kind nonsense",
                    "code 3",
                    "qunatity 3",
                    "quantity 3",
                    "system emis",
                    'system "nosuch"',
                    "id x",
                    "text x",
                    "text 3",
                    "subject mother",
                )
            ),
            *(
                ("for medication m in drug", f"incoming medication 52388000, {what}", "fires")
                for what in (
                    "quantity 3",
                    'quantity 3 "tablet"',
                    "quantity high",
                    "days_supply 28",
                    'days_supply 28 "d"',
                    "days_supply x",
                    "form 385055001",
                    'form "x"',
                    "route x",
                    "start 2025-01-01",
                    "as_needed true",
                    "as_needed perhaps",
                    "value 3",
                )
            ),
            *(
                (ENTRY, "incoming entry 77386006", f"cannot tell: {field}")
                for field in (
                    "record",
                    "e.date",
                    "e.dat",
                    "e.nosuch",
                    "nosuch",
                    "nosuch.date",
                    "patient.gender",
                    "patient.gendre",
                    "patient.nhs_number",
                    "message.service",
                    "message.servic",
                    "release",
                    "release.emis",
                    "release.",
                    "patient",
                )
            ),
            (ENTRY, "incoming coding 77386006", "fires"),
            (ENTRY, "incoming entry nosuch", "fires"),
            (ENTRY, "patient gender male", "fires"),
            (ENTRY, "patient gender mal", "fires"),
            (ENTRY, "patient born 1990", "fires"),
            (ENTRY, "patient nosuch x", "fires"),
            (ENTRY, "message sent 2025-01-01", "fires"),
            (ENTRY, "message sent x", "fires"),
            (ENTRY, "record complete", "fires"),
            (ENTRY, "record complete entry", "fires"),
            (ENTRY, "record complete since 2025", "fires"),
            (ENTRY, "record complete nosuch", "fires"),
            (ENTRY, "nothing", "fires"),
            (ENTRY, "incoming entry 77386007", "fires"),
            (ENTRY, "incoming entry 77386006", 'fires "y"'),
            (ENTRY, "incoming entry 77386006", 'clear "y"'),
        )
    ),
    *(
        f'rule r {{ action note {part} for entry e in a say "x" }}'
        for part in (
            "title few",
            'title " "',
            "because nosuch",
            'because ""',
            "source few",
            'source ""',
            "hazard H-01, H-01",
            "hazard x",
            "severity high",
            'assume "kg" for e.value assume "g" for e.value',
            'assume "nosuch" for e.value',
            'assume "kg" for e.date',
            'assume "kg" for patient.gender',
            "valid from 2025",
            "valid from 2025-02-30",
            "valid from 2025-01-02 valid until 2025-01-01",
            "overridable by seen for 0 weeks",
            "overridable by nosuch for 2 weeks",
            "overridable by seen",
            "after rule nosuch",
            "after rule r",
            "after rule r[x]",
            "cannot tell note",
            "cannot tell stop",
            "action hold",
        )
    ),
    *(
        f'valueset v "V" {{ {parts} }}'
        for parts in (
            "",
            "codes",
            "include nosuch",
            "include a except b",
            "include a except 77386006",
            'include a except "x"',
            "include v",
            "codes emis X1",
            "codes nosuch X1",
            'codes emis "X 1"',
            "codes 77386006, 77386006",
            "codes 77386006 |Pregnancy| perhaps 77386006",
            "ecl { }",
            "ecl { < }",
            'ecl { << 77386006 } frozen "nosuch.csv"',
            'frozen "said.csv" frozen "said.csv"',
            'phrases "said.csv" phrases "said.csv" codes 77386006',
            'phrases "nosuch.csv" codes 77386006',
            'phrases "said.csv"',
            'phrases "none.csv" codes 77386006',
            "codes 77386006 |Not pregnant|",
        )
    ),
    *(
        f'table z from "ranges.csv" {{ {parts} }}'
        for parts in (
            "key code in sct",
            "column n number",
            "key code in nosuch column n number",
            "key nosuch in sct column n number",
            "key code in sct column n numbr",
            "key code in sct column n number open column n number",
            "key code in sct column label text open",
            "key code in sct column n number opne",
            "key code in sct column low value",
            'key code in sct column n number in "kg"',
            'key code in sct column low value in "nosuch"',
            "key code in sct column low value in nosuch",
            "key code in sct column low value in n column n number",
            "key code in sct column low value in ucm column ucum unit",
            "key code in sct column label number",
            "key code in sct column label sex",
            "key code in sct column label date",
            "key code in sct column n years",
            "key code in sct column label set",
            "key code in sct column label unit",
            "key code in sct column label code",
            "key code in sct column label code in icd10cm",
            "key code in sct column n number valid from youngest until oldest",
            "key code in sct column n number valid from nosuch until nosuch",
            "key label column n number",
            "key code in sct column code number",
            "key code in sct column n number valid from n until n valid from n until n",
        )
    ),
    *(
        f'limit l "L" {{ {parts} }}'
        for parts in (
            "",
            "default 3",
            "default 3 from 3 to 3",
            "default 3 from 1 to 2",
            "default 3 from 5 to 4",
            "default 3 default 4",
            "default 3 from 1 to 4 from 1 to 4",
            "default 3 weeks from 1 to 4",
            "default 3 from 1 week to 4 weeks",
            "default 3 weeks from 1 month to 2 months",
            'default 3 "kg" from 1 to 4',
            'default 3 "kg" from 2000 "g" to 4000 "g"',
            'default 3 "nosuch" from 2 "kg" to 4 "kg"',
            "default 3 years from 2 years 6 months to 4 years",
            "from 1 to 2",
            'default 3 source ""',
            "default -3",
            "default 1.5 weeks",
            "default 0 weeks",
        )
    ),
    *(
        f"define {parts}"
        for parts in (
            'd(entry s) "" { s is incoming }',
            'd(entry s) "d" { e is incoming }',
            'd(entry patient) "d" { patient.gender is male }',
            'd(nosuch s) "d" { s is incoming }',
            'd(entry a) "d" { a is incoming }',
            'd(entry s) "d" { s is incoming } define d(entry s) "d" { s is incoming }',
            'd() "d" { patient.gender is male }',
            'a(entry s) "d" { s is incoming }',
            'd(entry s, medication m) "d" { s is before m }',
            'd(item s) "d" { s.value > 3 }',
            'd(item s) "d" { s.date is missing }',
            'd(coding c) "d" { c.code is missing }',
            'd(entry s) "d" { exists entry x in a where (x is before s) } rule r { action note for medication m in drug when d(m) say "x" }',
            'd(entry s) "d" { q(s) } define q(entry s) "q" { d(s) }',
            'd(entry s) "d" { s is incoming } rule r { action note for entry e in a when d() say "x" }',
            'd(entry s) "d" { s is incoming } rule r { action note for entry e in a when d(z) say "x" }',
            'd(entry s) "d" { s is incoming } rule r { action note for entry e in a when d(e.value) say "x" }',
        )
    ),
    *(
        f'rule r {{ action note for entry e in a say "{say}" }}'
        for say in (
            "",
            " ",
            "{",
            "}",
            "{e",
            "e}",
            "{e.nosuch}",
            "{e.value}",
            "{e.date}",
            "{patient}",
            "{patient.born}",
            "{patient.gender}",
            "{patient.nhs_number}",
            "{message.sent}",
            "{few}",
            "{soon}",
            "{too_high}",
            "{a}",
            "{age at e}",
            "{age at nosuch}",
            "{age at e.recorded}",
            "{nosuch}",
            "{e.code}",
            "{e.text}",
            "{e.id}",
            "{{e}}",
            "{e.subject}",
        )
    ),
    _family(_OF_ROWS),
    _family('assume p.u for e.value for entry e in p.cond when e.value > 3 "kg" say "x"'),
    _family('assume p.said for e.value for entry e in p.cond when e.value > 3 "kg" say "x"'),
    _family('assume p.n for e.value for entry e in p.cond when e.value > 3 "kg" say "x"'),
    _family('for entry e in p.cond when e.value > p.u say "{p.u}"'),
    _family('for entry e in p.cond say "x"'),
    _family('for entry e in a say "x"'),
    _family('for entry e in p.cod say "x"'),
    _family('for entry e in p.sex say "x"'),
    _family('for entry e in p.cond when e.value > p.said say "x"'),
    _family('for entry e in p.cond when e.value > p.old say "x"'),
    _family('for entry e in p.cond when e.text is p.said say "x"'),
    _family('for entry e in p.cond when patient.gender is p.n say "x"'),
    _family('for entry e in p.cond when patient.gender is p.sex valid from 2025-01-01 say "x"'),
    _family('for entry e in p.cond when patient.gender is p.sex valid until 2019-01-01 say "x"'),
    _family('for entry e in p.cond say "{p.nosuch}"'),
    _family('for entry e in p.cond say "{p.code}"'),
    _family('for entry e in p.cond with row p of ranges say "x"'),
    _family('for entry e in p.cond say "x" example "x" of flue { given incoming entry 77386006 expect fires }'),
    _family('for entry e in p.cond say "x" example "x" of zzzzzz { given incoming entry 77386006 expect fires }'),
    _family('for entry e in p.cond when age at e >= 151 years say "x"'),
    _family('for entry e in p.cond when nosuch is male say "x"'),
    _family('after rule r[cold] for entry e in p.cond say "x"'),
    'table none from "none.csv" { key name column n number } rule r for each row p of none { action note for message say "{p.n}" }',
    'rule r for each row p of ranges { action note for message say "{p.n}" }',
    'rule r for each row p of nosuch { action note for message say "{p.n}" }',
    'rule r { action note after rule q[x] for message say "x" } rule q { action note for message say "x" }',
    'limit l "L" { default 3 "nosuch" }',
    'limit l "L" { default 3 "kg" from 2 "m" to 4 "kg" }',
    'define d(entry s) "d" { s is incomin } rule r { action note for entry e in a when d(e) say "x" }',
    'define d(entry s) "d" { d(s) } rule r { action note for entry e in a when d(e) say "x" }',
    'define d(entry s, entry s) "d" { s is incoming } rule r { action note for entry e in a when d(e, e) say "x" }',
    'define d(entry s) "d" { s is incoming } rule r { action note for entry e in a when d(e, e) say "x" }',
    'define d(entry s) "d" { s is incoming } rule r { action note for entry e in a when dd(e) say "x" }',
    'define d(entry s) "d" { exists found entry x in a } rule r { action note for entry e in a when d(e) say "x" }',
    'define d(text s) "d" { s affirms a } rule r { action note for text t when not (d(t)) say "x" }',
    *(
        f'rule r {{ action note {of} when {condition} say "x" }}'
        for of, condition in (
            (ENTRY, "5 > 3"),
            (ENTRY, "zzz/qqqqqq(e)"),
            (ENTRY, "e is about zzzzzz"),
            ("for medication m in drug with entry x in b", "m has the same ingredients as x"),
            (ROW_2, "at least r.n of (e is incoming, patient.gender is male, e is about patient)"),
            ("for medication m in drug", "at least m.times_a_day of (m is incoming, patient.gender is male, m is already-filed)"),
            (ENTRY, "at least 3 of (e is incoming, patient.gender is male)"),
            ("for message", "zzzzzz is missing"),
        )
    ),
    *(
        f'rule r {{ action note for entry e in a say "x" example "x" {{ given {given} expect fires }} }}'
        for given in (
            "incoming entry 77386006, about zzzzzz",
            "incoming entry e.value",
            "incoming status final",
            "zzzzzz status final",
            "patients gender male",
            "complete status final",
            *(
                f"incoming entry 77386006, {field} {value}"
                for field in ("date", "status", "id")
                for value in ('3 "kg"', "3 weeks", "3", "3 |x|", "true", "2025-01-01", '"x"', "final")
            ),
        )
    ),
    _family('title p.n for entry e in p.cond say "x"'),
    _family('for entry e in p.cond when age at e is from p.old to p.old say "x"'),
    'table m from "many.csv" { key name column n number } rule r for each row p of m { action note for message say "{p.n}" }',
    'valueset v "V" { ecl { << 77386006 } frozen "empty.csv" }',
    'valueset v "V" { frozen "empty.csv" }',
    'define d(item s) "d" { s.date is missing } rule r { action note for coding c when d(c) say "x" }',
    'define d(item s) "d" { s.date is missing } rule r { action note for entry e in a when d(e, e) say "x" }',
    "".join(f'define d{n}(entry s) "d" {{ d{n + 1}(s) }} ' for n in range(9)) + 'define d9(entry s) "d" { s is incoming }',
    'rule r { action note for text t say "{t}" }',
    *(_note(of, f"when {' and '.join(f'{field} is {word}' for word in BROUGHT)}") for of, field in ASKED),
    *(
        _note(of, f"when {name} > 3 and 3 * {name} < 3")
        for of, name in (
            ("for mention h in a", "h"),
            ("for medication m in drug", "m"),
            ("for coding c", "c"),
            (TEXT, "t"),
            (ROW_2, "r"),
            ("for message", "message"),
        )
    ),
    *(
        f'rule r {{ action note {ENTRY} say "x" example "x" {{ given {of} {", ".join(GIVEN)} expect clear }} }}'
        for of in (
            "patient",
            "message",
            "record",
            'incoming text "x",',
            "incoming entry 77386006,",
            "incoming medication 52388000,",
        )
    ),
    *(
        _note(of, "when e is incoming")
        for of in (f"{ENTRY} with entry x in b", f"{ENTRY} with medication m in drug", "for entry e with entry x", "for entry e")
    ),
    *(
        _note(of, "when patient.gender is male")
        for of in (
            "for text t with entry x in b",
            "for text t with row p of rows",
            "for coding c with entry x in b",
            "for medication m",
        )
    ),
    *(
        _note(of, f"when latest entry x in b {part} has (x.value > 3)")
        for of in (ENTRY, "for message")
        for part in ("", "where (x.value > 3)", "where (x is before 2025-01-01)", "until 2025-01-01 where (x.value > 3)")
    ),
    *(
        _note(ENTRY, f"when {condition}")
        for condition in ("patient.gender is missing", "not (e.text is missing) and e.text is e.id")
    ),
    *(
        _note("for message", f"when {condition}")
        for condition in (
            "patient.gender is missing",
            "not (patient.gender is missing) and patient.gender is male",
            "patient.gender is male or patient.gender is missing",
            "not (exists entry x in a where (x is incoming))",
        )
    ),
    _note("for coding c", "when c.in_a_medicine is true"),
    _family('title p.said because p.said for entry e in p.cond when e is incoming say "{p.young} {p.old} {p.n} {p.u} {p.sex}"'),
    'table w from "rows.csv" { key name column n value in "kg" column old weeks open column u unit } rule r for each row p of w { action '
    'note title p.n because p.old for entry e in a when e.value > p.n say "{p.n} {p.old} {p.u} {p}" }',
    _family('assume p.u for e.value for entry e in p.cond when e.value > 3 "kg" and e.value < 9 "kg" say "x"'),
    _family('assume p.said for e.value for entry e in p.cond when e.value > 3 "kg" say "x"'),
    _note(
        f'{ENTRY} assume "kg" for e.value assume "kg" for x.value assume "kg" for e.date assume "kg" for e.answer',
        'when e.value > 3 "kg"',
    ),
    _note(
        ENTRY,
        "when at least 2 days with entry x in a including e where (x.value > 3 and x is before e and x is not the same entry as e)",
    ),
    _note(ENTRY, "when at least 2 days with entry x in a including e where (x.value > 3 and x is before 2025-01-01)"),
    _note(ENTRY, "when latest entry y in b until e as x has (y is incoming)", "{x.date} {x}"),
    _note(ENTRY, "when exists entry y in b as x where (y is incoming)", "{x.date} {x}"),
    'valueset v "V" { codes test "x" } ' + _note("for entry e in v", "when e is incoming"),
    'valueset v "V" { codes test "x" ecl { << 77386006 } } ' + _note("for entry e in v", "when e is incoming"),
    'valueset v "V" { include a } ' + _note("for entry e in v", "when e is incoming"),
    'valueset v "V" { codes test "x" } ' + _note(f"{ENTRY} with entry x in v", "when e is incoming"),
    'valueset v "V" { ecl { << 77386006 } frozen "terms.csv" }',
    'valueset v "V" { ecl { << 77386006 } frozen "terms.csv" } valueset w "W" { codes 22298006 |Broken leg| }',
    *(
        f'table q from "rows.csv" {{ key name column n {unit} }}'
        for unit in ("day", "week", "month", "year", "length", "weeks open")
    ),
    'table q from "latin.csv" { key code in sct column n number } valueset v "V" { frozen "latin.csv" }',
)
"""What the second version of the language refuses, or warns of; and their neighbours, of which nothing is said."""


OPERANDS = (
    *("e", "e.date", "e.value", "e.status", "e.text", "e.nosuch", "m", "m.quantity", "m.strength", "m.route", "m.start"),
    *(
        "r",
        "r.n",
        "r.youngest",
        "r.low",
        "r.high",
        "r.label",
        "patient",
        "patient.gender",
        "patient.born",
        "message",
        "message.sent",
    ),
    *("few", "soon", "too_high", "a", "nosuch", "2025-01-01", "2025-01", "3", '3 "kg"', "3 weeks", "(2 + 3)", "age at e"),
)
CONSTRUCTS = (
    *(
        "_ is missing",
        "_ is not missing",
        "_ is past",
        "_ is male",
        "_ is unknown",
        "_ is active",
        "_ is nosuch",
        "_ is e.status",
    ),
    *(
        "_ in a",
        "_ not in b",
        "_ is about family",
        "_ contradicts its words",
        "_ is the same entry as e",
        "_ is the same product as m",
    ),
    *("_ shares an ingredient with m", "m overlaps _", "_ overlaps m by more than 2 days", "age at _ < 3 years", "age at e < _"),
    *("_ is before e.recorded", "_ is not after 2025-01-01", "_ is within 3 days of e", "e is more than _ after 2025-01-01"),
    *("_ > 3", "e.value <= _", '_ < 3 "mg"', "_ is from 1 to 2", "e.value is from _ to 9", "_ + 1 > 3", "e.value - _ > 3"),
    *("_ differs by more than 10 % from e.value", "e.value rises from _ by more than 5 %", "at least _ days with entry x in b"),
)


def crossed() -> Iterator[str]:
    """Yield each thing that can be asked of each kind of operand."""
    for construct in CONSTRUCTS:
        for operand in OPERANDS:
            asked = construct.replace("_", operand)
            asked = f"exists medication m in drug where ({asked})" if re.search(r"\bm\b", asked) else asked
            of = ROW_2 if re.match(r"r\b", operand) else ENTRY
            yield f'rule r {{ action note {of} when {asked} say "x" }}'


def cases() -> Iterator[str]:
    """Yield the text of every rule that is refused in the tests."""
    for text, of, _, _ in CONDITIONS:
        yield f'rule r {{ action review {of} when {text} say "x" }}'
    for text, _ in MEANT:
        yield f'rule r {{ action note {ENTRY} when {text} say "x" }}'
    for say, _ in MESSAGES:
        yield f'rule r {{ action note {ENTRY} say "{say}" }}'
    for placeholder in PRIVATE:
        yield f'rule r {{ action note {ENTRY} say "{{{placeholder}}}" }}'
    yield from (text for text, _ in DECLARATIONS)
    for text, _ in EXAMPLES:
        yield f'rule r {{ action note {PAIR} when e is before x say "x" example "x" {{ {text} }} }}'
    yield from MORE


def _given(test: Callable[..., Any]) -> Iterator[tuple[Any, ...]]:
    """Yield what a test of another file is given, case by case."""
    for mark in test.pytestmark:  # type: ignore[attr-defined]
        yield from (case if isinstance(case, tuple) else (case,) for case in mark.args[1])


def elsewhere() -> Iterator[tuple[str, str, Mapping[str, bytes]]]:
    """Yield the texts of the other tests of this room, each with the head and the data of its own file."""
    one, two, three, four, five = test_numbers, test_members, test_families, test_mistakes, test_defines
    rows = {"b.csv": three.BANDS.encode(), "c.csv": b"code,n\nO80,1\n"}
    texts: list[tuple[Any, Mapping[str, bytes], Iterator[str]]] = [
        (one, one.DATA, (_note(of, f"when {text}") for text, of, *_ in _given(one.test_what_is_refused_and_what_is_said_of_it))),
        (one, one.DATA, (_note(f"{assume} {one.ROW}", 'when e.value > 3 "mm[Hg]"') for assume, *_ in _given(one.test_a_unit_that_cannot_be_assumed_is_told))),
        (one, one.DATA, (f'table z from "ranges.csv" {{ key code in sct {column} }}' for column, *_ in _given(one.test_a_column_that_cannot_be_is_told))),
        (one, one.DATA, (f'limit l "L" {{ {limit} }}' for limit, *_ in _given(one.test_a_limit_that_cannot_be_is_refused))),
        (two, {}, (_note(two.ENTRY, body) for body, *_ in _given(two.test_what_stands_where_it_means_nothing_is_refused))),
        (two, {}, (_note(two.ENTRY, body, say) for body, say, *_ in _given(two.test_a_name_that_cannot_be_shown_is_refused))),
        (two, {}, (_note(of, f"when {text}") for text, of, *_ in _given(two.test_what_cannot_be_counted_or_chosen_is_refused))),
        (two, {}, (_note(two.ENTRY, f"when {text}") for text, _ in _given(two.test_the_remedy_gives_what_was_meant))),
        (two, {}, (_note(of, body) for body, of, *_ in _given(two.test_what_is_of_no_order_is_refused))),
        (two, {}, (_note(of, body) for body, of, _ in _given(two.test_the_remedy_draws_from_an_order))),
        (two, {}, (_note("for history h in a", f"when {text}") for (text,) in _given(two.test_a_condition_that_a_history_can_never_meet_is_a_warning))),
        (two, {}, (_note(of, f"when {text}") for text, of, _ in _given(two.test_the_latest_of_all_is_told_where_a_rule_is_about_an_item))),
        (three, rows, (text for text, *_ in _given(three.test_what_is_refused))),
        (three, rows, (text for text, *_ in _given(three.test_a_row_and_a_variable_never_share_a_name))),
        (four, four.DATA, (_note(of, f"when {text}") for of, text, *_ in _given(four.test_lengths))),
        (four, four.DATA, (_note(of, f"when {text}") for of, text, *_ in _given(four.test_what_people_write_is_told_in_our_words))),
        (four, four.DATA, (text for text, *_ in _given(four.test_slips_outside_a_condition))),
        (five, {}, (text for text, *_ in _given(five.test_what_is_wrong_in_itself_is_told_though_nothing_calls_it))),
    ]  # fmt: skip
    for file, data, cases_of_it in texts:
        yield from ((text, file.HEAD, data) for text in cases_of_it)


def meaning(node: Any, named: set[ir.Var]) -> str:
    """Return a node of a rule's meaning in a line: what is not as it is by default, without the places in the text.

    Of a variable the name alone, once it has been `named`.
    """
    if isinstance(node, StrEnum):
        return node.value
    if not dataclasses.is_dataclass(node):
        return f"({', '.join(meaning(one, named) for one in node)})" if isinstance(node, tuple) else str(node)
    if isinstance(node, ir.Var):
        if node in named:
            return node.name
        named.add(node)
    parts = [
        meaning(value, named) if f.default is dataclasses.MISSING else f"{f.name}={meaning(value, named)}"
        for f in dataclasses.fields(node)
        if f.compare and (value := getattr(node, f.name)) != f.default and not isinstance(value, Span)
    ]
    return f"{type(node).__name__}({', '.join(parts)})"


def told(text: str, data: Mapping[str, bytes] = DATA, head: str = "") -> str:
    """Return each error, or else each warning: its code, the words that are underlined, what is wrong with them, what to do, and where else to look.

    Of what is not refused: what is made of each rule, without its name and text, and of what is declared beside those of the head;
    `told` where no example is asked for that cannot be told.
    """
    made: list[str] = []
    try:
        loaded = language.load_texts({"t.rules": head + text}, data, predicates=PREDICATES)
        found = loaded.warnings
        of = loaded.rulesets[0]
        declared = (of.valuesets, of.limits, of.tables)
        lint = {(d.code, d.span.start) for d in found}
        for rule in of.rules:
            held = (rule.trigger, rule.when, *rule.unless, *rule.assumed, rule.overridable, rule.title, rule.because)
            shown = (() if rule.say == ("x",) else rule.say, *(example.givens for example in rule.examples))
            named: set[ir.Var] = set()
            whole = [meaning(one, named) for one in (*held, *shown) if one not in (None, ())]
            made.append(" ".join(whole) + ("" if ("CS406", rule.span.start) in lint else " told"))
        made += (meaning(one, set()) for kind in declared for one in kind if one.span.start >= len(head))
    except RuleError as error:
        found = error.diagnostics
    texts = {"t.rules": head + text, **{name: raw.decode(errors="replace") for name, raw in data.items()}}
    return "".join(f"  -> {one}\n" for one in made) + "".join(
        f"  {d.code} [{texts[d.span.file][d.span.start : d.span.end]}] {d.message}\n    = {_indented(d.help)}\n"
        + "".join(f"    also [{texts[span.file][span.start : span.end]}] {label}\n" for span, label in d.related)
        for d in found
        if d.code not in LINT
    )


def _indented(help: str | None) -> str:
    return str(help).replace("\n", "\n      ")


def texts() -> list[tuple[str, Mapping[str, bytes], str]]:
    """Return each text in a line, with the files beside it and the head before it."""
    of_the_first = [(text, DATA, HEAD) for text in (*cases(), *FIRST)] + [(text, DATA, "") for text in WHOLE]
    of_the_second = [(text, DATA_2, HEAD_2) for text in (*SECOND, *crossed())]
    return of_the_first + of_the_second + [(text, data, head) for text, head, data in elsewhere()]


def written(text: str, data: Mapping[str, bytes], head: str) -> str:
    return f"{text}\n{told(text, data, head)}"


if __name__ == "__main__":
    PATH.write_text("".join(written(*one) for one in texts()), encoding="utf-8")
