"""What people send a node before they ask: arguments and contributions, checked as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from enigma.chain.coding import encode_values, selector_of
from enigma.chain.jobs import Request
from enigma.contract.calling.held import held_document
from enigma.contract.reading.declarations import Function
from enigma.contract.types import ArrayType, BoolType, DocumentType, PrivateType, TableType
from enigma.contract.vyper.arguments import decode_arguments, hashed
from enigma.engine.families import FAMILIES
from enigma.errors import ArgumentProblem, ProtocolError, WireError
from enigma.keys.sealing import SealingKey
from enigma.node.arrivals import Arrived, name_of_upload
from enigma.node.contracts import Contracts, Known
from enigma.node.holdings import Holdings, given_of, places_of
from enigma.node.job.assignment import Given
from enigma.sharing.acceptance import accept
from enigma.sharing.header import Context, Header
from enigma.wire import codec

LONGEST = 8 * 86_400
"""Seconds that the public arguments of a question are kept once it was asked: longer than any term."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a job needs besides what the chain says; `places`: of the pieces that it brings."""

    function: str
    arguments: bytes
    given: dict[str, Given]
    places: dict[int, bytes]


class Inbox:
    """Takes inputs for the contracts of this node; for `keep` seconds they wait for their question."""

    def __init__(
        self,
        contracts: Contracts,
        holdings: Holdings,
        key: SealingKey,
        chain: int,
        *,
        family: str,
        most_bytes: int,
        keep: int,
        now: Callable[[], int],
    ) -> None:
        self._contracts, self._holdings, self._key, self._chain = contracts, holdings, key, chain
        self._family, self._most_bytes, self._keep, self._now = family, most_bytes, keep, now
        self._turn = threading.Lock()

    # ------------------------------------------------------------ what comes

    def take_arguments(self, contract: bytes, function: str, octets: bytes) -> bytes:
        """Keep the public arguments of a coming question; the hash by which the chain will name them."""
        known = self._known(contract)
        self._entry(known, function)
        digest = self._hash(known, function, octets)
        self._holdings.keep_arguments(contract, _under(function, digest), octets, expires=self._now() + self._keep)
        return digest

    def take_contribution(
        self, contract: bytes, function: str, parameter: str, asker: str, commitment: bytes, chunks: Iterator[bytes]
    ) -> Arrived:
        """Open a contribution that has come whole, check it against its commitment, and keep this seat's pieces."""
        known, seated = self._known(contract), self._contracts.seated(contract)
        assert seated is not None
        entry = self._entry(known, function)
        declared = next((p.type for p in entry.parameters if p.name == parameter), None)
        if not isinstance(declared, (PrivateType, DocumentType)):
            raise ArgumentProblem(f"{function} takes no private argument {parameter}")
        _, family = FAMILIES[self._family]
        context = Context(self._chain, contract, asker, selector(known, function), parameter)
        with self._turn:  # one at a time: each may take as much memory as is allowed
            accepted = accept(
                chunks, key=self._key, family=family, seat=seated.seat, context=context, commitment=commitment,
                most_bytes=self._most_bytes, want=lambda header: _want(header, declared, parameter),
            )  # fmt: skip
            arrived = Arrived(accepted.header.rows, {each.name: each.shape for each in accepted.header.columns})
            pieces = {name: family.output(held) for name, held in accepted.columns.items()}
            name = name_of_upload(contract, asker, context.function, parameter, commitment)
            about = codec.encode([accepted.header.tree, [list(each) for each in accepted.commitments]])
            self._holdings.keep_upload(name, arrived, pieces, expires=self._now() + self._keep, about=about)
        return arrived

    # ------------------------------------------------------------ what a job needs

    def of(self, request: Request) -> Inputs | None:
        """The inputs of a job, None while some have not come."""
        known = self._contracts.known(request.contract)
        if known is None:
            return None
        function = name_of(known, request.function)
        if function is None:
            raise ProtocolError(f"job {request.job} asks a function {request.function.hex()} that the contract has not")
        arguments = self._holdings.arguments(request.contract, _under(function, request.arguments))
        if arguments is None and request.arguments == self._hash_of_none():
            arguments = self._none(known, function)
        names = known.half.functions[function].commitments
        if len(names) != len(request.commitments):
            raise ProtocolError(f"job {request.job} commits to {len(request.commitments)} values, and not {len(names)}")
        uploads = self.uploads_of(request)
        arrived = [self._holdings.upload(each) for each in uploads]
        there = [each for each in arrived if each is not None]
        if arguments is None or len(there) != len(names) or not self._ciphertexts(known, function, names, there):
            return None
        if not self._holdings.claim(request.request, uploads):
            raise ProtocolError(f"a contribution that job {request.job} names was made use of by another one")
        self._holdings.keep_arguments(
            request.contract, _under(function, request.arguments), arguments, expires=self._now() + LONGEST
        )
        return Inputs(function, arguments, given_of(request.job, names, there), places_of(request.job, uploads, there))

    def headers_of(self, request: Request) -> dict[bytes, Any]:
        """The public side of a job's contributions by commitment: [parameter, header, commitments to pieces]."""
        about = self.about(request)
        found: dict[bytes, Any] = {}
        for name, commitment in zip(self._commitments(request), request.commitments, strict=False):
            if name in about:
                told: Any = codec.decode(about[name], limit=len(about[name]))
                found[commitment] = [name, *told]
        return found

    def uploads_of(self, request: Request) -> list[bytes]:
        """The names under which a job's contributions are kept."""
        known = self._contracts.known(request.contract)
        function = None if known is None else name_of(known, request.function)
        if known is None or function is None:
            return []
        names = known.half.functions[function].commitments
        return [
            name_of_upload(request.contract, request.asker, request.function, name, commitment)
            for name, commitment in zip(names, request.commitments, strict=False)
        ]

    def about(self, request: Request) -> dict[str, bytes]:
        """What everybody may know of a job's contributions, by parameter: of those that are here."""
        found = zip(self._commitments(request), map(self._holdings.about, self.uploads_of(request)), strict=False)
        return {name: octets for name, octets in found if octets}

    def _commitments(self, request: Request) -> Sequence[str]:
        """The private parameters of the function that a job calls, in the order of its commitments."""
        known = self._contracts.known(request.contract)
        function = None if known is None else name_of(known, request.function)
        return () if known is None or function is None else known.half.functions[function].commitments

    def arguments(self, request: Request) -> bytes | None:
        """The public arguments of a job as they came, None where they have not, or are forgotten; claims nothing."""
        known = self._contracts.known(request.contract)
        function = None if known is None else name_of(known, request.function)
        if function is None:
            return None
        return self._holdings.arguments(request.contract, _under(function, request.arguments))

    def brought(self, request: Request) -> Inputs:
        """What is here of a job's private arguments, and where its pieces lie; claims nothing."""
        known, uploads = self._contracts.known(request.contract), self.uploads_of(request)
        function = None if known is None else name_of(known, request.function)
        arrived = [self._holdings.upload(each) for each in uploads]
        there = [each for each in arrived if each is not None]
        if known is None or function is None or len(there) != len(arrived):
            return Inputs(function or "", b"", {}, {})
        names = known.half.functions[function].commitments
        return Inputs(function, b"", given_of(request.job, names, there), places_of(request.job, uploads, there))

    def arrived(self, contract: bytes, function: str, parameter: str, asker: str, commitment: bytes) -> Arrived | None:
        """A contribution that has come whole, None where it has not."""
        known = self._known(contract)
        self._entry(known, function)
        return self._holdings.upload(name_of_upload(contract, asker, selector(known, function), parameter, commitment))

    # ------------------------------------------------------------ inside

    def _known(self, contract: bytes) -> Known:
        known = self._contracts.known(contract)
        if known is None:
            raise ArgumentProblem(
                f"this node has not read the contract {contract.hex()}", hint="send it the contract's source first"
            )
        return known

    def _entry(self, known: Known, function: str) -> Function:
        if function not in known.half.functions or known.module.contract is None:
            raise ArgumentProblem(f"the contract has no function {function}")
        return known.module.contract.functions[function]

    def _hash(self, known: Known, function: str, octets: bytes) -> bytes:
        from eth_utils.crypto import keccak

        values = hashed(known.module, function, decode_arguments(known.module, function, octets))
        return keccak(encode_values(values.types, values.values) if values.types else b"")

    def _hash_of_none(self) -> bytes:
        from eth_utils.crypto import keccak

        return keccak(b"")

    def _ciphertexts(self, known: Known, function: str, names: Sequence[str], arrived: Sequence[Arrived]) -> bool:
        """Whether the ciphertext of every document has come too: who is handed a key must find what it opens."""
        documents = {each.name for each in self._entry(known, function).parameters if _is_document(each.type)}
        for name, each in zip(names, arrived, strict=True):
            if name in documents:
                content = held_document({column: (0, shape) for column, shape in each.columns.items()}).content
                if self._holdings.library.size(content.sha256) != content.size:
                    return False
        return True

    def _none(self, known: Known, function: str) -> bytes | None:
        """The arguments of a function that takes no public one: nobody need send them."""
        from enigma.contract.vyper.arguments import encode_arguments

        entry = self._entry(known, function)
        if any(not isinstance(each.type, (PrivateType, DocumentType)) for each in entry.parameters):
            return None
        return encode_arguments(known.module, function, {})


