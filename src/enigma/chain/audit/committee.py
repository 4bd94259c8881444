"""Who holds the job's contract, and how they came to: named and accepted, or drawn; and each move of a seat since."""

from __future__ import annotations

from enigma.chain.audit.calls import arguments_of, check_quorum, signer_of
from enigma.chain.audit.constants import Constants
from enigma.chain.audit.findings import Section, counted, ether
from enigma.chain.audit.record import Record, Said
from enigma.chain.audit.register import Register
from enigma.chain.audit.seats import Terms, jobs_of, seats_at
from enigma.chain.receipts import MOVE
from enigma.chain.sortition import DELAY, REACH, places, seed_of
from enigma.errors import ArgumentProblem


def check_committee(record: Record, constants: Constants, terms: Terms, section: Section) -> None:
    """The seating of a contract and all that changed it."""
    mine = [said for said in record.of("Committees", "Seated") if bytes(said["contract"]) == terms.contract]
    if len(mine) != 1:
        section.wrong(f"The committee was seated {len(mine)} times, not once.", terms.said)
        return
    seated = mine[0]
    drawn = [
        said
        for said in record.within(seated)
        if (said.controller, said.name) == ("Committees", "Drawn") and bytes(said["contract"]) == terms.contract
    ]
    nodes = tuple(str(node) for node in seated["nodes"])
    operators = [Register(constants.nodes, record.said[: seated.place]).operator_of(node) for node in nodes]
    section.check(
        len(nodes) == terms.size and all(operators) and len(set(operators)) == len(nodes),
        f"The {len(nodes)} seats were given to registered nodes of {len(nodes)} different operators.",
        "The seats are not one for each of so many registered nodes of different operators.",
        seated,
        **{f"seat {seat}": node for seat, node in enumerate(nodes)},
    )
    if drawn:
        _drawn(record, constants, terms, drawn[0], nodes, section)
    else:
        _named(record, terms, seated, nodes, section)
    _moves(record, terms, seated, section)
    committees = record.controllers.committees(record.connection)
    found = committees.seating(terms.contract, at=record.head.number).seats
    section.check(
        found == seats_at(record, terms.contract, len(record.said)),
        "Committees names the same seats today as its events do.",
        "Committees names other seats today than its events do.",
        None,
        **{f"seat {seat}": node for seat, node in enumerate(found)},
    )


def _named(record: Record, terms: Terms, seated: Said, nodes: tuple[str, ...], section: Section) -> None:
    named = [
        said
        for said in record.of("Committees", "Named")
        if bytes(said["contract"]) == terms.contract and said.place < seated.place
    ]
    accepted = {
        str(said["node"])
        for said in record.of("Committees", "Accepted")
        if bytes(said["contract"]) == terms.contract and said.place < seated.place
    }
    section.check(
        len(named) == 1 and tuple(named[0]["nodes"]) == nodes and accepted == set(nodes),
        "The committee was named by the publisher, and each of its nodes accepted.",
        "Not every node of the named committee accepted, or others were seated than were named.",
        seated,
        accepted=tuple(sorted(accepted)),
    )
    section.unprovable("Whether the publisher and the nodes that it named are independent of each other.", seated)


