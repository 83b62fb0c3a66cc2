"""dm+d release files: TRUD's XML, recognised by their root element, read as rows with dm+d's own field names.

Nothing is guessed from file names but the release date. Every row element of a known file becomes a row, whatever its section;
fields that this version does not know are kept in the row. Sources: NHSBSA, dm+d Data Model and Implementation Guide, XML
schemas `vtm_v2_3` to `ampp_v2_3`, `gtin_v2_0`; the bonus files BNF_DETAILS, HISTORY, VTM_INGREDIENTS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from codesafety.markup import Declared, hardened_parser
from codesafety.terminology import sctid
from codesafety.terminology.archive import READ_ERRORS, Member, members
from codesafety.terminology.errors import ReleaseError

_BLOCK = 1 << 16
_LONGEST_TEXT = 1 << 16  # the longest published name has 700 characters
_DEEPEST = 8  # GTIN_DETAILS has 5
_ROOT = re.compile(rb"<(?![?!])([A-Za-z_][\w.-]*)")
_NAME = re.compile(r"^f_[a-z_]+\d?_\d+\.xml$", re.IGNORECASE)
_SHAPE = re.compile(r"^[1-9][0-9]{5,17}$")
_GTIN = re.compile(r"^[0-9]{8,14}$")
_DATE = re.compile(r"_\d(\d\d)(\d\d)(\d\d)\.xml$", re.IGNORECASE)


class Content(StrEnum):
    """What a file holds: the name of its root element."""

    VTM = "VIRTUAL_THERAPEUTIC_MOIETIES"
    VMP = "VIRTUAL_MED_PRODUCTS"
    AMP = "ACTUAL_MEDICINAL_PRODUCTS"
    VMPP = "VIRTUAL_MED_PRODUCT_PACK"
    AMPP = "ACTUAL_MEDICINAL_PROD_PACKS"
    INGREDIENT = "INGREDIENT_SUBSTANCES"
    LOOKUP = "LOOKUP"
    GTIN = "GTIN_DETAILS"
    BNF = "BNF_DETAILS"
    HISTORY = "HISTORY"
    VTM_INGREDIENTS = "VTM_INGREDIENTS"


RELEASE = (Content.VTM, Content.VMP, Content.AMP, Content.VMPP, Content.AMPP, Content.INGREDIENT, Content.LOOKUP)
"""The files that make a release; without any of these it is incomplete. The others are optional (the bonus files, GTIN)."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A kind of row: the fields that it must have, those that are SCTIDs, and the one that no two rows share."""

    required: tuple[str, ...]
    sctids: tuple[str, ...]
    key: str | None = None


_PACKS = ("VPPID", "APPID", "AMPPID", "PRNTVPPID", "CHLDVPPID", "PRNTAPPID", "CHLDAPPID")
_FORMER = ("VTMIDPREV", "VPIDPREV", "ISIDPREV", "IDPREVIOUS")
"""Ids of packs, and former ids: a wrong check digit there is reported and the row is kept; anywhere else it is refused, since
one damaged id of a product makes it another product."""

_FLAGS = frozenset({"INVALID", "SUG_F", "GLU_F", "PRES_F", "CFC_F", "EMA", "PARALLEL_IMPORT", "SCHED_1", "SCHED_2", "ACBS"})
_FLAGS |= {"PADM", "FP10_MDA", "HOSP", "NURSE_F", "ENURSE_F", "DENT_F", "BB", "LTD_STAB", "CAL_PACK", "FP34D"}
"""Columns that say yes or nothing: 1 (written 0001 in some), or absent; 0 in exports of others. DND is a code, and none of them."""
_NO, _YES = re.compile(r"0+"), re.compile(r"0*1")

