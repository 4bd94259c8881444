"""`public_half`: a contract's public half as one file of Vyper.

The text is made for Vyper 0.4.3. What deploys it hands over the controllers Jobs and Ledger first, then what
`__init__` of the contract takes.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from enigma.contract.reading.constants import constants_of
from enigma.contract.reading.declarations import ContractClass, Function, Module, Where
from enigma.contract.types import DocumentType, MapType, PrivateType, SetType
from enigma.contract.vyper import fields, ledger
from enigma.contract.vyper.body import INDENT, Body
from enigma.contract.vyper.half import Half, lines_of, no_type, want_own
from enigma.contract.vyper.heads import requirements
from enigma.contract.vyper.kinds import INT, NONE, Kind, Sort, kind_of, list_of
from enigma.contract.vyper.lists import unique
from enigma.contract.vyper.settlement import MOST_BYTES, Settling, Written, parts_of, settling, written_by
from enigma.contract.vyper.term import Term
from enigma.contract.vyper.unbound import want_bound
from enigma.contract.vyper.words import parameter, quoted, reserved
from enigma.errors import ArgumentProblem, SourceProblem, WrongType

PRAGMA, EVM = "0.4.3", "cancun"
MOST_COMMITMENTS = 16
"""Of one call: private parameters, and documents."""

JOBS = f"""interface IJobs:
    def request(function: bytes4, arguments: bytes32, commitments: DynArray[bytes32, {MOST_COMMITMENTS}], asker: address) -> uint256: nonpayable
"""  # noqa: E501 - one line of Vyper

_OWN = frozenset({"deployer", "jobs", "ledger", "enigma_settle", "enigma_changes"})
"""What every public half gives out besides the contract's own functions and fields."""


@dataclass(frozen=True)
class Entry:
    """A function that is called at the public half. `signature` is its ABI's, from which its selector follows.

    Of a private one: `commitments` are its private parameters, in order, of which the caller hands in commitments;
    `written` the fields that are settled after its job.
    """

    signature: str
    where: Where
    commitments: tuple[str, ...] = ()
    written: tuple[Written, ...] = ()


@dataclass(frozen=True)
class PublicHalf:
    """`notes`: what of the contract the chain leaves to the committee, in sentences."""

    source: str
    functions: Mapping[str, Entry]
    notes: tuple[str, ...]


def public_half(module: Module) -> PublicHalf:
    """The public half of a contract.

    Raises `SourceProblem` where something that would live on the chain has another meaning there, or none, and
    `ArgumentProblem` for a module without a contract.
    """
    from enigma.contract.typing import check

    if module.contract is None:
        raise ArgumentProblem(f"{module.source.name} declares no contract", hint="class Name(Contract): ...")
    check(module)
    return _Writer(module, module.contract).half()


