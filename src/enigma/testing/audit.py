"""Whether every word that a seat sends is masked, by bits that its receiver cannot draw and that mask nothing else.

An `Audit` watches a `World`: it notes every array drawn from a block of shared randomness, and where in memory it lies,
and resolves the masks that each message registers to positions of a key's stream. It raises `ProtocolError` when

- what a seat draws is not its key's stream, or was drawn before;
- a mask was not drawn by the sender, was changed since, or the receiver holds its key;
- the masks have fewer bits than the message;
- a bit of a mask has masked another message to the same receiver;
- a message has no mask, and is not sent by a masked opening (a function `open_masked` of a module `opening`).

What it cannot see is whether a protocol adds the mask that it registers: for that there is the distribution of messages
over many seeds. A row of octets may carry fewer bits than it has room for, so one `MaskBits` per row of octets counts
in whole octets.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from enigma.algebra.prg import Block
from enigma.errors import ProtocolError
from enigma.protocol.session import Mask, MaskBits, Message

Holders = tuple[int, ...]
Octets = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Drawn:
    """An array that a seat drew: whose key, and from which byte of its stream."""

    holders: Holders
    position: int
    array: npt.NDArray[Any]
    octets: bytes


class RecordedBlock(Block):
    """A block that tells its audit what is drawn from it."""

    __slots__ = ("_audit", "_holders", "_seat")

    def __init__(self, block: Block, audit: Audit, seat: int, holders: Holders) -> None:
        prg, start, end = block._prg, block._position, block._end  # noqa: SLF001 - it stands in for that block
        super().__init__(prg, start, end - start)
        self._audit, self._seat, self._holders = audit, seat, holders

    def _draw(self, out: npt.NDArray[Any]) -> None:
        position = 8 * self._position
        super()._draw(out)
        self._audit.note(self._seat, Drawn(self._holders, position, out, out.tobytes()))


class Audit:
    """The masks of all seats under one set of keys. `messages` and `openings` count what was checked."""

    def __init__(self, key: Callable[[Holders], bytes]) -> None:
        self._key = key
        self.messages = 0
        self.openings = 0
        self._starts: dict[int, list[int]] = {}
        self._drawn: dict[int, dict[int, Drawn]] = {}
        self._spent: dict[tuple[int, Holders], int] = {}
        self._used: dict[tuple[int, Holders], Octets] = {}

    def note(self, seat: int, drawn: Drawn) -> None:
        """Remember what a seat drew. Raises `ProtocolError` when it drew those words before."""
        if not drawn.octets:
            return
        if drawn.position < self._spent.get((seat, drawn.holders), 0) and self._overlaps(seat, drawn):
            raise ProtocolError(f"seat {seat} drew words of the key of {drawn.holders} twice")
        if drawn.octets != self._stream(drawn):
            raise ProtocolError(f"seat {seat} drew words that are not the stream of the key of {drawn.holders}")
        end = drawn.position + len(drawn.octets)
        self._spent[seat, drawn.holders] = max(end, self._spent.get((seat, drawn.holders), 0))
        address = _address(drawn.array)
        starts = self._starts.setdefault(seat, [])
        starts.insert(bisect_right(starts, address), address)
        self._drawn.setdefault(seat, {})[address] = drawn

    def check(self, seat: int, peer: int, message: Message, masks: Sequence[Mask]) -> None:
        """Check one message's masks."""
        if not message.nbytes:
            return
        self.messages += 1
        if not masks:
            _want_opening(seat, peer)
            self.openings += 1
            return
        capacity = 0
        for mask in masks:
            words, first, last = mask if isinstance(mask, MaskBits) else (mask, 0, 0)
            drawn, offset = self._find(seat, words)
            if peer in drawn.holders:
                raise ProtocolError(f"seat {seat} masks a message to seat {peer} with words that {peer} draws as well")
            bits = _bit_pattern(first, last, len(words)) if isinstance(mask, MaskBits) else None
            self._use(peer, drawn, offset, np.full(words.nbytes, 0xFF, np.uint8) if bits is None else bits)
            capacity += _capacity(message, mask)
        if capacity < 8 * message.nbytes:
            raise ProtocolError(
                f"seat {seat} masks {8 * message.nbytes} bits to seat {peer} with {capacity} random ones"
            )

    def _stream(self, drawn: Drawn) -> bytes:
        """AES in counter mode at the drawn position, computed without `Prg`."""
        counter, skipped = divmod(drawn.position, 16)
        cipher = Cipher(algorithms.AES(self._key(drawn.holders)), modes.CTR(counter.to_bytes(16, "big")))
        return cipher.encryptor().update(bytes(skipped + len(drawn.octets)))[skipped:]

    def _overlaps(self, seat: int, drawn: Drawn) -> bool:
        end = drawn.position + len(drawn.octets)
        return any(
            x.holders == drawn.holders and x.position < end and drawn.position < x.position + len(x.octets)
            for x in self._drawn[seat].values()
        )

    def _find(self, seat: int, mask: npt.NDArray[Any]) -> tuple[Drawn, int]:
        """What the seat drew at the place in memory where the mask lies, and the mask's offset in it."""
        if not mask.flags.c_contiguous:
            raise ProtocolError(f"seat {seat} registers a mask with gaps, of shape {mask.shape}")
        address = _address(mask)
        starts = self._starts.get(seat, [])
        place = bisect_right(starts, address)
        drawn = self._drawn[seat][starts[place - 1]] if place else None
        offset = address - starts[place - 1] if place else 0
        if drawn is None or offset + mask.nbytes > len(drawn.octets):
            raise ProtocolError(f"seat {seat} registers a mask that it did not draw, of shape {mask.shape}")
        if drawn.octets[offset : offset + mask.nbytes] != mask.tobytes():
            raise ProtocolError(f"seat {seat} changed a mask after it was drawn")
        return drawn, drawn.position + offset

    def _use(self, peer: int, drawn: Drawn, start: int, bits: Octets) -> None:
        used = self._used.get((peer, drawn.holders))
        end = start + len(bits)
        if used is None or len(used) < end:
            grown = np.zeros(2 * end, np.uint8)
            if used is not None:
                grown[: len(used)] = used
            self._used[peer, drawn.holders] = used = grown
        here = used[start:end]
        if np.any(here & bits):
            raise ProtocolError(f"words of the key of {drawn.holders} mask two messages to seat {peer}")
        here |= bits


def _address(array: npt.NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _bit_pattern(first: int, last: int, words: int) -> Octets:
    word = np.array([((1 << last) - 1) ^ ((1 << first) - 1)], np.uint64)
    return np.tile(word.view(np.uint8), words)


def _capacity(message: Message, mask: Mask) -> int:
    """How many bits of the message a mask covers."""
    if not isinstance(mask, MaskBits):
        return 8 * mask.nbytes
    bits = mask.last - mask.first
    rows = message.dtype == np.uint8 and message.ndim == 2 and len(message) == len(mask.words)
    return (8 * -(-bits // 8) if rows else bits) * len(mask.words)


def _want_opening(seat: int, peer: int) -> None:
    frame = sys._getframe(1)  # noqa: SLF001 - who sends is on the stack, and nowhere else
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("enigma.testing."):
        frame = frame.f_back
    module = frame.f_globals.get("__name__", "")
    if not (module.endswith(".opening") and frame.f_code.co_name == "open_masked"):
        raise ProtocolError(f"seat {seat} sends seat {peer} a message without a mask, from {module}")
