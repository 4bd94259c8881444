"""The three dictionaries of the white paper (section 5.5): L, the public ledger; DHT, documents; MPC, secrets.

Here is what a contract may rely on; `memory` keeps all three in one process, a chain and a network keep them for good.
Who owns an entry, which predicate guards it and how often it was used is kept with the entry: whoever asks hands in a
`Request`, who asks in which call, and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.admission import Request
from enigma.contract.dictionaries.canonical import PublicValue
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.identities import Identities
from enigma.contract.dictionaries.namespace import Key
from enigma.contract.dictionaries.predicates import Predicate


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger: block time in seconds, who wrote it, and the value."""

    time: int
    writer: Address
    value: PublicValue


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Document:
    """What is stored encrypted. It can be handed to somebody whom its predicate admits, and not looked at on the way.

    `content` is for whoever opens it at the reader's end: a public value, a `Held`, or a `Ciphertext` whose content key
    the committee holds. `size`: bytes, or None where it is not made of bytes.
    """

    key: Key
    owner: Address
    content: object
    size: int | None

    def __repr__(self) -> str:
        kind = {str: "text", int: "number", bool: "bool", tuple: "tuple"}.get(type(self.key.key), "address")
        return f"<sealed document under a key of kind {kind}{'' if self.size is None else f', {self.size} bytes'}>"


class Ledger(Protocol):
    """`L`: public, append-only, with its whole history.

    Anyone may write under any key, as the paper has it: who reads what another contract could have written looks at
    the `writer` of its history.
    """

    def set(self, key: Key, value: object, *, time: int, writer: Address) -> None:
        """Append. Raises ArgumentProblem on what is no public value, and on a block time before an earlier one."""

    def get(self, key: Key) -> PublicValue:
        """The latest value, in lists and maps of the reader's own. Raises CallRefused on an unknown key."""

    def get_as_of(self, key: Key, time: int) -> PublicValue:
        """The latest value written at that block time or before. Raises CallRefused where there was none."""

    def history(self, key: Key) -> tuple[LedgerEntry, ...]:
        """All that was written under the key, oldest first; empty for an unknown key."""

    def __contains__(self, key: Key) -> bool: ...

    def copy(self) -> Self:
        """A copy that later changes on either side do not reach."""


class Documents(Protocol):
    """`DHT`: documents off the chain, encrypted at their owner's end, or in the clear for everyone."""

    def set(self, key: Key, content: object, *, owner: Address, predicate: Predicate | None = None) -> None:
        """Store, and start counting uses anew. Only the owner of what is there may overwrite it: AccessRefused.

        Without a predicate, only the owner reads it back. `everyone` turns encryption off: then the content is a
        public value, or ArgumentProblem is raised. Every other predicate, whatever it admits, makes a `Document`.
        """

    def get(self, key: Key, request: Request) -> PublicValue | Document:
        """Read for the asker, whose right is `read`; counts a use. Raises AccessRefused, CallRefused on an unknown key.

        The predicate alone decides: where it does not admit the owner, neither does this.
        """

    def count_uses(self, tried: Self) -> None:
        """Count what `tried`, a copy of this, has counted since; nothing else of it is taken over.

        For what a call has used before it opens something: that stays counted where the call fails later.
        """

    def stored(self) -> frozenset[int]:
        """The index of every stored secret that an entry refers to, content keys of documents among them."""

    def ciphertexts(self) -> frozenset[bytes]:
        """The SHA-256 of every ciphertext that an entry refers to."""

    def handle(self, key: Key) -> PublicValue | Document:
        """What is in the clear, or the closed document; asks nobody. Raises CallRefused on an unknown key."""

    def remove(self, key: Key, *, by: Address) -> None:
        """Delete: its owner may. Raises AccessRefused, CallRefused on an unknown key."""

    def settle(self, kept: Mapping[int, Held]) -> None:
        """Put what the committee keeps in the place of stand-ins, by the stand-ins' index; uses stay as they are.

        A call stores stand-ins with indices of its own, before its values exist; this is its end.
        """

    def __contains__(self, key: Key) -> bool: ...

    def copy(self) -> Self:
        """A copy that later changes on either side do not reach."""


class Secrets(Protocol):
    """`MPC`: references to secret-shared values."""

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
        """Store, and start counting uses anew. Only the dealer of what is there may overwrite it: AccessRefused.

        `identity`: under which shared identity the dealer stores, for which it needs the right `store`: AccessRefused.
        Left out, it is the dealer's own address. Without a predicate, the dealer may reference the value, and those
        members of that identity whose policy says `compute` (`enigma.contract.dictionaries.admission.dealt_under`).
        """

    def reference(self, key: Key, request: Request) -> Held:
        """Use in a computation, unseen; counts a use. Raises as `Documents.get`.

        The asker's right is `compute` in the contract that stored it. Another contract could reveal it: there, only its
        dealer is admitted, and members of an identity in its predicate that have the right `read`.
        """

    def count_uses(self, tried: Self) -> None:
        """As `Documents.count_uses`."""

    def stored(self) -> frozenset[int]:
        """As `Documents.stored`."""

    def declassify(self, key: Key, *, by: Address) -> Held:
        """What is to be opened to the dealer, and to nobody else: AccessRefused. CallRefused on an unknown key."""

    def remove(self, key: Key, *, by: Address) -> None:
        """Forget: its dealer may. Raises AccessRefused, CallRefused on an unknown key."""

    def settle(self, kept: Mapping[int, Held]) -> None:
        """As `Documents.settle`."""

    def __contains__(self, key: Key) -> bool: ...

    def copy(self, identities: Identities) -> Self:
        """A copy that later changes on either side do not reach, and that looks into these identities."""


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """All that contracts share: the three dictionaries and the identities."""

    ledger: Ledger
    documents: Documents
    secrets: Secrets
    identities: Identities

    def copy(self) -> Dictionaries:
        """A copy to roll back to, or to try a call on: later changes on either side do not reach the other."""
        identities = self.identities.copy()
        return Dictionaries(self.ledger.copy(), self.documents.copy(), self.secrets.copy(identities), identities)

    def count_uses(self, tried: Dictionaries) -> None:
        """See `Documents.count_uses`."""
        self.documents.count_uses(tried.documents)
        self.secrets.count_uses(tried.secrets)
