"""What stands on the chain, as the language has it: every digit of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from enigma.contract.types import FixedType
from enigma.contract.vyper.kinds import MOST_FIXED
from enigma.contract.vyper.outcome import on_chain
from enigma.contract.vyper.standing import from_chain


@pytest.mark.parametrize("units", [0, 1, -1, 10**18, 10**33 + 1, MOST_FIXED, -MOST_FIXED])
def test_a_decimal_keeps_all_its_digits(units: int) -> None:
    found = from_chain(units, FixedType(None, None))
    assert isinstance(found, Decimal)
    assert on_chain(found) == units
