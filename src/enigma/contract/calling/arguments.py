"""The arguments of one call, as its caller hands them over: bound to parameters, all checked before any is shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enigma.contract.calling.documents import OwnDocument
from enigma.contract.calling.private_arguments import checked
from enigma.contract.calling.public_arguments import public_argument
from enigma.contract.dictionaries.addresses import Address
from enigma.contract.reading.declarations import Function
from enigma.contract.reading.names import suggestion
from enigma.contract.types import DocumentType, PrivateType
from enigma.errors import ArgumentProblem


def bound(function: Function, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by the names of parameters; raises `ArgumentProblem`."""
    names = [parameter.name for parameter in function.parameters]
    usage = f"{function.name}({', '.join(names)})"
    if len(args) > len(names):
        raise ArgumentProblem(
            f"{function.name} takes {len(names)} argument{'s' * (len(names) != 1)}, not {len(args)}", hint=usage
        )
    given = dict(zip(names, args, strict=False))
    for name, value in options.items():
        if name not in names:
            raise ArgumentProblem(f"{function.name} has no argument {name}", hint=suggestion(name, names) or usage)
        if name in given:
            raise ArgumentProblem(f"{function.name} is given {name} twice", hint=usage)
        given[name] = value
    missing = [each.name for each in function.parameters if each.name not in given and each.default is None]
    if missing:
        raise ArgumentProblem(f"{function.name} is called without {missing[0]}", hint=usage)
    return given


def given(function: Function, arguments: Mapping[str, Any], party: Callable[[Any], Address]) -> dict[str, Any]:
    """Bound arguments: `Checked` for private ones, `OwnDocument` for documents, which nobody has shared yet.

    `party` gives the address of whoever a caller names. Raises `ArgumentProblem`.
    """
    types = {parameter.name: parameter.type for parameter in function.parameters}
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        type_, what = types[name], f"{function.name}({name})"
        assert type_ is not None, "the reader asks for the type of every parameter of an entry"
        if isinstance(type_, PrivateType):
            found[name] = checked(value, type_.of, what)
        elif isinstance(type_, DocumentType):
            found[name] = document(value, what)
        else:
            found[name] = public_argument(value, type_, what, party)
    return found


def document(value: Any, what: str) -> OwnDocument:
    """A document: a text or bytes, which nobody but those whom its predicate admits reads."""
    if not isinstance(value, (str, bytes)):
        raise ArgumentProblem(f"{what} is a document, and this is a {type(value).__name__}", hint="give a str or bytes")
    return OwnDocument(value)
