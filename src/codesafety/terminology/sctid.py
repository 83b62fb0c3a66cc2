"""SNOMED CT identifiers: the check digit, the parts, and what has damaged an id that does not hold.

An SCTID is text: 6 to 18 digits, no leading zero; read from the right a Verhoeff check digit, a two-digit partition and,
in the long format (partition 1x), a seven-digit namespace; what is left is the item. dm+d ids are SCTIDs of namespace 1000001.
Source: SNOMED CT Release File Specification, 6 (component identifiers) and 5.5 (check digit).

`diagnose` names the damage and offers a candidate only if that damage, done to the candidate, gives exactly this text.
Nothing here repairs anything by itself: whether a candidate is the code that was meant is for a person to say.
"""

from __future__ import annotations

from enum import StrEnum

MIN_DIGITS, MAX_DIGITS = 6, 18
_MIN_LONG = 11  # one digit of item, seven of namespace, two of partition, the check digit

PARTITIONS = {
    "00": "concept", "01": "description", "02": "relationship",
    "10": "concept", "11": "description", "12": "relationship", "16": "expression",
}
"""What an id identifies, by its partition. 16 is a postcoordinated expression. Others are not in use."""

UK_NAMESPACES = ("1000000", "1000001")
"""UK clinical extension, UK drug extension (dm+d): where text lost its namespace, no other one is supposed."""

# The dihedral group of order ten, flat, and the permutation of each place: Verhoeff (1969).
_PRODUCT = bytes(
    ((j % 5 + i) % 5 + (5 if j > 4 else 0)) if i < 5 else ((i - j) % 5 if j > 4 else (i - j) % 5 + 5)
    for i in range(10) for j in range(10)
)
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _place_tables() -> tuple[bytes, ...]:
    places = [list(range(10))]
    for _ in range(7):
        places.append([_PERMUTATION[d] for d in places[-1]])
    return tuple(bytes(place) for place in places)


_PLACE = _place_tables()


def _group_tables() -> tuple[bytes, ...]:
    """Return, for each group of three digits from the right, the product of its digits: a third of the steps."""
    tables = []
    for group in range(6):
        a, b, c = (_PLACE[(3 * group + k) % 8] for k in range(3))
        tables.append(bytes(_PRODUCT[10 * _PRODUCT[10 * a[n % 10] + b[n // 10 % 10]] + c[n // 100]] for n in range(1000)))
    return tuple(tables)


_GROUP = _group_tables()
# What a missing digit on the left contributes, so that three-digit groups may be padded with zeros: the product is a group
# product of the places, and padding zeros would not be neutral. They are divided out by stopping at the leading digit.


class Kind(StrEnum):
    """What a well-formed id identifies."""

    CONCEPT = "concept"
    DESCRIPTION = "description"
    RELATIONSHIP = "relationship"
    EXPRESSION = "expression"
