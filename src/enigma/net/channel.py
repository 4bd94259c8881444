"""What two seats of a committee talk through: an ordered stream of bytes each way, with deadlines and named waits.

`Channel` is the interface; `enigma.net.tls_channel` and `enigma.net.memory` implement it, and tests/net/conformance.py
is the suite that both pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, cast

from enigma.errors import ArgumentProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Buffer: TypeAlias = bytes | bytearray | memoryview | NDArray[np.generic]

DEFAULT_DEADLINE = 60.0
"""Seconds without a byte from the peer, or taken by it, after which a channel gives up."""


class Channel(Protocol):
    """Both directions between this seat and one peer. One thread may send while another receives; not two of a kind.

    After any error a channel is out of step with its peer and good for nothing but `abandon`.
    """

    @property
    def peer(self) -> int:
        """The seat at the other end."""

    @property
    def sent_bytes(self) -> int:
        """Payload bytes given to `send` so far."""

    @property
    def received_bytes(self) -> int:
        """Payload bytes that filled views of `receive_into` so far."""

    def send(self, buffer: Buffer) -> None:
        """Send all of a contiguous buffer, in order, without waiting for the peer.

        The channel owns the buffer from here on: the caller does not change it any more. What waits to be sent stays in
        memory; a protocol that sends without ever receiving is not slowed down.
        Raises SeatLost or SeatSilent when an earlier send failed.
        """

    def receive_into(self, view: Buffer, step: str) -> None:
        """Fill all of a writable, contiguous view; `step` names the wait in errors.

        Raises SeatSilent when nothing comes for as long as the deadline, SeatLost when the peer closes first, and what
        `send` raises.
        """

    def close(self) -> None:
        """Deliver what is queued, then close; a second call does nothing.

        Raises SeatSilent when the peer takes nothing for as long as the deadline, SeatLost when the peer is gone.
        """

    def abandon(self) -> None:
        """Close at once and drop what is queued: for the way out after an error. Never raises."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close; abandon when an error is on its way out."""


def flat_bytes(buffer: Buffer) -> memoryview:
    """The bytes of a contiguous buffer, without a copy. Raises ArgumentProblem when it has gaps."""
    view = memoryview(cast("bytes", buffer))  # whatever exports its memory; arrays do not say so to type checkers yet
    if view.format == "B" and view.ndim == 1 and view.c_contiguous:
        return view
    if not view.c_contiguous:
        raise ArgumentProblem(f"a channel takes contiguous buffers; this one has shape {view.shape} and gaps")
    # A view with a zero in its shape cannot be cast.
    return view.cast("B") if view.nbytes else memoryview(bytearray())
