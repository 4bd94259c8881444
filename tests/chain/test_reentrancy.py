"""Operators that are contracts: calling again from within a payment, and refusing it."""

from __future__ import annotations

import pytest
from tests.chain.conftest import Chain
from tests.chain.standing import (
    ETHER,
    LISTING,
    TERMS,
    Proxy,
    call_of,
    nodes_of,
    put,
    registered,
    seen_by,
    signer,
)

from enigma.chain.nodes import Nodes
from enigma.errors import ChainRefused

pytestmark = pytest.mark.processes

KEY, SECOND = signer(1001), signer(1002)
INSISTING, STUBBORN, REFUSING = 1, 2, 3  # the moods of Reentrant.vy


@pytest.fixture
def made(chain: Chain) -> tuple[Nodes, Proxy]:
    return nodes_of(chain)


def held(chain: Chain, nodes: Nodes) -> int:
    return chain.connection.balance(nodes.address)


def reentrant(chain: Chain, nodes: Nodes) -> tuple[Proxy, str]:
    proxy = put(chain, "Reentrant")
    proof = nodes.proof(KEY, proxy.address)
    parts = (LISTING.tls, LISTING.hpke, LISTING.endpoint, LISTING.capacity, LISTING.price)
    proxy.act(nodes, "register", KEY.address, *parts, proof, value=2 * ETHER)
    return proxy, KEY.address


@pytest.mark.parametrize("inner", ["withdraw", "claim", "top_up"])
@pytest.mark.parametrize("outer", ["withdraw", "claim"])
def test_calling_again_from_within_a_payment_gains_nothing(
    chain: Chain, made: tuple[Nodes, Proxy], outer: str, inner: str
) -> None:
    nodes, jobs = made
    proxy, node = reentrant(chain, nodes)
    victim = registered(seen_by(chain, nodes, 1), SECOND, 5 * ETHER)
    jobs.act(nodes, "forfeit", victim, ETHER, [node])
    proxy.act(nodes, "begin_exit", node)
    chain.pass_time(TERMS.unbonding)
    args = {"withdraw": (node,), "claim": (), "top_up": (node,)}
    due = {"withdraw": 2 * ETHER, "claim": ETHER}[outer]
    again = call_of(nodes, inner, *args[inner])

    proxy.send("arm", INSISTING, nodes.address, again)
    with pytest.raises(ChainRefused):
        proxy.act(nodes, outer, *args[outer])
    assert held(chain, nodes) == 7 * ETHER

    proxy.send("arm", STUBBORN, nodes.address, again)
    proxy.act(nodes, outer, *args[outer])
    assert (proxy.read("tries"), proxy.read("successes")) == (1, 0)
    assert chain.connection.balance(proxy.address) == due
    assert held(chain, nodes) == 7 * ETHER - due


def test_an_operator_that_takes_no_money_harms_only_itself(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, jobs = made
    proxy, node = reentrant(chain, nodes)
    victim = registered(seen_by(chain, nodes, 1), SECOND, 5 * ETHER)
    proxy.send("arm", REFUSING, nodes.address, b"")
    jobs.act(nodes, "forfeit", victim, ETHER, [node])  # goes through: it is only written down
    with pytest.raises(ChainRefused):
        proxy.act(nodes, "claim")
    assert nodes.awarded(proxy.address) == ETHER


def test_ether_without_a_call_is_refused(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    with pytest.raises(ChainRefused):
        chain.sender().transfer(nodes.address, ETHER)
    assert held(chain, nodes) == 0
