"""All pairwise channels of a committee.

Every seat listens, and every seat dials every other: the connection it dialled is the one it will write, the one it
accepted the one it will read. So nobody has to start first, and whoever is shown a wrong certificate learns it by its
own dialling, at once. Seats that share a port with others meet in a room of it (`enigma.net.gate`).
"""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from enigma.errors import ArgumentProblem, CertificateProblem, EnigmaError, SeatSilent, WireError
from enigma.keys.node import NodeKey, certificate_fingerprint
from enigma.net import greeting
from enigma.net.channel import DEFAULT_DEADLINE
from enigma.net.door import knock, preamble
from enigma.net.tls import dialling_context, listening_context
from enigma.net.tls_channel import TlsChannel
from enigma.net.tls_stream import TlsStream

if TYPE_CHECKING:
    from enigma.net.channel import Channel
    from enigma.net.door import Door

MAX_SESSION_BYTES = 128
STRANGERS = 32
"""How many connections beyond the committee's may be in their handshake at once; then the oldest has to go."""
HANDSHAKE_SECONDS = 5.0
"""How long one who connects may be silent before it is shut out."""
RETRY_SECONDS = 0.05
"""The pause before a seat that did not answer is dialled again."""
LINGER_SECONDS = 1.0
"""How long a seat that found a wrong certificate still answers, so that the other side learns of it as well."""


class PeerAddress(NamedTuple):
    """Where a seat listens, and the certificate (PEM) that it must show."""

    host: str
    port: int
    certificate: bytes


def connect_mesh(
    seat: int,
    key: NodeKey,
    door: Door,
    peers: Mapping[int, PeerAddress | tuple[str, int, bytes]],
    *,
    deadline: float = DEFAULT_DEADLINE,
    channel_deadline: float = DEFAULT_DEADLINE,
    session: bytes = b"",
    room: bytes = b"",
) -> dict[int, Channel]:
    """The channels of `seat` to all `peers`, by seat, once every connection stands and is checked.

    `deadline`: seconds for the whole mesh; `channel_deadline`: seconds that a channel waits for its peer later on.
    `session`: at most 128 bytes, the same on every seat, different for every mesh of the same keys (job and epoch).
    `door`: a `Listener`, or the door of a gate's room; it stays open and the caller's, and serves one mesh at a time.
    `room`: 32 bytes, what the peers' gates know this mesh by; empty where a peer's address is a listener of its own.
    Strangers are refused and do no harm.
    Raises CertificateProblem when a seat shows another key, or refuses ours; SeatSilent, naming a missing seat, when
    the deadline passes; ArgumentProblem when two seats have one key; NetworkError when the gate closes. On any error
    everything is closed.
    """
    addresses = {peer: PeerAddress(*address) for peer, address in sorted(peers.items())}
    if room:
        preamble(room)  # a wrong name is the caller's error, not an obstacle on the way to each peer
    mesh = _Mesh(seat, key, addresses, session, room, time.monotonic() + deadline)
    try:
        mesh.connect(door)
        return {
            peer: TlsChannel(seat, peer, mesh.dialled.pop(peer), mesh.accepted.pop(peer), deadline=channel_deadline)
            for peer in addresses
        }
    finally:
        mesh.end()


