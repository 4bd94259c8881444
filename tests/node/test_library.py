"""A node's library: nothing under a wrong hash, nothing dropped that is held, nothing kept for ever that is not."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.dictionaries.ciphertext import KEY_TYPE, KEY_WORDS, Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.dictionaries.namespace import key_of
from enigma.contract.keeping import encode, remembered
from enigma.contract.state import State
from enigma.errors import StoreFull, WireError
from enigma.node.holdings import Holdings, hash_of
from enigma.node.job.finding import Finding
from enigma.node.library import KEEP_SECONDS, Library
from enigma.storage import Store

ONE, OTHER = b"1" * 32, b"2" * 32
ANN, JOB = address_of("ann"), 7


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.db", bytes(32)) as opened:
        yield opened


def hold(store: Store, library: Library, contract: bytes, before: Collection[bytes], after: Collection[bytes]) -> None:
    with store.transaction():
        library.hold(contract, before, after)


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def test_what_came_is_given_out(store: Store, clock: Clock) -> None:
    library, blob = Library(store, now=clock), bytes(range(256)) * 12_000
    digest = sha256(blob)
    assert library.size(digest) is None
    assert library.read(digest) is None
    assert library.take(digest, [blob[:100], b"", blob[100:]]) == len(blob)
    assert library.size(digest) == len(blob)
    for start in (0, 1, 1 << 20, (1 << 20) + 1, len(blob) - 1, len(blob)):
        assert b"".join(library.read(digest, start) or [b"no"]) == blob[start:]
    # Twice is once: the second bearer need not even be heard.
    assert library.take(digest, iter([])) == len(blob)


@pytest.mark.parametrize("parts", [[b"another"], [b"blo"], [b"blob", b"!"], [], [b""]])
def test_other_bytes_leave_nothing(store: Store, parts: list[bytes]) -> None:
    library = Library(store)
    with pytest.raises(WireError, match="do not have the SHA-256"):
        library.take(sha256(b"blob"), parts)
    assert library.size(sha256(b"blob")) is None
    assert store.keys("content") == []
    assert library.take(sha256(b"blob"), [b"blob"]) == 4


def test_a_bearer_that_fails_leaves_nothing(store: Store) -> None:
    def failing() -> Iterator[bytes]:
        yield bytes(1 << 21)
        raise OSError("gone")

    library = Library(store)
    with pytest.raises(OSError, match="gone"):
        library.take(sha256(bytes(1 << 22)), failing())
    assert store.keys("content") == []


def test_limits(store: Store, clock: Clock) -> None:
    library = Library(store, most_bytes=100, most_loose_bytes=150, now=clock)
    with pytest.raises(WireError, match="more than the 100 bytes"):
        library.take(sha256(bytes(101)), [bytes(101)])
    library.take(sha256(bytes(100)), [bytes(100)])
    with pytest.raises(StoreFull, match="may take 150 bytes"):
        library.take(sha256(bytes(51)), [bytes(51)])
    # What a contract refers to does not count, and neither does what has expired.
    hold(store, library, ONE, (), [sha256(bytes(100))])
    library.take(sha256(bytes(51)), [bytes(51)])
    library.take(sha256(bytes(99)), [bytes(99)])
    with pytest.raises(StoreFull):
        library.take(sha256(b"more"), [b"more"])
    clock.now += KEEP_SECONDS
    library.take(sha256(b"more"), [b"more"])
    assert library.size(sha256(bytes(99))) is None
    assert library.size(sha256(bytes(100))) == 100


def test_held_until_the_last_lets_go_and_a_day_longer(store: Store, clock: Clock) -> None:
    library, digest = Library(store, now=clock), sha256(b"blob")
    library.take(digest, [b"blob"])
    hold(store, library, ONE, (), [digest])
    hold(store, library, OTHER, (), [digest, sha256(b"not here")])
    clock.now += 10 * KEEP_SECONDS
    assert library.expire() == 0
    hold(store, library, ONE, [digest], ())
    clock.now += 10 * KEEP_SECONDS
    assert library.expire() == 0
    hold(store, library, OTHER, [digest], ())
    clock.now += KEEP_SECONDS - 1
    assert library.expire() == 0
    assert b"".join(library.read(digest) or ()) == b"blob"
    clock.now += 1
    assert library.expire() == 1
    assert library.size(digest) is None
    assert store.keys("content") == store.keys("content.entries") == []


def test_what_is_asked_for_again_stays_longer(store: Store, clock: Clock) -> None:
    library, digest = Library(store, now=clock), sha256(b"blob")
    library.take(digest, [b"blob"])
    clock.now += KEEP_SECONDS - 1
    library.take(digest, [b"blob"])
    clock.now += KEEP_SECONDS - 1
    assert library.expire() == 0


def test_a_restart_forgets_nothing(store: Store, clock: Clock) -> None:
    first, held, loose = Library(store, now=clock), sha256(b"held"), sha256(b"loose")
    for name in (b"held", b"loose"):
        first.take(sha256(name), [name])
    hold(store, first, ONE, (), [held])
    store.put("content", sha256(b"orphan"), b"orphan")  # the node ended before its entry was written
    again = Library(store, now=clock)
    assert sorted(store.keys("content")) == sorted([held, loose])
    clock.now += KEEP_SECONDS
    assert again.expire() == 1
    assert again.size(loose) is None
    hold(store, again, ONE, [held], ())
    clock.now += KEEP_SECONDS
    assert again.expire() == 1


def test_a_change_that_is_taken_back_holds_nothing(store: Store, clock: Clock) -> None:
    library, digest = Library(store, now=clock), sha256(b"blob")
    library.take(digest, [b"blob"])

    def settle() -> None:
        with store.transaction():
            library.hold(ONE, (), [digest])
            raise OSError("no power")

    with pytest.raises(OSError, match="no power"):
        settle()
    clock.now += KEEP_SECONDS
    assert library.expire() == 1


# ---------------------------------------------------------------- what a node's holdings hold


def referring(*digests: bytes) -> Finding:
    dictionaries = in_memory()
    for number, digest in enumerate(digests):
        text = Ciphertext(digest, 4, Held((JOB << 20) + number, (KEY_WORDS,), KEY_TYPE))
        dictionaries.documents.set(key_of(number), text, owner=ANN)
    return Finding(
        settles=True, refusal="", programs=bytes(32), state_after=bytes(32), changes=0, outcome=b"", result=bytes(32),
        rounds=0, operations=0, answer=b"", commitments=(), kept={}, shares=(),
        state=encode(remembered(ANN, State(), dictionaries)),
    )  # fmt: skip


def found(holdings: Holdings, job: int, *digests: bytes) -> bytes:
    """A job's finding is stored; the name of its request."""
    request = job.to_bytes(32, "big")
    before = hash_of(holdings.standing(ONE).state)
    holdings.keep_pending(ONE, job, request, referring(*digests), {}, before)
    return request


