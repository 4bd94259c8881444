"""The life of a job at a node, as one table: its states, and what leads from one to the next.

    asked --inputs--> ready --begun--> running --found--> signed --settled--> settled
              ^                  |        |                  |
              |                  +-failed-+ (tried again)    +--- refused by a quorum, or expired: at any time before

Every state but the last three waits for something that has a name; `WAITS` says for what.
"""

from __future__ import annotations

from enum import StrEnum

from enigma.errors import ProtocolError


class JobState(StrEnum):
    """Where a job is."""

    ASKED = "asked"
    READY = "ready"
    RUNNING = "running"
    SIGNED = "signed"
    SETTLED = "settled"
    REFUSED = "refused"
    EXPIRED = "expired"


class JobEvent(StrEnum):
    """What happens to a job."""

    INPUTS = "its inputs are complete"
    BEGUN = "all seats begin"
    FAILED = "the attempt failed"
    FOUND = "all seats have signed"
    SETTLED = "its receipt is on the chain"
    REFUSED = "the seats' refusal is on the chain"
    EXPIRED = "its deadline passed, and the chain says so"


ENDED = frozenset({JobState.SETTLED, JobState.REFUSED, JobState.EXPIRED})

WAITS = {
    JobState.ASKED: "waiting for the asker's inputs",
    JobState.READY: "waiting for its turn, and for all seats to be ready",
    JobState.RUNNING: "running",
    JobState.SIGNED: "waiting for the chain to take what the seats signed",
}

_NEXT = {
    (JobState.ASKED, JobEvent.INPUTS): JobState.READY,
    (JobState.READY, JobEvent.BEGUN): JobState.RUNNING,
    (JobState.RUNNING, JobEvent.FAILED): JobState.READY,
    (JobState.RUNNING, JobEvent.FOUND): JobState.SIGNED,
}
_ENDS = {
    JobEvent.SETTLED: JobState.SETTLED,
    JobEvent.REFUSED: JobState.REFUSED,
    JobEvent.EXPIRED: JobState.EXPIRED,
}


def after(state: JobState, event: JobEvent) -> JobState:
    """The state that follows. What the chain says ends a job from any state; once ended, nothing happens to it."""
    if state not in ENDED and event in _ENDS:
        return _ENDS[event]
    found = _NEXT.get((state, event))
    if found is None:
        raise ProtocolError(f"a job that is {state} cannot have this happen to it: {event}")
    return found
