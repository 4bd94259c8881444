# pragma version 0.4.3
# pragma evm-version cancun
"""
@notice A public half that asks in its caller's name, and says whose Jobs it obeys.
"""

interface IJobs:
    def request(
        function: bytes4, arguments: bytes32, commitments: DynArray[bytes32, 16], asker: address
    ) -> uint256: nonpayable

told: public(HashMap[uint256, Bytes[4096]])
deployer: public(immutable(address))
jobs: public(immutable(address))


@deploy
def __init__(jobs_: address):
    deployer = msg.sender
    jobs = jobs_


@external
def ask(function: bytes4, arguments: bytes32, commitments: DynArray[bytes32, 16]) -> uint256:
    return extcall IJobs(jobs).request(function, arguments, commitments, msg.sender)


@external
def enigma_settle(job: uint256, changes: uint256, outcome: Bytes[4096]):
    assert msg.sender == jobs, "only Jobs settles"
    assert changes == 0, "public fields have changed"
    self.told[job] = outcome
