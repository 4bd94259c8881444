"""Data outside of contracts: the DHT in a living node, and the white paper's `Store` and `Load`."""
