"""How long a node takes from its command to being ready, and what memory it has then: `python tools/node_start.py`.

A chain with its controllers, one node with a password of a file, and full scrypt; the node is started several times.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from enigma.chain.deployment import Controllers
from enigma.chain.sending import Sender
from enigma.local.anvil import LocalChain
from enigma.node import control

RUNS = 5
COMMAND = [sys.executable, "-m", "enigma.cli", "node"]
LOOK_EVERY = 0.005


def main() -> None:
    """Print one line for each start, then the medians."""
    with tempfile.TemporaryDirectory() as place, LocalChain(accounts=1) as chain:
        base = Path(place)
        Controllers.deploy(Sender(chain.connection, chain.accounts[0])).save(base / "controllers.json")
        password = base / "password"
        password.touch(0o600)
        password.write_text("a password of eight words or so\n", encoding="utf-8")
        made = ["--folder", str(base / "node"), "--password-file", str(password)]
        arguments = ["--host", "127.0.0.1", "--chain", chain.url, "--deployment", str(base / "controllers.json")]
        ports = ["--confirmations", "0", "--peers-port", "27300", "--people-port", "27443"]
        subprocess.run([*COMMAND, "init", *arguments, *ports, *made], check=True, capture_output=True)
        found = [started(base / "node", made) for _ in range(RUNS)]
    seconds, memory, processor = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"median of {RUNS}: ready after {seconds:.2f} s ({processor:.2f} s of processor), {memory:.0f} MB resident")


def started(folder: Path, arguments: list[str]) -> tuple[float, float, float]:
    """Seconds until it is ready, MB resident then, seconds of processor that it took."""
    begun = time.monotonic()
    with subprocess.Popen([*COMMAND, "start", *arguments], stderr=subprocess.DEVNULL) as process:
        while True:
            told = control.ask(folder) if (folder / control.NAME).exists() else None
            if told is not None and told["state"] == "ready":
                break
            time.sleep(LOOK_EVERY)
        seconds = time.monotonic() - begun
        used = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        processor = (int(used[11]) + int(used[12])) / 100
        process.terminate()
    memory = told["memory_bytes"] / 1e6
    print(f"ready after {seconds:.2f} s ({processor:.2f} s of processor), {memory:.0f} MB", flush=True)
    return seconds, memory, processor


if __name__ == "__main__":
    main()
