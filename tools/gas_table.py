"""Writes the tables of calls into docs/chain.md, between its markers: who may, what is logged, and the gas it took.

    .venv/bin/python tools/gas_table.py

Every call is made once on a fresh local chain, in an order in which each is allowed; gas is that of the receipt, events
those in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enigma.chain import answers
from enigma.chain.answers import Receipt
from enigma.chain.artifacts import load
from enigma.chain.coding import encode_call, event_topic, function_entry
from enigma.chain.committees import Fees
from enigma.chain.connection import Connection
from enigma.chain.controller import Controller
from enigma.chain.deployment import Controllers
from enigma.chain.identities import EVERYONE, MEMBERS, Identities, Predicate, Right, Use
from enigma.chain.leases import DAY, Leases
from enigma.chain.ledger import Ledger
from enigma.chain.nodes import Listing, Nodes
from enigma.chain.sending import Sender
from enigma.keys.account import Account
from enigma.local.anvil import LocalChain

DOCUMENT = Path(__file__).parents[1] / "docs" / "chain.md"
ETHER = 10**18
UNBONDING, EPOCH = 6000, 2000
TRANSACTION = 21_000  # gas that every transaction costs; calls by Jobs are part of one of its own
FAR = 2**40  # seconds: some other millennium

ANYBODY, OPERATOR, JOBS, DEPLOYER = "anybody", "the operator", "Jobs", "the deployer, once"
ADMIN, STORE = "a member with ADMIN", "a member with STORE"


@dataclass(frozen=True)
class Row:
    """One call: whose, how it is written, who may make it, the events it logs, and its gas."""

    controller: str
    call: str
    who: str
    events: tuple[str, ...]
    gas: int


class Meter:
    """Makes calls on a chain of its own and reads their receipts."""

    def __init__(self, local: LocalChain) -> None:
        self.connection: Connection = local.connection
        self.accounts = local.accounts
        self.senders = [Sender(local.connection, account) for account in local.accounts]
        # What a call costs can depend on the seconds since the one before; they are not to be this machine's.
        self.connection.ask("anvil_setBlockTimestampInterval", 1)

    def row(self, controller: Controller, call: str, who: str, receipt: Receipt, less: int = 0) -> Row:
        """What a receipt says about a call; `less` gas is not the call's."""
        names = {event_topic(entry): str(entry["name"]) for entry in controller.abi if entry["type"] == "event"}
        logged = dict.fromkeys(names[log.topics[0]] for log in receipt.logs if log.address == controller.address)
        return Row(controller.NAME, call, who, tuple(logged), receipt.gas_used - less)

    def deploy(self, name: str, *constants: Any) -> Receipt:
        """Put a controller on the chain."""
        artifact = load(name)
        return self.senders[0].create(artifact.abi, artifact.bytecode, *constants)

    def by_jobs(self, controller: Controller, function: str, *args: Any) -> Receipt:
        """A call from the address that is bound as Jobs, as part of a transaction of it."""
        jobs = controller.jobs()
        assert jobs is not None
        data = encode_call(function_entry(controller.abi, function, len(args)), args)
        self.connection.ask("anvil_setBalance", jobs, hex(ETHER))
        self.connection.ask("anvil_impersonateAccount", jobs)
        fields = {"from": jobs, "to": controller.address, "data": "0x" + data.hex(), "gas": hex(5_000_000)}
        sent = str(self.connection.ask("eth_sendTransaction", fields))
        self.connection.ask("evm_mine")  # where the chain has not done so by itself: afterwards its pool is empty
        return answers.receipt(self.connection.ask("eth_getTransactionReceipt", sent), sent)

    def pass_time(self, seconds: int) -> None:
        """One block, this much later."""
        self.connection.ask("evm_setNextBlockTimestamp", hex(self.connection.head().timestamp + seconds))
        self.connection.ask("evm_mine")


def measure() -> list[Row]:
    """Every call, once, on a fresh chain."""
    with LocalChain(accounts=5) as local:
        meter = Meter(local)
        made = meter.deploy("Identities")
        identities = Identities(meter.connection, str(made.contract), meter.senders[0])
        return [
            *_nodes(meter, identities.address),
            meter.row(identities, "deployment", "", made),
            *_identities(meter, identities),
            *_ledger(meter, identities),
            *_leases(meter),
        ]


