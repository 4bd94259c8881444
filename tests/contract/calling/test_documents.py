"""A document between its owner and its reader: what comes out is what went in, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.calling.documents import OwnDocument, opened
from enigma.contract.calling.held import held_document
from enigma.contract.dictionaries.ciphertext import KEY_TYPE, MOST_CIPHERTEXT_BYTES, column_of, read_column
from enigma.errors import ArgumentProblem, ProtocolError, WireError
from enigma.keys.sealing import CHUNK_BYTES, TAG_BYTES, seal_chunk

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
CONTENTS = st.one_of(st.binary(max_size=200), st.text(max_size=50))


@given(CONTENTS, st.binary(min_size=32, max_size=32))
def test_what_goes_in_comes_out(content: bytes | str, key: bytes) -> None:
    found = OwnDocument(content).enclosed(key)
    octets = b"".join(found.chunks())
    assert hashlib.sha256(octets).digest() == found.sha256
    assert len(octets) == found.size
    again = opened(found.words, found.sha256, found.size, [octets[:7], octets[7:]])
    assert again == content
    assert type(again) is type(content)
    assert found.words.shape == (8,)
    assert found.words.dtype == np.int64
    assert KEY_TYPE.lo <= found.words.min() <= found.words.max() <= KEY_TYPE.hi


@pytest.mark.parametrize("size", [0, CHUNK_BYTES - 2, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 3])
def test_long_ones_go_in_chunks(size: int) -> None:
    content = (b"0123456789" * (size // 10 + 1))[:size]
    found = OwnDocument(content).enclosed(KEY)
    assert len(found) == size // CHUNK_BYTES + 1
    assert found.size == size + 1 + TAG_BYTES * len(found)
    assert found.chunk(len(found) - 1) == list(found.chunks())[-1]
    assert opened(found.words, found.sha256, found.size, found.chunks()) == content


def test_a_text_and_its_bytes_are_two_documents() -> None:
    one, other = (OwnDocument(content).enclosed(KEY) for content in ("word", b"word"))
    assert one.size == other.size
    assert one.sha256 != other.sha256


def test_a_key_belongs_to_one_document_in_one_place() -> None:
    made = {
        OwnDocument(content).content_key(secret, context)
        for content in ("a", "b")
        for secret in (KEY, OTHER)
        for context in (b"here", b"there")
    }
    assert len(made) == 8
    assert OwnDocument("a").content_key(KEY, b"here") in made


@pytest.mark.parametrize("place", [0, 5, -1])
def test_an_altered_ciphertext_is_refused(place: int) -> None:
    found = OwnDocument("nobody reads this").enclosed(KEY)
    octets = bytearray(b"".join(found.chunks()))
    octets[place] ^= 1
    with pytest.raises(ProtocolError, match="is not the ciphertext"):
        opened(found.words, found.sha256, found.size, [bytes(octets)])
    # Also where whoever named the hash altered it: the key does not open it.
    with pytest.raises(ProtocolError, match="does not open"):
        opened(found.words, hashlib.sha256(octets).digest(), found.size, [bytes(octets)])


def test_one_that_is_too_long_is_not_read_to_its_end() -> None:
    found = OwnDocument("a letter").enclosed(KEY)
    asked = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield b"x" * 10

    with pytest.raises(ProtocolError, match="is not the ciphertext"):
        opened(found.words, found.sha256, found.size, endless())
    assert len(asked) == found.size // 10 + 1


def test_another_key_opens_nothing() -> None:
    found, other = (OwnDocument("a letter").enclosed(key) for key in (KEY, OTHER))
    with pytest.raises(ProtocolError, match="does not open"):
        opened(other.words, found.sha256, found.size, found.chunks())


@pytest.mark.parametrize("words", [np.zeros(7, np.int64), np.full(8, -1), np.full(8, 1 << 32), np.int64(3)])
def test_what_is_no_key_is_refused(words: object) -> None:
    found = OwnDocument("a letter").enclosed(KEY)
    with pytest.raises(ProtocolError, match="no content key"):
        opened(words, found.sha256, found.size, found.chunks())


@pytest.mark.parametrize(
    ("plaintext", "problem"), [(b"\1\xff", "none in UTF-8"), (b"\2a", "neither"), (b"", "neither")]
)
def test_what_is_no_document_is_refused(plaintext: bytes, problem: str) -> None:
    octets = seal_chunk(KEY, 0, plaintext, last=True)
    words = OwnDocument("").enclosed(KEY).words
    with pytest.raises(WireError, match=problem):
        opened(words, hashlib.sha256(octets).digest(), len(octets), [octets])


def test_it_does_not_print_itself() -> None:
    document = OwnDocument("the cat is called Mallory")
    assert "Mallory" not in repr(document) + repr(document.enclosed(KEY))
    assert repr(document) == "<a document of 25 bytes>"
    with pytest.raises(ArgumentProblem, match="half of a character"):
        OwnDocument("\ud800")


# ---------------------------------------------------------------- what a seat is told of it


@given(st.binary(min_size=32, max_size=32), st.integers(1, MOST_CIPHERTEXT_BYTES))
def test_a_column_names_a_ciphertext(sha256: bytes, size: int) -> None:
    assert read_column(column_of(sha256, size)) == (sha256, size)
    content = held_document({column_of(sha256, size): (7, (8,))}).content
    assert (content.sha256, content.size, content.key.index) == (sha256, size, 7)


@pytest.mark.parametrize(
    "name",
    ["", "x", f"{'a' * 64}", f"{'a' * 64} 0", f"{'a' * 64} 07", f"{'A' * 64} 7", f"{'a' * 63} 7", f"{'a' * 64} 7 ",
     f"{'a' * 64} 7\n", f"{'a' * 64}  7", f"{'a' * 64} {MOST_CIPHERTEXT_BYTES + 1}", f"{'a' * 64} \u0667"],
)  # fmt: skip
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(WireError, match="named by the SHA-256"):
        held_document({name: (7, (8,))})


def test_any_other_shape_is_refused() -> None:
    name = column_of(bytes(32), 7)
    for shape in ((), (7,), (8, 1)):
        with pytest.raises(WireError, match="8 numbers"):
            held_document({name: (7, shape)})
    with pytest.raises(WireError, match="one column, not 2"):
        held_document({name: (7, (8,)), column_of(bytes(32), 8): (8, (8,))})


# ---------------------------------------------------------------- docs/spec/document.md

VECTORS: Any = json.loads((Path(__file__).parents[3] / "docs/spec/vectors/document.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS["good"])
def test_good_vectors(vector: Any) -> None:
    content = vector["text"] if "text" in vector else bytes.fromhex(vector["bytes"])
    found = OwnDocument(content).enclosed(bytes.fromhex(vector["content_key"]))
    octets = bytes.fromhex(vector["ciphertext"])
    assert b"".join(found.chunks()) == octets
    assert (found.words.tolist(), found.sha256.hex(), found.column) == (
        vector["words"], vector["sha256"], vector["column"],
    )  # fmt: skip
    assert opened(vector["words"], found.sha256, found.size, [octets]) == content
    assert seal_chunk(bytes.fromhex(vector["content_key"]), 0, bytes.fromhex(vector["plaintext"]), last=True) == octets


@pytest.mark.parametrize("vector", VECTORS["drawn"])
def test_drawn_vectors(vector: Any) -> None:
    document = OwnDocument(bytes.fromhex(vector["plaintext"])[1:].decode())
    key = document.content_key(bytes.fromhex(vector["secret"]), bytes.fromhex(vector["context"]))
    assert key.hex() == vector["content_key"]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda vector: vector["name"])
def test_bad_vectors(vector: Any) -> None:
    octets = [bytes.fromhex(vector["ciphertext"])]
    with pytest.raises((ProtocolError, WireError)):
        opened(vector["words"], bytes.fromhex(vector["sha256"]), vector["size"], octets)
