"""`enigma id list|share|grant|revoke|withdraw|publish` against a real chain: what is said, sent, and refused unsent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import last_line
from typer.testing import CliRunner, Result

from enigma.chain.committees import Fees
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.identities import EVERYBODY, Grant, Identities, Right, Use
from enigma.chain.ledger import SEALING
from enigma.chain.sending import Sender
from enigma.cli.app import app
from enigma.cli.identity_listing import keystores
from enigma.cli.identity_reading import address, member, until, words_of
from enigma.errors import ArgumentProblem
from enigma.keys.account import Account
from enigma.keys.sealing import SealingKey
from enigma.local.anvil import LocalChain

PASSWORD = "correct horse"
SOURCE = '''class Tally(Contract):
    """Counts."""

    count: public[int(0, 1000)] = 0

    @public
    def add(self, by: int(0, 10)):
        self.count += by
'''
OTHER, STRANGE = "0x" + "ab" * 20, "0x" + "cd" * 32


@dataclass(frozen=True)
class Office:
    """A chain with controllers and one published contract, and keystores of its accounts in a folder of the test's."""

    local: LocalChain
    controllers: Controllers
    file: Path
    folder: Path
    contract: bytes

    @property
    def connection(self) -> Connection:
        return self.local.connection

    @property
    def identities(self) -> Identities:
        return self.controllers.identities(self.connection, Sender(self.connection, self.local.accounts[0]))

    @property
    def id(self) -> str:
        return "0x" + self.contract.hex()

    def who(self, index: int) -> str:
        return self.local.accounts[index].address

    def keystore(self, account: Account) -> Path:
        path = self.folder / f"{account.address}.json"
        if not path.exists():
            account.save(path, PASSWORD, work=2)
        return path

    def run(self, command: str, *arguments: object, by: int | Account = 0, password: str = PASSWORD) -> Result:
        """A command that signs."""
        account = by if isinstance(by, Account) else self.local.accounts[by]
        usual = ("--url", self.local.url, "--deployment", self.file, "--keystore", self.keystore(account))
        words = ["id", command, *map(str, (*arguments, *usual))]
        return CliRunner().invoke(app, words, input=f"{password}\n")

    def refusal(self, status: int, command: str, *arguments: object, **options: Any) -> str:
        """Why a command is refused; that it sent nothing is checked."""
        head = self.connection.head().number
        result = self.run(command, *arguments, **options)
        assert result.exit_code == status, result.output
        assert result.stdout == ""
        assert self.connection.head().number == head
        return " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def whole_module_office(anvil: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with LocalChain(accounts=4) as local:
        sender = Sender(local.connection, local.accounts[0])
        made = Controllers.deploy(sender)
        folder = tmp_path_factory.mktemp("office")
        made.save(folder / "controllers.json")
        contract = made.committees(local.connection, sender).publish(
            hashlib.sha256(SOURCE.encode()).digest(), sender.address, seats=4, quorum=3, fees=Fees(1, 1, 1, 60)
        )
        yield Office(local, made, folder / "controllers.json", folder, contract)


@pytest.fixture
def office(whole_module_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The module's office with a folder of its own. What a test does on the chain is undone after it."""
    monkeypatch.setenv("COLUMNS", "160")
    whole = whole_module_office
    kept = whole.connection.ask("evm_snapshot")
    yield Office(whole.local, whole.controllers, whole.file, tmp_path, whole.contract)
    whole.connection.ask("evm_revert", kept)


# ---------------------------------------------------------------- list


def test_keystores_of_a_folder_by_what_they_say(tmp_path: Path) -> None:
    account = Account.create()
    account.save(tmp_path / "UTC--2026--me", "secret", work=2)
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "other.json").write_text('{"version": 3}')
    (tmp_path / "nobody.json").write_text('{"version": 3, "crypto": {}}')
    (tmp_path / "mad.json").write_text('{"version": 3, "crypto": {}, "address": "0x12"}')
    (tmp_path / "long.json").write_text(" " * 70_000)
    (tmp_path / "folder").mkdir()
    assert keystores(tmp_path) == {"UTC--2026--me": account.address}
    result = CliRunner().invoke(app, ["id", "list", str(tmp_path)])
    assert (result.exit_code, account.address in result.stdout, "holds" in result.stdout) == (0, True, False)
    told = last_line(CliRunner().invoke(app, ["id", "list", str(tmp_path), "--json"]).stdout)
    assert told["accounts"] == [{"file": "UTC--2026--me", "address": account.address}]
    empty = CliRunner().invoke(app, ["id", "list", str(tmp_path / "folder")])
    assert (empty.exit_code, "No keystore is in" in empty.stderr) == (0, True)
    missing = CliRunner().invoke(app, ["id", "list", str(tmp_path / "none")])
    assert (missing.exit_code, "name the folder" in missing.stderr) == (2, True)


