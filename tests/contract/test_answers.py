"""A call's result on its way to whoever asked: documents as ciphertexts whose keys are sealed outputs."""

from __future__ import annotations

from typing import Any

import pytest

from enigma.contract.answers import SealedDocument, SealedOutput, read_result, write_result
from enigma.contract.call import Handed, HandedCiphertext, Slot
from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.dictionaries.ciphertext import KEY_TYPE, MOST_CIPHERTEXT_BYTES
from enigma.errors import CallRefused, WireError
from enigma.program.types import number
from enigma.wire import codec

ANN = address_of("ann")
KEY = Slot(0, (ANN,), KEY_TYPE)
SHA256 = bytes(range(32))


def written(size: int = 99, sha256: bytes = SHA256, key: Slot = KEY, shape: tuple[int, ...] = (8,)) -> Any:
    tree = write_result([HandedCiphertext(sha256, size, key)], {0: shape})
    return codec.decode(codec.encode(tree), limit=1 << 20)


def test_a_document_comes_back() -> None:
    (found,) = read_result(written())
    assert found == SealedDocument(SHA256, 99, SealedOutput(found.key.slot, (8,)))
    assert found.key.slot.to == (ANN,)
    assert found.key.slot.number == 0


@pytest.mark.parametrize(
    "changed",
    [{"size": 0}, {"size": -1}, {"size": MOST_CIPHERTEXT_BYTES + 1}, {"sha256": bytes(31)}, {"shape": (7,)},
     {"key": Slot(0, (ANN,), number(0, 9))}],
)  # fmt: skip
def test_what_is_no_document_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="not a document"):
        read_result(written(**changed))


def test_a_document_whose_key_is_in_the_clear_is_refused() -> None:
    with pytest.raises(WireError, match="not a document"):
        read_result(["document", SHA256, 99, ["value", b"\1\0"]])


def test_no_seat_hands_out_a_public_value_as_if_it_were_secret() -> None:
    with pytest.raises(CallRefused, match="must not know"):
        write_result(Handed("a text", (ANN,)), {})
