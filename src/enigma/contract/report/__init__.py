"""What a contract does, before anybody trusts it: who learns what, in which ranges, at what cost, how exactly."""
