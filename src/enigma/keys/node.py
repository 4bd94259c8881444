"""The identity of a node: one Ed25519 key, shown to peers as a self-signed certificate.

A node is known by its key alone, never by a name or an address. The certificate exists only because TLS asks for one:
its dates are fixed (RFC 5280, section 4.1.2.5: 9999-12-31 means "no expiry") and its serial number and signature follow
from the key, so one key always gives the same certificate, byte for byte.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from enigma.errors import ArgumentProblem, CertificateProblem, ProtocolError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
    from cryptography.x509 import Certificate

_SIGNATURE_DOMAIN = b"enigma.signature.v1"
_VALID_FROM = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_NO_EXPIRY = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)


class NodeKey:
    """The Ed25519 key of one node (RFC 8032). It signs, and it is what TLS peers pin."""

    __slots__ = ("_certificate", "_private", "_public_bytes")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._public_bytes = private.public_key().public_bytes_raw()
        self._certificate: bytes | None = None

    @classmethod
    def generate(cls) -> NodeKey:
        """A new key from the operating system's randomness."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_private_bytes(cls, private_bytes: bytes) -> NodeKey:
        """The key whose 32-byte RFC 8032 seed is given. Raises ArgumentProblem on any other length."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if len(private_bytes) != 32:
            raise ArgumentProblem(f"a node's private key has 32 bytes, not {len(private_bytes)}")
        return cls(Ed25519PrivateKey.from_private_bytes(private_bytes))

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._public_bytes

    def private_bytes(self) -> bytes:
        """The 32 secret bytes of the key, for a keystore or a seat's process. Whoever holds them is the node."""
        return self._private.private_bytes_raw()

    def private_pem(self, password: bytes) -> bytes:
        """The key as PKCS #8 PEM, encrypted under `password` (at least one byte)."""
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

        if not password:
            raise ArgumentProblem("a node's key is written under a password only")
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))

    def certificate_pem(self) -> bytes:
        """The self-signed X.509 certificate that carries this key, as PEM; the same bytes at every call."""
        if self._certificate is None:
            from cryptography.hazmat.primitives.serialization import Encoding

            self._certificate = self._self_signed().public_bytes(Encoding.PEM)
        return self._certificate

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate's SubjectPublicKeyInfo: 32 bytes, what peers pin."""
        return certificate_fingerprint(self.certificate_pem())

    def sign(self, context: str, message: bytes) -> bytes:
        """The 64-byte signature of `message` for one purpose; under another `context` it does not verify."""
        return self._private.sign(_to_sign(context, message))

    def __repr__(self) -> str:
        return f"NodeKey(public={self._public_bytes.hex()[:16]}...)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a node's key is not pickled: hand over private_bytes() on purpose")

    def _self_signed(self) -> Certificate:
        from cryptography import x509

        public = self._private.public_key()
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"enigma node {self._public_bytes.hex()[:16]}")])
        # A positive number of at most 20 bytes (RFC 5280, section 4.1.2.2), the same for the same key.
        serial = int.from_bytes(hashlib.sha256(self._public_bytes).digest()[:16], "big") >> 1 | 1
        identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(serial)
            .not_valid_before(_VALID_FROM)
            .not_valid_after(_NO_EXPIRY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
            .sign(self._private, None)
        )


def verify(public_bytes: bytes, context: str, message: bytes, signature: bytes) -> None:
    """Check a signature that `NodeKey.sign` made; returns nothing.

    Raises ProtocolError when the key, the context, the message or the signature is not the one that was signed.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_bytes).verify(signature, _to_sign(context, message))
    except (InvalidSignature, ValueError) as error:
        raise ProtocolError(
            f"a signature for {context!r} does not fit the key {public_bytes.hex()[:16]}...",
            hint="The message was altered, or another node signed it: do not use it.",
        ) from error


def certificate_fingerprint(certificate: bytes) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo of a certificate in PEM or DER: 32 bytes.

    Raises CertificateProblem when the bytes are no certificate.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = _shown_key(certificate)
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def certificate_public(certificate: bytes) -> bytes:
    """The 32 bytes of the Ed25519 key that a node's certificate shows. Raises CertificateProblem for another kind."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = _shown_key(certificate)
    if not isinstance(key, Ed25519PublicKey):
        raise CertificateProblem("this certificate is no node's: its key is not Ed25519")
    return key.public_bytes_raw()


def _shown_key(certificate: bytes) -> CertificatePublicKeyTypes:
    from cryptography import x509

    try:
        if certificate.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(certificate).public_key()
        return x509.load_der_x509_certificate(certificate).public_key()
    except ValueError as error:
        raise CertificateProblem(
            "these bytes are not an X.509 certificate",
            hint="Ask the node's operator for its certificate file (PEM).",
        ) from error


def _to_sign(context: str, message: bytes) -> bytes:
    """Domain, then the length-prefixed context, then the message: no two (context, message) pairs share bytes."""
    encoded = context.encode()
    return b"".join((_SIGNATURE_DOMAIN, len(encoded).to_bytes(4, "little"), encoded, message))
