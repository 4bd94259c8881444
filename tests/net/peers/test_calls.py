"""Heads and refusals: what is told of an error, what becomes of it on the other side, and what is no call at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma import errors
from enigma.errors import (
    AccessRefused,
    ArgumentProblem,
    CallRefused,
    CertificateProblem,
    ChainProblem,
    ChainUnreachable,
    EnigmaError,
    FileProblem,
    InputError,
    KeyProblem,
    NetworkError,
    PeerLost,
    ProgramError,
    ProtocolError,
    RowProblem,
    SeatSilent,
    ShapeError,
    WireError,
)
from enigma.net.peers.calls import (
    FORMS,
    HEAD_LIMIT,
    METHOD_LENGTH,
    PIECE_BYTES,
    REFUSAL_LIMIT,
    Head,
    encoded_within,
    pieces_of,
    raised,
    refusal,
)
from enigma.wire import encode


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=METHOD_LENGTH),
       st.sampled_from(FORMS), st.sampled_from([b"", bytes(16)]))  # fmt: skip
def test_a_head_is_read_as_it_was_written(method: str, form: str, call: bytes) -> None:
    head = Head(method, form, call)
    assert len(head.encoded()) <= HEAD_LIMIT
    assert Head.decoded(bytearray(head.encoded())) == head


@pytest.mark.parametrize("method", ["", "a" * 65, "line\n", "ä"])
def test_a_method_has_a_plain_name(method: str) -> None:
    with pytest.raises(ArgumentProblem, match="a method has a name"):
        Head(method, "plain").encoded()
    with pytest.raises(WireError):
        Head.decoded(bytearray(encode({"call": b"", "form": "plain", "method": method})))


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {"call": b"", "form": "plain"},
        {"call": b"", "form": "odd", "method": "a"},
        {"call": b"1", "form": "plain", "method": "a"},
        {"call": b"", "form": "plain", "method": "a", "more": 1},
    ],
)
def test_other_trees_are_no_heads(tree: object) -> None:
    with pytest.raises(WireError, match="the head of a call"):
        Head.decoded(bytearray(encode(tree)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AccessRefused("not you", hint="ask"), AccessRefused),
        (CallRefused("no"), CallRefused),
        (ArgumentProblem("k is 0"), ArgumentProblem),
        (ShapeError("3 is not 4"), ShapeError),
        (ProtocolError("seats disagree"), ProtocolError),
        (WireError("garbage"), WireError),
        (SeatSilent(2, "compare", 1.5), NetworkError),
        (PeerLost("abc", "step"), NetworkError),
    ],
)
def test_errors_meant_for_others_arrive_with_their_words(error: EnigmaError, kind: type[EnigmaError]) -> None:
    arrived = raised(bytearray(refusal(error)), "ann")
    assert type(arrived) is kind
    assert arrived.message == f"node ann answered: {error.message}"
    assert arrived.hint in ("", "ask")


def test_a_sources_error_arrives_without_the_name_of_its_file() -> None:
    error = errors.SourceRange(
        "could wrap", hint="narrow it", file="SECRET.py", line=3, column=1, fragment="x", excerpt="x"
    )
    assert b"SECRET" not in refusal(error)
    arrived = raised(bytearray(refusal(error)), "ann")
    assert isinstance(arrived, ProgramError)
    assert str(arrived) == "node ann answered: line 3: could wrap\n  narrow it"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FileProblem("folder/SECRET.csv", "SECRET"), InputError),
        (RowProblem("SECRET.csv", 1, "b", "c"), InputError),
        (KeyProblem("SECRET"), InputError),
        (ChainUnreachable("https://rpc/SECRET"), ChainProblem),
        (CertificateProblem("SECRET"), NetworkError),
        (EnigmaError("SECRET"), NetworkError),
        (ValueError("SECRET"), NetworkError),
    ],
)
def test_errors_about_this_machine_keep_their_words_at_home(error: Exception, kind: type[EnigmaError]) -> None:
    payload = refusal(error)
    assert b"SECRET" not in payload
    assert type(raised(bytearray(payload), "ann")) is kind


def forged(kind: str, message: str = "hello", hint: str = "") -> EnigmaError:
    return raised(bytearray(encode({"hint": hint, "kind": kind, "message": message})), "mallory")


def every_error() -> list[str]:
    return [name for name, named in vars(errors).items() if isinstance(named, type) and issubclass(named, EnigmaError)]


@pytest.mark.parametrize("kind", [*every_error(), "SystemExit", "annotations", "", "__class__", "Exception"])
def test_any_class_that_a_peer_names_is_harmless(kind: str) -> None:
    error = forged(kind)
    named = getattr(errors, kind, None)
    if isinstance(named, type) and issubclass(named, NetworkError):
        assert type(error) is NetworkError, "what happened on the way is for this side to say"
    elif kind not in every_error() or kind == "EnigmaError":
        assert type(error) is NetworkError
    else:
        assert isinstance(named, type)
        assert issubclass(named, type(error))
        assert type(error) not in (EnigmaError, Exception)
    assert error.message == "node mallory answered: hello"


def test_a_sources_error_becomes_its_plain_parent() -> None:
    assert type(forged("SourceLeak")) in (errors.LeakError, ProgramError)


def test_words_cannot_drive_a_terminal_or_fill_one() -> None:
    error = forged("CallRefused", "a\x1b[2Jb\u202ec", "x" * 12_000)
    assert error.message == "node mallory answered: a?[2Jb?c"
    assert len(error.hint) == 4000
    assert len(refusal(CallRefused("ä" * 100_000, hint="€" * 100_000))) <= REFUSAL_LIMIT
    refusal(CallRefused("\ud800"))


@given(st.binary(max_size=200))
def test_garbage_is_no_refusal(payload: bytes) -> None:
    with pytest.raises(WireError):
        raised(bytearray(payload), "mallory")


def test_trees_are_capped_before_they_are_sent() -> None:
    assert encoded_within(bytes(10), 13, "it") == encode(bytes(10))
    with pytest.raises(ArgumentProblem, match="it has 13 bytes; at most 12"):
        encoded_within(bytes(10), 12, "it")


def test_pieces_fit_a_frame() -> None:
    assert list(pieces_of(b"")) == []
    assert [len(piece) for piece in pieces_of(bytes(PIECE_BYTES + 1))] == [PIECE_BYTES, 1]
    words = np.arange(10, dtype=np.uint64)
    assert b"".join(pieces_of(words.data)) == words.tobytes()
