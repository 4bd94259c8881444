"""What nodes ask each other, as trees; every answer is taken apart strictly.

A contact is an id and nothing else: where a node lives and which key it shows, everybody learns from the chain. So a
node that lies about others can leave some out; it cannot send anybody to a wrong place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from enigma.errors import WireError
from enigma.net.dht.identity import ID_BYTES, Key, NodeId
from enigma.net.dht.records import MAX_RECORD, MAX_SEQUENCE, Record, record_from
from enigma.wire.codec import Tree

FIND = "dht.find"
GET = "dht.get"
PUT = "dht.put"
PROVIDE = "dht.provide"
PROVIDERS = "dht.providers"
METHODS = (FIND, GET, PUT, PROVIDE, PROVIDERS)

MAX_CONTACTS = 64
"""Contacts, or providers, in one answer."""
MAX_REASON = 200
LIMITS: Mapping[str, int] = MappingProxyType(dict.fromkeys(METHODS, MAX_RECORD + 2 * MAX_CONTACTS * ID_BYTES + 1024))
"""Bytes of an encoded request or answer, by method: for whoever carries them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a node asks: the method's name, and its fields."""

    method: str
    fields: Mapping[str, Tree]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node answered; what the method does not give is empty. `refused`: why a record was not taken, or ""."""

    nodes: tuple[NodeId, ...] = ()
    record: Record | None = None
    providers: tuple[NodeId, ...] = ()
    refused: str = ""


def find(key: Key) -> Request:
    """Which nodes do you know nearest to this key?"""
    return Request(FIND, {"key": key})


def get(key: Key) -> Request:
    """The record at this key, and the nodes nearest to it."""
    return Request(GET, {"key": key})


def put(record: Record) -> Request:
    """Hold this record."""
    return Request(PUT, {"record": record.tree()})


def provide(key: Key, expires: int) -> Request:
    """I have what this key stands for, until `expires` (seconds)."""
    return Request(PROVIDE, {"key": key, "expires": expires})


def providers(key: Key) -> Request:
    """Who has what this key stands for, and the nodes nearest to it?"""
    return Request(PROVIDERS, {"key": key})


def answer(
    *,
    nodes: Iterable[NodeId] = (),
    record: Record | None = None,
    providers: Iterable[NodeId] = (),
    refused: str = "",
) -> Tree:
    """The tree of an answer; only what is there is spelled."""
    tree: dict[str, Tree] = {}
    if joined := b"".join(nodes):
        tree["nodes"] = joined
    if record is not None:
        tree["record"] = record.tree()
    if joined := b"".join(providers):
        tree["providers"] = joined
    if refused:
        tree["refused"] = refused[:MAX_REASON]
    return tree


def read_answer(tree: Tree) -> Answer:
    """The answer that a tree spells. Raises WireError on anything else."""
    if not isinstance(tree, Mapping) or not set(tree) <= {"nodes", "record", "providers", "refused"}:
        raise WireError("an answer of the DHT has other fields")
    refused = tree.get("refused", "")
    if not isinstance(refused, str) or len(refused) > MAX_REASON:
        raise WireError("a refusal of the DHT is a short text")
    return Answer(
        nodes=_ids(tree.get("nodes", b"")),
        record=record_from(tree["record"]) if "record" in tree else None,
        providers=_ids(tree.get("providers", b"")),
        refused=refused,
    )


def read_key(fields: Tree) -> Key:
    """The key of a request that has nothing else. Raises WireError."""
    return _key(_only(fields, {"key"})["key"])


def read_put(fields: Tree) -> Record:
    """The record of a request to hold it; not yet checked. Raises WireError."""
    return record_from(_only(fields, {"record"})["record"])


def read_provide(fields: Tree) -> tuple[Key, int]:
    """The key and the expiry of an announcement. Raises WireError."""
    known = _only(fields, {"key", "expires"})
    expires = known["expires"]
    if not isinstance(expires, int) or isinstance(expires, bool) or not 0 <= expires < MAX_SEQUENCE:
        raise WireError("an expiry is a whole number of seconds")
    return _key(known["key"]), expires


def _only(fields: Tree, names: set[str]) -> Mapping[str, Tree]:
    if not isinstance(fields, Mapping) or set(fields) != names:
        raise WireError(f"a request of the DHT has other fields than {', '.join(sorted(names))}")
    return fields


def _key(octets: Tree) -> Key:
    if not isinstance(octets, (bytes, bytearray, memoryview)) or len(octets) != ID_BYTES:
        raise WireError(f"a key of the DHT has {ID_BYTES} bytes")
    return bytes(octets)


def _ids(octets: Tree) -> tuple[NodeId, ...]:
    if not isinstance(octets, (bytes, bytearray, memoryview)):
        raise WireError("contacts of the DHT are bytes")
    if len(octets) % ID_BYTES or len(octets) > MAX_CONTACTS * ID_BYTES:
        raise WireError(f"contacts of the DHT are at most {MAX_CONTACTS} ids of {ID_BYTES} bytes")
    joined = bytes(octets)
    return tuple(joined[start : start + ID_BYTES] for start in range(0, len(joined), ID_BYTES))
