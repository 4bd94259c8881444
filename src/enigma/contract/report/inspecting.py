"""The report on one contract: its problems, its disclosures, and every function that the committee runs, traced."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from enigma.contract import call
from enigma.contract.call import HeldRows, Outcome
from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.ciphertext import DIGEST_BYTES, KEY_TYPE, KEY_WORDS, Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.identities import OWNER
from enigma.contract.dictionaries.interface import Dictionaries
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.host import Context
from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.report import declared
from enigma.contract.report.account import (
    Account,
    FunctionAccount,
    Problem,
    Spent,
    Sureness,
    nothing,
)
from enigma.contract.report.deciding import deciding
from enigma.contract.report.exploring import MOST_PATHS, Path, Paths, endings, explore, replay
from enigma.contract.report.overrides import Overrides
from enigma.contract.report.samples import (
    ASKER,
    DEPLOYER,
    OWNERS,
    PARTIES,
    STYLES,
    Samples,
    Style,
    name_of,
    named,
    shown,
)
from enigma.contract.report.scene import Share, Situation, filled, peopled, placed, situations, variants
from enigma.contract.report.tracing import Answers, Engine, Known, TracingHost, Vault
from enigma.contract.state import State
from enigma.contract.types import AddressType, ArrayType, DocumentType, IntType, MapType, PrivateType
from enigma.contract.typing import problems, sentences
from enigma.contract.values.containers import Enclosed
from enigma.errors import ArgumentProblem, CallRefused, EnigmaError, OutOfFuel, SourceProblem, WrongType

_ENTRIES = (Where.PUBLIC, Where.PRIVATE, Where.PREDICATE)
_CONTRACT = address_of("the contract")
_SAMPLE_BYTES = 1000
"""Of a sample's document: an encrypted one costs the seats the same, whatever its size."""
NOTHING_ELSE = "Nobody learns anything else."


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
        self._bare, self._lived = State(), State()
        self._after: dict[str, State] = {}
        self._problems: dict[str, Problem] = {}

    def account(self) -> Account:
        """The whole report; raises nothing for what is wrong with the contract."""
        found = Account(
            self._module.source.name, self._contract.name, self._contract.doc or self._module.doc,
            self._module.source.digest, fields=declared.fields(self._contract), rows=self._samples.rows,
            rules=(self._engine.secrecy, *declared.rules(self._contract)),
            assumptions=declared.assumptions(self._contract, self._engine.family.seats),
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
            lacking = [f for f in entries if accounts[f.name].untraced]
            if lacking and not self._problems:
                # Once more, when others have called what they can and written what these read.
                self._lived = self._living(entries, told)
                accounts |= {f.name: self._traced(f, told.get(f.name, ())) for f in lacking}
            functions = list(accounts.values())
        if "__init__" in told:
            functions.insert(0, FunctionAccount("__init__", Where.PUBLIC.value, told["__init__"]))
        return replace(found, problems=tuple(self._problems.values()), functions=tuple(functions))

    # ------------------------------------------------------------ the sample world

    def _deploy(self) -> str | None:
        """Deploys, and fills the fields; why that failed."""
        constructor = self._contract.functions.get("__init__")
        context = self._context(Situation(DEPLOYER))
        refusal = ""
        for style in self._styles(constructor):
            arguments = self._arguments(constructor, style) if constructor is not None else {}
            host = self._host(Situation(), arguments)
            try:
                outcome = call.deploy(self._module, arguments, context=context, host=host)
            except SourceProblem as error:
                if not refusal:
                    self._note(error)
                    return f"__init__ is refused at line {error.line}: {error.reason}"
            except (CallRefused, ArgumentProblem) as error:
                refusal = refusal or f"__init__ needs: {error.message}"
            else:
                self._vault.take(host.vault)
                self._dictionaries = outcome.dictionaries
                fields = self._overrides.fields
                self._bare = self._lived = peopled(self._contract, outcome.state, fields)
                self._state = filled(self._contract, outcome.state, self._samples, self._share, fields)
                return None
        return refusal

    def _living(self, entries: list[Function], told: Mapping[str, tuple[str, ...]]) -> State:
        """The state after all but the asker have called what tells nobody anything, in the order of the source."""
        silent = [f for f in entries if f.where is Where.PRIVATE and told.get(f.name, ())[1:] == (NOTHING_ELSE,)]
        shared = self._dictionaries.identities.create({address_of(name): OWNER for name in PARTIES})
        state, rows = self._bare, max(self._samples.rows // len(PARTIES), 1)
        for function, who in itertools.product(silent, (DEPLOYER, *OWNERS)):
            # An address may be meant for a shared identity, under which others compute too.
            for address in (shared, address_of(who)):
                arguments = self._arguments(function, rows=rows, address=address)
                path = self._replayed(_Call(function, arguments), Situation(who, state=state), exact=False)
                if path.outcome is not None:
                    state, self._dictionaries = path.outcome.state, path.outcome.dictionaries
                    self._vault.take(path.host.vault)
                    break
        return state

    def _styles(self, function: Function | None) -> tuple[Style, ...]:
        """The ways to choose its public arguments: one, where nothing is left open."""
        given = self._overrides.arguments.get(function.name, {}) if function is not None else {}
        open_ = [
            p
            for p in (function.parameters if function is not None else ())
            if p.name not in given and p.default is None and not isinstance(p.type, (PrivateType, DocumentType))
        ]
        return STYLES if open_ else STYLES[:1]

    def _arguments(
        self, function: Function, style: Style = STYLES[0], rows: int | None = None, address: Address | None = None
    ) -> dict[str, Any]:
        """Arguments for a function: given ones, else defaults, else samples; each address another one."""
        parties = iter((DEPLOYER, *OWNERS, ASKER) * len(function.parameters))
        given = self._overrides.arguments.get(function.name, {})
        found: dict[str, Any] = {}
        for parameter in function.parameters:
            type_ = parameter.type
            if isinstance(type_, PrivateType):
                samples = self._samples if rows is None else replace(self._samples, rows=rows)
                value = samples.private(type_.of)
                found[parameter.name] = self._share(value, type_.of, f"{function.name}({parameter.name})")
            elif isinstance(type_, DocumentType):
                found[parameter.name] = Enclosed(self._document(f"{function.name}({parameter.name})"))
            elif parameter.name in given:
                found[parameter.name] = given[parameter.name]
            elif parameter.default is None and type_ is not None:
                if isinstance(type_, AddressType):
                    who = ASKER if function.where is Where.PREDICATE else next(parties)
                    found[parameter.name] = address or address_of(who)
                else:
                    found[parameter.name] = self._samples.public(type_, style)
        return found

    def _document(self, what: str) -> Ciphertext:
        """A document as a seat knows it; of a sample there is no content, and so no real hash."""
        words = ArrayType(IntType(KEY_TYPE.lo, KEY_TYPE.hi), (KEY_WORDS,))
        key = self._share([0] * KEY_WORDS, words, what)
        assert isinstance(key, Held)
        return Ciphertext(bytes(DIGEST_BYTES), _SAMPLE_BYTES, key)

    def _context(self, situation: Situation) -> Context:
        sender = address_of(situation.sender)
        return Context(sender, address_of(DEPLOYER), _CONTRACT, situation.now, self._dictionaries, (sender,))

    def _host(
        self,
        situation: Situation,
        arguments: Mapping[str, Any],
        answers: Answers = (),
        known: Known | None = None,
        *,
        exact: bool = True,
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
            self._engine, self._vault.copy(), answers, known, held=self._held(situation, arguments), exact=exact,
            predicate=admits, names=name_of,
        )  # fmt: skip

    def _held(self, situation: Situation, arguments: Mapping[str, Any]) -> int:
        """What a seat stores during a call: all private fields and references, and the call's own arguments."""
        indices = placed(situation, self._state).stored()
        indices |= self._dictionaries.secrets.stored() | self._dictionaries.documents.stored()
        for value in arguments.values():
            if isinstance(value, (Held, HeldRows)):
                columns = value.columns.values() if isinstance(value, HeldRows) else (value,)
                indices.update(held.index for held in columns)
            elif isinstance(value, Enclosed):
                indices.add(value.content.key.index)
        return self._vault.bytes(indices)

    def _note(self, error: SourceProblem) -> None:
        self._problems.setdefault(f"{error.file}:{error.line}:{error.column}:{error.reason}", problem_of(error))

    # ------------------------------------------------------------ one function

    def _traced(self, function: Function, told: tuple[str, ...]) -> FunctionAccount:
        account = FunctionAccount(function.name, function.where.value, told)
        found, refusal = self._let_through(function)
        if found is None:
            return self._untraced(account, function, refusal)
        the_call, situation, path = found
        assert path.outcome is not None
        self._after.setdefault(function.name, path.outcome.state)
        given = self._overrides.arguments.get(function.name, {})
        explored = [
            self._explored(_Call(function, each), situation, path if place == 0 else None)
            for place, each in enumerate(variants(function, the_call.arguments, given))
        ]
        # What it wrote to L, DHT and MPC is there for the functions behind it.
        self._dictionaries = path.outcome.dictionaries
        self._vault.take(path.host.vault)
        return self._summed(account, the_call, situation, explored)

    def _let_through(self, function: Function) -> tuple[tuple[_Call, Situation, Path] | None, EnigmaError | None]:
        """The first way in which a call succeeds; else why the plainest one did not."""
        refusal: EnigmaError | None = None
        fixed = self._overrides.fields
        for style in self._styles(function):
            the_call = _Call(function, self._arguments(function, style))
            states = {"right after deployment": self._bare, "after what others have called": self._lived}
            states |= {f"after `{name}`": state for name, state in self._after.items()}
            for situation in situations(self._contract, self._state, states, fixed):
                try:
                    path = self._replayed(the_call, situation)
                except ArgumentProblem as error:
                    return None, refusal or error
                if path.outcome is not None:
                    return (the_call, situation, path), None
                plainest, refusal = refusal is None, refusal or path.refused or path.problem
                if isinstance(path.problem, OutOfFuel) and not plainest:
                    break  # this style is too much for it
                if path.problem is not None and style is STYLES[0] and not isinstance(path.problem, WrongType):
                    return None, path.problem
        return None, refusal

    def _untraced(self, account: FunctionAccount, function: Function, refusal: EnigmaError | None) -> FunctionAccount:
        if function.where is Where.PUBLIC and not isinstance(refusal, SourceProblem):
            return account
        if isinstance(refusal, SourceProblem):
            self._note(refusal)
            return replace(account, untraced=f"line {refusal.line} is refused: {refusal.reason}")
        ways = [f"--args {function.name}.{p.name}=VALUE" for p in function.parameters if not _is_private(p.type)]
        ways += [f"--set {f.name}=VALUE" for f in self._contract.fields.values() if _can_set(f.type)]
        message = named(refusal.message) if refusal is not None else "another state"
        hint = "; ".join([
            *([f"other values are given with {', '.join(ways[:4])}"] if ways else []),
            "a test with enigma.simulate() brings the contract into any state",
        ])  # fmt: skip
        return replace(account, untraced=f"needs: {message}", hint=hint)

    def _replayed(
        self,
        the_call: _Call,
        situation: Situation,
        answers: Answers = (),
        known: Known | None = None,
        *,
        exact: bool = True,
    ) -> Path:
        def run(host: TracingHost) -> Outcome:
            return call.run(
                self._module, the_call.function.name, the_call.arguments, state=placed(situation, self._state),
                context=self._context(situation), host=host,
            )  # fmt: skip

        return replay(self._host(situation, the_call.arguments, answers, known, exact=exact), run)

    def _explored(self, the_call: _Call, situation: Situation, first: Path | None) -> Paths:
        first = first or self._replayed(the_call, situation)
        known = first.host.known

        def attempt(answers: Answers) -> Path:
            return self._replayed(the_call, situation, answers, known, exact=False)

        return explore(first, attempt, self._deciding)

    def _summed(
        self,
        account: FunctionAccount,
        the_call: _Call,
        situation: Situation,
        found: list[Paths],
    ) -> FunctionAccount:
        function, arguments = the_call.function, the_call.arguments
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


def _least_sure(found: list[Sureness]) -> Sureness:
    order: tuple[Sureness, ...] = ("exact", "at most", "largest")
    return max(found, key=order.index)
