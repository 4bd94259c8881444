"""What passes over a seat's channels is written down: every frame once, wherever it is cut, and nothing of keys."""

from __future__ import annotations

import hashlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from enigma.node.job import transcript as module
from enigma.node.job.transcript import EACH, HeardLink, Transcript, read_messages
from enigma.wire import codec
from enigma.wire.frames import FrameKind, pack_header

ROOM = 1 << 20


class Scripted:
    """A link that gives prepared bytes, and takes any."""

    def __init__(self, octets: bytes = b"") -> None:
        self.octets, self.taken, self.closed = octets, b"", False

    def send(self, buffer: bytes | memoryview) -> None:
        self.taken += bytes(buffer)

    def receive_into(self, view: bytearray | memoryview, step: str) -> None:
        view[:], self.octets = self.octets[: len(view)], self.octets[len(view) :]

    def close(self) -> None:
        self.closed = True


def frame(payload: bytes, *, epoch: int = 1, number: int = 0, kind: int = FrameKind.ROUND) -> bytes:
    return pack_header(kind, epoch, number, len(payload)) + payload


def received(octets: bytes, cuts: list[int], room: int = ROOM) -> Transcript:
    written = Transcript(room, lambda: 7.0)
    link = written.over({2: Scripted(octets)})[2]
    left = len(octets)
    for cut in [*cuts, left]:
        taken = min(cut, left)
        view = bytearray(taken)
        link.receive_into(view, "a step")
        left -= taken
    return written


@given(st.lists(st.binary(max_size=200), max_size=6), st.lists(st.integers(0, 60), max_size=40))
def test_frames_are_found_wherever_they_are_cut(payloads: list[bytes], cuts: list[int]) -> None:
    octets = b"".join(frame(each, number=i) for i, each in enumerate(payloads))
    written = received(octets, cuts)
    assert [each.first for each in written.messages] == payloads
    assert [each.round for each in written.messages] == list(range(len(payloads)))
    assert [each.digest for each in written.messages] == [hashlib.sha256(each).digest() for each in payloads]
    tree: Any = codec.decode(codec.encode(written.tree()), limit=1 << 20)
    assert read_messages(tree) == (written.messages, {})


def test_bytes_pass_unchanged_and_the_channel_stays_what_it_is() -> None:
    inner = Scripted(frame(b"abc"))
    link: Any = HeardLink(1, inner, Transcript(ROOM))
    view = bytearray(23)
    link.receive_into(view, "a step")
    assert bytes(view) == frame(b"abc")
    link.send(frame(b"xyz"))
    assert inner.taken == frame(b"xyz")
    link.close()
    assert inner.closed


def test_keys_and_what_is_sent_are_never_kept() -> None:
    secret, masked = b"k" * 64, b"m" * 64
    written = received(frame(secret, epoch=0, kind=FrameKind.CONTROL) + frame(masked), [])
    written.over({1: Scripted()})[1].send(frame(b"s" * 64))
    of_keys, of_round, sent = written.messages
    assert (of_keys.of_keys, of_keys.first, of_keys.digest, of_keys.size) == (True, b"", b"", 64)
    assert (of_round.first, of_round.came) == (masked, True)  # the bytes did pass, and are kept where they may be
    assert (sent.first, sent.came, sent.size) == (b"", False, 64)
    told = codec.encode(written.tree())
    assert masked in told
    assert secret not in told
    assert b"s" * 64 not in told
    assert "mmmm" not in repr(of_round)


def test_bounds(monkeypatch: Any) -> None:
    long = bytes(EACH + 5)
    written = received(frame(long) + frame(b"ab") * 3, [], room=EACH + 3)
    assert [len(each.first) for each in written.messages] == [EACH, 2, 1, 0]
    assert [each.size for each in written.messages] == [EACH + 5, 2, 2, 2]
    assert written.messages[-1].digest == hashlib.sha256(b"ab").digest()

    monkeypatch.setattr(module, "MESSAGES", 2)
    written = received(frame(b"ab") * 5, [])
    written.over({2: Scripted()})[2].send(frame(b"abc"))
    assert len(written.messages) == 2
    assert written.beyond == {2: [3, 6, 1, 3]}
    assert read_messages(written.tree())[1] == written.beyond
