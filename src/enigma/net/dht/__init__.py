"""The distributed hash table: our own Kademlia among registered nodes."""

from enigma.net.dht.identity import Key, NodeId, content_key, node_id, owned_key, reference_key
from enigma.net.dht.manifest import Manifest
from enigma.net.dht.metric import Metric, Weighted, Xor
from enigma.net.dht.node import DhtNode
from enigma.net.dht.placement import Candidate, place
from enigma.net.dht.records import MAX_VALUE, Kind, Record, content, signed
from enigma.net.dht.settings import KeyValue, Settings

__all__ = [
    "MAX_VALUE",
    "Candidate",
    "DhtNode",
    "Key",
    "KeyValue",
    "Kind",
    "Manifest",
    "Metric",
    "NodeId",
    "Record",
    "Settings",
    "Weighted",
    "Xor",
    "content",
    "content_key",
    "node_id",
    "owned_key",
    "place",
    "reference_key",
    "signed",
]
