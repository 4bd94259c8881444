"""The TLS channel passes the suite of every channel, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from tests.net.committee import Seats, at_once
from tests.net.conformance import *  # noqa: F403
from tests.net.conformance import Connect, receive

from enigma.errors import SeatLost, SeatSilent
from enigma.net import Channel, TlsChannel


@pytest.fixture
def connect() -> Iterator[Connect]:
    with Seats(2) as seats:

        def pair(deadline: float) -> tuple[Channel, Channel]:
            made = at_once([partial(seats.connect, seat, channel_deadline=deadline) for seat in (0, 1)])
            return made[0].result()[1], made[1].result()[0]

        yield pair


def test_a_peer_that_takes_nothing_is_named_at_the_next_call(connect: Connect) -> None:
    sender, _idle = connect(0.3)
    sender.send(bytes(64 << 20))
    with pytest.raises(SeatSilent, match=r"seat 1 since .*: sending"):
        sender.close()
    sender.close()


def test_a_failure_of_the_sending_thread_surfaces_everywhere(connect: Connect) -> None:
    sender, peer = connect(60.0)
    assert isinstance(sender, TlsChannel)
    sender.send(bytes(64 << 20))
    peer.abandon()
    sender._thread.join()
    with pytest.raises(SeatLost, match="seat 1"):
        sender.send(b"more")
    with pytest.raises(SeatLost, match="seat 1"):
        receive(sender, 1)
    with pytest.raises(SeatLost, match="seat 1"):
        sender.close()


def test_closing_leaves_no_thread(connect: Connect) -> None:
    ends = connect(60.0)
    for channel in ends:
        channel.close()
        assert isinstance(channel, TlsChannel)
        assert not channel._thread.is_alive()


def test_channels_speak_tls_1_3(connect: Connect) -> None:
    for channel in connect(60.0):
        assert isinstance(channel, TlsChannel)
        assert {channel._outgoing.version(), channel._incoming.version()} == {"TLSv1.3"}


def test_a_hint_says_whether_the_peer_closed_or_ended(connect: Connect) -> None:
    for leave, hint in ((TlsChannel.close, "seat 0 closed the channel"), (TlsChannel.abandon, "seat 0 ended")):
        leaver, reader = connect(60.0)
        assert isinstance(leaver, TlsChannel)
        leave(leaver)
        with pytest.raises(SeatLost) as caught:
            receive(reader, 1)
        assert hint in caught.value.hint


def test_what_is_left_of_a_short_message_keeps_its_place(connect: Connect) -> None:
    """Short messages fill the socket, so that one is cut in its ciphertext; then comes one for the channel's thread."""
    sender, reader = connect(60.0)
    assert isinstance(sender, TlsChannel)
    count = 0
    while sender._outgoing._unsent is None:
        sender.send(bytes([count % 251]) * 30_000)
        count += 1
    sender.send(bytes([252]) * 1_000_000)
    sender.send(b"end")
    for number in range(count):
        assert receive(reader, 30_000) == bytes([number % 251]) * 30_000
    assert receive(reader, 1_000_003) == bytes([252]) * 1_000_000 + b"end"
