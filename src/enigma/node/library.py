"""What a node keeps for anyone who asks by hash: the ciphertexts of documents, each under its SHA-256.

Whatever is here proves itself by its hash, and nothing of it is secret: without its content key, which the seats hold
in pieces, a ciphertext tells its length and no more. What a contract's state refers to is *held*, for as long as it
does; everything else is dropped `KEEP_SECONDS` after it came, or after it was let go. A day lets those to whom a
document was handed fetch it, though the entry was overwritten meanwhile. What nobody holds has a limit together.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from enigma.contract.dictionaries.ciphertext import MOST_CIPHERTEXT_BYTES
from enigma.errors import StoreDamaged, StoreFull, WireError
from enigma.node.logs import event
from enigma.storage import Store
from enigma.wire import codec

KEEP_SECONDS = 86_400
MOST_LOOSE_BYTES = 1 << 33
"""Of all blobs together that no contract refers to."""
_ENTRY_LIMIT = 1 << 20
_CONTENT, _ENTRIES = "content", "content.entries"


@dataclass(frozen=True, slots=True)
class _Entry:
    size: int
    until: int
    holders: tuple[bytes, ...]


class Library:
    """Blobs by hash in a node's store. Safe between threads."""

    def __init__(
        self,
        store: Store,
        *,
        most_bytes: int = MOST_CIPHERTEXT_BYTES,
        most_loose_bytes: int = MOST_LOOSE_BYTES,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._now = store, now
        self._most_bytes, self._most_loose_bytes = most_bytes, most_loose_bytes
        # Every change is a transaction of the store, and that is the only lock: a job is settled within one.
        self._loose: set[bytes] = set()
        """Those that perhaps nobody holds: what is to be looked at."""
        try:
            entries = store.keys(_ENTRIES)
            for orphan in set(store.keys(_CONTENT)) - set(entries):
                store.delete(_CONTENT, orphan)  # the node ended between a blob and its entry
            self._loose.update(entries)
        except StoreDamaged as damage:
            # Opening has told of it. What cannot be listed is given out where it opens, and is not dropped.
            event("library not listed", level=logging.ERROR, problem=damage.message)

    def size(self, sha256: bytes) -> int | None:
        """Bytes of a blob that is here, None where it is not."""
        entry = self._entry(sha256)
        return None if entry is None else entry.size

    def read(self, sha256: bytes, start: int = 0) -> Iterator[bytes] | None:
        """A blob from byte `start` on, None where it is not here."""
        stream = None if self._entry(sha256) is None else self._store.open_stream(_CONTENT, sha256)
        return None if stream is None else _from(stream, start)

    def take(self, sha256: bytes, parts: Iterable[bytes]) -> int:
        """Keep a blob; its size. What is here already is not taken again, only kept for longer.

        Raises WireError for bytes of another hash, or too many, and StoreFull; then nothing of them stays.
        """
        with self._store.transaction():
            known = self._entry(sha256)
            if known is not None:
                self._put(sha256, replace(known, until=self._later()))
                return known.size
        self.expire()
        taken = sum(entry.size for entry in map(self._entry, tuple(self._loose)) if entry is not None)
        size = self._store.put_stream(_CONTENT, sha256, self._proven(sha256, parts, self._most_loose_bytes - taken))
        with self._store.transaction():
            meanwhile = self._entry(sha256)
            self._put(sha256, _Entry(size, self._later(), () if meanwhile is None else meanwhile.holders))
            self._loose.add(sha256)
        return size

    def hold(self, contract: bytes, before: Collection[bytes], after: Collection[bytes]) -> None:
        """Within a transaction: the contract referred to the blobs `before`, and refers to those `after` from now on.

        Blobs that are not here are left out.
        """
        for sha256 in {*before, *after}:
            entry = self._entry(sha256)
            if entry is None:
                continue
            holders = {*entry.holders, contract} if sha256 in after else {*entry.holders} - {contract}
            if holders != {*entry.holders}:
                self._put(sha256, replace(entry, holders=tuple(sorted(holders)), until=self._later()))
                self._loose.add(sha256)

    def forget(self, texts: Collection[bytes], holders: Collection[bytes]) -> list[int]:
        """Within a transaction: drop blobs that nobody but these holders refers to, at once; the bytes of each."""
        sizes = []
        for sha256 in texts:
            entry = self._entry(sha256)
            if entry is None:
                continue
            others = {*entry.holders} - {*holders}
            if others:
                self._put(sha256, replace(entry, holders=tuple(sorted(others))))
                continue
            self._store.delete(_ENTRIES, sha256)
            self._store.delete(_CONTENT, sha256)
            sizes.append(entry.size)
        return sizes

    def expire(self) -> int:
        """Drop what nobody holds and whose time has passed; how many blobs that were."""
        now, dropped = int(self._now()), 0
        for sha256 in tuple(self._loose):
            with self._store.transaction():
                entry = self._entry(sha256)
                if entry is not None and not entry.holders and entry.until <= now:
                    self._store.delete(_ENTRIES, sha256)
                    self._store.delete(_CONTENT, sha256)
                    entry, dropped = None, dropped + 1
                if entry is None or entry.holders:
                    self._loose.discard(sha256)
        return dropped

    # ------------------------------------------------------------ inside

    def _proven(self, sha256: bytes, parts: Iterable[bytes], room: int) -> Iterator[bytes]:
        """The parts, of which the last one comes only if all of them are what they are said to be."""
        digest, taken, held = hashlib.sha256(), 0, b""
        for part in parts:
            taken += len(part)
            if taken > self._most_bytes:
                raise WireError(f"a blob has more than the {self._most_bytes} bytes that are kept here")
            if taken > room:
                raise StoreFull(
                    f"blobs that no contract refers to may take {self._most_loose_bytes} bytes here, and do",
                    hint="a job that stores them makes room, and so does time",
                )
            digest.update(part)
            if held:
                yield held
            held = part
        if not taken or not hmac.compare_digest(digest.digest(), sha256):
            raise WireError(f"these {taken} bytes do not have the SHA-256 {sha256.hex()}")
        yield held

    def _later(self) -> int:
        return int(self._now()) + KEEP_SECONDS

    def _entry(self, sha256: bytes) -> _Entry | None:
        octets = self._store.get(_ENTRIES, sha256)
        if octets is None:
            return None
        tree: Any = codec.decode(octets, limit=_ENTRY_LIMIT)
        return _Entry(tree[0], tree[1], tuple(bytes(each) for each in tree[2]))

    def _put(self, sha256: bytes, entry: _Entry) -> None:
        self._store.put(_ENTRIES, sha256, codec.encode([entry.size, entry.until, list(entry.holders)]))


def _from(stream: Iterator[bytes], start: int) -> Iterator[bytes]:
    left = start
    for part in stream:
        if left < len(part):
            yield part[left:] if left else part
        left = max(0, left - len(part))