def _nodes(meter: Meter, jobs: str) -> Iterator[Row]:
    made = meter.deploy("Nodes", ETHER, UNBONDING, EPOCH, 100)
    operators = [Nodes(meter.connection, str(made.contract), sender) for sender in meter.senders]
    nodes, keys = operators[0], [Account.create() for _ in range(4)]
    names = [key.address for key in keys]
    listing = Listing(bytes([1]) * 32, bytes([2]) * 32, "tls://node.example.org:4100", 4, 10**12)
    yield meter.row(nodes, "deployment(minimum, unbonding, epoch, reputation_cap)", "", made)
    yield meter.row(nodes, "bind(jobs)", DEPLOYER, nodes.bind(jobs))
    for index in (3, 2, 1):
        other = operators[index]
        other.register(names[index], listing, other.proof(keys[index], meter.senders[index].address), deposit=ETHER)
        other.log_in(names[index])
    registered = nodes.register(names[0], listing, nodes.proof(keys[0], meter.senders[0].address), deposit=ETHER)
    call = "register(signing, tls, hpke, endpoint, capacity, price, proof), with the deposit"
    yield meter.row(nodes, call, ANYBODY, registered)
    call = "describe(node, tls, hpke, endpoint, capacity, price)"
    yield meter.row(nodes, call, OPERATOR, nodes.describe(names[0], Listing(bytes(32), bytes(32), "x", 1, 2)))
    yield meter.row(nodes, "top_up(node), with the amount", OPERATOR, nodes.top_up(names[0], ETHER))
    yield meter.row(nodes, "log_in(node)", OPERATOR, nodes.log_in(names[0]))
    yield meter.row(nodes, "log_out(node)", OPERATOR, nodes.log_out(names[0]))
    for function, call in (("lock", "lock(nodes)"), ("credit_reputation", "credit_reputation(nodes)")):
        receipt = meter.by_jobs(nodes, function, names)
        yield meter.row(nodes, f"{call}: four nodes", JOBS, receipt, TRANSACTION)
    receipt = meter.by_jobs(nodes, "unlock", names)
    yield meter.row(nodes, "unlock(nodes): four nodes", JOBS, receipt, TRANSACTION)
    receipt = meter.by_jobs(nodes, "suspend", names[1], 1)
    yield meter.row(nodes, "suspend(node, until)", JOBS, receipt, TRANSACTION)
    receipt = meter.by_jobs(nodes, "forfeit", names[0], ETHER, names[1:])
    yield meter.row(nodes, "forfeit(node, amount, to): to three", JOBS, receipt, TRANSACTION)
    yield meter.row(nodes, "claim()", "whoever was awarded", operators[1].claim())
    yield meter.row(nodes, "begin_exit(node)", OPERATOR, nodes.begin_exit(names[0]))
    meter.pass_time(UNBONDING)
    yield meter.row(nodes, "withdraw(node)", OPERATOR, nodes.withdraw(names[0]))


