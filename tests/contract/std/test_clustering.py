"""K-means of the standard library is Lloyd's algorithm, one loop of a program, and costs what is written here."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

import enigma
from enigma.array import Array, Committee
from enigma.contract.standard import standard
from enigma.errors import CallRefused
from enigma.program.cost import cost
from enigma.program.node import ancestors
from enigma.program.ops import Op
from enigma.program.program import Program, trace
from enigma.protocol.replicated3.family import Replicated3

SCALE = 24
clustering = standard("clustering")


@pytest.fixture
def committee() -> Iterator[Committee]:
    with enigma.plain() as plain:
        yield plain


def shared(committee: Committee, values: NDArray[np.float64]) -> Array:
    return committee.share(values, lo=-1, hi=1, scale=SCALE)


def program_of(committee: Committee, k: int, rounds: int, rows: int = 10_000) -> Program:
    points, starts = shared(committee, np.zeros((2, rows))), shared(committee, np.zeros((k, 2)))
    return trace([], [x.node for x in clustering.lloyd(points, starts, rounds, [0.5, 1.0])])


def blobs(rows: int, columns: int = 2) -> NDArray[np.float64]:
    random = np.random.default_rng(3)
    centres = random.uniform(-0.8, 0.8, (6, columns))
    return np.clip(centres[random.integers(0, 6, rows)] + random.normal(0, 0.05, (rows, columns)), -1, 1)


def lloyd_by_hand(values: NDArray[np.float64], starts: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    centroids = starts.copy()
    for _ in range(rounds):
        nearest = ((values[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
        for i in range(len(centroids)):
            if (nearest == i).any():
                centroids[i] = values[nearest == i].mean(axis=0)
    return centroids


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8, 11])
@pytest.mark.parametrize("rounds", [1, 4])
def test_rounds_are_those_of_lloyd(committee: Committee, k: int, rounds: int) -> None:
    values = blobs(300)
    points = shared(committee, values.T)
    found = clustering.lloyd(points, points[:, :k].T, rounds, [1, 1])
    centroids, sizes, assigned = committee.reveal(*found, clustering.assigned(points, found[0], [1, 1]))
    expected = lloyd_by_hand(values, values[:k], rounds)
    assert np.allclose(centroids, expected, atol=1e-5)
    before = lloyd_by_hand(values, values[:k], rounds - 1)
    for counts, against in ((sizes, before), (assigned, expected)):
        nearest = ((values[:, None] - against) ** 2).sum(axis=2).argmin(axis=1)
        assert np.abs(counts - np.bincount(nearest, minlength=k)).max() <= 1
        assert counts.sum() == len(values)


def test_public_starts(committee: Committee) -> None:
    values = blobs(200)
    centroids, _ = clustering.lloyd(shared(committee, values.T), values[:3], 3, [1, 1])
    assert np.allclose(committee.reveal(centroids), lloyd_by_hand(values, values[:3], 3), atol=1e-5)


def test_a_cluster_without_rows_keeps_its_centroid(committee: Committee) -> None:
    points = shared(committee, np.array([[0.25, 0.5, -0.25]]))
    # The second start equals the first, which wins every tie.
    starts = shared(committee, np.array([[0.25], [0.25], [-0.5]]))
    centroids, sizes = committee.reveal(*clustering.lloyd(points, starts, 1, [1]))
    assert centroids[:, 0].tolist() == pytest.approx([0.375, 0.25, -0.25], abs=1e-6)
    assert centroids[1, 0] == 0.25
    assert sizes.tolist() == [2, 0, 1]


def test_far_corners(committee: Committee) -> None:
    corners = np.array([[-1.0, -1, 1, 1], [-1, 1, -1, 1]])
    points, starts = shared(committee, corners), shared(committee, corners.T)
    centroids, sizes = clustering.lloyd(points, starts, 2, [1, 1])
    found = committee.reveal(centroids, sizes, clustering.assigned(points, centroids, [1, 1]))
    assert np.allclose(found[0], corners.T, atol=1e-6)
    assert found[1].tolist() == found[2].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("k", "rounds", "sent"),
    [(2, 190, 2_910_680), (3, 200, 6_878_540), (5, 280, 14_670_860), (8, 350, 26_283_800)],
)
def test_ten_rounds_over_ten_thousand_rows_cost(committee: Committee, k: int, rounds: int, sent: int) -> None:
    found = cost(program_of(committee, k, 10), Replicated3())
    assert found.rounds == rounds
    assert found.seat_bytes[0] == pytest.approx(sent, rel=1e-3)


@pytest.mark.parametrize(("k", "each"), [(2, 19), (3, 20), (5, 28), (8, 35)])
def test_network_rounds_of_each_round(committee: Committee, k: int, each: int) -> None:
    once, thrice = (cost(program_of(committee, k, n), Replicated3()).rounds for n in (1, 3))
    assert (thrice - once) / 2 == each


def test_all_rounds_are_one_loop(committee: Committee) -> None:
    found = {n: program_of(committee, 5, n) for n in (2, 50)}
    loops = {n: [x for x in ancestors(program.outputs) if x.op is Op.LOOP] for n, program in found.items()}
    assert [node.attrs["count"] for nodes in loops.values() for node in nodes] == [2, 50]
    assert len(list(ancestors(found[2].outputs))) == len(list(ancestors(found[50].outputs)))


def test_spread_starts_lie_around_the_mean(committee: Committee) -> None:
    values = blobs(400, columns=3)
    starts = clustering.spread_starts(shared(committee, values.T), 7, [1, 1, 1])
    places = 3**0.5 * (2 * np.array(clustering.halton(7, 3), dtype=np.float64) - 1)
    expected = np.clip(values.mean(axis=0) + values.std(axis=0) * places, -1, 1)
    assert np.allclose(committee.reveal(starts), expected, atol=1e-4)


def test_halton_is_the_published_sequence() -> None:
    expected = [[1 / 2, 1 / 3], [1 / 4, 2 / 3], [3 / 4, 1 / 9], [1 / 8, 4 / 9]]
    assert np.allclose(np.array(clustering.halton(4, 2), dtype=np.float64), expected)
    assert clustering.radical_inverse(6, 10) == Decimal("0.6")


@pytest.mark.parametrize("start", ["first", "spread"])
def test_kmeans_of_columns_in_their_own_units(committee: Committee, start: str) -> None:
    random = np.random.default_rng(5)
    groups = random.integers(0, 2, 200)
    groups[:2] = (0, 1)
    salary = np.where(groups, 70_000, 20_000) + random.integers(-900, 900, 200)
    height = np.where(groups, 1.9, 1.6) + random.normal(0, 0.02, 200)
    columns = [committee.share(salary, lo=0, hi=100_000), committee.share(height, lo=0.5, hi=2.5)]
    centroids, sizes = committee.reveal(*clustering.kmeans(columns, 2, 5, start))
    order = np.argsort(centroids[:, 0])
    means = np.array([[x[groups == i].mean() for x in (salary, height)] for i in (0, 1)])
    # The unit is 2^16 for both, of 24 fractional bits.
    assert np.allclose(centroids[order], means, atol=2**-5)
    assert sizes[order].tolist() == np.bincount(groups).tolist()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 1}, "k lies in 2"),
        ({"k": 6}, "would be the rows themselves"),
        ({"k": 2, "rounds": 0}, "1 to 1000 rounds"),
        ({"k": 2, "rounds": 1001}, "1 to 1000 rounds"),
        ({"k": 2, "start": "best"}, "spread or first"),
    ],
)
def test_what_kmeans_requires(committee: Committee, options: dict[str, object], words: str) -> None:
    with pytest.raises(CallRefused, match=words):
        clustering.kmeans([shared(committee, np.zeros(10))], **options)


def test_spread_starts_of_too_many_columns(committee: Committee) -> None:
    with pytest.raises(CallRefused, match="up to 16 columns"):
        clustering.kmeans([shared(committee, np.zeros(10))] * 17, 2)
