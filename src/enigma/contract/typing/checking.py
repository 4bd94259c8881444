"""What the checker says of a module: its problems, and what each of its functions makes known."""

from __future__ import annotations

from enigma.contract.reading.declarations import Function, Module, Where
from enigma.contract.types import PrivateType, TableType
from enigma.contract.typing.analysis import Analysis, in_order, unsent
from enigma.contract.typing.frame import Disclosure
from enigma.errors import OutOfFuel, SourceProblem

_ENTRIES = (Where.PUBLIC, Where.PRIVATE, Where.PREDICATE)


def problems(module: Module) -> list[SourceProblem]:
    """Every problem of kind or secrecy, in the order of the source, at most one for each statement."""
    try:
        return in_order(module, _found(module))
    except OutOfFuel as problem:
        return [problem]


def _found(module: Module) -> list[SourceProblem]:
    analysis = Analysis(module)
    found: list[SourceProblem] = []
    own = list(module.contract.functions.values()) if module.contract else []
    for function in own:
        if function.where in _ENTRIES:
            found += analysis.entry(function).found.problems
    for function in [*own, *module.functions.values()]:
        found += unsent(function)
        if function.where not in _ENTRIES and function not in analysis.called:
            found += analysis.alone(function)
    return found


def check(module: Module) -> None:
    """Raise the first problem of a module; nothing where it is fine."""
    for problem in problems(module):
        raise problem


def disclosures(module: Module) -> dict[str, tuple[Disclosure, ...]]:
    """What each entry function makes known and to whom, through all that it calls, in the order of the source.

    Calls themselves are public, with the values of public arguments and the number of rows; see `sentences`.
    """
    analysis = Analysis(module)
    functions = module.contract.functions.values() if module.contract else ()
    return {f.name: tuple(dict.fromkeys(analysis.entry(f).found.disclosures)) for f in functions if f.where in _ENTRIES}


def sentences(module: Module) -> dict[str, tuple[str, ...]]:
    """For each entry function, what becomes known, for people: the call itself first."""
    functions = module.contract.functions if module.contract else {}
    out: dict[str, tuple[str, ...]] = {}
    for name, found in disclosures(module).items():
        told = [d.sentence for d in found] or ["Nobody learns anything else."]
        out[name] = (*_called(functions[name]), *told)
    return out


def _called(function: Function) -> tuple[str, ...]:
    """What everyone learns from the call itself."""
    if function.where is Where.PREDICATE:
        return ()
    plain = [f"`{p.name}`" for p in function.parameters if not isinstance(p.type, PrivateType)]
    known = ["by whom", "when"]
    if plain:
        known.append(f"with which {_listed(plain)}")
    tables = [p for p in function.parameters if isinstance(p.type, PrivateType) and isinstance(p.type.of, TableType)]
    known += [f"with how many rows in `{p.name}`" for p in tables]
    return (f"Everyone learns that `{function.name}` was called, {_listed(known)}.",)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