@pytest.mark.processes
def test_the_list_says_what_accounts_hold_and_where_they_are_members(office: Office) -> None:
    alice, bob, carol = (office.who(index) for index in range(3))
    first = office.identities.create({alice: Right.EVERY, bob: Right.READ | Right.COMPUTE})
    second = office.identities.create({alice: Right.ADMIN, carol: Right.READ})
    office.identities.rotate(second, carol, bob)
    third = office.identities.create({alice: Right.ADMIN, bob: Right.READ}, nonce=1)
    office.identities.remove(third, bob)
    poor = Account.create()
    for account in (office.local.accounts[1], office.local.accounts[2], poor):
        office.keystore(account)
    usual = ("id", "list", str(office.folder), "--url", office.local.url, "--deployment", str(office.file))
    told = last_line(CliRunner().invoke(app, [*usual, "--json"]).stdout)["accounts"]
    found = {each["address"]: each for each in told}
    assert set(found) == {bob, carol, poor.address}
    assert {each["identity"]: each["rights"] for each in found[bob]["identities"]} == {
        first: ["read", "compute"], second: ["read"],
    }  # fmt: skip
    assert (found[carol]["identities"], found[poor.address]["identities"]) == ([], [])
    assert found[bob]["balance_wei"] == str(office.connection.balance(bob))
    assert found[poor.address]["balance_wei"] == "0"
    shown = CliRunner().invoke(app, list(usual)).stdout
    assert f"{bob} is in {first}: read, compute\n" in shown
    assert third not in shown


# ---------------------------------------------------------------- share


@pytest.mark.processes
def test_an_identity_is_shared(office: Office) -> None:
    alice, bob = office.who(0), office.who(1)
    members = ("--member", f"{alice}=every", "--member", f"{bob.lower()}=read,compute")
    result = office.run("share", *members)
    assert result.exit_code == 0, result.output
    shared = result.stdout.split()[0]
    assert office.identities.members(shared) == {alice: Right.EVERY, bob: Right.READ | Right.COMPUTE}
    assert f"  {bob}: read, compute\n" in result.stdout
    again = office.refusal(2, "share", *members)
    assert f"this identity is there already, whoever its members are by now: {shared}" in again
    assert "--nonce 1 makes another" in again
    told = last_line(office.run("share", *members, "--nonce", 1, "--json").stdout)
    assert told["identity"] != shared
    assert told["members"][bob] == ["read", "compute"]


@pytest.mark.processes
def test_what_cannot_be_shared_is_refused_unsent(office: Office) -> None:
    alice = office.who(0)
    for members, words in (
        ([alice], "write ADDRESS=RIGHTS"),
        ([f"{alice}=own"], "there is no right own"),
        ([f"{alice}="], "there is no right"),
        ([f"{alice}=read"], "no member has the right admin"),
        ([f"{alice}=admin", f"{alice.lower()}=read"], "named twice"),
        ([f"{alice[:-1]}=admin"], "is no address"),
        ([f"0x{alice[2:].swapcase()}=admin"], "its checksum is wrong"),
        ([f"{EVERYBODY}=admin"], "the zero address is nobody's"),
    ):
        arguments = [word for each in members for word in ("--member", each)]
        assert words in office.refusal(2, "share", *arguments)
    assert "it is a whole number from 0" in office.refusal(2, "share", "--member", f"{alice}=admin", "--nonce", -1)


# ---------------------------------------------------------------- grant, revoke, withdraw


