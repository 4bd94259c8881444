"""Nodes that meet tell each other which pieces they have: whoever was away when a change was decided learns of it.

What follows from what is heard:

    a party of pending pieces never stored them               nobody has signed for them, or ever will: drop them
    of a refresh, a party has lost its store since            it has no voice: its pieces are rebuilt from theirs
    none of those who have the seats has signed for them      nor will they: drop them
    a peer has switched to pieces that the seats decide       all had stored them: switch as well
    all their parties are here, and have stored them          nothing was computed since: switch
    all seats after the last change have switched             the pieces before it are erased

Where a seat moves, the chain alone decides, and each node asks it for itself (`Generations.moved`). It takes no move
without a quorum of those who have the seats, and the new node: while all of these have not signed, nothing can happen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from enigma.errors import WireError
from enigma.node.job.gathering import Gathering
from enigma.node.job.generations import Generations, Pending
from enigma.sharing.generations import Generation
from enigma.wire import Tree, codec


class Keeper(Protocol):
    """What this asks of a node; each change is one transaction of its store."""

    def generations(self) -> Generations:
        """What the node has."""

    def switch(self, digest: bytes) -> None:
        """`Generations.switched`: durable when this returns."""

    def drop(self, digest: bytes) -> None:
        """`Generations.dropped`, and its pieces erased."""

    def release(self, digest: bytes) -> None:
        """`Generations.released`, and the pieces of the former generation erased."""


def catch_up(gathering: Gathering, node: Keeper, after: Sequence[int]) -> None:
    """Learn what was decided; `after` are the parties that have the seats now. Raises `WireError`, `NetworkError`."""
    heard = gathering.hear("which pieces each node has", _told(node.generations()))
    told = {party: _read(party, tree) for party, tree in heard.items()}
    told[gathering.party] = _read(gathering.party, _told(node.generations()))
    for pending in node.generations().pending:
        numbers = _present(pending, gathering.fingerprints)
        voices = [party for party in numbers if pending.move is not None or not told[party].lost]
        missing = any(pending.digest not in told[party].had for party in voices)
        unsigned = pending.move is not None and all(pending.digest in told[party].unsigned for party in after)
        if missing or unsigned:
            # Whoever has signed knows that all had stored it, and believes no peer that says otherwise.
            if not pending.signed:
                node.drop(pending.digest)
        elif pending.move is None and (
            len(numbers) == len(pending.parties) or any(told[party].current == pending.digest for party in numbers)
        ):
            node.switch(pending.digest)
            break
    gathered = gathering.hear("which pieces each node has now", _current(node.generations()))
    now: Mapping[int, Tree] = {**gathered, gathering.party: _current(node.generations())}
    successor = node.generations().successor
    if successor is not None and all(now[party] == successor for party in after):
        node.release(successor)


def agree_on_generation(gathering: Gathering, node: Keeper, seats: Sequence[int]) -> Generation:
    """The generation that all seats compute with, after catching up. Raises `ProtocolError`, and as `catch_up`."""
    catch_up(gathering, node, seats)
    generation = node.generations().computing()
    gathering.confirm("the generation of pieces", hashlib.sha256(codec.encode(generation.tree)).digest())
    return generation


def _present(pending: Pending, fingerprints: Sequence[bytes]) -> list[int]:
    """The parties of a pending generation that have come."""
    return [number for number, fingerprint in enumerate(fingerprints) if fingerprint in pending.parties]


def _current(generations: Generations) -> bytes:
    return b"" if generations.current is None else generations.current.digest


@dataclass(frozen=True, slots=True)
class _Told:
    """What a node says of itself: the digests of the generations that it has now, ever stored, and has not signed."""

    current: bytes
    had: frozenset[bytes]
    unsigned: frozenset[bytes]

    @property
    def lost(self) -> bool:
        """Whether it has nothing at all, and never had as far as it knows."""
        return not self.current and not self.had


def _told(generations: Generations) -> Tree:
    return [_current(generations), list(generations.had), list(generations.unsigned)]


def _read(party: int, tree: Tree) -> _Told:
    match tree:
        case [bytes(current), list(had), list(unsigned)] if all(isinstance(each, bytes) for each in [*had, *unsigned]):
            return _Told(current, frozenset(had), frozenset(unsigned))
    raise WireError(f"party {party} does not say which pieces it has")
