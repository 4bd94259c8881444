"""A TLS stream: few system calls, nothing lost when the socket is full, and every kind of end told apart."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from enigma.errors import CertificateProblem
from enigma.keys import NodeKey
from enigma.net.tls import dialling_context, listening_context, shown_fingerprint
from enigma.net.tls_stream import FIRST_READ_BYTES, READ_BYTES, TlsStream


class CountingSocket(socket.socket):
    """A socket that counts the calls that move bytes."""

    sends = receives = 0

    def send(self, *arguments: object) -> int:
        self.sends += 1
        return super().send(*arguments)  # type: ignore[arg-type]

    def recv_into(self, *arguments: object) -> int:
        self.receives += 1
        return super().recv_into(*arguments)  # type: ignore[arg-type]


class Pair:
    """Two connected sockets, a key for each end, and the streams over them."""

    def __init__(self) -> None:
        self.keys = NodeKey.generate(), NodeKey.generate()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            dialled = socket.create_connection(listening.getsockname())
            accepted, _ = listening.accept()
        self.sockets = CountingSocket(fileno=dialled.detach()), CountingSocket(fileno=accepted.detach())
        self.accepting = listening_context(self.keys[1], [self.keys[0].certificate_pem()])
        self.dialling = dialling_context(self.keys[0], [self.keys[1].certificate_pem()])

    def streams(self) -> tuple[TlsStream, TlsStream]:
        return (
            TlsStream(self.sockets[0], self.dialling, server_side=False),
            TlsStream(self.sockets[1], self.accepting, server_side=True),
        )


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    with ExitStack() as stack:
        for end in pair.sockets:
            stack.callback(end.close)
        yield pair


@pytest.fixture
def ends(pair: Pair) -> tuple[TlsStream, TlsStream]:
    """The dialler and the acceptor after their handshake."""
    ends = pair.streams()
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(end.do_handshake) for end in ends]:
            done.result()
    for end in pair.sockets:
        end.sends = end.receives = 0
    return ends


def read(stream: TlsStream, size: int) -> bytes:
    taken = b""
    while len(taken) < size:
        taken += stream.recv(size - len(taken))
    return taken


def test_both_ends_know_who_is_there(pair: Pair, ends: tuple[TlsStream, TlsStream]) -> None:
    assert [shown_fingerprint(end) for end in ends] == [pair.keys[1].fingerprint, pair.keys[0].fingerprint]
    assert {end.version() for end in ends} == {"TLSv1.3"}


def test_a_short_message_costs_one_call_on_each_side(pair: Pair, ends: tuple[TlsStream, TlsStream]) -> None:
    view = memoryview(bytearray(100))
    for number in range(1, 6):
        assert ends[0].write(memoryview(bytes([number] * 100)))
        assert ends[1].fill()
        assert ends[1].take(view) == 100
        assert view == bytes([number] * 100)
        assert (pair.sockets[0].sends, pair.sockets[1].receives) == (number, number)


def test_many_records_go_in_one_call_and_are_taken_in_any_pieces(pair: Pair, ends: tuple[TlsStream, TlsStream]) -> None:
    message = bytes(range(250)) * 160  # three records
    assert ends[0].write(memoryview(message))
    assert pair.sockets[0].sends == 1
    assert b"".join(read(ends[1], size) for size in (1, 99, 20_000, 19_900)) == message


def test_what_the_socket_did_not_take_is_kept_in_order(ends: tuple[TlsStream, TlsStream]) -> None:
    messages = [bytes([number]) * (1 << 20) for number in range(12)]
    ends[0].settimeout(0)
    with ThreadPoolExecutor(1) as pool:
        took = [ends[0].write(memoryview(message)) for message in messages]
        assert not took[-1], "more than sockets buffer"
        assert not ends[0].flush()
        reading = pool.submit(read, ends[1], sum(map(len, messages)))
        writable = select.poll()
        writable.register(ends[0].fileno(), select.POLLOUT)
        while not ends[0].flush():
            writable.poll()
        assert reading.result() == b"".join(messages)
    assert len(ends[1]._room) == READ_BYTES


def test_short_messages_need_little_memory(ends: tuple[TlsStream, TlsStream]) -> None:
    for _ in range(3):
        ends[0].sendall(bytes(30_000))
        read(ends[1], 30_000)
    assert len(ends[1]._room) == FIRST_READ_BYTES


def test_the_acceptor_sends_nothing_after_its_handshake(pair: Pair, ends: tuple[TlsStream, TlsStream]) -> None:
    ends[0].sendall(b"payload")
    assert read(ends[1], 7) == b"payload"
    assert pair.sockets[1].sends == 0
    assert not select.select([pair.sockets[0]], [], [], 0)[0], "no session ticket waits for a reader"


def test_a_goodbye_is_told_from_a_broken_connection(ends: tuple[TlsStream, TlsStream]) -> None:
    ends[0].sendall(b"last words")
    ends[0].say_end()
    ends[0].close()
    assert read(ends[1], 10) == b"last words"
    assert ends[1].recv(1) == b""
    assert ends[1].ended
    assert not ends[1].fill()


def test_nothing_is_heard_after_a_goodbye(pair: Pair, ends: tuple[TlsStream, TlsStream]) -> None:
    ends[0].say_end()
    pair.sockets[0].sendall(b"\x17\x03\x03\x00\x30" + bytes(48))
    ends[0].close()
    view = memoryview(bytearray(1))
    while ends[1].fill():
        assert ends[1].take(view) == 0
    assert ends[1].ended


def test_a_broken_connection_is_no_goodbye(ends: tuple[TlsStream, TlsStream]) -> None:
    ends[0].sendall(b"last words")
    ends[0].close()
    assert read(ends[1], 10) == b"last words"
    assert ends[1].recv(1) == b""
    assert not ends[1].ended


def test_saying_goodbye_to_nobody_is_no_error(ends: tuple[TlsStream, TlsStream]) -> None:
    ends[1].close()
    ends[0].say_end()
    ends[0].close()
    ends[0].say_end()
    ends[0].shut()


def test_an_altered_record_is_refused_and_the_writer_learns_of_it(
    pair: Pair, ends: tuple[TlsStream, TlsStream]
) -> None:
    pair.sockets[0].sendall(b"\x17\x03\x03\x00\x30" + bytes(48))
    with pytest.raises(ssl.SSLError, match=r"(?i)mac|decryption"):
        ends[1].recv(1)
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        ends[0].recv(1)


def test_a_refused_certificate_is_told_to_the_dialler(pair: Pair) -> None:
    pair.dialling = dialling_context(NodeKey.generate(), [pair.keys[1].certificate_pem()])
    dialler, acceptor = pair.streams()
    with ThreadPoolExecutor(1) as pool:
        accepting = pool.submit(acceptor.do_handshake)
        dialler.do_handshake()
        with pytest.raises(ssl.SSLError, match=r"(?i)verify failed"):
            accepting.result()
    acceptor.close()
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        dialler.recv(1)


def test_a_dialler_without_a_certificate_has_no_fingerprint(pair: Pair) -> None:
    pair.accepting.verify_mode = ssl.CERT_NONE
    dialler, acceptor = pair.streams()
    with ThreadPoolExecutor(1) as pool:
        accepting = pool.submit(acceptor.do_handshake)
        dialler.do_handshake()
        accepting.result()
    with pytest.raises(CertificateProblem, match="no certificate"):
        shown_fingerprint(acceptor)


def test_a_connection_that_ends_in_the_handshake_is_an_error(pair: Pair) -> None:
    _, acceptor = pair.streams()
    pair.sockets[0].close()
    with pytest.raises(ssl.SSLEOFError):
        acceptor.do_handshake()


def test_the_time_out_covers_the_whole_handshake(pair: Pair) -> None:
    _, acceptor = pair.streams()
    acceptor.settimeout(0.2)
    stop = threading.Event()

    def trickle() -> None:
        pair.sockets[0].sendall(b"\x16\x03\x01\x20\x00")
        while not stop.wait(0.02):
            pair.sockets[0].sendall(b"\0")

    with ThreadPoolExecutor(1) as pool:
        trickling = pool.submit(trickle)
        with pytest.raises(TimeoutError):
            acceptor.do_handshake()
        stop.set()
        trickling.result()
    assert pair.sockets[1].gettimeout() == 0.2


def test_shutting_wakes_whoever_waits(ends: tuple[TlsStream, TlsStream]) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ends[1].fill)
        ends[1].shut()
        assert waiting.result() is False


def test_a_socket_is_closed_when_no_stream_comes_of_it(pair: Pair) -> None:
    with pytest.raises(ssl.SSLError):
        TlsStream(pair.sockets[0], pair.dialling, server_side=True)  # this context is for the other side
    assert pair.sockets[0].fileno() == -1
