"""`enigma look` on nodes that live: what a seat has, that it is noise, and that what is not is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.networks import Run, on_one_line
from tests.node.living import Living, living

from enigma.local.anvil import LocalChain
from enigma.node.control import ControlSocket
from enigma.node.look.looking import look

pytestmark = pytest.mark.processes

ROWS = 400
SOURCE = '''"""What are people paid? No firm shows its payroll."""

Employee = table(part_time=bool, pay=fixed(0, 50_000))


class Pay(Contract):
    staff: private[Employee]

    @private
    def contribute(self, rows: private[Employee]):
        self.staff.append(rows)

    @private
    def above(self, limit: fixed(0, 50_000)):
        return reveal(sum(self.staff.pay > limit), to=everyone)
'''


@dataclass
class Seen:
    """A network after a contribution and a question; each node's folder answers as that of a running program."""

    network: Living
    folder: Path
    contract: bytes
    contributed: int
    asked: int

    def node(self, number: int) -> Any:
        return self.network.places[number - 1].running


@pytest.fixture(scope="module")
def seen(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("network")
    with (
        LocalChain(accounts=16) as chain,
        living(chain.connection, chain.accounts, folder, transcript_room=1 << 24) as network,
        ExitStack() as stack,
    ):
        source = folder / "pay.py"
        source.write_text(SOURCE, encoding="utf-8")
        boss = network.person(0)
        contract = boss.deploy(source, nodes=network.names)
        pay = np.random.default_rng(1).integers(0, 5000, ROWS)
        contributed = contract.contribute({"pay": pay.tolist(), "part_time": [True, False] * (ROWS // 2)})
        assert contributed.result(180) is None
        asked = contract.above(2500)
        assert asked.result(180) == (pay > 2500).sum()
        for number, place in enumerate(network.places, start=1):
            own = folder / "nodes" / str(number)
            own.mkdir(parents=True)
            (own / "node.toml").touch()
            node = place.running
            socket = ControlSocket(own, lambda: {"pid": 0}, lambda asked, node=node: look(node, asked["look"]))  # type: ignore[misc]
            stack.callback(socket.close)
        yield Seen(network, folder, contract.id, contributed.number, asked.number)


def told(run: Run, seen: Seen, *arguments: object, status: int = 0) -> Any:
    done = run("look", *arguments, "--folder", seen.folder, "--json")
    assert done.exit_code == status, done.output
    return json.loads(done.stdout.splitlines()[-1])


def test_a_list(run: Run, seen: Seen) -> None:
    [found] = told(run, seen, 1)["contracts"]
    assert found["contract"] == seen.contract.hex()
    assert [(each["job"], each["transcript"]) for each in found["jobs"]] == [
        (seen.contributed, True),
        (seen.asked, True),
    ]
    assert "jobs (* with transcript)" in run("look", 1, "--folder", seen.folder).stdout


@pytest.mark.parametrize("number", [1, 2, 3])
def test_all_that_a_seat_has_is_noise(run: Run, seen: Seen, number: int) -> None:
    found = told(run, seen, number, seen.contract.hex()[:8])
    pieces = {each["is"].split()[1]: each for each in found["pieces"]}
    assert pieces["pay"]["bytes"] == 2 * 8 * ROWS
    assert pieces["part_time"]["bytes"] == 2 * ROWS // 8
    assert all(each["noise"]["noise"] is True for each in pieces.values())
    assert pieces["pay"]["plaintext_histogram"][0] > 5 * max(pieces["pay"]["plaintext_histogram"][1:])
    assert {"rows in staff": f"{ROWS:,}"}.items() <= {each["is"]: each["says"] for each in found["clear"]}.items()
    assert found["strange"] == []

    found = told(run, seen, number, seen.asked)
    [attempt] = found["transcripts"]
    assert attempt["together"]["noise"] is not False
    kinds = {each["is"] for each in attempt["messages"] if each["came"]}
    assert "pieces of a value that is revealed to everyone" in kinds
    assert {"function": "above", "public argument limit": "2500"}.items() <= {
        each["is"]: each["says"] for each in found["clear"]
    }.items()


def test_some_seat_hears_enough_to_measure(run: Run, seen: Seen) -> None:
    """Which seats hear how much is the protocol's: what counts is that noise was found in what there was."""
    heard = [told(run, seen, number, seen.asked)["transcripts"][0]["together"] for number in (1, 2, 3)]
    assert max(each["measured_bytes"] for each in heard) > ROWS
    assert any(each["noise"] is True for each in heard)
    attempts = [told(run, seen, number, seen.asked)["transcripts"][0] for number in (1, 2, 3)]
    assert any(each["is"] == "masked words" for attempt in attempts for each in attempt["messages"] if each["came"])


def test_what_one_seat_sent_is_what_the_other_heard(run: Run, seen: Seen) -> None:
    first, second = (told(run, seen, number, seen.asked)["transcripts"][0]["messages"] for number in (1, 2))
    seats = [seen.network.names.index(seen.node(number).name) for number in (1, 2)]
    sent = [each["sha256"] for each in first if not each["came"] and each["peer"] == seats[1] and each["sha256"]]
    came = [each["sha256"] for each in second if each["came"] and each["peer"] == seats[0] and each["sha256"]]
    assert sent == came
    assert len(sent) > 5


def test_bytes_only_where_they_are_asked_for_and_keys_never(run: Run, seen: Seen) -> None:
    node = seen.node(1)
    [octets] = node.holdings.pieces(seen.contract, {}, [seen.contributed << 20])
    assert octets.hex()[:64] not in json.dumps(told(run, seen, 1, seen.contract.hex()))
    found = told(run, seen, 1, seen.contract.hex(), "--hex", 4096)
    assert octets.hex()[:64] in json.dumps(found)

    everything = json.dumps([found, told(run, seen, 1, seen.asked, "--hex", 4096)])
    keys = node.keys
    for secret in (keys.store, keys.tls.private_bytes(), keys.account.private_bytes()):
        assert secret.hex() not in everything
    messages = told(run, seen, 1, seen.asked, "--hex", 4096)["transcripts"][0]["messages"]
    of_keys = [each for each in messages if each["is"].startswith("keys")]
    assert len(of_keys) >= 4
    assert all(each["hex"] is None and each["sha256"] is None for each in of_keys)
    assert all(each["hex"] is None for each in messages if not each["came"])
    assert sum(each["hex"] is not None for each in messages) > 5


def test_for_people(run: Run, seen: Seen) -> None:
    shown = run("look", 2, seen.contributed, "--folder", seen.folder).stdout
    for words in ("What this seat knows in clear", "looks like uniform noise: p = ", "in the clear", "from seat"):
        assert words in shown
    assert "█" in shown


def test_what_is_not_noise_is_found(run: Run, seen: Seen) -> None:
    """A piece that was never masked: the command says so, and ends with 1."""
    node = seen.node(3)
    key = node.holdings.standing(seen.contract).places[(seen.contributed << 20) + 1]
    whole = node.store.get("pieces", key)
    assert told(run, seen, 3, seen.contract.hex())["strange"] == []
    node.store.put("pieces", key, np.arange(2 * ROWS).tobytes()[: len(whole)])
    try:
        [strange] = told(run, seen, 3, seen.contract.hex(), status=1)["strange"]
        assert "NOT" in strange
        assert "NOT NOISE" in run("look", 3, seen.contract.hex(), "--folder", seen.folder).stdout
    finally:
        node.store.put("pieces", key, whole)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((9,), "9 is no node's folder"),
        ((1, 999), "no seat in job 999"),
        ((1, "ffffffffffff"), "names no contract of this node"),
    ],
)
def test_what_is_not_there(run: Run, seen: Seen, arguments: tuple[object, ...], says: str) -> None:
    done = run("look", *arguments, "--folder", seen.folder)
    assert done.exit_code == 2
    assert says in on_one_line(done.output)


def test_a_node_that_does_not_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "node.toml").touch()
    done = run("look", tmp_path)
    assert done.exit_code == 3
    assert "no node runs in" in on_one_line(done.output)
