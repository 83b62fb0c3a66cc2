"""Rules as people write them, with words exchanged: each is refused with a reason, or both evaluators answer alike."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.differential import worlds
from tests.differential.compare import compared
from tests.differential.seeded import Seeded

from codesafety import language
from codesafety.errors import RuleError
from codesafety.evaluation.binding import bind
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.evaluation.reference.explanation import explain, say
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.evaluation.reference.run import run_reference

WRITTEN = f"""ruleset w {{ title "W" version 1.0.0 language 2 }}
valueset a "A" {{ codes {worlds.P1} codes {worlds.P2} phrases "said.csv" source "s" }}
valueset b "B" {{ include a codes {worlds.P3} except {worlds.P1} }}
valueset drug "Drug" {{ codes {worlds.M_VMP} }}
limit soon "Soon" {{ default 4 weeks from 1 weeks to 8 weeks }}
limit few "Few" {{ default 3 from 1 to 5 }}
table bands from "bands.csv" {{
  key band column which set column code code in icd10cm column youngest years column oldest years open column sex sex column n number
  column said text valid from start until end
}}
table doses from "doses.csv" {{
  key drug column most value in "mg" column dose value in unit column unit unit column starts date column gap days
}}
table coded from "coded.csv" {{ key code in icd10cm column n number column low value in "mg" open }}
define both(entry e, medication m) "both" {{ e is before m and exists entry x in a where ( x is within soon before e ) }}
define known(item i) "known" {{ i is incoming or i is before 2025-01-01 }}
rule r1 for each row p of bands {{
  title p.said action review severity major hazard H-01 source p.said because "b" valid from 2025-01-01 after rule r2
  for entry e in p.which with history h in a
  when age at e is from p.youngest to p.oldest and patient.gender is p.sex and e.value > p.n and h is before e
  unless "u" exists entry x in a where ( x is on the same day as e )
  say "{{e}} {{p.said}} {{age at e}}"
  example "x" of young {{
    given patient born 1980-01-01, gender male given incoming entry p.code, date 2025-01-01 given record entry {worlds.P1}, date 2020
    expect fires
  }}
}}
rule r2 {{
  action note cannot tell note assume "mg" for e.value for entry e in a with row r of coded
  when e.value is from r.low to 9 "mg" and known(e) say "{{e}} {{r.n}}"
}}
rule r3 {{
  action note for text t with entry e in a when t denies a and e is within 4 weeks before t say "{{e}} {{t.date}}"
  example "x" {{
    given incoming text "not so", date 2025-01-01 given record entry {worlds.P1}, date 2025-01-01, absent, about family
    expect cannot tell: t.date
  }}
}}
rule r4 {{
  action note overridable by seen, done for 4 weeks for medication m in drug with entry e in b
  when both(e, m) and latest entry y in a before e as last has ( y.value < 3 "mg" or e.value rises from y.value by more than 10 % )
  say "{{e}} {{last.value}}" example "e" {{ given no record expect clear }}
}}
rule r5 {{
  action note for message
  when message.service in a and no history h in a where ( h is past )
    and at least 2 days with entry y in a where ( y.value + 9 > 3 * 7 and not ( y is present ) )
  say "{{message.sent}}"
}}
rule r6 {{ action note for coding c when c contradicts its words and c is not well-formed say "{{c}}" }}
rule r7 {{
  action note for medication m in drug with medication n in drug
  when m overlaps n and m shares an ingredient with n and m.dose differs by more than 10 % from n.dose
    and not ( m is the same product as n )
  say "{{m}} {{n}}"
}}
rule r8 {{
  action note for mention e in a
  when e is about family or e.date is missing or at least 2 of ( e is absent, e is past, e.value + 3 "mg" > 5 "mg" )
  say "{{e}}"
}}
rule r9 for each row p of doses {{
  action hold for medication m with entry e in a
  when m.dose * m.strength > p.most and m.dose * m.strength is not from p.dose to 9 "g" and m is within p.gap after e and m is after p.starts
  say "{{m}} {{p.most}}"
}}
rule r10 {{
  action note for medication m in drug with medication n of the same order as m
  when m overlaps n and at least 2 medication y of the same order as m including m where ( y.kind is request or y is before n )
  unless "u" latest medication y of the same order as m before n has ( y.status is stopped )
  say "{{m}} {{n}}"
}}
"""
DATA = {
    "said.csv": b"phrase,says\nis so,affirms\nnot so,denies\n",
    "bands.csv": b"band,which,code,youngest,oldest,sex,n,said,start,end\n"
    b"young,a,O80,1,17,male,1,for the young,2020-01-01,2024-12-31\nold,b,Z34,65,,female,2,,,\n",
    "doses.csv": b"drug,most,dose,unit,starts,gap\nx,3,4,mg,2025-01-01,3\ny,4,5,g,2024-01-01,20\n",
    "coded.csv": b"code,n,low\nO80,1,3\n",
}
_WORD = re.compile(r'"[^"]*"|[a-z][A-Za-z0-9_./-]*|[0-9][0-9.-]*|[A-Z]+-?[0-9]+|[{}(),:%*+-]|[<>]=?')
_KINDS = frozenset("entry history mention medication coding item text row message".split())  # noqa: SIM905
_STRANGE = ("p.nope", "p", "c", "last", "words", "p.gap", "p.starts", "p.code", "e.nope", "release", "0", "10000000000")
_RESERVED = frozenset(re.findall(r'"([a-z][a-z-]*)"', (Path(language.__file__).parent / "parsing/rules.lark").read_text("utf-8")))


def _class(word: str) -> str:
    if word in _KINDS:
        return "kind"
    if word in _RESERVED:
        return "reserved"
    return "word" if word[0].isalpha() else "number" if word[0].isdigit() else word[0]


def mutants(seed: int, count: int) -> Iterator[str]:
    """Yield the rules, each time with one to three of their words exchanged, left out or doubled."""
    choose = random.Random(seed)
    places = list(_WORD.finditer(WRITTEN))
    words = sorted({place.group() for place in places}) + list(_STRANGE)
    alike = {word: [other for other in words if _class(other) == _class(word)] for word in words}
    for _ in range(count):
        text = WRITTEN
        for place in sorted(choose.sample(places, choose.choice((1, 1, 2, 3))), key=lambda p: -p.start()):
            word = place.group()
            how = choose.random()
            instead = choose.choice(alike[word]) if how < 0.9 else "" if how < 0.95 else f"{word} {choose.choice(words)}"
            text = text[: place.start()] + instead + text[place.end() :]
        yield text


def answered(text: str, seed: int) -> set[str]:
    """Return the answers to rules that are not refused, the same from both evaluators: what fires can be said and explained."""
    rulesets = language.load_texts({"w.rules": text}, DATA).rulesets
    binding = bind(rulesets, worlds.SmallTerminology(has_release=seed % 2 == 0))
    program = compile_program(binding)
    rules = {rule.name: rule for rule in binding.rules}
    answers: set[str] = set()
    for turn in range(4):
        choose = Seeded(random.Random(seed * 1000 + turn))
        submission, record = worlds.some_submission(choose, 4), worlds.some_record(choose, 4)
        facts = Facts(submission, record, binding.codebook)
        run = program.run(facts)
        assert compared(run, facts) == compared(run_reference(binding, Facts(submission, record, binding.codebook)), facts)
        assert not run.broken
        answers |= {outcome.status.value for outcome in run.outcomes}
        interpreter = Interpreter(binding, facts)
        for outcome in run.outcomes:
            for application in outcome.applications if outcome.status is Status.FIRES else ():
                explain(interpreter, rules[outcome.rule.name], application)
                assert say(rules[outcome.rule.name], [application], interpreter)
    return answers


def test_the_rules_as_they_stand_fire_are_clear_and_cannot_tell() -> None:
    assert len(language.load_texts({"w.rules": WRITTEN}, DATA).rulesets[0].rules) == 12
    assert {status for seed in range(20) for status in answered(WRITTEN, seed)} >= {"fires", "cannot_tell"}


def test_rules_with_words_exchanged_are_refused_with_a_reason_or_answered_alike() -> None:
    outcome = Counter[str]()
    for seed, text in enumerate(mutants(1, 160)):
        try:
            answered(text, seed)
            outcome["answered"] += 1
        except RuleError as refused:
            assert all(found.message and found.help != "" for found in refused.diagnostics)
            outcome["refused"] += 1
    assert outcome["answered"] > 8 and outcome["refused"] > 80
