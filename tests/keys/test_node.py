"""The identity of a node."""

from __future__ import annotations

import copy
import pickle
import ssl

import pytest
from cryptography import x509

from enigma.errors import ArgumentProblem, CertificateProblem, ProtocolError
from enigma.keys import NodeKey, certificate_fingerprint, verify

RFC_8032_TEST_1 = (
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
)


def test_a_key_comes_back_from_its_bytes() -> None:
    private, public = map(bytes.fromhex, RFC_8032_TEST_1)
    key = NodeKey.from_private_bytes(private)
    assert key.public_bytes == public
    assert key.private_bytes() == private
    with pytest.raises(ArgumentProblem, match="32 bytes"):
        NodeKey.from_private_bytes(private[:-1])


def test_the_certificate_follows_from_the_key() -> None:
    key = NodeKey.generate()
    again = NodeKey.from_private_bytes(key.private_bytes())
    assert key.certificate_pem() == again.certificate_pem()
    assert key.fingerprint == again.fingerprint != NodeKey.generate().fingerprint
    certificate = x509.load_pem_x509_certificate(key.certificate_pem())
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key().public_bytes_raw() == key.public_bytes  # type: ignore[union-attr]
    der = ssl.PEM_cert_to_DER_cert(key.certificate_pem().decode())
    assert certificate_fingerprint(der) == key.fingerprint


@pytest.mark.parametrize("bad", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(bad: bytes) -> None:
    with pytest.raises(CertificateProblem):
        certificate_fingerprint(bad)


def test_signatures_hold_for_one_context_and_message() -> None:
    key, other = NodeKey.generate(), NodeKey.generate()
    signature = key.sign("receipt", b"forty-two")
    verify(key.public_bytes, "receipt", b"forty-two", signature)
    for public, context, message, shown in [
        (other.public_bytes, "receipt", b"forty-two", signature),
        (key.public_bytes, "recei", b"ptforty-two", signature),
        (key.public_bytes, "receipt", b"forty-three", signature),
        (key.public_bytes, "receipt", b"forty-two", signature[:-1] + bytes([signature[-1] ^ 1])),
        (key.public_bytes, "receipt", b"forty-two", b""),
        (b"short", "receipt", b"forty-two", signature),
    ]:
        with pytest.raises(ProtocolError, match="does not fit"):
            verify(public, context, message, shown)


def test_no_key_material_shows() -> None:
    key = NodeKey.generate()
    secret = key.private_bytes()
    shown = repr(key) + str(key) + f"{key}"
    assert secret.hex() not in shown
    assert secret.hex()[:8] not in shown
    assert repr(secret) not in shown
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            duplicate(key)


def test_the_private_pem_is_always_encrypted() -> None:
    key = NodeKey.generate()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in key.private_pem(b"password")
    with pytest.raises(ArgumentProblem, match="password"):
        key.private_pem(b"")
