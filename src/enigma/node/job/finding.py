"""What a job's process found: all that its receipt says, and all that the node keeps if the receipt is settled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enigma.errors import WireError
from enigma.wire import Tree, codec

DOMAIN = "enigma.finding.v1"


@dataclass(frozen=True, slots=True)
class Share:
    """This seat's share of a sealed output, and the salt of its commitment; neither prints."""

    to: tuple[str, ...]
    share: bytes = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One job's end, at one seat.

    `refusal` says why the contract, or the seats, said no; where nothing had become known by then, `settles` is False:
    the asker gets everything back, and nothing is kept. Else the job counts, also with a refusal as its answer.

    `programs`, `state_after`, `result`, `rounds`, `operations` are those of the receipt; `outcome` is what the public
    half is told. `answer`: the canonical tree of the public result; `commitments`: of each sealed output, one for each
    seat. `state` (canonical bytes), `kept` (pieces by index), `shares` (by sealed output) are this seat's own.
    """

    settles: bool
    refusal: str
    programs: bytes
    state_after: bytes
    changes: int
    outcome: bytes
    result: bytes
    rounds: int
    operations: int
    answer: bytes
    commitments: tuple[tuple[bytes, ...], ...]
    state: bytes = field(repr=False)
    kept: Mapping[int, bytes] = field(repr=False)
    shares: Sequence[Share]

    def digest(self, request: bytes) -> bytes:
        """What all seats must have stored alike before one of them signs: 32 bytes."""
        tree: Tree = [
            DOMAIN, request, self.settles, self.refusal, self.programs, self.state_after, self.changes, self.outcome,
            self.result, self.rounds, self.operations, self.answer, [list(each) for each in self.commitments],
        ]  # fmt: skip
        return hashlib.sha256(codec.encode(tree)).digest()

    def tree(self) -> Tree:
        """For the pipe to the node, and its store."""
        return {
            "settles": self.settles, "refusal": self.refusal, "programs": self.programs,
            "state_after": self.state_after, "changes": self.changes,
            "outcome": self.outcome, "result": self.result, "rounds": self.rounds,
            "operations": self.operations, "answer": self.answer,
            "commitments": [list(each) for each in self.commitments], "state": self.state,
            "kept": [[index, octets] for index, octets in self.kept.items()],
            "shares": [[list(each.to), each.share, each.salt] for each in self.shares],
        }  # fmt: skip

    @classmethod
    def read(cls, tree: Any) -> Finding:
        """What `tree` wrote. Raises `WireError`."""
        try:
            return cls(
                bool(tree["settles"]), tree["refusal"], bytes(tree["programs"]), bytes(tree["state_after"]),
                tree["changes"], bytes(tree["outcome"]), bytes(tree["result"]), tree["rounds"], tree["operations"],
                bytes(tree["answer"]), tuple(tuple(bytes(c) for c in each) for each in tree["commitments"]),
                bytes(tree["state"]), {int(index): bytes(octets) for index, octets in tree["kept"]},
                tuple(Share(tuple(to), bytes(share), bytes(salt)) for to, share, salt in tree["shares"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise WireError(f"not a finding of a job: {error}") from error
