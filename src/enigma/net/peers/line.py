"""Frames over one TLS connection between two nodes, with a name and a deadline for every wait.

A frame is its kind (1 byte), the length of its payload (4 bytes, little endian) and the payload. The length is compared
with what may come at that place before memory is taken for it.
"""

from __future__ import annotations

import contextlib
import select
import ssl
import time
from collections.abc import Iterator
from enum import IntEnum

from enigma.errors import CertificateProblem, PeerLost, PeerSilent, WireError
from enigma.net.tls import refuses_certificate
from enigma.net.tls_stream import TlsStream

WRITE_BYTES = 256 * 1024
"""What is encrypted, and given to the socket, at a time."""
HEADER_BYTES = 5

# The peer will say nothing more, which in a call means that it has left; a full socket would not tell for a long time.
_GONE: int = getattr(select, "POLLRDHUP", 0)


class Frame(IntEnum):
    """What a frame holds. The numbers are such that no frame begins like a greeting between seats."""

    HELLO = 0x70
    """The acceptor's first word: this dialler is known here. No payload."""
    HEAD = 0x71
    """Which call begins: `enigma.net.peers.calls.Head`."""
    BODY = 0x72
    """The tree of a request."""
    ANSWER = 0x73
    """The tree of an answer."""
    REFUSAL = 0x74
    """An error instead of an answer, or of the rest of one."""
    PIECE = 0x75
    """The next bytes of a stream, at least one."""
    PARTING = 0x77
    """The same, and the connection ends: the request was not read."""
    END = 0x76
    """A stream is complete. No payload."""


class Wait:
    """One named wait for one peer: `seconds` from now on."""

    def __init__(self, peer: str, step: str, seconds: float) -> None:
        self.peer = peer
        self.step = step
        self.started = time.monotonic()
        self._seconds = seconds

    def left(self) -> float:
        """Seconds left. Raises PeerSilent when there are none."""
        seconds = self._seconds - (time.monotonic() - self.started)
        if seconds <= 0:
            raise self.silent()
        return seconds

    def renew(self) -> None:
        """Something came or went: the time runs anew."""
        self.started = time.monotonic()

    def extend(self, seconds: float) -> None:
        """Give it more time, for what came, or for what was not the peer's doing."""
        self._seconds += seconds

    def silent(self) -> PeerSilent:
        """The error of a wait that is over."""
        return PeerSilent(
            self.peer, self.step, time.monotonic() - self.started, hint="See whether it runs and can be reached."
        )

    def lost(self, hint: str = "") -> PeerLost:
        """The error of a connection that ended."""
        return PeerLost(self.peer, self.step, hint=hint or "It closed the connection, or its process ended.")


