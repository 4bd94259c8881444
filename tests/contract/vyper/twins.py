"""One contract twice: in the simulator, and its public half on a real chain. Whatever is called must agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.contract.vyper.anvil import ROOT, Chain, compiled

from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.types import DocumentType, MapType, PrivateType
from enigma.contract.vyper import Entry, outcome, public_half
from enigma.contract.vyper.outcome import on_chain
from enigma.errors import ArgumentProblem, CallRefused, EnigmaError, SourceProblem
from enigma.local.simulation import BEGINNING, Simulation

JOBS = """# pragma version 0.4.3
asked: public(uint256)
last: public(bytes4)
_arguments: bytes32
_commitments: DynArray[bytes32, 16]
_asker: address

@external
@view
def request_of() -> (bytes32, DynArray[bytes32, 16], address):
    return self._arguments, self._commitments, self._asker

@external
def request(function: bytes4, arguments: bytes32, commitments: DynArray[bytes32, 16], asker: address) -> uint256:
    self.asked += 1
    self.last = function
    self._arguments = arguments
    self._commitments = commitments
    self._asker = asker
    return self.asked

@external
@view
def permits(identity: address, who: address, right: uint8) -> bool:
    return False
"""


def selector(signature: str) -> bytes:
    from eth_utils.crypto import keccak

    return bytes(keccak(text=signature)[:4])


def encoded(types: Sequence[str], values: Sequence[Any]) -> bytes:
    from eth_abi.abi import encode

    return bytes(encode(list(types), list(values)))


def decoded(types: Sequence[str], octets: bytes) -> tuple[Any, ...]:
    from eth_abi.abi import decode

    return tuple(decode(list(types), octets))


def reason(output: str) -> str:
    """The message of a refusal; empty where there is none, as for arithmetic beyond 256 bits."""
    octets = bytes.fromhex(output[2:])
    return str(decoded(["string"], octets[4:])[0]) if octets[:4] == selector("Error(string)") else ""


def plain(value: Any) -> Any:
    """A value of the simulator as the chain gives it."""
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, Decimal | float):
        return on_chain(Decimal(str(value)))
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def _as_list(value: Any) -> Any:
    return [_as_list(item) for item in value] if isinstance(value, list | tuple) else value


class Twins:
    """A contract in the simulator and on the chain."""

    def __init__(
        self, chain: Chain, text: str, parties: Sequence[str], name: str = "twins.py", **arguments: Any
    ) -> None:
        self.chain, self.parties = chain, parties
        self.simulation = Simulation()
        self.module = load(Source(name, text))
        assert self.module.contract is not None
        self.contract = self.module.contract
        self.half = public_half(self.module)
        code, self.abi = compiled(self.half.source)
        self.functions = {each["name"]: each for each in self.abi if each["type"] == "function"}
        self.events = {each["name"]: each for each in self.abi if each["type"] == "event"}
        self.now = BEGINNING
        for party in [*parties, "deployer"]:
            chain.fund(str(address_of(party)))
        done, _, receipt = chain.send(str(address_of("deployer")), None, compiled(JOBS)[0])
        assert done
        self.jobs = receipt["contractAddress"]
        chain.fund(self.jobs)
        code_of_ledger = compiled((ROOT / "src/enigma/chain/controllers/Ledger.vy").read_text())[0]
        done, _, receipt = chain.send(
            str(address_of("deployer")), None, code_of_ledger + encoded(["address"], [self.jobs])
        )
        assert done
        self.ledger = receipt["contractAddress"]
        self.problem: EnigmaError | None = None
        self.refusal = ""
        self._deploy(code, text, name, arguments)

    def _deploy(self, code: bytes, text: str, name: str, arguments: Mapping[str, Any]) -> None:
        time = self.time()
        init = self.contract.functions.get("__init__")
        types, given = ["address", "address"], [self.jobs, self.ledger]
        constructor = next(each for each in self.abi if each["type"] == "constructor")
        types += [each["type"] for each in constructor["inputs"][2:]]
        given += [self.argument(arguments[p.name]) for p in init.parameters] if init else []
        done, output, receipt = self.chain.send(str(address_of("deployer")), None, code + encoded(types, given), time)
        try:
            self.twin = self.simulation.deploy_source(Source(name, text), **arguments)
        except (CallRefused, SourceProblem, ArgumentProblem) as error:
            assert not done, f"the simulator refused: {error}"  # noqa: PT017 - it may as well accept
            self.problem, self.refusal = error, reason(output)
            return
        assert done, f"the chain refused: {reason(output)!r}"
        self.address = receipt["contractAddress"]
        self.agree()

    def time(self) -> int:
        """Time goes on alike on both sides: no block has the time of another."""
        last = int(self.chain.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self.now = max(self.now, last + 1)
        self.simulation.now = self.now
        self.now += 1
        return self.simulation.now

    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    def argument(self, value: Any) -> Any:
        if isinstance(value, str) and value in self.parties:
            return str(address_of(value))
        if isinstance(value, Address | Decimal):
            return plain(value)
        if isinstance(value, list | tuple | set):
            return [self.argument(item) for item in value]
        return value

    # ------------------------------------------------------------ calls

    def call(self, who: str, name: str, *args: Any) -> Any:
        """Calls both; the answer, or None where both refuse, with `refusal` set."""
        entry, before = self.half.functions[name], self.twin.state
        parameters = self.contract.functions[name].parameters
        time, events = self.time(), len(self.twin.events)
        given = [b"\7" * 32 if isinstance(p.type, PrivateType | DocumentType) else self.argument(value)
                 for p, value in zip(parameters, args, strict=True)]  # fmt: skip
        types = entry.signature.partition("(")[2][:-1]
        calldata = selector(entry.signature) + encoded(types.split(",") if types else [], given)
        silent = entry.where == "public" and not self.functions[name]["outputs"]
        done, output, receipt = self.chain.send(str(address_of(who)), self.address, calldata, time, silent=silent)
        self.problem, self.refusal = None, ""
        try:
            result = getattr(self.twin.as_(who), name)(*args)
        except (CallRefused, SourceProblem, ArgumentProblem) as error:
            self.problem = error
            self._refused(entry, done, output, error)
            self.agree()
            return None
        assert done, f"{name} by {who}: the simulator answers {result!r}, and the chain refuses: {reason(output)!r}"
        if entry.commitments or entry.where == "private":
            self._settle(entry, int(output, 16), before)
        else:
            self._answers(name, output, result)
            self._events(receipt, self.twin.events[events:])
        self.agree()
        return result

    def _refused(self, entry: Entry, done: bool, output: str, error: EnigmaError) -> None:
        if done and entry.where == "private":
            # The committee refuses later, and nothing is settled.
            self.refusal = "the committee's"
            return
        assert not done, f"{entry.signature}: the chain answers {output}, and the simulator refuses: {error}"
        self.refusal = reason(output)
        if isinstance(error, CallRefused) and error.message.startswith(("nothing is stored", "nothing was stored")):
            assert self.refusal == "nothing is stored under this key of L"
        elif isinstance(error, CallRefused):
            assert error.message == self.refusal

    def _settle(self, entry: Entry, job: int, before: Any) -> None:
        if not entry.written:
            return
        types = [type_ for each in entry.written for type_ in each.types]
        values = outcome(self.contract, entry.written, before, self.twin.state)
        changes = decoded(["uint256"], self.chain.call(self.address, selector("enigma_changes()")))[0]
        calldata = selector("enigma_settle(uint256,uint256,bytes)")
        calldata += encoded(["uint256", "uint256", "bytes"], [job, changes, encoded(types, values)])
        done, output, _ = self.chain.send(self.jobs, self.address, calldata)
        assert done, f"{entry.signature} is not settled: {reason(output)!r}"

    def _answers(self, name: str, output: str, result: Any) -> None:
        outputs = [each["type"] for each in self.functions[name]["outputs"]]
        if not outputs:
            assert result is None
            return
        if outputs == ["tuple"]:
            outputs = ["(" + ",".join(c["type"] for c in self.functions[name]["outputs"][0]["components"]) + ")"]
        answer = decoded(outputs, bytes.fromhex(output[2:]))
        got = _as_list(answer if len(answer) > 1 else answer[0])
        assert got == _as_list(plain(result)), f"{name} answers {got!r} on the chain, {result!r} in the simulator"

    def _events(self, receipt: Any, expected: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        found = []
        for log in receipt["logs"]:
            for event in self.events.values():
                types = [each["type"] for each in event["inputs"]]
                topic = self.topic(f"{event['name']}({','.join(types)})")
                if log["topics"][0] == topic:
                    values = decoded(types, bytes.fromhex(log["data"][2:]))
                    named = zip(event["inputs"], values, strict=True)
                    found.append((event["name"], {each["name"]: _as_list(value) for each, value in named}))
        wanted = [(name, {key: self._shown(value) for key, value in values.items()}) for name, values in expected]
        assert found == wanted

    @staticmethod
    def topic(signature: str) -> str:
        from eth_utils.crypto import keccak

        return "0x" + keccak(text=signature).hex()

    def _shown(self, value: Any) -> Any:
        return _as_list(plain(value))

    # ------------------------------------------------------------ state

    def get(self, name: str, *args: Any) -> Any:
        """What a getter of the chain gives."""
        return self.got([(name, args)])[0]

    def got(self, asked: list[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        """What several give."""
        calldata = []
        for name, args in asked:
            types = [each["type"] for each in self.functions[name]["inputs"]]
            given = [self.argument(value) for value in args]
            calldata.append(selector(f"{name}({','.join(types)})") + encoded(types, given))
        answers = self.chain.calls(self.address, calldata)
        outputs = [[each["type"] for each in self.functions[name]["outputs"]] for name, _ in asked]
        return [_as_list(decoded(types, answer)[0]) for types, answer in zip(outputs, answers, strict=True)]

    def agree(self) -> None:
        """Every public field is the same on both sides, and every key."""
        state = self.twin.state
        expected: list[tuple[tuple[str, tuple[Any, ...]], Any]] = []
        for name, field in self.contract.fields.items():
            if isinstance(field.type, MapType) and isinstance(field.type.value, PrivateType):
                keys = [key for place, key in state.private if place == name]
                expected.append(((f"{name}_keys", ()), plain(keys)))
            elif isinstance(field.type, MapType):
                expected.append(((f"{name}_keys", ()), plain(list(state.public[name]))))
                expected += [((name, (key,)), plain(each)) for key, each in state.public[name].items()]
            elif name in state.public:
                value = state.public[name]
                single = isinstance(value, str | int | Address | Decimal)
                expected.append(((name, ()), plain(value if single else list(value))))
        found = self.got([question for question, _ in expected])
        for (question, value), answer in zip(expected, found, strict=True):
            assert answer == value, f"{question}: {answer!r} on the chain, {value!r} in the simulator"
