"""A part of the demonstration's rows, for tests that run it."""

from __future__ import annotations

from enigma.apex.footprints import Footprint, europe
from enigma.apex.places import Places
from enigma.apex.tables import Table

EVERY = 15


def parts_of(places: Places) -> tuple[Footprint, ...]:
    """The owners with every 15th of their rows."""
    return tuple(map(_part, europe(places=places)))


def _part(owner: Footprint) -> Footprint:
    table = owner.table
    assert table.labels is not None
    part = Table(table.source, table.columns, table.values[::EVERY].copy(), table.labels[::EVERY].copy())
    return Footprint(owner.name, owner.rule, part)
