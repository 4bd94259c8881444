"""Fail when a source file passes 500 lines: at 300 it wants to be two."""

from __future__ import annotations

import sys
from pathlib import Path

LIMIT = 500
FOLDERS = ("src", "tests", "tools", "native")
KINDS = {".py", ".pyi", ".c", ".h", ".inc", ".vy", ".ts", ".tsx"}
ROOT = Path(__file__).resolve().parent.parent


def too_long() -> list[tuple[Path, int]]:
    """List the source files over the limit with their number of lines."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in KINDS]
    counts = [(path.relative_to(ROOT), path.read_text(encoding="utf-8").count("\n")) for path in files]
    return [(path, count) for path, count in counts if count > LIMIT]


if __name__ == "__main__":
    for path, count in too_long():
        print(f"{path}: {count} lines, the limit is {LIMIT}")
    sys.exit(bool(too_long()))
