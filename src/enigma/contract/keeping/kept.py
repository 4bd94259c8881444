"""`Kept`: all that one contract remembers between calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.identities import Identities
from enigma.contract.dictionaries.interface import Dictionaries, Document
from enigma.contract.dictionaries.memory import Guarded, Line, MemoryDocuments, MemoryLedger, MemorySecrets
from enigma.contract.dictionaries.namespace import Key
from enigma.contract.state import State
from enigma.errors import ArgumentProblem

MAX_KEPT_BYTES = 1 << 28
"""The longest encoding of what one contract remembers."""


@dataclass(frozen=True, eq=False, repr=False)
class Kept:
    """What the contract at an address remembers: its state, and the entries of its dictionaries by key.

    Private values are references: nothing here is secret. Identities are not among it: they are the chain's.
    """

    contract: Address
    state: State
    ledger: Mapping[Key, tuple[Line, ...]]
    documents: Mapping[Key, Guarded[bytes | Document]]
    secrets: Mapping[Key, Guarded[Held]]

    def dictionaries(self, identities: Identities) -> Dictionaries:
        """The dictionaries that hold these entries, and look into these identities."""
        return Dictionaries(
            MemoryLedger(self.ledger),
            MemoryDocuments(self.documents),
            MemorySecrets(identities, self.secrets),
            identities,
        )

    def stored(self) -> frozenset[int]:
        """The index of every stored secret that the contract refers to: what a seat must not forget."""
        documents, secrets = MemoryDocuments(self.documents), (entry.content.index for entry in self.secrets.values())
        return documents.stored().union(self.state.stored(), secrets)

    def ciphertexts(self) -> frozenset[bytes]:
        """The SHA-256 of every ciphertext that the contract refers to: what a node must not forget either."""
        return MemoryDocuments(self.documents).ciphertexts()

    def __repr__(self) -> str:
        entries = len(self.ledger) + len(self.documents) + len(self.secrets)
        return f"<what {self.contract} remembers: {len(self.state.private)} private values, {entries} entries>"


def remembered(contract: Address, state: State, dictionaries: Dictionaries) -> Kept:
    """What there is to keep of a contract; `ArgumentProblem` for dictionaries that are kept somewhere else already."""
    ledger, documents, secrets = dictionaries.ledger, dictionaries.documents, dictionaries.secrets
    if not (
        isinstance(ledger, MemoryLedger)
        and isinstance(documents, MemoryDocuments)
        and isinstance(secrets, MemorySecrets)
    ):
        raise ArgumentProblem("only dictionaries in the memory of this process are kept", hint="see in_memory()")
    return Kept(contract, state.copy(), ledger.lines(), documents.entries(), secrets.entries())
