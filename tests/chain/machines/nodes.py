"""Nodes against a plain model: after every step every wei and every weight is where the model says."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.chain.machines.bench import Bench
from tests.chain.standing import ETHER, LISTING, TERMS, Proxy, signer

from enigma.chain.nodes import Nodes, Status

KEYS = [signer(3000 + number) for number in range(4)]
WHO = st.integers(0, 2)
NODE = st.integers(0, len(KEYS) - 1)
DEPOSIT = st.sampled_from([TERMS.minimum, TERMS.minimum + 1, 3 * ETHER + 7, TERMS.minimum - 1])
AMOUNT = st.sampled_from([1, TERMS.minimum, 2 * ETHER + 3, 0])
PART = st.sampled_from(["half", "all", "one", "none", "more"])
RIGHTLY = st.sampled_from([True] * 7 + [False])  # most steps are made by who may make them
REGISTERED = (Status.LOGGED_OUT, Status.LOGGED_IN)
NOT_THERE = "no such node, or it has left"


@dataclass
class Model:
    """One node as the rules say."""

    status: Status = Status.UNKNOWN
    operator: int = -1
    deposit: int = 0
    reputation: int = 0
    locks: int = 0
    until: int = 0
    place: int = 0

    def weight(self) -> int:
        if self.status is not Status.LOGGED_IN or self.deposit < TERMS.minimum:
            return 0
        return self.deposit // 10**9 * (1 + self.reputation) // (1 + self.locks)


@dataclass
class World:
    """What a machine is made with: the bench, the controller, the stand-in for Jobs, the survey, and signed proofs."""

    bench: Bench
    nodes: Nodes
    jobs: Proxy
    survey: Proxy
    proofs: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for who in range(3):
            for node, key in enumerate(KEYS):
                self.proofs[who, node] = self.nodes.proof(key, self.bench.people[who])


class NodesMachine(RuleBasedStateMachine):
    """Three operators, four nodes, a Jobs that does what it likes, and time."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.bench = world, world.bench

    @initialize(operators=st.lists(WHO, min_size=3, max_size=3), online=st.booleans())
    def begin(self, operators: list[int], online: bool) -> None:
        self.time = self.bench.restart()
        self.models = [Model() for _ in KEYS]
        self.awards = [0, 0, 0]
        self.places: list[int | None] = []  # which node is there
        self.freed: list[int] = []
        self.changes: dict[int, list[tuple[int, int]]] = {}  # place -> (epoch of a change, weight from the next on)
        for node, who in enumerate(operators):
            self.register(who, node, 3 * ETHER + 7, True)
            if online:
                self.log_in(node, True)

    # ------------------------------------------------------------ how a step is made

    def try_it(self, who: int, refusal: str, function: str, *args: object, value: int = 0) -> bool:
        """Send what ought to go through; have refused what ought not to. Did it go through?"""
        person = self.bench.people[who]
        if refusal:
            found = self.bench.refusal(person, self.world.nodes, function, *args, value=value)
            assert refusal in found, f"{function}: {found or 'went through'}, and not {refusal}"
            return False
        self.bench.send(person, self.world.nodes, function, *args, value=value)
        self.time += 1
        return True

    def try_as_jobs(self, refusal: str, function: str, *args: object) -> bool:
        if refusal:
            found = self.bench.act_refusal(self.world.jobs, self.world.nodes, function, *args)
            assert refusal in found, f"{function}: {found or 'went through'}, and not {refusal}"
            return False
        self.bench.act(self.world.jobs, self.world.nodes, function, *args)
        self.time += 1
        return True

    def reweigh(self, node: int) -> None:
        model = self.models[node]
        self.changes.setdefault(model.place, []).append((self.time // TERMS.epoch, model.weight()))

    def settled(self, place: int, epoch: int) -> int:
        return next((weight for at, weight in reversed(self.changes.get(place, [])) if at < epoch), 0)

    def mover(self, node: int, rightly: bool) -> int:
        """The node's operator, or another person."""
        return (max(self.models[node].operator, 0) + (not rightly)) % 3

    def operated(self, who: int, node: int) -> str:
        """Why this person cannot move this node; empty where he can."""
        model = self.models[node]
        if model.operator != who:
            return "only the node's operator may do this"
        return "" if model.status in REGISTERED else "the node is leaving or has left"

    # ------------------------------------------------------------ operators

    @rule(who=WHO, node=NODE, amount=DEPOSIT, theirs=RIGHTLY)
    def register(self, who: int, node: int, amount: int, theirs: bool) -> None:
        model = self.models[node]
        refusal = ""
        if amount < TERMS.minimum:
            refusal = "deposit is below the minimum"
        elif model.status is not Status.UNKNOWN:
            refusal = "is registered, or has left"
        elif not theirs:
            refusal = "not the signer's"
        proof = self.world.proofs[who if theirs else (who + 1) % 3, node]
        parts = (LISTING.tls, LISTING.hpke, LISTING.endpoint, LISTING.capacity, LISTING.price)
        if self.try_it(who, refusal, "register", KEYS[node].address, *parts, proof, value=amount):
            place = self.freed.pop() if self.freed else len(self.places)
            self.places[place : place + 1] = [node]
            self.models[node] = Model(Status.LOGGED_OUT, who, amount, place=place)

    @rule(node=NODE, amount=AMOUNT, rightly=RIGHTLY)
    def top_up(self, node: int, amount: int, rightly: bool) -> None:
        who = self.mover(node, rightly)
        refusal = self.operated(who, node) or ("" if amount else "send the amount to add")
        if self.try_it(who, refusal, "top_up", KEYS[node].address, value=amount):
            self.models[node].deposit += amount
            self.reweigh(node)

    @rule(node=NODE, rightly=RIGHTLY)
    def log_in(self, node: int, rightly: bool) -> None:
        who = self.mover(node, rightly)
        model, refusal = self.models[node], self.operated(who, node)
        if not refusal and model.status is Status.LOGGED_IN:
            refusal = "logged in already"
        elif not refusal and model.until > self.time + 1:
            refusal = "suspended"
        elif not refusal and model.deposit < TERMS.minimum:
            refusal = "top it up"
        if not refusal and model.until > self.time:
            return  # a call is answered as of the newest block, a transaction one second later
        if self.try_it(who, refusal, "log_in", KEYS[node].address):
            model.status = Status.LOGGED_IN
            self.reweigh(node)

    @rule(node=NODE, rightly=RIGHTLY)
    def log_out(self, node: int, rightly: bool) -> None:
        who = self.mover(node, rightly)
        model, refusal = self.models[node], self.operated(who, node)
        if not refusal and model.status is not Status.LOGGED_IN:
            refusal = "not logged in"
        if self.try_it(who, refusal, "log_out", KEYS[node].address):
            model.status = Status.LOGGED_OUT
            self.reweigh(node)

    @rule(node=NODE, rightly=RIGHTLY)
    def begin_exit(self, node: int, rightly: bool) -> None:
        who = self.mover(node, rightly)
        if self.try_it(who, self.operated(who, node), "begin_exit", KEYS[node].address):
            model = self.models[node]
            model.status, model.until = Status.LEAVING, self.time + TERMS.unbonding
            self.reweigh(node)

    @rule(node=NODE, rightly=RIGHTLY, manner=st.sampled_from(["wholly", "patiently", "now"]))
    def withdraw(self, node: int, rightly: bool, manner: str) -> None:
        model, who, refusal = self.models[node], self.mover(node, rightly), ""
        if manner == "wholly" and model.status in REGISTERED:
            self.begin_exit(node, True)
        if manner != "now" and model.status is Status.LEAVING and self.time < model.until:
            self.pass_time(model.until - self.time)
        if model.operator != who:
            refusal = "only the node's operator"
        elif model.status is not Status.LEAVING:
            refusal = "call begin_exit first"
        elif self.time + 1 < model.until:
            refusal = "unbonding time has not passed"
        elif model.locks:
            refusal = "committees still count on this node"
        if model.until == self.time + 1:
            return  # a call is answered as of the newest block, a transaction one second later
        if self.try_it(who, refusal, "withdraw", KEYS[node].address):
            model.status, model.deposit = Status.LEFT, 0
            self.places[model.place] = None
            self.freed.append(model.place)

    @rule(who=WHO, rightly=RIGHTLY)
    def claim(self, who: int, rightly: bool) -> None:
        if rightly:
            who = next((each for each in range(3) if self.awards[each]), who)
        if self.try_it(who, "" if self.awards[who] else "nothing to claim", "claim"):
            self.awards[who] = 0

    # ------------------------------------------------------------ Jobs, and time

    @rule(nodes=st.lists(NODE, max_size=3))
    def lock(self, nodes: list[int]) -> None:
        there = all(self.models[node].status not in {Status.UNKNOWN, Status.LEFT} for node in nodes)
        if self.try_as_jobs("" if there else NOT_THERE, "lock", [KEYS[node].address for node in nodes]):
            for node in nodes:
                self.models[node].locks += 1
                self.reweigh(node)

    @rule(node=NODE, rightly=RIGHTLY)
    def unlock(self, node: int, rightly: bool) -> None:
        if rightly:
            node = next((each for each, model in enumerate(self.models) if model.locks), node)
        locked = self.models[node].locks > 0
        if self.try_as_jobs("" if locked else "not locked", "unlock", [KEYS[node].address]):
            self.models[node].locks -= 1
            self.reweigh(node)

    @rule(nodes=st.lists(NODE, max_size=4))
    def credit_reputation(self, nodes: list[int]) -> None:
        self.try_as_jobs("", "credit_reputation", [KEYS[node].address for node in nodes])
        for node in nodes:
            model = self.models[node]
            if model.status in REGISTERED and model.reputation < TERMS.reputation_cap:
                model.reputation += 1
                self.reweigh(node)

    @rule(node=NODE, seconds=st.integers(0, TERMS.unbonding + 2))
    def suspend(self, node: int, seconds: int) -> None:
        until, model = self.time + seconds, self.models[node]
        refusal = "at most as long" if seconds > TERMS.unbonding + 1 else ""  # it arrives a second later
        if self.try_as_jobs(refusal, "suspend", KEYS[node].address, until) and model.status in REGISTERED:
            model.status, model.until = Status.LOGGED_OUT, max(model.until, until)
            self.reweigh(node)

    @rule(node=NODE, part=PART, to=st.lists(NODE, max_size=3), rightly=RIGHTLY)
    def forfeit(self, node: int, part: str, to: list[int], rightly: bool) -> None:
        model, refusal = self.models[node], ""
        whole = model.deposit
        amount = {"half": whole // 2, "all": whole, "one": 1, "none": 0, "more": whole + 1}[part]
        if rightly:
            to = [each for each in to or range(4) if self.models[each].operator not in {-1, model.operator}]
        operators = [self.models[each].operator for each in to]
        if model.status in {Status.UNKNOWN, Status.LEFT}:
            refusal = NOT_THERE
        elif amount > model.deposit:
            refusal = "more than the deposit"
        elif not to:
            refusal = "name the nodes"
        elif {-1, model.operator} & set(operators):
            wrong = next(each for each in operators if each in {-1, model.operator})
            refusal = "registered nodes only" if wrong == -1 else "cannot go back to its operator"
        addresses = [KEYS[each].address for each in to]
        if self.try_as_jobs(refusal, "forfeit", KEYS[node].address, amount, addresses):
            for operator in operators:
                self.awards[operator] += amount // len(to)
            model.deposit -= amount // len(to) * len(to)
            model.reputation = 0
            self.reweigh(node)

    @rule(seconds=st.sampled_from([1, TERMS.epoch // 2, TERMS.epoch, TERMS.unbonding, TERMS.unbonding + 5]))
    def pass_time(self, seconds: int) -> None:
        self.bench.pass_time(seconds)
        self.time = self.bench.time()

    # ------------------------------------------------------------ what always holds

    @invariant()
    def every_wei_and_every_weight_is_where_the_model_says(self) -> None:
        world = self.world
        time, ether, nodes, awards, now, last = self.bench.read(
            world.survey.address,
            world.survey.artifact.abi,
            "look",
            world.nodes.address,
            [key.address for key in KEYS],
            self.bench.people[:3],
        )
        assert time in {self.time, self.time + 1}
        assert ether == sum(model.deposit for model in self.models) + sum(self.awards)
        assert awards == self.awards
        assert [tuple(each) for each in nodes] == [
            (m.status, m.deposit, m.reputation, m.locks, m.until, m.place, m.weight()) for m in self.models
        ]
        epoch = time // TERMS.epoch
        for found, which in ((now, epoch), (last, epoch - 1)):
            assert found == [self.settled(place, which) for place in range(len(self.places))]
