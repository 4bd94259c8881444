"""Answers that were given, kept for the one case in which a caller asks for the same again.

A caller whose connection breaks cannot know whether its call was served. It may say the call once more, under the same
number; whoever served it gives the same answer, and serves nothing twice. Kept per peer and bounded, so that no peer
can push out another's answers; where an answer is not kept any more, its number still is, and the repeated call is
refused rather than served again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from enigma.errors import NetworkError
from enigma.net.peers.line import Wait

KEPT_BYTES = 1 << 20
"""Bytes of answers kept for one peer."""
KEPT_NUMBERS = 4096
"""Numbers of calls kept for one peer, the newest."""


class _Call:
    """One call: the answer (a frame's kind and payload), None before it is given and after it was dropped."""

    __slots__ = ("answer", "done")

    def __init__(self) -> None:
        self.done = False
        self.answer: tuple[int, bytes] | None = None


class KeptAnswers:
    """For any number of threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES, kept_numbers: int = KEPT_NUMBERS) -> None:
        self._kept_bytes = kept_bytes
        self._kept_numbers = kept_numbers
        self._changed = threading.Condition()
        self._calls: dict[bytes, OrderedDict[bytes, _Call]] = {}
        self._sizes: dict[bytes, int] = {}

    def begin(self, peer: bytes, call: bytes, wait: Wait) -> tuple[int, bytes] | None:
        """None when this call is new: whoever gets it must `finish` it. Else its answer, waited for.

        Raises PeerSilent when the answer does not come within the wait, NetworkError when it is not kept any more.
        """
        with self._changed:
            calls = self._calls.setdefault(peer, OrderedDict())
            earlier = calls.get(call)
            if earlier is None:
                calls[call] = _Call()
                self._shrink(peer)
                return None
            while not earlier.done:
                self._changed.wait(wait.left())
            if earlier.answer is None:
                raise NetworkError("this call was served before, and its answer is no longer kept")
            return earlier.answer

    def finish(self, peer: bytes, call: bytes, kind: int, answer: bytes) -> None:
        """Keep the answer of a call that was begun, and wake whoever waits for it."""
        with self._changed:
            begun = self._calls[peer].get(call) if peer in self._calls else None
            if begun is not None:  # else the peer was forgotten meanwhile
                begun.done, begun.answer = True, (kind, answer)
                self._sizes[peer] = self._sizes.get(peer, 0) + len(answer)
                self._shrink(peer)
            self._changed.notify_all()

    def forget(self, peer: bytes) -> None:
        """Drop everything of a peer that is none any more."""
        with self._changed:
            for call in self._calls.pop(peer, {}).values():
                call.done, call.answer = True, None
            self._sizes.pop(peer, None)
            self._changed.notify_all()

    def peers(self) -> frozenset[bytes]:
        """The peers of whom something is kept."""
        with self._changed:
            return frozenset(self._calls)

    def _shrink(self, peer: bytes) -> None:
        """Drop the oldest answers beyond the bytes, the oldest numbers beyond their count."""
        calls = self._calls[peer]
        for call in calls.values():
            if self._sizes.get(peer, 0) <= self._kept_bytes:
                break
            if call.answer is not None:
                self._sizes[peer] -= len(call.answer[1])
                call.answer = None
        while len(calls) > self._kept_numbers:
            oldest = next((number for number, call in calls.items() if call.done), None)
            if oldest is None:  # all of them are being served, and that is bounded elsewhere
                break
            dropped = calls.pop(oldest)
            if dropped.answer is not None:
                self._sizes[peer] -= len(dropped.answer[1])
