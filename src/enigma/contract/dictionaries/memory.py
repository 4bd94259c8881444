"""The three dictionaries in the memory of one process: for simulations, and for what a call does before it is settled.

Entries are immutable and replaced as wholes, so that a copy is a copy of three dicts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Generic, Self, TypeVar

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.admission import Question, Request, Uses, dealt_under, may_see, require_admission
from enigma.contract.dictionaries.canonical import MAX_DOCUMENT_BYTES, PublicValue, decode_value, encode_value
from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.identities import Identities, MemoryIdentities, Right
from enigma.contract.dictionaries.interface import Dictionaries, Document, LedgerEntry
from enigma.contract.dictionaries.namespace import Key
from enigma.contract.dictionaries.predicates import Predicate, everyone, only_me
from enigma.errors import AccessRefused, ArgumentProblem, CallRefused

Content = TypeVar("Content")


def in_memory() -> Dictionaries:
    """Empty dictionaries and identities of one process."""
    identities = MemoryIdentities()
    return Dictionaries(MemoryLedger(), MemoryDocuments(), MemorySecrets(identities), identities)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger as it is kept: `octets` are the canonical bytes of the value."""

    time: int
    writer: Address
    octets: bytes


class MemoryLedger:
    """`Ledger` of one process. Values are kept as their canonical bytes, as a chain would."""

    def __init__(self, lines: Mapping[Key, tuple[Line, ...]] | None = None) -> None:
        """`lines` are as `MemoryLedger.lines` gave them: those of one key in the order of time."""
        self._lines = dict(lines or {})
        self._now = max((kept[-1].time for kept in self._lines.values()), default=0)

    def lines(self) -> dict[Key, tuple[Line, ...]]:
        """All that was ever written, by key: another ledger begins with it."""
        return dict(self._lines)

    def set(self, key: Key, value: object, *, time: int, writer: Address) -> None:
        """See `Ledger.set`."""
        if time < self._now:
            raise ArgumentProblem(
                f"the ledger was written at block time {self._now}, and cannot be at {time} after that",
                hint="Block times never go back.",
            )
        line = Line(time, writer, encode_value(value))
        self._lines[key] = (*self._lines.get(key, ()), line)
        self._now = time

    def get(self, key: Key) -> PublicValue:
        """See `Ledger.get`."""
        return decode_value(self._known(key)[-1].octets)

    def get_as_of(self, key: Key, time: int) -> PublicValue:
        """See `Ledger.get_as_of`."""
        lines = self._known(key)
        before = bisect_right(lines, time, key=lambda line: line.time)
        if not before:
            raise nothing_yet(key, time, lines[0].time)
        return decode_value(lines[before - 1].octets)

    def history(self, key: Key) -> tuple[LedgerEntry, ...]:
        """See `Ledger.history`."""
        return tuple(LedgerEntry(e.time, e.writer, decode_value(e.octets)) for e in self._lines.get(key, ()))

    def __contains__(self, key: Key) -> bool:
        return key in self._lines

    def copy(self) -> Self:
        """See `Ledger.copy`."""
        return type(self)(self._lines)

    def _known(self, key: Key) -> tuple[Line, ...]:
        if key not in self._lines:
            raise nothing_in_ledger(key)
        return self._lines[key]


def nothing_in_ledger(key: Key) -> CallRefused:
    """What is said of a key of `L` that nobody has written."""
    return _nothing(f"L[{key}]", f"`{_subscript(key)} in L` tells beforehand.")


def nothing_yet(key: Key, time: int, first: int) -> CallRefused:
    """What is said of a key of `L` that was first written after the time that is asked for."""
    return CallRefused(
        f"nothing was stored under L[{key}] at block time {time}", hint=f"The first value was written at {first}."
    )


@dataclass(frozen=True, slots=True, repr=False)
class Guarded(Generic[Content]):
    """One entry: what is stored, whose it is, who is admitted, how often that was used, which contract stored it."""

    owner: Address
    predicate: Predicate
    content: Content
    uses: Uses = ()
    contract: Address | None = None


