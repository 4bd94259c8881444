"""`enigma chain deploy`: every controller, one account that pays, one file that says where they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from enigma.chain.answers import Receipt
from enigma.chain.coding import Abi
from enigma.chain.connection import Connection
from enigma.chain.deployment import BOUND, NAMES, Controllers
from enigma.chain.journal import Sent
from enigma.chain.sending import Sender
from enigma.cli.chain_words import ether
from enigma.cli.display import Display
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem, ChainProblem, FileProblem, KeyProblem
from enigma.keys.account import Account

if TYPE_CHECKING:
    from rich.console import Console

STEPS = tuple([f"deploying {name}" for name in NAMES] + [f"binding {name} to Jobs" for name in BOUND])


class CountingSender(Sender):
    """Keeps every receipt, and tells how many there are."""

    def __init__(self, connection: Connection, account: Account, tell: Callable[[int], None]) -> None:
        super().__init__(connection, account)
        self.receipts: list[Receipt] = []
        self._tell = tell

    def wait(self, sent: Sent, abi: Abi, *, confirmations: int | None = None, deadline: float | None = None) -> Receipt:
        """As any sender's, and counted."""
        receipt = super().wait(sent, abi, confirmations=confirmations, deadline=deadline)
        self.receipts.append(receipt)
        self._tell(len(self.receipts))
        return receipt


def run(url: str, keystore: Path, save: Path, *, as_object: bool) -> None:
    """The whole command. Raises InputError before anything is sent, ChainProblem."""
    out, notes = consoles()
    connection = Connection(url)
    try:
        chain_id = connection.chain_id
        _check_place(save)
        account = _unlock(keystore)
        notes.print(f"Chain {chain_id} at {connection.url}, paid by {account.address}.", markup=False, soft_wrap=True)
        with Display(notes) as display:
            sender = _sender(connection, account, display)
            try:
                made = Controllers.deploy(sender)
            except ChainProblem:
                if sender.receipts:
                    display.warn(
                        f"{len(sender.receipts)} of {len(STEPS)} transactions were done, for {ether(_cost(sender))}. "
                        f"What they made obeys nobody and takes no deposit: leave it, and deploy anew."
                    )
                raise
    finally:
        connection.close()
    written = _written(made, save)
    _report(made, sender, save, out, as_object=as_object)
    if written is not None:
        raise written


def _sender(connection: Connection, account: Account, display: Display) -> CountingSender:
    def tell(count: int) -> None:
        if count < len(STEPS):
            display.begin(STEPS[count])

    tell(0)
    return CountingSender(connection, account, tell)


def _check_place(path: Path) -> None:
    """What deploying costs is not to be lost to a file that cannot be written, or that was there."""
    if path.exists():
        raise FileProblem(
            str(path),
            "it is there already, and may be all that says where other controllers are",
            hint="name another with --save, or move it away; nothing was sent",
        )
    folder = next(each for each in path.absolute().parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise FileProblem(
            str(path), f"nothing can be written in {folder}", hint="name another with --save; nothing was sent"
        )


def _unlock(keystore: Path) -> Account:
    """Ask for the password: on the terminal, unseen, or as one line of standard input."""
    if not keystore.is_file():
        raise KeyProblem(
            f"{keystore}: there is no such file",
            hint="--keystore takes the file in which a wallet keeps a key under a password (version 3)",
        )
    if sys.stdin.isatty():
        from getpass import getpass

        password = getpass(f"Password of {keystore}: ", stream=sys.stderr)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise ArgumentProblem(
            f"no password for {keystore}", hint="type it when asked, or give it as the first line of standard input"
        )
    try:
        return Account.load(keystore, password)
    except KeyProblem as problem:
        raise KeyProblem(problem.message, hint=problem.hint or "nothing was sent: try again") from None


def _cost(sender: CountingSender) -> int:
    return sum(receipt.gas_used * receipt.fee for receipt in sender.receipts)


def _written(made: Controllers, save: Path) -> FileProblem | None:
    try:
        made.save(save)
    except OSError as error:
        return FileProblem(
            str(save),
            f"it could not be written ({error.strerror}), and the controllers are deployed",
            hint="keep what is printed above: it is what the file would say",
        )
    return None


def _report(made: Controllers, sender: CountingSender, save: Path, out: Console, *, as_object: bool) -> None:
    gas = sum(receipt.gas_used for receipt in sender.receipts)
    if as_object:
        print_json(
            {
                "chain_id": made.chain_id,
                "first_block": made.first_block,
                "controllers": dict(made.addresses),
                "file": str(save),
                "transactions": len(sender.receipts),
                "gas": gas,
                "cost_wei": str(_cost(sender)),
            }
        )
        return
    from enigma.cli.tables import titled

    table = titled(
        f"On chain {made.chain_id}, from block {made.first_block:,}", [("controller", False), ("address", False)]
    )
    for name, address in made.addresses.items():
        table.add_row(name, address)
    out.print(table)
    out.print(f"{len(sender.receipts)} transactions, {gas:,} gas, {ether(_cost(sender))}.", soft_wrap=True)
    out.print(f"Others need {save}: give it to them.", soft_wrap=True, markup=False, style="dim")
