"""Every row of the rejection table, and its accepted twin."""

from __future__ import annotations

import pytest
from tests.contract.reading import refusals, refusals_declarations, refusals_names
from tests.contract.reading.refusals import Row

from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.errors import SourceProblem

ROWS = [*refusals.ROWS, *refusals_declarations.ROWS, *refusals_names.ROWS]


def named(row: Row) -> str:
    return row.message[:40]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_refused(row: Row) -> None:
    source = Source("sample.py", row.source)
    with pytest.raises(SourceProblem) as caught:
        load(source)
    problem = caught.value
    assert type(problem) is row.error, str(problem)
    assert row.message in problem.reason
    assert row.hint in problem.hint
    if row.fragment:
        assert problem.fragment == row.fragment
    assert problem.hint, "every refusal says what to write instead"
    first = problem.reason.split()[0]
    assert not first.istitle() or first.strip(":") in row.source, "a message begins small, or with a name of the source"
    assert not problem.reason.endswith("."), problem.reason
    assert 1 <= problem.line <= len(source.lines)
    assert str(problem).splitlines()[0].startswith(f"sample.py:{problem.line}:{problem.column}: ")


@pytest.mark.parametrize("row", [row for row in ROWS if row.accepted], ids=named)
def test_the_twin_is_accepted(row: Row) -> None:
    load(Source("sample.py", row.accepted))


def test_rows_differ() -> None:
    assert len({row.source for row in ROWS}) == len(ROWS)
