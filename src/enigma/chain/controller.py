"""What all controllers' clients share: where the controller is, how to read it, how to make it do something."""

from __future__ import annotations

from typing import Any, ClassVar

from enigma.chain.answers import Receipt
from enigma.chain.artifacts import load
from enigma.chain.connection import At, Connection
from enigma.chain.sending import Sender
from enigma.errors import ArgumentProblem
from enigma.keys.account import Account
from enigma.keys.typed_data import Types, wallet_form


class Controller:
    """A controller at an address. Without a sender it can only be read.

    Calls that change something return the receipt, and raise ChainRefused with the controller's own reason.
    """

    NAME: ClassVar[str] = ""

    def __init__(self, connection: Connection, address: str, sender: Sender | None = None) -> None:
        self.connection, self.address, self.sender = connection, address, sender
        self.abi = load(self.NAME).abi

    def domain(self) -> dict[str, Any]:
        """The EIP-712 domain of signatures for this controller: its name, the chain's id, its address."""
        return {
            "name": f"Enigma {self.NAME}",
            "version": "1",
            "chainId": self.connection.chain_id,
            "verifyingContract": self.address,
        }

    def sign(self, account: Account, types: Types, message: dict[str, Any]) -> bytes:
        """An account's signature in this controller's domain; nothing is sent."""
        return account.sign_typed(self.domain(), types, message)

    def to_sign(self, types: Types, message: dict[str, Any]) -> dict[str, Any]:
        """The same for a wallet to sign (`eth_signTypedData_v4`), as JSON takes it."""
        return wallet_form(self.domain(), types, message)

    def read(self, function: str, *args: Any, at: At = "latest") -> Any:
        """What a function answers, at the newest block or another."""
        return self.connection.read(self.address, self.abi, function, *args, at=at)

    def send(self, function: str, *args: Any, value: int = 0) -> Receipt:
        """A transaction, until its receipt is held; `value` in wei."""
        if self.sender is None:
            raise ArgumentProblem(f"{function} changes the chain, and nobody is there to sign it", hint="give a sender")
        return self.sender.send(self.address, self.abi, function, *args, value=value)

    def jobs(self, *, at: At = "latest") -> str | None:
        """The address of the controller Jobs, None where it is not bound."""
        bound = str(self.read("jobs", at=at))
        return None if int(bound, 16) == 0 else bound

    def bind(self, jobs: str) -> Receipt:
        """Name the controller Jobs, once and for all. Only the deployer may."""
        return self.send("bind", jobs)
