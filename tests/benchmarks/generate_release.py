"""A release the size and shape of the UK Monolith, made up of nothing, the same for the same seed.

    python -m tests.benchmarks.generate_release FOLDER [--scale 1.0] [--descriptions] [--members 3000000]

Calibrated to the published shape of the UK Monolith of 2026-08-26: 1,151,519 concepts (838,955 active), 1,607,583 is-a rows,
12.8 million pairs in the closure, 2,960,422 attribute rows of 127 types, 320,982 concrete values.
"""

from __future__ import annotations

import argparse
import random
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.terminology import generated as made

ATTRIBUTE_CONCEPT = 1  # index of the concept above all attribute types
TYPES, CONCRETE_TYPES = 127, 10


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of everything."""

    active: int = 840_000
    inactive: int = 312_000
    is_a: int = 1_607_000
    attributes: int = 2_960_000
    concrete: int = 321_000
    inactive_relationships: int = 1_500_000
    refsets: int = 582
    members: int = 3_000_000
    descriptions_per_concept: float = 0.0

    def scaled(self, scale: float) -> Shape:
        return Shape(
            *(
                max(int(value * scale), 1)
                for value in (self.active, self.inactive, self.is_a, self.attributes, self.concrete, self.inactive_relationships)
            ),
            max(int(self.refsets * scale), 3),
            int(self.members * scale),
            self.descriptions_per_concept,
        )


def graph(shape: Shape, rng: random.Random) -> list[tuple[int, ...]]:
    """Return the parents of each active concept: earlier indices. 0 is the root, the next ones are attribute types."""
    first = ATTRIBUTE_CONCEPT + 1 + TYPES + CONCRETE_TYPES
    parents: list[tuple[int, ...]] = [(), (0,)]
    parents += [(ATTRIBUTE_CONCEPT,)] * (first - 2)
    children: dict[int, array[int]] = {0: array("I", [ATTRIBUTE_CONCEPT])}
    further = max(shape.is_a - shape.active, 0) / max(shape.active - first, 1)
    draw = rng.random
    for concept in range(first, shape.active):
        if concept < first + 18:
            parent = 0
        else:
            parent = first + int((concept - first) * draw() ** DEPTH)
        own = [parent]
        wanted = further * FURTHER * (0.45 if concept < 0.4 * shape.active else 1.37)  # most of them at the leaves
        while wanted > 0 and parent >= first + 18:
            if draw() < wanted:
                grand = parents[parent][int(draw() * len(parents[parent]))]
                near = children[grand]
                other = near[int(draw() * len(near))] if draw() > FAR else first + int((concept - first) * draw() ** DEPTH)
                if other not in own and other < concept:
                    own.append(other)
            wanted -= 1
        parents.append(tuple(own))
        for above in own:
            children.setdefault(above, array("I")).append(concept)
    return parents


DEPTH = 1.65  # the larger, the shallower: how strongly early concepts are preferred as parents
FAR = 0.004  # how often a further parent is from anywhere, not from beside the first one
FURTHER = 1.45  # a few further parents turn out to be there already


def generate(folder: Path, shape: Shape, seed: int = 1, *, date: str = "20260826") -> Path:
    """Write a Snapshot below `folder` and return it."""
    rng = random.Random(seed)
    parents = graph(shape, rng)
    codes = [made.ROOT, "410662002", *(made.concept_id(10_000_000 + n) for n in range(shape.active + shape.inactive - 2))]
    rng.shuffle(tail := codes[2:])
    codes[2:] = tail
    terminology, refset = folder / "Snapshot" / "Terminology", folder / "Snapshot" / "Refset" / "Content"
    terminology.mkdir(parents=True, exist_ok=True)
    refset.mkdir(parents=True, exist_ok=True)
    dates = [f"{2002 + n // 2:04d}{'0131' if n % 2 else '0731'}" for n in range(48)]
    n_active = shape.active

    def put(path: Path, header: str, rows: Iterator[str]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(header + "\r\n")
            file.writelines(rows)

    def concepts() -> Iterator[str]:
        order = sorted(range(len(codes)), key=lambda n: int(codes[n]))
        yield f"{made.IS_A}\t20020131\t1\t{made.CORE_MODULE}\t{made.PRIMITIVE}\r\n"
        for n in order:
            yield (
                f"{codes[n]}\t{dates[n % 48]}\t{int(n < n_active)}\t{made.CORE_MODULE}\t"
                f"{made.DEFINED if n % 3 == 0 else made.PRIMITIVE}\r\n"
            )

    end = f"\t{made.INFERRED}\t{made.SOME}\r\n"
    number = 0

    def row(source: int, target: str, group: int, type_: str, active: int = 1) -> str:
        nonlocal number
        number += 1
        # Relationship ids carry no check digit that anything computes here: 5 million of them would take a minute.
        return (
            f"{number + 1000000}025\t{dates[number % 48]}\t{active}\t{made.CORE_MODULE}\t{codes[source]}\t{target}\t{group}\t"
            f"{type_}{end}"
        )

    def relationships() -> Iterator[str]:
        yield (f"1000025\t20020131\t1\t{made.CORE_MODULE}\t{made.IS_A}\t{codes[ATTRIBUTE_CONCEPT]}\t0\t{made.IS_A}{end}")
        for concept, above in enumerate(parents):
            for parent in above:
                yield row(concept, codes[parent], 0, made.IS_A)
        types = [codes[ATTRIBUTE_CONCEPT + 1 + n] for n in range(TYPES)]
        weights = [1 / (n + 1) for n in range(TYPES)]
        first = ATTRIBUTE_CONCEPT + 1 + TYPES + CONCRETE_TYPES
        done, draw = 0, rng.random
        while done < shape.attributes:
            source = first + int(draw() * (n_active - first))
            chosen = rng.choices(range(TYPES), weights, k=min(5, shape.attributes - done))
            for at, type_ in enumerate(chosen):
                low = first + int((n_active - first) * (type_ / TYPES) * 0.5)
                value = low + int((n_active - low) * draw() ** 6 * 0.1)
                yield row(source, codes[value], 0 if draw() < 0.65 else 1 + at // 3, types[type_])
            done += len(chosen)
        for _ in range(shape.inactive_relationships):
            yield row(n_active + int(draw() * shape.inactive), codes[int(draw() * n_active)], 0, made.IS_A, 0)

    def concrete() -> Iterator[str]:
        types = [codes[ATTRIBUTE_CONCEPT + 1 + TYPES + n] for n in range(CONCRETE_TYPES)]
        for n in range(shape.concrete):
            source = n_active // 2 + n % (n_active - n_active // 2)
            yield row(source, f"#{n % 1944}" if n % 3 else f"#{n % 1944}.5", n % 4, types[n % CONCRETE_TYPES])

    put(terminology / f"sct2_Concept_MONOSnapshot_GB_{date}.txt", made.CONCEPT_HEADER, concepts())
    put(terminology / f"sct2_Relationship_MONOSnapshot_GB_{date}.txt", made.RELATIONSHIP_HEADER, relationships())
    put(terminology / f"sct2_RelationshipConcreteValues_MONOSnapshot_GB_{date}.txt", made.CONCRETE_HEADER, concrete())
    _members(refset, shape, rng, codes, dates, date, put)
    if shape.descriptions_per_concept:
        _descriptions(terminology, refset, shape, rng, codes, dates, date, put)
    return folder


Put = Callable[[Path, str, Iterator[str]], None]


def _members(refset: Path, shape: Shape, rng: random.Random, codes: list[str], dates: list[str], date: str, put: Put) -> None:
    draw, n = rng.random, len(codes)
    sets = [made.concept_id(5_000_000 + at) for at in range(shape.refsets)]

    def simple() -> Iterator[str]:
        for at in range(shape.members):
            yield (
                f"{made.uuid(at)}\t{dates[at % 48]}\t{int(at % 10 > 0)}\t{made.CORE_MODULE}\t"
                f"{sets[int(draw() ** 3 * len(sets))]}\t{codes[int(draw() * n)]}\r\n"
            )

    def history() -> Iterator[str]:
        for at in range(shape.inactive):
            yield (
                f"{made.uuid(at)}\t{dates[at % 48]}\t1\t{made.CORE_MODULE}\t"
                f"{made.SAME_AS if at % 3 else made.REPLACED_BY}\t{codes[shape.active + at]}\t"
                f"{codes[int(draw() * shape.active)]}\r\n"
            )

    def dependency() -> Iterator[str]:
        yield (f"{made.uuid(1)}\t{date}\t1\t83821000000107\t900000000000534007\t{made.CORE_MODULE}\t{date}\t20260801\r\n")

    put(refset / f"der2_Refset_SimpleMONOSnapshot_GB_{date}.txt", made.MEMBER_HEADER, simple())
    put(refset / f"der2_cRefset_AssociationMONOSnapshot_GB_{date}.txt", made.MEMBER_HEADER + "\ttargetComponentId", history())
    put(
        refset / f"der2_ssRefset_ModuleDependencyMONOSnapshot_GB_{date}.txt",
        made.MEMBER_HEADER + "\tsourceEffectiveTime\ttargetEffectiveTime",
        dependency(),
    )


def _descriptions(
    terminology: Path, refset: Path, shape: Shape, rng: random.Random, codes: list[str], dates: list[str], date: str, put: Put
) -> None:
    letters = "aeiou", "bcdfghlmnprst"
    words = ["".join(rng.choice(letters[(at + 1) % 2]) for at in range(rng.randint(4, 11))) for _ in range(90_000)]
    total = int(len(codes) * shape.descriptions_per_concept)

    def described() -> Iterator[str]:
        for at in range(total):
            term = " ".join(words[int(rng.random() ** 3 * len(words))] for _ in range(3 + at % 5))
            kind = made.FSN if at < len(codes) else made.SYNONYM
            yield (
                f"{at + 1000000}013\t{dates[at % 48]}\t1\t{made.CORE_MODULE}\t{codes[at % len(codes)]}\ten\t{kind}\t{term}\t"
                "900000000000448009\r\n"
            )

    def language() -> Iterator[str]:
        for at in range(total):
            value = made.PREFERRED if at < 2 * len(codes) else made.ACCEPTABLE
            yield (f"{made.uuid(at)}\t{dates[at % 48]}\t1\t{made.CORE_MODULE}\t{made.GB_ENGLISH}\t{at + 1000000}013\t{value}\r\n")

    put(terminology / f"sct2_Description_MONOSnapshot-en_GB_{date}.txt", made.DESCRIPTION_HEADER, described())
    put(refset / f"der2_cRefset_LanguageMONOSnapshot-en_GB_{date}.txt", made.MEMBER_HEADER + "\tacceptabilityId", language())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--members", type=int, default=Shape().members, help="refset member rows at scale 1")
    parser.add_argument("--descriptions", action="store_true", help="3.1 descriptions a concept, as in the UK")
    options = parser.parse_args()
    shape = Shape(members=options.members, descriptions_per_concept=3.1 if options.descriptions else 0.0)
    print(generate(options.folder, shape.scaled(options.scale), options.seed))


if __name__ == "__main__":
    main()