class _Writer:
    """One translation."""

    def __init__(self, module: Module, contract: ContractClass) -> None:
        self.module, self.contract = module, contract
        self.state = Half(module, contract)
        self.entries: dict[str, Entry] = {}
        self.externals: list[str] = []
        self.notes: list[str] = []
        calls = [n for f in contract.functions.values() for part in f.body for n in ast.walk(part)]
        self.events = {
            n.args[0].value for n in calls
            if isinstance(n, ast.Call) and n.args and isinstance(n.args[0], ast.Constant)
        }  # fmt: skip
        """Names that events may have."""

    def half(self) -> PublicHalf:
        constructor = self._constructor()
        settled: dict[str, Settling] = {}
        for function in self.contract.functions.values():
            if function.name == "__init__":
                continue
            if function.where is Where.PUBLIC:
                self._want_free(function)
                self._public(function)
            elif function.where is Where.PRIVATE:
                self._want_free(function)
                self._private(function, settled)
        getters = fields.getters(self.state.fields, self.state.sure)
        self._want_getters(getters)
        return PublicHalf(self._text(constructor, getters, settled), self.entries, tuple(self.notes))

    # ------------------------------------------------------------ names

    def _want_free(self, function: Function) -> None:
        if reserved(function.name) or function.name in _OWN:
            what = "is a word of Vyper" if reserved(function.name) else "is what every public half has besides"
            raise function.source.problem(
                WrongType, function.node, f"`{function.name}` {what}", f"give it another name: {function.name}_now"
            )

    def _want_getters(self, getters: Mapping[str, str]) -> None:
        for name in getters:
            field = self.contract.fields.get(name) or self.contract.fields[name.removesuffix("_keys")]
            problem = ""
            if reserved(name) or name in _OWN:
                problem = "is a word of Vyper" if reserved(name) else "is what every public half has besides"
            elif name != field.name and (name in self.contract.fields or name in self.contract.functions):
                problem = f"is also what gives out the keys of {field.name}"
            if problem:
                raise self.module.source.problem(
                    WrongType, field.node, f"`{name}` {problem}", f"give it another name: {field.name}_now"
                )

    # ------------------------------------------------------------ functions

    def _constructor(self) -> str:
        function = self.contract.functions.get("__init__")
        b = Body(self.state, function or _nobody(self.module), self.module)
        for field in self.contract.fields.values():
            kind = self.state.fields.get(field.name)
            if field.default is not None and kind is not None:
                self.state.constructing = False
                from enigma.contract.vyper.expressions import term

                value = term(b, field.default)
                fields.write(b, field.default, field, value)
        given = ""
        if function is not None:
            written = self._arguments(b, function)
            given = "".join(f", {each}" for each in written)
            self._call(b, function)
        head = f"@deploy\ndef __init__(_jobs: address, _ledger: address{given}):\n"
        own = f"{INDENT}_0DEPLOYER = msg.sender\n{INDENT}_0JOBS = _jobs\n{INDENT}_0LEDGER = _ledger\n"
        lines = "".join(f"{line}\n" for line in [*b.declarations(), *b.finished()])
        return head + own + lines

    def _arguments(self, b: Body, function: Function) -> list[str]:
        """The public parameters of an entry, as Vyper declares them; their values are bound in `b`."""
        written = []
        for each in function.parameters:
            type_ = each.type
            if isinstance(type_, PrivateType | DocumentType):
                continue
            kind = None if type_ is None or isinstance(type_, MapType) else kind_of(type_)
            if kind is None:
                hint = "hand over keys and values, as two lists" if isinstance(type_, MapType) else no_type(type_)
                raise function.source.problem(
                    WrongType, each.node, f"`{each.name}` is {type_}, which no call to the chain hands over",
                    hint,
                )  # fmt: skip
            name = self._parameter(each.name)
            default = self._default(function, each.default, kind)
            written.append(f"{name}: {kind.vyper}{default}")
            b.bound[each.name] = Term(name, kind, True, variable=each.name)
            b.shared[each.name] = each.node
        return written

    def _parameter(self, name: str) -> str:
        """The name of a parameter, unless something of the contract has it."""
        return f"{name}_" if name in self.contract.functions or name in self.events else parameter(name)

    def _default(self, function: Function, node: ast.expr | None, kind: Kind) -> str:
        if node is None or function.name == "__init__":
            # Vyper has no defaults in a constructor: whoever deploys hands over all.
            return ""
        value = constants_of(self.module).value(node)
        if isinstance(value, bool) and kind.sort is Sort.BOOL:
            return f" = {value}"
        if isinstance(value, int) and kind == INT:
            return f" = {value}"
        if isinstance(value, str) and kind.sort is Sort.TEXT and quoted(value).startswith('"'):
            return f" = {quoted(value)}"
        note = f"callers of {function.name} hand over every argument: its default is none that Vyper has"
        if note not in self.notes:
            self.notes.append(note)
        return ""

    def _bound(self, b: Body, function: Function) -> list[Term]:
        """The arguments as their parameters declare them."""
        values = []
        for each in function.parameters:
            if isinstance(each.type, PrivateType | DocumentType):
                continue
            value = b.bound[each.name]
            if isinstance(each.type, SetType):
                value = b.kept(unique(b, Term(value.text, list_of(value.kind.item), True)))
            value = self.state.argument(b, each.node, value, function, each)
            b.bound[each.name] = Term(value.text, value.kind, True, variable=each.name)
            values.append(value)
        return values

    def _call(self, b: Body, function: Function) -> Kind:
        """A line that calls the function's own body, and returns what it returns."""
        values = self._bound(b, function)
        compiled = self.state.compiled(b, function.node, function, self.module, values)
        written = f"self.{compiled.name}({', '.join(value.text for value in values)})"
        b.changes.update(compiled.changes)
        if set(compiled.changes) & set(self.state.fields) and function.name != "__init__":
            b.add("self._0changes += 1")
        b.add(written if compiled.result.sort is Sort.NONE else f"return {written}")
        return compiled.result

    def _public(self, function: Function) -> None:
        b = Body(self.state, function, self.module)
        given = self._arguments(b, function)
        result = self._call(b, function)
        gives = "" if result == NONE else f" -> {result.vyper}"
        view = "" if b.changes else "@view\n"
        head = f"@external\n{view}def {function.name}({', '.join(given)}){gives}:\n"
        self.externals.append(head + lines_of(b))
        self.entries[function.name] = Entry(self._signature(function), Where.PUBLIC)

    def _private(self, function: Function, settled: dict[str, Settling]) -> None:
        """A call of a private function: what it requires, then the request to Jobs."""
        want_bound(self.module, function)
        secret = [p for p in function.parameters if isinstance(p.type, PrivateType | DocumentType)]
        if len(secret) > MOST_COMMITMENTS:
            raise function.source.problem(
                WrongType, secret[MOST_COMMITMENTS].node, f"{function.name} takes {len(secret)} private values",
                f"take up to {MOST_COMMITMENTS}: an array or a row of a table counts as one",
            )  # fmt: skip
        b = Body(self.state, function, self.module)
        plain = iter(self._arguments(b, function))
        written = []
        for each in function.parameters:
            if each in secret:
                b.unavailable[each.name] = f"`{each.name}` is private, and not on the chain"
                written.append(f"{self._parameter(each.name)}: bytes32")
            else:
                written.append(next(plain))
        written = _without_early_defaults(written)
        values = self._bound(b, function)
        rest = requirements(b, function.body)
        self._note(function, rest)
        want_own(b)
        signed = self._signature(function)
        names = written_by(self.module.source, self.contract, self.state.fields, function)
        arguments = f"keccak256(abi_encode({', '.join(v.text for v in values)}))" if values else 'keccak256(b"")'
        commitments = ", ".join(self._parameter(p.name) for p in secret)
        selector = f'method_id("{signed}", output_type=bytes4)'
        b.add(f"_0job: uint256 = extcall IJobs(_0JOBS).request({selector}, {arguments}, [{commitments}], msg.sender)")
        if names:
            b.add(f"self._0jobs[_0job] = {selector}")
        b.add("return _0job")
        head = f"@external\ndef {function.name}({', '.join(written)}) -> uint256:\n"
        self.externals.append(head + lines_of(b))
        fields_written = []
        for name in names:
            parts = parts_of(self.contract, self.state.fields, name)
            fields_written.append(Written(name, tuple(part.abi for part in parts)))
            what = "the keys of the private map" if self._keyed(name) else "the field"
            self.notes.append(f"{what} {name}: written by the private function {function.name}, and settled by Jobs")
        if names:
            settled[selector] = settling(Body(self.state, function, self.module), self.contract, names)
        self.entries[function.name] = Entry(signed, Where.PRIVATE, tuple(p.name for p in secret), tuple(fields_written))

    def _keyed(self, name: str) -> bool:
        type_ = self.contract.fields[name].type
        return isinstance(type_, MapType) and isinstance(type_.value, PrivateType)

    def _note(self, function: Function, rest: ast.stmt | None) -> None:
        later = [] if rest is None else function.body[function.body.index(rest) :]
        inside = [n for part in later for n in ast.walk(part) if isinstance(n, ast.Call)]
        for node in inside:
            if isinstance(node.func, ast.Name) and node.func.id == "require":
                where = f"line {node.lineno} of {function.source.name}"
                self.notes.append(f"{function.name}: the requirement on {where} is the committee's to check")
            if isinstance(node.func, ast.Name) and node.func.id == "emit" and node.args:
                name = function.source.fragment(node.args[0])
                self.notes.append(f"{function.name}: the event {name} stands in what the committee publishes")

    def _signature(self, function: Function) -> str:
        types = []
        for each in function.parameters:
            if isinstance(each.type, PrivateType | DocumentType):
                types.append("bytes32")
                continue
            assert each.type is not None
            kind = kind_of(each.type)
            assert kind is not None
            types.append(kind.abi)
        return f"{function.name}({','.join(types)})"

    # ------------------------------------------------------------ the file

    def _text(self, constructor: str, getters: Mapping[str, str], settled: Mapping[str, Settling]) -> str:
        parts = [
            f"# pragma version {PRAGMA}",
            f"# pragma evm-version {EVM}",
            f"# The public half of {self.contract.name}, SHA-256 of its source:",
            f"# {self.module.source.digest}",
            "",
        ]
        if any(entry.where is Where.PRIVATE for entry in self.entries.values()):
            parts += [JOBS]
        if self.state.ledger:
            parts += [ledger.INTERFACE]
        for name, given in self.state.events.items():
            lines = [f"{INDENT}{key}: {kind.vyper}" for key, kind in given.items()] or [f"{INDENT}pass"]
            parts += [f"event {name}:", *lines, ""]
        parts += ["_0DEPLOYER: immutable(address)", "_0JOBS: immutable(address)", "_0LEDGER: immutable(address)"]
        parts += fields.storage(self.state.fields, self.state.sure)
        parts += ["_0changes: uint256", "_0jobs: HashMap[uint256, bytes4]", "", constructor]
        for name, value in (("deployer", "_0DEPLOYER"), ("jobs", "_0JOBS"), ("ledger", "_0LEDGER")):
            parts.append(f"@external\n@view\ndef {name}() -> address:\n{INDENT}return {value}\n")
        parts.append(f"@external\n@view\ndef enigma_changes() -> uint256:\n{INDENT}return self._0changes\n")
        parts += [*getters.values(), *self.externals]
        if settled:
            parts.append(_settle(settled))
        most = str(max((each.size for each in settled.values()), default=0))
        own = [each.text.replace(MOST_BYTES, most) for each in settled.values()]
        parts += [*self.state.functions, *own, *self.state.helpers.values()]
        return "\n".join(parts)


