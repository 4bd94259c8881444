"""The frame header says what is due, and anything else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import WireError
from enigma.wire import HEADER_BYTES, FrameKind, pack_header, unpack_header

U32 = st.integers(0, 2**32 - 1)


def test_the_layout_is_the_documented_one() -> None:
    header = pack_header(FrameKind.ROUND, 0x01020304, 0x05060708, 0x090A0B0C0D0E0F10)
    assert header.hex() == "01000100" + "04030201" + "08070605" + "100f0e0d0c0b0a09"
    assert len(header) == HEADER_BYTES


@given(st.integers(0, 2**16 - 1), U32, U32, st.integers(0, 2**64 - 1))
def test_round_trip(kind: int, epoch: int, number: int, length: int) -> None:
    header = pack_header(kind, epoch, number, length)
    found = unpack_header(bytearray(header), epoch=epoch, round=number, limit=length, kind=kind)
    assert found == length


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ({"epoch": 8}, "epoch 7, round 9 arrived where kind 1, epoch 8, round 9"),
        ({"round": 10}, "out of step"),
        ({"kind": FrameKind.CONTROL}, "kind 1"),
        ({"limit": 99}, "announces 100 bytes where at most 99"),
    ],
)
def test_what_is_not_due_is_refused(change: dict[str, int], fragment: str) -> None:
    header = pack_header(FrameKind.ROUND, 7, 9, 100)
    due = {"epoch": 7, "round": 9, "limit": 100, **change}
    with pytest.raises(WireError, match=fragment):
        unpack_header(header, **due)


def test_another_version_or_size_is_refused() -> None:
    header = pack_header(FrameKind.ROUND, 0, 0, 0)
    with pytest.raises(WireError, match="version 2"):
        unpack_header(b"\x02" + header[1:], epoch=0, round=0, limit=0)
    for bad in (b"", header[:-1], header + b"\x00"):
        with pytest.raises(WireError, match="20 bytes"):
            unpack_header(bad, epoch=0, round=0, limit=0)


@given(st.binary(min_size=0, max_size=24))
def test_random_headers_only_raise_wire_errors(header: bytes) -> None:
    with pytest.raises(WireError):
        unpack_header(header, epoch=2**31, round=3, limit=10)


@pytest.mark.parametrize(
    "numbers", [(-1, 0, 0, 0), (0, 2**32, 0, 0), (0, 0, -1, 0), (0, 0, 0, 2**64), (2**16, 0, 0, 0)]
)
def test_numbers_that_do_not_fit_are_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(WireError, match="no frame header holds"):
        pack_header(*numbers)
