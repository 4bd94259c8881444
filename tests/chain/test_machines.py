"""Random sequences of calls on a real chain, each step compared with a plain model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from tests.chain.conftest import Chain
from tests.chain.machines.bench import bench_on
from tests.chain.machines.identities import Bureau, IdentitiesMachine
from tests.chain.machines.ledger import Archive, LedgerMachine
from tests.chain.machines.nodes import NodesMachine, World
from tests.chain.standing import identities_of, ledger_of, nodes_of, put

from enigma.chain.artifacts import SOURCES
from enigma.chain.compiling import compile_file
from enigma.chain.identities import Right

pytestmark = pytest.mark.processes


def sequences(number: int, steps: int) -> settings:
    return settings(
        max_examples=number, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )


def run(make: Callable[[], RuleBasedStateMachine], chosen: settings) -> None:
    """Hypothesis makes a machine for each sequence by calling this; its types know classes only."""
    run_state_machine_as_test(make, settings=chosen)  # type: ignore[arg-type]


FEW = pytest.param(300, 18, id="300 short sequences")
FEW_SMALL = pytest.param(100, 12, id="100 short sequences")
MANY = pytest.param(10_000, 25, id="10,000 sequences", marks=pytest.mark.long)


@pytest.mark.parametrize(("number", "steps"), [FEW, MANY])
def test_no_wei_of_nodes_is_lost_or_made(chain: Chain, number: int, steps: int) -> None:
    nodes, jobs = nodes_of(chain)
    survey = put(chain, "Survey")
    with bench_on(chain) as bench:
        world = World(bench, nodes, jobs, survey)
        run(lambda: NodesMachine(world), sequences(number, steps))


@pytest.mark.parametrize(("number", "steps"), [FEW_SMALL, MANY])
def test_no_identity_is_without_an_administrator_and_permissions_are_the_models(
    chain: Chain, number: int, steps: int
) -> None:
    identities = identities_of(chain)
    survey = put(chain, "Permissions")
    with bench_on(chain) as bench:
        bureau = Bureau(bench, identities, survey)
        run(lambda: IdentitiesMachine(bureau), sequences(number, steps))


@pytest.mark.parametrize(("number", "steps"), [FEW_SMALL, MANY])
def test_the_ledger_tells_what_stood_at_any_time(chain: Chain, number: int, steps: int) -> None:
    identities = identities_of(chain)
    first, second = (account.address for account in chain.accounts[:2])
    shared = identities.create({first: Right.EVERY, second: Right.STORE})
    ledger = ledger_of(chain, identities)
    with bench_on(chain) as bench:
        archive = Archive(bench, ledger, shared)
        run(lambda: LedgerMachine(archive), sequences(number, steps))


BROKEN = {
    "a deposit is paid back twice": (
        "Nodes.vy",
        "    self.nodes[node].deposit = 0\n    self.nodes[node].status = LEFT\n",
        "",
    ),
    "an award is paid twice": ("Nodes.vy", "    self.balances[msg.sender] = 0\n", ""),
    "what cannot be split is lost": ("Nodes.vy", "    deposit -= taken\n", "    deposit -= amount\n"),
    "a locked node leaves": ("Nodes.vy", "self.nodes[node].locks == 0,", "True,"),
    "unbonding is a second short": ("Nodes.vy", "block.timestamp >= self.nodes[node].until,", "True,"),
    "anybody moves a node": ("Nodes.vy", "assert self.nodes[node].operator == msg.sender", "assert True"),
    "a forfeit goes back to its operator": ("Nodes.vy", "assert operator != loser", "assert True"),
    "a change counts at once": ("weights.vy", "if epoch > changed:", "if epoch >= changed:"),
    "the last epoch is forgotten": ("weights.vy", "return kept >> 128 & WORD", "return kept >> 64 & WORD"),
}


@pytest.mark.long
@pytest.mark.parametrize("fault", BROKEN)
def test_the_machine_finds_rules_that_are_broken(chain: Chain, tmp_path: Path, fault: str) -> None:
    """The control: what the machine guards, it does notice."""
    file, text, instead = BROKEN[fault]
    sources = Path(shutil.copytree(SOURCES, tmp_path / "sources"))
    source = (sources / file).read_text(encoding="utf-8")
    assert source.count(text) >= 1
    (sources / file).write_text(source.replace(text, instead), encoding="utf-8")
    nodes, jobs = nodes_of(chain, artifact=compile_file(sources / "Nodes.vy"))
    survey = put(chain, "Survey")
    with bench_on(chain) as bench:
        world = World(bench, nodes, jobs, survey)
        with pytest.raises((AssertionError, ExceptionGroup)):
            run(lambda: NodesMachine(world), settings(sequences(2000, 25), phases=[Phase.generate]))
