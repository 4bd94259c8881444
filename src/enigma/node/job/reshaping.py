"""A contract's pieces made anew at one party: refreshed, rebuilt for a lost seat, or handed to another committee.

    catch up with the others                      whoever missed the end of an earlier attempt learns of it
    hear what earlier attempts left               all have the same pieces pending: go on with those
    agree on the change, and on the generation that its pieces come from
    for each step of a few megabytes              old pieces are read, and compared with their commitments
        the family's protocol makes new pieces    see `enigma.protocol.renewal`
        a rebuilt piece is traced back            to the former commitments: who sent a wrong one is named
        commitments are exchanged and compared    whatever two parties should have alike
        the node writes the new pieces
    the node stores them as pending, durably      before anybody hears that they are there
    agree on the digest of all commitments        whoever goes on knows that all have stored the same
    no seat moves to another node: switch, and forget the old pieces when all have switched
    else: sign the moves, which name the digest, and collect the others' signatures; the chain decides

What each node does with its old and new pieces, and why a crash leaves all old or all new ones usable, stands in
`enigma.node.job.generations`. Memory: at most six times `STEP_OCTETS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from enigma.errors import ArgumentProblem, ProtocolError, WireError
from enigma.node.job.catching_up import Keeper, catch_up
from enigma.node.job.gathering import Gathering
from enigma.node.job.generations import Pending
from enigma.node.job.renewing import Renewing, Shelf
from enigma.protocol.family import Family
from enigma.protocol.renewal import Change, Kind
from enigma.sharing.family import Sharing
from enigma.sharing.generations import SLICE_OCTETS, Generation, Slice, slices
from enigma.wire import Tree, codec

STEP_OCTETS = 1 << 22
STEP_SLICES = 128
SIGNATURE_BYTES = 65


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored secret, as everybody knows it: its index, its shape, and whether it holds booleans, else numbers."""

    index: int
    shape: tuple[int, ...]
    boolean: bool


@dataclass(frozen=True, slots=True)
class Reshaping:
    """What is to be done: the same at all parties.

    `job` is the contract's latest settled job, `values` all that is stored after it. `former`: the generation of the
    pieces. `move`: how often seats of the contract have moved; None where every seat stays with its node: of a refresh,
    and of the repair of a node that lost its store.
    """

    contract: bytes
    job: int
    former: Generation
    change: Change
    values: tuple[Stored, ...]
    move: int | None

    @property
    def number(self) -> int:
        """The number of the generation to come."""
        return self.former.number + 1

    @property
    def moves(self) -> list[tuple[int, int, int]]:
        """(seat, party that takes it, number of the move) of each move that the chain must make, in this order."""
        if self.move is None:
            return []
        pairs = enumerate(zip(self.change.before, self.change.after, strict=True))
        moving = [(seat, new) for seat, (old, new) in pairs if old != new]
        return [(seat, party, self.move + number) for number, (seat, party) in enumerate(moving)]

    def bound(self) -> bytes:
        """All that the parties must be given alike."""
        return hashlib.sha256(codec.encode([self.tree, SLICE_OCTETS, STEP_OCTETS, STEP_SLICES])).digest()

    @property
    def tree(self) -> Tree:
        """For the pipe to the process."""
        values: list[Tree] = [[each.index, list(each.shape), each.boolean] for each in self.values]
        return [self.contract, self.job, self.former.tree, self.change.tree, values, self.move]

    @classmethod
    def read(cls, tree: Any) -> Reshaping:
        """What `tree` wrote. Raises `WireError`."""
        try:
            contract, job, (number, digest), (before, after), values, move = tree
            stored = tuple(Stored(index, tuple(shape), boolean) for index, shape, boolean in values)
            change = Change(tuple(before), tuple(after))
            return cls(bytes(contract), job, Generation(number, bytes(digest)), change, stored, move)
        except (ArgumentProblem, TypeError, ValueError) as error:
            raise WireError(f"not a change of a contract's pieces: {error}") from error


class Node(Keeper, Shelf, Protocol):
    """What this asks of the node whose process it is."""

    def begin(self) -> None:
        """Forget what an attempt wrote that did not come to its end."""

    def store(self, pending: Pending) -> None:
        """Keep what was written as pending. When this returns it survives the loss of power."""

    def sign(self, digest: bytes) -> bytes:
        """This node's signatures of all moves that make this pending generation current, one after the other.

        `Generations.signed` is durable before the first of them leaves the node.
        """

    def phase(self, what: str, done: int, total: int) -> None:
        """What is going on."""


