"""Nodes that have met for one piece of work, seats of a job or parties of a change: keys, epochs of keys, agreement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from enigma.algebra.kernels import Kernels
from enigma.engine.agreement import CONTROL_BYTES, contribute, epoch_keys, exchange, hear, tell
from enigma.engine.live import Link, LiveSession
from enigma.errors import ProtocolError
from enigma.keys.node import NodeKey
from enigma.protocol.session import Joint, Session
from enigma.wire import Tree

T = TypeVar("T")

Holders = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EpochKeys:
    """The keys of one epoch, by the set of those who share each."""

    epoch: int
    keys: Mapping[Holders, bytes] = field(repr=False)


class Gathering:
    """This node among all who take part, numbered from 0. Every step takes the next epoch, at all of them alike.

    `members` and `fingerprints` are everybody's public keys, by number; `holders` the sets that share a key. Keys are
    drawn anew for each gathering: what an earlier attempt drew is never used again.
    """

    kind = "parties"

    def __init__(
        self,
        party: int,
        key: NodeKey,
        members: Sequence[bytes],
        fingerprints: Sequence[bytes],
        links: Mapping[int, Link],
        holders: Sequence[Holders],
        session: bytes,
        kernels: Kernels,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.party, self.fingerprints = party, list(fingerprints)
        self._links, self._kernels, self._session = links, kernels, session
        self._epoch = 0
        self.rounds = 0
        self.sent_bytes = 0
        self._contributions = contribute(party, key, dict(enumerate(members)), links, holders, session, random_bytes)

    def confirm(self, what: str, digest: bytes) -> None:
        """Goes on only if all name the same digest. Raises `ProtocolError`, which says `what` differs."""
        for peer, theirs in self.hear(f"agreement on {what}", digest).items():
            if theirs != digest:
                raise ProtocolError(f"{self.kind} {self.party} and {peer} differ in {what}", hint="nothing was signed")

    def hear(self, step: str, tree: Tree, *, limit: int = CONTROL_BYTES) -> dict[int, Tree]:
        """Tell all others the same, and hear what each says, in at most `limit` bytes, by number."""
        return exchange(self._links, self._next(), tree, step, limit=max(limit, CONTROL_BYTES))

    def deliver(self, step: str, trees: Mapping[int, Tree], senders: Sequence[int]) -> dict[int, Tree]:
        """Tell some others something each, and hear what `senders` have to tell this one; all take part in the step."""
        epoch = self._next()
        for peer, tree in trees.items():
            tell(self._links[peer], epoch, tree)
        return {peer: hear(self._links[peer], epoch, step) for peer in senders}

    def fresh(self) -> EpochKeys:
        """Keys that were never used."""
        epoch = self._next()
        return EpochKeys(epoch, self._keys(epoch))

    def perform(self, keys: EpochKeys, protocol: Callable[[Session], Joint[T]], step: str) -> T:
        """The result of one protocol here, among all, under fresh keys."""
        session = LiveSession(self.party, self._links, keys.keys, self._kernels, epoch=keys.epoch)
        running = protocol(session)
        while True:
            try:
                next(running)
            except StopIteration as finished:
                session.finish()
                self._count(session)
                result: T = finished.value
                return result
            session.end_round(step)

    def alone(self, keys: Mapping[Holders, bytes], epoch: int) -> Session:
        """A session with nobody, to draw what others drew from keys that they have shown."""
        return LiveSession(self.party, {}, keys, self._kernels, epoch=epoch)

    def _next(self) -> int:
        self._epoch += 1
        return self._epoch

    def _keys(self, epoch: int) -> dict[Holders, bytes]:
        return epoch_keys(self._contributions, job=self._session, epoch=epoch, committee=self.fingerprints)

    def _count(self, session: LiveSession) -> None:
        self.rounds += session.rounds
        self.sent_bytes += session.sent_bytes
