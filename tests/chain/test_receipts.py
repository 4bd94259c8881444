from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chain.standing import signer

from enigma.chain.receipts import (
    RECEIPT,
    Receipt,
    chained,
    gathered,
    inputs_of,
    request_hash,
    seats_in,
)
from enigma.errors import ArgumentProblem, ProtocolError
from enigma.keys.account import recover_typed

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
DOMAIN: dict[str, Any] = {
    "name": "Enigma Jobs",
    "version": "1",
    "chainId": 31337,
    "verifyingContract": "0x" + "11" * 20,
}
SEAT = signer(3000)
words = st.binary(min_size=32, max_size=32)
receipts = st.builds(
    Receipt,
    contract=words,
    job=st.integers(0, 2**256 - 1),
    request=words,
    function=st.binary(min_size=4, max_size=4),
    programs=words,
    arguments=words,
    inputs=words,
    state_before=words,
    state_after=words,
    changes=st.integers(0, 2**256 - 1),
    outcome=words,
    result=words,
    rounds=st.integers(0, 2**64 - 1),
    operations=st.integers(0, 2**64 - 1),
)
ONE = Receipt(
    contract=bytes([1]) * 32,
    job=7,
    request=bytes([2]) * 32,
    function=bytes(4),
    programs=bytes([3]) * 32,
    arguments=bytes([4]) * 32,
    inputs=bytes([5]) * 32,
    state_before=bytes([6]) * 32,
    state_after=bytes([7]) * 32,
    changes=9,
    outcome=bytes([10]) * 32,
    result=bytes([8]) * 32,
    rounds=11,
    operations=12,
)


@settings(max_examples=25, deadline=None)
@given(receipts)
def test_the_struct_hash_is_the_one_that_wallets_sign(receipt: Receipt) -> None:
    assert bytes(encode_typed_data(DOMAIN, dict(RECEIPT), asdict(receipt)).body) == receipt.hashed()


def test_the_type_names_every_field_once_and_in_order() -> None:
    assert [part["name"] for part in RECEIPT["Receipt"]] == [field.name for field in fields(Receipt)]


def test_a_signature_is_the_seats_own() -> None:
    signature = ONE.sign(DOMAIN, SEAT)
    ONE.check_signed(DOMAIN, SEAT.address, signature)
    with pytest.raises(ProtocolError, match="not that of"):
        ONE.check_signed(DOMAIN, signer(3001).address, signature)


def test_a_signature_covers_every_field() -> None:
    signature = ONE.sign(DOMAIN, SEAT)
    for field in fields(Receipt):
        value = getattr(ONE, field.name)
        changed: Any = value + 1 if isinstance(value, int) else bytes([value[0] ^ 1]) + value[1:]
        other = replace(ONE, **{field.name: changed})
        assert other.hashed() != ONE.hashed()
        assert recover_typed(DOMAIN, RECEIPT, asdict(other), signature) != SEAT.address, field.name


@pytest.mark.parametrize(
    "elsewhere", [{"chainId": 1}, {"verifyingContract": "0x" + "22" * 20}, {"version": "2"}, {"name": "Jobs"}]
)
def test_a_signature_holds_for_one_chain_and_one_controller(elsewhere: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        ONE.check_signed({**DOMAIN, **elsewhere}, SEAT.address, ONE.sign(DOMAIN, SEAT))


def test_the_other_form_of_a_signature_is_refused() -> None:
    signature = ONE.sign(DOMAIN, SEAT)
    s = ORDER - int.from_bytes(signature[32:64], "big")
    other = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    with pytest.raises(ProtocolError, match="one allowed form"):
        ONE.check_signed(DOMAIN, SEAT.address, other)


def test_signatures_are_gathered_in_the_order_of_the_seats() -> None:
    assert gathered({3: b"d", 0: b"a", 2: b"c"}) == (0b1101, [b"a", b"c", b"d"])
    assert gathered({}) == (0, [])
    assert seats_in(0b1101) == (0, 2, 3)
    with pytest.raises(ArgumentProblem):
        gathered({-1: b"a"})


def test_the_chain_of_programs_depends_on_their_order_and_number() -> None:
    a, b = bytes([1]) * 32, bytes([2]) * 32
    assert len({chained([]), chained([a]), chained([b]), chained([a, b]), chained([b, a]), chained([a, a])}) == 6
    assert chained([]) == bytes(32)


def test_a_request_binds_each_of_its_parts() -> None:
    asker = "0x" + "33" * 20
    parts: list[Any] = [bytes(32), 1, bytes(4), bytes(32), inputs_of([]), asker, 10**9, 5]
    others = [
        bytes([1]) * 32,
        2,
        bytes([1]) * 4,
        bytes([1]) * 32,
        inputs_of([bytes(32)]),
        "0x" + "34" * 20,
        2 * 10**9,
        6,
    ]
    hashes = {request_hash(*parts)}
    for place, other in enumerate(others):
        hashes.add(request_hash(*[*parts[:place], other, *parts[place + 1 :]]))
    assert len(hashes) == len(parts) + 1