_ANY = _Table((), ())
_TABLES: dict[tuple[Content, str], _Table] = {
    (Content.VTM, "VTM"): _Table(("VTMID", "NM"), ("VTMID", "VTMIDPREV"), "VTMID"),
    (Content.VMP, "VMP"): _Table(("VPID", "NM"), ("VPID", "VPIDPREV", "VTMID"), "VPID"),
    (Content.VMP, "VPI"): _Table(("VPID", "ISID"), ("VPID", "ISID", "BS_SUBID", "STRNT_NMRTR_UOMCD", "STRNT_DNMTR_UOMCD")),
    (Content.VMP, "ONT"): _Table(("VPID", "FORMCD"), ("VPID",)),
    (Content.VMP, "DFORM"): _Table(("VPID", "FORMCD"), ("VPID", "FORMCD")),
    (Content.VMP, "DROUTE"): _Table(("VPID", "ROUTECD"), ("VPID", "ROUTECD")),
    (Content.VMP, "CONTROL_INFO"): _Table(("VPID", "CATCD"), ("VPID",)),
    (Content.AMP, "AMP"): _Table(("APID", "VPID", "NM"), ("APID", "VPID", "SUPPCD"), "APID"),
    (Content.AMP, "AP_ING"): _Table(("APID", "ISID"), ("APID", "ISID")),
    (Content.AMP, "LIC_ROUTE"): _Table(("APID", "ROUTECD"), ("APID", "ROUTECD")),
    (Content.AMP, "AP_INFO"): _Table(("APID",), ("APID",)),
    (Content.VMPP, "VMPP"): _Table(("VPPID", "NM", "VPID"), ("VPPID", "VPID", "QTY_UOMCD"), "VPPID"),
    (Content.VMPP, "DTINFO"): _Table(("VPPID",), ("VPPID",)),
    (Content.VMPP, "CCONTENT"): _Table(("PRNTVPPID", "CHLDVPPID"), ("PRNTVPPID", "CHLDVPPID")),
    (Content.AMPP, "AMPP"): _Table(("APPID", "NM", "VPPID", "APID"), ("APPID", "VPPID", "APID"), "APPID"),
    (Content.AMPP, "PACK_INFO"): _Table(("APPID",), ("APPID",)),
    (Content.AMPP, "PRESCRIB_INFO"): _Table(("APPID",), ("APPID",)),
    (Content.AMPP, "PRICE_INFO"): _Table(("APPID",), ("APPID",)),
    (Content.AMPP, "REIMB_INFO"): _Table(("APPID",), ("APPID",)),
    (Content.AMPP, "CCONTENT"): _Table(("PRNTAPPID", "CHLDAPPID"), ("PRNTAPPID", "CHLDAPPID")),
    (Content.INGREDIENT, "ING"): _Table(("ISID", "NM"), ("ISID", "ISIDPREV"), "ISID"),
    (Content.LOOKUP, "INFO"): _Table(("CD",), ()),
    (Content.GTIN, "GTINDATA"): _Table(("AMPPID", "GTIN"), ("AMPPID",)),
    (Content.BNF, "VMP"): _Table(("VPID",), ("VPID",)),
    (Content.BNF, "AMP"): _Table(("APID",), ("APID",)),
    (Content.VTM_INGREDIENTS, "VTM_ING"): _Table(("VTMID", "ISID"), ("VTMID", "ISID")),
}
_HISTORY = _Table(("IDCURRENT", "IDPREVIOUS"), ("IDCURRENT", "IDPREVIOUS"))
_HISTORY_ROWS = ("VTM", "VMP", "ING", "SUPP", "FORM", "ROUTE", "UOM")
_TABLES.update({(Content.HISTORY, tag): _HISTORY for tag in _HISTORY_ROWS})
_BY_ROOT = {content.value: content for content in Content}
_ROWS_OF = {content: frozenset(tag for of, tag in _TABLES if of is content) for content in Content}


@dataclass(frozen=True, slots=True)
class DmdFile:
    """One recognised file. `released`: the date in its name (f_vmp2_3DDMMYY.xml), or None where it has none."""

    member: Member
    content: Content
    released: date | None


@dataclass(frozen=True, slots=True)
class DmdRow:
    """One row. `table`: its element ("VMP", "VPI", "ING"). `section`: the element around it, where it has one. `line` from 1.

    `fields` have dm+d's names and hold text as published; an element that is absent or empty, or a flag of 0, is not in it.
    """

    content: Content
    table: str
    section: str
    line: int
    fields: dict[str, str]


