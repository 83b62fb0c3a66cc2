"""Sphinx configuration."""

from sphinx.application import Sphinx

from codesafety import __version__
from codesafety.pygments_lexer import RulesLexer

project = "codesafety"
copyright = "2026, the codesafety authors"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "codesafety"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
exclude_patterns = ["_build", "examples"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]
nitpicky = False


def setup(app: Sphinx) -> None:
    app.add_lexer("rules", RulesLexer)
    app.add_lexer("rules-error", RulesLexer)
