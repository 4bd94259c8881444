"""The records that one node holds: checked when they come in, bounded in number and size, kept over restarts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from enigma.errors import RecordRefused, StoreDamaged, WireError
from enigma.net.dht.identity import ID_BYTES, Key, NodeId
from enigma.net.dht.records import MAX_RECORD, Kind, Record, record_from
from enigma.net.dht.settings import KeyValue, Settings
from enigma.wire.codec import Tree, decode, encode

RECORDS = "dht.records"
FLOORS = "dht.floors"


@dataclass(slots=True)
class _Held:
    """What is known of a held record without reading it.

    `paid`: until when, as far as was asked. `put_at`: when a node that should hold it last sent it.
    """

    kind: Kind
    expires: int
    rank: tuple[int, bytes] | None
    size: int
    giver: NodeId
    paid: float
    put_at: float


class Shelf:
    """Records by key, with a quota for each peer that gave them. Safe for threads.

    `lease` says until when (seconds) somebody pays for a record, or None where nobody does: such a record is refused,
    and dropped at the next `expire`. The quota stops one peer from filling a node; the lease is what stops many.

    Of an owned record that is gone, the sequence number is remembered for as long as any record may live: an older one
    that is played back is still refused.
    """

    def __init__(
        self, own: NodeId, store: KeyValue, settings: Settings, lease: Callable[[Record], int | None], now: float
    ) -> None:
        self._own, self._store, self._settings, self._lease = own, store, settings, lease
        self._held: dict[Key, _Held] = {}
        self._floors: dict[Key, tuple[int, int]] = {}
        self._records: Counter[NodeId] = Counter()
        self._bytes: Counter[NodeId] = Counter()
        self._size = 0
        self._lock = threading.RLock()
        self.damaged = 0
        """Stored entries that could not be read back, and were removed."""
        self._load(now)

    def offer(self, record: Record, giver: NodeId, now: float) -> bool:
        """Take a record in; whether it says anything new. Raises RecordRefused: altered, stale, unpaid, over quota."""
        with self._lock:
            held = self._held.get(record.key)
            known = held is not None and held.expires > now
            if known and held is not None and held.rank == _rank(record) and held.expires >= record.expires:
                return False  # signed or hashed the same: it was checked when it came in
        record.check(now, self._settings.longest)
        paid = self._lease(record)
        if paid is None or paid <= now:
            raise RecordRefused(f"nobody pays for the record {record.key.hex()[:16]}", hint="Take out a lease first.")
        with self._lock:
            self._refuse_stale(record)
            self._refuse_over_quota(record, giver)
            written = encode({"giver": giver, "record": record.tree()})
            self._store.put(RECORDS, record.key, written, expires=record.expires)
            self._count(record, giver, paid=paid, put_at=now)
            return True

    def find(self, key: Key, now: float) -> Record | None:
        """The record at a key, unless it has expired. Raises nothing for damage: the entry is dropped, and counted."""
        with self._lock:
            held = self._held.get(key)
            if held is None or held.expires <= now:
                return None
            stored = self._read(key)
            if stored is None:
                self._forget(key)
            return stored[0] if stored else None

    def touch(self, key: Key, now: float) -> None:
        """A node that should hold this record has just sent it: it need not be republished from here for a while."""
        with self._lock:
            if key in self._held:
                self._held[key].put_at = now

    def due(self, before: float) -> list[Key]:
        """The keys to republish: not sent by anybody since `before`. Shares never are; they stay where they lie."""
        with self._lock:
            return [key for key, held in self._held.items() if held.put_at < before and held.kind is not Kind.SHARE]

    def drop(self, key: Key) -> None:
        """Let go of a record that others hold now."""
        with self._lock:
            self._forget(key)

    def expire(self, now: float) -> int:
        """Drop what has expired or is paid for no longer; how many there were."""
        with self._lock:
            gone = [key for key, held in self._held.items() if held.expires <= now or not self._is_paid(key, held, now)]
            for key in gone:
                self._forget(key)
            for key in [key for key, (_, until) in self._floors.items() if until <= now]:
                self._forget_floor(key)
            return len(gone)

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Key]:
        with self._lock:
            return iter(list(self._held))

    @property
    def size(self) -> int:
        """Bytes of all values held."""
        with self._lock:
            return self._size

    def _refuse_stale(self, record: Record) -> None:
        rank = _rank(record)
        if rank is None:
            return
        held = self._held.get(record.key)
        if held is not None and held.rank is not None and rank < held.rank:
            raise RecordRefused(f"a record of sequence {record.sequence}: {held.rank[0]} is held already")
        floor = self._floors.get(record.key)
        if floor is not None and record.sequence < floor[0]:
            raise RecordRefused(f"a record of sequence {record.sequence}: {floor[0]} was held already")

    def _refuse_over_quota(self, record: Record, giver: NodeId) -> None:
        held = self._held.get(record.key)
        size = len(record.value)
        count = len(self._held) + (held is None)
        total = self._size + size - (held.size if held else 0)
        if count > self._settings.records or total > self._settings.record_bytes:
            raise RecordRefused("this node's share of the DHT is full")
        if giver == self._own:
            return
        same = held is not None and held.giver == giver
        records = self._records[giver] + (not same)
        octets = self._bytes[giver] + size - (held.size if held and same else 0)
        if records > self._settings.records_of_peer or octets > self._settings.record_bytes_of_peer:
            raise RecordRefused(f"node {giver.hex()[:16]} has as many records here as one node may")

    def _count(self, record: Record, giver: NodeId, *, paid: float, put_at: float) -> None:
        key, size = record.key, len(record.value)
        if key in self._held:
            self._uncount(key)
        self._held[key] = _Held(record.kind, record.expires, _rank(record), size, giver, paid, put_at)
        self._records[giver] += 1
        self._bytes[giver] += size
        self._size += size

    def _forget(self, key: Key) -> None:
        held = self._held[key]
        if held.rank is not None:
            self._set_floor(key, held.rank[0], held.expires + self._settings.longest)
        self._uncount(key)
        del self._held[key]
        self._store.delete(RECORDS, key)

    def _uncount(self, key: Key) -> None:
        held = self._held[key]
        self._records[held.giver] -= 1
        self._bytes[held.giver] -= held.size
        self._size -= held.size
        if not self._records[held.giver]:
            del self._records[held.giver], self._bytes[held.giver]

    def _set_floor(self, key: Key, sequence: int, until: int) -> None:
        self._floors.pop(key, None)
        self._floors[key] = (sequence, until)
        self._store.put(FLOORS, key, encode([sequence, until]), expires=until)
        if len(self._floors) > self._settings.floors:
            self._forget_floor(next(iter(self._floors)))

    def _forget_floor(self, key: Key) -> None:
        del self._floors[key]
        self._store.delete(FLOORS, key)

    def _is_paid(self, key: Key, held: _Held, now: float) -> bool:
        if held.paid <= now:  # the lease may have been renewed since it was last asked for
            stored = self._read(key)
            held.paid = (self._lease(stored[0]) if stored else None) or 0
        return held.paid > now

    def _read(self, key: Key) -> tuple[Record, NodeId] | None:
        """A stored entry; None where it is damaged. The other holders have it too, so it is counted and let go."""
        tree = self._stored_tree(RECORDS, key)
        try:
            if isinstance(tree, dict) and set(tree) == {"giver", "record"}:
                giver, record = tree["giver"], record_from(tree["record"])
                if isinstance(giver, bytes) and len(giver) == ID_BYTES and record.key == key:
                    return record, giver
        except WireError:
            tree = None
        self.damaged += 1
        return None

    def _stored_tree(self, space: str, key: Key) -> Tree:
        try:
            return decode(self._store.get(space, key) or b"", limit=MAX_RECORD + 1024)
        except (StoreDamaged, WireError):
            return None

    def _load(self, now: float) -> None:
        for key in list(self._store.keys(FLOORS)):
            floor = self._stored_tree(FLOORS, key)
            if isinstance(floor, list) and len(floor) == 2 and all(isinstance(part, int) for part in floor):
                self._floors[key] = (floor[0], floor[1])
            else:
                self.damaged += 1
                self._store.delete(FLOORS, key)
        for key in list(self._store.keys(RECORDS)):
            stored = self._read(key)
            if stored is None:
                self._store.delete(RECORDS, key)
            else:
                self._count(*stored, paid=0, put_at=float("-inf"))
        self.expire(now)


def _rank(record: Record) -> tuple[int, bytes] | None:
    return record.rank if record.owner else None
