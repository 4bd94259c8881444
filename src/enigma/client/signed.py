"""The receipt that the seats signed of a job: it stands in the transaction that brought it to the chain."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from enigma.chain.coding import decode_result
from enigma.chain.events import EventReader
from enigma.chain.receipts import Receipt
from enigma.errors import LyingNode, NetworkError

if TYPE_CHECKING:
    from enigma.client.network import Network

_SELECTOR_BYTES = 4


def in_order(network: Network, jobs: Collection[int]) -> list[int]:
    """Settled jobs in the order in which the chain took their receipts: what a contract remembers is in that order."""
    reader = EventReader(
        network.connection, network.jobs.address, network.jobs.abi, start=network.controllers.first_block,
        names=["Settled"],
    )  # fmt: skip
    return [number for each in reader.read() if (number := int(each.values["job"])) in jobs]


def signed_receipt(network: Network, job: int) -> Receipt:
    """The receipt of a settled job, which the chain's event confirms by its hash.

    Raises `NetworkError` where the job is not settled, `LyingNode` where the transaction holds another receipt.
    """
    jobs, connection = network.jobs, network.connection
    first = network.controllers.first_block
    reader = EventReader(connection, jobs.address, jobs.abi, start=first, names=["Settled"])
    event = next((each for each in reader.read() if each.values["job"] == job), None)
    if event is None:
        raise NetworkError(f"job {job} is not settled", hint="wait for its result first")
    sent = connection.ask("eth_getTransactionByHash", event.transaction)
    data = bytes.fromhex(str(sent["input"]).removeprefix("0x"))
    [entry] = [each for each in jobs.abi if each.get("type") == "function" and each.get("name") == "settle"]
    decoded = decode_result({"name": "the call of settle", "outputs": entry["inputs"]}, data[_SELECTOR_BYTES:])
    names = [str(part["name"]) for part in entry["inputs"]]
    receipt = Receipt(*dict(zip(names, decoded, strict=True))["receipt"])
    if receipt.hashed() != bytes(event.values["receipt"]):
        raise LyingNode(f"the transaction that settled job {job} holds another receipt than the chain says")
    return receipt
