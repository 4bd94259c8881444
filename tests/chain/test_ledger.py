from __future__ import annotations

import pytest
from tests.chain.conftest import Chain
from tests.chain.standing import events, identities_of, ledger_of, put, seen_by

from enigma.chain.identities import Identities, Right
from enigma.chain.ledger import MOST_BYTES, Entry, Ledger
from enigma.errors import ArgumentProblem, ChainRefused

pytestmark = pytest.mark.processes

KEY, OTHER = bytes([1]) * 32, bytes([2]) * 32


@pytest.fixture
def made(chain: Chain) -> tuple[Ledger, Identities, str]:
    identities = identities_of(chain)
    return ledger_of(chain, identities), identities, chain.accounts[0].address


def test_a_key_has_its_newest_value_and_all_that_were_before(
    chain: Chain, made: tuple[Ledger, Identities, str]
) -> None:
    ledger, identities, me = made
    assert ledger.read("identities") == identities.address
    assert ledger.get(me, KEY) is None
    assert ledger.history_length(me, KEY) == 0
    receipt = ledger.set(me, KEY, b"first")
    assert events(ledger, receipt) == [
        ("Set", {"space": me, "key": KEY, "writer": me, "position": 0, "value": b"first"})
    ]
    chain.pass_time(100)
    ledger.set(me, KEY, b"")
    ledger.set(me, OTHER, b"elsewhere")
    assert (ledger.get(me, KEY), ledger.get(me, OTHER), ledger.history_length(me, KEY)) == (b"", b"elsewhere", 2)
    block = chain.connection.block(receipt.block)
    assert block is not None
    assert ledger.entry(me, KEY, 0) == Entry(block.timestamp, block.number, me, b"first")
    for beyond in (2, 2**256 - 1):
        with pytest.raises(ChainRefused, match="shorter than that"):
            ledger.entry(me, KEY, beyond)


def test_a_reading_as_of_a_time_or_block_sees_what_stood_then(
    chain: Chain, made: tuple[Ledger, Identities, str]
) -> None:
    ledger, _, me = made
    stamps = []
    for number in range(9):
        block = chain.connection.block(ledger.set(me, KEY, bytes([number])).block)
        assert block is not None
        stamps.append(block)
        chain.mine(blocks=1 + number % 3, seconds=10)
    assert ledger.get_as_of(me, KEY, stamps[0].timestamp - 1) is None
    assert ledger.get_as_of_block(me, KEY, stamps[0].number - 1) is None
    for number, block in enumerate(stamps):
        for later in (0, 1):
            assert ledger.get_as_of(me, KEY, block.timestamp + later) == bytes([number])
            assert ledger.get_as_of_block(me, KEY, block.number + later) == bytes([number])
    for time in (2**48 - 1, 2**48, 2**256 - 1):
        assert ledger.get_as_of(me, KEY, time) == bytes([8])


def test_several_values_of_one_block_keep_their_order(chain: Chain, made: tuple[Ledger, Identities, str]) -> None:
    ledger, _, me = made
    sender = ledger.sender
    assert sender is not None
    chain.connection.ask("evm_setAutomine", False)
    try:
        sent = [sender.submit(ledger.address, ledger.abi, "set", me, KEY, value) for value in (b"a", b"b", b"c")]
        chain.mine()
        blocks = {sender.wait(each, ledger.abi).block for each in sent}
    finally:
        chain.connection.ask("evm_setAutomine", True)
    assert len(blocks) == 1
    entries = [ledger.entry(me, KEY, position) for position in range(3)]
    assert [entry.value for entry in entries] == [b"a", b"b", b"c"]
    assert ledger.get_as_of(me, KEY, entries[0].time) == b"c"
    assert ledger.get_as_of(me, KEY, entries[0].time - 1) is None


def test_only_members_with_the_right_to_store_write_in_a_space(
    chain: Chain, made: tuple[Ledger, Identities, str]
) -> None:
    ledger, identities, me = made
    other = chain.accounts[1].address
    stranger = seen_by(chain, ledger, 1)
    with pytest.raises(ChainRefused, match="no right to STORE in this space"):
        stranger.set(me, KEY, b"not mine")
    shared = identities.create({me: Right.ADMIN | Right.STORE, other: Right.READ | Right.COMPUTE})
    ledger.set(shared, KEY, b"ours")
    with pytest.raises(ChainRefused, match="no right to STORE in this space"):
        stranger.set(shared, KEY, b"not yet")
    identities.change(shared, other, Right.STORE)
    stranger.set(shared, KEY, b"and mine")
    assert [ledger.entry(shared, KEY, i).writer for i in (0, 1)] == [me, other]
    identities.remove(shared, other)
    with pytest.raises(ChainRefused, match="no right to STORE in this space"):
        stranger.set(shared, KEY, b"no longer")


def test_a_contract_writes_in_its_own_space(chain: Chain, made: tuple[Ledger, Identities, str]) -> None:
    ledger, _, me = made
    contract = put(chain, "StandIn")
    contract.act(ledger, "set", contract.address, KEY, b"public half")
    assert ledger.get(contract.address, KEY) == b"public half"
    with pytest.raises(ChainRefused, match="no right to STORE"):
        contract.act(ledger, "set", me, KEY, b"whoever calls it")


def test_a_value_has_at_most_4096_bytes(made: tuple[Ledger, Identities, str]) -> None:
    ledger, _, me = made
    ledger.set(me, KEY, bytes(MOST_BYTES))
    assert ledger.get(me, KEY) == bytes(MOST_BYTES)
    with pytest.raises(ChainRefused):
        ledger.set(me, KEY, bytes(MOST_BYTES + 1))
    with pytest.raises(ArgumentProblem):
        ledger.set(me, KEY + b"\0", b"")
    assert ledger.history_length(me, KEY) == 1


def test_a_ledger_needs_identities_that_are_there(chain: Chain, made: tuple[Ledger, Identities, str]) -> None:
    from enigma.chain.artifacts import load

    artifact = load("Ledger")
    with pytest.raises(ChainRefused, match="Identities must be a deployed contract"):
        chain.sender().deploy(artifact.abi, artifact.bytecode, chain.accounts[3].address)
