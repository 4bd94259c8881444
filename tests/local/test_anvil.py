"""The local chain: found or explained, started anywhere, and nothing confirmed is ever lost."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from enigma.chain.connection import Connection
from enigma.chain.journal import Sent
from enigma.chain.sending import Sender
from enigma.errors import ChainUnreachable, FileProblem, KeyProblem, PortTaken, ToolMissing
from enigma.keys.account import Account
from enigma.local import kept_chain
from enigma.local.anvil import FUNDS, INSTALL, Anvil, LocalChain, find_anvil
from enigma.local.block_journal import KEPT, BlockJournal, Mined, unpack
from enigma.local.kept_chain import KeptChain


class TestFinding:
    def test_neither_in_a_checkout_nor_on_the_path(self, tmp_path: Path) -> None:
        with pytest.raises(ToolMissing) as missing:
            find_anvil(search=str(tmp_path), tools=tmp_path)
        assert INSTALL in str(missing.value)
        assert missing.value.exit_status == 2

    def test_in_a_checkout_before_the_path(self, tmp_path: Path) -> None:
        ours = self._program(tmp_path / "tools/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
        other = self._program(tmp_path / "bin/anvil")
        assert find_anvil(search=str(tmp_path / "bin"), tools=tmp_path / "tools") == ours
        assert find_anvil(search=str(tmp_path / "bin"), tools=tmp_path / "none") == other

    def test_the_program_behind_npms_script(self, tmp_path: Path) -> None:
        modules = tmp_path / "lib/node_modules/@foundry-rs"
        program = self._program(modules / "anvil-linux-amd64/bin/anvil")
        script = self._program(modules / "anvil/bin.mjs")
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/anvil").symlink_to(script)
        assert find_anvil(search=str(tmp_path / "bin"), tools=tmp_path / "none") == program

    def _program(self, path: Path) -> Path:
        path.parent.mkdir(parents=True)
        path.write_text("#!/bin/sh\necho it does not listen; exit 3\n")
        path.chmod(0o755)
        return path

    def test_one_that_does_not_start(self, tmp_path: Path) -> None:
        program = self._program(tmp_path / "bin/anvil")
        with pytest.raises(ChainUnreachable, match="it does not listen"):
            Anvil(program, 5)


@pytest.mark.processes
class TestRunning:
    def test_two_at_once_with_accounts_of_their_own(self, anvil: Path) -> None:
        with LocalChain(accounts=2) as one, LocalChain(accounts=2) as other:
            assert one.url != other.url
            assert one.connection.balance(one.accounts[1].address) == FUNDS
            assert other.connection.balance(one.accounts[1].address) == 0
            assert one.connection.ask("eth_accounts") == []
        assert one.process.ended
        one.close()

    def test_a_port_that_is_taken(self, anvil: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(PortTaken, match=f"port {port} of this machine is in use"):
                Anvil(anvil, 5, port=port)

    def test_it_listens_to_this_machine_alone(self, anvil: Path) -> None:
        with LocalChain(accounts=1) as chain:
            assert chain.url.startswith("http://127.0.0.1:")


def submitted(sender: Sender, target: str, amounts: range) -> list[Sent]:
    return [sender._submit({"to": target, "data": "0x"}, (), amount, "transfer", None) for amount in amounts]


@pytest.fixture
def folder(anvil: Path, tmp_path: Path) -> Path:
    return tmp_path / "chain"


@pytest.mark.processes
class TestKeeping:
    def test_it_goes_on_where_it_ended(self, folder: Path) -> None:
        target = Account.create().address
        with KeptChain(folder, accounts=2) as chain:
            url, accounts = chain.url, chain.accounts
            submitted(Sender(chain.connection, accounts[0]), target, range(1, 4))
            chain.make_block()
            head = chain.connection.head()
        with KeptChain(folder, accounts=2) as again:
            assert (again.url, again.accounts) == (url, accounts)
            assert again.connection.head() == head
            assert again.connection.balance(target) == 6

    def test_what_waits_goes_on_waiting(self, folder: Path) -> None:
        target = Account.create().address
        with KeptChain(folder, accounts=1) as chain:
            sent = submitted(Sender(chain.connection, chain.accounts[0]), target, range(1, 4))
        with KeptChain(folder, accounts=1) as again:
            assert again.connection.balance(target) == 0
            again.make_block()
            assert again.connection.balance(target) == 6
            assert again.connection.receipt(next(iter(sent[2].forms))) is not None

    def test_only_this_user_may_read_the_words(self, folder: Path) -> None:
        KeptChain(folder, accounts=1).close()
        assert (folder / "mnemonic").stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len((folder / "mnemonic").read_text().split()) == 12

    def test_one_process_at_a_time(self, folder: Path) -> None:
        with (
            KeptChain(folder, accounts=1) as chain,
            pytest.raises(FileProblem, match="another process runs this chain") as refused,
        ):
            KeptChain(folder)
        assert chain.url in str(refused.value)

    def test_few_dumps_are_kept(self, folder: Path) -> None:
        with KeptChain(folder, accounts=1) as chain:
            for _ in range(KEPT + 3):
                chain.make_block()
                chain.dump()
        assert len(BlockJournal(folder).dumps()) == KEPT
        assert len(list(folder.glob("blocks-*"))) == KEPT

    def test_dumps_come_by_themselves(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept_chain, "DUMP_EVERY", 3)
        with KeptChain(folder, accounts=1) as chain:
            for _ in range(7):
                chain.make_block()
            assert [number for number, _ in BlockJournal(folder).dumps()] == [6, 3, 0]

    def test_an_idle_chain_makes_few_blocks(self, folder: Path) -> None:
        seconds = [0.0]
        with KeptChain(folder, accounts=1, clock=lambda: seconds[0]) as chain:
            made = []
            for _ in range(40):
                seconds[0] += 1.0
                if chain._due(1.0, 3):
                    made.append(int(seconds[0]))
                    chain.make_block()
            assert made == [1, 2, 3, 18, 33]
            submitted(Sender(chain.connection, chain.accounts[0]), chain.accounts[0].address, range(1, 2))
            assert chain._due(1.0, 3)

    def test_another_port_where_its_own_is_taken(self, folder: Path) -> None:
        with KeptChain(folder, accounts=1) as chain:
            port = chain.process.port
        said: list[str] = []
        with socket.create_server(("127.0.0.1", port)), KeptChain(folder, accounts=1, say=said.append) as again:
            assert again.process.port != port
        assert any("is taken by another program" in each for each in said)
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTaken):
            KeptChain(folder, port=taken.getsockname()[1])


@pytest.mark.processes
class TestDisasters:
    @pytest.mark.parametrize("moment", ["after a block", "before it is noted", "before a block"])
    def test_anvil_is_killed(self, folder: Path, moment: str) -> None:
        target = Account.create().address
        with KeptChain(folder, accounts=1) as chain:
            sent = submitted(Sender(chain.connection, chain.accounts[0]), target, range(1, 5))
            if moment == "after a block":
                chain.make_block()
                chain.make_block()
            else:
                chain._note_waiting()
            if moment == "before it is noted":
                chain.connection.ask("evm_mine")
            head = chain.connection.head()
            os.kill(chain.process.pid, signal.SIGKILL)
            chain.revive()
            if moment == "after a block":
                assert chain.connection.head() == head
            else:
                chain.make_block()
            assert chain.connection.balance(target) == 10
            assert all(chain.connection.receipt(next(iter(each.forms))) for each in sent)

    def test_years_later(self, folder: Path) -> None:
        """What is made again has the times it had, and afterwards it is now."""
        clock = [2_000_000_000.0]
        with KeptChain(folder, accounts=1, now=lambda: clock[0]) as chain:
            chain.connection.ask("evm_setTime", hex(2_000_000_000))
            submitted(Sender(chain.connection, chain.accounts[0]), chain.accounts[0].address, range(1, 3))
            for _ in range(3):
                chain.make_block()
            head = chain.connection.head()
            chain.process.kill()
            clock[0] += 100_000_000
            chain.revive()
            assert chain.connection.head() == head
            chain.make_block()
            assert abs(chain.connection.head().timestamp - 2_100_000_000) < 1000

    def test_it_is_started_again_while_it_runs(self, folder: Path) -> None:
        said: list[str] = []
        ended = threading.Event()
        target = Account.create().address
        with KeptChain(folder, accounts=1, say=said.append) as chain:
            thread = threading.Thread(target=chain.run, args=(ended,), kwargs={"interval": 0.01})
            thread.start()
            sender = Sender(chain.connection, chain.accounts[0], confirmations=1)
            sender.transfer(target, 1)
            os.kill(chain.process.pid, signal.SIGKILL)
            assert sender.transfer(target, 2).status == 1 if _answers(chain.connection) else False
            ended.set()
            thread.join()
            assert chain.connection.balance(target) == 3
        assert any("anvil has ended" in each for each in said)

    @pytest.mark.parametrize("damage", ["cut", "emptied", "another", "garbage", "missing"])
    def test_the_newest_dump_is_damaged(self, folder: Path, damage: str) -> None:
        target = Account.create().address
        with KeptChain(folder, accounts=1) as chain:
            sender = Sender(chain.connection, chain.accounts[0])
            for amount in range(1, 4):
                submitted(sender, target, range(amount, amount + 1))
                chain.make_block()
                chain.dump()
            head = chain.connection.head()
        path = BlockJournal(folder).dumps()[0][1]
        changes: dict[str, Callable[[bytes], bytes]] = {
            "cut": lambda old: old[: len(old) // 2],
            "emptied": lambda old: b"",
            "another": lambda old: gzip.compress(b"{}"),
            "garbage": lambda old: b"\0" * len(old),
        }
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes(changes[damage](path.read_bytes()))
        said: list[str] = []
        with KeptChain(folder, accounts=1, say=said.append) as again:
            assert again.connection.head() == head
            assert again.connection.balance(target) == 6
        assert any("trying the one before" in each for each in said) == (damage != "missing")

    def test_no_dump_can_be_read(self, folder: Path) -> None:
        KeptChain(folder, accounts=1).close()
        for _, path in BlockJournal(folder).dumps():
            path.write_bytes(b"")
        with pytest.raises(FileProblem, match="no state of the chain can be read") as refused:
            KeptChain(folder)
        assert "begin a new chain" in str(refused.value)

    @pytest.mark.parametrize("file", ["chain.json", "running.json"])
    def test_a_small_file_is_damaged(self, folder: Path, file: str) -> None:
        KeptChain(folder, accounts=1).close()
        (folder / file).write_text("{")
        with pytest.raises(FileProblem, match=file):
            KeptChain(folder)

    def test_the_words_are_damaged(self, folder: Path) -> None:
        KeptChain(folder, accounts=1).close()
        (folder / "mnemonic").write_text("one two three")
        with pytest.raises(KeyProblem):
            KeptChain(folder)

    def test_a_chain_that_is_set_back_by_hand(self, folder: Path) -> None:
        target = Account.create().address
        said: list[str] = []
        with KeptChain(folder, accounts=1, say=said.append) as chain:
            sender = Sender(chain.connection, chain.accounts[0])
            kept = chain.connection.ask("evm_snapshot")
            submitted(sender, target, range(1, 2))
            chain.make_block()
            chain.make_block()
            chain.connection.ask("evm_revert", kept)
            chain.make_block()
            head = chain.connection.head()
            chain.process.kill()
            chain.revive()
            assert chain.connection.head() == head
        assert any("set back by hand" in each for each in said)


class TestJournal:
    def test_what_was_noted(self, tmp_path: Path) -> None:
        journal = BlockJournal(tmp_path)
        journal.checkpoint(4, _dump(4), [b"early"])
        journal.waiting([b"a", b"b", b"c"])
        journal.mined(Mined(5, "0x5", 50, 7, (b"a", b"early")))
        journal.checkpoint(6, _dump(6), [b"c"])
        journal.mined(Mined(7, "0x7", 70, 7, ()))
        journal.close()
        blocks, waiting = BlockJournal(tmp_path).after(6)
        assert (blocks, waiting) == ([Mined(7, "0x7", 70, 7, ())], [b"c"])
        with pytest.raises(FileProblem, match="lacks block 6"):
            BlockJournal(tmp_path).after(4)

    def test_a_line_that_was_being_written(self, tmp_path: Path) -> None:
        journal = BlockJournal(tmp_path)
        journal.checkpoint(0, _dump(0), [])
        journal.mined(Mined(1, "0x1", 10, 7, (b"a",)))
        journal.close()
        path = tmp_path / "blocks-0.jsonl"
        whole = path.read_bytes()
        for cut in range(len(whole)):
            path.write_bytes(whole[:cut])
            assert BlockJournal(tmp_path).after(0) == ([], [])

    @pytest.mark.parametrize("line", ["nonsense", "5", "{}", '{"block": "x"}'])
    def test_a_line_that_is_none(self, tmp_path: Path, line: str) -> None:
        (tmp_path / "blocks-0.jsonl").write_text(line + "\n")
        with pytest.raises(FileProblem):
            BlockJournal(tmp_path).after(0)

    def test_a_dump_of_another_block(self, tmp_path: Path) -> None:
        path = tmp_path / "state-3.json.gz"
        path.write_bytes(_dump(4))
        with pytest.raises(FileProblem, match="the state after block 4"):
            unpack(path, 3)


def _dump(number: int, **more: Any) -> bytes:
    return gzip.compress(json.dumps({"best_block_number": number, **more}).encode())


def _answers(connection: Connection) -> bool:
    """Wait until the node at an address is there again."""
    while True:
        try:
            return connection.head().number >= 0
        except ChainUnreachable:
            continue
