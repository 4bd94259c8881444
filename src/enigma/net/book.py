"""The address book of a node: which peers there are, where they listen, and by which certificate they are known.

The chain has only fingerprints and endpoints. A certificate is learned once, by dialling the endpoint without trusting
it, and kept only if its key is the registered one; that suffices, since TLS proves that the other end holds that key.
The chain decides who is in the book; what is taken out of it is not a peer any more, from that moment.

What a dialler who learns shows to an endpoint that anybody may have registered: its network address, the preamble of
the room of peers, and a ClientHello. Not who it is: it has no certificate in that handshake, and in TLS 1.3 nothing is
missing for it to see the other's. So nobody collects, by registering endpoints, which node sits at which address.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable

from enigma.errors import ArgumentProblem, CertificateProblem, NetworkError, PeerLost, PeerSilent
from enigma.keys.node import certificate_fingerprint
from enigma.net.door import PEERS, knock
from enigma.net.endpoint import Endpoint
from enigma.net.mesh import PeerAddress
from enigma.net.tls import learning_context
from enigma.net.tls_stream import TlsStream

MAX_PEERS = 4096
MAX_CERTIFICATE_BYTES = 2048
"""Of DER: our own have 340 bytes. A peer chooses its certificate, and every node keeps it."""


class AddressBook:
    """Fingerprint -> address and certificate. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._peers: dict[bytes, PeerAddress] = {}
        self._version = 0
        self._watchers: dict[object, Callable[[], None]] = {}

    def learn(self, endpoint: Endpoint, fingerprint: bytes, deadline: float) -> PeerAddress:
        """Dial `endpoint`, and keep its certificate if that has the registered `fingerprint` (32 bytes).

        `deadline`: seconds. Where the certificate is known already, only the address is written down anew.
        Raises CertificateProblem when another key answers, PeerSilent and PeerLost, naming the step, when nobody does.
        """
        _check(fingerprint)
        with self._lock:
            known = self._peers.get(fingerprint)
        if known is not None:
            return self.keep(endpoint, fingerprint, known.certificate)
        return self.keep(endpoint, fingerprint, _shown_certificate(endpoint, fingerprint, deadline))

    def keep(self, endpoint: Endpoint, fingerprint: bytes, certificate: bytes) -> PeerAddress:
        """Write down a certificate (PEM) that was learned earlier, by a store for example.

        Raises CertificateProblem when its key is not the registered one, or it is no node's certificate (Ed25519, one
        PEM block, not too big); ArgumentProblem when the book is full.
        """
        _check(fingerprint)
        if certificate_fingerprint(certificate) != fingerprint:
            raise _another_key(endpoint, fingerprint)
        _check_form(certificate, fingerprint)
        address = PeerAddress(endpoint.host, endpoint.port, certificate)
        with self._lock:
            if self._peers.get(fingerprint) == address:
                return address
            if fingerprint not in self._peers and len(self._peers) >= MAX_PEERS:
                raise ArgumentProblem(f"an address book holds at most {MAX_PEERS} peers")
            self._peers[fingerprint] = address
        self._changed()
        return address

    def forget(self, fingerprint: bytes) -> None:
        """Take a peer out, if it is in: its connections close, and no new one is accepted."""
        with self._lock:
            known = self._peers.pop(fingerprint, None)
        if known is not None:
            self._changed()

    def address(self, fingerprint: bytes) -> PeerAddress:
        """Where a peer listens, and its certificate. Raises NetworkError when the book does not know it."""
        with self._lock:
            known = self._peers.get(fingerprint)
        if known is None:
            raise NetworkError(
                f"node {fingerprint.hex()[:16]} is not in this node's address book",
                hint="It is not registered, or suspended, or its endpoint has not answered yet.",
            )
        return known

    def certificate(self, fingerprint: bytes) -> bytes:
        """The certificate (PEM) of a peer. Raises NetworkError when the book does not know it."""
        return self.address(fingerprint).certificate

    def peers(self) -> tuple[int, dict[bytes, PeerAddress]]:
        """The book's version, which grows with every change, and all that is in it."""
        with self._lock:
            return self._version, dict(self._peers)

    def __contains__(self, fingerprint: bytes) -> bool:
        with self._lock:
            return fingerprint in self._peers

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called after every change, on the thread that made it; what is given back ends that."""
        mark = object()
        with self._lock:
            self._watchers[mark] = changed

        def stop() -> None:
            with self._lock:
                self._watchers.pop(mark, None)

        return stop

    def _changed(self) -> None:
        with self._lock:
            self._version += 1
            watchers = list(self._watchers.values())
        for changed in watchers:
            changed()


def _shown_certificate(endpoint: Endpoint, fingerprint: bytes, deadline: float) -> bytes:
    """The certificate (PEM) whose key the endpoint proves to hold, whosever it is."""
    name = f"{fingerprint.hex()[:16]} ({endpoint.host}, port {endpoint.port})"
    step = "learning its certificate"
    started = time.monotonic()

    def left() -> float:
        seconds = deadline - (time.monotonic() - started)
        if seconds <= 0:
            raise TimeoutError
        return seconds

    try:
        stream = TlsStream(knock(endpoint.host, endpoint.port, PEERS, left()), learning_context(), server_side=False)
        try:
            stream.settimeout(left())
            stream.do_handshake()
            shown = stream.shown_certificate()
        finally:
            stream.close()
    except TimeoutError as error:
        raise PeerSilent(
            name, step, time.monotonic() - started, hint="See whether it runs and can be reached."
        ) from error
    except (OSError, ValueError) as error:
        hint = "Something answered that is no node." if isinstance(error, ssl.SSLError) else f"Its answer: {error}."
        if isinstance(error, socket.gaierror):
            hint = f"The name of its host cannot be resolved: {error.strerror}."
        raise PeerLost(name, step, hint=hint) from error
    if not shown:
        raise _another_key(endpoint, fingerprint)
    return ssl.DER_cert_to_PEM_cert(shown).encode()


def _check(fingerprint: bytes) -> None:
    if len(fingerprint) != 32:
        raise ArgumentProblem(f"a fingerprint has 32 bytes, not {len(fingerprint)}")


def _check_form(certificate: bytes, fingerprint: bytes) -> None:
    """Refuse what another's TLS context, which loads all certificates of a book, could choke on."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    problem = CertificateProblem(
        f"what node {fingerprint.hex()[:16]} shows is no certificate of a node",
        hint=f"It has one Ed25519 key, at most {MAX_CERTIFICATE_BYTES} bytes, and is one block of PEM.",
    )
    try:
        text = certificate.decode("ascii")
        der = ssl.PEM_cert_to_DER_cert(text)
        if len(der) > MAX_CERTIFICATE_BYTES or ssl.DER_cert_to_PEM_cert(der) != text:
            raise problem
        if not isinstance(x509.load_der_x509_certificate(der).public_key(), Ed25519PublicKey):
            raise problem
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=der)
    except (ValueError, ssl.SSLError) as error:
        raise problem from error


def _another_key(endpoint: Endpoint, fingerprint: bytes) -> CertificateProblem:
    return CertificateProblem(
        f"{endpoint} showed another certificate than that of node {fingerprint.hex()[:16]}",
        hint="Somebody else answers there, or the node's operator changed its key and has not registered the new one.",
    )
