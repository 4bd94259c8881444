"""Nodes that change a contract's pieces, as threads over channels in memory; their stores are dicts that survive death.

A node dies where its fuse burns down: between, before or after any step of its store, or between two sends.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from enigma.algebra import kernels
from enigma.engine.families import FAMILIES
from enigma.errors import NetworkError
from enigma.keys.node import NodeKey
from enigma.net import memory_mesh
from enigma.node.job.catching_up import agree_on_generation, catch_up
from enigma.node.job.gathering import Gathering
from enigma.node.job.generations import Generations, Pending
from enigma.node.job.reshaping import Reshaped, Reshaping, Stored, reshape
from enigma.protocol.renewal import Change
from enigma.sharing.generations import Committed, Generation, Slice
from enigma.wire import codec

FAMILY, SHARING = FAMILIES["replicated3"]
SEATS = 3
LIMIT = 1 << 26
QUORUM = 2
CONTRACT = b"c" * 32

TEAM = ("ann", "bob", "cyd")
OTHERS = ("dan", "eve", "fay")
VALUES = [
    np.array([0, 1, -1, np.iinfo(np.int64).min, np.iinfo(np.int64).max]),
    np.array(-5),
    np.array([[True, False, True], [False, False, True]]),
    np.zeros((0, 4), np.int64),
    np.zeros(0, np.bool_),
]

T = TypeVar("T")
Raw = npt.NDArray[Any]


class Died(Exception):
    """A node's process or machine is gone."""


