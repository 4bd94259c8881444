"""What a call needs from the world around it: a committee that runs programs, and the facts of its transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from enigma.array.literals import Raw
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.interface import Dictionaries
from enigma.program.node import Node
from enigma.program.program import Program
from enigma.wire import Tree, codec

Recipients = tuple[Address, ...] | None
"""Who gets an opened value; None is everyone."""


@dataclass(frozen=True, eq=False)
class Segment:
    """One program of a call, from one revealed value to the next.

    `stored` has, for each of `program.inputs`, the index under which the committee keeps it; `labels` says what it is;
    `to` has the recipients of each of `program.reveals`.
    """

    program: Program
    stored: tuple[int, ...]
    labels: tuple[str, ...]
    to: tuple[Recipients, ...]

    def digest(self, family: str) -> bytes:
        """SHA-256 over the program, the meaning of its inputs, and who gets what."""
        recipients = [None if to is None else [str(each) for each in to] for to in self.to]
        tree: Tree = [self.program.encode(family), list(self.labels), recipients]
        return hashlib.sha256(codec.encode(tree)).digest()


@dataclass(frozen=True, eq=False)
class Opened:
    """`values` has what everyone may know of `Segment.program.reveals`, None for the sealed; `kept` their indices."""

    values: Sequence[Raw | None]
    kept: Sequence[int]


class Host(Protocol):
    """Whoever runs a call."""

    def run(self, segment: Segment) -> Opened:
        """Run one program; sealed outputs go to their recipients and are None here."""
        ...

    def fold(self, node: Node) -> Raw:
        """The raw value of a public node."""
        ...

    def ask(self, contract: Address, function: str, asker: Address) -> bool:
        """What a contract's predicate says about an asker."""
        ...


@dataclass(frozen=True, eq=False)
class Context:
    """The facts of one call: who asks (`sender`; `senders` are all who signed), which contract, when."""

    sender: Address
    deployer: Address
    this: Address
    now: int
    dictionaries: Dictionaries
    senders: tuple[Address, ...] = ()
