# pragma version 0.4.3
# pragma evm-version cancun
"""
@notice An operator that is a contract, and calls again from within the payment that it receives.
"""

QUIET: constant(uint256) = 0
INSISTING: constant(uint256) = 1  # fails as the inner call fails
STUBBORN: constant(uint256) = 2  # takes the money even where the inner call fails
REFUSING: constant(uint256) = 3  # takes no money at all

mood: uint256
target: address
data: Bytes[8192]
tries: public(uint256)
successes: public(uint256)


@external
def arm(mood: uint256, target: address, data: Bytes[8192]):
    self.mood = mood
    self.target = target
    self.data = data


@payable
@external
def act(target: address, data: Bytes[8192]):
    raw_call(target, data, value=msg.value)


@payable
@external
def __default__():
    if self.mood == REFUSING:
        raise "no money, thanks"
    if self.mood == QUIET:
        return
    self.tries += 1
    if self.mood == INSISTING:
        raw_call(self.target, self.data)
        self.successes += 1
        return
    passed: bool = raw_call(self.target, self.data, revert_on_failure=False)
    if passed:
        self.successes += 1
