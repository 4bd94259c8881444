from __future__ import annotations

from typing import Any

import pytest
from tests.chain.conftest import Chain
from tests.chain.standing import events, identities_of, seen_by, signer

from enigma.chain.connection import Connection
from enigma.chain.identities import (
    EVERYBODY,
    GRANT,
    Grant,
    Identities,
    Right,
    Use,
)
from enigma.errors import ChainRefused
from enigma.keys.account import Account

pytestmark = pytest.mark.processes

CONTRACT, CONTENT = bytes([7]) * 32, bytes([8]) * 32
CLUSTER = b"\x01\x02\x03\x04"
FAR = 2**64
ZERO = "0x" + "00" * 20
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


@pytest.fixture
def made(chain: Chain) -> Identities:
    return identities_of(chain)


@pytest.fixture
def people(chain: Chain) -> list[str]:
    return [account.address for account in chain.accounts[:6]]


def now(chain: Chain) -> int:
    return chain.connection.head().timestamp


def test_a_grant_is_for_one_function_or_all_until_a_time(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob = people[:2]
    one, every = Use(alice, CONTRACT, bob, CLUSTER), Use(alice, CONTRACT, bob)
    end = now(chain) + 1000
    receipt = identities.grant(one, until=end, uses=2)
    granted = {"owner": alice, "contract_id": CONTRACT, "function_id": CLUSTER, "who": bob}
    assert events(identities, receipt) == [("Granted", {**granted, "until": end, "uses": 2, "by": alice})]
    assert identities.granted(one)
    assert identities.grant_of(one) == Grant(end, 2)
    for other in (
        every,
        Use(alice, CONTRACT, alice, CLUSTER),
        Use(bob, CONTRACT, bob, CLUSTER),
        Use(alice, CONTENT, bob),
        Use(alice, CONTRACT, bob, b"\x01\x02\x03\x05"),
    ):
        assert not identities.granted(other)
    identities.grant(every, until=end + 1000, uses=1)
    assert identities.granted(Use(alice, CONTRACT, bob, b"\x01\x02\x03\x05"))
    chain.pass_time(1001)
    assert identities.granted(one)  # by the grant for all
    identities.revoke(every)
    assert not identities.granted(one)
    assert identities.grant_of(every) == Grant(0, 0)


def test_a_grant_ends_after_its_last_second(chain: Chain, made: Identities, people: list[str]) -> None:
    use, end = Use(people[0], CONTRACT, people[1]), now(chain) + 1000
    made.grant(use, until=end, uses=1)
    chain.connection.ask("evm_setNextBlockTimestamp", hex(end))
    chain.connection.ask("evm_mine")
    assert made.granted(use, at=chain.connection.head().number)
    chain.pass_time(1)
    assert not made.granted(use)


def test_a_grant_to_everybody_is_for_whoever_asks(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob, carol = people[:3]
    receipt = identities.grant(Use(alice, CONTRACT, EVERYBODY, CLUSTER), until=FAR, uses=9)
    assert events(identities, receipt)[0][1]["who"] == ZERO == EVERYBODY
    for who in (bob, carol):
        assert identities.granted(Use(alice, CONTRACT, who, CLUSTER))
        assert not identities.granted(Use(alice, CONTRACT, who))
        assert not identities.granted(Use(bob, CONTRACT, who, CLUSTER))
        assert identities.grant_of(Use(alice, CONTRACT, who, CLUSTER)) == Grant(0, 0)
    with pytest.raises(ChainRefused, match="no such grant"):
        identities.revoke(Use(alice, CONTRACT, bob, CLUSTER))  # what bob has is everybody's
    identities.revoke(Use(alice, CONTRACT, EVERYBODY, CLUSTER))
    assert not identities.granted(Use(alice, CONTRACT, bob, CLUSTER))


def test_an_owner_withdraws_from_a_contract(chain: Chain, made: Identities, people: list[str]) -> None:
    """Who reads the log forgets the owner's data; the controller keeps nothing of it."""
    identities = made
    alice, bob = people[:2]
    family = identities.create({alice: Right.ADMIN, bob: Right.STORE | Right.READ | Right.COMPUTE})
    told = {"owner": family, "contract_id": CONTRACT, "by": alice}
    assert events(identities, identities.withdraw(family, CONTRACT)) == [("Withdrawn", told)]
    own = {"owner": alice, "contract_id": CONTRACT, "by": alice}
    assert events(identities, identities.withdraw(alice, CONTRACT)) == [("Withdrawn", own)]
    as_bob = seen_by(chain, identities, 1)
    for owner in (family, alice):
        with pytest.raises(ChainRefused, match="takes the ADMIN right"):
            as_bob.withdraw(owner, CONTRACT)


def test_a_withdrawal_by_signature(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    owner, bringer = signer(78), seen_by(chain, identities, 4)  # the owner has no ether at all
    signature = identities.signed_withdraw(owner, owner.address, CONTRACT, nonce=0, deadline=FAR)
    good: dict[str, Any] = {"signer": owner.address, "deadline": FAR, "signature": signature}
    for wrong in (
        {**good, "deadline": FAR + 1},
        {**good, "signer": people[0]},
        {**good, "signature": identities.signed_withdraw(owner, people[0], CONTRACT, nonce=0, deadline=FAR)},
        {**good, "signature": identities.signed_withdraw(owner, owner.address, CONTENT, nonce=0, deadline=FAR)},
        {**good, "signature": identities.signed_withdraw(owner, owner.address, CONTRACT, nonce=1, deadline=FAR)},
        # A revocation says less, and is not a withdrawal.
        {
            **good,
            "signature": identities.signed_revoke(
                owner, Use(owner.address, CONTRACT, EVERYBODY), nonce=0, deadline=FAR
            ),
        },
    ):
        with pytest.raises(ChainRefused, match="not the signer's, or for another domain"):
            bringer.withdraw_signed(owner.address, CONTRACT, **wrong)
    receipt = bringer.withdraw_signed(owner.address, CONTRACT, **good)
    told = {"owner": owner.address, "contract_id": CONTRACT, "by": owner.address}
    assert events(identities, receipt) == [("Withdrawn", told)]
    with pytest.raises(ChainRefused, match="not the signer's"):
        bringer.withdraw_signed(owner.address, CONTRACT, **good)
    past = now(chain) - 1
    late = identities.signed_withdraw(owner, owner.address, CONTRACT, nonce=1, deadline=past)
    with pytest.raises(ChainRefused, match="deadline has passed"):
        bringer.withdraw_signed(owner.address, CONTRACT, signer=owner.address, deadline=past, signature=late)
    strange = identities.signed_withdraw(owner, people[0], CONTRACT, nonce=1, deadline=FAR)
    with pytest.raises(ChainRefused, match="takes the ADMIN right"):
        bringer.withdraw_signed(people[0], CONTRACT, signer=owner.address, deadline=FAR, signature=strange)


def test_only_administrators_of_the_owner_grant_and_revoke(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    alice, bob, carol = people[:3]
    family = identities.create({alice: Right.ADMIN, bob: Right.STORE | Right.READ | Right.COMPUTE})
    as_bob = seen_by(chain, identities, 1)
    use = Use(family, CONTRACT, carol)
    for wrong in (use, Use(alice, CONTRACT, carol)):
        with pytest.raises(ChainRefused, match="takes the ADMIN right"):
            as_bob.grant(wrong, until=FAR, uses=1)
    identities.grant(use, until=FAR, uses=1)
    with pytest.raises(ChainRefused, match="takes the ADMIN right"):
        as_bob.revoke(use)
    receipt = identities.revoke(use)
    assert events(identities, receipt)[0][0] == "Revoked"
    assert not identities.granted(use)
    with pytest.raises(ChainRefused, match="no such grant"):
        identities.revoke(use)
    with pytest.raises(ChainRefused, match="at least one use"):
        identities.grant(use, until=FAR, uses=0)
    with pytest.raises(ChainRefused, match="would have ended already"):
        identities.grant(use, until=now(chain) - 1, uses=1)


def signed(identities: Identities, owner: Account, use: Use, /, **changes: Any) -> dict[str, Any]:
    """The arguments of grant_signed; `changes` go into what is signed, not into what is brought."""
    terms = {"until": FAR, "uses": 3, "nonce": identities.nonce(owner.address), "deadline": FAR}
    signature = identities.signed_grant(owner, changes.pop("use", use), **{**terms, **changes})
    return {"until": FAR, "uses": 3, "signer": owner.address, "deadline": FAR, "signature": signature}


def test_a_grant_by_signature_costs_its_signer_nothing(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    owner = signer(77)  # has no ether at all
    use = Use(owner.address, CONTRACT, people[1])
    bringer = seen_by(chain, identities, 4)
    receipt = bringer.grant_signed(use, **signed(identities, owner, use))
    assert events(identities, receipt)[0][1]["by"] == owner.address
    assert identities.grant_of(use) == Grant(FAR, 3)
    assert identities.nonce(owner.address) == 1
    signature = identities.signed_revoke(owner, use, nonce=1, deadline=FAR)
    bringer.revoke_signed(use, signer=owner.address, deadline=FAR, signature=signature)
    assert not identities.granted(use)


def test_a_signed_grant_counts_once_and_only_as_signed(chain: Chain, made: Identities, people: list[str]) -> None:
    identities = made
    owner = chain.accounts[2]
    use = Use(owner.address, CONTRACT, people[1], CLUSTER)
    first = signed(identities, owner, use)
    identities.grant_signed(use, **first)
    seen_by(chain, identities, 2).revoke(use)
    with pytest.raises(ChainRefused, match="not the signer's, or for another domain"):
        identities.grant_signed(use, **first)  # replayed after it was revoked
    twin = identities_of(chain)
    with pytest.raises(ChainRefused, match="not the signer's, or for another domain"):
        twin.grant_signed(use, **signed(identities, owner, use, nonce=0))
    for change in (
        {"uses": 4},
        {"until": FAR + 1},
        {"nonce": 2},
        {"deadline": FAR + 1},
        {"use": Use(owner.address, CONTRACT, people[3], CLUSTER)},
        {"use": Use(owner.address, CONTRACT, people[1])},
        {"use": Use(owner.address, CONTENT, people[1], CLUSTER)},
        {"use": Use(people[0], CONTRACT, people[1], CLUSTER)},
    ):
        with pytest.raises(ChainRefused, match="not the signer's, or for another domain"):
            identities.grant_signed(use, **signed(identities, owner, use, **change))
    assert not identities.granted(use)


def test_a_signature_for_another_chain_or_in_its_second_form_is_refused(
    chain: Chain, made: Identities, people: list[str]
) -> None:
    identities = made
    owner = chain.accounts[2]
    use = Use(owner.address, CONTRACT, people[1])
    good = signed(identities, owner, use)
    message = use.message() | {"until": FAR, "uses": 3, "nonce": 0, "deadline": FAR}
    elsewhere = owner.sign_typed(identities.domain() | {"chainId": 1}, GRANT, message)
    with pytest.raises(ChainRefused, match="for another domain"):
        identities.grant_signed(use, **{**good, "signature": elsewhere})
    r, s, v = good["signature"][:32], int.from_bytes(good["signature"][32:64], "big"), good["signature"][64]
    second = r + (ORDER - s).to_bytes(32, "big") + bytes([55 - v])
    with pytest.raises(ChainRefused, match="malleable"):
        identities.grant_signed(use, **{**good, "signature": second})
    with pytest.raises(ChainRefused, match="not the signer's"):
        identities.grant_signed(use, **{**good, "signature": bytes(64) + b"\x1b", "signer": ZERO})
    identities.grant_signed(use, **good)


def test_a_chain_that_forks_off_takes_no_signature_of_the_other(
    chain: Chain, made: Identities, people: list[str]
) -> None:
    """The chain's id is read at each call: the same contract, after a fork with another id, has another domain."""
    identities = made
    owner = chain.accounts[2]
    use = Use(owner.address, CONTRACT, people[1])
    args = signed(identities, owner, use)
    call = (*use.encoded(), FAR, 3, owner.address, FAR, args["signature"])
    identities.connection.read(identities.address, identities.abi, "grant_signed", *call)  # would go through here
    before = identities.read("domain_separator")
    chain.connection.ask("anvil_setChainId", 4242)
    try:
        forked = Connection(chain.url)
        assert forked.chain_id == 4242
        assert forked.read(identities.address, identities.abi, "domain_separator") != before
        with pytest.raises(ChainRefused, match="for another domain"):
            forked.read(identities.address, identities.abi, "grant_signed", *call)
        forked.close()
    finally:
        chain.connection.ask("anvil_setChainId", 31337)


def test_signatures_end_with_their_deadline_their_signers_rights_and_a_skipped_nonce(
    chain: Chain, made: Identities, people: list[str]
) -> None:
    identities = made
    alice, bob = chain.accounts[0], chain.accounts[1]
    family = identities.create({alice.address: Right.ADMIN, bob.address: Right.ADMIN})
    use = Use(family, CONTRACT, people[3])
    past = now(chain) - 1
    late = identities.signed_grant(bob, use, until=FAR, uses=1, nonce=0, deadline=past)
    with pytest.raises(ChainRefused, match="deadline has passed"):
        identities.grant_signed(use, until=FAR, uses=1, signer=bob.address, deadline=past, signature=late)
    revoking = identities.signed_revoke(bob, use, nonce=0, deadline=past)
    with pytest.raises(ChainRefused, match="deadline has passed"):
        identities.revoke_signed(use, signer=bob.address, deadline=past, signature=revoking)
    kept = signed(identities, bob, use)
    identities.change(family, bob.address, Right.READ)
    with pytest.raises(ChainRefused, match="takes the ADMIN right"):
        identities.grant_signed(use, **kept)
    identities.change(family, bob.address, Right.ADMIN)
    seen_by(chain, identities, 1).skip_nonce()
    with pytest.raises(ChainRefused, match="not the signer's"):
        identities.grant_signed(use, **kept)
