"""What a contract remembers as bytes: equal memories are equal bytes.

What has an order for the contract keeps it: the items of lists, sets and maps, the keys of each private map, the rows
of a table. What has none is sorted: fields, entries of dictionaries, what was answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from enigma.contract.dictionaries.ciphertext import Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.interface import Document
from enigma.contract.dictionaries.memory import Guarded
from enigma.contract.dictionaries.namespace import Key
from enigma.contract.keeping.kept import MAX_KEPT_BYTES, Kept
from enigma.contract.keeping.references import Writer
from enigma.contract.keeping.values import value_tree
from enigma.contract.state import State
from enigma.errors import CallRefused, WireError
from enigma.wire import Tree, codec

VERSION = 1
_HASH_DOMAIN = b"enigma.contract-state.v1"


def encode(kept: Kept) -> bytes:
    """The canonical bytes of what a contract remembers.

    Raises `CallRefused` on a document that is in the clear and not for everyone, on what is no public value, and on
    more than `MAX_KEPT_BYTES`.
    """
    state = kept.state
    references = Writer(held_in(kept), (each for versions in state.answered.values() for each in versions))
    tree: dict[str, Tree] = {
        "version": VERSION,
        "contract": kept.contract.octets,
        **references.tables(),
        "public": {name: value_tree(value, f"self.{name}") for name, value in state.public.items()},
        "private": _private(state, references),
        "tables": _tables(state, references),
        "answered": sorted(
            [function, table, sorted(references.version(each) for each in versions)]
            for (function, table), versions in state.answered.items()
            if versions
        ),
        "contributed": [[number, owner.octets, rows] for number, (owner, rows) in sorted(state.contributed.items())],
        "ledger": [
            [key.octets, [[line.time, line.writer.octets, line.octets] for line in lines]]
            for key, lines in sorted(kept.ledger.items(), key=lambda pair: pair[0].octets)
            if lines
        ],
        "documents": [
            [key.octets, *_guarded(entry), _document(key, entry.content, references)]
            for key, entry in sorted(kept.documents.items(), key=lambda pair: pair[0].octets)
        ],
        "secrets": [
            [key.octets, *_guarded(entry), references.held(entry.content)]
            for key, entry in sorted(kept.secrets.items(), key=lambda pair: pair[0].octets)
        ],
    }
    try:
        octets = codec.encode(tree)
    except WireError as error:
        raise CallRefused(f"what the contract remembers cannot be kept: {error.message}") from error
    if len(octets) > MAX_KEPT_BYTES:
        raise CallRefused(
            f"the contract would remember {len(octets)} bytes, and {MAX_KEPT_BYTES} are kept",
            hint="keep rows in private tables: one reference stands for all rows of a contribution",
        )
    return octets


def state_hash(kept: Kept) -> bytes:
    """SHA-256 over what a contract remembers: seats that agree on it go on alike. Raises as `encode`."""
    return hashlib.sha256(_HASH_DOMAIN + encode(kept)).digest()


def held_in(kept: Kept) -> Iterator[Held]:
    """Every stored secret to which a contract refers; one may come several times."""
    for entry in kept.state.private.values():
        yield entry.held
    for chunks in kept.state.tables.values():
        for chunk in chunks:
            yield from chunk.columns.values()
    for document in kept.documents.values():
        content = document.content.content if isinstance(document.content, Document) else None
        content = content.key if isinstance(content, Ciphertext) else content
        if isinstance(content, Held):
            yield content
    for secret in kept.secrets.values():
        yield secret.content


def _private(state: State, references: Writer) -> Tree:
    """By field; within one, in the order of the keys' first writing."""
    found: dict[str, list[Tree]] = {}
    for (name, key), entry in state.private.items():
        spelled = None if key is None else value_tree(key, f"a key of self.{name}")
        found.setdefault(name, []).append([spelled, entry.owner.octets, references.held(entry.held)])
    return found


def _tables(state: State, references: Writer) -> Tree:
    """By field; within one, in the order of contribution. The first column's number is that of a contribution."""
    return {
        name: [
            [
                chunk.owner.octets,
                chunk.count,
                [[column, references.held(held)] for column, held in chunk.columns.items()],
            ]
            for chunk in chunks
        ]
        for name, chunks in state.tables.items()
        if chunks
    }


def _guarded(entry: Guarded[bytes | Document] | Guarded[Held]) -> list[Tree]:
    """Of an entry whatever is not its content; uses that were not counted yet are 0."""
    uses = list(entry.uses)
    while uses and uses[-1] == 0:
        uses.pop()
    return [entry.owner.octets, entry.predicate.tree(), uses, None if entry.contract is None else entry.contract.octets]


def _document(key: Key, content: bytes | Document, references: Writer) -> Tree:
    """The bytes of one for everyone, a ciphertext and its key, or a reference."""
    if isinstance(content, bytes):
        return content
    if isinstance(content.content, Ciphertext):
        return [content.content.sha256, content.content.size, references.held(content.content.key)]
    if isinstance(content.content, Held):
        return references.held(content.content)
    raise CallRefused(
        f"DHT[{key}] holds a document in the clear that is not for everyone",
        hint="documents of private content need to be encrypted by their owner's client, under a key that the "
        "committee holds in pieces: declare the parameter as a document; what everyone may read is stored with "
        "DHT.set(key, value, everyone)",
    )
