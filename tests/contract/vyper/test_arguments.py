"""The arguments' hash that a seat computes is the one that the generated public half computes on a real chain."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.vyper.anvil import Chain
from tests.contract.vyper.twins import Twins, decoded, encoded, reason, selector

from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.canonical import encode_value
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.values.containers import OrderedSet
from enigma.contract.vyper import public_half
from enigma.contract.vyper.arguments import (
    AbiValues,
    calldata,
    construction,
    decode_arguments,
    encode_arguments,
    hashed,
    public_arguments,
)
from enigma.errors import ArgumentProblem, WireError
from enigma.wire import codec

TEXT = """
LEAST = 3
Row = table(age=int(0, 120), member=bool)

class Sample(Contract):
    total: public[int] = 0
    ratio: public[fixed] = 0

    @public
    def __init__(self, n: int, share: fixed = 0.25, names: list[text] = ["a", "b"]):
        self.total = n + len(names)
        self.ratio = share

    @private
    def nothing(self):
        self.total = 1

    @private
    def secret(self, x: private[int(0, 9)]):
        self.total = 2

    @private
    def one(self, n: int(-5, 100)):
        self.total = n

    @private
    def mixed(self, a: private[int(0, 9)], n: int, rows: private[Row], who: address, letter: document, yes: bool):
        DHT[sender] = letter
        self.total = n

    @private
    def texts(self, note: text, names: list[text], kind: category("android", "ios")):
        self.total = len(names)

    @private
    def numbers(self, share: fixed, shares: list[fixed(-1, 1)], many: list[int], flags: list[bool]):
        self.total = len(many)

    @private
    def sets(self, team: set[address], names: set[text], n: set[int]):
        self.total = len(team)

    @private
    def defaults(self, x: private[int(0, 9)], n: int = LEAST, note: text = "none", yes: bool = True):
        self.total = n

    @private
    def more_defaults(self, n: int, share: fixed = 1.50, x: private[int(0, 9)] = 3, names: list[text] = ["a"],
                      kind: category("android", "ios") = "ios"):
        self.total = n

    @public
    def told(self, share: fixed, names: set[text], who: address, n: int = 5):
        emit("Told", share=share, names=list(names), who=who, n=n)
        return share, list(names), who, n
