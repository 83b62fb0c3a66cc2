"""Print what share of the age-specific entries of England's GP records the frozen lists of `uk.age` cover, for children and adults.

    python tests/rulesets/age_coverage.py

Counted as `sex_coverage.py` counts: an entry is *of a child* or *of an adult or of old age* if its code was read and put into one
of the lists, or if its name holds a word of the short-list and it was never read; the second kind is all counted as missed. What
was sorted out (clinics that parents attend, care and protection, what is named by its onset, vaccines that adults receive
too) stands with its reason in `uk.age/codes/left_out.csv` and is in neither number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.rulesets.sex_coverage import RULESETS, USAGE, Coverage, covered, rows, show, usage

CHILD = (
    "newborn",
    "infancy",
    "infant_feeding",
    "birth_detail",
    "child_examination",
    "small_child",
    "childhood_vaccine",
    "rotavirus_vaccine",
    "vaccine_of_the_young",
)
ADULT = (
    "adult_condition",
    "old_age",
    "over_75",
    "nhs_health_check",
    "bowel_screening",
    "aneurysm_screening",
    "breast_screening",
)
_CHILD_WORDS = re.compile(
    r"newborn|neonat|perinatal|infan|\bbab(y|ies)\b|toddler|preterm|prematur|apgar|breast ?-?fe|bottle ?-?fe|"
    r"\bwean|diaper|napkin|nappy|colic\b|crying|cradle cap|croup|teething|fontanel|guthrie|blood spot|"
    r"birth ?weight|birth (length|head)|at birth|born by|liveborn|umbilical (stump|granul)|cot death|"
    r"\bchild(?!birth)|p(a)?ediatric|juvenile|health visitor|pre-?school|rotavirus|postmatur|\bhib\b|"
    r"haemophilus influenzae|hemophilus influenzae|meningitis b vacc",
    re.IGNORECASE,
)
_ADULT_WORDS = re.compile(
    r"dementia|alzheimer|lewy body|frail|\bsenil|age[- ]related|elderly|geriatric|\bold age|over (65|70|75|80)|"
    r"\b75 year|presby(?!ter)|erectile dys|\bimpoten|prostatic hyperp|hyperplasia of prostate|prostatism|"
    r"prostatitis|alcoholic (liver|cirrh|hepat|fatty)|asbestosis|silicosis|pneumoconi|varicose vein|atheroscl|"
    r"coronary arterioscl|osteomalac|health service health check|bowel cancer screen|bowel scope|aneurysm screen|"
    r"abdominal aortic aneurysm screen|breast screen|care of (the )?elderly|memory (clinic|assess)|male infertil",
    re.IGNORECASE,
)
_NO_STATEMENT = re.compile(
    r"\((person|occupation|qualifier value|organism|substance|product|physical object|body structure|environment|"
    r"medicinal product[^)]*|morphologic abnormality|attribute|record artifact|cell structure|ethnic group|"
    r"environment / location|assessment scale|tumor staging|social concept)\)$"
)


def of_a_child(name: str) -> bool:
    """Return whether a code of this name could be one that only children receive."""
    return bool(_CHILD_WORDS.search(name)) and not _NO_STATEMENT.search(name)


def of_an_adult(name: str) -> bool:
    """Return whether a code of this name could be one that only adults, or older people, receive."""
    return bool(_ADULT_WORDS.search(name)) and not of_a_child(name) and not _NO_STATEMENT.search(name)


def measure(counts: dict[str, tuple[int, str]]) -> dict[str, Coverage]:
    """Return the two coverages, of children and of adults, over a table of entries by code."""
    left_out = list(rows(RULESETS / "uk.age/codes/left_out.csv"))

    def of(lists: tuple[str, ...], meant: Callable[[str], bool]) -> Coverage:
        left = {row["code"] for row in left_out if meant(row["term"])}
        return covered(counts, [f"uk.age/codes/{name}.csv" for name in lists], left, meant)

    return {"child's": of(CHILD, of_a_child), "adult's": of(ADULT, of_an_adult)}


def main() -> None:
    if not USAGE.exists():
        raise SystemExit("the usage table is not here: ../shared/data/usage")
    for whose, found in measure(usage()).items():
        show(found, whose)


if __name__ == "__main__":
    main()
