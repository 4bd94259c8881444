"""Vectors of commitments and of uploads, built from trees a second time: the library must find the same bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tools.vectors.by_the_book import Vector, Vectors, fixed, flipped, sha256, stream_sealed
from tools.vectors.pieces import EXTREMES, kind, raw_text

from enigma.keys.sealing import SealingKey
from enigma.sharing import replicated3
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Context
from enigma.wire.codec import encode

CONTEXT = Context(31337, fixed("a contract", 32), "0x" + fixed("an asker", 20).hex(), fixed("f", 4), "rows")
OTHER = "0x" + fixed("another asker", 20).hex()
SEATS = [SealingKey.from_seed(fixed(f"seat {seat}", 32)) for seat in range(3)]
TABLE = {"latitude": EXTREMES, "insured": np.array([True, False, True, True, False, True])}


@dataclass(frozen=True)
class Dealt:
    """What an owner has split and salted, true or not: trees, as they are hashed. `held`: (form, salt, content)."""

    context: dict[str, Any]
    header: dict[str, Any]
    pieces: list[list[tuple[str, bytes, bytes]]]

    @property
    def subject(self) -> bytes:
        """What everything is bound to."""
        return sha256(encode(["enigma.private-argument.v1", self.context, self.header]))

    @property
    def commitments(self) -> list[list[bytes]]:
        """The commitments to all pieces."""
        return [
            [sha256(encode(["enigma.piece.v1", self.subject, column, number, salt, form, content]))
             for number, (form, salt, content) in enumerate(row)]
            for column, row in enumerate(self.pieces)
        ]  # fmt: skip

    @property
    def commitment(self) -> bytes:
        """The commitment for the chain."""
        return sha256(encode(["enigma.pieces.v1", self.subject, self.commitments]))

    def preamble(self, seat: int) -> dict[str, Any]:
        """A seat's preamble, as a tree."""
        held = [
            [[salt, content if form == "seed" else None] for form, salt, content in (row[seat], row[(seat + 1) % 3])]
            for row in self.pieces
        ]
        return {"commitments": self.commitments, "header": self.header, "held": held}

    def content(self, seat: int, preamble: dict[str, Any] | None = None) -> bytes:
        """A seat's content before it is sealed, under its own preamble or another."""
        octets = encode(self.preamble(seat) if preamble is None else preamble)
        full = [c for row in self.pieces for form, _, c in (row[seat], row[(seat + 1) % 3]) if form == "full"]
        return b"".join([struct.pack("<Q", len(octets)), octets, *full])

    def altered(self, column: int, number: int, form: str, content: bytes) -> Dealt:
        """The same with another piece, committed to as if it were right."""
        rows = [list(row) for row in self.pieces]
        rows[column][number] = (form, rows[column][number][1], content)
        return replace(self, pieces=rows)


def made(name: str, columns: dict[str, Any], rows: int | None, skipped: int = 0) -> tuple[Contribution, Dealt]:
    """A contribution by the library, and the same as trees."""
    secret = fixed(f"secret of {name}", 32)
    one = Contribution.make(columns, rows, context=CONTEXT, family=replicated3, secret=secret, skipped=skipped)
    both = [zip(p, s, strict=True) for p, s in zip(one.pieces, one.salts, strict=True)]
    dealt = [[(piece.form.value, salt, bytes(piece.content)) for piece, salt in row] for row in both]
    return one, Dealt(CONTEXT.tree, one.header.tree, dealt)


def shown(context: Context) -> Vector:
    """A context in JSON."""
    return {"chain": context.chain, "contract": context.contract.hex(), "asker": context.asker,
            "function": context.function.hex(), "parameter": context.parameter}  # fmt: skip


def upload(dealt: Dealt, seat: int, content: bytes, *, public: bytes = b"", commitment: bytes = b"") -> bytes:
    """Content, sealed to a seat."""
    commitment = commitment or dealt.commitment
    context = encode(["enigma.upload.v1", dealt.context, "replicated3", seat, commitment])
    label = f"{commitment.hex()} {seat} {content.hex()}"
    to = public or SEATS[seat].public_bytes
    return b"".join(stream_sealed(to, content, context, fixed(f"head {label}", 32), fixed(f"key {label}", 32)))


