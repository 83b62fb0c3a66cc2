"""The fast path of reading against the careful one: of any source the same elements and the same submission, or the same error.

    python -m tests.formats.fhir.two_paths --pairs 20000

The mapper is one, but it asks plain values and elements in different ways: so what was read is compared, and not the trees alone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.campaign.mutate import Base, bases, mutate
from tests.places import EXAMPLES, ROOT, SHARED

from codesafety.errors import InputError
from codesafety.formats.encoding import decode
from codesafety.formats.fhir.index import Index
from codesafety.formats.fhir.json import parse_json, parse_json_carefully
from codesafety.formats.fhir.source import read_parts, to_submission
from codesafety.formats.fhir.tree import Node, Tree
from codesafety.formats.fhir.xml import parse_xml, parse_xml_carefully
from codesafety.plugins.reading import Source

FOLDERS = [EXAMPLES, ROOT / "tests" / "fixtures" / "fhir"]
_BITS = (
    *('"', "<", ">", "{", "}", "[", "]", ",", ":", "\\", "\\u0020", "\\ud83d\\ude00", "\\ud83d", "é", "\U0001f600", "\x00", "\t", "NaN", "null", "[]"),
    *("{}", '""', '" "', "1e5", "-0", "true", '"a":1,', '"_id":{},', '"id":"x",', '"resourceType":"Basic",', '"text":"x",', '"contained":[{}],'),
    *("&amp;", "&#32;", "&x;", "<!-- c -->", "<![CDATA[x]]>", "<?p i?>", "<!DOCTYPE x>", 'id="x" ', 'url="x" ', 'value=" " ', 'xmlns="x" ', "words"),
    *('<id value="x"/>', '<text><div xmlns="http://www.w3.org/1999/xhtml">x<b/></div></text>', '<x:a xmlns:x="y"/>', "<resource/>"),
)  # fmt: skip


def elements(node: Node) -> Iterator[tuple[Any, ...]]:
    """Yield everything that is said of an element and of those below it, in the order sent."""
    yield node.path, node.kind, node.value, node.resource_type, node.is_resource, [*node.held]
    for child in node.elements():
        yield child.listed, child.parent is node
        yield from elements(child)


def told(parse: Callable[[str, str], Tree], text: str) -> tuple[Any, ...]:
    """Return what a path makes of a text: the submission, its elements and the flaws of its form; or the error, with all of its words."""
    try:
        tree = parse(text, "it")
    except InputError as error:
        return "refused", str(error), error.path, error.help
    index = Index(tree.root)
    read = tuple(
        to_submission(read_parts(tree, index, envelope=envelope, gp_connect=not envelope), "it").model_dump_json()
        for envelope in (True, False)
    )
    return "read", *read, [*elements(tree.root)], [(flaw.node.path, flaw.reason, flaw.fatal) for flaw in tree.flaws]


def both(data: bytes) -> tuple[tuple[Any, ...], tuple[Any, ...]] | None:
    """Return what the reader makes of a source, and what its careful path does; None where it is no text or neither form."""
    try:
        text = decode(Source(data, "it"))
    except InputError:
        return None
    match text.lstrip()[:1]:
        case "<":
            return told(parse_xml, text), told(parse_xml_carefully, declared_away(text))
        case "{":
            return told(parse_json, text), told(parse_json_carefully, text)
        case _:
            return None


def declared_away(text: str) -> str:
    """Return a text with its XML declaration blanked, as both paths are given it."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", lambda found: re.sub(r"[^\n]", " ", found[0]), text.lstrip(), count=1)
    return text.lstrip(" ")


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes of a source with a few of them lost, moved or followed by something that a parser looks at twice."""
    held = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(held) + 1)
        match rng.choice(("lose", "put", "put", "change", "repeat")):
            case "lose":
                del held[at : at + rng.choice((1, 2, 30))]
            case "put":
                held[at:at] = rng.choice(_BITS).encode()
            case "change":
                held[at : at + 1] = bytes([rng.randrange(256)])
            case _:
                held[at:at] = held[at : at + rng.randrange(200)]
    return bytes(held)


def encoded(data: bytes, rng: random.Random) -> bytes:
    """Return a source in another encoding, or with an encoding declared that is not its own."""
    text = data.decode("utf-8", "replace")
    choices: tuple[Callable[[], bytes], ...] = (
        lambda: b"\xef\xbb\xbf" + data,
        lambda: text.encode("utf-16"),
        lambda: text.encode("utf-16-be"),
        lambda: b'<?xml version="1.0" encoding="UTF-16"?>\n' + data,
        lambda: b'<?xml version="1.0" encoding="windows-1252"?>' + text.encode("cp1252", "replace"),
        lambda: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]>' + data,
        lambda: text.encode("utf-16-le").replace(b"<\x00", b'<\x00!\x00', 1),
    )  # fmt: skip
    return rng.choice(choices)()


def sources(found: list[Base], first: int, pairs: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many mutants, each made of its number alone: of the campaign, and of bytes."""
    for number in range(first, first + pairs):
        rng = random.Random(f"two paths {number}")
        base = found[number % len(found)]
        data = mutate(base, number) if rng.random() < 0.6 else damaged(base.data, rng)
        if base.form == "json" and rng.random() < 0.2 and (again := _rewritten(data)) is not None:
            data = again
        yield f"{base.name} {number}", encoded(data, rng) if rng.random() < 0.06 else data


def _rewritten(data: bytes) -> bytes | None:
    try:
        return json.dumps(json.loads(data), ensure_ascii=False, indent=1).encode()
    except ValueError:
        return None


def differing(found: list[Base], first: int, pairs: int, count: Counter[str] | None = None) -> list[str]:
    """Return the names of the mutants of which the two paths do not tell the same."""
    names = []
    for name, data in sources(found, first, pairs):
        answers = both(data)
        if count is not None:
            count["no text" if answers is None else answers[0][0]] += 1
        if answers is not None and answers[0] != answers[1]:
            names.append(name)
    return names


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pairs", type=int, default=3000)
    options.add_argument("--first", type=int, default=0, help="the first number (default 0)")
    asked = options.parse_args()
    count: Counter[str] = Counter()
    names = differing(bases([*FOLDERS, *([SHARED / "fhir"] if SHARED.is_dir() else [])]), asked.first, asked.pairs, count)
    print(f"{asked.pairs} pairs, {dict(count)}: {len(names)} differ", *names, sep="\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
