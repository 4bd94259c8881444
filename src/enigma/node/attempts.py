"""Attempts at jobs: which job of a contract may begin now, its assignment, its process, and what all seats signed.

A contract has one job at a time, from its beginning until the chain has its end: the next one is computed on what this
one leaves. Where this seat has signed a finding that the chain has not, no other job of the contract begins.
"""

from __future__ import annotations

import hashlib
import threading
from functools import partial

from enigma.contract.typing import reveals
from enigma.errors import ArgumentProblem, ChainProblem, EnigmaError, NetworkError, ProtocolError, StoreDamaged
from enigma.node.contracts import Known, Seated
from enigma.node.docket import Job
from enigma.node.holdings import Pending, hash_of
from enigma.node.inputs import Inputs, name_of
from enigma.node.job.assignment import Assignment, Budget, Question
from enigma.node.job.finding import Finding
from enigma.node.logs import event, words_of
from enigma.node.means import Means, Work
from enigma.node.receipts import checked, message_of, signed
from enigma.node.running import Spares
from enigma.node.shelves import asked
from enigma.node.states import ENDED, JobEvent, JobState
from enigma.node.surroundings import Process, Thread
from enigma.node.tries import GIVEN_UP
from enigma.node.withdrawing import remaining
from enigma.wire import Tree, codec

MARGIN = 5
"""Seconds before a job's deadline after which it is not begun any more."""
REST = 1.0
"""Seconds between two attempts at one job, doubled with each up to `LONGEST_REST`."""
LONGEST_REST = 20.0


