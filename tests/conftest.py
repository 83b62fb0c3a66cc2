"""What several rooms' tests share: where the real material is, and how hard hypothesis tries."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.places import ROOT, SHARED

settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("few", max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("long", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_configure(config: pytest.Config) -> None:
    """Store checked rules in a folder of this run's own: no run depends on what an earlier one left."""
    os.environ["CODESAFETY_CACHE"] = tempfile.mkdtemp(prefix="codesafety-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(os.environ["CODESAFETY_CACHE"], ignore_errors=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real messages, records and releases beside the project; a test that needs them skips where they are absent."""
    if not SHARED.is_dir():
        pytest.skip("the real material (../shared/data) is not here")
    return SHARED


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
