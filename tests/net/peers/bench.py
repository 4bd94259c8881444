"""How fast calls and streams between two nodes are: `python -m tests.net.peers.bench`, from the repository's root.

The called node is a process of its own. Printed: the median of calls one after the other, calls per second from four
threads, and the best of five streams of 64 MiB each way.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from enigma.keys import NodeKey
from enigma.net import PEERS, AddressBook, Endpoint, Gate, Listener, PeerClient, PeerServer
from enigma.wire.codec import Tree

BLOCK = bytes(1 << 20)
BLOCKS = 64
CALLS = 2000


def called() -> None:
    """Serve one caller, whose certificate comes on standard input, until that closes."""
    book, key = AddressBook(), NodeKey.generate()
    caller = sys.stdin.readline().strip()
    pem = bytes.fromhex(caller)
    with Listener() as listener, Gate(listener) as gate:
        from enigma.keys.node import certificate_fingerprint

        book.keep(Endpoint("127.0.0.1", 1), certificate_fingerprint(pem), pem)
        with PeerServer(gate.open(PEERS), key, book, echo, serve_download=blocks, serve_upload=count):
            sys.stdout.write(f"{listener.address[1]} {key.fingerprint.hex()}\n")
            sys.stdout.flush()
            sys.stdin.read()


def echo(peer: bytes, method: str, tree: Tree) -> Tree:
    return tree


def blocks(peer: bytes, method: str, tree: Tree) -> Iterator[bytes]:
    for _ in range(BLOCKS):
        yield BLOCK


def count(peer: bytes, method: str, tree: Tree, pieces: Iterator[bytes]) -> Tree:
    return sum(map(len, pieces))


def timed(client: PeerClient, peer: bytes) -> float:
    started = time.perf_counter()
    client.call(peer, "echo", {"n": 1})
    return time.perf_counter() - started


def main() -> None:
    key, book = NodeKey.generate(), AddressBook()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.net.peers.bench", "called"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process, PeerClient(key, book) as client:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(key.certificate_pem().hex() + "\n")
        process.stdin.flush()
        port, fingerprint = process.stdout.readline().split()
        peer = bytes.fromhex(fingerprint)
        book.learn(Endpoint("127.0.0.1", int(port)), peer, 30.0)
        started = time.perf_counter()
        client.call(peer, "echo", None)
        say("first call, with its connection", f"{(time.perf_counter() - started) * 1e3:.1f} ms")
        say("small call", f"{statistics.median(timed(client, peer) for _ in range(CALLS)) * 1e6:.0f} us")
        started = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: timed(client, peer), range(CALLS)))
        say("calls from four threads", f"{CALLS / (time.perf_counter() - started):.0f} per second")
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            assert sum(len(piece) for piece in client.call_stream(peer, "blocks", None)) == BLOCKS << 20
            seconds.append(time.perf_counter() - started)
        say("64 MiB fetched", f"{BLOCKS / min(seconds):.0f} MiB/s")
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            assert client.call_upload(peer, "count", None, (BLOCK for _ in range(BLOCKS))) == BLOCKS << 20
            seconds.append(time.perf_counter() - started)
        say("64 MiB sent", f"{BLOCKS / min(seconds):.0f} MiB/s")
        process.stdin.close()


def say(what: str, how_much: str) -> None:
    sys.stdout.write(f"{what:35}{how_much}\n")


if __name__ == "__main__":
    called() if sys.argv[1:] == ["called"] else main()
