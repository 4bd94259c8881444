"""Manifests: what they name fits, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import ArgumentProblem, WireError
from enigma.net.dht import Manifest, content_key, reference_key
from enigma.net.dht.manifest import CONTENT_BYTES, MOST_CONTENTS, TAG_BYTES, manifest_from
from enigma.wire import codec

OWNER, SALT = b"o" * 20, b"s" * 16


def of(contents: list[bytes], *, public: bool = True, about: bytes = b"") -> Manifest:
    return Manifest(OWNER, SALT, public, sum(map(len, contents)), tuple(map(content_key, contents)), about)


@given(st.binary(max_size=64), st.binary(max_size=1024), st.booleans())
def test_a_manifest_comes_back_and_has_one_hash(content: bytes, about: bytes, public: bool) -> None:
    manifest = of([content], public=public, about=about)
    assert manifest_from(manifest.encoded()) == manifest
    assert manifest.fits(0, content)
    assert not manifest.fits(0, content + b"x")
    assert not manifest.fits(1, content)
    assert len({manifest.hash, of([content + b"x"], public=public).hash, reference_key(manifest.hash)}) == 3


def test_contents_have_one_length_but_the_last() -> None:
    whole = bytes(CONTENT_BYTES)
    manifest = of([whole, b"rest"])
    assert [manifest.length(index) for index in (0, 1)] == [CONTENT_BYTES, 4]
    assert manifest.fits(1, b"rest")
    assert not manifest.fits(1, b"tser")
    assert not manifest.fits(-1, b"rest")
    assert of([whole + bytes(TAG_BYTES), b"rest"], public=False).length(0) == CONTENT_BYTES + TAG_BYTES
    with pytest.raises(ArgumentProblem, match="are not 2 contents"):
        of([b"short", b"rest"])
    with pytest.raises(ArgumentProblem, match="at most"):
        Manifest(OWNER, SALT, True, 1, (b"k" * 32,) * (MOST_CONTENTS + 1), b"")
    with pytest.raises(ArgumentProblem, match="an owner of 20 bytes"):
        Manifest(b"o", SALT, True, 1, (b"k" * 32,), b"")


@pytest.mark.parametrize(
    "tree",
    [[2, OWNER, SALT, True, 0, b"k" * 32, b""], [1, OWNER, SALT, True, 0, b"k" * 31, b""], [1, OWNER], {}, b"",
     [1, OWNER, SALT, 1, 0, b"k" * 32, b""], [1, OWNER, SALT, True, 5, b"", b""], [1, OWNER, SALT, True, -1, b"", b""]],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(tree: codec.Tree) -> None:
    with pytest.raises(WireError):
        manifest_from(codec.encode(tree))
