"""Contracts that import the standard library, in the simulator; and the built-in functions that it brought along."""

from __future__ import annotations

import numpy as np
import pytest
from tests.apex.recording import Recording

import enigma
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.standard import Standard
from enigma.contract.typing import check
from enigma.contract.values.meter import Limits
from enigma.errors import CallRefused, SourceLeak, SourceProblem, WrongType
from enigma.local.simulation import SimulatedContract, Simulation
from enigma.program.cost import cost
from enigma.program.node import ancestors
from enigma.program.ops import Op
from enigma.program.program import trace
from enigma.protocol.replicated3.family import Replicated3

TOWERS = """
from enigma.std import classify, kmeans, large_enough, naive_bayes, open_sizes, suppress, withhold

Customer = table(latitude=fixed(-90, 90), longitude=fixed(-180, 180), phone=category(3))
Place = table(latitude=fixed(-90, 90), longitude=fixed(-180, 180))

class Towers(Contract):
    customers: private[Customer]
    smallest: public[int] = 60
    release = always

    @private
    def contribute(self, rows: private[Customer]):
        self.customers.append(rows)

    @private
    def cluster(self, k: int, rounds: int, start: text = "spread"):
        centroids, sizes = kmeans(self.customers, k, rounds, start)
        large = large_enough(sizes, self.smallest)
        opened = open_sizes(sizes, large, self.smallest)
        return reveal((withhold(centroids, large), withhold(sizes, opened), large))

    @private
    def market(self, rows: private[Place]):
        model = naive_bayes([self.customers.latitude, self.customers.longitude], self.customers.phone, 3)
        marks, counts = classify(model, rows)
        shown, large, opened = suppress(counts, 1)
        return reveal((shown, matmul(arange(3), as_int(marks))))
"""


def deployed(text: str, committee: Recording | None = None) -> SimulatedContract:
    return Simulation(committee).deploy_source(Source("towers.py", text), limits=Limits())


def own(text: str, *, trusted: bool = False) -> Standard:
    source = load(Source("own.py", text), trusted=trusted)
    check(source)
    return Standard(source)


@pytest.fixture
def groups() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    labels = np.concatenate([np.arange(3), random.choice(3, 250, p=[0.2, 0.4, 0.4])])
    centres = np.array([[50.0, 0], [40, 20], [10, -60]])
    return centres[labels] + random.normal(0, 2, (len(labels), 2)), labels


def test_towers(groups: tuple[np.ndarray, np.ndarray]) -> None:
    places, labels = groups
    committee = Recording()
    ann = deployed(TOWERS, committee).as_("ann")
    ann.contribute(rows={"latitude": places[:, 0], "longitude": places[:, 1], "phone": labels})
    centroids, sizes, large = ann.cluster(k=3, rounds=10, start="first")
    counts = np.bincount(labels)
    assert counts.argmin() == 0
    assert counts[0] < 60
    assert large.tolist() == [False, True, True]
    # The one small cluster takes the size of the next with it.
    assert sizes.tolist() == [0, 0, counts.max()] or sizes.tolist() == [0, counts.max(), 0]
    expected = [places[labels == i].mean(axis=0) for i in range(3)]
    assert np.allclose(centroids, [[0, 0], expected[1], expected[2]], atol=1e-4)
    loops = [x for program in committee.programs for x in ancestors(program.outputs) if x.op is Op.LOOP]
    assert [node.attrs["count"] for node in loops] == [10]
    found, guessed = ann.market(rows={"latitude": places[:, 0], "longitude": places[:, 1]})
    assert found.tolist() == counts.tolist()
    assert guessed.tolist() == labels.tolist()
    with pytest.raises(CallRefused, match="k lies in 2"):
        ann.cluster(k=200, rounds=1)


def test_a_problem_inside_blames_the_line_of_the_contract() -> None:
    text = TOWERS.replace("kmeans(self.customers, k, rounds, start)", "kmeans([], k, rounds, start)")
    with pytest.raises(CallRefused, match="no column"):
        deployed(text).as_("ann").cluster(k=2, rounds=1)
    with pytest.raises(SourceProblem) as caught:
        deployed(TOWERS.replace("kmeans(self.customers, k", "kmeans(k, k")).as_("ann").cluster(k=2, rounds=1)
    assert caught.value.file == "towers.py"


# ---------------------------------------------------------------- average


def test_average_where_a_count_may_be_zero() -> None:
    text = "def means(total, count):\n    return average(total, count), average(total, count, -1)\n"
    with enigma.plain() as committee:
        total = committee.share(np.array([0.0, 10, 9.5]), lo=-100, hi=100)
        count = committee.share(np.array([0, 4, 1]), lo=0, hi=4)
        means = committee.reveal(*own(text).means(total, count))
    assert np.allclose(means[0], [0, 2.5, 9.5], atol=1e-4)
    assert np.allclose(means[1], [-1, 2.5, 9.5], atol=1e-4)


