"""What an audit says: findings, each proven, wrong, or not provable here, with one sentence and its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from enigma.chain.audit.record import Said


class Verdict(StrEnum):
    """How a finding stands."""

    PROVEN = "proven"
    WRONG = "wrong"
    UNPROVABLE = "not provable here"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where to look: a block, a transaction, and the values that were compared, as text by name."""

    block: int | None = None
    transaction: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked into."""

    verdict: Verdict
    sentence: str
    evidence: Evidence


@dataclass(slots=True)
class Section:
    """What was looked into about one part of a job's life."""

    title: str
    findings: list[Finding] = field(default_factory=list)

    def proven(self, sentence: str, where: Said | None = None, **values: object) -> None:
        """Something that the chain proves."""
        self._add(Verdict.PROVEN, sentence, where, values)

    def wrong(self, sentence: str, where: Said | None = None, **values: object) -> None:
        """Something that does not fit."""
        self._add(Verdict.WRONG, sentence, where, values)

    def unprovable(self, sentence: str, where: Said | None = None, **values: object) -> None:
        """Something that the chain says nothing about, or that this reading could not reach."""
        self._add(Verdict.UNPROVABLE, sentence, where, values)

    def check(self, holds: bool, sentence: str, otherwise: str, where: Said | None = None, **values: object) -> bool:
        """A finding of one comparison: `sentence` where it holds, else `otherwise`. Gives back whether it holds."""
        self._add(Verdict.PROVEN if holds else Verdict.WRONG, sentence if holds else otherwise, where, values)
        return holds

    def _add(self, verdict: Verdict, sentence: str, where: Said | None, values: Mapping[str, object]) -> None:
        block, transaction = (None, None) if where is None else (where.event.block, where.event.transaction)
        shown = {name: _text(value) for name, value in values.items()}
        self.findings.append(Finding(verdict, sentence, Evidence(block, transaction, shown)))


@dataclass(frozen=True, slots=True)
class Audit:
    """All findings about one job, as of the block `block` with the hash `block_hash`. `ended` is its state in words."""

    job: int
    contract: str
    asker: str
    function: str
    ended: str
    chain_id: int
    block: int
    block_hash: str
    sections: tuple[Section, ...]

    def __iter__(self) -> Iterator[Finding]:
        return (finding for section in self.sections for finding in section.findings)

    def count(self, verdict: Verdict) -> int:
        """How many findings stand so."""
        return sum(finding.verdict is verdict for finding in self)

    @property
    def holds(self) -> bool:
        """Is nothing wrong?"""
        return self.count(Verdict.WRONG) == 0

    def tree(self) -> dict[str, Any]:
        """As JSON holds it: numbers beyond 2^53 are text."""
        return {
            "holds": self.holds,
            "job": self.job,
            "contract": self.contract,
            "asker": self.asker,
            "function": self.function,
            "ended": self.ended,
            "chain_id": self.chain_id,
            "block": self.block,
            "block_hash": self.block_hash,
            "counts": {verdict.value: self.count(verdict) for verdict in Verdict},
            "sections": [
                {
                    "title": section.title,
                    "findings": [
                        {
                            "verdict": finding.verdict.value,
                            "sentence": finding.sentence,
                            "block": finding.evidence.block,
                            "transaction": finding.evidence.transaction,
                            "values": dict(finding.evidence.values),
                        }
                        for finding in section.findings
                    ],
                }
                for section in self.sections
            ],
        }


def ether(wei: int) -> str:
    """An amount exactly; in wei where ether would begin with many zeros."""
    if 0 < abs(wei) < 10**9:
        return f"{wei:,} wei"
    whole, rest = divmod(abs(wei), 10**18)
    return f"{'-' * (wei < 0)}{whole:,}{f'.{rest:018}'.rstrip('0') if rest else ''} ether"


def counted(count: int, what: str) -> str:
    """A number of things."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list):
        return ", ".join(_text(each) for each in value)
    return str(value)