@pytest.mark.processes
def test_a_grant_is_given_and_taken_back(office: Office) -> None:
    alice, bob = office.who(0), office.who(1)
    now = office.connection.head().timestamp
    result = office.run("grant", office.id, "--to", bob, "--until", "30d", "--uses", 5)
    assert result.exit_code == 0, result.output
    whole = Use(alice, office.contract, bob)
    assert office.identities.grant_of(whole) == Grant(now + 30 * 86_400, 5)
    assert f"{bob} may use the data of {alice} in every function of {office.id}, 5 times, until " in result.stdout
    signature = "add(int256)"
    told = last_line(
        office.run(
            "grant", office.id, "--to", "everybody", "--until", "2100-01-01", "--function", signature, "--json"
        ).stdout
    )
    assert (told["to"], told["owner"], told["uses"], told["until"]) == (None, alice, "1", 4_102_531_199)
    one = Use(alice, office.contract, EVERYBODY, bytes.fromhex(told["function"][2:]))
    assert office.identities.grant_of(one) == Grant(4_102_531_199, 1)

    missing = office.refusal(2, "revoke", office.id, "--to", bob, "--function", told["function"])
    assert "has granted" in missing
    assert "the same --to and --function" in missing
    result = office.run("revoke", office.id, "--to", "everybody", "--function", told["function"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Revoked: whoever the contract lets ask had a grant")
    assert office.identities.grant_of(one).uses == 0
    office.run("grant", office.id, "--to", bob, "--until", "30d", "--function", signature)
    result = office.run("revoke", office.id, "--to", bob, "--function", signature)
    assert "Another grant still allows the same" in result.stdout
    told = last_line(office.run("revoke", office.id, "--to", bob, "--json").stdout)
    assert (told["still_granted"], told["function"], told["to"]) == (False, None, bob)
    assert not office.identities.granted(whole)


@pytest.mark.processes
def test_a_function_is_named_by_the_published_file(office: Office, tmp_path: Path) -> None:
    bob, source = office.who(1), tmp_path / "tally.py"
    source.write_text(SOURCE)
    usual = ("grant", office.id, "--to", bob, "--until", "1h")
    result = office.run(*usual, "--function", "add", "--source", source, "--json")
    assert result.exit_code == 0, result.output
    by_signature = last_line(office.run(*usual, "--function", "add(int256)", "--json").stdout)
    assert last_line(result.stdout)["function"] == by_signature["function"]
    assert "has no function sub it has: " in office.refusal(2, *usual, "--function", "sub", "--source", source)
    assert "a name alone does not say which function" in office.refusal(2, *usual, "--function", "add")
    assert "stands for every function" in office.refusal(2, *usual, "--function", "0x00000000")
    source.write_text(SOURCE + "\n")
    assert "give the file that was published" in office.refusal(2, *usual, "--function", "add", "--source", source)
    source.write_bytes(b"\xff")
    assert "UTF-8" in office.refusal(2, *usual, "--function", "add", "--source", source)
    assert "No such file" in office.refusal(2, *usual, "--function", "add", "--source", tmp_path / "none.py")


@pytest.mark.processes
def test_an_administrator_acts_for_a_shared_identity_until_its_key_is_revoked(office: Office) -> None:
    alice, bob, new = (office.who(index) for index in range(3))
    shared = office.identities.create({alice: Right.ADMIN, bob: Right.ADMIN})
    usual = ("grant", office.id, "--to", OTHER, "--until", "12h", "--owner", shared)
    assert office.run(*usual, by=1).exit_code == 0
    assert office.identities.granted(Use(shared, office.contract, address(OTHER)))
    office.identities.rotate(shared, bob, new)
    told = office.refusal(2, *usual, by=1)
    assert f"{bob} has no ADMIN right in {shared}: it never had, or its key was revoked" in told
    assert "enigma id list" in told
    for command in (("revoke", office.id, "--to", OTHER), ("withdraw", office.id)):
        assert "its key was revoked" in office.refusal(2, *command, "--owner", shared, by=1)
    assert office.run("revoke", office.id, "--to", OTHER, "--owner", shared, by=2).exit_code == 0
    assert office.run("withdraw", office.id, "--owner", shared, by=2).exit_code == 0


@pytest.mark.processes
def test_data_are_withdrawn(office: Office) -> None:
    result = office.run("withdraw", office.id, by=1)
    assert result.exit_code == 0, result.output
    assert f"The data of {office.who(1)} are withdrawn from {office.id}" in result.stdout
    told = last_line(office.run("withdraw", office.id, "--json", by=1).stdout)
    log = ["chain", "log", "--url", office.local.url, "--deployment", str(office.file), "--json"]
    last = json.loads(CliRunner().invoke(app, log).stdout.splitlines()[-1])
    assert (last["event"], last["transaction"]) == ("Withdrawn", told["transaction"])
    assert last["arguments"] == {"owner": office.who(1), "contract_id": office.id, "by": office.who(1)}


@pytest.mark.processes
def test_what_cannot_be_granted_is_refused_unsent(office: Office, tmp_path: Path) -> None:
    bob = office.who(1)
    good: dict[str, object] = {"--to": bob, "--until": "1h"}

    def refusal(status: int = 2, contract: str = office.id, by: int | Account = 0, **changes: object) -> str:
        words = {**good, **{f"--{name}": value for name, value in changes.items()}}
        return office.refusal(status, "grant", contract, *(part for pair in words.items() for part in pair), by=by)

    assert "is no contract's id" in refusal(contract="0x12")
    assert "there is no contract" in refusal(contract=STRANGE)
    assert "enigma chain log shows it" in refusal(contract=STRANGE)
    assert "is no address" in refusal(to="everyone")
    assert "is no address" in refusal(owner="me")
    assert "grant at least one use" in refusal(uses=0)
    assert "has passed the chain's clock is at" in refusal(until="2001-01-01")
    assert "is no time" in refusal(until="soon")
    poor = refusal(3, by=Account.create())
    assert "too little for the transaction and its fee" in poor
    assert "send ether to 0x" in poor


@pytest.mark.processes
def test_another_network_or_none_is_said(office: Office, tmp_path: Path) -> None:
    keystore, elsewhere = office.keystore(office.local.accounts[0]), tmp_path / "elsewhere.json"
    Controllers(1, office.controllers.addresses, 0).save(elsewhere)
    commands = (
        ("grant", office.id, "--to", OTHER, "--until", "1h"), ("revoke", office.id, "--to", OTHER),
        ("withdraw", office.id), ("publish",), ("share", "--member", f"{OTHER}=admin"),
    )  # fmt: skip
    for command in commands:
        for url, file, words in (
            (office.local.url, elsewhere, "are on 1"),
            ("http://127.0.0.1:9", office.file, "no chain answers"),
        ):
            usual = ["--url", url, "--deployment", str(file), "--keystore", str(keystore)]
            result = CliRunner().invoke(app, ["id", *command, *usual], input=f"{PASSWORD}\n")
            assert (result.exit_code, words in result.stderr) == (3, True), result.output
    wrong = office.refusal(2, "withdraw", office.id, password="wrong")
    assert "the password does not open this keystore nothing was sent" in wrong


# ---------------------------------------------------------------- publish


@pytest.mark.processes
def test_the_sealing_key_of_an_account_is_published_once(office: Office) -> None:
    account = office.local.accounts[1]
    result = office.run("publish", by=1)
    assert result.exit_code == 0, result.output
    key = SealingKey.from_account(account).public_bytes
    ledger = office.controllers.ledger(office.connection)
    assert ledger.get(account.address, SEALING) == key
    assert f"0x{key.hex()}" in result.stdout
    head = office.connection.head().number
    told = last_line(office.run("publish", "--json", by=1).stdout)
    assert told == {"address": account.address, "sealing_key": "0x" + key.hex(), "sent": False}
    assert office.connection.head().number == head
    told = last_line(office.run("publish", "--json", by=2).stdout)
    assert (told["sent"], told["block"]) == (True, head + 1)
    assert ledger.get(office.who(2), SEALING) != key
    assert bytes(17) not in SEALING


# ---------------------------------------------------------------- what people write


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("30d", 1_000 + 30 * 86_400),
        ("12h", 1_000 + 12 * 3600),
        ("5m", 1_300),
        ("1000", 1_000),
        ("1970-01-01", 86_399),
        ("1970-01-01T01:00Z", 3600),
        ("1970-01-01 01:00", 3600),
        ("1970-01-01T03:00+02:00", 3600),
        ("9999-12-31", 253_402_300_799),
    ],
)
def test_times(text: str, second: int) -> None:
    assert until(text, 1_000) == second


@pytest.mark.parametrize(
    "text",
    ["", "-1d", "1w", "999", "253402300800", "9" * 99, "1970-13-01", "\N{ARABIC-INDIC DIGIT ONE}d", "0001-01-01"],
)
def test_what_is_no_time_to_come(text: str) -> None:
    with pytest.raises(ArgumentProblem, match=r"is no time|has passed|too far"):
        until(text, 1_000)


def test_rights_are_read_as_they_are_written() -> None:
    for rights in (Right.ADMIN, Right.STORE | Right.READ, Right.EVERY, Right.EVERY & ~Right.ADMIN):
        assert member(f"{OTHER}={','.join(words_of(rights))}") == (address(OTHER), rights)
