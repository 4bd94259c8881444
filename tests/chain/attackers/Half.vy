# pragma version 0.4.3
# pragma evm-version cancun
"""
@notice A public half: it asks in its caller's name, and, being false, also in anybody else's.
"""

interface IJobs:
    def request(
        function: bytes4, arguments: bytes32, commitments: DynArray[bytes32, 16], asker: address
    ) -> uint256: nonpayable

TAKING: constant(uint256) = 0
REFUSING: constant(uint256) = 1
BURNING: constant(uint256) = 2  # all the gas that it is given
CALLING: constant(uint256) = 3  # back into Jobs, and fails as that fails
CALLING_QUIETLY: constant(uint256) = 4

mood: uint256
back: Bytes[2048]
changes: public(uint256)
told: public(HashMap[uint256, Bytes[4096]])
called: public(bool)
deployer: public(immutable(address))
JOBS: immutable(IJobs)


@deploy
def __init__(jobs: address):
    deployer = msg.sender
    JOBS = IJobs(jobs)


@external
def ask(function: bytes4, arguments: bytes32, commitments: DynArray[bytes32, 16]) -> uint256:
    return extcall JOBS.request(function, arguments, commitments, msg.sender)


@external
def ask_for(victim: address, function: bytes4, arguments: bytes32) -> uint256:
    return extcall JOBS.request(function, arguments, [], victim)


@external
def arm(mood: uint256, back: Bytes[2048]):
    self.mood = mood
    self.back = back


@external
def enigma_settle(job: uint256, changes: uint256, outcome: Bytes[4096]):
    assert msg.sender == JOBS.address, "only Jobs settles"
    assert changes == self.changes, "public fields have changed"
    assert self.mood != REFUSING, "no"
    if self.mood == BURNING:
        for i: uint256 in range(2**64):
            self.changes = i
    if self.mood == CALLING:
        raw_call(JOBS.address, self.back)
    if self.mood == CALLING_QUIETLY:
        self.called = raw_call(JOBS.address, self.back, revert_on_failure=False)
    self.changes += 1
    self.told[job] = outcome
