"""Public values as users type them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enigma.contract.dictionaries.addresses import address_of, read_address
from enigma.contract.reading.declarations import ContractClass
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.report.overrides import read
from enigma.contract.report.samples import ASKER, DEPLOYER
from enigma.contract.values.containers import OrderedSet
from enigma.errors import ArgumentProblem

TEXT = """class A(Contract):
    count: public[int] = 0

    @public
    def f(self, yes: bool, k: int, few: int(1, 4), part: fixed(0, 1), kind: category("a", "b"), place: category(3),
          name: text, who: address, several: list[int], whom: set[address], prices: map[text, int], paper: document):
        DHT[sender] = paper
"""


def contract() -> ContractClass:
    found = load(Source("a.py", TEXT)).contract
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes=true", True),
        ("yes=No", False),
        ("k=-12", -12),
        ("k = 1_000", 1000),
        ("few=4", 4),
        ("part=0.25", Decimal("0.25")),
        ("kind=b", 1),
        ("place=2", 2),
        ("name='a b=c'", "a b=c"),
        ("name=", ""),
        ("who=deployer", address_of(DEPLOYER)),
        ("who=sender", address_of(ASKER)),
        ("who=ann", address_of("ann")),
        ("who=0x" + "ab" * 20, read_address("0x" + "ab" * 20)),
        ("several=[1, 2,3]", [1, 2, 3]),
        ("several=", []),
        ("whom=ann,bob", OrderedSet([address_of("ann"), address_of("bob")])),
    ],
)
def test_values(text: str, value: Any) -> None:
    found = read(contract(), [f"f.{text}"], []).arguments["f"]
    assert list(found.values()) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "yes=maybe", "k=1.5", "k=", "few=9", "part=x", "part=inf", "part=2", "kind=c", "place=3", "who=0x12",
        "several=1,x", "prices={}", "paper=x", "nothing=1", "=1", "k",
    ],
)  # fmt: skip
def test_what_is_no_value(text: str) -> None:
    with pytest.raises(ArgumentProblem) as raised:
        read(contract(), [f"f.{text}"], [])
    assert raised.value.message


def test_fields() -> None:
    assert read(contract(), [], ["count=3"]).fields == {"count": 3}
