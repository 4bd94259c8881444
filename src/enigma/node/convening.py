"""Who convenes a renewal of a contract's pieces, and when.

    refresh      the first seat, when the pieces are old enough; any seat whose operator asks for it
    repair       the seat that has lost its pieces, as soon as it knows
    replacement  the node that takes a lost seat, once it is agreed who that is (`enigma.node.replacing`)

The convener keeps the contract's jobs from beginning at its own node, waits until no other seat has one, and tells all
what is to be done. What fails is tried again, after a rest that grows. A job that is asked for meanwhile waits.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from enigma.errors import ArgumentProblem, EnigmaError, ProtocolError
from enigma.node.attempts import Attempts, shown
from enigma.node.contracts import Seated
from enigma.node.healing import Healing
from enigma.node.logs import event, words_of
from enigma.node.means import Means, Work
from enigma.node.renewals import Asked, Renewals, RenewalTerms, Wanted, refresh_of, repair_of
from enigma.node.replacing import Replacing
from enigma.sharing.generations import Generation
from enigma.wire import Tree

LOOK_EVERY = 1.0
"""Seconds between two looks at what is to be renewed."""
LOOK_OVER_EVERY = 60.0
"""Seconds between two looks at whether all of a contract is there."""
HOLD = 20.0
"""Seconds that a convener keeps jobs from beginning, while it waits for those that other seats have."""
NAME_BYTES = 16

IsShown = Callable[[str], bool]
"""Whether the caller is the node of this address."""


class Convener:
    """Of the node `name`. Safe between threads."""

    def __init__(
        self, name: str, means: Means, work: Work, attempts: Attempts, terms: RenewalTerms, healing: Healing,
        replacing: Replacing,
    ) -> None:  # fmt: skip
        self._name, self._means, self._attempts, self._terms = name, means, attempts, terms
        self._healing, self._replacing = healing, replacing
        self.renewals = Renewals(name, means, work, attempts, terms, replacing, self._done)
        self._lock = threading.Lock()
        self._requested: set[bytes] = set()
        self._looked_over: dict[bytes, float] = {}
        self._wake, self._ending = threading.Event(), False
        self._live = False
        self._thread = threading.Thread(target=self._run, name="convener", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Convene nothing more, and end what goes on."""
        self._ending = True
        self._wake.set()
        self._replacing.stop()
        self.renewals.stop()
        if self._thread.is_alive():
            self._thread.join()

    def caught_up(self) -> None:
        """The chain has been read to its end: what is missing now is lost."""
        self._live = True

    def refresh(self, contract: bytes) -> None:
        """The operator asks for a refresh: it is convened as soon as it can be. Raises `ArgumentProblem`."""
        if self._means.contracts.seated(contract) is None:
            raise ArgumentProblem(f"this node has no seat in the committee of {contract.hex()}")
        if not self._means.holdings.shelves.values(contract):
            raise ArgumentProblem("nothing is stored for this contract yet: there are no pieces to be made anew")
        with self._lock:
            self._requested.add(contract)
        self._wake.set()

    # ------------------------------------------------------------ what other nodes ask

    def serve(self, method: str, tree: Tree, is_shown: IsShown) -> Tree:
        """The answer to a call of another node, whose certificate is the registered one of those that `is_shown`."""
        match method, tree:
            case "renewal standing", {"contract": bytes(contract)}:
                self._want_party(contract, is_shown)
                return self.renewals.standing(contract)
            case "renewal part", {"contract": bytes(contract), "what": str(what), "start": int(start)}:
                self._want_party(contract, is_shown)
                return self._healing.told(contract, what, max(0, start))
            case "renewal begin", {"task": task, "nodes": list(nodes), "name": bytes(name)}:
                asked = Asked.read(task, nodes, name)
                self.renewals.want_fitting(asked, is_shown)
                return {"begun": self.renewals.begin(asked)}
            case "renewal invite", {"contract": bytes(contract), "seat": int(seat)}:
                return self._replacing.invited(contract, seat)
            case "renewal failed", {"contract": bytes(contract), "name": bytes(name)}:
                self._want_party(contract, is_shown)
                self.renewals.give_up(contract, name)
                return {}
        raise ArgumentProblem(f"a node knows no call {method!r} of this form")

    def _want_party(self, contract: bytes, is_shown: IsShown) -> None:
        """Goes on only if the caller has a seat here, or is to take one."""
        seated = self._means.contracts.seated(contract)
        nodes = () if seated is None else seated.published.seats
        if not any(map(is_shown, nodes)) and not any(map(is_shown, self._replacing.parties(contract))):
            raise ProtocolError("the caller has no seat in a committee that this node has one in")

    # ------------------------------------------------------------ the node's own thread

    def _run(self) -> None:
        while not self._ending:
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()
            if not self._live:
                continue
            for step in (self._replacing.look, self._look_at_all):
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - one look that fails must not end all others for good
                    event("a step failed", step=step.__name__, problem=words_of(error))

    def _look_at_all(self) -> None:
        for seated in self._means.contracts.all():
            contract = seated.published.contract
            if self._ending or self.renewals.runs(contract) or self.renewals.rests(contract):
                continue
            wanted = self._wanted(seated)
            if wanted is not None:
                self._convene(contract, wanted)
        for contract, taking in self._replacing.taking().items():
            if not (self._ending or self.renewals.runs(contract) or self.renewals.rests(contract)):
                self._convene(contract, taking)

    def _wanted(self, seated: Seated) -> Wanted | None:
        contract, seats = seated.published.contract, seated.published.seats
        if not self._is_whole(contract):
            return Wanted(seats, seated.seat)
        with self._lock:
            requested = contract in self._requested
        shelves, now = self._means.holdings.shelves, int(time.time())
        due = self._terms.refresh and now >= shelves.since(contract, now) + self._terms.refresh
        if requested or (due and seated.seat == 0 and shelves.values(contract)):
            return Wanted(seats)
        return None

    def _is_whole(self, contract: bytes) -> bool:
        doubted = self._means.holdings.shelves.doubted
        now = time.monotonic()
        known = self._looked_over.get(contract)
        lost = self._means.holdings.lost(contract) is not None
        if known is not None and now < known + LOOK_OVER_EVERY and contract not in doubted and not lost:
            return True
        doubted.discard(contract)
        if not self._healing.look_over(contract):
            return False
        if self._healing.is_certain(contract):
            self._looked_over[contract] = now
        return True

    # ------------------------------------------------------------ one renewal

    def _convene(self, contract: bytes, wanted: Wanted) -> None:
        if self._means.holdings.shelves.withdrawn.is_going(contract) or not self._attempts.reserve(contract):
            return  # a job has it, or deletion waits for one: the next look, then
        begun, asked = False, None
        others = [node for seat, node in enumerate(wanted.nodes) if node != self._name and seat != wanted.lost]
        try:
            if not self._all_ready(contract, others):
                return
            asked = self._asked(contract, wanted, others)
            told = [self._means.call(node, "renewal begin", asked.tree()) for node in others]
            begun = all(each["begun"] for each in told) and self.renewals.begin(asked, reserved=True)
        except (EnigmaError, KeyError, TypeError, ValueError) as error:
            note, words = self.renewals.note(contract), shown(error)
            if note.problem != words:
                event("renewal waits", contract=contract.hex(), problem=words_of(error))
            note.problem = words
        finally:
            if not begun:
                self.renewals.rest(contract)
                self._attempts.free(contract)
                if asked is not None:
                    self._take_back(asked, others)

    def _all_ready(self, contract: bytes, others: list[str]) -> bool:
        """Wait until no other seat has a job of the contract."""
        until = time.monotonic() + HOLD
        while not self._ending:
            answers: list[Any] = [self._means.call(node, "renewal standing", {"contract": contract}) for node in others]
            if all(each["ready"] for each in answers):
                return True
            if time.monotonic() > until:
                return False
            self._wake.wait(LOOK_EVERY)
        return False

    def _asked(self, contract: bytes, wanted: Wanted, others: list[str]) -> Asked:
        shelves, seats = self._means.holdings.shelves, len(wanted.nodes)
        if wanted.lost is None:
            generation = shelves.generations(contract).current or Generation()
            standing = self._means.holdings.standing(contract)
            task = refresh_of(contract, standing, shelves.values(contract), generation, seats)
        else:
            standing, generation = self._healing.fetch(contract, others)
            values = shelves.values(contract)
            task = repair_of(contract, standing, values, generation, seats, wanted.lost, wanted.move)
        return Asked(task, wanted.nodes, secrets.token_bytes(NAME_BYTES))

    def _take_back(self, asked: Asked, others: list[str]) -> None:
        for node in others:
            try:
                self._means.call(node, "renewal failed", {"contract": asked.contract, "name": asked.name})
            except EnigmaError as error:
                event("peer not told", peer=node, contract=asked.contract.hex(), problem=words_of(error))

    def _done(self, asked: Asked, digest: bytes, signatures: dict[int, bytes]) -> None:
        with self._lock:
            self._requested.discard(asked.contract)
        if asked.task.move is not None:
            self._replacing.hand_in(asked, digest, signatures)
