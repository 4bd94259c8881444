"""Renewals of contracts' pieces at one node: what it may take part in, its process, and what came of it.

Whoever wants a renewal *convenes* it (`enigma.node.convening`), and draws its name; here is what every party does: it
compares what it is asked for with what it has itself, keeps jobs of the contract from beginning, runs a process, and
says to the others when its part has failed. A contract has a job or a renewal at a time, never both.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from enigma.errors import EnigmaError, NetworkError, ProtocolError
from enigma.node.attempts import Attempts, shown
from enigma.node.contracts import Seated
from enigma.node.job.generations import Pending
from enigma.node.job.moves import signed_moves
from enigma.node.job.renewal import RenewalAssignment
from enigma.node.job.reshaping import Reshaping
from enigma.node.logs import event, words_of
from enigma.node.means import Means, Work
from enigma.node.running import NodeProcess
from enigma.node.shelves import Shelves, asked
from enigma.protocol.renewal import Change, Kind
from enigma.wire import Tree, codec

REST = 2.0
"""Seconds between two attempts at a renewal, doubled with each up to `LONGEST_REST`."""
LONGEST_REST = 60.0
DOMAIN = "enigma.renewal.v1"


@dataclass(frozen=True, slots=True)
class RenewalTerms:
    """How a node renews: seconds between two refreshes (0: none but on request), and the least between any two.

    `replace`: seconds that a seat of a drawn committee may sleep before another node takes it (0: never by itself).
    """

    refresh: int = 0
    least: int = 0
    replace: int = 0


@dataclass
class Noted:
    """How a contract's latest renewal at this node goes, for whoever operates the node."""

    kind: str = ""
    doing: str = ""
    attempts: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A renewal: what is to be done, the parties' nodes by number, and the name that its convener drew."""

    task: Reshaping
    nodes: tuple[str, ...]
    name: bytes

    @property
    def contract(self) -> bytes:
        """Whose pieces."""
        return self.task.contract

    def tree(self) -> Tree:
        """For the other parties."""
        return {"task": self.task.tree, "nodes": list(self.nodes), "name": self.name}

    @classmethod
    def read(cls, task: Any, nodes: Any, name: bytes) -> Asked:
        """What `tree` wrote. Raises `WireError`."""
        return cls(Reshaping.read(task), tuple(map(str, nodes)), name)

    def room(self) -> bytes:
        """Where its parties meet, and nobody of another one: 32 bytes."""
        return hashlib.sha256(
            codec.encode([DOMAIN, self.contract, self.task.bound(), list(self.nodes), self.name])
        ).digest()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A renewal that is to be convened: the nodes by seat, which of them lacks its pieces, the move that it takes."""

    nodes: tuple[str, ...]
    lost: int | None = None
    move: int | None = None


class Agreeing(Protocol):
    """Which nodes may take a seat, as this node sees it."""

    def want_move(self, seated: Seated | None, seat: int, node: str) -> None:
        """Goes on only if this node agrees that `node` takes a seat. Raises `ProtocolError`."""


class RenewalProcess(NodeProcess):
    """The process of one renewal. `sign(digest)` signs its moves."""

    def __init__(
        self, assignment: RenewalAssignment, means: Means, attempts: Attempts,
        *, sign: Callable[[bytes], bytes], phase: Callable[[str, int, int], None], memory: int,
    ) -> None:  # fmt: skip
        super().__init__(
            "a renewal", {"renewal": assignment.tree()}, assignment.session, means.gate, attempts.spares,
            phase=phase, memory=memory,
        )  # fmt: skip
        self._contract, self._means, self._sign = assignment.task.contract, means, sign
        self._shelves: Shelves = means.holdings.shelves

    def run(self) -> tuple[bytes, dict[int, bytes]]:
        """The digest of the new pieces, and all parties' signatures of the moves, by party."""
        told = self._run()
        return bytes(told["reshaped"]), {int(party): bytes(each) for party, each in told["signatures"]}

    def _answer(self, message: Any) -> Any:
        contract, shelves = self._contract, self._shelves
        match message:
            case {"need": "pieces", "indices": indices}:
                return {"pieces": self._means.holdings.pieces(contract, {}, [int(index) for index in indices])}
            case {"need": "committed", "index": int(index)}:
                return {"slices": shelves.committed(contract, index)}
            case {"need": "begin"}:
                shelves.begin(contract)
            case {"need": "write", "index": int(index), "octets": octets, "slices": slices}:
                shelves.write(contract, index, bytes(octets), slices)
            case {"need": "keep", "pending": pending}:
                shelves.keep(contract, Pending.read(pending))
            case {"need": "sign", "digest": digest}:
                return {"signatures": self._sign(bytes(digest))}
            case _:
                return asked(shelves, contract, message)
        return {"done": True}


