"""Deposits that fell in the job: that the proof holds, and that the amount is the one that the rules give."""

from __future__ import annotations

from dataclasses import asdict

from enigma.chain.audit.calls import arguments_of, signer_of
from enigma.chain.audit.constants import Constants
from enigma.chain.audit.findings import Section, counted, ether
from enigma.chain.audit.record import Record, Said
from enigma.chain.audit.register import Register
from enigma.chain.audit.seats import Terms, ever_sat, jobs_of, seats_at
from enigma.chain.jobs import Request
from enigma.chain.receipts import RECEIPT, Receipt

PARTS = 10_000
FELL_SILENT, LIED = 1, 2  # why a deposit fell, as Jobs keeps it


def check_penalties(record: Record, constants: Constants, terms: Terms, request: Request, section: Section) -> None:
    """Every contradiction and challenge of the job."""
    fallen: set[str] = set()
    waiting: dict[str, Said] = {}
    lied: set[str] = set()
    mine = [
        said
        for said in record.of("Jobs", "Challenged", "Answered", "Unanswered", "Contradicted")
        if int(said["job"]) == request.job
    ]
    for said in mine:
        node = str(said["node"])
        match said.name:
            case "Challenged":
                section.check(
                    node not in waiting and int(said["until"]) == said.time + constants.jobs.patience,
                    f"{node} was challenged to give a message within {constants.jobs.patience:,} seconds.",
                    f"{node} was challenged while it answered another, or given another time than the rules say.",
                    said,
                    message=bytes(said["message"]),
                )
                waiting[node] = said
            case "Answered":
                challenge = waiting.pop(node, None)
                section.check(
                    challenge is not None
                    and challenge["message"] == said["message"]
                    and said.time <= int(challenge["until"]),
                    f"{node} answered in time, and earned the bond.",
                    f"{node} earned the bond of a challenge that it did not answer in time.",
                    said,
                )
                section.unprovable("Whether what it answered is the message that was missing: it is sealed.", said)
            case "Unanswered":
                challenge = waiting.pop(node, None)
                section.check(
                    challenge is not None
                    and challenge["message"] == said["message"]
                    and said.time > int(challenge["until"]),
                    f"{node} did not answer in time.",
                    f"{node} fell for a challenge that there was not, or before its time had passed.",
                    said,
                )
                part = 0 if node in fallen else constants.jobs.silence
                fallen.add(node)
                _amount(record, constants, terms, said, node, part, fallen, section)
            case _:
                _contradiction(record, terms, request, said, node, section)
                if node in lied:
                    section.wrong(f"{node} paid twice for its lies in this job.", said)
                lied.add(node)
                fallen.add(node)
                _amount(record, constants, terms, said, node, constants.jobs.lie, fallen, section)
    for node, challenge in waiting.items():
        section.unprovable(f"What {node} will answer: its challenge is open.", challenge)
    _kept(record, terms, request, waiting, {node: LIED if node in lied else FELL_SILENT for node in fallen}, section)


def _kept(
    record: Record, terms: Terms, request: Request, waiting: dict[str, Said], fallen: dict[str, int], section: Section
) -> None:
    """What Jobs keeps of challenges and falls, of every node that ever had a seat."""
    jobs, head = jobs_of(record), record.head.number
    nodes = sorted(ever_sat(record, terms.contract, len(record.said)))
    asked = {node: int(jobs.read("challenges", request.job, node, at=head)[2]) for node in nodes}
    fell = {node: int(jobs.read("fallen", request.job, node, at=head)) for node in nodes}
    section.check(
        all(
            asked[node] == (int(waiting[node]["until"]) if node in waiting else 0) and fell[node] == fallen.get(node, 0)
            for node in nodes
        ),
        "Jobs keeps the same challenges and penalties of the seats as its events tell."
        if fallen or waiting
        else "Jobs keeps no penalty and no open challenge of this job, and its events tell of none.",
        "Jobs keeps other challenges or penalties of the seats than its events tell.",
        None,
        **{node: f"challenged until {asked[node]}, fallen {fell[node]}" for node in nodes},
    )


def _contradiction(record: Record, terms: Terms, request: Request, said: Said, node: str, section: Section) -> None:
    called = arguments_of(record, said, "contradiction")
    if called is None:
        section.unprovable(f"What {node} signed twice: another contract handed the proof in.", said)
        return
    a, b = Receipt(*called["a"]), Receipt(*called["b"])
    domain = jobs_of(record).domain()
    signers = {
        signer_of(domain, RECEIPT, asdict(a), bytes(called["signature_a"])),
        signer_of(domain, RECEIPT, asdict(b), bytes(called["signature_b"])),
    }
    common = [(each.contract, each.job, each.request, each.state_before, each.changes) for each in (a, b)]
    section.check(
        common[0] == common[1]
        and common[0][:3] == (request.contract, request.job, request.request)
        and (a.hashed(), b.hashed()) == (bytes(said["receipt"]), bytes(said["other"]))
        and a != b
        and signers == {node}
        and node in ever_sat(record, terms.contract, said.place),
        f"{node} signed two different receipts for this request in one state; both signatures are its own.",
        f"The two receipts prove no lie of {node}: they do not contradict each other, or are not signed by it.",
        said,
        receipt=bytes(said["receipt"]),
        other=bytes(said["other"]),
    )


def _amount(
    record: Record,
    constants: Constants,
    terms: Terms,
    said: Said,
    node: str,
    part: int,
    fallen: set[str],
    section: Section,
) -> None:
    """What fell, and to whom, by the rules: to the other seats that have not fallen in this job, in equal parts."""
    mine = [
        each
        for each in record.within(said)
        if each.place < said.place and each.controller == "Nodes" and each.name == "Forfeited" and each["node"] == node
    ]
    begun = mine[-1].place if mine else said.place
    register = Register(constants.nodes, record.said[:begun])
    deposit = register.nodes[node].deposit if node in register.nodes else 0
    loser = register.operator_of(node)
    others = [each for each in seats_at(record, terms.contract, said.place) if register.operator_of(each) != loser]
    honest = [each for each in others if each not in fallen] or others
    amount = deposit * part // PARTS
    amount = 0 if not honest or amount < len(honest) else amount - amount % len(honest)
    awarded = [
        (str(each["node"]), str(each["operator"]), int(each["amount"]))
        for each in record.within(said)
        if begun < each.place < said.place and each.controller == "Nodes" and each.name == "Awarded"
    ]
    due = [(each, register.operator_of(each), amount // len(honest)) for each in honest] if amount else []
    section.check(
        int(said["forfeited"]) == amount
        and awarded == due
        and [int(each["amount"]) for each in mine[-1:]] == ([amount] if amount else []),
        f"{ether(amount)} of its deposit of {ether(deposit)} fell, in equal parts to {counted(len(due), 'other seat')}."
        if amount
        else "Nothing of its deposit could fall.",
        f"{ether(int(said['forfeited']))} of its deposit fell; by the rules it is {ether(amount)}, others share it.",
        said,
        **{each: share for each, _, share in awarded},
    )
