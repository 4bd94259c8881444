from collections.abc import Iterator

import pytest
from tests.array.checking import CheckingCommittee


@pytest.fixture
def committee() -> Iterator[CheckingCommittee]:
    with CheckingCommittee(seed=1) as found:
        yield found
