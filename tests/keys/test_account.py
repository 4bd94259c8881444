"""Accounts: keys that stay inside, and signatures that have one form."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_typed_data

from enigma.errors import ArgumentProblem, KeyProblem, ProtocolError
from enigma.keys.account import Account, recover_typed
from enigma.keys.typed_data import signable, wallet_form

KEY = bytes.fromhex("cd2a3d9f938e13cd947ec05abc7fe734df8dd826" + "00" * 12)
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141

# The example of EIP-712 itself: the key is keccak256("cow").
COW = "c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4"
DOMAIN = {
    "name": "Ether Mail",
    "version": "1",
    "chainId": 1,
    "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
}
TYPES = {
    "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
    "Mail": [
        {"name": "from", "type": "Person"},
        {"name": "to", "type": "Person"},
        {"name": "contents", "type": "string"},
    ],
}
MAIL: dict[str, Any] = {
    "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
    "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
    "contents": "Hello, Bob!",
}
SIGNED = bytes.fromhex(
    "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
    "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
    "1c"
)


class TestTypedData:
    def test_the_example_of_the_standard(self) -> None:
        cow = Account.from_key(COW)
        assert cow.address == "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"
        assert cow.sign_typed(DOMAIN, TYPES, MAIL) == SIGNED
        assert recover_typed(DOMAIN, TYPES, MAIL, SIGNED) == cow.address

    def test_what_a_wallet_is_asked_to_sign_is_the_same(self) -> None:
        asked = json.loads(json.dumps(wallet_form(DOMAIN, TYPES, MAIL)))
        assert (asked["primaryType"], asked["domain"]["chainId"]) == ("Mail", str(DOMAIN["chainId"]))
        assert [part["name"] for part in asked["types"]["EIP712Domain"]] == list(DOMAIN)
        assert encode_typed_data(full_message=asked) == signable(DOMAIN, TYPES, MAIL)
        types = {"It": [{"name": "bytes", "type": "bytes4"}, {"name": "many", "type": "uint256[]"}]}
        it = {"bytes": b"\x01\x02\x03\x04", "many": [0, 2**256 - 1]}
        asked = json.loads(json.dumps(wallet_form(DOMAIN, types, it)))
        assert asked["message"] == {"bytes": "0x01020304", "many": ["0", str(2**256 - 1)]}
        with pytest.raises(ArgumentProblem, match="Mail"):
            wallet_form(DOMAIN, TYPES, {})

    @pytest.mark.parametrize("field", ["name", "chainId", "verifyingContract"])
    def test_another_domain_is_another_signer(self, field: str) -> None:
        other = {**DOMAIN, field: {"name": "Mail", "chainId": 2, "verifyingContract": "0x" + "11" * 20}[field]}
        assert recover_typed(other, TYPES, MAIL, SIGNED) != Account.from_key(COW).address

    def test_the_second_form_of_a_signature(self) -> None:
        s = int.from_bytes(SIGNED[32:64], "big")
        flipped = SIGNED[:32] + (ORDER - s).to_bytes(32, "big") + bytes([SIGNED[64] ^ 7])
        with pytest.raises(ProtocolError, match="one allowed form"):
            recover_typed(DOMAIN, TYPES, MAIL, flipped)

    @pytest.mark.parametrize(
        "signature",
        [
            b"",
            SIGNED[:64],
            SIGNED + b"\0",
            SIGNED[:64] + b"\x00",
            SIGNED[:64] + b"\x1d",
            bytes(32) + SIGNED[32:],
            SIGNED[:32] + bytes(32) + SIGNED[64:],
            ORDER.to_bytes(32, "big") + SIGNED[32:],
        ],
    )
    def test_what_is_no_signature(self, signature: bytes) -> None:
        with pytest.raises(ProtocolError):
            recover_typed(DOMAIN, TYPES, MAIL, signature)

    def test_a_point_that_is_not_on_the_curve(self) -> None:
        refused = 0
        for r in range(1, 12):
            try:
                recover_typed(DOMAIN, TYPES, MAIL, r.to_bytes(32, "big") + SIGNED[32:])
            except ProtocolError:
                refused += 1
        assert refused  # about every second number is no point's

    @pytest.mark.parametrize(
        "message",
        [{}, {**MAIL, "to": "Bob"}, {**MAIL, "to": {"name": "Bob", "wallet": "0x12"}}, {**MAIL, "contents": 5}],
    )
    def test_a_message_of_another_shape(self, message: dict[str, Any]) -> None:
        with pytest.raises(ArgumentProblem, match="Mail"):
            Account.from_key(COW).sign_typed(DOMAIN, TYPES, message)

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("uint8", 256), ("uint8", -1), ("uint8", True), ("int8", 128), ("uint256", "5"), ("bytes4", b"123"),
            ("bytes", "12"), ("bytes", 5), ("address", 5), ("bool", 1), ("string", b"x"), ("uint8[2]", [1]),
            ("uint8[]", 1), ("bytes33", bytes(33)), ("uint7", 1), ("Nothing", {}),
        ],
    )  # fmt: skip
    def test_values_of_another_kind(self, kind: str, value: object) -> None:
        types = {"It": [{"name": "x", "type": kind}]}
        with pytest.raises(ArgumentProblem, match=r"It\.x"):
            Account.from_key(COW).sign_typed(DOMAIN, types, {"x": value})

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("uint8", 255), ("int8", -128), ("bytes4", b"1234"), ("bytes32", "0x" + "12" * 32), ("bytes", b""),
            ("uint8[2]", [1, 2]), ("bytes32[]", [bytes(32)]), ("bool", False), ("string", ""),
            ("uint8[][2]", [[1], []]),
        ],
    )  # fmt: skip
    def test_values_that_fit(self, kind: str, value: object) -> None:
        types = {"It": [{"name": "x", "type": kind}]}
        account = Account.from_key(COW)
        assert (
            recover_typed(DOMAIN, types, {"x": value}, account.sign_typed(DOMAIN, types, {"x": value}))
            == account.address
        )

    def test_domains_and_types_that_are_none(self) -> None:
        account = Account.from_key(COW)
        for domain in ({}, {"nmae": "x"}, {"name": 5}):
            with pytest.raises(ArgumentProblem, match="domain"):
                account.sign_typed(domain, TYPES, MAIL)
        with pytest.raises(ArgumentProblem, match="no other uses"):
            account.sign_typed(DOMAIN, {**TYPES, "More": []}, MAIL)


class TestKeys:
    def test_known_words(self) -> None:
        words = "test test test test test test test test test test test junk"
        assert Account.from_mnemonic(words).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        assert Account.from_mnemonic(words, 1).address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

    def test_words_that_are_none(self) -> None:
        with pytest.raises(KeyProblem, match="no BIP-39 phrase"):
            Account.from_mnemonic("twelve small words that are not on the list at all ever")
        with pytest.raises(ArgumentProblem, match="count from 0"):
            Account.from_mnemonic("x", -1)

    @pytest.mark.parametrize(
        "key", ["", "0x", "12", "zz" * 32, bytes(32), b"\xff" * 32, bytes(31), ORDER.to_bytes(32, "big")]
    )
    def test_what_is_no_key(self, key: str | bytes) -> None:
        with pytest.raises(ArgumentProblem, match="an account's key is"):
            Account.from_key(key)

    def test_a_key_does_not_show(self) -> None:
        account = Account.create()
        assert repr(account) == f"Account({account.address})" == str(account)
        assert account.private_bytes().hex() not in repr(vars(type(account))) + repr(account)
        with pytest.raises(TypeError, match="keystore"):
            pickle.dumps(account)
        with pytest.raises(TypeError):
            copy.copy(account)

    def test_accounts_are_their_addresses(self) -> None:
        account = Account.create()
        assert account == Account.from_key("0x" + account.private_bytes().hex())
        assert account != Account.create()
        assert len({account, Account.from_key(account.private_bytes())}) == 1

    def test_a_transaction(self) -> None:
        fields = {
            "chainId": 5, "nonce": 3, "to": "0x" + "11" * 20, "value": 1, "gas": 21_000, "type": 2,
            "maxFeePerGas": 9, "maxPriorityFeePerGas": 1, "data": "0x",
        }  # fmt: skip
        signed = Account.from_key(COW).sign_transaction(fields)
        assert (signed.raw[0], signed.nonce, len(signed.hash)) == (2, 3, 66)
        from eth_account import Account as Theirs

        assert Theirs.recover_transaction(signed.raw) == Account.from_key(COW).address


class TestKeystore:
    def test_there_and_back(self, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "key.json"
        account = Account.create()
        account.save(path, "pass word", work=2)
        assert path.stat().st_mode & 0o777 == 0o600
        assert account.private_bytes().hex() not in path.read_text()
        assert Account.load(path, "pass word") == account
        with pytest.raises(KeyProblem, match=r"key\.json: the password does not open"):
            Account.load(path, "password")

    def test_it_is_scrypt_and_costly_unless_said(self) -> None:
        made = json.loads(Account.create().keystore("x", work=4))
        assert (made["version"], made["crypto"]["kdf"], made["crypto"]["kdfparams"]["n"]) == (3, "scrypt", 4)
        assert made["crypto"]["kdfparams"]["r"] == 8
        from enigma.keys import account

        assert account.SCRYPT_WORK == 1 << 18

    def test_nothing_is_replaced(self, tmp_path: Path) -> None:
        path = tmp_path / "key.json"
        path.write_text("all there is of it")
        with pytest.raises(KeyProblem, match="is there already"):
            Account.create().save(path, "x", work=2)
        assert path.read_text() == "all there is of it"

    def test_no_password(self) -> None:
        with pytest.raises(ArgumentProblem, match="needs a password"):
            Account.create().keystore("")

    @pytest.mark.parametrize(
        "text",
        ["", "x", "{}", "[]", "5", '{"version": 3}', '{"version": 9, "crypto": {}}', '{"version": 3, "crypto": 5}'],
    )
    def test_what_is_no_keystore(self, text: str) -> None:
        with pytest.raises(KeyProblem):
            Account.from_keystore(text, "x")

    def test_a_keystore_that_names_another(self) -> None:
        made = json.loads(Account.create().keystore("x", work=2))
        made["address"] = "11" * 20
        with pytest.raises(KeyProblem, match="and holds the key of 0x"):
            Account.from_keystore(json.dumps(made), "x")

    def test_a_key_that_was_altered(self) -> None:
        made = json.loads(Account.create().keystore("x", work=2))
        made["crypto"]["ciphertext"] = "00" * 32
        with pytest.raises(KeyProblem, match="does not open"):
            Account.from_keystore(json.dumps(made), "x")

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(KeyProblem, match="No such file"):
            Account.load(tmp_path / "none", "x")
        (tmp_path / "binary").write_bytes(b"\xff\xfe")
        with pytest.raises(KeyProblem, match="is text"):
            Account.load(tmp_path / "binary", "x")
        (tmp_path / "large").write_bytes(b" " * (1 << 17))
        with pytest.raises(KeyProblem, match="too large"):
            Account.load(tmp_path / "large", "x")
