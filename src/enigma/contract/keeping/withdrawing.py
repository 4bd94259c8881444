"""What a contract remembers once owners have withdrawn: without what they brought, with what was derived from it.

What goes: rows of tables, by who appended them; entries of `MPC`, and documents, by their owner; private values as they
were contributed, by who contributed them; and values of private maps under their owner's address. What stays: a
private field, or a value under another key, that a function has computed, since others' values may be in it; what is in
the clear; and what was answered, by which the release policy compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.interface import Document
from enigma.contract.dictionaries.memory import Guarded
from enigma.contract.keeping.kept import Kept
from enigma.contract.state import Entry, Place, State

Gone = Callable[[int, Address | None], bool]
"""Whether a stored secret was withdrawn: (its number, whose it is by its place; None where that says nothing)."""


def without(kept: Kept, gone: Gone) -> Kept:
    """What is left of `kept`, which is not changed."""
    state = kept.state
    return replace(
        kept,
        state=State(
            state.public,
            {place: each for place, each in state.private.items() if not gone(each.held.index, _named(place, each))},
            {
                name: tuple(chunk for chunk in chunks if not gone(chunk.number, chunk.owner))
                for name, chunks in state.tables.items()
            },
            dict(state.answered),
            dict(state.contributed),
        ),
        documents={key: each for key, each in kept.documents.items() if not _document_gone(each, gone)},
        secrets={key: each for key, each in kept.secrets.items() if not gone(each.content.index, each.owner)},
    )


def _named(place: Place, entry: Entry) -> Address | None:
    """The owner of a private value where its key says whose it is."""
    return entry.owner if entry.owner == place[1] else None


def _document_gone(entry: Guarded[bytes | Document], gone: Gone) -> bool:
    content = entry.content.content if isinstance(entry.content, Document) else None
    held = content.key if isinstance(content, Ciphertext) else content
    return isinstance(held, Held) and gone(held.index, entry.owner)
