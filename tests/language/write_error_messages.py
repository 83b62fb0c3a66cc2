"""`python -m tests.language.write_error_messages`: write into the page of errors what the library says today."""

from __future__ import annotations

from tests.language.error_page import PATH, rewritten

if __name__ == "__main__":
    PATH.write_text(rewritten(PATH.read_text("utf-8")), "utf-8")
