"""Keys that a set of seats draws together, by commit-then-reveal. Pure: no I/O, no randomness of its own.

Every member of a set of holders draws 32 bytes, commits to them, sees everyone's commitments, and only then opens. The
key depends on every contribution, so it is uniform as long as one member is honest; the commitment keeps the last to
speak from choosing it. A commitment names its seat and context, hence nobody can repeat another seat's as his own.

    commitment = SHA-256(domain, context, seat, contribution, salt)            every part length-prefixed
    key        = HKDF-SHA256(contributions in seat order, info = domain, job, epoch, committee, holders)

Sources: Blum 1981 (coin flipping); RFC 5869 (HKDF).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from enigma.errors import ArgumentProblem, ProtocolError

CONTRIBUTION_BYTES = 32
SALT_BYTES = 32
KEY_BYTES = 16

_COMMITMENT_DOMAIN = b"enigma.key-contribution.v1"
_KEY_DOMAIN = b"enigma.shared-key.v1"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One seat's 32 bytes to a shared key, and the 32-byte salt of its commitment; neither prints."""

    value: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != CONTRIBUTION_BYTES or len(self.salt) != SALT_BYTES:
            raise ProtocolError(
                f"a contribution to a shared key has {CONTRIBUTION_BYTES} bytes and a salt of {SALT_BYTES}, "
                f"not {len(self.value)} and {len(self.salt)}"
            )

    @classmethod
    def fresh(cls, random_bytes: Callable[[int], bytes]) -> Contribution:
        """A new contribution; `random_bytes(n)` gives n uniform bytes (`secrets.token_bytes` outside of tests)."""
        return cls(random_bytes(CONTRIBUTION_BYTES), random_bytes(SALT_BYTES))

    def commitment(self, *, context: bytes, seat: int) -> bytes:
        """The 32-byte commitment of `seat`; `context` names the job, epoch and set of holders."""
        parts = (_COMMITMENT_DOMAIN, context, _number(seat), self.value, self.salt)
        return hashlib.sha256(_joined(parts)).digest()


def check_opening(commitment: bytes, opening: Contribution, *, context: bytes, seat: int) -> None:
    """Check that `opening` is what `seat` committed to. Raises ProtocolError naming the seat."""
    if not hmac.compare_digest(commitment, opening.commitment(context=context, seat=seat)):
        raise ProtocolError(
            f"seat {seat} opened another contribution to a shared key than it committed to",
            hint="The seat or the channel to it is faulty or dishonest; start again without it.",
        )


def derive_key(
    contributions: Sequence[Contribution], *, job: bytes, epoch: int, committee: Sequence[bytes], holders: Sequence[int]
) -> bytes:
    """The 16-byte key of `holders`, from their contributions in seat order.

    `committee`: an identity per seat (a fingerprint), in seat order; `holders`: the seats that share it, ascending.
    Raises ArgumentProblem when the contributions do not match the holders, or the holders the committee.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    seats = list(holders)
    if not seats or seats != sorted(set(seats)) or seats[0] < 0 or seats[-1] >= len(committee):
        raise ArgumentProblem(f"holders are distinct seats below {len(committee)} in ascending order, not {seats}")
    if len(contributions) != len(seats):
        raise ArgumentProblem(f"{len(seats)} holders need {len(seats)} contributions, not {len(contributions)}")
    members = _joined([_number(len(committee)), *committee])
    info = _joined([_KEY_DOMAIN, job, _number(epoch), members, _joined([_number(seat) for seat in seats])])
    material = b"".join(contribution.value for contribution in contributions)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(material)


def _number(number: int) -> bytes:
    return number.to_bytes(8, "little")


def _joined(parts: Sequence[bytes]) -> bytes:
    """The parts, each behind its length (8 bytes, little endian): no two lists of parts give the same bytes."""
    return b"".join(piece for part in parts for piece in (len(part).to_bytes(8, "little"), part))
