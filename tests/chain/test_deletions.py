"""Deletion receipts: bound to everything that they say, and there and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from enigma.chain.deletions import Deletion, Withdrawal
from enigma.errors import ProtocolError, WireError
from enigma.keys.account import Account

NODE, OTHER = Account.create(), Account.create()
DOMAIN = {"name": "Enigma Identities", "version": "1", "chainId": 7, "verifyingContract": "0x" + "ab" * 20}
AT = Withdrawal(bytes([1]) * 32, OTHER.address, 5, 2, bytes([3]) * 32)
GOOD = Deletion(AT, 4, 100, 1_800_000_000, NODE.address)


def test_a_receipt_is_its_nodes() -> None:
    signature = GOOD.sign(DOMAIN, NODE)
    GOOD.check_signed(DOMAIN, signature)
    with pytest.raises(ProtocolError, match="is not that of"):
        GOOD.check_signed(DOMAIN, GOOD.sign(DOMAIN, OTHER))
    with pytest.raises(ProtocolError, match="is not that of"):
        GOOD.check_signed({**DOMAIN, "chainId": 8}, signature)


@pytest.mark.parametrize(
    "changed",
    [
        replace(GOOD, pieces=5), replace(GOOD, octets=0), replace(GOOD, time=0), replace(GOOD, node=OTHER.address),
        replace(GOOD, withdrawal=replace(AT, contract=bytes(32))),
        replace(GOOD, withdrawal=replace(AT, owner=NODE.address)),
        replace(GOOD, withdrawal=replace(AT, block=6)), replace(GOOD, withdrawal=replace(AT, index=0)),
        replace(GOOD, withdrawal=replace(AT, transaction=bytes(32))),
    ],
)  # fmt: skip
def test_everything_is_signed(changed: Deletion) -> None:
    with pytest.raises(ProtocolError, match="is not that of"):
        changed.check_signed(DOMAIN, GOOD.sign(DOMAIN, NODE))


def test_there_and_back() -> None:
    assert Deletion.read(GOOD.tree()) == GOOD


@pytest.mark.parametrize(
    "change",
    [{"pieces": -1}, {"octets": "1"}, {"time": True}, {"block": None}, {"contract": "0x"}, {"transaction": 5}],
)
def test_trees_that_are_no_receipt(change: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="not a deletion receipt"):
        Deletion.read({**GOOD.tree(), **change})
    with pytest.raises(WireError, match="not a deletion receipt"):
        Deletion.read({name: each for name, each in GOOD.tree().items() if name not in change})
