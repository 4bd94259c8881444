"""Where a name of a module is defined."""

from __future__ import annotations

from enigma.contract.reading.declarations import Module


def resolved(module: Module, name: str) -> tuple[Module, str]:
    """The module that defines a name, through its imports, and what it is called there."""
    while name in module.imports:
        imported = module.imports[name]
        module, name = imported.module, imported.name
    return module, name
