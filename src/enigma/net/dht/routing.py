"""The routing table: k-buckets by common prefix with the own id (Kademlia, section 2.2 and 4.1). Only admitted nodes.

A node enters when it has spoken to us over its own authenticated channel, as caller or as answerer; what others tell
about it is not enough. Old contacts are preferred to new ones: a full bucket takes no newcomer while its contacts
answer, so that whoever floods us displaces nobody. Newcomers wait as spares.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from enigma.net.dht.identity import ID_BITS, ID_BYTES, Key, NodeId, number
from enigma.net.dht.settings import Settings


class _Contact:
    __slots__ = ("failures", "node", "number")

    def __init__(self, node: NodeId, value: int) -> None:
        self.node, self.number, self.failures = node, value, 0


class _Bucket:
    """Contacts in the order of when they were last heard of, oldest first."""

    __slots__ = ("contacts", "looked_up", "spares")

    def __init__(self) -> None:
        self.contacts: dict[NodeId, _Contact] = {}
        self.spares: dict[NodeId, None] = {}
        self.looked_up = float("-inf")


class RoutingTable:
    """The contacts of the node `own`; bucket i has nodes that share exactly i leading bits with it.

    Safe for threads.
    """

    def __init__(self, own: NodeId, admitted: Callable[[NodeId], bool], settings: Settings) -> None:
        self._own, self._own_number, self._admitted, self._settings = own, number(own), admitted, settings
        self._buckets: dict[int, _Bucket] = {}
        self._lock = threading.Lock()

    def heard(self, node: NodeId) -> None:
        """This node has just spoken over its own channel. Who is not admitted is not taken in."""
        if node == self._own or not self._admitted(node):
            return
        with self._lock:
            bucket = self._buckets.setdefault(self._index(number(node)), _Bucket())
            contact = bucket.contacts.pop(node, None)
            if contact is None and len(bucket.contacts) >= self._settings.bucket_size:
                bucket.spares.pop(node, None)
                bucket.spares[node] = None
                if len(bucket.spares) > self._settings.spares:
                    del bucket.spares[next(iter(bucket.spares))]
                return
            contact = contact or _Contact(node, number(node))
            contact.failures = 0
            bucket.contacts[node] = contact
            bucket.spares.pop(node, None)

    def failed(self, node: NodeId) -> None:
        """This node did not answer, or lied. After a few times in a row the newest admitted spare takes its place."""
        with self._lock:
            bucket = self._buckets.get(self._index(number(node))) if node != self._own else None
            if bucket is None:
                return
            bucket.spares.pop(node, None)
            contact = bucket.contacts.get(node)
            if contact is not None:
                contact.failures += 1
                if contact.failures >= self._settings.failures:
                    self._replace(bucket, node)

    def prune(self) -> int:
        """Drop whom the chain admits no longer; how many there were."""
        with self._lock:
            gone = [
                (bucket, node)
                for bucket in self._buckets.values()
                for node in bucket.contacts
                if not self._admitted(node)
            ]
            for bucket, node in gone:
                self._replace(bucket, node)
            return len(gone)

    def closest(self, key: Key, count: int, *, sound: bool = False) -> list[NodeId]:
        """At most `count` contacts nearest to a key by XOR, nearest first; `sound`: only such as answered last time."""
        target = number(key)
        with self._lock:
            found: list[tuple[int, NodeId]] = []
            for group in self._outwards(target):
                near = [
                    (contact.number ^ target, contact.node)
                    for bucket in group
                    for contact in bucket.contacts.values()
                    if not (sound and contact.failures)
                ]
                near.sort()
                found += near  # every contact of a later group is farther than all of this one
                if len(found) >= count:
                    break
        return [node for _, node in found[:count]]

    def looked_up(self, key: Key, now: float) -> None:
        """A lookup for this key has begun: it refreshes the bucket that the key falls into."""
        with self._lock:
            self._buckets.setdefault(self._index(number(key)), _Bucket()).looked_up = now

    def stale(self, before: float) -> list[int]:
        """The buckets up to the last full one in which nothing was looked up since `before`, longest ago first.

        What lies deeper is the node's own neighbourhood, which a lookup of its own id refreshes.
        """
        with self._lock:
            full = [index for index, each in self._buckets.items() if len(each.contacts) >= self._settings.bucket_size]
            due = [
                (self._buckets[index].looked_up if index in self._buckets else float("-inf"), index)
                for index in range(max(full, default=-1) + 1)
            ]
        return [index for last, index in sorted(due) if last < before]

    def key_in(self, bucket: int, randomness: Callable[[int], bytes]) -> Key:
        """A random key that falls into a bucket."""
        rest = ID_BITS - bucket - 1
        low = int.from_bytes(randomness(ID_BYTES), "big") & ((1 << rest) - 1)
        return ((self._own_number >> rest ^ 1) << rest | low).to_bytes(ID_BYTES, "big")

    def __iter__(self) -> Iterator[NodeId]:
        with self._lock:
            return iter([node for index in sorted(self._buckets) for node in self._buckets[index].contacts])

    def __len__(self) -> int:
        with self._lock:
            return sum(len(bucket.contacts) for bucket in self._buckets.values())

    def __contains__(self, node: object) -> bool:
        return node in list(self)

    def _replace(self, bucket: _Bucket, node: NodeId) -> None:
        del bucket.contacts[node]
        while bucket.spares:
            spare, _ = bucket.spares.popitem()
            if self._admitted(spare):
                bucket.contacts = {spare: _Contact(spare, number(spare)), **bucket.contacts}
                return

    def _index(self, value: int) -> int:
        """How many leading bits a number shares with the own id. The own id itself falls into the deepest bucket."""
        return min(ID_BITS - (value ^ self._own_number).bit_length(), ID_BITS - 1)

    def _outwards(self, target: int) -> Iterator[list[_Bucket]]:
        """Groups of buckets in order of their distance to a target; the distances of two groups never overlap."""
        index = self._index(target)
        buckets = self._buckets
        if index in buckets:
            yield [buckets[index]]
        yield [bucket for place, bucket in buckets.items() if place > index]
        for place in range(index - 1, -1, -1):
            if place in buckets:
                yield [buckets[place]]
