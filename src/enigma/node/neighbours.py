"""The other nodes: who is registered, where each is, which certificate it shows; and calls between them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

from enigma.chain.nodes import Nodes, Registered, Status
from enigma.errors import EnigmaError, NetworkError
from enigma.net.book import AddressBook
from enigma.net.endpoint import Endpoint
from enigma.net.peers import PeerClient
from enigma.node.job.assignment import Peer
from enigma.node.logs import event
from enigma.wire import Tree

LEARN_SECONDS = 5.0
LEARN_AGAIN = 2.0
"""Seconds between two tries to reach a node whose certificate is not known yet."""
CALL_SECONDS = 10.0
STREAM_SECONDS = 20.0
"""For each wait of a stream."""


class Neighbours:
    """Of the node `name`. `own` is where it is itself. Safe between threads."""

    def __init__(self, name: str, nodes: Nodes, book: AddressBook) -> None:
        self._name, self._nodes, self._book = name, nodes, book
        self._turn = threading.Lock()
        self._registered: dict[str, Registered] = {}
        self._changed: set[str] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._introduce, name="introductions", daemon=True)

    def start(self) -> None:
        """Begin to learn where the others are."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    # ------------------------------------------------------------ what the chain says

    def changed(self, name: str) -> None:
        """The chain has said something about a node: it is looked at when `refresh` is called."""
        with self._turn:
            self._changed.add(name)

    def refresh(self) -> None:
        """Ask the chain about every node that has changed. Raises `ChainProblem`; what is left is asked next time."""
        with self._turn:
            changed = list(self._changed)
        for name in changed:
            found = self._nodes.node(name)
            with self._turn:
                self._changed.discard(name)
                known = self._registered.pop(name, None)
                if found is not None and found.status is not Status.LEFT:
                    self._registered[name] = found
                shown = {each.listing.tls for each in self._registered.values()}
            if known is not None and known.listing.tls not in shown:
                self._book.forget(known.listing.tls)
                event("peer forgotten", peer=name)

    def registered(self, name: str) -> Registered | None:
        """A node as the chain has it, None where it is not registered, or has left."""
        with self._turn:
            return self._registered.get(name)

    def names(self) -> list[str]:
        """All registered nodes, in one order for everybody."""
        with self._turn:
            return sorted(self._registered)

    def is_shown(self, fingerprint: bytes, name: str) -> bool:
        """Whether a node registered this key. Several may have: who holds the key, TLS has proven."""
        found = self.registered(name)
        return found is not None and found.listing.tls == fingerprint

    def knows(self, fingerprint: bytes) -> bool:
        """Whether any node registered this key."""
        with self._turn:
            return any(each.listing.tls == fingerprint for each in self._registered.values())

    # ------------------------------------------------------------ where they are

    def peer(self, name: str) -> Peer:
        """Where another node is. Raises `NetworkError` where that is not known."""
        address = self._book.address(self._fingerprint(name))
        return Peer(address.host, address.port, address.certificate)

    def call(self, client: PeerClient, name: str, method: str, tree: Tree) -> Any:
        """Another node's answer. Raises `NetworkError`, and what it answers with."""
        return client.call(self._fingerprint(name), method, tree, deadline=CALL_SECONDS, repeatable=True)

    def stream(self, client: PeerClient, name: str, method: str, tree: Tree, *, limit: int) -> Iterator[bytes]:
        """The pieces of the stream that another node answers with. Raises as `call` does."""
        return client.call_stream(self._fingerprint(name), method, tree, deadline=STREAM_SECONDS, limit=limit)

    def _fingerprint(self, name: str) -> bytes:
        found = self.registered(name)
        if found is None:
            raise NetworkError(f"the node {name} is not registered")
        return found.listing.tls

    def _introduce(self) -> None:
        """Learn where every registered node is, and which certificate it shows; again and again for those not there."""
        while not self._ending.is_set():
            with self._turn:
                wanted = [each for name, each in self._registered.items() if name != self._name]
            for each in wanted:
                if self._ending.is_set():
                    return
                try:
                    endpoint = Endpoint.parse(each.listing.endpoint)
                    if each.listing.tls not in self._book or self._moved(each, endpoint):
                        self._book.learn(endpoint, each.listing.tls, LEARN_SECONDS)
                        event("peer found", peer=each.node, endpoint=str(endpoint))
                except EnigmaError as error:
                    # It is not there, or not itself: later, perhaps.
                    event("peer not found", level=logging.DEBUG, peer=each.node, problem=error.message)
            self._ending.wait(LEARN_AGAIN)

    def _moved(self, node: Registered, endpoint: Endpoint) -> bool:
        address = self._book.address(node.listing.tls)
        return (address.host, address.port) != (endpoint.host, endpoint.port)
