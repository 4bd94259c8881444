"""Altered copies, frames, openings and programs: found, named, and proven to have reached the wire."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from tests.attacks.live import Altered, run_live
from tests.engine.checking import FAMILY, secure

from enigma.engine import agreement
from enigma.engine.agreement import confirm, contribute
from enigma.engine.live import Link
from enigma.errors import EnigmaError, NetworkError, ProtocolError, WireError
from enigma.keys.node import NodeKey
from enigma.net import memory_mesh
from enigma.program import build
from enigma.program.types import number
from enigma.protocol.session import Message
from enigma.testing.world import Sent
from enigma.wire import codec
from enigma.wire.frames import HEADER_BYTES

X = build.input_(0, (70,), number(-8, 7))
WIDE = build.input_(0, (70,), number(-(1 << 40), 1 << 40))
RAW = [np.arange(70) % 16 - 8]
ROWS = build.reshape(X, (70, 1))


# ---------------------------------------------------------------- redundant copies


@pytest.mark.parametrize("seat", [0, 1, 2])
def test_an_altered_copy_of_an_opening_names_its_holders(seat: int) -> None:
    """Seat `seat` opens another piece to its successor than the one it and the seat before it vouch for."""
    altered: list[Sent] = []

    def tamper(sent: Sent) -> Message:
        if sent.masks or sent.sender != seat or sent.message.dtype != np.uint64 or altered:
            return sent.message
        altered.append(sent)
        changed: Message = sent.message ^ np.uint64(1)
        return changed

    with pytest.raises(ProtocolError, match="hold different copies of a piece") as caught:
        secure([build.sort(ROWS)], RAW, tamper=tamper)
    assert len(altered) == 1
    receiver, vouching = altered[0].receiver, (seat - 1) % 3
    assert f"seats {seat} and {vouching}" in caught.value.message
    assert f"seat {receiver}" in caught.value.message


@pytest.mark.parametrize("sender", [0, 1, 2])
@pytest.mark.parametrize("output", [build.mul(X, X), build.negative(X), build.to_int(build.zero(X)), build.bits(X)])
def test_every_altered_message_of_an_evaluator_is_found_or_changes_nothing(output: Any, sender: int) -> None:
    """One message after another is altered. Either the copies differ at the reader, or the result is as consistent
    as a passive family can tell: then the alteration is the sender's own change of a value, and it reached the wire."""
    _, honest = secure([output], RAW)
    places = [i for i, sent in enumerate(honest.traffic.sent) if sent.sender == sender]
    found = 0
    for place in places:
        counted = iter(range(len(honest.traffic.sent)))
        seen: list[bool] = []

        def tamper(sent: Sent, place: int = place, counted: Any = counted, seen: list[bool] = seen) -> Message:
            if next(counted) != place:
                return sent.message
            changed = ~sent.message
            seen.append(not np.array_equal(changed, sent.message))
            return changed

        try:
            secure([output], RAW, tamper=tamper)
        except ProtocolError as error:
            found += "hold different copies" in error.message
        assert seen == [True]
    assert found or sender == 0  # seat 0 deals: what it alters is a value of its own, the same to both others


# ---------------------------------------------------------------- frames


def altered_by(alter: Any, sender: int = 1, receiver: int = 0) -> list[Any]:
    def wrap(seat: int, peer: int, link: Link) -> Link:
        return Altered(link, alter) if (seat, peer) == (sender, receiver) else link

    return run_live([build.negative(WIDE)], RAW, wrap)[1]


def test_unaltered_frames_pass() -> None:
    """The control: the same hook, which alters nothing."""
    passed: list[bytes] = []

    def keep(buffer: bytes) -> Sequence[bytes]:
        passed.append(buffer)
        return [buffer]

    assert not [r for r in altered_by(keep, 0, 2) if isinstance(r, Exception)]
    assert passed


def shorter(buffer: bytes) -> Sequence[bytes]:
    length = int.from_bytes(buffer[12:20], "little")
    return [buffer[:12] + (max(length, 8) - 8).to_bytes(8, "little") + buffer[20:]]


def huge(buffer: bytes) -> Sequence[bytes]:
    return [buffer[:12] + (1 << 50).to_bytes(8, "little") + buffer[20:]]


def replayed(buffer: bytes) -> Sequence[bytes]:
    return [buffer, buffer]


def of_another_version(buffer: bytes) -> Sequence[bytes]:
    return [b"\x63\x00" + buffer[2:]]


