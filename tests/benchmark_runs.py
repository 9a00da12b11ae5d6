"""Benchmarks as a user runs them, for what they print."""

import os
import subprocess
import sys

import pytest

#: For what hangs alone: where a machine's speed wanders, an agent measures to its limits, which takes minutes.
_DEADLINE_S = 800

#: For modules whose tests run benchmarks.
PATIENT = pytest.mark.timeout(_DEADLINE_S + 100)


def run_benchmark(*arguments: str) -> str:
    """Return what a benchmark printed; it must end well."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    wide = {**os.environ, "COLUMNS": "160"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False, env=wide)
    assert done.returncode == 0, done.stderr
    return done.stdout
