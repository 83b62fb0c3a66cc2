"""What the name of a dm+d product states: its substances, its form, its route, whether it is modified-release.

dm+d writes the name of a VMP by rule: substance and strength of each ingredient, " / " between ingredients, the form in the
plural ("Hydrocortisone 1% / Miconazole 2% cream"). So a name can be read without the product's rows. What a name does not
state is not supplied: None is "the name does not say", and a part that is not a known substance makes the whole unknown.

Sources: dm+d Editorial Policy (names of VTM, VMP and AMP), dm+d LOOKUP tables ROUTE and ONT_FORM_ROUTE (route ids);
British Approved Names (British Pharmacopoeia Commission) for the names that begin with "Co-".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

ORAL, RECTAL, VAGINAL, OCULAR, AURICULAR, NASAL = "26643006", "37161004", "16857009", "54485002", "10547007", "46713006"
INHALATION, TRANSDERMAL, SUBLINGUAL, BUCCAL, OROMUCOSAL = (
    "18679011000001101",
    "45890007",
    "37839007",
    "54471007",
    "372473007",
)
CUTANEOUS, INTRAUTERINE = "6064005", "62226000"
"""Route ids of the dm+d LOOKUP table ROUTE."""

BRITISH_APPROVED_COMBINATIONS = {
    "co-amilofruse": ("amiloride", "furosemide"),
    "co-amilozide": ("amiloride", "hydrochlorothiazide"),
    "co-amoxiclav": ("amoxicillin", "clavulanic acid"),
    "co-beneldopa": ("levodopa", "benserazide"),
    "co-careldopa": ("levodopa", "carbidopa"),
    "co-codamol": ("codeine", "paracetamol"),
    "co-codaprin": ("codeine", "aspirin"),
    "co-cyprindiol": ("cyproterone", "ethinylestradiol"),
    "co-danthramer": ("dantron", "poloxamer 188"),
    "co-danthrusate": ("dantron", "docusate"),
    "co-dydramol": ("dihydrocodeine", "paracetamol"),
    "co-fluampicil": ("flucloxacillin", "ampicillin"),
    "co-flumactone": ("hydroflumethiazide", "spironolactone"),
    "co-magaldrox": ("magnesium hydroxide", "aluminium hydroxide"),
    "co-phenotrope": ("diphenoxylate", "atropine"),
    "co-prenozide": ("oxprenolol", "cyclopenthiazide"),
    "co-proxamol": ("dextropropoxyphene", "paracetamol"),
    "co-tenidone": ("atenolol", "chlortalidone"),
    "co-triamterzide": ("triamterene", "hydrochlorothiazide"),
    "co-trimoxazole": ("trimethoprim", "sulfamethoxazole"),
    "co-zidocapt": ("captopril", "hydrochlorothiazide"),
}

ACIDS_OF_SALTS = {
    "sodium valproate": "valproic acid",
    "valproate semisodium": "valproic acid",
    "sodium fusidate": "fusidic acid",
    "dihydrocodeine tartrate": "dihydrocodeine",
    "docusate sodium": "docusate",
    "penicillin v": "phenoxymethylpenicillin",
}
"""Salts whose name does not begin with the name of the acid or base that they are a salt of."""

_SALTS = frozenset(
    (
        "acetate",
        "anhydrous",
        "arginine",
        "axetil",
        "benzathine",
        "benzoate",
        "besilate",
        "bromide",
        "calcium",
        "caproate",
        "carbonate",
        "chloride",
        "cilexetil",
        "citrate",
        "decanoate",
        "diethylammonium",
        "dihydrate",
        "dihydrochloride",
        "dimaleate",
        "dipropionate",
        "disodium",
        "embonate",
        "enantate",
        "epolamine",
        "erbumine",
        "estolate",
        "etexilate",
        "ethyl",
        "fumarate",
        "furoate",
        "hemifumarate",
        "hemihydrate",
        "hexanoate",
        "hydrobromide",
        "hydrochloride",
        "hydrogen",
        "isetionate",
        "lactate",
        "lactobionate",
        "lysine",
        "magnesium",
        "malate",
        "maleate",
        "medoxomil",
        "mesilate",
        "monohydrate",
        "nitrate",
        "olamine",
        "oxalate",
        "palmitate",
        "phosphate",
        "pivalate",
        "pivoxil",
        "potassium",
        "propionate",
        "proxetil",
        "sesquihydrate",
        "sodium",
        "stearate",
        "succinate",
        "sulfate",
        "tartrate",
        "tosilate",
        "trihydrate",
        "trometamol",
        "undecanoate",
        "valerate",
        "xinafoate",
    )
)
_MINERALS = frozenset(
    (
        "aluminium",
        "ammonium",
        "bismuth",
        "calcium",
        "copper",
        "ferric",
        "ferrous",
        "iron",
        "magnesium",
        "manganese",
        "potassium",
        "silver",
        "sodium",
        "zinc",
    )
)
_SKIN_ONLY = (
    "aciclovir",
    "adapalene",
    "betamethasone",
    "clobetasol",
    "clobetasone",
    "clotrimazole",
    "crotamiton",
    "diclofenac",
    "econazole",
    "etofenamate",
    "felbinac",
    "fluocinolone",
    "fluocinonide",
    "fluorouracil",
    "fusidic acid",
    "hydrocortisone",
    "ibuprofen",
    "isotretinoin",
    "ketoconazole",
    "ketoprofen",
    "miconazole",
    "mometasone",
    "mupirocin",
    "permethrin",
    "piroxicam",
    "pimecrolimus",
    "retapamulin",
    "tacrolimus",
    "terbinafine",
    "tretinoin",
)
"""Substances whose creams, ointments and gels are for the skin unless the name says otherwise. A cream may also be vaginal
(estriol), rectal (diltiazem) or transdermal (testosterone): for any other substance the name is not taken to tell."""

_FORMS: tuple[tuple[str, str | None], ...] = (
    (r"(?:vaginal|pessar)", VAGINAL),
    (r"(?:rectal|suppositor|enema)", RECTAL),
    (r"intra-?uterine", INTRAUTERINE),
    (r"ear/eye(?:/nose)? (?:drops|ointment|spray)", None),
    (r"eye (?:drops|ointment|gel|lotion)", OCULAR),
    (r"ear (?:drops|spray|ointment)", AURICULAR),
    (r"(?:nasal (?:spray|drops|ointment|cream|gel)|nose drops)", NASAL),
    (r"transdermal", TRANSDERMAL),
    (r"sublingual", SUBLINGUAL),
    (r"buccal", BUCCAL),
    (r"(?:oromucosal|mouthwash|mouth spray|lozenges|pastilles|gargle|medicated chewing gum)", OROMUCOSAL),
    (r"(?:nebuliser|inhalation|inhaler|inhalator)", INHALATION),
    (r"(?:injection|infusion|implant|intravesical|irrigation|dialysis)", None),
    (r"(?:dental|gingival|periodontal|endotracheal|urethral|bladder|bath|shampoo|scalp)", None),
    (r"oral (?:solution|suspension|drops|powder|lyophilisates|gel|emulsion|granules|liquid|paste)", ORAL),
    (r"for oral (?:solution|suspension)", ORAL),
    (r"(?:tablets|caplets|capsules|granules sachets|gastro-resistant granules|oral)\b", ORAL),
    (r"(?:cream|ointment|gel|lotion|foam|cutaneous)\b", CUTANEOUS),
)
_FORM_ROUTES = tuple((re.compile(pattern), route) for pattern, route in _FORMS)
_FORM_WORDS = re.compile(
    r"\b(tablets|caplets|capsules|suppositories|pessaries|oral solution|oral suspension|eye drops|ear drops|ear/eye drops|"
    r"eye ointment|nasal spray|nasal drops|inhaler|inhalation powder|nebuliser liquid|solution for injection|"
    r"suspension for injection|solution for infusion|transdermal patches|cream|ointment|gel|lotion|lozenges|"
    r"oromucosal spray|mouthwash|enema|granules|powder|oral drops|foam|medicated plasters|spray)\b"
)
_MODIFIED = re.compile(r"\b(?:modified-release|prolonged-release)\b")
_STRENGTH = re.compile(r" (?=[\d.]+(?:[.,]\d+)*(?:-\d[\d.]*)?(?:%| ?[a-zA-Zµ]|/))")
_UNITS = {
    "g": "g",
    "mg": "mg",
    "microgram": "ug",
    "micrograms": "ug",
    "nanograms": "ng",
    "mmol": "mmol",
    "ml": "mL",
    "litre": "L",
    "hour": "h",
    "hours": "h",
    "dose": "{dose}",
}
_AMOUNT = re.compile(
    r" (?P<amount>\d+(?:\.\d+)?)(?P<unit>g|mg|micrograms?|nanograms|mmol)(?: ?/ ?(?P<per>\d+(?:\.\d+)?)?(?P<of>ml|litre|hours?|dose))?(?= |$)"
)
_SUPPLIER = re.compile(r"^(?P<name>.*\S) \((?P<supplier>[^()]+(?:\([^()]*\)[^()]*)*)\)$")
_NOT_SKIN = re.compile(r"\b(?:lozenges|mouth|oral|dental|teething)\b")


@dataclass(frozen=True, slots=True)
class NamedForm:
    """What a name says of form and route. `form`: dm+d's words. `route`: an id of dm+d's ROUTE table. None: not said.

    `modified_release` is True where the name says so, and otherwise False: sound for a VMP, whose name always says it; the
    name of a brand ("Bedranol SR 80mg capsules") need not, so for an AMP only True may be used.
    """

    form: str | None
    route: str | None
    modified_release: bool


@dataclass(frozen=True, slots=True)
class NamedStrength:
    """What a name says of strength, units in UCUM: 250 mg, per 5 mL. `per` and `of` are None for a tablet, a vial."""

    amount: str
    unit: str
    per: str | None
    of: str | None

    def in_ucum(self) -> str:
        return f"{self.amount} {self.unit}" + (f" / {self.per} {self.of}" if self.of else "")


def read_form(name: str) -> NamedForm:
    """Return form, route and release as the name of a VMP or AMP states them."""
    low = split_supplier(name)[0].casefold()
    form = _FORM_WORDS.search(low)
    route = next((route for pattern, route in _FORM_ROUTES if pattern.search(low)), None)
    if route == CUTANEOUS and (_NOT_SKIN.search(low) or not _for_the_skin(low)):
        route = None
    return NamedForm(form[1] if form else None, route, _MODIFIED.search(low) is not None)


def routes_of(form: NamedForm, ingredients: frozenset[str] | None) -> frozenset[str] | None:
    """Return the routes that a name leaves possible. Of diclofenac gels dm+d calls some cutaneous and some transdermal."""
    if form.route == CUTANEOUS and ingredients == frozenset(("diclofenac",)):
        return frozenset((CUTANEOUS, TRANSDERMAL))
    return frozenset((form.route,)) if form.route else None


def read_strength(name: str) -> NamedStrength | None:
    """Return the strength in the name of a VMP of one ingredient; None where it states none, one in percent or in units."""
    amounts = list(_AMOUNT.finditer(split_supplier(name)[0].casefold()))
    if len(amounts) != 1:  # phases of one ingredient have a strength each
        return None
    (found,) = amounts
    return NamedStrength(
        found["amount"], _UNITS[found["unit"]], (found["per"] or "1") if found["of"] else None, _UNITS.get(found["of"])
    )


def _for_the_skin(low: str) -> bool:
    if "cutaneous" in low:
        return True
    return all(part.startswith(_SKIN_ONLY) for part in low.split(" / "))


def split_supplier(name: str) -> tuple[str, str | None]:
    """Return an AMP's description as name and supplier: "Fucidin 20mg/g cream (LEO Pharma)". None: no supplier stated."""
    found = _SUPPLIER.match(name.strip())
    return (found["name"], found["supplier"]) if found else (name.strip(), None)


