"""Descriptions and language refsets to sections: terms in compressed blocks, preferred terms chosen, words indexed."""

from __future__ import annotations

import json
import re
import zlib
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence

from codesafety.terminology.building.intake import ACTIVE, Context, sctid
from codesafety.terminology.pack.file import PackWriter
from codesafety.terminology.pack.texts import FSN, NO_ROW, SYNONYM, fold
from codesafety.terminology.rf2.latest import latest, refuse
from codesafety.terminology.rf2.rows import ReleaseFile, Row
from codesafety.terminology.words.normal import normal

ROWS_IN_BLOCK = 256
_WORDS_AT_ONCE = 2000
# UK clinical, UK pharmacy, GB English, US English: which language refset's preferred synonym is the preferred term.
PREFERENCE = (999001261000000100, 999000691000001104, 900000000000508004, 900000000000509007)
_ACCEPTABILITY = {b"900000000000548007": 0, b"900000000000549004": 1}
_WORDS = re.compile(r"[^\W_]+")


def write_texts(
    files: Sequence[ReleaseFile], language_files: Sequence[ReleaseFile], context: Context, writer: PackWriter
) -> None:
    """Read description and language refset files and write all that `texts.Texts` reads."""
    ids, kind, time, owner = array("Q"), array("H"), array("H"), array("I")
    terms: list[bytes] = []  # as bytes: half the memory of text, and decoded only in their block
    kinds: dict[tuple[bytes, ...], int] = {}
    concepts, index = context.concepts, context.concepts.index
    partial = context.selection is not None

    def more(row: Row) -> str | None:
        return None if row[4] in index else f"conceptId {row[4].decode()} is a concept that no concept file holds"

    for file, lines in context.rows(files, 4):
        try:
            for line in lines[1]:
                id_, effective, active, module, concept, language, type_, term, case = line.split(b"\t")
                if partial and concept not in index:
                    continue
                owner.append(concepts.ordinal[index[concept]])
                key = (active, module, language, type_, case)
                place = kinds.get(key)
                if place is None:
                    place = kinds[key] = _new_kind(key, kinds)
                kind.append(place)
                time.append(context.times[effective])
                ids.append(sctid(id_))
                terms.append(term)
        except (ValueError, KeyError, OverflowError) as error:
            raise refuse(file, lines, more, error) from None
    bits = max(len(ids), 1).bit_length()
    order = sorted([concept << bits | at for at, concept in enumerate(owner)])
    mask = (1 << bits) - 1
    for at, key_number in enumerate(order):
        order[at] = key_number & mask
    at_concept = array("I", bytes(4 * (len(concepts.ids) + 1)))
    for concept_ordinal in owner:
        at_concept[concept_ordinal + 1] += 1
    for ordinal in range(len(concepts.ids)):
        at_concept[ordinal + 1] += at_concept[ordinal]
    ids = array("Q", [ids[at] for at in order])
    kind = array("H", [kind[at] for at in order])
    owner = array("I", [owner[at] for at in order])
    writer.add_section("text.at", at_concept)
    writer.add_section("text.id", ids)
    writer.add_section("text.kind", kind)
    writer.add_section("text.time", array("H", [time[at] for at in order]))
    writer.add_section(
        "text.kinds",
        json.dumps([(key[0] == b"1", *(part.decode() for part in key[1:])) for key in kinds], separators=(",", ":")).encode(),
    )
    _write_blocks(order, terms, writer)
    del terms, order
    context.counts["descriptions"] = len(ids)
    preferred_rows = _write_languages(language_files, ids, context, writer)
    writer.add_section("text.preferred", _preferred(preferred_rows, len(concepts.ids), kind, owner, kinds))


def _new_kind(key: tuple[bytes, ...], kinds: dict[tuple[bytes, ...], int]) -> int:
    ACTIVE[key[0]]
    for code in (key[1], key[3], key[4]):
        sctid(code)
    if not key[2].isalpha() and not re.fullmatch(rb"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", key[2]):
        raise ValueError("no language code")
    if len(kinds) >= 0xFFFF:
        raise ValueError("more than 65,535 kinds of description")
    return len(kinds)


