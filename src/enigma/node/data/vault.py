"""What a node keeps outside of contracts and of the DHT: values by reference, cut into contents, encrypted on disk.

A value that is not whole yet is kept too, so that whoever brings it goes on where it was; an hour after its last
content came it is dropped. What no lease pays for has a size, a time, and a room that all of it shares.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from enigma.errors import ArgumentProblem, StoreDamaged, StoreFull, WireError
from enigma.net.dht.manifest import MANIFEST_LIMIT, Manifest, manifest_from
from enigma.node.logs import event
from enigma.storage import Store
from enigma.wire import Tree, codec

SEALS_LIMIT = 1 << 16
ENTRY_LIMIT = MANIFEST_LIMIT + SEALS_LIMIT + 1024
MOST_FREE_BYTES = 1 << 20
"""Of one value for which nobody pays."""
MOST_FREE_OF_OWNER = 1 << 26
MOST_FREE_TOGETHER = 1 << 32
FREE_SECONDS = 30 * 86_400
UNFINISHED_SECONDS = 3600
_ENTRIES, _CONTENTS = "data", "data.contents"


@dataclass(frozen=True, slots=True)
class Seals:
    """The content key of a value, sealed to each reader: a canonical tree of pairs, signed for as one.

    `sequence` tells newer from older. Empty for public values.
    """

    octets: bytes = b""
    sequence: int = 0
    signature: bytes = b""

    def tree(self) -> Tree:
        """As it travels."""
        return [self.octets, self.sequence, self.signature]


@dataclass(frozen=True, slots=True)
class Entry:
    """A value. `lease` pays for it; where none does (0), it is kept until `until`, seconds since 1970."""

    reference: bytes
    manifest: Manifest
    seals: Seals
    lease: int
    until: int
    whole: bool

    def tree(self) -> Tree:
        """As it is kept, and travels to another node that is to keep it."""
        return [self.manifest.encoded(), self.seals.tree(), self.lease, self.until, self.whole]


def entry_from(reference: bytes, octets: bytes) -> Entry:
    """The entry that a tree spells; what it says is not checked against anything. Raises WireError."""
    tree: Any = codec.decode(octets, limit=ENTRY_LIMIT)
    match tree:
        case [bytes(manifest), [bytes(sealed), int(sequence), bytes(signature)], int(lease), int(until), bool(whole)]:
            if len(sealed) > SEALS_LIMIT or not 0 <= sequence < 1 << 63 or not 0 <= lease < 1 << 63:
                raise WireError("a value's sealed keys or lease are out of bounds")
            seals = Seals(sealed, sequence, signature)
            return Entry(reference, manifest_from(manifest), seals, lease, until, whole)
    raise WireError("this is no stored value")


class Vault:
    """Values by reference. `now`: seconds since 1970, by the clock that leases go by. Safe between threads."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store, self._now = store, now
        self._turn = threading.RLock()
        self._entries: dict[bytes, Entry] = {}
        self._touched: dict[bytes, int] = {}
        """When something last came of those that are not whole."""
        for reference in store.keys(_ENTRIES):
            try:
                self._entries[reference] = entry_from(reference, store.get(_ENTRIES, reference) or b"")
            except (StoreDamaged, WireError) as damage:
                # Others have it too, and bring it again.
                event("a stored value is damaged", level=logging.ERROR, problem=damage.message)

    def entry(self, reference: bytes) -> Entry | None:
        """A value that is here, whole or not."""
        with self._turn:
            return self._entries.get(reference)

    def whole(self, reference: bytes) -> Entry | None:
        """A value that is here as a whole, None where it is not."""
        found = self.entry(reference)
        return found if found is not None and found.whole else None

    def all(self) -> list[Entry]:
        """Every value, whole or not."""
        with self._turn:
            return list(self._entries.values())

    def begin(self, entry: Entry) -> Entry:
        """A value is going to come, or comes again; what is here of it stays. Raises ArgumentProblem, StoreFull."""
        with self._turn:
            known = self._entries.get(entry.reference)
            if known is not None and entry.lease == 0:
                entry = replace(entry, lease=known.lease)
            if entry.lease == 0:
                self._want_room(entry)
            seals = entry.seals
            if known is not None and known.seals.sequence > seals.sequence:
                seals = known.seals
            whole = known is not None and known.whole
            until = min(entry.until, self._now() + FREE_SECONDS)
            self._touched[entry.reference] = self._now()
            begun = replace(entry, seals=seals, whole=whole, until=until)
            self._put(begun)
            return begun

    def missing(self, reference: bytes) -> list[int]:
        """The numbers of the contents that are not here. Raises ArgumentProblem where the value was not begun."""
        entry = self._known(reference)
        if entry.whole:
            return []
        places = range(len(entry.manifest.contents))
        return [index for index in places if self._store.size(_CONTENTS, _place(reference, index)) is None]

    def take(self, reference: bytes, index: int, content: bytes) -> None:
        """Keep a content. Raises WireError for bytes that the manifest does not name."""
        entry = self._known(reference)
        if not entry.manifest.fits(index, content):
            raise WireError(f"these {len(content)} bytes are not content {index} of {reference.hex()}")
        self._store.put(_CONTENTS, _place(reference, index), content)
        with self._turn:
            self._touched[reference] = self._now()

    def finish(self, reference: bytes) -> Entry:
        """All contents have come. Raises ArgumentProblem where some have not."""
        if lacking := self.missing(reference):
            raise ArgumentProblem(
                f"{len(lacking)} contents of {reference.hex()} have not come, beginning at {lacking[0]}"
            )
        with self._turn:
            entry = replace(self._known(reference), whole=True)
            self._put(entry)
            self._touched.pop(reference, None)
            return entry

    def abandoned(self, reference: bytes) -> bool:
        """Whether nothing has come for an hour of a value that is not whole."""
        with self._turn:
            return self._touched.setdefault(reference, self._now()) + UNFINISHED_SECONDS <= self._now()

    def content(self, reference: bytes, index: int) -> bytes | None:
        """A content, None where it is not here. Raises StoreDamaged."""
        return self._store.get(_CONTENTS, _place(reference, index))

    def seal(self, reference: bytes, seals: Seals) -> None:
        """Take newer sealed keys; older ones are passed over."""
        with self._turn:
            entry = self._known(reference)
            if seals.sequence > entry.seals.sequence:
                self._put(replace(entry, seals=seals))

    def leased(self, reference: bytes, lease: int) -> None:
        """From now on a lease pays for a value."""
        with self._turn:
            self._put(replace(self._known(reference), lease=lease))

    def drop(self, reference: bytes) -> None:
        """Forget a value."""
        with self._turn, self._store.transaction():
            entry = self._entries.pop(reference, None)
            self._touched.pop(reference, None)
            self._store.delete(_ENTRIES, reference)
            for index in range(0 if entry is None else len(entry.manifest.contents)):
                self._store.delete(_CONTENTS, _place(reference, index))

    @property
    def octets(self) -> int:
        """Bytes of all values that are whole."""
        return sum(entry.manifest.size for entry in self.all() if entry.whole)

    def _want_room(self, entry: Entry) -> None:
        size = entry.manifest.size
        if size > MOST_FREE_BYTES:
            raise ArgumentProblem(
                f"a value of {size:,} bytes needs a lease: without one, at most {MOST_FREE_BYTES:,} are kept",
                hint="open a lease for it: network.store(..., lease=...)",
            )
        others = [each for each in self._entries.values() if each.lease == 0 and each.reference != entry.reference]
        if size + sum(e.manifest.size for e in others if e.manifest.owner == entry.manifest.owner) > MOST_FREE_OF_OWNER:
            raise StoreFull(f"this node keeps at most {MOST_FREE_OF_OWNER:,} bytes of one owner without a lease")
        if size + sum(each.manifest.size for each in others) > MOST_FREE_TOGETHER:
            raise StoreFull(f"this node keeps at most {MOST_FREE_TOGETHER:,} bytes without a lease, and has them")

    def _known(self, reference: bytes) -> Entry:
        found = self.entry(reference)
        if found is None:
            raise ArgumentProblem(f"this node does not have {reference.hex()}", hint="ask another node")
        return found

    def _put(self, entry: Entry) -> None:
        self._entries[entry.reference] = entry
        self._store.put(_ENTRIES, entry.reference, codec.encode(entry.tree()))


def _place(reference: bytes, index: int) -> bytes:
    return reference + index.to_bytes(4, "big")
