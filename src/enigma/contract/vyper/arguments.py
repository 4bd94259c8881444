"""The public arguments of a call: as the chain's ABI has them, and as the canonical bytes that seats are sent.

A request on the chain has the Keccak-256 of the ABI encoding of `hashed(...)`, of no bytes where that has no values. A
seat reads the arguments from what the asker has sent it, and takes them only if they give this hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.canonical import decode_value, encode_value
from enigma.contract.reading.constants import constants_of
from enigma.contract.reading.declarations import Function, Module, Parameter
from enigma.contract.reading.names import suggestion
from enigma.contract.types import DocumentType, PrivateType, PublicType, SetType
from enigma.contract.values.conform import public
from enigma.contract.values.containers import OrderedSet
from enigma.contract.values.meter import Exhausted
from enigma.contract.values.numbers import Unfit
from enigma.contract.vyper.kinds import FIXED_UNIT, LEAST, MOST, MOST_ITEMS, MOST_TEXT, Kind, Sort, kind_of, spelled
from enigma.contract.vyper.outcome import on_chain
from enigma.errors import ArgumentProblem, WireError
from enigma.wire import codec

MAX_ARGUMENTS_BYTES = 1 << 20
"""The longest canonical bytes of all public arguments of one call."""
COMMITMENT_BYTES = 32


@dataclass(frozen=True, slots=True)
class AbiValues:
    """Values to be encoded as one tuple of `types`."""

    types: tuple[str, ...]
    values: tuple[Any, ...]


def public_arguments(module: Module, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """All public arguments of a call in the order of the parameters: defaults put in, each as it is declared.

    `given`: values of the language (`calling/public_arguments.py`); what private parameters are given is not looked at.
    Raises `ArgumentProblem`.
    """
    function = _function(module, name)
    names = [parameter.name for parameter in function.parameters]
    for each in given:
        if each not in names:
            raise ArgumentProblem(f"{name} has no argument {each}", hint=suggestion(each, names) or ", ".join(names))
    found: dict[str, Any] = {}
    for parameter, type_ in _public(function):
        if parameter.name in given:
            value = given[parameter.name]
        elif parameter.default is not None:
            value = constants_of(module).value(parameter.default)
        else:
            raise ArgumentProblem(f"{name} is called without {parameter.name}", hint=f"{name}({', '.join(names)})")
        try:
            found[parameter.name] = public(value, type_, f"{name}({parameter.name})")
        except (Unfit, Exhausted) as error:
            raise ArgumentProblem(str(error), hint=error.hint) from None
    return found


def hashed(module: Module, name: str, given: Mapping[str, Any]) -> AbiValues:
    """What the arguments' hash in a request covers. `given` as `public_arguments` takes it.

    Raises `ArgumentProblem` for what no call to the chain hands over.
    """
    pairs = _on_chain(_function(module, name), public_arguments(module, name, given))
    return AbiValues(tuple(type_ for type_, _ in pairs.values()), tuple(value for _, value in pairs.values()))


def calldata(
    module: Module, name: str, given: Mapping[str, Any], commitments: Mapping[str, bytes] | None = None
) -> AbiValues:
    """What the asker's transaction hands over after the selector, in the order of the parameters.

    `commitments`: 32 bytes for each private parameter and document. Raises as `hashed`, and where one is missing or
    left over; a private parameter's own default is committed to like any other value.
    """
    function, committed = _function(module, name), dict(commitments or {})
    pairs = _on_chain(function, public_arguments(module, name, given))
    for parameter in function.parameters:
        if parameter.name not in pairs:
            commitment = committed.pop(parameter.name, b"")
            if len(commitment) != COMMITMENT_BYTES:
                raise ArgumentProblem(
                    f"{name}({parameter.name}) is private: a call to the chain hands over {COMMITMENT_BYTES} bytes"
                )
            pairs[parameter.name] = "bytes32", commitment
    if committed:
        raise ArgumentProblem(f"{name} takes no commitment to {next(iter(committed))}")
    ordered = [pairs[parameter.name] for parameter in function.parameters]
    return AbiValues(tuple(type_ for type_, _ in ordered), tuple(value for _, value in ordered))


def construction(module: Module, given: Mapping[str, Any], *, jobs: Address, ledger: Address) -> AbiValues:
    """What a deployment hands over after the code: the controllers, then what `__init__` takes. Raises as `hashed`."""
    contract = module.contract
    if contract is not None and "__init__" not in contract.functions:
        if given:
            raise ArgumentProblem(f"{contract.name} has no __init__, and so takes no argument {next(iter(given))}")
        own = AbiValues((), ())
    else:
        own = hashed(module, "__init__", given)
    return AbiValues(("address", "address", *own.types), (str(jobs), str(ledger), *own.values))


# ---------------------------------------------------------------- for the seats


def encode_arguments(module: Module, name: str, given: Mapping[str, Any]) -> bytes:
    """The canonical bytes of all public arguments of a call. `given` as `public_arguments` takes it.

    Raises `ArgumentProblem`, also beyond `MAX_ARGUMENTS_BYTES`.
    """
    octets = _encoded(public_arguments(module, name, given))
    if len(octets) > MAX_ARGUMENTS_BYTES:
        raise ArgumentProblem(f"the arguments of {name} take {len(octets)} bytes, more than {MAX_ARGUMENTS_BYTES}")
    return octets


def decode_arguments(module: Module, name: str, octets: bytes) -> dict[str, Any]:
    """The public arguments that `octets` encode, as `public_arguments` gives them. Raises WireError on other bytes."""
    function, tree = _function(module, name), codec.decode(octets, limit=MAX_ARGUMENTS_BYTES)
    declared = _public(function)
    if not isinstance(tree, dict) or tree.keys() != {parameter.name for parameter, _ in declared}:
        raise WireError(f"these bytes are not the public arguments of {name}")
    found: dict[str, Any] = {}
    for parameter, type_ in declared:
        written = tree[parameter.name]
        if not isinstance(written, bytes):
            raise WireError(f"{name}({parameter.name}) is no canonical value")
        value: Any = decode_value(written)
        try:
            if isinstance(type_, SetType) and isinstance(value, list):
                # As declared before it is a set: a container has no place in one.
                value = OrderedSet([public(item, type_.of, f"an item of {parameter.name}") for item in value])
            found[parameter.name] = public(value, type_, f"{name}({parameter.name})")
        except (Unfit, Exhausted) as error:
            raise WireError(str(error)) from None
    # A set with something twice, a label instead of its place: another spelling.
    if _encoded(found) != octets:
        raise WireError(f"the public arguments of {name} are not in their one spelling")
    return found


def _encoded(bound: Mapping[str, Any]) -> bytes:
    plain = {name: list(value) if isinstance(value, OrderedSet) else value for name, value in bound.items()}
    return codec.encode({name: encode_value(value) for name, value in plain.items()})


# ---------------------------------------------------------------- parameters and their kinds


def _function(module: Module, name: str) -> Function:
    function = None if module.contract is None else module.contract.functions.get(name)
    if function is None:
        raise ArgumentProblem(f"{module.source.name} has no contract with a function {name}")
    return function


def _public(function: Function) -> list[tuple[Parameter, PublicType]]:
    found = []
    for parameter in function.parameters:
        assert parameter.type is not None, "the reader asks for the type of every parameter of an entry"
        if not isinstance(parameter.type, (PrivateType, DocumentType)):
            found.append((parameter, parameter.type))
    return found


def _on_chain(function: Function, bound: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Type and value of each public argument in the ABI."""
    found = {}
    for parameter, type_ in _public(function):
        what, kind = f"{function.name}({parameter.name})", kind_of(type_)
        if kind is None or kind.sort is Sort.MAP:
            raise ArgumentProblem(f"{what} is {type_}, which no call to the chain hands over")
        value = bound[parameter.name]
        _want_on_chain(value, kind, what)
        found[parameter.name] = kind.abi, on_chain(value)
    return found


def _want_on_chain(value: Any, kind: Kind, what: str) -> None:
    """Raises `ArgumentProblem` for a value that the language has, and the chain has no room for."""
    if kind.sequence:
        if len(value) > MOST_ITEMS:
            raise ArgumentProblem(f"{what} has {len(value)} items, and the chain takes {MOST_ITEMS}")
        for item in value:
            _want_on_chain(item, kind.item, what)
    elif kind.sort is Sort.INT and not LEAST <= value <= MOST:
        raise ArgumentProblem(f"{what} is a whole number beyond those of the chain, of 255 bits and a sign")
    elif kind.sort is Sort.FIXED and spelled(value) is None:
        raise ArgumentProblem(f"{what} has more digits than the chain has", hint=f"it counts in 1/{FIXED_UNIT}")
    elif kind.sort is Sort.TEXT and len(value.encode("utf-8", "surrogatepass")) > MOST_TEXT:
        raise ArgumentProblem(f"{what} is a text of more than {MOST_TEXT} bytes, and the chain takes no longer one")
