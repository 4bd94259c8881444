"""One seat as a process of this machine: `python -m enigma.local.seat`, spoken to over its standard streams.

It meets the other seats over mutual TLS, agrees with them on keys, then stores pieces and runs programs until its
input ends; when that happens, in the middle of a run too, the process ends with it.
"""

from __future__ import annotations

import hashlib
import os
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from enigma.algebra import kernels
from enigma.engine.agreement import confirm, contribute, epoch_keys
from enigma.engine.families import FAMILIES
from enigma.engine.live import LiveSession, run
from enigma.engine.secure import Known, compile_plan
from enigma.errors import ArgumentProblem, EnigmaError, StreamEnded, WireError
from enigma.keys.node import NodeKey
from enigma.net.listener import Listener
from enigma.net.mesh import PeerAddress, connect_mesh
from enigma.program import program as programs
from enigma.program.schedule import Plan
from enigma.protocol.family import Value
from enigma.wire import codec
from enigma.wire.stream import read_message, write_message

LIMIT = 1 << 36
PROGRESS_SECONDS = 0.1
PLANS = 8
"""Programs whose plans a seat keeps, the newest: one that runs often is decoded and folded once."""


class Seat:
    """The state of a seat process."""

    def __init__(
        self, hello: dict[str, Any], reply: Callable[[dict[str, Any]], None], next_message: Callable[[], Any]
    ) -> None:
        self._seat: int = hello["seat"]
        self._job = bytes(hello["job"])
        self._family, self._sharing = FAMILIES[hello["family"]]
        try:
            self._kernels = kernels.load(hello["kernels"])
        except ImportError as error:
            raise ArgumentProblem(str(error)) from error
        self._reply = reply
        self._stored: dict[int, Value] = {}
        self._plans: dict[bytes, tuple[programs.Program, Plan, Known]] = {}
        self._epoch = 0
        key = NodeKey.generate()
        with Listener() as listener:
            reply({"address": list(listener.address), "certificate": key.certificate_pem(), "public": key.public_bytes,
                   "fingerprint": key.fingerprint, "kernels": self._kernels.level()})  # fmt: skip
            seats = next_message()["seats"]
            peers = {
                i: PeerAddress(str(s["address"][0]), int(s["address"][1]), bytes(s["certificate"]))
                for i, s in enumerate(seats)
                if i != self._seat
            }
            deadline = float(hello["deadline"])
            self._links = connect_mesh(
                self._seat, key, listener, peers, deadline=deadline, channel_deadline=deadline, session=self._job
            )
        self._committee = [bytes(s["fingerprint"]) for s in seats]
        members = {i: bytes(s["public"]) for i, s in enumerate(seats)}
        self._contributions = contribute(
            self._seat, key, members, self._links, self._family.holders, self._job, os.urandom
        )
        reply({"ready": True})

    def serve(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to one message of the client."""
        match message["do"]:
            case "store":
                self._store(message)
                return {"stored": True}
            case "drop":
                for index in message["indices"]:
                    self._stored.pop(index, None)
                return {"dropped": True}
            case "run":
                return self._run(message)
            case unknown:
                raise WireError(f"a seat knows no request {unknown!r}")

    def _store(self, message: dict[str, Any]) -> None:
        shape, boolean = tuple(message["shape"]), message["boolean"]
        self._stored[message["index"]] = self._sharing.accept(message["pieces"], shape, boolean)

    def _run(self, message: dict[str, Any]) -> dict[str, Any]:
        encoded = bytes(message["program"])
        digest = hashlib.sha256(encoded).digest()
        if digest not in self._plans:
            decoded = programs.decode(encoded, self._family.name)
            while len(self._plans) >= PLANS:
                del self._plans[next(iter(self._plans))]
            self._plans[digest] = (decoded, compile_plan(decoded.outputs, self._family), {})
        program, the_plan, known = self._plans[digest]
        stored = [int(index) for index in message["stored"]]
        if len(stored) != len(program.inputs):
            raise WireError(f"a program over {len(program.inputs)} secrets is given {len(stored)}")
        inputs = {x.attrs["index"]: self._stored_at(i) for x, i in zip(program.inputs, stored, strict=True)}
        self._epoch += 1
        # The seats agree on what is computed, and on what it is computed from.
        confirm(self._seat, self._links, self._epoch, hashlib.sha256(digest + codec.encode(stored)).digest())
        start, cpu = time.perf_counter(), time.process_time()
        keys = epoch_keys(self._contributions, job=self._job, epoch=self._epoch, committee=self._committee)
        session = LiveSession(self._seat, self._links, keys, self._kernels, epoch=self._epoch)
        outputs = run(
            session,
            self._family,
            the_plan,
            inputs,
            known=known,
            progress=self._progress() if message["progress"] else None,
        )
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        revealed = outputs[: len(program.reveals)]
        for index, value in zip(message["keeps"], outputs[len(program.reveals) :], strict=True):
            self._stored[index] = np.ascontiguousarray(value)
        return {
            "revealed": [
                self._sharing.output(value) if node.secret else b""
                for value, node in zip(revealed, program.reveals, strict=True)
            ],
            "nanoseconds": int(seconds * 1e9),
            "cpu_nanoseconds": int(cpu * 1e9),
            "rounds": session.rounds,
            "sent": session.sent_bytes,
            "max_rss_kib": _peak_kib(),
        }

    def _stored_at(self, index: int) -> Value:
        if index not in self._stored:
            raise ArgumentProblem(f"seat {self._seat} stores no secret {index}")
        return self._stored[index]

    def _progress(self) -> Callable[[int, int], None]:
        told = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal told
            now = time.monotonic()
            if now - told >= PROGRESS_SECONDS:
                told = now
                self._reply({"progress": [done, total]})

        return tell


def _peak_kib() -> int:
    """Peak resident memory. `ru_maxrss` alone would count the parent's as well, from before this program began."""
    try:
        with Path("/proc/self/status").open(encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Serve one client until its end of the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides what an interrupt means
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing printed may get into the messages
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(source, inbox), daemon=True).start()

    def reply(tree: dict[str, Any]) -> None:
        write_message(sink, tree)

    try:
        try:
            seat = Seat(inbox.get(), reply, inbox.get)
            while True:
                reply({"answer": seat.serve(inbox.get())})
        except StreamEnded:
            raise
        except EnigmaError as error:
            reply({"error": [type(error).__name__, error.message, error.hint]})
    except StreamEnded:
        os._exit(0)  # the client is gone, and channels may still wait on peers that are gone as well
    except BaseException:  # noqa: BLE001 - a defect of ours: shown in full, and the other threads must not keep the process
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _read(source: BinaryIO, inbox: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            inbox.put(read_message(source, limit=LIMIT))
    except (StreamEnded, WireError):
        os._exit(0)


if __name__ == "__main__":
    main()