def test_the_bound_of_an_average_is_the_standard_librarys() -> None:
    text = "def means(total, count):\n    return average(total, count, 0, most=3)\n"
    with enigma.plain() as committee:
        total, count = committee.share(5, lo=0, hi=9), committee.share(2, lo=0, hi=3)
        with pytest.raises(WrongType, match="`most` of average"):
            own(text).means(total, count)
        assert committee.reveal(own(text, trusted=True).means(total, count)) == pytest.approx(2.5, abs=1e-4)


def test_a_count_is_whole_and_not_negative() -> None:
    text = "def means(total, count):\n    return average(total, count)\n"
    with enigma.plain() as committee:
        total = committee.share(5, lo=0, hi=9)
        for count in (committee.share(2, lo=-1, hi=3), committee.share(2.0, lo=0, hi=3)):
            with pytest.raises(WrongType, match="whole number, at least 0"):
                own(text).means(total, count)


# ---------------------------------------------------------------- columns


def test_columns_of_arrays_and_lists() -> None:
    text = "def sums(x):\n    return [sum(each) for each in columns(x)]\n"
    with enigma.plain() as committee:
        x = committee.share(np.array([[1, 2], [3, 4]]), lo=0, hi=9)
        assert [int(n) for n in committee.reveal(*own(text).sums(x))] == [3, 7]
        assert [int(n) for n in committee.reveal(*own(text).sums([x[0], x[1]]))] == [3, 7]
        for wrong in (x[0], [1, 2], 3):
            with pytest.raises(WrongType, match="has no columns"):
                own(text).sums(wrong)


def test_columns_of_a_table_are_those_that_hold_numbers() -> None:
    contract = deployed("""
T = table(a=int(0, 9), b=bool, c=category(3), d=fixed(0, 1))

class Tall(Contract):
    @private
    def count(self, rows: private[T]):
        return reveal([sum(x) for x in columns(rows)])
""")
    rows = {"a": np.array([1, 2]), "b": np.array([True, False]), "c": np.array([0, 2]), "d": np.array([0.5, 0.25])}
    assert [float(n) for n in contract.as_("ann").count(rows=rows)] == [3, 0.75]


# ---------------------------------------------------------------- computed ranges of variables

HALVED = """
def halved(x, most):
    total: private[fixed(-most, most * 2, 24)] = x
    for _ in range(6):
        total = total / 2
    return total
"""


def test_the_range_of_a_variable_may_be_computed() -> None:
    with enigma.plain() as committee:
        x = committee.share(np.array([3.2, -1]), lo=-4, hi=4)
        found = own(HALVED).halved(x, 4)
        assert found.range == (-4.0, 8.0)
        assert found.scale == 24
        assert committee.reveal(found).tolist() == pytest.approx([0.05, -1 / 64], abs=1e-4)
        with pytest.raises(SourceProblem, match="may lie anywhere"):
            own(HALVED).halved(x, 3)
    assert [node.attrs["count"] for node in ancestors([found.node]) if node.op is Op.LOOP] == [6]


@pytest.mark.parametrize(
    ("bounds", "kind", "words"),
    [
        ("int(0, missing)", SourceProblem, "missing"),
        ("int(0, x)", SourceLeak, "the range of a variable is seen by all"),
        ("fixed(0, [y])", WrongType, "the end of a range is a number"),
    ],
)
def test_what_a_computed_range_may_not_be(bounds: str, kind: type[SourceProblem], words: str) -> None:
    text = f"""
class C(Contract):
    @private
    def f(self, x: private[int(0, 5)], y: int):
        z: private[{bounds}] = x
        return reveal(z)
"""
    with pytest.raises(kind, match=words):
        check(load(Source("c.py", text)))


# ---------------------------------------------------------------- booleans times numbers


def test_a_private_boolean_times_a_number_is_one_choice() -> None:
    family = Replicated3()
    product = own("def chosen(b, x):\n    return b * x, x * b\n")
    where = own("def chosen(b, x):\n    return where(b, x, 0)\n")
    with enigma.plain() as committee:
        b = committee.share(np.array([True, False]))
        x = committee.share(np.array([2.5, -1]), lo=-4, hi=4)
        found = product.chosen(b, x)
        assert [each.tolist() for each in committee.reveal(*found)] == [[2.5, 0], [2.5, 0]]
        spent = [cost(trace([], [each.node]), family) for each in (*found, where.chosen(b, x))]
    assert spent[0] == spent[1] == spent[2]
