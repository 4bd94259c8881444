"""Who may bring something that takes a node's disk: accounts that have paid in what a question takes at least."""

from __future__ import annotations

import threading
import time

from enigma.chain.jobs import Jobs
from enigma.errors import ArgumentProblem

GOOD_FOR = 60.0
"""Seconds for which an account that had enough is not asked about again."""
REMEMBERED = 4096


class Paying:
    """Asks the chain about accounts, each now and then. Safe between threads."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._seen: dict[str, float] = {}
        self._minimum: int | None = None

    def want(self, account: str) -> None:
        """Goes on only for an account that could ask. Raises ArgumentProblem, `ChainProblem`."""
        now = time.monotonic()
        with self._lock:
            if now < self._seen.get(account, 0.0):
                return
        if self._minimum is None:
            self._minimum = self._jobs.terms().minimum
        balance = self._jobs.balance(account)
        if balance < self._minimum:
            raise ArgumentProblem(
                f"{account} has {balance:,} wei in its account for jobs, and who contributes has {self._minimum:,}",
                hint="pay it in first: what is not spent can be taken back",
            )
        with self._lock:
            while len(self._seen) >= REMEMBERED:
                del self._seen[next(iter(self._seen))]
            self._seen[account] = now + GOOD_FOR
