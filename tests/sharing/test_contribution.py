"""Contributions on the owner's side: what follows from the secret, what is sent, and going on where one was stopped."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.sharing.vectors import Vector, context_of, named, raw_of, vectors

from enigma.errors import ArgumentProblem
from enigma.keys.sealing import CHUNK_BYTES, SealingKey
from enigma.sharing import replicated3
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Context
from enigma.sharing.upload import MOST_PREAMBLE_BYTES, Preamble, stream_context

VECTORS = vectors("contribution")
CONTEXT = Context(31337, bytes(range(32)), "0x" + "11" * 20, b"fun!", "rows")
SECRET = bytes(range(32))
KEYS = [SealingKey.from_seed(bytes([seat]) * 32) for seat in range(3)]
TABLE = {"x": np.arange(300_000), "y": np.arange(300_000) % 3 == 0}

Raw = npt.NDArray[Any]


def make(columns: dict[str, Raw] | None = None, context: Context = CONTEXT, secret: bytes = SECRET) -> Contribution:
    columns = TABLE if columns is None else columns
    rows = None if "" in columns else len(next(iter(columns.values())))
    return Contribution.make(columns, rows, context=context, family=replicated3, secret=secret)


def opened(made: Contribution, seat: int) -> bytes:
    context = stream_context(made.subject.context, "replicated3", seat, made.commitment)
    return b"".join(KEYS[seat].open_stream(made.upload(seat, KEYS[seat].public_bytes).chunks(), context))


@pytest.mark.parametrize("vector", VECTORS["good"], ids=named)
def test_good_vectors(vector: Vector) -> None:
    """The same commitment, and in each upload the same bytes as the one that was built from the specification."""
    columns = {name: raw_of(kind, shape, values) for name, kind, shape, values in vector["columns"]}
    made = Contribution.make(
        columns, vector["rows"], context=context_of(vector["context"]), family=replicated3,
        secret=bytes.fromhex(vector["secret"]), skipped=vector["skipped"],
    )  # fmt: skip
    assert made.commitment.hex() == vector["commitment"]
    for seat, private in enumerate(vector["private"]):
        key = SealingKey.from_seed(bytes.fromhex(private))
        context = stream_context(made.subject.context, "replicated3", seat, made.commitment)
        sealed = [bytes.fromhex(vector["uploads"][seat])]
        mine = made.upload(seat, key.public_bytes).chunks()
        assert b"".join(key.open_stream(mine, context)) == b"".join(key.open_stream(sealed, context))


def test_the_same_again_byte_for_byte_but_for_the_heads() -> None:
    first, second = make(), make()
    assert first.commitment == second.commitment
    for seat, key in enumerate(KEYS):
        one, two = (made.upload(seat, key.public_bytes) for made in (first, second))
        assert list(one.chunks(1)) == list(two.chunks(1))
        assert one.chunk(0)[:80] != two.chunk(0)[:80]
        assert one.chunk(0)[80:] == two.chunk(0)[80:]


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("a value", {"columns": {**TABLE, "x": np.where(np.arange(300_000) == 7, 8, TABLE["x"])}}),
    ("a boolean", {"columns": {**TABLE, "y": ~TABLE["y"]}}),
    ("a name", {"columns": {"x": TABLE["x"], "z": TABLE["y"]}}),
    ("the order of the columns", {"columns": dict(reversed(TABLE.items()))}),
    ("the parameter", {"context": Context(31337, bytes(range(32)), "0x" + "11" * 20, b"fun!", "more")}),
    ("the asker", {"context": Context(31337, bytes(range(32)), "0x" + "22" * 20, b"fun!", "rows")}),
    ("the secret", {"secret": bytes(32)}),
]


@pytest.mark.parametrize(("what", "change"), CHANGES, ids=[what for what, _ in CHANGES])
def test_whatever_changes_changes_all_randomness(what: str, change: dict[str, Any]) -> None:
    """A secret used again for another table shares no seed, salt, commitment or content key with the first."""

    def drawn(made: Contribution) -> set[bytes]:
        seeds = {bytes(piece.content) for row in made.pieces for piece in row[:2]}
        uploads = [made.upload(seat, key.public_bytes) for seat, key in enumerate(KEYS)]
        # What a content key gives for one nonce and content.
        keys = {upload._seal.chunk(0, bytes(16), last=True) for upload in uploads}
        assert len(seeds) == 4
        assert len(keys) == 3
        return seeds | {salt for row in made.salts for salt in row} | keys

    assert not drawn(make()) & drawn(make(**change)), what


def test_another_seats_key_of_the_same_seat_gets_another_content_key() -> None:
    """A seat that is replaced by another node: the same content, and no nonce used again with a key."""
    made = make()
    one, two = (made.upload(0, SealingKey.from_seed(bytes([n]) * 32).public_bytes) for n in (7, 8))
    assert one.chunk(0)[80:] != two.chunk(0)[80:]


def test_what_was_confirmed_is_not_sent_again() -> None:
    made = make()
    upload = made.upload(1, KEYS[1].public_bytes)
    whole = list(upload.chunks())
    assert len(whole) == len(upload) == 3
    assert [len(chunk) for chunk in whole[:2]] == [80 + CHUNK_BYTES + 16, CHUNK_BYTES + 16]
    assert sum(map(len, whole)) == upload.sealed_bytes
    again = make().upload(1, KEYS[1].public_bytes)
    for stopped in range(4):
        mixed = [*whole[:stopped], *again.chunks(stopped)]
        context = stream_context(CONTEXT, "replicated3", 1, made.commitment)
        assert b"".join(KEYS[1].open_stream(mixed, context)) == opened(made, 1)
    for number in (-1, 3):
        with pytest.raises(ArgumentProblem, match="chunks 0 to 2"):
            upload.chunk(number)


def test_two_seats_get_at_most_the_raw_bytes_and_a_fifth_and_one_only_seeds() -> None:
    raw_bytes = sum(column.nbytes for column in TABLE.values())
    sizes = [make().upload(seat, key.public_bytes).sealed_bytes for seat, key in enumerate(KEYS)]
    assert sizes[0] < 2000
    assert all(size < 1.2 * raw_bytes for size in sizes[1:])
    # Booleans as bits.
    assert sizes[1] < 300_000 * 8 + 300_000 // 8 + 3000


def test_a_contribution_keeps_nothing_of_the_owners_arrays() -> None:
    raw = {"x": np.arange(100)}
    made, before = make(raw), make(raw).commitment
    sent = opened(made, 1)
    raw["x"][:] = 0
    assert opened(made, 1) == sent
    assert made.commitment == before != make(raw).commitment


def test_no_seat_gets_a_piece_that_it_does_not_hold() -> None:
    made = make({"x": np.arange(50), "y": np.arange(50) > 7})
    for seat in range(3):
        content = opened(made, seat)
        for column in range(2):
            held = [bytes(made.pieces[column][number].content) in content for number in range(3)]
            assert held == [number in replicated3.held_by(seat) for number in range(3)]
            assert [salt in content for salt in made.salts[column]] == held


def test_equal_values_of_two_columns_share_nothing() -> None:
    made = make({"x": np.arange(50), "y": np.arange(50)})
    for one, other in zip(*made.pieces, strict=True):
        assert bytes(one.content) != bytes(other.content)
    assert len({each for row in made.commitments for each in row}) == 6


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_secret_of_another_length(size: int) -> None:
    with pytest.raises(ArgumentProblem, match=f"32 bytes, not {size}"):
        make(secret=bytes(size))


def test_as_many_columns_and_as_long_names_as_there_may_be_fit_in_a_preamble() -> None:
    columns = {f"{i:04d}" + "x" * 252: np.zeros(1, np.int64) for i in range(1000)}
    assert make(columns).upload(0, KEYS[0].public_bytes).sealed_bytes < 1 << 20
    with pytest.raises(ArgumentProblem, match="1 to 1000 columns"):
        make({**columns, "one more": np.zeros(1, np.int64)})


def test_a_preamble_that_no_seat_would_read_is_not_sent() -> None:
    header = make().header
    short, long = (Preamble(header, [[bytes(32)] * count] * 2, []) for count in (10_000, 20_000))
    assert len(short.encode()) < MOST_PREAMBLE_BYTES
    with pytest.raises(ArgumentProblem, match="fewer columns"):
        long.encode()


def test_nothing_prints() -> None:
    made = make({"": np.array(7)})
    shown = f"{made!r} {made.upload(0, KEYS[0].public_bytes)!r} {made.pieces!r}"
    assert "<contribution " in shown
    assert "<upload of 1 sealed chunks>" in shown
    secrets = [SECRET, made.key, *made.salts[0], *(bytes(piece.content) for piece in made.pieces[0])]
    for secret in secrets:
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown


def test_the_digest_of_the_values_is_of_their_order_not_of_their_layout() -> None:
    matrix = np.arange(6).reshape(2, 3)
    transposed = np.ascontiguousarray(matrix.T).T
    assert hashlib.sha256(transposed.tobytes()).digest() == hashlib.sha256(matrix.tobytes()).digest()
    assert make({"": matrix}).commitment == make({"": transposed}).commitment != make({"": matrix.T}).commitment
