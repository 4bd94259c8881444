"""What a node keeps in its store: contracts' sources, inputs that came, contracts' states, pieces, findings, answers.

Pieces lie under keys of their own: those contributed under their commitment, those computed under contract and index.
A contract's record says which index means which key, so that nothing large is copied when a job is settled: one
transaction makes a pending finding the contract's state, and forgets what the new state does not refer to.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enigma.contract.keeping import decode
from enigma.errors import ArgumentProblem
from enigma.node.job.assignment import Given
from enigma.node.job.finding import Finding
from enigma.node.library import Library
from enigma.storage import Store
from enigma.wire import Tree, codec

LIMIT = 1 << 30

_SOURCES, _ARGUMENTS, _UPLOADS, _PIECES, _STATES, _PENDING, _ANSWERS = (
    "sources", "arguments", "uploads", "pieces", "states", "pending", "answers",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sources:
    """A contract's text, and those that it imports by digest."""

    name: str
    text: str
    imports: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A private argument that came, complete and checked: its rows (None: no table), and shape of each column."""

    rows: int | None
    columns: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Standing:
    """A contract's state after its latest settled job, and where the pieces lie that it refers to."""

    job: int = 0
    state: bytes = b""
    places: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """A finding that is stored and perhaps signed, but not settled: without its pieces.

    `places`: of the pieces that were computed. `own`: of those that the job has brought.
    """

    job: int
    request: bytes
    finding: Finding
    digest: bytes
    places: Mapping[int, bytes]
    own: Mapping[int, bytes]


