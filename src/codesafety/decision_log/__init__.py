"""The decision log: append-only evidence of what was answered, off by default. No patient is in it.

log = DecisionLog("decisions.sqlite", key="log.key")
report = log.assess(engine, submission, record)
"""

from __future__ import annotations

from codesafety.decision_log.log import DecisionLog

__all__ = ["DecisionLog"]