def discover(sources: Sequence[Path]) -> tuple[tuple[DmdFile, ...], tuple[str, ...]]:
    """Look into folders, zips and files; return dm+d's files and the names of XML files that are none (schemas are skipped).

    Raises ReleaseError for a source that cannot be read or must not be, and for a file named like dm+d that is none.
    """
    found: list[DmdFile] = []
    others: list[str] = []
    for source in sources:
        for member in members(source):
            if not member.name.lower().endswith(".xml"):
                continue
            content = _recognise(member)
            if content is None:
                others.append(member.name)
            else:
                found.append(DmdFile(member, content, _released(member.name)))
    return tuple(found), tuple(others)


def _recognise(member: Member) -> Content | None:
    """Read a file's first element. What is no XML at all is refused under a name of dm+d, and otherwise somebody else's."""
    try:
        with member.open() as stream:
            start = stream.read(4096)
    except READ_ERRORS as error:
        raise _unreadable(member.name, error) from None
    root = _ROOT.search(re.sub(rb"<!--.*?-->", b"", start, flags=re.DOTALL))
    name = root[1].decode() if root else ""
    if name in _BY_ROOT:
        return _BY_ROOT[name]
    if _NAME.match(PurePosixPath(member.name).name):
        reason = f"root element `{name}` is none of dm+d" if name else "no XML element in its first 4096 bytes"
        raise ReleaseError(
            member.name,
            None,
            f"is named like a dm+d file, and {reason}",
            help="download the release again; the file is damaged or of another format",
        )
    return None


def _released(name: str) -> date | None:
    found = _DATE.search(name)
    if not found:
        return None
    day, month, year = map(int, found.groups())
    try:
        return date(2000 + year, month, day)
    except ValueError:
        return None


def require_release(files: Sequence[DmdFile], where: str) -> None:
    """Refuse an incomplete release, and two releases together. Raises ReleaseError naming what is missing or double."""
    missing = [content.value for content in RELEASE if content not in {file.content for file in files}]
    if missing:
        raise ReleaseError(
            where,
            None,
            f"incomplete dm+d release: no file with {', '.join(missing)}",
            help="name the folder or zip of one whole dm+d release from TRUD",
        )
    for content in Content:
        same = [file.member.name for file in files if file.content is content]
        if len(same) > 1:
            raise ReleaseError(
                same[1], None, f"a second file with {content.value}, beside {same[0]}", help="name one release of dm+d, not two"
            )


def read_rows(file: DmdFile, doubts: list[str], progress: Callable[[int], None] | None = None) -> Iterator[DmdRow]:
    """Yield every row of a file in its order. `progress` is told the bytes read so far.

    What is wrong and does not make a product another product (the check digit of a pack's id, a former id, a flag that nothing
    reads) is added to `doubts`, a line each.

    Raises ReleaseError with file and line for XML that is damaged, cut short or hostile (a DTD, an entity, endless text), for
    a row without a field that it must have, an id that fails its check digit, an INVALID that is neither 0 nor 1, and two rows
    with one key.
    """
    parser = hardened_parser()
    handler = _Rows(file.member.name, file.content, lambda: parser.CurrentLineNumber, doubts)
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.characters
    done = 0
    try:
        with file.member.open() as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
                done += len(block)
                yield from handler.take()
                if progress is not None:
                    progress(done)
            parser.Parse(b"", True)
            yield from handler.take()
    except Declared:
        raise ReleaseError(file.member.name, handler.line(), "hostile XML (a document type or an entity): refused") from None
    except expat.ExpatError as error:
        raise ReleaseError(
            file.member.name,
            error.lineno,
            f"damaged XML: {expat.ErrorString(error.code)}",
            help="download the release again and compare its checksum",
        ) from None
    except READ_ERRORS as error:
        raise _unreadable(file.member.name, error) from None


def _unreadable(name: str, error: BaseException) -> ReleaseError:
    return ReleaseError(
        name, None, f"cannot be read: {str(error).lower()}", help="download the release again and compare its checksum"
    )


