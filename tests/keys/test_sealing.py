"""Sealing: one key opens, in one context, exactly what was sealed; streams in order, whole and once."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from enigma.errors import ArgumentProblem, ProtocolError, WireError
from enigma.keys import sealing
from enigma.keys.account import Account
from enigma.keys.sealing import HEAD_BYTES, SEALED_MORE, SealingKey, StreamSeal, seal, seal_stream

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "docs/spec/vectors/sealing.json").read_text())
KEY = SealingKey.from_seed(bytes(range(32)))
OTHER = SealingKey.from_seed(bytes(range(1, 33)))
CONTEXT = b"a purpose"


def named(vector: dict[str, Any]) -> str:
    return str(vector["name"])


# ---------------------------------------------------------------- vectors


def test_the_vectors_are_what_the_tool_writes() -> None:
    """The tool seals by itself, from the RFC: what it writes is not what the library wrote."""
    command = [sys.executable, "-m", "tools.vectors", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("vector", VECTORS["accounts"], ids=named)
def test_keys_of_accounts(vector: dict[str, str]) -> None:
    account = Account.from_key(vector["account"])
    assert account.address == vector["address"]
    key = SealingKey.from_account(account)
    assert (key.private_bytes().hex(), key.public_bytes.hex()) == (vector["private"], vector["public"])


@pytest.mark.parametrize("vector", VECTORS["accounts"], ids=named)
def test_an_accounts_key_step_by_step(vector: dict[str, str]) -> None:
    """As docs/spec/sealing.md says it: the text on the page, EIP-712, RFC 6979 and RFC 5869, by their formulas."""
    page = (ROOT / "docs/spec/sealing.md").read_text(encoding="utf-8")
    purpose = next(line.strip() for line in page.splitlines() if line.strip().startswith("Derive the key"))
    domain = keccak(b"EIP712Domain(string name,string version)") + keccak(b"Enigma Sealing") + keccak(b"1")
    message = keccak(b"SealingKey(string purpose)") + keccak(purpose.encode())
    digest = keccak(b"\x19\x01" + keccak(domain) + keccak(message))
    signature = PrivateKey(bytes.fromhex(vector["account"])).sign_msg_hash(digest)
    material = signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")
    drawn = hmac.digest(bytes(32), material, "sha256")
    assert hmac.digest(drawn, b"enigma.sealing-key.v1\x01", "sha256").hex() == vector["private"]


@pytest.mark.parametrize("vector", VECTORS["good"], ids=named)
def test_good_values(vector: dict[str, str]) -> None:
    key, context = SealingKey.from_seed(bytes.fromhex(vector["private"])), bytes.fromhex(vector["context"])
    assert key.open(bytes.fromhex(vector["sealed"]), context).hex() == vector["value"]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=named)
def test_bad_values(vector: dict[str, str]) -> None:
    key, context = SealingKey.from_seed(bytes.fromhex(vector["private"])), bytes.fromhex(vector["context"])
    with pytest.raises((ProtocolError, WireError)):
        key.open(bytes.fromhex(vector["sealed"]), context)


def parts_of(vector: dict[str, Any]) -> list[bytes]:
    """The head and the chunks of a good stream, which its rule and its content key give."""
    size, step = vector["content_bytes"], 1 << 20
    return sealed_as(vector, [min(step, size - start) for start in range(0, max(size, 1), step)])


def sealed_as(vector: dict[str, Any], sizes: list[int]) -> list[bytes]:
    """The head, and the content of a good stream in chunks of these sizes."""
    content, start = bytes(range(251)) * (sum(sizes) // 251 + 1), 0
    cipher, parts = AESGCM(bytes.fromhex(vector["content_key"])), [bytes.fromhex(vector["head"])]
    for number, size in enumerate(sizes):
        nonce = number.to_bytes(11, "big") + bytes([number == len(sizes) - 1])
        parts.append(cipher.encrypt(nonce, content[start : start + size], None))
        start += size
    return parts


def opened(vector: dict[str, Any], parts: list[bytes]) -> bytes:
    key = SealingKey.from_seed(bytes.fromhex(vector["private"]))
    return b"".join(key.open_stream(parts, bytes.fromhex(vector["context"])))


@pytest.mark.parametrize("vector", VECTORS["good_streams"], ids=named)
def test_good_streams(vector: dict[str, Any]) -> None:
    parts = parts_of(vector)
    assert hashlib.sha256(b"".join(parts)).hexdigest() == vector["sealed_sha256"]
    content = opened(vector, parts)
    assert content == (bytes(range(251)) * (len(content) // 251 + 1))[: vector["content_bytes"]]


@pytest.mark.parametrize("vector", VECTORS["bad_streams"], ids=named)
def test_bad_streams(vector: dict[str, Any]) -> None:
    good = next(each for each in VECTORS["good_streams"] if each["name"] == vector["from"])
    parts = parts_of(good)
    altered = list(parts)
    if vector["flip"] is not None:
        part, place = vector["flip"]
        octets = bytearray(altered[part])
        octets[place] ^= 1
        altered[part] = bytes(octets)
    arriving = [altered[place] for place in vector["order"]]
    assert arriving != parts
    with pytest.raises((ProtocolError, WireError)):
        opened(good, arriving)


@pytest.mark.parametrize("vector", VECTORS["bad_chunks"], ids=named)
def test_bad_chunks(vector: dict[str, Any]) -> None:
    good = next(each for each in VECTORS["good_streams"] if each["name"] == vector["from"])
    with pytest.raises((ProtocolError, WireError)):
        opened(good, sealed_as(good, vector["contents"]))


# ---------------------------------------------------------------- values


@given(value=st.binary(max_size=300), context=st.binary(max_size=300))
@settings(max_examples=30)
def test_what_is_sealed_opens_and_says_only_its_length(value: bytes, context: bytes) -> None:
    sealed, again = (seal(KEY.public_bytes, value, context) for _ in range(2))
    assert KEY.open(sealed, context) == KEY.open(memoryview(again), context) == value
    assert sealed != again
    assert len(sealed) == len(value) + SEALED_MORE


@pytest.mark.parametrize("place", range(SEALED_MORE + 2))
def test_no_altered_byte_of_a_value_opens(place: int) -> None:
    sealed = bytearray(seal(KEY.public_bytes, b"42", CONTEXT))
    assert KEY.open(sealed, CONTEXT) == b"42"
    sealed[place] ^= 1
    # X25519 leaves the top bit of a public key out (RFC 7748, section 5); HPKE hashes the key as it was sent.
    with pytest.raises(ProtocolError, match="does not open"):
        KEY.open(sealed, CONTEXT)


def test_another_key_context_or_use_does_not_open() -> None:
    sealed = seal(KEY.public_bytes, b"42", CONTEXT)
    for key, context in ((OTHER, CONTEXT), (KEY, b"another"), (KEY, b"")):
        with pytest.raises(ProtocolError, match="does not open"):
            key.open(sealed, context)
    with pytest.raises(ProtocolError, match="does not open"):
        KEY.open(StreamSeal(KEY.public_bytes, bytes(32), CONTEXT).head, CONTEXT)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_bytes_that_are_no_key_to_seal_to(public: bytes) -> None:
    """Also points of low order: their shared secret is zero whatever the other key."""
    with pytest.raises(ArgumentProblem, match="X25519"):
        seal(public, b"42", CONTEXT)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_of_another_length(size: int) -> None:
    with pytest.raises(ArgumentProblem, match=f"32 secret bytes, not {size}"):
        SealingKey.from_seed(bytes(size))


def test_keys_are_fresh_or_repeat_as_asked() -> None:
    assert SealingKey.generate().public_bytes != SealingKey.generate().public_bytes
    assert SealingKey.from_seed(KEY.private_bytes()).public_bytes == KEY.public_bytes
    first, second = Account.from_key(bytes([1] * 32)), Account.from_key(bytes([2] * 32))
    assert SealingKey.from_account(first).public_bytes == SealingKey.from_account(first).public_bytes
    assert SealingKey.from_account(first).public_bytes != SealingKey.from_account(second).public_bytes


def test_no_key_material_shows() -> None:
    shown = repr(KEY) + str(KEY)
    assert KEY.public_bytes.hex()[:16] in shown
    assert KEY.private_bytes().hex()[:8] not in shown
    stream = StreamSeal(KEY.public_bytes, bytes(32), CONTEXT)
    for each in (KEY, stream):
        for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="not pickled"):
                duplicate(each)


# ---------------------------------------------------------------- streams, in chunks of 8 bytes


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "CHUNK_BYTES", 8)


def sealed_in_parts(content: bytes) -> list[bytes]:
    first, *rest = seal_stream(KEY.public_bytes, [content], CONTEXT)
    return [first[:HEAD_BYTES], first[HEAD_BYTES:], *rest]


def cut(octets: bytes, places: list[int]) -> list[bytes | bytearray | memoryview]:
    """The bytes in pieces of several kinds, some of them empty."""
    ends = sorted(place % (len(octets) + 1) for place in places)
    pieces = [octets[a:b] for a, b in zip([0, *ends], [*ends, len(octets)], strict=True)]
    return [(bytes, bytearray, memoryview)[i % 3](piece) for i, piece in enumerate(pieces)]


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 15, 16, 17, 100])
def test_streams_of_all_lengths_cut_anywhere(size: int) -> None:
    content = bytes(range(size))
    for step in (1, 3, 8, 24, 1000):
        places = list(range(0, 300, step))
        sealed = list(seal_stream(KEY.public_bytes, cut(content, places), CONTEXT))
        assert len(sealed) == max(1, (size + 7) // 8)
        assert b"".join(KEY.open_stream(sealed, CONTEXT)) == content
        assert b"".join(KEY.open_stream(cut(b"".join(sealed), places), CONTEXT)) == content


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("size", [0, 5, 8, 20])
def test_a_stream_cut_off_after_any_byte_never_ends_well(size: int) -> None:
    sealed = b"".join(sealed_in_parts(bytes(size)))
    for length in range(len(sealed)):
        with pytest.raises((ProtocolError, WireError)):
            list(KEY.open_stream([sealed[:length]], CONTEXT))


@pytest.mark.usefixtures("short_chunks")
def test_no_altered_byte_of_a_stream_opens() -> None:
    sealed = b"".join(sealed_in_parts(bytes(20)))
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 0x80
        with pytest.raises(ProtocolError, match="does not open"):
            list(KEY.open_stream([altered], CONTEXT))


@pytest.mark.usefixtures("short_chunks")
@given(order=st.lists(st.integers(0, 4), max_size=8))
def test_only_all_chunks_in_order_are_a_stream(order: list[int]) -> None:
    """Left out, repeated, moved: whatever is given out before the error stood at its place."""
    content = bytes(range(35))
    head, *chunks = sealed_in_parts(content)
    found = b""
    try:
        for part in KEY.open_stream([head, *(chunks[i] for i in order)], CONTEXT):
            found += part
    except (ProtocolError, WireError):
        assert order != [0, 1, 2, 3, 4]
    else:
        assert order == [0, 1, 2, 3, 4]
    assert content.startswith(found)


@pytest.mark.usefixtures("short_chunks")
def test_chunks_of_two_streams_do_not_mix() -> None:
    one, two = sealed_in_parts(bytes(20)), sealed_in_parts(bytes(20))
    for mixed in ([one[0], *two[1:]], [*one[:2], *two[2:]]):
        with pytest.raises(ProtocolError, match="chunk"):
            list(KEY.open_stream(mixed, CONTEXT))


@pytest.mark.usefixtures("short_chunks")
def test_a_stream_is_bound_to_its_key_context_and_use() -> None:
    sealed = sealed_in_parts(b"forty-two")
    for key, context in ((OTHER, CONTEXT), (KEY, b"another")):
        with pytest.raises(ProtocolError, match="does not open"):
            list(key.open_stream(sealed, context))
    with pytest.raises(ProtocolError, match="does not open"):
        list(KEY.open_stream([seal(KEY.public_bytes, bytes(32), CONTEXT), *sealed[1:]], CONTEXT))


@pytest.mark.usefixtures("short_chunks")
def test_a_buffer_may_be_used_again_as_soon_as_the_next_piece_is_asked_for() -> None:
    buffer = bytearray(8)

    def reading() -> Iterator[memoryview]:
        for i in range(3):
            buffer[:] = bytes([i]) * 8
            yield memoryview(buffer)

    content = b"".join(KEY.open_stream(seal_stream(KEY.public_bytes, reading(), CONTEXT), CONTEXT))
    assert content == bytes([0] * 8 + [1] * 8 + [2] * 8)


@pytest.mark.usefixtures("short_chunks")
def test_a_chunk_comes_again_with_the_same_bytes_under_any_head() -> None:
    first, second = (StreamSeal(KEY.public_bytes, bytes(range(32)), CONTEXT) for _ in range(2))
    assert first.head != second.head
    chunks = [first.chunk(0, bytes(8), last=False), first.chunk(1, b"end", last=True)]
    assert chunks == [second.chunk(0, bytes(8), last=False), second.chunk(1, b"end", last=True)]
    assert b"".join(KEY.open_stream([second.head, *chunks], CONTEXT)) == bytes(8) + b"end"


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize(
    ("number", "size", "last"), [(0, 9, True), (0, 7, False), (1, 0, True), (-1, 8, False), (1 << 32, 8, False)]
)
def test_contents_that_are_no_chunk(number: int, size: int, last: bool) -> None:
    stream = StreamSeal(KEY.public_bytes, bytes(32), CONTEXT)
    with pytest.raises(ArgumentProblem, match="chunk"):
        stream.chunk(number, bytes(size), last=last)


def test_a_content_key_of_another_length() -> None:
    with pytest.raises(ArgumentProblem, match="content key"):
        StreamSeal(KEY.public_bytes, bytes(16), CONTEXT)
