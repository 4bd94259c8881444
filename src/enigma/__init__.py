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
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from enigma.array.committee import Committee
    from enigma.chain.deployment import Controllers
    from enigma.client.network import Network
    from enigma.client.progress import Told
    from enigma.client.tables.source import TableSource
    from enigma.contract.dictionaries.addresses import Address
    from enigma.keys.account import Account
    from enigma.local.committee import LocalCommittee, Progress
    from enigma.local.plain import PlainCommittee
    from enigma.local.simulation import Party, Refusal, SimulatedContract

__version__ = "0.1.0"
__all__ = ["__version__", "address", "connect", "local", "plain", "refused", "simulate", "table"]

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


def connect(
    url: str | None = None,
    deployment: str | Path | Controllers | None = None,
    account: Account | int | str | Path | None = None,
    *,
    password: str | None = None,
    local: str | Path | None = None,
    progress: bool | Told = True,
    say: Callable[[str], None] | None = None,
) -> Network:
    """A network of nodes, as one account uses it; a context manager.

    network = enigma.connect()
    contract = network.deploy("average_salary.py", team=[...])
    contract.submit(52_000).result()

    Without a `url` it is the network that `enigma up` runs on this machine (in the folder `local`). `deployment`: the
    file that names the controllers, as `enigma chain deploy` writes it. `account`: a keystore's file, whose `password`
    is asked for where it is not given; a number of the local network's own accounts, by default 0; or an `Account`.
    `progress`: whether a terminal or a notebook shows how far things are, or who is told instead. `say` is told what
    goes on, in sentences. Raises NetworkError where no network runs, ChainProblem, InputError.
    """
    from enigma.client.connecting import connect as connected

    return connected(url, deployment, account, password=password, local=local, progress=progress, say=say)


def table(
    source: Any,
    *,
    skip_bad: bool = False,
    connection: Any = None,
    parameters: Any = None,
    columns: Mapping[str, str] | None = None,
) -> TableSource:
    """A table for a private parameter, and how it is read; nothing is read yet.

    contract.contribute(enigma.table("customers.csv", skip_bad=True))

    `source`: a CSV, Parquet or Arrow file, a frame of pandas or polars, or a query for `connection` (ADBC, SQLAlchemy,
    or any of the DB-API) with its `parameters`. `skip_bad`: leave out rows that do not fit, which the job then counts,
    instead of refusing the table. `columns`: the source's name of a column, by the contract's.
    """
    from enigma.client.tables.source import TableSource

    return TableSource(source, skip_bad, connection, parameters, dict(columns or {}))
