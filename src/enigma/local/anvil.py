"""A chain on this machine: anvil, found and started, on a port that the operating system chooses.

`LocalChain` lives as long as its process and forgets everything; `kept_chain.KeptChain` is the one that lasts.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from enigma.chain.connection import Connection
from enigma.errors import ChainUnreachable, PortTaken, ToolMissing
from enigma.keys.account import Account

VERSION = "1.7.1"
INSTALL = f"npm install --prefix .tools --no-package-lock --no-save @foundry-rs/anvil@{VERSION}"
ETHER = 10**18
FUNDS = 10_000 * ETHER  # wei of each account at the beginning
START = 60.0  # seconds in which anvil listens, on the slowest of machines
PATIENCE = 10.0  # seconds in which it ends by itself before it is killed
# Blocks whose states can be asked for. Left to itself, anvil writes every state to disk: 2 GB after 5,000 empty blocks.
REMEMBERED = 64
_LISTENING = re.compile(r"Listening on (?:\S*?):(\d+)\s*$")
_KEPT_LINES = 40


def find_anvil(*, search: str | None = None, tools: Path | None = None) -> Path:
    """The anvil program: in `.tools/` of a checkout, else on the PATH. Raises ToolMissing with the installing line.

    `search` stands for the PATH and `tools` for the checkout's folder, where a caller knows better.
    """
    for folder in [tools if tools is not None else _checkout() / ".tools"]:
        found = _binary(folder / "node_modules")
        if found is not None:
            return found
    named = shutil.which("anvil", path=search)
    if named is not None:
        # npm puts a script there, which starts the program as a child: the program itself is what we start and end.
        real = Path(named).resolve()
        inside = next((p for p in real.parents if p.name == "node_modules"), None)
        found = _binary(inside) if inside is not None else None
        return found or Path(named)
    raise ToolMissing(
        "anvil, which runs a chain on this machine, is not installed", hint=f"in a checkout: make anvil, or: {INSTALL}"
    )


class Anvil:
    """One anvil process that listens on this machine alone. It is given no key: it makes and unlocks no account.

    `port` 0 lets the operating system choose. `mining` is False where blocks are only made on request. Raises
    PortTaken, ChainUnreachable with anvil's last words.
    """

    def __init__(
        self, program: Path, chain_id: int, *, port: int = 0, mining: bool = True, further: Sequence[str] = ()
    ) -> None:
        self._said: list[str] = []
        self._heard = threading.Event()
        self._port: int | None = None
        arguments = ["--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id), "--accounts", "0"]
        arguments += [
            "--order",
            "fifo",
            "--color",
            "never",
            "--prune-history",
            str(REMEMBERED),
            *([] if mining else ["--no-mining"]),
            *further,
        ]
        # Its own process group: Ctrl-C in a terminal is ours to handle, so that its state is kept first.
        self._process = subprocess.Popen(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdout is not None  # it was asked for
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()
        self._heard.wait(START)
        if self._port is None:
            self.kill()
            last = next((line for line in reversed(self._said) if line.strip()), "nothing at all")
            if "in use" in " ".join(self._said).lower():
                raise PortTaken(f"port {port} of this machine is in use", hint="give another, or none")
            raise ChainUnreachable(f"anvil did not start; it said: {last.strip()}", hint=f"try it alone: {program}")
        self.port: int = self._port

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ended(self) -> bool:
        """Has the process ended?"""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Ask it to end, and see to it. Twice is fine."""
        if not self.ended:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reap()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        self._reap()

    def _reap(self) -> None:
        self._process.wait()
        self._listener.join()

    def _listen(self, output: IO[str]) -> None:
        """Read all that it prints: a full pipe would stop it."""
        with output:
            for line in output:
                found = _LISTENING.search(line)
                if found and self._port is None:
                    self._port = int(found[1])
                    self._heard.set()
                self._said.append(line)
                del self._said[:-_KEPT_LINES]
        self._heard.set()


class LocalChain:
    """A chain that mines each transaction at once, with funded accounts of its own; it is gone when it is closed.

    A context manager. Raises ToolMissing where there is no anvil.
    """

    def __init__(self, *, accounts: int = 10, chain_id: int = 31337, mining: bool = True) -> None:
        program = find_anvil()
        self.accounts = tuple(Account.create() for _ in range(accounts))
        self._cache = tempfile.TemporaryDirectory(prefix="enigma-chain-")  # anvil's own place is in the user's home
        try:
            self.process = Anvil(program, chain_id, mining=mining, further=["--cache-path", self._cache.name])
        except BaseException:
            self._cache.cleanup()
            raise
        self.connection = Connection(self.process.url, chain_id=chain_id)
        try:
            for account in self.accounts:
                self.connection.ask("anvil_setBalance", account.address, hex(FUNDS))
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.process.url

    def close(self) -> None:
        """End it. Twice is fine."""
        self.connection.close()
        self.process.stop()
        self._cache.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _checkout() -> Path:
    return Path(__file__).resolve().parents[3]


def _binary(modules: Path) -> Path | None:
    found = sorted(modules.glob("@foundry-rs/anvil-*-*/bin/anvil*"))
    return found[0] if found else None
