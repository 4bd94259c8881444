"""The lattice of kinds, and that the table of built-in functions is the language's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from enigma.contract.reading.names import FUNCTIONS
from enigma.contract.typing.kinds import (
    ADDRESS,
    BOOL,
    INT,
    MOST_NESTED,
    NEVER,
    NONE,
    NUMBER,
    REFUSED,
    TEXT,
    Kind,
    Secrecy,
    Value,
    join,
    list_of,
    map_of,
    set_of,
    total_secrecy,
    tuple_of,
    unknown,
)
from enigma.contract.typing.signatures import ARRAY_METHODS, SIGNATURES

SIMPLE = st.sampled_from([NEVER, BOOL, INT, NUMBER, TEXT, ADDRESS, NONE, unknown(), unknown(Secrecy.PRIVATE)])
ELEMENTS = st.builds(
    Value,
    st.sampled_from([Kind.BOOL, Kind.INT, Kind.NUMBER, Kind.CATEGORY]),
    st.sampled_from([Secrecy.PUBLIC, Secrecy.PRIVATE]),
    ndim=st.sampled_from([0, 1, 2, None]),
)
VALUES = st.recursive(
    SIMPLE | ELEMENTS,
    lambda inner: st.one_of(
        st.builds(list_of, inner),
        st.builds(set_of, inner),
        st.builds(map_of, inner, inner),
        st.builds(tuple_of, inner, inner),
    ),
    max_leaves=6,
)


@given(VALUES, VALUES)
def test_a_join_is_never_less_secret(a: Value, b: Value) -> None:
    assert join(a, b).private == (a.private or b.private)
    assert total_secrecy(join(a, b)) == max(total_secrecy(a), total_secrecy(b))


@given(VALUES, VALUES)
def test_a_join_does_not_ask_which_came_first(a: Value, b: Value) -> None:
    assert join(a, b) == join(b, a)


@given(VALUES)
def test_a_join_with_itself_or_nothing_changes_nothing(a: Value) -> None:
    assert join(a, a) == join(a, NEVER) == a


@given(VALUES, VALUES)
def test_a_join_absorbs(a: Value, b: Value) -> None:
    out = join(a, b)
    assert join(out, a) == join(out, b) == out


@given(VALUES)
def test_what_can_be_hidden_is_private(a: Value) -> None:
    if a.element:
        assert a.hidden().private
        assert a.hidden().kind is a.kind
        assert not a.hidden().opened().private


def test_containers_in_containers_end() -> None:
    value = INT
    for _ in range(3 * MOST_NESTED):
        value = join(value, list_of(value))
    assert value.kind is Kind.UNKNOWN
    assert join(REFUSED, INT) == REFUSED


def test_the_table_holds_every_built_in_function_and_no_other() -> None:
    assert set(SIGNATURES) == FUNCTIONS
    assert {"sum", "mean", "min", "max", "reshape"} < set(ARRAY_METHODS)