def _without_early_defaults(written: list[str]) -> list[str]:
    """Vyper's defaults come last: one that a private parameter follows is left away."""
    kept: list[str] = []
    last = True
    for each in reversed(written):
        last = last and " = " in each
        kept.append(each if last else each.partition(" = ")[0])
    return kept[::-1]


def _settle(settled: Mapping[str, Settling]) -> str:
    """What Jobs calls after a job: the fields that it wrote, in the ABI's encoding of their `Written.types`."""
    most = max(each.size for each in settled.values())
    lines = [
        "@external",
        f"def enigma_settle(job: uint256, changes: uint256, outcome: Bytes[{most}]):",
        '    assert msg.sender == _0JOBS, "only Jobs settles"',
        "    function: bytes4 = self._0jobs[job]",
        '    assert function != empty(bytes4), "there is nothing to settle of this job"',
        '    assert changes == self._0changes, "public fields have changed since this was computed"',
        "    self._0jobs[job] = empty(bytes4)",
        "    self._0changes += 1",
    ]
    for selector, each in settled.items():
        lines += [f"    if function == {selector}:", f"        self.{each.name}(outcome)"]
    return "\n".join(lines) + "\n"


def _nobody(module: Module) -> Function:
    """The `__init__` of a contract that has none."""
    node = ast.parse("def __init__(self): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    return Function("__init__", Where.PUBLIC, (), (), "", node, module.source)


__all__ = ["Entry", "PublicHalf", "SourceProblem", "Written", "public_half"]
