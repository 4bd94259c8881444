"""What every channel does. A test module imports these tests and gives the fixture `connect`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from enigma.errors import ArgumentProblem, SeatLost, SeatSilent
from enigma.net.channel import Channel

Connect = Callable[[float], tuple[Channel, Channel]]
"""Makes the two ends (of seat 0, of seat 1) of a channel with a deadline in seconds."""

LONG = 60.0
BIG = 12 << 20


@pytest.fixture
def ends(connect: Connect) -> tuple[Channel, Channel]:
    return connect(LONG)


def receive(channel: Channel, size: int, step: str = "a test") -> bytes:
    view = bytearray(size)
    channel.receive_into(view, step)
    return bytes(view)


def test_ends_know_their_peer(ends: tuple[Channel, Channel]) -> None:
    assert (ends[0].peer, ends[1].peer) == (1, 0)


def test_order_is_kept_across_sizes(ends: tuple[Channel, Channel]) -> None:
    sizes = [1, 64, 0, 100_000, 3, 32 * 1024, 32 * 1024 + 1, 700_000, 5, 5, 1_000_000, 1]
    messages = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    for message in messages:
        ends[0].send(message)
    whole = b"".join(messages)
    assert receive(ends[1], 77) == whole[:77], "pieces need not be taken as they were sent"
    assert receive(ends[1], len(whole) - 77) == whole[77:]


def test_arrays_of_any_kind_go_uncopied(ends: tuple[Channel, Channel]) -> None:
    words = np.arange(50_000, dtype=np.uint64).reshape(100, 500)
    ends[0].send(words)
    ends[0].send(words[:0])
    into = np.zeros((100, 500), np.uint64)
    ends[1].receive_into(into[:, :0].copy(), "nothing at all")
    ends[1].receive_into(into, "an array")
    assert (into == words).all()
    with pytest.raises(ArgumentProblem, match="contiguous"):
        ends[0].send(words[:, ::2])


def test_big_messages_cross_both_ways_at_once(ends: tuple[Channel, Channel]) -> None:
    messages = [np.full(BIG, seat + 1, np.uint8) for seat in (0, 1)]
    for seat in (0, 1):  # one thread sends both: nothing here waits for the peer
        ends[seat].send(messages[seat])
        ends[seat].send(b"end")

    def take(seat: int) -> bool:
        into = np.zeros(BIG, np.uint8)
        ends[seat].receive_into(into, "a big message")
        return bool((into == messages[1 - seat]).all()) and receive(ends[seat], 3) == b"end"

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(take, (0, 1)))


def test_many_small_messages_without_a_reader_do_not_block(ends: tuple[Channel, Channel]) -> None:
    small = bytes(range(256)) * 64
    for _ in range(1000):  # far above what sockets buffer
        ends[0].send(small)
        ends[1].send(small)
    for _ in range(1000):
        assert receive(ends[1], len(small)) == small
        assert receive(ends[0], len(small)) == small


def test_counters_count_payload(ends: tuple[Channel, Channel]) -> None:
    ends[0].send(bytes(10))
    ends[0].send(bytes(200_000))
    receive(ends[1], 200_010)
    assert (ends[0].sent_bytes, ends[0].received_bytes) == (200_010, 0)
    assert (ends[1].sent_bytes, ends[1].received_bytes) == (0, 200_010)


def test_silence_is_named_after_the_deadline(connect: Connect) -> None:
    ends = connect(0.3)
    ends[0].send(b"half")
    with pytest.raises(SeatSilent, match=r"seat 0.*compare, round 7") as caught:
        receive(ends[1], 8, "compare, round 7")
    assert caught.value.seat == 0
    assert caught.value.seconds >= 0.3
    ends[1].abandon()


def test_a_peer_that_is_not_silent_is_waited_for(connect: Connect) -> None:
    ends = connect(1.0)
    pause = threading.Event()

    def trickle() -> None:
        for _ in range(6):
            pause.wait(0.25)
            ends[0].send(b"x")

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(trickle)
        assert receive(ends[1], 6) == b"xxxxxx"
        done.result()


def test_a_peer_that_closes_in_mid_message_is_lost(ends: tuple[Channel, Channel]) -> None:
    ends[0].send(b"half")
    ends[0].close()
    with pytest.raises(SeatLost, match=r"seat 0.*open the result"):
        receive(ends[1], 8, "open the result")


def test_sending_to_a_peer_that_left_ends_in_an_error(ends: tuple[Channel, Channel]) -> None:
    ends[0].close()

    def send_much() -> None:
        for _ in range(10_000):
            ends[1].send(bytes(30_000))

    with pytest.raises(SeatLost, match="seat 0"):
        send_much()


def test_close_delivers_what_was_sent(ends: tuple[Channel, Channel]) -> None:
    message = bytes(range(256)) * 20_000
    with ThreadPoolExecutor(1) as pool:
        ends[0].send(message)
        closing = pool.submit(ends[0].close)
        assert receive(ends[1], len(message)) == message
        closing.result()


def test_close_and_abandon_may_be_repeated(ends: tuple[Channel, Channel]) -> None:
    ends[0].close()
    ends[0].close()
    ends[0].abandon()
    ends[1].abandon()
    ends[1].close()
    for channel in ends:
        with pytest.raises(SeatLost):
            channel.send(b"too late")
        with pytest.raises(SeatLost):
            receive(channel, 1)


def test_what_was_not_taken_before_closing_is_gone(ends: tuple[Channel, Channel]) -> None:
    ends[0].send(b"two words")
    assert receive(ends[1], 3) == b"two"
    ends[1].close()
    with pytest.raises(SeatLost, match="this seat closed"):
        receive(ends[1], 6)


def test_closing_wakes_this_seats_own_reader(ends: tuple[Channel, Channel]) -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(receive, ends[0], 1, "a wait that is cut short")
        ends[0].close()
        with pytest.raises(SeatLost, match="seat 1"):
            reading.result()


def test_an_error_on_the_way_out_abandons(ends: tuple[Channel, Channel]) -> None:
    def fail_after_sending() -> None:
        with ends[0]:
            ends[0].send(bytes(BIG))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_sending()
    with pytest.raises(SeatLost):
        receive(ends[1], 2 * BIG)
