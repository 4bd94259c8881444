"""The command line as a user runs it: a process of its own, with real seats."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

APEX = Path(__file__).parents[2] / "examples" / "apex"
COMMAND = [sys.executable, "-c", "from enigma.cli import main; main()"]


def enigma(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, env=environment()
    )


def environment() -> dict[str, str]:
    """Ours, with plain text of a known width."""
    return {**os.environ, "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}


def last_line(output: str) -> Any:
    """The JSON on the last line of standard output."""
    return json.loads(output.splitlines()[-1])
