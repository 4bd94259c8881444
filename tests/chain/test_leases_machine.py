from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.machines.bench import bench_on
from tests.chain.machines.leases import GRACE, PEOPLE, Estate, LeasesMachine
from tests.chain.seated import FEES, PUBLISHER, SOURCE
from tests.chain.standing import put

from enigma.chain.artifacts import SOURCES, Artifact, load
from enigma.chain.compiling import compile_file
from enigma.chain.leases import Leases

pytestmark = pytest.mark.processes


@contextmanager
def estate_on(chain: Chain, artifact: Artifact) -> Iterator[Estate]:
    """Four named nodes hold a contract; Leases stands beside it."""
    world = seated.bare(chain)
    seated.join(world, seated.SEATS)
    contract = world.committees().publish(SOURCE, chain.accounts[PUBLISHER].address, seats=4, quorum=3, fees=FEES)
    world = replace(world, contract=contract)
    seated.seat(world)
    sender = chain.sender()
    address = sender.deploy(artifact.abi, artifact.bytecode, world.nodes_at, world.committees_at, GRACE)
    survey, readers = put(chain, "LeasesSurvey"), tuple(chain.accounts[index] for index in PEOPLE)
    with bench_on(chain) as bench:
        yield Estate(bench, world, Leases(chain.connection, address, sender), survey, readers)


def run(estate: Estate, examples: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    run_state_machine_as_test(
        lambda: LeasesMachine(estate),  # type: ignore[arg-type]
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        pytest.param(150, 12, id="150 short sequences"),
        pytest.param(10_000, 20, id="10,000 sequences", marks=pytest.mark.long),
    ],
)
def test_no_wei_is_lost_or_made(chain: Chain, number: int, steps: int) -> None:
    with estate_on(chain, load("Leases")) as estate:
        run(estate, number, steps)


@pytest.mark.long
def test_no_wei_is_lost_or_made_over_10000_sequences(chain: Chain) -> None:
    with estate_on(chain, load("Leases")) as estate:
        run(estate, 10_000, 20)


BROKEN = {
    "what was earned is paid twice": ("purses.vy", "    self.earned[node] = 0\n", ""),
    "a lease is closed twice": ("Leases.vy", "    self.leases[lease].closed = True\n", ""),
    "what was given back is held too": ("Leases.vy", "        self.leases[lease].held[seat] = 0\n    self", "    self"),
    "time is paid for twice": ("Leases.vy", "    self.leases[lease].since = now\n", ""),
    "anybody ends a lease": ("Leases.vy", 'assert self.leases[lease].owner == msg.sender, "only', 'assert True, "only'),
    "the grace time does not end": ("Leases.vy", "assert block.timestamp < until + GRACE", "assert True"),
    "anybody declines": ("Leases.vy", "    if msg.sender != node:\n", "    if False:\n"),
    "a reader takes back what it put aside": ("retrievals.vy", "if block.timestamp < kept.until and", "if False and"),
    "a reader is paid back twice": ("retrievals.vy", "    self.retrievals[retrieval].until = 0\n", ""),
    "bytes are paid twice": ("retrievals.vy", "// MEBIBYTE - kept.paid", "// MEBIBYTE"),
    "more is paid than was put aside": ("retrievals.vy", "held = kept.held - amount\n", "held = kept.held\n"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("fault", BROKEN)
def test_the_machine_finds_rules_that_are_broken(chain: Chain, tmp_path: Path, fault: str) -> None:
    """The control: what the machine guards, it does notice."""
    file, text, instead = BROKEN[fault]
    sources = Path(shutil.copytree(SOURCES, tmp_path / "sources"))
    source = (sources / file).read_text(encoding="utf-8")
    assert source.count(text) >= 1
    (sources / file).write_text(source.replace(text, instead), encoding="utf-8")
    with (
        estate_on(chain, compile_file(sources / "Leases.vy")) as estate,
        pytest.raises((AssertionError, ExceptionGroup)),
    ):
        run(estate, 2000, 25, (Phase.generate,))
