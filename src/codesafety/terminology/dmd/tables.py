"""The rows of one dm+d release, by id, with former ids resolved and references counted that lead nowhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from codesafety.terminology.dmd.files import Content, DmdFile, DmdRow, discover, read_rows, require_release
from codesafety.terminology.errors import ReleaseError

Fields = dict[str, str]

_KEPT: dict[tuple[Content, str], tuple[str, tuple[str, ...]]] = {
    (Content.VTM, "VTM"): ("VTMID", ("NM", "INVALID", "VTMIDPREV")),
    (Content.VMP, "VMP"): ("VPID", ("NM", "INVALID", "VPIDPREV", "VTMID", "COMBPRODCD", "ABBREVNM", "NMPREV")),
    (Content.AMP, "AMP"): ("APID", ("NM", "DESC", "INVALID", "VPID", "LIC_AUTHCD", "ABBREVNM")),
    (Content.VMPP, "VMPP"): ("VPPID", ("NM", "INVALID", "VPID", "QTYVAL", "QTY_UOMCD")),
    (Content.AMPP, "AMPP"): ("APPID", ("NM", "INVALID", "VPPID", "APID")),
    (Content.INGREDIENT, "ING"): ("ISID", ("NM", "INVALID", "ISIDPREV")),
}
"""Of each kind of row with an id of its own: that id, and the fields that are kept. All others are read, checked and counted."""

_PREVIOUS = (("VTM", "VTMIDPREV"), ("VMP", "VPIDPREV"), ("ING", "ISIDPREV"))
_REFERENCES = (
    ("VMP", "VTMID", "VTM"),
    ("AMP", "VPID", "VMP"),
    ("VMPP", "VPID", "VMP"),
    ("AMPP", "VPPID", "VMPP"),
    ("AMPP", "APID", "AMP"),
)


@dataclass(slots=True)
class DmdTables:
    """What a release holds. Names of fields are dm+d's; a field that is empty or absent in the release is absent here."""

    files: tuple[DmdFile, ...]
    rows: dict[str, dict[str, Fields]] = field(default_factory=lambda: defaultdict(dict))  # "VMP" -> VPID -> fields
    counts: Counter[str] = field(default_factory=Counter)  # "AMPP.PRICE_INFO" -> rows
    doubts: list[str] = field(default_factory=list)  # what is wrong and was not refused, a line each
    vpi: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))  # VPID -> VPI rows
    forms: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # VPID -> FORMCD of DRUG_FORM
    ont_forms: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # VPID -> FORMCD of ONT_DRUG_FORM
    routes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # VPID -> ROUTECD
    vtm_ingredients: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # VTMID -> ISID
    contents: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # parent pack -> child packs
    classes: dict[str, Fields] = field(default_factory=dict)  # VPID or APID -> BNF, ATC
    gtins: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # APPID -> GTINs
    lookup: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))  # "ROUTE" -> CD -> DESC
    # "VMP" -> former id -> what rows say it became; and, followed to the end, the one id that is current
    became: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    current: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def released(self) -> date | None:
        """The latest date in the names of the release's own files; None where no name has one."""
        return max((file.released for file in self.files if file.released), default=None)


def load(sources: Sequence[Path | str], progress: Callable[[str, int, int], None] | None = None) -> DmdTables:
    """Read a whole dm+d release from folders and zips. `progress` is told (stage, bytes done, bytes in all).

    Raises ReleaseError for what is damaged, hostile, incomplete, or more than one release.
    """
    paths = [Path(source) for source in sources]
    files, _ = discover(paths)
    if not files:
        raise ReleaseError(
            ", ".join(map(str, paths)),
            None,
            "holds no dm+d file that can be recognised",
            help="name the folder or zip of a dm+d release: it has files such as f_vmp2_*.xml",
        )
    return load_files(files, progress)


def load_files(files: Sequence[DmdFile], progress: Callable[[str, int, int], None] | None = None) -> DmdTables:
    """Read files that were found already; otherwise as `load`."""
    require_release(files, files[0].member.name.split("/")[0])
    tables = DmdTables(tuple(sorted(files, key=lambda file: list(Content).index(file.content))))
    done, total = 0, sum(file.member.size for file in files)
    for file in tables.files:

        def told(read: int, before: int = done) -> None:
            if progress is not None:
                progress("dm+d", before + read, total)

        for row in read_rows(file, tables.doubts, told):
            tables.counts[f"{file.content.name}.{row.table}"] += 1
            _keep(row, tables)
        done += file.member.size
    _link_former_ids(tables)
    tables.doubts += _dangling(tables)
    return tables


def _keep(row: DmdRow, tables: DmdTables) -> None:
    fields = row.fields
    kept = _KEPT.get((row.content, row.table))
    if kept is not None:
        key, names = kept
        tables.rows[row.table][fields[key]] = {name: fields[name] for name in names if name in fields}
        return
    match row.content, row.table:
        case Content.VMP, "VPI":
            tables.vpi[fields["VPID"]].append(fields)
        case Content.VMP, "DFORM":
            tables.forms[fields["VPID"]].append(fields["FORMCD"])
        case Content.VMP, "ONT":
            tables.ont_forms[fields["VPID"]].append(fields["FORMCD"])
        case Content.VMP, "DROUTE":
            tables.routes[fields["VPID"]].append(fields["ROUTECD"])
        case Content.VMPP, "CCONTENT":
            tables.contents[fields["PRNTVPPID"]].append(fields["CHLDVPPID"])
        case Content.VTM_INGREDIENTS, _:
            tables.vtm_ingredients[fields["VTMID"]].append(fields["ISID"])
        case Content.BNF, _:
            tables.classes[fields.get("VPID") or fields["APID"]] = {k: fields[k] for k in ("BNF", "ATC") if k in fields}
        case Content.GTIN, _:
            tables.gtins[fields["AMPPID"]].append(fields["GTIN"])
        case Content.LOOKUP, _:
            tables.lookup[row.section][fields["CD"]] = fields.get("DESC", "")
        case Content.HISTORY, _:
            previous, current = fields.get("IDPREVIOUS", fields["IDCURRENT"]), fields["IDCURRENT"]
            if previous != current:
                tables.became[row.table][previous].add(current)


def _link_former_ids(tables: DmdTables) -> None:
    """Add the previous ids that rows name themselves, and follow each former id to the one that is current."""
    for table, name in _PREVIOUS:
        for code, fields in tables.rows[table].items():
            if name in fields and fields[name] != code:
                tables.became[table][fields[name]].add(code)
    for table, became in sorted(tables.became.items()):
        own = tables.rows.get(table, {})
        for former in sorted(became):
            ends, waiting = set(), [former]
            seen = {former}
            while waiting:
                code = waiting.pop()
                later = became.get(code, set()) - {code}
                waiting += later - seen
                seen |= later
                if not later:
                    ends.add(code)
            if len(ends) != 1:
                what = f"leads to {' and '.join(sorted(ends))}" if ends else "leads in a circle"
                tables.doubts.append(f"former id {former} of {table} {what}: not followed")
            elif former in own and "INVALID" not in own[former]:
                tables.doubts.append(f"{table} {former} is a valid row and is also named as a former id: kept apart")
            else:
                tables.current[table][former] = ends.pop()


def _dangling(tables: DmdTables) -> Iterator[str]:
    for table, name, target in _REFERENCES:
        known, former = tables.rows[target], tables.current[target]
        lost = sum(1 for row in tables.rows[table].values() if name in row and row[name] not in known and row[name] not in former)
        if lost:
            yield f"{lost} rows of {table} name a {name} that the release does not hold"
