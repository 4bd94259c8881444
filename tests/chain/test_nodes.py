from __future__ import annotations

from typing import Any

import pytest
from tests.chain.conftest import Chain
from tests.chain.standing import (
    ETHER,
    LISTING,
    OTHER_LISTING,
    TERMS,
    Proxy,
    events,
    next_epoch,
    nodes_of,
    registered,
    seen_by,
    signer,
)

from enigma.chain.nodes import Nodes, Status, Terms
from enigma.errors import ArgumentProblem, ChainRefused

pytestmark = pytest.mark.processes

KEY, SECOND, THIRD = signer(1001), signer(1002), signer(1003)
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


@pytest.fixture
def made(chain: Chain) -> tuple[Nodes, Proxy]:
    return nodes_of(chain)


def held(chain: Chain, nodes: Nodes) -> int:
    return chain.connection.balance(nodes.address)


# ---------------------------------------------------------------- a node's life


def test_a_node_registers_logs_in_and_out_and_gets_its_deposit_back(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    operator = chain.accounts[0].address
    assert nodes.node(KEY.address) is None
    assert nodes.terms() == TERMS
    receipt = nodes.register(KEY.address, LISTING, nodes.proof(KEY, operator), deposit=2 * ETHER)
    listing = {"tls": LISTING.tls, "hpke": LISTING.hpke, "endpoint": LISTING.endpoint, "capacity": 4, "price": 7}
    assert events(nodes, receipt) == [
        ("Registered", {"node": KEY.address, "operator": operator, "deposit": 2 * ETHER}),
        ("Described", {"node": KEY.address, **listing}),
    ]
    found = nodes.node(KEY.address)
    assert found is not None
    assert (found.operator, found.listing, found.deposit) == (operator, LISTING, 2 * ETHER)
    assert (found.status, found.reputation, found.locks, found.place) == (Status.LOGGED_OUT, 0, 0, 0)
    assert nodes.listed() == [KEY.address]
    assert nodes.weight(KEY.address) == 0

    assert events(nodes, nodes.log_in(KEY.address)) == [("LoggedIn", {"node": KEY.address})]
    assert nodes.weight(KEY.address) == 2 * 10**9
    nodes.top_up(KEY.address, ETHER)
    assert nodes.weight(KEY.address) == 3 * 10**9
    nodes.describe(KEY.address, OTHER_LISTING)
    again = nodes.node(KEY.address)
    assert again is not None
    assert again.listing == OTHER_LISTING
    nodes.log_out(KEY.address)
    nodes.begin_exit(KEY.address)
    with pytest.raises(ChainRefused, match="the unbonding time has not passed"):
        nodes.withdraw(KEY.address)
    for forbidden in (nodes.log_in, nodes.log_out, nodes.begin_exit):
        with pytest.raises(ChainRefused, match="the node is leaving or has left"):
            forbidden(KEY.address)
    chain.pass_time(TERMS.unbonding)
    before, receipt = chain.connection.balance(operator), nodes.withdraw(KEY.address)
    assert chain.connection.balance(operator) == before + 3 * ETHER - receipt.gas_used * receipt.fee
    assert held(chain, nodes) == 0
    assert nodes.listed() == []
    gone = nodes.node(KEY.address)
    assert gone is not None
    assert gone.status is Status.LEFT


def test_a_deposit_is_paid_back_once_and_only_to_the_operator(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    stranger = seen_by(chain, nodes, 1)
    node = registered(nodes, KEY)
    registered(stranger, SECOND)  # whose deposit could be paid out by mistake
    nodes.begin_exit(node)
    chain.pass_time(TERMS.unbonding)
    with pytest.raises(ChainRefused, match="only the node's operator"):
        stranger.withdraw(node)
    nodes.withdraw(node)
    with pytest.raises(ChainRefused, match="a deposit is paid back once"):
        nodes.withdraw(node)
    with pytest.raises(ChainRefused, match="call begin_exit first"):
        stranger.withdraw(SECOND.address)
    assert held(chain, nodes) == 2 * ETHER


def test_a_name_that_has_left_is_never_used_again_and_its_place_is(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    node = registered(nodes, KEY)
    registered(nodes, SECOND)
    nodes.begin_exit(node)
    chain.pass_time(TERMS.unbonding)
    nodes.withdraw(node)
    with pytest.raises(ChainRefused, match="is registered, or has left"):
        registered(nodes, KEY)
    registered(nodes, THIRD)
    assert nodes.listed() == [THIRD.address, SECOND.address]


@pytest.mark.parametrize("call", ["describe", "top_up", "log_in", "log_out", "begin_exit", "withdraw"])
def test_only_the_operator_moves_a_node(chain: Chain, made: tuple[Nodes, Proxy], call: str) -> None:
    nodes, _ = made
    node = registered(nodes, KEY)
    stranger = seen_by(chain, nodes, 1)
    more = {"describe": (LISTING,), "top_up": (1,)}.get(call, ())
    with pytest.raises(ChainRefused, match="only the node's operator"):
        getattr(stranger, call)(node, *more)
    with pytest.raises(ChainRefused, match="only the node's operator"):
        getattr(nodes, call)(SECOND.address, *more)  # nobody operates a node that is not there


def test_amounts_below_the_minimum_and_beyond_every_purse_are_refused(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    with pytest.raises(ChainRefused, match="deposit is below the minimum"):
        registered(nodes, KEY, TERMS.minimum - 1)
    with pytest.raises(ChainRefused, match="deposit is below the minimum"):
        registered(nodes, KEY, 0)
    chain.connection.ask("anvil_setBalance", chain.accounts[0].address, hex(2**200))
    with pytest.raises(ChainRefused, match="deposit is above the maximum"):
        registered(nodes, KEY, 2**48 * 10**9)
    node = registered(nodes, KEY, 2**48 * 10**9 - 1)
    with pytest.raises(ChainRefused, match="deposit is above the maximum"):
        nodes.top_up(node, 1)
    with pytest.raises(ChainRefused, match="send the amount to add"):
        nodes.top_up(node, 0)


def test_the_largest_deposit_with_the_largest_reputation_does_not_overflow(chain: Chain) -> None:
    nodes, jobs = nodes_of(chain, Terms(10**9, 300, 100, 2**16 - 2))
    chain.connection.ask("anvil_setBalance", chain.accounts[0].address, hex(2**200))
    node = registered(nodes, KEY, 2**48 * 10**9 - 1)
    nodes.log_in(node)
    base = _slot_of_reputation(chain, nodes, node)
    chain.connection.ask("anvil_setStorageAt", nodes.address, hex(base), "0x" + (2**16 - 3).to_bytes(32, "big").hex())
    jobs.act(nodes, "credit_reputation", [node])
    assert nodes.weight(node) == (2**48 - 1) * (2**16 - 1)
    chain.pass_time(TERMS.epoch)
    assert list(nodes.weights(nodes.epoch())) == [(2**48 - 1) * (2**16 - 1)]
    jobs.act(nodes, "credit_reputation", [node])  # at the cap nothing changes, and nothing fails
    assert nodes.weight(node) == (2**48 - 1) * (2**16 - 1)


def _slot_of_reputation(chain: Chain, nodes: Nodes, node: str) -> int:
    """Vyper's place of nodes[node].reputation: keccak(slot . key), and 11 slots on (the endpoint takes five)."""
    from eth_utils.crypto import keccak

    return int.from_bytes(keccak((4).to_bytes(32, "big") + bytes(12) + bytes.fromhex(node[2:])), "big") + 11


def test_unsound_terms_are_refused_at_deployment(chain: Chain) -> None:
    for terms, reason in (
        (Terms(10**9 - 1, 300, 100, 5), "the minimum deposit"),
        (Terms(2**48 * 10**9, 300, 100, 5), "the minimum deposit"),
        (Terms(10**9, 299, 100, 5), "at least three epochs"),
        (Terms(10**9, 300, 0, 5), "at least a second"),
        (Terms(10**9, 10**9 + 1, 1, 5), "at most"),
        (Terms(10**9, 300, 100, 2**16 - 1), "the reputation cap"),
    ):
        with pytest.raises(ChainRefused, match=reason):
            nodes_of(chain, terms)


def test_without_a_sender_nothing_is_sent(made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    with pytest.raises(ArgumentProblem, match="nobody is there to sign"):
        Nodes(nodes.connection, nodes.address).claim()


# ---------------------------------------------------------------- whose key


def test_nobody_registers_the_key_of_another(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    thief = seen_by(chain, nodes, 1)
    seen_on_its_way = nodes.proof(KEY, chain.accounts[0].address)
    with pytest.raises(ChainRefused, match="not the signer's"):
        thief.register(KEY.address, LISTING, seen_on_its_way, deposit=ETHER)
    with pytest.raises(ChainRefused, match="not the signer's"):
        thief.register(KEY.address, LISTING, nodes.proof(SECOND, chain.accounts[1].address), deposit=ETHER)
    nodes.register(KEY.address, LISTING, seen_on_its_way, deposit=ETHER)  # and the owner still can


def test_a_proof_for_another_contract_or_chain_is_refused(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    twin, _ = nodes_of(chain)
    operator = chain.accounts[0].address
    with pytest.raises(ChainRefused, match="for another domain"):
        nodes.register(KEY.address, LISTING, twin.proof(KEY, operator), deposit=ETHER)
    types = {"Registration": [{"name": "operator", "type": "address"}, {"name": "signing", "type": "address"}]}
    message = {"operator": operator, "signing": KEY.address}
    for change in ({"chainId": 1}, {"version": "2"}, {"name": "Enigma Identities"}):
        elsewhere = KEY.sign_typed(nodes.domain() | change, types, message)
        with pytest.raises(ChainRefused, match="for another domain"):
            nodes.register(KEY.address, LISTING, elsewhere, deposit=ETHER)


def test_the_domain_is_the_one_of_eip_712(made: tuple[Nodes, Proxy]) -> None:
    from eth_account.messages import encode_typed_data

    nodes, _ = made
    message = encode_typed_data(nodes.domain(), {"Empty": [{"name": "x", "type": "uint256"}]}, {"x": 1})
    assert nodes.read("domain_separator") == bytes(message.header)


def test_the_second_form_of_a_signature_is_refused(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    proof = nodes.proof(KEY, chain.accounts[0].address)
    s = int.from_bytes(proof[32:64], "big")
    twin = proof[:32] + (ORDER - s).to_bytes(32, "big") + bytes([55 - proof[64]])
    with pytest.raises(ChainRefused, match="malleable"):
        nodes.register(KEY.address, LISTING, twin, deposit=ETHER)
    for wrong, reason in (
        (proof[:64] + bytes([proof[64] - 27]), "27 or 28"),
        (proof[:64], "65 bytes"),
        (b"", "65 bytes"),
        (bytes(64) + b"\x1b", "not the signer's"),
        (bytes([proof[0] ^ 1]) + proof[1:], "not the signer's"),
    ):
        with pytest.raises(ChainRefused, match=reason):
            nodes.register(KEY.address, LISTING, wrong, deposit=ETHER)


def test_the_zero_address_cannot_be_a_node(made: tuple[Nodes, Proxy]) -> None:
    """ecrecover answers zero for what is no signature."""
    nodes, _ = made
    for proof in (bytes(64) + b"\x1b", b"\xff" * 32 + bytes(32) + b"\x1c"):
        with pytest.raises(ChainRefused, match="not the signer's"):
            nodes.register("0x" + "00" * 20, LISTING, proof, deposit=ETHER)


# ---------------------------------------------------------------- Jobs, and nobody else


def test_jobs_is_bound_once_by_the_deployer_before_anybody_can_deposit(chain: Chain) -> None:
    nodes, jobs = nodes_of(chain, bound=False)
    assert nodes.jobs() is None
    with pytest.raises(ChainRefused, match="Jobs is not bound yet"):
        registered(nodes, KEY)
    with pytest.raises(ChainRefused, match="only the deployer"):
        seen_by(chain, nodes, 1).bind(jobs.address)
    with pytest.raises(ChainRefused, match="must be a deployed contract"):
        nodes.bind(chain.accounts[0].address)
    assert events(nodes, nodes.bind(jobs.address)) == [("Bound", {"jobs": jobs.address})]
    with pytest.raises(ChainRefused, match="bound already"):
        nodes.bind(jobs.address)
    assert nodes.jobs() == jobs.address


@pytest.mark.parametrize(
    ("call", "args"),
    [
        ("lock", ([KEY.address],)),
        ("unlock", ([KEY.address],)),
        ("credit_reputation", ([KEY.address],)),
        ("suspend", (KEY.address, 0)),
        ("forfeit", (KEY.address, 1, [SECOND.address])),
    ],
)
def test_only_jobs_locks_credits_suspends_and_forfeits(
    chain: Chain, made: tuple[Nodes, Proxy], call: str, args: tuple[Any, ...]
) -> None:
    nodes, _ = made
    registered(nodes, KEY)
    registered(seen_by(chain, nodes, 1), SECOND)
    for index in (0, 1, 2):  # the deployer, who is the operator too; another operator; a stranger
        with pytest.raises(ChainRefused, match="only Jobs may do this"):
            seen_by(chain, nodes, index).send(call, *args)


def test_a_locked_node_cannot_withdraw_until_its_committees_let_it_go(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, jobs = made
    node = registered(nodes, KEY)
    nodes.log_in(node)
    jobs.act(nodes, "lock", [node])
    nodes.begin_exit(node)
    jobs.act(nodes, "lock", [node])  # drawn before it wanted to leave, and told after
    chain.pass_time(TERMS.unbonding)
    for locks in (2, 1):
        found = nodes.node(node)
        assert found is not None
        assert found.locks == locks
        with pytest.raises(ChainRefused, match="committees still count on this node"):
            nodes.withdraw(node)
        jobs.act(nodes, "unlock", [node])
    with pytest.raises(ChainRefused, match="the node is not locked"):
        jobs.act(nodes, "unlock", [node])
    nodes.withdraw(node)
    with pytest.raises(ChainRefused, match="no such node, or it has left"):
        jobs.act(nodes, "lock", [node])
    assert held(chain, nodes) == 0


def test_reputation_and_locks_move_the_weight(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, jobs = made
    node = registered(nodes, KEY, 2 * ETHER)
    nodes.log_in(node)
    for points in range(1, 8):
        jobs.act(nodes, "credit_reputation", [node])
        assert nodes.weight(node) == 2 * 10**9 * (1 + min(points, TERMS.reputation_cap))
    jobs.act(nodes, "lock", [node])
    assert nodes.weight(node) == 2 * 10**9 * 6 // 2
    jobs.act(nodes, "lock", [node, node])
    assert nodes.weight(node) == 2 * 10**9 * 6 // 4


def test_a_suspended_node_is_logged_out_for_a_time_and_keeps_its_deposit(
    chain: Chain, made: tuple[Nodes, Proxy]
) -> None:
    nodes, jobs = made
    node = registered(nodes, KEY)
    nodes.log_in(node)
    now = chain.connection.head().timestamp
    with pytest.raises(ChainRefused, match="at most as long as the unbonding time"):
        jobs.act(nodes, "suspend", node, now + TERMS.unbonding + 1000)
    jobs.act(nodes, "suspend", node, now + 500)
    jobs.act(nodes, "suspend", node, now + 100)  # a shorter one does not shorten it
    assert nodes.weight(node) == 0
    chain.pass_time(200)
    with pytest.raises(ChainRefused, match="the node is suspended"):
        nodes.log_in(node)
    chain.pass_time(300)
    nodes.log_in(node)
    assert nodes.weight(node) == 2 * 10**9
    assert held(chain, nodes) == 2 * ETHER


def test_a_suspension_does_not_shorten_or_lengthen_an_exit(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, jobs = made
    node = registered(nodes, KEY)
    nodes.begin_exit(node)
    before = nodes.node(node)
    jobs.act(nodes, "suspend", node, 0)
    assert nodes.node(node) == before


def test_a_forfeit_is_split_among_other_operators_who_claim_it(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, jobs = made
    second, third = seen_by(chain, nodes, 1), seen_by(chain, nodes, 2)
    node = registered(nodes, KEY, 2 * ETHER)
    nodes.log_in(node)
    jobs.act(nodes, "credit_reputation", [node])
    honest = [registered(second, SECOND), registered(third, THIRD), registered(third, signer(1004))]
    receipt = jobs.act(nodes, "forfeit", node, ETHER + 2, honest)
    share = (ETHER + 2) // 3
    named = [(name, values.get("amount")) for name, values in events(nodes, receipt)]
    assert named == [("Forfeited", 3 * share), *[("Awarded", share)] * 3]
    found = nodes.node(node)
    assert found is not None
    assert (found.deposit, found.reputation) == (2 * ETHER - 3 * share, 0)
    assert nodes.weight(node) == 0  # the deposit is below the minimum now
    accounts = [account.address for account in chain.accounts[:3]]
    assert [nodes.awarded(each) for each in accounts] == [0, share, 2 * share]
    third.claim()
    with pytest.raises(ChainRefused, match="nothing to claim"):
        third.claim()
    with pytest.raises(ChainRefused, match="nothing to claim"):
        nodes.claim()
    assert held(chain, nodes) == 8 * ETHER - 2 * share
    nodes.log_out(node)
    with pytest.raises(ChainRefused, match="below the minimum: top it up"):
        nodes.log_in(node)
    nodes.top_up(node, ETHER)
    nodes.log_in(node)


def test_even_jobs_forfeits_only_by_the_rules(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, jobs = made
    node, own = registered(nodes, KEY, 2 * ETHER), registered(nodes, SECOND)
    other = registered(seen_by(chain, nodes, 1), THIRD)
    for args, reason in (
        ((node, 2 * ETHER + 1, [other]), "more than the deposit"),
        ((node, ETHER, []), "name the nodes"),
        ((node, ETHER, [own]), "cannot go back to its operator"),
        ((node, ETHER, [other, node]), "cannot go back to its operator"),
        ((node, ETHER, [chain.accounts[5].address]), "registered nodes only"),
        ((signer(9).address, 0, [other]), "no such node"),
    ):
        with pytest.raises(ChainRefused, match=reason):
            jobs.act(nodes, "forfeit", *args)
    jobs.act(nodes, "forfeit", node, 2 * ETHER, [other])
    nodes.begin_exit(node)
    chain.pass_time(TERMS.unbonding)
    nodes.withdraw(node)  # of nothing
    with pytest.raises(ChainRefused, match="no such node, or it has left"):
        jobs.act(nodes, "forfeit", node, 0, [other])
    assert held(chain, nodes) == 6 * ETHER


def test_a_deposit_can_fall_while_its_node_is_leaving(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, jobs = made
    node, other = registered(nodes, KEY, 2 * ETHER), registered(seen_by(chain, nodes, 1), SECOND)
    nodes.begin_exit(node)
    chain.pass_time(TERMS.unbonding)
    jobs.act(nodes, "forfeit", node, ETHER, [other])
    nodes.withdraw(node)
    assert held(chain, nodes) == 3 * ETHER


# ---------------------------------------------------------------- sortition cannot be moved


def test_nothing_that_is_done_in_an_epoch_counts_in_it(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    """Whoever has seen this epoch's seed can change no weight of this epoch's draw, whatever he does."""
    nodes, jobs = made
    operator = seen_by(chain, nodes, 1)
    steady, moving = registered(nodes, KEY, ETHER), registered(operator, SECOND, ETHER)
    nodes.log_in(steady)
    operator.log_in(moving)
    next_epoch(chain)
    gwei = 10**9
    epoch = nodes.epoch()
    assert list(nodes.weights(epoch)) == [gwei, gwei]
    assert list(nodes.weights(epoch - 1)) == [0, 0]

    def stands_still(weights: list[int], places: int) -> None:
        assert nodes.epoch() == epoch
        assert list(nodes.weights(epoch)) == weights + [0] * (places - len(weights))
        assert nodes.eligible(steady, epoch)
        assert nodes.eligible(moving, epoch)

    operator.top_up(moving, 5 * ETHER)
    stands_still([gwei, gwei], 2)
    late = registered(operator, THIRD)
    operator.log_in(late)
    stands_still([gwei, gwei], 3)
    assert not nodes.eligible(late, epoch)
    jobs.act(nodes, "credit_reputation", [moving])
    jobs.act(nodes, "lock", [steady])
    stands_still([gwei, gwei], 3)
    operator.log_out(moving)
    operator.begin_exit(moving)
    stands_still([gwei, gwei], 3)

    next_epoch(chain)
    assert nodes.epoch() == epoch + 1
    assert list(nodes.weights(epoch)) == [gwei, gwei, 0]
    assert list(nodes.weights(epoch + 1)) == [gwei // 2, 0, 2 * gwei]
    operator.top_up(late, ETHER)
    operator.log_out(late)
    assert list(nodes.weights(epoch)) == [gwei, gwei, 0]  # a draw of the last epoch can still be finished
    assert list(nodes.weights(epoch + 1)) == [gwei // 2, 0, 2 * gwei]


def test_weights_are_told_for_this_epoch_and_the_last_only(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    next_epoch(chain)
    node = registered(nodes, KEY)
    nodes.log_in(node)
    epoch = nodes.epoch()
    for asked, reason in ((epoch + 1, "not settled yet"), (epoch - 2, "for this epoch and the last")):
        with pytest.raises(ChainRefused, match=reason):
            nodes.weights(asked)
        with pytest.raises(ChainRefused, match=reason):
            nodes.eligible(node, asked)
    for quiet in (1, 2, 7):
        chain.pass_time(quiet * TERMS.epoch)
        assert list(nodes.weights(nodes.epoch())) == [2 * 10**9]


def test_weights_come_in_pages(chain: Chain, made: tuple[Nodes, Proxy]) -> None:
    nodes, _ = made
    next_epoch(chain)
    for number in range(3):
        nodes.log_in(registered(nodes, signer(2000 + number)))
    epoch = nodes.epoch()
    for first, count, found in ((0, 2, 2), (2, 2, 1), (3, 2, 0), (2**256 - 1, 256, 0), (1, 2**256 - 1, 2)):
        assert len(nodes.read("weights_in", epoch, first, count)) == found
