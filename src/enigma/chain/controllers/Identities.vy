# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Identities
@license Apache-2.0
@notice Who may do what with whose data: shared identities and their members (white paper, protocols 1 and 2),
        references to data and who may read or compute on them (protocols 3 and 4), and grants to others.
@dev There is no owner, and no other controller is obeyed. Uses of grants are counted from the chain's own log, by nodes
     and by whoever audits them: a grant here says what was allowed, not what is left of it.
"""

import grants
import membership
import references

initializes: membership
initializes: references[membership := membership]
initializes: grants[membership := membership]

exports: (
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
    references.count_compute,
    references.reference,
    grants.grant,
    grants.revoke,
    grants.withdraw,
    grants.grant_signed,
    grants.revoke_signed,
    grants.withdraw_signed,
    grants.skip_nonce,
    grants.granted,
    grants.grant_of,
    grants.nonces,
    grants.domain_separator,
)
