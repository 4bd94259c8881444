"""Blocks as bytes: against what signs transactions, and against what makes blocks."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account as Signer
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from tests.chain.conftest import Chain

from enigma.chain.audit.blocks import entries_of, header_of, transactions_of
from enigma.chain.audit.encoding import filter_of, transaction_bytes
from enigma.chain.audit.trie import rlp, root, whole
from enigma.errors import LyingNode

KEY = "0x" + "11" * 32
TO = str(to_checksum_address("0x" + "ab" * 20))
COMMON = {"nonce": 0, "gas": 21_000, "to": TO, "value": 5, "data": "0x0102", "chainId": 7}
CAPPED = {**COMMON, "maxFeePerGas": 9, "maxPriorityFeePerGas": 2}
LISTED = [{"address": TO, "storageKeys": ["0x" + "01" * 32]}]
KINDS: dict[str, dict[str, Any]] = {
    "legacy": {**COMMON, "gasPrice": 9},
    "legacy for every chain": {name: value for name, value in {**COMMON, "gasPrice": 9}.items() if name != "chainId"},
    "with an access list": {**COMMON, "gasPrice": 9, "type": 1, "accessList": LISTED},
    "with a capped fee": {**CAPPED, "type": 2, "accessList": LISTED},
    "that creates a contract": {**CAPPED, "type": 2, "to": None},
    "with a blob's hash": {
        **CAPPED,
        "type": 3,
        "maxFeePerBlobGas": 3,
        "blobVersionedHashes": ["0x01" + "22" * 31],
    },
}


def as_answered(fields: dict[str, Any], signed: Any) -> dict[str, Any]:
    """A transaction as a node tells it."""
    numbers = {"nonce", "gas", "value", "chainId", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "type"}
    told = {name: hex(value) if name in numbers | {"maxFeePerBlobGas"} else value for name, value in fields.items()}
    told["input"] = told.pop("data")
    told.setdefault("accessList", [])
    return {**told, "v": hex(signed.v), "yParity": hex(signed.v), "r": hex(signed.r), "s": hex(signed.s)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_transaction_is_the_bytes_that_were_signed(kind: str) -> None:
    fields = KINDS[kind]
    signed = Signer.from_key(KEY).sign_transaction({name: v for name, v in fields.items() if v is not None})
    assert transaction_bytes(as_answered(fields, signed)) == bytes(signed.raw_transaction)
    assert keccak(transaction_bytes(as_answered(fields, signed))) == bytes(signed.hash)


def test_a_transaction_that_lends_code() -> None:
    signer = Signer.from_key(KEY)
    lent = signer.sign_authorization({"chainId": 7, "address": TO, "nonce": 1})
    fields = {**CAPPED, "type": 4}
    signed = signer.sign_transaction({**fields, "authorizationList": [lent]})
    told = as_answered(fields, signed)
    told["authorizationList"] = [
        {
            "chainId": "0x7",
            "address": TO,
            "nonce": "0x1",
            "yParity": hex(lent.y_parity),
            "r": hex(lent.r),
            "s": hex(lent.s),
        }
    ]
    assert transaction_bytes(told) == bytes(signed.raw_transaction)


@pytest.mark.parametrize("kind", ["0x5", "0x7e", "five", None])
def test_other_kinds_are_refused(kind: str | None) -> None:
    with pytest.raises(LyingNode):
        transaction_bytes({"type": kind, "input": "0x"})


def test_the_root_of_nothing() -> None:
    """A constant of Ethereum: the root of the empty trie."""
    assert root([]).hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"", "80"),
        (b"\x00", "00"),
        (b"\x7f", "7f"),
        (b"\x80", "8180"),
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        ([], "c0"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (whole(1024), "820400"),
        (b"Lorem ipsum dolor sit amet, consectetur adipisicing elit", "b838" + b"Lorem ipsum dolor sit amet, "
         b"consectetur adipisicing elit".hex()),
    ],
)  # fmt: skip
def test_rlp(item: Any, encoded: str) -> None:
    """Examples of the Ethereum wiki on RLP."""
    assert rlp(item).hex() == encoded


@given(st.lists(st.binary(max_size=40), max_size=300), st.data())
def test_another_list_has_another_root(values: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(values)))
    other = [*values[:place], *values[place + 1 :]] if place < len(values) else [*values, b"one more"]
    assert root(values) != root(other)


@pytest.mark.processes
@pytest.mark.parametrize("count", [1, 2, 17, 260])
def test_a_block_of_many_transactions(chain: Chain, count: int) -> None:
    """Against the chain's own roots: indices of one and of two bytes, keys that share a beginning."""
    connection, account = chain.connection, chain.accounts[0]
    connection.ask("evm_setAutomine", False)
    try:
        nonce = connection.nonce(account.address)
        for number in range(count):
            fields = {
                "nonce": nonce + number,
                "gas": 21_000,
                "to": account.address,
                "value": number,
                "data": "0x",
                "chainId": connection.chain_id,
                "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 1,
                "type": 2,
            }
            connection.send_raw(account.sign_transaction(fields).raw)
        connection.ask("evm_mine")
    finally:
        connection.ask("evm_setAutomine", True)
    answer = connection.ask("eth_getBlockByNumber", "latest", True)
    header = header_of(answer)
    assert len(transactions_of(header, answer)) == count
    assert entries_of(header, connection.ask("eth_getBlockReceipts", hex(header.number))) == ()
    assert header.filter == filter_of([])
