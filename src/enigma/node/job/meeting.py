"""One seat among the seats of its job: keys, epochs, agreement, and opening what everyone may know."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from enigma.algebra.kernels import Kernels
from enigma.array.literals import Raw
from enigma.engine.agreement import confirm, exchange
from enigma.engine.live import Link, LiveSession, Progress, run
from enigma.engine.secure import compile_plan
from enigma.errors import WireError
from enigma.keys.node import NodeKey
from enigma.node.job.gathering import Gathering
from enigma.program.node import Node
from enigma.program.program import Program
from enigma.protocol.family import Family, Value
from enigma.sharing.family import Sharing
from enigma.wire import Tree, codec

MOST_OPENED_BYTES = 1 << 32


class Meeting(Gathering):
    """This seat, once it has met all others of its committee."""

    kind = "seats"

    def __init__(
        self,
        seat: int,
        key: NodeKey,
        members: Sequence[bytes],
        fingerprints: Sequence[bytes],
        links: Mapping[int, Link],
        family: Family,
        sharing: Sharing,
        session: bytes,
        kernels: Kernels,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        super().__init__(seat, key, members, fingerprints, links, family.holders, session, kernels, random_bytes)
        self.seat, self.family, self.sharing = seat, family, sharing

    def run(self, program: Program, digest: bytes, inputs: Mapping[int, Value], progress: Progress) -> list[Value]:
        """This seat's pieces of a program's outputs. `digest` binds the program and what its inputs are."""
        epoch = self._next()
        confirm(self.seat, self._links, epoch, digest)
        session = LiveSession(self.seat, self._links, self._keys(epoch), self._kernels, epoch=epoch)
        outputs = run(session, self.family, compile_plan(program.outputs, self.family), inputs, progress=progress)
        self._count(session)
        return outputs

    def open(self, values: Sequence[Value], nodes: Sequence[Node]) -> list[Raw]:
        """The raw values of outputs that everyone may know. Every seat compares all copies of every piece.

        The seats then confirm what they saw: none goes on with a value that another does not have.
        """
        if not values:
            return []
        mine = [self.sharing.output(value) for value in values]
        heard: Mapping[int, Tree] = exchange(
            self._links, self._next(), mine, "the pieces of a revealed value", limit=MOST_OPENED_BYTES
        )
        self.rounds += 1
        self.sent_bytes += sum(map(len, mine)) * len(self._links)
        by_seat = {self.seat: mine, **{peer: _byte_strings(tree, len(mine)) for peer, tree in heard.items()}}
        opened = []
        for place, node in enumerate(nodes):
            held = [
                self.sharing.read_output(by_seat[seat][place], node.shape, node.type.is_bool)
                for seat in range(self.family.seats)
            ]
            opened.append(self.sharing.reconstruct(held))
        told = hashlib.sha256(codec.encode([raw.tobytes() for raw in opened])).digest()
        self.confirm("a revealed value", told)
        return opened


def _byte_strings(tree: Tree, count: int) -> list[bytes]:
    if not isinstance(tree, list) or len(tree) != count or not all(isinstance(each, bytes) for each in tree):
        raise WireError(f"a seat opens {count} values, and did not send as many byte strings")
    return tree
