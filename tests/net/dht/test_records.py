"""Records: whoever receives one can tell whether it is what its key promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import ArgumentProblem, EnigmaError, RecordRefused, WireError
from enigma.keys.node import NodeKey
from enigma.net.dht import MAX_VALUE, Kind, Record, content, content_key, node_id, owned_key, signed
from enigma.net.dht.messages import answer, put, read_answer, read_key, read_provide, read_put
from enigma.net.dht.records import MAX_RECORD, decode_record, record_from
from enigma.wire.codec import decode, encode

NOW, LONGEST = 1_000_000, 10_000
OWNER = NodeKey.from_private_bytes(bytes(range(32)))


def owned(value: bytes = b"noise", *, kind: Kind = Kind.ENCRYPTED, sequence: int = 3) -> Record:
    return signed(OWNER, kind, b"a name", value, sequence=sequence, expires=NOW + 60)


@pytest.mark.parametrize(
    "record", [content(b"", expires=NOW + 1), content(b"x" * MAX_VALUE, expires=NOW + LONGEST), owned()]
)
def test_a_record_travels_and_holds(record: Record) -> None:
    encoded = record.encoded()
    assert len(encoded) <= MAX_RECORD
    again = decode_record(encoded)
    again.check(NOW, LONGEST)
    assert (again, again.key) == (record, record.key)
    assert read_put(put(record).fields) == record
    assert read_answer(answer(record=record)).record == record


ALTERED = [
    ({"value": b"other"}, "signature"),
    ({"name": b"another"}, "signature"),
    ({"sequence": 4}, "signature"),
    ({"expires": NOW + 61}, "signature"),
    ({"kind": Kind.PUBLIC}, "signature"),
    ({"owner": NodeKey.from_private_bytes(b"\x01" * 32).public_bytes}, "signature"),
    ({"signature": b"\x00" * 64}, "signature"),
    ({"owner": b"", "signature": b""}, "without an owner"),
    ({"expires": NOW}, "expired"),
    ({"expires": NOW + LONGEST + 1}, "more than"),
    ({"value": b"x" * (MAX_VALUE + 1)}, "at most"),
]


@pytest.mark.parametrize(("change", "reason"), ALTERED)
def test_an_altered_record_is_refused(change: dict[str, Any], reason: str) -> None:
    owned().check(NOW, LONGEST)
    altered = replace(owned(), **change)
    with pytest.raises(RecordRefused, match=reason):
        altered.check(NOW, LONGEST)


def test_an_altered_content_has_another_key() -> None:
    record = content(b"what all may see", expires=NOW + 5)
    assert record.key == content_key(b"what all may see")
    assert replace(record, value=b"what all may sea").key != record.key


@pytest.mark.parametrize("kind", [Kind.SHARE, Kind.ENCRYPTED])
def test_only_public_data_goes_without_an_owner(kind: Kind) -> None:
    with pytest.raises(RecordRefused, match="without an owner"):
        Record(kind, b"v", NOW + 5).check(NOW, LONGEST)


def test_no_content_lies_at_an_owners_key() -> None:
    """Keys of different kinds come from different domains: the bytes that give one give another key as a content."""
    preimage = b"enigma/dht/owned/v1\0" + OWNER.public_bytes + b"\x06public" + b"a name"
    assert content_key(preimage) != owned_key(OWNER.public_bytes, "public", b"a name")
    assert owned(kind=Kind.PUBLIC).key != owned(kind=Kind.SHARE).key


def test_what_cannot_be_a_record_is_not_made() -> None:
    with pytest.raises(ArgumentProblem, match="too many"):
        content(b"x" * (MAX_VALUE + 1), expires=NOW)
    with pytest.raises(ArgumentProblem, match="sequence"):
        signed(OWNER, Kind.PUBLIC, b"", b"", sequence=-1, expires=NOW)
    with pytest.raises(ArgumentProblem, match="name"):
        signed(OWNER, Kind.PUBLIC, b"x" * 65, b"", sequence=0, expires=NOW)
    with pytest.raises(ArgumentProblem, match="address"):
        node_id(b"x" * 19, b"y" * 32)


def test_a_record_does_not_print_its_value() -> None:
    assert "noise" not in repr(owned())
    assert "14 bytes" in repr(content(b"fourteen bytes", expires=NOW))


def test_the_higher_sequence_outranks_and_ties_break_alike() -> None:
    assert owned(sequence=4).rank > owned(sequence=3).rank
    one, two = owned(b"one"), owned(b"two")
    assert (one.rank > two.rank) != (two.rank > one.rank)


MALFORMED = [
    {"value": "text"},
    {"kind": "gossip"},
    {"expires": True},
    {"expires": -1},
    {"sequence": 1 << 63},
    {"sequence": False},
    {"owner": b"short"},
    {"name": b"x" * 65},
    {"signature": b"x" * 63},
    {"value": b"x" * (MAX_VALUE + 1)},
    {"more": 1},
]


@pytest.mark.parametrize("change", MALFORMED)
def test_a_malformed_record_does_not_decode(change: dict[str, Any]) -> None:
    tree = {**owned().tree(), **change}
    with pytest.raises(WireError):
        record_from(tree)


@given(st.binary(max_size=300))
def test_noise_does_not_decode(noise: bytes) -> None:
    with pytest.raises(EnigmaError):
        decode_record(noise)


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=70) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["key", "record", "expires", "nodes", "providers", "refused"]), inner, max_size=4
        )
    ),
)


@given(trees)
def test_any_tree_is_read_or_refused(tree: Any) -> None:
    for read in (read_answer, read_key, read_put, read_provide, record_from):
        try:
            read(decode(encode(tree), limit=1 << 20))
        except WireError:
            continue
