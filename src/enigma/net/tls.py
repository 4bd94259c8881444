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

_REFUSALS = (
    "ALERT_UNKNOWN_CA",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_CERTIFICATE_REQUIRED",
    "ALERT_UNSUPPORTED_CERTIFICATE",
    "ALERT_CERTIFICATE_REVOKED",
    "ALERT_CERTIFICATE_EXPIRED",
    "ALERT_DECRYPT_ERROR",
)
"""What OpenSSL calls the alerts by which a peer refuses a certificate (RFC 8446, section 6.2)."""


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


def refuses_certificate(error: ssl.SSLError) -> bool:
    """Whether the peer ended the handshake because it does not know the certificate that this side showed."""
    return any(refusal in (error.reason or "") for refusal in _REFUSALS)


def learning_context() -> ssl.SSLContext:
    """For a dialler who wants to learn a peer's certificate: trusts nobody, shows nothing of its own.

    TLS still proves that the peer holds the key of the certificate it shows, and nothing more.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def people_context(key: NodeKey, certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """For the port on which people, who show no certificate, reach a node.

    It shows the node's own certificate, or one of its operator's: `certificate` has the files (PEM) of chain and key.
    Raises CertificateProblem where these cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if certificate is None:
        _load_key(context, key)
        return context
    try:
        context.load_cert_chain(*certificate)
    except (OSError, ssl.SSLError) as error:
        raise CertificateProblem(
            f"the certificate {certificate[0]} and the key {certificate[1]} cannot be used: {error}",
            hint="Both are PEM files; the key has no password and is the certificate's.",
        ) from error
    return context


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
