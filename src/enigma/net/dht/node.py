"""One node of the DHT, without I/O: what it knows, what it holds, and how it answers others."""

from __future__ import annotations

from collections.abc import Callable

from enigma.errors import NetworkError, RecordRefused, StoreDamaged, WireError
from enigma.net.dht import messages
from enigma.net.dht.identity import Key, NodeId, number
from enigma.net.dht.providers import Providers
from enigma.net.dht.records import Kind, Record
from enigma.net.dht.routing import RoutingTable
from enigma.net.dht.settings import KeyValue, Settings
from enigma.net.dht.shelf import Shelf
from enigma.wire.codec import Tree

CONTACTS = "dht.contacts"


def whoever_is_admitted(_peer: NodeId, record: Record) -> bool:
    """Serves encrypted and public records to every admitted node, and shares to nobody."""
    return record.kind is not Kind.SHARE


class DhtNode:
    """A node of the DHT: `serve` answers the others; `enigma.net.dht.operations` has what it asks them.

    `own`: its id (`node_id`). `admitted`: whether an id is registered and not suspended, by the chain. `lease`: until
    when (seconds) somebody pays for a record, None where nobody does. `may_read`: whether a peer may have a record held
    here; a record that it may not have looks to it as if there were none. `clock`: seconds since 1970. `randomness`: so
    many bytes. Safe for threads.
    """

    def __init__(
        self,
        own: NodeId,
        *,
        admitted: Callable[[NodeId], bool],
        lease: Callable[[Record], int | None],
        store: KeyValue,
        clock: Callable[[], float],
        randomness: Callable[[int], bytes],
        may_read: Callable[[NodeId, Record], bool] = whoever_is_admitted,
        settings: Settings | None = None,
    ) -> None:
        self.own, self.admitted, self.clock, self.randomness = own, admitted, clock, randomness
        self.settings = settings or Settings()
        self.table = RoutingTable(own, admitted, self.settings)
        self.shelf = Shelf(own, store, self.settings, lease, clock())
        self.providers = Providers(self.settings)
        self.neighbourhood_at = float("-inf")
        """When the node's own id was last looked up."""
        self._may_read, self._store = may_read, store

    def serve(self, peer: NodeId, method: str, fields: Tree) -> Tree:
        """The answer to a peer, whose id its channel has proven.

        Raises NetworkError where it is not admitted, WireError where this is no request of the DHT.
        """
        if not self.admitted(peer):
            raise NetworkError(f"node {peer.hex()[:16]} is not admitted to the DHT")
        if method == messages.PUT:
            answer = self._take(peer, messages.read_put(fields))
        elif method == messages.PROVIDE:
            answer = self._take_provider(peer, *messages.read_provide(fields))
        elif method == messages.FIND:
            answer = messages.answer(nodes=self._nodes_for(peer, messages.read_key(fields)))
        elif method == messages.GET:
            key = messages.read_key(fields)
            record = self.shelf.find(key, self.clock())
            if record is not None and not self._may_read(peer, record):
                record = None
            answer = messages.answer(nodes=self._nodes_for(peer, key), record=record)
        elif method == messages.PROVIDERS:
            key = messages.read_key(fields)
            known = self.providers.of(key, self.clock())
            answer = messages.answer(nodes=self._nodes_for(peer, key), providers=known)
        else:
            raise WireError("the DHT has no such method")
        self.table.heard(peer)
        return answer

    def is_near(self, node: NodeId, key: Key, count: int) -> bool:
        """Whether a node belongs to the `count` nearest to a key, as far as is known here."""
        nearest = self.table.closest(key, count, sound=True)
        return len(nearest) < count or number(node) ^ number(key) <= number(nearest[-1]) ^ number(key)

    def save_contacts(self) -> None:
        """Keep the contacts over a restart."""
        self._store.put(CONTACTS, b"", b"".join(self.table))

    def saved_contacts(self) -> list[NodeId]:
        """The contacts of before a restart, as far as they are still admitted: whom to ask first."""
        try:
            joined = self._store.get(CONTACTS, b"") or b""
        except StoreDamaged:
            return []  # the chain's list of nodes is another way in
        saved = [joined[start : start + len(self.own)] for start in range(0, len(joined), len(self.own))]
        return [node for node in saved if len(node) == len(self.own) and self.admitted(node)]

    def __repr__(self) -> str:
        return f"DhtNode({self.own.hex()[:16]}..., {len(self.table)} contacts, {len(self.shelf)} records)"

    def _take(self, peer: NodeId, record: Record) -> Tree:
        now = self.clock()
        try:
            # A share lies where its owner placed it by weight; who pays for it says whether that is here.
            if record.kind is not Kind.SHARE and not self.is_near(self.own, record.key, self.settings.bucket_size):
                raise RecordRefused("this node is not near the record's key")
            self.shelf.offer(record, peer, now)
        except RecordRefused as refused:
            return messages.answer(refused=refused.message)
        # Whoever is not near the key could otherwise keep a record from being republished by sending it to its holders.
        if self.is_near(peer, record.key, self.settings.replicas):
            self.shelf.touch(record.key, now)
        return messages.answer()

    def _take_provider(self, peer: NodeId, key: Key, expires: int) -> Tree:
        try:
            if not self.is_near(self.own, key, self.settings.bucket_size):
                raise RecordRefused("this node is not near the key")
            self.providers.announce(key, peer, expires, self.clock())
        except RecordRefused as refused:
            return messages.answer(refused=refused.message)
        return messages.answer()

    def _nodes_for(self, peer: NodeId, key: Key) -> list[NodeId]:
        nearest = self.table.closest(key, self.settings.bucket_size + 1, sound=True)
        return [node for node in nearest if node != peer and self.admitted(node)][: self.settings.bucket_size]