"""
MODULE = load(Source("sample.py", TEXT))
ANN, BOB = address_of("ann"), address_of("bob")


def of(text: str) -> Module:
    return load(Source("sample.py", text))


def keccak_of(found: AbiValues) -> bytes:
    return bytes(keccak(encoded(found.types, found.values) if found.types else b""))


@pytest.fixture(scope="module")
def twins(public_chain: Chain) -> Twins:
    return Twins(public_chain, TEXT, ["ann", "bob"], n=2, share=Decimal("0.5"), names=["x"])


def request(twins: Twins, name: str, values: dict[str, Any]) -> tuple[bytes, list[bytes], str]:
    """Calls the public half as an asker would; what it asked Jobs for."""
    entry = twins.half.functions[name]
    commitments = {each: bytes([i + 1]) * 32 for i, each in enumerate(entry.commitments)}
    handed = calldata(MODULE, name, values, commitments)
    assert entry.signature == f"{name}({','.join(handed.types)})"
    transaction = selector(entry.signature) + encoded(handed.types, handed.values)
    done, output, _ = twins.chain.send(str(ANN), twins.address, transaction)
    assert done, reason(output)
    answer = twins.chain.call(twins.jobs, selector("request_of()"))
    arguments, committed, asker = decoded(["bytes32", "bytes32[]", "address"], answer)
    assert list(committed) == list(commitments.values())
    assert asker == str(ANN)
    return arguments, list(committed), asker


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("nothing", {}),
    ("secret", {}),
    ("one", {"n": -5}),
    ("mixed", {"n": -(2**255), "who": BOB, "yes": True}),
    ("mixed", {"n": 2**255 - 1, "who": ANN, "yes": False}),
    ("texts", {"note": "", "names": [], "kind": 1}),
    ("texts", {"note": "ö" * 128, "names": ["", "x" * 33, "naïve — €"], "kind": 0}),
    ("numbers", {"share": Decimal("-1.5"), "shares": [Decimal(1), Decimal("1e-18")], "many": [0, -1], "flags": [True]}),
    ("numbers", {"share": 3, "shares": [], "many": list(range(40)), "flags": []}),
    ("sets", {"team": OrderedSet([BOB, ANN]), "names": OrderedSet(["b", "a", ""]), "n": OrderedSet([3, -3])}),
    ("sets", {"team": OrderedSet(), "names": OrderedSet(), "n": OrderedSet()}),
    ("defaults", {}),
    ("defaults", {"note": "some", "yes": False}),
    ("more_defaults", {"n": 1}),
    ("more_defaults", {"n": 1, "share": Decimal("1.500"), "names": [], "kind": 0}),
]


@pytest.mark.parametrize(("name", "values"), CALLS, ids=[name for name, _ in CALLS])
def test_the_hash_of_the_chain(twins: Twins, name: str, values: dict[str, Any]) -> None:
    arguments, _, _ = request(twins, name, values)
    assert arguments == keccak_of(hashed(MODULE, name, values))
    # A seat computes it from what the asker has sent.
    sent = decode_arguments(MODULE, name, encode_arguments(MODULE, name, values))
    assert arguments == keccak_of(hashed(MODULE, name, sent))
    assert repr(list(sent)) == repr(list(public_arguments(MODULE, name, values)))


def test_other_arguments_have_another_hash(twins: Twins) -> None:
    arguments, _, _ = request(twins, "one", {"n": 7})
    assert arguments == keccak_of(hashed(MODULE, "one", {"n": 7}))
    assert arguments != keccak_of(hashed(MODULE, "one", {"n": 8}))


def test_random_arguments(twins: Twins) -> None:
    random = Random(5)
    for _ in range(25):
        many = [random.randint(-(2**255), 2**255 - 1) for _ in range(random.randrange(6))]
        shares = [Decimal(random.randint(-(10**18), 10**18)).scaleb(-18) for _ in range(random.randrange(4))]
        share = Decimal(random.randint(-(10**15), 10**15)).scaleb(-random.randrange(19))
        flags = [random.random() < 0.5 for _ in range(random.randrange(4))]
        values = {"share": share, "shares": shares, "many": many, "flags": flags}
        assert request(twins, "numbers", values)[0] == keccak_of(hashed(MODULE, "numbers", values))


def test_a_public_function_takes_its_calldata(twins: Twins) -> None:
    handed = calldata(MODULE, "told", {"share": Decimal("2.5"), "names": OrderedSet(["b", "a"]), "who": BOB})
    transaction = selector(twins.half.functions["told"].signature) + encoded(handed.types, handed.values)
    output = twins.chain.call(twins.address, transaction)
    told = decoded(["int256", "string[]", "address", "int256"], output)
    assert told == (25 * 10**17, ("b", "a"), str(BOB), 5)


def test_a_constructor_takes_controllers_first(twins: Twins) -> None:
    jobs, ledger = (Address(bytes.fromhex(each[2:])) for each in (twins.jobs, twins.ledger))
    handed = construction(MODULE, {"n": 4}, jobs=jobs, ledger=ledger)
    constructor = next(each for each in twins.abi if each["type"] == "constructor")
    assert list(handed.types) == [each["type"] for each in constructor["inputs"]]
    assert handed.values == (str(jobs), str(ledger), 4, 25 * 10**16, ["a", "b"])
    bare = of("class Bare(Contract):\n    n: public[int] = 1\n")
    assert construction(bare, {}, jobs=jobs, ledger=ledger).types == ("address", "address")
    with pytest.raises(ArgumentProblem, match="has no __init__"):
        construction(bare, {"n": 1}, jobs=jobs, ledger=ledger)


def test_signatures_are_those_of_the_public_half() -> None:
    half, called = public_half(MODULE), dict(CALLS)
    private = {name for name, entry in half.functions.items() if entry.where == "private"}
    assert private == called.keys()
    for name in private:
        entry = half.functions[name]
        handed = calldata(MODULE, name, called[name], dict.fromkeys(entry.commitments, bytes(32)))
        assert entry.signature == f"{name}({','.join(handed.types)})"


# ---------------------------------------------------------------- what is refused

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("one", {}, "called without n"),
    ("one", {"m": 1}, "no argument m"),
    ("one", {"n": 101}, "lies outside"),
    ("one", {"n": True}, "this is a bool"),
    ("one", {"n": "1"}, "this is a text"),
    ("mixed", {"n": 2**255, "who": BOB, "yes": True}, "beyond those of the chain"),
    ("mixed", {"n": 1, "who": "0x" + "11" * 20, "yes": True}, "this is a text"),
    ("texts", {"note": "ö" * 129, "names": [], "kind": 0}, "more than 256 bytes"),
    ("texts", {"note": "", "names": ["x" * 257], "kind": 0}, "more than 256 bytes"),
    ("texts", {"note": "", "names": [""] * 1025, "kind": 0}, "1025 items"),
    ("texts", {"note": "", "names": [], "kind": 2}, "lies outside"),
    ("numbers", {"share": Decimal("1e-19"), "shares": [], "many": [], "flags": []}, "more digits"),
    ("numbers", {"share": Decimal("1e300"), "shares": [], "many": [], "flags": []}, "beyond all decimals"),
    ("sets", {"team": [ANN], "names": OrderedSet(), "n": OrderedSet()}, "this is a list"),
    ("unknown", {}, "no contract with a function unknown"),
]


@pytest.mark.parametrize(("name", "values", "problem"), REFUSED, ids=[problem for _, _, problem in REFUSED])
def test_what_no_call_hands_over(name: str, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArgumentProblem, match=problem):
        hashed(MODULE, name, values)


def test_commitments_are_asked_for_each_private_parameter() -> None:
    for commitments in ({}, {"x": b"\1" * 31}, {"x": bytes(32), "y": bytes(32)}):
        with pytest.raises(ArgumentProblem):
            calldata(MODULE, "secret", {}, commitments)
    assert calldata(MODULE, "secret", {}, {"x": bytes(32)}) == AbiValues(("bytes32",), (bytes(32),))


def test_a_map_is_no_argument_on_the_chain() -> None:
    module = of(
        'class M(Contract):\n    @private\n    def f(self, m: map[int, int]):\n        require(len(m) > 0, "")\n'
    )
    assert decode_arguments(module, "f", encode_arguments(module, "f", {"m": {1: 2}})) == {"m": {1: 2}}
    with pytest.raises(ArgumentProblem, match="no call to the chain hands over"):
        hashed(module, "f", {"m": {1: 2}})


# ---------------------------------------------------------------- bytes for the seats


def test_arguments_have_one_spelling() -> None:
    def tree(**values: Any) -> bytes:
        return codec.encode({name: encode_value(value) for name, value in values.items()})

    good = {"share": Decimal("1.5"), "names": ["b", "a"], "who": ANN, "n": 5}
    found = decode_arguments(MODULE, "told", tree(**good))
    assert repr(found) == repr({"share": Decimal("1.5"), "names": OrderedSet(["b", "a"]), "who": ANN, "n": 5})
    assert encode_arguments(
        MODULE, "told", {"share": Decimal("1.50"), "names": OrderedSet(["b", "a"]), "who": ANN}
    ) == tree(**good)
    for bad in (
        {"names": ["a", "a"]}, {"names": [["a"]]}, {"names": ("a",)}, {"names": [1]}, {"names": "a"}, {"share": 1},
        {"share": Decimal("1e300")}, {"who": "ann"}, {"n": True}, {"n": None}, {"more": 1},
    ):  # fmt: skip
        with pytest.raises(WireError):
            decode_arguments(MODULE, "told", tree(**{**good, **bad}))
    for octets in (
        b"",
        codec.encode({}),
        codec.encode([]),
        codec.encode({**dict.fromkeys(good, 1)}),
        tree(**good) + b"\0",
    ):
        with pytest.raises(WireError):
            decode_arguments(MODULE, "told", octets)
    kinds = {"note": "", "names": [], "kind": "ios"}
    assert encode_arguments(MODULE, "texts", kinds) == tree(**{**kinds, "kind": 1})
    with pytest.raises(WireError, match="one spelling"):
        decode_arguments(MODULE, "texts", tree(**kinds))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(octets: bytes) -> None:
    try:
        found = decode_arguments(MODULE, "told", b"\1\7\4" + octets)
    except WireError:
        return
    assert encode_arguments(MODULE, "told", found) == b"\1\7\4" + octets


DECIMALS = st.decimals(-(10**15), 10**15, places=18, allow_nan=False)


@given(st.lists(DECIMALS, max_size=4), st.lists(st.integers(-(2**255), 2**255 - 1)), st.lists(st.booleans()), DECIMALS)
def test_what_is_sent_comes_back(shares: list[Decimal], many: list[int], flags: list[bool], share: Decimal) -> None:
    values = {"share": share, "shares": [each / 10**15 for each in shares], "many": many, "flags": flags}
    try:
        bound = hashed(MODULE, "numbers", values)
    except ArgumentProblem:
        return
    assert (
        hashed(MODULE, "numbers", decode_arguments(MODULE, "numbers", encode_arguments(MODULE, "numbers", values)))
        == bound
    )
