"""The slices of a change, step by step: protocol, comparison of what two parties have alike, commitments, writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from enigma.algebra.prg import KEY_BYTES, Prg
from enigma.errors import ProtocolError, WireError
from enigma.node.job.gathering import EpochKeys, Gathering
from enigma.protocol.renewal import PIECE, Change, Label, Renewal, Renewed, Value, together
from enigma.protocol.session import Joint, Session
from enigma.sharing.family import Sharing
from enigma.sharing.generations import (
    DIGEST_BYTES,
    SALT_BYTES,
    Committed,
    Generation,
    GenerationDigest,
    Slice,
    commit,
    context_of,
)
from enigma.wire import Tree


class Shelf(Protocol):
    """The pieces of a contract at one node."""

    def read(self, piece: Slice) -> list[bytes]:
        """This seat's pieces of one slice, of the current generation, in the order of its delivery."""

    def committed(self, piece: Slice) -> tuple[bytes, Committed] | None:
        """The context and the commitments of one slice of the current generation, None where it was never renewed."""

    def write(self, piece: Slice, rows: Sequence[bytes], context: bytes, committed: Committed) -> None:
        """Keep new pieces of one slice, and their commitments, for `store`; a party without a seat has no rows."""


class Renewing:
    """One party's part in making a contract's pieces anew."""

    def __init__(
        self,
        contract: bytes,
        former: Generation,
        change: Change,
        gathering: Gathering,
        shelf: Shelf,
        renewal: Renewal,
        sharing: Sharing,
    ) -> None:
        self._change, self._gathering, self._shelf = change, gathering, shelf
        self._renewal, self._sharing = renewal, sharing
        self._alike = dict(sorted(renewal.alike(change).items()))
        self._before = change.seat_before(gathering.party)
        self._after = change.seat_after(gathering.party)
        self._context = context_of(contract, former.number + 1, former.digest, change.tree, gathering.fingerprints)
        self._digest = GenerationDigest(self._context)

    def digest(self) -> bytes:
        """The digest of the new generation, when all its slices are done."""
        return self._digest.digest()

    def step(self, step: Sequence[Slice]) -> None:
        """Make some slices anew. Raises `ProtocolError`, naming who differs; `WireError`, `NetworkError`."""
        keys = self._gathering.fresh()
        old = [self._old(piece) for piece in step]

        def protocol(session: Session) -> Joint[list[Renewed]]:
            running = [
                self._renewal.renew(session, self._change, rows, piece.size, piece.bits)
                for piece, rows in zip(step, old, strict=True)
            ]
            return together(running)

        found = self._gathering.perform(keys, protocol, "making pieces anew")
        found = [_cleared(piece, renewed) for piece, renewed in zip(step, found, strict=True)]
        self._trace(step, found, keys)
        salts = self._salts(step)
        mine = [
            {
                label: commit(self._context, piece, label, salt[label], _octets(renewed.alike[label]))
                for label in self._mine(self._gathering.party)
            }
            for piece, renewed, salt in zip(step, found, salts, strict=True)
        ]
        agreed = self._agreed(step, mine)
        for piece, renewed, salt, commitments in zip(step, found, salts, agreed, strict=True):
            self._digest.take(piece, commitments)
            held = () if self._after is None else self._sharing.held_by(self._after)
            committed = Committed(tuple(commitments), tuple(salt[PIECE, number] for number in held))
            fresh = [] if renewed.pieces is None else [row.tobytes() for row in renewed.pieces]
            self._shelf.write(piece, fresh, self._context, committed)

    # ------------------------------------------------------------ old pieces

    def _old(self, piece: Slice) -> Value | None:
        """This party's old pieces, compared with what it committed to when they were new."""
        if self._before is None:
            return None
        rows = self._shelf.read(piece)
        held = self._sharing.held_by(self._before)
        if len(rows) != len(held) or any(len(row) != piece.octets for row in rows):
            raise ProtocolError(f"this node's pieces of stored secret {piece.index} have another size than it should")
        known = self._shelf.committed(piece)
        if known is not None:
            context, committed = known
            for number, salt, row in zip(held, committed.salts, rows, strict=True):
                if commit(context, piece, (PIECE, number), salt, row) != committed.commitments[number]:
                    raise ProtocolError(
                        f"this node's piece {number} of stored secret {piece.index} is not what the seats agreed on",
                        hint="it was altered in its store; it is rebuilt from the other seats'",
                    )
        return np.stack([np.frombuffer(row, np.uint8 if piece.bits else np.uint64) for row in rows])

    def _trace(self, step: Sequence[Slice], found: Sequence[Renewed], keys: EpochKeys) -> None:
        """In a repair: the new party compares the pieces that it was sent with the former commitments."""
        shown = self._renewal.shown(self._change)
        if shown is None:
            return
        told: dict[int, Tree] = {}
        if self._before is not None and self._gathering.party in shown.holders:
            told[shown.party] = [keys.keys[shown.holders], [self._vouched(piece) for piece in step]]
        senders = shown.holders if self._gathering.party == shown.party else ()
        heard = self._gathering.deliver("the former commitments", told, senders)
        if not heard:
            return
        told_keys = {_pair(tree)[0] for tree in heard.values()}
        if len(told_keys) != 1:
            raise ProtocolError(f"parties {shown.holders} show different keys of the pieces that they rebuilt")
        session = self._gathering.alone({shown.holders: told_keys.pop()}, keys.epoch)
        for place, (piece, renewed) in enumerate(zip(step, found, strict=True)):
            vouched = {party: self._heard(party, _pair(tree)[1], place) for party, tree in heard.items()}
            assert renewed.pieces is not None
            old = self._renewal.traced(session, self._change, renewed.pieces)
            self._compare(piece, _without_spare(piece, old), vouched)

    def _compare(self, piece: Slice, old: Value, vouched: Mapping[int, Any]) -> None:
        said = list(vouched.values())
        if any((each is None) != (said[0] is None) for each in said) or (
            said[0] is not None and any(each[:2] != said[0][:2] for each in said)
        ):
            raise ProtocolError(f"parties {sorted(vouched)} know different commitments to stored secret {piece.index}")
        if said[0] is None:
            return
        for number, row in zip(self._sharing.held_by(self._change.lost), old, strict=True):
            source = self._renewal.source(self._change, number)
            context, commitments, salts = vouched[source]
            salt = salts.get(number, b"")
            if commit(context, piece, (PIECE, number), salt, _octets(row)) != commitments[number]:
                raise ProtocolError(
                    f"party {source} sent another piece {number} of stored secret {piece.index} than was agreed on",
                    hint="its store is damaged, or it departs from the protocol; the old pieces stay as they are",
                )

    def _heard(self, party: int, trees: Any, place: int) -> Any:
        """(context, commitments, salts by piece number), or None, as a party tells it of one slice."""
        pieces = sum(kind == PIECE for kind, _ in self._alike)
        match trees[place] if place < len(trees) else b"":
            case None:
                return None
            case [bytes(context), list(commitments), list(salts)] if len(commitments) == pieces:
                if all(map(_is_digest, commitments)):
                    return context, commitments, dict(_salt(party, each) for each in salts)
        raise WireError(f"party {party} does not say what it knows of slice {place}")

    def _vouched(self, piece: Slice) -> Tree:
        known = self._shelf.committed(piece)
        if known is None or self._before is None:
            return None
        context, committed = known
        lost = self._sharing.held_by(self._change.lost)
        salts: list[Tree] = [
            [number, salt]
            for number, salt in zip(self._sharing.held_by(self._before), committed.salts, strict=True)
            if number in lost
        ]
        return [context, list(committed.commitments), salts]

    # ------------------------------------------------------------ what is compared

    def _mine(self, party: int) -> list[Label]:
        return [label for label, holders in self._alike.items() if party in holders]

    def _salts(self, step: Sequence[Slice]) -> list[dict[Label, bytes]]:
        """A salt for each slice and label, drawn by exactly those who have alike what it salts."""
        streams = {holders: Prg(key) for holders, key in self._gathering.fresh().keys.items()}
        mine = self._mine(self._gathering.party)
        return [
            {label: streams[self._alike[label]].reserve(SALT_BYTES // 8).bytes(SALT_BYTES).tobytes() for label in mine}
            for _ in step
        ]

    def _agreed(self, step: Sequence[Slice], mine: Sequence[Mapping[Label, bytes]]) -> list[list[bytes]]:
        """The commitments to the new pieces, by slice and number, after comparing everybody's of everything."""
        told: list[Tree] = [list(each.values()) for each in mine]
        heard = self._gathering.hear("commitments to the new pieces", told)
        by_party = {self._gathering.party: list(mine)}
        for party, tree in heard.items():
            by_party[party] = _commitments(party, tree, self._mine(party), len(step))
        agreed = []
        for place, piece in enumerate(step):
            commitments: dict[Label, bytes] = {}
            for label, holders in self._alike.items():
                said = {party: by_party[party][place][label] for party in holders}
                if len(set(said.values())) > 1:
                    raise ProtocolError(
                        f"parties {sorted(said)} differ in {label[0]} {label[1]} of stored secret {piece.index}",
                        hint="one of them is damaged or departs from the protocol; the old pieces stay as they are",
                    )
                commitments[label] = next(iter(said.values()))
            pieces = sorted(label for label in commitments if label[0] == PIECE)
            agreed.append([commitments[label] for label in pieces])
        return agreed


def _cleared(piece: Slice, renewed: Renewed) -> Renewed:
    """Spare bits are 0 in every piece; what was sent may still be on its way, and is not changed."""
    rows = renewed.pieces
    return Renewed(
        None if rows is None else _without_spare(piece, rows),
        {label: _without_spare(piece, row) for label, row in renewed.alike.items()},
    )


def _without_spare(piece: Slice, rows: Value) -> Value:
    if not (piece.spare and rows.shape[-1]):
        return rows
    cleared = rows.copy()
    cleared[..., -1] &= (1 << (8 - piece.spare)) - 1
    return cleared


def _octets(row: Value) -> memoryview:
    return np.ascontiguousarray(row).view(np.uint8).data


def _commitments(party: int, tree: Any, labels: Sequence[Label], count: int) -> list[Mapping[Label, bytes]]:
    if isinstance(tree, list) and len(tree) == count:
        rows = [each for each in tree if isinstance(each, list) and len(each) == len(labels)]
        if len(rows) == count and all(_is_digest(each) for row in rows for each in row):
            return [dict(zip(labels, row, strict=True)) for row in rows]
    raise WireError(f"party {party} did not commit to its part of {count} slices")


def _is_digest(each: Any) -> bool:
    return isinstance(each, bytes) and len(each) == DIGEST_BYTES


def _pair(tree: Any) -> Any:
    match tree:
        case [bytes(key), list()] if len(key) == KEY_BYTES:
            return tree
    raise WireError("a party shows a key, and what it knows of each slice")


def _salt(party: int, tree: Any) -> tuple[int, bytes]:
    match tree:
        case [int(number), bytes(salt)]:
            return number, salt
    raise WireError(f"party {party} tells no salt")
