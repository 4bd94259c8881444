"""Who pays and signs on a chain: a secp256k1 key (SEC 2), an address, EIP-712 signatures, and a keystore on disk.

Signing is not constant-time: eth-account signs with plain Python where no native library is there. The nonce of a
signature follows RFC 6979, so it leaks no bits by chance; whoever can time this process in nanoseconds is on the
machine already, next to the key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enigma.errors import ArgumentProblem, KeyProblem, ProtocolError
from enigma.keys.typed_data import Types, signable

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141  # of secp256k1
SCRYPT_WORK = 1 << 18  # n of scrypt, as Ethereum's keystores have it: 256 MiB and about a second
KEYSTORE_LIMIT = 1 << 16  # bytes of a keystore file


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it goes to the chain: its bytes, its hash (0x...), and the nonce that it spends."""

    raw: bytes
    hash: str
    nonce: int


class Account:
    """One key of a chain. `repr` shows the address; the key leaves it only through `private_bytes` and a keystore."""

    __slots__ = ("_key", "address")

    def __init__(self, key: bytes) -> None:
        from eth_keys.datatypes import PrivateKey

        if len(key) != 32 or not 0 < int.from_bytes(key, "big") < _ORDER:
            raise ArgumentProblem("an account's key is 32 bytes, a number from 1 to the order of secp256k1 less 1")
        self._key = key
        self.address: str = PrivateKey(key).public_key.to_checksum_address()

    @classmethod
    def create(cls) -> Account:
        """A new account from the operating system's randomness."""
        while True:
            key = os.urandom(32)
            if 0 < int.from_bytes(key, "big") < _ORDER:
                return cls(key)

    @classmethod
    def from_key(cls, key: bytes | str) -> Account:
        """The account of a key: 32 bytes, or 64 hexadecimal digits with or without 0x. Raises ArgumentProblem."""
        if isinstance(key, bytes):
            return cls(key)
        try:
            return cls(bytes.fromhex(key.removeprefix("0x")))
        except ValueError:
            raise ArgumentProblem("an account's key is 64 hexadecimal digits") from None

    @classmethod
    def from_mnemonic(cls, words: str, index: int = 0) -> Account:
        """The account number `index` of a BIP-39 phrase, on Ethereum's path m/44'/60'/0'/0 (BIP-44)."""
        from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
        from eth_utils.exceptions import ValidationError

        if index < 0:
            raise ArgumentProblem(f"accounts of a phrase count from 0, not {index}")
        try:
            seed = seed_from_mnemonic(" ".join(words.split()), "")
        except ValidationError:
            raise KeyProblem("these words are no BIP-39 phrase", hint="check their spelling and order") from None
        return cls(bytes(key_from_seed(seed, f"m/44'/60'/0'/0/{index}")))

    @classmethod
    def from_keystore(cls, text: str, password: str) -> Account:
        """The account of a keystore (Web3 Secret Storage, version 3). Raises KeyProblem, also for a wrong password."""
        from eth_keyfile.keyfile import decode_keyfile_json

        try:
            keystore: Any = json.loads(text)
        except ValueError:
            keystore = None
        if not isinstance(keystore, dict):
            raise KeyProblem("this is no keystore: it is no JSON object", hint="take the file as the wallet wrote it")
        try:
            key = decode_keyfile_json(keystore, password.encode())
        except ValueError as error:
            if "MAC mismatch" in str(error):
                raise KeyProblem("the password does not open this keystore") from None
            raise KeyProblem(f"this keystore cannot be read: {error}") from None
        except (KeyError, TypeError, AttributeError, NotImplementedError) as error:
            raise KeyProblem(f"this is no keystore of version 3: {error!r}") from None
        account = cls(bytes(key))
        claimed = str(keystore.get("address", account.address)).lower().removeprefix("0x")
        if claimed != account.address[2:].lower():
            raise KeyProblem(f"this keystore says 0x{claimed}, and holds the key of {account.address}")
        return account

    @classmethod
    def load(cls, path: Path, password: str) -> Account:
        """The account of a keystore file. Raises KeyProblem."""
        try:
            with path.open("rb") as file:
                content = file.read(KEYSTORE_LIMIT + 1)
        except OSError as error:
            raise KeyProblem(f"{path}: {error.strerror}") from None
        if len(content) > KEYSTORE_LIMIT:
            raise KeyProblem(f"{path}: too large for a keystore")
        try:
            return cls.from_keystore(content.decode(), password)
        except UnicodeDecodeError:
            raise KeyProblem(f"{path}: a keystore is text") from None
        except KeyProblem as error:
            raise KeyProblem(f"{path}: {error.message}", hint=error.hint) from None

    def keystore(self, password: str, *, work: int = SCRYPT_WORK) -> str:
        """The key under a password: JSON (Web3 Secret Storage, version 3) with scrypt, n = `work`, r = 8, p = 1."""
        from eth_keyfile.keyfile import create_keyfile_json

        if not password:
            raise ArgumentProblem("a keystore needs a password")
        made = create_keyfile_json(self._key, password.encode(), kdf="scrypt", iterations=work)
        return json.dumps(made, indent=1) + "\n"

    def save(self, path: Path, password: str, *, work: int = SCRYPT_WORK) -> None:
        """Write a keystore that only this user may read. Never replaces a file: a key may be all there is of it."""
        text = self.keystore(password, work=work)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyProblem(f"{path} is there already", hint="choose another name, or move it away") from None
        with os.fdopen(place, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def private_bytes(self) -> bytes:
        """The 32 secret bytes. Whoever holds them is the account."""
        return self._key

    def sign_transaction(self, fields: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction given by its JSON-RPC names (`to`, `value`, `gas`, `nonce`, `chainId`, fees, `data`)."""
        from eth_account import Account as Signer

        signed = Signer.sign_transaction(dict(fields), self._key)
        return SignedTransaction(bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex(), int(fields["nonce"]))

    def sign_typed(self, domain: Mapping[str, Any], types: Types, message: Mapping[str, Any]) -> bytes:
        """Sign typed data (EIP-712): 65 bytes, r, s and v, with s in the lower half.

        `types` names every struct but the domain's, and exactly one that no other uses: the primary type. Raises
        ArgumentProblem where the message does not fit the types.
        """
        from eth_account import Account as Signer

        return bytes(Signer.sign_message(signable(domain, types, message), self._key).signature)

    def __repr__(self) -> str:
        return f"Account({self.address})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("an account is saved with a password, as a keystore")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Account) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)


def recover_typed(domain: Mapping[str, Any], types: Types, message: Mapping[str, Any], signature: bytes) -> str:
    """The address that signed this typed data (EIP-712).

    Of the two signatures that a key's holder, or anyone from one of them, can write for a message, only the one with s
    in the lower half and v of 27 or 28 is taken (EIP-2). Raises ProtocolError for any other, ArgumentProblem where the
    message does not fit the types.
    """
    from eth_account import Account as Signer
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != 65:
        raise ProtocolError(f"a signature has 65 bytes, not {len(signature)}")
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    if v not in {27, 28} or not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        raise ProtocolError("a signature that is not in its one allowed form (EIP-2: lower s, v of 27 or 28)")
    try:
        return str(Signer.recover_message(signable(domain, types, message), signature=signature))
    except (BadSignature, ValidationError):
        raise ProtocolError("a signature that belongs to no key") from None
