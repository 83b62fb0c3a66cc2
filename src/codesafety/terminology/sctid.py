"""SNOMED CT identifiers: the check digit, the parts, and what has damaged an id that does not hold.

An SCTID is text: 6 to 18 digits, no leading zero; read from the right a Verhoeff check digit, a two-digit partition and,
in the long format (partition 1x), a seven-digit namespace; what is left is the item. dm+d ids are SCTIDs of namespace 1000001.
Source: SNOMED CT Release File Specification, 6 (component identifiers) and 5.5 (check digit).

An id whose check digit and partition hold is whole, whatever it looks like: five active ids end in zeros as if they had been cut.
`diagnose` names the damage and offers a candidate only if that damage, done to the candidate, gives exactly this text.
Nothing here repairs anything by itself: whether a candidate is the code that was meant is for a person to say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from functools import lru_cache

from codesafety.terminology.expression import concept_ids

MIN_DIGITS, MAX_DIGITS = 6, 18
_MIN_LONG = 11  # one digit of item, seven of namespace, two of partition, the check digit

PARTITIONS = {
    "00": "concept",
    "01": "description",
    "02": "relationship",
    "10": "concept",
    "11": "description",
    "12": "relationship",
    "16": "expression",
}
"""What an id identifies, by its partition. 16 is a postcoordinated expression. Others are not in use."""

UK_NAMESPACES = ("1000000", "1000001")
"""UK clinical extension, UK drug extension (dm+d): where text lost its namespace, no other one is supposed."""

# The dihedral group of order ten, flat, and the permutation of each place: Verhoeff (1969).
_PRODUCT = bytes(
    ((j % 5 + i) % 5 + (5 if j > 4 else 0)) if i < 5 else ((i - j) % 5 if j > 4 else (i - j) % 5 + 5)
    for i in range(10)
    for j in range(10)
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


def _whole(digits: str) -> int:
    """Return the Verhoeff product of digits, the last of them the check digit, padded with zeros to threes."""
    number, product = int(digits), 0
    for group in range((len(digits) + 2) // 3):
        number, three = divmod(number, 1000)
        product = _PRODUCT[10 * product + _GROUP[group][three]]
    return product


def _neutral(length: int) -> int:
    """Return what the padding zeros alone contribute: a number of this length is right when its product equals that."""
    product = 0
    for place in range(length, (length + 2) // 3 * 3):
        product = _PRODUCT[10 * product + _PLACE[place % 8][0]]
    return product


_NEUTRAL = tuple(_neutral(length) for length in range(MAX_DIGITS + 1))


class Kind(StrEnum):
    """What a well-formed id identifies."""

    CONCEPT = "concept"
    DESCRIPTION = "description"
    RELATIONSHIP = "relationship"
    EXPRESSION = "expression"


class Damage(StrEnum):
    """What is to be said of a text that stands where a concept id should. The words are stable."""

    VALID = "valid"  # a well-formed concept id
    SPREADSHEET_TRUNCATION = "spreadsheet_truncation"  # kept to 15 digits, the rest made zero
    FLOAT_ROUNDING = "float_rounding"  # went through a 64-bit binary float
    SCIENTIFIC_NOTATION = "scientific_notation"  # 4.46891E+14, or such a text written out again
    FLOAT_SUFFIX = "float_suffix"  # 77386006.0
    STRAY_CHARACTERS = "stray_characters"  # spaces, quotes, separators, digits of another script
    LEADING_ZERO = "leading_zero"
    CHECK_DIGIT = "check_digit"  # the check digit fails, and nothing tells why
    PARTITION = "partition"  # the check digit holds, and no kind of component has this partition
    DESCRIPTION_ID = "description_id"
    RELATIONSHIP_ID = "relationship_id"
    EXPRESSION_ID = "expression_id"
    EXPRESSION = "expression"  # no damage: a postcoordinated expression whose concept ids are whole
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    NOT_AN_SCTID = "not_an_sctid"


@dataclass(frozen=True, slots=True)
class Sctid:
    """The parts of a well-formed id. `namespace` is None in the short format (SNOMED International's own)."""

    item: str
    namespace: str | None
    partition: str
    check: str

    @property
    def kind(self) -> Kind:
        return Kind(PARTITIONS[self.partition])

    def __str__(self) -> str:
        return f"{self.item}{self.namespace or ''}{self.partition}{self.check}"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with `code`, and every concept id that this damage turns into exactly this text.

    `candidates` is empty where the text is a valid concept id, where nothing can be told, or where too much is lost to
    enumerate. One candidate is a proposal and not a repair.
    """

    code: str
    diagnosis: Damage
    candidates: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return self.diagnosis is Damage.VALID


def check_digit(digits: str) -> str:
    """Return the Verhoeff check digit to be written after `digits`."""
    if not (digits.isascii() and digits.isdigit() and len(digits) < MAX_DIGITS):
        raise ValueError(f"a check digit is computed for 1 to {MAX_DIGITS - 1} digits")
    length = len(digits) + 1
    return next(d for d in "0123456789" if _whole(digits + d) == _NEUTRAL[length])


def has_check_digit(digits: str) -> bool:
    """Return whether 1 to 18 ASCII digits end in their Verhoeff check digit."""
    return _whole(digits) == _NEUTRAL[len(digits)]


def is_well_formed(code: str) -> bool:
    """Return whether `code` is an SCTID of any kind: length, no leading zero, a partition in use, the check digit.

    A description id is well formed: `kind` tells it from a concept's.
    """
    return MIN_DIGITS <= len(code) <= MAX_DIGITS and _well_formed(code)


@lru_cache(maxsize=2**16)  # asked of every coding of every message, and most of them are the same few thousand
def _well_formed(code: str) -> bool:
    length = len(code)
    if not (code.isascii() and code.isdigit()) or code[0] == "0":
        return False
    partition = code[-3:-1]
    if partition not in PARTITIONS or (partition[0] == "1" and length < _MIN_LONG):
        return False
    return _whole(code) == _NEUTRAL[length]


def is_concept_id(code: str) -> bool:
    """Return whether `code` is a well-formed id of the concept partition (00 or 10)."""
    return code[-3:-1] in ("00", "10") and is_well_formed(code)


def are_concept_ids(codes: Sequence[str]) -> bool:
    """Return whether `is_concept_id` holds of every text: asked of all at once, a column of digits at a time."""
    for length in {len(code) for code in codes}:
        whole = "".join([code for code in codes if len(code) == length])
        if not (MIN_DIGITS <= length <= MAX_DIGITS and whole.isascii() and whole.isdigit()):
            return False
        columns = [whole.encode()[place::length] for place in range(length)]
        kinds, zeros = columns[-3], columns[-2]
        if b"0" in columns[0] or zeros.strip(b"0") or kinds.strip(b"0" if length < _MIN_LONG else b"01"):
            return False
        if _products(columns).strip(b"\0"):
            return False
    return True


def _products(columns: Sequence[bytes]) -> bytes:
    """Return the Verhoeff products of many numbers, whose digits stand in columns: 0 where the check digit holds.

    Of two columns of digits, ten times the one and the other are added as two whole numbers of as many bytes: none is carried.
    """
    size = len(columns[0])
    products = bytes(size)
    for place, column in enumerate(reversed(columns)):
        permuted = column.translate(_PERMUTED[place % 8])
        pairs = int.from_bytes(products.translate(_TENFOLD), "little") + int.from_bytes(permuted, "little")
        products = pairs.to_bytes(size, "little").translate(_PRODUCTS)
    return products


_PERMUTED = tuple(bytes(place[(byte - 48) % 10] for byte in range(256)) for place in _PLACE)
_TENFOLD = bytes(10 * (byte % 10) for byte in range(256))
_PRODUCTS = _PRODUCT.ljust(256, b"\0")


def kind(code: str) -> Kind | None:
    """Return what a well-formed id identifies, or None where `code` is not a well-formed id."""
    return Kind(PARTITIONS[code[-3:-1]]) if is_well_formed(code) else None


def parse(code: str) -> Sctid:
    """Return the parts of an id. Raises ValueError, with the diagnosis, where it is not well formed."""
    if not is_well_formed(code):
        raise ValueError(f"not an SCTID: {diagnose(code).diagnosis}")
    partition, check = code[-3:-1], code[-1]
    if partition[0] == "1":
        return Sctid(code[:-10], code[-10:-3], partition, check)
    return Sctid(code[:-3], None, partition, check)


def repair(code: str) -> tuple[str, ...]:
    """Return the concept ids that recognised damage turns into `code`; empty for a valid id, and where nothing can be told."""
    return diagnose(code).candidates


def diagnose(code: str) -> Diagnosis:
    """Return what is wrong with a text that stands where a concept id should."""
    if not isinstance(code, str):
        raise TypeError("a code is text and never a number: a number has lost digits already")
    if is_well_formed(code):
        match Kind(PARTITIONS[code[-3:-1]]):
            case Kind.CONCEPT:
                return Diagnosis(code, Damage.VALID)
            case Kind.DESCRIPTION:
                return Diagnosis(code, Damage.DESCRIPTION_ID)
            case Kind.RELATIONSHIP:
                return Diagnosis(code, Damage.RELATIONSHIP_ID)
            case Kind.EXPRESSION:
                return Diagnosis(code, Damage.EXPRESSION_ID)
    if not code.strip():
        return Diagnosis(code, Damage.EMPTY)
    if code.isascii() and code.isdigit():
        return _diagnose_digits(code)
    if (found := _SCIENTIFIC.fullmatch(code)) is not None:
        mantissa, exponent = found[1] or found[3], found[2] or found[4]
        return Diagnosis(code, Damage.SCIENTIFIC_NOTATION, _from_scientific(mantissa.replace(",", "."), int(exponent)))
    if (found := _SUFFIX.fullmatch(code)) is not None:
        inner = diagnose(found[1])
        if inner.is_valid:
            return Diagnosis(code, Damage.FLOAT_SUFFIX, (found[1],))
        return Diagnosis(code, inner.diagnosis if inner.candidates else Damage.FLOAT_SUFFIX, inner.candidates)
    if (ids := concept_ids(code)) is not None:
        damaged = next((told for told in map(diagnose, ids) if not told.is_valid), None)
        return Diagnosis(code, Damage.EXPRESSION if damaged is None else damaged.diagnosis)
    bare = _bare(code)
    if bare != code and _LOOKS_NUMERIC.fullmatch(bare):
        inner = diagnose(bare)
        return Diagnosis(code, Damage.STRAY_CHARACTERS, (bare,) if inner.is_valid else inner.candidates)
    return Diagnosis(code, Damage.NOT_AN_SCTID)


# As programs write it: 8E+07, 8.0e+07, 8.0E7. None writes 8E07 or 1E6, which are Read codes.
_SCIENTIFIC = re.compile(
    r"(\d(?:[.,]\d{1,17})?)[eE]\+0*(\d{1,2})|(\d[.,]\d{1,17})[eE]([1-9]\d?)",
    re.ASCII,
)
_SUFFIX = re.compile(r"(\d+)[.,]0*", re.ASCII)
_LOOKS_NUMERIC = re.compile(rf"\d+(?:[.,]\d*)?|{_SCIENTIFIC.pattern}", re.ASCII)
_WITH_TERM = re.compile(r"([^|]*)\|[^|]*\|\s*")
_FORMULA = re.compile(r"=\s*(\"?)(.*)\1")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,3}(?:\.\d{3}){2,}", re.ASCII)  # one point may be a decimal point
_STRAY_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Pi", "Pf", "Sk", "Mn"})
_STRAY = frozenset("'\"`;#_\u02bc\u2032\u2033\u066c\u00b7\u115f\u1160\u3164\uffa0")  # the last four are fillers that nobody sees


def _bare(text: str) -> str:
    """Return the text without what cannot belong to an id; a decimal point and an exponent stay, for they tell something."""
    if (found := _WITH_TERM.fullmatch(text)) is not None:
        text = found[1]
    text = text.strip()
    if (found := _FORMULA.fullmatch(text)) is not None:
        text = found[2]
    kept = []
    for character in text:
        if character.isdecimal():
            kept.append(str(unicodedata.decimal(character)))
        elif character not in _STRAY and unicodedata.category(character) not in _STRAY_CATEGORIES:
            kept.append(character)
    bare = "".join(kept)
    if _GROUPED.fullmatch(bare):
        return bare.replace(",", "").replace(".", "")
    return bare


def _diagnose_digits(code: str) -> Diagnosis:
    if code[0] == "0":
        rest = code.lstrip("0")
        inner = diagnose(rest)
        return Diagnosis(code, Damage.LEADING_ZERO, (rest,) if inner.is_valid else inner.candidates)
    length = len(code)
    if length < MIN_DIGITS:
        return Diagnosis(code, Damage.TOO_SHORT)
    if length > MAX_DIGITS:
        return Diagnosis(code, Damage.TOO_LONG)
    significant = len(code.rstrip("0"))
    if length >= _FIRST_SCIENTIFIC and significant <= _SHOWN:
        return Diagnosis(code, Damage.SCIENTIFIC_NOTATION, _from_digits(code, _SHOWN))
    if length > _SPREADSHEET and significant <= _SPREADSHEET and (found := _from_spreadsheet(code)):
        return Diagnosis(code, Damage.SPREADSHEET_TRUNCATION, found)
    if found := _from_float(code):
        return Diagnosis(code, Damage.FLOAT_ROUNDING, found)
    return Diagnosis(code, Damage.PARTITION if has_check_digit(code) else Damage.CHECK_DIGIT)


_SPREADSHEET = 15  # significant decimal digits that a spreadsheet keeps
_SHOWN = 6  # significant digits of its general format in scientific notation ...
_FIRST_SCIENTIFIC = 12  # ... which it uses from twelve digits on
_LONGEST_SHORT = 13  # digits of the longest short-format id of the specification's own examples
_METADATA = "900000000000"


def _completed(stem: str, partition: str, tail: str = "") -> str | None:
    """Return the concept id of this stem and partition with its check digit, or None where it cannot be one."""
    digits = f"{stem}{tail}{partition}"
    if len(digits) >= MAX_DIGITS:
        return None
    code = digits + check_digit(digits)
    return code if is_well_formed(code) else None


def _preferred(candidates: set[str]) -> tuple[str, ...]:
    """Return the likely ones of candidates of 16 digits and more, or all where none is.

    In the short format, ids that long are SNOMED International's own metadata, which begin alike.
    """
    likely = {c for c in candidates if (c[-3] == "0") == c.startswith(_METADATA)}
    return tuple(sorted(likely or candidates))


def _from_spreadsheet(code: str) -> tuple[str, ...]:
    """Return the concept ids which, cut (or rounded) to 15 significant digits, read as `code`."""
    number, scale = int(code), 10 ** (len(code) - _SPREADSHEET)
    # The stem keeps its digits; partition and check digit are what was lost, whole or in part.
    possible = [c for partition in ("10", "00") if (c := _completed(code[:-3], partition)) is not None]
    cut = {c for c in possible if int(c) // scale * scale == number}
    return _preferred(cut or {c for c in possible if (int(c) + scale // 2) // scale * scale == number})


def _from_float(code: str) -> tuple[str, ...]:
    """Return the concept ids which, as a 64-bit float, print as `code`: in full, or in the fewest digits that tell it apart."""
    number = int(code)
    # A float is off by 64 at most: 001 may come from the thousand above, and 109 from none but its own.
    stems = (str(number // 1000), str(number // 1000 + 1))
    possible = [c for stem in stems for partition in ("10", "00") if (c := _completed(stem, partition)) is not None]
    return _preferred({c for c in possible if number in (int(float(c)), int(Decimal(repr(float(c)))))})


def _from_scientific(mantissa: str, exponent: int) -> tuple[str, ...]:
    """Return the concept ids which print as mantissa × 10**exponent."""
    digits = mantissa.replace(".", "")
    length = exponent + 1
    if not MIN_DIGITS <= length <= MAX_DIGITS:
        return ()
    if len(digits) >= length:
        whole, fraction = digits[:length], digits[length:]
        if fraction.strip("0"):
            return ()
        return (whole,) if is_concept_id(whole) else repair(whole)
    code = digits.ljust(length, "0")
    # A general format drops the zeros at the end: 4.4689E+14 may show six digits or five.
    found = _from_digits(code, max(len(digits), _SHOWN))
    if not found and len(digits) > _SPREADSHEET:
        return (code,) if is_concept_id(code) else _from_float(code)
    return found


def _from_digits(code: str, shown: int) -> tuple[str, ...]:
    """Return the concept ids which, rounded to `shown` significant digits, read as `code`.

    Only where the digits that are left hold the whole item: what was lost is a UK namespace, the partition or the check digit.
    """
    length = len(code)
    found = set()
    frames = [("00", ""), ("10", ""), *(("10", namespace) for namespace in UK_NAMESPACES)]
    for partition, namespace in frames:
        stem_length = length - 3 - len(namespace)
        if not 0 < stem_length <= shown or (partition == "00" and length > _LONGEST_SHORT):
            continue
        candidate = _completed(code[:stem_length], partition, namespace)
        if candidate is not None and _rounded(candidate, shown) == int(code):
            found.add(candidate)
    return tuple(sorted(found))


def _rounded(code: str, shown: int) -> int:
    return int(Context(prec=shown, rounding=ROUND_HALF_UP).create_decimal(code))
