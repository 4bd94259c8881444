"""Reading a chain: right answers, refusals, silence, and lies."""

from __future__ import annotations

import contextlib
import copy
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chain.conftest import Chain
from tests.chain.counter import compiled
from tests.chain.proxy import Proxy, Tamper, port_of

from enigma.chain import answers, transport
from enigma.chain.coding import decode_refusal
from enigma.chain.connection import Connection
from enigma.errors import (
    ArgumentProblem,
    ChainRefused,
    ChainUnreachable,
    EnigmaError,
    LyingNode,
    WrongChain,
)

ABI = compiled().abi


@pytest.fixture
def counter(chain: Chain) -> str:
    return chain.sender().deploy(ABI, compiled().bytecode, 7)


@pytest.mark.processes
class TestReading:
    def test_values(self, chain: Chain, counter: str) -> None:
        read = chain.connection.read
        who = chain.accounts[3].address
        assert read(counter, ABI, "total") == 7
        assert read(counter, ABI, "both") == (7, True)
        assert read(counter, ABI, "pair", who) == (who, [1, 2])
        assert read(counter, ABI, "sender", sender=who) == who

    def test_as_of_a_block(self, chain: Chain, counter: str) -> None:
        before = chain.connection.head().number
        chain.sender().send(counter, ABI, "add", 5)
        assert chain.connection.read(counter, ABI, "total") == 12
        assert chain.connection.read(counter, ABI, "total", at=before) == 7

    @pytest.mark.parametrize(
        ("function", "args", "reason"),
        [
            ("add", (0,), "zero is no step"),
            ("silent", (), "it reverted without a reason"),
            ("divide", (0,), "it reverted without a reason"),
            ("index", (200,), "it reverted without a reason"),
        ],
    )
    def test_refusals(self, chain: Chain, counter: str, function: str, args: tuple[int, ...], reason: str) -> None:
        with pytest.raises(ChainRefused) as refused:
            chain.connection.read(counter, ABI, function, *args)
        assert refused.value.reason == reason
        assert refused.value.doing == function

    def test_no_contract(self, chain: Chain) -> None:
        with pytest.raises(ChainRefused, match="no contract is at"):
            chain.connection.read(chain.accounts[0].address, ABI, "total")

    @pytest.mark.parametrize(
        ("function", "args", "words"),
        [
            ("toal", (), "no function toal"),
            ("total", (1,), "does not take 1 argument"),
            ("divide", ("seven",), "uint256 by cannot be 'seven'"),
            ("divide", (-1,), "cannot be -1"),
            ("pair", ("0x12",), "address who"),
        ],
    )
    def test_wrong_arguments(
        self, chain: Chain, counter: str, function: str, args: tuple[object, ...], words: str
    ) -> None:
        with pytest.raises(ArgumentProblem, match=words):
            chain.connection.read(counter, ABI, function, *args)

    def test_another_library_reads_the_same(self, chain: Chain, counter: str) -> None:
        web3 = pytest.importorskip("web3")
        theirs = web3.Web3(web3.HTTPProvider(chain.url))
        receipt = chain.sender().send(counter, ABI, "add", 5)
        contract = theirs.eth.contract(counter, abi=ABI)
        assert contract.functions.total().call() == 12
        assert theirs.eth.get_transaction_receipt(receipt.transaction)["gasUsed"] == receipt.gas_used
        theirs.provider._request_session_manager.session_cache.clear()

    def test_a_reorganisation_is_no_lie(self, chain: Chain) -> None:
        chain.mine(5)
        before = chain.connection.head()
        chain.connection.ask("anvil_reorg", 3, [])
        after = chain.connection.head()
        assert after.number == before.number
        assert after.hash != before.hash
        assert chain.connection.block(before.number - 1) == chain.connection.block_of(after.parent)