class _Entries(Generic[Content]):
    """Entries with an owner and a predicate: what documents and secrets have in common."""

    name: ClassVar[str]

    def __init__(self, entries: Mapping[Key, Guarded[Content]] | None = None) -> None:
        self._entries = dict(entries or {})

    def entries(self) -> dict[Key, Guarded[Content]]:
        """All entries by key: another dictionary begins with them."""
        return dict(self._entries)

    def remove(self, key: Key, *, by: Address) -> None:
        """See `Documents.remove` and `Secrets.remove`."""
        entry = self._known(key)
        if entry.owner != by:
            raise AccessRefused(
                f"{by} may not remove {self._place(key)}: it belongs to {entry.owner}",
                hint="Ask its owner to remove it.",
            )
        del self._entries[key]

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def count_uses(self, tried: Self) -> None:
        """See `Documents.count_uses`."""
        for key, entry in tried._entries.items():
            there = self._entries.get(key)
            if there is not None and there.content is entry.content and there.uses != entry.uses:
                self._entries[key] = replace(there, uses=entry.uses)

    def stored(self) -> frozenset[int]:
        """The index of every stored secret that an entry refers to."""
        references = (_reference(entry.content) for entry in self._entries.values())
        return frozenset(held.index for held in references if held is not None)

    def _keep(self, key: Key, entry: Guarded[Content]) -> None:
        there = self._entries.get(key)
        if there is not None and there.owner != entry.owner:
            raise AccessRefused(
                f"{entry.owner} may not overwrite {self._place(key)}: it belongs to {there.owner}",
                hint=f"Use a key or a table of your own, such as {self.name}[sender, key].",
            )
        self._entries[key] = entry

    def _admitted(self, key: Key, request: Request, right: Right, verb: str) -> Content:
        entry = self._known(key)
        question = Question(request, right, entry.owner, entry.uses)
        uses = require_admission(entry.predicate, question, f"{verb} {self._place(key)}")
        if self._entries.get(key) is not entry:  # a function that the predicate asks could have written here
            raise CallRefused(
                f"{self._place(key)} changed while its predicate was judged",
                hint="A function that a predicate asks must not write or use what the predicate guards.",
            )
        if uses != entry.uses:
            self._entries[key] = replace(entry, uses=uses)
        return entry.content

    def _known(self, key: Key) -> Guarded[Content]:
        if key not in self._entries:
            raise _nothing(self._place(key), f"`{_subscript(key)} in {self.name}` tells beforehand.")
        return self._entries[key]

    def _place(self, key: Key) -> str:
        return f"{self.name}[{key}]"


class MemoryDocuments(_Entries["bytes | Document"]):
    """`Documents` of one process. In the clear: the canonical bytes."""

    name = "DHT"

    def set(self, key: Key, content: object, *, owner: Address, predicate: Predicate | None = None) -> None:
        """See `Documents.set`."""
        predicate = only_me() if predicate is None else predicate
        if predicate == everyone:
            octets = encode_value(content, limit=MAX_DOCUMENT_BYTES)
            self._keep(key, Guarded(owner, predicate, octets))
            return
        size = None
        if isinstance(content, Ciphertext):
            self._keep(key, Guarded(owner, predicate, Document(key, owner, content, content.size)))
            return
        if isinstance(content, (bytes, bytearray)):
            content, size = bytes(content), len(content)
        elif content is None or isinstance(content, (bool, int, Decimal, str, Address, list, tuple, dict)):
            octets = encode_value(content, limit=MAX_DOCUMENT_BYTES)
            content, size = decode_value(octets, limit=MAX_DOCUMENT_BYTES), len(octets)
        if size is not None and size > MAX_DOCUMENT_BYTES:
            raise ArgumentProblem(
                f"a document of {size} bytes is longer than the {MAX_DOCUMENT_BYTES} allowed",
                hint="Store it in several parts, each under its own key.",
            )
        self._keep(key, Guarded(owner, predicate, Document(key, owner, content, size)))

    def get(self, key: Key, request: Request) -> PublicValue | Document:
        """See `Documents.get`."""
        return _shown(self._admitted(key, request, Right.READ, "read"))

    def handle(self, key: Key) -> PublicValue | Document:
        """See `Documents.handle`."""
        return _shown(self._known(key).content)

    def ciphertexts(self) -> frozenset[bytes]:
        """See `Documents.ciphertexts`."""
        contents = (entry.content.content for entry in self._entries.values() if isinstance(entry.content, Document))
        return frozenset(content.sha256 for content in contents if isinstance(content, Ciphertext))

    def settle(self, kept: Mapping[int, Held]) -> None:
        """See `Documents.settle`."""
        for key, entry in self._entries.items():
            document = entry.content
            if isinstance(document, Document) and isinstance(document.content, Held) and document.content.index in kept:
                settled = replace(document, content=kept[document.content.index])
                self._entries[key] = replace(entry, content=settled)

    def copy(self) -> Self:
        """See `Documents.copy`."""
        return type(self)(self._entries)


