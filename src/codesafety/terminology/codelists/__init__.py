"""Published lists of codes: read, check, repair."""
