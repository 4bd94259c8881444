"""The connections of a caller to one peer."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

from enigma.errors import CertificateProblem, PeerLost
from enigma.net.door import PEERS, knock
from enigma.net.peers.line import Frame, Line, Wait
from enigma.net.tls import dialling_context, shown_fingerprint
from enigma.net.tls_stream import TlsStream

if TYPE_CHECKING:
    from enigma.keys.node import NodeKey
    from enigma.net.mesh import PeerAddress


class Pool:
    """At most `lines` connections to the peer at `address`; for any number of threads."""

    def __init__(self, key: NodeKey, peer: bytes, address: PeerAddress, lines: int) -> None:
        self.address = address
        self._peer = peer
        self._lines = lines
        self._context = dialling_context(key, [address.certificate])
        self._changed = threading.Condition()  # guards what follows
        self._idle: list[Line] = []
        self._busy: set[Line] = set()
        self._dialling = 0
        self._closed = False

    def take(self, wait: Wait, *, fresh: bool) -> tuple[Line, bool]:
        """A connection, for this thread until `give_back`; and whether it was there before. `fresh`: a new one.

        Raises PeerSilent when none can be had within the wait, PeerLost when the peer cannot be reached or the pool is
        closed, CertificateProblem when either side shows another key than registered.
        """
        with self._changed:
            while True:
                if self._closed:
                    raise self._forgotten(wait)
                while self._idle:
                    line = self._idle.pop()
                    # What its end or a word out of turn has reached is of no use any more.
                    if not fresh and line.quiet():
                        self._busy.add(line)
                        return line, True
                    line.close()
                if len(self._busy) + self._dialling < self._lines:
                    self._dialling += 1
                    break
                self._changed.wait(wait.left())
        try:
            line = self._dial(wait)
        except BaseException:
            with self._changed:
                self._dialling -= 1
                self._changed.notify()
            raise
        with self._changed:
            self._dialling -= 1
            if not self._closed:
                self._busy.add(line)
                return line, False
        line.close()
        raise self._forgotten(wait)

    def give_back(self, line: Line) -> None:
        """The call is over, in whatever way."""
        with self._changed:
            self._busy.discard(line)
            if not line.broken and not self._closed:
                self._idle.append(line)
            else:
                line.close()
            self._changed.notify()

    def close(self) -> None:
        """Close what is idle, and end the calls in progress."""
        with self._changed:
            self._closed = True
            for line in self._busy:
                line.shut()
            for line in self._idle:
                line.close()
            self._idle.clear()
            self._changed.notify_all()

    def _dial(self, wait: Wait) -> Line:
        """A new connection whose peer has shown its key, and has said that it knows ours."""
        try:
            stream = TlsStream(
                knock(self.address.host, self.address.port, PEERS, wait.left()), self._context, server_side=False
            )
        except TimeoutError as error:
            raise wait.silent() from error
        except OSError as error:
            raise wait.lost(f"It cannot be reached: {error.strerror or error}.") from error
        try:
            self._shake_hands(stream, wait)
            line = Line(stream, wait.peer)
            line.receive({Frame.HELLO: 0}, wait)
        except BaseException:
            stream.close()
            raise
        return line

    def _shake_hands(self, stream: TlsStream, wait: Wait) -> None:
        try:
            stream.settimeout(wait.left())
            stream.do_handshake()
        except TimeoutError as error:
            raise wait.silent() from error
        except ssl.SSLCertVerificationError as error:
            raise self._another_key(wait) from error
        except (OSError, ValueError) as error:
            raise wait.lost("It has no room for peers' calls, or it is no node.") from error
        if shown_fingerprint(stream) != self._peer:
            raise self._another_key(wait)

    @staticmethod
    def _another_key(wait: Wait) -> CertificateProblem:
        return CertificateProblem(
            f"node {wait.peer} showed another certificate than the registered one ({wait.step})",
            hint="Somebody else answers there, or its operator changed the key and has not registered the new one.",
        )

    @staticmethod
    def _forgotten(wait: Wait) -> PeerLost:
        return wait.lost("It was taken out of this node's address book, or this node is stopping.")
