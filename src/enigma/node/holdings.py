"""What a node keeps in its store: contracts' sources, inputs that came, contracts' states, pieces, findings, answers.

Pieces lie under keys of their own: those contributed under the name of their contribution, which binds contract, asker,
function, parameter and commitment; those computed under contract and index. No contract can name another's.
A contract's record says which index means which key, so that nothing large is copied when a job is settled: one
transaction makes a pending finding the contract's state, and forgets what the new state does not refer to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from enigma.contract.keeping import decode, state_hash
from enigma.errors import ArgumentProblem, ProtocolError, StoreDamaged
from enigma.node.arrivals import PIECES, UPLOADS, Arrivals, Arrived, contributed
from enigma.node.handover import Handover
from enigma.node.job.assignment import Given
from enigma.node.job.finding import Finding
from enigma.node.job.numbering import first_contributed
from enigma.node.library import Library
from enigma.node.shelves import COMMITMENTS, Shelves
from enigma.node.tries import Tries
from enigma.storage import Store
from enigma.wire import Tree, codec

_SOURCES, _STATES, _PENDING, _SIGNED, _ANSWERS, _REASONS, _LOST = (
    "sources", "states", "pending", "signed", "answers", "reasons", "lost",
)  # fmt: skip
NO_STATE = bytes(32)


@dataclass(frozen=True, slots=True)
class Sources:
    """A contract's text, and those that it imports by digest."""

    name: str
    text: str
    imports: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A contract's state after its latest settled job, and where the pieces lie that it refers to."""

    job: int = 0
    state: bytes = b""
    places: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """A finding that is stored and perhaps signed, but not settled: without its pieces.

    `places`: of the pieces that were computed. `own`: of those that the job has brought. `before`: hash of the state
    that it was computed on.
    """

    job: int
    request: bytes
    finding: Finding
    digest: bytes
    places: Mapping[int, bytes]
    own: Mapping[int, bytes]
    before: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a settled job found; `stands` where the contract moved: else its public half did not take the outcome."""

    request: bytes
    finding: Finding
    stands: bool


class Holdings(Arrivals):
    """The store of one node, in its own words. Safe between threads."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.library, self.tries = Library(store), Tries(store)
        self.shelves, self.handover = Shelves(store, self), Handover(store)

    # ------------------------------------------------------------ sources

    def keep_sources(self, contract: bytes, sources: Sources) -> None:
        """Keep a contract's source, which the caller has checked."""
        tree: Tree = [sources.name, sources.text, dict(sources.imports)]
        self._store.put(_SOURCES, contract, codec.encode(tree))

    def sources(self, contract: bytes) -> Sources | None:
        """A contract's source, None before it came."""
        tree = self._read(_SOURCES, contract)
        return None if tree is None else Sources(tree[0], tree[1], tree[2])

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
        octets = None if key is None else self._store.get(PIECES, key)
        if octets is None:
            raise ArgumentProblem(f"this node stores no piece {index}", hint="it is rebuilt from the other seats'")
        return octets

    # ------------------------------------------------------------ findings

    def keep_pending(
        self, contract: bytes, job: int, request: bytes, finding: Finding, own: Mapping[int, bytes], before: bytes
    ) -> bytes:
        """Store a finding, durably; its digest. `own`: places of what the job has brought, which stays from here on.

        `before`: hash of the state that it was computed on. What an earlier attempt left is forgotten, unless it was
        signed: then nothing else is ever stored of this request. Raises `ProtocolError`.
        """
        places = {index: contract + index.to_bytes(8, "big") for index in finding.kept}
        digest = finding.digest(request)
        without = replace(finding, kept={})
        tree: Tree = [job, request, without.tree(), digest, _pairs(places), _pairs(own), before]
        with self._lock, self._store.transaction():
            if self.signed(request) is not None:
                raise ProtocolError(
                    f"this seat has signed what it found of job {job}, and finds nothing else",
                    hint="another seat has lost what all had stored; the job ends with its deadline",
                )
            if self.answer(job) is not None:
                raise ProtocolError(f"job {job} has its receipt already")
            self._forget_pending(contract, job)
            self.library.hold(_of_job(contract, job), (), _texts(finding.state))
            for index, octets in finding.kept.items():
                self._store.put(PIECES, places[index], octets)
            self._store.put(_PENDING, _of_job(contract, job), codec.encode(tree))
        return digest

    def pending(self, contract: bytes, job: int) -> Pending | None:
        """What an attempt at a job left, None where nothing."""
        tree = self._read(_PENDING, _of_job(contract, job))
        if tree is None:
            return None
        job, request, finding, digest, places, own, before = tree
        return Pending(job, request, Finding.read(finding), digest, dict(places), dict(own), before)

    def all_pending(self, contract: bytes) -> list[Pending]:
        """What attempts at a contract's jobs left, in the order of jobs."""
        keys = self._store.keys(_PENDING, contract)
        found = [self.pending(contract, int.from_bytes(key[32:], "big")) for key in keys]
        return [each for each in found if each is not None]

    def sign_once(self, request: bytes, message: bytes) -> None:
        """Goes on only if this seat has signed nothing else of this request, and never will. Raises `ProtocolError`.

        `message`: the hash of what is signed. When this returns, it survives the loss of power.
        """
        with self._lock:
            signed = self.signed(request)
            if signed is None:
                self._store.put(_SIGNED, request, message)
            elif signed != message:
                raise ProtocolError("this seat has signed something else of this request", hint="it signs nothing more")

    def signed(self, request: bytes) -> bytes | None:
        """The hash of what this seat has signed of a request, None where nothing; empty where that is lost."""
        try:
            return self._store.get(_SIGNED, request)
        except StoreDamaged:
            return b""  # it has signed, and does not know what: nothing else, then

    def settle(self, contract: bytes, job: int, message: bytes, *, moves: bool) -> bool:
        """The chain has a receipt of this hash: the finding becomes the contract's state, and its answer stays.

        Where the contract did not move, since its public half did not take the outcome, nothing is handed out. False
        where this seat has not what the receipt says: from now on it does not know the contract's state.
        """
        with self._lock, self._store.transaction():
            standing, pending = self.standing(contract), self.pending(contract, job)
            # Heard again, or of a time before this seat. A job that a later one has overtaken is pending, and counts.
            if self.answer(job) is not None or (pending is None and job <= standing.job):
                self._forget_pending(contract, job)
                return True
            signed = None if pending is None else self.signed(pending.request)
            if pending is None or signed != message or pending.before != hash_of(standing.state):
                self._store.put(_LOST, contract, job.to_bytes(8, "big"))
                return False
            if moves:
                places = {**standing.places, **pending.own, **pending.places}
                used = decode(pending.finding.state).stored()
                kept = {index: key for index, key in places.items() if index in used}
                self.library.hold(contract, _texts(standing.state), _texts(pending.finding.state))
                self.put_standing(contract, Standing(job, pending.finding.state, kept))
                self.drop_pieces(set(places.values()) - set(kept.values()))
            else:
                self.drop_pieces(pending.places.values())
                self.put_standing(contract, replace(standing, job=job))
            answer: Tree = [pending.request, replace(pending.finding, state=b"").tree(), moves]
            self._store.put(_ANSWERS, job.to_bytes(8, "big"), codec.encode(answer))
            self.library.hold(_of_job(contract, job), _texts(pending.finding.state), ())
            self._store.delete(_PENDING, _of_job(contract, job))
            return True

    def forget(
        self,
        contract: bytes,
        indices: AbstractSet[int],
        texts: AbstractSet[bytes],
        uploads: Sequence[bytes],
        note: Callable[[Sequence[int]], None],
    ) -> None:
        """Delete what was withdrawn from a contract, also of pending findings: secrets, ciphertexts, uploads by name.

        `note` is told the bytes of each, within the transaction. A ciphertext that others refer to stays.
        """
        with self._lock, self._store.transaction():
            standing, left = self.standing(contract), self.all_pending(contract)
            keys = {places[i] for places in (standing.places, *(p.own for p in left), *(p.places for p in left))
                    for i in indices & places.keys()}  # fmt: skip
            for name in uploads:
                keys.update(self._store.keys(PIECES, name))  # also of a job that has ended: they wait to be swept
                self._store.delete(UPLOADS, name)
            keys |= self.shelves.forget(contract, indices)
            held = (self._store.get(PIECES, key) for key in sorted(keys))
            sizes = [len(octets) for octets in held if octets is not None]
            self.drop_pieces(keys)
            kept = {index: key for index, key in standing.places.items() if index not in indices}
            if kept != standing.places:
                self.put_standing(contract, replace(standing, places=kept))
            note(sizes + self.library.forget(texts, {contract, *(_of_job(contract, each.job) for each in left)}))

    def lost(self, contract: bytes) -> int | None:
        """The job since which this seat does not know a contract's state; None where it does."""
        octets = self._store.get(_LOST, contract)
        return None if octets is None else int.from_bytes(octets, "big")

    def remember(self, contract: bytes, standing: Standing) -> None:
        """What other seats have told of a contract's state, and the chain has confirmed."""
        with self._lock, self._store.transaction():
            self.library.hold(contract, _texts(self.standing(contract).state), _texts(standing.state))
            self.put_standing(contract, standing)

    def leave(self, contract: bytes) -> None:
        """Within a transaction: forget a contract's state and pieces, and what was found and not settled."""
        for job in [each.job for each in self.all_pending(contract)]:
            self._forget_pending(contract, job)
        standing = self.standing(contract)
        self.library.hold(contract, _texts(standing.state), ())
        self.drop_pieces(standing.places.values())
        self._store.delete(_STATES, contract)
        self._store.delete(_LOST, contract)

    def drop_pending(self, contract: bytes, job: int) -> None:
        """A job has ended otherwise: what was found is forgotten, but for why it was refused."""
        with self._lock, self._store.transaction():
            left = self.pending(contract, job)
            if left is not None and left.finding.refusal:
                self._store.put(_REASONS, job.to_bytes(8, "big"), left.finding.refusal.encode())
            self._forget_pending(contract, job)

    def reason(self, job: int) -> str:
        """Why the seats refused a job; empty where this one does not know."""
        octets = self._store.get(_REASONS, job.to_bytes(8, "big"))
        return "" if octets is None else octets.decode()

    def answer(self, job: int) -> Answer | None:
        """What a settled job found."""
        tree = self._read(_ANSWERS, job.to_bytes(8, "big"))
        return None if tree is None else Answer(tree[0], Finding.read(tree[1]), tree[2])

    def sweep(self, now: int) -> int:
        """Forget what has expired, and every piece that nothing refers to; how many pieces that were."""
        self._store.expire(now)
        self.library.expire()
        with self._lock:
            used: set[bytes] = set()
            for contract in self._store.keys(_STATES):
                used.update(self.standing(contract).places.values())
            for key in self._store.keys(_PENDING):
                left = self.pending(key[:32], int.from_bytes(key[32:], "big"))
                if left is not None:
                    used.update((*left.places.values(), *left.own.values()))
            for name in self._store.keys(UPLOADS):
                arrived = self.upload(name)
                columns = 0 if arrived is None else len(arrived.columns)
                used.update(contributed(name, place) for place in range(columns))
            used.update(self.shelves.shelved())
            found = self._store.keys(PIECES)
            useless = [key for key in found if key not in used and not self.shelves.being_written(key)]
            self.drop_pieces(useless)
            return len(useless)

    # ------------------------------------------------------------ inside

    def _forget_pending(self, contract: bytes, job: int) -> None:
        left = self.pending(contract, job)
        if left is not None:
            self.drop_pieces(left.places.values())
            self.library.hold(_of_job(contract, job), _texts(left.finding.state), ())
            self._store.delete(_PENDING, _of_job(contract, job))

    def drop_pieces(self, keys: Iterable[bytes]) -> None:
        """Erase pieces, and the commitments to them."""
        for key in keys:
            self._store.delete(PIECES, key)
            self._store.delete(COMMITMENTS, key)

    def put_standing(self, contract: bytes, standing: Standing) -> None:
        """What a contract's state is from now on."""
        tree: Tree = [standing.job, standing.state, _pairs(standing.places)]
        self._store.put(_STATES, contract, codec.encode(tree))


