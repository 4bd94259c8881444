"""Private functions on the chain: what is asked of Jobs, and how what became of it is written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.vyper.anvil import Chain
from tests.contract.vyper.contracts_of_values import SECRET
from tests.contract.vyper.twins import Twins, decoded, encoded, reason, selector

from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.state import State
from enigma.contract.values.containers import OrderedSet
from enigma.contract.vyper import PublicHalf, Written, outcome, public_half
from enigma.errors import CallRefused

TEXT = """
class Sample(Contract):
    members: public[set[address]]
    named: public[map[int, int]]
    count: public[int]
    log_of: public[list[int]]
    kept: map[address, private[int(0, 9)]]

    @public
    def bump(self):
        self.count = 1

    @private
    def f(self, x: private[int(0, 9)], n: int, rows: private[int(0, 9)[:]]):
        require(n > 1, "more than one")
        self.kept[sender] = x
        self.count = reveal(x + sum(rows), to=everyone)
        require(self.count > 3, "too little")

    @private
    def g(self):
        return reveal(sum(self.kept.values()))
"""


def half_of(text: str) -> PublicHalf:
    return public_half(load(Source("sample.py", text)))


def test_it_says_what_the_chain_leaves_to_the_committee() -> None:
    half = half_of(TEXT)
    assert half.functions["f"].signature == "f(bytes32,int256,bytes32)"
    assert half.functions["f"].commitments == ("x", "rows")
    assert half.functions["f"].written == (Written("count", ("int256[]",)), Written("kept", ("address[]", "address[]")))
    assert half.functions["g"].written == ()
    assert half.notes == (
        "f: the requirement on line 18 of sample.py is the committee's to check",
        "the field count: written by the private function f, and settled by Jobs",
        "the keys of the private map kept: written by the private function f, and settled by Jobs",
    )


def test_a_request_carries_selector_arguments_and_commitments(public_chain: Chain) -> None:
    twins = Twins(public_chain, TEXT, ["ann"])
    commitments = [b"\1" * 32, b"\2" * 32]
    calldata = selector("f(bytes32,int256,bytes32)")
    calldata += encoded(["bytes32", "int256", "bytes32"], [commitments[0], 5, commitments[1]])
    done, output, _ = public_chain.send(str(address_of("ann")), twins.address, calldata)
    assert done
    assert int(output, 16) == 1
    last = public_chain.call(twins.jobs, selector("last()"))
    assert last[:4] == selector("f(bytes32,int256,bytes32)")
    asked = public_chain.call(twins.jobs, selector("request_of()"))
    from eth_utils.crypto import keccak

    arguments, given, asker = decoded(["bytes32", "bytes32[]", "address"], asked)
    assert arguments == keccak(encoded(["int256"], [5]))
    assert list(given) == commitments
    assert asker == str(address_of("ann"))


def settle(twins: Twins, sender: str, job: int, changes: int) -> str:
    """The refusal of a settlement; empty where it succeeds."""
    values = encoded(["int256[]", "address[]", "address[]"], [[7], [], [str(address_of("ann"))]])
    calldata = selector("enigma_settle(uint256,uint256,bytes)")
    calldata += encoded(["uint256", "uint256", "bytes"], [job, changes, values])
    done, output, _ = twins.chain.send(sender, twins.address, calldata)
    return "" if done else reason(output)


def test_only_jobs_settles_once_and_on_the_state_that_was_computed_on(public_chain: Chain) -> None:
    twins = Twins(public_chain, TEXT, ["ann"])
    ann = str(address_of("ann"))
    calldata = selector("f(bytes32,int256,bytes32)") + encoded(["bytes32", "int256", "bytes32"], [b"", 5, b""])
    assert public_chain.send(ann, twins.address, calldata)[0]
    assert settle(twins, ann, 1, 0) == "only Jobs settles"
    assert settle(twins, twins.jobs, 2, 0) == "there is nothing to settle of this job"
    assert public_chain.send(ann, twins.address, selector("bump()"))[0]
    assert settle(twins, twins.jobs, 1, 0) == "public fields have changed since this was computed"
    assert settle(twins, twins.jobs, 1, 1) == ""
    assert (twins.get("count"), twins.get("kept_keys"), twins.get("enigma_changes")) == (7, [ann], 2)
    assert settle(twins, twins.jobs, 1, 2) == "there is nothing to settle of this job"


def test_every_public_half_says_who_deployed_it(public_chain: Chain) -> None:
    twins = Twins(public_chain, SECRET.text, ["ann"])
    assert twins.get("deployer") == str(address_of("deployer"))
    assert twins.get("jobs") == twins.jobs
    assert twins.get("ledger") == twins.ledger


# ---------------------------------------------------------------- what changed, as few words

KEYS = st.lists(st.integers(0, 6), unique=True)
MAPS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), unique_by=lambda pair: pair[0]).map(dict)


def applied(items: list[Any], gone: list[Any], come: list[Any]) -> list[Any]:
    """What the chain makes of it."""
    left = [item for item in items if item not in gone]
    return left + [item for item in come if item not in left]


@given(KEYS, KEYS, MAPS, MAPS, KEYS, KEYS)
def test_an_outcome_leads_from_one_state_to_the_other(
    a: list[int], b: list[int], old: dict[int, int], new: dict[int, int], before: list[int], after: list[int]
) -> None:
    module = load(Source("sample.py", TEXT))
    assert module.contract is not None
    written = [Written("members", ()), Written("named", ()), Written("count", ()), Written("log_of", ())]
    first = State({"members": OrderedSet(a), "named": old, "log_of": before})
    second = State({"members": OrderedSet(b), "named": new, "log_of": after, "count": 3})
    gone, come, lost, keys, values, count, whether, whole = outcome(module.contract, written, first, second)
    assert applied(a, gone, come) == b
    assert applied(list(old), lost, keys) == list(new)
    assert {**{k: v for k, v in old.items() if k not in lost}, **dict(zip(keys, values, strict=True))} == new
    assert count == [3]
    assert (whole if whether else before) == after


def test_one_job_changes_only_so_much() -> None:
    module = load(Source("sample.py", TEXT))
    assert module.contract is not None
    many = State({"members": OrderedSet(range(129))})
    with pytest.raises(CallRefused, match=r"more than 128 entries of self\.members"):
        outcome(module.contract, [Written("members", ())], State(), many)
