"""How long a thousand varied expression constraints take on a pack, and one membership test in a compiled set.

    python -m tests.benchmarks.ecl_benchmark PACK [--seed 20260826] [--slowest 10]

Forty expressions of each of 25 kinds, sampled from the pack's own rows; each is parsed and evaluated once to a run list, none
from a cache. The bar: 2.2 ms median, the best published figure (a Rust engine on the UK Monolith).
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from codesafety.terminology.ecl import expand
from codesafety.terminology.errors import NotSupported
from codesafety.terminology.pack.store import Store

EACH = 40


def expressions(store: Store, seed: int = 20260826) -> Iterator[tuple[str, str]]:
    """Yield (kind, expression), EACH of every kind that the pack has rows for."""
    rng = random.Random(seed)
    code = store.code
    types = [type_ for type_ in store.attribute_types if len(store.attribute_rows(type_).source)]
    concrete = [type_ for type_ in store.concrete_types if len(store.concrete_rows(type_).source)]
    refsets = [found for found in store.refsets.codes() if (refset := store.refsets.get(found)) and refset.n_active > 10]
    roots = store.roots

    def concept() -> str:
        return code(rng.randrange(store.n_active))

    def high() -> str:
        """A concept some steps above a sampled one: what people name in value sets."""
        at = rng.randrange(store.n_active)
        for _ in range(rng.randrange(1, 5)):
            above = store.parents(at)
            if not len(above) or above[0] in roots:
                break
            at = above[rng.randrange(len(above))]
        return code(at)

    def row() -> tuple[str, str, str]:
        type_ = rng.choice(types)
        rows = store.attribute_rows(type_)
        at = rng.randrange(len(rows.source))
        return code(rows.source[at]), code(type_), code(rows.value[at])

    def number() -> tuple[str, str, str]:
        type_ = rng.choice(concrete)
        rows = store.concrete_rows(type_)
        at = rng.randrange(len(rows.source))
        return code(rows.source[at]), code(type_), store.concrete_value(rows.value[at]).text

    def same_source() -> tuple[str, str, str, str, str]:
        while True:
            source, type_, value = row()
            ordinal = store.ordinal(source)
            assert ordinal is not None
            others = [(code(t), code(v)) for t, _, v in store.attributes(ordinal) if code(t) != type_]
            if others:
                return (source, type_, value, *rng.choice(others))

    def above(name: str) -> str:
        ordinal = store.ordinal(name)
        assert ordinal is not None
        parents = store.parents(ordinal)
        return code(parents[rng.randrange(len(parents))]) if len(parents) else name

    kinds: dict[str, Callable[[], str]] = {
        "literal": concept,
        "descendant or self": lambda: f"<< {high()}",
        "descendant": lambda: f"< {high()}",
        "child": lambda: f"<! {high()}",
        "ancestor": lambda: f"> {concept()}",
        "parent or self": lambda: f">>! {concept()}",
        "and": lambda: (lambda c: f"<< {above(c)} AND << {above(c)}")(concept()),
        "or": lambda: f"<< {high()} OR << {high()} OR {concept()}",
        "minus": lambda: (lambda c: f"<< {above(above(c))} MINUS << {c}")(concept()),
        "attribute": lambda: "* : {1} = {2}".format(*row()),
        "attribute below": lambda: (lambda r: f"<< {above(above(r[0]))} : {r[1]} = << {above(r[2])}")(row()),
        "attribute not": lambda: (lambda r: f"<< {above(above(r[0]))} : {r[1]} != {r[2]}")(row()),
        "two attributes": lambda: "* : {1} = << {2}, {3} = << {4}".format(*same_source()),
        "group": lambda: "* : {{ {1} = << {2}, {3} = << {4} }}".format(*same_source()),
        "group in focus": lambda: (lambda r: f"<< {above(r[0])} : {{ {r[1]} = *, {r[3]} = << {r[4]} }}")(same_source()),
        "cardinality": lambda: (lambda r: f"<< {above(r[0])} : [2..*] {r[1]} = *")(row()),
        "none of": lambda: (lambda r: f"<< {above(r[0])} : [0..0] {r[1]} = << {above(r[2])}")(row()),
        "any attribute": lambda: (lambda r: f"<< {above(above(r[0]))} : * = {r[2]}")(row()),
        "reverse": lambda: (lambda r: f"<< {above(r[2])} : R {r[1]} = << {above(r[0])}")(row()),
        "dotted": lambda: (lambda r: f"<< {above(r[0])} . {r[1]}")(row()),
        "nested value": lambda: (lambda r: f"* : {r[1]} = (<< {above(r[2])} MINUS << {r[2]})")(row()),
        "concrete": lambda: (lambda r: f"<< {above(r[0])} : {r[1]} >= #{r[2]}")(number()),
        "member": lambda: f"^ {rng.choice(refsets)}",
        "member below": lambda: f"^ {rng.choice(refsets)} AND << {high()}",
        "concept filter": lambda: f"<< {high()} {{{{ C definitionStatus = primitive }}}}",
        "bottom": lambda: f"!!< (>> {concept()} AND << {high()})",
        "history": lambda: f"<< {high()} {{{{ + HISTORY-MAX }}}}",
    }
    if not concrete:
        del kinds["concrete"]
    if not refsets:
        del kinds["member"], kinds["member below"]
    for kind, made in kinds.items():
        for _ in range(EACH):
            yield kind, made()


def figures(pack: Path, seed: int = 20260826, slowest: int = 0) -> Iterator[tuple[str, float, str]]:
    """Yield (what, number, unit) for a pack."""
    store = Store(pack)
    timed: list[tuple[float, str, str, int]] = []
    for kind, ecl in expressions(store, seed):
        begun = time.perf_counter()
        try:
            found = expand(store, ecl)
        except NotSupported:
            continue
        timed.append((time.perf_counter() - begun, kind, ecl, len(found)))
    times = sorted(seconds for seconds, *_ in timed)
    yield "ecl expressions", len(times), "expressions"
    yield "ecl median", times[len(times) // 2] * 1e3, "ms"
    yield "ecl p95", times[len(times) * 95 // 100] * 1e3, "ms"
    yield "ecl worst", times[-1] * 1e3, "ms"
    for kind in dict.fromkeys(kind for _, kind, _, _ in timed):
        own = sorted(seconds for seconds, k, _, _ in timed if k == kind)
        yield f"  {kind}", own[len(own) // 2] * 1e3, "ms"
    for seconds, _, ecl, size in sorted(timed, reverse=True)[:slowest]:
        yield f"  slow: {ecl} ({size} concepts)", seconds * 1e3, "ms"
    largest = max(
        range(store.n_active),
        key=lambda ordinal: store.descendants_runs(ordinal)[-1] - ordinal if ordinal not in store.roots and ordinal < 5000 else 0,
    )
    begun = time.perf_counter()
    codes = expand(store, f"<< {store.code(largest)}").code_set()
    yield f"<< of {len(codes)} concepts to a set", (time.perf_counter() - begun) * 1e3, "ms"
    asked = [store.code(random.Random(seed + n).randrange(store.n_active)) for n in range(1000)]
    best = min(_membership(codes, asked) for _ in range(5))
    yield "membership in that set", best, "ns"


def _membership(codes: frozenset[str], asked: list[str]) -> float:
    begun = time.perf_counter_ns()
    for _ in range(20):
        for code in asked:
            code in codes  # noqa: B015
    return (time.perf_counter_ns() - begun) / (20 * len(asked))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("pack", type=Path)
    options.add_argument("--seed", type=int, default=20260826)
    options.add_argument("--slowest", type=int, default=10)
    given = options.parse_args()
    for what, number, unit in figures(given.pack, given.seed, given.slowest):
        print(f"{what:60} {number:12.3f} {unit}")


if __name__ == "__main__":
    main()
