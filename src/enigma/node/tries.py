"""How often a job has been tried, so that it is not tried without end.

Each attempt draws fresh randomness, and opens what the contract opens; noise that is drawn anew, or a public field that
has changed since, makes of several attempts several answers. And what fails for a reason of its own, an input that is
too large for a seat's memory, say, fails the same way each time. So each seat takes part in at most `MOST` attempts at
one job; then all refuse it together, and the asker pays nothing.

An attempt counts from where the job's process is first given pieces: before, nothing private can become known. The
count is on disk before the first piece leaves the node, so that no crash makes it smaller.
"""

from __future__ import annotations

from enigma.storage import Store

MOST = 20
GIVEN_UP = f"its seats tried it {MOST} times, and none of these attempts came to an end"
KEPT = 86_400
"""Seconds for which a count is kept beyond the job's deadline, by whichever clock is slow."""
_TRIES = "tries"


class Tries:
    """Of one node, in its store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def count(self, request: bytes) -> int:
        """Attempts at a request in which this seat gave pieces."""
        return int.from_bytes(self._store.get(_TRIES, request) or b"", "big")

    def add(self, request: bytes, deadline: int) -> None:
        """One more; when this returns, it survives the loss of power. Raises `StoreFull`."""
        self._store.put(_TRIES, request, (self.count(request) + 1).to_bytes(4, "big"), expires=deadline + KEPT)

    def spent(self, request: bytes) -> bool:
        """Whether this seat takes part in no further attempt."""
        return self.count(request) >= MOST