class TestReaching:
    @pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8545", "http://", "http://x:99999", ""])
    def test_what_is_no_address(self, url: str) -> None:
        with pytest.raises(ArgumentProblem):
            Connection(url)

    def test_nobody_is_there(self) -> None:
        with socket.socket() as kept:
            kept.bind(("127.0.0.1", 0))  # bound, and not listening
            with pytest.raises(ChainUnreachable, match="no chain answers at http://127") as unreachable:
                Connection(f"http://127.0.0.1:{kept.getsockname()[1]}").head()
        assert "enigma up" in str(unreachable.value)

    def test_a_password_is_not_shown(self) -> None:
        connection = Connection("http://ann:secret@127.0.0.1:1/x")
        assert connection.url == "http://127.0.0.1:1/x"
        with pytest.raises(ChainUnreachable) as unreachable:
            connection.head()
        assert "secret" not in str(unreachable.value)

    def test_silence(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            connection = Connection(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
            with pytest.raises(ChainUnreachable, match=r"did not answer eth_getBlockByNumber within 0.05 s"):
                connection.head()

    @pytest.mark.parametrize("said", [b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nhi", b"SSH-2.0-x\r\n", b""])
    def test_another_kind_of_server(self, said: bytes) -> None:
        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1 << 16)
                peer.sendall(said)

        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=answer)
            thread.start()
            with pytest.raises(ChainUnreachable):
                Connection(f"http://127.0.0.1:{server.getsockname()[1]}").head()
            thread.join()


@pytest.mark.processes
class TestWrongChain:
    def test_expected_another(self, chain: Chain) -> None:
        with pytest.raises(WrongChain, match="serves the chain 31337, not 1"):
            Connection(chain.url, chain_id=1).head()

    def test_it_changes_behind_the_address(self, chain: Chain) -> None:
        with Proxy(port_of(chain.url)) as proxy:
            connection = Connection(proxy.url)
            assert connection.chain_id == 31337
            proxy.tamper = lambda method, params, answer: {**answer, "result": "0x5"}
            connection.close()  # the node went away, and another came
            with pytest.raises(WrongChain, match="serves the chain 5, not 31337"):
                connection.balance(chain.accounts[0].address)


def _set(path: str, value: Any, *methods: str) -> Tamper:
    """Answers of some methods with one field changed."""

    def tamper(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        answer = copy.deepcopy(answer)
        if method in methods and answer.get("result"):
            place = answer["result"]
            *steps, last = path.split(".")
            for step in steps:
                place = place[int(step) if step.isdigit() else step]
            place[int(last) if last.isdigit() else last] = value
        return answer

    return tamper


OTHER = "0x" + "77" * 32
RECEIPT, LOGS, BLOCK = "eth_getTransactionReceipt", "eth_getLogs", "eth_getBlockByNumber"


@pytest.mark.processes
class TestLies:
    @pytest.mark.parametrize(
        "tamper",
        [
            _set("transactionHash", OTHER, RECEIPT),
            _set("blockHash", OTHER, RECEIPT),
            _set("blockNumber", "0x1", RECEIPT),
            _set("transactionIndex", "0x5", RECEIPT),
            _set("status", "0x2", RECEIPT),
            _set("gasUsed", "many", RECEIPT),
            _set("logs.0.blockHash", OTHER, RECEIPT),
            _set("logs.0.transactionHash", OTHER, RECEIPT),
            _set("logs.0.topics", "0x", RECEIPT),
            _set("number", "0x1", BLOCK),
            _set("hash", "0x12", BLOCK),
            _set("transactions", [OTHER], BLOCK),
        ],
    )
    def test_receipts(self, chain: Chain, counter: str, tamper: Tamper) -> None:
        sent = chain.sender().send(counter, ABI, "add", 5)
        with Proxy(port_of(chain.url)) as proxy:
            connection = Connection(proxy.url)
            assert connection.receipt(sent.transaction) == sent
            proxy.tamper = tamper
            with pytest.raises(LyingNode):
                connection.receipt(sent.transaction)
            connection.close()

    @pytest.mark.parametrize(
        "tamper",
        [
            _set("0.address", "0x" + "11" * 20, LOGS),
            _set("0.topics.0", OTHER, LOGS),
            _set("0.topics", [], LOGS),
            _set("0.blockNumber", "0xffffff", LOGS),
            _set("0.blockHash", OTHER, LOGS),
            _set("0.transactionHash", OTHER, LOGS),
            _set("0.removed", True, LOGS),
            _set("0.data", "0x123", LOGS),
            lambda method, params, answer: {**answer, "result": answer["result"] * 2} if method == LOGS else answer,
            lambda method, params, answer: {**answer, "result": {}} if method == LOGS else answer,
        ],
    )
    def test_logs(self, chain: Chain, counter: str, tamper: Tamper) -> None:
        sent = chain.sender().send(counter, ABI, "add", 5)
        topic = sent.logs[0].topics[0]
        with Proxy(port_of(chain.url)) as proxy:
            connection = Connection(proxy.url)
            assert connection.logs(counter, [topic], 0, sent.block) == list(sent.logs)
            proxy.tamper = tamper
            with pytest.raises(LyingNode):
                connection.logs(counter, [topic], 0, sent.block)
            connection.close()

    def test_two_blocks_of_one_number(self, chain: Chain) -> None:
        chain.mine(3)
        head = chain.connection.head()
        turns = iter(range(1000))

        def flap(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            if method == BLOCK and (turn := next(turns)):
                answer["result"]["hash"] = "0x" + turn.to_bytes(32, "big").hex()
            return answer

        with Proxy(port_of(chain.url), flap) as proxy:
            connection = Connection(proxy.url)
            assert connection.block(head.number) == head
            with pytest.raises(LyingNode, match="different blocks for one number"):
                connection.block(head.number)
            connection.close()

    def test_a_block_that_it_does_not_know_by_its_hash(self, chain: Chain) -> None:
        chain.mine(3)
        head = chain.connection.head()
        with Proxy(port_of(chain.url)) as proxy:
            connection = Connection(proxy.url)
            assert connection.block(head.number) == head
            proxy.tamper = _set("hash", OTHER, BLOCK)
            with pytest.raises(LyingNode):
                connection.block(head.number)
            connection.close()

    def test_an_answer_too_large(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transport, "LIMIT", 1 << 10)
        connection = Connection(chain.url)
        chain.mine(1)
        with pytest.raises(ChainUnreachable, match="answered eth_getBlockByNumber with more than"):
            connection.ask("eth_getBlockByNumber", "0x1", True)
        connection.close()

    @pytest.mark.parametrize(
        "said", [b"[]", b"{}", b'{"id": 99, "result": 1}', b"\xff", b"[" * 100_000, b'"text"', b'{"result": "0x1"}']
    )
    def test_what_is_no_json_rpc(self, chain: Chain, said: bytes) -> None:
        with Proxy(port_of(chain.url), lambda method, params, answer: said) as proxy:
            connection = Connection(proxy.url)
            with pytest.raises(ChainUnreachable):
                connection.head()
            connection.close()


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["0x", "0x0", "0x1", OTHER]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "number", "hash", "parentHash", "timestamp", "baseFeePerGas", "gasLimit", "transactions", "transactionHash",
    "blockNumber", "blockHash", "transactionIndex", "status", "gasUsed", "effectiveGasPrice", "contractAddress", "logs",
    "address", "topics", "data", "logIndex", "removed",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
def test_readers_of_answers_only_ever_refuse(answer: Any) -> None:
    readers: list[Callable[[Any], object]] = [answers.block, answers.log, lambda a: answers.receipt(a, OTHER)]
    for read in readers:
        with contextlib.suppress(LyingNode):  # the one way in which they may fail
            read(answer)


@given(st.binary(max_size=200))
def test_any_bytes_of_a_revert_are_some_reason(encoded: bytes) -> None:
    for prefix in (b"", bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")):
        assert decode_refusal(prefix + encoded, ABI)


def test_panics_and_named_errors_are_words() -> None:
    assert decode_refusal(bytes.fromhex("4e487b71") + (0x12).to_bytes(32, "big")) == "a division by zero"
    abi = [{"type": "error", "name": "TooFew", "inputs": [{"name": "have", "type": "uint256"}]}]
    from eth_utils.abi import function_abi_to_4byte_selector

    selector = bytes(function_abi_to_4byte_selector(abi[0]))  # type: ignore[arg-type]
    assert decode_refusal(selector + (3).to_bytes(32, "big"), abi) == "TooFew(3)"


def test_every_chain_problem_ends_a_command_with_3() -> None:
    assert {kind.exit_status for kind in (WrongChain, ChainRefused, ChainUnreachable, LyingNode)} == {3}
    assert issubclass(LyingNode, EnigmaError)
