"""The life of pieces at one node, event by event, and as bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import ProtocolError, WireError
from enigma.node.job.generations import Generations, Pending
from enigma.sharing.generations import Generation
from enigma.wire import codec

DEALT = Generations(Generation())


def pending(name: str, *, move: int | None = None, seats: int = 1, stays: bool = True) -> Pending:
    return Pending(Generation(1, name.encode() * 32), bytes(32), (b"p",), stays, move, seats, b"t" * 32)


def test_a_refresh() -> None:
    stored = DEALT.stored(pending("x"))
    assert stored.kept == {bytes(32), b"x" * 32}
    switched = stored.switched(b"x" * 32)
    assert switched.current == Generation(1, b"x" * 32)
    assert switched.kept == {bytes(32), b"x" * 32}
    assert switched.computing() == switched.current
    assert switched.released(b"x" * 32).kept == {b"x" * 32}


def test_who_leaves_keeps_the_old_pieces_until_released() -> None:
    left = DEALT.stored(pending("x", move=0, stays=False)).moved(b"x" * 32, 1)
    assert left.current is None
    assert left.kept == {bytes(32)}
    with pytest.raises(ProtocolError, match="no pieces"):
        left.computing()
    assert left.released(b"x" * 32).kept == frozenset()


def test_several_seats_have_moved_when_the_last_one_has() -> None:
    stored = DEALT.stored(pending("x", move=4, seats=3))
    for moves in (5, 6):
        stored = stored.moved(b"x" * 32, moves)
        assert stored.current == Generation()
    assert stored.moved(b"x" * 32, 7).current == Generation(1, b"x" * 32)


def test_another_move_makes_the_pending_void() -> None:
    both = DEALT.stored(pending("x", move=4)).stored(pending("y", move=4))
    assert both.moved(b"y" * 32, 5).pending == ()
    assert both.moved(b"z" * 32, 5) == DEALT
    assert both.moved(b"z" * 32, 4) == both, "a move of long ago"
    refresh = DEALT.stored(pending("x"))
    assert refresh.moved(b"z" * 32, 5) == refresh, "only the seats decide it"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pending("x"), pending("y")),
        (pending("x"), pending("y", move=0)),
        (pending("x", move=0), pending("y")),
        (pending("x", move=0), pending("y", move=1)),
        (pending("x", move=0, seats=2), pending("y", move=0)),
        (pending("x", move=0), pending("y", move=0, seats=2)),
    ],
)
def test_two_that_could_both_happen_are_refused(first: Pending, second: Pending) -> None:
    with pytest.raises(ProtocolError, match="already waiting"):
        DEALT.stored(first).stored(second)


def test_what_cannot_happen_is_refused() -> None:
    signed = DEALT.stored(pending("x", move=0)).signed(b"x" * 32)
    with pytest.raises(ProtocolError, match="may still take"):
        signed.dropped(b"x" * 32)
    with pytest.raises(ProtocolError, match="never stored"):
        signed.switched(b"y" * 32)
    with pytest.raises(ProtocolError, match="has stored"):
        signed.signed(b"y" * 32)
    with pytest.raises(ProtocolError, match="not made from the present"):
        DEALT.stored(replace(pending("x"), former=b"o" * 32))
    switched = DEALT.stored(pending("x")).switched(b"x" * 32)
    with pytest.raises(ProtocolError, match="still kept"):
        switched.stored(replace(pending("y"), former=b"x" * 32))
    with pytest.raises(ProtocolError, match="did not follow"):
        switched.released(b"y" * 32)
    with pytest.raises(ProtocolError, match="nothing is computed"):
        DEALT.stored(pending("x")).computing()


digests = st.binary(min_size=32, max_size=32)
generations = st.builds(Generation, st.integers(0, 1 << 40), digests)
waiting = st.builds(
    Pending, generations, digests, st.lists(digests, max_size=6).map(tuple), st.booleans(),
    st.none() | st.integers(0, 99), st.integers(0, 3), digests, st.booleans(),
)  # fmt: skip


@given(
    st.builds(
        Generations,
        st.none() | generations,
        st.none() | generations,
        st.none() | digests,
        st.lists(waiting, max_size=3).map(tuple),
        digests,
    )
)
def test_written_and_read(found: Generations) -> None:
    assert Generations.read(codec.decode(codec.encode(found.tree), limit=1 << 20)) == found


@pytest.mark.parametrize("tree", [None, [], [1, 2, 3], [[1], None, None, [], b""], [None, None, None, [[1]], b""]])
def test_what_is_none_is_refused(tree: object) -> None:
    with pytest.raises(WireError):
        Generations.read(tree)
