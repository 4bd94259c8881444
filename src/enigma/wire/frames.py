"""The header of one frame of job traffic between two seats: 20 bytes, little endian, then `length` bytes of payload.

    version u16 | kind u16 | epoch u32 | round u32 | length u64

A seat knows which frame must come next (rounds are fixed by the program), so the header is a check, not an address: a
frame of another version, kind, epoch or round means that the seats are out of step, and nothing of it is used.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from enigma.errors import WireError

VERSION = 1
HEADER_BYTES = 20

_HEADER = struct.Struct("<HHIIQ")


class FrameKind(IntEnum):
    """What a frame carries."""

    ROUND = 1
    """The merged messages of one scheduled round."""
    CONTROL = 2
    """One encoded tree: agreement on a program, a confirmation, the end of a job."""


def pack_header(kind: int, epoch: int, round: int, length: int) -> bytes:  # noqa: A002
    """The 20 bytes before a payload of `length` bytes. Raises WireError when a number does not fit its field."""
    try:
        return _HEADER.pack(VERSION, kind, epoch, round, length)
    except struct.error as error:
        raise WireError(f"no frame header holds kind {kind}, epoch {epoch}, round {round}, length {length}") from error


def unpack_header(
    buffer: bytes | bytearray | memoryview,
    *,
    epoch: int,
    round: int,  # noqa: A002 - a round is what it is
    limit: int,
    kind: int = FrameKind.ROUND,
) -> int:
    """The payload's length in bytes, at most `limit`.

    Raises WireError when the header has another size, version, kind, epoch or round, or announces more than `limit`.
    """
    try:
        version, found_kind, found_epoch, found_round, length = _HEADER.unpack(buffer)
    except struct.error as error:
        raise WireError(f"a frame header has {HEADER_BYTES} bytes, not {len(buffer)}") from error
    if version != VERSION:
        raise WireError(
            f"a frame of version {version} arrived where version {VERSION} is spoken",
            hint="Run the same release of Enigma on every seat.",
        )
    if found_epoch != epoch or found_round != round or found_kind != kind:
        raise WireError(
            f"a frame of kind {found_kind}, epoch {found_epoch}, round {found_round} arrived "
            f"where kind {int(kind)}, epoch {epoch}, round {round} was due",
            hint="The seats are out of step: start the job again, in a new epoch.",
        )
    if length > limit:
        raise WireError(f"a frame announces {length} bytes where at most {limit} may come")
    return int(length)
