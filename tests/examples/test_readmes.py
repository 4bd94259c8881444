"""Each example has a README whose code runs in its folder, and prints what stands below it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from tests.examples.conftest import EXAMPLES

FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/*.py"))
EXAMPLE = re.compile(r"^```py\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)


def test_there_are_six() -> None:
    assert [folder.name for folder in FOLDERS] == [
        "average_salary",
        "blind_vote",
        "millionaires",
        "second_price_auction",
        "shared_height",
        "towers",
    ]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_code_prints_what_it_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    blocks = list(EXAMPLE.finditer(text))
    assert blocks
    for block in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block[1], names)
        assert printed.getvalue() == (block[2] or "")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_says_what_becomes_known(folder: Path) -> None:
    """The contract says it at its top, and each of its functions that opens something says it too."""
    source = (folder / f"{folder.name}.py").read_text(encoding="utf-8")
    head = source.split('"""')[1]
    assert "Known to everyone: " in head
    assert len((folder / "README.md").read_text(encoding="utf-8").splitlines()) <= 60
    for function in re.split(r"^    def ", source, flags=re.MULTILINE)[1:]:
        if "reveal(" in function.split("\n\n")[0] and not function.startswith("_"):
            assert '"""' in function
