"""What a sender has signed is there again, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from enigma.chain.journal import Journal, Sent
from enigma.errors import FileProblem


class TestJournal:
    OWNER, FIRST = "0x" + "11" * 20, "0xff"

    def test_what_was_signed_is_there_again(self, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "sent"
        journal = Journal(path, 5, self.FIRST, self.OWNER)
        first, second = Sent(3, "add", "one"), Sent(4, "add")
        journal.signed(first, "0xaa", b"a")
        journal.signed(first, "0xab", b"b")
        journal.signed(second, "0xba", b"c")
        journal.done(second, "0xba")
        journal.close()
        again = Journal(path, 5, self.FIRST, self.OWNER)
        assert list(again.pending) == [3]
        assert again.pending[3].forms == {"0xaa": b"a", "0xab": b"b"}
        assert again.pending[3].newest == b"b"
        again.done(again.pending[3], "0xaa")
        again.close()
        last = Journal(path, 5, self.FIRST, self.OWNER)
        assert (last.pending, last.finished) == ({}, {"one": (3, "0xaa")})
        last.close()

    def test_a_line_that_was_being_written(self, tmp_path: Path) -> None:
        path = tmp_path / "sent"
        journal = Journal(path, 5, self.FIRST, self.OWNER)
        journal.signed(Sent(3, "add"), "0xaa", b"a")
        journal.close()
        whole = path.read_bytes()
        for cut in range(whole.index(b"\n") + 1, len(whole)):
            path.write_bytes(whole[:cut])
            again = Journal(path, 5, self.FIRST, self.OWNER)
            assert again.pending == {}
            again.close()

    def test_it_does_not_grow_for_ever(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("enigma.chain.journal.GROWN", 10_000)
        path = tmp_path / "sent"
        journal = Journal(path, 5, self.FIRST, self.OWNER)
        journal.signed(kept := Sent(0, "add"), "0xaa", b"kept")
        largest = 0
        for nonce in range(1, 200):
            journal.signed(sent := Sent(nonce, "add", f"job {nonce}"), f"0x{nonce}", bytes(500))
            journal.done(sent, f"0x{nonce}")
            largest = max(largest, path.stat().st_size)
        assert largest < 40_000 < 199 * 1000  # of which it wrote more than five times as much
        journal.done(kept, None)
        journal.close()
        again = Journal(path, 5, self.FIRST, self.OWNER)
        assert again.pending == {}
        assert again.finished == {f"job {nonce}": (nonce, f"0x{nonce}") for nonce in range(1, 200)}
        again.close()

    def test_one_process_at_a_time(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "sent", 5, self.FIRST, self.OWNER)
        with pytest.raises(FileProblem, match="another process sends from this account"):
            Journal(tmp_path / "sent", 5, self.FIRST, self.OWNER)
        journal.close()
        with pytest.raises(FileProblem, match="closed"):
            journal.signed(Sent(1, "add"), "0xaa", b"a")

    def test_another_account_or_chain(self, tmp_path: Path) -> None:
        Journal(tmp_path / "sent", 5, self.FIRST, self.OWNER).close()
        for chain_id, first, owner in (
            (6, self.FIRST, self.OWNER),
            (5, "0xdd", self.OWNER),
            (5, self.FIRST, "0x" + "22" * 20),
        ):
            with pytest.raises(FileProblem, match="the journal of 0x1111"):
                Journal(tmp_path / "sent", chain_id, first, owner)

    @pytest.mark.parametrize("line", ["nonsense", "{}", "[]", '{"nonce": "x"}', '{"done": 99, "hash": null}'])
    def test_what_is_no_journal(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "sent"
        Journal(path, 5, self.FIRST, self.OWNER).close()
        path.write_text(path.read_text() + line + "\n")
        with pytest.raises(FileProblem, match="line 2"):
            Journal(path, 5, self.FIRST, self.OWNER)
