"""A renewal of a contract's pieces as a process does it: what it is told, and its node as `reshape` sees it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from enigma.algebra import kernels
from enigma.engine.families import FAMILIES
from enigma.errors import ProtocolError, WireError
from enigma.keys.node import NodeKey, certificate_fingerprint, certificate_public
from enigma.net.door import HandedDoor
from enigma.net.mesh import PeerAddress, connect_mesh
from enigma.node.job.assignment import Peer, Which
from enigma.node.job.gathering import Gathering
from enigma.node.job.generations import Generations, Pending
from enigma.node.job.reshaping import Reshaping, reshape
from enigma.sharing.family import Sharing
from enigma.sharing.generations import Committed, Slice
from enigma.wire import Tree


@dataclass(frozen=True, slots=True)
class RenewalAssignment:
    """What a renewal's process is told: the task, this node's number among the `parties`, and how it works.

    `key` are the secret bytes of the node's key, for TLS with the others; `session` is the room in which they meet;
    `deadline`: seconds that any wait for another node takes at most.
    """

    task: Reshaping
    party: int
    parties: tuple[Peer, ...]
    session: bytes
    family: str
    kernels: Which
    deadline: int
    key: bytes = field(repr=False)

    def tree(self) -> Tree:
        """For the pipe to the process."""
        return {
            "task": self.task.tree, "party": self.party,
            "parties": [[each.host, each.port, each.certificate] for each in self.parties],
            "session": self.session, "family": self.family, "kernels": self.kernels, "deadline": self.deadline,
            "key": self.key,
        }  # fmt: skip

    @classmethod
    def read(cls, tree: Any) -> RenewalAssignment:
        """What `tree` wrote. Raises `WireError`."""
        try:
            return cls(
                Reshaping.read(tree["task"]), tree["party"],
                tuple(Peer(host, port, bytes(certificate)) for host, port, certificate in tree["parties"]),
                bytes(tree["session"]), tree["family"], tree["kernels"], tree["deadline"], bytes(tree["key"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise WireError(f"not an assignment of a renewal: {error}") from error


class NodePipe(Protocol):
    """What this asks of the pipe to the node."""

    def ask(self, tree: Tree) -> Any:
        """What the node answers to a request."""

    def pieces(self, indices: Sequence[int]) -> list[bytes]:
        """This seat's current pieces, by index."""

    def generations(self) -> Generations:
        """What the node has."""

    def switch(self, digest: bytes) -> None:
        """`Generations.switched`."""

    def drop(self, digest: bytes) -> None:
        """`Generations.dropped`."""

    def release(self, digest: bytes) -> None:
        """`Generations.released`."""

    def phase(self, what: str, done: int, total: int) -> None:
        """What is going on."""


class PipedNode:
    """The node at the other end of a pipe. See `enigma.node.job.reshaping.Node`.

    The node keeps whole pieces, the protocol works on slices: here the one that is read, and the one that is written,
    are in memory, whole.
    """

    def __init__(self, pipe: NodePipe, task: Reshaping, sharing: Sharing) -> None:
        self._pipe = pipe
        self._octets = {each.index: sharing.full_bytes(each.shape, each.boolean) for each in task.values}
        self._rows = len(sharing.held_by(0))
        self._read: tuple[int, bytes, dict[int, tuple[bytes, Committed]]] | None = None
        self._written: list[tuple[Slice, Sequence[bytes]]] = []
        self._commitments: list[Tree] = []
        self.generations, self.phase = pipe.generations, pipe.phase
        self.switch, self.drop, self.release = pipe.switch, pipe.drop, pipe.release

    def read(self, piece: Slice) -> list[bytes]:
        """See `Shelf.read`."""
        octets, _ = self._known(piece.index)
        length = self._octets[piece.index]
        if len(octets) % max(length, 1) or (octets and not length):
            raise ProtocolError(f"this node's pieces of stored secret {piece.index} have another size than it should")
        starts = range(0, len(octets), length) if length else range(0)
        rows = [octets[start : start + length] for start in starts] or [b""] * self._rows
        return [row[piece.start : piece.start + piece.octets] for row in rows]

    def committed(self, piece: Slice) -> tuple[bytes, Committed] | None:
        """See `Shelf.committed`."""
        _, slices = self._known(piece.index)
        return slices.get(piece.start)

    def begin(self) -> None:
        """See `Node.begin`."""
        self._written, self._commitments = [], []
        self._pipe.ask({"need": "begin"})

    def write(self, piece: Slice, rows: Sequence[bytes], context: bytes, committed: Committed) -> None:
        """See `Shelf.write`."""
        self._written.append((piece, rows))
        self._commitments.append([piece.start, context, list(committed.commitments), list(committed.salts)])
        if piece.start + piece.octets < self._octets[piece.index]:
            return
        if rows:
            octets = b"".join(b"".join(row) for row in zip(*(each for _, each in self._written), strict=True))
            self._pipe.ask({"need": "write", "index": piece.index, "octets": octets, "slices": self._commitments})
        self._written, self._commitments = [], []

    def store(self, pending: Pending) -> None:
        """See `Node.store`."""
        self._pipe.ask({"need": "keep", "pending": pending.tree})

    def sign(self, digest: bytes) -> bytes:
        """See `Node.sign`."""
        return bytes(self._pipe.ask({"need": "sign", "digest": digest})["signatures"])

    def _known(self, index: int) -> tuple[bytes, dict[int, tuple[bytes, Committed]]]:
        if self._read is None or self._read[0] != index:
            told = self._pipe.ask({"need": "committed", "index": index})["slices"]
            slices = {
                int(start): (bytes(context), Committed(tuple(map(bytes, commitments)), tuple(map(bytes, salts))))
                for start, context, commitments, salts in told or ()
            }
            self._read = index, self._pipe.pieces([index])[0], slices
        return self._read[1], self._read[2]


def renew(
    assignment: RenewalAssignment,
    door: HandedDoor,
    pipe: NodePipe,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Tree:
    """Meet the other parties and make the change; the process's last message. Raises as `reshape` does."""
    pipe.phase("meeting the other nodes", 0, 0)
    task, party, key = assignment.task, assignment.party, NodeKey.from_private_bytes(assignment.key)
    family, sharing = FAMILIES[assignment.family]
    peers = {
        number: PeerAddress(peer.host, peer.port, peer.certificate)
        for number, peer in enumerate(assignment.parties)
        if number != party
    }
    links = connect_mesh(
        party, key, door, peers, deadline=assignment.deadline, channel_deadline=assignment.deadline,
        session=assignment.session, room=assignment.session,
    )  # fmt: skip
    certificates = [peer.certificate for peer in assignment.parties]
    gathering = Gathering(
        party, key, [certificate_public(each) for each in certificates],
        [certificate_fingerprint(each) for each in certificates], links, family.renewal.holders(task.change),
        assignment.session, kernels.load(assignment.kernels), random_bytes,
    )  # fmt: skip
    done = reshape(task, gathering, PipedNode(pipe, task, sharing), family, sharing)
    signatures: list[Tree] = [[number, each] for number, each in sorted(done.signatures.items())]
    return {"reshaped": done.digest, "signatures": signatures}
