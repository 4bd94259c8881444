# pragma version 0.4.3
"""
@title Docket
@license Apache-2.0
@notice The jobs: what was asked, by whom, at most at what cost, until when, and what became of it. A part of the
        controller Jobs. A job's number is never chosen, and its request hash binds all that was asked.
"""

struct Job:
    contract: bytes32
    request: bytes32  # hash of all that was asked, by whom and until when
    fees: uint256  # asker | maximum in gwei, 48 bits | deadline, 40 bits | status, 8 bits

# The status of a job.
OPEN: constant(uint256) = 1
SETTLED: constant(uint256) = 2
PARTLY: constant(uint256) = 3  # settled; seats that have not signed may still do so
REFUSED: constant(uint256) = 4
EXPIRED: constant(uint256) = 5

ONE_GWEI: constant(uint256) = 10**9

jobs_count: public(uint256)
jobs: HashMap[uint256, Job]


@view
@external
def job(number: uint256) -> (bytes32, bytes32, address, uint256, uint256, uint256):
    """
    @notice A job's contract, request hash, asker, maximum (wei), deadline (seconds) and status (0 if there is none).
    """
    found: Job = self.jobs[number]
    return (
        found.contract,
        found.request,
        self.asker(found),
        self.maximum(found),
        self.deadline(found),
        self.status(found),
    )


@internal
def add(
    contract: bytes32,
    function: bytes4,
    arguments: bytes32,
    inputs: bytes32,
    asker: address,
    maximum: uint256,
    deadline: uint256,
) -> (uint256, bytes32):
    """
    @param maximum In gwei.
    """
    number: uint256 = self.jobs_count + 1
    self.jobs_count = number
    fees: uint256 = convert(asker, uint256) << 96 | maximum << 48 | deadline << 8
    request: bytes32 = self.hashed(contract, number, function, arguments, inputs, fees)
    self.jobs[number] = Job(contract=contract, request=request, fees=fees | OPEN)
    return number, request


@view
@internal
def running(number: uint256) -> Job:
    found: Job = self.jobs[number]
    assert self.status(found) == OPEN, "this job is not open"
    return found


@view
@internal
def check_in_time(found: Job):
    assert block.timestamp <= self.deadline(found), "the deadline has passed"


@internal
def mark(number: uint256, status: uint256):
    self.jobs[number].fees = (self.jobs[number].fees >> 8 << 8) | status


@pure
@internal
def hashed(
    contract: bytes32, number: uint256, function: bytes4, arguments: bytes32, inputs: bytes32, fees: uint256
) -> bytes32:
    """
    @dev The status is no part of it.
    """
    return keccak256(abi_encode(contract, number, function, arguments, inputs, fees >> 8 << 8))


@pure
@internal
def asker(found: Job) -> address:
    return convert(found.fees >> 96, address)


@pure
@internal
def maximum(found: Job) -> uint256:
    return (found.fees >> 48 & (2**48 - 1)) * ONE_GWEI


@pure
@internal
def deadline(found: Job) -> uint256:
    return found.fees >> 8 & (2**40 - 1)


@pure
@internal
def status(found: Job) -> uint256:
    return found.fees & 255
