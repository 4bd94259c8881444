"""A keystore of the one form that we write ourselves, opened without the library that also reads every other.

Web3 Secret Storage, version 3, with scrypt and AES-128-CTR. That library takes half a second to be imported, for
signatures that nothing here makes; a node that starts should not wait for it. scrypt runs without the interpreter's
lock, so that another thread gets on meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from enigma.errors import KeyProblem

MOST_MEMORY = 1 << 30
"""Bytes for scrypt: 128 n r, and some more. What a keystore asks for is not believed without a limit."""


def opened(text: str, password: str) -> bytes | None:
    """The 32 bytes that it holds; None where it is a keystore of another form. Raises KeyProblem: a wrong password."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR
    from eth_hash.auto import keccak

    found = _parts(text)
    if found is None:
        return None
    n, r, p, salt, nonce, ciphertext, mac = found
    try:
        key = hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=MOST_MEMORY, dklen=32)
    except ValueError as error:
        raise KeyProblem(f"this keystore cannot be read: {error}") from None
    if not hmac.compare_digest(keccak(key[16:] + ciphertext), mac):
        raise KeyProblem("the password does not open this keystore")
    cipher = Cipher(AES(key[:16]), CTR(nonce)).decryptor()
    return cipher.update(ciphertext) + cipher.finalize()


def _parts(text: str) -> tuple[int, int, int, bytes, bytes, bytes, bytes] | None:
    try:
        tree: Any = json.loads(text)
        crypto = tree["crypto"]
        if (tree["version"], crypto["kdf"], crypto["cipher"]) != (3, "scrypt", "aes-128-ctr"):
            return None
        told = crypto["kdfparams"]
        n, r, p, size = (int(told[name]) for name in ("n", "r", "p", "dklen"))
        salt, nonce, ciphertext, mac = (
            bytes.fromhex(each)
            for each in (told["salt"], crypto["cipherparams"]["iv"], crypto["ciphertext"], crypto["mac"])
        )
    except (ValueError, KeyError, TypeError):
        return None
    # RFC 7914, section 2: n is below 2^(16 r). Some keystores are not, and OpenSSL does not take them.
    allowed = r > 0 and p > 0 and n < 1 << (16 * min(r, 4)) and 128 * n * r * p < MOST_MEMORY
    fits = allowed and (size, len(nonce), len(ciphertext)) == (32, 16, 32)
    return (n, r, p, salt, nonce, ciphertext, mac) if fits else None
