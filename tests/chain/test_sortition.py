from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from tests.chain import seated
from tests.chain.conftest import Chain
from tests.chain.seated import DRAW_FEE, FEES, KEYS, MOST_GAS, NODE_TERMS, SOURCE, STRANGER, World
from tests.chain.standing import ETHER, attacker, registered, signer

from enigma.chain.committees import Committees, Fees, Phase
from enigma.chain.sortition import DELAY, REACH, Draw, check_draw, places, seed_of
from enigma.errors import ArgumentProblem, ChainRefused, ProtocolError

NODES = 6
DEPOSITS = tuple(ETHER * n for n in (1, 2, 3, 5, 8, 1))
SECOND_OF_FIRST = signer(3100)  # a second node of the first operator, the heaviest of all


def refused(reason: str) -> AbstractContextManager[object]:
    return pytest.raises(ChainRefused, match=reason)


def seeds(number: int, *, begin: int = 20260) -> Iterator[bytes]:
    source = random.Random(begin)
    for _ in range(number):
        yield source.randbytes(32)


# ---------------------------------------------------------------- the arithmetic


def chi_square(counts: list[int], expected: list[float]) -> float:
    return sum((count - want) ** 2 / want for count, want in zip(counts, expected, strict=True))


def test_100000_draws_match_the_weights() -> None:
    """First and second seats against their exact chances; two nodes of one operator never sit together.

    The bound is the 1 - 10^-6 quantile of chi-square with as many degrees of freedom as classes, less one. The seeds
    are fixed: the test gives one answer for ever.
    """
    weights, owner = [10, 0, 20, 30, 40, 50], ["a", "b", "c", "d", "e", "a"]
    number = 100_000
    drawn = Counter(tuple(places(seed, weights, owner.__getitem__, 2)) for seed in seeds(number))
    total = sum(weights)
    chances: dict[tuple[int, int], float] = {}
    for first, weight in enumerate(weights):
        others = {place: w for place, w in enumerate(weights) if owner[place] != owner[first] and w}
        for second, other in others.items():
            chances[first, second] = weight / total * other / sum(others.values())
    chances = {pair: chance for pair, chance in chances.items() if chance}
    assert set(drawn) == set(chances)
    statistic = chi_square([drawn[pair] for pair in chances], [number * chance for chance in chances.values()])
    assert len(chances) == 18
    assert statistic < 62.2, statistic  # 17 degrees of freedom
    firsts = Counter(pair[0] for pair in drawn.elements())
    heavy = [place for place, weight in enumerate(weights) if weight]
    statistic = chi_square([firsts[p] for p in heavy], [number * weights[p] / total for p in heavy])
    assert statistic < 33.4, statistic  # 4 degrees of freedom


def test_a_test_of_the_test_with_other_weights() -> None:
    """The same statistic finds weights that are off by a tenth: the test above can fail."""
    number = 100_000
    drawn = Counter(places(seed, [11, 20, 30], "abc".__getitem__, 1)[0] for seed in seeds(number))
    wrong = [number * weight / 60 for weight in (10, 20, 30)]
    assert chi_square([drawn[place] for place in range(3)], wrong) > 27.7


@pytest.mark.parametrize(
    ("weights", "owners", "seats", "expected"),
    [([0, 0, 1], "abc", 1, [2]), ([5], "a", 1, [0]), ([1, 2], "ab", 0, []), ([0, 7, 0, 0], "abcd", 1, [1])],
)
def test_the_edges_of_a_draw(weights: list[int], owners: str, seats: int, expected: list[int]) -> None:
    assert places(bytes(32), weights, owners.__getitem__, seats) == expected


@pytest.mark.parametrize(("weights", "owners"), [([], ""), ([0, 0], "ab"), ([1, 1], "aa"), ([1, 0], "ab")])
def test_too_few_operators_are_refused(weights: list[int], owners: str) -> None:
    with pytest.raises(ArgumentProblem, match="the committee has 2 seats"):
        places(bytes(32), weights, owners.__getitem__, 2)


