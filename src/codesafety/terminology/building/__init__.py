"""Release rows to a pack."""
