"""Messages over pipes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import StreamEnded, WireError
from enigma.wire import Tree, decode, read_message, write_message

LIMIT = 1 << 24


@pytest.fixture(params=["buffered", "raw"])
def pipe(request: pytest.FixtureRequest) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    reading, writing = os.pipe()
    buffering = -1 if request.param == "buffered" else 0
    with (
        os.fdopen(reading, "rb", buffering) as source,
        suppress(BrokenPipeError),  # a buffered sink flushes when it is closed, and nobody may be there
        os.fdopen(writing, "wb", buffering) as sink,
    ):
        yield source, sink


def test_messages_in_order(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    source, sink = pipe
    messages: list[Tree] = [None, {"step": "share", "rows": 5}, b"", [b"x" * 3_000_000, "end", b"y" * 70_000], -1]

    def write_all() -> None:
        for message in messages:
            write_message(sink, message)
        sink.close()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all)
        assert [read_message(source, limit=LIMIT) for _ in messages] == messages
        writing.result()
    with pytest.raises(StreamEnded):
        read_message(source, limit=LIMIT)


def test_long_byte_strings_arrive_as_read_only_views(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    source, sink = pipe
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_message, sink, [b"a" * 500_000, b"b"])
        message = read_message(source, limit=LIMIT)
        writing.result()
    assert isinstance(message, list)
    first, second = message
    assert isinstance(first, memoryview)
    assert isinstance(second, memoryview)
    assert first.obj is second.obj
    assert first.readonly


def test_a_reader_that_left_ends_the_stream(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    source, sink = pipe
    source.close()
    with pytest.raises(StreamEnded):
        write_message(sink, b"x" * 1_000_000)


def written(tree: Tree) -> bytes:
    stream = io.BytesIO()
    write_message(stream, tree)
    return stream.getvalue()


def test_what_is_too_long_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(WireError, match="announces"):
        read_message(io.BytesIO(b"\xff" * 8 + b"x"), limit=LIMIT)


def test_every_cut_is_refused() -> None:
    octets = written({"a": [1, b"two"]})
    for length in range(1, len(octets)):
        with pytest.raises(WireError, match="ended after") as caught:
            read_message(io.BytesIO(octets[:length]), limit=LIMIT)
        assert not isinstance(caught.value, StreamEnded)


@given(st.binary(max_size=60))
def test_random_bytes_only_raise_wire_errors(octets: bytes) -> None:
    framed = len(octets).to_bytes(8, "little") + octets
    for stream in (octets, framed):
        with suppress(WireError):
            assert read_message(io.BytesIO(stream), limit=LIMIT) == decode(stream[8:], limit=LIMIT)


def test_a_tree_without_encoding_writes_nothing() -> None:
    stream = io.BytesIO()
    with pytest.raises(WireError):
        write_message(stream, [b"x" * 100_000, {1, 2}])  # type: ignore[list-item]
    assert stream.getvalue() == b""


@pytest.mark.processes
def test_between_two_processes() -> None:
    echo = (
        "import sys\n"
        "from enigma.wire import read_message, write_message\n"
        "write_message(sys.stdout.buffer, {'heard': read_message(sys.stdin.buffer, limit=1 << 24)})\n"
    )
    with subprocess.Popen([sys.executable, "-c", echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        message: Tree = {"rows": b"\x07" * 2_000_000, "columns": ["latitude", "longitude"]}
        write_message(process.stdin, message)
        assert read_message(process.stdout, limit=LIMIT) == {"heard": message}
        with pytest.raises(StreamEnded):
            read_message(process.stdout, limit=LIMIT)
