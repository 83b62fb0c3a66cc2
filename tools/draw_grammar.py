"""`python -m tools.draw_grammar`: the page of the grammar, drawn as railroad diagrams from the grammar itself.

Every production is a picture in `docs/reference/grammar/`; `docs/reference/grammar.md` shows them in the grammar's own order.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from lark.load_grammar import load_grammar
from railroad import Choice, Diagram, DiagramItem, NonTerminal, OneOrMore, Optional, Sequence, Skip, Terminal, ZeroOrMore

from codesafety.language.parsing.terminals import said_of_terminals

ROOT: Final = Path(__file__).parent.parent
GRAMMAR: Final = ROOT / "src" / "codesafety" / "language" / "parsing" / "rules.lark"
PAGE: Final = ROOT / "docs" / "reference" / "grammar.md"
FOLDER: Final = ROOT / "docs" / "reference" / "grammar"
_STYLE: Final = """
svg.railroad-diagram { background: none; }
svg.railroad-diagram path { stroke-width: 1.5; stroke: #5a6b7b; fill: none; }
svg.railroad-diagram text { font: 13px ui-monospace, monospace; text-anchor: middle; fill: #14212e; white-space: pre; }
svg.railroad-diagram text.comment { font: italic 12px ui-sans-serif, sans-serif; fill: #5a6b7b; }
svg.railroad-diagram rect { stroke-width: 1.5; stroke: #5a6b7b; fill: #e4eef7; }
svg.railroad-diagram g.non-terminal rect { fill: #fbf3dc; }
@media (prefers-color-scheme: dark) {
  svg.railroad-diagram path { stroke: #9fb3c8; }
  svg.railroad-diagram text.comment { fill: #9fb3c8; }
}
"""
_GROUPS: Final = {
    "declarations": "Declarations",
    "rules": "Rules",
    "conditions": "Conditions",
    "examples": "Examples",
}
_CALLED: Final = {
    "cond": "condition",
    "expr": "expression",
    "ref": "name of another",
    "set_ref": "value set",
    "attr": "attribute",
}
_INTRODUCTION: Final = """# The grammar

Drawn from the grammar that the parser is made of ([`rules.lark`](https://lark-parser.readthedocs.io/)), by `python -m tools.draw_grammar`.
Blue boxes are written as they stand; yellow ones are other pictures of this page, or words of a kind: a name, a number, text in quotes.
What the words mean, and which may stand together, is in the [manual](../manual/index.md); in one page, in the [cheat sheet](cheat-sheet.md);
word by word, in [every keyword](keywords.md), to which the words beneath each picture lead.
"""


def productions() -> Mapping[str, Any]:
    """Return the grammar's productions by their names, in their order, as trees."""
    grammar, _ = load_grammar(GRAMMAR.read_text(encoding="utf-8"), GRAMMAR.name, [], False)
    return {str(name): tree for name, _, tree, _ in grammar.rule_defs}


def headings() -> Mapping[str, str]:
    """Return the production that each group of them begins with, and the group's heading."""
    found = {"start": "A file"}
    group = None
    for line in GRAMMAR.read_text(encoding="utf-8").splitlines():
        rule = re.match(r"\?*([a-z_]+):", line)
        if line.startswith("// ---"):
            group = _GROUPS.get(line.strip("/- ").split(":")[0])
        elif rule and group:
            found[rule[1]] = group
            group = None
    return found


def drawn(name: str, tree: Any) -> str:
    """Return the picture of a production, as SVG."""
    out = io.StringIO()
    Diagram(_item(tree), type="complex").writeStandalone(out.write, css=_STYLE)
    return out.getvalue() + "\n"


def _item(node: Any) -> DiagramItem:
    match node.data:
        case "expansions":
            parts = [_item(child) for child in node.children]
            return parts[0] if len(parts) == 1 else Choice(0, *parts)
        case "alias":
            return _item(node.children[0])
        case "expansion":
            return Sequence(*[_item(child) for child in node.children]) if node.children else Skip()
        case "expr":
            inner, how = _item(node.children[0]), str(node.children[1])
            return {"*": ZeroOrMore, "+": OneOrMore, "?": Optional}[how](inner)
        case "maybe":
            return Optional(_item(node.children[0]))
        case "value":
            return _value(node.children[0])
    raise ValueError(f"the grammar has a `{node.data}`, which this tool does not draw")


def _value(value: Any) -> DiagramItem:
    if getattr(value, "data", None) == "expansions":
        return _item(value)
    if getattr(value, "data", None) == "literal":
        return Terminal(str(value.children[0]).strip('"'))
    name = str(value.name)
    if not name.isupper():
        return NonTerminal(shown(name))
    said = said_of_terminals().get(name)
    if said is None:
        return Terminal(name.removesuffix("_WORD").lower())
    written = re.findall(r"`([^`]+)`", said)
    if said.startswith("`"):
        return Terminal(written[0]) if len(written) == 1 else Choice(0, *[Terminal(word) for word in written])
    return NonTerminal(said.replace("`", ""))


def keywords(item: Any) -> Iterator[str]:
    """Yield the keywords that a picture shows, in their order."""
    if isinstance(item, Terminal):
        if re.fullmatch(r"[a-z]+( [a-z]+)*", item.text):
            yield item.text
        return
    for part in getattr(item, "items", None) or filter(None, (getattr(item, "item", None), getattr(item, "rep", None))):
        yield from keywords(part)


def _linked(tree: Any) -> str:
    """Return a line that links each keyword of a production to what it says."""
    found = dict.fromkeys(keywords(_item(tree)))
    return ", ".join(f"[{word}](keywords.md#{word.replace(' ', '-')})" for word in found)


def shown(name: str) -> str:
    """Return what a production is called on the page."""
    return _CALLED.get(name, name.strip("_").replace("_", " "))


def files() -> Iterator[tuple[Path, str]]:
    """Yield every file of the page with what it should hold."""
    begins = headings()
    page = [_INTRODUCTION]
    for name, tree in productions().items():
        if name in begins:
            page.append(f"## {begins[name]}\n")
        picture = FOLDER / f"{name.strip('_')}.svg"
        yield picture, drawn(name, tree)
        page.append(f"### {shown(name)}\n\n![{shown(name)}](grammar/{picture.name})\n")
        if linked := _linked(tree):
            page.append(f"{linked}\n")
    yield PAGE, "\n".join(page)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in files():
        path.write_text(text, encoding="utf-8")
