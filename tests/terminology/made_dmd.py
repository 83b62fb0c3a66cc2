"""A dm+d release made up of nothing: TRUD's files with right check digits, small enough to know every row by heart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from tests.terminology.generated import sctid

Row = dict[str, str]
ORAL, CUTANEOUS = "26643006", "6064005"
MILLIGRAM = "258684004"


def dmd_id(item: int) -> str:
    return sctid(item, "10", "1000001")


PARACETAMOL, CODEINE, CODEINE_PHOSPHATE, IBUPROFEN = (dmd_id(n) for n in (101, 102, 103, 104))
DICLOFENAC, DICLOFENAC_SODIUM, DICLOFENAC_POTASSIUM, CLOTRIMAZOLE = (dmd_id(n) for n in (105, 106, 107, 108))
VTM_PARACETAMOL, VTM_CO_CODAMOL, VTM_IBUPROFEN, VTM_VITAMINS = (dmd_id(n) for n in (201, 202, 203, 204))
VTM_CO_CODAMOL_FORMER = dmd_id(209)
PARACETAMOL_TABLETS, CO_CODAMOL_TABLETS, IBUPROFEN_TABLETS, IBUPROFEN_MR = (dmd_id(n) for n in (301, 302, 303, 304))
IBUPROFEN_GEL, DICLOFENAC_SODIUM_TABLETS, DICLOFENAC_POTASSIUM_TABLETS, DRESSING = (dmd_id(n) for n in (305, 306, 307, 308))
FEED, COMBI, PESSARY, CREAM, VITAMIN_TABLETS = (dmd_id(n) for n in (309, 310, 311, 312, 313))
PARACETAMOL_FORMER, PARACETAMOL_OLDEST = dmd_id(398), dmd_id(397)
PARACETAMOL_AMP, NUROFEN_AMP, DRESSING_AMP, FEED_AMP, ORPHAN_AMP = (dmd_id(n) for n in (401, 402, 403, 404, 405))
PARACETAMOL_VMPP, COMBI_VMPP, PESSARY_VMPP, CREAM_VMPP = (dmd_id(n) for n in (501, 502, 503, 504))
PARACETAMOL_AMPP = dmd_id(601)
TABLET, GEL, LOST_VMP, SUPPLIER = dmd_id(701), dmd_id(702), dmd_id(799), dmd_id(901)


def vmp(code: str, name: str, vtm: str = "", **more: str) -> Row:
    return {"VPID": code, "VTMID": vtm, "NM": name, "BASISCD": "0001", "PRES_STATCD": "0001", **more}


def vpi(code: str, substance: str, value: str, **more: str) -> Row:
    return {"VPID": code, "ISID": substance, "STRNT_NMRTR_VAL": value, "STRNT_NMRTR_UOMCD": MILLIGRAM, **more}


def amp(code: str, of: str, name: str, supplier: str, licence: str = "0001", **more: str) -> Row:
    return {
        "APID": code,
        "VPID": of,
        "NM": name,
        "DESC": f"{name} ({supplier})",
        "SUPPCD": SUPPLIER,
        "LIC_AUTHCD": licence,
        **more,
    }


def info(code: str, text: str) -> Row:
    return {"CD": code, "DESC": text}


TABLES: dict[str, tuple[str, list[tuple[str, str, list[Row]]]]] = {
    "vtm2_3": (
        "VIRTUAL_THERAPEUTIC_MOIETIES",
        [
            (
                "",
                "VTM",
                [
                    {"VTMID": VTM_PARACETAMOL, "NM": "Paracetamol"},
                    {"VTMID": VTM_CO_CODAMOL, "NM": "Co-codamol", "VTMIDPREV": VTM_CO_CODAMOL_FORMER, "VTMIDDT": "2017-03-10"},
                    {"VTMID": VTM_IBUPROFEN, "NM": "Ibuprofen"},
                    {"VTMID": VTM_VITAMINS, "NM": "Vitamins compound"},
                ],
            )
        ],
    ),
    "vmp2_3": (
        "VIRTUAL_MED_PRODUCTS",
        [
            (
                "VMPS",
                "VMP",
                [
                    vmp(PARACETAMOL_TABLETS, "Paracetamol 500mg tablets", VTM_PARACETAMOL, VPIDPREV=PARACETAMOL_FORMER),
                    vmp(CO_CODAMOL_TABLETS, "Co-codamol 8mg/500mg tablets", VTM_CO_CODAMOL_FORMER),
                    vmp(IBUPROFEN_TABLETS, "Ibuprofen 400mg tablets", VTM_IBUPROFEN),
                    vmp(IBUPROFEN_MR, "Ibuprofen 800mg modified-release tablets", VTM_IBUPROFEN),
                    vmp(IBUPROFEN_GEL, "Ibuprofen 5% gel", VTM_IBUPROFEN),
                    vmp(DICLOFENAC_SODIUM_TABLETS, "Diclofenac sodium 50mg gastro-resistant tablets"),
                    vmp(DICLOFENAC_POTASSIUM_TABLETS, "Diclofenac potassium 50mg tablets"),
                    vmp(DRESSING, "Hydrocolloid dressing 10cm x 10cm"),
                    vmp(FEED, "Generic Feed liquid"),
                    vmp(COMBI, "Clotrimazole 500mg pessaries and Clotrimazole 2% cream", COMBPRODCD="0001"),
                    vmp(PESSARY, "Clotrimazole 500mg pessaries", COMBPRODCD="0002"),
                    vmp(CREAM, "Clotrimazole 2% cream"),
                    vmp(VITAMIN_TABLETS, "Vitamins compound tablets", VTM_VITAMINS, INVALID="1"),
                ],
            ),
            (
                "VIRTUAL_PRODUCT_INGREDIENT",
                "VPI",
                [
                    vpi(PARACETAMOL_TABLETS, PARACETAMOL, "500"),
                    vpi(CO_CODAMOL_TABLETS, CODEINE_PHOSPHATE, "8"),
                    vpi(CO_CODAMOL_TABLETS, PARACETAMOL, "500"),
                    vpi(IBUPROFEN_TABLETS, IBUPROFEN, "400"),
                    vpi(IBUPROFEN_MR, IBUPROFEN, "800"),
                    vpi(IBUPROFEN_GEL, IBUPROFEN, "50", STRNT_DNMTR_VAL="1", STRNT_DNMTR_UOMCD="258682000"),
                    vpi(DICLOFENAC_SODIUM_TABLETS, DICLOFENAC_SODIUM, "50"),
                    vpi(DICLOFENAC_POTASSIUM_TABLETS, DICLOFENAC_POTASSIUM, "50"),
                    vpi(PESSARY, CLOTRIMAZOLE, "500"),
                    vpi(CREAM, CLOTRIMAZOLE, "20"),
                ],
            ),
            ("ONT_DRUG_FORM", "ONT", [{"VPID": PARACETAMOL_TABLETS, "FORMCD": "0001"}, {"VPID": IBUPROFEN_MR, "FORMCD": "0002"}]),
            (
                "DRUG_FORM",
                "DFORM",
                [{"VPID": code, "FORMCD": TABLET} for code in (PARACETAMOL_TABLETS, CO_CODAMOL_TABLETS)]
                + [{"VPID": IBUPROFEN_GEL, "FORMCD": GEL}],
            ),
            (
                "DRUG_ROUTE",
                "DROUTE",
                [{"VPID": code, "ROUTECD": ORAL} for code in (PARACETAMOL_TABLETS, CO_CODAMOL_TABLETS, IBUPROFEN_MR)]
                + [{"VPID": IBUPROFEN_GEL, "ROUTECD": CUTANEOUS}],
            ),
            ("CONTROL_DRUG_INFO", "CONTROL_INFO", [{"VPID": CO_CODAMOL_TABLETS, "CATCD": "0005"}]),
        ],
    ),
    "amp2_3": (
        "ACTUAL_MEDICINAL_PRODUCTS",
        [
            (
                "AMPS",
                "AMP",
                [
                    amp(PARACETAMOL_AMP, PARACETAMOL_FORMER, "Paracetamol 500mg tablets", "Anyone & Sons Ltd"),
                    amp(NUROFEN_AMP, IBUPROFEN_TABLETS, "Brand 400mg tablets", "Anyone & Sons Ltd", INVALID="1"),
                    amp(DRESSING_AMP, DRESSING, "Brand dressing 10cm x 10cm", "Anyone & Sons Ltd", "0002"),
                    amp(FEED_AMP, FEED, "Brand liquid", "Anyone & Sons Ltd", "0000"),
                    amp(ORPHAN_AMP, LOST_VMP, "Orphan 1mg tablets", "Anyone & Sons Ltd"),
                ],
            ),
            ("AP_INGREDIENT", "AP_ING", [{"APID": NUROFEN_AMP, "ISID": CODEINE}]),
            ("LICENSED_ROUTE", "LIC_ROUTE", [{"APID": NUROFEN_AMP, "ROUTECD": ORAL}]),
        ],
    ),
    "vmpp2_3": (
        "VIRTUAL_MED_PRODUCT_PACK",
        [
            (
                "VMPPS",
                "VMPP",
                [
                    {"VPPID": code, "NM": f"pack of {of}", "VPID": of, "QTYVAL": "32", "QTY_UOMCD": "428673006"}
                    for code, of in (
                        (PARACETAMOL_VMPP, PARACETAMOL_TABLETS),
                        (COMBI_VMPP, COMBI),
                        (PESSARY_VMPP, PESSARY),
                        (CREAM_VMPP, CREAM),
                    )
                ],
            ),
            ("COMB_CONTENT", "CCONTENT", [{"PRNTVPPID": COMBI_VMPP, "CHLDVPPID": child} for child in (PESSARY_VMPP, CREAM_VMPP)]),
        ],
    ),
    "ampp2_3": (
        "ACTUAL_MEDICINAL_PROD_PACKS",
        [
            (
                "AMPPS",
                "AMPP",
                [
                    {
                        "APPID": PARACETAMOL_AMPP,
                        "NM": "pack",
                        "VPPID": PARACETAMOL_VMPP,
                        "APID": PARACETAMOL_AMP,
                        "LEGAL_CATCD": "0001",
                    },
                ],
            )
        ],
    ),
    "ingredient2_3": (
        "INGREDIENT_SUBSTANCES",
        [
            (
                "",
                "ING",
                [
                    {"ISID": PARACETAMOL, "NM": "Paracetamol"},
                    {"ISID": CODEINE, "NM": "Codeine"},
                    {"ISID": CODEINE_PHOSPHATE, "NM": "Codeine phosphate"},
                    {"ISID": IBUPROFEN, "NM": "Ibuprofen"},
                    {"ISID": DICLOFENAC, "NM": "Diclofenac"},
                    {"ISID": DICLOFENAC_SODIUM, "NM": "Diclofenac sodium"},
                    {"ISID": DICLOFENAC_POTASSIUM, "NM": "Diclofenac potassium"},
                    {"ISID": CLOTRIMAZOLE, "NM": "Clotrimazole"},
                ],
            )
        ],
    ),
    "lookup2_3": (
        "LOOKUP",
        [
            ("ROUTE", "INFO", [info(ORAL, "Oral"), info(CUTANEOUS, "Cutaneous")]),
            ("FORM", "INFO", [info(TABLET, "Tablet"), info(GEL, "Gel")]),
            ("ONT_FORM_ROUTE", "INFO", [info("0001", "tablet.oral"), info("0002", "tabletmodified-release.oral")]),
            (
                "LICENSING_AUTHORITY",
                "INFO",
                [info("0000", "None"), info("0001", "Medicines - MHRA/EMA"), info("0002", "Devices")],
            ),
        ],
    ),
}
BONUS: dict[str, tuple[str, list[tuple[str, str, list[Row]]]]] = {
    "bnf1_0": (
        "BNF_DETAILS",
        [
            (
                "VMPS",
                "VMP",
                [
                    {"VPID": PARACETAMOL_TABLETS, "BNF": "04070100", "ATC": "N02BE01"},
                    {"VPID": CO_CODAMOL_TABLETS, "BNF": "04070100", "ATC": "N02AJ06"},
                    {"VPID": IBUPROFEN_TABLETS, "BNF": "10010100", "ATC": "M01AE01"},
                ],
            )
        ],
    ),
    "history1_0": (
        "HISTORY",
        [
            (
                "VMPS",
                "VMP",
                [
                    {
                        "IDCURRENT": PARACETAMOL_FORMER,
                        "IDPREVIOUS": PARACETAMOL_OLDEST,
                        "STARTDT": "2004-05-04",
                        "ENDDT": "2009-03-31",
                    },
                    {"IDCURRENT": PARACETAMOL_TABLETS, "IDPREVIOUS": PARACETAMOL_TABLETS, "STARTDT": "2009-04-01"},
                ],
            )
        ],
    ),
    "vtm_ing1_0": ("VTM_INGREDIENTS", [("", "VTM_ING", [{"VTMID": VTM_PARACETAMOL, "ISID": PARACETAMOL}])]),
}
GTIN = f"""<?xml version="1.0" encoding="utf-8"?>
<GTIN_DETAILS><AMPPS><AMPP><AMPPID>{PARACETAMOL_AMPP}</AMPPID>
<GTINDATA><GTIN>5037563003235</GTIN><STARTDT>2019-03-13</STARTDT></GTINDATA>
<GTINDATA><GTIN>5012617019844</GTIN><STARTDT>2015-06-01</STARTDT></GTINDATA></AMPP></AMPPS></GTIN_DETAILS>
"""


def xml(root: str, sections: Iterable[tuple[str, str, list[Row]]]) -> str:
    """Return a file with one row a line, so that a test can say on which line a row stands (the first section's is 3)."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<{root}>"]
    for section, tag, rows in sections:
        lines += [f"<{section}>"] if section else []
        for row in rows:
            fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in row.items() if value)
            lines.append(f"<{tag}>{fields}</{tag}>")
        lines += [f"</{section}>"] if section else []
    return "\n".join([*lines, f"</{root}>", ""])


def write_release(folder: Path, *, bonus: bool = True) -> Path:
    """Write the release into a new folder and return it."""
    folder.mkdir()
    for name, (root, sections) in {**TABLES, **(BONUS if bonus else {})}.items():
        (folder / f"f_{name}260821.xml").write_text(xml(root, sections), encoding="utf-8")
    if bonus:
        (folder / "f_gtin2_0260821.xml").write_text(GTIN, encoding="utf-8")
    return folder