def _write_blocks(order: Sequence[int], terms: Sequence[bytes], writer: PackWriter) -> None:
    first, block_at = array("I"), array("Q", [0])
    postings: defaultdict[str, list[int]] = defaultdict(list)

    def blocks() -> Iterator[bytes]:
        for start in range(0, len(order), ROWS_IN_BLOCK):
            joined = b"\n".join([terms[at] for at in order[start : start + ROWS_IN_BLOCK]])
            number = len(first)
            for word in set(_WORDS.findall(fold(joined.decode()))):
                postings[word].append(number)
            first.append(start)
            packed = zlib.compress(joined, 6)
            block_at.append(block_at[-1] + len(packed))
            yield packed

    writer.add_chunks("text.blocks", blocks())
    writer.add_section("text.block_first", first)
    writer.add_section("text.block_at", block_at)
    word_at, word_blocks, words = array("I", [0]), array("I"), sorted(postings)
    for word in words:
        word_blocks.extend(postings.pop(word))
        word_at.append(len(word_blocks))
    writer.add_section("word.list", zlib.compress("\n".join(words).encode(), 6))
    writer.add_section(
        "word.spelling",
        zlib.compress(
            "\n".join(
                f"{at} {key}" for at, key in enumerate(spellings(words)) if key != words[at] and key and " " not in key
            ).encode(),
            6,
        ),
    )
    writer.add_section("word.at", word_at)
    writer.add_section("word.blocks", array("H", word_blocks) if len(first) <= 0xFFFF else word_blocks)


def spellings(words: Sequence[str]) -> list[str]:
    """Return `normal` of each word, some thousand at a time: a tenth of the cost. `%` keeps neighbours apart in it."""
    found: list[str] = []
    for start in range(0, len(words), _WORDS_AT_ONCE):
        some = words[start : start + _WORDS_AT_ONCE]
        together = normal("% " + " % ".join(some) + " %")[1:-1].split("%")
        found += [key.strip() for key in together] if len(together) == len(some) else map(normal, some)
    return found


def _write_languages(
    files: Sequence[ReleaseFile], ids: array[int], context: Context, writer: PackWriter
) -> dict[int, array[int]]:
    """Write the active language members; return per refset the rows that it prefers."""
    by_id = array("I", sorted(range(len(ids)), key=ids.__getitem__))
    sorted_ids = array("Q", [ids[row] for row in by_id])
    found: dict[bytes, tuple[array[int], array[int]]] = {}
    partial = context.selection is not None

    def more(row: Row) -> str | None:
        return None if row[6] in _ACCEPTABILITY else f"acceptabilityId {row[6].decode()} is neither preferred nor acceptable"

    for file, lines in latest(files, context.at, context.progress, context.notes):
        try:
            for line in lines[1]:
                _, effective, active, module, refset, description, acceptability = line.split(b"\t")
                context.times[effective]
                context.modules[module]
                pair = found.get(refset)
                if pair is None:
                    sctid(refset)
                    pair = found[refset] = (array("I"), array("I"))
                rank = _ACCEPTABILITY[acceptability]
                if not ACTIVE[active]:
                    context.count("language_members_inactive_not_kept")
                    continue
                number = int(description)
                at = bisect_left(sorted_ids, number)
                if at == len(sorted_ids) or sorted_ids[at] != number:
                    if not partial:
                        context.count("language_members_without_description")
                    continue
                pair[rank].append(by_id[at])
        except (ValueError, KeyError, OverflowError) as error:
            raise refuse(file, lines, more, error) from None
    lost = context.counts.get("language_members_without_description", 0)
    if lost:
        context.notes.append(f"{lost} active language refset members name a description that no description file holds")
    places, rows, codes = array("I", [0]), array("I"), sorted(found, key=int)
    for code in codes:
        for part in found[code]:
            rows.extend(sorted(set(part)))
            places.append(len(rows))
    writer.add_section("language.refset", array("Q", [int(code) for code in codes]))
    writer.add_section("language.at", places)
    writer.add_section("language.rows", rows)
    context.counts["language_members"] = len(rows)
    return {int(code): found[code][0] for code in codes}


def _preferred(
    preferred_rows: dict[int, array[int]], n: int, kind: array[int], owner: array[int], kinds: dict[tuple[bytes, ...], int]
) -> array[int]:
    active_synonym = {place for key, place in kinds.items() if key[0] == b"1" and key[3] == SYNONYM.encode()}
    active_name = {place for key, place in kinds.items() if key[0] == b"1" and key[3] == FSN.encode()}
    chosen = array("I", [NO_ROW]) * n
    for refset in PREFERENCE:
        for row in sorted(preferred_rows.get(refset, ())):
            if kind[row] in active_synonym and chosen[owner[row]] == NO_ROW:
                chosen[owner[row]] = row
    for row, place in enumerate(kind):
        if place in active_name and chosen[owner[row]] == NO_ROW:
            chosen[owner[row]] = row
    return chosen
