"""The table of costs in docs/performance.md is what a run measures today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_committed_table_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "cost_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
