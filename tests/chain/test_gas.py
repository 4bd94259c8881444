"""docs/chain.md says what each call costs; here it is measured again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.gas_table import DOCUMENT, measure, table

pytestmark = pytest.mark.processes


def gas_by_line(text: str) -> dict[tuple[str, ...], int]:
    """Every row of the tables: its first three cells, and its gas."""
    rows = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \| ([\d,]+) \|$", text, re.MULTILINE)
    return {tuple(cells): int(gas.replace(",", "")) for *cells, gas in rows}


def test_every_call_costs_what_the_documentation_says_within_a_tenth(anvil: Path) -> None:
    rows = measure()
    names = dict.fromkeys(row.controller for row in rows)
    measured = gas_by_line("\n".join(table(name, rows) for name in names))
    document = DOCUMENT.read_text(encoding="utf-8")
    said = gas_by_line("\n".join(document.split(f"<!-- {name}:begin -->")[1].split("<!--")[0] for name in names))
    assert list(said) == list(measured), "write the tables again: .venv/bin/python tools/gas_table.py"
    far = {row: (said[row], gas) for row, gas in measured.items() if abs(gas - said[row]) > said[row] / 10}
    assert far == {}
