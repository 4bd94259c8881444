"""One call of a contract's function, from Python values to a question on the chain. Whatever can refuse it, early:

    arguments checked        tables read, every row judged      nothing has left this machine
    consent                  owners who have not agreed         nothing is paid
    the public half asked    what it would refuse               nothing is paid
    estimated and covered    the account allows and holds it    what is not spent comes back
    split and delivered      each seat its part, at once        an interrupted upload goes on
    asked                    one transaction                    from here on there is a job

The secret of a contribution is kept until the question stands on the chain. Where an earlier call was interrupted, the
chain is looked at first: a contribution that was asked already is not asked twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from enigma.chain.answers import Receipt as Mined
from enigma.chain.identities import EVERYBODY
from enigma.client.delivering import Delivery, Parcel
from enigma.client.deployed import Deployed, questions
from enigma.client.documents import Private, contributed, is_private, priced
from enigma.client.estimating import HEAD_ROOM
from enigma.client.job import Job
from enigma.client.progress import Step
from enigma.client.tables.reading import is_source, read_table
from enigma.client.tables.report import TableReport
from enigma.client.unfinished import Kept
from enigma.contract.calling.arguments import bound, given
from enigma.contract.calling.documents import EnclosedDocument
from enigma.contract.dictionaries.addresses import Address, read_address
from enigma.contract.reading.declarations import Function, Where
from enigma.contract.types import PrivateType, TableType
from enigma.contract.typing import disclosures, reveals
from enigma.contract.vyper.arguments import calldata, encode_arguments
from enigma.engine.families import FAMILIES, FAMILY
from enigma.errors import AccessRefused, ArgumentProblem, ChainRefused, NotMined
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Context

GWEI = 10**9
LOOK_EVERY = 0.2
ALLOWED_JOBS = 100
"""How many jobs an account allows a contract at a time: what its public half could ask in the account's name."""
_OF_THE_ACCOUNT = "the asker"
"""How refusals begin that an allowance or a payment mends."""


def ask(contract: Deployed, function: Function, args: tuple[Any, ...], options: Mapping[str, Any]) -> Job | Mined:
    """Call a function: a `Job` for a private one, the receipt of the transaction for a public one."""
    reports: dict[str, TableReport] = {}
    taken = _taken(contract, function, bound(function, args, options), reports)
    private = {name: value for name, value in taken.items() if is_private(value)}
    public = {name: value for name, value in taken.items() if name not in private}
    if function.where is Where.PUBLIC:
        return _send(contract, function, public, {})
    octets = encode_arguments(contract.module, function.name, public)
    question = _Question(contract, function, public, octets, private, reports)
    question.want_agreement()
    question.want_admission()
    question.want_key()
    question.cover()
    return question.ask() if private else question.send({})


def party(who: Any) -> Address:
    """The address of whoever is named: written out, an account, or another's network. Raises ArgumentProblem."""
    named = getattr(who, "address", who)
    return named if isinstance(named, Address) else read_address(named)


def _taken(
    contract: Deployed, function: Function, arguments: Mapping[str, Any], reports: dict[str, TableReport]
) -> dict[str, Any]:
    """All arguments, checked; private ones as `Checked`, tables read from wherever they are."""
    types = {parameter.name: parameter.type for parameter in function.parameters}
    tables: dict[str, TableType] = {}
    for name, value in arguments.items():
        type_ = types[name]
        if isinstance(type_, PrivateType) and isinstance(type_.of, TableType) and is_source(value):
            tables[name] = type_.of
    rest = given(function, {name: value for name, value in arguments.items() if name not in tables}, party)
    found: dict[str, Any] = {}
    for name in arguments:
        if name not in tables:
            found[name] = rest[name]
            continue
        contract.network.told(Step(f"reading {name}"))
        found[name], reports[name] = read_table(arguments[name], tables[name])
        if reports[name].bad or reports[name].ignored:
            contract.network.say(reports[name].sentence())
    return found


def _send(contract: Deployed, function: Function, public: Mapping[str, Any], commitments: Mapping[str, bytes]) -> Mined:
    values = calldata(contract.module, function.name, public, commitments)
    return contract.network.sender.send(contract.address, contract.abi, function.name, *values.values)


