"""Everything that is read of small bundles, kind by kind: where each part goes, and what is said of what has no place."""

from __future__ import annotations

from tests.formats.fhir.readings import PATH, written


def test_every_resource_is_read_as_it_was_read() -> None:
    """After a change of what is read: `python -m tests.formats.fhir.readings`, and read the difference."""
    assert written() == PATH.read_text(encoding="utf-8")