def base_substance(name: str, is_known: Callable[[str], bool]) -> str:
    """Return the acid or base that a salt or ester is made of: "diclofenac potassium" is of "diclofenac".

    `name` is in lower case. Only words of a closed list of salts are taken off, and only where what is left is itself a known
    substance; salts of minerals keep their name, since calcium carbonate and calcium gluconate are not one medicine.
    """
    if name in ACIDS_OF_SALTS:
        return ACIDS_OF_SALTS[name]
    words = name.split()
    if words[0] in _MINERALS:
        return name
    for length in range(len(_without_salt(words)), len(words)):
        if is_known(" ".join(words[:length])):
            return " ".join(words[:length])
    return name


def without_salt(name: str) -> str:
    """Return what is left of a substance's name without the words of its salt: "cetirizine hydrochloride" is of "cetirizine"."""
    words = name.split()
    return name if words[0] in _MINERALS else " ".join(_without_salt(words))


def _without_salt(words: list[str]) -> list[str]:
    """Take the salt's words off the end. "acid" goes with a salt ("acid tartrate"), and stays in the name of an acid."""
    left = len(words)
    while left > 1 and words[left - 1] in _SALTS:
        left -= 1
    if 1 < left < len(words) and words[left - 1] == "acid" and not words[left - 2].endswith("ic"):
        left -= 1
    return words[:left]


