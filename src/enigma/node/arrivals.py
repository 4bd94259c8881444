"""What came for questions that are yet to be asked: public arguments; contributions, until a request claims them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enigma.errors import ArgumentProblem
from enigma.storage import Store
from enigma.wire import Tree, codec

LIMIT = 1 << 30
PIECES, UPLOADS = "pieces", "uploads"
_ARGUMENTS, _CLAIMS, _BROUGHT = "arguments", "claims", "brought"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A private argument that came, complete and checked: its rows (None: no table), and shape of each column."""

    rows: int | None
    columns: Mapping[str, tuple[int, ...]]


class Arrivals:
    """The part of a node's `Holdings` that takes inputs. Safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()

    def keep_arguments(self, contract: bytes, hashed: bytes, octets: bytes, *, expires: int) -> None:
        """Keep the public arguments of a coming question, under their hash, which the caller has checked."""
        self._store.put(_ARGUMENTS, contract + hashed, octets, expires=expires)

    def arguments(self, contract: bytes, hashed: bytes) -> bytes | None:
        """The canonical bytes of public arguments, None where they have not come."""
        return self._store.get(_ARGUMENTS, contract + hashed)

    def keep_upload(
        self, name: bytes, arrived: Arrived, pieces: Mapping[str, bytes], *, expires: int, about: bytes = b""
    ) -> None:
        """Keep a contribution that was checked, under its name; `sweep` forgets it when it `expires` unclaimed.

        `about`: what everybody may know of it, and check against the chain; kept for good once it is claimed.
        """
        # A list: pieces are found by the place of their column, and a map of the codec is in the order of its keys.
        tree: Tree = [arrived.rows, [[column, list(shape)] for column, shape in arrived.columns.items()]]
        with self._lock, self._store.transaction():
            if self._store.get(_CLAIMS, name) is not None:
                raise ArgumentProblem("this contribution was made use of before", hint="contribute it anew")
            for place, column in enumerate(arrived.columns):
                self._store.put(PIECES, contributed(name, place), pieces[column])
            self._store.put(UPLOADS, name, codec.encode(tree), expires=expires)
            self._store.put(_BROUGHT, name, about, expires=expires)

    def upload(self, name: bytes) -> Arrived | None:
        """A contribution, None where it has not come, or not wholly."""
        tree = self._read(UPLOADS, name)
        return None if tree is None else Arrived(tree[0], {column: tuple(shape) for column, shape in tree[1]})

    def claim(self, request: bytes, names: Sequence[bytes]) -> bool:
        """Give contributions that have come to a request, for good: they expire no more. False if another has one."""
        with self._lock, self._store.transaction():
            claims = [self._store.get(_CLAIMS, name) for name in names]
            if any(each not in (None, request) for each in claims):
                return False
            for name, each in zip(names, claims, strict=True):
                octets = self._store.get(UPLOADS, name)
                if each is None and octets is not None:
                    self._store.put(_CLAIMS, name, request)
                    self._store.put(UPLOADS, name, octets)
                    self._store.put(_BROUGHT, name, self._store.get(_BROUGHT, name) or b"")
            return True

    def about(self, name: bytes) -> bytes | None:
        """What everybody may know of a contribution, None where it has not come."""
        return self._store.get(_BROUGHT, name)

    def release(self, names: Sequence[bytes]) -> None:
        """The request that had these contributions has ended: what its contract does not keep is swept."""
        with self._lock, self._store.transaction():
            for name in names:
                self._store.delete(UPLOADS, name)

    def _read(self, space: str, key: bytes) -> Any:
        octets = self._store.get(space, key)
        return None if octets is None else codec.decode(octets, limit=LIMIT)


def name_of_upload(contract: bytes, asker: str, function: bytes, parameter: str, commitment: bytes) -> bytes:
    """What a contribution is kept under: nobody else, and no other place, can name it."""
    tree: Tree = [contract, bytes.fromhex(asker[2:]), function, parameter, commitment]
    return hashlib.sha256(codec.encode(tree)).digest()


def contributed(name: bytes, place: int) -> bytes:
    """Where the piece of one column of a contribution lies, by the column's place."""
    return name + place.to_bytes(2, "big")
