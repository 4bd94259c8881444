"""What a value is made of that nodes keep outside of the DHT: whose it is, its size, and the keys of its contents.

    manifest = canonical tree [1, owner, salt, public, size, contents' keys joined, about]
    hash     = SHA-256("enigma/data/manifest/v1" + 0 + manifest), salted: what the chain's reference is made of

The value is cut into contents of 1 MiB, encrypted ones with 16 bytes more each, the last one shorter; each is named by
its `content_key`. So whoever has the reference can check the manifest, and with it every content by itself.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from enigma.errors import ArgumentProblem, WireError
from enigma.net.dht.identity import ID_BYTES, Key, content_key
from enigma.wire.codec import Tree, decode, encode

OWNER_BYTES = 20
SALT_BYTES = 16
CONTENT_BYTES = 1 << 20
TAG_BYTES = 16
MOST_CONTENTS = 1 << 10
MOST_ABOUT = 1 << 10
MANIFEST_LIMIT = MOST_CONTENTS * ID_BYTES + MOST_ABOUT + 256
"""Bytes of an encoded manifest."""

_DOMAIN = b"enigma/data/manifest/v1\0"


@dataclass(frozen=True)
class Manifest:
    """`owner`: an identity of the chain. `size`: bytes of all contents. `about`: what its owner says of it.

    Where `public` is False, the contents are ciphertext and `about` is a commitment: nothing here says what is in them.
    Raises ArgumentProblem.
    """

    owner: bytes
    salt: bytes
    public: bool
    size: int
    contents: tuple[Key, ...]
    about: bytes

    def __post_init__(self) -> None:
        if len(self.owner) != OWNER_BYTES or len(self.salt) != SALT_BYTES or len(self.about) > MOST_ABOUT:
            raise ArgumentProblem("a manifest has an owner of 20 bytes, a salt of 16, and says at most 1024 about it")
        if any(len(key) != ID_BYTES for key in self.contents) or len(self.contents) > MOST_CONTENTS:
            raise ArgumentProblem(
                f"a value has at most {MOST_CONTENTS} contents of {CONTENT_BYTES} bytes",
                hint="store it in several parts, each under its own name",
            )
        if not self.contents or len(self.contents) != max(1, -(-self.size // self.span)) or self.size < 0:
            raise ArgumentProblem(f"{self.size} bytes are not {len(self.contents)} contents")

    @property
    def span(self) -> int:
        """Bytes of every content but the last."""
        return CONTENT_BYTES if self.public else CONTENT_BYTES + TAG_BYTES

    def length(self, index: int) -> int:
        """Bytes of one content."""
        return min(self.span, self.size - index * self.span)

    def fits(self, index: int, content: bytes) -> bool:
        """Whether these bytes are content number `index`."""
        right = 0 <= index < len(self.contents) and len(content) == self.length(index)
        return right and hmac.compare_digest(content_key(content), self.contents[index])

    @property
    def hash(self) -> bytes:
        """The salted hash from which the chain's reference is made."""
        return hashlib.sha256(_DOMAIN + self.encoded()).digest()

    def encoded(self) -> bytes:
        """The canonical bytes."""
        tree: Tree = [1, self.owner, self.salt, self.public, self.size, b"".join(self.contents), self.about]
        return encode(tree)


def manifest_from(octets: bytes) -> Manifest:
    """The manifest that `encoded` wrote. Raises WireError."""
    match decode(octets, limit=MANIFEST_LIMIT):
        case [1, bytes(owner), bytes(salt), bool(public), int(size), bytes(joined), bytes(about)]:
            if isinstance(size, bool) or len(joined) % ID_BYTES:
                raise WireError("a manifest has a size, and keys of 32 bytes")
            keys = tuple(joined[start : start + ID_BYTES] for start in range(0, len(joined), ID_BYTES))
            try:
                return Manifest(owner, salt, public, size, keys, about)
            except ArgumentProblem as problem:
                raise WireError(problem.message) from problem
    raise WireError("these bytes are no manifest")
