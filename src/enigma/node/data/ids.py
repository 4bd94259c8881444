"""Which node of the chain has which id in the DHT, and which key it shows its peers."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from enigma.chain.connection import Connection
from enigma.chain.events import Event
from enigma.chain.nodes import Registered, Status
from enigma.errors import LyingNode
from enigma.net.dht import NodeId, node_id
from enigma.node.neighbours import Neighbours
from enigma.storage import Store

SPACE = "dht.ids"


@dataclass(frozen=True, slots=True)
class _Born:
    """When a node was registered: the block's number, and the id that follows from its hash."""

    block: int
    id: NodeId


class Ids:
    """Of the node `name`. What the chain said is kept, and need not be heard again. Safe between threads."""

    def __init__(self, name: str, store: Store, connection: Connection, neighbours: Neighbours) -> None:
        self._name, self._store, self._connection, self._neighbours = name, store, connection, neighbours
        self._turn = threading.Lock()
        self._born: dict[str, _Born] = {}
        self._names: dict[NodeId, str] = {}
        self.time = 0
        """The chain's, as far as it has been read: what a suspension is held against."""
        for key in store.keys(SPACE):
            kept = store.get(SPACE, key) or b""
            if len(kept) == 40:
                self._note(_spelled(key), int.from_bytes(kept[:8], "big"), kept[8:])

    def hear(self, event: Event, controller: str) -> None:
        """One event of the chain; others than registrations are passed over. Raises `ChainProblem`."""
        if (controller, event.name) != ("Nodes", "Registered"):
            return
        name = str(event.values["node"])
        key = bytes.fromhex(name[2:])
        if event.removed:
            self._store.delete(SPACE, key)
            with self._turn:
                born = self._born.pop(name, None)
                if born is not None:
                    self._names.pop(born.id, None)
            return
        block = self._connection.block(event.block)
        if block is None:
            raise LyingNode(f"block {event.block} is not there, and an event of it was")
        digest = bytes.fromhex(block.hash.removeprefix("0x"))
        self._store.put(SPACE, key, event.block.to_bytes(8, "big") + digest)
        self._note(name, event.block, digest)

    @property
    def own(self) -> NodeId | None:
        """This node's id, None until the chain has said that it is registered."""
        return self.of(self._name)

    def of(self, name: str) -> NodeId | None:
        """The id of a node, None where none is known."""
        with self._turn:
            born = self._born.get(name)
        return None if born is None else born.id

    def name(self, node: NodeId) -> str | None:
        """The name of an id, None where there is none."""
        with self._turn:
            return self._names.get(node)

    def all(self) -> list[NodeId]:
        """The ids of all nodes but this one that may be asked, as far as the chain says."""
        with self._turn:
            known = list(self._names)
        return [each for each in known if each != self.own and self.admitted(each)]

    def admitted(self, node: NodeId) -> bool:
        """Whether a node is registered, and not suspended."""
        found = self._registered(node)
        if found is None:
            return False
        suspended = found.status is Status.LOGGED_OUT and found.until > self.time
        return found.status is not Status.LEFT and not suspended

    def fingerprint(self, node: NodeId) -> bytes | None:
        """The key that a node shows, None where it is not registered."""
        found = self._registered(node)
        return None if found is None else found.listing.tls

    def shown_by(self, fingerprint: bytes) -> str | None:
        """Which node shows a key. Where several registered it, the one that was first: nobody takes another's place."""
        with self._turn:
            born = sorted((each.block, name) for name, each in self._born.items())
        return next((name for _, name in born if self._neighbours.is_shown(fingerprint, name)), None)

    def id_of(self, fingerprint: bytes) -> NodeId | None:
        """The id of the node that shows a key, None where there is none."""
        name = self.shown_by(fingerprint)
        return None if name is None else self.of(name)

    def _registered(self, node: NodeId) -> Registered | None:
        name = self.name(node)
        return None if name is None else self._neighbours.registered(name)

    def _note(self, name: str, block: int, digest: bytes) -> None:
        born = _Born(block, node_id(bytes.fromhex(name[2:]), digest))
        with self._turn:
            self._born[name] = born
            self._names[born.id] = name


def _spelled(octets: bytes) -> str:
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(octets))
