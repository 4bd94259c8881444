"""Transcripts of this seat's jobs in the node's encrypted store: as many bytes as its operator allows, for so long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from enigma.node.job.transcript import Heard, read_messages
from enigma.storage import Store
from enigma.wire import Tree, codec

ATTEMPTS = 4
"""Attempts at one job whose transcripts are kept; the next one takes the place of the oldest."""
PART = 4
"""One attempt may take one part in so many of the whole room."""
LIMIT = 1 << 36

_SPACE = "transcripts"


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt at a job, as this seat's process heard it. `begun`: seconds since 1970.

    `beyond`: by peer, messages that came, their bytes, messages that were sent, their bytes: those that were too many
    to be written down one by one.
    """

    job: int
    seat: int
    attempt: int
    begun: int
    messages: list[Heard]
    beyond: dict[int, list[int]]


def forget(store: Store, contract: bytes, had: Callable[[int], bool]) -> None:
    """Delete the transcripts of those of a contract's jobs for which `had(job)`, also of a node that writes no more."""
    for key in store.keys(_SPACE, contract):
        if had(int.from_bytes(key[32:40], "big")):
            store.delete(_SPACE, key)


class Transcripts:
    """Of one node. `room`: bytes of all of them together, 0: none is taken; `life`: seconds that each is kept."""

    def __init__(self, store: Store, room: int, life: int, now: Callable[[], int]) -> None:
        self._store, self._room, self._life, self._now = store, room, life, now
        self._lock = threading.Lock()

    @property
    def each(self) -> int:
        """Bytes of messages that one attempt may keep; 0 where none is taken."""
        return self._room // PART

    def keep(self, contract: bytes, job: int, seat: int, attempt: int, begun: int, tree: Tree) -> None:
        """Keep what a process has written down; the oldest of other jobs go where there is no room.

        Sizes and hashes of messages count too: with them the room is exceeded by a quarter at most.
        """
        if not self._room:
            return
        value = codec.encode([seat, attempt, begun, tree])
        key = contract + job.to_bytes(8, "big") + (attempt % ATTEMPTS).to_bytes(1, "big")
        with self._lock:
            self._make_room(len(value), key)
            self._store.put(_SPACE, key, value, expires=self._now() + self._life)

    def of(self, contract: bytes, job: int) -> list[Attempted]:
        """The transcripts of a job, the oldest attempt first."""
        found = []
        for key in self._store.keys(_SPACE, contract + job.to_bytes(8, "big")):
            octets = self._store.get(_SPACE, key)
            if octets is not None:
                seat, attempt, begun, tree = _tree(octets)
                messages, beyond = read_messages(tree)
                found.append(Attempted(job, int(seat), int(attempt), int(begun), messages, beyond))
        return sorted(found, key=lambda each: each.attempt)

    def jobs(self, contract: bytes) -> list[int]:
        """The jobs of a contract of which there is a transcript."""
        return sorted({int.from_bytes(key[32:40], "big") for key in self._store.keys(_SPACE, contract)})

    def _make_room(self, size: int, key: bytes) -> None:
        sizes = {each: self._store.size(_SPACE, each) or 0 for each in self._store.keys(_SPACE) if each != key}
        oldest = sorted(sizes, key=lambda each: (self._store.expires(_SPACE, each) or 0, each[32:]))
        total = sum(sizes.values()) + size
        for each in oldest:
            if total <= self._room + self._room // PART:
                return
            self._store.delete(_SPACE, each)
            total -= sizes[each]


def _tree(octets: bytes) -> Any:
    return codec.decode(octets, limit=LIMIT)
