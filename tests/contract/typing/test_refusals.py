"""What the checker refuses, and what it does not."""

from __future__ import annotations

import pytest
from tests.contract.typing.accepted_types import ACCEPTED
from tests.contract.typing.refusals_types import ROWS, Row

from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.typing import check, problems


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_refused(row: Row) -> None:
    module = load(Source("shop.py", row.source))
    found = problems(module)
    assert len(found) == 1, [str(p) for p in found]
    (problem,) = found
    assert type(problem) is row.error, problem
    assert problem.fragment == row.fragment, problem
    for words in row.message:
        assert words in problem.reason
    for words in row.hint:
        assert words in problem.hint
    assert problem.hint
    with pytest.raises(row.error):
        check(module)


@pytest.mark.parametrize("source", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(source: str) -> None:
    assert problems(load(Source("shop.py", source))) == []


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 60
