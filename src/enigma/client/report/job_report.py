"""What the page of one job says, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """Where something stands on the chain: its block, that block's time (seconds since 1970), the transaction."""

    block: int
    time: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """Rows that an owner brought to the contract with an earlier job, or with this one.

    `commitments`: what the chain holds of them. `rows`: by argument, as the header says to which such a commitment
    binds the owner; empty where no header was given. `withdrawn`: when the owner took them out again.
    """

    owner: str
    job: int
    function: str
    when: Moment
    commitments: tuple[str, ...]
    rows: dict[str, int | None]
    withdrawn: Moment | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """An owner whose agreement the job needed, and the grant that it used: None, there was none in force.

    `function` empty: any; `who` empty: whoever the contract lets ask. `uses` were left when it was asked. `given` is
    where the grant stands on the chain: its transaction is what to call it by.
    """

    owner: str
    function: str
    who: str
    until: int
    uses: int
    given: Moment | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat of the committee at the job's end, its node, who runs that node, and whether it signed the receipt."""

    seat: int
    node: str
    operator: str
    signed: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An owner took all its rows out of the contract; `before` the job was asked, or after."""

    owner: str
    when: Moment
    before: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """A seat's word that it has deleted an owner's pieces. `holds`: its signature was checked, and is the node's.

    Whoever makes these has checked them; the page only shows them.
    """

    owner: str
    node: str
    seat: int
    pieces: int
    time: int
    digest: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Source:
    """What the contract's published source says: its purpose in its own words, and who learns what.

    `reveals` is derived from the source by the language's checker, as `enigma check` shows it; `rules` hold for every
    function, `holds` are the private fields and their ranges.
    """

    file: str
    contract: str
    purpose: str
    about: str
    arguments: tuple[str, ...]
    reveals: tuple[str, ...]
    rules: tuple[str, ...]
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job. `wrong` are findings of the audit that do not hold; `open_questions` what no chain can prove."""

    job: int
    contract: str
    asker: str
    function: str
    state: str
    asked: Moment
    ended: Moment | None
    publisher: str
    published: Moment
    source_sha256: str
    source: Source | None
    contributions: tuple[Contribution, ...]
    agreements: tuple[Agreed, ...]
    empty: bool
    result: str
    receipt: str
    request: str
    arguments: str
    cost_wei: int
    rounds: int | None
    operations: int | None
    seats: tuple[Seat, ...]
    quorum: int
    withdrawals: tuple[Withdrawn, ...]
    deletions: tuple[Deletion, ...]
    proven: int
    wrong: tuple[str, ...]
    open_questions: tuple[str, ...]
    chain_id: int
    block: int
    block_hash: str
    block_time: int

    @property
    def holds(self) -> bool:
        """Whether nothing that the chain says of the job is wrong."""
        return not self.wrong

    def tree(self) -> dict[str, Any]:
        """As JSON; wei as text, which many readers would round."""
        return {**asdict(self), "cost_wei": str(self.cost_wei), "holds": self.holds}
