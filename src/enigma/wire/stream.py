"""Encoded trees over a pipe or another binary stream, each behind its length (8 bytes, little endian).

For two processes that trust their pipe, a client and a seat it started. Long byte strings go out as they are and
come in as views of the one buffer they were read into: nothing is copied on the way.
"""

from __future__ import annotations

from typing import IO, Protocol, cast

from enigma.errors import StreamEnded, WireError
from enigma.wire.codec import Tree, decode, encode_parts

LENGTH_BYTES = 8


class ReadableStream(Protocol):
    """What messages are read from: a blocking binary file or pipe, buffered or not."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Read into the buffer; 0 at the end of the stream."""


class WritableStream(Protocol):
    """What messages are written to: a blocking binary file or pipe, buffered or not."""

    def write(self, buffer: bytes | bytearray | memoryview, /) -> int | None:
        """Write some of the buffer, and say how much."""

    def flush(self) -> None:
        """Hand on what a buffer still holds."""


def write_message(stream: WritableStream, tree: Tree) -> None:
    """Write one message and flush it.

    Raises WireError, before anything is written, when `tree` has no encoding; StreamEnded when nobody reads any more.
    """
    parts = encode_parts(tree)
    length = sum(len(part) for part in parts).to_bytes(LENGTH_BYTES, "little")
    try:
        _write_all(stream, length + parts[0])
        for part in parts[1:]:
            _write_all(stream, part)
        stream.flush()
    except (BrokenPipeError, ConnectionError) as error:
        raise StreamEnded("the other side closed the stream before a message was written to its end") from error


def read_message(stream: ReadableStream | IO[bytes], *, limit: int) -> Tree:
    """Read one message of at most `limit` bytes; its byte strings are read-only views of one buffer.

    Raises StreamEnded when the stream ends where a message could begin, and WireError when it ends inside of one, when
    more than `limit` bytes are announced (before memory is taken for them), or when they do not decode.
    """
    source = cast("ReadableStream", stream)  # every binary file reads into buffers; IO[bytes] does not say so
    prefix = bytearray(LENGTH_BYTES)
    filled = _fill(source, prefix)
    if filled == 0:
        raise StreamEnded("the other side closed the stream")
    if filled < LENGTH_BYTES:
        raise WireError(f"the stream ended after {filled} of the {LENGTH_BYTES} bytes of a message's length")
    length = int.from_bytes(prefix, "little")
    if length > limit:
        raise WireError(f"a message announces {length} bytes where at most {limit} may come")
    message = bytearray(length)
    filled = _fill(source, message)
    if filled < length:
        raise WireError(f"the stream ended after {filled} of a message's {length} bytes")
    return decode(message, limit=limit, views=True)


def _write_all(stream: WritableStream, buffer: bytes | bytearray | memoryview) -> None:
    view = memoryview(buffer)
    while view.nbytes:
        written = stream.write(view)
        if written is None:
            raise WireError("messages are written to blocking streams only")
        view = view[written:]


def _fill(stream: ReadableStream, buffer: bytearray) -> int:
    """Read until `buffer` is full or the stream ends; the number of bytes read."""
    view = memoryview(buffer)
    filled = 0
    while filled < len(view):
        try:
            count = stream.readinto(view[filled:])
        except ConnectionError:
            return filled  # a reset is an end like any other: what is missing is reported by the caller
        if count is None:
            raise WireError("messages are read from blocking streams only")
        if count == 0:
            break
        filled += count
    return filled
