"""Checked rules to answers. Here: what both evaluators look at, and no logic of truth."""
