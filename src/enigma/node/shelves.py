"""The pieces of each contract by generation, in one node's store: what `enigma.node.job.generations` says, on a disk.

The current pieces are those to which the contract's state refers (`Standing.places`). Others have a *shelf*, a record
of where each piece lies: pending ones under the digest that may become current, former ones until all have switched.
Pieces that were made anew lie under contract, index, and a tag that is drawn for each attempt; the commitments to a
piece lie under the same key. Every event is one transaction.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from enigma.contract.keeping import decode, held_in
from enigma.errors import ProtocolError
from enigma.node.job.generations import Generations, Pending
from enigma.node.job.reshaping import Stored
from enigma.sharing.generations import Generation
from enigma.storage import Store
from enigma.wire import Tree, codec

if TYPE_CHECKING:
    from enigma.node.holdings import Holdings

LIMIT = 1 << 28
PIECES, COMMITMENTS, LOST = "pieces", "commitments", "lost"
_GENERATIONS, _SHELVES, _RENEWED, _SEEN = "generations", "shelves", "renewed", "seen"
TAG_BYTES = 16


class Withdrawn(Protocol):
    """What owners have withdrawn from contracts: it is in no generation that is yet to come."""

    def left(self, contract: bytes, state: bytes) -> bytes:
        """A contract's state without all that was withdrawn."""

    def is_going(self, contract: bytes) -> bool:
        """Whether something that was withdrawn is not deleted yet: until then nothing is made anew."""


class Nothing:
    """Nobody has withdrawn anything."""

    def left(self, _: bytes, state: bytes) -> bytes:
        """See `Withdrawn`."""
        return state

    def is_going(self, _: bytes) -> bool:
        """See `Withdrawn`."""
        return False