class _Question:
    """One call of a private function."""

    def __init__(
        self,
        contract: Deployed,
        function: Function,
        public: Mapping[str, Any],
        octets: bytes,
        private: Mapping[str, Private],
        reports: Mapping[str, TableReport],
    ) -> None:
        self._contract, self._network, self._function = contract, contract.network, function
        self._public, self._octets, self._private, self._reports = public, octets, private, reports
        self._asker = self._network.account.address

    # ------------------------------------------------------------ what could refuse it

    def want_agreement(self) -> None:
        """Goes on if this reveals nothing, or all owners of data have agreed to it. Raises `AccessRefused`."""
        contract, network = self._contract, self._network
        if not contract.check_consent or not reveals(contract.module, self._function.name):
            return
        missing = network.agreement.missing(
            contract.id, contract.selector(self._function.name), self._asker, contract.fees.term,
            contributes=bool(self._private),
        )  # fmt: skip
        if missing:
            listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            raise AccessRefused(
                f"{self._function.name} reveals something of the data of {listed}, and they have not agreed to it",
                hint=f"each of them runs network.grant(contract, to={self._asker!r}); nothing was sent or paid",
            )

    def want_admission(self) -> None:
        """Goes on if the public half would ask, as it stands. Raises `ChainRefused` with its reason."""
        stand_in = dict.fromkeys(self._private, os.urandom(32))
        values = calldata(self._contract.module, self._function.name, self._public, stand_in).values
        try:
            self._network.connection.read(
                self._contract.address, self._contract.abi, self._function.name, *values, sender=self._asker
            )
        except ChainRefused as refusal:
            if not refusal.reason.startswith(_OF_THE_ACCOUNT):
                raise

    def want_key(self) -> None:
        """See that results for this account can be sealed, where there may be some."""
        told = disclosures(self._contract.module).get(self._function.name, ())
        if any(each.to != "everyone" for each in told):
            self._network.publish_key()

    # ------------------------------------------------------------ what it costs

    def cover(self) -> None:
        """See that the account allows the contract this job, and holds what it may cost. Raises `NoFunds`."""
        contract, jobs = self._contract, self._network.jobs
        wanted = self._maximum()
        allowed, left = jobs.allowance(self._asker, contract.id)
        if left == 0 or allowed < wanted or (contract.maximum is not None and allowed != wanted):
            self._network.say(f"allowing this contract {wanted / 10**18:.6f} ether for each job, as long as it lasts")
            jobs.allow(contract.id, wanted, ALLOWED_JOBS)
            allowed = wanted
        short = max(allowed, jobs.terms().minimum) - jobs.balance(self._asker)
        if short > 0:
            self._network.say(f"paying {short / 10**18:.6f} ether into the account for jobs")
            jobs.fund(short)

    def _maximum(self) -> int:
        """What this job may cost at the most: what the caller says, else four times the estimate. Whole gwei."""
        contract, fees = self._contract, self._contract.fees
        least = -(-fees.smallest // GWEI) * GWEI
        if contract.maximum is not None:
            if contract.maximum < least:
                raise ArgumentProblem(
                    f"a maximum of {contract.maximum:,} wei, and a job of this contract costs {least:,} at the least",
                    hint="allow more: contract.using(maximum=...)",
                )
            return contract.maximum // GWEI * GWEI
        self._network.told(Step("estimating the cost"))
        private = {name: priced(value) for name, value in self._private.items()}
        estimate = contract.estimates.spending(self._function.name, self._octets, self._public, private)
        return max(least, -(-HEAD_ROOM * estimate.price(fees) // GWEI) * GWEI)

    # ------------------------------------------------------------ asking

    def ask(self) -> Job:
        """Contribute and ask."""
        network, contract = self._network, self._contract
        head = network.connection.head().number
        _, family = FAMILIES[FAMILY]
        with ExitStack() as holding:
            kept: list[Kept] = []
            contributions: dict[str, Contribution] = {}
            documents: list[EnclosedDocument] = []
            for name, value in self._private.items():
                context = Context(
                    network.connection.chain_id, contract.id, self._asker, contract.selector(self._function.name), name
                )
                own = holding.enter_context(network.unfinished.hold(context, head))
                kept.append(own)
                network.told(Step(f"splitting {name}"))
                columns, rows = contributed(value, own.secret, context, documents)
                skipped = self._reports[name].bad if name in self._reports else 0
                contributions[name] = Contribution.make(
                    columns, rows, context=context, family=family, secret=own.secret, skipped=skipped
                )
            commitments = {name: each.commitment for name, each in contributions.items()}
            earlier = self._earlier(kept, tuple(commitments.values()))
            if earlier is not None:
                network.say(f"this contribution was asked already, as job {earlier.request.job}")
                job = earlier
            else:
                delivery = Delivery(contract.seats, network.seat, network.account, network.told)
                delivery.bring(Parcel(contract.id, self._function.name, self._octets, contributions, documents))
                job = self.send(commitments, delivered=True)
            for each in kept:
                each.forget()
        return job

    def send(self, commitments: Mapping[str, bytes], *, delivered: bool = False) -> Job:
        """Ask, when every seat has its inputs."""
        network, contract = self._network, self._contract
        if not delivered:
            delivery = Delivery(contract.seats, network.seat, network.account, network.told)
            delivery.bring(Parcel(contract.id, self._function.name, self._octets, {}))
        network.told(Step("asking"))
        mined = _send(contract, self._function, self._public, commitments)
        request = network.jobs.requests_in(mined)[0]
        return Job(network, contract, request, mined.block, self._reports)

    def _earlier(self, kept: list[Kept], commitments: tuple[bytes, ...]) -> Job | None:
        """The job of the same contribution, where an earlier call was interrupted after it had asked."""
        if not any(each.resumed for each in kept):
            return None
        network = self._network
        network.sender.resume()
        self._want_quiet()
        for request, block in questions(network, min(each.block for each in kept)):
            if request.asker == self._asker and request.commitments == commitments:
                return Job(network, self._contract, request, block, self._reports)
        return None

    def _want_quiet(self) -> None:
        """Goes on when no transaction of this account waits to be mined: it could be an earlier call's question."""
        connection, until = self._network.connection, time.monotonic() + self._network.patience.mining
        while connection.nonce(self._asker, "pending") != connection.nonce(self._asker):
            if time.monotonic() > until:
                raise NotMined(
                    f"a transaction of {self._asker} waits to be mined, which may be this question, asked before",
                    hint="wait for it, then repeat the call; nothing was sent now",
                )
            time.sleep(LOOK_EVERY)


def grantee(to: Any) -> str:
    """Whom a grant is for: "everybody" (whoever the contract lets ask), an address, an account, another network."""
    return EVERYBODY if to == "everybody" else _checksummed(party(to))


def _checksummed(address: Address) -> str:
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(str(address)))
