"""A contract that is kept as bytes goes on as one that was never put away."""

from __future__ import annotations

from pathlib import Path
from random import Random
from textwrap import indent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.evaluator.random_contracts import arguments, drawn
from tests.contract.keeping.contracts import EVERYTHING, PEOPLE, PREPARED, Call, calls
from tests.contract.keeping.twice import Twice, through_bytes
from tests.contract.vyper.test_random_programs import HEAD, Writer
from tests.local.contracts import POOL

from enigma.contract.dictionaries.addresses import address_of
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED
from enigma.contract.keeping import Kept, decode, encode, remembered, state_hash
from enigma.contract.reading.source import Source
from enigma.local.simulation import BEGINNING, Simulation

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def example(name: str) -> str:
    return (EXAMPLES / name / f"{name}.py").read_text()


def test_the_prepared_calls_fill_everything() -> None:
    """Else the tests below would say less than they seem to."""
    twice = Twice(EVERYTHING, PEOPLE)
    twice.calls(PREPARED)
    assert twice.refused == 0
    state, dictionaries = twice.bytes.state, twice.bytes.simulation.dictionaries
    assert set(state.public) == {
        "count", "ratio", "open", "note", "who", "phone", "log", "decimals", "texts", "friends", "by_number", "by_name",
        "flags",
    }  # fmt: skip
    assert {name for name, _ in state.private} == {"secret", "vector", "numbers", "named"}
    assert len(state.tables["rows"]) == 2
    assert len(state.answered) >= 2
    assert any(entry.held.basis for entry in state.private.values())
    kept = remembered(twice.bytes.address, state, dictionaries)
    assert kept.ledger
    assert len(kept.documents) == 2
    assert len(kept.secrets) == 3
    assert any(entry.uses for entry in kept.secrets.values()) is False
    twice.call("bob", "use", 1)
    kept = remembered(twice.bytes.address, twice.bytes.state, twice.bytes.simulation.dictionaries)
    assert any(entry.uses for entry in kept.secrets.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(calls(), min_size=1, max_size=12), st.booleans())
def test_random_calls_of_a_contract_with_everything(several: list[Call], prepared: bool) -> None:
    twice = Twice(EVERYTHING, PEOPLE)
    twice.calls(PREPARED if prepared else [])
    twice.calls(several)


def test_the_release_policy_refuses_alike() -> None:
    twice = Twice(EVERYTHING, PEOPLE)
    twice.calls(PREPARED)
    one = {"age": [50], "score": [0.5], "kind": [1], "member": [True]}
    twice.call("cyd", "contribute", one)
    assert "only 1 rows of others have changed since" in twice.call("ann", "mean_age")
    assert "only 1 rows of others" not in twice.call("ann", "answered_and_refused")
    # What a refused call has opened counts, also after it was put away.
    twice.call("bob", "contribute", one)
    assert "ReleaseRefused" in twice.call("ann", "answered_and_refused")


def test_uses_are_counted_across_calls() -> None:
    twice = Twice(EVERYTHING, PEOPLE)
    twice.calls(PREPARED)
    assert [twice.call("bob", "use", 1)[:13] for _ in range(3)] == ["None", "None", "AccessRefused"]


@pytest.mark.parametrize("kind", range(3))
def test_random_functions_on_public_fields(kind: int) -> None:
    for seed in range(4):
        random = Random(1000 * kind + seed)
        body = "\n".join(Writer(random).block(2, "    "))
        twice = Twice(HEAD + indent(f"{body}\n    return x + y\n", "    "))
        for _ in range(4):
            twice.call("ann", "run", random.randint(-9, 9), random.randint(-9, 9), [random.randint(-9, 9)] * 3)


def test_random_private_contracts() -> None:
    for seed in range(6):
        random = Random(seed)
        try:
            twice = Twice(drawn(random, steps=2, depth=2).source)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        for kind in (1, 4):
            twice.call("ann", "run", **arguments(random, kind))


# ---------------------------------------------------------------- the examples

WHO = st.sampled_from(["ann", "bob", "cyd", "eve"])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(WHO, st.sampled_from(["submit", "average", "rank"]), st.integers(0, 9999)), max_size=12))
def test_average_salary(several: list[tuple[str, str, int]]) -> None:
    twice = Twice(example("average_salary"), team=["ann", "bob", "cyd"], fewest=3)
    for who, name, salary in several:
        twice.call(who, name, *([salary] if name == "submit" else []))


