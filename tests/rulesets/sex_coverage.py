"""Print what share of the sex-specific entries of England's GP records the frozen lists of `uk.sex` cover.

    python tests/rulesets/sex_coverage.py

Entries are counted, not codes: the usage table holds every SNOMED CT code entered in a year with its name and count. An entry is
*sex-specific* if its code was read and put into one of the lists, or if its name holds a word of the short-list and it was never
read. The second kind is all counted as missed, so the share is a lower bound. Codes that were read and left out (either sex, about
the baby, the family or the partner, advice, not of one sex at all) are in `left_out.csv` with the reason and in neither number.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.places import ROOT, SHARED

USAGE = SHARED / "usage" / "nhs_snomed_primary_care_usage_2018-19.csv.gz"
RULESETS = ROOT / "rulesets"
LISTS = (
    "uk.sex/codes/female_only.csv",
    "uk.sex/codes/female_unusual_in_male.csv",
    "uk.sex/codes/labour_and_birth.csv",
    "uk.sex/codes/male_only.csv",
    "uk.sex/codes/male_unusual_in_female.csv",
    "uk.codes/codes/pregnant.csv",
    "uk.codes/codes/pregnancy_lost.csv",
)
_FEMALE = (
    r"pregnan|obstetric|antenat|antepartum|postpart|intrapartum|puerper|gravid|pari(ty|ous)|\bpara\b|parous|gestation|"
    r"trimester|labou?r\b|forceps|ventouse|placent|amnio|liquor|fundal height|fundus uteri|miscarr|abortion|hydatidiform|eclamp|"
    r"hyperemesis|lochia|episiotomy|perineal (tear|lac)|c(a)?esarean|intrauterine (con|device|system)|\biu[dcs]+\b|cervical cap|"
    r"cervix|cervical (smear|cytol|screen|intraep|polyp|eros|excit|biops|dyskar|sweep|os\b)|endocerv|colposc|papanicol|\buter|"
    r"endometr|myometr|fibroid|adenomyo|hysterec|hysteros|oophor|ovar|ovulat|salping|fallopian|adnex|vagin|vulv|\blabi(a|um|al)\b|"
    r"clitor|bartholin|hymen|introit|dyspareun|vaginism|ring pessary|colporrh|menstr|menorrh|menarch|menopaus|climacter|lactat|"
    r"genit.*female|female genit|genital mutil|in vitro fert|luteal|cystocele|rectocele|coital|transformation zone|bishop|delivery|"
    r"delivered|contracept|gyna?ecol|primip|multip(?!l|r)|primig|multig|breech|vertex|cephalic|fetal|fetus|foetal|presenting part|"
    r"hormone replac|female|midwi"
)
_MALE = (
    r"prostat|testi[cs]|testes|testicular|scrot|penis|penile|phimos|foresk|prepuc|circumcis|balan[io]|epididym|vas def|vasect|sperm|"
    r"semen|seminal|ejacul|erectile|erection|impoten|priap|hydrocele|varicocel|crypt?orch|orchi|undescended|hypospad|peyron|glans|"
    r"\bmale|klinef|gyna?ecomast|seminoma|chordee|azoosp|oligosp|gleason"
)
_SEX_WORDS = re.compile(f"{_FEMALE}|{_MALE}", re.IGNORECASE)
_SAME_LETTERS = re.compile(
    r"vaccinat|chemotherap|lactate|carbohydrate|hard liquor|cavovar|equinovar|glute|cephalic vein|brachioceph|multiple-|multiplex|"
    r"oxygen deliver|delivered oxygen|drug delivery|delivery failure|delivery of (rehab|chemo)|radiotherapy delivery|balance|"
    r"electrolyte|processus vaginalis|labial fren|cervical (spin|spond|disc|lymph|radic|rib)|adnexa of|ocular adnexa|eye and adnexa|"
    r"apostat|transsex|transgend|\((person|occupation|qualifier value|organism|substance|environment|physical object|product)\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Entries and codes that lists hold, and those that a generous pattern finds and nobody read."""

    listed_codes: int
    listed_entries: int
    unread_codes: int
    unread_entries: int
    left_out_codes: int
    left_out_entries: int
    largest_unread: tuple[tuple[int, str], ...]

    @property
    def share(self) -> float:
        """The lower bound of the share of entries that the lists cover."""
        return self.listed_entries / (self.listed_entries + self.unread_entries)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a frozen list, without its comment lines."""
    with path.open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def usage() -> dict[str, tuple[int, str]]:
    """Return entries and fully specified name by code. Raises OSError where the usage table is absent."""
    with gzip.open(USAGE, "rt", newline="", encoding="utf-8") as lines:
        return {row["code"]: (int(row["usage"]), row["fsn"]) for row in csv.DictReader(lines)}


def measure(counts: dict[str, tuple[int, str]]) -> Coverage:
    """Return the coverage of the lists of `uk.sex` over a table of entries by code."""
    left_out = {row["code"] for row in rows(RULESETS / "uk.sex/codes/left_out.csv")}
    return covered(counts, LISTS, left_out, lambda name: bool(_SEX_WORDS.search(name) and not _SAME_LETTERS.search(name)))


def covered(
    counts: dict[str, tuple[int, str]], lists: Iterable[str], left_out: set[str], meant: Callable[[str], bool]
) -> Coverage:
    """Return the coverage of `lists` over the codes whose name could be `meant`; those of `left_out` were read and are not."""
    listed = {row["code"] for name in lists for row in rows(RULESETS / name)}
    read = listed | left_out
    unread = {code: entry for code, entry in counts.items() if code not in read and meant(entry[1])}

    def entries(codes: set[str]) -> int:
        return sum(counts[code][0] for code in codes if code in counts)

    return Coverage(
        len(listed),
        entries(listed),
        len(unread),
        entries(set(unread)),
        len(left_out),
        entries(left_out),
        tuple(sorted(unread.values(), reverse=True)[:25]),
    )


def show(found: Coverage, what: str) -> None:
    """Print a coverage."""
    print(f"listed     {found.listed_codes:>6} codes  {found.listed_entries:>11,} entries")
    print(f"never read {found.unread_codes:>6} codes  {found.unread_entries:>11,} entries (all counted as missed)")
    print(f"left out   {found.left_out_codes:>6} codes  {found.left_out_entries:>11,} entries (with a reason; in neither number)")
    print(f"share of {what} entries covered: at least {found.share:.2%}")
    print("largest never read:")
    for count, name in found.largest_unread:
        print(f"  {count:>8,}  {name}")


def main() -> None:
    if not USAGE.exists():
        raise SystemExit("the usage table is not here: ../shared/data/usage")
    show(measure(usage()), "sex-specific")


if __name__ == "__main__":
    main()
