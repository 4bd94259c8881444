"""A local chain that lasts: its folder holds all of it, and no confirmed transaction is lost, whatever is killed.

anvil keeps its state in memory, and writes its own state file at its end only, not in one step. So anvil makes no block
by itself here: we ask for each one, about every second. Before it, what waits is written to the journal; after it, the
block is. A transaction is *confirmed* when a block stands above its own, and that block was only made when the journal
had the one below. (What comes in during the milliseconds between the first note and the block is in the second.) Every
few minutes, and at the end, the whole state is dumped.

At a start the newest good dump is loaded, and the blocks after it are made again with their own times and fees, which
gives the same blocks, hash by hash; what waited waits again.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from enigma.chain.connection import Connection
from enigma.chain.refusals import Refusal, classify
from enigma.errors import ChainProblem, ChainRefused, ChainUnreachable, FileProblem, PortTaken
from enigma.keys.account import Account
from enigma.local.anvil import FUNDS, Anvil, find_anvil
from enigma.local.block_journal import BlockJournal, Mined, number_of, unpack

INTERVAL = 1.0  # seconds between blocks
IDLE_AFTER = 60  # empty blocks in a row after which the chain is idle
IDLE_EVERY = 15.0  # seconds between blocks of an idle chain; a transaction ends it
DUMP_EVERY = 300  # blocks between two dumps of the state
FREED = 5.0  # seconds in which the port of a killed process is free again
SLOW = 120.0  # seconds for a dump of a large state
CHAIN_ID = 31337  # what wallets take for a chain on one's own machine


class KeptChain:
    """The chain of a folder. One process at a time may have it; a context manager.

    `port` 0: the one it had before, where it is free, else any. `say` is told what a person should know. `clock`
    tells seconds, `now` those since 1970. Raises ToolMissing, FileProblem where another process has the folder or
    nothing in it can be read, PortTaken.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        accounts: int = 10,
        chain_id: int = CHAIN_ID,
        say: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self._say, self._clock, self._now = folder, say, clock, now
        self._program = find_anvil()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _locked(folder)
        except OSError as error:
            raise FileProblem(
                str(folder), f"cannot be written: {error.strerror}", hint="give another folder"
            ) from error
        try:
            self.accounts = _accounts(folder / "mnemonic", accounts)
            self.chain_id, self._port = self._settings(chain_id, port)
            self._asked_port = port
            self._journal = BlockJournal(folder)
            _end_orphan(folder, clock)
            self._noted: set[str] = set()  # hashes of transactions that the journal has, and no block yet
            self._known: Connection | None = None  # kept while the address stays: callers hold it
            self._empty, self._last = 0, 0.0
            self._number, self._hash, self._dumped = 0, "", 0
            self.process, self.connection = self._start()
        except BaseException:
            self._lock.close()
            raise

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.process.url

    # ------------------------------------------------------------ life

    def run(self, ended: threading.Event, *, interval: float = INTERVAL, idle_after: int = IDLE_AFTER) -> None:
        """Make blocks until `ended` is set. Starts anvil again, with everything, when it has died.

        `idle_after`: empty blocks in a row after which it waits for a transaction, or a while.
        """
        while not ended.wait(interval):
            if self.process.ended:
                self._say("anvil has ended; starting it again with everything that was on the chain")
                self.revive()
            try:
                if self._due(interval, idle_after):
                    self.make_block()
            except ChainUnreachable as silence:
                if not self.process.ended:
                    self._say(silence.message)

    def make_block(self) -> int:
        """Make one block of what waits; its number. Everything before it is on disk when it is made."""
        self._note_waiting()
        self.connection.ask("evm_mine")
        number = self._note_blocks()
        self._last = self._clock()
        if number - self._dumped >= DUMP_EVERY:
            self.dump()
        return number

    def dump(self) -> None:
        """Keep the whole state now."""
        packed = bytes.fromhex(str(self.connection.ask("anvil_dumpState", timeout=SLOW)).removeprefix("0x"))
        number = number_of(packed)
        self._journal.checkpoint(number, packed, self._waiting())
        block = self.connection.block(number)
        assert block is not None  # the dump is of it
        self._number, self._hash, self._dumped = number, block.hash, number

    def revive(self) -> None:
        """Start anvil again on the same port, after it has ended."""
        self.connection.close()
        self.process.kill()
        self._journal.close()
        self._noted.clear()
        self.process, self.connection = self._start()

    def close(self) -> None:
        """Keep everything and end it. Twice is fine."""
        if self._lock.closed:
            return
        try:
            if not self.process.ended:
                self._note_waiting()
                self._note_blocks()
                self.dump()
        finally:
            self.connection.close()
            self.process.stop()
            self._journal.close()
            (self.folder / "running.json").unlink(missing_ok=True)
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------ noting

    def _due(self, interval: float, idle_after: int) -> bool:
        """Is it time for a block? An idle chain makes few, so that a year of nothing is no year of blocks."""
        if self._empty < idle_after or self._clock() - self._last >= max(IDLE_EVERY, interval):
            return True
        return bool(self._pool())

    def _pool(self) -> list[str]:
        content: dict[str, Any] = self.connection.ask("txpool_content")
        return [
            str(transaction["hash"])
            for part in ("pending", "queued")
            for sent in content[part].values()
            for _, transaction in sorted(sent.items(), key=lambda pair: int(pair[0]))
        ]

    def _waiting(self) -> list[bytes]:
        return [raw for each in self._pool() if (raw := self._raw(each)) is not None]

    def _note_waiting(self) -> None:
        fresh = [each for each in self._pool() if each not in self._noted]
        if fresh:
            self._journal.waiting([raw for each in fresh if (raw := self._raw(each)) is not None])
            self._noted.update(fresh)

    def _note_blocks(self) -> int:
        """Write down the blocks that are new: usually the one just made. The number of the newest."""
        head = self.connection.head()
        known = self.connection.block(self._number)
        if head.number < self._number or known is None or known.hash != self._hash:
            self._say("the chain was set back by hand; its state is kept as it is now")
            self._number, self._hash = head.number, head.hash
            self.dump()
            return head.number
        for number in range(self._number + 1, head.number + 1):
            block = self.connection.block(number)
            assert block is not None  # only this process makes blocks, or sets them back, while it holds the folder
            raws = tuple(raw for each in block.transactions if (raw := self._raw(each)) is not None)
            self._journal.mined(Mined(number, block.hash, block.timestamp, block.base_fee, raws))
            self._noted.difference_update(block.transactions)
            self._empty = 0 if block.transactions else self._empty + 1
            self._number, self._hash = number, block.hash
        return head.number

    def _raw(self, transaction: str) -> bytes | None:
        answer = self.connection.ask("eth_getRawTransactionByHash", transaction)
        return None if answer is None else bytes.fromhex(str(answer).removeprefix("0x"))

    # ------------------------------------------------------------ starting

    def _start(self) -> tuple[Anvil, Connection]:
        dumps = self._journal.dumps()
        if not dumps:
            return self._begin()
        problems = []
        for number, path in dumps:
            try:
                return self._recover(number, path)
            except (FileProblem, ChainProblem) as problem:
                problems.append(problem.message)
                self._say(f"{path.name} cannot be used ({problem.message}); trying the one before")
        raise FileProblem(
            str(self.folder),
            f"no state of the chain can be read: {problems[0]}",
            hint="restore the folder from a copy, or move it away to begin a new chain",
        )

    def _begin(self) -> tuple[Anvil, Connection]:
        process, connection = self._launch([])
        try:
            for account in self.accounts:
                connection.ask("anvil_setBalance", account.address, hex(FUNDS))
            self._take_over(process, connection)
        except BaseException:
            connection.close()
            process.kill()
            raise
        return process, connection

    def _recover(self, number: int, path: Path) -> tuple[Anvil, Connection]:
        loading = self.folder / "loading.json"
        text = unpack(path, number)
        blocks, waiting = self._journal.after(number)
        loading.write_bytes(text)
        try:
            process, connection = self._launch(["--load-state", str(loading)])
        finally:
            loading.unlink()
        try:
            if connection.head().number != number:
                raise FileProblem(str(path), f"loaded as block {connection.head().number}")
            if blocks:
                connection.ask("evm_setTime", hex(blocks[0].time))
            for block in blocks:
                self._remake(connection, block)
            connection.ask("evm_setTime", hex(max(int(self._now()), connection.head().timestamp)))
            for raw in waiting:
                self._hand_over(connection, raw, again=True)
            self._take_over(process, connection)
        except BaseException:
            connection.close()
            process.kill()
            raise
        if blocks or waiting:
            self._say(
                f"{len(blocks)} blocks and {len(waiting)} waiting transactions were brought back from the journal"
            )
        return process, connection

    def _remake(self, connection: Connection, block: Mined) -> None:
        for raw in block.transactions:
            self._hand_over(connection, raw)
        connection.ask("evm_setNextBlockTimestamp", hex(block.time))
        connection.ask("anvil_setNextBlockBaseFeePerGas", hex(block.fee))
        connection.ask("evm_mine")
        made = connection.head()
        if made.hash != block.hash:
            self._say(f"block {block.number} was made again, but not the same: something was changed by hand before it")

    def _hand_over(self, connection: Connection, raw: bytes, *, again: bool = False) -> None:
        try:
            connection.send_raw(raw)
        except ChainRefused as refusal:
            # What waited may have been replaced, or mined under a replacement: that is no loss.
            if not (again and classify(refusal.reason) in {Refusal.KNOWN, Refusal.NONCE_USED, Refusal.UNDERPRICED}):
                self._say(f"a transaction of the journal was not taken again: {refusal.reason}")

    def _take_over(self, process: Anvil, connection: Connection) -> None:
        self.process, self.connection = process, connection
        self.dump()

    def _launch(self, further: list[str]) -> tuple[Anvil, Connection]:
        # anvil keeps old states outside the folder otherwise, and leaves them there when it is killed
        cache = self.folder / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        further = [*further, "--cache-path", str(cache)]
        try:
            process = Anvil(self._program, self.chain_id, port=self._port, mining=False, further=further)
        except PortTaken:
            if self._asked_port:
                raise
            self._say(f"port {self._port} is taken by another program now; the address changes")
            process = Anvil(self._program, self.chain_id, mining=False, further=further)
        self._port = process.port
        _replace(self.folder / "running.json", {"pid": process.pid, "port": process.port})
        _replace(self.folder / "chain.json", {"chain_id": self.chain_id, "port": process.port})
        if self._known is None or self._known.url != process.url:
            self._known = Connection(process.url, chain_id=self.chain_id)
        return process, self._known

    def _settings(self, chain_id: int, port: int) -> tuple[int, int]:
        path = self.folder / "chain.json"
        if not path.exists():
            return chain_id, port
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return int(kept["chain_id"]), port or int(kept["port"])
        except (ValueError, KeyError, TypeError) as error:
            raise FileProblem(str(path), f"not what was written there: {error!r}") from None


