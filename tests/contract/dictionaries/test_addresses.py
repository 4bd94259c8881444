"""Addresses: one spelling, no equality with texts."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.dictionaries.addresses import Address, address_of, read_address
from enigma.errors import ArgumentProblem

ALICE = address_of("alice")


def test_a_name_always_has_the_same_address() -> None:
    digest = hashlib.sha256(b"enigma simulated address\0alice").digest()
    assert address_of("alice") == ALICE == Address(digest[-20:])
    assert str(ALICE) == f"0x{digest[-20:].hex()}"
    assert repr([ALICE]) == f"[{ALICE}]"
    assert address_of("Alice") != ALICE


@given(st.binary(min_size=20, max_size=20))
def test_what_is_printed_is_read_back_in_any_case(octets: bytes) -> None:
    address = Address(octets)
    text = str(address)
    assert read_address(text) == address == read_address("0x" + text[2:].upper())
    assert hash(read_address("0x" + text[2:].upper())) == hash(address)


def test_an_address_is_equal_to_no_text_and_no_bytes() -> None:
    for other in (str(ALICE), ALICE.octets, int.from_bytes(ALICE.octets, "big")):
        found: object = other
        assert found != ALICE
        assert ALICE.__eq__(found) is NotImplemented
        assert found not in {ALICE: 1}
    with pytest.raises(TypeError):
        sorted([ALICE, str(ALICE)])  # type: ignore[type-var]


def test_addresses_are_ordered_by_their_bytes() -> None:
    low, high = Address(bytes(20)), Address(bytes(19) + b"\1")
    assert sorted([high, low]) == [low, high]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        str(ALICE)[2:],
        str(ALICE)[:-1],
        str(ALICE) + "0",
        str(ALICE) + "\n",
        " " + str(ALICE),
        str(ALICE).replace("0x", "0X"),
        "0x" + "g" * 40,
        "0x" + "١" * 40,
        "0x" + "0" * 39 + "_",
        None,
        7,
        ALICE,
        b"0x" + b"0" * 40,
    ],
)
def test_nothing_else_is_an_address(text: object) -> None:
    with pytest.raises(ArgumentProblem, match="is not an address") as refused:
        read_address(text)
    assert "40 hexadecimal digits" in refused.value.hint


@pytest.mark.parametrize("octets", [b"", bytes(19), bytes(21), bytearray(20), "0" * 20])
def test_an_address_has_twenty_bytes(octets: bytes) -> None:
    with pytest.raises(ArgumentProblem, match="20 bytes"):
        Address(octets)


@pytest.mark.parametrize("name", ["", "\ud800"])
def test_a_name_is_a_text_that_can_be_spelt(name: str) -> None:
    with pytest.raises(ArgumentProblem):
        address_of(name)