def settled(holdings: Holdings, job: int, *digests: bytes, moves: bool = True) -> None:
    holdings.sign_once(found(holdings, job, *digests), b"receipt")
    assert holdings.settle(ONE, job, b"receipt", moves=moves)


def test_what_a_job_found_is_held_from_then_until_the_contract_lets_go(store: Store, clock: Clock) -> None:
    holdings, one, other = Holdings(store), sha256(b"one!"), sha256(b"two!")
    library = holdings.library = Library(store, now=clock)

    def left() -> list[bytes]:
        """What is here when whatever nobody holds has expired."""
        clock.now += 2 * KEEP_SECONDS
        holdings.sweep(0)
        return [digest for digest in (one, other) if library.size(digest) is not None]

    for blob in (b"one!", b"two!"):
        library.take(sha256(blob), [blob])
    found(holdings, JOB, one, other)
    assert left() == [one, other]
    settled(holdings, JOB, one, other)
    assert left() == [one, other]
    found(holdings, JOB + 1, other)
    holdings.drop_pending(ONE, JOB + 1)
    assert left() == [one, other]
    settled(holdings, JOB + 2, other)
    assert left() == [other]


def test_a_finding_that_came_to_nothing_holds_nothing(store: Store, clock: Clock) -> None:
    holdings, digest = Holdings(store), sha256(b"one!")
    library = holdings.library = Library(store, now=clock)
    library.take(digest, [b"one!"])
    settled(holdings, JOB, digest, moves=False)
    clock.now += KEEP_SECONDS
    assert library.expire() == 1
