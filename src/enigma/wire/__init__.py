"""Every byte that leaves a process: versioned, capped, strict."""

from enigma.wire.codec import Tree, decode, encode
from enigma.wire.frames import HEADER_BYTES, FrameKind, pack_header, unpack_header
from enigma.wire.stream import read_message, write_message

__all__ = [
    "HEADER_BYTES",
    "FrameKind",
    "Tree",
    "decode",
    "encode",
    "pack_header",
    "read_message",
    "unpack_header",
    "write_message",
]
