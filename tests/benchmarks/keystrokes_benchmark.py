"""How long an editor waits after a key, in a file of 1,000 rules: `python -m tests.benchmarks.keystrokes_benchmark`.

A key is a change of one letter, sent over standard input and output, and the answer to a hover behind it: what is wrong has then
been told. Printed are milliseconds: by the clock, and of the server's processor, which a busy machine does not stretch.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from tests.lsp.client import Editor

RULES, SETS, KEYS = 1000, 50, 60
_RULE = """\
rule r{n} {{
  title    "Rule {n}"
  action   review
  hazard   H-01
  source   "A source" <https://example.org>
  because  "It is so."
  for      entry e in s{set}
  when     patient.gender is male and age at e < {age} years and not (e is incoming)
  say      "{{e}} on {{e.date}}"
  example "fires" {{
    given patient gender male, born 2020-01-01
    given incoming entry 77386006 |Pregnant|, date 2020-06-01
    expect fires
  }}
  example "clear" {{
    given patient gender female, born 2020-01-01
    given incoming entry 77386006 |Pregnant|, date 2020-06-01
    expect clear
  }}
  example "open" {{
    given patient born 2020-01-01
    given incoming entry 77386006 |Pregnant|, date 2020-06-01
    expect cannot tell: patient.gender
  }}
}}
"""


def rules(n: int = RULES) -> str:
    """Return a rule file of so many rules."""
    sets = "".join(f'valueset s{i} "Set {i}" {{ codes 77386006 |Pregnant| }}\n' for i in range(SETS))
    made = "\n".join(_RULE.format(n=i, set=i % SETS, age=1 + i % 90) for i in range(n))
    return f'ruleset my.big {{ title "Big" version 1.0.0 language 2 }}\n\n{sets}\n{made}'


def _processor_ms(pid: int) -> float:
    """Return what a process has taken of the processor. Source: Linux, Documentation/scheduler/sched-stats."""
    return sum(int(task.joinpath("schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e6


def main() -> None:
    text = rules()
    lines = text.split("\n")
    chance = random.Random(1)
    places = {
        "in a condition": [i for i, line in enumerate(lines) if line.startswith("  when")],
        "in a sentence": [i for i, line in enumerate(lines) if line.startswith("  say")],
        "in a rule's name": [i for i, line in enumerate(lines) if line.startswith("rule ")],
        "a form that is broken": [i for i, line in enumerate(lines) if line.startswith("  action")],
        "in a set's name": [i for i, line in enumerate(lines) if line.startswith("valueset")],
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "rules")
        root.mkdir()
        (root / "big.rules").write_text(text, "utf-8")
        with Editor(root) as editor:
            began = perf_counter()
            uri = editor.open("big.rules")
            print(f"{RULES:,} rules, {len(text):,} characters; opened in {perf_counter() - began:.1f} s")
            print(f"{'a key':24} {'median':>8} {'p95':>8} {'most':>8}   processor: {'median':>8} {'p95':>8}")
            for what, at in places.items():
                clock, processor = [], []
                for _ in range(KEYS // 2):
                    line = chance.choice(at)
                    column = lines[line].index(" {") if "name" in what and "rule" in what else 10 if "set" in what else 12
                    letter = "{" if "broken" in what else "x"
                    for start, end, new in (((line, column), (line, column), letter), ((line, column), (line, column + 1), "")):
                        before, began = _processor_ms(editor.pid), perf_counter()
                        editor.change(uri, start, end, new)
                        editor.at("hover", uri, line, 3)
                        clock.append((perf_counter() - began) * 1000)
                        processor.append(_processor_ms(editor.pid) - before)
                p, q = quantiles(clock, n=20), quantiles(processor, n=20)
                print(f"{what:24} {p[9]:8.1f} {p[18]:8.1f} {max(clock):8.1f}   {'':10} {q[9]:8.1f} {q[18]:8.1f}")


if __name__ == "__main__":
    main()
