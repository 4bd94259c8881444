"""`enigma contribute`: one table from a file to a function of a contract, until the chain has the receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from enigma.cli.work import consoles, print_json
from enigma.errors import ArgumentProblem, TableProblem

if TYPE_CHECKING:
    from enigma.client.deployed import Deployed
    from enigma.client.network import Network


def run(
    network: Network,
    contract: str,
    file: Path,
    source: Path,
    function: str | None,
    *,
    skip_bad: bool,
    as_object: bool,
) -> None:
    """The whole command. Raises TableProblem with every bad row, InputError, CallRefused, NetworkError."""
    from enigma.client.contract import deployed_of
    from enigma.client.job import Job
    from enigma.client.tables.source import TableSource

    there = network.contract(contract, source)
    name, parameter = _taker(deployed_of(there), function)
    try:
        job = there.functions[name](**{parameter: TableSource(file, skip_bad=skip_bad)})
    except TableProblem as problem:
        if skip_bad:
            raise
        hint = "nothing was shared: mend the rows, or leave them out: --skip-bad"
        raise TableProblem(problem.message, problem.report, hint=hint) from None
    assert isinstance(job, Job)  # `_taker` chooses among private functions
    job.result()
    (report,) = job.tables.values()
    if as_object:
        print_json(
            {"job": job.number, "contract": contract, "function": name, "rows": report.taken, "skipped": report.bad}
        )
        return
    out, _ = consoles()
    out.print(f"{report.sentence()}.", soft_wrap=True, markup=False)
    out.print(f"Contributed by job {job.number}, which the chain has.", soft_wrap=True)


def _taker(deployed: Deployed, function: str | None) -> tuple[str, str]:
    """The function that takes a table, and its parameter. Raises ArgumentProblem where that is not one of each."""
    from enigma.contract.types import PrivateType, TableType

    found: dict[str, list[str]] = {}
    for name in deployed.half.functions:
        parameters = deployed.declared.functions[name].parameters
        tables = [p.name for p in parameters if isinstance(p.type, PrivateType) and isinstance(p.type.of, TableType)]
        if tables and function in (None, name):
            found[name] = tables
    if not found:
        which = "no function" if function is None else f"no function {function}"
        raise ArgumentProblem(f"{deployed.declared.name} has {which} that takes a private table")
    if len(found) > 1:
        raise ArgumentProblem(
            f"{len(found)} functions of {deployed.declared.name} take a table", hint=f"--function {' | '.join(found)}"
        )
    ((name, tables),) = found.items()
    if len(tables) > 1:
        raise ArgumentProblem(f"{name} takes {len(tables)} tables at once", hint="call it from Python")
    return name, tables[0]
