"""What a node does about the jobs of its contracts: when one begins, its process, and its way to the chain.

The first seat of a committee convenes: it picks the contract's lowest job for which every seat has all inputs, names
the block at whose end the public fields are read, and tells the others to begin. A contract has one job at a time;
several contracts run side by side, up to the node's capacity. What fails is tried again, until the chain ends it.

Once all have signed, the seat whose number is the job's, modulo the seats, brings the receipt to the chain; each
further one waits its turn, and does it where those before have not.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from enigma.chain.consent import Consent
from enigma.chain.jobs import Jobs
from enigma.contract.keeping import decode, state_hash
from enigma.errors import ChainProblem, ChainRefused, EnigmaError, NetworkError, ProtocolError
from enigma.keys.account import Account
from enigma.keys.node import NodeKey
from enigma.net.gate import Gate
from enigma.node.contracts import Contracts, Seated
from enigma.node.docket import Docket, Job
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox, Inputs
from enigma.node.job.assignment import Assignment, Budget, Peer, Question, Which
from enigma.node.job.finding import Finding
from enigma.node.logs import event as log
from enigma.node.logs import words_of
from enigma.node.receipts import handed_in, signed
from enigma.node.running import JobProcess, Spares
from enigma.node.states import ENDED, JobEvent, JobState
from enigma.wire import Tree, codec

LOOK_EVERY = 1.0
"""Seconds after which the node looks at its jobs even where nothing has happened."""
TURN = 8.0
"""Seconds that a seat waits for the one before it to bring a receipt to the chain."""
REST = 1.0
"""Seconds between two attempts at one job, doubled with each up to `LONGEST_REST`."""
LONGEST_REST = 20.0
SWEEP_EVERY = 600.0
"""Seconds between two looks for what has expired."""
NO_STATE = bytes(32)

Call = Callable[[str, str, Tree], Any]
"""A call of another node: (its address on the chain, method, tree) -> answer. Raises `NetworkError`."""


@dataclass(frozen=True, slots=True)
class Work:
    """How a node works: jobs at once, seconds for each wait, bytes of memory for a job (0: no limit), kernels.

    `spares`: processes that are kept ready for the next jobs."""

    family: str
    at_once: int
    patience: int
    memory: int
    kernels: Which
    spares: int = 1


class Worker:
    """The jobs of one node. `peer(node)` says where another node is; `call` calls it."""

    def __init__(
        self,
        key: NodeKey,
        account: Account,
        gate: Gate,
        docket: Docket,
        contracts: Contracts,
        holdings: Holdings,
        inbox: Inbox,
        jobs: Jobs,
        consent: Callable[[Callable[[Consent], Sequence[str]]], Sequence[str]],
        peer: Callable[[str], Peer],
        call: Call,
        work: Work,
    ) -> None:
        self._key, self._account, self._gate = key, account, gate
        self._docket, self._contracts, self._holdings, self._inbox, self._jobs = (
            docket,
            contracts,
            holdings,
            inbox,
            jobs,
        )
        self._consent, self._peer, self._call, self._work = consent, peer, call, work
        self._lock = threading.Lock()
        self._running: dict[int, JobProcess] = {}
        self._busy: set[bytes] = set()
        self._threads: set[threading.Thread] = set()
        self._handing: set[int] = set()
        self._rests: dict[int, float] = {}
        self._signed_at: dict[int, float] = {}
        self._ending = threading.Event()
        self._swept = time.monotonic()
        self.block = 0
        """The follower has taken everything below this block."""
        self._spares = Spares(work.spares)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Begin nothing more, let what runs come to its end for so many seconds, and end the rest."""
        self._ending.set()
        self._docket.wake()
        until = time.monotonic() + patience
        for thread in self._alive():
            thread.join(max(0.0, until - time.monotonic()))
        with self._lock:
            running = list(self._running.values())
        for process in running:
            process.stop()
        for thread in self._alive():
            thread.join()
        if self._thread.is_alive():
            self._thread.join()
        self._spares.close()

    def _alive(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._threads)

    # ------------------------------------------------------------ what other seats ask

    def ready(self, number: int) -> Tree:
        """Whether this seat could begin a job now, and how far it has read the chain."""
        job = self._docket.get(number)
        can = job is not None and job.state is JobState.READY and not self._is_busy(job.request.contract)
        return {"ready": can, "block": self.block}

    def begin(self, caller: str, number: int, block: int) -> Tree:
        """Begin a job, as the first seat of its committee says."""
        job = self._docket.get(number)
        seated = None if job is None else self._contracts.seated(job.request.contract)
        if job is None or seated is None or caller != seated.published.seats[0]:
            raise ProtocolError(f"{caller} is not the first seat of a committee that has a job {number} here")
        return {"begun": block < self.block and self._begin(job, seated, block)}

    # ------------------------------------------------------------ the node's own thread

    def _run(self) -> None:
        while not self._ending.is_set():
            self._gather()
            self._convene()
            self._hand_in()
            if self.block and not self._running:
                self._spares.fill()
                self._sweep()
            self._docket.wait(LOOK_EVERY)

    def _gather(self) -> None:
        for job in self._docket.in_state(JobState.ASKED):
            try:
                complete = self._inbox.of(job.request) is not None
            except EnigmaError as error:
                self._note_problem(job, error)
                continue
            if complete:
                self._docket.happen(job.number, JobEvent.INPUTS)

    def _convene(self) -> None:
        """Begin what this node is the first seat of, and all seats are ready for."""
        now = time.monotonic()
        for job in self._docket.in_state(JobState.READY):
            contract = job.request.contract
            seated = self._contracts.seated(contract)
            if seated is None or seated.seat != 0 or self._is_busy(contract) or now < self._rests.get(job.number, 0.0):
                continue
            others = seated.published.seats[1:]
            try:
                answers = [self._call(node, "ready", {"job": job.number}) for node in others]
                block = min([self.block, *(int(each["block"]) for each in answers)]) - 1
                if block < job.block or not all(each["ready"] for each in answers):
                    continue
                told = [self._call(node, "begin", {"job": job.number, "block": block}) for node in others]
                if not all(each["begun"] for each in told):
                    self._rest(job)
                    continue
            except (EnigmaError, KeyError, TypeError, ValueError) as error:
                self._note_problem(job, error)
                self._rest(job)
                continue
            self._begin(job, seated, block)

    def _rest(self, job: Job) -> None:
        rest = min(LONGEST_REST, REST * 2 ** min(job.attempts, 10))
        self._rests[job.number] = time.monotonic() + rest

    def _is_busy(self, contract: bytes) -> bool:
        with self._lock:
            return contract in self._busy or len(self._running) >= self._work.at_once

    def _note_problem(self, job: Job, error: Exception) -> None:
        words = words_of(error)
        if words != job.problem:
            self._docket.note(job.number, lambda found: setattr(found, "problem", words))

    def _sweep(self) -> None:
        """Now and then: forget inputs that nobody has asked about in time."""
        if time.monotonic() >= self._swept + SWEEP_EVERY:
            self._swept = time.monotonic()
            self._holdings.sweep(int(time.time()))

    # ------------------------------------------------------------ one attempt at one job

    def _begin(self, job: Job, seated: Seated, block: int) -> bool:
        with self._lock:
            contract = job.request.contract
            if self._ending.is_set() or contract in self._busy or len(self._running) >= self._work.at_once:
                return False
            if job.state is not JobState.READY:
                return False
            self._busy.add(contract)
            thread = threading.Thread(
                target=self._attempt, args=(job, seated, block), name=f"job {job.number}", daemon=True
            )
            self._threads.add(thread)
            self._docket.happen(job.number, JobEvent.BEGUN, _attempted)
            thread.start()
            return True

    def _attempt(self, job: Job, seated: Seated, block: int) -> None:
        try:
            signatures = self._signatures(job, seated, block)
        except Exception as error:  # noqa: BLE001 - whatever it was, this attempt has failed and the next one begins clean
            self._note_problem(job, error)
            self._rest(job)
            self._docket.happen(job.number, JobEvent.FAILED)
        else:
            self._signed_at[job.number] = time.monotonic()
            self._docket.happen(job.number, JobEvent.FOUND, lambda found: found.signatures.update(signatures))
        finally:
            with self._lock:
                self._running.pop(job.number, None)
                self._busy.discard(job.request.contract)
                self._threads.discard(threading.current_thread())
            self._docket.wake()

    def _signatures(self, job: Job, seated: Seated, block: int) -> dict[int, bytes]:
        contract, inputs = job.request.contract, self._inbox.of(job.request)
        if inputs is None:
            raise NetworkError(f"the inputs of job {job.number} are gone", hint="the asker sends them again")
        assignment = self._assignment(job, seated, inputs, block)
        before = self._state_before(contract)

        def store(finding: Finding) -> None:
            self._holdings.keep_pending(contract, job.number, job.request.request, finding, inputs.places)

        def sign(digest: bytes) -> bytes:
            pending = self._holdings.pending(contract, job.number)
            if pending is None or pending.digest != digest or pending.request != job.request.request:
                raise ProtocolError(f"the process of job {job.number} wants something signed that is not stored")
            return signed(self._jobs, self._account, job.request, pending.finding, before)

        def phase(what: str, done: int, total: int) -> None:
            self._docket.note(job.number, lambda found: _phase(found, what, done, total))

        process = JobProcess(
            assignment, self._gate, self._spares,
            pieces=lambda indices: self._holdings.pieces(contract, inputs.places, indices),
            store=store, sign=sign, phase=phase, memory=self._work.memory,
        )  # fmt: skip
        with self._lock:
            self._running[job.number] = process
        return process.run()

    def _assignment(self, job: Job, seated: Seated, inputs: Inputs, block: int) -> Assignment:
        request, published = job.request, seated.published
        known = self._contracts.known(request.contract)
        assert known is not None
        public, changes = self._contracts.public(request.contract, block)
        pending = self._holdings.pending(request.contract, job.number)
        question = Question(
            contract=request.contract, job=job.number, request=request.request, name=known.sources.name,
            source=known.sources.text, imports=known.sources.imports, function=inputs.function, sender=request.asker,
            deployer=published.publisher, this=published.public_half, now=job.time, arguments=inputs.arguments,
            given=inputs.given, public=public, changes=changes,
            budget=Budget(request.maximum, published.fees.round, published.fees.operation),
            refusal=self._without_consent(job),
        )  # fmt: skip
        room = codec.encode([request.contract, job.number, request.request])
        return Assignment(
            question=question, seat=seated.seat, seats=tuple(self._peer(node) for node in published.seats),
            session=hashlib.sha256(room).digest(), family=self._work.family, kernels=self._work.kernels,
            deadline=self._work.patience, state=self._holdings.standing(request.contract).state,
            pending=None if pending is None else pending.digest, key=self._key.private_bytes(),
        )  # fmt: skip

    def _without_consent(self, job: Job) -> str:
        """Why a job that would tell something about owners' rows must not run: who of them has not agreed to it."""
        from enigma.contract.typing.opening import reveals

        known = self._contracts.known(job.request.contract)
        assert known is not None
        name = next(n for n, entry in known.half.functions.items() if _is(entry.signature, job.request.function))
        if not reveals(known.module, name):
            return ""
        missing = self._consent(lambda consent: consent.missing(job.number))
        if not missing:
            return ""
        return f"{', '.join(missing)} {'has' if len(missing) == 1 else 'have'} not granted this to {job.request.asker}"

    def _state_before(self, contract: bytes) -> bytes:
        state = self._holdings.standing(contract).state
        return state_hash(decode(state)) if state else NO_STATE

    # ------------------------------------------------------------ to the chain

    def _hand_in(self) -> None:
        now = time.monotonic()
        for job in self._docket.in_state(JobState.SIGNED):
            seated = self._contracts.seated(job.request.contract)
            if seated is None or job.number in self._handing:
                continue
            turn = (seated.seat - job.number) % len(seated.published.seats)
            if now < self._signed_at.get(job.number, now) + turn * TURN:
                continue
            self._handing.add(job.number)
            thread = threading.Thread(target=self._bring, args=(job,), name=f"receipt {job.number}", daemon=True)
            with self._lock:
                self._threads.add(thread)
            thread.start()

    def _bring(self, job: Job) -> None:
        try:
            pending = self._holdings.pending(job.request.contract, job.number)
            if pending is not None and job.state not in ENDED:
                before = self._state_before(job.request.contract)
                with contextlib.suppress(ChainRefused):  # another seat was faster; the follower hears of it
                    mined = handed_in(self._jobs, job.request, pending.finding, before, job.signatures)
                    log("receipt brought to the chain", job=job.number, block=mined.block, gas=mined.gas_used)
        except ChainProblem as error:
            self._note_problem(job, error)
            self._signed_at[job.number] = time.monotonic()
        finally:
            self._handing.discard(job.number)
            with self._lock:
                self._threads.discard(threading.current_thread())


def _attempted(job: Job) -> None:
    job.attempts += 1
    job.doing, job.done, job.total = "", 0, 0


def _phase(job: Job, what: str, done: int, total: int) -> None:
    job.doing, job.done, job.total = what, done, total


def _is(signature: str, selector: bytes) -> bool:
    from eth_utils.crypto import keccak

    return keccak(signature.encode())[:4] == selector
