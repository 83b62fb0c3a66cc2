"""Counts of what was answered, for Prometheus. Nothing of a message or a patient is in them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from codesafety.bundle import is_expired
from codesafety.decision_log import DecisionLog
from codesafety.engine import Engine
from codesafety.report import Report

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counts of one worker; of several, `text` gives their sum."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        of: dict[str, Any] = {"registry": self._registry}
        self.requests = Counter("codesafety_requests", "Requests, by route and status", ["route", "status"], **of)
        self.seconds = Histogram("codesafety_request_seconds", "Time to answer, by route", ["route"], buckets=_SECONDS, **of)
        self.in_progress = Gauge(
            "codesafety_in_progress", "Requests being answered, or waiting", multiprocess_mode="livesum", **of
        )
        self.overloads = Counter("codesafety_overloads", "Requests told to come back", **of)
        self.feedback = Counter(
            "codesafety_feedback", "Feedback on cards, by outcome and coded reason", ["outcome", "reason"], **of
        )
        self.serial = Gauge("codesafety_bundle_serial", "Serial of the bundle in use", multiprocess_mode="livemin", **of)
        self.refused = Gauge(
            "codesafety_bundle_refused", "1 where the last bundle was not taken", multiprocess_mode="livemax", **of
        )
        self.expired = Gauge(
            "codesafety_bundle_expired", "1 where the bundle in use has expired", multiprocess_mode="livemax", **of
        )
        self.not_logged = Counter("codesafety_not_logged", "Requests that were not answered, for the log took no row", **of)
        self._log_rows = Gauge("codesafety_log_rows", "Rows of the log that were written", multiprocess_mode="sum", **of)
        self._log_dropped = Gauge(
            "codesafety_log_dropped", "Rows of the log that could not be masked", multiprocess_mode="sum", **of
        )
        self._decisions = Counter("codesafety_decisions", "Reports, by decision and told", ["decision", "told"], **of)
        self._findings = Counter("codesafety_findings", "Findings, by rule and action", ["rule", "version", "action"], **of)
        self._cannot_tell = Counter("codesafety_cannot_tell", "Answers that could not be told, by rule", ["rule"], **of)
        self._not_checked = Counter("codesafety_not_checked", "What the checker itself failed at, by rule", ["rule"], **of)
        self._not_read = Counter("codesafety_not_read", "Resources, codes and details that were not read", ["kind"], **of)
        self._items = Counter("codesafety_items", "Items, by whether any rule answered", ["answered"], **of)

    def count(self, report: Report) -> None:
        """Count what one report says."""
        self._decisions.labels(report.decision, report.told).inc()
        for result in report.results:
            if result.outcome == "fires":
                self._findings.labels(result.rule, result.version, result.action).inc()
            else:
                self._cannot_tell.labels(result.rule).inc()
        for line in report.not_checked:
            self._not_checked.labels(line.rule or "").inc()
        for unread in report.not_read:
            kind = "broken" if unread.broken else "whole" if unread.whole else "coded" if unread.coded else "detail"
            self._not_read.labels(kind).inc()
        self._items.labels("yes").inc(report.counts.answered)
        self._items.labels("no").inc(report.counts.items - report.counts.answered)

    def logged(self, log: DecisionLog) -> None:
        """Say how many rows this worker's log has taken."""
        self._log_rows.set(log.written)
        self._log_dropped.set(log.dropped)

    def use(self, engine: Engine, refused: bool) -> None:
        """Say which bundle is in use."""
        if engine.bundle is not None:
            self.serial.set(engine.bundle.manifest.serial)
            self.expired.set(is_expired(engine.bundle.manifest))
        self.refused.set(refused)

    def text(self) -> bytes:
        """Return all counts as Prometheus reads them."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        _forget_ended(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        whole = CollectorRegistry()
        MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
        return generate_latest(whole)


def _forget_ended(folder: Path) -> None:
    """Drop what stood with workers that have ended, as the bundle in use; what they counted stays."""
    for file in folder.glob("gauge_live*.db") if os.name == "posix" else ():  # elsewhere a signal of none would end a process
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker was asked at the same time
                mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]
