"""TLS contexts for nodes: version 1.3 only, both sides show a certificate, and peers are pinned by their key.

There is no authority. A context trusts exactly the certificates it was given, OpenSSL refuses every other during the
handshake, and afterwards `shown_fingerprint` says which of them is at the other end, before a byte of payload moves.
"""

from __future__ import annotations

import secrets
import ssl
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from enigma.errors import CertificateProblem
from enigma.keys.node import NodeKey, certificate_fingerprint

if TYPE_CHECKING:
    from enigma.net.tls_stream import TlsStream


def listening_context(key: NodeKey, trusted: Iterable[bytes]) -> ssl.SSLContext:
    """For the side that accepts: shows the certificate of `key`, demands one of `trusted` (PEM)."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, key, trusted)
    # Nothing is ever resumed: a session ticket would be bytes that nobody reads.
    context.num_tickets = 0
    return context


def dialling_context(key: NodeKey, trusted: Iterable[bytes]) -> ssl.SSLContext:
    """For the side that connects: shows the certificate of `key`, demands one of `trusted` (PEM)."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, key, trusted)


def shown_fingerprint(connection: TlsStream) -> bytes:
    """The fingerprint of the key that the peer proved to hold. Raises CertificateProblem when it showed none."""
    certificate = connection.shown_certificate()
    if not certificate:
        raise CertificateProblem("a peer showed no certificate", hint="Every node dials with its own certificate.")
    return certificate_fingerprint(certificate)


def _context(side: int, key: NodeKey, trusted: Iterable[bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # a node is its key; names and addresses prove nothing
    context.verify_mode = ssl.CERT_REQUIRED
    certificates = list(trusted)
    for certificate in certificates:
        certificate_fingerprint(certificate)  # a clear error, where OpenSSL's names no cause
    if certificates:
        context.load_verify_locations(cadata="\n".join(certificate.decode("ascii") for certificate in certificates))
    _load_key(context, key)
    return context


def _load_key(context: ssl.SSLContext, key: NodeKey) -> None:
    """Give the key to OpenSSL, which takes it from a file only: so encrypted, under a password used this once."""
    password = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="enigma-") as folder:
        path = Path(folder, "node.pem")
        path.touch(0o600)
        path.write_bytes(key.certificate_pem() + key.private_pem(password.encode()))
        context.load_cert_chain(path, password=password)
