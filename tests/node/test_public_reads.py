"""`L`, predicates and shared identities on a living network: what the simulator says; and a chain node that lies."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.node.living import Living, grant_everybody, living

from enigma.chain.identities import Right
from enigma.contract.dictionaries.identities import OWNER, RESTRICTED
from enigma.contract.reading.source import Source
from enigma.errors import AccessRefused, CallRefused, SourceProblem
from enigma.local.anvil import LocalChain
from enigma.local.simulation import Simulation

pytestmark = [pytest.mark.processes, pytest.mark.long]

PATIENCE = 240.0
RATES = '''
"""What a public function writes to L, and a private one reads."""


class Rates(Contract):
    friends: public[set[address]]
    height: private[int(0, 300)]
    release = always

    @public
    def write(self, rate: int, share: fixed, word: text):
        L["rate"] = rate
        L["table", sender] = share
        L["base", "table", (rate, True, sender)] = word
        L[True] = sender
        L[rate] = rate > 5

    @public
    def befriend(self, who: address):
        self.friends.add(who)

    @predicate
    def friend(self, asker: address):
        return asker in self.friends and L["rate"] > 5

    @predicate
    def taller(self, asker: address):
        return self.height > 170

    @private
    def times(self, x: private[int(0, 100)]):
        return reveal(x * L["rate"], to=everyone)

    @private
    def told(self, rate: int, writer: address, early: int):
        require(L.get("rate", now) == L["rate"], "written since")
        word = L["base", "table", (rate, True, writer)]
        values = [value for time, value in L.history("rate")]
        return L["table", writer], word, L[True], L[rate], "none" in L, values, L.get("rate", early)

    @private
    def store(self, height: private[int(0, 300)], identity: address):
        self.height = height
        MPC.set("friends", height, only_me() | self.friend)
        MPC.set("tall", height, self.taller)
        MPC.set("firm", height, members(identity) & at_most(1), identity=identity)

    @private
    def above(self, key: text, least: int):
        return reveal(MPC[key] > least)
'''


@pytest.fixture(scope="module")
def network(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with LocalChain(accounts=12) as chain:
        chain.connection.ask("evm_setIntervalMining", 1)
        with living(chain.connection, chain.accounts, tmp_path_factory.mktemp("network")) as alive:
            yield alive


class Both:
    """One contract on the network and in the simulator, which says what is right. Three people, by number."""

    def __init__(self, network: Living, tmp_path: Path) -> None:
        source = tmp_path / "rates.py"
        source.write_text(RATES)
        self.people = [network.person(number) for number in range(3)]
        self.names = [person.account.address for person in self.people]
        deployed = self.people[0].deploy(source, nodes=network.names)
        self.contracts = [person.contract(deployed.id, source) for person in self.people]
        for person in self.people:
            grant_everybody(person, deployed.id, network.connection.head().timestamp)
        self.simulation = Simulation()
        self.simulated = self.simulation.deploy_source(Source("rates.py", RATES), deployer=self.names[0])

    def public(self, who: int, function: str, *args: Any) -> None:
        getattr(self.contracts[who], function)(*args)
        getattr(self.simulated.as_(self.names[who]), function)(*args)

    def private(self, who: int, function: str, *args: Any, simulated: tuple[Any, ...] | None = None) -> Any:
        """The answer of both, or the words of their refusal."""
        given = args if simulated is None else simulated
        right = _outcome(lambda: getattr(self.simulated.as_(self.names[who]), function)(*given), str)
        found = _outcome(
            lambda: getattr(self.contracts[who], function)(*args).result(PATIENCE), lambda error: error.message
        )
        assert self._common(found) == self._common(right)
        return found

    def _common(self, found: Any) -> Any:
        """Without the addresses and times that a network and a simulation give differently."""
        if isinstance(found, str):
            people = {name.lower() for name in self.names}
            found = re.sub("0x[0-9a-fA-F]{40}", lambda each: each[0] if each[0].lower() in people else "0x", found)
            return re.sub(r"\b\d{10}\b", "time", found)
        return found


def _outcome(call: Callable[[], Any], words: Callable[[Any], str]) -> Any:
    try:
        return _plain(call())
    except (CallRefused, AccessRefused) as error:
        return f"refused: {words(error)}"


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value if isinstance(value, (bool, int, str, type(None))) else str(value)


@pytest.fixture(scope="module")
def both(network: Living, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(network, tmp_path_factory.mktemp("contract"))


ANN, BOB, EVE = range(3)


def test_what_private_functions_read_is_what_the_simulator_says(both: Both) -> None:
    assert both.private(ANN, "times", 3).startswith('refused: nothing is stored under L["rate"]')
    both.public(ANN, "write", -7, Decimal("0.25"), "first")
    both.public(ANN, "write", 9, Decimal("1234567890123456.000000000000000001"), "zweitens")
    assert both.private(ANN, "times", 3) == 27
    told = both.private(BOB, "told", 9, both.names[ANN], 2**40)
    assert told[1:6] == ["zweitens", both.names[ANN].lower(), True, False, [-7, 9]]
    assert both.private(BOB, "told", 9, both.names[BOB], 0).startswith("refused: nothing is stored under L")
    assert "The first value was written at" in both.private(BOB, "told", 9, both.names[ANN], 0)


@pytest.mark.long
def test_predicates_and_shared_identities_admit_whom_the_simulator_admits(both: Both) -> None:
    rights = {both.names[ANN]: Right.EVERY, both.names[BOB]: Right.COMPUTE}
    firm = both.people[ANN].identities.create(rights)
    same = both.simulation.identity({both.names[ANN]: OWNER, both.names[BOB]: RESTRICTED})
    both.public(ANN, "write", 9, Decimal(1), "friends are asked from 6 on")
    assert both.private(EVE, "store", 171, firm, simulated=(171, same)).startswith("refused")
    assert both.private(ANN, "store", 171, firm, simulated=(171, same)) is None

    assert "may not compute with" in both.private(BOB, "above", "friends", 170)
    both.public(ANN, "befriend", both.names[BOB])
    assert both.private(BOB, "above", "friends", 170) is True
    both.public(ANN, "write", 5, Decimal(1), "and not below")
    assert "may not compute with" in both.private(BOB, "above", "friends", 170)
    assert both.private(EVE, "above", "tall", 171) is False

    assert "may not compute with" in both.private(EVE, "above", "firm", 170)
    assert both.private(BOB, "above", "firm", 170) is True
    assert "what said no is: once" in both.private(BOB, "above", "firm", 170)


def test_a_chain_node_that_lies_about_l_is_noticed_and_nothing_is_answered(
    network: Living, both: Both, caplog: pytest.LogCaptureFixture
) -> None:
    both.public(ANN, "write", 7, Decimal(1), "what is true")
    liar = network.places[1].running
    honest, lies = liar.connection.read, list[Any]()

    def read(address: str, abi: Any, function: str, *args: Any, **options: Any) -> Any:
        found = honest(address, abi, function, *args, **options)
        if address != liar.ledger.address or function != "get":
            return found
        lies.append(found)
        return True, found[1][:-1] + b"\x08"

    heard = Said('differ in what L["rate"] has, at the end of block')
    logger = logging.getLogger("enigma.node")
    with pytest.MonkeyPatch.context() as patch:
        caplog.set_level(logging.INFO, logger=logger.name)
        patch.setattr(logger, "handlers", [*logger.handlers, heard])
        patch.setattr(liar.connection, "read", read)
        job = both.contracts[ANN].times(3)
        assert heard.said.wait(PATIENCE)
        for place in network.places:
            assert place.running.holdings.pending(both.contracts[ANN].id, job.number) is None
    assert lies
    assert all(found == (True, b"\x02" + (7).to_bytes(32, "big")) for found in lies)
    assert job.result(PATIENCE) == 21


class Said(logging.Handler):
    """Waits until a node has logged that an attempt failed, in these words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words, self.said = words, threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        if record.getMessage() == "attempt failed" and self._words in fields["problem"]:
            self.said.set()


@pytest.mark.parametrize(
    ("line", "words"),
    [('L["rate"] = 1', "written on the chain alone"), ("MPC.set(1, x, at_least(2, this))", "one account signs a call")],
)
def test_what_no_chain_can_bind_is_refused_before_it_is_deployed(
    network: Living, tmp_path: Path, line: str, words: str
) -> None:
    source = tmp_path / "unbound.py"
    source.write_text(f"class Unbound(Contract):\n    @private\n    def f(self, x: private[bool]):\n        {line}\n")
    block = network.connection.head().number
    with pytest.raises(SourceProblem, match=words) as caught:
        network.person(0).deploy(source, nodes=network.names)
    assert (caught.value.file, caught.value.line) == ("unbound.py", 4)
    nonce = network.connection.ask("eth_getTransactionCount", network.accounts[0].address, "latest")
    before = network.connection.ask("eth_getTransactionCount", network.accounts[0].address, hex(block))
    assert nonce == before  # not a transaction
