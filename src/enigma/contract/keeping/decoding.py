"""What a contract remembers, from its bytes: from those that `encode` writes, and from no others."""

from __future__ import annotations

from itertools import pairwise

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.canonical import MAX_DOCUMENT_BYTES, MAX_KEY_BYTES, decode_value
from enigma.contract.dictionaries.ciphertext import (
    DIGEST_BYTES,
    KEY_TYPE,
    KEY_WORDS,
    MOST_CIPHERTEXT_BYTES,
    Ciphertext,
)
from enigma.contract.dictionaries.held import Held, Version
from enigma.contract.dictionaries.interface import Document
from enigma.contract.dictionaries.memory import Guarded, Line
from enigma.contract.dictionaries.namespace import Key
from enigma.contract.dictionaries.predicates import MAX_PARTS, MAX_USES, Predicate, everyone, read_predicate
from enigma.contract.keeping import trees
from enigma.contract.keeping.encoding import VERSION, encode
from enigma.contract.keeping.kept import MAX_KEPT_BYTES, Kept
from enigma.contract.keeping.references import Reader
from enigma.contract.keeping.values import read_key, read_value
from enigma.contract.state import Chunk, Entry, Place, State
from enigma.errors import ArgumentProblem, CallRefused, WireError
from enigma.wire import Tree, codec

_PARTS = frozenset({
    "version", "contract", "types", "versions", "bases", "public", "private", "tables", "answered", "contributed",
    "ledger", "documents", "secrets",
})  # fmt: skip


def decode(octets: bytes, *, limit: int = MAX_KEPT_BYTES) -> Kept:
    """What a contract remembers, whose bytes are `octets`, at most `limit` of them. Raises WireError on any others."""
    parts = trees.fields(codec.decode(octets, limit=limit), "what a contract remembers")
    if parts.keys() != _PARTS or type(parts["version"]) is not int or parts["version"] != VERSION:
        raise WireError(f"these bytes are not version {VERSION} of what a contract remembers")
    contract = trees.address(parts["contract"], "the contract")
    references = Reader(parts["types"], parts["versions"], parts["bases"])
    public = trees.fields(parts["public"], "public fields")
    state = State(
        {name: read_value(tree, f"self.{name}") for name, tree in public.items()},
        _private(parts["private"], references),
        _tables(parts["tables"], references),
        _answered(parts["answered"], references),
        _contributed(parts["contributed"]),
    )
    _want_contributions(state, contract, references)
    kept = Kept(
        contract,
        state,
        dict(_lines(each) for each in trees.items(parts["ledger"], "the ledger")),
        dict(_document(each, references) for each in trees.items(parts["documents"], "the documents")),
        dict(_secret(each, references) for each in trees.items(parts["secrets"], "the secrets")),
    )
    _want_canonical(kept, octets)
    return kept


def _want_canonical(kept: Kept, octets: bytes) -> None:
    """Whatever was out of order, said twice, or never used has other bytes when it is written again."""
    try:
        written = encode(kept)
    except (ArgumentProblem, CallRefused) as error:
        raise WireError(f"what a contract remembers could not be written again: {error.message}") from error
    if written != octets:
        raise WireError("what a contract remembers is not in its one spelling")


def _want_contributions(state: State, contract: Address, references: Reader) -> None:
    """The release policy asks whose the rows were that something was computed on: it must find all of them."""
    # Each version once: many answers may name one long version.
    versions = {version for answers in state.answered.values() for version in answers}.union(references.of(contract))
    if any(not version <= state.contributed.keys() for version in versions):
        raise WireError("something was computed on a contribution that is not known")


# ---------------------------------------------------------------- the state


def _private(tree: Tree, references: Reader) -> dict[Place, Entry]:
    found: dict[Place, Entry] = {}
    for name, entries in trees.fields(tree, "private fields").items():
        for each in trees.items(entries, f"self.{name}"):
            spelled, owner, held = trees.row(each, 3, f"a value of self.{name}")
            key = None if spelled is None else read_key(spelled, f"a key of self.{name}")
            if (name, key) in found:
                raise WireError(f"self.{name} has a key twice")
            found[name, key] = Entry(trees.address(owner, f"the owner of self.{name}"), references.held(held))
    return found


def _tables(tree: Tree, references: Reader) -> dict[str, tuple[Chunk, ...]]:
    return {
        name: tuple(_chunk(each, f"self.{name}", references) for each in trees.items(chunks, f"self.{name}"))
        for name, chunks in trees.fields(tree, "private tables").items()
    }


