"""We and a wallet's library, viem, understand each other: typed data signed by either, calls and events by our ABI."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.chain.conftest import Chain
from tests.chain.standing import seen_by, signer
from tests.conftest import NEEDS_A_TOOL

from enigma.chain.artifacts import load
from enigma.chain.identities import GRANT, REVOKE, Grant, Identities, Right, Use
from enigma.errors import ChainRefused
from enigma.keys.account import Account

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
VIEM = ROOT / ".tools" / "viem"
SCRIPT = Path(__file__).parent / "viem" / "wallet.cjs"
FAR = 2**64 + 1  # a number that JavaScript's own numbers do not hold
Wallet = Callable[..., Any]


@pytest.fixture(scope="session")
def wallet() -> Wallet:
    """Gives viem an order, and its answer."""
    node = shutil.which("node")
    if node is None or not (VIEM / "node_modules" / "viem").is_dir():
        pytest.skip(f"{NEEDS_A_TOOL}viem, a wallet's library, is not installed; with Node 20 or newer: make viem")

    def order(what: str, **given: Any) -> Any:
        done = subprocess.run(
            [node, str(SCRIPT), str(VIEM)],
            input=json.dumps({"order": what, **given}),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return order


@pytest.fixture
def identities(chain: Chain) -> Identities:
    artifact, sender = load("Identities"), chain.sender()
    return Identities(chain.connection, sender.deploy(artifact.abi, artifact.bytecode), sender)


def terms(identities: Identities, owner: Account, use: Use) -> dict[str, Any]:
    return use.message() | {"until": FAR, "uses": 3, "nonce": identities.nonce(owner.address), "deadline": FAR}


def signed_by(wallet: Wallet, account: Account, typed: dict[str, Any]) -> bytes:
    answer = wallet("sign", key="0x" + account.private_bytes().hex(), typed=typed)
    assert answer["address"] == account.address
    return bytes.fromhex(answer["signature"][2:])


def test_a_grant_that_a_wallet_signed_is_accepted_and_so_is_its_revocation(
    chain: Chain, identities: Identities, wallet: Wallet
) -> None:
    owner, use = signer(77), Use(signer(77).address, bytes([7]) * 32, chain.accounts[1].address, b"\x01\x02\x03\x04")
    bringer = seen_by(chain, identities, 4)
    typed = json.loads(json.dumps(identities.to_sign(GRANT, terms(identities, owner, use))))
    signature = signed_by(wallet, owner, typed)
    other = {**typed, "domain": {**typed["domain"], "chainId": "1"}}
    elsewhere = signed_by(wallet, owner, other)
    with pytest.raises(ChainRefused, match="not the signer's, or for another domain"):
        bringer.grant_signed(use, until=FAR, uses=3, signer=owner.address, deadline=FAR, signature=elsewhere)
    bringer.grant_signed(use, until=FAR, uses=3, signer=owner.address, deadline=FAR, signature=signature)
    assert identities.grant_of(use) == Grant(FAR, 3)

    typed = identities.to_sign(REVOKE, use.message() | {"nonce": 1, "deadline": FAR})
    revocation = signed_by(wallet, owner, typed)
    bringer.revoke_signed(use, signer=owner.address, deadline=FAR, signature=revocation)
    assert not identities.granted(use)


def test_a_wallet_verifies_what_we_signed(chain: Chain, identities: Identities, wallet: Wallet) -> None:
    owner = chain.accounts[2]
    use = Use(owner.address, bytes([7]) * 32, chain.accounts[1].address)
    message = terms(identities, owner, use)
    signature = identities.sign(owner, GRANT, message)
    asked = {"address": owner.address, "typed": identities.to_sign(GRANT, message), "signature": "0x" + signature.hex()}
    assert wallet("verify", **asked) is True
    assert wallet("verify", **{**asked, "address": chain.accounts[3].address}) is False
    changed = identities.to_sign(GRANT, message | {"uses": 4})
    assert wallet("verify", **{**asked, "typed": changed}) is False


def test_both_sign_the_same_bytes(chain: Chain, identities: Identities, wallet: Wallet) -> None:
    """Signatures are deterministic (RFC 6979): equal bytes signed give equal signatures."""
    owner = chain.accounts[2]
    message = terms(identities, owner, Use(owner.address, bytes([7]) * 32, chain.accounts[1].address))
    assert signed_by(wallet, owner, identities.to_sign(GRANT, message)) == identities.sign(owner, GRANT, message)


def test_a_wallet_reads_a_controller_by_the_abi_that_we_ship(
    chain: Chain, identities: Identities, wallet: Wallet
) -> None:
    alice, bob = (account.address for account in chain.accounts[:2])
    family = identities.create({alice: Right.EVERY, bob: Right.READ})
    use = Use(family, bytes([7]) * 32, bob, b"\x01\x02\x03\x04")
    receipt = identities.grant(use, until=FAR, uses=2**60 + 1)
    place = {"url": chain.url, "address": identities.address, "abi": identities.abi}
    members, rights = wallet("read", **place, functionName="members", args=[family])
    assert dict(zip(members, map(int, rights), strict=True)) == identities.members(family)
    assert wallet("events", **place, eventName="Granted", fromBlock=receipt.block) == [
        {
            "owner": family,
            "contract_id": "0x" + "07" * 32,
            "function_id": "0x01020304",
            "who": bob,
            "until": str(FAR),
            "uses": str(2**60 + 1),
            "by": alice,
        }
    ]