class Attempts:
    """Of one node. Safe between threads."""

    def __init__(self, means: Means, work: Work) -> None:
        self._means, self._work = means, work
        self.spares = Spares(work.spares)
        self._lock = threading.Lock()
        self._running: dict[int, Process] = {}
        self._names: dict[int, bytes] = {}
        self._given_up: dict[bytes, bool] = {}  # and whether all other seats know
        self._occupied: dict[bytes, int] = {}
        self._threads: dict[int, Thread] = {}
        self._rests: dict[int, tuple[float, float]] = {}
        self._stopped = False
        self.began = 0
        """The block of the oldest job that may be begun: see `enigma.node.healing.began`."""
        self.time = 0
        """Seconds since 1970 of the newest block that was read."""

    # ------------------------------------------------------------ when

    def may_begin(self, job: Job) -> bool:
        """Whether this seat could begin a job now."""
        if job.state is not JobState.READY or self.time > job.request.deadline - MARGIN:
            return False
        holdings, contract = self._means.holdings, job.request.contract
        if job.block < self.began or holdings.lost(contract) is not None or self._held_by_another(job):
            return False
        with self._lock:
            # An attempt at a job that has left the chain, and has come back under the same number, ends first.
            if self._stopped or contract in self._occupied or job.number in self._threads:
                return False
            return len(self._threads) < self._work.at_once

    def rests(self, job: Job) -> bool:
        """Whether a job's latest failure was a moment ago."""
        with self._lock:
            return self._means.around.seconds() < self._rests.get(job.number, (0.0, 0.0))[0]

    def rest(self, job: Job) -> None:
        """Let a job rest, longer each time."""
        with self._lock:
            pause = min(LONGEST_REST, 2 * self._rests.get(job.number, (0.0, REST / 2))[1])
            self._rests[job.number] = self._means.around.seconds() + pause, pause

    def _held_by_another(self, job: Job) -> bool:
        """Whether the chain still may take what this seat has signed of another job of the contract."""
        pending = self._means.holdings.all_pending(job.request.contract)
        return any(left.job != job.number and self._is_signed(left) for left in pending)

    def _is_signed(self, left: Pending) -> bool:
        other = self._means.docket.get(left.job)
        is_open = other is not None and other.state not in ENDED
        return is_open and self._means.holdings.signed(left.request) is not None

    # ------------------------------------------------------------ begin and end

    def spent(self, job: Job) -> bool:
        """Whether this seat has tried a job as often as it tries any: all that is left is to refuse it."""
        return self._means.holdings.tries.spent(job.request.request)

    def begin(self, job: Job, seated: Seated, block: int, name: bytes, *, refuses: bool = False) -> bool:
        """Begin the attempt of this name, with the public fields as they were at the end of a block.

        False where it cannot be. The first seat draws the name: in its room the seats meet, and nobody of another one.
        `refuses`: one of the seats has tried it often enough; all of them only sign that they give it up. A first seat
        that says so without need keeps the asker from its answer, as it does by never convening.
        """
        if not self.may_begin(job) or (self.spent(job) and not refuses):
            return False
        with self._lock:
            contract = job.request.contract
            if self._stopped or contract in self._occupied or job.number in self._threads:
                return False
            if len(self._threads) >= self._work.at_once:
                return False
            self._occupied[contract], self._names[job.number] = job.number, name
            thread = self._means.around.thread(
                f"job {job.number}", lambda: self._run(job, seated, block, name, refuses)
            )
            self._threads[job.number] = thread
        self._means.docket.happen(job.number, JobEvent.BEGUN, _attempted, of=job)
        thread.start()
        return True

    def reserve(self, contract: bytes) -> bool:
        """Keep jobs of a contract from beginning, until `free`; False where one has it, or signed for it, by now."""
        held = any(self._is_signed(left) for left in self._means.holdings.all_pending(contract))
        with self._lock:
            if held or self._stopped or contract in self._occupied:
                return False
            self._occupied[contract] = 0
            return True

    def is_occupied(self, contract: bytes) -> bool:
        """Whether a job or a renewal has a contract, or a job of it was signed that the chain has not ended."""
        held = any(self._is_signed(left) for left in self._means.holdings.all_pending(contract))
        with self._lock:
            return held or self._stopped or contract in self._occupied

    def free(self, contract: bytes) -> None:
        """Jobs of a contract may begin again."""
        with self._lock:
            if self._occupied.get(contract) == 0:
                del self._occupied[contract]
        self._means.docket.wake()

    def ended(self, number: int) -> None:
        """The chain has ended a job: its contract is free for the next, and what still runs of it ends."""
        with self._lock:
            self._occupied = {contract: job for contract, job in self._occupied.items() if job != number}
            process = self._running.get(number)
            self._rests.pop(number, None)
        if process is not None:
            process.stop()

    def give_up(self, number: int, name: bytes | None = None) -> None:
        """Another seat's part of this attempt has failed: waiting for it would be in vain.

        None: of whichever attempt runs. The others are told then: this one may have been begun with them since.
        """
        with self._lock:
            running = self._names.get(number)
            if running is None or name not in (None, running):
                return
            self._given_up[running] = name is not None
            process = self._running.get(number)
        if process is not None:
            process.stop()

    def without(self, node: str) -> None:
        """A node is shut out: what runs with it ends."""
        for job in self._means.docket.in_state(JobState.RUNNING):
            seated = self._means.contracts.seated(job.request.contract)
            if seated is not None and node in seated.published.seats:
                with self._lock:
                    process = self._running.get(job.number)
                if process is not None:
                    process.stop()

    def cut(self, number: int) -> None:
        """End what runs of a job, since its asker has taken it back: the seats meet once more, and refuse it."""
        with self._lock:
            process = self._running.get(number)
        if process is not None:
            process.stop()
        self._means.docket.wake()

    def end_late(self) -> None:
        """End what runs although its deadline has passed."""
        for job in self._means.docket.in_state(JobState.RUNNING):
            if self.time > job.request.deadline:
                with self._lock:
                    process = self._running.get(job.number)
                if process is not None:
                    process.stop()

    @property
    def idle(self) -> bool:
        """Whether nothing runs."""
        with self._lock:
            return not self._threads

    def process_id(self, number: int) -> int | None:
        """The process of a running job."""
        with self._lock:
            process = self._running.get(number)
        return None if process is None else process.process_id

    def stop(self, patience: float) -> None:
        """Begin nothing more, let what runs come to its end for so many seconds, and end the rest."""
        with self._lock:
            self._stopped = True
            threads = list(self._threads.values())
        until = self._means.around.seconds() + patience
        for thread in threads:
            thread.join(max(0.0, until - self._means.around.seconds()))
        while True:
            with self._lock:
                running, left = list(self._running.values()), list(self._threads.values())
            if not left:
                break
            for process in running:
                process.stop()
            left[0].join(0.2)
        self.spares.close()

    # ------------------------------------------------------------ one attempt

    def _run(self, job: Job, seated: Seated, block: int, name: bytes, refuses: bool) -> None:
        docket, failed = self._means.docket, False
        event("job begun", job=job.number, contract=job.request.contract.hex(), seat=seated.seat, block=block)
        try:
            signatures = self._signatures(job, seated, block, name, refuses)
        except Exception as error:  # noqa: BLE001 - whatever it was, this attempt has failed and the next begins clean
            words, failed = shown(error), True
            if isinstance(error, (StoreDamaged, ArgumentProblem)):
                self._means.holdings.shelves.doubted.add(job.request.contract)
            event("attempt failed", job=job.number, problem=words_of(error))
            self.rest(job)
            with self._lock:
                if self._occupied.get(job.request.contract) == job.number:
                    del self._occupied[job.request.contract]
            docket.happen(job.number, JobEvent.FAILED, lambda found: setattr(found, "problem", words), of=job)
        else:
            event("job signed", job=job.number)
            docket.happen(job.number, JobEvent.FOUND, lambda found: found.signatures.update(signatures), of=job)
        finally:
            with self._lock:
                self._running.pop(job.number, None)
                self._names.pop(job.number, None)
                all_know = self._given_up.pop(name, False)
            if failed and not all_know:
                self.tell_failed(job, seated, name)
            with self._lock:
                self._threads.pop(job.number, None)
            docket.wake()

    def tell_failed(self, job: Job, seated: Seated, name: bytes) -> None:
        """Tell the other seats that this one takes no part in an attempt, so that none of them waits for it."""
        for seat, node in enumerate(seated.published.seats):
            if seat == seated.seat:
                continue
            try:
                self._means.call(node, "failed", {"job": job.number, "attempt": name})
            except EnigmaError as error:
                event("peer not told", peer=node, job=job.number, problem=words_of(error))

    def _signatures(self, job: Job, seated: Seated, block: int, name: bytes, refuses: bool) -> dict[int, bytes]:
        means, request = self._means, job.request
        contract, inputs = request.contract, means.inbox.of(request)
        if inputs is None and means.cancellations.of(request) is not None:
            inputs = Inputs("", b"", {}, {})
        if inputs is None:
            raise NetworkError(f"the inputs of job {job.number} are gone", hint="the asker contributes anew")
        assignment, before = self._assignment(job, seated, inputs, block, name, refuses)

        def store(finding: Finding) -> None:
            means.holdings.keep_pending(contract, job.number, request.request, finding, inputs.places, before)

        def sign(digest: bytes) -> bytes:
            pending = means.holdings.pending(contract, job.number)
            if pending is None or (pending.digest, pending.request, pending.before) != (
                digest,
                request.request,
                before,
            ):
                raise ProtocolError(f"the process of job {job.number} wants something signed that is not stored")
            message = message_of(request, pending.finding, before)
            # Before the first signature leaves this process, it is certain that there will be no other.
            means.holdings.sign_once(request.request, message)
            return signed(means.jobs, means.account, request, pending.finding, before)

        counted = False

        def pieces(indices: list[int]) -> list[bytes]:
            nonlocal counted
            if not counted:
                means.holdings.tries.add(request.request, request.deadline)
            counted = True
            return means.holdings.pieces(contract, inputs.places, indices)

        def phase(what: str, done: int, total: int) -> None:
            means.docket.note(job.number, lambda found: _phase(found, what, done, total))

        begun = int(means.around.date())

        def heard(tree: Tree) -> None:
            means.transcripts.keep(contract, job.number, seated.seat, job.attempts, begun, tree)

        process = means.around.process(
            assignment, means.gate, self.spares,
            pieces=pieces, store=store, sign=sign, phase=phase, memory=self._work.memory,
            opening=lambda overruled: means.cancellations.opens(request, overruled=overruled),
            chain=partial(means.facts.answer, contract, block),
            keeper=partial(asked, means.holdings.shelves, contract),
            heard=heard,
        )  # fmt: skip
        with self._lock:
            if self._stopped:
                raise NetworkError("this node is ending")
            if name in self._given_up:
                raise NetworkError("another seat gave this attempt up")
            self._running[job.number] = process
        signatures = process.run()
        pending = means.holdings.pending(contract, job.number)
        if pending is None:
            raise ProtocolError(f"what all seats signed of job {job.number} is not stored here")
        for seat, signature in signatures.items():
            checked(means.jobs, seated.published.seats[seat], signature, request, pending.finding, before)
        return signatures

    def _assignment(
        self, job: Job, seated: Seated, inputs: Inputs, block: int, name: bytes, refuses: bool
    ) -> tuple[Assignment, bytes]:
        means, request, published = self._means, job.request, seated.published
        known = means.contracts.known(request.contract)
        assert known is not None
        public, changes = means.contracts.public(request.contract, block)
        standing = means.holdings.standing(request.contract)
        before = hash_of(standing.state)
        pending = means.holdings.pending(request.contract, job.number)
        if pending is not None and (pending.request, pending.before) != (request.request, before):
            pending = None  # of a request that left the chain, or on a state that is none any more
        question = Question(
            contract=request.contract, job=job.number, request=request.request, name=known.sources.name,
            source=known.sources.text, imports=known.sources.imports, function=inputs.function, sender=request.asker,
            deployer=published.publisher, this=published.public_half, now=job.time, arguments=inputs.arguments,
            given=inputs.given, public=public, changes=changes,
            budget=Budget(request.maximum, published.fees.round, published.fees.operation),
            refusal=GIVEN_UP if refuses else self._without_consent(job, known), block=block,
        )  # fmt: skip
        room = codec.encode([request.contract, job.number, request.request, name])
        assignment = Assignment(
            question=question, seat=seated.seat, seats=tuple(means.peer(node) for node in published.seats),
            session=hashlib.sha256(room).digest(), family=self._work.family, kernels=self._work.kernels,
            deadline=self._work.patience, state=remaining(standing.state, job.number, means.consent),
            pending=None if pending is None else pending.digest,
            signed=pending is not None and means.holdings.signed(request.request) is not None,
            key=means.key.private_bytes(), chain=means.cancellations.chain,
            cancellation=means.cancellations.of(request), opened=means.cancellations.has_opened(request),
            transcript=means.transcripts.each,
        )  # fmt: skip
        return assignment, before

    def _without_consent(self, job: Job, known: Known) -> str:
        """Why a job that would tell something about owners' rows must not run: who of them has not agreed to it."""
        function = name_of(known, job.request.function)
        if function is None or not reveals(known.module, function):
            return ""
        missing = self._means.consent(lambda consent: consent.missing(job.number))
        if not missing:
            return ""
        return f"{', '.join(missing)} {'has' if len(missing) == 1 else 'have'} not granted this to {job.request.asker}"


def shown(error: Exception) -> str:
    """What everybody may read of an error: of the chain and of this machine, only that there is one."""
    if isinstance(error, ChainProblem):
        return "this node's way to the chain fails"
    if isinstance(error, (NetworkError, ProtocolError)):
        return error.message
    return f"this seat failed ({type(error).__name__})"


def _attempted(job: Job) -> None:
    job.attempts += 1
    job.doing, job.done, job.total = "", 0, 0


def _phase(job: Job, what: str, done: int, total: int) -> None:
    job.doing, job.done, job.total = what, done, total
