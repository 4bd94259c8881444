# pragma version 0.4.3
"""
@title Purses
@license Apache-2.0
@notice What owners and readers have paid in, and what nodes earned. A part of the controller Leases.
@dev Money enters by `top_up` alone and leaves by `withdraw` and `pay_out` alone; all else moves it from one place in this
     contract to another.
"""

event Funded:
    account: indexed(address)
    by: indexed(address)
    amount: uint256

event Withdrawn:
    account: indexed(address)
    amount: uint256

event Collected:
    node: indexed(address)
    operator: indexed(address)
    amount: uint256

balances: public(HashMap[address, uint256])
earned: public(HashMap[address, uint256])


@payable
@nonreentrant
@external
def top_up(account: address):
    """
    @notice Adds the value sent to an account, by anybody: so that its leases are renewed.
    """
    assert msg.value > 0, "send the amount to add"
    self.balances[account] += msg.value
    log Funded(account=account, by=msg.sender, amount=msg.value)


@nonreentrant
@external
def withdraw(amount: uint256):
    """
    @notice Pays `amount` wei of the sender's account back. What leases and retrievals hold is not in the account.
    """
    self.take(msg.sender, amount)
    assert amount > 0, "say an amount"
    log Withdrawn(account=msg.sender, amount=amount)
    raw_call(msg.sender, b"", value=amount)


@internal
def take(account: address, amount: uint256):
    """
    @dev Takes an amount out of an account, for the caller to put somewhere.
    """
    balance: uint256 = self.balances[account]
    assert amount <= balance, "the account does not hold that amount: top it up"
    self.balances[account] = balance - amount


@internal
def pay_out(node: address, operator: address):
    """
    @notice Pays what a node earned to its operator, whom the caller has checked.
    """
    amount: uint256 = self.earned[node]
    assert amount > 0, "there is nothing to collect"
    self.earned[node] = 0
    log Collected(node=node, operator=operator, amount=amount)
    raw_call(operator, b"", value=amount)
