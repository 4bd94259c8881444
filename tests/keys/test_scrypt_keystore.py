"""Keystores of our own form, opened without the library that reads all of them: the two must agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from enigma.errors import KeyProblem
from enigma.keys.account import Account
from enigma.keys.scrypt_keystore import opened

WORK = 2
PASSWORD = "correct horse"


@pytest.fixture
def account() -> Account:
    return Account.create()


def test_it_agrees_with_the_library(account: Account) -> None:
    text = account.keystore(PASSWORD, work=WORK)
    assert opened(text, PASSWORD) == account.private_bytes()
    assert Account.from_keystore(text, PASSWORD) == account


def test_the_vector_of_the_specification() -> None:
    """Web3 Secret Storage Definition, test vector for scrypt: its n is too large for its r, and OpenSSL refuses it."""
    text = json.dumps(
        {
            "crypto": {
                "cipher": "aes-128-ctr",
                "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
                "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
                "kdf": "scrypt",
                "kdfparams": {
                    "dklen": 32, "n": 262144, "r": 1, "p": 8,
                    "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
                },
                "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
            },
            "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
            "version": 3,
        }
    )  # fmt: skip
    assert opened(text, "testpassword") is None
    key = Account.from_keystore(text, "testpassword").private_bytes()
    assert key.hex() == "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"


def test_a_wrong_password(account: Account) -> None:
    with pytest.raises(KeyProblem, match="does not open"):
        opened(account.keystore(PASSWORD, work=WORK), PASSWORD + " ")


@pytest.mark.parametrize("name", ["ciphertext", "mac"])
def test_what_was_altered(account: Account, name: str) -> None:
    tree = json.loads(account.keystore(PASSWORD, work=WORK))
    first = tree["crypto"][name][0]
    tree["crypto"][name] = ("1" if first == "0" else "0") + tree["crypto"][name][1:]
    with pytest.raises(KeyProblem, match="does not open"):
        opened(json.dumps(tree), PASSWORD)


@pytest.mark.parametrize(
    "change",
    [
        {"kdf": "pbkdf2"}, {"cipher": "aes-256-gcm"}, {"kdfparams": {}}, {"mac": "xy"}, {"ciphertext": "00"},
        {"kdfparams": {"dklen": 32, "n": 1 << 30, "r": 8, "p": 1, "salt": "00"}},
    ],
)  # fmt: skip
def test_another_form_is_left_to_others(account: Account, change: dict[str, Any]) -> None:
    tree = json.loads(account.keystore(PASSWORD, work=WORK))
    tree["crypto"] |= change
    assert opened(json.dumps(tree), PASSWORD) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"version": 3, "crypto": 1}'])
def test_what_is_no_keystore(text: str) -> None:
    assert opened(text, PASSWORD) is None


def test_parameters_that_scrypt_does_not_take(account: Account) -> None:
    tree = json.loads(account.keystore(PASSWORD, work=WORK))
    tree["crypto"]["kdfparams"]["n"] = 3
    with pytest.raises(KeyProblem, match="cannot be read"):
        opened(json.dumps(tree), PASSWORD)
