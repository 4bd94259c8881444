# pragma version 0.4.3
"""
@title Accounts
@license Apache-2.0
@notice What askers have paid in, what they allow, and what nodes earned. A part of the controller Jobs.
"""

event Funded:
    account: indexed(address)
    amount: uint256

event Withdrawn:
    account: indexed(address)
    amount: uint256

event Allowed:
    account: indexed(address)
    contract: indexed(bytes32)
    maximum: uint256
    jobs: uint256

event Collected:
    node: indexed(address)
    operator: indexed(address)
    amount: uint256

ONE_GWEI: constant(uint256) = 10**9

balances: public(HashMap[address, uint256])
earned: public(HashMap[address, uint256])
allowances: HashMap[address, HashMap[bytes32, uint256]]  # maximum in gwei << 64 | jobs


@payable
@external
def fund():
    """
    @notice Adds the value sent to the sender's account.
    """
    self.balances[msg.sender] += msg.value
    log Funded(account=msg.sender, amount=msg.value)


@nonreentrant
@external
def withdraw(amount: uint256):
    """
    @notice Pays `amount` wei of the sender's account back. What open jobs reserve is not in the account.
    """
    balance: uint256 = self.balances[msg.sender]
    assert amount > 0 and amount <= balance, "the account does not hold that amount"
    self.balances[msg.sender] = balance - amount
    log Withdrawn(account=msg.sender, amount=amount)
    raw_call(msg.sender, b"", value=amount)


@external
def allow(contract: bytes32, maximum: uint256, jobs: uint256):
    """
    @notice The sender lets a contract's public half ask in its name, at most `maximum` wei each, for `jobs` more jobs.
            Replaces what was allowed before; open jobs go on.
    @dev Without this a public half could spend any account, for it says itself who asked.
    """
    assert maximum % ONE_GWEI == 0 and maximum // ONE_GWEI < 2**48, "a maximum is whole gwei, below 2^48"
    assert jobs < 2**64, "jobs are below 2^64"
    self.allowances[msg.sender][contract] = maximum // ONE_GWEI << 64 | jobs
    log Allowed(account=msg.sender, contract=contract, maximum=maximum, jobs=jobs)


@view
@external
def allowance(account: address, contract: bytes32) -> (uint256, uint256):
    """
    @notice What an account allows a contract: wei per job, and how many more jobs.
    """
    found: uint256 = self.allowances[account][contract]
    return (found >> 64) * ONE_GWEI, found & (2**64 - 1)


@internal
def reserve(asker: address, contract: bytes32, smallest: uint256, minimum: uint256) -> uint256:
    """
    @notice Takes what the asker allows for one job out of its account. Returns it, in gwei.
    """
    allowance: uint256 = self.allowances[asker][contract]
    assert allowance & (2**64 - 1) > 0, "the asker allows this contract no job: call allow"
    self.allowances[asker][contract] = allowance - 1
    maximum: uint256 = (allowance >> 64) * ONE_GWEI
    assert maximum >= smallest, "the asker's maximum is below the least that a job of this contract costs"
    balance: uint256 = self.balances[asker]
    assert balance >= minimum, "the asker's account is below the minimum: fund it"
    assert balance >= maximum, "the asker's account does not cover the maximum: fund it"
    self.balances[asker] = balance - maximum
    return allowance >> 64


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