def test_a_draw_that_was_altered_is_found() -> None:
    block_hash, contract = bytes([1]) * 32, bytes([2]) * 32
    seed = seed_of(block_hash, contract)
    weights = (1, 2, 3, 4)
    nodes = tuple(f"node {place}" for place in places(seed, weights, str, 2))
    honest = Draw(contract, 5, 9, seed, weights, nodes)

    def check(draw: Draw, *, said: bytes = block_hash, weighed: tuple[int, ...] = weights) -> None:
        check_draw(draw, block_hash=said, weights=weighed, node_at=lambda p: f"node {p}", operator_of=str)

    check(honest)
    with pytest.raises(ProtocolError, match="the draw gives"):
        check(replace(honest, nodes=tuple(reversed(nodes))))
    with pytest.raises(ProtocolError, match="not that of block 9"):
        check(honest, said=bytes(32))
    with pytest.raises(ProtocolError, match="not that of block 9"):
        check(replace(honest, contract=bytes(32)))
    with pytest.raises(ProtocolError, match="not those of epoch 5"):
        check(honest, weighed=(1, 2, 3, 5))


# ---------------------------------------------------------------- on the chain


@pytest.fixture(scope="module")
def prepared(whole_session_chain: Chain) -> Iterator[World]:
    kept = whole_session_chain.connection.ask("evm_snapshot")
    world = seated.bare(whole_session_chain)
    seated.join(world, NODES, deposits=DEPOSITS)
    first = world.nodes(1)
    registered(first, SECOND_OF_FIRST, 20 * ETHER)
    first.log_in(SECOND_OF_FIRST.address)
    whole_session_chain.pass_time(NODE_TERMS.epoch)
    yield seated.publish(world)
    whole_session_chain.connection.ask("evm_revert", kept)


@pytest.fixture
def world(prepared: World, chain: Chain) -> World:
    return prepared


def phase(world: World) -> Phase:
    published = world.committees().published(world.contract)
    assert published is not None
    return published.phase


def drawn(world: World) -> tuple[str, ...]:
    world.committees().request_draw(world.contract)
    world.chain.mine(DELAY + 1)
    world.committees(STRANGER).finish_draw(world.contract)
    return world.committees().seating(world.contract).seats


@pytest.mark.processes
def test_200_draws_of_the_controller_are_those_of_python(world: World) -> None:
    nodes, committees = world.nodes(), world.committees()
    epoch = nodes.epoch()
    weights, listed = nodes.weights(epoch), nodes.listed()
    assert len(weights) == NODES + 1
    operators = {address: nodes.read("info", address)[0] for address in listed}
    seen = set()
    for number, seed in enumerate(seeds(200)):
        seats = 2 + number % 5
        found = places(seed, weights, lambda place: str(operators[listed[place]]), seats)
        assert committees.drawn_by(seed, epoch, seats) == tuple(listed[place] for place in found)
        seen.add(tuple(found))
    assert len(seen) > 100


@pytest.mark.processes
def test_a_drawn_committee_can_be_computed_again_from_the_chain(world: World) -> None:
    nodes = drawn(world)
    committees = world.committees()
    draw = committees.check_drawn(world.nodes(), world.contract, first_block=0)
    assert draw.nodes == nodes
    published = committees.published(world.contract)
    assert published is not None
    assert (published.phase, published.drawn, published.source) == (Phase.SEATED, True, SOURCE)
    assert len({world.nodes().read("info", node)[0] for node in nodes}) == seated.SEATS
    assert all(world.nodes().read("info", node)[8] == 1 for node in nodes)  # locked
    share = DRAW_FEE // seated.SEATS
    assert [committees.earned(node) for node in nodes] == [share] * seated.SEATS
    place = next(i for i, key in enumerate(KEYS) if key.address in nodes)
    world.committees(place + 1).collect(KEYS[place].address)
    with refused("nothing to collect"):
        world.committees(place + 1).collect(KEYS[place].address)
    with refused("only the node's operator"):
        world.committees(STRANGER).collect(KEYS[place].address)
    for function in ("request_draw", "finish_draw"):
        with refused("has a committee|draws nothing"):
            getattr(world.committees(), function)(world.contract)


@pytest.mark.processes
def test_what_happens_after_the_request_moves_no_draw(world: World) -> None:
    """Whoever sees the seed can register, pay in and leave; the committee stays what it was going to be."""
    world.committees().request_draw(world.contract)
    world.chain.mine(DELAY + 1)
    drawing = world.committees().drawing(world.contract)
    block = world.chain.connection.block(drawing.seed_block)
    assert block is not None
    seed = seed_of(bytes.fromhex(block.hash[2:]), world.contract)
    foretold = world.committees().drawn_by(seed, drawing.epoch, seated.SEATS)
    late = world.nodes(7)
    registered(late, KEYS[6], 5000 * ETHER)
    late.log_in(KEYS[6].address)
    world.nodes(6).top_up(KEYS[5].address, 3000 * ETHER)
    for index in range(5):
        world.nodes(index + 1).begin_exit(KEYS[index].address)
    world.committees().finish_draw(world.contract)
    assert world.committees().seating(world.contract).seats == foretold


