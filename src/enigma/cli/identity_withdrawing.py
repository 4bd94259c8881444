"""`enigma id withdraw` and `withdrawn`: data taken out of a contract, and who has signed that they are deleted."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.cli import identity_reading as reading
from enigma.cli.chain_words import moment
from enigma.cli.identity_signing import signing
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem, NetworkError
from enigma.keys.account import Account

if TYPE_CHECKING:
    from rich.console import Console

    from enigma.client.withdrawal import Withdrawn


def withdraw(
    connection: Connection,
    controllers: Controllers,
    keystore: Path,
    contract: str,
    owner: str | None,
    wait: float,
    *,
    as_object: bool,
) -> None:
    """`enigma id withdraw`. Raises InputError before anything is sent, ChainProblem; ProtocolError if a node lies."""
    from enigma.client.network import Network

    identity = reading.published(controllers.committees(connection), contract).contract
    named = None if owner is None else reading.address(owner)
    with signing(connection, controllers, keystore) as mine:
        whose, account = mine.owner(named), mine.account
    with Network(connection.url, controllers, account) as network:
        found = network.withdraw(identity, owner=whose)
        out, _ = consoles()
        if not as_object:
            said = f"The data of {whose} are withdrawn from {contract}. What was computed with them stays known."
            out.print(said, soft_wrap=True, markup=False)
        _show([found], wait, out, as_object=as_object)


def withdrawn(
    connection: Connection, controllers: Controllers, contract: str, owner: str, wait: float, *, as_object: bool
) -> None:
    """`enigma id withdrawn`. Raises InputError, ChainProblem; ProtocolError if a node lies."""
    from enigma.client.network import Network

    identity = reading.published(controllers.committees(connection), contract).contract
    # Nothing is signed: any account does.
    with Network(connection.url, controllers, Account.create()) as network:
        found = network.withdrawn(identity, owner=reading.address(owner))
        if not found:
            raise ArgumentProblem(f"{owner} has withdrawn nothing from {contract}")
        _show(found, wait, consoles()[0], as_object=as_object)


def _show(found: list[Withdrawn], wait: float, out: Console, *, as_object: bool) -> None:
    for each in found:
        with contextlib.suppress(NetworkError):  # who is missing is shown below, each with what it waits for
            each.receipts(wait)
    if as_object:
        print_json(_tree(found[0]) if len(found) == 1 else {"withdrawals": [_tree(each) for each in found]})
        return
    for each in found:
        out.print(f"Withdrawal in block {each.at.block:,}:", soft_wrap=True, markup=False)
        for deletion in each.signed.values():
            out.print(
                f"  {deletion.node} has deleted {deletion.pieces:,} pieces, {deletion.octets:,} bytes, "
                f"{moment(deletion.time)}; signed",
                soft_wrap=True, markup=False,
            )  # fmt: skip
        for node in each.missing:
            out.print(f"  {node} has not signed: {each.waits[node]}", soft_wrap=True, markup=False, style="yellow")


def _tree(found: Withdrawn) -> dict[str, Any]:
    at = found.at
    return {
        "owner": at.owner, "contract": "0x" + at.contract.hex(), "transaction": "0x" + at.transaction.hex(),
        "block": at.block, "signed": [each.tree() for each in found.signed.values()],
        "missing": {node: found.waits[node] for node in found.missing},
    }  # fmt: skip
