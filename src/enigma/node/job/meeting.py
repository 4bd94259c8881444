"""One seat among the seats of its job: keys, epochs, agreement, and opening what everyone may know."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from enigma.algebra.kernels import Kernels
from enigma.array.literals import Raw
from enigma.engine.agreement import confirm, contribute, epoch_keys, exchange
from enigma.engine.live import Link, LiveSession, Progress, run
from enigma.engine.secure import compile_plan
from enigma.errors import ProtocolError, WireError
from enigma.keys.node import NodeKey
from enigma.program.node import Node
from enigma.program.program import Program
from enigma.protocol.family import Family, Value
from enigma.sharing.family import Sharing
from enigma.wire import Tree, codec

MOST_OPENED_BYTES = 1 << 32


class Meeting:
    """This seat, once it has met all others. Every step that follows takes the next epoch, at all seats alike.

    Keys are drawn anew for each meeting: what an earlier attempt at the same job drew is never used again.
    """

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
        self.seat, self.family, self.sharing = seat, family, sharing
        self._links, self._kernels = links, kernels
        self._session, self._fingerprints = session, list(fingerprints)
        self._epoch = 0
        self.rounds = 0
        self.sent_bytes = 0
        self._contributions = contribute(
            seat, key, dict(enumerate(members)), links, family.holders, session, random_bytes
        )

    def confirm(self, what: str, digest: bytes) -> None:
        """Goes on only if all seats name the same digest. Raises `ProtocolError`, which says `what` differs."""
        for peer, theirs in self.hear(f"agreement on {what}", digest).items():
            if theirs != digest:
                raise ProtocolError(f"seats {self.seat} and {peer} differ in {what}", hint="nothing was signed")

    def hear(self, step: str, tree: Tree) -> dict[int, Tree]:
        """Tell all others the same, and hear what each says, by seat."""
        self._epoch += 1
        return exchange(self._links, self._epoch, tree, step)

    def run(self, program: Program, digest: bytes, inputs: Mapping[int, Value], progress: Progress) -> list[Value]:
        """This seat's pieces of a program's outputs. `digest` binds the program and what its inputs are."""
        self._epoch += 1
        confirm(self.seat, self._links, self._epoch, digest)
        keys = epoch_keys(self._contributions, job=self._session, epoch=self._epoch, committee=self._fingerprints)
        session = LiveSession(self.seat, self._links, keys, self._kernels, epoch=self._epoch)
        outputs = run(session, self.family, compile_plan(program.outputs, self.family), inputs, progress=progress)
        self.rounds += session.rounds
        self.sent_bytes += session.sent_bytes
        return outputs

    def open(self, values: Sequence[Value], nodes: Sequence[Node]) -> list[Raw]:
        """The raw values of outputs that everyone may know. Every seat compares all copies of every piece.

        The seats then confirm what they saw: none goes on with a value that another does not have.
        """
        if not values:
            return []
        mine = [self.sharing.output(value) for value in values]
        self._epoch += 1
        heard: Mapping[int, Tree] = exchange(
            self._links, self._epoch, mine, "the pieces of a revealed value", limit=MOST_OPENED_BYTES
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
