"""Bytes that are not what a contract remembers: refused, whatever they are, and by an error of their own."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.keeping.contracts import EVERYTHING, PREPARED

from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.keeping import decode, encode, remembered
from enigma.contract.reading.source import Source
from enigma.errors import WireError
from enigma.local.simulation import Simulation
from enigma.wire import codec

THIS, ANN = address_of("this"), address_of("ann")
TURNED = sorted([THIS.octets, ANN.octets])[::-1]


@cache
def everything() -> bytes:
    contract = Simulation().deploy_source(Source("everything.py", EVERYTHING))
    for who, name, args in PREPARED:
        getattr(contract.as_(who), name)(*args)
    return encode(remembered(contract.address, contract.state, contract.simulation.dictionaries))


def read(octets: bytes) -> None:
    """Either refused as malformed, or the one spelling of something else."""
    try:
        found = decode(octets)
    except WireError:
        return
    assert encode(found) == octets


def test_other_bytes_are_refused() -> None:
    octets = everything()
    for other in (b"", b"\x01", octets[:-1], octets + b"\0", codec.encode({}), codec.encode([1]), codec.encode(None)):
        with pytest.raises(WireError):
            decode(other)
    with pytest.raises(WireError, match="longer than the 100 bytes"):
        decode(octets, limit=100)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_flipped_bits(random: Random) -> None:
    octets = bytearray(everything())
    for _ in range(random.randint(1, 3)):
        octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
    read(bytes(octets))


ODD: list[Any] = [None, True, -1, 0, 1, 5, 2**63, 2**300, "", "x", b"", b"\1" * 20, [], [[]], {}, {"list": []},
                  {"map": [[1, 2]]}, {"set": [[]]}, {"decimal": [10**34, 10**18]}, [0] * 4, ["all", []]]  # fmt: skip


def altered(tree: Any, random: Random, depth: int = 0) -> Any:
    """The tree with something in it replaced, doubled, turned or left out."""
    if not isinstance(tree, (list, dict)) or not tree or (depth > 1 and random.random() < 0.15):
        return random.choice(ODD)
    if isinstance(tree, dict):
        name = random.choice(sorted(tree))
        return {**tree, name: altered(tree[name], random, depth + 1)}
    place = random.randrange(len(tree))
    match random.randrange(8):
        case 0:
            return tree[:place] + tree[place + 1 :]
        case 1:
            return [*tree, tree[place]]
        case 2:
            return tree[::-1]
    return [*tree[:place], altered(tree[place], random, depth + 1), *tree[place + 1 :]]


@settings(max_examples=500, deadline=None)
@given(st.randoms(use_true_random=False))
def test_altered_trees(random: Random) -> None:
    read(codec.encode(altered(codec.decode(everything(), limit=1 << 24), random)))


def parts() -> dict[str, Any]:
    tree = codec.decode(everything(), limit=1 << 24)
    assert isinstance(tree, dict)
    return tree


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("version", lambda _: 2, "not version 1"),
        ("version", lambda _: True, "not version 1"),
        ("types", lambda t: [["bool", 0, 0, 2], *t], "a boolean that is neither"),
        ("types", lambda t: [["odd", 0, 0, 2], *t], "a type that no value has"),
        ("types", lambda t: [["int", 0, 5, 2], *t], "a type that no value has"),
        ("types", lambda t: [["int", 0, 0, 2**70], *t], "a type that no value has"),
        ("types", lambda t: t[::-1], "one spelling"),
        ("types", lambda t: [*t, ["int", 0, 0, 2**62]], "one spelling"),
        ("versions", lambda t: t[::-1], "one spelling"),
        ("bases", lambda t: t[1:], "a basis"),
        ("public", lambda p: {**p, "texts": {"set": ["x", "x"]}}, "a key twice"),
        ("public", lambda p: {**p, "by_name": {"map": [[1, 1], [True, 1]]}}, "a key twice"),
        ("public", lambda p: {**p, "count": {"decimal": [10, 10**30]}}, "a decimal that the language does not have"),
        ("public", lambda p: {**p, "count": 2**256}, "more than 256 bits"),
        ("public", lambda p: {**p, "count": None}, "no tree of a public value"),
        ("private", lambda p: {**p, "named": p["named"] * 2}, "a key twice"),
        ("tables", lambda t: {**t, "rows": [[r[0], 99, r[2]] for r in t["rows"]]}, "another length than its rows"),
        ("tables", lambda t: {**t, "none": []}, "one spelling"),
        ("contributed", lambda c: c[1:], "a contribution that is not known"),
        ("contributed", lambda c: c[::-1], "one spelling"),
        ("ledger", lambda entries: [[k, [[9, w, o], [8, w, o]]] for k, ((_, w, o),) in entries], "order of time"),
        ("ledger", lambda entries: entries * 2, "one spelling"),
        ("documents", lambda d: [[*each[:5], b"\1\0"] for each in d], "not for everyone"),
        ("secrets", lambda s: [[k, o, ["only", TURNED], *rest] for k, o, _, *rest in s],
         "one spelling"),
        ("secrets", lambda s: [[k, o, p, [1] * 300, *rest] for k, o, p, _, *rest in s], "more often than"),
    ],
)  # fmt: skip
def test_each_rule(name: str, change: Any, problem: str) -> None:
    tree = parts()
    with pytest.raises(WireError, match=problem):
        decode(codec.encode({**tree, name: change(tree[name])}))


def test_large_shapes_take_no_memory() -> None:
    tree = parts()
    for shape in ([2**41], [2**30, 2**30], [0, 2**200], [1] * 100, [-1]):
        private = {**tree["private"], "secret": [[None, ANN.octets, [1, shape, 0, 0]]]}
        with pytest.raises(WireError):
            decode(codec.encode({**tree, "private": private}))


# ---------------------------------------------------------------- encrypted documents


def letter() -> Any:
    text = "class D(Contract):\n    @private\n    def put(self, d: document):\n        DHT[sender] = d\n"
    contract = Simulation().deploy_source(Source("d.py", text))
    contract.as_("ann").put("a letter")
    octets = encode(remembered(contract.address, contract.state, contract.simulation.dictionaries))
    tree: Any = codec.decode(octets, limit=len(octets))
    return tree


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda sha256, size, key: [sha256[:-1], size, key], "no hash, no size, or no content key"),
        (lambda sha256, size, key: [sha256, 0, key], "no hash, no size, or no content key"),
        (lambda sha256, size, key: [sha256, (1 << 30) + 1, key], "the size of an encrypted document"),
        (lambda sha256, size, key: [sha256, -1, key], "the size of an encrypted document"),
        (lambda sha256, size, key: [sha256, size, [key[0], [7], *key[2:]]], "no hash, no size, or no content key"),
        (lambda sha256, size, key: ["text", size, key], "the hash of an encrypted document"),
        (lambda sha256, size, key: [sha256, key], "a reference is not made of 4 parts"),
        (lambda sha256, size, key: b"\1\0", "not for everyone"),
    ],
)
def test_each_rule_of_an_encrypted_document(change: Any, problem: str) -> None:
    tree = letter()
    assert decode(codec.encode(tree)).ciphertexts()
    ((*entry, content),) = tree["documents"]
    with pytest.raises(WireError, match=problem):
        decode(codec.encode({**tree, "documents": [[*entry, change(*content)]]}))


def test_a_content_key_of_another_type_is_refused() -> None:
    tree = letter()
    tree["types"] = [["int", 0, 0, 7]]
    with pytest.raises(WireError, match="no content key"):
        decode(codec.encode(tree))
