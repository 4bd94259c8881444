"""The one door through which a protocol sees the world: its seat, shared randomness, and the other seats.

A protocol is a generator. It draws, computes and sends; it yields where its round ends; resumed, it receives what the
others sent in that round. It never waits, names no socket and no clock, and so runs as well in a process of its own
as beside the other seats in one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from enigma.algebra.kernels import Kernels
from enigma.algebra.prg import Block

T = TypeVar("T")
Joint = Generator[None, None, T]
"""A protocol in progress: yields once at the end of each of its rounds."""

Message = npt.NDArray[Any]
Words = npt.NDArray[np.uint64]
Octets = npt.NDArray[np.uint8]


class MaskBits(NamedTuple):
    """Bits `first` up to (not including) `last` of every word of a drawn array: the part of it that masks a message."""

    words: Words
    first: int
    last: int


Mask = Message | MaskBits


class Session(ABC):
    """What one seat of one job may do."""

    seat: int
    kernels: Kernels

    @abstractmethod
    def block(self, holders: tuple[int, ...], words: int) -> Block:
        """A fresh block of randomness that exactly the seats `holders` (sorted) can draw; this seat is one of them."""

    @abstractmethod
    def send(self, peer: int, message: Message, masks: Sequence[Mask]) -> None:
        """Send a contiguous array to a peer in this round; the sender must not change it afterwards.

        `masks` are drawn arrays (or some bits of them), which the peer cannot draw and which no other message to it
        uses: without them the message says nothing. An empty sequence stands for a masked opening (`opening`). Tests
        check all this; a live session does not look at them.
        """

    @abstractmethod
    def receive(self, peer: int, out: Message) -> None:
        """Fill `out` with the next message that the peer sent in the round before."""