class _Mesh:
    """The state of one `connect_mesh`; `lock` guards it between threads, `wake` interrupts the wait of `connect`."""

    def __init__(
        self, seat: int, key: NodeKey, addresses: dict[int, PeerAddress], session: bytes, room: bytes, end_time: float
    ) -> None:
        self.seat = seat
        self.room = room
        self.addresses = addresses
        self.session = session
        self.started = time.monotonic()
        self.end_time = end_time
        self.prints = {peer: certificate_fingerprint(address.certificate) for peer, address in addresses.items()}
        self.seats = {fingerprint: peer for peer, fingerprint in self.prints.items()}
        if seat in addresses or len({*self.seats, key.fingerprint}) <= len(addresses):
            raise ArgumentProblem(
                f"seat {seat} and seats {list(addresses)} must each have a number and a key of their own"
            )
        if len(session) > MAX_SESSION_BYTES:
            raise ArgumentProblem(f"a session's name has at most {MAX_SESSION_BYTES} bytes, not {len(session)}")
        self.listening = listening_context(key, [address.certificate for address in addresses.values()])
        self.dialling = {peer: dialling_context(key, [address.certificate]) for peer, address in addresses.items()}
        self.lock = threading.Lock()
        self.dialled: dict[int, TlsStream] = {}
        self.accepted: dict[int, TlsStream] = {}
        self.unfinished: dict[TlsStream, bool] = {}
        """Connections in their handshake, oldest first; True for those that came from outside."""
        self.fatal: tuple[float, CertificateProblem] | None = None
        self.obstacles: dict[int, str] = {}
        self.refused = ""
        self.turned_away = False
        self.ended = threading.Event()
        self.threads: list[threading.Thread] = []
        self.woken, self.wake = socket.socketpair()

    # ------------------------------------------------ the caller's thread

    def connect(self, door: Door) -> None:
        """Return when every peer is dialled and accepted."""
        for peer in self.addresses:
            self.start(functools.partial(self.dial, peer), f"dialling seat {peer}")
        poll = select.poll()
        poll.register(door.fileno(), select.POLLIN)
        poll.register(self.woken, select.POLLIN)
        while not self.complete():
            ready = poll.poll(max(0.0, self.patience()) * 1000)
            if self.fatal is not None and (self.turned_away or self.patience() <= 0):
                raise self.fatal[1]
            if self.remaining() <= 0:
                raise self.too_late()
            if any(descriptor == self.woken.fileno() for descriptor, _ in ready):
                self.woken.recv(4096)
            connection = door.accept()
            if connection is not None:
                self.admit(connection)

    def admit(self, connection: socket.socket) -> None:
        """Give a connection from outside its thread; where there are too many, the oldest has to go."""
        with self.lock:
            outside = [pending for pending, came in self.unfinished.items() if came]
            if len(outside) >= len(self.addresses) + STRANGERS:
                del self.unfinished[outside[0]]  # at once: its thread needs a moment to notice
                outside[0].shut()
        self.threads = [thread for thread in self.threads if thread.is_alive()]
        self.start(functools.partial(self.accept, connection), "accepting")

    def start(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=f"seat {self.seat}: {name}", daemon=True)
        self.threads.append(thread)
        thread.start()

    def complete(self) -> bool:
        with self.lock:
            return len(self.dialled) == len(self.accepted) == len(self.addresses)

    def remaining(self) -> float:
        return self.end_time - time.monotonic()

    def patience(self) -> float:
        """Seconds until `connect` must stop waiting."""
        if self.fatal is None:
            return self.remaining()
        return min(self.remaining(), self.fatal[0] + LINGER_SECONDS - time.monotonic())

    def too_late(self) -> SeatSilent:
        with self.lock:
            missing = [peer for peer in self.addresses if peer not in self.dialled or peer not in self.accepted]
        seat = missing[0]
        host, port, _ = self.addresses[seat]
        hints = [f"Start seat {seat}, or correct its address ({host}, port {port})."]
        if seat in self.obstacles:
            hints.append(f"Its last answer: {self.obstacles[seat]}.")
        if self.refused:
            hints.append(f"A connection was refused: {self.refused}.")
        others = f" (also missing: {', '.join(map(str, missing[1:]))})" if missing[1:] else ""
        return SeatSilent(
            seat, f"connecting the committee{others}", time.monotonic() - self.started, hint=" ".join(hints)
        )

    def end(self) -> None:
        """Close what did not become a channel, and wait for the threads."""
        with self.lock:
            self.ended.set()
            for connection in self.unfinished:
                connection.shut()
        for thread in self.threads:
            thread.join()
        for finished in (*self.dialled.values(), *self.accepted.values()):
            finished.close()
        self.wake.close()
        self.woken.close()

    # ------------------------------------------------ threads: one for each seat to dial, one for each who connects

    def dial(self, peer: int) -> None:
        while not self.ended.is_set() and self.remaining() > 0:
            try:
                self.dial_once(peer)
            except CertificateProblem as problem:
                with self.lock:
                    self.fatal = self.fatal or (time.monotonic(), problem)
                self.notify()
                return
            except (OSError, ValueError, WireError) as problem:
                self.obstacles[peer] = _reason(problem)
            else:
                return
            self.ended.wait(RETRY_SECONDS)

    def dial_once(self, peer: int) -> None:
        host, port, _ = self.addresses[peer]
        raw = knock(host, port, self.room, max(0.001, min(HANDSHAKE_SECONDS, self.remaining())))
        with self.handshake(raw, self.dialling[peer], server_side=False) as connection:
            # A seat that has not come to accept yet lets us wait: all the time there is.
            connection.settimeout(max(0.001, self.remaining()))
            greeting.dial(connection, self.prints[peer], greeting.Greeting(self.seat, peer, self.session))
            self.finish(self.dialled, peer, connection)

    def accept(self, raw: socket.socket) -> None:
        try:
            with self.handshake(raw, self.listening, server_side=True) as connection:
                connection.settimeout(max(0.001, min(HANDSHAKE_SECONDS, self.remaining())))
                peer = greeting.accept(connection, self.seat, self.seats, self.session)
                self.finish(self.accepted, peer, connection)
        except (OSError, ValueError, WireError, CertificateProblem) as problem:
            self.refused = _reason(problem)
            if isinstance(problem, ssl.SSLError):
                self.turned_away = True
                self.notify()

    @contextlib.contextmanager
    def handshake(self, raw: socket.socket, context: ssl.SSLContext, *, server_side: bool) -> Iterator[TlsStream]:
        """The TLS connection over `raw`; `end` shuts it while it is in here, and it is closed when an error leaves."""
        connection = TlsStream(raw, context, server_side=server_side)
        try:
            with self.lock:
                if self.ended.is_set():
                    raise ConnectionAbortedError("the committee's connecting has ended")
                self.unfinished[connection] = server_side
            yield connection
        except BaseException:
            with self.lock:
                self.unfinished.pop(connection, None)
            connection.close()
            raise

    def finish(self, finished: dict[int, TlsStream], peer: int, connection: TlsStream) -> None:
        with self.lock:
            self.unfinished.pop(connection, None)
            earlier = finished.pop(peer, None)
            finished[peer] = connection
        if earlier is not None:
            earlier.close()  # the peer gave that one up and dialled again
        self.notify()

    def notify(self) -> None:
        self.wake.send(b"\0")


def _reason(problem: Exception) -> str:
    return problem.message if isinstance(problem, EnigmaError) else str(problem) or type(problem).__name__
