"""`enigma chain deploy`: every controller, one account that pays, one file that says where they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
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
from enigma.cli.keystores import unlock
from enigma.cli.work import consoles, print_json
from enigma.errors import ChainProblem, FileProblem
from enigma.keys.account import Account

if TYPE_CHECKING:
    from rich.console import Console

DEADLINE = 120.0  # seconds
SLOWEST = 60.0  # seconds of a block for which we wait
STEPS = tuple([f"deploying {name}" for name in NAMES] + [f"binding {name} to Jobs" for name in BOUND])


class CountingSender(Sender):
    """Keeps every receipt, and tells how many there are."""

    def __init__(self, connection: Connection, account: Account, journal: Path, tell: Callable[[int], None]) -> None:
        super().__init__(connection, account, journal=journal)
        self.receipts: list[Receipt] = []
        self._sent: list[tuple[Sent, Abi]] = []
        self._tell = tell

    def wait(self, sent: Sent, abi: Abi, *, confirmations: int | None = None, deadline: float | None = None) -> Receipt:
        """As any sender's, and counted."""
        receipt = super().wait(sent, abi, confirmations=confirmations, deadline=deadline)
        self.receipts.append(receipt)
        self._sent.append((sent, abi))
        self._tell(len(self.receipts))
        return receipt

    def confirm(self, blocks: int) -> None:
        """Wait until so many blocks stand above every receipt; what a reorganisation takes away is sent again."""
        seconds = DEADLINE + SLOWEST * blocks
        waited = super().wait
        self.receipts = [waited(sent, abi, confirmations=blocks, deadline=seconds) for sent, abi in self._sent]


def run(url: str, keystore: Path, save: Path, *, confirmations: int = 0, as_object: bool) -> None:
    """The whole command. Raises InputError before anything is sent, ChainProblem."""
    out, notes = consoles()
    connection = Connection(url)
    try:
        chain_id = connection.chain_id
        _check_place(save)
        account = unlock(keystore)
        notes.print(f"Chain {chain_id} at {connection.url}, paid by {account.address}.", markup=False, soft_wrap=True)
        journal = save.with_name(save.name + ".journal")
        with Display(notes) as display:
            sender = _sender(connection, account, journal, display)
            try:
                made = Controllers.deploy(sender, once="deployment")
                if confirmations:
                    display.begin(f"waiting for {confirmations} blocks")
                    sender.confirm(confirmations)
            except ChainProblem:
                if not sender.unused and journal.exists():
                    display.warn(
                        f"{len(sender.receipts)} of {len(STEPS)} transactions were done, for {ether(_cost(sender))}. "
                        f"Run the same again: it goes on, and does nothing twice. {journal} knows what was sent; "
                        f"without it, all would be deployed anew."
                    )
                raise
            finally:
                if sender.unused:
                    _remove(journal)
                sender.close()
    finally:
        connection.close()
    made = replace(made, first_block=min(receipt.block for receipt in sender.receipts))
    written = _written(made, save)
    _report(made, sender, save, out, as_object=as_object)
    if written is not None:
        raise written
    _remove(journal)


def _remove(journal: Path) -> None:
    """A journal that says nothing, or nothing that the deployment file does not say."""
    for path in (journal, journal.with_name(journal.name + ".lock")):
        path.unlink(missing_ok=True)


def _sender(connection: Connection, account: Account, journal: Path, display: Display) -> CountingSender:
    def tell(count: int) -> None:
        if count < len(STEPS):
            display.begin(STEPS[count])

    tell(0)
    return CountingSender(connection, account, journal, tell)


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


def _cost(sender: CountingSender) -> int:
    return sum(receipt.gas_used * receipt.fee for receipt in sender.receipts)


def _written(made: Controllers, save: Path) -> FileProblem | None:
    try:
        made.save(save)
    except OSError as error:
        return FileProblem(
            str(save),
            f"it could not be written ({error.strerror}), and the controllers are deployed",
            hint="keep what is printed above, which the file would say; or run the same again: nothing is done twice",
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
