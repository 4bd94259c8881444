"""Calls: of built-in functions, of methods, of functions of the file, of the contract and of other modules."""

from __future__ import annotations

import ast

from enigma.contract.reading.declarations import Where
from enigma.contract.typing.builtins import arguments, built_in
from enigma.contract.typing.frame import Frame
from enigma.contract.typing.kinds import Kind, Secrecy, Value, unknown
from enigma.contract.typing.methods import method
from enigma.contract.typing.operators import did_you_mean
from enigma.contract.typing.results import result
from enigma.contract.typing.scopes import resolved
from enigma.contract.typing.signatures import ARRAY_METHODS, SIGNATURES


def called(frame: Frame, node: ast.Call) -> Value:
    """The value of a call."""
    if isinstance(node.func, ast.Attribute):
        return _by_attribute(frame, node, node.func)
    name = node.func.id if isinstance(node.func, ast.Name) else ""  # the frontend refuses all else
    module, there = resolved(frame.module, name)
    if there in module.functions:
        return frame.call(frame, node, module.functions[there], module)
    return built_in(frame, node, name)


def _all_arguments(frame: Frame, node: ast.Call) -> None:
    for argument in node.args:
        frame.plain(argument)
    for keyword in node.keywords:
        frame.plain(keyword.value)


def _by_attribute(frame: Frame, node: ast.Call, func: ast.Attribute) -> Value:
    base = frame.value(func.value)
    if base.kind is Kind.SELF:
        return _own(frame, node, func)
    if base.unknown:
        _all_arguments(frame, node)
        return unknown(Secrecy.PRIVATE if base.private else base.secrecy)
    if base.element:
        if func.attr not in ARRAY_METHODS:
            text = f"{frame.text(func.value)}"
            hint = f"write {func.attr}({text})" if func.attr in SIGNATURES else ""
            raise frame.unknown_name(
                func,
                f"{base} has no method `{func.attr}`",
                hint or did_you_mean(func.attr, list(ARRAY_METHODS), "there are"),
            )
        signature = ARRAY_METHODS[func.attr]
        given = arguments(frame, node, func.attr, signature)
        return result(frame, signature, [(func.value, base)], given)
    return method(frame, node, func, base)


def _own(frame: Frame, node: ast.Call, func: ast.Attribute) -> Value:
    """`self.f(...)`."""
    contract = frame.contract_module.contract
    assert contract is not None  # the frontend refuses `self` elsewhere
    function = contract.functions[func.attr]
    if function.where is Where.PRIVATE and frame.where is not Where.PRIVATE:
        runs = "a predicate only answers" if frame.where is Where.PREDICATE else "it runs on the chain"
        raise frame.wrong(
            func,
            f"`{frame.function.name}` cannot call `{func.attr}`, which runs on the committee: {runs}",
            f"make `{frame.function.name}` @private, or let the caller call `{func.attr}`",
        )
    return frame.call(frame, node, function, frame.contract_module)
