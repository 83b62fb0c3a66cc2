"""Syntax to ir: every name resolved, every type checked, all that is wrong told at once (CS2xx)."""