class Fuse:
    """Burns one step at a time; endless where it has no length."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.burnt = 0

    def burn(self) -> None:
        self.burnt += 1
        if self.left == 0:
            raise Died
        if self.left is not None:
            self.left -= 1


class Wire:
    """A channel of a node that may die between two sends."""

    def __init__(self, channel: Any, fuse: Fuse) -> None:
        self._channel, self._fuse = channel, fuse

    def send(self, buffer: bytes | memoryview) -> None:
        self._fuse.burn()
        self._channel.send(buffer)

    def receive_into(self, view: bytearray | memoryview, step: str) -> None:
        self._channel.receive_into(view, step)


Place = tuple[int, int]


class PartyNode:
    """A node's store, in the words of `enigma.node.job.reshaping.Node`."""

    def __init__(self, name: str) -> None:
        self.name, self.key = name, NodeKey.generate()
        self.fuse = Fuse()
        self.record = codec.encode(Generations().tree)
        self.rows: dict[bytes, dict[Place, list[bytes]]] = {}
        self.agreed: dict[bytes, dict[Place, tuple[bytes, Committed]]] = {}
        self.written: dict[Place, list[bytes]] = {}
        self.committed_to: dict[Place, tuple[bytes, Committed]] = {}
        self.phases: list[str] = []

    # -------------------------------------------------------- as its process sees it

    def generations(self) -> Generations:
        return Generations.read(codec.decode(self.record, limit=LIMIT))

    def read(self, piece: Slice) -> list[bytes]:
        rows = self._current()[piece.index, 0]
        return [row[piece.start : piece.start + piece.octets] for row in rows]

    def committed(self, piece: Slice) -> tuple[bytes, Committed] | None:
        current = self.generations().current
        assert current is not None
        return self.agreed.get(current.digest, {}).get((piece.index, piece.start))

    def begin(self) -> None:
        self.fuse.burn()
        self.written, self.committed_to = {}, {}

    def write(self, piece: Slice, rows: Sequence[bytes], context: bytes, committed: Committed) -> None:
        self.fuse.burn()
        kept = self.written.setdefault((piece.index, 0), [b""] * len(rows))
        for number, row in enumerate(rows):
            assert len(kept[number]) == piece.start
            kept[number] += row
        self.committed_to[piece.index, piece.start] = context, committed

    def store(self, pending: Pending) -> None:
        written = self.written, self.committed_to
        self._change(self.generations().stored(pending), {pending.digest: written} if pending.stays else {})

    def sign(self, digest: bytes) -> bytes:
        self._change(self.generations().signed(digest))
        pending = self.generations().find(digest)
        assert pending is not None
        return digest[:1] * 65 * pending.seats

    def switch(self, digest: bytes) -> None:
        self._change(self.generations().switched(digest))

    def drop(self, digest: bytes) -> None:
        self._change(self.generations().dropped(digest))

    def release(self, digest: bytes) -> None:
        self._change(self.generations().released(digest))

    def phase(self, what: str, done: int, total: int) -> None:
        self.phases.append(what)

    # -------------------------------------------------------- as the chain and its operator see it

    def moved(self, digest: bytes, moves: int) -> None:
        self._change(self.generations().moved(digest, moves))

    def deal(self, held: Mapping[int, bytes], generation: Generation) -> None:
        """Pieces that were dealt before any change: two rows of each stored secret."""
        self.rows[generation.digest] = {
            (index, 0): [octets[: len(octets) // 2], octets[len(octets) // 2 :]] for index, octets in held.items()
        }
        self.record = codec.encode(Generations(generation).tree)

    def erase(self) -> None:
        """The disk is gone, and a new one is there."""
        self.record, self.rows, self.agreed = codec.encode(Generations().tree), {}, {}

    def _current(self) -> dict[Place, list[bytes]]:
        current = self.generations().current
        assert current is not None
        return self.rows[current.digest]

    def _change(self, after: Generations, fresh: Mapping[bytes, Any] | None = None) -> None:
        """One transaction: what happened, and the pieces that it makes or leaves."""
        self.fuse.burn()
        for digest, (rows, agreed) in (fresh or {}).items():
            self.rows[digest], self.agreed[digest] = dict(rows), dict(agreed)
        self.record = codec.encode(after.tree)
        for kept in (self.rows, self.agreed):
            for digest in set(kept) - after.kept:
                del kept[digest]
        self.fuse.burn()


@dataclass
class Chain:
    """What the chain says of the contract: who has its seats, and how often they moved."""

    seats: list[str]
    moves: int = 0


class Contract:
    """One contract's pieces among nodes with names. `values` are what every computation must find."""

    def __init__(self, values: Sequence[Raw], seats: Sequence[str], spares: Sequence[str] = ()) -> None:
        self.nodes = {name: PartyNode(name) for name in (*seats, *spares)}
        self.chain = Chain(list(seats))
        self.values = {100 + place: raw for place, raw in enumerate(values)}
        dealt: dict[int, list[Any]] = {}
        for index, raw in self.values.items():
            dealt[index] = [
                SHARING.output(SHARING.accept(each, raw.shape, raw.dtype == np.bool_))
                for each in SHARING.share(raw, os.urandom)
            ]
        for seat, name in enumerate(seats):
            self.nodes[name].deal({index: held[seat] for index, held in dealt.items()}, Generation())

    def task(self, after: Sequence[str], *, lost: int | None = None) -> tuple[Reshaping, list[str]]:
        """The change to the nodes `after`, and its parties' names by number."""
        before = [None if seat == lost else name for seat, name in enumerate(self.chain.seats)]
        names = list(dict.fromkeys([name for name in before if name is not None] + list(after)))
        number = {name: party for party, name in enumerate(names)}
        change = Change(
            tuple(None if name is None else number[name] for name in before), tuple(number[name] for name in after)
        )
        former = next(
            generation
            for name in before
            if name is not None and (generation := self.nodes[name].generations().current) is not None
        )
        stored = tuple(Stored(index, raw.shape, raw.dtype == np.bool_) for index, raw in self.values.items())
        move = None if list(after) == self.chain.seats else self.chain.moves
        return Reshaping(CONTRACT, 7, former, change, stored, move), names

    def attempt(
        self, after: Sequence[str], *, lost: int | None = None, fuses: Mapping[str, int] | None = None
    ) -> list[Reshaped]:
        """One attempt; nodes whose fuse burns down die in it. Raises the first error that is not another's death."""
        task, names = self.task(after, lost=lost)
        for name, length in (fuses or {}).items():
            self.nodes[name].fuse.left = length
        try:
            return self.gather(
                names,
                FAMILY.renewal.holders(task.change),
                lambda gathering, node: reshape(task, gathering, node, FAMILY, SHARING),
            )
        finally:
            for node in self.nodes.values():
                node.fuse.left = None

    def catch_up(self, names: Sequence[str], after: Sequence[str]) -> None:
        numbers = [names.index(name) for name in after]
        self.gather(names, [], lambda gathering, node: catch_up(gathering, node, numbers))

    def agree(self) -> list[Generation]:
        """The generation that the contract's seats compute with."""
        return self.gather(
            self.chain.seats, [], lambda gathering, node: agree_on_generation(gathering, node, range(SEATS))
        )

    def gather(self, names: Sequence[str], holders: Any, work: Callable[[Gathering, PartyNode], T]) -> list[T]:
        """What each of these nodes makes of its part; raises what is first to blame."""
        session = os.urandom(32)
        mesh = memory_mesh(range(len(names)), deadline=20.0)
        nodes = [self.nodes[name] for name in names]

        def run(party: int) -> T:
            node = nodes[party]
            try:
                gathering = Gathering(
                    party, node.key, [each.key.public_bytes for each in nodes],
                    [each.key.fingerprint for each in nodes],
                    {peer: Wire(channel, node.fuse) for peer, channel in mesh[party].items()}, holders, session,
                    kernels.load(), os.urandom,
                )  # fmt: skip
                return work(gathering, node)
            except BaseException:
                for channel in mesh[party].values():
                    channel.abandon()
                raise

        with ThreadPoolExecutor(len(names)) as threads:
            running = [threads.submit(run, party) for party in range(len(names))]
        errors = [error for each in running if (error := each.exception()) is not None]
        if errors:
            raise next((error for error in errors if not isinstance(error, NetworkError)), errors[0])
        return [each.result() for each in running]

    # -------------------------------------------------------- the chain

    def mine(self, after: Sequence[str], lost: int | None = None) -> bytes | None:
        """The chain takes the moves to these nodes, if a quorum and all new nodes have signed; their digest."""
        old = [name for seat, name in enumerate(self.chain.seats) if seat != lost]
        new = [name for name in after if name not in self.chain.seats]
        for pending in self.nodes[after[0]].generations().pending:
            signed = {name for name in (*old, *new) if self._signed(name, pending.digest)}
            if len(signed & set(old)) >= QUORUM and signed >= set(new) and pending.move == self.chain.moves:
                self.chain = Chain(list(after), self.chain.moves + pending.seats)
                return pending.digest
        return None

    def _signed(self, name: str, digest: bytes) -> bool:
        pending = self.nodes[name].generations().find(digest)
        return pending is not None and pending.signed

    # -------------------------------------------------------- what must always hold

    def common(self, seats: Sequence[str], lost: int | None = None) -> set[bytes]:
        """The generations of which all these seats (but a lost one) hold pieces; each gives the contract's values."""
        held = [self.nodes[name].rows for seat, name in enumerate(seats) if seat != lost]
        found = set.intersection(*(set(each) for each in held))
        for digest in found:
            self._want_values(digest, {s: self.nodes[n].rows[digest] for s, n in enumerate(seats) if s != lost})
        return found

    def _want_values(self, digest: bytes, by_seat: Mapping[int, dict[Place, list[bytes]]]) -> None:
        for index, raw in self.values.items():
            pieces: dict[int, bytes] = {}
            for seat, rows in by_seat.items():
                for number, row in zip(SHARING.held_by(seat), rows[index, 0], strict=True):
                    assert pieces.setdefault(number, row) == row, f"copies of piece {number} differ"
            held = [
                SHARING.read_output(b"".join(pieces[n] for n in SHARING.held_by(s)), raw.shape, raw.dtype == np.bool_)
                for s in range(SEATS)
            ]
            assert np.array_equal(SHARING.reconstruct(held), raw), digest.hex()


def contract(values: Sequence[Any] = VALUES, spares: Sequence[str] = OTHERS) -> Contract:
    return Contract(values, TEAM, spares)


def refreshed(made: Contract) -> bytes:
    return made.attempt(made.chain.seats)[0].digest
