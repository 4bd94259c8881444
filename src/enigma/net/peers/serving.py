"""What happens to one call on the called side, once its connection is known to be a peer's."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING

from enigma.errors import ArgumentProblem, EnigmaError, NetworkError, WireError
from enigma.net.peers.answers import KeptAnswers
from enigma.net.peers.calls import HEAD_LIMIT, PIECE_BYTES, Head, encoded_within, limit_of, pieces_of, refusal
from enigma.net.peers.line import Frame, Line, Wait
from enigma.wire.codec import decode

if TYPE_CHECKING:
    from enigma.wire.codec import Tree

REQUEST_SECONDS = 30.0
"""How long a call that has begun may take to arrive, or its answer to be taken; longer by its size at the slowest rate.

A first call of the same number is waited for as long."""
SLOWEST_RATE = 64 * 1024
"""Bytes per second, on average, below which a peer is too slow to be served."""
LINGER_SECONDS = 2.0
"""How long a peer that talks on after it was answered is listened to, so that it can read the answer."""


class After(Enum):
    """What is to be done with a connection."""

    AGAIN = auto()
    """It waits for the next call."""
    END = auto()
    """It is closed."""
    ELSEWHERE = auto()
    """Somebody else has it now."""


class Service:
    """The handlers of a `PeerServer`, and the conversation around each call."""

    def __init__(
        self,
        serve: Callable[[bytes, str, Tree], Tree],
        serve_download: Callable[[bytes, str, Tree], Iterable[bytes]] | None,
        serve_upload: Callable[[bytes, str, Tree, Iterator[bytes]], Tree] | None,
        limits: Mapping[str, int],
        kept: KeptAnswers,
        defect: Callable[[Exception], None],
    ) -> None:
        self._serve = serve
        self._serve_download = serve_download
        self._serve_upload = serve_upload
        self._limits = dict(limits)
        self._kept = kept
        self._defect = defect

    def request(self, line: Line) -> tuple[Head, Tree]:
        """The call that comes on a line. Raises what the line raises, and WireError; a request too long is refused."""
        _, payload = line.receive({Frame.HEAD: HEAD_LIMIT}, Wait(line.peer, "the head of a call", REQUEST_SECONDS))
        head = Head.decoded(payload)
        limit = limit_of(self._limits, head.method)
        try:
            _, body = line.receive({Frame.BODY: limit}, _patient(line, f"the request of {head.method}", limit))
            return head, decode(body, limit=limit)
        except WireError as error:
            self._last_word(line, refusal(error))
            raise

    def answer(self, line: Line, peer: bytes, head: Head, tree: Tree) -> After:
        """Answer a plain call; a repeated one with the answer it had."""
        answered: tuple[int, bytes] | None = None
        if head.call:
            try:
                answered = self._kept.begin(peer, head.call, Wait(line.peer, "a call it made twice", REQUEST_SECONDS))
            except NetworkError as error:
                answered = Frame.REFUSAL, refusal(error)
        if answered is None:
            answered = self._answer(head.method, lambda: self._serve(peer, head.method, tree))
            if head.call:
                self._kept.finish(peer, head.call, *answered)
        kind, payload = answered
        line.send((Frame(kind), payload), wait=_patient(line, f"taking the answer to {head.method}", len(payload)))
        return After.AGAIN

    def stream(self, line: Line, peer: bytes, head: Head, tree: Tree) -> After:
        """Send a stream, or take one and answer."""
        if head.form == "download":
            return self._download(line, peer, head.method, tree)
        return self._upload(line, peer, head.method, tree)

    def _answer(self, method: str, work: Callable[[], Tree]) -> tuple[Frame, bytes]:
        """The last frame of a call: what the handler gives, or why it gives nothing."""
        try:
            return Frame.ANSWER, encoded_within(work(), limit_of(self._limits, method), f"the answer to {method}")
        except EnigmaError as error:
            return Frame.REFUSAL, refusal(error)
        except Exception as error:  # noqa: BLE001 - a defect of a handler: told here in full, to the peer as a fact
            self._defect(error)
            return Frame.REFUSAL, refusal(error)

    def _download(self, line: Line, peer: bytes, method: str, tree: Tree) -> After:
        wait = Wait(line.peer, f"taking the stream of {method}", REQUEST_SECONDS)

        def send_all() -> Tree:
            if self._serve_download is None:
                raise ArgumentProblem("this node gives no streams")
            stream = self._serve_download(peer, method, tree)
            try:
                for chunk in _on_our_time(stream, wait):
                    for piece in pieces_of(chunk):
                        line.send((Frame.PIECE, piece), wait=wait)
                        wait.extend(len(piece) / SLOWEST_RATE)
            finally:
                if isinstance(stream, Generator):
                    stream.close()
            return None

        kind, payload = self._answer(method, send_all)
        if line.broken:
            return After.END
        line.send((Frame.END, b"") if kind is Frame.ANSWER else (kind, payload), wait=wait)
        return After.AGAIN

    def _upload(self, line: Line, peer: bytes, method: str, tree: Tree) -> After:
        wait = Wait(line.peer, f"the stream of {method}", REQUEST_SECONDS)
        complete = False

        def pieces() -> Iterator[bytes]:
            nonlocal complete
            while not complete:
                kind, piece = line.receive({Frame.PIECE: PIECE_BYTES, Frame.END: 0}, wait)
                wait.extend(len(piece) / SLOWEST_RATE)
                if kind is Frame.END:
                    complete = True
                else:
                    given = time.monotonic()
                    yield bytes(piece)
                    wait.extend(time.monotonic() - given)  # the handler's time, not the peer's

        def take_all() -> Tree:
            if self._serve_upload is None:
                raise ArgumentProblem("this node takes no streams")
            return self._serve_upload(peer, method, tree, pieces())

        kind, payload = self._answer(method, take_all)
        if line.broken:
            return After.END
        line.send((kind, payload), wait=_patient(line, f"taking the answer to {method}", len(payload)))
        # Who was answered early may have sent its stream to the end all the same. If not, it closes the connection.
        wait = Wait(line.peer, "the rest of a stream", LINGER_SECONDS)
        while not complete:
            complete = line.receive({Frame.PIECE: PIECE_BYTES, Frame.END: 0}, wait)[0] is Frame.END
        return After.AGAIN

    @staticmethod
    def _last_word(line: Line, payload: bytes) -> None:
        """Say why the call is not served, to a peer that may still be sending it."""
        line.send((Frame.PARTING, payload), wait=Wait(line.peer, "taking a refusal", LINGER_SECONDS))
        line.linger(Wait(line.peer, "its last words", LINGER_SECONDS))


def _on_our_time(stream: Iterable[bytes], wait: Wait) -> Iterator[bytes]:
    """The chunks of a handler; the time that it takes for them is not the peer's."""
    asked = time.monotonic()
    for chunk in stream:
        wait.extend(time.monotonic() - asked)
        yield chunk
        asked = time.monotonic()


def _patient(line: Line, step: str, size: int) -> Wait:
    """A wait that gives a message of `size` bytes the time it needs at the slowest rate."""
    return Wait(line.peer, step, REQUEST_SECONDS + size / SLOWEST_RATE)
