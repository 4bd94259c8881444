"""Contributions on their way in: each chunk is kept as it comes, so that a broken upload goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from enigma.errors import ArgumentProblem, NetworkError
from enigma.keys.uploading import check_upload
from enigma.node.arrivals import Arrived
from enigma.node.contracts import Contracts
from enigma.node.holdings import Holdings
from enigma.node.inputs import Inbox
from enigma.node.logs import event
from enigma.storage import Store

CHUNKS = "chunks"
MOST_CHUNK_BYTES = (1 << 20) + 256
MOST_CHUNKS = 1 << 12
KEEP = 3600
"""Seconds that the chunks of an upload are kept that is not finished."""


class Uploads:
    """Of one node. `want_paying(asker)` raises for an account that pays for nothing: disks are not for strangers."""

    def __init__(
        self,
        store: Store,
        contracts: Contracts,
        holdings: Holdings,
        inbox: Inbox,
        *,
        node: str,
        chain: int,
        want_paying: Callable[[str], None],
    ) -> None:
        self._store, self._contracts, self._holdings, self._inbox = store, contracts, holdings, inbox
        self._node, self._chain, self._want_paying = node, chain, want_paying

    def check(self, contract: bytes, commitment: bytes, asker: str, deadline: int, signature: bytes) -> None:
        """Goes on only for whoever may send this upload here, now. Raises `ProtocolError`, `ArgumentProblem`."""
        if self._contracts.seated(contract) is None:
            raise ArgumentProblem(f"this node has no seat in the committee of {contract.hex()}")
        now = int(time.time())
        if deadline < now:
            raise ArgumentProblem(
                f"the time of this upload passed {now - deadline:,} s ago, by this node's clock",
                hint=f"is your clock right, or the node's, where it is {datetime.fromtimestamp(now, UTC):%H:%M} UTC? "
                "else sign it again, with a later deadline",
            )
        check_upload(
            asker, signature, self._chain, node=self._node, contract=contract, commitment=commitment, deadline=deadline
        )
        self._want_paying(asker)

    def next(self, commitment: bytes, asker: str) -> int:
        """How many chunks are here: the number of the next one."""
        return len(self._store.keys(CHUNKS, _prefix(commitment, asker)))

    def put(self, commitment: bytes, asker: str, number: int, chunk: bytes) -> int:
        """Keep a chunk; the number of the next one. The same chunk twice is once."""
        if len(chunk) > MOST_CHUNK_BYTES or number >= MOST_CHUNKS:
            raise ArgumentProblem(f"an upload has at most {MOST_CHUNKS} chunks of {MOST_CHUNK_BYTES} bytes")
        expected = self.next(commitment, asker)
        if number > expected:
            raise ArgumentProblem(
                f"chunk {number} of an upload of which {expected} are here", hint="send them in order"
            )
        key = _prefix(commitment, asker) + number.to_bytes(4, "big")
        self._store.put(CHUNKS, key, chunk, expires=int(time.time()) + KEEP)
        return max(expected, number + 1)

    def finish(
        self, contract: bytes, function: str, parameter: str, asker: str, commitment: bytes, chunks: int
    ) -> Arrived:
        """All chunks have come: check the contribution, and keep its pieces. A bad one is forgotten."""
        there = self._inbox.arrived(contract, function, parameter, asker, commitment)
        if there is not None:
            return there
        if self.next(commitment, asker) != chunks:
            raise ArgumentProblem(f"{self.next(commitment, asker)} of {chunks} chunks of this upload are here")
        try:
            arrived = self._inbox.take_contribution(
                contract, function, parameter, asker, commitment, self._chunks(commitment, asker, chunks)
            )
            event(
                "contribution taken", contract=contract.hex(), commitment=commitment.hex(), asker=asker, chunks=chunks
            )
            return arrived
        finally:
            self._forget(commitment, asker, chunks)

    def finish_content(self, sha256: bytes, asker: str, chunks: int) -> int:
        """All chunks of a ciphertext have come: check its hash, and keep it; its size. A wrong one is forgotten."""
        size = self._holdings.library.size(sha256)
        if size is not None:
            return size
        if self.next(sha256, asker) != chunks:
            raise ArgumentProblem(f"{self.next(sha256, asker)} of {chunks} chunks of this ciphertext are here")
        try:
            size = self._holdings.library.take(sha256, self._chunks(sha256, asker, chunks))
            event("ciphertext taken", sha256=sha256.hex(), asker=asker, octets=size)
            return size
        finally:
            self._forget(sha256, asker, chunks)

    def _forget(self, named: bytes, asker: str, chunks: int) -> None:
        for number in range(chunks):
            self._store.delete(CHUNKS, _prefix(named, asker) + number.to_bytes(4, "big"))

    def _chunks(self, commitment: bytes, asker: str, chunks: int) -> Iterator[bytes]:
        for number in range(chunks):
            chunk = self._store.get(CHUNKS, _prefix(commitment, asker) + number.to_bytes(4, "big"))
            if chunk is None:
                raise NetworkError(f"chunk {number} of an upload has expired", hint="send the contribution again")
            yield chunk


def _prefix(commitment: bytes, asker: str) -> bytes:
    return commitment + bytes.fromhex(asker[2:])
