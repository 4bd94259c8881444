"""Commitments: the vectors; what is bound; a salt for each piece."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sharing.vectors import Vector, context_of, named, vectors

from enigma.errors import ArgumentProblem, ProtocolError
from enigma.sharing.commitments import Subject
from enigma.sharing.header import Header
from enigma.sharing.piece import Form, Piece

VECTORS = vectors("commitment")


def subject_of(vector: Vector) -> Subject:
    return Subject.of(context_of(vector["context"]), Header.read(vector["header"]))


def commitments_of(vector: Vector) -> list[list[bytes]]:
    return [[bytes.fromhex(each) for each in row] for row in vector["commitments"]]


def salted(tree: list[Any]) -> tuple[bytes, Piece]:
    form, salt, content = tree
    return bytes.fromhex(salt), Piece(Form(form), bytes.fromhex(content))


@pytest.mark.parametrize("vector", VECTORS["good"], ids=named)
def test_good_vectors(vector: Vector) -> None:
    subject, commitments = subject_of(vector), commitments_of(vector)
    assert subject.digest.hex() == vector["subject"]
    assert subject.commit(commitments).hex() == vector["commitment"]
    subject.check(bytes.fromhex(vector["commitment"]), commitments)
    for column, row in enumerate(vector["pieces"]):
        for number, tree in enumerate(row):
            subject.check_piece(commitments[column][number], column, number, *salted(tree))


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=named)
def test_bad_vectors(vector: Vector) -> None:
    """Those that change what is bound fail for every piece as well."""
    good = next(each for each in VECTORS["good"] if each["name"] == vector["from"])
    changed = {**good, **vector}
    subject, commitments = subject_of(changed), commitments_of(changed)
    if "piece" in vector:
        column, number = vector["column"], vector["number"]
        with pytest.raises(
            ProtocolError, match=f"piece {number} of column (latitude|insured) is not the one committed"
        ):
            subject.check_piece(commitments[column][number], column, number, *salted(vector["piece"]))
        return
    with pytest.raises(ProtocolError, match="not those behind the commitment on the chain"):
        subject.check(bytes.fromhex(changed["commitment"]), commitments)
    if "context" in vector or "header" in vector:
        for number, tree in enumerate(good["pieces"][0]):
            with pytest.raises(ProtocolError, match="not the one committed"):
                subject.check_piece(commitments[0][number], 0, number, *salted(tree))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_has_32_bytes(size: int) -> None:
    with pytest.raises(ArgumentProblem, match=f"32 bytes, not {size}"):
        subject_of(VECTORS["good"][0]).commit_piece(0, 0, bytes(size), Piece(Form.SEED, bytes(16)))


def test_a_value_without_a_name_is_named_by_its_piece() -> None:
    vector = VECTORS["good"][1]
    with pytest.raises(ProtocolError, match=r"^piece 1 is not the one committed to"):
        subject_of(vector).check_piece(bytes(32), 0, 1, *salted(vector["pieces"][0][1]))
