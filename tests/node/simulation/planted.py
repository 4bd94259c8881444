"""Faults put into copies of the rules: each is a bug that somebody could write, and the simulation must find it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.node.simulation.contract import CONTRACT
from tests.node.simulation.process import InnerProcess
from tests.node.simulation.seat import Rules

from enigma.node.arrivals import Arrived
from enigma.node.holdings import Holdings, Standing, hash_of
from enigma.node.job.finding import Finding
from enigma.wire import codec


class SignsBeforeItIsKept(Holdings):
    """That a request was signed is kept in memory, for speed, and reaches the disk when the job is settled."""

    def __init__(self, store: object) -> None:
        super().__init__(store)  # type: ignore[arg-type]
        self._in_memory: dict[bytes, bytes] = {}

    def sign_once(self, request: bytes, message: bytes) -> None:
        self._in_memory.setdefault(request, message)

    def signed(self, request: bytes) -> bytes | None:
        return self._in_memory.get(request) or super().signed(request)

    def settle(self, contract: bytes, job: int, message: bytes, *, moves: bool) -> bool:
        pending = self.pending(contract, job)
        if pending is not None and pending.request in self._in_memory:
            super().sign_once(pending.request, self._in_memory.pop(pending.request))
        return super().settle(contract, job, message, moves=moves)


class SignsWhateverIsFound(Holdings):
    """It signs what is pending, and does not know what it signed before."""

    def __init__(self, store: object) -> None:
        super().__init__(store)  # type: ignore[arg-type]
        for key in self._store.keys("signed"):
            self._store.delete("signed", key)

    def sign_once(self, request: bytes, message: bytes) -> None:
        self._store.put("signed", request, message)


class ForgetsPendingAtStart(Holdings):
    """A start tidies up: what is not settled is taken for a rest of an attempt that failed."""

    def __init__(self, store: object) -> None:
        super().__init__(store)  # type: ignore[arg-type]
        for key in self._store.keys("pending"):
            self.drop_pending(key[:32], int.from_bytes(key[32:], "big"))


class TakesAnUploadTwice(Holdings):
    """A contribution belongs to whoever asks with it, each time."""

    def keep_upload(
        self, name: bytes, arrived: Arrived, pieces: Mapping[str, bytes], *, expires: int, about: bytes = b""
    ) -> None:
        self._store.delete("claims", name)
        super().keep_upload(name, arrived, pieces, expires=expires, about=about)

    def claim(self, request: bytes, names: Sequence[bytes]) -> bool:
        return True

    def release(self, names: Sequence[bytes]) -> None:
        """It may be asked with again."""


class SweepsWhatIsUsed(Holdings):
    """Nobody told the broom of contracts' states."""

    def sweep(self, now: int) -> int:
        standing = self.standing(CONTRACT)
        self._store.delete("states", CONTRACT)
        swept = super().sweep(now)
        self.put_standing(CONTRACT, standing)
        return swept


class DropsWhatTheJobBrought(Holdings):
    """What a job brought is given up with the upload, at its end, whether or not the contract keeps it."""

    def release(self, names: Sequence[bytes]) -> None:
        for name in names:
            self._store.delete("pieces", name + bytes(2))
        super().release(names)


class SettlesTwice(Holdings):
    """An end that is heard again is taken for a new one."""

    def settle(self, contract: bytes, job: int, message: bytes, *, moves: bool) -> bool:
        if self.pending(contract, job) is None:
            self.put_standing(contract, Standing(job))
            return True
        return super().settle(contract, job, message, moves=moves)


class AnswersBeforeTheReceipt(Holdings):
    """What all seats agree on will be settled soon: it may be handed out now."""

    def sign_once(self, request: bytes, message: bytes) -> None:
        super().sign_once(request, message)
        for left in self.all_pending(CONTRACT):
            if left.request == request:
                answer = [request, replace(left.finding, state=b"").tree(), True]
                self._store.put("answers", left.job.to_bytes(8, "big"), codec.encode(answer))


class MovesBeforeTheReceipt(Holdings):
    """What all seats agree on will be settled soon: the next job may be computed on it."""

    def sign_once(self, request: bytes, message: bytes) -> None:
        super().sign_once(request, message)
        standing = self.standing(CONTRACT)
        for left in self.all_pending(CONTRACT):
            if left.request == request and left.before == hash_of(standing.state):
                places = {**standing.places, **left.own, **left.places}
                self.put_standing(CONTRACT, Standing(standing.job, left.finding.state, places))


class KeepsAfterItAgrees(InnerProcess):
    """A finding is stored when it is signed: one write less for each attempt that fails."""

    _found: Finding | None = None

    def store(self, finding: Finding) -> None:
        self._found = finding

    def sign(self, digest: bytes) -> bytes:
        if self._found is not None:
            super().store(self._found)
        return super().sign(digest)


FAULTS: Mapping[str, Rules] = {
    each.__name__: Rules(holdings=each)
    for each in (
        SignsBeforeItIsKept, SignsWhateverIsFound, ForgetsPendingAtStart, TakesAnUploadTwice, SweepsWhatIsUsed,
        DropsWhatTheJobBrought, SettlesTwice, AnswersBeforeTheReceipt, MovesBeforeTheReceipt,
    )
} | {"KeepsAfterItAgrees": Rules(process=KeepsAfterItAgrees), "WaitsForEver": Rules(patience=86_400)}  # fmt: skip
