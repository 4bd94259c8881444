"""Who has contributed to a contract, and who of them has not agreed to a job: read from the controllers' events alone.

The *owners* of a contract at a job are the askers of its earlier settled jobs that had commitments, but for what they
withdrew between asking those and the request of this one. An owner is the address that asked; where that is a shared
identity, its members are not looked up. A job whose result is not empty needs, of every owner but its asker, a grant in
force at the block of its request.

- Earlier means settled before this job settles, or until now where it is open: a job reads the state in which it ends.
- A withdrawal counts for the jobs that are asked after it, and takes what was brought by those asked before it. So who
  was an owner when a job was asked stays one for it, even if they withdraw before it is settled; and a contribution
  that is under way when its owner withdraws is withdrawn too. Committees compute by the same rule (`withdrawn_before`).
- A grant is used by each later request that matches it, unless that was refused, expired, or settled with an empty
  result. Where several match, the one that names the asker goes first, and of two such the one that names the function.
  An asker's own requests use no grant of theirs. While a job is open, it counts as a use.
- What becomes of earlier jobs afterwards can only free uses, never take them: who was found to have agreed stays so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from enigma.chain.events import TRAIL, Event
from enigma.errors import ArgumentProblem, LyingNode, WrongChain

EVERYBODY = "0x" + "0" * 40
EVERY_FUNCTION = bytes(4)
EMPTY = bytes(32)  # the result of a job that revealed nothing

_Key = tuple[bytes, str]  # function, who


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as a request found it: for which function (0: all) and whom, until when, and its uses that were left."""

    function: bytes
    who: str
    until: int
    uses: int


@dataclass(frozen=True, slots=True)
class _Change:
    """A grant given, or with `uses` of 0 taken back, at a place in the order of events."""

    place: int
    key: _Key
    until: int
    uses: int


@dataclass(frozen=True, slots=True)
class _Left:
    """A withdrawal, at a place in the order of events; `at`: its block, and its place in the block's log."""

    place: int
    owner: str
    at: tuple[int, int]
    transaction: str


@dataclass(frozen=True, slots=True)
class _Asked:
    place: int
    number: int
    contract: bytes
    function: bytes
    asker: str
    time: int
    contributes: bool


@dataclass(frozen=True, slots=True)
class _End:
    place: int
    settled: bool
    empty: bool


