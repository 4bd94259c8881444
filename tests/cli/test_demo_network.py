"""`enigma demo` on a network: what it shows, what it leaves behind, and what happens when it is disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from tests.cli.commands import COMMAND, environment, last_line
from tests.cli.demo_parts import parts_of

from enigma.apex.market import CONTRACT
from enigma.apex.market_network import MOST, HeldOnNetwork
from enigma.apex.places import europe_places
from enigma.cli.demo import can_run_a_network, demonstrate, prepared_for, run
from enigma.cli.demo_network import network, passing
from enigma.cli.demo_settled import settled, spent_by
from enigma.cli.display import Display
from enigma.errors import ArgumentProblem, FileProblem, ToolMissing
from enigma.node import control

NODES = 3
DEADLINE = 300.0
"""Seconds after which a test that waits for a state of other processes gives up."""
PHASES = ("starting a chain", "deploying the controllers", "three owners contribute")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of this test's own: what is left behind in it is all there is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def processes_of(folder: Path) -> list[str]:
    """What runs and names the folder."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]


def files_of(home: Path) -> list[Path]:
    return [each for each in home.rglob("*") if each.is_file()]


@pytest.mark.processes
def test_a_part_of_its_rows_on_three_nodes(anvil: Path, home: Path) -> None:
    """Accounts, grants, receipts and the audit are real; scikit-learn agrees; and afterwards nothing is left."""
    places = europe_places()
    given = prepared_for(places, parts_of(places))
    said: list[str] = []
    with network(None, keep=False, say=said.append, note=said.append, nodes=NODES) as running:
        assert processes_of(running.folder)
        accounts = {owner.name: running.account(i + 1) for i, owner in enumerate(given.owners)}
        with HeldOnNetwork(
            running.url, running.controllers, running.account(0), accounts, lambda step: said.append(str(step))
        ) as held:
            held.deploy()
            carriers = {str(each) for each in held.contract.carriers}
            found = demonstrate(held, given, said.append, lambda: spent_by(held.charged[-1]), held.grant)
            chain = settled(held, running)
            owners = {str(owner).lower() for owner in held.contract.owners}
        folder, operator = running.folder, running.account(0).address.lower()
    assert carriers == {account.address.lower() for account in accounts.values()}
    assert owners == {*carriers, operator}  # which has contributed scikit-learn's classes to the comparison
    assert [each.function for each in chain.charged] == ["contribute"] * 3 + ["analyse", "agreement"]
    assert all(0 < each.cost <= MOST and each.rounds and each.bytes_per_seat for each in chain.charged)
    assert chain.main.rounds == found.taken.rounds
    assert chain.proven > 20
    assert chain.wrong == 0
    assert f"enigma audit {chain.main.job} " in chain.audit
    assert found.comparison.agreement >= 0.995
    assert found.comparison.inertia_ratio == pytest.approx(1, abs=1e-3)
    assert any(words.endswith("rounds") for words in said)  # the seats told how far they were
    assert processes_of(folder) == []
    assert files_of(home) == []


@pytest.mark.long
@pytest.mark.processes
def test_whole_on_five_nodes_with_one_killed(anvil: Path, home: Path, tmp_path: Path) -> None:
    """A node that is killed while it computes is started again, and the answer is the same as without."""
    with started(home, "--out", str(tmp_path / "out")) as process:
        until_phase(process, "three owners contribute")
        [folder] = (home / ".enigma" / "demos").iterdir()
        told = [control.ask(folder / "nodes" / str(number)) for number in range(1, 6)]
        seated = next(each for each in told if each is not None and each["seats"])
        os.kill(seated["pid"], signal.SIGKILL)
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "has ended with status -9; starting it again" in " ".join(errors.split())  # lines are wrapped
    found = last_line(output)
    assert found["rows"] == sum(found["market"].values()) == 90_000
    assert found["inertia_ratio"] <= 1.01
    assert found["agreement"] >= 0.995
    assert found["network"]["audit"]["wrong"] == 0
    assert processes_of(home) == []
    assert files_of(home / ".enigma") == []


@pytest.mark.long
@pytest.mark.processes
@pytest.mark.parametrize("phase", PHASES)
def test_interrupted_it_leaves_nothing_behind(anvil: Path, home: Path, phase: str) -> None:
    with started(home) as process:
        until_phase(process, phase)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)  # a second one does not stop the tidying
        output, errors = process.communicate()
    assert process.returncode == 130
    assert output == ""
    assert errors.count("Interrupted") == 1
    assert errors.count("ending what was started") == 1
    assert "Traceback" not in errors
    assert processes_of(home) == []
    assert files_of(home / ".enigma") == []


@pytest.mark.long
@pytest.mark.processes
def test_killed_the_next_one_tidies_up(anvil: Path, home: Path) -> None:
    with started(home) as process:
        until_phase(process, "deploying the controllers")
        process.kill()
        process.communicate()
    assert files_of(home / ".enigma")
    with passing() as folder:
        assert list(folder.parent.iterdir()) == [folder]
    assert files_of(home / ".enigma") == []
    until(lambda: processes_of(home) == [])


def test_two_have_folders_of_their_own(home: Path) -> None:
    with passing() as one, passing() as other:
        assert one != other
        assert one.is_dir()
    assert not (home / ".enigma" / "demos").exists()


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    (home / ".enigma").write_text("", encoding="utf-8")
    with pytest.raises(FileProblem, match="cannot be written"), passing():
        pass


def test_a_given_folder_that_cannot_be_written(anvil: Path, home: Path) -> None:
    (home / "file").write_text("", encoding="utf-8")
    said: list[str] = []
    with (
        pytest.raises(FileProblem, match="cannot be written"),
        network(home / "file" / "x", keep=False, say=said.append, note=said.append),
    ):
        pass
    assert said == ["starting a chain", "ending what was started"]


def test_without_a_network_nothing_is_kept(home: Path) -> None:
    with pytest.raises(ArgumentProblem, match="--local runs without a network"):
        run(home, as_object=True, here=True, keep=True)


def test_a_missing_tool_is_said_with_what_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ToolMissing("anvil is not installed", hint="make anvil")

    monkeypatch.setattr("enigma.cli.demo.want_tools", missing)
    console = Console(record=True, width=300)
    with Display(console) as display:
        assert not can_run_a_network(display)
    [line] = console.export_text().splitlines()
    assert line.startswith("Note: anvil is not installed. So three seats ")
    assert line.endswith("make anvil")


def test_the_contract_is_in_the_package() -> None:
    assert "class Market(Contract):" in CONTRACT.read_text(encoding="utf-8")


# ---------------------------------------------------------------- the command


class started:  # noqa: N801 - reads as a verb where it is used
    """`enigma demo --json` with this home, as a process; killed at the end where it still runs."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "demo", "--json", "--out", str(home / "out"), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**environment(), "HOME": str(home)},
        )  # fmt: skip

    def __enter__(self) -> subprocess.Popen[str]:
        return self._process

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


def until_phase(process: subprocess.Popen[str], phase: str) -> None:
    """Until a phase is over."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(f"{phase}: "):
            return
    raise AssertionError("".join(said))


def until(what: Callable[[], bool]) -> None:
    limit, pause = time.monotonic() + DEADLINE, threading.Event()
    while not what():
        assert time.monotonic() < limit
        pause.wait(0.05)
