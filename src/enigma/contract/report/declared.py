"""What a contract states before any call: its fields, its rules, and how numbers are to be read."""

from __future__ import annotations

from enigma.contract.reading.declarations import ContractClass
from enigma.contract.report import networks
from enigma.contract.report.account import FieldAccount
from enigma.contract.report.scene import ranges
from enigma.contract.types import MapType, PrivateType


def fields(contract: ContractClass) -> tuple[FieldAccount, ...]:
    """Private fields and maps, and the ranges that they keep."""
    found = []
    for each in contract.fields.values():
        inner = each.type.value if isinstance(each.type, MapType) else each.type
        if isinstance(inner, PrivateType):
            found.append(FieldAccount(each.name, str(each.type), ranges(inner)))
    return tuple(found)


def rules(contract: ContractClass) -> tuple[str, ...]:
    """What holds for every function of a contract, whatever it reveals, and who holds its pieces."""
    return *disclosure_rules(contract), committee(contract)


def disclosure_rules(contract: ContractClass) -> tuple[str, ...]:
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
    return tuple(found)


def committee(contract: ContractClass) -> str:
    """Who is to hold the contract's pieces, as its source says."""
    names = contract.committee.names
    if names:
        return f"The seats are {', '.join(map(str, names))}."
    return f"{contract.committee.seats} seats are to be drawn by the network."


def assumptions(contract: ContractClass, seats: int) -> tuple[str, ...]:
    """How the numbers of the report are to be read."""
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
