"""Work for peers on a bounded number of threads, so that no peer can keep the others waiting."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Lanes:
    """At most `threads` pieces of work at once, at most `per_peer` for one peer; what is more waits its turn.

    How much may wait is bounded by whoever submits: here, one piece of work for each connection.
    """

    def __init__(self, name: str, threads: int, per_peer: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._per_peer = per_peer
        self._lock = threading.Lock()
        self._active: defaultdict[bytes, int] = defaultdict(int)
        self._waiting: defaultdict[bytes, deque[Callable[[], None]]] = defaultdict(deque)
        self._closed = False

    def submit(self, peer: bytes, work: Callable[[], None]) -> bool:
        """Have `work` done for `peer`; False after `close`: it never will be."""
        with self._lock:
            if self._closed:
                return False
            if self._active[peer] >= self._per_peer:
                self._waiting[peer].append(work)
            else:
                self._active[peer] += 1
                self._pool.submit(self._run, peer, work)
            return True

    def close(self) -> None:
        """Take nothing more, and return when all that was submitted is done."""
        with self._lock:
            self._closed = True
            waiting = [work for works in self._waiting.values() for work in works]
            self._waiting.clear()
        for work in waiting:
            work()
        self._pool.shutdown()

    def _run(self, peer: bytes, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._lock:
                waiting = self._waiting.get(peer)
                if waiting:
                    self._pool.submit(self._run, peer, waiting.popleft())
                else:
                    self._waiting.pop(peer, None)
                    self._active[peer] -= 1
                    if not self._active[peer]:
                        del self._active[peer]
