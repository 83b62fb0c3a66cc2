"""What stands in rule text where no token starts: what it is, what to write instead, and where to read on."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from typing import Final

from codesafety.diagnostics import Diagnostics, Span
from codesafety.ir.units import spelling
from codesafety.language.parsing.remedies import power
from codesafety.language.parsing.tokens import Token

_WORD: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_NEXT_DECLARATION: Final = re.compile(r"^\s*(?:rule|valueset|limit|table|define|ruleset)\s", re.MULTILINE)
_A_PART_BELOW: Final = re.compile(
    r"\n\s*(?:\}|(?:rule|valueset|limit|table|define|ruleset|title|action|cannot|severity|hazard|source|because|valid|after"
    r"|overridable|assume|for|when|unless|say|example|given|expect|version|language|uses|codes|frozen|include|except|perhaps|ecl)\s)"
)
_OTHER_CODE: Final = re.compile(r"[A-Z][A-Za-z0-9.]*[0-9][A-Za-z0-9.]*")
_HAZARD: Final = re.compile(r"([A-Za-z]+)[-_.]?([0-9]+)")
_AFTER_SLASH: Final = re.compile(r"[\w./{}\[\]*]+")
_SPACE: Final = re.compile(r"\s|$")
_OPENS_ECL: Final = re.compile(r"[\s\u200b\ufeff]*\{")
_INSTEAD: Final = {
    "≥": "`>=`", "≤": "`<=`", "≠": "`is not`", "–": "`-`", "—": "`-`", "−": "`-`", "×": "`*`", "·": "`*`", "÷": "`/`", "=": "`is`",
    "&": "`and`", "&&": "`and`", "||": "`or`", "!=": "`is not`", "<>": "`is not`", "==": "`is`", "=>": "`>=`", "=<": "`<=`",
    "!": "`not ( … )`", "→": "`then` is not needed: what a clinician reads follows `say`", "%%": "`%`",
}  # fmt: skip
"""Marks of other languages, and of other keyboards, and what is written here."""
_MARKS: Final = re.compile(r"[!=<>&|]+")
_DATE_LIKE: Final = re.compile(
    r"(?![0-9]{4}-[0-9]{2}(?:-[0-9]{2})?(?![0-9-]))"
    r"(?:[0-9]{1,5}([-/])[0-9]{1,2}\1[0-9]{1,5}|[0-9]{4}[-/][0-9]{1,2})(?![0-9])"
)
"""A date in the form of another place, or one with a digit too many or too few."""
_BETWEEN: Final = re.compile(r"([0-9]+)\s*[–—−-]\s*([0-9]+)(?:\s+(years?|months?|weeks?|days?))?")
_HELP: Final = {
    **{char: f"write {instead}" for char, instead in _INSTEAD.items()},
    ";": "remove it: parts need no mark between them, and items of a list are parted by commas",
}
_UNIT: Final = re.compile(r"[^\s\"“”(),|]+")
_GLUED: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(\D.*)")
_AS_CLINICS_WRITE: Final = re.compile(r"([0-9]+)/(7|52|12)")
_PARTS_OF: Final = {"7": "days", "52": "weeks", "12": "months"}
"""How notes of clinics write times: 3/7, 2/52, 6/12."""
_PRESSURE: Final = re.compile(r"([0-9]{2,3})/[0-9]{2,3}")
_RANGE: Final = re.compile(r"([0-9]+)\.\.+([0-9]+)")
_SPACES: Final = re.compile(r"[ \t]*")
_A_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")
_SHORTEST_CODE: Final = 6
"""Digits of a SNOMED CT code."""
_TERM: Final = re.compile(
    r"[A-Z][a-z]+(?:[ -][a-z]+)*?(?=\s*(?:[,}|]|\n|$|\b(?:source|codes|perhaps|include|except|ecl|frozen|phrases|allow)\b))"
)
_NAME_OF_WORDS: Final = re.compile(r"([A-Za-z][\w' -]*?)\s*(?:\{|\"|\n|$)")
_DECLARES: Final = frozenset({"RULE", "VALUESET", "LIMIT"})
_FRACTION: Final = re.compile(r"\.[0-9]+")
_POWER: Final = re.compile(r"([a-z][a-z0-9_.-]*)([²³])")
_RAISED: Final = re.compile(r"\^\s*([2-9])(?![0-9.])")
_SHORT: Final = re.compile(r"['’][a-z]+")
_EQUAL: Final = re.compile(r"(==?)\s*(-?[0-9]+(?:\.[0-9]+)?)?\s*(\"[^\"]*\"|(?:year|month|week|day)s?\b)?")
_YEAR: Final = re.compile(r"\s+([12][0-9]{3})(?![0-9-])")
_MONTHS: Final = {name[:3].lower(): (n, (name.lower(), name[:3].lower())) for n, name in enumerate(month_name) if n}
"""Months by their first three letters: number, and how each is written."""
_SINGLE_QUOTES: Final = "'‘’‚„«»`"


def other_date(text: str, at: int, file: str, diagnostics: Diagnostics) -> int | None:
    """Report a date that is written in another form than ours, and return where it ends; None where there is none at `at`."""
    found = _DATE_LIKE.match(text, at)
    if found is None:
        return None
    days = _days(found[0])
    near = " or ".join(f"`{day}`" for day in days)
    diagnostics.error(
        "CS105",
        f"`{found[0]}` is no date",
        Span(file, at, found.end()),
        f"a date is written YYYY-MM-DD{f': did you mean {near}?' if near else ''}",
    )
    return found.end()


def _days(written: str) -> list[str]:
    """Return the days that a date in another form may mean."""
    parts = re.split(r"[-/]", written)
    if len(parts) == 2:
        return [f"{parts[0]}-{parts[1]:0>2}"]
    first, middle, last = parts
    if len(first) == 4 and len(last) <= 2:
        return [f"{first}-{middle:0>2}-{last:0>2}"]
    if len(last) == 4 and len(first) <= 2:
        orders = {(middle, first), (first, middle)}
        return sorted(f"{last}-{month:0>2}-{day:0>2}" for month, day in orders if 1 <= int(month) <= 12 and 1 <= int(day) <= 31)
    return []


def opens_ecl(text: str, at: int) -> bool:
    """Return whether a brace follows."""
    return _OPENS_ECL.match(text, at) is not None


def unclosed_ecl(text: str, word: Span, diagnostics: Diagnostics) -> int:
    """Report an `ecl` block that is no token, and return where to read on."""
    diagnostics.error(
        "CS111",
        "this `ecl { … }` is never closed, or its braces are nested more than seven deep",
        word,
        "give every `{`, quote and `|` inside it its partner",
    )
    return _resume(text, word.end)


def out_of_place(text: str, at: int, file: str, tokens: list[Token], diagnostics: Diagnostics) -> int | None:
    """Report a mark that is one of ours and glued to what it cannot stand in: an address, a comment, a date, a unit.

    Return where to read on, or None where the mark stands well.
    """
    glued = bool(tokens) and tokens[-1].end_pos == at
    if text.startswith("//", at) or (text[at] == "/" and glued):
        return _slash(text, at, file, tokens, diagnostics)
    return None


def unreadable(text: str, at: int, file: str, tokens: list[Token], diagnostics: Diagnostics) -> int:
    """Report what stands at `at` and return where to read on. Tokens that belong to it are taken back."""
    char = text[at]
    if char in '"“”':
        return _quote(text, at, file, tokens, diagnostics)
    for opening, code, what, closing in (
        ("/*", "CS103", "comment", "*/"),
        ("|", "CS106", "term", "|"),
        ("<http", "CS112", "address", ">"),
    ):
        if text.startswith(opening, at):
            span = Span(file, at, at + len(opening))
            diagnostics.error(code, f"this {what} is never closed", span, f"add `{closing}` where it ends")
            return _resume(text, at)
    word = _WORD.match(text, at)
    if word:
        return _word(text, at, word.end(), file, tokens, diagnostics)
    return _character(text, at, file, tokens, diagnostics)


def _quote(text: str, at: int, file: str, tokens: list[Token], diagnostics: Diagnostics) -> int:
    if text[at] == "”":
        opening = Span(file, at, at + 1)
        diagnostics.error(
            "CS105", "a closing quote without its opening quote", opening, 'put the text between straight quotes: "…"'
        )
        return at + 1
    # An odd number of quotes shows at the last one. The one that is not closed runs into the next part of its rule.
    first = next((i for i, t in enumerate(tokens) if t.type == "STRING" and _A_PART_BELOW.search(t.value)), None)
    if first is not None:
        at = tokens[first].start_pos
        del tokens[first:]
        diagnostics.found[:] = [d for d in diagnostics.found if d.span.start < at]
    curly = text[at] == "“"
    diagnostics.error(
        "CS102",
        "this quoted text is never closed",
        Span(file, at, at + 1),
        "add the closing quote; a curly quote is closed by a curly one" if curly else "add the closing quote",
    )
    return _resume(text, at)


def _word(text: str, start: int, end: int, file: str, tokens: list[Token], diagnostics: Diagnostics) -> int:
    while tokens and tokens[-1].end_pos == start and tokens[-1].type not in ("STRING", "TERM", "URL", "LPAR", "LBRACE", "COMMA"):
        start = tokens.pop().start_pos
    before = tokens[-1].type if tokens else ""
    opened = before == "LPAR" and len(tokens) > 1 and tokens[-2].type == "NUMBER"
    if (before == "NUMBER" or opened) and (run := _UNIT.match(text, start)) is not None and spelling.instead(run[0]) is not None:
        end = run.end()
    written = text[start:end]
    if (
        before == "NAME"
        and len(tokens) > 1
        and tokens[-2].type == "NUMBER"
        and spelling.instead(tokens[-1].value + written) is not None
    ):
        start = tokens.pop().start_pos
        before, written = "NUMBER", re.sub(r"\s", "", text[start:end])
    span = Span(file, start, end)
    hazard = _HAZARD.fullmatch(written)
    if before == "HAZARD_WORD":
        help = (
            f"did you mean `{hazard[1].upper()}-{hazard[2]:0>2}`?"
            if hazard
            else "a hazard is capitals, a hyphen and digits: `H-01`"
        )
        diagnostics.error("CS225", f"`{written}` is no hazard id", span, help)
    elif opened and text.startswith(")", end) and (ucum := spelling.instead(written)) is not None:
        start, end = tokens.pop().start_pos, end + 1
        diagnostics.error("CS105", f"`{text[start:end]}` is a unit without quotes", Span(file, start, end), f'write `"{ucum}"`')
    elif (quantity := _GLUED.fullmatch(written)) is not None and (ucum := spelling.instead(quantity[2])) is not None:
        diagnostics.error("CS105", f"`{written}` is a unit without quotes", span, f'write `{quantity[1]} "{ucum}"`')
    elif (ends := _RANGE.fullmatch(written)) is not None:
        diagnostics.error("CS105", f"`{written}` is no range", span, f"a range is written `is from {ends[1]} to {ends[2]}`")
    elif _FRACTION.fullmatch(written):
        diagnostics.error("CS105", f"`{written}` is no number", span, f"write `0{written}`")
    elif (squared := _POWER.fullmatch(written)) is not None:
        diagnostics.error("CS105", f"`{written}` is not a name", span, power(squared[1], "²³".index(squared[2]) + 2))
    elif (month := _MONTHS.get(written[:3].lower())) and written.lower() in month[1] and (year := _YEAR.match(text, end)):
        return _month(text, start, year, month[0], file, tokens, diagnostics)
    elif before in ("ENTRY", "HISTORY", "MENTION", "MEDICATION") and tokens[-1].end_pos < start and written[0].isupper():
        diagnostics.error(
            "CS105", f"`{written}` is not a name", span, f"name the item and its set: `{before.lower()} e in {written.lower()}`"
        )
    elif before in ("ASSUME", "NUMBER") and (ucum := spelling.instead(written)) is not None:
        diagnostics.error("CS105", f"`{written}` is a unit without quotes", span, f'write `"{ucum}"`')
    elif before == "NUMBER" and len(tokens[-1].value) >= _SHORTEST_CODE and (term := _TERM.match(text, start)) is not None:
        end = term.end()
        diagnostics.error("CS105", "a term stands between bars", Span(file, start, end), f"write `|{text[start:end]}|`")
    elif before in _DECLARES and (name := _NAME_OF_WORDS.match(text, start)) is not None and " " in name[1]:
        end = name.end(1)
        whole = re.sub(r"[^a-z0-9]+", "-", name[1].lower()).strip("-")
        diagnostics.error("CS105", f"`{name[1]}` is not a name", Span(file, start, end), f"a name is one word: `{whole}`")
    elif _OTHER_CODE.fullmatch(written):
        diagnostics.error(
            "CS105", f"`{written}` is not a name", span, f'a code of a system other than SNOMED CT is quoted: "{written}"'
        )
    else:
        lower = re.sub(r"[^a-z0-9_./-]+", "-", written.lower()).strip("-_.")
        lower = {"f": "female", "m": "male"}.get(lower, lower) if before in ("IS", "NOT", "NAME") else lower
        help_name = f"did you mean `{lower}`?" if lower and lower[0].isalpha() and lower != written else None
        if all("." in side for side in written.split("/", 1)) and "/" in written:
            help_name = f"marks stand between spaces: `{written.replace('/', ' / ')}`"
        diagnostics.error(
            "CS105", f"`{written}` is not a name: names are small letters a to z, digits, `-` and `_`", span, help_name
        )
    return end


def _slash(text: str, at: int, file: str, tokens: list[Token], diagnostics: Diagnostics) -> int:
    before = tokens[-1] if tokens and tokens[-1].end_pos == at else None
    if before is not None and before.type == "COLON" and len(tokens) > 1 and tokens[-2].value in ("http", "https"):
        start = tokens[-2].start_pos
        del tokens[-2:]
        space = _SPACE.search(text, at)
        span = Span(file, start, space.start() if space else len(text))
        diagnostics.error("CS105", "an address stands between `<` and `>`", span, "write <https://…>")
        return span.end
    if text.startswith("//", at):
        diagnostics.error(
            "CS105",
            "a comment is written `/* … */`",
            Span(file, at, at + 2),
            "put the words between `/*` and `*/`: a comment does not end with its line",
        )
        return _line_end(text, at)
    rest = _AFTER_SLASH.match(text, at + 1)
    if before is not None and rest is not None:
        start, end = tokens.pop().start_pos, rest.end()
        written = text[start:end]
        if _PRESSURE.fullmatch(written) and (spaces := _SPACES.match(text, end)) and (unit := _UNIT.match(text, spaces.end())):
            end = unit.end() if spelling.instead(unit[0]) is not None else end  # it belongs to both
        help = f"marks stand between spaces: `{written.replace('/', ' / ')}`"
        if tokens and tokens[-1].type == "NUMBER":
            help = f'a unit is written in quotes: "{written}"'
        elif (time := _AS_CLINICS_WRITE.fullmatch(written)) is not None:
            help = f"a time is written `{time[1]} {_PARTS_OF[time[2]]}`; of a division, {help}"
        elif (pressure := _PRESSURE.fullmatch(written)) is not None:
            help = f'a blood pressure is two values, each of its own code: compare one with `{pressure[1]} "mm[Hg]"`; of a division, {help}'
        diagnostics.error("CS105", f"`{written}` means nothing here", Span(file, start, end), help)
        return end
    diagnostics.error("CS105", "`/` means nothing here", Span(file, at, at + 1), "marks stand between spaces: `a / b`")
    return at + 1


def _character(text: str, at: int, file: str, tokens: list[Token], diagnostics: Diagnostics) -> int:
    char = text[at]
    if char == "!" and text.startswith("!--", at) and tokens and tokens[-1].value == "<":
        start, end = tokens.pop().start_pos, text.find("-->", at)
        end = _line_end(text, at) if end < 0 else end + 3
        diagnostics.error(
            "CS105", "a comment is written `/* … */`", Span(file, start, end), "put the words between `/*` and `*/`"
        )
        return end
    base = tokens[-1].value if tokens and tokens[-1].type in ("NAME", "DOTTED", "RPAR") else None
    if base is not None and (raised := _RAISED.match(text, at)) is not None:
        diagnostics.error("CS105", "`^` means nothing here", Span(file, at, raised.end()), power(base, int(raised[1])))
        return raised.end()
    if (equal := _EQUAL.match(text, at)) is not None and (help := _of_equals(equal, tokens)) is not None:
        diagnostics.error("CS105", "`=` means nothing here", Span(file, at, at + len(equal[1])), help)
        return at + len(equal[1])
    marks = _MARKS.match(text, at)
    if marks is not None and marks[0] in _INSTEAD:
        diagnostics.error("CS105", f"`{marks[0]}` means nothing here", Span(file, at, marks.end()), f"write {_INSTEAD[marks[0]]}")
        return marks.end()
    if char in "–—" and tokens and tokens[-1].type == "NUMBER" and (ends := _BETWEEN.match(text, tokens[-1].start_pos)):
        start = tokens.pop().start_pos
        unit = f" {ends[3]}" if ends[3] else ""
        diagnostics.error(
            "CS105",
            f"`{ends[0]}` is no range",
            Span(file, start, ends.end()),
            f"write `from {ends[1]} to {ends[2]}{unit}`",
        )
        return ends.end()
    if char == "#":
        diagnostics.error(
            "CS105", "a comment is written `/* … */`", Span(file, at, at + 1), "put the words between `/*` and `*/`"
        )
        return _line_end(text, at)
    if (short := _SHORT.match(text, at)) is not None and base is not None and tokens[-1].end_pos == at:
        start = tokens.pop().start_pos
        span = Span(file, start, short.end())
        help = "a condition is denied as `not ( … )`, `is not` or `not in`"
        if any(t.type == "EXPECT" for t in tokens[-2:]):
            help = "write `cannot tell: FIELD`"
        if short[0][1:] == "s":
            help = f"a field is named behind a dot: `{text[start:at]}.value`"
        diagnostics.error("CS105", f"`{text[start : short.end()]}` means nothing here", span, help)
        return short.end()
    if char in _SINGLE_QUOTES:
        line = text[at + 1 : _line_end(text, at)]
        closing = next((i for i, c in enumerate(line) if c in _SINGLE_QUOTES), None)
        end = at + 1 if closing is None else at + 2 + closing
        inside = text[at + 1 : end - 1]
        help = f"a date stands without quotes: `{inside}`" if _A_DATE.fullmatch(inside) else 'write "…"'
        diagnostics.error("CS105", "text is put between double quotes", Span(file, at, end), help)
        return end
    end = at + 1
    while end < len(text) and text[end] == char:
        end += 1
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    diagnostics.error("CS105", f"`{shown}` means nothing here", Span(file, at, at + 1), _HELP.get(char, "remove it"))
    return at + 1


def _of_equals(equal: re.Match[str], tokens: list[Token]) -> str | None:
    """Return what is written for `=`: nothing in an example, a range of one number in a condition."""
    part = next((t.type for t in reversed(tokens) if t.type in ("GIVEN", "WHEN", "UNLESS")), "")
    if part == "GIVEN":
        return f"leave it out: `{tokens[-1].value} {equal[2] or '…'}`"
    if part and equal[2]:
        unit = f" {equal[3]}" if equal[3] else ""
        if len(equal[2]) >= _SHORTEST_CODE:
            return (
                f'a code is asked for by its value set: `valueset some_name "…" {{ codes {equal[2]} }}`, and here `in some_name`'
            )
        return f"one number is a range: `is from {equal[2]} to {equal[2]}{unit}`"
    return None if part else "leave it out"


def _month(
    text: str, start: int, year: re.Match[str], month: int, file: str, tokens: list[Token], diagnostics: Diagnostics
) -> int:
    """Report a date in words, `June 2025` or `1 June 2025`, and return where it ends."""
    day = tokens[-1].value if tokens and tokens[-1].type == "NUMBER" and len(tokens[-1].value) < 3 else None
    if day is not None:
        start = tokens.pop().start_pos
    first = f"{year[1]}-{month:02}"
    days = f"`{first}-{day:0>2}`" if day else f"`{first}-01` or `{first}-{monthrange(int(year[1]), month)[1]}`"
    diagnostics.error(
        "CS105",
        f"`{text[start : year.end()]}` is no date",
        Span(file, start, year.end()),
        f"a date is written YYYY-MM-DD: {days}",
    )
    return year.end()


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _resume(text: str, at: int) -> int:
    """Return where the next declaration starts after something that was opened and never closed."""
    found = _NEXT_DECLARATION.search(text, at + 1)
    return found.start() if found else len(text)
