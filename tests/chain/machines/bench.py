"""What the state machines drive a chain with: unlocked accounts, a block a second, and back in one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.chain.conftest import Chain
from tests.chain.standing import Proxy

from enigma.chain.coding import Abi, decode_result, encode_call, function_entry
from enigma.chain.connection import Connection
from enigma.chain.controller import Controller
from enigma.errors import ChainRefused

GAS = hex(10_000_000)


class Bench:
    """A chain as it was when this was made, again and again."""

    def __init__(self, chain: Chain) -> None:
        self.connection: Connection = chain.connection
        self.people = [account.address for account in chain.accounts]
        self._kept = self.connection.ask("evm_snapshot")

    def restart(self) -> int:
        """Forget all that was done; the time of the newest block."""
        self.connection.ask("evm_revert", self._kept)
        self._kept = self.connection.ask("evm_snapshot")
        return self.time()

    def time(self) -> int:
        """The time of the newest block; the next transaction's is one second later."""
        return self.newest()[0]

    def newest(self) -> tuple[int, int]:
        """Time and number of the newest block."""
        block = self.connection.ask("eth_getBlockByNumber", "latest", False)
        return int(block["timestamp"], 16), int(block["number"], 16)

    def pass_time(self, seconds: int) -> None:
        """One block, this much later."""
        self.connection.ask("evm_setNextBlockTimestamp", hex(self.time() + seconds))
        self.connection.ask("evm_mine")

    def send(self, who: str, controller: Controller, function: str, *args: Any, value: int = 0) -> None:
        """A transaction that ought to go through."""
        self._send(who, controller.address, self._data(controller.abi, function, args), value)

    def refusal(self, who: str, controller: Controller, function: str, *args: Any, value: int = 0) -> str:
        """Why a transaction would be refused; empty where it would not."""
        return self._refusal(who, controller.address, controller.abi, self._data(controller.abi, function, args), value)

    def act(self, jobs: Proxy, controller: Controller, function: str, *args: Any) -> None:
        """A transaction that ought to go through, by the stand-in for Jobs."""
        self._send(self.people[0], jobs.address, self._act(jobs, controller, function, args), 0)

    def act_refusal(self, jobs: Proxy, controller: Controller, function: str, *args: Any) -> str:
        """Why Jobs would be refused; empty where it would not."""
        data = self._act(jobs, controller, function, args)
        return self._refusal(self.people[0], jobs.address, jobs.artifact.abi, data, 0)

    def read(self, address: str, abi: Abi, function: str, *args: Any) -> Any:
        """What a view answers."""
        call = {"to": address, "data": "0x" + self._data(abi, function, args).hex()}
        answer = self.connection.ask("eth_call", call, "latest")
        return decode_result(function_entry(abi, function, len(args)), bytes.fromhex(answer[2:]))

    def _act(self, jobs: Proxy, controller: Controller, function: str, args: tuple[Any, ...]) -> bytes:
        return self._data(jobs.artifact.abi, "act", (controller.address, self._data(controller.abi, function, args)))

    def _send(self, who: str, to: str, data: bytes, value: int) -> None:
        fields = {"from": who, "to": to, "data": "0x" + data.hex(), "value": hex(value), "gas": GAS}
        sent = self.connection.ask("eth_sendTransaction", fields)
        self.connection.ask("evm_mine")
        receipt = self.connection.ask("eth_getTransactionReceipt", sent)
        assert receipt is not None, "the block does not hold the only transaction there is"
        assert receipt["status"] == "0x1", f"a transaction that ought to go through did not: {receipt}"

    def _refusal(self, who: str, to: str, abi: Abi, data: bytes, value: int) -> str:
        try:
            self.connection.call(
                {"from": who, "to": to, "data": "0x" + data.hex(), "value": hex(value), "gas": GAS}, abi, ""
            )
        except ChainRefused as refused:
            return refused.reason
        return ""

    @staticmethod
    def _data(abi: Abi, function: str, args: tuple[Any, ...]) -> bytes:
        return encode_call(function_entry(abi, function, len(args)), args)


@contextmanager
def bench_on(chain: Chain) -> Iterator[Bench]:
    """A bench on a chain whose blocks are a second apart while it lasts, and made on request alone.

    A chain that mines by itself answers when it has told of the block, which need not be when it has emptied its pool.
    """
    chain.connection.ask("evm_setAutomine", False)
    chain.connection.ask("anvil_setBlockTimestampInterval", 1)
    chain.connection.ask("anvil_autoImpersonateAccount", True)
    try:
        yield Bench(chain)
    finally:
        chain.connection.ask("anvil_autoImpersonateAccount", False)
        chain.connection.ask("anvil_removeBlockTimestampInterval")
        chain.connection.ask("evm_setAutomine", True)
