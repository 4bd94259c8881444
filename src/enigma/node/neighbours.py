"""The other nodes: who is registered, who of them is let in, where each is; and calls between them.

Let in is who is logged in. Who has logged out, or is leaving, is let in as long as committees count on it, so that they
can go on. Who was suspended is let in when it has logged in again, and not before; who has left, never. To everybody
else this node's peer port is closed: no call, no answer, no reason; calls and connections that stand end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from enigma.chain.events import Event
from enigma.chain.nodes import Nodes, Registered, Status
from enigma.errors import EnigmaError, NetworkError
from enigma.net.book import AddressBook
from enigma.net.endpoint import Endpoint
from enigma.net.peers import PeerClient
from enigma.node.job.assignment import Peer
from enigma.node.logs import event as log
from enigma.node.notes import Noted, Notes
from enigma.wire import Tree

LEARN_SECONDS = 5.0
LEARN_AGAIN = 2.0
"""Seconds between two tries to reach a node whose certificate is not known yet."""
CALL_SECONDS = 10.0
STREAM_SECONDS = 20.0
"""For each wait of a stream."""


class Neighbours:
    """Of the node `name`. `shut_out` is told who was let in, and is not any more. Safe between threads."""

    def __init__(
        self,
        name: str,
        nodes: Nodes,
        book: AddressBook,
        notes: Notes,
        shut_out: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._name, self._nodes, self._book, self._notes, self._shut_out = name, nodes, book, notes, shut_out
        self._turn = threading.Lock()
        self._noted: dict[str, Noted] = {}
        self._admitted: dict[str, Registered] = {}
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

    def recall(self) -> None:
        """What was noted in earlier lives."""
        noted = self._notes.nodes()
        with self._turn:
            self._noted.update(noted)
        for name, each in noted.items():
            if each.asked:
                self._admit(name, each)

    def changed(self, told: Event) -> None:
        """The chain has said something about a node: it is looked at when `refresh` is called."""
        name = str(told.values["node"])
        with self._turn:
            before = self._noted.get(name, Noted())
        fallen = before.fallen
        if told.name == "Suspended":
            fallen = not told.removed
        elif told.name == "LoggedIn" and not told.removed:
            fallen = False
        after = replace(before, asked=False, fallen=fallen)
        if after != before or name not in self._noted:
            self._notes.note(name, after)
            with self._turn:
                self._noted[name] = after

    def refresh(self) -> None:
        """Ask the chain about every node that has changed. Raises `ChainProblem`; what is left is asked next time."""
        with self._turn:
            changed = [name for name, each in self._noted.items() if not each.asked]
        for name in changed:
            found = self._nodes.node(name)
            with self._turn:
                noted = replace(self._noted[name], registered=found, asked=True)
                self._noted[name] = noted
            self._notes.note(name, noted)
            self._admit(name, noted)

    def _admit(self, name: str, noted: Noted) -> None:
        """From here on a node is let in, or not any more."""
        found = noted.registered
        with self._turn:
            known = self._admitted.pop(name, None)
            if found is not None and is_let_in(found, fallen=noted.fallen):
                self._admitted[name] = found
            is_in = name in self._admitted
            shown = {each.listing.tls for each in self._admitted.values()}
        if known is not None and known.listing.tls not in shown:
            self._book.forget(known.listing.tls)
        if known is not None and not is_in:
            log("peer shut out", peer=name, why="suspended" if noted.fallen else "logged out or left")
            self._shut_out(name)

    def registered(self, name: str) -> Registered | None:
        """A node as the chain has it, None where it is not registered, or has left."""
        with self._turn:
            found = self._noted.get(name, Noted()).registered
        return None if found is None or found.status is Status.LEFT else found

    def names(self) -> list[str]:
        """All registered nodes, in one order for everybody."""
        with self._turn:
            names = list(self._noted)
        return sorted(name for name in names if self.registered(name) is not None)

    def is_shown(self, fingerprint: bytes, name: str) -> bool:
        """Whether a node that is let in registered this key. Several may have: who holds the key, TLS has proven."""
        with self._turn:
            found = self._admitted.get(name)
        return found is not None and found.listing.tls == fingerprint

    def knows(self, fingerprint: bytes) -> bool:
        """Whether any node that is let in registered this key."""
        with self._turn:
            return any(each.listing.tls == fingerprint for each in self._admitted.values())

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
        with self._turn:
            found = self._admitted.get(name)
        if found is None:
            raise NetworkError(f"the node {name} is not registered, or suspended, or has left")
        return found.listing.tls

    def _introduce(self) -> None:
        """Learn where every registered node is, and which certificate it shows; again and again for those not there."""
        while not self._ending.is_set():
            with self._turn:
                wanted = [each for name, each in self._admitted.items() if name != self._name]
            for each in wanted:
                if self._ending.is_set():
                    return
                try:
                    endpoint = Endpoint.parse(each.listing.endpoint)
                    if each.listing.tls not in self._book or self._moved(each, endpoint):
                        self._book.learn(endpoint, each.listing.tls, LEARN_SECONDS)
                        if not self.knows(each.listing.tls):
                            self._book.forget(each.listing.tls)  # it was shut out meanwhile
                            continue
                        log("peer found", peer=each.node, endpoint=str(endpoint))
                except EnigmaError as error:
                    # It is not there, or not itself: later, perhaps.
                    log("peer not found", level=logging.DEBUG, peer=each.node, problem=error.message)
            self._ending.wait(LEARN_AGAIN)

    def _moved(self, node: Registered, endpoint: Endpoint) -> bool:
        address = self._book.address(node.listing.tls)
        return (address.host, address.port) != (endpoint.host, endpoint.port)


def is_let_in(node: Registered, *, fallen: bool) -> bool:
    """Whether a node is a peer. `fallen`: it was suspended, and has not logged in again."""
    match node.status:
        case Status.LOGGED_IN:
            return True
        case Status.LOGGED_OUT | Status.LEAVING:
            return node.locks > 0 and not fallen
        case _:
            return False
