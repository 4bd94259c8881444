from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.chain.results import NOTHING, Opening, result_commitment, share_commitment, share_context
from enigma.errors import ArgumentProblem, FileProblem

VECTORS = json.loads((Path(__file__).parents[2] / "docs/spec/vectors/result.json").read_text(encoding="utf-8"))
REQUEST, SALT = bytes([1]) * 32, bytes([2]) * 32
OCTETS = st.binary(max_size=80)
COMMITMENTS = st.lists(st.lists(st.binary(min_size=32, max_size=32), max_size=4), max_size=3)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize("vector", VECTORS["results"], ids=lambda vector: vector["name"])
def test_vectors_of_results(vector: dict[str, Any]) -> None:
    sealed = [[octets(each) for each in output] for output in vector["sealed"]]
    assert result_commitment(octets(vector["public"]), sealed).hex() == vector["commitment"]


@pytest.mark.parametrize("vector", VECTORS["shares"], ids=lambda vector: vector["name"])
def test_vectors_of_shares(vector: dict[str, Any]) -> None:
    context = share_context(octets(vector["request"]), vector["output"], vector["seat"])
    assert context.hex() == vector["context"]
    assert share_commitment(context, octets(vector["share"]), octets(vector["salt"])).hex() == vector["commitment"]


def test_the_bytes_that_are_hashed() -> None:
    """Written out by hand, from docs/spec/encoding.md."""
    name = b"enigma/result/v1"
    tree = b"\x01\x06\x03\x04" + bytes([len(name)]) + name + b"\x05\x02ab" + b"\x06\x00"
    assert result_commitment(b"ab", []) == hashlib.sha256(tree).digest()


def test_nothing_revealed_is_32_zeros() -> None:
    assert result_commitment(b"", []) == NOTHING == bytes(32)
    assert result_commitment(b"", [[]]) != NOTHING


@given(OCTETS, COMMITMENTS, OCTETS, COMMITMENTS)
def test_other_results_have_other_commitments(
    public: bytes, sealed: list[list[bytes]], other: bytes, others: list[list[bytes]]
) -> None:
    same = (public, sealed) == (other, others)
    assert (result_commitment(public, sealed) == result_commitment(other, others)) == same


@given(OCTETS, OCTETS)
def test_a_share_is_no_result(a: bytes, b: bytes) -> None:
    assert share_commitment(a, b, SALT) != result_commitment(a, [[SALT]])


@given(OCTETS, OCTETS, OCTETS, OCTETS)
def test_context_and_share_do_not_run_together(context: bytes, share: bytes, other: bytes, another: bytes) -> None:
    same = (context, share) == (other, another)
    assert (share_commitment(context, share, SALT) == share_commitment(other, another, SALT)) == same


def test_salts_and_commitments_have_32_bytes() -> None:
    for salt in (b"", bytes(31), bytes(33)):
        with pytest.raises(ArgumentProblem, match="salt"):
            share_commitment(b"", b"", salt)
    with pytest.raises(ArgumentProblem, match="32 bytes"):
        result_commitment(b"", [[bytes(31)]])


# ---------------------------------------------------------------- the file with an opening


def written(tmp_path: Path, content: object) -> Path:
    file = tmp_path / "opening.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_an_opening_opens_what_its_shares_commit_to(tmp_path: Path) -> None:
    mine = share_commitment(share_context(REQUEST, 0, 0), b"share", SALT)
    theirs = bytes([9]) * 32
    seats = [{"share": "0x" + b"share".hex(), "salt": "0x" + SALT.hex()}, {"commitment": "0x" + theirs.hex()}]
    file = written(tmp_path, {"version": 1, "public": "0x0102", "sealed": [seats]})
    result = result_commitment(b"\x01\x02", [[mine, theirs]])
    opening = Opening.load(file, REQUEST)
    assert opening.opens(result)
    assert opening.opened == {(0, 0)}
    assert not opening.opens(bytes(32))
    assert not Opening.load(file, bytes(32)).opens(result)  # of another request
    assert b"share".hex() not in repr(opening)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([], "version 1"),
        ({"version": 2, "public": "0x", "sealed": []}, "version 1"),
        ({"version": 1, "public": "0x", "sealed": [], "more": 1}, "version 1"),
        ({"version": 1, "public": "00", "sealed": []}, "public"),
        ({"version": 1, "public": "0x0", "sealed": []}, "public"),
        ({"version": 1, "public": "0x", "sealed": [{}]}, "list of outputs"),
        ({"version": 1, "public": "0x", "sealed": [[{"share": "0x00"}]]}, "output 0, seat 0"),
        ({"version": 1, "public": "0x", "sealed": [[{"share": "0xsecret", "salt": "0x"}]]}, "output 0, seat 0"),
        ({"version": 1, "public": "0x", "sealed": [[{"commitment": "0x00"}]]}, "32 bytes"),
    ],
)
def test_a_file_that_is_no_opening(tmp_path: Path, content: object, problem: str) -> None:
    with pytest.raises(FileProblem, match=problem) as found:
        Opening.load(written(tmp_path, content), REQUEST)
    assert "secret" not in str(found.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="No such file"):
        Opening.load(tmp_path / "none.json", REQUEST)