class Consent:
    """Owners and their grants, fed with events in the chain's order.

    An event with `removed` set undoes exactly the newest that was taken, as far back as a reorganisation is followed
    (`TRAIL` blocks); behind that it is WrongChain, and all is to be read again from the deployment's first block.
    """

    def __init__(self) -> None:
        self._place = 0
        self._terms: dict[bytes, int] = {}  # contract -> seconds from a request to its deadline
        self._grants: dict[tuple[str, bytes], list[_Change]] = {}  # owner, contract
        self._withdrawn: dict[bytes, list[_Left]] = {}
        self._asked: dict[bytes, list[_Asked]] = {}
        self._jobs: dict[int, _Asked] = {}
        self._ends: dict[int, _End] = {}
        self._taken: deque[tuple[Event, Callable[[], object]]] = deque()

    def take(self, event: Event, controller_name: str) -> None:
        """One more event of a controller (`History.controller` names it), or one that left the chain again.

        Raises WrongChain where an event leaves that is not the newest; LyingNode for a job that nobody asked.
        """
        if event.removed:
            self._undo(event)
            return
        taken = self._TAKING.get((controller_name, event.name))
        if taken is None:
            return
        undo = taken(self, event)
        self._place += 1
        self._taken.append((event, undo))
        while self._taken[0][0].block < event.block - 2 * TRAIL:
            self._taken.popleft()

    @classmethod
    def takes(cls, event: Event, controller_name: str) -> bool:
        """Whether an event says anything about consent: the others need not be told."""
        return (controller_name, event.name) in cls._TAKING

    # ------------------------------------------------------------ what it answers

    def asked_at(self, job_number: int) -> int:
        """The time of a request's block, in seconds. Raises ArgumentProblem for a number that no event has named."""
        job = self._jobs.get(job_number)
        if job is None:
            raise ArgumentProblem(f"no event has named a job {job_number}", hint="read on: it may be in a later block")
        return job.time

    def contract_of(self, job_number: int) -> bytes | None:
        """The contract that a job asks, None for a number that no event has named."""
        job = self._jobs.get(job_number)
        return None if job is None else job.contract

    def owners(self, contract: bytes) -> tuple[str, ...]:
        """Whose data the contract holds now, in the order in which they first contributed."""
        return self._owners(contract, self._place, self._place)

    def withdrawn_before(self, job_number: int) -> Callable[[str | None, int], bool]:
        """For a job: whether what an owner (None: its asker) brought by another job was withdrawn before it was asked.

        Raises ArgumentProblem for a job, and what it gives for another one, that no event has named.
        """
        until = self._known(job_number)

        def gone(owner: str | None, brought_by: int) -> bool:
            brought = self._known(brought_by)
            return self._left_between(until.contract, owner or brought.asker, brought.place, until.place)

        return gone

    def withdrawn_from(self, contract: bytes) -> Callable[[str | None, int], bool]:
        """The same for all withdrawals from a contract that were read. Raises for a job that no event has named."""

        def gone(owner: str | None, brought_by: int) -> bool:
            brought = self._known(brought_by)
            return self._left_between(contract, owner or brought.asker, brought.place, self._place + 1)

        return gone

    def withdrawals(self, contract: bytes) -> tuple[tuple[str, int, int, str], ...]:
        """All withdrawals from a contract that were read: owner, block, place in its log, transaction."""
        return tuple((each.owner, *each.at, each.transaction) for each in self._withdrawn.get(contract, ()))

    def withdrawn_by(self, contract: bytes, owner: str, block: int, index: int) -> Callable[[str | None, int], bool]:
        """The same for one withdrawal, by where its event stands. Raises ArgumentProblem where none was read."""
        those = self._withdrawn.get(contract, ())
        found = next((each.place for each in those if (each.owner, each.at) == (owner, (block, index))), None)
        if found is None:
            raise ArgumentProblem(f"no event has said that {owner} withdrew in block {block}")
        return lambda whose, job: (whose or self._known(job).asker) == owner and self._known(job).place < found

    def missing(self, job_number: int) -> tuple[str, ...]:
        """The owners who have not agreed to this job; nobody for one that revealed nothing, or never will.

        Raises ArgumentProblem for a number that no event has named.
        """
        job = self._known(job_number)
        end = self._ends.get(job_number)
        if end is not None and (end.empty or not end.settled):
            return ()
        return tuple(owner for owner in self._owners_of(job, end) if not self._agreed(owner, job))

    def owners_of(self, job_number: int) -> tuple[str, ...]:
        """The owners, without its asker, whose grants this job needs if it reveals something."""
        job = self._jobs.get(job_number)
        return () if job is None else self._owners_of(job, self._ends.get(job_number))

    # ------------------------------------------------------------ how it finds out

    def _known(self, job_number: int) -> _Asked:
        job = self._jobs.get(job_number)
        if job is None:
            raise ArgumentProblem(f"no event has named a job {job_number}", hint="read on: it may be in a later block")
        return job

    def _owners(self, contract: bytes, ended: int, asked: int) -> tuple[str, ...]:
        """Whose contributions were settled before the place `ended`, and not withdrawn before the place `asked`."""
        contributed = [
            (end.place, job.asker)
            for job in self._asked.get(contract, ())
            if job.contributes
            and (end := self._ends.get(job.number))
            and end.settled
            and end.place < ended
            and not self._left_between(contract, job.asker, job.place, asked)
        ]
        return tuple(dict.fromkeys(asker for _, asker in sorted(contributed)))

    def _left_between(self, contract: bytes, owner: str, start: int, end: int) -> bool:
        those = self._withdrawn.get(contract, ())
        return any(each.owner == owner and start < each.place < end for each in those)

    def _owners_of(self, job: _Asked, end: _End | None) -> tuple[str, ...]:
        found = self._owners(job.contract, self._place if end is None else end.place, job.place)
        return tuple(owner for owner in found if owner != job.asker)

    def grant_for(self, owner: str, job_number: int) -> Grant | None:
        """The grant of an owner that this job's request used, None where there was none in force."""
        job = self._jobs.get(job_number)
        return None if job is None else self._chosen(owner, job)

    def _agreed(self, owner: str, job: _Asked) -> bool:
        return self._chosen(owner, job) is not None

    def _chosen(self, owner: str, job: _Asked) -> Grant | None:
        """Replays the owner's grants and the contract's requests up to this one: which has a use left for it?"""
        left: dict[_Key, tuple[int, int]] = {}  # until, uses
        changes = deque(self._grants.get((owner, job.contract), ()))
        for asked in self._asked[job.contract]:
            while changes and changes[0].place < asked.place:
                change = changes.popleft()
                left[change.key] = (change.until, change.uses)
            if asked.asker == owner or (asked.number != job.number and self._was_spared(asked)):
                continue
            chosen = next((key for key in _matching(asked) if _holds(left.get(key), asked.time)), None)
            if asked.number == job.number:
                return None if chosen is None else Grant(*chosen, *left[chosen])
            if chosen is not None:
                until, uses = left[chosen]
                left[chosen] = (until, uses - 1)
        return None

    def _was_spared(self, job: _Asked) -> bool:
        end = self._ends.get(job.number)
        return end is not None and (end.empty or not end.settled)

    # ------------------------------------------------------------ events, and how each is undone

    def _undo(self, event: Event) -> None:
        if self._taken and _one(self._taken[-1][0], event):
            self._taken.pop()[1]()
            self._place -= 1
        elif any(_one(taken, event) for taken, _ in self._taken):
            raise WrongChain("an event left the chain before those that came after it", hint="read it all again")
        elif self._taken and event.block < self._taken[0][0].block:
            raise WrongChain("an event left the chain that is too old to be undone", hint="read it all again")
        # Else it is one of those that say nothing about consent, and were not kept.

    def _published(self, event: Event) -> Callable[[], object]:
        contract = bytes(event.values["contract"])
        self._terms[contract] = int(event.values["terms"][3])
        return lambda: self._terms.pop(contract)

    def _granted(self, event: Event) -> Callable[[], object]:
        return self._change(event, int(event.values["until"]), int(event.values["uses"]))

    def _revoked(self, event: Event) -> Callable[[], object]:
        return self._change(event, 0, 0)

    def _change(self, event: Event, until: int, uses: int) -> Callable[[], object]:
        key = (bytes(event.values["function_id"]), str(event.values["who"]))
        place = (str(event.values["owner"]), bytes(event.values["contract_id"]))
        changes = self._grants.setdefault(place, [])
        changes.append(_Change(self._place, key, until, uses))
        return changes.pop

    def _left(self, event: Event) -> Callable[[], object]:
        those = self._withdrawn.setdefault(bytes(event.values["contract_id"]), [])
        those.append(_Left(self._place, str(event.values["owner"]), (event.block, event.index), event.transaction))
        return those.pop

    def _requested(self, event: Event) -> Callable[[], object]:
        told = event.values
        contract, number = bytes(told["contract"]), int(told["job"])
        if contract not in self._terms:
            raise LyingNode(f"job {number} asks a contract that nobody published")
        # A request's deadline is its block's time and the contract's term: the event carries the time.
        time = int(told["deadline"]) - self._terms[contract]
        asked = _Asked(
            self._place, number, contract, bytes(told["function"]), str(told["asker"]), time, bool(told["commitments"])
        )
        jobs = self._asked.setdefault(contract, [])
        jobs.append(asked)
        self._jobs[number] = asked

        def undo() -> None:
            jobs.pop()
            del self._jobs[number]

        return undo

    def _settled(self, event: Event) -> Callable[[], object]:
        return self._ended(event, settled=True, empty=bytes(event.values["result"]) == EMPTY)

    def _dropped(self, event: Event) -> Callable[[], object]:
        return self._ended(event, settled=False, empty=True)

    def _ended(self, event: Event, *, settled: bool, empty: bool) -> Callable[[], object]:
        number = int(event.values["job"])
        if number not in self._jobs or number in self._ends:
            raise LyingNode(f"job {number} ends, and it is not open")
        self._ends[number] = _End(self._place, settled, empty)
        return lambda: self._ends.pop(number)

    _TAKING: ClassVar[Mapping[tuple[str, str], Callable[[Consent, Event], Callable[[], object]]]] = {
        ("Committees", "Published"): _published,
        ("Identities", "Granted"): _granted,
        ("Identities", "Revoked"): _revoked,
        ("Identities", "Withdrawn"): _left,
        ("Jobs", "Requested"): _requested,
        ("Jobs", "Settled"): _settled,
        ("Jobs", "Refused"): _dropped,
        ("Jobs", "Expired"): _dropped,
    }


def _matching(job: _Asked) -> tuple[_Key, ...]:
    return (
        (job.function, job.asker),
        (EVERY_FUNCTION, job.asker),
        (job.function, EVERYBODY),
        (EVERY_FUNCTION, EVERYBODY),
    )


def _holds(grant: tuple[int, int] | None, time: int) -> bool:
    return grant is not None and grant[1] > 0 and time <= grant[0]


def _one(a: Event, b: Event) -> bool:
    return (a.block, a.index, a.transaction) == (b.block, b.index, b.transaction)
