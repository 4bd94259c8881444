# pragma version 0.4.3
"""
@title Binding
@license Apache-2.0
@notice The one thing that the deployer of a controller does after deployment: naming Jobs, once and for all.
"""

event Bound:
    jobs: indexed(address)

DEPLOYER: immutable(address)

jobs: public(address)


@deploy
def __init__():
    DEPLOYER = msg.sender


@external
def bind(jobs: address):
    """
    @notice Names the controller `Jobs`, once and for all.
    """
    assert msg.sender == DEPLOYER, "only the deployer binds"
    assert self.jobs == empty(address), "Jobs is bound already"
    assert jobs.is_contract, "Jobs must be a deployed contract"
    self.jobs = jobs
    log Bound(jobs=jobs)


@view
@external
def deployer() -> address:
    """
    @notice Who deployed this controller, and bound or may bind Jobs. Has no other power.
    """
    return DEPLOYER


@view
@internal
def check_jobs():
    """
    @dev Goes on only if Jobs calls.
    """
    assert msg.sender == self.jobs, "only Jobs may do this"
