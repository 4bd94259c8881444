"""A call is served once, however often it is said; what is kept for that is bounded per peer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.net.states import until

from enigma.errors import NetworkError, PeerSilent
from enigma.net.peers.answers import KeptAnswers
from enigma.net.peers.line import Wait

ANN, BOB = b"a" * 32, b"b" * 32


def wait(seconds: float = 60.0) -> Wait:
    return Wait("somebody", "a call it made twice", seconds)


def served(kept: KeptAnswers, peer: bytes, number: bytes, size: int = 10) -> None:
    assert kept.begin(peer, number, wait()) is None
    kept.finish(peer, number, 1, number + bytes(size - len(number)))


def test_the_second_time_gives_the_first_answer() -> None:
    kept = KeptAnswers()
    served(kept, ANN, b"1")
    assert kept.begin(ANN, b"1", wait()) == (1, b"1" + bytes(9))
    assert kept.begin(BOB, b"1", wait()) is None, "numbers are a peer's own"


def test_the_second_waits_for_the_first() -> None:
    kept = KeptAnswers()
    assert kept.begin(ANN, b"1", wait()) is None
    with pytest.raises(PeerSilent, match=r"somebody .*: a call it made twice"):
        kept.begin(ANN, b"1", wait(0.01))
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(kept.begin, ANN, b"1", wait())
        until(second.running, "the second begins")
        kept.finish(ANN, b"1", 2, b"done")
        assert second.result() == (2, b"done")


def test_an_answer_that_is_kept_no_more_is_not_made_twice() -> None:
    kept = KeptAnswers(kept_bytes=25)
    for number in (b"1", b"2", b"3"):
        served(kept, ANN, number)
    with pytest.raises(NetworkError, match="no longer kept"):
        kept.begin(ANN, b"1", wait())
    assert kept.begin(ANN, b"2", wait()) is not None
    served(kept, ANN, b"big", 26)
    with pytest.raises(NetworkError, match="no longer kept"):
        kept.begin(ANN, b"big", wait())


def test_no_peer_pushes_out_anothers_answers() -> None:
    kept = KeptAnswers(kept_bytes=25, kept_numbers=3)
    served(kept, ANN, b"1")
    for number in range(100):
        served(kept, BOB, bytes([number]))
    assert kept.begin(ANN, b"1", wait()) is not None
    assert len(kept._calls[BOB]) == 3
    assert kept._sizes[BOB] <= 25


def test_a_peer_that_is_none_any_more_leaves_nothing() -> None:
    kept = KeptAnswers()
    served(kept, ANN, b"1")
    assert kept.begin(ANN, b"2", wait()) is None
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(kept.begin, ANN, b"2", wait())
        until(lambda: len(kept._changed._waiters) == 1, "the second waits")  # type: ignore[attr-defined]
        kept.forget(ANN)
        with pytest.raises(NetworkError, match="no longer kept"):
            second.result()
    kept.finish(ANN, b"2", 1, b"late")
    assert kept.peers() == frozenset()
