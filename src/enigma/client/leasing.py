"""Paying nodes for keeping a value: a lease at the seats of a contract, for terms that the nodes renew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from enigma.chain.events import EventReader
from enigma.chain.leases import Status
from enigma.errors import ArgumentProblem

if TYPE_CHECKING:
    from enigma.client.network import Network


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """Who keeps a value, and what for. `contract`: the contract (or its id) at whose seats it is kept.

    `term`: paid in advance, an hour to 366 days. `most`: wei that a term may cost, None: what it costs now. A term is
    renewed from what the account has paid into `Leases`; of that, the first term is paid in here if need be.
    """

    contract: Any
    term: timedelta = timedelta(days=30)
    most: int | None = None


def leased(network: Network, terms: LeaseTerms, contract: bytes, content: bytes, size: int) -> int:
    """The number of a lease for a content that this account pays: one that runs, or a new one.

    Raises ArgumentProblem where it costs more than it may, `ChainProblem`.
    """
    leases = network.controllers.leases(network.connection, network.sender)
    reader = EventReader(
        network.connection, leases.address, leases.abi, start=network.controllers.first_block, names=["Opened"]
    )
    while batch := reader.read():
        for event in batch:
            mine = str(event.values["owner"]).lower() == network.account.address.lower()
            if mine and bytes(event.values["content"]) == content and not event.removed:
                number = int(event.values["lease"])
                if leases.status(number) is Status.ACTIVE:
                    return number
    term = int(terms.term.total_seconds())
    costs = sum(leases.quote(contract, size, term))
    most = costs if terms.most is None else terms.most
    if costs > most:
        raise ArgumentProblem(f"a term costs {costs:,} wei now, and {most:,} are allowed", hint="LeaseTerms(most=...)")
    held = leases.balance(network.account.address)
    if held < costs:
        leases.top_up(network.account.address, costs - held)
    return leases.open(contract, content, size=size, term=term, most=most)
