"""Small contracts, run in a simulation."""

from __future__ import annotations

from textwrap import indent
from typing import Any

from enigma.contract.reading.source import Source
from enigma.local.simulation import Simulation


def contract(body: str, *, before: str = "") -> str:
    """A contract with these lines in its class."""
    return f"{before}\n\nclass Sample(Contract):\n{indent(body, '    ')}\n"


def deployed(body: str, *, before: str = "", simulation: Simulation | None = None) -> Any:
    """A contract with these lines, deployed."""
    return (simulation or Simulation()).deploy_source(Source("sample.py", contract(body, before=before)))


def public(body: str, *, before: str = "", **arguments: int) -> Any:
    """What these lines give as a public function of whole numbers."""
    parameters = "".join(f", {name}: int" for name in arguments)
    head = f"@public\ndef run(self{parameters}):\n"
    return deployed(head + indent(body, "    "), before=before).as_("ann").run(**arguments)


def private(body: str, *, before: str = "", fields: str = "", **arguments: Any) -> Any:
    """What these lines give as a private function.

    Arguments are shared as int(-100, 100), bool, fixed(-8, 8), or arrays of int; those that begin with `n` are public.
    """
    source = private_source(body, fields=fields, **arguments)
    return deployed(source, before=before).as_("ann").run(**arguments)


def private_source(body: str, *, fields: str = "", **arguments: Any) -> str:
    """The lines of a class with one private function `run`."""
    kinds = {bool: "bool", int: "int(-100, 100)", float: "fixed(-8, 8)"}

    def declared(name: str, value: Any) -> str:
        if name.startswith("n"):
            return f"{name}: int"
        if isinstance(value, list):
            return f"{name}: private[{kinds[type(value[0])]}[{len(value)}]]"
        return f"{name}: private[{kinds[type(value)]}]"

    parameters = "".join(f", {declared(name, value)}" for name, value in arguments.items())
    return f"{fields}\n\n@private\ndef run(self{parameters}):\n{indent(body, '    ')}\n"
