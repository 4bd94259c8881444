"""Secrets of contributions that are under way: kept from one program to the next, and by nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from enigma.client.unfinished import Unfinished
from enigma.errors import ArgumentProblem, FileProblem
from enigma.sharing.header import Context

HERE = Context(1, bytes(32), "0x" + "11" * 20, bytes(4), "rows")
THERE = Context(2, bytes(32), "0x" + "11" * 20, bytes(4), "rows")


@pytest.mark.parametrize("kept", [True, False], ids=["in a folder", "in memory"])
def test_a_secret_stays_until_it_is_forgotten(tmp_path: Path, kept: bool) -> None:
    folder = tmp_path / "unfinished" if kept else None
    unfinished = Unfinished(folder)
    with unfinished.hold(HERE, 5) as first, unfinished.hold(THERE, 5) as other:
        assert not first.resumed
        assert first.secret != other.secret
    with (Unfinished(folder) if kept else unfinished).hold(HERE, 9) as again:
        assert (again.secret, again.block, again.resumed) == (first.secret, 5, True)
        assert again.secret.hex() not in repr(again)
        again.forget()
    with unfinished.hold(HERE, 9) as fresh:
        assert not fresh.resumed
        assert fresh.secret != first.secret


def test_one_call_at_a_time(tmp_path: Path) -> None:
    here, elsewhere = Unfinished(tmp_path), Unfinished(tmp_path)
    with here.hold(HERE, 1):
        for each in (here, elsewhere):
            with pytest.raises(ArgumentProblem, match="another call"), each.hold(HERE, 1):
                pass
    with elsewhere.hold(HERE, 1) as found:
        assert found.resumed


def test_files_are_their_owners_alone_and_damage_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "unfinished"
    with Unfinished(folder).hold(HERE, 1):
        pass
    (path,) = folder.glob("*.json")
    assert folder.stat().st_mode & 0o077 == 0
    assert path.stat().st_mode & 0o077 == 0
    for damage in ("", "{}", '{"secret": "00", "block": 1}', '{"secret": "zz", "block": 1}'):
        path.write_text(damage, encoding="utf-8")
        with pytest.raises(FileProblem, match="remove it"), Unfinished(folder).hold(HERE, 1):
            pass
