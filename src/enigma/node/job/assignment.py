"""What a job's process is told before it begins: this job, this seat, and nothing of any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from enigma.errors import WireError
from enigma.wire import Tree

Which = Literal["auto", "native", "plain"]
"""The kernels that a seat uses."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A seat of the committee: where its peer port is, and the certificate (PEM) that it must show."""

    host: str
    port: int
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Given:
    """A private argument, as this seat holds it: `columns` has index and shape of each, "" being a value's own name.

    `rows` is the number of rows of a table, None for one value or array.
    """

    columns: Mapping[str, tuple[int, tuple[int, ...]]]
    rows: int | None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a job may cost at most, and what a round and an operation cost, in wei."""

    maximum: int
    round: int
    operation: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a function of the contract `source`, which imports `imports` (digest to text), by `sender`.

    `arguments` are the canonical bytes of the public ones, after defaults; `now` is the time of the request's block.
    `public` has the contract's public fields, as `enigma.contract.keeping` writes a state of nothing else; `changes`
    counts how often they had changed; `block` is the one at whose end they, and all else of the chain, are read.
    `request` is the hash that the chain gave it. `refusal`: why the seats must not
    compute this; empty where they may.
    """

    contract: bytes
    job: int
    request: bytes
    name: str
    source: str
    imports: Mapping[str, str]
    function: str
    sender: str
    deployer: str
    this: str
    now: int
    arguments: bytes
    given: Mapping[str, Given]
    public: bytes
    changes: int
    budget: Budget
    refusal: str = ""
    block: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """A question, and how this seat works on it.

    `key` are the secret bytes of the node's key, for TLS with the other seats; `state` is what the contract remembers,
    in canonical bytes; `pending` the digest of what an earlier attempt left, None where there is nothing; `signed`
    whether this seat has signed that. `session` is the room in which the seats meet. `deadline`: seconds that any wait
    for another seat takes at most.
    `cancellation`: the asker's signature that takes the question back, as this seat was told, on the chain `chain`;
    `opened` whether something of the job may be known already, so that it counts all the same.
    `transcript`: bytes of messages to write down, 0: nothing is.
    """

    question: Question
    seat: int
    seats: tuple[Peer, ...]
    session: bytes
    family: str
    kernels: Which
    deadline: int
    state: bytes
    pending: bytes | None
    signed: bool
    key: bytes = field(repr=False)
    chain: int = 0
    cancellation: bytes | None = None
    opened: bool = False
    transcript: int = 0

    def tree(self) -> Tree:
        """For the pipe to the job's process."""
        q = self.question
        return {
            "question": {
                "contract": q.contract, "job": q.job, "request": q.request, "name": q.name, "source": q.source,
                "imports": dict(q.imports), "function": q.function, "sender": q.sender, "deployer": q.deployer,
                "this": q.this, "now": q.now, "arguments": q.arguments, "public": q.public, "changes": q.changes,
                "budget": [q.budget.maximum, q.budget.round, q.budget.operation],
                "refusal": q.refusal, "block": q.block,
                "given": {
                    name: [each.rows, {column: [i, list(shape)] for column, (i, shape) in each.columns.items()}]
                    for name, each in q.given.items()
                },
            },
            "seat": self.seat, "seats": [[s.host, s.port, s.certificate] for s in self.seats],
            "session": self.session, "family": self.family, "kernels": self.kernels, "deadline": self.deadline,
            "state": self.state, "pending": self.pending, "signed": self.signed,
            "key": self.key, "chain": self.chain, "cancellation": self.cancellation, "opened": self.opened,
            "transcript": self.transcript,
        }  # fmt: skip

    @classmethod
    def read(cls, tree: Any) -> Assignment:
        """What `tree` wrote. Raises `WireError`."""
        try:
            asked: dict[str, Any] = dict(tree["question"])
            given = {
                name: Given({c: (int(i), tuple(int(n) for n in shape)) for c, (i, shape) in columns.items()}, rows)
                for name, (rows, columns) in asked.pop("given").items()
            }
            octets = {"contract", "request", "arguments", "public"}
            told: dict[str, Any] = {key: bytes(value) if key in octets else value for key, value in asked.items()}
            budget = Budget(*told.pop("budget"))
            question = Question(**told, given=given, budget=budget)
            pending = tree["pending"]
            return cls(
                question,
                tree["seat"],
                tuple(Peer(host, port, bytes(certificate)) for host, port, certificate in tree["seats"]),
                bytes(tree["session"]),
                tree["family"],
                tree["kernels"],
                tree["deadline"],
                bytes(tree["state"]),
                None if pending is None else bytes(pending),
                bool(tree["signed"]),
                bytes(tree["key"]),
                int(tree["chain"]),
                None if tree["cancellation"] is None else bytes(tree["cancellation"]),
                bool(tree["opened"]),
                int(tree["transcript"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WireError(f"not an assignment of a job: {error}") from error
