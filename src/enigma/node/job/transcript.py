"""What came to a seat's process over its channels, after decryption, written down by peer and phase, within bounds.

A transcript of one seat tells its own operator nothing that the operator could not record anyway: it is that seat's
view, and the protocol is made for a curious seat. What it changes is that the view lies on a disk for a while. So it is
off unless the operator asks for it, and of two kinds of bytes only the size is written down: what seats tell each other
to make common keys (epoch 0), and all that this seat sends, from which its masks would follow.

Of each message that came, the first `EACH` bytes are kept as long as there is room; beyond it size and SHA-256; beyond
`MESSAGES` messages only the sums by peer.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from enigma.engine.live import Link
from enigma.errors import WireError
from enigma.wire import Tree
from enigma.wire.frames import HEADER_BYTES, FrameKind

EACH = 1 << 16
"""Bytes of one message that are kept."""
MESSAGES = 1 << 14
"""Messages of one job that are written down one by one."""
KEYS_EPOCH = 0
"""The epoch in which the seats make common keys: nothing of it is kept but sizes."""

_HEADER = struct.Struct("<HHIIQ")


@dataclass(frozen=True, slots=True)
class Heard:
    """One message. `peer`: the other seat; `came`: else this seat sent it; `milliseconds` since the transcript began.

    `step` is what this seat waited for, `phase` what it was doing. `digest`: SHA-256, empty where the message is of
    keys. `first`: as much of it as was kept, never of what was sent; secret, and not printed.
    """

    peer: int
    came: bool
    milliseconds: int
    phase: str
    step: str
    kind: int
    epoch: int
    round: int
    size: int
    digest: bytes
    first: bytes = field(repr=False)

    @property
    def of_keys(self) -> bool:
        """Whether the seats made common keys of it."""
        return self.epoch == KEYS_EPOCH

    @property
    def of_round(self) -> bool:
        """Whether it carries a program's masked words."""
        return self.kind == FrameKind.ROUND


class Transcript:
    """Of one attempt at one seat. `room`: bytes of messages that are kept. One thread at a time."""

    def __init__(self, room: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._room, self._clock, self._since = room, clock, clock()
        self.phase = ""
        self.messages: list[Heard] = []
        self.beyond: dict[int, list[int]] = {}

    def over(self, links: Mapping[int, Any]) -> dict[int, Link]:
        """The same links; what passes over them is written down."""
        return {peer: cast("Link", HeardLink(peer, link, self)) for peer, link in links.items()}

    def tree(self) -> Tree:
        """For the pipe to the node, and for its store."""
        messages: list[Tree] = [
            [m.peer, m.came, m.milliseconds, m.phase, m.step, m.kind, m.epoch, m.round, m.size, m.digest, m.first]
            for m in self.messages
        ]
        beyond: list[Tree] = [[peer, *sums] for peer, sums in sorted(self.beyond.items())]
        return {"messages": messages, "beyond": beyond}

    def note(self, peer: int, came: bool, step: str, frame: _Frame) -> None:
        """One whole message has passed."""
        if len(self.messages) >= MESSAGES:
            sums = self.beyond.setdefault(peer, [0, 0, 0, 0])
            sums[0 if came else 2] += 1
            sums[1 if came else 3] += frame.size
            return
        self._room -= len(frame.first)
        self.messages.append(
            Heard(
                peer, came, round(1000 * (self._clock() - self._since)), self.phase, step, frame.kind, frame.epoch,
                frame.round, frame.size, b"" if frame.epoch == KEYS_EPOCH else frame.hash.digest(), bytes(frame.first),
            )
        )  # fmt: skip

    def room(self, came: bool, epoch: int) -> int:
        """How many bytes of the next message are kept."""
        return max(0, min(EACH, self._room)) if came and epoch != KEYS_EPOCH else 0


def read_messages(tree: Any) -> tuple[list[Heard], dict[int, list[int]]]:
    """What `Transcript.tree` wrote: messages, and by peer (came, their bytes, sent, their bytes) of all others."""
    try:
        messages = [_heard(*each) for each in tree["messages"]]
        return messages, {int(peer): [int(each) for each in sums] for peer, *sums in tree["beyond"]}
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise WireError(f"not a transcript of a job: {error}") from error


def _heard(
    peer: int, came: bool, milliseconds: int, phase: str, step: str, kind: int, epoch: int, round_: int, size: int,
    digest: bytes, first: bytes,
) -> Heard:  # fmt: skip
    return Heard(peer, came, milliseconds, phase, step, kind, epoch, round_, size, bytes(digest), bytes(first))


class HeardLink:
    """One channel, of which every frame is noted; the bytes pass unchanged, and are not waited for any longer."""

    def __init__(self, peer: int, link: Any, transcript: Transcript) -> None:
        self._link = link
        self._received, self._sent = _Frames(peer, True, transcript), _Frames(peer, False, transcript)

    def send(self, buffer: bytes | memoryview) -> None:
        """See `Link.send`."""
        self._sent.feed(memoryview(buffer), "")
        self._link.send(buffer)

    def receive_into(self, view: bytearray | memoryview, step: str) -> None:
        """See `Link.receive_into`."""
        self._link.receive_into(view, step)
        self._received.feed(memoryview(view), step)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the channel can: counts, close, abandon."""
        return getattr(self._link, name)


class _Frame:
    """A frame that is passing: what its header says, and what is kept of what follows."""

    def __init__(self, header: bytes) -> None:
        _, self.kind, self.epoch, self.round, self.size = _HEADER.unpack(header)
        self.left: int = self.size
        self.first = bytearray()
        self.hash = hashlib.sha256()


class _Frames:
    """One direction of a channel, cut into frames wherever its buffers are cut."""

    def __init__(self, peer: int, came: bool, transcript: Transcript) -> None:
        self._peer, self._came, self._transcript = peer, came, transcript
        self._header = bytearray()
        self._frame: _Frame | None = None
        self._keep = 0

    def feed(self, view: memoryview, step: str) -> None:
        rest = view.cast("B") if view.nbytes else memoryview(b"")
        while rest.nbytes:
            if self._frame is None:
                missing = HEADER_BYTES - len(self._header)
                self._header += rest[:missing]
                rest = rest[missing:]
                if len(self._header) < HEADER_BYTES:
                    return
                self._frame = _Frame(bytes(self._header))
                self._keep = self._transcript.room(self._came, self._frame.epoch)
                self._header.clear()
            part = rest[: self._frame.left]
            self._frame.hash.update(part)
            self._frame.first += part[: self._keep - len(self._frame.first)]
            self._frame.left -= part.nbytes
            rest = rest[part.nbytes :]
            if not self._frame.left:
                self._transcript.note(self._peer, self._came, step, self._frame)
                self._frame = None
