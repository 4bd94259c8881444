"""K-means under MPC is Lloyd's algorithm, and shows nothing but large clusters."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.apex.recording import Recording

import enigma
from enigma.apex.kmeans import Init, KMeans
from enigma.apex.plaintext import inertia, kmeans_reference
from enigma.apex.reading import read_table
from enigma.apex.tables import Column, Table
from enigma.array import Committee
from enigma.errors import ArgumentProblem, ShapeError
from enigma.program.node import ancestors
from enigma.program.ops import Op

APEX = Path(__file__).parents[2] / "examples" / "apex"
BOX = (Column("x", Decimal(-10), Decimal(10)), Column("y", Decimal(-20), Decimal(20)))


@pytest.fixture
def committee() -> Iterator[Committee]:
    with enigma.plain() as plain:
        yield plain


def customers() -> list[Table]:
    return [read_table(APEX / f"telco{i}.json") for i in (1, 2)]


def blobs(rows: int, seed: int = 3) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    centres = random.uniform([-8, -16], [8, 16], (6, 2))
    return np.clip(centres[random.integers(0, 6, rows)] + random.normal(0, 1, (rows, 2)), [-10, -20], [10, 20])


def owners(values: NDArray[np.float64]) -> list[Table]:
    cut = len(values) // 3
    return [Table("one", BOX, values[:cut].copy()), Table("two", BOX, values[cut:].copy())]


def lloyd_by_hand(values: NDArray[np.float64], starts: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    centroids = starts.copy()
    for _ in range(rounds):
        nearest = ((values[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
        for i in range(len(centroids)):
            if (nearest == i).any():
                centroids[i] = values[nearest == i].mean(axis=0)
    return centroids


@pytest.mark.parametrize("init", ["first", "spread"])
def test_the_sample_of_apex(committee: Committee, init: Init) -> None:
    found = KMeans(2, init=init, smallest=1).fit(committee, customers())
    assert np.allclose(found.centroids, [(52.499781, -1.178791), (52.354315, 4.901430)], atol=1e-4)
    assert found.sizes == (6, 4)
    assert found.notes == ()


@pytest.mark.parametrize("k", [2, 3, 5, 8, 11])
def test_rounds_are_those_of_lloyd(committee: Committee, k: int) -> None:
    values = blobs(400)
    found = KMeans(k, rounds=4, init="first", smallest=1).fit(committee, owners(values))
    expected = lloyd_by_hand(values, values[:k], 4)
    assert np.allclose(found.centroids, expected, atol=1e-4)
    nearest = ((values[:, None] - found.centroids) ** 2).sum(axis=2).argmin(axis=1)
    assert np.abs(np.array(found.sizes) - np.bincount(nearest, minlength=k)).max() <= 1


def test_as_good_as_scikit_learn(committee: Committee) -> None:
    values = blobs(2000)
    starts = values[[0, 10, 20, 30, 40]]
    found = KMeans(5, init=starts).fit(committee, owners(values))
    centroids, sizes, plain = kmeans_reference(values, starts, 10)
    assert inertia(values, found.centroids) / plain == pytest.approx(1, abs=1e-6)
    assert np.allclose(found.centroids, centroids, atol=1e-4)
    assert found.sizes == tuple(sizes.tolist())


def test_spread_starts_inside_and_finds_clusters(committee: Committee) -> None:
    values = blobs(2000)
    found = KMeans(6, init="spread").fit(committee, owners(values))
    assert found.published.all()
    assert inertia(values, found.centroids) < inertia(values, values.mean(axis=0, keepdims=True)) / 4


def test_small_clusters_are_withheld(committee: Committee) -> None:
    found = KMeans(2, smallest=5).fit(committee, customers())
    assert found.published.tolist() == [True, False]
    assert np.isnan(found.centroids[1]).all()
    assert found.sizes == (None, None)
    assert found.notes[0] == "1 of 2 clusters is withheld: fewer than 5 rows"
    nothing = KMeans(2, group="towers", row="customers").fit(committee, customers())
    assert nothing.sizes == (None, None)
    assert nothing.notes == ("2 of 2 towers are withheld: fewer than 10 customers each",)


def test_what_is_withheld_never_leaves_the_committee() -> None:
    with Recording() as committee:
        KMeans(2, rounds=7).fit(committee, customers())
        (program,) = committee.programs
        raw = committee.reveal(*(enigma.array.Array(node, committee) for node in program.reveals))
    assert [x.shape for x in raw] == [(2, 2), (2,), (2,), (2,)]
    assert not any(x.any() for x in raw)


def test_one_loop_and_one_opening() -> None:
    with Recording() as committee:
        KMeans(3, rounds=7, smallest=1).fit(committee, customers())
        (program,) = committee.programs
    loops = [node for node in ancestors(program.outputs) if node.op is Op.LOOP]
    assert [node.attrs["count"] for node in loops] == [7]
    assert sum(node.size for node in program.reveals) == 3 * 2 + 3 * 3


@pytest.mark.parametrize(
    ("kmeans", "complaint"),
    [
        (KMeans(1), r"k = 1 is outside 2\.\.5 for 10 rows"),
        (KMeans(6), r"k = 6 is outside 2\.\.5 .* customers themselves"),
        (KMeans(9), r"k = 9 is outside 2\.\.5 .* customers themselves"),
        (KMeans(-3), "k = -3 is outside"),
        (KMeans(2, rounds=0), "0 rounds"),
        (KMeans(2, rounds=1001), "1001 rounds"),
        (KMeans(2, smallest=0), "--smallest 0"),
        (KMeans(2, init="best"), "no start 'best'"),  # type: ignore[arg-type]
        (KMeans(2, init=np.array([[0.0, 0], [91, 0]])), "outside the agreed ranges"),
        (KMeans(2, init=np.array([[0.0, 0], [np.nan, 0]])), "outside the agreed ranges"),
    ],
)
def test_refusals(committee: Committee, kmeans: KMeans, complaint: str) -> None:
    with pytest.raises(ArgumentProblem, match=complaint):
        kmeans.fit(committee, customers())


def test_starts_of_another_shape(committee: Committee) -> None:
    with pytest.raises(ShapeError, match="starts of shape"):
        KMeans(3, init=np.zeros((2, 2))).fit(committee, customers())


def test_too_few_rows(committee: Committee) -> None:
    single = Table("single", BOX, np.zeros((1, 2)))
    with pytest.raises(ArgumentProblem, match="1 row in all"):
        KMeans(2).fit(committee, [single])
    with pytest.raises(ArgumentProblem, match="no table"):
        KMeans(2).fit(committee, [])


@pytest.mark.parametrize(("lo", "hi"), [("0", "5000000000"), ("-0.000001", "0.000001"), ("1e12", "1000000000001")])
def test_any_range(committee: Committee, lo: str, hi: str) -> None:
    column = Column("spend", Decimal(lo), Decimal(hi))
    random = np.random.default_rng(5)
    share = np.concatenate([random.uniform(0, 0.2, 40), random.uniform(0.8, 1, 60)])
    values = (float(lo) + share * (float(hi) - float(lo)))[:, None]
    found = KMeans(2, init="spread").fit(committee, [Table("one", (column,), values)])
    assert sorted(size for size in found.sizes if size is not None) == [40, 60]
    middle = np.sort(found.centroids[:, 0])
    expected = np.sort([values[:40].mean(), values[40:].mean()])
    assert np.allclose(middle, expected, atol=1e-6 * (float(hi) - float(lo)))


def test_many_columns(committee: Committee) -> None:
    columns = tuple(Column(f"c{i}", Decimal(0), Decimal(1)) for i in range(16))
    random = np.random.default_rng(6)
    values = np.concatenate([random.uniform(0, 0.5, (30, 16)), random.uniform(0.5, 1, (30, 16))])
    found = KMeans(2, init="spread").fit(committee, [Table("one", columns, values)])
    assert found.sizes == (30, 30)
    more = (*columns, Column("one_more", Decimal(0), Decimal(1)))
    with pytest.raises(ArgumentProblem, match="up to 16 columns"):
        KMeans(2, init="spread").check([Table("one", more, np.zeros((10, 17)))])


@pytest.mark.processes
def test_seats_find_what_the_plain_committee_finds(committee: Committee) -> None:
    values = blobs(300)
    kmeans = KMeans(5, rounds=3, smallest=10)
    expected = kmeans.fit(committee, owners(values))
    with enigma.local(seats=3) as seats:
        found = kmeans.fit(seats, owners(values))
    assert np.allclose(found.centroids, expected.centroids, atol=1e-4, equal_nan=True)
    assert found.sizes == expected.sizes
