"""Which column of a source is meant by a column of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enigma.contract.reading.names import suggestion
from enigma.contract.types import TableType
from enigma.errors import FileProblem

LATITUDES = frozenset({"lat", "latitude"})
LONGITUDES = frozenset({"lng", "lon", "long", "longitude"})
"""Names under which people keep degrees, in small letters."""


def spellings(name: str) -> frozenset[str]:
    """The names, in small letters, that mean the same as this one."""
    folded = name.strip().casefold()
    return next((names for names in (LATITUDES, LONGITUDES) if folded in names), frozenset({folded}))


def printable(name: str) -> str:
    """A name as a terminal may show it."""
    return name if name.isprintable() else ascii(name)


def matched(source: str, names: Sequence[str], type_: TableType, renamed: Mapping[str, str]) -> dict[str, int]:
    """The number of the source's column for each column of the type. `renamed`: the source's names by the type's.

    A name matches exactly, else in any case and in the usual spellings of degrees. Raises `FileProblem` for all that
    are missing, and for one that is there several times.
    """
    known = [name for name, _ in type_.columns]
    for name in renamed:
        if name not in known:
            raise FileProblem(
                source, f"columns= names {name}, which {type_.name} does not have",
                hint=suggestion(name, known) or f"{type_.name} has {', '.join(known)}",
            )  # fmt: skip
    found = {name: _found(source, names, renamed.get(name, name), exact=name in renamed) for name in known}
    missing = [name for name, place in found.items() if place is None]
    if missing:
        listed = ", ".join(printable(each) for each in names) or "none"
        wanted = [renamed.get(name, name) for name in missing]
        near = {name: each for name in wanted if (each := suggestion(name, names))}
        hint = "; ".join(f"{name}: {each}" for name, each in near.items())
        raise FileProblem(
            source, f"has no column{'s' * (len(missing) > 1)} {', '.join(wanted)}; its columns are: {listed}",
            hint=hint or f"other names are given with enigma.table(..., columns={{{missing[0]!r}: 'its name'}})",
        )  # fmt: skip
    return {name: place for name, place in found.items() if place is not None}


def _found(source: str, names: Sequence[str], name: str, *, exact: bool) -> int | None:
    places = [i for i, each in enumerate(names) if each == name]
    if not places and not exact:
        places = [i for i, each in enumerate(names) if each.strip().casefold() in spellings(name)]
    if len(places) > 1:
        listed = ", ".join(printable(names[i]) for i in places)
        raise FileProblem(
            source, f"has {len(places)} columns that could be {name}: {listed}",
            hint=f"say which: enigma.table(..., columns={{{name!r}: ...}}), or rename one",
        )  # fmt: skip
    return places[0] if places else None