class Holdings:
    """The store of one node, in its own words. Safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store, self.library = store, Library(store)
        self._lock = threading.Lock()

    # ------------------------------------------------------------ sources

    def keep_sources(self, contract: bytes, sources: Sources) -> None:
        """Keep a contract's source, which the caller has checked."""
        tree: Tree = [sources.name, sources.text, dict(sources.imports)]
        self._store.put(_SOURCES, contract, codec.encode(tree))

    def sources(self, contract: bytes) -> Sources | None:
        """A contract's source, None before it came."""
        tree = self._read(_SOURCES, contract)
        return None if tree is None else Sources(tree[0], tree[1], tree[2])

    # ------------------------------------------------------------ inputs

    def keep_arguments(self, contract: bytes, hashed: bytes, octets: bytes, *, expires: int) -> None:
        """Keep the public arguments of a coming question, under their hash, which the caller has checked."""
        self._store.put(_ARGUMENTS, contract + hashed, octets, expires=expires)

    def arguments(self, contract: bytes, hashed: bytes) -> bytes | None:
        """The canonical bytes of public arguments, None where they have not come."""
        return self._store.get(_ARGUMENTS, contract + hashed)

    def keep_upload(self, commitment: bytes, arrived: Arrived, pieces: Mapping[str, bytes], *, expires: int) -> None:
        """Keep a contribution that was checked; `sweep` forgets it when it `expires`, unless a job has made use of it."""
        tree: Tree = [arrived.rows, {name: list(shape) for name, shape in arrived.columns.items()}]
        with self._lock, self._store.transaction():
            for place, name in enumerate(arrived.columns):
                self._store.put(_PIECES, _contributed(commitment, place), pieces[name])
            self._store.put(_UPLOADS, commitment, codec.encode(tree), expires=expires)

    def upload(self, commitment: bytes) -> Arrived | None:
        """A contribution, None where it has not come, or not wholly."""
        tree = self._read(_UPLOADS, commitment)
        return None if tree is None else Arrived(tree[0], {name: tuple(shape) for name, shape in tree[1].items()})

    # ------------------------------------------------------------ states and pieces

    def standing(self, contract: bytes) -> Standing:
        """A contract's state; an empty one before its first settled job."""
        tree = self._read(_STATES, contract)
        return Standing() if tree is None else Standing(tree[0], tree[1], dict(tree[2]))

    def pieces(self, contract: bytes, own: Mapping[int, bytes], indices: Sequence[int]) -> list[bytes]:
        """Pieces by index; `own` are the places of those that the job itself brings."""
        places = self.standing(contract).places
        return [self._piece(own[index] if index in own else places.get(index), index) for index in indices]

    def _piece(self, key: bytes | None, index: int) -> bytes:
        octets = None if key is None else self._store.get(_PIECES, key)
        if octets is None:
            raise ArgumentProblem(f"this node stores no piece {index}", hint="it is rebuilt from the other seats'")
        return octets

    # ------------------------------------------------------------ findings

    def keep_pending(
        self, contract: bytes, job: int, request: bytes, finding: Finding, own: Mapping[int, bytes]
    ) -> bytes:
        """Store a finding, durably; its digest. `own`: places of what the job has brought, which stays from here on.

        What an earlier attempt left is forgotten.
        """
        places = {index: contract + index.to_bytes(8, "big") for index in finding.kept}
        digest = finding.digest(request)
        without = replace(finding, kept={})
        tree: Tree = [job, request, without.tree(), digest, _pairs(places), _pairs(own)]
        with self._lock, self._store.transaction():
            self._forget_pending(contract, job)
            for index, octets in finding.kept.items():
                self._store.put(_PIECES, places[index], octets)
            self._store.put(_PENDING, _of_job(contract, job), codec.encode(tree))
        return digest

    def pending(self, contract: bytes, job: int) -> Pending | None:
        """What an attempt at a job left, None where nothing."""
        tree = self._read(_PENDING, _of_job(contract, job))
        if tree is None:
            return None
        return Pending(tree[0], tree[1], Finding.read(tree[2]), tree[3], dict(tree[4]), dict(tree[5]))

    def settle(self, contract: bytes, job: int, *, moves: bool) -> None:
        """A job is settled: its finding becomes the contract's state (where it `moves`), and its answer stays."""
        with self._lock, self._store.transaction():
            pending = self.pending(contract, job)
            if pending is None:
                raise ArgumentProblem(f"nothing is pending of job {job}")
            before = self.standing(contract)
            if moves:
                places = {**before.places, **pending.own, **pending.places}
                after = decode(pending.finding.state)
                used = after.stored()
                kept = {index: key for index, key in places.items() if index in used}
                texts = decode(before.state).ciphertexts() if before.state else frozenset()
                self.library.hold(contract, texts, after.ciphertexts())
                self._put_standing(contract, Standing(job, pending.finding.state, kept))
                self._drop_pieces(set(places.values()) - set(kept.values()))
            else:
                self._drop_pieces(pending.places.values())
            answer: Tree = [pending.request, pending.finding.tree()]
            self._store.put(_ANSWERS, job.to_bytes(8, "big"), codec.encode(answer))
            self._store.delete(_PENDING, _of_job(contract, job))

    def drop_pending(self, contract: bytes, job: int) -> None:
        """A job has ended otherwise: what was found is forgotten."""
        with self._lock, self._store.transaction():
            self._forget_pending(contract, job)

    def answer(self, job: int) -> tuple[bytes, Finding] | None:
        """The request hash and the finding of a settled job."""
        tree = self._read(_ANSWERS, job.to_bytes(8, "big"))
        return None if tree is None else (tree[0], Finding.read(tree[1]))

    def sweep(self, now: int) -> int:
        """Forget what has expired, and every piece that nothing refers to; how many pieces that were."""
        self._store.expire(now)
        with self._lock:
            used: set[bytes] = set()
            for contract in self._store.keys(_STATES):
                used.update(self.standing(contract).places.values())
            for key in self._store.keys(_PENDING):
                left = self.pending(key[:32], int.from_bytes(key[32:], "big"))
                if left is not None:
                    used.update((*left.places.values(), *left.own.values()))
            for commitment in self._store.keys(_UPLOADS):
                arrived = self.upload(commitment)
                columns = 0 if arrived is None else len(arrived.columns)
                used.update(_contributed(commitment, place) for place in range(columns))
            useless = [key for key in self._store.keys(_PIECES) if key not in used]
            self._drop_pieces(useless)
            return len(useless)

    # ------------------------------------------------------------ inside

    def _forget_pending(self, contract: bytes, job: int) -> None:
        left = self.pending(contract, job)
        if left is not None:
            self._drop_pieces(left.places.values())
            self._store.delete(_PENDING, _of_job(contract, job))

    def _drop_pieces(self, keys: Iterable[bytes]) -> None:
        for key in keys:
            self._store.delete(_PIECES, key)

    def _put_standing(self, contract: bytes, standing: Standing) -> None:
        tree: Tree = [standing.job, standing.state, _pairs(standing.places)]
        self._store.put(_STATES, contract, codec.encode(tree))

    def _read(self, space: str, key: bytes) -> Any:
        octets = self._store.get(space, key)
        return None if octets is None else codec.decode(octets, limit=LIMIT)


def places_of(job: int, commitments: Sequence[bytes], arrived: Sequence[Arrived]) -> dict[int, bytes]:
    """The places of what a job brings: its contributed columns, numbered one after the other from (job << 20)."""
    keys = [
        _contributed(commitment, place)
        for commitment, each in zip(commitments, arrived, strict=True)
        for place in range(len(each.columns))
    ]
    return {(job << 20) + number: key for number, key in enumerate(keys)}


def given_of(job: int, names: Sequence[str], arrived: Sequence[Arrived]) -> dict[str, Given]:
    """The private arguments of a job as its process is told them, numbered as `places_of` does."""
    found, number = {}, job << 20
    for name, each in zip(names, arrived, strict=True):
        columns = {}
        for column, shape in each.columns.items():
            columns[column] = (number, shape)
            number += 1
        found[name] = Given(columns, each.rows)
    return found


def _pairs(places: Mapping[int, bytes]) -> list[Tree]:
    return [[index, key] for index, key in sorted(places.items())]


def _contributed(commitment: bytes, place: int) -> bytes:
    return commitment + place.to_bytes(2, "big")


def _of_job(contract: bytes, job: int) -> bytes:
    return contract + job.to_bytes(8, "big")
