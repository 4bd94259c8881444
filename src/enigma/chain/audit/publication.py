"""What the job's contract is: what was published, where its public half is, and what its id binds."""

from __future__ import annotations

import hashlib
from pathlib import Path

from enigma.chain.audit.findings import Section
from enigma.chain.audit.record import Record
from enigma.chain.audit.seats import Terms
from enigma.errors import ChainRefused, FileProblem

_JOBS = [{"type": "function", "name": "jobs", "inputs": [], "outputs": [{"name": "", "type": "address"}]}]
LIMIT = 1 << 20  # bytes of a source


def check_publication(record: Record, terms: Terms, source: Path | None, section: Section) -> None:
    """The publication of a contract; with `source`, whether that file is the one that was published.

    Raises FileProblem where the file cannot be read.
    """
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    earlier = [
        said
        for said in record.of("Committees", "Published")
        if said.place < terms.said.place and said["publisher"] == terms.publisher
    ]
    parts = [
        record.controllers.chain_id,
        record.controllers.addresses["Committees"],
        terms.publisher,
        len(earlier),
    ]
    section.check(
        keccak(encode(["uint256", "address", "address", "uint256"], parts)) == terms.contract,
        f"The contract's id is the one of the publisher's contract number {len(earlier) + 1}.",
        "The contract's id is not the one that its publisher and its place among their contracts give.",
        terms.said,
        contract=terms.contract,
        publisher=terms.publisher,
    )
    _half(record, terms, section)
    _source(terms, source, section)


def _half(record: Record, terms: Terms, section: Section) -> None:
    connection, half, jobs = record.connection, terms.public_half, record.controllers.addresses["Jobs"]
    if half == terms.publisher:
        section.proven("The contract has no public half: its publisher asks for everybody.", terms.said)
        return
    if not connection.code(half):
        section.wrong("There is no code at the address of the public half.", terms.said, public_half=half)
        return
    try:
        found = str(connection.read(half, _JOBS, "jobs"))
    except ChainRefused:
        section.unprovable("The public half does not say which controller Jobs it obeys.", terms.said, public_half=half)
        return
    section.check(
        found == jobs,
        "The public half asks this deployment's Jobs.",
        "The public half obeys another controller Jobs than this deployment's.",
        terms.said,
        public_half=half,
        jobs=found,
    )


def _source(terms: Terms, source: Path | None, section: Section) -> None:
    if source is None:
        section.unprovable(
            "Which source this is: only its hash was published. Give the file with --source.",
            terms.said,
            sha256=terms.source,
        )
        return
    try:
        with source.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise FileProblem(str(source), str(error.strerror)) from None
    if len(content) > LIMIT:
        raise FileProblem(str(source), f"a contract's source has at most {LIMIT:,} bytes")
    found = hashlib.sha256(content).digest()
    section.check(
        found == terms.source,
        f"{source.name} is the source that was published.",
        f"{source.name} is not the source that was published: its SHA-256 is another.",
        terms.said,
        sha256=found,
        published=terms.source,
    )
