"""Contributions at a seat: what was dealt is what is held; whatever else is sent is refused, and its owner named."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sharing.vectors import Vector, context_of, named, raw_of, vectors

from enigma.errors import CallRefused, ProtocolError, WireError
from enigma.keys import sealing
from enigma.keys.sealing import CHUNK_BYTES, SealingKey, seal_stream
from enigma.sharing import replicated3
from enigma.sharing.acceptance import Accepted, accept
from enigma.sharing.commitments import Subject
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Column, Context, Header
from enigma.sharing.piece import Form, Piece
from enigma.sharing.upload import HeldPiece, Preamble, stream_context

VECTORS = vectors("contribution")
CONTEXT = Context(31337, bytes(range(32)), "0x" + "11" * 20, b"fun!", "rows")
KEYS = [SealingKey.from_seed(bytes([seat]) * 32) for seat in range(3)]
TABLE = {"x": np.arange(40), "y": np.arange(40) % 3 == 0}
WHOSE = f"the contribution of {CONTEXT.asker} to rows"

Raw = npt.NDArray[Any]


def any_header(_: Header) -> None:
    pass


def make(columns: dict[str, Raw] | None = None, rows: int | None = 40, context: Context = CONTEXT) -> Contribution:
    columns = TABLE if columns is None else columns
    return Contribution.make(columns, rows, context=context, family=replicated3, secret=bytes(range(32)))


def sealed(made: Contribution, seat: int) -> list[bytes]:
    return list(made.upload(seat, KEYS[seat].public_bytes).chunks())


def taken(
    chunks: Iterable[bytes],
    seat: int,
    commitment: bytes,
    context: Context = CONTEXT,
    want: Callable[[Header], None] = any_header,
    most_bytes: int = 1 << 20,
) -> Accepted:
    return accept(
        chunks, key=KEYS[seat], family=replicated3, seat=seat, context=context, commitment=commitment,
        most_bytes=most_bytes, want=want,
    )  # fmt: skip


# ---------------------------------------------------------------- what is accepted


@pytest.mark.parametrize("vector", VECTORS["good"], ids=named)
def test_good_vectors(vector: Vector) -> None:
    held = [
        accept(
            [bytes.fromhex(upload)], key=SealingKey.from_seed(bytes.fromhex(vector["private"][seat])),
            family=replicated3, seat=seat, context=context_of(vector["context"]),
            commitment=bytes.fromhex(vector["commitment"]), most_bytes=1000, want=any_header,
        )
        for seat, upload in enumerate(vector["uploads"])
    ]  # fmt: skip
    for name, kind, shape, values in vector["columns"]:
        raw = raw_of(kind, shape, values)
        assert np.array_equal(replicated3.reconstruct([each.columns[name] for each in held]), raw)
    assert held[0].header == held[1].header == held[2].header
    assert held[0].header.rows == vector["rows"]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=named)
def test_bad_vectors(vector: Vector) -> None:
    context = context_of(vector["context"])
    with pytest.raises((ProtocolError, WireError), match=f"the contribution of {context.asker} to {context.parameter}"):
        accept(
            [bytes.fromhex(vector["upload"])], key=SealingKey.from_seed(bytes.fromhex(vector["private"])),
            family=replicated3, seat=vector["seat"], context=context, commitment=bytes.fromhex(vector["commitment"]),
            most_bytes=vector["most_bytes"], want=any_header,
        )  # fmt: skip


columns = st.integers(0, 70).flatmap(
    lambda rows: st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=rows, max_size=rows).map(
            lambda values: np.array(values, np.int64)
        )
        | st.lists(st.booleans(), min_size=rows, max_size=rows).map(lambda values: np.array(values, np.bool_)),
        min_size=1,
        max_size=4,
    )
)
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@given(table=columns, cuts=st.lists(st.integers(0, 5000), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_table_arrives_however_its_chunks_are_cut(table: dict[str, Raw], cuts: list[int]) -> None:
    rows = len(next(iter(table.values())))
    made, held = make(table, rows), []
    for seat in range(3):
        octets = b"".join(sealed(made, seat))
        ends = sorted(place % (len(octets) + 1) for place in cuts)
        pieces = [octets[a:b] for a, b in zip([0, *ends], [*ends, len(octets)], strict=True)]
        held.append(taken(pieces, seat, made.commitment))
    for name, raw in table.items():
        found = replicated3.reconstruct([each.columns[name] for each in held])
        assert found.dtype == raw.dtype
        assert np.array_equal(found, raw)


@given(shape=shapes, boolean=st.booleans(), seed=st.integers(0, 1 << 32))
@settings(max_examples=60, deadline=None)
def test_arrays_of_any_shape_arrive(shape: tuple[int, ...], boolean: bool, seed: int) -> None:
    raw = np.random.default_rng(seed).integers(-(1 << 63), (1 << 63) - 1, shape, endpoint=True)
    raw = np.asarray(raw > 0 if boolean else raw)
    made = make({"": raw}, None)
    held = [taken(sealed(made, seat), seat, made.commitment).columns[""] for seat in range(3)]
    assert np.array_equal(replicated3.reconstruct(held), raw)


def test_a_table_of_several_chunks_arrives() -> None:
    table = {"x": np.arange(300_000), "y": np.arange(300_000) % 7 == 0}
    made = make(table, 300_000)
    held = [taken(sealed(made, seat), seat, made.commitment, most_bytes=1 << 23) for seat in range(3)]
    for name, raw in table.items():
        assert np.array_equal(replicated3.reconstruct([each.columns[name] for each in held]), raw)


def test_what_is_accepted_does_not_print() -> None:
    made = make()
    assert repr(taken(sealed(made, 0), 0, made.commitment)) == "<pieces of 2 columns>"


# ---------------------------------------------------------------- on the way


@pytest.mark.parametrize("seat", [0, 2])
def test_no_altered_byte_is_accepted(seat: int) -> None:
    made = make()
    octets = b"".join(sealed(made, seat))
    for place in range(len(octets)):
        altered = bytearray(octets)
        altered[place] ^= 1 << place % 8
        with pytest.raises((ProtocolError, WireError), match=WHOSE):
            taken([bytes(altered)], seat, made.commitment)


@pytest.mark.parametrize("seat", [0, 1])
def test_nothing_cut_off_and_nothing_longer_is_accepted(seat: int) -> None:
    made = make()
    octets = b"".join(sealed(made, seat))
    for length in range(len(octets)):
        with pytest.raises((ProtocolError, WireError), match=WHOSE):
            taken([octets[:length]], seat, made.commitment)
    with pytest.raises(ProtocolError, match=WHOSE):
        taken([octets, b"\x00"], seat, made.commitment)


def test_chunks_lost_repeated_or_moved_are_refused() -> None:
    made = make({"x": np.arange(400_000)}, 400_000)
    chunks = sealed(made, 1)
    assert len(chunks) == 4
    for order in ([0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3], [0, 2, 1, 3], [0, 1, 1, 2, 3], [0, 1, 2, 3, 3], [0]):
        with pytest.raises((ProtocolError, WireError), match=WHOSE):
            taken([chunks[i] for i in order], 1, made.commitment, most_bytes=1 << 23)


REPLAYS = [
    replace(CONTEXT, chain=1),
    replace(CONTEXT, contract=bytes(32)),
    replace(CONTEXT, asker="0x" + "22" * 20),
    replace(CONTEXT, function=b"fun?"),
    replace(CONTEXT, parameter="columns"),
]


@pytest.mark.parametrize("context", REPLAYS, ids=["chain", "contract", "asker", "function", "parameter"])
def test_a_replay_is_refused_even_by_who_seals_anew(context: Context) -> None:
    """Seat 1 knows what it opened, and seals it to itself for another place: the commitments are of the first one."""
    made = make()
    first = stream_context(CONTEXT, "replicated3", 1, made.commitment)
    content = list(KEYS[1].open_stream(sealed(made, 1), first))
    again = list(seal_stream(KEYS[1].public_bytes, content, first))
    assert taken(again, 1, made.commitment).header == made.header
    with pytest.raises(ProtocolError, match="does not open"):
        taken(again, 1, made.commitment, context)
    moved = seal_stream(KEYS[1].public_bytes, content, stream_context(context, "replicated3", 1, made.commitment))
    with pytest.raises(ProtocolError, match="not those behind the commitment on the chain"):
        taken(moved, 1, made.commitment, context)


@pytest.mark.parametrize("seat", [0, 1, 2])
def test_another_seats_upload_is_refused(seat: int) -> None:
    made = make()
    after = (seat + 1) % 3
    for key, place in ((KEYS[after], seat), (KEYS[seat], after), (KEYS[after], after)):
        with pytest.raises(ProtocolError, match="does not open"):
            accept(
                sealed(made, seat), key=key, family=replicated3, seat=place, context=CONTEXT,
                commitment=made.commitment, most_bytes=1 << 20, want=any_header,
            )  # fmt: skip


# ---------------------------------------------------------------- an owner who cheats


def lying(made: Contribution, column: int, number: int, piece: Piece) -> Contribution:
    """The same commitments, and another piece."""
    rows = [list(row) for row in made.pieces]
    assert bytes(piece.content) != bytes(rows[column][number].content)
    rows[column][number] = piece
    return replace(made, pieces=rows)


ANOTHER = [
    (0, 0, Piece(Form.SEED, bytes(16))),
    (0, 1, Piece(Form.SEED, bytes(16))),
    (0, 2, Piece(Form.FULL, bytes(320))),
    (1, 2, Piece(Form.FULL, bytes(5))),
    (1, 0, Piece(Form.FULL, bytes(5))),
]


@pytest.mark.parametrize(("column", "number", "piece"), ANOTHER)
def test_two_seats_that_are_dealt_different_pieces_find_it_alone(column: int, number: int, piece: Piece) -> None:
    made = make()
    cheat = lying(made, column, number, piece)
    name = "xy"[column]
    holders = [seat for seat in range(3) if number in replicated3.held_by(seat)]
    # The cheat: without the check, the two holders of the piece would compute with different copies.
    honest = taken(sealed(made, holders[0]), holders[0], made.commitment)
    delivery = [cheat.pieces[column][each].tree for each in replicated3.held_by(holders[1])]
    dealt = replicated3.accept(delivery, (40,), boolean=column == 1)
    rows = [replicated3.held_by(seat).index(number) for seat in holders]
    assert not np.array_equal(honest.columns[name][rows[0]], dealt[rows[1]])

    with pytest.raises(ProtocolError, match=f"{WHOSE}: piece {number} of column {name} is not the one committed to"):
        taken(sealed(cheat, holders[1]), holders[1], made.commitment)
    for seat in set(range(3)) - set(holders):
        assert taken(sealed(cheat, seat), seat, made.commitment).header == made.header


@pytest.mark.parametrize(("column", "number", "piece"), ANOTHER)
def test_other_commitments_for_one_seat_are_not_those_of_the_chain(column: int, number: int, piece: Piece) -> None:
    """Each upload fits its own commitments; only one of the two lists is behind the 32 bytes of the chain."""
    made = make()
    cheat = lying(made, column, number, piece)
    commitments = [list(row) for row in made.commitments]
    commitments[column][number] = made.subject.commit_piece(column, number, made.salts[column][number], piece)
    cheat = replace(cheat, commitments=commitments)
    other = made.subject.commit(commitments)
    for seat in range(3):
        assert taken(sealed(made, seat), seat, made.commitment).header == made.header
        with pytest.raises(ProtocolError, match=f"{WHOSE}: the commitments to its pieces are not those behind"):
            taken(sealed(cheat, seat), seat, made.commitment)
    # The control: with its own commitment on the chain, the same upload is taken, where its bytes fit the header.
    fitting = replace(cheat, commitment=other)
    assert taken(sealed(fitting, number), number, other).header == made.header


def test_commitments_that_are_consistent_do_not_make_pieces_of_the_wrong_size() -> None:
    made = make()
    for piece, said in (
        (Piece(Form.SEED, bytes(15)), "16 bytes, not 15"),
        (Piece(Form.FULL, bytes(5)), "too early"),
        (Piece(Form.FULL, bytes(400)), "not the one committed to"),
    ):
        commitments = [list(row) for row in made.commitments]
        commitments[0][1] = made.subject.commit_piece(0, 1, made.salts[0][1], piece)
        cheat = lying(replace(made, commitments=commitments, commitment=made.subject.commit(commitments)), 0, 1, piece)
        with pytest.raises((ProtocolError, WireError), match=said):
            taken(sealed(cheat, 0), 0, cheat.commitment)


# ---------------------------------------------------------------- sizes


def crafted(header: Header, content_after: bytes = b"", seat: int = 0) -> tuple[list[bytes], bytes]:
    """An upload of nothing but salts and a header, with commitments that fit, and its commitment."""
    commitments = [[bytes(32)] * 3] * len(header.columns)
    commitment = Subject.of(CONTEXT, header).commit(commitments)
    preamble = Preamble(header, commitments, [[HeldPiece(bytes(32), None)] * 2] * len(header.columns))
    context = stream_context(CONTEXT, "replicated3", seat, commitment)
    content = [preamble.encode(), content_after]
    return list(seal_stream(KEYS[seat].public_bytes, content, context)), commitment


def test_a_header_of_a_million_million_elements_takes_no_memory() -> None:
    rows = 1 << 40
    chunks, commitment = crafted(Header("replicated3", rows, (Column("x", boolean=False, shape=(rows,)),)))
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match=f"take {16 * rows} bytes here, and 1048576 are allowed"):
            taken(chunks, 0, commitment)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_the_room_is_that_of_all_columns_together() -> None:
    made = make()
    assert taken(sealed(made, 0), 0, made.commitment, most_bytes=40 * 16 + 40 * 2).header == made.header
    with pytest.raises(WireError, match="take 720 bytes here, and 719 are allowed"):
        taken(sealed(made, 0), 0, made.commitment, most_bytes=719)


@pytest.mark.parametrize("length", [0, 1, 3, 1 << 20, (1 << 20) + 1, 1 << 40, (1 << 64) - 1])
def test_a_preamble_whose_length_is_not_its_own(length: int) -> None:
    made = make()
    context = stream_context(CONTEXT, "replicated3", 0, made.commitment)
    content = b"".join(KEYS[0].open_stream(sealed(made, 0), context))
    wrong = struct.pack("<Q", length) + content[8:]
    with pytest.raises(WireError, match=WHOSE):
        taken(seal_stream(KEYS[0].public_bytes, [wrong], context), 0, made.commitment)


def test_nothing_may_follow_even_in_a_chunk_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make()
    context = stream_context(CONTEXT, "replicated3", 0, made.commitment)
    content = b"".join(KEYS[0].open_stream(sealed(made, 0), context))
    monkeypatch.setattr(sealing, "CHUNK_BYTES", len(content))
    whole, longer = (seal_stream(KEYS[0].public_bytes, [content, more], context) for more in (b"", b"\x00"))
    assert taken(whole, 0, made.commitment).header == made.header
    with pytest.raises(WireError, match=f"{WHOSE}: an upload has bytes left over"):
        taken(longer, 0, made.commitment)


def test_a_shape_that_is_empty_and_too_large_for_an_array_is_refused_as_a_header() -> None:
    """NumPy counts the places of a shape without its zeros, and would fail with an error of its own."""
    with pytest.raises(ValueError, match=r"too big|too large"):
        np.empty((0, 1 << 40, 1 << 40))
    tree = {"columns": [["", "int64", [0, 1 << 40, 1 << 40]]], "family": "replicated3", "rows": None}
    with pytest.raises(WireError, match="axes"):
        Header.read(tree)
    largest = make({"": np.zeros((0, 1 << 40), np.int64)}, None)
    assert taken(sealed(largest, 0), 0, largest.commitment).columns[""].shape == (2, 0, 1 << 40)


@given(octets=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_content_of_random_bytes_is_accepted(octets: bytes) -> None:
    context = stream_context(CONTEXT, "replicated3", 0, bytes(32))
    for content in (octets, struct.pack("<Q", len(octets)) + octets):
        with pytest.raises((ProtocolError, WireError), match=WHOSE):
            taken(seal_stream(KEYS[0].public_bytes, [content], context), 0, bytes(32))


def test_a_header_that_is_not_wanted_is_refused_before_any_piece_is_read() -> None:
    made = make({"x": np.arange(500_000)}, 500_000)
    chunks = sealed(made, 1)
    assert len(chunks) == 4
    asked: list[Header] = []
    read = 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        for chunk in chunks:
            read += 1
            yield chunk

    def want(header: Header) -> None:
        asked.append(header)
        raise CallRefused("no such column")

    with pytest.raises(CallRefused, match="no such column"):
        taken(counted(), 1, made.commitment, want=want, most_bytes=1 << 23)
    assert asked == [made.header]
    assert read <= 2


def test_a_header_of_no_commitment_is_not_even_asked_for() -> None:
    made = make()

    def want(header: Header) -> None:
        raise AssertionError("a header that the chain does not know")

    context = stream_context(CONTEXT, "replicated3", 1, bytes(32))
    content = KEYS[1].open_stream(sealed(made, 1), stream_context(CONTEXT, "replicated3", 1, made.commitment))
    with pytest.raises(ProtocolError, match="behind the commitment on the chain"):
        taken(seal_stream(KEYS[1].public_bytes, content, context), 1, bytes(32), want=want)


def test_a_seat_takes_long_pieces_chunk_by_chunk() -> None:
    """The memory beside the pieces is a few chunks and one column, whatever the number of columns."""
    table = {f"x{i}": np.arange(200_000) for i in range(8)}
    made = make(table, 200_000)
    upload = made.upload(1, KEYS[1].public_bytes)
    tracemalloc.start()
    try:
        held = taken(upload.chunks(), 1, made.commitment, most_bytes=1 << 25)
        beside = tracemalloc.get_traced_memory()[1] - sum(column.nbytes for column in held.columns.values())
    finally:
        tracemalloc.stop()
    assert beside < 3 * 1_600_000 + 8 * CHUNK_BYTES
