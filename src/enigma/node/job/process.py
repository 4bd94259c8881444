"""`python -m enigma.node.job`: one job, or one renewal of a contract's pieces, at one node, as a process of its own.

Its node speaks to it over its standard streams, in messages of `enigma.wire.stream`, and hands it the connections of
the other seats over a socket (its descriptor is the only argument). A crash, or the limit of memory, ends this job and
nothing else; when its node is gone, so is it.

    node -> process   {"assignment": ...} or {"renewal": ...}, then an answer to each request
    process -> node   {"need": "pieces" | "opening" | "chain" | "store" | ..., ...}, {"phase": ...}, where the
                      node wants one {"transcript": ...}; then {"signed": ...}, {"reshaped": ...}, or {"error": ...}
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

from enigma.algebra import kernels
from enigma.engine.families import FAMILIES
from enigma.errors import EnigmaError, StreamEnded, WireError
from enigma.keys.node import NodeKey, certificate_fingerprint, certificate_public
from enigma.net.door import HandedDoor
from enigma.net.mesh import PeerAddress, connect_mesh
from enigma.node.job.assignment import Assignment
from enigma.node.job.attempt import attempt
from enigma.node.job.finding import Finding
from enigma.node.job.generations import Generations
from enigma.node.job.meeting import Meeting
from enigma.node.job.renewal import RenewalAssignment, renew
from enigma.node.job.transcript import Transcript
from enigma.node.logs import words_of
from enigma.wire import Tree
from enigma.wire.stream import read_message, write_message

LIMIT = 1 << 36
PROGRESS_SECONDS = 0.1


class Pipe:
    """The node at the other end of the standard streams. See `enigma.node.job.attempt.Node`."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._sink = sink
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._told = 0.0
        self._phase = ""
        self.transcript: Transcript | None = None
        threading.Thread(target=_read, args=(source, self._inbox), daemon=True).start()

    def hear(self) -> Any:
        """The node's next message."""
        return self._inbox.get()

    def tell(self, tree: Tree) -> None:
        """One message to the node. Raises `StreamEnded`."""
        write_message(self._sink, tree)

    def pieces(self, indices: Sequence[int]) -> list[bytes]:
        """See `Node.pieces`."""
        return list(self.ask({"need": "pieces", "indices": list(indices)})["pieces"])

    def store(self, finding: Finding) -> None:
        """See `Node.store`."""
        self.ask({"need": "store", "finding": finding.tree()})

    def generations(self) -> Generations:
        """See `Keeper.generations`."""
        return Generations.read(self.ask({"need": "generations"})["generations"])

    def switch(self, digest: bytes) -> None:
        """See `Keeper.switch`."""
        self.ask({"need": "switch", "digest": digest})

    def drop(self, digest: bytes) -> None:
        """See `Keeper.drop`."""
        self.ask({"need": "drop", "digest": digest})

    def release(self, digest: bytes) -> None:
        """See `Keeper.release`."""
        self.ask({"need": "release", "digest": digest})

    def sign(self, digest: bytes) -> bytes:
        """See `Node.sign`."""
        return bytes(self.ask({"need": "sign", "digest": digest})["signature"])

    def opening(self, overruled: bool) -> None:
        """See `Node.opening`. A node that refuses ends this process."""
        self.ask({"need": "opening", "overruled": overruled})

    def chain(self, question: bytes) -> bytes:
        """See `Node.chain`."""
        return bytes(self.ask({"need": "chain", "question": question})["answer"])

    def phase(self, what: str, done: int, total: int) -> None:
        """See `Node.phase`; within one phase at most ten times a second."""
        now = time.monotonic()
        if self.transcript is not None:
            self.transcript.phase = what
        if what != self._phase or now - self._told >= PROGRESS_SECONDS:
            self._phase, self._told = what, now
            self.tell({"phase": what, "done": done, "total": total})

    def write_down(self, room: int) -> None:
        """From now on a transcript is written, of at most `room` bytes of messages."""
        self.transcript = Transcript(room) if room else None

    def tell_transcript(self) -> None:
        """Give the node what was written down."""
        if self.transcript is not None:
            self.tell({"transcript": self.transcript.tree()})

    def ask(self, tree: Tree) -> Any:
        """What the node answers to a request."""
        self.tell(tree)
        return self.hear()


def meet(assignment: Assignment, door: HandedDoor, transcript: Transcript | None = None) -> Meeting:
    """This seat, connected with all others. Raises `NetworkError`, naming the seat that is missing.

    `transcript`: writes down what passes.
    """
    key = NodeKey.from_private_bytes(assignment.key)
    family, sharing = FAMILIES[assignment.family]
    peers = {
        i: PeerAddress(peer.host, peer.port, peer.certificate)
        for i, peer in enumerate(assignment.seats)
        if i != assignment.seat
    }
    links = connect_mesh(
        assignment.seat, key, door, peers,
        deadline=assignment.deadline, channel_deadline=assignment.deadline,
        session=assignment.session, room=assignment.session,
    )  # fmt: skip
    certificates = [peer.certificate for peer in assignment.seats]
    return Meeting(
        assignment.seat, key, [certificate_public(each) for each in certificates],
        [certificate_fingerprint(each) for each in certificates],
        dict(links) if transcript is None else transcript.over(links), family, sharing, assignment.session,
        kernels.load(assignment.kernels), os.urandom,
    )  # fmt: skip


def main() -> None:
    """Run the one job that the node assigns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the node decides what an interrupt means
    pipe = Pipe(sys.stdin.buffer, sys.stdout.buffer)
    _warm()
    sys.stdout = sys.stderr  # nothing printed may get into the messages
    try:
        try:
            with HandedDoor(socket.socket(fileno=int(sys.argv[1]))) as door:
                told = pipe.hear()
                if "renewal" in told:
                    pipe.tell(renew(RenewalAssignment.read(told["renewal"]), door, pipe))
                    return
                assignment = Assignment.read(told["assignment"])
                pipe.write_down(assignment.transcript)
                pipe.phase("meeting the other seats", 0, 0)
                signatures = attempt(assignment, meet(assignment, door, pipe.transcript), pipe, os.urandom)
            pipe.tell_transcript()
            pipe.tell({"signed": [[seat, signature] for seat, signature in sorted(signatures.items())]})
        except StreamEnded:
            raise
        except EnigmaError as error:
            pipe.tell_transcript()
            pipe.tell({"error": [type(error).__name__, error.message, error.hint]})
    except StreamEnded:
        os._exit(0)  # the node is gone, and channels may still wait on peers that are gone as well
    except BaseException as error:  # noqa: BLE001 - a defect of ours: told without values, and no thread may keep the process
        print(f"a defect ended the process of a job: {words_of(error)}", file=sys.stderr, flush=True)  # noqa: T201
        os._exit(1)
    os._exit(0)


def _warm() -> None:
    """Load what a job will need while nobody waits for it: a process may be started before there is a job."""
    import eth_abi.abi
    import eth_utils.crypto

    eth_utils.crypto.keccak(b"")
    eth_abi.abi.encode(["uint256"], [0])
    kernels.load()


def _read(source: BinaryIO, inbox: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            inbox.put(read_message(source, limit=LIMIT))
    except (StreamEnded, WireError):
        os._exit(0)