@pytest.mark.parametrize("alter", [shorter, huge, replayed, of_another_version])
def test_an_altered_frame_is_refused(alter: Any) -> None:
    results = altered_by(alter, 1, 2)
    assert isinstance(results[2], WireError), results[2]
    assert all(isinstance(r, EnigmaError) for r in results if isinstance(r, Exception))
    frame = bytes(HEADER_BYTES - 8) + (16).to_bytes(8, "little") + bytes(16)
    assert list(alter(frame)) != [frame]


def test_surplus_bytes_in_the_last_frame_are_refused() -> None:
    """Nothing reads after the last message of a run, and still what came with it is noticed."""
    sent: list[bytes] = []

    def longer(buffer: bytes) -> Sequence[bytes]:
        length = int.from_bytes(buffer[12:20], "little")
        sent.append(buffer[:12] + (length + 8).to_bytes(8, "little") + buffer[20:] + bytes(8))
        return [sent[-1]]

    def wrap(seat: int, peer: int, link: Link) -> Link:
        return Altered(link, longer) if (seat, peer) == (1, 0) else link

    _, results = run_live([build.mul(X, X)], RAW, wrap)
    assert len(sent) == 1
    assert isinstance(results[0], WireError), results[0]
    assert "8 bytes more" in results[0].message


def test_a_seat_in_another_epoch_is_refused() -> None:
    _, results = run_live([build.mul(X, X)], RAW, epochs=(1, 1, 2))
    assert any(isinstance(r, WireError) and "epoch" in r.message for r in results)


# ---------------------------------------------------------------- before the run


def at_once(calls: Sequence[Any]) -> list[Any]:
    def one(call: Any) -> Any:
        try:
            return call()
        except EnigmaError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_a_seat_with_another_program_is_refused() -> None:
    mesh = memory_mesh(range(3))
    digests = [b"a" * 32, b"a" * 32, b"b" * 32]
    results = at_once([lambda seat=seat: confirm(seat, mesh[seat], 1, digests[seat]) for seat in range(3)])
    assert all(isinstance(r, ProtocolError) and "different programs" in r.message for r in results)
    mesh = memory_mesh(range(3))
    assert at_once([lambda seat=seat: confirm(seat, mesh[seat], 1, digests[0]) for seat in range(3)]) == [None] * 3


def contributions(wrap: Any = None) -> list[Any]:
    mesh = memory_mesh(range(3))
    keys = [NodeKey.generate() for _ in range(3)]
    members = {seat: key.public_bytes for seat, key in enumerate(keys)}
    counter = iter(range(1 << 20))
    lock = threading.Lock()

    def random_bytes(count: int) -> bytes:
        with lock:
            return next(counter).to_bytes(count, "little")

    def one(seat: int) -> Any:
        links = {peer: wrap(seat, peer, link) if wrap else link for peer, link in mesh[seat].items()}
        try:
            return contribute(seat, keys[seat], members, links, FAMILY.holders, b"job", random_bytes)
        except EnigmaError:
            for channel in mesh[seat].values():
                channel.abandon()
            raise

    return at_once([lambda seat=seat: one(seat) for seat in range(3)])


def test_members_of_a_set_hold_the_same_contributions_and_nobody_else_does() -> None:
    found = contributions()
    for holders in FAMILY.holders:
        assert [seat for seat in range(3) if holders in found[seat]] == list(holders)
        values = {tuple(c.value for c in found[seat][holders]) for seat in holders}
        assert len(values) == 1


@pytest.mark.parametrize("message", ["commitment", "opening"])
def test_an_altered_contribution_is_refused(message: str) -> None:
    altered = []

    def alter(buffer: bytes) -> Sequence[bytes]:
        tree: Any = codec.decode(buffer[HEADER_BYTES:], limit=agreement.CONTROL_BYTES)
        if (len(tree[1]) == 64) != (message == "commitment"):
            return [buffer]
        altered.append(buffer)
        payload = codec.encode([bytes([tree[0][0] ^ 1]) + bytes(tree[0][1:]), tree[1]])
        return [buffer[:HEADER_BYTES] + payload]

    def wrap(seat: int, peer: int, link: Link) -> Link:
        return Altered(link, alter) if (seat, peer) == (1, 2) else link

    results = contributions(wrap)
    assert altered
    assert isinstance(results[2], ProtocolError)
    assert not isinstance(results[2], NetworkError)
