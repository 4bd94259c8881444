"""What an operator may tell a running node to do: a second Unix socket in its folder, beside the one that only tells.

One connection, one line of JSON {"order": NAME, ...}, one line as the answer, closed. Whoever may write into the folder
may order: that is the operator, who could as well stop the node. Orders are few, and none of them shows a secret.

    refresh  contract               its pieces are made anew as soon as no job has them
    allow    contract, seat, node   another node may take a seat whose own is gone
    take     contract, seat         this node takes that seat, where the others' operators allow it
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from enigma.contract.dictionaries.addresses import read_address
from enigma.errors import ArgumentProblem, EnigmaError, NetworkError
from enigma.node.folder_socket import ANSWER_SECONDS, FolderSocket, line_of, reachable
from enigma.node.logs import event, words_of

NAME = "orders"
ID_BYTES = 32


class OrderSocket(FolderSocket):
    """Takes orders in `folder`, on a thread of its own: `obey(order)` does one, or raises an EnigmaError."""

    def __init__(self, folder: Path, obey: Callable[[dict[str, Any]], None]) -> None:
        self._obey = obey
        super().__init__(folder, NAME, lambda connection: self._answer(line_of(connection)))

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            order = json.loads(line)
            if not isinstance(order, dict):
                raise ArgumentProblem("an order is one JSON object")
            self._obey(order)
        except ValueError:
            return {"problem": "an order is one JSON object", "hint": ""}
        except EnigmaError as error:
            return {"problem": error.message, "hint": error.hint}
        except Exception as error:  # noqa: BLE001 - a defect ends this order, and not the orders
            event("an order failed", problem=words_of(error))
            return {"problem": "the node could not do it: its log says why", "hint": ""}
        return {}


def give(folder: Path, order: dict[str, Any]) -> None:
    """Tell the running node of a folder to do something. Raises NetworkError where none runs, ArgumentProblem."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            with reachable(folder / NAME) as path:
                connection.connect(path)
            connection.sendall(json.dumps(order).encode() + b"\n")
            answer = line_of(connection)
        except (FileNotFoundError, ConnectionError):
            raise NetworkError(f"no node runs in {folder}", hint="enigma node start") from None
        except OSError as error:
            raise NetworkError(f"the process of {folder} does not answer: {error}") from None
    told = json.loads(answer) if answer else {"problem": "the node ended before it answered", "hint": ""}
    if told:
        raise ArgumentProblem(str(told["problem"]), hint=str(told["hint"]))


def contract_of(order: dict[str, Any]) -> bytes:
    """The contract that an order names: 64 hexadecimal digits, perhaps after 0x. Raises ArgumentProblem."""
    try:
        found = bytes.fromhex(str(order.get("contract", "")).removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != ID_BYTES:
        raise ArgumentProblem("a contract is named by 64 hexadecimal digits", hint="enigma node status shows them")
    return found


def seat_of(order: dict[str, Any]) -> int:
    """The seat that an order names. Raises ArgumentProblem."""
    seat = order.get("seat")
    if type(seat) is not int or not 0 <= seat < 256:
        raise ArgumentProblem("seats count from 0")
    return seat


def node_of(order: dict[str, Any]) -> str:
    """The node that an order names, as the chain spells it. Raises ArgumentProblem."""
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(read_address(str(order.get("node", ""))).octets))
