"""The numbers of one DHT, and what it asks of its surroundings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from enigma.errors import ArgumentProblem

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes, limits and times (seconds). All nodes of a network use the same `bucket_size`, `replicas`, `longest`."""

    bucket_size: int = 20  # contacts in a bucket, and the width of a lookup: the k of Kademlia
    spares: int = 8  # contacts that wait for a place in a full bucket
    failures: int = 2  # calls in a row without an answer, after which a contact is dropped
    paths: int = 3  # disjoint paths of a lookup: the d of S/Kademlia
    alpha: int = 1  # calls in flight on each path
    replicas: int = 12  # nodes that hold a record
    call_deadline: float = 5.0
    operation_deadline: float = 60.0
    refresh: float = HOUR
    republish: float = HOUR
    longest: int = 30 * 24 * HOUR  # to a record's expiry
    longest_provided: int = 24 * HOUR  # to a provider record's expiry
    records: int = 1 << 16
    record_bytes: int = 1 << 30
    records_of_peer: int = 1 << 13
    record_bytes_of_peer: int = 1 << 27
    floors: int = 1 << 17  # sequence numbers remembered of records that are gone
    provided: int = 1 << 16
    provided_of_peer: int = 1 << 12
    providers_of_key: int = 32

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ArgumentProblem(f"the DHT's {name} has to be positive")
        if self.replicas > self.bucket_size:
            raise ArgumentProblem("a lookup finds no more nodes than a bucket has places: fewer replicas, please")


class KeyValue(Protocol):
    """Opaque bytes by space and key, kept over restarts."""

    def put(self, space: str, key: bytes, value: bytes, *, expires: int | None = None) -> object:
        """Keep a value, in the place of an earlier one; after `expires` (seconds) it may be gone."""

    def get(self, space: str, key: bytes) -> bytes | None:
        """The value, or None."""

    def delete(self, space: str, key: bytes) -> object:
        """Forget a value; nothing happens where there is none."""

    def keys(self, space: str, prefix: bytes = b"") -> Iterable[bytes]:
        """The keys of a space."""