def _identities(meter: Meter, identities: Identities) -> Iterator[Row]:
    me, *others = (account.address for account in meter.accounts)
    other = Identities(meter.connection, identities.address, meter.senders[1])
    rights = {me: Right.EVERY, others[0]: Right.READ, others[1]: Right.COMPUTE}
    shared, members = identities.address_of(rights), sorted(rights, key=lambda who: int(who, 16))
    receipt = identities.send("create", members, [int(rights[who]) for who in members], 0)
    yield meter.row(identities, "create(members, rights, nonce): three members", ANYBODY, receipt)
    calls: list[tuple[str, str, Callable[[], Receipt]]] = [
        ("add(identity, member, rights)", ADMIN, lambda: identities.add(shared, others[2], Right.READ)),
        ("change(identity, member, rights)", ADMIN, lambda: identities.change(shared, others[2], Right.ADMIN)),
        (
            "rotate(identity, old, new)",
            f"{ADMIN}, or the member itself",
            lambda: identities.rotate(shared, others[2], others[3]),
        ),
        (
            "remove(identity, member)",
            f"{ADMIN}, or the member itself",
            lambda: identities.remove(shared, others[3]),
        ),
    ]
    for call, who, act in calls:
        yield meter.row(identities, call, who, act())

    def stored(content: int, read: Predicate, compute: Predicate) -> Receipt:
        return identities.send("store", shared, bytes([content]) * 32, read.encoded(), compute.encoded())

    listed = Predicate(only=tuple(others[:3]), until=FAR, uses=10)
    call = "store(identity, content, read, compute)"
    receipt = stored(1, MEMBERS, MEMBERS)
    yield meter.row(identities, f"{call}: members only", STORE, receipt)
    reference = bytes.fromhex(receipt.logs[0].topics[2][2:])
    yield meter.row(identities, f"{call}: three others, until, at most", STORE, stored(2, MEMBERS, listed))
    receipt = identities.restrict(reference, EVERYONE, listed)
    yield meter.row(identities, "restrict(reference, read, compute)", ADMIN, receipt)
    yield meter.row(identities, "count_load(reference)", "who may read", other.count_load(reference))
    yield meter.row(identities, "count_compute(reference)", "who may compute", other.count_compute(reference))
    yield meter.row(identities, "erase(reference)", ADMIN, identities.erase(reference))
    use, owner = Use(me, bytes([7]) * 32, others[0]), meter.accounts[0]
    receipt = identities.grant(use, until=FAR, uses=5)
    yield meter.row(identities, "grant(owner, contract_id, function_id, who, until, uses)", ADMIN, receipt)
    yield meter.row(identities, "revoke(owner, contract_id, function_id, who)", ADMIN, identities.revoke(use))
    yield meter.row(identities, "withdraw(owner, contract_id)", ADMIN, identities.withdraw(me, use.contract))
    signature = identities.signed_grant(owner, use, until=FAR, uses=5, nonce=0, deadline=FAR)
    receipt = other.grant_signed(use, until=FAR, uses=5, signer=me, deadline=FAR, signature=signature)
    call = "grant_signed(owner, contract_id, function_id, who, until, uses, signer, deadline, signature)"
    brought = f"anybody, with the signature of {ADMIN}"
    yield meter.row(identities, call, brought, receipt)
    signature = identities.signed_revoke(owner, use, nonce=1, deadline=FAR)
    receipt = other.revoke_signed(use, signer=me, deadline=FAR, signature=signature)
    call = "revoke_signed(owner, contract_id, function_id, who, signer, deadline, signature)"
    yield meter.row(identities, call, brought, receipt)
    signature = identities.signed_withdraw(owner, me, use.contract, nonce=2, deadline=FAR)
    receipt = other.withdraw_signed(me, use.contract, signer=me, deadline=FAR, signature=signature)
    yield meter.row(identities, "withdraw_signed(owner, contract_id, signer, deadline, signature)", brought, receipt)
    yield meter.row(identities, "skip_nonce()", ANYBODY, other.skip_nonce())


def _ledger(meter: Meter, identities: Identities) -> Iterator[Row]:
    made, me = meter.deploy("Ledger", identities.address), meter.accounts[0].address
    ledger = Ledger(meter.connection, str(made.contract), meter.senders[0])
    shared = identities.create({me: Right.EVERY}, nonce=1)
    yield meter.row(ledger, "deployment(identities)", "", made)
    for size in (32, 1024, 4096):
        receipt = ledger.set(me, size.to_bytes(32, "big"), b"\xff" * size)
        yield meter.row(ledger, f"set(space, key, value): {size:,} bytes", "the space's address itself", receipt)
    receipt = ledger.set(shared, bytes(32), b"\xff" * 32)
    yield meter.row(ledger, "set(space, key, value): 32 bytes, shared identity", STORE, receipt)


