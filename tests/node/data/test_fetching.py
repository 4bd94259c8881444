"""Getting values from nodes that stop in the middle, or lie: every byte is asked for once, and the liar is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from enigma.errors import NetworkError, PeerLost, ProtocolError
from enigma.net.dht import Manifest, content_key
from enigma.net.dht.manifest import CONTENT_BYTES
from enigma.node.data.fetching import Fetching
from enigma.node.data.vault import FREE_SECONDS, UNFINISHED_SECONDS, Entry, Seals, Vault
from enigma.storage import Store
from enigma.wire import Tree, codec

REFERENCE = b"r" * 32
VALUE = bytes(range(256)) * 4 * 1024 + b"the rest" * 1000
CONTENTS = [VALUE[:CONTENT_BYTES], VALUE[CONTENT_BYTES:]]
MANIFEST = Manifest(b"o" * 20, b"s" * 16, True, len(VALUE), tuple(map(content_key, CONTENTS)), b"")
NOW = 1_000_000
ENTRY = Entry(REFERENCE, MANIFEST, Seals(), 7, NOW + FREE_SECONDS, whole=True)


class Others:
    """Nodes with the value. `ends`: after how many bytes a node's stream breaks; `alters`: the byte that it changes."""

    def __init__(self, ends: dict[str, int] | None = None, alters: dict[str, int] | None = None) -> None:
        self.ends, self.alters = ends or {}, alters or {}
        self.asked: list[tuple[str, int, int]] = []

    def call(self, name: str, method: str, tree: Tree) -> Any:
        return codec.encode(ENTRY.tree())

    def stream(self, name: str, method: str, tree: Tree, limit: int) -> Iterator[bytes]:
        fields = cast("dict[str, int]", tree)
        self.asked.append((name, fields["first"], fields["start"]))
        octets = bytearray(VALUE)
        if name in self.alters:
            octets[self.alters[name]] ^= 1
        begin = fields["first"] * CONTENT_BYTES + fields["start"]
        end = min(len(VALUE), begin + self.ends.get(name, len(VALUE)))
        assert limit == len(VALUE) - begin
        for place in range(begin, end, 1 << 18):
            yield bytes(octets[place : min(end, place + (1 << 18))])
        if end < len(VALUE):
            raise PeerLost(name, "a stream")


class Agreed:
    """Whatever the chain would say: yes."""

    def check_entry(self, entry: Entry) -> None:
        assert entry.manifest == MANIFEST


def fetching(others: Others) -> Fetching:
    found = Fetching("me", others, *cast("Any", (None, None, None, Agreed())))
    found.holders = lambda reference: ["one", "two", "three"]  # type: ignore[method-assign]
    return found


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Store.open(tmp_path / "store.db", bytes(32)) as store:
        yield Vault(store, lambda: NOW)


def test_what_broke_off_goes_on_at_the_next_byte_of_another_node(vault: Vault) -> None:
    others = Others(ends={"one": 1000, "two": CONTENT_BYTES})
    entry = fetching(others).copy(REFERENCE, "one", vault, lambda: False)
    assert others.asked == [("one", 0, 0), ("two", 0, 1000), ("three", 1, 1000)]
    assert b"".join(vault.content(REFERENCE, index) or b"" for index in range(2)) == VALUE
    assert entry.whole


def test_a_liar_is_named_and_nobody_is_where_it_may_have_been_either_of_two(vault: Vault) -> None:
    lying = fetching(Others(alters={"one": 5}))
    assert lying.copy(REFERENCE, "one", vault, lambda: False).whole
    assert lying.altered == {"one": 1}
    vault.drop(REFERENCE)
    # The first alters a byte and stops; the second, honest one is not blamed, and gives all of the content.
    others = Others(ends={"one": 1000}, alters={"one": 5})
    mixed = fetching(others)
    assert mixed.copy(REFERENCE, "one", vault, lambda: False).whole
    assert mixed.altered == {}
    assert others.asked == [("one", 0, 0), ("two", 0, 1000), ("two", 0, 0)]
    vault.drop(REFERENCE)
    with pytest.raises(ProtocolError, match="node one handed out altered bytes"):
        fetching(Others(alters=dict.fromkeys(("one", "two", "three"), 5))).copy(REFERENCE, "one", vault, lambda: False)
    with pytest.raises(NetworkError):
        fetching(Others(ends=dict.fromkeys(("one", "two", "three"), 7))).copy(REFERENCE, "one", vault, lambda: False)
    assert vault.whole(REFERENCE) is None


def test_a_vault_comes_back_and_what_nobody_finishes_is_abandoned(tmp_path: Path) -> None:
    times = [NOW]
    with Store.open(tmp_path / "store.db", bytes(32)) as store:
        vault = Vault(store, lambda: times[0])
        vault.begin(ENTRY)
        vault.take(REFERENCE, 1, CONTENTS[1])
        assert vault.missing(REFERENCE) == [0]
    with Store.open(tmp_path / "store.db", bytes(32)) as store:
        vault = Vault(store, lambda: times[0])
        assert vault.missing(REFERENCE) == [0]
        assert vault.whole(REFERENCE) is None
        assert not vault.abandoned(REFERENCE)
        times[0] += UNFINISHED_SECONDS
        assert vault.abandoned(REFERENCE)
        vault.take(REFERENCE, 0, CONTENTS[0])
        assert not vault.abandoned(REFERENCE)
        assert vault.finish(REFERENCE).whole
        assert vault.octets == len(VALUE)
        vault.drop(REFERENCE)
        assert store.keys("data.contents") == store.keys("data") == []