def test_blind_vote_and_auction() -> None:
    vote = Twice(
        example("blind_vote"), question="Shall we?", voters=["ann", "bob", "cyd"], deadline=BEGINNING + 100, fewest=3
    )
    for who in ("ann", "bob", "cyd", "eve"):
        vote.call(who, "vote", who != "bob")
    vote.call("ann", "close")
    vote.pass_time(100)
    assert vote.call("ann", "close") == "True"
    vote.call("bob", "close")
    auction = Twice(example("second_price_auction"), deadline=BEGINNING + 100)
    for who, name, amount in [("deployer", "offer", 50), ("ann", "bid", 70), ("bob", "bid", 90), ("cyd", "bid", 80)]:
        auction.call(who, name, amount)
    auction.pass_time(100)
    assert auction.call("eve", "settle").endswith(", 80)")
    auction.call("eve", "settle")


def test_shared_heights_under_an_identity() -> None:
    simulations = [Simulation(), Simulation()]
    contracts = [each.deploy_source(Source("heights.py", example("shared_height"))) for each in simulations]
    answers = []
    for simulation, contract in zip(simulations, contracts, strict=True):
        kept_as_bytes = simulation is simulations[1]
        found: list[str] = []
        identities = {who: simulation.identity({who: OWNER, "eve": RESTRICTED}) for who in ("ann", "bob", "cyd")}
        for who, height in [("ann", 170.5), ("bob", 181.25), ("cyd", 160)]:
            contract.as_(who).store(height, identities[who])
            if kept_as_bytes:
                through_bytes(contract)
        for who in ("eve", "eve", "ann"):
            try:
                found.append(str(contract.as_(who).average(["ann", "bob", "cyd"])))
            except Exception as error:  # noqa: BLE001 - of both, whatever it is
                found.append(str(error))
            if kept_as_bytes:
                through_bytes(contract)
        found.append(str(contract.as_("bob").mine()))
        answers.append(found)
    assert answers[0] == answers[1]
    assert answers[0][0].startswith("170.58")
    assert "may not compute with" in answers[0][1]


IN_THE_POOL = st.sampled_from(["put", "keep", "give_up", "add_up", "halfway", "befriend", "who", "forget"])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(WHO, IN_THE_POOL, st.integers(0, 100)), max_size=10))
def test_the_pool_of_the_simulators_tests(several: list[tuple[str, str, int]]) -> None:
    twice = Twice(POOL, smallest=2)
    for who, name, number in several:
        args: list[object] = ["cyd"] if name == "befriend" else [number] if name in ("put", "keep", "halfway") else []
        twice.call(who, name, *args)


# ---------------------------------------------------------------- bytes


def everything() -> Kept:
    contract = Simulation().deploy_source(Source("everything.py", EVERYTHING))
    for who, name, args in PREPARED:
        getattr(contract.as_(who), name)(*args)
    return remembered(contract.address, contract.state, contract.simulation.dictionaries)


def test_what_comes_back_is_what_was_kept() -> None:
    kept = everything()
    again = decode(encode(kept))
    assert again.contract == kept.contract
    assert repr(again.state.public["by_name"]) == repr(kept.state.public["by_name"])
    assert {k: repr(v) for k, v in again.state.public.items()} == {k: repr(v) for k, v in kept.state.public.items()}
    for name in ("numbers", "named", "secret", "vector"):
        of = [[(k, e.owner, e.held) for k, e in each.state.private.items() if k[0] == name] for each in (kept, again)]
        assert of[0] == of[1]
    assert again.state.answered == kept.state.answered
    assert again.state.contributed == kept.state.contributed
    assert again.stored() == kept.stored()
    assert again.ledger == kept.ledger
    assert again.secrets == kept.secrets
    assert "remembers" in repr(again)


def test_the_hash_is_of_one_contract_and_of_all_that_it_remembers() -> None:
    kept = everything()
    assert state_hash(kept) == state_hash(decode(encode(kept)))
    other = Kept(address_of("another"), kept.state, kept.ledger, kept.documents, kept.secrets)
    assert state_hash(other) != state_hash(kept)
    kept.state.public["count"] += 1
    assert state_hash(decode(encode(kept))) != state_hash(everything())