def read_substances(name: str, is_known: Callable[[str], bool]) -> tuple[str, ...] | None:
    """Return the substances of a VMP's name, in lower case and in its order; None if any part is not a known substance."""
    low = split_supplier(name)[0].casefold()
    substances: list[str] = []
    for part in re.split(r" / (?=[a-z])| and (?=[a-z][^/]* \d)", low):
        found = _leading_substance(part.strip(), is_known)
        if found is None:
            return None
        substances.append(found)
    return tuple(dict.fromkeys(substances))


def _leading_substance(part: str, is_known: Callable[[str], bool]) -> str | None:
    """Return the known substance that begins this part and is followed by a strength, or by a form at the end."""
    strength = _STRENGTH.search(part)
    head = part[: strength.start()] if strength else _FORM_WORDS.split(part, maxsplit=1)[0].strip()
    for name in (head, *(head.removesuffix(f" {word}") for word in ("modified-release", "eye", "ear", "(base)"))):
        if name and (is_known(name) or is_known(without_salt(name))):
            return name
    return None


def split_combination(name: str) -> tuple[str, ...]:
    """Return the parts of a VTM's name, in lower case: "Hydrocortisone + Miconazole", "Co-codamol"."""
    low = name.casefold().strip()
    return BRITISH_APPROVED_COMBINATIONS.get(low) or tuple(part.strip() for part in low.split(" + "))
