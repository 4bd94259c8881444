"""What a receipt says of a job's result: a commitment that tells nothing, and that its opening proves.

Whoever may know a part of the result opens that part: the public result is known to all, a share of a sealed output to
the seat that made it and to its recipient, with a salt of 32 bytes. Hashes are SHA-256 of canonical trees
(docs/spec/encoding.md); each tree begins with the name of what it is, so no hash of one kind is one of another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enigma.errors import ArgumentProblem, FileProblem
from enigma.wire.codec import Tree, encode

NOTHING = bytes(32)
"""The commitment to a result in which nothing was revealed."""
SALT = 32  # bytes
LIMIT = 1 << 26  # bytes of a file with an opening

_RESULT, _SHARE, _CONTEXT = "enigma/result/v1", "enigma/share/v1", "enigma/share-context/v1"


def result_commitment(public: bytes, sealed: Sequence[Sequence[bytes]]) -> bytes:
    """The 32 bytes that a receipt carries as its result.

    `public` is what was revealed to everyone, in canonical bytes, none where nothing was. `sealed` has a list for each
    sealed output, with the commitment to each seat's share (`share_commitment`), in the order of the seats.
    """
    if not public and not sealed:
        return NOTHING
    if any(len(each) != 32 for output in sealed for each in output):
        raise ArgumentProblem("commitments to shares have 32 bytes each")
    tree: Tree = [_RESULT, public, [list(output) for output in sealed]]
    return hashlib.sha256(encode(tree)).digest()


def share_commitment(context: bytes, share: bytes, salt: bytes) -> bytes:
    """A seat's commitment to its share of one sealed output; `context` says which (`share_context`).

    The salt has 32 bytes, random, never used again: without it a small value would be found by trying.
    """
    if len(salt) != SALT:
        raise ArgumentProblem(f"a salt has {SALT} bytes, not {len(salt)}")
    return hashlib.sha256(encode([_SHARE, context, share, salt])).digest()


def share_context(request: bytes, output: int, seat: int) -> bytes:
    """Which share a commitment is to: of this request (its hash), this sealed output and seat, both counted from 0."""
    return encode([_CONTEXT, request, output, seat])


@dataclass(frozen=True, slots=True)
class Opening:
    """A result, as far as its holder knows it. `sealed` holds commitments; `opened` says which were opened by a share.

    Its shares are secret, and are not kept: only what they commit to.
    """

    public: bytes
    sealed: tuple[tuple[bytes, ...], ...]
    opened: frozenset[tuple[int, int]]  # output, seat

    @property
    def commitment(self) -> bytes:
        """What the receipt's result must be."""
        return result_commitment(self.public, self.sealed)

    def opens(self, result: bytes) -> bool:
        """Is this an opening of the result that a receipt carries?"""
        return hmac.compare_digest(self.commitment, result)

    @classmethod
    def load(cls, path: Path, request: bytes) -> Opening:
        """Read an opening of the job with this request hash. Raises FileProblem, without a byte of what is secret.

        JSON: {"version": 1, "public": "0x...", "sealed": [[{"share": "0x...", "salt": "0x..."} or {"commitment":
        "0x..."} for each seat] for each sealed output]}.
        """
        try:
            with path.open("rb") as file:
                content = file.read(LIMIT + 1)
        except OSError as error:
            raise FileProblem(str(path), str(error.strerror)) from None
        if len(content) > LIMIT:
            raise FileProblem(str(path), f"an opening has at most {LIMIT:,} bytes")
        try:
            fields: Any = json.loads(content)
        except (ValueError, RecursionError):
            raise FileProblem(str(path), "this is not JSON") from None
        if not isinstance(fields, dict) or set(fields) != {"version", "public", "sealed"} or fields["version"] != 1:
            raise FileProblem(str(path), "an opening of version 1 has version, public and sealed, and nothing else")
        if not isinstance(fields["sealed"], list) or not all(isinstance(each, list) for each in fields["sealed"]):
            raise FileProblem(str(path), "sealed is a list of outputs, each a list of seats")
        opened: set[tuple[int, int]] = set()
        sealed: list[tuple[bytes, ...]] = []
        for output, seats in enumerate(fields["sealed"]):
            commitments = []
            for seat, entry in enumerate(seats):
                where = f"output {output}, seat {seat}"
                names = set(entry) if isinstance(entry, dict) else set()
                if names == {"commitment"}:
                    commitments.append(_octets(path, entry["commitment"], where, 32))
                elif names == {"share", "salt"}:
                    share, salt = _octets(path, entry["share"], where), _octets(path, entry["salt"], where, SALT)
                    commitments.append(share_commitment(share_context(request, output, seat), share, salt))
                    opened.add((output, seat))
                else:
                    raise FileProblem(str(path), f"{where}: give share and salt, or a commitment")
            sealed.append(tuple(commitments))
        return cls(_octets(path, fields["public"], "public"), tuple(sealed), frozenset(opened))


def _octets(path: Path, text: Any, where: str, length: int | None = None) -> bytes:
    if isinstance(text, str) and text.startswith("0x"):
        try:
            found = bytes.fromhex(text[2:])
        except ValueError:
            found = None
        if found is not None and length in {None, len(found)}:
            return found
    raise FileProblem(str(path), f"{where}: write {f'{length} ' if length else ''}bytes as 0x and pairs of digits")
