"""What is said in a call: its head, the trees of request and answer, and errors of the far side.

    caller                                  the one called
       ------- HEAD, BODY ------------------>
       <------ ANSWER or REFUSAL -----------      form "plain"
       <------ PIECE ... END or REFUSAL ----      form "download"
       ------- PIECE ... END --------------->
       <------ ANSWER or REFUSAL -----------      form "upload"; may come before END, and ends the upload
       <------ PARTING ---------------------      in every form: the request was not read, and the connection ends

An error travels as the name of its class and its words, never as a traceback, and only where its words are meant for
strangers: errors about this machine's files, keys and accesses to the chain are reduced to their kind. At the other
end it becomes an error of that class again, or of the nearest that has only words; but an error of the network stays a
`NetworkError`: no peer can make another believe that a connection broke or a certificate was wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from enigma import errors
from enigma.errors import (
    ArgumentProblem,
    CallRefused,
    EnigmaError,
    NetworkError,
    PeerLost,
    PeerSilent,
    ProgramError,
    ProtocolError,
    SeatLost,
    SeatSilent,
    SourceProblem,
    WireError,
)
from enigma.wire.codec import Tree, decode, encode

LIMIT = 1 << 20
"""Bytes of an encoded request or answer, where nothing else is said for a method."""
HEAD_LIMIT = 256
REFUSAL_LIMIT = 16 * 1024
PIECE_BYTES = 256 * 1024
"""The most bytes in one piece of a stream."""
METHOD_LENGTH = 64
ID_BYTES = 16
FORMS = ("plain", "download", "upload")

_TOLD = (
    ArgumentProblem,
    CallRefused,
    PeerLost,
    PeerSilent,
    ProgramError,
    ProtocolError,
    SeatLost,
    SeatSilent,
    WireError,
)
"""Errors whose words are for the other side too."""
_WORDS = 4000
"""Characters of an error's message, and of its hint, that travel."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a call. `call`: 16 random bytes where the caller may repeat it, none where it never does."""

    method: str
    form: str
    call: bytes = b""

    def encoded(self) -> bytes:
        """The payload of its frame. Raises ArgumentProblem when the name of the method is too long."""
        if not _is_method(self.method):
            raise ArgumentProblem(f"a method has a name of 1 to {METHOD_LENGTH} plain characters, not {self.method!r}")
        return encode({"call": self.call, "form": self.form, "method": self.method})

    @classmethod
    def decoded(cls, payload: bytearray) -> Head:
        """The head in a frame's payload. Raises WireError."""
        match decode(payload, limit=HEAD_LIMIT):
            case {"call": bytes(call), "form": str(form), "method": str(method), **rest} if (
                not rest and form in FORMS and len(call) in (0, ID_BYTES) and _is_method(method)
            ):
                return cls(method, form, call)
            case _:
                raise WireError("the head of a call names a method, a form and a number; this one does not")


def encoded_within(tree: Tree, limit: int, what: str) -> bytes:
    """The canonical bytes of a tree. Raises ArgumentProblem when there are more than `limit`."""
    encoded = encode(tree)
    if len(encoded) > limit:
        raise ArgumentProblem(f"{what} has {len(encoded)} bytes; at most {limit} may be sent")
    return encoded


def limit_of(limits: Mapping[str, int], method: str) -> int:
    """Bytes allowed for a request or an answer of `method`."""
    return limits.get(method, LIMIT)


def pieces_of(buffer: bytes | bytearray | memoryview) -> Iterator[memoryview]:
    """The buffer in pieces that fit a frame; none for an empty one."""
    view = memoryview(buffer)
    view = view.cast("B") if view.nbytes else memoryview(b"")  # one with a zero in its shape cannot be cast
    for start in range(0, len(view), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]


def refusal(error: Exception) -> bytes:
    """The payload that tells a peer of `error`. An exception that nobody raised on purpose is only said to exist."""
    kind, message = "EnigmaError", "a defect of the node that was called"
    if isinstance(error, SourceProblem):  # without the name that the source's file has here
        kind, message = type(error).__name__, f"line {error.line}: {error.reason}"
    elif isinstance(error, _TOLD):
        kind, message = type(error).__name__, error.message
    elif isinstance(error, EnigmaError):
        kind = next(
            base.__name__ for base in type(error).__mro__ if EnigmaError in base.__bases__ or base is EnigmaError
        )
        message = f"the node that was called could not do it ({kind}); its own log says why"
    hint = error.hint if isinstance(error, (ArgumentProblem, CallRefused, ProgramError)) else ""
    return encode({"hint": _plain(hint), "kind": kind, "message": _plain(message)})


def raised(payload: bytearray, peer: str) -> EnigmaError:
    """The error that a peer's refusal tells of, ready to be raised. Raises WireError when it does not decode."""
    match decode(payload, limit=REFUSAL_LIMIT):
        case {"hint": str(hint), "kind": str(kind), "message": str(message), **rest} if not rest:
            return _class_of(kind)(f"node {peer} answered: {_plain(message)}", hint=_plain(hint))
        case _:
            raise WireError(f"node {peer} refused a call in words that do not decode")


def _class_of(kind: str) -> type[EnigmaError]:
    """The class of that name, or the nearest above it that is made of words alone."""
    named = getattr(errors, kind, None)
    if not (isinstance(named, type) and issubclass(named, EnigmaError)) or issubclass(named, NetworkError):
        return NetworkError
    words_only = next(base for base in named.__mro__ if "__init__" in vars(base) or base is EnigmaError)
    while words_only is not EnigmaError:
        named = named.__mro__[1]
        words_only = next(base for base in named.__mro__ if "__init__" in vars(base) or base is EnigmaError)
    return NetworkError if named is EnigmaError else named


def _is_method(name: str) -> bool:
    return 0 < len(name) <= METHOD_LENGTH and name.isascii() and name.isprintable()


def _plain(words: str) -> str:
    """Words of bounded length, without what a terminal would obey."""
    kept = "".join(character if character.isprintable() or character == "\n" else "?" for character in words[:_WORDS])
    return kept.encode("utf-8", "replace")[:_WORDS].decode("utf-8", "ignore")
