"""Committees find each other, in any order, among strangers; whoever is wrong or missing is named."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from tests.net.committee import Seats, at_once

from enigma.errors import ArgumentProblem, CertificateProblem, NetworkError, PortTaken, SeatSilent
from enigma.keys import NodeKey
from enigma.net import Channel, Listener, PeerAddress
from enigma.net.tls import dialling_context
from enigma.wire import encode


def exchange(meshes: dict[int, dict[int, Channel]]) -> None:
    """Every seat tells every other its number and the listener's, and hears the same."""
    for seat, channels in meshes.items():
        for peer, channel in channels.items():
            channel.send(bytes([seat, peer]))
    for seat, channels in meshes.items():
        for peer, channel in channels.items():
            into = bytearray(2)
            channel.receive_into(into, "who are you")
            assert into == bytes([peer, seat])


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_pair_is_joined(count: int) -> None:
    with Seats(count) as seats:
        made = at_once([partial(seats.connect, seat) for seat in range(count)])
        meshes = {seat: future.result() for seat, future in enumerate(made)}
        assert all(sorted(meshes[seat]) == [peer for peer in range(count) if peer != seat] for seat in meshes)
        exchange(meshes)


def test_a_seat_may_start_before_another_listens() -> None:
    with Seats(3) as seats:
        host, port = seats.listeners[2].address
        peers = [seats.peers(seat) for seat in range(3)]
        seats.listeners[2].close()
        with ThreadPoolExecutor(3) as pool:
            early = [pool.submit(seats.connect, seat, peers=peers[seat]) for seat in (0, 1)]
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, port))
            seats.listeners[2] = Listener(host, port)
            seats.stack.callback(seats.listeners[2].close)
            late = pool.submit(seats.connect, 2, peers=peers[2])
            exchange({0: early[0].result(), 1: early[1].result(), 2: late.result()})


def test_another_key_is_found_on_both_sides() -> None:
    with Seats(2) as seats:
        made = at_once([partial(seats.connect, 0), partial(seats.connect, 1, key=NodeKey.generate())])
        with pytest.raises(CertificateProblem, match="seat 1 showed another certificate"):
            made[0].result()
        with pytest.raises(CertificateProblem, match=r"seat 0 refused the certificate that this seat \(seat 1\)"):
            made[1].result()


def test_a_seat_cannot_take_anothers_place() -> None:
    """Seat 2 listens at seat 1's address with its own, trusted, key."""
    with Seats(3) as seats:
        peers = seats.peers(0)
        peers[1] = PeerAddress(*seats.listeners[2].address, peers[1].certificate)
        made = at_once([partial(seats.connect, 0, peers=peers), partial(seats.connect, 2, deadline=1.0)])
        with pytest.raises(CertificateProblem, match="seat 1 showed another certificate"):
            made[0].result()
        with pytest.raises(NetworkError):
            made[1].result()


def test_a_missing_seat_is_named() -> None:
    with Seats(3) as seats:
        seats.listeners[2].close()
        peers = [{**seats_peers} for seats_peers in map(seats.peers, (0, 1))]
        made = at_once([partial(seats.connect, seat, peers=peers[seat], deadline=0.6) for seat in (0, 1)])
        for future in made:
            with pytest.raises(SeatSilent, match=r"seat 2 .*connecting the committee") as caught:
                future.result()
            assert caught.value.seat == 2
            assert "Start seat 2" in caught.value.hint


def test_strangers_are_refused_and_do_not_stop_the_mesh() -> None:
    with Seats(2) as seats, contextlib.ExitStack() as strangers:
        address = seats.listeners[0].address
        for _ in range(40):  # silent ones, more than are kept
            strangers.enter_context(socket.create_connection(address))
        garbage = strangers.enter_context(socket.create_connection(address))
        garbage.sendall(b"GET / HTTP/1.1\r\n\r\n" * 20)
        gone = socket.create_connection(address)
        gone.close()
        with ThreadPoolExecutor(3) as pool:
            first = pool.submit(seats.connect, 0)
            unknown = pool.submit(knock, address, NodeKey.generate(), seats.keys[0])
            with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
                unknown.result()
            nobody = pool.submit(knock, address, None, seats.keys[0])
            with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
                nobody.result()
            second = pool.submit(seats.connect, 1)
            exchange({0: first.result(), 1: second.result()})


