"""`enigma check`: a contract's file, sample values or real rows, and plain arithmetic, put together for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from enigma.array.literals import Raw
from enigma.contract.call import HeldRows
from enigma.contract.calling.private_arguments import checked
from enigma.contract.dictionaries.held import Held
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import Library
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.report.account import Account
from enigma.contract.report.inspecting import Inspection, problem_of
from enigma.contract.report.overrides import Overrides, read
from enigma.contract.report.samples import Columns, Samples
from enigma.contract.report.tracing import SEED, Engine, Vault
from enigma.contract.types import ArrayType, CategoryType, ElementType, TableType
from enigma.contract.typing import problems
from enigma.engine import plain
from enigma.engine.families import FAMILIES, FAMILY
from enigma.errors import ArgumentProblem, FileProblem, SourceProblem
from enigma.local.arguments import share as share_checked
from enigma.local.plain import PlainCommittee
from enigma.local.simulation import read_source
from enigma.program.types import Type

SECRECY = "Nobody else learns anything, and no seat does, as long as no two of the three seats pool what they hold."
MOST_ROWS = 1_000_000


class _SampleCommittee(PlainCommittee):
    """Takes sample values in, and keeps them where the report finds them."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(seed=SEED)
        self._vault = vault

    def _store(self, raw: Raw, type_: Type) -> int:
        return self._vault.store_sample(np.array(raw, dtype=np.bool_ if type_.is_bool else np.int64), type_)


def check(
    file: str | Path,
    *,
    rows: int = 1000,
    arguments: Sequence[str] = (),
    fields: Sequence[str] = (),
    data: Sequence[str | Path] = (),
    library: Library | None = None,
) -> Account:
    """The report on a contract's file: problems, disclosures, ranges, costs, errors.

    `rows` of each private table and of arrays of any length; `arguments` as "cluster.k=5" and `fields` as "smallest=2"
    replace public values; `data` are CSV or Parquet files, one for each owner, with the columns of a table. What is
    wrong with the contract stands in the report. Raises `InputError` for what cannot be read or was given wrongly.
    """
    if not 1 <= rows <= MOST_ROWS:
        raise ArgumentProblem(f"--rows {rows}", hint=f"1 to {MOST_ROWS:,} rows are tried")
    source = _read(Path(file))
    try:
        module = load(source, library)
    except SourceProblem as error:
        return Account(source.name, "", "", source.digest, problems=(problem_of(error),), rows=rows)
    contract = module.contract
    if contract is None:
        if arguments or fields or data:
            raise ArgumentProblem(f"{source.name} declares no contract, so there is nothing to give values to",
                                  hint="class Name(Contract): ...")  # fmt: skip
        found = tuple(problem_of(each) for each in problems(module))
        return Account(source.name, "", module.doc, source.digest, problems=found, rows=rows)
    overrides = read(contract, arguments, fields)
    tables = _tables(module, [Path(each) for each in data])
    vault = Vault()
    committee = _SampleCommittee(vault)
    samples = Samples(rows, np.random.default_rng(SEED), tables)
    account = _inspect(module, committee, vault, samples, overrides)
    return replace(account, data=tuple(str(each) for each in data))


def _inspect(
    module: Module, committee: _SampleCommittee, vault: Vault, samples: Samples, overrides: Overrides
) -> Account:
    def share(value: Any, type_: ElementType | ArrayType | TableType, what: str) -> Held | HeldRows:
        return share_checked(committee, checked(value, type_, what))

    engine = Engine(plain.evaluate, plain.fold, FAMILIES[FAMILY][0], SECRECY)
    return Inspection(module, engine, vault, samples, share, overrides).account()


def _read(path: Path) -> Source:
    if path.is_dir():
        raise FileProblem(str(path), "is a directory", hint="name the contract's file in it, such as contract.py")
    source = read_source(path)
    if not source.text.strip():
        raise FileProblem(str(path), "is empty", hint="a contract begins with class Name(Contract):")
    return source


# ---------------------------------------------------------------- rows of a user's files


def _tables(module: Module, files: Sequence[Path]) -> dict[str, list[Columns]]:
    """The rows of each file under the row type that has its columns; raises `InputError`."""
    found: dict[str, list[Columns]] = {}
    for file in files:
        columns = _read_columns(file)
        fitting = [t for t in module.tables.values() if {name for name, _ in t.columns} <= set(columns)]
        if not fitting:
            wanted = "; ".join(f"{t.name} has {', '.join(n for n, _ in t.columns)}" for t in module.tables.values())
            raise FileProblem(
                str(file), f"its columns are {', '.join(columns)}",
                hint=f"{wanted}: a file has all columns of one of them" if wanted else "the contract has no table",
            )  # fmt: skip
        table = max(fitting, key=lambda t: len(t.columns))
        found.setdefault(table.name, []).append(
            {name: _values(columns[name], element, file, name) for name, element in table.columns}
        )
    return found


def _read_columns(file: Path) -> dict[str, list[Any]]:
    import pyarrow as pa
    from pyarrow import csv, parquet

    if not file.is_file():
        raise FileProblem(str(file), "is a directory" if file.is_dir() else "is not there")
    try:
        table = parquet.read_table(file) if file.suffix == ".parquet" else csv.read_csv(file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileProblem(
            str(file), f"cannot be read as a table: {reason}", hint="CSV with a header line, or Parquet"
        ) from None
    if not table.num_rows:
        raise FileProblem(str(file), "has no rows")
    return {str(name): table.column(name).to_pylist() for name in table.column_names}


def _values(column: list[Any], element: ElementType, file: Path, name: str) -> Any:
    """A column as an owner would hand it over; raises `FileProblem` for what is no value of its type."""
    missing = next((place for place, value in enumerate(column, start=1) if value is None), None)
    if missing is not None:
        raise FileProblem(str(file), f"column {name} has no value in row {missing}", hint="leave the row out")
    if isinstance(element, CategoryType) and element.labels:
        return [value if isinstance(value, (str, int)) else str(value) for value in column]
    if any(isinstance(value, str) for value in column):
        first = next(place for place, value in enumerate(column, start=1) if isinstance(value, str))
        raise FileProblem(str(file), f"column {name} holds text in row {first}, and it is {element}")
    return np.asarray(column)
