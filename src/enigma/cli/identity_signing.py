"""What the commands of `enigma id` that change the chain have in common: who signs, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from enigma.chain.answers import Receipt
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.identities import Identities, Right
from enigma.chain.sending import Sender
from enigma.cli.keystores import unlock
from enigma.errors import ArgumentProblem
from enigma.keys.account import Account


@dataclass(frozen=True, slots=True)
class Signing:
    """An account whose password was given, with what it sends through."""

    connection: Connection
    controllers: Controllers
    account: Account
    sender: Sender

    @property
    def identities(self) -> Identities:
        """The client of Identities, for this account."""
        return self.controllers.identities(self.connection, self.sender)

    def owner(self, named: str | None) -> str:
        """Whose data it is about: the account's own, or those of an identity in which it has ADMIN.

        Raises ArgumentProblem where it has not, or not any more.
        """
        owner = named if named is not None else self.account.address
        if not self.identities.permits(owner, self.account.address, Right.ADMIN):
            raise ArgumentProblem(
                f"{self.account.address} has no ADMIN right in {owner}: it never had, or its key was revoked",
                hint="nothing was sent; enigma id list shows where your accounts have which rights",
            )
        return owner


@contextmanager
def signing(connection: Connection, controllers: Controllers, keystore: Path) -> Iterator[Signing]:
    """Ask for the keystore's password, and end what was begun with it. Raises InputError."""
    account = unlock(keystore)
    sender = Sender(connection, account)
    try:
        yield Signing(connection, controllers, account, sender)
    finally:
        sender.close()


def where(receipt: Receipt) -> dict[str, object]:
    """Where a transaction stands, for a command's JSON."""
    return {"transaction": receipt.transaction, "block": receipt.block, "gas": receipt.gas_used}