def commitment() -> Vectors:
    """Commitments, and what is not behind them."""
    good: list[Vector] = []
    for name, columns, rows, skipped in (
        ("a table", TABLE, 6, 0),
        ("one value", {"": np.array(-7)}, None, 0),
        ("a table of which rows were left out", TABLE, 6, 3),
    ):
        _, dealt = made(name, columns, rows, skipped)
        good.append({"name": name, "context": shown(CONTEXT), "header": dealt.header,
                     "pieces": [[[form, salt.hex(), content.hex()] for form, salt, content in row]
                                for row in dealt.pieces],
                     "subject": dealt.subject.hex(), "commitments": [[c.hex() for c in r] for r in dealt.commitments],
                     "commitment": dealt.commitment.hex()})  # fmt: skip
    table = good[0]
    first, last = table["pieces"][0][0], table["pieces"][0][2]
    moved = [table["commitments"][1], table["commitments"][0]]
    changes: list[tuple[str, Vector]] = [
        ("another chain", {"context": {**shown(CONTEXT), "chain": 1}}),
        ("another contract", {"context": {**shown(CONTEXT), "contract": "00" * 32}}),
        ("another asker", {"context": {**shown(CONTEXT), "asker": OTHER}}),
        ("another function", {"context": {**shown(CONTEXT), "function": "00000000"}}),
        ("another parameter", {"context": {**shown(CONTEXT), "parameter": "row"}}),
        ("another header", {"header": {**table["header"], "columns": table["header"]["columns"][::-1]}}),
        ("rows left out that were not", {"header": {**table["header"], "skipped": 1}}),
        ("the columns' commitments swapped", {"commitments": moved}),
        ("another commitment on the chain", {"commitment": flipped(bytes.fromhex(table["commitment"]), 5).hex()}),
        ("a bit of a full piece flipped", {"column": 0, "number": 2, "piece": [*last[:2], "01" + last[2][2:]]}),
        ("a bit of a seed flipped",
         {"column": 0, "number": 0, "piece": [*first[:2], flipped(bytes.fromhex(first[2]), 0).hex()]}),
        ("another salt", {"column": 0, "number": 0, "piece": [first[0], "00" * 32, first[2]]}),
        ("a seed's bytes as a full piece", {"column": 0, "number": 0, "piece": ["full", *first[1:]]}),
        ("another piece of the column", {"column": 0, "number": 1, "piece": first}),
        ("the same piece of another column", {"column": 1, "number": 0, "piece": first}),
    ]  # fmt: skip
    bad = [{"name": name, "from": "a table", **change} for name, change in changes]
    return {"good": good, "bad": bad}


def contribution() -> Vectors:
    """Uploads that a seat accepts, and those that it refuses."""
    good: list[Vector] = []
    for name, columns, rows, skipped in (
        ("a table", TABLE, 6, 0),
        ("a table of no rows", {"x": np.zeros(0, np.int64), "y": np.zeros(0, np.bool_)}, 0, 0),
        ("one boolean", {"": np.array(True)}, None, 0),
        ("a matrix", {"": EXTREMES.reshape(2, 3)}, None, 0),
        ("a table of which rows were left out", TABLE, 6, 3),
    ):
        one, dealt = made(name, columns, rows, skipped)
        good.append({"name": name, "context": shown(CONTEXT), "rows": rows, "skipped": skipped,
                     "secret": fixed(f"secret of {name}", 32).hex(),
                     "columns": [[n, kind(c), list(c.shape), raw_text(c)] for n, c in columns.items()],
                     "commitment": one.commitment.hex(), "private": [seat.private_bytes().hex() for seat in SEATS],
                     "uploads": [upload(dealt, seat, dealt.content(seat)).hex() for seat in range(3)]})  # fmt: skip
    return {"good": good, "bad": bad_uploads()}


