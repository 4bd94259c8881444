"""Values at their owner's and readers' machines: only who is sealed to opens them, and nothing altered opens."""

from __future__ import annotations

import os

import pytest

from enigma.client.sealed_values import OwnValue, opened_label, opened_value, sealed_labels, secret_of
from enigma.errors import AccessRefused, EnigmaError, ProtocolError
from enigma.keys.account import Account
from enigma.keys.sealing import CHUNK_BYTES, SealingKey

ANN, BOB = Account.create(), Account.create()
KEYS = {who.address: SealingKey.from_account(who) for who in (ANN, BOB)}
REFERENCE = b"r" * 32


def own(value: bytes | str, name: str = "n", *, public: bool = False) -> OwnValue:
    return OwnValue(ANN.address, name, value, secret_of(KEYS[ANN.address]), public=public)


@pytest.mark.parametrize("value", [b"", "", "ü", b"\xff", bytes(CHUNK_BYTES), b"x" * (2 * CHUNK_BYTES + 1)])
@pytest.mark.parametrize("public", [False, True])
def test_a_value_comes_back(value: bytes | str, public: bool) -> None:
    made = own(value, public=public)
    contents = [made.content(index) for index in range(len(made.manifest.contents))]
    assert all(made.manifest.fits(index, content) for index, content in enumerate(contents))
    sealed = b"" if public else sealed_labels(made.label, REFERENCE, {BOB.address: KEYS[BOB.address].public_bytes})
    label = opened_label(made.manifest, REFERENCE, sealed, BOB.address, KEYS[BOB.address])
    assert (label.name, opened_value(label, contents)) == ("n", value)


def test_the_same_value_is_the_same_ciphertext_and_no_other_is() -> None:
    one = own(b"value")
    assert own(b"value").manifest == one.manifest
    others = [own(b"valuf"), own("value"), own(b"value", "m"), own(b"value", public=True)]
    assert len({each.manifest.hash for each in [one, *others]}) == 5
    assert len({each.label.key for each in [one, *others[:3]]}) == 4
    assert b"value" not in one.content(0)
    assert repr(one) + repr(one.label) == "<a value of 5 bytes>Label(name='n', text=False)"
    assert one.label.key.hex() not in repr(one.label)


def test_only_readers_open_and_only_what_the_owner_sealed() -> None:
    made, key = own(b"value"), KEYS[BOB.address]
    sealed = sealed_labels(made.label, REFERENCE, {BOB.address: key.public_bytes})
    with pytest.raises(AccessRefused, match="is not sealed to"):
        opened_label(made.manifest, REFERENCE, sealed, ANN.address, KEYS[ANN.address])
    with pytest.raises(ProtocolError):
        opened_label(made.manifest, b"q" * 32, sealed, BOB.address, key)
    # Who serves seals another key of its own choice: the manifest does not commit to that one.
    other = sealed_labels(own(b"other").label, REFERENCE, {BOB.address: key.public_bytes})
    with pytest.raises(ProtocolError, match="committed to"):
        opened_label(made.manifest, REFERENCE, other, BOB.address, key)
    for place in range(0, len(sealed), 7):
        with pytest.raises(EnigmaError):
            opened_label(made.manifest, REFERENCE, flipped(sealed, place), BOB.address, key)


def flipped(octets: bytes, place: int) -> bytes:
    return octets[:place] + bytes([octets[place] ^ (1 + os.urandom(1)[0] % 255)]) + octets[place + 1 :]
