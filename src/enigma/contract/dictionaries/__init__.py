"""`L`, `DHT` and `MPC`, and who may read or use what: addresses, identities, predicates; no evaluation, no I/O."""
