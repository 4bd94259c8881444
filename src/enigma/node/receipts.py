"""From a finding to what this node signs for the chain: the receipt of the job, or the seats' refusal of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from enigma.chain.answers import Receipt as Mined
from enigma.chain.jobs import Jobs, Request
from enigma.chain.receipts import Receipt, check_refusal, refusal_hash, sign_refusal
from enigma.keys.account import Account
from enigma.node.job.finding import Finding


def receipt_of(request: Request, finding: Finding, state_before: bytes) -> Receipt:
    """The receipt of a job that counts: the same at all seats, byte for byte."""
    return request.receipt(
        programs=finding.programs,
        state_before=state_before,
        state_after=finding.state_after,
        result=finding.result,
        rounds=finding.rounds,
        operations=finding.operations,
        changes=finding.changes,
        outcome=finding.outcome,
    )


def reason_of(finding: Finding) -> bytes:
    """What a refusal on the chain says: SHA-256 of its text, which the seats give to whoever asks."""
    return hashlib.sha256(finding.refusal.encode()).digest()


def signed(jobs: Jobs, account: Account, request: Request, finding: Finding, state_before: bytes) -> bytes:
    """This node's signature of a finding: 65 bytes."""
    if finding.settles:
        return receipt_of(request, finding, state_before).sign(jobs.domain(), account)
    return sign_refusal(jobs.domain(), account, request.contract, request.job, request.request, reason_of(finding))


def message_of(request: Request, finding: Finding, state_before: bytes) -> bytes:
    """The hash of what a seat signs of a finding: the chain calls a receipt by it."""
    if finding.settles:
        return receipt_of(request, finding, state_before).hashed()
    return refusal_hash(request.contract, request.job, request.request, reason_of(finding))


def checked(jobs: Jobs, node: str, signature: bytes, request: Request, finding: Finding, state_before: bytes) -> None:
    """Goes on only if a seat's signature is that of its node, under this finding. Raises `ProtocolError`."""
    if finding.settles:
        receipt_of(request, finding, state_before).check_signed(jobs.domain(), node, signature)
    else:
        reason = reason_of(finding)
        check_refusal(jobs.domain(), node, request.contract, request.job, request.request, reason, signature)


def handed_in(
    jobs: Jobs, request: Request, finding: Finding, state_before: bytes, signatures: Mapping[int, bytes]
) -> Mined:
    """Bring what all seats signed to the chain. Raises `ChainProblem`."""
    if finding.settles:
        return jobs.settle(receipt_of(request, finding, state_before), signatures, finding.outcome)
    return jobs.refuse(request.job, reason_of(finding), signatures)
