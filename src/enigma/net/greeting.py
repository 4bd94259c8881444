"""The first words on a new connection between two seats, after TLS has checked both keys.

    dialler                            acceptor
       ------- TLS 1.3 handshake -------
       <------ greeting -----------------     only to a key of the committee
       ------- greeting ---------------->
       ======= payload =================>     only this way

The acceptor speaks first: when it refuses the dialler's certificate there is no unread byte on its side, so that its
reason (a TLS alert) reaches the dialler and is not swallowed by a reset of the connection. A greeting is a tree
{"peer": seat, "seat": seat, "session": bytes} behind its length (2 bytes, little endian): who speaks, to whom, and in
which session; connections of different sessions are never mixed.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from enigma.errors import CertificateProblem, WireError
from enigma.net.tls import refuses_certificate, shown_fingerprint
from enigma.wire import decode, encode

if TYPE_CHECKING:
    from enigma.net.tls_stream import TlsStream

LIMIT = 512


@dataclass(frozen=True, slots=True)
class Greeting:
    """Who speaks (`seat`), to whom (`peer`), and in which session."""

    seat: int
    peer: int
    session: bytes


class OtherSessionError(WireError):
    """The peer is in another session, perhaps one that is ending: worth another try."""


def dial(connection: TlsStream, expected: bytes, own: Greeting) -> None:
    """Handshake and greetings on the connecting side; `expected` is the peer's fingerprint.

    Raises CertificateProblem, naming the seats, when either side shows another key than agreed; WireError and OSError
    when something else than a seat answers.
    """
    try:
        connection.do_handshake()
        if shown_fingerprint(connection) != expected:
            raise _unknown_peer(own)
        theirs = _read(connection)
    except ssl.SSLCertVerificationError as error:
        raise _unknown_peer(own) from error
    except ssl.SSLError as error:
        if refuses_certificate(error):
            raise CertificateProblem(
                f"seat {own.peer} refused the certificate that this seat (seat {own.seat}) showed",
                hint=f"Give seat {own.peer} the current certificate of seat {own.seat}, or run the seat with the key "
                "that was agreed on.",
            ) from error
        raise
    _check(theirs, own)
    _write(connection, own)


def accept(connection: TlsStream, seat: int, seats: dict[bytes, int], session: bytes) -> int:
    """Handshake and greetings on the accepting side; `seats`: the committee's fingerprints. Gives the peer's seat.

    Raises CertificateProblem, WireError or OSError when the other end is not a seat of this committee.
    """
    connection.do_handshake()
    peer = seats.get(shown_fingerprint(connection))
    if peer is None:
        raise CertificateProblem("a peer showed a key that is none of the committee's")
    own = Greeting(seat, peer, session)
    _write(connection, own)
    _check(_read(connection), own)
    return peer


def _unknown_peer(own: Greeting) -> CertificateProblem:
    return CertificateProblem(
        f"seat {own.peer} showed another certificate than the one agreed on",
        hint=f"Ask the operator of seat {own.peer} for its current certificate and compare fingerprints; "
        "if they differ, somebody else answers at its address.",
    )


def _check(theirs: Greeting, own: Greeting) -> None:
    if (theirs.seat, theirs.peer) != (own.peer, own.seat):
        raise WireError(
            f"seat {own.peer} greeted seat {own.seat} as seat {theirs.seat} speaking to seat {theirs.peer}",
            hint="The seats were given different lists of the committee.",
        )
    if theirs.session != own.session:
        raise OtherSessionError(f"seat {own.peer} is in another session", hint="Let all seats start the same job.")


def _write(connection: TlsStream, greeting: Greeting) -> None:
    words = encode({"peer": greeting.peer, "seat": greeting.seat, "session": greeting.session})
    connection.sendall(len(words).to_bytes(2, "little") + words)


def _read(connection: TlsStream) -> Greeting:
    length = int.from_bytes(_take(connection, 2), "little")
    if length > LIMIT:
        raise WireError(f"a greeting announces {length} bytes where at most {LIMIT} may come")
    match decode(_take(connection, length), limit=LIMIT):
        case {"peer": int(peer), "seat": int(seat), "session": bytes(session), **rest} if (
            not rest and type(peer) is type(seat) is int  # True is 1 to Python, not on the wire
        ):
            return Greeting(seat, peer, session)
        case _:
            raise WireError("a greeting names a seat, a peer and a session; this one does not")


def _take(connection: TlsStream, size: int) -> bytes:
    taken = b""
    while len(taken) < size:
        piece = connection.recv(size - len(taken))
        if not piece:
            raise ConnectionResetError("the connection ended before its greeting did")
        taken += piece
    return taken