def hash_of(state: bytes) -> bytes:
    """The hash by which receipts name a contract's state; zero before there is one."""
    return state_hash(decode(state)) if state else NO_STATE


def places_of(job: int, names: Sequence[bytes], arrived: Sequence[Arrived]) -> dict[int, bytes]:
    """The places of what a job brings: its contributed columns, as `numbering` says."""
    keys = [
        contributed(name, place)
        for name, each in zip(names, arrived, strict=True)
        for place in range(len(each.columns))
    ]
    return {first_contributed(job) + number: key for number, key in enumerate(keys)}


def given_of(job: int, names: Sequence[str], arrived: Sequence[Arrived]) -> dict[str, Given]:
    """The private arguments of a job as its process is told them, numbered as `places_of` does."""
    found, number = {}, first_contributed(job)
    for name, each in zip(names, arrived, strict=True):
        columns = {}
        for column, shape in each.columns.items():
            columns[column] = (number, shape)
            number += 1
        found[name] = Given(columns, each.rows)
    return found


def _pairs(places: Mapping[int, bytes]) -> list[Tree]:
    return [[index, key] for index, key in sorted(places.items())]


def _texts(state: bytes) -> frozenset[bytes]:
    """The ciphertexts to which a contract's state refers."""
    return decode(state).ciphertexts() if state else frozenset()


def _of_job(contract: bytes, job: int) -> bytes:
    return contract + job.to_bytes(8, "big")