class _Rows:
    """A parser's events to rows. Elements: root, maybe a section, row, field; GTINDATA is a row inside a row and takes its fields."""

    def __init__(self, name: str, content: Content, line: Callable[[], int], doubts: list[str]) -> None:
        self._name, self._content, self.line, self._doubts = name, content, line, doubts
        self._tags = _ROWS_OF[content]
        self._path: list[str] = []
        self._open: list[tuple[str, int, dict[str, str]]] = []
        self._text: list[str] = []
        self._length = 0
        self._ready: list[DmdRow] = []
        self._seen: set[tuple[str, str]] = set()
        self._unread: set[str] = set()

    def take(self) -> Iterable[DmdRow]:
        ready, self._ready = self._ready, []
        return ready

    def start(self, name: str, _attributes: object) -> None:
        if not self._path and name != self._content.value:
            raise ReleaseError(self._name, self.line(), f"root element `{name}`, should be `{self._content.value}`")
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise ReleaseError(self._name, self.line(), f"elements nested more than {_DEEPEST} deep: refused")
        self._text, self._length = [], 0
        if name in self._tags and len(self._path) > 1:
            inherited = self._open[-1][2] if self._open else {}
            self._open.append((name, self.line(), dict(inherited)))
        elif name == "AMPP" and self._content is Content.GTIN:
            self._open.append((name, self.line(), {}))

    def characters(self, content: str) -> None:
        self._text.append(content)
        self._length += len(content)
        if self._length > _LONGEST_TEXT:
            raise ReleaseError(self._name, self.line(), f"text of more than {_LONGEST_TEXT} characters: refused")

    def end(self, name: str) -> None:
        self._path.pop()
        if self._open and self._open[-1][0] == name:
            table, line, fields = self._open.pop()
            if table in self._tags:
                self._finish(table, line, fields)
        elif text := "".join(self._text).strip():
            if self._open:
                self._open[-1][2][name] = text
            elif self._path and (table := self._path[-1]) not in self._unread:
                self._unread.add(table)
                self._doubts.append(f"{self._name}:{self.line()}: rows `{table}` are not of a known kind and are not read")
        self._text, self._length = [], 0

    def _doubt(self, line: int, field: str, fields: dict[str, str]) -> None:
        text = fields[field]
        if _SHAPE.match(text) and field in _PACKS + _FORMER:
            self._doubts.append(f"{self._name}:{line}: {field} is `{text}`, and its check digit is wrong")
        elif field in _FORMER:
            del fields[field]
            self._doubts.append(f"{self._name}:{line}: {field} is `{text[:24]}`, no id: not kept")
        else:
            raise ReleaseError(self._name, line, f"{field} is `{text[:24]}`, not an id with a right check digit")

    def _flag(self, line: int, field: str, fields: dict[str, str]) -> None:
        text = fields[field]
        if _NO.fullmatch(text):
            del fields[field]
        elif not _YES.fullmatch(text):
            reason = f"{field} is `{text[:24]}`, neither 0 nor 1"
            if field == "INVALID":
                raise ReleaseError(self._name, line, reason)
            self._doubts.append(f"{self._name}:{line}: {reason}")

    def _finish(self, table: str, line: int, fields: dict[str, str]) -> None:
        rule = _TABLES.get((self._content, table), _ANY)
        for field in rule.required:
            if field not in fields:
                raise ReleaseError(self._name, line, f"{table} without {field}")
        for field in rule.sctids:
            if field in fields and not sctid.is_well_formed(fields[field]):
                self._doubt(line, field, fields)
        for field in _FLAGS & fields.keys():
            self._flag(line, field, fields)
        if table == "GTINDATA" and not _GTIN.match(fields["GTIN"]):
            raise ReleaseError(self._name, line, f"GTIN is `{fields['GTIN'][:24]}`, not 8 to 14 digits")
        if rule.key is not None:
            if (table, fields[rule.key]) in self._seen:
                raise ReleaseError(self._name, line, f"a second {table} with {rule.key} {fields[rule.key]}")
            self._seen.add((table, fields[rule.key]))
        section = self._path[-1] if len(self._path) > 1 else ""
        self._ready.append(DmdRow(self._content, table, section, line, fields))
