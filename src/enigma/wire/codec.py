"""One canonical encoding for trees of plain values: control messages, and whatever is hashed.

Equal trees give equal bytes, and only those bytes decode: no second spelling of a number, no unsorted or repeated key,
nothing left over. There are no floats: a number that is not an integer has no one spelling. The format stands in
docs/spec/encoding.md, with vectors that every implementation must pass.

Every length and count is checked against what is really there, and the number of values against a cap, before memory
is taken for it: the input decides how much memory decoding takes, not a number inside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from enigma.errors import WireError

VERSION = 1
MAX_DEPTH = 64
"""The root of a tree lies at depth 1; nothing may lie deeper than this."""
MAX_VALUES = 1 << 22
"""The most values (every list, dict and scalar counts; keys do not) in one tree."""
KEPT_APART = 1 << 16
"""Byte strings of at least this size are not copied into a joint buffer by `encode_parts`."""

Tree: TypeAlias = "bool | int | str | bytes | memoryview | bytearray | Sequence[Tree] | Mapping[str, Tree] | None"

_NONE, _FALSE, _TRUE, _INT, _STR, _BYTES, _LIST, _DICT = range(8)


def encode(tree: Tree) -> bytes:
    """The canonical bytes of `tree`.

    Takes None, bool, int of any size, str, bytes-like, lists and tuples (the same on the wire) and dicts with str keys.
    Raises WireError, naming the place, on anything else, and on what `decode` would refuse: too deep, too many values.
    """
    return b"".join(encode_parts(tree))


def encode_parts(tree: Tree) -> list[bytes | bytearray | memoryview]:
    """The parts whose concatenation is `encode(tree)`; long byte strings are among them uncopied."""
    encoder = _Encoder()
    encoder.add(tree, 1)
    encoder.parts.append(encoder.joint)
    return encoder.parts


def decode(data: bytes | bytearray | memoryview, *, limit: int, views: bool = False) -> Tree:
    """The tree that `data` is the canonical encoding of; lists come back as list.

    `limit`: the most bytes accepted. `views`: give byte strings as read-only memoryviews into `data`, not as copies.
    Raises WireError on anything that `encode` would not have written.
    """
    view = memoryview(data).cast("B")
    if view.nbytes > limit:
        raise WireError(f"an encoded tree of {view.nbytes} bytes is longer than the {limit} bytes allowed here")
    decoder = _Decoder(view.toreadonly(), views)
    if decoder.byte() != VERSION:
        raise WireError(f"these bytes are not version {VERSION} of the encoding")
    tree = decoder.value(1)
    if decoder.position != decoder.end:
        raise WireError(f"{decoder.end - decoder.position} bytes are left over after an encoded tree")
    return tree


class _Encoder:
    """Collects the encoding: short pieces in `joint`, long byte strings as they are in `parts`."""

    def __init__(self) -> None:
        self.parts: list[bytes | bytearray | memoryview] = []
        self.joint = bytearray((VERSION,))
        self.values = 0
        self.place: list[int | str] = []

    def add(self, tree: Tree, depth: int) -> None:
        self.values += 1
        if depth > MAX_DEPTH:
            raise self.problem(f"lies deeper than {MAX_DEPTH} levels")
        if self.values > MAX_VALUES:
            raise self.problem(f"is one value more than the {MAX_VALUES} that one tree may hold")
        if tree is None:
            self.joint.append(_NONE)
        elif isinstance(tree, bool):
            self.joint.append(_TRUE if tree else _FALSE)
        elif isinstance(tree, int):
            width = 0 if tree == 0 else (tree if tree >= 0 else ~tree).bit_length() // 8 + 1
            self.joint.append(_INT)
            self.length(width)
            self.joint += tree.to_bytes(width, "big", signed=True)
        elif isinstance(tree, str):
            self.joint.append(_STR)
            self.text(self.utf8(tree))
        elif isinstance(tree, (bytes, bytearray, memoryview)):
            self.joint.append(_BYTES)
            self.octets(tree)
        elif isinstance(tree, (list, tuple)):
            self.joint.append(_LIST)
            self.length(len(tree))
            for index, item in enumerate(tree):
                self.place.append(index)
                self.add(item, depth + 1)
                self.place.pop()
        elif isinstance(tree, Mapping):
            self.joint.append(_DICT)
            self.length(len(tree))
            for key, octets in self.sorted_keys(tree):
                self.text(octets)
                self.place.append(key)
                self.add(tree[key], depth + 1)
                self.place.pop()
        else:
            raise self.problem(f"is a {type(tree).__name__}, which has no encoding")

    def sorted_keys(self, tree: Mapping[str, Tree]) -> list[tuple[str, bytes]]:
        for key in tree:
            if not isinstance(key, str):
                raise self.problem(f"has a key of type {type(key).__name__}; keys are str")
        return sorted(((key, self.utf8(key)) for key in tree), key=lambda pair: pair[1])

    def utf8(self, text: str) -> bytes:
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            raise self.problem("holds a lone surrogate, which UTF-8 cannot spell") from error

    def length(self, number: int) -> None:
        while number > 0x7F:
            self.joint.append(number & 0x7F | 0x80)
            number >>= 7
        self.joint.append(number)

    def text(self, octets: bytes) -> None:
        self.length(len(octets))
        self.joint += octets

    def octets(self, buffer: bytes | bytearray | memoryview) -> None:
        if not isinstance(buffer, bytes):
            buffer = memoryview(buffer)
            if not buffer.c_contiguous:
                raise self.problem("is a memoryview with gaps; only contiguous bytes have an encoding")
            buffer = buffer.cast("B") if buffer.nbytes else b""
        self.length(len(buffer))
        if len(buffer) < KEPT_APART:
            self.joint += buffer
        else:
            self.parts += (self.joint, buffer)
            self.joint = bytearray()

    def problem(self, what: str) -> WireError:
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place)
        return WireError(f"cannot encode: the value at {place or 'the root'} {what}")


class _Decoder:
    """Reads one tree from `view`, checking every byte of its spelling."""

    def __init__(self, view: memoryview, views: bool) -> None:
        self.view = view
        self.end = view.nbytes
        self.position = 0
        self.values = 0
        self.views = views

    def value(self, depth: int) -> Tree:
        self.values += 1
        if depth > MAX_DEPTH:
            raise WireError(f"an encoded tree is deeper than {MAX_DEPTH} levels")
        if self.values > MAX_VALUES:
            raise WireError(f"an encoded tree holds more than {MAX_VALUES} values")
        kind = self.byte()
        if kind == _NONE:
            return None
        if kind in (_FALSE, _TRUE):
            return kind == _TRUE
        if kind == _INT:
            return self.integer()
        if kind == _STR:
            return self.text()
        if kind == _BYTES:
            octets = self.octets(self.length())
            return octets if self.views else bytes(octets)
        if kind == _LIST:
            return [self.value(depth + 1) for _ in range(self.count(1))]
        if kind == _DICT:
            return self.mapping(depth)
        raise WireError(f"byte {self.position - 1} of an encoded tree is {kind}, which begins no value")

    def mapping(self, depth: int) -> dict[str, Tree]:
        tree: dict[str, Tree] = {}
        previous: bytes | None = None
        for _ in range(self.count(2)):
            start = self.position
            key = self.text()
            # Compared as UTF-8, length left out: the order of code points, the same in every language.
            octets = key.encode()
            if previous is not None and octets <= previous:
                raise WireError(f"a key at byte {start} of an encoded tree is repeated or out of order")
            previous = octets
            tree[key] = self.value(depth + 1)
        return tree

    def integer(self) -> int:
        start = self.position
        octets = self.octets(self.length())
        number = int.from_bytes(octets, "big", signed=True)
        width = len(octets)
        if width and (number == 0 or (width > 1 and -(1 << 8 * width - 9) <= number < 1 << 8 * width - 9)):
            raise WireError(f"the integer at byte {start} of an encoded tree is not in its shortest form")
        return number

    def text(self) -> str:
        start = self.position
        octets = self.octets(self.length())
        try:
            return str(octets, "utf-8")
        except UnicodeDecodeError as error:
            raise WireError(f"the text at byte {start} of an encoded tree is not UTF-8") from error

    def count(self, least: int) -> int:
        """A count of items of at least `least` bytes each: never more than the rest of the input could hold."""
        count = self.length()
        if count * least > self.end - self.position:
            raise WireError(f"an encoded tree announces {count} items and ends before they could")
        if count > MAX_VALUES - self.values:
            raise WireError(f"an encoded tree holds more than {MAX_VALUES} values")
        return count

    def length(self) -> int:
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 56:
                raise WireError("a length in an encoded tree is above 2^63")
        if byte == 0 and shift:
            raise WireError(f"the length before byte {self.position} of an encoded tree is not in its shortest form")
        return number

    def octets(self, length: int) -> memoryview:
        stop = self.position + length
        if stop > self.end:
            raise WireError(f"an encoded tree announces {length} bytes and has {self.end - self.position} left")
        octets = self.view[self.position : stop]
        self.position = stop
        return octets

    def byte(self) -> int:
        if self.position >= self.end:
            raise WireError("an encoded tree ends too early")
        byte = self.view[self.position]
        self.position += 1
        return byte
