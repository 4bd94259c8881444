"""All that a node has for data outside of contracts, put together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event
from enigma.chain.sending import Sender
from enigma.errors import ProtocolError
from enigma.net.dht import messages
from enigma.net.peers import PeerClient
from enigma.node.data import giving
from enigma.node.data.fetching import Fetching
from enigma.node.data.giving import Giving
from enigma.node.data.ids import Ids
from enigma.node.data.keeping import Keeping
from enigma.node.data.overlay import Overlay
from enigma.node.data.permission import Permission
from enigma.node.data.placing import Placing
from enigma.node.data.vault import Vault
from enigma.node.neighbours import Neighbours
from enigma.storage import Store
from enigma.wire import Tree

METHODS = (*messages.METHODS, *giving.METHODS)
LIMITS: Mapping[str, int] = MappingProxyType({**messages.LIMITS, **giving.LIMITS})


class Data:
    """Of the node `name`."""

    def __init__(
        self,
        name: str,
        store: Store,
        connection: Connection,
        controllers: Controllers,
        confirmations: int,
        neighbours: Neighbours,
        client: PeerClient,
        sender: Sender,
    ) -> None:
        nodes, leases = controllers.nodes(connection), controllers.leases(connection, sender)
        self.ids = Ids(name, store, connection, neighbours)
        self.overlay = Overlay(self.ids, store, client)
        self.vault = Vault(store, self._now)
        self.permission = Permission(connection, controllers, confirmations)
        self.placing = Placing(nodes, self.ids, neighbours)
        peers = _Calls(neighbours, client)
        self.fetching = Fetching(name, peers, self.ids, self.overlay, self.placing, self.permission)
        self.keeping = Keeping(
            name, self.vault, self.permission, self.placing, self.fetching, self.overlay, peers, self._now,
            leases,
        )  # fmt: skip
        self._giving = Giving(self.vault, self.permission, self.placing, self.keeping.offered)
        self._neighbours, self._started = neighbours, False

    def start(self) -> None:
        """Begin to join the DHT."""
        self.overlay.start()

    def stop(self) -> None:
        """End. What is going on with other nodes ends with the `PeerClient`, which the caller has closed before."""
        self.keeping.end()
        self.overlay.stop()
        self.keeping.join()

    def hear(self, event: Event, controller: str) -> None:
        """One event of the chain. Raises `ChainProblem`: then it is told again."""
        self.ids.hear(event, controller)
        self.keeping.hear(event, controller)

    def caught_up(self, now: int) -> None:
        """The chain has been read to its end; `now` is its time."""
        self.ids.time = now
        if not self._started:
            self._started = True
            self.keeping.start()

    def serve(self, fingerprint: bytes, method: str, tree: Tree) -> Tree:
        """The answer to a peer, for the methods `METHODS`."""
        if method in messages.METHODS:
            return self.overlay.serve(fingerprint, method, tree)
        return self._giving.serve(self._peer(fingerprint), method, tree)

    def stream(self, fingerprint: bytes, method: str, tree: Tree) -> Iterator[bytes]:
        """The stream that a peer asks for."""
        return self._giving.stream(self._peer(fingerprint), method, tree)

    def _peer(self, fingerprint: bytes) -> str:
        name = self.ids.shown_by(fingerprint)
        if name is None:
            raise ProtocolError("the caller is not registered")
        return name

    def _now(self) -> int:
        """The chain's time or this machine's, whichever is later: a slow clock keeps nothing for longer."""
        return max(int(time.time()), self.ids.time)


class _Calls:
    """The way to other nodes, by their names."""

    def __init__(self, neighbours: Neighbours, client: PeerClient) -> None:
        self._neighbours, self._client = neighbours, client

    def call(self, name: str, method: str, tree: Tree) -> Any:
        """A node's answer."""
        return self._neighbours.call(self._client, name, method, tree)

    def stream(self, name: str, method: str, tree: Tree, limit: int) -> Iterator[bytes]:
        """A node's stream."""
        return self._neighbours.stream(self._client, name, method, tree, limit=limit)
