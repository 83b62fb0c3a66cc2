"""Days until wrong codes are noticed: the tripwire beside a plain threshold, simulated on the incident of 2025.

    python -m tests.benchmarks.tripwire_simulation

Seven million messages a year of ten thousand pharmacies (the published size of the Update Record services), one code of which a share of
all messages rightly has. After a quarter of a year as it should be, so many more a day have it wrongly: all from one pharmacy of twenty
messages a day, or from everybody alike. Both signals are set to 0.1 false ones a year. The plain threshold is given what nobody has: it
knows the true share, and fires when more come in one day, from one pharmacy or from all.
How often a right message says "pregnant" is not published; three shares stand for it.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from math import exp
from statistics import median

from codesafety.decision_log.tripwire import ALL, FALSE_A_YEAR, LOOKS_A_YEAR, Count, binomial_tail, comparisons, levels

SEED = 20250701
MESSAGES_A_YEAR, PHARMACIES = 7_000_000, 10_000
ITS_MESSAGES, QUIET_DAYS, MOST_DAYS = 20, 91, 365
SHARES = (1e-5, 1e-3, 1e-2)
WRONG = (1, 10, 100)
A_DAY = MESSAGES_A_YEAR // 365
IT, OTHERS = "it", "the others"


def poisson(rate: float, chosen: random.Random) -> int:
    """Return a number of rare things, by inversion."""
    left, number = chosen.random(), 0
    term = exp(-rate)
    while left > term and number < 100 * rate + 100:
        left -= term
        number += 1
        term *= rate / number
    return number


def days(share: float, wrong: int, alone: bool, chosen: random.Random) -> Iterator[tuple[int, Count, Count]]:
    """Yield day by day what the one pharmacy and all others sent; day 0 is the first with wrong codes."""
    for day in range(-QUIET_DAYS, MOST_DAYS):
        at_one = poisson(share * ITS_MESSAGES, chosen) + (wrong if alone and day >= 0 else 0)
        elsewhere = poisson(share * (A_DAY - ITS_MESSAGES), chosen) + (wrong if not alone and day >= 0 else 0)
        its = Count(IT, day, min(at_one, ITS_MESSAGES), ITS_MESSAGES)
        yield day, its, Count(OTHERS, day, elsewhere, A_DAY - ITS_MESSAGES)


def by_tripwire(sent: Iterator[tuple[int, Count, Count]]) -> int | None:
    """Return after how many days it fires; 0 or less is a false signal."""
    of_all, of_one = levels(PHARMACIES, 1)
    held: list[Count] = []
    for day, *counts in sent:
        held += counts
        for one in comparisons(held, day):
            if one.sender != OTHERS and one.chance <= (of_all if one.sender == ALL else of_one):
                return day + 1
    return None


def by_threshold(share: float) -> Callable[[Iterator[tuple[int, Count, Count]]], int | None]:
    of_all = least(A_DAY, share, FALSE_A_YEAR / 2 / LOOKS_A_YEAR)
    of_one = least(ITS_MESSAGES, share, FALSE_A_YEAR / 2 / LOOKS_A_YEAR / PHARMACIES)

    def signal(sent: Iterator[tuple[int, Count, Count]]) -> int | None:
        for day, its, others in sent:
            if its.hits >= of_one or its.hits + others.hits >= of_all:
                return day + 1
        return None

    return signal


def least(of: int, share: float, level: float) -> int:
    """Return the least number that comes by chance no more often than `level`."""
    low, high = 0, of + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if binomial_tail(middle, of, share) <= level else (middle + 1, high)
    return low


def said(found: list[int | None]) -> str:
    """Return the median and the nine tenths; how many were not noticed in a year stands behind."""
    late = sorted(MOST_DAYS + 1 if one is None else one for one in found)
    nine_tenths = late[int(0.9 * len(late))]
    words = [str(one) if one <= MOST_DAYS else f"> {MOST_DAYS}" for one in (int(median(late)), nine_tenths)]
    return words[0] if words[0] == words[1] else f"{words[0]} ({words[1]})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=40)
    runs = parser.parse_args().runs
    print(f"seed {SEED}, {runs} runs a line; days to the signal: median (nine tenths)")
    print("| rightly coded | wrong a day | from | tripwire | plain threshold |")
    print("|---|--:|---|--:|--:|")
    false = tried = 0
    for share in SHARES:
        for wrong in WRONG:
            for alone in (True, False):
                if alone and wrong > ITS_MESSAGES:
                    continue
                chosen = [random.Random(f"{SEED} {share} {wrong} {alone} {run}") for run in range(runs)]
                again = [random.Random(f"{SEED} {share} {wrong} {alone} {run}") for run in range(runs)]
                ours = [by_tripwire(days(share, wrong, alone, one)) for one in chosen]
                plain = [by_threshold(share)(days(share, wrong, alone, one)) for one in again]
                false += sum(one is not None and one <= 0 for one in ours)
                tried += runs
                where = "one pharmacy" if alone else "everybody"
                print(f"| 1 in {1 / share:,.0f} | {wrong} | {where} | {said(ours)} | {said(plain)} |", flush=True)
    print(f"false signals of the tripwire before the first wrong code: {false} in {tried * QUIET_DAYS / 365:.0f} years")


if __name__ == "__main__":
    main()
