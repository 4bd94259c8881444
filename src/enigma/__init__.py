"""Enigma lets parties who do not trust each other compute on data that none of them may see.

import enigma

with enigma.local(seats=3) as committee:
    salaries = committee.share([4200.0, 3900.0, 5100.0], lo=0, hi=100_000)
    print(committee.reveal(salaries.mean()))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import enigma.local as _local_package  # bound here once, so that importing it later does not hide the function below

if TYPE_CHECKING:
    from enigma.local.committee import LocalCommittee, Progress
    from enigma.local.plain import PlainCommittee

__version__ = "0.1.0"
__all__ = ["__version__", "local", "plain"]

del _local_package


def local(
    seats: int = 3, *, kernels: str = "auto", deadline: float = 60.0, progress: Progress | None = None
) -> LocalCommittee:
    """A committee of `seats` processes on this machine, with mutual TLS between them; a context manager.

    `kernels`: "auto", "native" or "plain" (the NumPy twin). `deadline`: seconds of silence after which a seat counts
    as lost. `progress(phase, rounds_done, rounds_in_all)` is called while programs run.
    """
    from enigma.local.committee import LocalCommittee

    return LocalCommittee(seats, kernels=kernels, deadline=deadline, progress=progress)


def plain() -> PlainCommittee:
    """The same object on plain numbers, in this process: the definition that secure runs agree with."""
    from enigma.local.plain import PlainCommittee

    return PlainCommittee()
