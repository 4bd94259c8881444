"""A gate passes on who asks for an open room, and nobody else; nobody who stands before it holds up another."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import socket
import struct
from collections.abc import Iterator

import pytest
from tests.net.states import until

from enigma.errors import ArgumentProblem, NetworkError
from enigma.net import Gate, HandedDoor, Listener
from enigma.net import gate as gates
from enigma.net.door import PEERS, knock, preamble

ROOM = b"a room of a job".ljust(32, b".")
OTHER = b"another room".ljust(32, b".")
MAGIC_HALF = b"enig"


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Listener() as listener, Gate(listener) as gate:
        yield gate


@pytest.fixture
def visitors() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def come_in(door: HandedDoor) -> socket.socket:
    """The next connection of a door, waited for."""
    poll = select.poll()
    poll.register(door.fileno(), select.POLLIN)
    while (connection := door.accept()) is None:
        poll.poll()
    return connection


def closed(visitor: socket.socket) -> bool:
    """Whether the gate closed it, waited for."""
    try:
        return visitor.recv(1) == b""
    except ConnectionError:
        return True


def dial(gate: Gate, words: bytes = b"") -> socket.socket:
    visitor = socket.create_connection(gate.address)
    visitor.sendall(words)
    return visitor


def test_who_asks_for_a_room_comes_in_there(gate: Gate, visitors: contextlib.ExitStack) -> None:
    doors = [visitors.enter_context(gate.open(room)) for room in (ROOM, OTHER)]
    for door, room in zip(doors, (ROOM, OTHER), strict=True):
        visitor = visitors.enter_context(dial(gate, preamble(room) + b"hello"))
        host = visitors.enter_context(come_in(door))
        assert host.getpeername() == visitor.getsockname()
        assert host.gettimeout() is None
        assert os.get_blocking(host.fileno())
        assert not os.get_inheritable(host.fileno())
        assert host.recv(9) == b"hello", "not a byte more than the preamble was read"
        host.sendall(b"back")
        assert visitor.recv(4) == b"back"
    assert all(door.accept() is None for door in doors)


def test_a_preamble_may_come_byte_by_byte(gate: Gate, visitors: contextlib.ExitStack) -> None:
    door = visitors.enter_context(gate.open(ROOM))
    visitor = visitors.enter_context(dial(gate))
    for byte in preamble(ROOM):
        visitor.sendall(bytes([byte]))
    assert visitors.enter_context(come_in(door)).getpeername() == visitor.getsockname()


@pytest.mark.parametrize("words", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"enigma/2", preamble(OTHER), b"E"])
def test_everybody_else_is_closed_at_once(gate: Gate, words: bytes) -> None:
    with gate.open(ROOM), dial(gate, words) as visitor:
        assert closed(visitor)
    until(lambda: gate.counts == (0, 0, 1), "one refused")


def test_who_leaves_early_is_forgotten(gate: Gate) -> None:
    visitor = dial(gate, MAGIC_HALF)
    until(lambda: gate.counts.waiting == 1, "one waits")
    visitor.close()
    until(lambda: gate.counts == (0, 0, 1), "nobody waits")


def test_who_is_silent_for_too_long_is_closed(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    monkeypatch.setattr(gates, "PREAMBLE_SECONDS", 0.05)
    with dial(gate) as silent, dial(gate, MAGIC_HALF) as slow:
        assert closed(silent)
        assert closed(slow)
    assert gate.counts.admitted == 0


def test_a_trickle_does_not_buy_time(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    monkeypatch.setattr(gates, "PREAMBLE_SECONDS", 0.2)
    with gate.open(ROOM), dial(gate) as slow:
        slow.settimeout(0.02)
        ended = False
        for byte in preamble(ROOM)[:-1]:
            with contextlib.suppress(TimeoutError):
                try:
                    slow.sendall(bytes([byte]))
                    ended = slow.recv(1) == b""
                except ConnectionError:
                    ended = True
            if ended:
                break
        assert ended or closed(slow)
    assert gate.counts.admitted == 0


def test_silent_ones_do_not_hold_up_another(gate: Gate, visitors: contextlib.ExitStack) -> None:
    door = visitors.enter_context(gate.open(ROOM))
    silent = [visitors.enter_context(dial(gate)) for _ in range(gates.WAITING_FROM_ONE_SOURCE)]
    until(lambda: gate.counts.waiting == len(silent), "all of them wait")
    visitor = visitors.enter_context(dial(gate, preamble(ROOM)))
    assert visitors.enter_context(come_in(door)).getpeername() == visitor.getsockname()
    until(lambda: gate.counts.admitted == 1, "counted")
    assert gate.counts == (len(silent) - 1, 1, 1), "the oldest made place, the others still wait"
    assert closed(silent[0])


def test_how_many_wait_is_bounded_over_all_sources(
    monkeypatch: pytest.MonkeyPatch, gate: Gate, visitors: contextlib.ExitStack
) -> None:
    monkeypatch.setattr(gates, "WAITING", 5)
    silent = []
    for number in range(7):
        visitor = visitors.enter_context(socket.socket())
        visitor.bind((f"127.0.0.{number + 2}", 0))
        visitor.connect(gate.address)
        until(lambda number=number: sum(gate.counts) == number + 1, "seen")  # type: ignore[misc]
        silent.append(visitor)
    assert gate.counts == (5, 0, 2)
    assert closed(silent[0])
    assert closed(silent[1])


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_an_ipv6_network_is_one_source(host: str, source: str) -> None:
    assert gates.source_of(host) == source


def test_ten_thousand_strangers_keep_nobody_out(gate: Gate, visitors: contextlib.ExitStack) -> None:
    """As many as come in a minute of an attack, all before ten guests are through; each guest knocks once."""
    door = visitors.enter_context(gate.open(ROOM))
    words = [b"", b"enig", b"GET / HTTP/1.1\r\n\r\n", preamble(OTHER), b"\0" * 100]
    reset = struct.pack("ii", 1, 0)
    guests = 0
    for number in range(10_000):
        stranger = dial(gate, words[number % len(words)])
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        stranger.close()
        if number % 1000 == 999:
            guest = visitors.enter_context(knock(*gate.address, ROOM, 60.0))
            assert visitors.enter_context(come_in(door)).getpeername() == guest.getsockname()
            guests += 1
    until(lambda: gate.counts == (0, guests, 10_000), "everybody was looked at")
    assert guests == 10
    assert gate.rooms == {ROOM}


def test_a_room_that_takes_nobody_does_not_grow(gate: Gate, visitors: contextlib.ExitStack) -> None:
    full, door = visitors.enter_context(gate.open(ROOM)), visitors.enter_context(gate.open(OTHER))
    for _ in range(300):
        visitors.enter_context(dial(gate, preamble(ROOM)))
    until(lambda: sum(gate.counts) == 300, "all are seen")
    assert gate.counts.waiting == 0
    assert 10 <= gate.counts.admitted <= 100
    visitor = visitors.enter_context(dial(gate, preamble(OTHER)))
    assert visitors.enter_context(come_in(door)).getpeername() == visitor.getsockname(), "others are not concerned"
    visitors.enter_context(come_in(full))


def test_rooms_open_and_close_at_any_time(gate: Gate) -> None:
    for _ in range(3):
        with dial(gate, preamble(ROOM)) as visitor:
            assert closed(visitor)
        with gate.open(ROOM) as door:
            assert gate.rooms == {ROOM}
            with dial(gate, preamble(ROOM)), come_in(door):
                pass
            with pytest.raises(ArgumentProblem, match="open already"):
                gate.open(ROOM)
        assert gate.rooms == frozenset()


def test_a_visitor_finds_a_door_that_closed_just_now(gate: Gate) -> None:
    gate.open(ROOM).close()
    with dial(gate, preamble(ROOM)) as visitor:
        assert closed(visitor)
    assert gate._rooms == {}


def test_whoever_waits_in_a_closed_room_is_closed(gate: Gate) -> None:
    door = gate.open(ROOM)
    with dial(gate, preamble(ROOM)) as visitor:
        until(lambda: gate.counts.admitted == 1, "in the room")
        door.close()
        assert closed(visitor)


def test_a_closed_gate_tells_its_doors(visitors: contextlib.ExitStack) -> None:
    listener = visitors.enter_context(Listener())
    gate = Gate(listener)
    door = visitors.enter_context(gate.open(ROOM))
    silent = visitors.enter_context(dial(gate))
    until(lambda: gate.counts.waiting == 1, "one waits")
    gate.close()
    gate.close()
    assert closed(silent)
    with pytest.raises(NetworkError, match="the gate closed this room"):
        door.accept()
    with pytest.raises(NetworkError, match="this gate was closed"):
        gate.open(ROOM)
    assert listener.listening.fileno() >= 0, "it is the caller's"


def test_arguments_are_checked(gate: Gate) -> None:
    for wrong in (b"", b"short", bytes(33)):
        with pytest.raises(ArgumentProblem, match="32 bytes"):
            gate.open(wrong)
        with pytest.raises(ArgumentProblem, match="32 bytes"):
            preamble(wrong)
    with socket.socket() as inet, pytest.raises(ArgumentProblem, match="Unix stream"):
        gate.hand_over(ROOM, inet)
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ends[0], ends[1], pytest.raises(ArgumentProblem, match="Unix stream"):
        gate.hand_over(ROOM, ends[0])
    assert len(PEERS) == 32


def test_a_process_without_descriptors_recovers(gate: Gate, visitors: contextlib.ExitStack) -> None:
    door = visitors.enter_context(gate.open(ROOM))
    silent = visitors.enter_context(dial(gate))
    until(lambda: gate.counts.waiting == 1, "one waits")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    visitor = visitors.enter_context(socket.socket())
    lowest_free = os.dup(visitor.fileno())
    os.close(lowest_free)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, before[1]))
        visitor.connect(gate.address)
        visitor.sendall(preamble(ROOM))
        assert closed(silent), "the oldest gives up its descriptor"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert visitors.enter_context(come_in(door)).getpeername() == visitor.getsockname()