class MemorySecrets(_Entries[Held]):
    """`Secrets` of one process; the pieces themselves are kept where computations run."""

    name = "MPC"

    def __init__(self, identities: Identities, entries: Mapping[Key, Guarded[Held]] | None = None) -> None:
        super().__init__(entries)
        self._identities = identities

    def set(
        self,
        key: Key,
        held: Held,
        *,
        dealer: Address,
        predicate: Predicate | None = None,
        identity: Address | None = None,
        contract: Address | None = None,
    ) -> None:
        """See `Secrets.set`."""
        default = dealt_under(dealer if identity is None else identity, dealer, self._identities)
        self._keep(key, Guarded(dealer, default if predicate is None else predicate, held, contract=contract))

    def reference(self, key: Key, request: Request) -> Held:
        """See `Secrets.reference`."""
        entry = self._known(key)
        if entry.contract == request.contract:
            return self._admitted(key, request, Right.COMPUTE, "compute with")
        # What is computed with in another contract, that contract may reveal.
        if request.asker != entry.owner and not may_see(entry.predicate, request):
            raise AccessRefused(
                f"{request.asker} may not compute with {self._place(key)} here: only in the contract that stored it, "
                "since another could reveal it",
                hint="Only its dealer, and members of its identity with the right to read, may use it elsewhere.",
            )
        return self._admitted(key, request, Right.READ, "compute with")

    def declassify(self, key: Key, *, by: Address) -> Held:
        """See `Secrets.declassify`."""
        entry = self._known(key)
        if entry.owner != by:
            raise AccessRefused(
                f"{by} may not declassify {self._place(key)}: only its dealer {entry.owner} may",
                hint="Compute with a reference to it where its predicate admits you, or ask the dealer.",
            )
        return entry.content

    def settle(self, kept: Mapping[int, Held]) -> None:
        """See `Secrets.settle`."""
        for key, entry in self._entries.items():
            if entry.content.index in kept:
                self._entries[key] = replace(entry, content=kept[entry.content.index])

    def copy(self, identities: Identities) -> Self:
        """See `Secrets.copy`."""
        return type(self)(identities, self._entries)


def _reference(content: object) -> Held | None:
    inner = content.content if isinstance(content, Document) else content
    inner = inner.key if isinstance(inner, Ciphertext) else inner
    return inner if isinstance(inner, Held) else None


def _shown(content: bytes | Document) -> PublicValue | Document:
    return decode_value(content, limit=MAX_DOCUMENT_BYTES) if isinstance(content, bytes) else content


def _subscript(key: Key) -> str:
    text = str(key)
    return text if (key.database, key.table) == ("", "") else f"({text})"


def _nothing(place: str, hint: str) -> CallRefused:
    return CallRefused(f"nothing is stored under {place}", hint=hint)
