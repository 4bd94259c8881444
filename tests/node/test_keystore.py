"""A node's keys under one password: they come back, and nothing that was altered, or that others may read, opens."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from enigma.errors import ArgumentProblem, EnigmaError, KeyProblem
from enigma.keys.account import Account
from enigma.node.keystore import create_keys, load_keys, read_address, read_password
from enigma.node.service import Keys

PASSWORD = "correct horse"
WORK = 2


def secrets_of(keys: Keys) -> tuple[bytes, ...]:
    return keys.account.private_bytes(), keys.tls.private_bytes(), keys.sealing.private_bytes(), keys.store


@pytest.fixture
def made(tmp_path: Path) -> Keys:
    return create_keys(tmp_path, PASSWORD, work=WORK)


def test_the_same_keys_come_back(made: Keys, tmp_path: Path) -> None:
    assert secrets_of(load_keys(tmp_path, PASSWORD)) == secrets_of(made)
    assert read_address(tmp_path) == made.account.address


def test_every_node_has_its_own(tmp_path: Path) -> None:
    one, other = (secrets_of(create_keys(tmp_path / name, PASSWORD, work=WORK)) for name in "ab")
    assert len({*one, *other}) == 8


def test_the_account_is_in_a_standard_keystore(made: Keys, tmp_path: Path) -> None:
    text = (tmp_path / "keys" / "account.json").read_text(encoding="utf-8")
    assert Account.from_keystore(text, PASSWORD) == made.account
    tree = json.loads(text)
    assert (tree["version"], tree["crypto"]["kdf"]) == (3, "scrypt")


def test_scrypt_has_its_full_work_where_nothing_else_is_said(tmp_path: Path) -> None:
    create_keys(tmp_path, PASSWORD)
    tree = json.loads((tmp_path / "keys" / "account.json").read_text(encoding="utf-8"))
    assert (tree["crypto"]["kdfparams"]["n"], tree["crypto"]["kdfparams"]["r"]) == (1 << 18, 8)


def test_a_keystore_that_a_wallet_wrote_in_another_form(made: Keys, tmp_path: Path) -> None:
    from eth_keyfile.keyfile import create_keyfile_json

    other = create_keyfile_json(made.account.private_bytes(), PASSWORD.encode(), kdf="pbkdf2", iterations=2)
    (tmp_path / "keys" / "account.json").write_text(json.dumps(other), encoding="utf-8")
    assert secrets_of(load_keys(tmp_path, PASSWORD)) == secrets_of(made)


def test_no_file_holds_a_key_or_is_open_to_others(made: Keys, tmp_path: Path) -> None:
    files = list((tmp_path / "keys").iterdir())
    assert {file.name for file in files} == {"account.json", "node.sealed", "tls.pem"}
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        content = file.read_bytes()
        for secret in (*secrets_of(made), PASSWORD.encode()):
            assert secret not in content
            assert secret.hex().encode() not in content.lower()


def test_the_tls_key_does_not_open_with_the_password(made: Keys, tmp_path: Path) -> None:
    """Its format derives keys too fast for a password: it has a random one."""
    pem = (tmp_path / "keys" / "tls.pem").read_bytes()
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    with pytest.raises(ValueError, match=r"(?i)password|decrypt"):
        load_pem_private_key(pem, PASSWORD.encode())


def test_a_wrong_password(made: Keys, tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="does not open"):
        load_keys(tmp_path, PASSWORD + "r")


@pytest.mark.parametrize("name", ["node.sealed", "tls.pem"])
def test_a_file_of_another_node(made: Keys, tmp_path: Path, name: str) -> None:
    create_keys(tmp_path / "other", PASSWORD, work=WORK)
    shutil.copy(tmp_path / "other" / "keys" / name, tmp_path / "keys" / name)
    with pytest.raises(KeyProblem, match="another node's"):
        load_keys(tmp_path, PASSWORD)


def test_every_byte_of_the_sealed_file_counts(made: Keys, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "node.sealed"
    whole = file.read_bytes()
    for position in range(len(whole)):
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(KeyProblem):
            load_keys(tmp_path, PASSWORD)
    for size in (0, 10, len(whole) - 1):
        file.write_bytes(whole[:size])
        with pytest.raises(KeyProblem):
            load_keys(tmp_path, PASSWORD)
    file.write_bytes(whole)
    assert secrets_of(load_keys(tmp_path, PASSWORD)) == secrets_of(made)


@pytest.mark.parametrize("name", ["account.json", "node.sealed", "tls.pem"])
def test_open_to_others_or_gone(made: Keys, tmp_path: Path, name: str) -> None:
    file = tmp_path / "keys" / name
    file.chmod(0o644)
    with pytest.raises(KeyProblem, match="read by others") as caught:
        load_keys(tmp_path, PASSWORD)
    assert f"chmod 600 {file}" in caught.value.hint
    file.unlink()
    with pytest.raises(KeyProblem):
        load_keys(tmp_path, PASSWORD)


def test_keys_are_never_replaced(made: Keys, tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="holds keys already"):
        create_keys(tmp_path, PASSWORD, work=WORK)
    assert secrets_of(load_keys(tmp_path, PASSWORD)) == secrets_of(made)


def test_a_short_password(tmp_path: Path) -> None:
    with pytest.raises(ArgumentProblem, match="at least 8"):
        create_keys(tmp_path, "seven77")
    assert not (tmp_path / "keys").exists()


def test_keys_do_not_print(made: Keys) -> None:
    shown = repr(made)
    assert made.account.address in shown
    for secret in secrets_of(made):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown


def test_a_password_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"correct horse\r\nanother line\n")
    file.chmod(0o600)
    assert read_password(file) == PASSWORD
    for mode in (0o604, 0o602, 0o606):
        file.chmod(mode)
        with pytest.raises(KeyProblem, match="read by others"):
            read_password(file)


@pytest.mark.skipif(os.geteuid() == 0, reason="root's files may be open to a group")
def test_a_password_file_that_is_open_to_a_group(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD, encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(KeyProblem, match="read by others"):
        read_password(file)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 5000])
def test_what_is_no_password(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(EnigmaError):
        read_password(file)
    with pytest.raises(KeyProblem):
        read_password(tmp_path / "none")
