"""What an operator says to the chain about a node: registered, described anew, funded, logged in and out."""

from __future__ import annotations

from dataclasses import dataclass

from enigma.chain.nodes import Listing, Nodes, Registered, Status
from enigma.chain.sending import Sender
from enigma.errors import ArgumentProblem, KeyProblem
from enigma.net.endpoint import Endpoint
from enigma.node.service import Keys

GWEI = 10**9
USUAL_PRICE = GWEI
"""Wei for one unit of work, where the operator says nothing."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the operator offers. `price`, `deposit` None: what is registered, or else the usual and the least.

    `fund`: wei that the node's own account, which pays for its transactions, is to have at least.
    """

    endpoint: Endpoint
    capacity: int
    price: int | None = None
    deposit: int | None = None
    fund: int = 0


def register(nodes: Nodes, sender: Sender, keys: Keys, offer: Offer) -> list[str]:
    """Make the chain say what is offered, and log the node in; what was done, in words, [] for nothing.

    `sender` is the operator's, and that of `nodes`. Raises ArgumentProblem where it is not this operator's node, or has
    left; ChainProblem.
    """
    name, found = keys.account.address, nodes.node(keys.account.address)
    _check(found, sender.address)
    price = offer.price or (USUAL_PRICE if found is None else found.listing.price)
    listing = Listing(keys.tls.fingerprint, keys.sealing.public_bytes, str(offer.endpoint), offer.capacity, price)
    done = []
    lacking = offer.fund - sender.connection.balance(name) if offer.fund else 0
    if lacking > 0:
        sender.transfer(name, lacking)
        done.append(f"funded with {_ether(lacking)}")
    if found is None:
        least = nodes.terms().minimum
        deposit = least if offer.deposit is None else offer.deposit
        if deposit < least:
            raise ArgumentProblem(f"a deposit of {_ether(deposit)} is too small", hint=f"the least is {_ether(least)}")
        nodes.register(name, listing, nodes.proof(keys.account, sender.address), deposit=deposit)
        done.append(f"registered with a deposit of {_ether(deposit)}")
    else:
        if found.listing != listing:
            nodes.describe(name, listing)
            done.append("described anew")
        if offer.deposit is not None and offer.deposit > found.deposit:
            nodes.top_up(name, offer.deposit - found.deposit)
            done.append(f"deposit raised to {_ether(offer.deposit)}")
    if found is None or found.status is Status.LOGGED_OUT:
        nodes.log_in(name)
        done.append("logged in")
    return done


def log_out(nodes: Nodes, node: str, operator: str) -> list[str]:
    """Take a node out of the draws of new committees; what was done. Raises ArgumentProblem, ChainProblem."""
    found = nodes.node(node)
    if found is None:
        raise ArgumentProblem(f"{node} is not registered here", hint="nothing was sent")
    _check(found, operator)
    if found.status is Status.LOGGED_OUT:
        return []
    nodes.log_out(node)
    return ["logged out"]


def _check(found: Registered | None, operator: str) -> None:
    if found is None:
        return
    if found.operator != operator:
        raise ArgumentProblem(
            f"{found.node} was registered by {found.operator}, not by {operator}",
            hint="nothing was sent; give the keystore of that account",
        )
    if found.status in {Status.LEAVING, Status.LEFT}:
        raise KeyProblem(
            f"{found.node} is leaving, or has left", hint="a name is never used again: make another node, with new keys"
        )


def _ether(wei: int) -> str:
    whole, part = divmod(wei, 10**18)
    return f"{whole}.{part:018d}".rstrip("0").rstrip(".") + " ether"
