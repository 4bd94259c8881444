"""`enigma id new`: keystores that open, that only their owner reads, and that are never replaced."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from enigma.cli.app import app
from enigma.keys.account import Account

WORDS = "test test test test test test test test test test test junk"


def run(*arguments: object, typed: str = "secret\n") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["id", "new", *map(str, arguments)], input=typed)
    return result.exit_code, result.output


def test_a_new_key_opens_with_its_password(tmp_path: Path) -> None:
    file = tmp_path / "me.json"
    code, said = run(file)
    assert code == 0, said
    address = re.match(r"0x[0-9a-fA-F]{40}", said)
    assert address is not None
    assert Account.load(file, "secret").address == address[0]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secret" not in said


def test_an_account_of_words(tmp_path: Path) -> None:
    words = tmp_path / "mnemonic"
    words.write_text(WORDS + "\n")
    code, said = run(tmp_path / "me.json", "--mnemonic", words, "--number", 1)
    assert code == 0, said
    assert Account.load(tmp_path / "me.json", "secret").address == Account.from_mnemonic(WORDS, 1).address


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (["old.json"], "secret\n", "is there already"),
        (["me.json"], "\n", "no password"),
        (["me.json", "--number", "2"], "secret\n", "--mnemonic FILE"),
        (["me.json", "--mnemonic", "nowhere"], "secret\n", "cannot be read"),
    ],
)
def test_what_is_refused_writes_nothing(
    arguments: list[str], typed: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.json").write_text("kept")
    code, said = run(*arguments, typed=typed)
    assert (code, words in said) == (2, True), said
    assert Path("old.json").read_text() == "kept"
    assert not Path("me.json").exists()