def _leases(meter: Meter) -> Iterator[Row]:
    """Of a contract of four seats; the operator of the first is the owner and the reader too."""
    controllers = Controllers.deploy(meter.senders[0])
    me, keys = meter.accounts[0], [Account.create() for _ in range(4)]
    everywhere = [
        (controllers.nodes(meter.connection, sender), controllers.committees(meter.connection, sender), key)
        for sender, key in zip(meter.senders, keys, strict=False)
    ]
    publisher = everywhere[0][1]
    contract = publisher.publish(bytes(32), me.address, seats=4, quorum=3, fees=Fees(1, 1, 1, 60))
    for index, (nodes, _, key) in enumerate(everywhere):
        proof = nodes.proof(key, meter.accounts[index].address)
        nodes.register(key.address, Listing(bytes(32), bytes(32), "x", 1, 10**9), proof, deposit=ETHER)
    publisher.name(contract, [key.address for key in keys])
    for seat, (_, committees, _) in enumerate(everywhere):
        committees.accept(contract, seat)
    constants = (controllers.addresses["Nodes"], controllers.addresses["Committees"], 30 * DAY)
    made = meter.deploy("Leases", *constants)
    leases = Leases(meter.connection, str(made.contract), meter.senders[0])
    yield meter.row(leases, "deployment(nodes, committees, grace)", "", made)
    term, size, owner, seats = 40 * DAY, 1 << 30, "the owner", "the node or its operator"
    receipt = leases.top_up(me.address, ETHER)
    yield meter.row(leases, "top_up(account), with the amount", ANYBODY, receipt)
    receipt = leases.send("open", contract, bytes([5]) * 32, size, term, ETHER)
    yield meter.row(leases, "open(contract, content, size, term, most): four seats", ANYBODY, receipt)
    yield meter.row(leases, "limit(lease, most)", owner, leases.limit(1, ETHER // 2))
    meter.pass_time(term - DAY)
    yield meter.row(leases, "renew(lease): the first time", ANYBODY, leases.renew(1))
    meter.pass_time(term)
    yield meter.row(leases, "renew(lease): later", ANYBODY, leases.renew(1))
    meter.pass_time(DAY)
    yield meter.row(leases, "accrue(lease)", ANYBODY, leases.accrue(1))
    yield meter.row(leases, "collect(node)", OPERATOR, leases.collect(keys[0].address))
    until = meter.connection.head().timestamp + DAY
    receipt = leases.send("reserve", 1, 0, 10**12, 10**9, until)
    yield meter.row(leases, "reserve(lease, seat, amount, price, until)", ANYBODY, receipt)
    kept = leases.retrieval(1)
    assert kept is not None
    receipt = leases.redeem(1, 1 << 25, leases.served(me, kept, 1 << 25))
    yield meter.row(leases, "redeem(retrieval, size, signature)", "anybody, with the reader's signature", receipt)
    receipt = leases.finish(1)
    yield meter.row(leases, "finish(retrieval)", f"{seats}; after its time anybody", receipt)
    yield meter.row(leases, "decline(lease, seat)", seats, leases.decline(1, 0))
    yield meter.row(leases, "close(lease)", owner, leases.close(1))
    yield meter.row(leases, "withdraw(amount)", "whose account it is", leases.withdraw(1))


def table(controller: str, rows: list[Row]) -> str:
    """One controller's table in Markdown."""
    lines = ["| call | who may | events | gas |", "|---|---|---|---|"]
    for row in rows:
        if row.controller == controller:
            events = ", ".join(f"`{name}`" for name in row.events)
            call, _, how = row.call.partition(": ")
            call, comma, along = call.partition("), ")
            shown = f"`{call + comma[:1]}`{', ' + along if along else ''}{': ' + how if how else ''}"
            lines.append(f"| {shown} | {row.who} | {events} | {row.gas:,} |")
    return "\n".join(lines)


def written(document: str, rows: list[Row]) -> str:
    """The document with every table replaced that has markers in it."""
    for controller in dict.fromkeys(row.controller for row in rows):
        begin, end = f"<!-- {controller}:begin -->", f"<!-- {controller}:end -->"
        document = re.sub(f"{begin}.*?{end}", f"{begin}\n{table(controller, rows)}\n{end}", document, flags=re.DOTALL)
    return document


def main() -> None:
    """Measure, and write the document."""
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8"), measure()), encoding="utf-8")


if __name__ == "__main__":
    main()
