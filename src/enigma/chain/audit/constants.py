"""The constants of a network, read from the code at its controllers' addresses, which is compared with the shipped."""

from __future__ import annotations

from dataclasses import dataclass

from enigma.chain.artifacts import load
from enigma.chain.audit.findings import Section
from enigma.chain.audit.record import LOOKED_AT, Record
from enigma.chain.compiling import verify
from enigma.chain.jobs import Terms
from enigma.chain.nodes import Terms as NodeTerms


@dataclass(frozen=True, slots=True)
class Constants:
    """What was fixed at deployment. `draw_fee` in wei, None where the code at Committees is not known."""

    nodes: NodeTerms
    jobs: Terms
    draw_fee: int | None


def constants_of(record: Record, section: Section) -> Constants:
    """The constants, and findings on the code. Where the code is another, what it answers itself is taken."""
    connection, controllers = record.connection, record.controllers
    found: dict[str, dict[str, int | str]] = {}
    for name in LOOKED_AT:
        address = controllers.addresses[name]
        one = verify(load(name), address, connection.code(address))
        found[name] = {constant.rpartition(".")[2]: value for constant, value in one.constants.items()}
        if not one.holds:
            section.wrong(f"{name} is not the controller of this release: {one.problem}", address=address)
            continue
        strangers = {
            constant: value
            for constant, value in found[name].items()
            if constant.title() in controllers.addresses and value != controllers.addresses[constant.title()]
        }
        if strangers:
            section.wrong(f"{name} takes the word of a controller that is not of this deployment", None, **strangers)
    if not section.findings:
        section.proven("The code at each controller's address is that of this release.", None, **addresses_in(record))
    nodes, jobs, committees = (found[name] for name in ("Nodes", "Jobs", "Committees"))
    return Constants(
        NodeTerms(*(_whole(nodes, name) for name in ("MINIMUM", "UNBONDING", "EPOCH", "REPUTATION_CAP")))
        if nodes
        else controllers.nodes(connection).terms(),
        Terms(*(_whole(jobs, name) for name in ("MINIMUM", "PATIENCE", "IDLE", "BOND", "LIE", "SILENCE")))
        if jobs
        else controllers.jobs(connection).terms(),
        _whole(committees, "DRAW_FEE") if committees else None,
    )


def addresses_in(record: Record) -> dict[str, str]:
    """The controllers that concern a job, and their addresses."""
    return {name: record.controllers.addresses[name] for name in LOOKED_AT}


def _whole(constants: dict[str, int | str], name: str) -> int:
    return int(constants[name])
