"""The nodes of `enigma up`: each a process with a folder of its own, ended when this process is gone."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from enigma.errors import ConfigProblem, NetworkError
from enigma.node import control
from enigma.node.config import FILE_NAME, Config, read_config
from enigma.node.config_fields import written
from enigma.node.keystore import FOLDER as KEYS
from enigma.node.keystore import create_keys, load_keys, read_address, read_password
from enigma.node.program import CUT_OFF
from enigma.node.service import Keys

HOST = "127.0.0.1"
READY_SECONDS = 120.0
LOOK_EVERY = 0.1
ENDING_SECONDS = 10
TRANSCRIPT_MIB = 64
"""On for every node here: whoever has this network has all pieces of everything anyway."""
WEAK = 1 << 12
"""scrypt's work for keys whose password is random: there is nothing to guess."""


class NodeProcess:
    """One node of a local network. `folder` is made at the first start, with new keys."""

    def __init__(self, folder: Path, chain_url: str, deployment: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._password = _password(folder / "password")
        if not (folder / KEYS).exists():
            create_keys(folder, self._password, work=WEAK)
        self.config = _config(folder, chain_url, deployment)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @property
    def keys(self) -> Keys:
        """Its keys, to register them."""
        return load_keys(self.folder, self._password)

    @property
    def name(self) -> str:
        """Its address on the chain."""
        return read_address(self.folder)

    @property
    def log(self) -> Path:
        """Where it logs."""
        return self.folder / "node.log"

    def start(self) -> None:
        """Start its process; `ready` says when it serves."""
        self._close()
        self._log = self.log.open("ab")
        # Its own session: Ctrl-C in a terminal is ours to handle, so that running jobs come to their end.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "enigma.cli", "node", "start", "--folder", str(self.folder), "--with-parent"],
            stdin=subprocess.PIPE, stdout=self._log, stderr=self._log, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin is not None  # it was asked for
        self._process.stdin.write(self._password.encode() + b"\n")
        self._process.stdin.flush()

    def ready(self, peers: int) -> bool:
        """Whether it serves, is registered as it is, and has reached so many others. Raises NetworkError: it ended."""
        if self.ended is not None:
            raise NetworkError(f"a node ended as it began: {self._last_words()}", hint=f"all of it is in {self.log}")
        told = control.ask(self.folder)
        return told is not None and told["state"] == "ready" and not told["waits"] and told["peers"] >= peers

    @property
    def ended(self) -> int | None:
        """Its exit status, None while it runs."""
        return None if self._process is None else self._process.poll()

    def ask_to_end(self) -> None:
        """Its input ends: it lets running jobs end, and ends."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> None:
        """Until it has ended; killed where it takes too long, as its store can bear."""
        if self._process is not None:
            try:
                self._process.wait(self.config.ending + CUT_OFF + 5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._log is not None:
            self._log.close()

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")


def until_ready(nodes: list[NodeProcess]) -> None:
    """Wait until all nodes are ready, and have reached each other. Raises NetworkError, naming who is not."""
    until = time.monotonic() + READY_SECONDS
    left = list(nodes)
    while left:
        left = [node for node in left if not node.ready(len(nodes) - 1)]
        if left and time.monotonic() > until:
            names = ", ".join(str(node.folder) for node in left)
            raise NetworkError(f"not ready after {READY_SECONDS:.0f} s: {names}", hint="node.log there says why")
        if left:
            time.sleep(LOOK_EVERY)


def _password(path: Path) -> str:
    """The node's password, random; it lies beside what it protects, since this network protects nothing."""
    if not path.exists():
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(place, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
    return read_password(path)


def _config(folder: Path, chain_url: str, deployment: Path) -> Config:
    """The node's configuration: as it is, where it still fits; else written anew, with ports that are free."""
    file = folder / FILE_NAME
    if file.exists():
        try:
            found = read_config(file)
        except ConfigProblem as problem:
            raise ConfigProblem(str(file), problem.problems, hint="mend it, or remove it: it is written anew") from None
        if found.chain_url == chain_url and all(_is_free(place) for place in (found.peers, found.people)):
            return found
    peers, people = _free_ports()
    text = written(
        {
            "chain.url": chain_url,
            "chain.deployment": str(deployment),
            "chain.confirmations": 0,
            "peers.listen": f"{HOST}:{peers}",
            "peers.public": f"{HOST}:{peers}",
            "people.listen": f"{HOST}:{people}",
            "people.public": f"https://{HOST}:{people}",
            "jobs.ending_seconds": ENDING_SECONDS,
            "look.transcript_mib": TRANSCRIPT_MIB,
        }
    )
    file.write_text(text, encoding="utf-8")
    return read_config(file)


def _free_ports() -> tuple[int, int]:
    """Two ports that are free now. Both are held until both are known, so that they differ."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind((HOST, 0))
        return one.getsockname()[1], other.getsockname()[1]


def _is_free(place: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError:
            return False
    return True
