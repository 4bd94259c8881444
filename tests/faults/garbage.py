"""Strangers at a node's ports: random octets, halves of first words, TLS hellos without an end, frames too large."""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress

from enigma.net.door import MAGIC, PEERS, ROOM_BYTES

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""The first octets of a TLS hello that has 512 more."""
TOO_LARGE = b"\x16\x03\x01\xff\xff\x01\x00\xff\xfb\x03\x03"
"""One whose record says that it is larger than TLS allows."""
KEPT = 1500
"""Connections that are left open; then the oldest is closed."""

Place = tuple[str, int]


class Strangers:
    """So many connections a minute, spread over these ports, until `close`; from a few thousand addresses."""

    def __init__(self, peers: list[Place], people: list[Place], each_minute: int, seed: int) -> None:
        self.opened: Counter[str] = Counter()
        self.refused = 0
        """Connections that the system did not make: nobody took them from the queue."""
        self._drawn = random.Random(seed)
        self._ports = [(place, AT_PEERS) for place in peers] + [(place, AT_PEOPLE) for place in people]
        self._pause = 60.0 / each_minute
        self._open: deque[socket.socket] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="strangers")
        self._thread.start()

    @property
    def count(self) -> int:
        """Connections so far."""
        return self.opened.total()

    def close(self) -> None:
        """No more of them; those that are open go."""
        self._ending.set()
        self._thread.join()
        for connection in self._open:
            connection.close()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ending.is_set():
            due += self._pause
            self._come()
            self._ending.wait(max(0.0, due - time.monotonic()))

    def _come(self) -> None:
        place, kinds = self._drawn.choice(self._ports)
        name = self._drawn.choice(list(kinds))
        connection = socket.socket()
        connection.settimeout(2.0)
        try:
            # Other addresses of the same machine: bounds for one source alone would not hold them up.
            connection.bind((f"127.{self._drawn.randint(1, 8)}.{self._drawn.randint(0, 255)}.1", 0))
            connection.connect(place)
            said = kinds[name](connection, self._drawn)
        except OSError:
            self.refused += 1
            connection.close()
            return
        self.opened[name] += 1
        self._open.append(said)
        if len(self._open) > KEPT:
            self._open.popleft().close()


Kind = Callable[[socket.socket, random.Random], socket.socket]


def _saying(words: Callable[[random.Random], bytes]) -> Kind:
    def say(connection: socket.socket, drawn: random.Random) -> socket.socket:
        connection.sendall(words(drawn))
        return connection

    return say


def _silent_in_tls(connection: socket.socket, _: random.Random) -> socket.socket:
    return _in_tls(connection)


def _endless_head(connection: socket.socket, drawn: random.Random) -> socket.socket:
    said = _in_tls(connection)
    with suppress(OSError):
        said.sendall(b"GET / HTTP/1.1\r\nx: " + drawn.randbytes(8).hex().encode() * 500)
    return said


def _half_a_body(connection: socket.socket, drawn: random.Random) -> socket.socket:
    said = _in_tls(connection)
    with suppress(OSError):
        said.sendall(b"PUT /v1/contracts/00/source HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n")
        said.sendall(drawn.randbytes(1000))
    return said


def _in_tls(connection: socket.socket) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


_ANYWHERE: dict[str, Kind] = {
    "nothing": _saying(lambda _: b""),
    "random octets": _saying(lambda drawn: drawn.randbytes(drawn.randint(1, 2000))),
    "a hello without an end": _saying(lambda _: HELLO),
}
AT_PEERS: dict[str, Kind] = {
    **_ANYWHERE,
    "half a preamble": _saying(lambda drawn: (MAGIC + PEERS)[: drawn.randint(1, 39)]),
    "an unknown room": _saying(lambda drawn: MAGIC + drawn.randbytes(ROOM_BYTES) + HELLO),
    "octets for peers": _saying(lambda drawn: MAGIC + PEERS + drawn.randbytes(300)),
    "a hello to peers without an end": _saying(lambda _: MAGIC + PEERS + HELLO),
    "a record too large for peers": _saying(lambda drawn: MAGIC + PEERS + TOO_LARGE + drawn.randbytes(1000)),
}
AT_PEOPLE: dict[str, Kind] = {
    **_ANYWHERE,
    "a record too large": _saying(lambda drawn: TOO_LARGE + drawn.randbytes(1000)),
    "silent after its handshake": _silent_in_tls,
    "an endless head": _endless_head,
    "half a body": _half_a_body,
}