def bad_uploads() -> list[Vector]:
    """Uploads to seat 1, which holds pieces 1 and 2; each has one thing wrong."""
    seat = 1
    _, dealt = made("a table", TABLE, 6)
    about: Vector = {"context": shown(CONTEXT), "commitment": dealt.commitment.hex(), "seat": seat,
                     "private": SEATS[seat].private_bytes().hex(), "most_bytes": 1000}  # fmt: skip
    honest = upload(dealt, seat, dealt.content(seat))
    changes: list[tuple[str, Vector]] = [
        ("for another chain", {"context": {**shown(CONTEXT), "chain": 1}}),
        ("for another contract", {"context": {**shown(CONTEXT), "contract": "00" * 32}}),
        ("from another asker", {"context": {**shown(CONTEXT), "asker": OTHER}}),
        ("for another function", {"context": {**shown(CONTEXT), "function": "00000000"}}),
        ("for another parameter", {"context": {**shown(CONTEXT), "parameter": "more"}}),
        ("for another commitment", {"commitment": "00" * 32}),
        ("for another seat", {"seat": 2}),
        ("sealed to another key", {"private": SEATS[2].private_bytes().hex()}),
        ("a bit flipped in the head", {"upload": flipped(honest, 3).hex()}),
        ("a bit flipped in the content", {"upload": flipped(honest, 100).hex()}),
        ("cut off by a byte", {"upload": honest[:-1].hex()}),
        ("more memory than the seat gives", {"most_bytes": 107}),
    ]
    bad: list[Vector] = [{"name": name, **about, "upload": honest.hex(), **change} for name, change in changes]
    preamble, content = dealt.preamble(seat), dealt.content(seat)
    lying = dealt.altered(0, 2, "full", bytes(48))
    salts = [[[bytes(32), row[0][1]], row[1]] for row in preamble["held"]]
    dealt_twice = {**dealt.preamble(seat), "commitments": lying.commitments}
    contents: list[tuple[str, Dealt, bytes]] = [
        ("another full piece than committed to", dealt, lying.content(seat, preamble)),
        ("other commitments than behind the chain's", dealt, lying.content(seat, dealt_twice)),
        ("another salt", dealt, dealt.content(seat, {**preamble, "held": salts})),
        ("bytes left over", dealt, content + b"\x00"),
        ("the content ends early", dealt, content[:-1]),
        ("a preamble of 2^40 bytes", dealt, struct.pack("<Q", 1 << 40) + content[8:]),
        ("no canonical preamble", dealt, struct.pack("<Q", 4) + b"\x01\x06\x00\x00"),
        ("one more entry in the preamble", dealt, dealt.content(seat, {**preamble, "more": None})),
        ("a column's held pieces missing", dealt, dealt.content(seat, {**preamble, "held": preamble["held"][:1]})),
    ]
    for name, bad_dealt in [
        ("a committed seed of 15 bytes", dealt.altered(0, 1, "seed", bytes(15))),
        ("a committed full piece that is too short", dealt.altered(0, 2, "full", bytes(40))),
        ("a bit set after the last boolean", dealt.altered(1, 2, "full", b"\x40")),
        *((name, replace(dealt, header={**dealt.header, **change})) for name, change in BAD_HEADERS),
    ]:
        contents.append((name, bad_dealt, bad_dealt.content(seat)))
    for name, one, octets in contents:
        bad.append(
            {"name": name, **about, "commitment": one.commitment.hex(), "upload": upload(one, seat, octets).hex()}
        )
    return bad


def columns_as(*columns: Sequence[Any]) -> dict[str, Any]:
    """What a header says of columns."""
    return {"columns": [list(column) for column in columns]}


INSURED = ["insured", "bool", [6]]
BAD_HEADERS: list[tuple[str, dict[str, Any]]] = [
    ("a header of another family", {"family": "replicated4"}),
    ("a header with another number of rows", {"rows": 5}),
    ("a header of an array with two columns", {"rows": None}),
    ("a header whose number of rows is true", {"rows": True}),
    ("a header with one more entry", {"note": ""}),
    ("a header of no rows left out, which says so", {"skipped": 0}),
    ("a header of rows left out below 0", {"skipped": -1}),
    ("a header of rows left out that are true", {"skipped": True}),
    ("a header of rows left out, and one more entry", {"skipped": 1, "note": ""}),
    ("a header of no columns", columns_as()),
    ("a header that names a column twice", columns_as(["insured", "int64", [6]], INSURED)),
    ("a header of a column without a name", columns_as(["", "int64", [6]], INSURED)),
    ("a header of float64", columns_as(["latitude", "float64", [6]], INSURED)),
    ("a header of a shape below 0", columns_as(["latitude", "int64", [-6]], INSURED)),
    ("a header of 2^63 elements", columns_as(["latitude", "int64", [1 << 63]], INSURED)),
    ("a header of nine axes", columns_as(["latitude", "int64", [6, 1, 1, 1, 1, 1, 1, 1, 1]], INSURED)),
    ("a header of a name of 257 bytes", columns_as(["x" * 257, "int64", [6]], INSURED)),
]