@pytest.mark.processes
def test_a_seed_is_not_known_when_a_draw_is_requested(world: World) -> None:
    world.committees().request_draw(world.contract)
    with refused("not known yet"):
        world.committees().finish_draw(world.contract)
    with refused("can still be finished"):
        world.committees().request_draw(world.contract)
    assert phase(world) is Phase.DRAWING
    assert world.committees().drawing(world.contract).seed_block > world.chain.connection.head().number


@pytest.mark.processes
def test_an_abandoned_draw_loses_its_fee_and_doubles_the_next(world: World) -> None:
    committees = world.committees()
    for number in range(3):
        assert committees.draw_fee(world.contract) == DRAW_FEE << number
        committees.request_draw(world.contract)
        if number == 2:
            break
        world.chain.mine(DELAY + REACH + 1)
        with refused("abandoned"):
            committees.finish_draw(world.contract)
        with refused("exactly the fee"):
            committees.send("request_draw", world.contract, value=DRAW_FEE << number)
    assert committees.drawing(world.contract).abandoned == 2
    assert committees.read("pot") == 3 * DRAW_FEE
    assert world.chain.connection.balance(committees.address) == 7 * DRAW_FEE
    world.chain.mine(DELAY + 1)
    committees.finish_draw(world.contract)
    nodes = committees.seating(world.contract).seats
    assert sum(committees.earned(node) for node in nodes) == 7 * DRAW_FEE  # the lost fees too
    assert committees.read("pot") == 0


@pytest.mark.processes
def test_a_draw_that_outlives_its_weights_is_abandoned(world: World) -> None:
    world.committees().request_draw(world.contract)
    world.chain.mine(DELAY + 1)
    world.chain.pass_time(2 * NODE_TERMS.epoch)
    with refused("abandoned"):
        world.committees().finish_draw(world.contract)


@pytest.mark.processes
def test_only_the_publisher_draws_and_pays_exactly(world: World) -> None:
    with refused("only the contract's publisher"):
        world.committees(STRANGER).send("request_draw", world.contract, value=DRAW_FEE)
    for value in (0, DRAW_FEE - 1, DRAW_FEE + 1):
        with refused("exactly the fee"):
            world.committees().send("request_draw", world.contract, value=value)
    large = seated.publish(world, seats=8, quorum=5)
    with refused("too few operators"):  # seven nodes, of six operators
        large.committees().request_draw(large.contract)


@pytest.mark.processes
def test_the_contracts_id_is_nobodys_choice(world: World) -> None:
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    publisher = world.chain.accounts[0].address
    again = seated.publish(world)
    for nonce, contract in enumerate((world.contract, again.contract)):
        parts = [world.chain.connection.chain_id, world.committees_at, publisher, nonce]
        assert contract == keccak(encode(["uint256", "address", "address", "uint256"], parts))


# ---------------------------------------------------------------- publishing and naming


@pytest.mark.processes
def test_a_contract_is_published_by_whom_its_public_half_names(world: World) -> None:
    half = seated.put_half(world)
    stranger = world.committees(STRANGER)
    with refused("only the public half's deployer"):
        stranger.publish(SOURCE, half, seats=4, quorum=3, fees=FEES)
    with refused("deploy the public half first"):
        stranger.publish(SOURCE, world.chain.accounts[3].address, seats=4, quorum=3, fees=FEES)
    with refused("belongs to a contract already"):
        world.committees().publish(SOURCE, world.half, seats=4, quorum=3, fees=FEES)
    own = world.chain.accounts[STRANGER].address  # no public half: its publisher asks
    contract = stranger.publish(SOURCE, own, seats=4, quorum=3, fees=FEES)
    assert stranger.contract_of(own) == contract
    assert stranger.contract_of(half) is None
    assert stranger.published(bytes(32)) is None


