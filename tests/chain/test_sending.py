"""Sending: each transaction once, whatever breaks."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.chain.conftest import Chain
from tests.chain.counter import compiled
from tests.chain.proxy import Proxy, port_of

from enigma.chain.connection import Connection
from enigma.chain.refusals import Refusal, classify
from enigma.chain.sending import SETTLED, Sender
from enigma.errors import (
    ArgumentProblem,
    ChainRefused,
    ChainUnreachable,
    FileProblem,
    LyingNode,
    NoFunds,
    NotMined,
)
from enigma.keys.account import Account
from enigma.local.anvil import LocalChain

ABI, CODE = compiled().abi, compiled().bytecode
pytestmark = pytest.mark.processes


@pytest.fixture
def counter(chain: Chain) -> str:
    return chain.sender().deploy(ABI, CODE, 7)


@pytest.fixture(scope="module")
def waiting_chain(anvil: Path) -> Iterator[Chain]:
    """A chain that mines nothing by itself."""
    with LocalChain(accounts=12, mining=False) as local:
        yield Chain(local.connection, local.accounts)


class Time:
    """A clock that passes only where a sender waits, and a block with each second."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.seconds, self.mining = chain, 0.0, True

    def clock(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += 1.0
        if self.mining:
            self.chain.connection.ask("evm_mine")

    def sender(self, index: int, **options: Any) -> Sender:
        return self.chain.sender(index, clock=self.clock, pause=self.pause, **options)


@pytest.fixture
def time(waiting_chain: Chain) -> Time:
    return Time(waiting_chain)


class TestPlainly:
    def test_a_deployment_and_a_call(self, chain: Chain, counter: str) -> None:
        receipt = chain.sender(1).send(counter, ABI, "add", 5, "five", value=3)
        assert (receipt.status, len(receipt.logs)) == (1, 1)
        assert chain.connection.read(counter, ABI, "total") == 12
        assert chain.connection.balance(counter) == 3

    def test_a_transfer(self, chain: Chain) -> None:
        stranger = Account.create().address
        assert chain.sender().transfer(stranger, 5).gas_used == 21_000
        assert chain.connection.balance(stranger) == 5

    def test_a_receipt_with_blocks_above_it(self, waiting_chain: Chain, time: Time) -> None:
        receipt = time.sender(0, confirmations=3).transfer(Account.create().address, 1)
        assert waiting_chain.connection.head().number - receipt.block == 3


class TestRefusals:
    def test_the_reason_before_anything_is_sent(self, chain: Chain, counter: str) -> None:
        sender = chain.sender(1)
        with pytest.raises(ChainRefused, match="add: zero is no step") as refused:
            sender.send(counter, ABI, "add", 0)
        assert refused.value.reason == "zero is no step"
        with pytest.raises(ChainRefused, match="a counter starts small"):
            sender.deploy(ABI, CODE, 1000)
        assert chain.connection.nonce(sender.address) == 0

    def test_the_reason_of_what_was_mined(self, chain: Chain, counter: str) -> None:
        def estimate(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            return {**answer, "result": "0x30000"} if method == "eth_estimateGas" and "error" in answer else answer

        with Proxy(port_of(chain.url)) as proxy:
            proxy.tamper = lambda method, params, answer: {
                key: value for key, value in estimate(method, params, answer).items() if key != "error"
            }
            connection = Connection(proxy.url)
            sender = Sender(connection, chain.accounts[1])
            sent = sender.submit(counter, ABI, "add_up_to", 5, 10)
            proxy.tamper = None
            with pytest.raises(ChainRefused) as refused:
                sender.wait(sent, ABI)
            assert refused.value.reason == "the limit is reached"
            connection.close()

    def test_too_little_gas(self, chain: Chain, counter: str) -> None:
        def less(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            return {**answer, "result": hex(22_000)} if method == "eth_estimateGas" else answer

        with Proxy(port_of(chain.url), less) as proxy:
            connection = Connection(proxy.url)
            with pytest.raises(ChainRefused, match="ran out of gas"):
                Sender(connection, chain.accounts[1]).send(counter, ABI, "add", 5)
            connection.close()

    def test_more_gas_than_a_block_has(self, chain: Chain, counter: str) -> None:
        with pytest.raises(ChainRefused, match=r"(?i)gas"):
            chain.sender(1).send(counter, ABI, "forever")

    def test_no_funds(self, chain: Chain, counter: str) -> None:
        poor = Sender(chain.connection, Account.create())
        with pytest.raises(NoFunds, match=r"holds 0.000000 ether, too little") as refused:
            poor.send(counter, ABI, "add", 1)
        assert f"send ether to {poor.address} first" in str(refused.value)
        with pytest.raises(NoFunds, match=r"transaction of 20000\.000000 ether"):
            chain.sender().send(counter, ABI, "add", 1, value=20_000 * 10**18)

    def test_funds_that_are_gone_when_it_is_sent_free_the_nonce(self, chain: Chain) -> None:
        account = Account.create()
        chain.sender().transfer(account.address, 10**15)
        sender = Sender(chain.connection, account)
        with pytest.raises(NoFunds):
            sender.transfer(chain.accounts[0].address, 10**15)
        sender.transfer(chain.accounts[0].address, 10**6)
        assert chain.connection.nonce(account.address) == 1

    def test_what_cannot_be_encoded(self, chain: Chain, counter: str) -> None:
        with pytest.raises(ArgumentProblem):
            chain.sender().send(counter, ABI, "add", "five")
        with pytest.raises(ArgumentProblem, match="the constructor takes 1 arguments"):
            chain.sender().deploy(ABI, CODE)
        with pytest.raises(ArgumentProblem, match="no bytecode"):
            chain.sender().deploy(ABI, "0x")

    def test_a_node_that_names_another_transaction(self, chain: Chain) -> None:
        def lie(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            return {**answer, "result": "0x" + "77" * 32} if method == "eth_sendRawTransaction" else answer

        with Proxy(port_of(chain.url), lie) as proxy:
            connection = Connection(proxy.url)
            with pytest.raises(LyingNode):
                Sender(connection, chain.accounts[1]).transfer(chain.accounts[0].address, 1)
            connection.close()

    def test_a_contract_elsewhere(self, chain: Chain) -> None:
        def lie(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            if method == "eth_getTransactionReceipt" and answer["result"]:
                answer["result"]["contractAddress"] = "0x" + "77" * 20
            return answer

        with Proxy(port_of(chain.url), lie) as proxy:
            connection = Connection(proxy.url)
            with pytest.raises(LyingNode, match="an address not its own"):
                Sender(connection, chain.accounts[1]).deploy(ABI, CODE, 1)
            connection.close()


class TestOnce:
    def test_threads_share_a_sender(self, chain: Chain, counter: str) -> None:
        sender = chain.sender(2)
        with ThreadPoolExecutor(8) as threads:
            receipts = list(threads.map(lambda i: sender.send(counter, ABI, "add", 1), range(24)))
        assert len({receipt.transaction for receipt in receipts}) == 24
        assert chain.connection.nonce(sender.address) == 24
        assert chain.connection.read(counter, ABI, "total") == 31

    def test_a_name_is_spent_once(self, chain: Chain, counter: str, tmp_path: Path) -> None:
        journal = tmp_path / "sent"
        sender = chain.sender(1, journal=journal)
        first = sender.send(counter, ABI, "add", 5, once="job 7")
        assert sender.send(counter, ABI, "add", 5, once="job 7") == first
        sender.close()
        for _ in range(2):
            again = chain.sender(1, journal=journal)
            assert again.send(counter, ABI, "add", 5, once="job 7") == first
            chain.mine(SETTLED)
            again.send(counter, ABI, "add", 1)
            again.close()
        assert chain.connection.read(counter, ABI, "total") == 14

    def test_a_deployment_and_its_address(self, chain: Chain, tmp_path: Path) -> None:
        addresses = set()
        for _ in range(3):
            sender = chain.sender(1, journal=tmp_path / "sent")
            addresses.add(sender.deploy(ABI, CODE, 7, once="the counter"))
            chain.mine(SETTLED)
            sender.transfer(sender.address, 1)
            sender.close()
        assert len(addresses) == 1

    def test_a_name_of_what_reverted(self, chain: Chain, counter: str, tmp_path: Path) -> None:
        def lift(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            return {"id": answer["id"], "result": "0x30000"} if method == "eth_estimateGas" else answer

        with Proxy(port_of(chain.url), lift) as proxy:
            connection = Connection(proxy.url)
            for reason in ("the limit is reached", "it reverted"):
                sender = Sender(connection, chain.accounts[1], journal=tmp_path / "sent")
                for _ in range(2):
                    with pytest.raises(ChainRefused) as refused:
                        sender.send(counter, ABI, "add_up_to", 5, 10, once="it")
                    assert refused.value.reason == reason
                chain.mine(SETTLED)
                proxy.tamper = None
                sender.transfer(sender.address, 1)  # sees that it is settled
                sender.close()
            assert chain.connection.nonce(chain.accounts[1].address) == 3
            connection.close()

    @pytest.mark.parametrize("arrived", [True, False])
    def test_a_process_that_is_killed_while_it_sends(
        self, chain: Chain, counter: str, tmp_path: Path, arrived: bool
    ) -> None:
        """kill -9 between signing and the receipt: the same bytes are sent by the next process, and no others."""
        journal, keystore = tmp_path / "sent", tmp_path / "key"
        chain.accounts[4].save(keystore, "word", work=2)
        script = (
            "import sys, json, pathlib\n"
            "from enigma.chain.connection import Connection\n"
            "from enigma.chain.sending import Sender\n"
            "from enigma.keys.account import Account\n"
            "url, key, journal, address, abi = sys.argv[1:]\n"
            "sender = Sender(Connection(url), Account.load(pathlib.Path(key), 'word'), journal=pathlib.Path(journal))\n"
            "sender.send(address, json.loads(abi), 'add', 5)\n"
        )
        raws: list[str] = []

        def kill(method: str, params: list[Any]) -> bool:
            if method != "eth_sendRawTransaction":
                return True
            raws.append(params[0])
            if arrived:
                chain.connection.ask(method, *params)
            os.kill(process.pid, signal.SIGKILL)
            return False

        with Proxy(port_of(chain.url)) as proxy:
            proxy.before = kill
            process = subprocess.Popen(
                [sys.executable, "-c", script, proxy.url, str(keystore), str(journal), counter, json.dumps(ABI)]
            )
            assert process.wait() == -signal.SIGKILL
        sender = chain.sender(4, journal=journal)
        (receipt,) = sender.resume()
        assert chain.connection.ask("eth_getRawTransactionByHash", receipt.transaction) == raws[0]
        assert chain.connection.nonce(sender.address) == 1
        assert chain.connection.read(counter, ABI, "total") == 12
        sender.close()


class TestWhatANodeLoses:
    def test_its_pool(self, waiting_chain: Chain, time: Time) -> None:
        sender = time.sender(1)
        sent = [sender._submit({"to": sender.address, "data": "0x"}, (), i, "transfer", None) for i in range(3)]
        waiting_chain.connection.ask("anvil_dropAllTransactions")
        assert sender.wait(sent[2], ()).status == 1
        assert waiting_chain.connection.nonce(sender.address) == 3
        assert all(len(each.forms) == 1 for each in sent)

    def test_three_blocks_while_it_waits(self, waiting_chain: Chain, time: Time) -> None:
        sender = time.sender(2)
        sent = sender._submit({"to": sender.address, "data": "0x"}, (), 1, "transfer", None)
        first = sender.wait(sent, (), confirmations=2)
        waiting_chain.connection.ask("anvil_reorg", 3, [])
        assert waiting_chain.connection.nonce(sender.address) == 0
        again = sender.wait(sent, (), confirmations=4)
        assert again.transaction == first.transaction
        assert again.block_hash != first.block_hash
        assert waiting_chain.connection.nonce(sender.address) == 1

    def test_three_blocks_after_it_was_content(self, chain: Chain, counter: str) -> None:
        sender = chain.sender(1)
        for _ in range(3):
            sender.send(counter, ABI, "add", 1)
        chain.connection.ask("anvil_reorg", 3, [])
        assert chain.connection.read(counter, ABI, "total") == 7
        sender._clock = itertools.count(10**9).__next__
        sender.send(counter, ABI, "add", 1)
        assert chain.connection.read(counter, ABI, "total") == 11
        assert chain.connection.nonce(sender.address) == 4

    def test_everything_since_a_snapshot(self, chain: Chain, counter: str) -> None:
        kept = chain.connection.ask("evm_snapshot")
        sender = chain.sender(1)
        receipt = sender.send(counter, ABI, "add", 1, once="it")
        chain.connection.ask("evm_revert", kept)
        sender._clock = itertools.count(10**9).__next__
        again = sender.send(counter, ABI, "add", 1, once="it")
        assert again.transaction == receipt.transaction
        assert chain.connection.read(counter, ABI, "total") == 8

    def test_the_way_to_it(self, chain: Chain, counter: str) -> None:
        """An answer that never came: it is looked for, not sent anew."""
        breaks = iter([True, False])

        def cut(method: str, params: list[Any], answer: dict[str, Any]) -> Any:
            return b"" if method == "eth_sendRawTransaction" and next(breaks, False) else answer

        with Proxy(port_of(chain.url), cut) as proxy:
            connection = Connection(proxy.url)
            sender = Sender(connection, chain.accounts[1])
            assert sender.send(counter, ABI, "add", 1).status == 1
            assert chain.connection.nonce(sender.address) == 1
            connection.close()


class TestWaiting:
    def test_it_looks_for_a_receipt_when_there_is_a_new_block_or_a_second_has_passed(
        self, waiting_chain: Chain
    ) -> None:
        quarters = 0

        def pause(seconds: float) -> None:
            nonlocal quarters
            quarters += 1
            if quarters == 6:
                waiting_chain.connection.ask("anvil_dropAllTransactions")
                waiting_chain.connection.ask("evm_mine")

        with Proxy(port_of(waiting_chain.url)) as proxy:
            connection = Connection(proxy.url)
            account = waiting_chain.accounts[11]
            sender = Sender(connection, account, deadline=2.0, clock=lambda: quarters / 4, pause=pause)
            sent = sender._submit({"to": account.address, "data": "0x"}, (), 1, "transfer", None)
            proxy.asked.clear()
            with pytest.raises(NotMined):
                sender.wait(sent, ())
            assert proxy.asked.count("eth_blockNumber") == 9
            # At 0, at 1 second, at 1.5 by the block; at 2 nothing is new.
            assert proxy.asked.count("eth_getTransactionReceipt") == 3
            for _ in range(3):
                sender._height()  # others who wait at the same time
            assert proxy.asked.count("eth_blockNumber") == 9
            connection.close()
        waiting_chain.connection.ask("anvil_dropAllTransactions")

    def test_a_node_that_never_takes_it(self, chain: Chain) -> None:
        def refuse(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            error = {"code": -32000, "message": "transaction underpriced: tip needed 9"}
            return {"id": answer["id"], "error": error} if method == "eth_sendRawTransaction" else answer

        with Proxy(port_of(chain.url), refuse) as proxy:
            proxy.before = lambda method, params: method != "eth_sendRawTransaction"
            connection = Connection(proxy.url)
            sender = Sender(connection, chain.accounts[1])
            with pytest.raises(ChainRefused, match="with nonce 0: transaction underpriced: tip needed 9"):
                sender.transfer(sender.address, 1)
            proxy.tamper, proxy.before = None, lambda method, params: True
            assert sender.transfer(sender.address, 1).status == 1
            connection.close()

    def test_a_journal_of_a_chain_that_was_begun_anew(self, chain: Chain, tmp_path: Path) -> None:
        def anew(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            if method == "eth_getBlockByNumber" and params[0] == "0x0":
                answer["result"]["hash"] = "0x" + "77" * 32
            return answer

        sender = chain.sender(1, journal=tmp_path / "sent")
        sender.transfer(sender.address, 1)
        sender.close()
        with Proxy(port_of(chain.url), anew) as proxy:
            connection = Connection(proxy.url)
            with pytest.raises(FileProblem, match="begun anew"):
                Sender(connection, chain.accounts[1], journal=tmp_path / "sent").transfer(sender.address, 1)
            connection.close()
        assert chain.connection.nonce(sender.address) == 1

    def test_a_fee_too_low_is_raised_on_the_same_nonce(self, waiting_chain: Chain, time: Time) -> None:
        sender = time.sender(3, patience=3.0)
        sent = sender._submit({"to": sender.address, "data": "0x"}, (), 1, "transfer", None)
        waiting_chain.connection.ask("anvil_setNextBlockBaseFeePerGas", hex(10**12))
        receipt = sender.wait(sent, ())
        assert len(sent.forms) > 1
        assert receipt.transaction == list(sent.forms)[-1]
        assert waiting_chain.connection.nonce(sender.address) == 1

    def test_the_deadline(self, time: Time) -> None:
        time.mining = False
        sender = time.sender(4, deadline=7.0)
        with pytest.raises(NotMined, match=r"transfer: no block holds 0x\w{64} \(nonce 0\) after 7 s") as ended:
            sender.transfer(sender.address, 1)
        assert "it may still be mined" in str(ended.value)
        time.mining = True
        assert [receipt.status for receipt in sender.resume()] == [1]

    def test_the_deadline_of_depth(self, waiting_chain: Chain, time: Time) -> None:
        sender = time.sender(5)
        sent = sender._submit({"to": sender.address, "data": "0x"}, (), 1, "transfer", None)
        waiting_chain.mine()
        time.mining = False
        with pytest.raises(NotMined, match="not 2 blocks deep"):
            sender.wait(sent, (), confirmations=2, deadline=3.0)

    def test_a_nonce_that_another_program_used(self, waiting_chain: Chain, time: Time) -> None:
        here, there = time.sender(6), time.sender(6)
        sent = here._submit({"to": here.address, "data": "0x"}, (), 1, "transfer", None)
        waiting_chain.connection.ask("anvil_dropAllTransactions")
        there.transfer(there.address, 2)
        with pytest.raises(
            ChainRefused, match=r"nonce 0 of 0x.* was used by a transaction that was not sent from here"
        ):
            here.wait(sent, ())
        here.transfer(here.address, 1)
        assert waiting_chain.connection.nonce(here.address) == 2

    def test_a_node_that_went_away(self, anvil: Path) -> None:
        seconds = iter(range(1000))
        with LocalChain(accounts=1, mining=False) as local:
            sender = Sender(
                local.connection, local.accounts[0], clock=lambda: next(seconds), pause=lambda _: None, deadline=20
            )
            sent = sender._submit({"to": sender.address, "data": "0x"}, (), 1, "transfer", None)
            local.process.kill()
            with pytest.raises(NotMined, match="no chain answers at"):
                sender.wait(sent, ())
            with pytest.raises(ChainUnreachable):
                sender.transfer(sender.address, 1)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_or_done_twice_whatever_happens(waiting_chain: Chain, tmp_path: Path, seed: int) -> None:
    """Sends, crashes, lost pools and reorganisations in any order: at the end each purpose is on the chain once."""
    chance = random.Random(seed)
    time, index = Time(waiting_chain), 7 + seed % 5
    journal, target = tmp_path / "sent", Account.create().address
    sender = time.sender(index, journal=journal, patience=1e9)
    before = waiting_chain.connection.nonce(sender.address)
    purposes = 0
    for _ in range(25):
        time.seconds += 2.0
        event = chance.choice(["send", "send", "block", "crash", "pool", "reorg"])
        if event == "send":
            amount = 10**purposes
            sender._submit({"to": target, "data": "0x"}, (), amount, "transfer", f"purpose {purposes}")
            purposes += 1
        elif event == "block":
            waiting_chain.connection.ask("evm_mine")
        elif event == "crash":
            sender.close()
            sender = time.sender(index, journal=journal, patience=1e9)
        elif event == "pool":
            waiting_chain.connection.ask("anvil_dropAllTransactions")
        elif waiting_chain.connection.head().number > 4:
            waiting_chain.connection.ask("anvil_reorg", chance.randint(1, 3), [])
    time.seconds += 2.0
    sender.resume()
    sender.close()
    assert waiting_chain.connection.nonce(sender.address) - before == purposes, f"seed {seed}"
    assert waiting_chain.connection.balance(target) == (10**purposes - 1) // 9, f"seed {seed}"


def test_words_of_several_nodes() -> None:
    said = {
        "nonce too low: next nonce 5, tx nonce 3": Refusal.NONCE_USED,  # geth
        "already known": Refusal.KNOWN,  # geth, reth
        "transaction already imported": Refusal.KNOWN,  # anvil
        "AlreadyKnown": Refusal.KNOWN,  # Nethermind
        "replacement transaction underpriced": Refusal.UNDERPRICED,
        "insufficient funds for gas * price + value: balance 0": Refusal.NO_FUNDS,
        "InsufficientFunds, Balance cannot afford": Refusal.NO_FUNDS,  # Nethermind
        "Upfront cost exceeds account balance": Refusal.NO_FUNDS,  # Besu
        "intrinsic gas too low": Refusal.FINAL,
        "invalid sender": Refusal.FINAL,
    }
    assert {words: classify(words) for words in said} == said
