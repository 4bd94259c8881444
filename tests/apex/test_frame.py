"""Columns in agreed units, and back."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

import enigma
from enigma.apex.frame import SCALE, Frame, agreed_columns
from enigma.apex.tables import Column, Table
from enigma.errors import ArgumentProblem

PLACE = (Column("latitude", Decimal(-90), Decimal(90)), Column("longitude", Decimal(-180), Decimal(180)))


def test_one_unit_keeps_distances() -> None:
    frame = Frame.common(PLACE)
    assert frame.units.tolist() == [256.0, 256.0]
    assert frame.reaches.tolist() == [90 / 256, 180 / 256]


def test_separate_units_fill_the_range() -> None:
    frame = Frame.separate(
        (Column("spend", Decimal(0), Decimal(5000)), Column("visits", Decimal("0.1"), Decimal("0.3")))
    )
    assert frame.middles.tolist() == [2500.0, pytest.approx(0.2)]
    edges = frame.inside(np.array([[0.0, 0.1], [5000.0, 0.3]]))
    assert edges.min() == -1.0
    assert edges.max() == 1.0


@pytest.mark.parametrize("frame", [Frame.common(PLACE), Frame.separate(PLACE)])
def test_there_and_back(frame: Frame) -> None:
    values = np.random.default_rng(1).uniform([-90, -180], [90, 180], (50, 2))
    assert np.allclose(frame.outside(frame.inside(values).T), values, atol=1e-12)


def test_owners_rows_stand_in_order() -> None:
    tables = [Table(str(i), PLACE, np.full((i + 1, 2), float(i))) for i in range(3)]
    frame = Frame.common(agreed_columns(tables))
    with enigma.plain() as committee:
        points = frame.share(committee, tables)
        assert points.shape == (2, 6)
        assert points.scale == SCALE
        assert frame.outside(committee.reveal(points).T)[:, 0].tolist() == [0, 1, 1, 2, 2, 2]


def test_tables_must_agree() -> None:
    other = Table("other", (PLACE[0], Column("longitude", Decimal(0), Decimal(10))), np.zeros((1, 2)))
    with enigma.plain() as committee, pytest.raises(ArgumentProblem, match="other has other columns"):
        Frame.common(PLACE).share(committee, [other])
    with pytest.raises(ArgumentProblem, match="no table"):
        agreed_columns([])