class Shelves:
    """Of one node's store. Safe between threads: what is read to be changed is read within the transaction."""

    def __init__(self, store: Store, holdings: Holdings) -> None:
        self._store, self._holdings = store, holdings
        self._lock = threading.Lock()
        self._writing: dict[bytes, tuple[bytes, dict[int, bytes]]] = {}
        self.withdrawn: Withdrawn = Nothing()
        self.doubted: set[bytes] = set()
        """Contracts of which something could not be read: they are looked over."""

    # ------------------------------------------------------------ what there is

    def generations(self, contract: bytes) -> Generations:
        """What this node has of a contract's pieces; those that were never renewed are generation 0."""
        octets = self._store.get(_GENERATIONS, contract)
        if octets is not None:
            return Generations.read(codec.decode(octets, limit=LIMIT))
        return Generations() if self._holdings.lost(contract) is not None else Generations(Generation())

    def renewed(self, contract: bytes) -> int:
        """When this node last switched to new pieces, in seconds since 1970; 0 where it never did."""
        octets = self._store.get(_RENEWED, contract)
        return 0 if octets is None else int.from_bytes(octets, "big")

    def since(self, contract: bytes, now: int) -> int:
        """Since when the pieces are as they are: when this node switched to them, or first asked about them."""
        octets = self._store.get(_RENEWED, contract) or self._store.get(_SEEN, contract)
        if octets is None:
            octets = now.to_bytes(8, "big")
            self._store.put(_SEEN, contract, octets)
        return int.from_bytes(octets, "big")

    def values(self, contract: bytes) -> tuple[Stored, ...]:
        """All that the contract's state refers to and nobody has withdrawn, in the order of indices."""
        return _values_of(self.withdrawn.left(contract, self._holdings.standing(contract).state))

    def committed(self, contract: bytes, index: int) -> Tree:
        """[start, context, commitments, salts] of each slice, of when a current piece was made anew; None if never."""
        key = self._holdings.standing(contract).places.get(index)
        octets = None if key is None else self._store.get(COMMITMENTS, key)
        return None if octets is None else codec.decode(octets, limit=LIMIT)

    def shelved(self) -> Iterator[bytes]:
        """The keys of all pieces that are pending or former: what must not be swept."""
        for record in self._store.keys(_SHELVES):
            yield from self._shelf(record).values()

    def being_written(self, key: bytes) -> bool:
        """Whether an attempt that goes on now has written this piece."""
        with self._lock:
            return key[-TAG_BYTES:] in {tag for tag, _ in self._writing.values()}

    def is_writing(self, contract: bytes) -> bool:
        """Whether an attempt that goes on now has written pieces of a contract, or is about to."""
        with self._lock:
            return contract in self._writing

    def has_piece(self, key: bytes | None) -> bool:
        """Whether a piece is there. Raises `StoreDamaged` where it was, and is lost."""
        return key is not None and self._store.size(PIECES, key) is not None

    def contracts(self) -> list[bytes]:
        """Every contract of which this node remembers a state."""
        return self._store.keys("states")

    # ------------------------------------------------------------ an attempt writes

    def begin(self, contract: bytes) -> None:
        """Forget what an attempt wrote that did not come to its end."""
        self.end(contract)
        with self._lock:
            self._writing[contract] = secrets.token_bytes(TAG_BYTES), {}

    def write(self, contract: bytes, index: int, octets: bytes, committed: Tree) -> None:
        """Keep one new piece and its commitments for `keep`; a party without a seat has none."""
        with self._lock:
            tag, written = self._writing[contract]
        key = contract + index.to_bytes(8, "big") + tag
        with self._store.transaction():
            self._store.put(PIECES, key, octets)
            self._store.put(COMMITMENTS, key, codec.encode(committed))
        written[index] = key

    def end(self, contract: bytes) -> None:
        """The attempt has ended; what it wrote and did not keep goes."""
        with self._lock:
            _, written = self._writing.pop(contract, (b"", {}))
        self._holdings.drop_pieces(written.values())

    # ------------------------------------------------------------ events

    def keep(self, contract: bytes, pending: Pending) -> None:
        """`Generations.stored`: what was written is pending, durably, but for what was withdrawn meanwhile."""
        with self._lock:
            _, written = self._writing[contract]
        with self._store.transaction():
            self._put(contract, self.generations(contract).stored(pending))
            wanted = {each.index for each in self.values(contract)}
            kept = {index: key for index, key in written.items() if index in wanted and pending.stays}
            if pending.stays:
                self._put_shelf(contract + pending.digest, kept)
            self._holdings.drop_pieces(set(written.values()) - set(kept.values()))
        with self._lock:
            del self._writing[contract]

    def signed(self, contract: bytes, digest: bytes) -> None:
        """`Generations.signed`: durable when this returns."""
        with self._store.transaction():
            self._put(contract, self.generations(contract).signed(digest))

    def switch(self, contract: bytes, digest: bytes) -> None:
        """`Generations.switched`: what was pending under `digest` is what the contract's state refers to."""
        with self._store.transaction():
            before = self.generations(contract)
            self._become(contract, before, before.switched(digest))

    def moved(self, contract: bytes, digest: bytes, moves: int) -> None:
        """`Generations.moved`."""
        with self._store.transaction():
            before = self.generations(contract)
            after = before.moved(digest, moves)
            if after.successor == digest != before.successor:
                self._become(contract, before, after)
            elif after != before:
                self._put(contract, after)
                self._clear(contract, after)

    def drop(self, contract: bytes, digest: bytes) -> None:
        """`Generations.dropped`, and its pieces erased."""
        with self._store.transaction():
            after = self.generations(contract).dropped(digest)
            self._put(contract, after)
            self._clear(contract, after)

    def release(self, contract: bytes, digest: bytes) -> None:
        """`Generations.released`, and the former pieces erased: no file of the store holds them any more."""
        with self._store.transaction():
            after = self.generations(contract).released(digest)
            self._put(contract, after)
            self._clear(contract, after)
        self._store.scrub()

    def lose(self, contract: bytes) -> None:
        """This node's pieces are lost, all or some: it has none, until they are rebuilt from the other seats'."""
        with self._store.transaction():
            if self._holdings.lost(contract) is None:
                self._store.put(LOST, contract, bytes(8))
            self._put(contract, Generations())
            self._clear(contract, Generations())

    def forget(self, contract: bytes, indices: AbstractSet[int]) -> set[bytes]:
        """Within a transaction: take pieces out of generations that are pending or former; their keys."""
        found: set[bytes] = set()
        for record in self._store.keys(_SHELVES, contract):
            shelf = self._shelf(record)
            gone = indices & shelf.keys()
            if gone:
                found.update(shelf.pop(index) for index in gone)
                self._put_shelf(record, shelf)
        return found

    def erase(self, contract: bytes) -> None:
        """Another node has the seat: nothing of the contract's pieces stays here."""
        with self._store.transaction():
            self._holdings.leave(contract)
            self._clear(contract, Generations())
            for space in (_GENERATIONS, _RENEWED, _SEEN):
                self._store.delete(space, contract)
        self._store.scrub()

    # ------------------------------------------------------------ inside

    def _become(self, contract: bytes, before: Generations, after: Generations) -> None:
        assert after.successor is not None
        standing = self._holdings.standing(contract)
        fresh = self._shelf(contract + after.successor)
        wanted = [each.index for each in self.values(contract)]
        found = {index: fresh.get(index) or standing.places.get(index) for index in wanted}
        places = {index: key for index, key in found.items() if key is not None}
        left = {index: key for index, key in standing.places.items() if key not in places.values()}
        if before.current is not None:
            self._put_shelf(contract + before.current.digest, left)
        else:
            self._holdings.drop_pieces(left.values())
        self._holdings.drop_pieces(set(fresh.values()) - set(places.values()))
        self._store.delete(_SHELVES, contract + after.successor)
        self._holdings.put_standing(contract, replace(standing, places=places))
        self._put(contract, after)
        self._clear(contract, after)
        if after.current is not None and len(places) == len(wanted):
            self._store.delete(LOST, contract)
        self._store.put(_RENEWED, contract, int(time.time()).to_bytes(8, "big"))

    def _clear(self, contract: bytes, after: Generations) -> None:
        """Erase the pieces of all generations that are neither current nor kept."""
        current = None if after.current is None else after.current.digest
        for record in self._store.keys(_SHELVES, contract):
            digest = record[len(contract) :]
            if digest not in after.kept or digest == current:
                self._holdings.drop_pieces(self._shelf(record).values())
                self._store.delete(_SHELVES, record)

    def _put(self, contract: bytes, generations: Generations) -> None:
        self._store.put(_GENERATIONS, contract, codec.encode(generations.tree))

    def _put_shelf(self, record: bytes, places: Mapping[int, bytes]) -> None:
        pairs: list[Tree] = [[index, key] for index, key in sorted(places.items())]
        self._store.put(_SHELVES, record, codec.encode(pairs))

    def _shelf(self, record: bytes) -> dict[int, bytes]:
        octets = self._store.get(_SHELVES, record)
        pairs: Any = [] if octets is None else codec.decode(octets, limit=LIMIT)
        return {int(index): bytes(key) for index, key in pairs}


def _values_of(state: bytes) -> tuple[Stored, ...]:
    found = {each.index: each for each in held_in(decode(state))} if state else {}
    return tuple(Stored(index, each.shape, each.type.is_bool) for index, each in sorted(found.items()))


def asked(shelves: Shelves, contract: bytes, message: Any) -> Tree:
    """The answer to what a process of this contract needs of its node's generations. Raises `ProtocolError`."""
    match message:
        case {"need": "generations"}:
            return {"generations": shelves.generations(contract).tree}
        case {"need": "switch", "digest": digest}:
            shelves.switch(contract, bytes(digest))
        case {"need": "drop", "digest": digest}:
            shelves.drop(contract, bytes(digest))
        case {"need": "release", "digest": digest}:
            shelves.release(contract, bytes(digest))
        case _:
            raise ProtocolError(f"a process asks its node for something that it does not have: {message['need']}")
    return {"done": True}
