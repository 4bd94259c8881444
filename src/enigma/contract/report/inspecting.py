"""The report on one contract: its problems, its disclosures, and every function that the committee runs, traced."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from enigma.contract import call
from enigma.contract.addresses import Address, address_of
from enigma.contract.call import HeldRows, Outcome
from enigma.contract.declarations import ContractClass, Function, Module, Where
from enigma.contract.dictionaries import Dictionaries
from enigma.contract.evaluator.values import Enclosed
from enigma.contract.held import Held
from enigma.contract.host import Context
from enigma.contract.memory import in_memory
from enigma.contract.report import networks
from enigma.contract.report.account import (
    Account,
    FieldAccount,
    FunctionAccount,
    Problem,
    Spent,
    Sureness,
    nothing,
)
from enigma.contract.report.deciding import deciding
from enigma.contract.report.exploring import MOST_PATHS, Path, Paths, endings, explore, replay
from enigma.contract.report.overrides import Overrides
from enigma.contract.report.samples import ASKER, DEPLOYER, Samples, name_of, shown
from enigma.contract.report.scene import Share, Situation, filled, placed, ranges, situations, variants
from enigma.contract.report.tracing import Answers, Engine, TracingHost, Vault
from enigma.contract.state import State
from enigma.contract.types import AddressType, DocumentType, MapType, PrivateType
from enigma.contract.typing import problems, sentences
from enigma.errors import ArgumentProblem, CallRefused, EnigmaError, SourceProblem, WrongType

_ENTRIES = (Where.PUBLIC, Where.PRIVATE, Where.PREDICATE)
_CONTRACT = address_of("the contract")


def problem_of(error: SourceProblem) -> Problem:
    """A refusal as the report holds it."""
    return Problem(
        type(error).__name__, error.file, error.line, error.column, error.reason, error.hint, error.fragment,
        error.excerpt,
    )  # fmt: skip


@dataclass(eq=False)
class _Call:
    """One function with its arguments: how to replay it."""

    function: Function
    arguments: Mapping[str, Any]


class Inspection:
    """One run of the report. `share` and `engine` come from whoever has a committee's arithmetic."""

    def __init__(
        self, module: Module, engine: Engine, vault: Vault, samples: Samples, share: Share, overrides: Overrides
    ) -> None:
        assert module.contract is not None
        self._module, self._contract = module, module.contract
        self._engine, self._vault, self._samples, self._share = engine, vault, samples, share
        self._overrides = overrides
        self._deciding = deciding(module)
        self._dictionaries: Dictionaries = in_memory()
        self._state = State()
        self._after: dict[str, State] = {}
        self._problems: dict[str, Problem] = {}

    def account(self) -> Account:
        """The whole report; raises nothing for what is wrong with the contract."""
        found = Account(
            self._module.source.name, self._contract.name, self._contract.doc or self._module.doc,
            self._module.source.digest, fields=tuple(_fields(self._contract)), rows=self._samples.rows,
            rules=(self._engine.secrecy, *_rules(self._contract)),
            assumptions=_assumptions(self._contract, self._engine.family.seats),
        )  # fmt: skip
        static = [problem_of(each) for each in problems(self._module)]
        if static:
            return replace(found, problems=tuple(static))
        told = sentences(self._module)
        entries = [f for f in self._contract.functions.values() if f.where in _ENTRIES and f.name != "__init__"]
        refusal = self._deploy()
        if refusal is not None:
            hint = "give __init__ other arguments: --args __init__.NAME=VALUE"
            functions = [
                FunctionAccount(f.name, f.where.value, told.get(f.name, ()), untraced=refusal, hint=hint)
                for f in entries
            ]
        else:
            accounts = {f.name: self._traced(f, told.get(f.name, ())) for f in entries}
            for function in entries:  # once more: another may have written what it reads
                if accounts[function.name].untraced and not self._problems:
                    accounts[function.name] = self._traced(function, told.get(function.name, ()))
            functions = list(accounts.values())
        if "__init__" in told:
            functions.insert(0, FunctionAccount("__init__", Where.PUBLIC.value, told["__init__"]))
        return replace(found, problems=tuple(self._problems.values()), functions=tuple(functions))

    # ------------------------------------------------------------ the sample world

    def _deploy(self) -> str | None:
        """Deploys, and fills the fields; why that failed."""
        constructor = self._contract.functions.get("__init__")
        arguments = self._arguments(constructor) if constructor is not None else {}
        context = self._context(Situation(DEPLOYER))
        try:
            outcome = call.deploy(self._module, arguments, context=context, host=self._host(Situation(), arguments))
        except SourceProblem as error:
            self._note(error)
            return f"__init__ is refused at line {error.line}: {error.reason}"
        except (CallRefused, ArgumentProblem) as error:
            return f"__init__ needs: {error.message}"
        self._dictionaries = outcome.dictionaries
        self._state = filled(self._contract, outcome.state, self._samples, self._share, self._overrides.fields)
        return None

    def _arguments(self, function: Function) -> dict[str, Any]:
        """Arguments for a function: given ones, else defaults, else samples."""
        given = self._overrides.arguments.get(function.name, {})
        found: dict[str, Any] = {}
        for parameter in function.parameters:
            type_ = parameter.type
            if isinstance(type_, PrivateType):
                value = self._samples.private(type_.of)
                found[parameter.name] = self._share(value, type_.of, f"{function.name}({parameter.name})")
            elif isinstance(type_, DocumentType):
                found[parameter.name] = Enclosed(b"a document")
            elif parameter.name in given:
                found[parameter.name] = given[parameter.name]
            elif parameter.default is None and type_ is not None:
                asker = function.where is Where.PREDICATE and isinstance(type_, AddressType)
                found[parameter.name] = address_of(ASKER) if asker else self._samples.public(type_)
        return found

    def _context(self, situation: Situation) -> Context:
        sender = address_of(situation.sender)
        return Context(sender, address_of(DEPLOYER), _CONTRACT, situation.now, self._dictionaries, (sender,))

    def _host(
        self, situation: Situation, arguments: Mapping[str, Any], answers: Answers = (), *, exact: bool = True
    ) -> TracingHost:
        def admits(host: TracingHost, contract: Address, function: str, asker: Address) -> bool:
            if contract != _CONTRACT:
                return False
            parameters = call.entry(self._module, function).parameters[:1]
            outcome = call.run(
                self._module, function, {p.name: asker for p in parameters}, state=placed(situation, self._state),
                context=replace(self._context(situation), sender=asker, senders=(asker,)), host=host,
            )  # fmt: skip
            return outcome.result is True

        return TracingHost(
            self._engine, self._vault.copy(), answers, held=self._held(situation, arguments), exact=exact, predicate=admits, names=name_of
        )  # fmt: skip

    def _held(self, situation: Situation, arguments: Mapping[str, Any]) -> int:
        """What a seat stores during a call: all private fields and references, and the call's own arguments."""
        indices = placed(situation, self._state).stored()
        indices |= self._dictionaries.secrets.stored() | self._dictionaries.documents.stored()
        for value in arguments.values():
            if isinstance(value, (Held, HeldRows)):
                columns = value.columns.values() if isinstance(value, HeldRows) else (value,)
                indices.update(held.index for held in columns)
        return self._vault.bytes(indices)

    def _note(self, error: SourceProblem) -> None:
        self._problems.setdefault(f"{error.file}:{error.line}:{error.column}:{error.reason}", problem_of(error))

    # ------------------------------------------------------------ one function

    def _traced(self, function: Function, told: tuple[str, ...]) -> FunctionAccount:
        account = FunctionAccount(function.name, function.where.value, told)
        arguments = self._arguments(function)
        given = self._overrides.arguments.get(function.name, {})
        first: tuple[Situation, Path] | None = None
        refusal: EnigmaError | None = None
        for situation in situations(self._contract, self._state, self._after, self._overrides.fields):
            try:
                path = self._replayed(_Call(function, arguments), situation)
            except ArgumentProblem as error:
                refusal = refusal or error
                break
            if path.outcome is not None:
                first = situation, path
                break
            refusal = refusal or path.refused or path.problem
            if path.problem is not None and not isinstance(path.problem, WrongType):
                refusal = path.problem
                break
        if first is None:
            return self._untraced(account, function, refusal)
        situation, path = first
        assert path.outcome is not None
        self._after.setdefault(function.name, path.outcome.state)
        found = [
            self._explored(_Call(function, each), situation, path if place == 0 else None)
            for place, each in enumerate(variants(function, arguments, given))
        ]
        # What it wrote to L, DHT and MPC is there for the functions behind it.
        self._dictionaries, self._vault = path.outcome.dictionaries, path.host.vault
        return self._summed(account, function, arguments, situation, found)

    def _untraced(self, account: FunctionAccount, function: Function, refusal: EnigmaError | None) -> FunctionAccount:
        if function.where is Where.PUBLIC and not isinstance(refusal, SourceProblem):
            return account
        if isinstance(refusal, SourceProblem):
            self._note(refusal)
            return replace(account, untraced=f"line {refusal.line} is refused: {refusal.reason}")
        ways = [f"--args {function.name}.{p.name}=VALUE" for p in function.parameters if not _is_private(p.type)]
        ways += [f"--set {f.name}=VALUE" for f in self._contract.fields.values() if _can_set(f.type)]
        message = refusal.message if refusal is not None else "another state"
        hint = "; ".join([
            *([f"other values are given with {', '.join(ways[:4])}"] if ways else []),
            "a test with enigma.simulate() brings the contract into any state",
        ])  # fmt: skip
        return replace(account, untraced=f"needs: {message}", hint=hint)

    def _replayed(self, the_call: _Call, situation: Situation, answers: Answers = (), *, exact: bool = True) -> Path:
        def run(host: TracingHost) -> Outcome:
            return call.run(
                self._module, the_call.function.name, the_call.arguments, state=placed(situation, self._state),
                context=self._context(situation), host=host,
            )  # fmt: skip

        return replay(self._host(situation, the_call.arguments, answers, exact=exact), run)

    def _explored(self, the_call: _Call, situation: Situation, first: Path | None) -> Paths:
        def attempt(answers: Answers, exact: bool) -> Path:
            return self._replayed(the_call, situation, answers, exact=exact)

        return explore(first or attempt((), True), attempt, self._deciding)

    def _summed(
        self,
        account: FunctionAccount,
        function: Function,
        arguments: Mapping[str, Any],
        situation: Situation,
        found: list[Paths],
    ) -> FunctionAccount:
        seats = self._engine.family.seats
        first = found[0].found[0]
        most: Spent = nothing(seats)
        for paths in found:
            for path in paths.found:
                most |= path.spent(seats)
        notes = [sentence for paths in found for sentence in endings(paths)]
        for number, paths in enumerate(found[1:], start=1):
            refused = paths.found[0].refused or paths.found[0].problem
            if refused is not None:
                notes.append(f"With other values of its boolean arguments (the {number + 1}. of {len(found)}) the call "
                             f"is refused: {refused.message}.")  # fmt: skip
        cut = any(paths.cut for paths in found)
        if cut:
            notes.append(f"There are more than {MOST_PATHS} ways for it to go on: only so many were tried.")
        types = {p.name: p.type for p in function.parameters}
        return replace(
            account,
            arguments=tuple((name, _said(types[name], value)) for name, value in self._all(function, arguments)),
            caller=situation.told,
            programs=tuple(step.account for step in first.steps),
            total=first.spent(seats),
            most=most,
            sure=_least_sure([paths.sure for paths in found]),
            paths=sum(len(paths.found) for paths in found),
            cut=cut,
            notes=tuple(dict.fromkeys(notes)),
        )

    def _all(self, function: Function, arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """All arguments by name; defaults as their source."""
        return [
            (p.name, arguments.get(p.name, p.default)) for p in function.parameters
        ]  # fmt: skip


def _said(type_: Any, value: Any) -> str:
    """An argument as the report writes it."""
    if isinstance(value, ast.expr):
        return ast.unparse(value)
    if isinstance(value, HeldRows):
        return f"{value.count:,} rows"
    if isinstance(value, Held):
        return f"private, {' x '.join(map(str, value.shape))}" if value.shape else "private"
    return "a document" if isinstance(value, Enclosed) else shown(value, type_)


def _is_private(type_: Any) -> bool:
    return isinstance(type_, PrivateType)


def _can_set(type_: Any) -> bool:
    return not isinstance(type_, (PrivateType, MapType))


def _fields(contract: ContractClass) -> list[FieldAccount]:
    found = []
    for each in contract.fields.values():
        inner = each.type.value if isinstance(each.type, MapType) else each.type
        if isinstance(inner, PrivateType):
            found.append(FieldAccount(each.name, str(each.type), ranges(inner)))
    return found


def _least_sure(found: list[Sureness]) -> Sureness:
    order: tuple[Sureness, ...] = ("exact", "at most", "largest")
    return max(found, key=order.index)


def _rules(contract: ContractClass) -> tuple[str, ...]:
    """What holds for every function of a contract, whatever it reveals."""
    found = [
        (
            "What is revealed to everyone is known at once, even if the call is refused later; what is sealed opens "
            "only when the whole call has succeeded."
        )
    ]
    rows = contract.release.rows
    if rows is None:
        found.append(
            "Every call is answered (release = always): two answers, before and after one contribution, may give that "
            "contribution away."
        )
    else:
        found.append(f"A function that was computed on a private table or map answers again only when {rows} rows of "
                     "others have changed, or none.")  # fmt: skip
    names = contract.committee.names
    found.append(
        f"The seats are {', '.join(names)}." if names else f"{contract.committee.seats} seats are drawn by the network."
    )
    return tuple(found)


def _assumptions(contract: ContractClass, seats: int) -> tuple[str, ...]:
    said = [
        f"LAN: {networks.LAN}; WAN: {networks.WAN}. {networks.ASSUMPTION}",
        (
            "Rounds and bytes are exact for each program; memory is within about 30 %, with everything that the sample "
            "stores."
        ),
        (
            "Errors are against the same program in float64, on the sample. On seats expect up to twice as much: there "
            "a truncation takes either of the two nearest numbers, and polynomials that stand for exp, log or 1 / x "
            "have an error of their own."
        ),
    ]
    if contract.committee.seats != seats:
        said.append(f"The contract asks for {contract.committee.seats} seats; costs are those of {seats}.")
    return tuple(said)