class Renewals:
    """Of one node. Safe between threads. `done` is told (what, digest, signatures) of each that came to its end."""

    def __init__(
        self, name: str, means: Means, work: Work, attempts: Attempts, terms: RenewalTerms, agreeing: Agreeing,
        done: Callable[[Asked, bytes, dict[int, bytes]], None],
    ) -> None:  # fmt: skip
        self.terms = terms
        self._name, self._means, self._work, self._attempts = name, means, work, attempts
        self._agreeing, self._done = agreeing, done
        self._lock = threading.Lock()
        self._running: dict[bytes, tuple[Asked, threading.Thread, RenewalProcess | None]] = {}
        self._given_up: set[bytes] = set()
        self._rests: dict[bytes, tuple[float, float]] = {}
        self._stopped = False
        self.notes: dict[bytes, Noted] = {}
        self.ended = 0
        """Renewals that came to their end while the node ran."""
        self.failures = 0

    # ------------------------------------------------------------ what other nodes ask

    def standing(self, contract: bytes) -> Tree:
        """How this node stands with a contract, for its other seats."""
        holdings = self._means.holdings
        standing = holdings.standing(contract)
        generation = holdings.shelves.generations(contract).current
        free = not self._attempts.is_occupied(contract) and not holdings.shelves.withdrawn.is_going(contract)
        return {
            "ready": free and not self._stopped, "job": standing.job,
            "state": hashlib.sha256(standing.state).digest(), "size": len(standing.state),
            "generation": None if generation is None or holdings.lost(contract) is not None else generation.tree,
        }  # fmt: skip

    def want_fitting(self, asked: Asked, caller: Callable[[str], bool]) -> None:
        """Goes on only if this node agrees to a renewal that `caller` convenes. Raises `ProtocolError`."""
        task, means = asked.task, self._means
        seated = means.contracts.seated(task.contract)
        seats = None if seated is None else seated.published.seats
        if self._name not in asked.nodes or not any(caller(node) for node in asked.nodes):
            raise ProtocolError("a renewal is convened by one of its parties, for its parties")
        if task.change.after != tuple(range(len(asked.nodes))):
            raise ProtocolError("the parties of a renewal are numbered by their seats")
        if task.move is not None:
            self._want_replacement(asked, seated)
        elif seats != asked.nodes:
            raise ProtocolError("the parties of a renewal are the seats of the contract")
        if task.change.kind is Kind.REPAIR:
            taker = asked.nodes[task.change.lost]
            if taker != self._name and not caller(taker):
                raise ProtocolError("pieces are rebuilt for the node that says it has lost them, and for no other")
        elif task.change.kind is not Kind.REFRESH:
            raise ProtocolError("one seat moves at a time, or none")
        self._want_same(task)

    def _want_replacement(self, asked: Asked, seated: Seated | None) -> None:
        task = asked.task
        if task.change.kind is not Kind.REPAIR:
            raise ProtocolError("a seat moves to another node where its own is gone")
        lost = task.change.lost
        self._agreeing.want_move(seated, lost, asked.nodes[lost])
        if self._means.jobs.moves(task.contract) != task.move:
            raise ProtocolError("seats of the contract have moved another number of times")
        if seated is not None:
            seats = seated.published.seats
            if any(node != seats[seat] for seat, node in enumerate(asked.nodes) if seat != lost):
                raise ProtocolError("the parties of a replacement are the seats that stay, and one node")

    def _want_same(self, task: Reshaping) -> None:
        holdings = self._means.holdings
        standing = holdings.standing(task.contract)
        if standing.job != task.job or holdings.shelves.values(task.contract) != task.values:
            raise ProtocolError("the seats differ in what the contract remembers", hint="one of them follows the chain")
        if holdings.shelves.withdrawn.is_going(task.contract):
            raise ProtocolError("what an owner has withdrawn is not deleted yet")
        since = time.time() - holdings.shelves.renewed(task.contract)
        if task.change.kind is Kind.REFRESH and 0 <= since < self.terms.least:
            raise ProtocolError(f"the pieces were made anew {since:.0f} seconds ago")

    # ------------------------------------------------------------ rests

    def rests(self, contract: bytes) -> bool:
        """Whether a contract's latest failure was a moment ago."""
        with self._lock:
            return time.monotonic() < self._rests.get(contract, (0.0, 0.0))[0]

    def rest(self, contract: bytes) -> None:
        """Let a contract rest, longer each time; not as long as others do, so that two do not meet again and again."""
        with self._lock:
            pause = min(LONGEST_REST, 2 * self._rests.get(contract, (0.0, REST / 2))[1])
            self._rests[contract] = time.monotonic() + pause * (1 + secrets.randbelow(256) / 256) / 2, pause

    def note(self, contract: bytes) -> Noted:
        """How a contract's renewals go."""
        return self.notes.setdefault(contract, Noted())

    # ------------------------------------------------------------ begin and end

    def begin(self, asked: Asked, *, reserved: bool = False) -> bool:
        """Begin this node's part; `reserved`: the contract's jobs are already kept from beginning. False where not."""
        contract = asked.contract
        if not reserved and not self._attempts.reserve(contract):
            return False
        with self._lock:
            refused = self._stopped or contract in self._running
            if not refused:
                thread = threading.Thread(target=self._run, args=(asked,), name="renewal", daemon=True)
                self._running[contract] = asked, thread, None
                thread.start()
        if refused:
            self._attempts.free(contract)
        return not refused

    def give_up(self, contract: bytes, name: bytes) -> None:
        """Another party's part of this attempt has failed: waiting for it would be in vain."""
        with self._lock:
            asked, _, process = self._running.get(contract, (None, None, None))
            if asked is None or asked.name != name:
                return
            self._given_up.add(name)
        if process is not None:
            process.stop()

    def runs(self, contract: bytes) -> bool:
        """Whether a renewal of a contract goes on."""
        with self._lock:
            return contract in self._running

    def process_id(self, contract: bytes) -> int | None:
        """The process of a renewal that goes on."""
        with self._lock:
            found = self._running.get(contract)
        return None if found is None or found[2] is None else found[2].process_id

    def stop(self) -> None:
        """Begin nothing more, and end what goes on: all old pieces are usable, or all new ones."""
        with self._lock:
            self._stopped = True
        while True:
            with self._lock:
                running = list(self._running.values())
            if not running:
                return
            for _, _, process in running:
                if process is not None:
                    process.stop()
            running[0][1].join(0.2)

    # ------------------------------------------------------------ one attempt

    def _run(self, asked: Asked) -> None:
        contract, note = asked.contract, self.note(asked.contract)
        note.kind, note.attempts = str(asked.task.change.kind), note.attempts + 1
        event("renewal begun", contract=contract.hex(), kind=note.kind, generation=asked.task.number)
        renewed: tuple[bytes, dict[int, bytes]] | None = None
        try:
            renewed = self._renewed(asked)
        except Exception as error:  # noqa: BLE001 - whatever it was, this attempt has failed and the next begins clean
            note.problem = shown(error)
            self.failures += 1
            self.rest(contract)
            event("renewal failed", level=logging.WARNING, contract=contract.hex(), problem=words_of(error))
        else:
            note.problem, note.attempts = "", 0
            self.ended += 1
            with self._lock:
                self._rests.pop(contract, None)
            event("pieces made anew", contract=contract.hex(), kind=note.kind, generation=asked.task.number)
        try:
            self._conclude(asked, renewed)
        except Exception as error:  # noqa: BLE001 - a full disk, say: the contract must be free, whatever it was
            note.problem = shown(error)
            event("renewal not concluded", level=logging.ERROR, contract=contract.hex(), problem=words_of(error))
        finally:
            with self._lock:
                del self._running[contract]
            self._attempts.free(contract)

    def _conclude(self, asked: Asked, renewed: tuple[bytes, dict[int, bytes]] | None) -> None:
        self.note(asked.contract).doing = ""
        with self._lock:
            given_up = asked.name in self._given_up
            self._given_up.discard(asked.name)
        if renewed is None and not given_up:
            self._tell_others(asked)
        self._means.holdings.shelves.end(asked.contract)
        if renewed is not None:
            self._done(asked, *renewed)

    def _renewed(self, asked: Asked) -> tuple[bytes, dict[int, bytes]]:
        means, contract, note = self._means, asked.contract, self.notes[asked.contract]
        assignment = RenewalAssignment(
            asked.task, asked.nodes.index(self._name), tuple(means.peer(node) for node in asked.nodes), asked.room(),
            self._work.family, self._work.kernels, self._work.patience, means.key.private_bytes(),
        )  # fmt: skip

        def phase(what: str, done: int, total: int) -> None:
            note.doing = f"{what}: {done} of {total}" if total else what

        process = RenewalProcess(
            assignment, means, self._attempts, sign=partial(self._signed, asked), phase=phase, memory=self._work.memory
        )
        with self._lock:
            if self._stopped or asked.name in self._given_up:
                raise NetworkError("the renewal was given up")
            known, thread, _ = self._running[contract]
            self._running[contract] = known, thread, process
        return process.run()

    def _signed(self, asked: Asked, digest: bytes) -> bytes:
        means, shelves = self._means, self._means.holdings.shelves
        pending = shelves.generations(asked.contract).find(digest)
        if pending is None or pending.task != asked.task.bound():
            raise ProtocolError("a process wants a move signed to pieces that are not stored")
        # Before the first signature leaves this process, it is certain that they are kept until the chain decides.
        shelves.signed(asked.contract, digest)
        return signed_moves(asked.task, digest, asked.nodes, means.jobs.domain(), means.account)

    def _tell_others(self, asked: Asked) -> None:
        for node in asked.nodes:
            if node != self._name:
                try:
                    self._means.call(node, "renewal failed", {"contract": asked.contract, "name": asked.name})
                except EnigmaError as error:
                    event("peer not told", peer=node, contract=asked.contract.hex(), problem=words_of(error))


def refresh_of(contract: bytes, standing: Any, values: Sequence[Any], generation: Any, seats: int) -> Reshaping:
    """The task of a refresh: every seat's pieces anew, and no seat moves."""
    numbers = tuple(range(seats))
    return Reshaping(contract, standing.job, generation, Change(numbers, numbers), tuple(values), None)


def repair_of(
    contract: bytes, standing: Any, values: Sequence[Any], generation: Any, seats: int, lost: int, move: int | None
) -> Reshaping:
    """The task of a repair of the seat `lost`; `move` where another node takes it."""
    numbers = tuple(range(seats))
    before = tuple(None if seat == lost else seat for seat in numbers)
    return Reshaping(contract, standing.job, generation, Change(before, numbers), tuple(values), move)
