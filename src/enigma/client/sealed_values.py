"""A value at its owner's and its readers' machines: encrypted before anything leaves, checked before it is opened.

    content key = HMAC-SHA-256(the account's secret, "key", identity, name, SHA-256 of the value)
    contents    = the chunks of a sealed stream (`enigma.keys.sealing`) under the content key, without a head
    label       = [content key, name, kind], sealed (HPKE) to each reader; the manifest has its SHA-256

The same value under the same name is the same ciphertext again, so what was interrupted goes on; another value has
another key. The label's hash says nothing, since a key is in it; and it binds the key, so no node can make a reader
open the ciphertext to something else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from enigma.errors import AccessRefused, ArgumentProblem, ProtocolError, WireError
from enigma.keys.sealing import CHUNK_BYTES, CONTENT_KEY_BYTES, SealingKey, open_chunks, seal, seal_chunk
from enigma.net.dht import Manifest, content_key
from enigma.net.dht.manifest import MOST_CONTENTS, SALT_BYTES
from enigma.wire import Tree, codec

MOST_NAME = 256
LIMIT = 1 << 17
_ABOUT, _SEAL, _SECRET = b"enigma/data/about/v1\0", b"enigma/data/seal/v1\0", b"enigma/data/secret/v1\0"


@dataclass(frozen=True, slots=True)
class Label:
    """What is said of a value, to its readers alone where it is encrypted. `text`: it is a text, in UTF-8."""

    name: str
    text: bool
    key: bytes = field(default=b"", repr=False)

    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode([self.key, self.name, self.text])


def label_from(octets: bytes) -> Label:
    """Raises WireError."""
    match codec.decode(octets, limit=LIMIT):
        case [bytes(key), str(name), bool(text)] if len(key) in (0, CONTENT_KEY_BYTES):
            return Label(name, text, key)
    raise WireError("this is no label of a value")


class OwnValue:
    """A value in its owner's hands, cut into contents; encrypted unless `public`. It does not print what it holds."""

    __slots__ = ("_octets", "label", "manifest")

    def __init__(self, owner: str, name: str, value: bytes | str, secret: bytes, *, public: bool) -> None:
        if not 0 < len(name) <= MOST_NAME:
            raise ArgumentProblem(f"a value's name has 1 to {MOST_NAME} characters")
        self._octets = value.encode() if isinstance(value, str) else bytes(value)
        if len(self._octets) > MOST_CONTENTS * CHUNK_BYTES:
            raise ArgumentProblem(
                f"a value of {len(self._octets):,} bytes is longer than the {MOST_CONTENTS * CHUNK_BYTES:,} allowed",
                hint="store it in several parts, each under its own name",
            )
        text = isinstance(value, str)
        digest = hashlib.sha256(self._octets).digest()
        about = codec.encode([bytes.fromhex(owner[2:]), name, text, public, digest])
        made = hmac.digest(secret, _SECRET + b"key" + about, "sha256")
        self.label = Label(name, text, b"" if public else made)
        salt = hmac.digest(secret, _SECRET + b"salt" + about, "sha256")[:SALT_BYTES]
        said = self.label.encoded() if public else _commitment(self.label)
        count = max(1, -(-len(self._octets) // CHUNK_BYTES))
        contents = [self._cut(number, count) for number in range(count)]
        self.manifest = Manifest(
            bytes.fromhex(owner[2:]), salt, public, sum(map(len, contents)), tuple(map(content_key, contents)), said
        )

    def content(self, index: int) -> bytes:
        """Content number `index`; the same bytes each time."""
        return self._cut(index, len(self.manifest.contents))

    def _cut(self, number: int, count: int) -> bytes:
        plain = memoryview(self._octets)[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        return (
            bytes(plain) if not self.label.key else seal_chunk(self.label.key, number, plain, last=number == count - 1)
        )

    def __repr__(self) -> str:
        return f"<a value of {len(self._octets)} bytes>"


def secret_of(sealing: SealingKey) -> bytes:
    """The secret from which an account's content keys are made; nothing else is."""
    return hmac.digest(sealing.private_bytes(), _SECRET + b"account", "sha256")


def sealed_labels(label: Label, reference: bytes, keys: Mapping[str, bytes]) -> bytes:
    """A label, sealed to the sealing keys of accounts."""
    octets = label.encoded()
    tree: Tree = [
        [account, seal(keys[spelled], octets, _context(reference, account))]
        for account, spelled in sorted((bytes.fromhex(each[2:]), each) for each in keys)
    ]
    return codec.encode(tree)


def opened_label(manifest: Manifest, reference: bytes, sealed: bytes, account: str, key: SealingKey) -> Label:
    """The label of a value, opened by one of its readers and held against the manifest.

    Raises AccessRefused where it is not sealed to this account, ProtocolError where it is not what its owner said.
    """
    if manifest.public:
        return label_from(manifest.about)
    own = bytes.fromhex(account[2:])
    tree: Any = codec.decode(sealed, limit=LIMIT)
    found = next((each[1] for each in tree if isinstance(each, list) and len(each) == 2 and each[0] == own), None)
    if not isinstance(found, bytes):
        raise AccessRefused(
            f"the key of {reference.hex()} is not sealed to {account}",
            hint="its owner seals it when it names the readers: network.restrict(reference, readers=[...])",
        )
    label = label_from(key.open(found, _context(reference, own)))
    if not label.key or not hmac.compare_digest(_commitment(label), manifest.about):
        raise ProtocolError(f"what was sealed is not the key of {reference.hex()} that its owner committed to")
    return label


def opened_value(label: Label, contents: list[bytes]) -> bytes | str:
    """The value, from its label and its contents, which were checked. Raises ProtocolError, WireError."""
    octets = b"".join(open_chunks(label.key, contents)) if label.key else b"".join(contents)
    try:
        return octets.decode() if label.text else octets
    except UnicodeDecodeError:
        raise WireError("a value says that it is a text, and is none in UTF-8") from None


def _commitment(label: Label) -> bytes:
    return hashlib.sha256(_ABOUT + label.encoded()).digest()


def _context(reference: bytes, account: bytes) -> bytes:
    return _SEAL + reference + account
