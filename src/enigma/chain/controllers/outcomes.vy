# pragma version 0.4.3
"""
@title Outcomes
@license Apache-2.0
@notice What a public half is told of a job: the public fields that it leaves. A part of the controller Jobs; no state.
"""

import faces
import receipts

event OutcomeRefused:
    job: indexed(uint256)

MOST_OUTCOME: constant(uint256) = 4096
OUTCOME_GAS: constant(uint256) = 5_000_000
ENIGMA_SETTLE: constant(bytes4) = method_id("enigma_settle(uint256,uint256,bytes)", output_type=bytes4)


@internal
def told(
    committees: faces.ICommittees, receipt: receipts.Receipt, outcome: Bytes[MOST_OUTCOME]
) -> bool:
    """
    @dev No job can be asked, settled or paid out while the public half has its turn. Its gas is bounded, so that it
         cannot keep the seats from being paid; and assured, so that nobody can make it fail by sending too little.
    """
    if len(outcome) == 0:
        assert receipt.outcome == empty(bytes32), "this is not the outcome that was signed"
        return True
    assert keccak256(outcome) == receipt.outcome, "this is not the outcome that was signed"
    assert msg.gas > OUTCOME_GAS + OUTCOME_GAS // 32, "too little gas for the outcome: send 6,000,000"
    taken: bool = raw_call(
        staticcall committees.public_half(receipt.contract),
        abi_encode(receipt.job, receipt.changes, outcome, method_id=ENIGMA_SETTLE),
        gas=OUTCOME_GAS,
        revert_on_failure=False,
    )
    if not taken:
        log OutcomeRefused(job=receipt.job)
    return taken
