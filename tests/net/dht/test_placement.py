"""Placement: by weight, alike for all, no two of one operator, and nothing moves that need not."""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.net.dht.chance import chi_square, largest_by_chance

from enigma.errors import ArgumentProblem
from enigma.net.dht import Candidate, Weighted, Xor, place
from enigma.net.dht.metric import FRACTION_BITS, exponential


def named(number: int) -> bytes:
    return hashlib.sha256(b"node %d" % number).digest()


def keys(count: int, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    return [chance.randbytes(32) for _ in range(count)]


def alone(weights: list[int]) -> list[Candidate]:
    return [Candidate(named(place), f"operator {place}", weight) for place, weight in enumerate(weights)]


# ---------------------------------------------------------------- the metrics


@given(st.binary(min_size=32, max_size=32))
def test_the_exponential_is_a_logarithm(octets: bytes) -> None:
    exact = -math.log2((2 * int.from_bytes(octets, "big") + 1) / (1 << 257))
    assert abs(exponential(octets) / (1 << FRACTION_BITS) - exact) < 1e-11 * max(1, exact)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (b"\xff" * 32, 1),  # never 0: a distance over any weight stays positive
        (b"\x00" * 32, 257 << FRACTION_BITS),
        (b"\x7f" + b"\xff" * 31, (1 << FRACTION_BITS) + 1),
        (b"\x80" + b"\x00" * 31, 1 << FRACTION_BITS),
        (hashlib.sha256(b"").digest(), 47588902573105),
    ],
)
def test_known_values_of_the_exponential(octets: bytes, value: int) -> None:
    assert exponential(octets) == value


def test_xor_is_the_metric_of_kademlia() -> None:
    one, two, key = named(1), named(2), named(3)
    metric = Xor()
    assert metric.distance(one, one) == 0
    assert metric.distance(one, key) == metric.distance(key, one)
    assert metric.distance(one, two) <= metric.distance(one, key) + metric.distance(key, two)


def test_weights_are_positive_and_bounded() -> None:
    for weight in (0, -1, 1 << 128):
        with pytest.raises(ArgumentProblem, match="weight"):
            Weighted({named(1): weight})
    with pytest.raises(ArgumentProblem, match="no weight"):
        Weighted({named(1): 1}).distance(named(2), named(3))


# ---------------------------------------------------------------- who is chosen


def test_the_bound_is_the_one_of_the_tables() -> None:
    assert abs(largest_by_chance(10, 3.0902) - 29.588) < 0.2  # the 99.9 % point, as printed in tables
    assert chi_square([10, 20], [15, 15]) == 50 / 15


def test_the_first_place_follows_the_weights() -> None:
    weights = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55]
    drawn = Counter(place(key, alone(weights), 1)[0] for key in keys(6000, seed=5))
    expected = [6000 * weight / sum(weights) for weight in weights]
    counted = [drawn[named(number)] for number in range(len(weights))]
    assert chi_square(counted, expected) < largest_by_chance(len(weights) - 1)


def test_the_test_of_weights_can_fail() -> None:
    """Plain XOR divided by the weight, the obvious reading of a weighted distance, does not follow the weights."""
    weights = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55]

    class Divided:
        def distance(self, node: bytes, key: bytes) -> int:
            weight = weights[[named(number) for number in range(10)].index(node)]
            return (Xor().distance(node, key) << 64) // weight

    drawn = Counter(place(key, alone(weights), 1, metric=Divided())[0] for key in keys(2000, seed=5))
    expected = [2000 * weight / sum(weights) for weight in weights]
    assert chi_square([drawn[named(number)] for number in range(10)], expected) > largest_by_chance(9)


def test_the_second_place_follows_the_weights_of_who_is_left() -> None:
    weights = [1, 2, 3, 4]
    drawn = Counter(place(key, alone(weights), 2) for key in keys(6000, seed=6))
    pairs = [(one, two) for one in range(4) for two in range(4) if one != two]
    expected = [6000 * weights[one] / 10 * weights[two] / (10 - weights[one]) for one, two in pairs]
    assert chi_square([drawn[named(one), named(two)] for one, two in pairs], expected) < largest_by_chance(11)


def test_splitting_a_deposit_gains_nothing() -> None:
    whole = alone([30, 30, 30])
    split = [*whole[:2], *(Candidate(named(10 + part), "operator 2", 3) for part in range(10))]
    operator_of = {candidate.node: candidate.operator for candidate in split}
    drawn = Counter(operator_of[place(key, split, 1)[0]] for key in keys(3000, seed=7))
    assert chi_square([drawn[f"operator {number}"] for number in range(3)], [1000.0] * 3) < largest_by_chance(2)


def test_no_two_nodes_of_one_operator() -> None:
    candidates = [Candidate(named(number), f"operator {number % 4}", 1 + number) for number in range(20)]
    operator_of = {candidate.node: candidate.operator for candidate in candidates}
    for key in keys(50, seed=8):
        assert len({operator_of[node] for node in place(key, candidates, 4)}) == 4
    with pytest.raises(ArgumentProblem, match="5 operators, and 4"):
        place(named(0), candidates, 5)


def test_weight_zero_is_never_placed_and_nobody_stands_twice() -> None:
    assert place(named(0), alone([0, 0, 7]), 1) == (named(2),)
    with pytest.raises(ArgumentProblem, match="1 operators, and 0"):
        place(named(0), alone([0, 0]), 1)
    with pytest.raises(ArgumentProblem, match="twice"):
        place(named(0), [*alone([1]), *alone([1])], 1)


# ---------------------------------------------------------------- what moves

listed = st.lists(st.integers(1, 1000), min_size=4, max_size=12)


@settings(max_examples=60, deadline=None)
@given(listed, st.binary(min_size=32, max_size=32), st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(weights: list[int], key: bytes, chance: random.Random) -> None:
    candidates = alone(weights)
    shuffled = chance.sample(candidates, len(candidates))
    assert place(key, candidates, 3) == place(key, shuffled, 3)


@settings(max_examples=60, deadline=None)
@given(listed, st.binary(min_size=32, max_size=32), st.integers(0, 3))
def test_a_node_that_goes_moves_only_its_own_share(weights: list[int], key: bytes, which: int) -> None:
    candidates = alone(weights)
    before = place(key, candidates, 3)
    without = [candidate for candidate in candidates if candidate.node != candidates[which].node]
    after = place(key, without, 3)
    assert [node for node in after if node in before] == [node for node in before if node != candidates[which].node]


@settings(max_examples=60, deadline=None)
@given(listed, st.binary(min_size=32, max_size=32), st.integers(0, 3))
def test_more_weight_only_brings_a_node_forward(weights: list[int], key: bytes, which: int) -> None:
    before = place(key, alone(weights), 3)
    after = place(key, alone([weight * 5 if number == which else weight for number, weight in enumerate(weights)]), 3)
    raised = named(which)
    assert [node for node in after if node != raised] == [node for node in before if node != raised][
        : 3 - (raised in after)
    ]
    assert raised in after or raised not in before


def test_a_placement_is_the_same_everywhere() -> None:
    """A known answer: another language has to find these nodes too."""
    candidates = alone([10**18, 5 * 10**18, 32 * 10**18, 7, 10**18])
    assert [
        candidates.index(next(c for c in candidates if c.node == node)) for node in place(named(99), candidates, 3)
    ] == [2, 1, 4]
