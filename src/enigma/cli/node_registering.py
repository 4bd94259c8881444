"""`enigma node register`: the operator's word on the chain about a node."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.nodes import Nodes
from enigma.chain.sending import Sender
from enigma.cli.chain_words import ether
from enigma.cli.node_passwords import password
from enigma.cli.node_running import config_of
from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem
from enigma.keys.account import Account
from enigma.node.config import Config
from enigma.node.keystore import load_keys, read_address
from enigma.node.registering import GWEI, Offer, log_out, register

ETHER = 10**18


def run(
    folder: Path,
    keystore: Path,
    deposit: str | None,
    price: str | None,
    fund: str | None,
    password_file: Path | None,
    operator_password_file: Path | None,
    *,
    leave: bool,
    as_object: bool,
) -> None:
    """The whole command. Raises InputError before anything is sent, ChainProblem."""
    config = config_of(folder)
    amounts = _amount(deposit, ETHER, "--deposit"), _amount(price, GWEI, "--price"), _amount(fund, ETHER, "--fund")
    controllers = Controllers.load(config.deployment)
    node = read_address(config.folder)
    act = _leaving(node) if leave else _joining(config, password_file, *amounts)
    account = Account.load(keystore.expanduser(), password(f"the operator's {keystore}", operator_password_file))
    connection = Connection(config.chain_url)
    sender = Sender(connection, account, confirmations=min(config.confirmations, 1))
    try:
        nodes = controllers.nodes(connection, sender)
        done = act(nodes, sender)
        found, balance = nodes.node(node), connection.balance(node)
    finally:
        sender.close()
        connection.close()
    out, notes = consoles()
    if as_object:
        print_json(
            {
                "node": node,
                "operator": account.address,
                "done": done,
                "status": None if found is None else found.status.name.lower(),
                "endpoint": None if found is None else found.listing.endpoint,
                "balance_wei": str(balance),
            }
        )
        return
    out.print(f"Node {node}: {', '.join(done) or 'nothing to do, the chain says all this already'}.", soft_wrap=True)
    if not balance and not leave:
        notes.print(
            f"Note: the account of the node holds {ether(balance)}, and it pays for receipts. --fund sends it some.",
            soft_wrap=True,
        )


def _joining(
    config: Config, password_file: Path | None, deposit: int | None, price: int | None, fund: int | None
) -> Callable[[Nodes, Sender], list[str]]:
    keys = load_keys(config.folder, password("the node's keys", password_file))
    offer = Offer(config.endpoint, config.at_once, price, deposit, fund or 0)
    return lambda nodes, sender: register(nodes, sender, keys, offer)


def _leaving(node: str) -> Callable[[Nodes, Sender], list[str]]:
    return lambda nodes, sender: log_out(nodes, node, sender.address)


def _amount(text: str | None, unit: int, option: str) -> int | None:
    """Wei of a decimal number of units. Raises ArgumentProblem."""
    if text is None:
        return None
    try:
        wei = Decimal(text) * unit
        if wei.is_finite() and wei >= 0 and wei == int(wei) and wei < 1 << 128:
            return int(wei)
    except InvalidOperation:
        pass
    raise ArgumentProblem(f"{option} {text} is no amount", hint="write a decimal number: 0.5")
