"""`python -m tests.language.checking.refusals`: write what the checker says of each rule that it refuses, for somebody to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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

from codesafety import language
from codesafety.errors import RuleError

PATH = Path(__file__).with_name("refusals.txt")
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


def told(text: str) -> str:
    """Return each error, or else each warning: its code, the words that are underlined, what is wrong with them, what to do, and where else to look."""
    try:
        found = language.load_texts({"t.rules": text}, DATA, predicates=PREDICATES).warnings
    except RuleError as error:
        found = error.diagnostics
    return "".join(
        f"  {d.code} [{text[d.span.start : d.span.end]}] {d.message}\n    = {d.help}\n"
        + "".join(f"    also [{text[span.start : span.end]}] {label}\n" for span, label in d.related)
        for d in found
        if d.code not in LINT
    )


def written() -> str:
    return "".join([f"{text}\n{told(HEAD + text)}" for text in cases()] + [f"{text}\n{told(text)}" for text in WHOLE])


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")
