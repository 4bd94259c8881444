"""Clusters and phones over all owners' customers: only what is large enough opens, and only to whom it is for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from tests.examples.accounting import Accounted
from tests.examples.conftest import EXAMPLES, Deploy

import enigma
from enigma.errors import ArgumentProblem, ReleaseRefused
from enigma.local.simulation import SimulatedContract

TELCOS = ("telco 1", "telco 2", "telco 3")
CITIES = {"london": (51.5, -0.1), "paris": (48.9, 2.35), "berlin": (52.5, 13.4)}


def around(city: str, count: int, seed: int) -> dict[str, Any]:
    """Customers of one city."""
    random = np.random.default_rng(seed)
    latitude, longitude = CITIES[city]
    return {
        "latitude": latitude + random.uniform(-0.2, 0.2, count),
        "longitude": longitude + random.uniform(-0.2, 0.2, count),
    }


def with_phones(rows: dict[str, Any], phone: str) -> dict[str, Any]:
    return {**rows, "phone": [phone] * len(rows["latitude"])}


def both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {name: [*first[name], *second[name]] for name in first}


@pytest.fixture
def towers(deploy: Deploy) -> SimulatedContract:
    """Three telcos with a dozen customers in each of three cities, all mixed."""
    contract = deploy("towers")
    for place, telco in enumerate(TELCOS):
        contract.admit(telco)
        for i, city in enumerate(CITIES):
            contract.as_(telco).contribute(around(city, 4 + place, seed=10 * place + i))
    return contract


def test_towers_stand_in_the_middle_of_customers(towers: SimulatedContract, committee: Accounted) -> None:
    centroids, sizes = towers.as_("telco 2").cluster(k=2, rounds=5)
    pooled = [[around(city, 4 + place, seed=10 * place + i) for place in range(3)] for i, city in enumerate(CITIES)]
    west, east = [*pooled[0], *pooled[1]], pooled[2]
    expected = [
        [np.concatenate([rows[axis] for rows in group]).mean() for axis in ("latitude", "longitude")]
        for group in (west, east)
    ]
    order = np.argsort(centroids[:, 1])
    assert np.abs(centroids[order] - expected).max() < 1e-3
    assert sizes[order].tolist() == [30, 15]
    # All members get it, and nobody else; nothing but the gate was opened to all.
    for telco in TELCOS:
        assert [each.function for each in towers.as_(telco).received] == ["cluster", "cluster"]
    assert towers.as_("eve").received == []
    assert towers.receipt.programs == 2
    assert towers.events == []
    assert committee.opened == ["bool", "fixed(2, 2)", "int(2,)"]


def test_a_small_cluster_holds_all_back(towers: SimulatedContract, committee: Accounted) -> None:
    with enigma.refused("a cluster is too small to publish"):
        towers.as_("telco 1").cluster(k=20, rounds=2)
    assert all(towers.as_(telco).received == [] for telco in TELCOS)
    assert committee.opened == ["bool"]
    # As many clusters as half of the rows: more would be the customers themselves.
    with enigma.refused("rows / 2"):
        towers.as_("telco 1").cluster(k=50, rounds=2)


def test_phones_by_what_all_members_taught(towers: SimulatedContract) -> None:
    with enigma.refused("too few rows to learn from"):
        towers.as_("telco 1").count_phones()
    towers.as_("telco 1").teach(with_phones(around("london", 6, seed=31), "android"))
    towers.as_("telco 2").teach(
        both(with_phones(around("berlin", 6, seed=32), "ios"), with_phones(around("paris", 6, seed=33), "android"))
    )
    counts, shown = towers.as_("telco 3").count_phones()
    assert counts.tolist() == [30, 15]
    assert shown.tolist() == [True, True]
    # Only who asked knows.
    assert [each.function for each in towers.as_("telco 3").received] == ["count_phones"] * 2
    assert towers.as_("telco 1").received == towers.as_("telco 2").received == []


def test_phones_by_a_members_own_rows(towers: SimulatedContract, committee: Accounted) -> None:
    own = both(with_phones(around("london", 5, seed=41), "ios"), with_phones(around("berlin", 5, seed=42), "android"))
    counts, shown = towers.as_("telco 1").count_phones_by(own)
    assert counts.sum() == 45
    assert counts.tolist() in ([15, 30], [30, 15])
    assert shown.all()
    assert committee.opened == ["int(2,)", "bool(2,)"]
    # These rows are nobody else's to learn from.
    with enigma.refused("too few rows to learn from"):
        towers.as_("telco 1").count_phones()
    assert "training" not in towers.state.tables
    assert towers.as_("telco 2").received == []


def test_small_classes_are_withheld(deploy: Deploy) -> None:
    contract = deploy("towers", smallest=10)
    contract.admit("telco 1")
    contract.as_("telco 1").contribute(both(around("london", 12, seed=1), around("berlin", 4, seed=2)))
    taught = both(with_phones(around("london", 6, seed=3), "android"), with_phones(around("berlin", 6, seed=4), "ios"))
    counts, shown = contract.as_("telco 1").count_phones_by(taught)
    # The number of all rows is public: with one of two shown, the other would be what is left over.
    assert counts.tolist() == [0, 0]
    assert shown.tolist() == [False, False]


def test_members_and_their_questions(towers: SimulatedContract, deploy: Deploy) -> None:
    for call in ("cluster", "count_phones", "contribute", "teach", "count_phones_by"):
        rows = around("london", 2, seed=1)
        arguments = {"cluster": (3,), "count_phones": (), "contribute": (rows,)}.get(call, (with_phones(rows, "ios"),))
        with enigma.refused("not a member"):
            getattr(towers.as_("eve"), call)(*arguments)
    with enigma.refused("only the deployer"):
        towers.as_("telco 1").admit("eve")
    contract = deploy("towers", smallest=2, budget=1)
    contract.admit("telco 1")
    contract.as_("telco 1").contribute(both(around("london", 4, seed=1), around("berlin", 4, seed=2)))
    contract.as_("telco 1").cluster(k=2, rounds=1)
    with enigma.refused("your questions are spent"):
        contract.as_("telco 1").cluster(k=2, rounds=1)


def test_rows_are_withdrawn_by_their_owner(towers: SimulatedContract) -> None:
    assert towers.as_("eve").withdraw() == 0
    assert towers.as_("telco 1").withdraw() == 12
    assert towers.as_("telco 1").withdraw() == 0
    _, sizes = towers.as_("telco 1").cluster(k=2, rounds=3)
    assert sorted(sizes.tolist()) == [11, 22]


def test_few_new_rows_are_no_new_answer(towers: SimulatedContract) -> None:
    towers.as_("telco 1").cluster(k=2, rounds=2)
    towers.as_("telco 2").contribute(around("paris", 3, seed=77))
    with pytest.raises(ReleaseRefused, match="only 3 rows of others"):
        towers.as_("telco 1").cluster(k=2, rounds=2)


def test_the_sample_of_apex(deploy: Deploy) -> None:
    """The ten customers of the first APEX: the same towers and the same market as its own demonstration."""

    def rows(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((EXAMPLES / "apex" / name).read_text(encoding="utf-8"))
        return [{"phone" if column == "class" else column: x for column, x in row.items()} for row in found]

    contract = deploy("towers", smallest=4)
    for i in (1, 2):
        contract.admit(f"telco {i}")
        contract.as_(f"telco {i}").contribute(rows(f"telco{i}.json"))
        contract.as_(f"telco {i}").teach(rows(f"training{i}.json"))
    centroids, sizes = contract.as_("telco 1").cluster(2)
    assert np.abs(centroids - [[52.499781, -1.178791], [52.354315, 4.901430]]).max() < 1e-4
    assert sizes.tolist() == [6, 4]
    assert contract.as_("telco 1").count_phones()[0].tolist() == [6, 4]
    assert contract.as_("telco 2").count_phones_by([*rows("training1.json"), *rows("training2.json")])[0].tolist() == [
        6,
        4,
    ]


def test_bad_rows_are_named_and_nothing_is_shared(towers: SimulatedContract) -> None:
    before = dict(towers.state.tables)
    with pytest.raises(
        ArgumentProblem, match="contribute\\(rows\\), row 1, column latitude: a value outside"
    ) as caught:
        towers.as_("telco 1").contribute({"latitude": [1, 91.25], "longitude": [0, 0]})
    assert "91" not in str(caught.value)
    with pytest.raises(ArgumentProblem, match="row 0, column phone: not one of the labels"):
        towers.as_("telco 1").teach([{"latitude": 1, "longitude": 2, "phone": "nokia"}])
    assert towers.state.tables == before