def selector(known: Known, function: str) -> bytes:
    """The four bytes by which the chain names a function."""
    return selector_of(known.half.functions[function].signature)


def name_of(known: Known, function: bytes) -> str | None:
    """The function that the chain names by four bytes."""
    return next((name for name in known.half.functions if selector(known, name) == function), None)


def _under(function: str, digest: bytes) -> bytes:
    return function.encode() + b"\0" + digest


def _is_document(type_: object) -> bool:
    return isinstance(type_, DocumentType)


def _want(header: Header, declared: PrivateType | DocumentType, parameter: str) -> None:
    """Raises `WireError` for a contribution of other columns or shapes than the contract declares."""
    if isinstance(declared, DocumentType):
        held_document({column.name: (0, column.shape) for column in header.columns})
        if header.columns[0].boolean:
            raise WireError(f"the contribution to {parameter} is no content key of a document")
        return
    type_ = declared.of
    names = [column.name for column in header.columns]
    if isinstance(type_, TableType):
        elements = dict(type_.columns)
        fits = header.rows is not None and set(names) == set(elements)
        fits = fits and all(column.shape == (header.rows,) for column in header.columns)
    else:
        element, dimensions = (type_.element, type_.shape) if isinstance(type_, ArrayType) else (type_, ())
        elements = {"": element}
        fits = header.rows is None and names == [""] and len(header.columns[0].shape) == len(dimensions)
    if not fits or any(each.boolean != isinstance(elements[each.name], BoolType) for each in header.columns):
        raise WireError(f"the contribution to {parameter} does not have the columns and shapes of {type_}")
