"""Keys that seats draw together."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import ArgumentProblem, ProtocolError
from enigma.keys import Contribution, check_opening, derive_key

COMMITTEE = [bytes([seat]) * 32 for seat in range(3)]
FIRST, SECOND = Contribution(b"a" * 32, b"s" * 32), Contribution(b"b" * 32, b"t" * 32)
CASE: dict[str, Any] = {"job": b"job 1", "epoch": 1, "committee": COMMITTEE, "holders": [0, 2]}


def prefixed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def number(value: int) -> bytes:
    return value.to_bytes(8, "little")


def test_the_commitment_is_the_documented_hash() -> None:
    expected = prefixed(b"enigma.key-contribution.v1", b"context", number(2), FIRST.value, FIRST.salt)
    assert FIRST.commitment(context=b"context", seat=2) == hashlib.sha256(expected).digest()


def test_the_key_is_the_documented_hkdf() -> None:
    members = prefixed(number(3), *COMMITTEE)
    info = prefixed(b"enigma.shared-key.v1", b"job 1", number(1), members, prefixed(number(0), number(2)))
    extracted = hmac.digest(bytes(32), FIRST.value + SECOND.value, "sha256")  # RFC 5869, section 2.2
    assert derive_key([FIRST, SECOND], **CASE) == hmac.digest(extracted, info + b"\x01", "sha256")[:16]


def test_only_what_was_committed_to_opens() -> None:
    commitment = FIRST.commitment(context=b"c", seat=1)
    check_opening(commitment, FIRST, context=b"c", seat=1)
    for opening, context, seat in [
        (SECOND, b"c", 1),
        (Contribution(FIRST.value, SECOND.salt), b"c", 1),
        (Contribution(SECOND.value, FIRST.salt), b"c", 1),
        (FIRST, b"d", 1),
        (FIRST, b"c", 2),
    ]:
        with pytest.raises(ProtocolError, match=f"seat {seat} opened another"):
            check_opening(commitment, opening, context=context, seat=seat)


def test_every_part_changes_the_key() -> None:
    cases: list[tuple[Sequence[Contribution], dict[str, Any]]] = [
        ([FIRST, SECOND], CASE),
        ([SECOND, FIRST], CASE),
        ([FIRST, FIRST], CASE),
        ([FIRST, SECOND], CASE | {"job": b"job 2"}),
        ([FIRST, SECOND], CASE | {"epoch": 2}),
        ([FIRST, SECOND], CASE | {"committee": COMMITTEE[::-1]}),
        ([FIRST, SECOND], CASE | {"committee": [*COMMITTEE, b""]}),
        ([FIRST, SECOND], CASE | {"committee": [COMMITTEE[0], COMMITTEE[1] + COMMITTEE[2], b""]}),
        ([FIRST, SECOND], CASE | {"holders": [0, 1]}),
        ([FIRST, SECOND, SECOND], CASE | {"holders": [0, 1, 2]}),
    ]
    keys = [derive_key(contributions, **case) for contributions, case in cases]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 16 for key in keys)


@pytest.mark.parametrize("holders", [[], [2, 0], [0, 0], [0, 3], [-1, 0]])
def test_holders_are_distinct_seats_in_order(holders: list[int]) -> None:
    with pytest.raises(ArgumentProblem, match="holders"):
        derive_key([FIRST] * len(holders), **CASE | {"holders": holders})


def test_every_holder_contributes_once() -> None:
    with pytest.raises(ArgumentProblem, match="2 contributions, not 1"):
        derive_key([FIRST], **CASE)


def test_fresh_contributions_draw_value_and_salt() -> None:
    counter = itertools.count()
    drawn = Contribution.fresh(lambda size: bytes([next(counter)]) * size)
    assert (drawn.value, drawn.salt) == (bytes(32), b"\x01" * 32)


def test_contributions_do_not_print() -> None:
    assert repr(FIRST) == "Contribution()"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_contributions_have_one_size(value: bytes, salt: bytes) -> None:
    if len(value) == len(salt) == 32:
        assert Contribution(value, salt).value == value
    else:
        with pytest.raises(ProtocolError, match="32 bytes"):
            Contribution(value, salt)
