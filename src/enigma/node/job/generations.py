"""The life of a contract's pieces at one node: which generation is current, which may become it, what is still kept.

    stored     all new pieces are here, durably: from now on they are not given up alone        pending
    signed     all parties have stored it, and this node signs its moves for the chain          pending
    moved      the chain says that this generation's committee holds the contract               pending -> current
    switched   all parties have stored it; of a refresh, where no seat moves                    pending -> current
    dropped    nobody has signed it, or ever will; or the chain took another                    pending -> gone
    released   every new seat has switched                                                      former  -> gone

    current --stored--> current, pending --moved | switched--> current (new), former (old) --released--> current
                               |
                               +--dropped--> current

Every event is one transaction of the node's store. Whenever a node dies, and whatever the chain says meanwhile, all
old seats have the old pieces, as current or former, until all new seats have the new ones, as pending or current. A
generation with `current` at one seat is pending or current at all its seats; so seats that meet can always go on.
Nothing is computed while a generation is pending: what a job adds would be missing from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from enigma.errors import ProtocolError, WireError
from enigma.sharing.generations import Generation
from enigma.wire.codec import Tree


@dataclass(frozen=True, slots=True)
class Pending:
    """New pieces that are stored here. `former`: the digest of the generation that they were made from.

    `parties`: fingerprints of all who take part. `stays`: whether this node has a seat afterwards. `move`: how often
    seats of the contract had moved when this was made, None where no seat moves; `seats`: how many move. `task`: 32
    bytes that bind what was asked for. `signed`: whether this node has signed its moves: then all have stored it.
    """

    generation: Generation
    former: bytes
    parties: tuple[bytes, ...]
    stays: bool
    move: int | None
    seats: int
    task: bytes
    signed: bool = False

    @property
    def digest(self) -> bytes:
        """What its commitments come to."""
        return self.generation.digest

    @property
    def tree(self) -> Tree:
        """For the store, and for the pipe from the process that made it."""
        return [
            self.generation.tree, self.former, list(self.parties), self.stays, self.move, self.seats, self.task,
            self.signed,
        ]  # fmt: skip

    @classmethod
    def read(cls, tree: Any) -> Pending:
        """What `tree` wrote. Raises `WireError`."""
        try:
            (number, digest), former, parties, stays, move, seats, task, signed = tree
            generation = Generation(number, bytes(digest))
            return cls(
                generation, bytes(former), tuple(map(bytes, parties)), stays, move, seats, bytes(task), signed
            )  # fmt: skip
        except (TypeError, ValueError) as error:
            raise WireError(f"not pieces that wait to become current: {error}") from error


@dataclass(frozen=True, slots=True)
class Generations:
    """What one node has of a contract's pieces. `current` is None at a node that has no seat.

    `former`: the generation that was left, kept until all seats of the one that followed, `successor`, have switched.
    `task`: what the current generation was made for, as its `Pending` said; empty of pieces that were never renewed.
    """

    current: Generation | None = None
    former: Generation | None = None
    successor: bytes | None = None
    pending: tuple[Pending, ...] = ()
    task: bytes = b""

    def computing(self) -> Generation:
        """The generation to compute with. Raises `ProtocolError` where there is none, or perhaps soon another."""
        if self.current is None:
            raise ProtocolError(
                "this node has no pieces of the contract", hint="they are rebuilt from the other seats'"
            )
        if self.pending:
            raise ProtocolError(
                "pieces of the contract are being made anew: nothing is computed until that is decided",
                hint="the seats meet and catch up; or the chain takes what they signed, or another move",
            )
        return self.current

    def find(self, digest: bytes) -> Pending | None:
        """The pending generation of this digest."""
        return next((each for each in self.pending if each.digest == digest), None)

    @property
    def had(self) -> tuple[bytes, ...]:
        """The digests of all that this node has stored, or had when it left."""
        known = [each.digest for each in self.pending]
        known += [each.digest for each in (self.current, self.former) if each is not None]
        return (*known, *(() if self.successor is None else (self.successor,)))

    @property
    def unsigned(self) -> tuple[bytes, ...]:
        """The digests of those pending that this node has not signed."""
        return tuple(each.digest for each in self.pending if not each.signed)

    @property
    def kept(self) -> frozenset[bytes]:
        """The digests of the generations whose pieces must stay in the store."""
        held = [each.digest for each in self.pending if each.stays]
        return frozenset([*held, *(each.digest for each in (self.current, self.former) if each is not None)])

    def stored(self, pending: Pending) -> Generations:
        """New pieces are complete. Raises `ProtocolError` where they could end up beside others, half and half."""
        if self.former is not None:
            raise ProtocolError("the pieces before the present ones are still kept", hint="the seats meet and catch up")
        if self.current is not None and pending.former != self.current.digest:
            raise ProtocolError("these pieces were not made from the present ones")
        for other in self.pending:
            # Of two that move one seat each, by the same move of the chain, the chain takes one.
            if pending.move is None or other.move != pending.move or other.seats != 1 or pending.seats != 1:
                raise ProtocolError("other pieces are already waiting to become the present ones")
        return replace(self, pending=(*self.pending, pending))

    def signed(self, digest: bytes) -> Generations:
        """This node is about to sign the moves of a pending generation."""
        if self.find(digest) is None:
            raise ProtocolError("this node signs moves only to pieces that it has stored")
        return replace(self, pending=tuple(replace(x, signed=True) if x.digest == digest else x for x in self.pending))

    def switched(self, digest: bytes) -> Generations:
        """A pending generation is now the current one, the current one former; all others are void."""
        pending = self.find(digest)
        if pending is None:
            raise ProtocolError("this node never stored the pieces that the seats now have")
        current = pending.generation if pending.stays else None
        return Generations(current, self.current, digest, task=pending.task)

    def moved(self, digest: bytes, moves: int) -> Generations:
        """The chain moved a seat, naming `digest`; seats of the contract have now moved `moves` times."""
        mine = self.find(digest)
        if mine is not None and mine.move is not None and mine.move < moves:
            return self.switched(digest) if moves == mine.move + mine.seats else self
        return replace(self, pending=tuple(x for x in self.pending if x.move is None or x.move >= moves))

    def dropped(self, digest: bytes) -> Generations:
        """A pending generation can never become current. Raises `ProtocolError` where this node has signed for it."""
        if any(each.signed for each in self.pending if each.digest == digest):
            raise ProtocolError("the chain may still take what this node has signed")
        return replace(self, pending=tuple(each for each in self.pending if each.digest != digest))

    def released(self, digest: bytes) -> Generations:
        """All seats of the generation `digest` have switched to it: what it followed is not needed any more."""
        if self.successor != digest:
            raise ProtocolError("the seats have switched to pieces that did not follow those of this node")
        return replace(self, former=None, successor=None)

    @property
    def tree(self) -> Tree:
        """For the store."""
        pending: list[Tree] = [each.tree for each in self.pending]
        return [_written(self.current), _written(self.former), self.successor, pending, self.task]

    @classmethod
    def read(cls, tree: Any) -> Generations:
        """What `tree` wrote. Raises `WireError`."""
        try:
            current, former, successor, waiting, made_for = tree
            pending = tuple(map(Pending.read, waiting))
            followed = None if successor is None else bytes(successor)
            return cls(_read(current), _read(former), followed, pending, bytes(made_for))
        except (TypeError, ValueError) as error:
            raise WireError(f"not the generations of a contract's pieces: {error}") from error


def _written(generation: Generation | None) -> Tree:
    return None if generation is None else generation.tree


def _read(tree: Any) -> Generation | None:
    if tree is None:
        return None
    number, digest = tree
    return Generation(number, bytes(digest))
