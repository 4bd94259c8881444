"""The DHT's calls, carried by the calls between nodes (`enigma.net.peers`).

The chain says which id belongs to which key: `fingerprint_of` and `id_of` come from it. Both sides of a connection have
proven their keys, so an id is as certain as that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from enigma.errors import EnigmaError, NetworkError, WireError
from enigma.net.dht.identity import NodeId
from enigma.net.dht.node import DhtNode

if TYPE_CHECKING:
    from enigma.net.peers import PeerClient
    from enigma.wire.codec import Tree


class PeersTransport:
    """The `Transport` of `enigma.net.dht.live` over a `PeerClient`, which the caller closes."""

    def __init__(self, client: PeerClient, fingerprint_of: Callable[[NodeId], bytes | None]) -> None:
        self._client, self._fingerprint_of = client, fingerprint_of

    def call(self, node: NodeId, method: str, fields: Tree, deadline: float) -> Tree:
        """The answer of a node. Raises NetworkError or WireError, also for whatever error the node answers with."""
        fingerprint = self._fingerprint_of(node)
        if fingerprint is None:
            raise NetworkError(f"node {node.hex()[:16]} is not registered any more")
        try:
            # Any request of the DHT may be heard twice: finding changes nothing, and a record is held once.
            return self._client.call(fingerprint, method, fields, deadline=deadline, repeatable=True)
        except (NetworkError, WireError):
            raise
        except EnigmaError as error:
            # The far side chooses the class of the error it answers with; here it only ever means: no answer.
            raise NetworkError(f"node {node.hex()[:16]} refused {method}: {error.message}") from error


def serving(node: DhtNode, id_of: Callable[[bytes], NodeId | None]) -> Callable[[bytes, str, Tree], Tree]:
    """What a `PeerServer` calls for the methods of `enigma.net.dht.messages`: peer's fingerprint, method, fields."""

    def serve(fingerprint: bytes, method: str, fields: Tree) -> Tree:
        peer = id_of(fingerprint)
        if peer is None:
            raise NetworkError("a node that is not registered asked the DHT")
        return node.serve(peer, method, fields)

    return serve
