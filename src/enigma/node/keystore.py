"""A node's keys in its folder, under one password.

    keys/account.json   the signing account: a standard keystore (Web3 Secret Storage, version 3, scrypt)
    keys/node.sealed    sealing key, store key and the password of tls.pem: AES-256-GCM
    keys/tls.pem        the TLS key: PKCS #8, encrypted

The password is guessed against scrypt or not at all. So node.sealed is sealed under a key that follows from the
account's (HKDF-SHA256), and tls.pem, whose format has a weaker derivation, under 32 random bytes that node.sealed
keeps. The three are random, and none follows from another: whoever learns the account's key, but has not the files,
opens neither what was sealed to the node nor its store.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.errors import ArgumentProblem, KeyProblem, WireError
from enigma.keys.account import SCRYPT_WORK, Account
from enigma.keys.node import NodeKey
from enigma.keys.scrypt_keystore import opened
from enigma.keys.sealing import SealingKey
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.node.service import Keys

FOLDER = "keys"
SHORTEST = 8
"""Characters of a password."""

_ACCOUNT, _SEALED, _TLS = "account.json", "node.sealed", "tls.pem"
_MAGIC = b"enigma/node-keys/1\n"
_NONCE = 12
_LIMIT = 1 << 16
_SECRET = 32
_PASSWORD_LIMIT = 4096


def create_keys(folder: Path, password: str, *, work: int = SCRYPT_WORK) -> Keys:
    """New keys for the node of this folder. Never replaces any. `work`: scrypt's n. Raises KeyProblem."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from enigma.node.service import Keys

    if len(password) < SHORTEST:
        raise ArgumentProblem(
            f"a node's password has at least {SHORTEST} characters", hint="it may be long: it can stand in a file"
        )
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(place.iterdir()):
        raise KeyProblem(f"{place} holds keys already", hint="choose another folder: keys are never replaced")
    keys = Keys(Account.create(), NodeKey.generate(), SealingKey.generate(), os.urandom(_SECRET))
    phrase, nonce = os.urandom(_SECRET), os.urandom(_NONCE)
    content = codec.encode({"sealing": keys.sealing.private_bytes(), "store": keys.store, "tls": phrase})
    head = _MAGIC + nonce
    sealed = AESGCM(_wrapping(keys.account)).encrypt(nonce, content, _bound(head, keys.account))
    _write(place / _TLS, keys.tls.private_pem(phrase.hex().encode()))
    _write(place / _SEALED, head + sealed)
    keys.account.save(place / _ACCOUNT, password, work=work)  # last: a folder with an account is complete
    return keys


def load_keys(folder: Path, password: str) -> Keys:
    """The keys of a node's folder. Raises KeyProblem: a wrong password, damage, or files that others may read."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    place = folder / FOLDER
    if not (place / _ACCOUNT).is_file():
        raise KeyProblem(f"{place} holds no node's keys", hint="enigma node init makes them")
    account_text, sealed, pem = (_read(place / name) for name in (_ACCOUNT, _SEALED, _TLS))
    try:
        account = _account(account_text.decode("utf-8", "replace"), password)
    except KeyProblem as problem:
        raise KeyProblem(f"{place / _ACCOUNT}: {problem.message}", hint=problem.hint) from None
    head = sealed[: len(_MAGIC) + _NONCE]
    if not head.startswith(_MAGIC):
        raise KeyProblem(f"{place / _SEALED}: not a file of this version", hint="take it from your copy")
    try:
        content = AESGCM(_wrapping(account)).decrypt(head[len(_MAGIC) :], sealed[len(head) :], _bound(head, account))
        tree: Any = codec.decode(content, limit=_LIMIT)
        private: Any = load_pem_private_key(pem, tree["tls"].hex().encode())
        tls = NodeKey.from_private_bytes(private.private_bytes_raw())
        sealing, store = SealingKey.from_seed(tree["sealing"]), bytes(tree["store"])
    except (InvalidTag, WireError, KeyError, TypeError, ValueError, AttributeError):
        raise KeyProblem(
            f"{place}: {_SEALED} or {_TLS} was altered, or is another node's", hint="take both from your copy"
        ) from None
    from enigma.node.service import Keys

    return Keys(account, tls, sealing, store)


def _account(text: str, password: str) -> Account:
    """Ours in the quick way; one that a wallet wrote, in whatever form, in the usual one."""
    key = opened(text, password)
    return Account.from_keystore(text, password) if key is None else Account(key)


def read_address(folder: Path) -> str:
    """The node's name, the address of its account, without a password. Raises KeyProblem."""
    import json

    from eth_utils.address import to_checksum_address

    content = _read(folder / FOLDER / _ACCOUNT)
    try:
        return str(to_checksum_address(json.loads(content)["address"]))
    except (ValueError, KeyError, TypeError) as error:
        raise KeyProblem(f"{folder / FOLDER / _ACCOUNT}: no address stands in it: {error!r}") from None


def read_password(file: Path) -> str:
    """The password in a file: its first line. Raises KeyProblem where others than its owner may read it.

    A file of the system's own (root's) may be open to a group: so service managers hand out credentials.
    """
    try:
        with file.open("rb") as reading:
            status = os.fstat(reading.fileno())
            forbidden = 0o037 if status.st_uid == 0 else 0o077
            if stat.S_ISREG(status.st_mode) and status.st_mode & forbidden:
                raise KeyProblem(f"{file} can be read by others than its owner", hint=f"chmod 600 {file}")
            content = reading.read(_PASSWORD_LIMIT + 1)
    except OSError as error:
        raise KeyProblem(f"{file}: {error.strerror}", hint="--password-file names the file of a password") from None
    try:
        password = content.decode().partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise KeyProblem(f"{file}: a password is text") from None
    if not password or len(content) > _PASSWORD_LIMIT:
        raise KeyProblem(f"{file}: its first line is to be a password of at most {_PASSWORD_LIMIT:,} bytes")
    return password


def _wrapping(account: Account) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), _SECRET, None, b"enigma.node-keys.v1").derive(account.private_bytes())


def _bound(head: bytes, account: Account) -> bytes:
    return head + bytes.fromhex(account.address[2:])


def _write(path: Path, content: bytes) -> None:
    place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(place, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyProblem(f"{path} can be read by others than its owner", hint=f"chmod 600 {path}")
            content = file.read(_LIMIT + 1)
    except OSError as error:
        raise KeyProblem(f"{path}: {error.strerror}", hint="take it from your copy of the node's keys") from None
    if len(content) > _LIMIT:
        raise KeyProblem(f"{path}: too large for a key")
    return content