def knock(address: tuple[str, int], key: NodeKey | None, trusted: NodeKey) -> bytes:
    """Connect with a key that no committee knows, or with none, and read what comes."""
    context = dialling_context(key or NodeKey.generate(), [trusted.certificate_pem()])
    if key is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=trusted.certificate_pem().decode())
    with socket.create_connection(address) as raw, context.wrap_socket(raw) as connection:
        return connection.recv(1)


@pytest.mark.parametrize(
    "words",
    [
        b"\xff\xff",
        b"\x01\x00\x07",
        b"\x02\x00\x01\x07\x00",
        encode({"peer": 0, "seat": 1}),
        encode({"peer": 0, "seat": 2, "session": b"test"}),
        encode({"peer": 0, "seat": 1, "session": b"test", "more": None}),
        encode({"peer": 0, "seat": True, "session": b"test"}),
        b"",
    ],
)
def test_bad_greetings_of_a_known_key_are_refused(words: bytes) -> None:
    if words[:1] == b"\x01" and words[1:2] != b"\x00":
        words = len(words).to_bytes(2, "little") + words
    with Seats(2) as seats, ThreadPoolExecutor(1) as pool:
        first = pool.submit(seats.connect, 0)
        context = dialling_context(seats.keys[1], [seats.keys[0].certificate_pem()])
        with (
            socket.create_connection(seats.listeners[0].address) as raw,
            context.wrap_socket(raw) as connection,
        ):
            assert connection.recv(1)
            connection.sendall(words)
            socket.socket.shutdown(connection, socket.SHUT_WR)
            with contextlib.suppress(OSError):  # an alert or a reset
                while connection.recv(4096):
                    pass
        exchange({1: seats.connect(1), 0: first.result()})


def test_sessions_are_not_mixed() -> None:
    with Seats(2) as seats:
        made = at_once(
            [partial(seats.connect, seat, session=session, deadline=0.6) for seat, session in ((0, b"a"), (1, b"b"))]
        )
        for future in made:
            with pytest.raises(SeatSilent, match="another session"):
                future.result()
        again = at_once([partial(seats.connect, seat, session=b"c") for seat in (0, 1)])
        exchange({seat: future.result() for seat, future in enumerate(again)})


def test_arguments_are_checked() -> None:
    with Seats(2) as seats:
        with pytest.raises(ArgumentProblem, match="a key of their own"):
            seats.connect(0, key=seats.keys[1])
        with pytest.raises(ArgumentProblem, match="a number"):
            seats.connect(1, peers=seats.peers(0))
        with pytest.raises(ArgumentProblem, match="128 bytes"):
            seats.connect(0, session=bytes(129))
        with pytest.raises(CertificateProblem, match="not an X"):
            seats.connect(0, peers={1: PeerAddress("127.0.0.1", 1, b"hello")})


def test_a_taken_port_and_a_foreign_host_are_named() -> None:
    with Listener() as listener, pytest.raises(PortTaken, match=str(listener.address[1])):
        Listener(*listener.address)
    listener.close()
    with pytest.raises(NetworkError, match="closed"):
        listener.listening.fileno()
    with pytest.raises(NetworkError, match=r"192\.0\.2\.1"):
        Listener("192.0.2.1")


def test_nothing_is_left_behind() -> None:
    before = threading.active_count()
    with Seats(3) as seats:
        seats.listeners[2].close()
        made = at_once([partial(seats.connect, seat, deadline=0.3) for seat in (0, 1)])
        assert all(isinstance(future.exception(), SeatSilent) for future in made)
    assert threading.active_count() == before


@pytest.mark.processes
def test_three_operating_system_processes() -> None:
    keys = [NodeKey.generate() for _ in range(3)]
    program = Path(__file__).with_name("seat_process.py")
    with contextlib.ExitStack() as stack:
        seats = [
            stack.enter_context(
                subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in keys
        ]
        addresses = []
        for seat in seats:
            assert seat.stdout is not None
            addresses.append(json.loads(seat.stdout.readline()))
        certificates = [key.certificate_pem().decode() for key in keys]
        for number, seat in enumerate(seats):
            peers = {peer: (*addresses[peer], certificates[peer]) for peer in range(3) if peer != number}
            assert seat.stdin is not None
            seat.stdin.write(json.dumps([number, keys[number].private_bytes().hex(), peers]) + "\n")
            seat.stdin.flush()
        for number, seat in enumerate(seats):
            heard = seat.communicate(timeout=60)[0]
            assert json.loads(heard) == {str(peer): peer * 3_000_000 for peer in range(3) if peer != number}
            assert seat.returncode == 0
