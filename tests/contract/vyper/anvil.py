"""A real chain for these tests: anvil on a free port, and a few words of its JSON-RPC."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
GAS = hex(29_000_000)


def anvil() -> str | None:
    """Where anvil is installed, if it is."""
    own = ROOT / ".tools" / "node_modules" / ".bin" / "anvil"
    return str(own) if own.exists() else shutil.which("anvil")


class Chain:
    """One anvil, which lets anybody send as anybody."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self.connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def fund(self, address: str) -> None:
        self.ask("anvil_setBalance", address, hex(10**24))

    def send(
        self, sender: str, to: str | None, calldata: bytes, time: int | None = None, *, silent: bool = False
    ) -> tuple[bool, str, Any]:
        """Whether it succeeded, what it returned in hexadecimal (of a `silent` one, if it failed), and its receipt."""
        if time is not None:
            self.ask("evm_setNextBlockTimestamp", time)
        transaction = {"from": sender, "data": "0x" + calldata.hex(), "gas": GAS}
        if to is not None:
            transaction["to"] = to
        tx = self.ask("eth_sendTransaction", transaction)
        self.ask("evm_mine")
        receipt = self.ask("eth_getTransactionReceipt", tx)
        assert receipt is not None, "the block was mined without it"
        done = int(receipt["status"], 16) == 1
        if done and silent:
            return done, "0x", receipt
        trace = self.ask("debug_traceTransaction", tx, {"tracer": "callTracer"})
        return done, trace.get("output", "0x"), receipt

    def calls(self, to: str, several: list[bytes]) -> list[bytes]:
        """Many calls that change nothing, in one request."""
        body = [
            {"jsonrpc": "2.0", "id": i, "method": "eth_call",
             "params": [{"to": to, "data": "0x" + calldata.hex(), "gas": GAS}, "latest"]}
            for i, calldata in enumerate(several)
        ]  # fmt: skip
        self.connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answers = sorted(json.loads(self.connection.getresponse().read()), key=lambda answer: int(answer["id"]))
        return [bytes.fromhex(answer["result"][2:]) for answer in answers]

    def call(self, to: str, calldata: bytes) -> bytes:
        return bytes.fromhex(self.ask("eth_call", {"to": to, "data": "0x" + calldata.hex(), "gas": GAS}, "latest")[2:])


@contextmanager
def running(program: str) -> Iterator[Chain]:
    """An anvil of one's own."""
    command = [program, "--port", "0", "--accounts", "1", "--timestamp", "1600000000", "--order", "fifo", "--no-mining"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                found = re.search(r"Listening on [\d.]+:(\d+)", line)
                if found:
                    break
            else:
                raise AssertionError("anvil ended before it listened")
            # What it says must be read, or it stands still.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            chain = Chain(int(found.group(1)))
            with closing(chain.connection):
                chain.ask("anvil_autoImpersonateAccount", True)
                yield chain
        finally:
            process.terminate()
            process.wait()


@cache
def compiled(source: str) -> tuple[bytes, tuple[dict[str, Any], ...]]:
    """Bytecode and ABI."""
    import vyper

    made = vyper.compile_code(source, output_formats=["bytecode", "abi"])
    return bytes.fromhex(made["bytecode"][2:]), tuple(made["abi"])
