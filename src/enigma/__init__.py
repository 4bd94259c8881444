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
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from enigma.array.committee import Committee
    from enigma.contract.dictionaries.addresses import Address
    from enigma.local.committee import LocalCommittee, Progress
    from enigma.local.plain import PlainCommittee
    from enigma.local.simulation import Party, Refusal, SimulatedContract

__version__ = "0.1.0"
__all__ = ["__version__", "address", "local", "plain", "refused", "simulate"]

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


def simulate(
    file: str | Path,
    *,
    deployer: Party = "deployer",
    committee: Committee | None = None,
    now: int = 1_700_000_000,
    **arguments: Any,
) -> SimulatedContract:
    """A private contract from a file, deployed in this process: an object whose methods are its functions.

    contract = enigma.simulate("salaries.py")
    contract.as_("ann").submit(52_000)

    `committee`: `enigma.local()` to run between processes, by default `enigma.plain()`. `now`: block time in seconds.
    `arguments` are those of the contract's `__init__`. Raises `FileProblem`, `SourceProblem`, `CallRefused`.
    """
    from enigma.local.simulation import Simulation

    return Simulation(committee, now=now).deploy(file, deployer=deployer, **arguments)


def refused(words: str = "") -> AbstractContextManager[Refusal]:
    """For tests: the block must be refused by the contract, with `words` in the message."""
    from enigma.local.simulation import refused as context

    return context(words)


def address(name: str) -> Address:
    """The address that a name stands for in a simulation."""
    from enigma.contract.dictionaries.addresses import address_of

    return address_of(name)
