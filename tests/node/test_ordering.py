"""What an operator tells a running node to do, over a socket in its folder."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from enigma.errors import ArgumentProblem, NetworkError
from enigma.node.ordering import OrderSocket, contract_of, give, node_of, seat_of


def test_obeyed_refused_and_nobody_there(tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []

    def obey(order: dict[str, Any]) -> None:
        heard.append(order)
        if order["order"] == "no":
            raise ArgumentProblem("not this", hint="that")

    with pytest.raises(NetworkError, match="no node runs"):
        give(tmp_path, {"order": "refresh"})
    taking = OrderSocket(tmp_path, obey)
    try:
        assert (tmp_path / "orders").stat().st_mode & 0o077 == 0
        give(tmp_path, {"order": "refresh", "contract": "ab"})
        with pytest.raises(ArgumentProblem, match="not this"):
            give(tmp_path, {"order": "no"})
        with pytest.raises(ArgumentProblem, match="its log says why"):
            give(tmp_path, {})  # a defect of `obey` ends this order, and not the next
        give(tmp_path, {"order": "refresh"})
    finally:
        taking.close()
    assert heard == [{"order": "refresh", "contract": "ab"}, {"order": "no"}, {}, {"order": "refresh"}]
    assert not (tmp_path / "orders").exists()


@pytest.mark.parametrize("said", [b"", b"no order\n", b"[1]\n", b"\xff\xfe\n"])
def test_what_is_no_order_is_not_obeyed(tmp_path: Path, said: bytes) -> None:
    def obey(order: dict[str, Any]) -> None:
        raise AssertionError(order)

    taking = OrderSocket(tmp_path, obey)
    try:
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(str(tmp_path / "orders"))
            rude.sendall(said)
            rude.shutdown(socket.SHUT_WR)
            assert b"one JSON object" in rude.recv(1 << 12)
    finally:
        taking.close()


def test_what_an_order_names() -> None:
    contract = "0x" + "ab" * 32
    assert contract_of({"contract": contract}) == bytes.fromhex("ab" * 32)
    assert seat_of({"seat": 2}) == 2
    node = "0xf0D797608F4aF0D5CaCf0DE73833b99e3D7CF5b4"
    assert node_of({"node": node.lower()}) == node
    for wrong in ({}, {"contract": "ab"}, {"contract": "zz" * 32}, {"contract": 5}):
        with pytest.raises(ArgumentProblem):
            contract_of(wrong)
    for seat in (None, True, -1, "1"):
        with pytest.raises(ArgumentProblem):
            seat_of({"seat": seat})
    with pytest.raises(ArgumentProblem):
        node_of({"node": "bob"})
