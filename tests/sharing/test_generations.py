"""Commitments to the pieces of a generation bind all that they are about."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.sharing.generations import (
    SLICE_OCTETS,
    Committed,
    Generation,
    GenerationDigest,
    Slice,
    commit,
    context_of,
    slices,
)
from enigma.wire.codec import Tree, encode

CONTEXT, SALT = b"x" * 32, b"s" * 32
PIECE = Slice(5, SLICE_OCTETS, 4, False)


@given(st.integers(0, 4 * SLICE_OCTETS), st.booleans())
def test_slices_cover_a_secret(words: int, bits: bool) -> None:
    octets = words if bits else 8 * words
    found = slices(7, octets, bits, 3 if bits else 0)
    assert [each.start for each in found] == list(range(0, max(octets, 1), SLICE_OCTETS))
    assert sum(each.octets for each in found) == octets
    assert sum(each.size for each in found) == words
    assert all(each.octets == SLICE_OCTETS and not each.spare for each in found[:-1])
    assert found[-1].spare == (3 if bits else 0)


def test_a_commitment_is_the_hash_that_is_written_down() -> None:
    written: list[Tree] = ["enigma.renewed-piece.v1", CONTEXT, 5, SLICE_OCTETS, "piece", 2, SALT, b"abcd"]
    expected = hashlib.sha256(encode(written)).digest()
    assert commit(CONTEXT, PIECE, ("piece", 2), SALT, b"abcd") == expected
    assert commit(CONTEXT, PIECE, ("piece", 2), SALT, memoryview(b"abcd")) == expected


def test_a_commitment_changes_with_everything_that_it_is_about() -> None:
    found = {
        commit(CONTEXT, PIECE, ("piece", 2), SALT, b"abcd"),
        commit(b"y" * 32, PIECE, ("piece", 2), SALT, b"abcd"),
        commit(CONTEXT, replace(PIECE, index=6), ("piece", 2), SALT, b"abcd"),
        commit(CONTEXT, replace(PIECE, start=0), ("piece", 2), SALT, b"abcd"),
        commit(CONTEXT, PIECE, ("part", 2), SALT, b"abcd"),
        commit(CONTEXT, PIECE, ("piece", 1), SALT, b"abcd"),
        commit(CONTEXT, PIECE, ("piece", 2), b"t" * 32, b"abcd"),
        commit(CONTEXT, PIECE, ("piece", 2), SALT, b"abce"),
    }
    assert len(found) == 8


@pytest.mark.parametrize("changed", range(5))
def test_a_context_changes_with_everything_that_it_is_about(changed: int) -> None:
    one = [b"c" * 32, 1, bytes(32), [[0, 1, 2], [0, 1, 2]], [b"p", b"q", b"r"]]
    other = [b"d" * 32, 2, b"f" * 32, [[0, 1, 2], [1, 0, 2]], [b"p", b"q", b"t"]]
    mixed = [*one[:changed], other[changed], *one[changed + 1 :]]
    assert context_of(*one) != context_of(*mixed)  # type: ignore[arg-type]


def test_a_digest_depends_on_each_slice_and_their_order() -> None:
    def digest(*pieces: tuple[Slice, list[bytes]]) -> bytes:
        found = GenerationDigest(CONTEXT)
        for piece, commitments in pieces:
            found.take(piece, commitments)
        return found.digest()

    first, second = (PIECE, [b"1" * 32, b"2" * 32]), (replace(PIECE, index=6), [b"3" * 32, b"4" * 32])
    found = [
        digest(),
        digest(first),
        digest(first, second),
        digest(second, first),
        digest((PIECE, first[1][::-1]), second),
        digest((PIECE, [*first[1], *second[1]])),
    ]
    assert len(set(found)) == len(found)


def test_salts_do_not_print() -> None:
    assert "sss" not in repr(Committed((b"c" * 32,), (SALT,)))


def test_what_was_never_renewed_is_of_generation_zero() -> None:
    assert Generation().tree == [0, bytes(32)]