class Line:
    """One end of an established connection, which it owns. One call, on one thread, at a time; `shut` from any.

    After any error the two ends are out of step: `broken` is then true, and the line good for nothing but `close`.
    """

    def __init__(self, stream: TlsStream, peer: str) -> None:
        self.peer = peer
        self.broken = False
        self._stream = stream
        # With a time-out of its own, a socket would wait in calls that must not. All waiting is done here, by polling.
        stream.settimeout(0)
        self._poll = select.poll()
        self._poll.register(stream.fileno(), 0)

    def send(self, *frames: tuple[Frame, bytes | memoryview], wait: Wait, unless_answered: bool = False) -> bool:
        """Send the frames. With `unless_answered`: stop when the peer speaks or ends first, and say False.

        The line is then broken for sending; what the peer said can still be received.
        Raises PeerSilent when the peer takes them not within the wait, PeerLost when it is gone.
        """
        try:
            with self._errors(wait):
                return self._send(frames, wait, unless_answered)
        except PeerLost:
            if unless_answered:
                return False
            raise

    def linger(self, wait: Wait) -> None:
        """Throw away what still comes until the peer closes or the wait is over, so that it can read our last word."""
        with contextlib.suppress(OSError, PeerSilent):
            view = memoryview(bytearray(WRITE_BYTES))
            while True:
                if not self._fill_some(wait):
                    break
                while self._stream.take(view):
                    pass
        self.broken = True

    def receive(self, limits: dict[Frame, int], wait: Wait) -> tuple[Frame, bytearray]:
        """The next frame, of one of the kinds in `limits`, with at most as many bytes as stand there.

        Raises WireError on any other, PeerSilent when it is not there within the wait, PeerLost when the peer is gone.
        """
        with self._errors(wait):
            header = bytearray(HEADER_BYTES)
            self._fill(memoryview(header), wait)
            kind, size = header[0], int.from_bytes(header[1:], "little")
            limit = next((limit for allowed, limit in limits.items() if allowed == kind), None)
            if limit is None:
                raise WireError(f"node {self.peer} sent a frame of kind {kind} which has no place here ({wait.step})")
            if size > limit:
                raise WireError(f"node {self.peer} announces {size} bytes where {limit} may come ({wait.step})")
            payload = bytearray(size)
            self._fill(memoryview(payload), wait)
            return Frame(kind), payload

    def quiet(self) -> bool:
        """Whether the connection stands and nothing has come on it: what an idle one is, unless the peer ended it."""
        self._poll.modify(self._stream.fileno(), select.POLLIN)
        return not self.broken and not self._poll.poll(0)

    def fileno(self) -> int:
        """The descriptor to poll; -1 after `close`."""
        return self._stream.fileno()

    def shut(self) -> None:
        """End the connection and wake whoever waits on it."""
        self._stream.shut()

    def close(self) -> None:
        """Say goodbye where the ends are in step, and close."""
        if not self.broken:
            self._stream.say_end()
        self._stream.close()

    def _send(self, frames: tuple[tuple[Frame, bytes | memoryview], ...], wait: Wait, unless_answered: bool) -> bool:
        for kind, payload in frames:
            view = memoryview(payload)
            self._stream.encrypt(memoryview(bytes((kind,)) + len(view).to_bytes(4, "little")))
            for start in range(0, len(view), WRITE_BYTES):
                pending = self._stream.encrypt(view[start : start + WRITE_BYTES])
                if pending >= WRITE_BYTES and not self._drain(wait, unless_answered):
                    return False
        return self._drain(wait, unless_answered)

    def _drain(self, wait: Wait, unless_answered: bool) -> bool:
        """Give the socket all that is encrypted; False when the peer spoke before."""
        while not self._stream.flush():
            events = select.POLLOUT | _GONE | (select.POLLIN if unless_answered else 0)
            self._poll.modify(self._stream.fileno(), events)
            what = sum(events for _, events in self._poll.poll(wait.left() * 1000))
            if unless_answered and what & select.POLLIN:
                self.broken = True
                return False
            if what & _GONE:
                raise wait.lost()
        return True

    def _fill(self, view: memoryview, wait: Wait) -> None:
        taken = self._stream.take(view)
        while taken < len(view):
            if not self._fill_some(wait):
                raise wait.lost()
            taken += self._stream.take(view[taken:])

    def _fill_some(self, wait: Wait) -> bool:
        """Bring in some of what has come, waiting for it; False when nothing more will."""
        self._poll.modify(self._stream.fileno(), select.POLLIN)
        while True:
            self._poll.poll(wait.left() * 1000)
            with contextlib.suppress(BlockingIOError):
                return self._stream.fill()

    @contextlib.contextmanager
    def _errors(self, wait: Wait) -> Iterator[None]:
        """What the socket and TLS raise, as errors that name the peer and the step."""
        try:
            yield
        except ssl.SSLError as error:
            self.broken = True
            if refuses_certificate(error):
                raise refused(self.peer) from error
            raise wait.lost(f"TLS ended: {error.reason or error}.") from error
        except (OSError, ValueError) as error:
            self.broken = True
            raise wait.lost() from error
        except BaseException:
            self.broken = True
            raise


def refused(peer: str) -> CertificateProblem:
    """The error of a dialler whom the peer does not know."""
    return CertificateProblem(
        f"node {peer} refused the certificate that this node showed",
        hint="This node is not registered on the chain that the other follows, or is suspended, or changed its key.",
    )
