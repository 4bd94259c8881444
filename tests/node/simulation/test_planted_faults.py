"""The simulation finds what is wrong: each planted fault by a fixed list, which does no harm to the real rules."""

from __future__ import annotations

import pytest
from tests.node.simulation.operations import Operation, Plan, run
from tests.node.simulation.planted import FAULTS

SEED = 3
ADD: list[Operation] = [("contribute", 0), ("pass_time", 60)]
EVERYBODY = range(3)
SIGNED: list[Operation] = [*ADD, ("ask", 0), ("pass_time", 7), *(("unchained", seat) for seat in EVERYBODY)]
"""Until all have signed the answer, and nobody can bring its receipt to the chain."""

LISTS: dict[str, list[Operation]] = {
    "a row, and the sum": [*ADD, ("ask", 0), ("pass_time", 60)],
    "one starts again between signature and receipt": [*SIGNED, ("restart", 1), ("heal",), ("pass_time", 60)],
    "all start again, and one has lost what is signed": [
        *SIGNED, ("pass_time", 20), ("lose_pending", 2), *(("restart", seat) for seat in EVERYBODY), ("heal",),
        ("pass_time", 60),
    ],
    "an upload and its request come again": [
        *ADD, *(("replay_upload", 0, seat) for seat in EVERYBODY), ("replay_request", 0), ("pass_time", 60),
    ],
    "what has expired is swept": [*ADD, *(("sweep", seat) for seat in EVERYBODY)],
    "a seat has lost what some jobs need": [
        ("contribute", 0), ("contribute", 0), ("contribute", 0), ("ask", 0), ("skew", 1, 120), ("sweep", 1),
    ],
    "one starts again after the receipt": [*ADD, ("restart", 0), ("pass_time", 60)],
}  # fmt: skip

FOUND = [
    ("SignsBeforeItIsKept", "one starts again between signature and receipt", "before that is on disk"),
    ("SignsWhateverIsFound", "all start again, and one has lost what is signed", "has signed two things"),
    ("ForgetsPendingAtStart", "one starts again between signature and receipt", "does not know the contract"),
    ("TakesAnUploadTwice", "an upload and its request come again", "counts twice"),
    ("SweepsWhatIsUsed", "what has expired is swept", r"hold \[\] after job 1"),
    ("DropsWhatTheJobBrought", "a row, and the sum", r"hold \[\] after job 1"),
    ("SettlesTwice", "one starts again after the receipt", r"hold \[\] after job 1|differ|different secrets"),
    ("AnswersBeforeTheReceipt", "a row, and the sum", "which has no receipt|seats 0 and 1 hold"),
    ("MovesBeforeTheReceipt", "a row, and the sum", "does not know the contract's state"),
    ("KeepsAfterItAgrees", "a row, and the sum", "has not stored the same"),
    ("WaitsForEver", "a row, and the sum", "without a deadline"),
]


@pytest.mark.parametrize("name", LISTS)
def test_the_real_rules_survive_each_list(name: str) -> None:
    run(Plan(SEED, 0, LISTS[name]))


@pytest.mark.parametrize(("fault", "name", "message"), FOUND)
def test_a_planted_fault_is_found(fault: str, name: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        run(Plan(SEED, 0, LISTS[name]), FAULTS[fault])


def test_every_planted_fault_is_looked_for() -> None:
    assert {fault for fault, _, _ in FOUND} == set(FAULTS)
