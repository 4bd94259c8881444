# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Identities
@license Apache-2.0
@notice Who may do what with whose data: shared identities and their members (white paper, protocols 1 and 2),
        references to data and who may read or compute on them (protocols 3 and 4), and grants to others.
@dev There is no owner. `Jobs` is bound once; all it can do is count uses.
"""

import binding
import grants
import membership
import references

initializes: binding
initializes: membership
initializes: references[membership := membership]
initializes: grants[membership := membership]

exports: (
    binding.bind,
    binding.deployer,
    binding.jobs,
    membership.create,
    membership.add,
    membership.remove,
    membership.change,
    membership.rotate,
    membership.permits,
    membership.address_of,
    membership.members,
    references.store,
    references.restrict,
    references.erase,
    references.load,
    references.may_compute,
    references.count_load,
    references.reference,
    grants.grant,
    grants.revoke,
    grants.grant_signed,
    grants.revoke_signed,
    grants.skip_nonce,
    grants.granted,
    grants.grant_of,
    grants.nonces,
    grants.domain_separator,
)


@deploy
def __init__():
    binding.__init__()


@external
def count_compute(reference: bytes32, who: address):
    """
    @notice A job of `who` computes on the reference. Only Jobs says so.
    """
    binding.check_jobs()
    references.counted(reference, who)


@external
def use(owner: address, contract_id: bytes32, function_id: bytes4, who: address):
    """
    @notice Counts a use: of the function's own grant if that holds, else of the grant for all. Only Jobs says so.
    """
    binding.check_jobs()
    grants.used(owner, contract_id, function_id, who)
