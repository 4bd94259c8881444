"""A node's disk, and the moment at which its process dies: the real store, in files in memory."""

from __future__ import annotations

from collections.abc import Callable

from tests.node.simulation.scheduling import Died

from enigma.storage import Store
from enigma.storage.entries import Transaction


class Fuse:
    """Burns a step at each message, each commit and each signature; where it ends, the process dies."""

    def __init__(self, died: Callable[[], None]) -> None:
        self.left: int | None = None
        self._died = died

    def burn(self) -> None:
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            self._died()
            raise Died
        self.left -= 1


class FusedStore(Store):
    """The real store; its process may die right before and right after each commit."""

    fuse: Fuse

    def _commit(self, change: Transaction) -> None:
        self.fuse.burn()
        super()._commit(change)
        self.fuse.burn()

    def fill(self, *, full: bool) -> None:
        """From now on the disk takes no more, or again as much as one likes."""
        pages = self._writer.execute("PRAGMA page_count").fetchone()[0] if full else 1 << 30
        self._writer.execute(f"PRAGMA max_page_count={pages}")