def _drawn(
    record: Record, constants: Constants, terms: Terms, drawn: Said, nodes: tuple[str, ...], section: Section
) -> None:
    mine = [
        said
        for said in record.of("Committees", "DrawRequested", "DrawAbandoned")
        if bytes(said["contract"]) == terms.contract and said.place < drawn.place
    ]
    asked = next((said for said in reversed(mine) if said.name == "DrawRequested"), None)
    if asked is None:
        section.wrong("A draw was finished that nobody requested.", drawn)
        return
    abandoned = sum(said.name == "DrawAbandoned" for said in mine)
    epoch, seed_block = int(asked["epoch"]), int(asked["seed_block"])
    fees = constants.draw_fee is None or int(asked["fee"]) == constants.draw_fee << min(abandoned, 32)
    section.check(
        epoch == asked.time // constants.nodes.epoch == int(drawn["epoch"])
        and seed_block == asked.event.block + DELAY
        and seed_block < drawn.event.block <= seed_block + REACH
        and drawn.time // constants.nodes.epoch <= epoch + 1
        and fees,
        f"The draw was fixed in block {asked.event.block}, {DELAY} blocks before its seed, for "
        f"{ether(int(asked['fee']))}; {counted(abandoned, 'draw')} had been abandoned before.",
        "Epoch, seed block, fee or time of the draw are not those that its request fixes.",
        asked,
        epoch=epoch,
        seed_block=seed_block,
    )
    block = record.header(seed_block)
    seed = seed_of(bytes.fromhex(block.hash[2:]), terms.contract)
    section.check(
        seed == bytes(drawn["seed"]),
        f"The seed is the hash of block {seed_block} and the contract's id.",
        f"The seed is not that of block {seed_block} and this contract.",
        drawn,
        seed=bytes(drawn["seed"]),
        block_hash=block.hash,
    )
    register = Register(constants.nodes, record.said[: drawn.place])
    weights = tuple(int(weight) for weight in drawn["weights"])
    section.check(
        register.weights(epoch) == weights,
        f"The weights are those of epoch {epoch}, computed again from every event of Nodes.",
        f"The weights are not those of epoch {epoch} that the events of Nodes give.",
        drawn,
        told=weights,
        computed=register.weights(epoch),
    )
    try:
        found = places(seed, register.weights(epoch), lambda p: register.operator_of(register.node_at(p)), terms.size)
    except ArgumentProblem as problem:
        section.wrong(f"Nothing can be drawn from these weights: {problem.message}.", drawn)
        return
    section.check(
        tuple(register.node_at(place) for place in found) == nodes,
        f"Drawn again from seed and weights, the {len(nodes)} seats fall to the same nodes.",
        "Drawn again from seed and weights, the seats fall to other nodes.",
        drawn,
        **{f"seat {seat}": register.node_at(place) for seat, place in enumerate(found)},
    )
    if record.head.timestamp // constants.nodes.epoch <= epoch + 1:
        committees = record.controllers.committees(record.connection)
        said = committees.drawn_by(seed, epoch, terms.size, at=record.head.number)
        section.check(
            said == nodes,
            "Committees draws the same nodes from this seed.",
            "Committees draws other nodes from this seed than it seated.",
            drawn,
        )
    section.unprovable(
        f"Whether whoever made block {seed_block} chose it among several, for the seed that it gives.", drawn
    )


def _moves(record: Record, terms: Terms, seated: Said, section: Section) -> None:
    moves = [
        said
        for said in record.of("Jobs", "Moved")
        if bytes(said["contract"]) == terms.contract and said.place > seated.place
    ]
    replaced = [said for said in record.of("Committees", "Replaced") if bytes(said["contract"]) == terms.contract]
    same = [int(said["seat"]) for said in moves] == [int(said["seat"]) for said in replaced]
    count = jobs_of(record).moves(terms.contract, at=record.head.number)
    if not section.check(
        same and count == len(moves),
        f"Since then, {counted(len(moves), 'move')} of seats." if moves else "No seat has moved since.",
        f"Jobs counts {count} moves of seats; its events tell {len(moves)}, those of Committees {len(replaced)}.",
    ):
        return
    for number, (moved, change) in enumerate(zip(moves, replaced, strict=True)):
        called = arguments_of(record, moved, "move")
        seat, node = int(moved["seat"]), str(change["node"])
        if called is None:
            section.unprovable(f"Who signed move {number + 1}: another contract handed it in.", moved)
            continue
        message = {
            "contract": terms.contract,
            "seat": seat,
            "node": node,
            "pieces": bytes(moved["pieces"]),
            "move": number,
        }
        domain, held = jobs_of(record).domain(), seats_at(record, terms.contract, change.place)
        check_quorum(
            section,
            f"The move of seat {seat} to {node}",
            moved,
            domain,
            MOVE,
            message,
            held,
            terms.quorum,
            int(called["seats"]),
            called["signed"],
        )
        section.check(
            signer_of(domain, MOVE, message, bytes(called["consent"])) == node,
            f"The new node of seat {seat} agreed to the move.",
            f"The new node of seat {seat} did not sign the move.",
            moved,
        )
