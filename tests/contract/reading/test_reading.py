"""What a file declares, as it is read."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent

import pytest
from tests.contract.reading.refusals import fields

from enigma.contract.dictionaries.addresses import read_address
from enigma.contract.reading.annotations import annotations_of
from enigma.contract.reading.declarations import Module, Where
from enigma.contract.reading.loading import load
from enigma.contract.reading.names import BUILTINS, CONVERSIONS, FUNCTIONS, KEYWORDS, TYPES, VALUES
from enigma.contract.reading.source import Source
from enigma.contract.types import (
    AddressType,
    ArrayType,
    BoolType,
    CategoryType,
    FixedType,
    IntType,
    ListType,
    MapType,
    PrivateType,
    SetType,
    TextType,
    ValueType,
)

TOWERS = dedent(
    '''
    """Where to build."""
    LIMIT = 2 * 50
    SHARE = LIMIT / 3
    Customer = table(latitude=fixed(-90, 90), phone=category("android", "ios"))


    def twice(x, times: int = 2):
        """So many times x."""
        return times * x


    class Towers(Contract):
        """Towers."""

        smallest: public[int] = 10
        members: public[set[address]]
        total: private[int(0, LIMIT)] = 0
        customers: private[Customer]
        salaries: map[address, private[int(0, 10**6)]]
        committee = drawn(5)
        release = after(LIMIT // 10)

        @public
        def __init__(self, first: list[address]):
            for each in first:
                self.members.add(each)

        @private
        def cluster(self, rows: private[Customer], x: private[fixed(0, 1)[:]], k: int(2, LIMIT) = 5):
            """Cluster them."""
            self.customers.append(rows)
            best: private[fixed(-1, 1)] = 0.5
            for _ in range(k):
                best = best * best
            if sender in self.members and k in L:
                self.total = clip(self.total + twice(k, times=3), 0, LIMIT)
            MPC.set("best", best, self.friend)
            return reveal(mean(x), to=everyone), self.scaled(best)

        @predicate
        def friend(self, asker: address):
            return asker in self.members

        def scaled(self, x):
            return reveal(x * SHARE)
    '''
)


@pytest.fixture(scope="module")
def towers() -> Module:
    return load(Source("towers.py", TOWERS))


def test_the_file(towers: Module) -> None:
    assert towers.doc == "Where to build."
    assert list(towers.constants) == ["LIMIT", "SHARE"]
    assert towers.tables["Customer"].column("phone") == CategoryType(2, ("android", "ios"))
    assert towers.tables["Customer"].column("latitude") == FixedType(Decimal(-90), Decimal(90))
    assert not towers.trusted
    assert towers.digests == (towers.source.digest,)


def test_the_class(towers: Module) -> None:
    contract = towers.contract
    assert contract is not None
    assert (contract.name, contract.doc) == ("Towers", "Towers.")
    assert {name: str(field.type) for name, field in contract.fields.items()} == {
        "smallest": "int",
        "members": "set[address]",
        "total": "private[int(0, 100)]",
        "customers": "private[Customer]",
        "salaries": "map[address, private[int(0, 1000000)]]",
    }
    assert contract.committee.seats == 5
    assert contract.committee.names == ()
    assert contract.release.rows == 10
    assert [field.name for field in contract.fields.values() if field.default is not None] == ["smallest", "total"]


def test_the_functions(towers: Module) -> None:
    assert towers.contract is not None
    functions = {**towers.functions, **towers.contract.functions}
    assert {name: function.where for name, function in functions.items()} == {
        "twice": Where.HELPER,
        "__init__": Where.PUBLIC,
        "cluster": Where.PRIVATE,
        "friend": Where.PREDICATE,
        "scaled": Where.INTERNAL,
    }
    cluster = functions["cluster"]
    assert cluster.doc == "Cluster them."
    assert [(each.name, str(each.type)) for each in cluster.parameters] == [
        ("rows", "private[Customer]"),
        ("x", "private[fixed(0, 1)[:]]"),
        ("k", "int(2, 100)"),
    ]
    assert [each.default is not None for each in cluster.parameters] == [False, False, True]
    assert len(cluster.body) == 6, "the docstring is not one of its statements"
    assert functions["twice"].parameters[0].type is None


def test_declared_variables(towers: Module) -> None:
    assert towers.contract is not None
    declared = towers.contract.functions["cluster"].body[1]
    annotations = annotations_of(towers)
    assert annotations.local(declared.annotation) == PrivateType(FixedType(Decimal(-1), Decimal(1)))  # type: ignore[attr-defined]
    assert annotations.constants.values["LIMIT"] == 100
    assert annotations.constants.values["SHARE"] == Decimal("33." + "3" * 32)


SALARY = PrivateType(IntType(0, 10**6))


@pytest.mark.parametrize(
    ("written", "type_"),
    [
        ("public[int]", IntType()),
        ("public[int(0, 2**200)]", IntType(0, 2**200)),
        ("public[int(lo=-5, hi=5)]", IntType(-5, 5)),
        ("public[fixed]", FixedType()),
        ("public[text]", TextType()),
        ("public[bool]", BoolType()),
        ("public[category(7)]", CategoryType(7)),
        ("public[list[list[fixed(0, 0.1)]]]", ListType(ListType(FixedType(Decimal(0), Decimal("0.1"))))),
        ("public[set[text]]", SetType(TextType())),
        ("public[map[address, map[int, bool]]]", MapType(AddressType(), MapType(IntType(), BoolType()))),
        ("private[int(0, 10**6)]", SALARY),
        ("private[int(-2**63, 2**63 - 1)]", PrivateType(IntType(-(2**63), 2**63 - 1))),
        ("private[fixed(-1.5, 1, scale=30)]", PrivateType(FixedType(Decimal("-1.5"), Decimal(1), 30))),
        ("private[fixed(0, 1)[3, 4]]", PrivateType(ArrayType(FixedType(Decimal(0), Decimal(1)), (3, 4)))),
        ("private[bool[2 * 8]]", PrivateType(ArrayType(BoolType(), (16,)))),
        ("map[address, private[int(0, 10**6)]]", MapType(AddressType(), SALARY)),
        ("map[text, private[category(3)[4]]]", MapType(TextType(), PrivateType(ArrayType(CategoryType(3), (4,))))),
    ],
)
def test_field_types(written: str, type_: ValueType) -> None:
    contract = load(Source("sample.py", fields(f"a: {written}"))).contract
    assert contract is not None
    assert contract.fields["a"].type == type_


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        ("public[fixed(0, 1)]", "0.5"),
        ("public[fixed]", "3"),
        ("public[category('a', 'b')]", "'b'"),
        ("public[category(3)]", "2"),
        ("public[address]", f"'0x{0xAB:040x}'"),
        ("public[list[int]]", "[1, 2]"),
        ("public[set[int]]", "{1, 2}"),
        ("public[set[int]]", "{}"),
        ("public[map[text, int]]", "{'a': 1}"),
        ("public[bool]", "True"),
        ("private[bool]", "False"),
        ("private[fixed(-1, 1)]", "-0.25"),
    ],
)
def test_defaults(type_: str, default: str) -> None:
    load(Source("sample.py", fields(f"a: {type_} = {default}")))


def test_settings() -> None:
    names = tuple(f"0x{n:040x}" for n in range(4))
    contract = load(Source("sample.py", fields(f"committee = named({list(names)})\nrelease = always"))).contract
    assert contract is not None
    assert contract.committee.names == tuple(map(read_address, names))
    assert contract.committee.seats == 4
    assert contract.release.rows is None


def test_settings_by_default() -> None:
    contract = load(Source("sample.py", fields("pass"))).contract
    assert contract is not None
    assert (contract.committee.seats, contract.release.rows) == (3, 10)


def test_a_name_may_be_assigned_on_another_path() -> None:
    load(
        Source(
            "sample.py",
            "def f(x):\n    for i in x:\n        if i > 1:\n            y = y + 1\n        y = 0\n    return y\n",
        )
    )
    load(Source("sample.py", "def f(x):\n    if x:\n        y = 1\n    else:\n        z = 2\n    return y + z\n"))


def test_nothing_after_return_is_refused() -> None:
    load(Source("sample.py", "def f(x):\n    return x\n    x = 1\n"))


def test_built_in_names() -> None:
    assert CONVERSIONS <= TYPES
    assert CONVERSIONS <= FUNCTIONS
    assert {"reveal", "require", "emit", "proven", "where", "one_hot", "at_least", "len"} <= FUNCTIONS
    assert VALUES | TYPES | FUNCTIONS <= BUILTINS
    assert "members" in BUILTINS - KEYWORDS, "a field may be called members"