def _chunk(tree: Tree, what: str, references: Reader) -> Chunk:
    owner, number, pairs = trees.row(tree, 3, f"a contribution to {what}")
    count = trees.whole(number, f"the rows of a contribution to {what}")
    columns: dict[str, Held] = {}
    for pair in trees.items(pairs, f"the columns of {what}"):
        name, held = trees.row(pair, 2, f"a column of {what}")
        columns[trees.text(name, f"a column of {what}")] = references.held(held)
    if not columns or any(held.shape != (count,) for held in columns.values()):
        raise WireError(f"a contribution to {what} has no columns, or columns of another length than its rows")
    return Chunk(trees.address(owner, f"the owner of rows of {what}"), count, columns)


def _answered(tree: Tree, references: Reader) -> dict[tuple[str, str], frozenset[Version]]:
    found: dict[tuple[str, str], frozenset[Version]] = {}
    for each in trees.items(tree, "what was answered"):
        function, table, places = trees.row(each, 3, "an answer")
        key = trees.text(function, "the function of an answer"), trees.text(table, "the table of an answer")
        found[key] = frozenset(references.version(place) for place in trees.items(places, "the versions of an answer"))
    return found


def _contributed(tree: Tree) -> dict[int, tuple[Address, int]]:
    found: dict[int, tuple[Address, int]] = {}
    for each in trees.items(tree, "contributions"):
        number, owner, rows = trees.row(each, 3, "a contribution")
        found[trees.whole(number, "a contribution's number")] = (
            trees.address(owner, "the owner of a contribution"),
            trees.whole(rows, "the rows of a contribution"),
        )
    return found


# ---------------------------------------------------------------- the dictionaries


def _key(tree: Tree) -> Key:
    match decode_value(trees.octets(tree, "a key"), limit=MAX_KEY_BYTES):
        case (database, table, key):
            try:
                return Key(database, table, key)  # type: ignore[arg-type] # it is checked there
            except ArgumentProblem as error:
                raise WireError(f"a key of a dictionary: {error.message}") from error
    raise WireError("a key of a dictionary is not made of database, table and key")


def _lines(tree: Tree) -> tuple[Key, tuple[Line, ...]]:
    key, entries = trees.row(tree, 2, "an entry of L")
    lines: list[Line] = []
    for each in trees.items(entries, "the lines of L"):
        time, writer, value = trees.row(each, 3, "a line of L")
        octets = trees.octets(value, "a value of L")
        decode_value(octets)
        lines.append(Line(trees.whole(time, "a time"), trees.address(writer, "who wrote a line of L"), octets))
    if any(one.time > other.time for one, other in pairwise(lines)):
        raise WireError("the lines of L are not in the order of time")
    return _key(key), tuple(lines)


def _document(tree: Tree, references: Reader) -> tuple[Key, Guarded[bytes | Document]]:
    spelled, *guard, content = trees.row(tree, 6, "an entry of DHT")
    key = _key(spelled)
    owner, predicate, uses, contract = _guard(guard)
    if (predicate == everyone) is not isinstance(content, bytes):
        raise WireError("a document of DHT is in the clear and not for everyone, or for everyone and not in the clear")
    if isinstance(content, bytes):
        decode_value(content, limit=MAX_DOCUMENT_BYTES)
        return key, Guarded(owner, predicate, content, uses, contract)
    if len(trees.items(content, "a document of DHT")) == 3:
        text = _ciphertext(content, references)
        return key, Guarded(owner, predicate, Document(key, owner, text, text.size), uses, contract)
    return key, Guarded(owner, predicate, Document(key, owner, references.held(content), None), uses, contract)


def _ciphertext(tree: Tree, references: Reader) -> Ciphertext:
    digest, size, key = trees.row(tree, 3, "an encrypted document")
    found = Ciphertext(
        trees.octets(digest, "the hash of an encrypted document"),
        trees.whole(size, "the size of an encrypted document", MOST_CIPHERTEXT_BYTES),
        references.held(key),
    )
    fits = found.key.shape == (KEY_WORDS,) and found.key.type == KEY_TYPE
    if len(found.sha256) != DIGEST_BYTES or not found.size or not fits:
        raise WireError("an encrypted document has no hash, no size, or no content key")
    return found


def _secret(tree: Tree, references: Reader) -> tuple[Key, Guarded[Held]]:
    spelled, *guard, content = trees.row(tree, 6, "an entry of MPC")
    owner, predicate, uses, contract = _guard(guard)
    return _key(spelled), Guarded(owner, predicate, references.held(content), uses, contract)


def _guard(tree: list[Tree]) -> tuple[Address, Predicate, tuple[int, ...], Address | None]:
    owner, predicate, uses, contract = tree
    counts = trees.items(uses, "uses")
    if len(counts) > MAX_PARTS:
        raise WireError("a predicate was used more often than it can count")
    return (
        trees.address(owner, "the owner of an entry"),
        read_predicate(predicate),
        tuple(trees.whole(each, "a number of uses", MAX_USES) for each in counts),
        None if contract is None else trees.address(contract, "the contract of an entry"),
    )
