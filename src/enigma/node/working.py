"""What a node does about the jobs of its contracts, from the moment the chain names them until it has their end.

The first seat of a committee convenes: it picks the contract's lowest job for which every seat has all inputs, names
the block at whose end the public fields are read, and tells the others to begin. What fails is tried again, until the
chain ends it.

Once all have signed, the seat whose number is the job's, modulo the seats, brings the receipt to the chain; each
further one waits its turn, and does it where those before have not.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Sequence

from enigma.chain.jobs import Standing
from enigma.errors import ChainProblem, ChainRefused, EnigmaError, ProtocolError
from enigma.node.attempts import Attempts, shown
from enigma.node.contracts import Seated
from enigma.node.docket import Job
from enigma.node.logs import event, words_of
from enigma.node.means import Means, Work
from enigma.node.receipts import handed_in
from enigma.node.returning import say_began
from enigma.node.states import ENDED, JobEvent, JobState
from enigma.node.surroundings import Thread
from enigma.wire import Tree

LOOK_EVERY = 1.0
"""Seconds after which the node looks at its jobs even where nothing has happened."""
TURN = 8.0
"""Seconds that a seat waits for the one before it to bring a receipt to the chain."""
OLDEST = 64
"""Blocks before the newest, at whose end public fields may be read: nodes of a chain keep no more states."""
SWEEP_EVERY = 600.0
"""Seconds between two looks for what has expired."""

PATIENT = 5.0
"""Seconds for which a job of which all is here is waited for at the other seats, before the next one has its turn."""
ASKED_ABOUT = 16
"""Jobs of one contract about which the other seats are asked at one look."""
NAME_BYTES = 16
"""Of the name of an attempt."""


class Worker:
    """The jobs of one node."""

    def __init__(self, means: Means, work: Work) -> None:
        self._means, self._call = means, means.call
        self.attempts = Attempts(means, work)
        self._lock = threading.Lock()
        self._errands: dict[object, Thread] = {}
        self._hand_in_at: dict[int, float] = {}
        self._passed_over: dict[int, float] = {}
        self._ready_since: dict[int, float] = {}
        self._ending = threading.Event()
        self._swept = self._means.around.seconds()
        self.block = 0
        """The follower has taken everything below this block."""
        self.problem = ""
        """Why the node does not work on; empty while all is well."""
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def caught_up(self, block: int, now: int) -> None:
        """Everything below a block has been taken; the newest one is of the time `now`."""
        begins = not self.block
        self.block, self.attempts.time = block, now
        if begins:
            means = self._means
            self._send(
                "began",
                lambda: say_began(
                    means.account.address, means.contracts.all(), self._call, self._ending, means.around.pause
                ),
            )
        self._means.docket.wake()

    def stop(self, patience: float) -> None:
        """Begin nothing more, let what runs come to its end for so many seconds, and end the rest."""
        self._ending.set()
        self._means.docket.wake()
        self.attempts.stop(patience)
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            errands = list(self._errands.values())
        for thread in errands:
            thread.join()

    # ------------------------------------------------------------ what other seats ask

    def ready(self, number: int) -> Tree:
        """Whether this seat could begin a job now, how far it has read the chain, and whether it has tried enough."""
        job = self._means.docket.get(number)
        ready = job is not None and self.attempts.may_begin(job)
        return {"ready": ready, "block": self.block, "spent": job is not None and self.attempts.spent(job)}

    def begin(self, number: int, block: int, name: bytes, is_first: Callable[[str], bool], *, refuses: bool) -> Tree:
        """Begin a job, as the first seat of its committee says; `is_first` tells whether the caller is that node."""
        job = self._means.docket.get(number)
        seated = None if job is None else self._means.contracts.seated(job.request.contract)
        if job is None or seated is None or not is_first(seated.published.seats[0]):
            raise ProtocolError(f"the caller is not the first seat of a committee that has a job {number} here")
        fits = max(job.block, self.block - OLDEST) <= block < self.block
        return {"begun": fits and self.attempts.begin(job, seated, block, name, refuses=refuses)}

    def failed(self, number: int, name: bytes, is_shown: Callable[[str], bool]) -> Tree:
        """Another seat says that its part of an attempt has failed."""
        job = self._means.docket.get(number)
        seated = None if job is None else self._means.contracts.seated(job.request.contract)
        if seated is None or not any(is_shown(node) for node in seated.published.seats):
            raise ProtocolError(f"the caller has no seat in a committee that has a job {number} here")
        self.attempts.give_up(number, name)
        return {}

    def began(self, is_shown: Callable[[str], bool]) -> Tree:
        """A node's process has begun anew: it takes part in no attempt that was begun before."""
        for job in self._means.docket.in_state(JobState.RUNNING):
            seated = self._means.contracts.seated(job.request.contract)
            if seated is not None and any(is_shown(node) for node in seated.published.seats):
                self.attempts.give_up(job.number)
        return {}

    # ------------------------------------------------------------ the node's own thread

    def _run(self) -> None:
        while not self._ending.is_set():
            self.look()
            self._means.docket.wait(LOOK_EVERY)

    def look(self) -> None:
        """Look at all jobs once, and do what is due."""
        self.problem = ""
        for step in (self._gather, self._convene, self._hand_in, self.attempts.end_late, self._keep_house):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - one step that fails must not end all others for good
                self.problem = words_of(error)
                event("a step failed", level=logging.ERROR, step=step.__name__, problem=words_of(error))

    def _gather(self) -> None:
        for job in self._means.docket.in_state(JobState.ASKED):
            try:
                complete = self._means.inbox.of(job.request) is not None or self._is_cancelled(job)
            except EnigmaError as error:
                self._note_problem(job, error)
                continue
            if complete:
                self._means.docket.happen(job.number, JobEvent.INPUTS)

    def _is_cancelled(self, job: Job) -> bool:
        """Whether its asker has taken it back: no input need come any more."""
        request, means = job.request, self._means
        return means.cancellations.of(request) is not None and means.contracts.known(request.contract) is not None

    def _convene(self) -> None:
        """For each contract whose first seat this node has, its jobs that may begin: one errand at a time."""
        chosen: dict[bytes, tuple[list[Job], Seated]] = {}
        ready = self._means.docket.in_state(JobState.READY)
        now = self._means.around.seconds()
        self._passed_over = {job.number: self._passed_over.get(job.number, 0.0) for job in ready}
        self._ready_since = {job.number: self._ready_since.get(job.number, now) for job in ready}
        for job in ready:
            seated = self._means.contracts.seated(job.request.contract)
            if seated is None or seated.seat != 0 or not self.block or self.attempts.rests(job):
                continue
            if self.attempts.may_begin(job):
                chosen.setdefault(job.request.contract, ([], seated))[0].append(job)
        for contract, (jobs, seated) in chosen.items():
            self._send(contract, lambda jobs=jobs, seated=seated: self._ask_in_turn(jobs, seated))  # type: ignore[misc]

    def _ask_in_turn(self, jobs: Sequence[Job], seated: Seated) -> None:
        """The lowest job for which all seats are ready: one whose inputs a seat has not does not hold up the others.

        Nor do many of them: who was passed over comes after those who were not, the longest ago first. Another seat may
        hear of a job a moment later, so nobody is passed over at once: what is asked first is computed first.
        """
        passed, seconds = dict(self._passed_over), self._means.around.seconds
        for job in sorted(jobs, key=lambda each: (passed.get(each.number, 0.0), each.number))[:ASKED_ABOUT]:
            if self._ask_all(job, seated) or seconds() < self._ready_since.get(job.number, 0.0) + PATIENT:
                return
            self._passed_over[job.number] = seconds()

    def _ask_all(self, job: Job, seated: Seated) -> bool:
        """Whether a job was begun, or tried: False where another seat is not ready for it."""
        others = seated.published.seats[1:]
        name, asked = secrets.token_bytes(NAME_BYTES), False
        try:
            answers = [self._call(node, "ready", {"job": job.number}) for node in others]
            block = min([self.block, *(int(each["block"]) for each in answers)]) - 1
            if block < job.block or not all(each["ready"] for each in answers):
                return False
            asked, refuses = True, self.attempts.spent(job) or any(each["spent"] for each in answers)
            tree: Tree = {"job": job.number, "block": block, "attempt": name, "refuses": refuses}
            told = [self._call(node, "begin", tree) for node in others]
            if all(each["begun"] for each in told) and self.attempts.begin(job, seated, block, name, refuses=refuses):
                return True
        except (EnigmaError, KeyError, TypeError, ValueError) as error:
            self._note_problem(job, error)
        if asked:  # one of them may have begun, and would wait for the others
            self.attempts.tell_failed(job, seated, name)
        self.attempts.rest(job)
        return True

    def _keep_house(self) -> None:
        """Now and then: processes for the next jobs, and what has expired."""
        if self.block and self.attempts.idle:
            self.attempts.spares.fill()
        if self._means.around.seconds() >= self._swept + SWEEP_EVERY:
            self._swept = self._means.around.seconds()
            self._means.holdings.sweep(int(self._means.around.date()))

    def _note_problem(self, job: Job, error: Exception) -> None:
        words = shown(error)
        if words != job.problem:
            event("job waits", job=job.number, problem=words_of(error))
            self._means.docket.note(job.number, lambda found: setattr(found, "problem", words))

    def _send(self, name: object, errand: Callable[[], None]) -> None:
        """Have something done on a thread of its own, unless the same is being done."""

        def run() -> None:
            try:
                errand()
            finally:
                with self._lock:
                    self._errands.pop(name, None)

        with self._lock:
            if name in self._errands or self._ending.is_set():
                return
            self._errands[name] = self._means.around.thread("errand", run)
            self._errands[name].start()

    # ------------------------------------------------------------ to the chain

    def _hand_in(self) -> None:
        now = self._means.around.seconds()
        for job in self._means.docket.in_state(JobState.SIGNED):
            seated = self._means.contracts.seated(job.request.contract)
            if seated is None or self.attempts.time > job.request.deadline:
                continue
            turn = (seated.seat - job.number) % len(seated.published.seats)
            if now >= self._hand_in_at.setdefault(job.number, now + turn * TURN):
                self._send(job.number, lambda job=job: self._bring(job))  # type: ignore[misc]

    def _bring(self, job: Job) -> None:
        means = self._means
        pending = means.holdings.pending(job.request.contract, job.number)
        if pending is None or job.state in ENDED:
            return
        self._hand_in_at[job.number] = self._means.around.seconds() + 2 * TURN
        try:
            mined = handed_in(means.jobs, job.request, pending.finding, pending.before, job.signatures)
            event("receipt brought to the chain", job=job.number, block=mined.block, gas=mined.gas_used)
        except ChainRefused as refusal:
            standing, words = means.jobs.job(job.number), refusal.message
            if standing is not None and standing.standing is Standing.OPEN:
                # Not another seat that was faster: the chain does not take what all have signed.
                means.docket.note(job.number, lambda found: setattr(found, "problem", words))
        except ChainProblem as error:
            self._note_problem(job, error)
