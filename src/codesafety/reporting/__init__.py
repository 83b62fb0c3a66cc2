"""Outcomes to a report: findings, what could not be told and why, the items, the whole."""
