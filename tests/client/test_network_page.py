"""docs/network.md tells the truth: its code runs on a living network, and prints what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.node.living import ROOT, Living
from tests.test_documents import text_of, unlike_what_they_print

from enigma.keys.account import Account
from enigma.local.anvil import FUNDS

pytestmark = pytest.mark.processes

WORDS = "test test test test test test test test test test test junk"


def test_the_page_prints_what_it_says(
    anvil: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: Living
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".enigma" / "chain"
    folder.mkdir(parents=True)
    (folder / "running.json").write_text(json.dumps({"port": int(own.url.rpartition(":")[2])}), encoding="utf-8")
    (folder / "mnemonic").write_text(WORDS, encoding="utf-8")
    own.controllers.save(folder / "controllers.json")
    for number in range(3):
        who = Account.from_mnemonic(WORDS, number).address
        own.connection.ask("anvil_setBalance", who, hex(FUNDS))
    assert unlike_what_they_print(text_of(ROOT / "docs" / "network.md")) == []