@pytest.mark.processes
@pytest.mark.parametrize(
    ("seats", "quorum", "fees", "reason"),
    [
        (1, 1, FEES, "2 to 16"),
        (17, 16, FEES, "2 to 16"),
        (4, 2, FEES, "more than half"),
        (4, 5, FEES, "more than half"),
        (4, 3, replace(FEES, round=2**96), "too high"),
        (4, 3, replace(FEES, term=29), "30 seconds"),
        (4, 3, replace(FEES, term=7 * 86_400 + 1), "7 days"),
    ],
)
def test_a_contract_that_cannot_work_is_not_published(
    world: World, seats: int, quorum: int, fees: Fees, reason: str
) -> None:
    with refused(reason):
        world.committees().publish(SOURCE, seated.put_half(world), seats=seats, quorum=quorum, fees=fees)


@pytest.mark.processes
def test_nobody_sits_on_a_named_committee_without_accepting(world: World) -> None:
    committees = world.committees()
    names = [key.address for key in KEYS[:4]]
    for bad, reason in (
        (names[:3], "one node for each seat"),
        ([*names[:3], names[0]], "two seats of one operator"),
        ([SECOND_OF_FIRST.address, *names[:3]], "two seats of one operator"),
        ([*names[:3], KEYS[7].address], "not registered"),
    ):
        with refused(reason):
            committees.name(world.contract, bad)
    with refused("only the contract's publisher"):
        world.committees(STRANGER).name(world.contract, names)
    assert phase(world) is Phase.PUBLISHED
    committees.name(world.contract, names)
    assert phase(world) is Phase.NAMED
    with refused("has a committee, or draws"):
        committees.name(world.contract, names)
    for seat in range(3):
        world.committees(seat + 1).accept(world.contract, seat)
    with refused("only the named node"):
        world.committees(STRANGER).accept(world.contract, 3)
    with refused("no such seat"):
        world.committees(4).accept(world.contract, 4)
    with refused("no committee"):
        committees.seating(world.contract)
    assert world.nodes().read("info", names[0])[8] == 0
    world.committees(4).accept(world.contract, 3)
    assert committees.seating(world.contract).seats == tuple(names)
    assert world.nodes().read("info", names[0])[8] == 1
    with refused("names nobody"):
        world.committees(4).accept(world.contract, 3)
    with pytest.raises(ProtocolError, match="was not drawn"):
        committees.check_drawn(world.nodes(), world.contract, first_block=0)


@pytest.mark.processes
def test_validated_work_of_a_drawn_committee_is_worth_reputation(world: World) -> None:
    """Each seat has its turn once in sixteen jobs; and the dearest of them, too, keeps to its gas."""
    nodes = drawn(world)
    seated.fund(world)
    signers = {key.address: key for key in (*KEYS, SECOND_OF_FIRST)}
    points = [0] * seated.SEATS
    gas = []
    for number in range(1, 17):
        if number == 7:  # all that was earned is taken out: the next job writes it from zero
            for place, key in enumerate(KEYS):
                if key.address in nodes:
                    world.jobs(place + 1).collect(key.address)
            if SECOND_OF_FIRST.address in nodes:
                world.jobs(1).collect(SECOND_OF_FIRST.address)
        commitments = [bytes([number]) * 32] * 16
        mined = world.chain.sender(seated.ASKER).send(
            world.half, attacker("Half").abi, "ask", seated.FUNCTION, seated.ARGUMENTS, commitments
        )
        [request] = world.jobs().requests_in(mined)
        receipt = world.answered(request, number)
        signed = {seat: receipt.sign(world.domain, signers[node]) for seat, node in enumerate(nodes)}
        gas.append(mined.gas_used + world.jobs().settle(receipt, signed).gas_used)
        if number in range(5, 5 + seated.SEATS):
            points[number - 5] += 1
        assert [world.nodes().read("info", node)[7] for node in nodes] == points
    assert points == [1] * seated.SEATS
    assert max(gas) <= MOST_GAS


@pytest.mark.processes
def test_a_named_committee_cannot_validate_itself_into_a_reputation(world: World) -> None:
    seated.seat(world)
    seated.fund(world)
    for number in range(1, 5):
        world.settled(number)
    assert [world.nodes().read("info", key.address)[7] for key in KEYS[:4]] == [0] * 4


@pytest.mark.processes
def test_a_reader_needs_no_account(world: World) -> None:
    reader = Committees(world.chain.connection, world.committees_at)
    assert reader.published(world.contract) is not None
