"""The in-memory channel passes the suite of every channel."""

from __future__ import annotations

import pytest
from tests.net.conformance import *  # noqa: F403
from tests.net.conformance import Connect

from enigma.net import Channel, memory_mesh, memory_pair


@pytest.fixture
def connect() -> Connect:
    def pair(deadline: float) -> tuple[Channel, Channel]:
        return memory_pair(deadline=deadline)

    return pair


def test_a_mesh_joins_every_pair() -> None:
    mesh = memory_mesh([0, 1, 2, 5])
    assert {seat: sorted(channels) for seat, channels in mesh.items()} == {
        0: [1, 2, 5],
        1: [0, 2, 5],
        2: [0, 1, 5],
        5: [0, 1, 2],
    }
    mesh[5][1].send(b"hello")
    into = bytearray(5)
    mesh[1][5].receive_into(into, "a word")
    assert into == b"hello"