@dataclass(frozen=True, slots=True)
class Reshaped:
    """What came of a change: the generation's digest, and everybody's signatures of its moves (none of a refresh)."""

    digest: bytes
    signatures: dict[int, bytes]


def reshape(task: Reshaping, gathering: Gathering, node: Node, family: Family, sharing: Sharing) -> Reshaped:
    """Make a change with the other parties, up to the point where it is decided.

    Raises `NetworkError`, `ProtocolError`, `WireError` where the parties lose each other or differ; it is tried again.
    """
    change = task.change
    if task.move is None if change.kind is Kind.RESHARE else (change.kind is Kind.REFRESH and task.move is not None):
        raise ArgumentProblem("a seat moves to another node by the chain's word, and a refresh moves none")
    node.phase("catching up with the other nodes", 0, 0)
    catch_up(gathering, node, [party for party in change.before if party is not None])
    found = node.generations()
    if task.move is None and found.current is not None and found.task == task.bound():
        # An earlier attempt had come so far that catching up was all that was left to do.
        return Reshaped(found.current.digest, {})
    digest = _left(task, gathering, node)
    if digest is None:
        gathering.confirm("the change of pieces", task.bound())
        _want_generation(task, gathering.party, node)
        node.begin()
        renewing = Renewing(task.contract, task.former, change, gathering, node, family.renewal, sharing)
        waiting = list(_slices(task.values, sharing))
        done = 0
        for step in _steps(waiting):
            renewing.step(step)
            done += len(step)
            node.phase("making pieces anew", done, len(waiting))
        digest = renewing.digest()
        node.store(
            Pending(
                Generation(task.number, digest), task.former.digest, tuple(gathering.fingerprints),
                change.seat_after(gathering.party) is not None, task.move, len(task.moves), task.bound(),
            )
        )  # fmt: skip
    gathering.confirm("the new pieces", digest)
    if task.move is None:
        node.switch(digest)
        catch_up(gathering, node, change.after)
        return Reshaped(digest, {})
    return Reshaped(digest, _signatures(gathering, node.sign(digest), len(task.moves)))


def _want_generation(task: Reshaping, party: int, node: Node) -> None:
    """Goes on only if this party's pieces are of the generation that the change is for."""
    if task.change.seat_before(party) is not None and node.generations().current != task.former:
        raise ProtocolError("this node's pieces are of another generation than those that are to be made anew")


def _left(task: Reshaping, gathering: Gathering, node: Node) -> bytes | None:
    """The pending generation of this change that all its parties have; None where there is none."""
    bound = task.bound()
    mine = {each.digest for each in node.generations().pending if each.task == bound}
    heard = gathering.hear("what earlier attempts left", sorted(mine))
    common = set(mine)
    for party, tree in heard.items():
        if not isinstance(tree, list):
            raise WireError(f"party {party} does not say what earlier attempts left")
        common &= {each for each in tree if isinstance(each, bytes)}
    return min(common, default=None)


def _signatures(gathering: Gathering, mine: bytes, moves: int) -> dict[int, bytes]:
    found = {gathering.party: mine}
    for party, signatures in gathering.hear("signatures of the moves", mine).items():
        if not isinstance(signatures, bytes) or len(signatures) != SIGNATURE_BYTES * moves:
            raise WireError(f"party {party} sent no signatures of {moves} moves")
        found[party] = signatures
    return dict(sorted(found.items()))


def _slices(values: Iterable[Stored], sharing: Sharing) -> Iterator[Slice]:
    for each in values:
        octets = sharing.full_bytes(each.shape, each.boolean)
        yield from slices(each.index, octets, each.boolean, -prod(each.shape) % 8 if each.boolean else 0)


def _steps(waiting: Sequence[Slice]) -> Iterator[list[Slice]]:
    step: list[Slice] = []
    size = 0
    for each in waiting:
        if step and (size + each.octets > STEP_OCTETS or len(step) == STEP_SLICES):
            yield step
            step, size = [], 0
        step.append(each)
        size += each.octets
    if step:
        yield step