def end_left_behind(folder: Path) -> bool:
    """End the anvil that a killed process has left behind; whether there was one. Raises FileProblem where it lives."""
    with _locked(folder):
        return _end_orphan(folder, time.monotonic)


def _end_orphan(folder: Path, clock: Callable[[], float]) -> bool:
    """Whether there was one. It makes no block by itself, so it has none that we lack. The caller has the lock."""
    path = folder / "running.json"
    if not path.exists():
        return False
    try:
        left = json.loads(path.read_text(encoding="utf-8"))
        pid, port = int(left["pid"]), int(left["port"])
    except (ValueError, KeyError, TypeError) as error:
        raise FileProblem(str(path), f"not what was written there: {error!r}") from None
    shown = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    found = "anvil" in shown and str(folder / "cache") in shown
    if found:
        os.kill(pid, signal.SIGKILL)
        deadline = clock() + FREED
        while not _is_free(port) and clock() < deadline:
            time.sleep(0.01)
    path.unlink()
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _locked(folder: Path) -> IO[str]:
    file = (folder / "lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        running = folder / "running.json"
        port = json.loads(running.read_text(encoding="utf-8"))["port"] if running.exists() else None
        where = f": it is at http://127.0.0.1:{port}" if port else ""
        raise FileProblem(
            str(folder), f"another process runs this chain{where}", hint="use that one, or give another folder"
        ) from None
    return file


def _accounts(path: Path, count: int) -> tuple[Account, ...]:
    """The accounts of the folder's phrase, which is made at the first start. Its ether is worth nothing."""
    from eth_account.hdaccount import generate_mnemonic
    from eth_account.types import Language

    if not path.exists():
        words = generate_mnemonic(12, Language.ENGLISH)
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(place, "w", encoding="utf-8") as file:
            file.write(words + "\n")
            file.flush()
            os.fsync(file.fileno())
    words = path.read_text(encoding="utf-8").strip()
    return tuple(Account.from_mnemonic(words, index) for index in range(count))


def _replace(path: Path, content: dict[str, int]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(content) + "\n", encoding="utf-8")
    fresh.replace(path)
