"""Who has a value that is too large for the DHT: provider records, each about the node that announced itself.

They are kept in memory only: a provider announces itself again every hour, also after its neighbours have restarted.
"""

from __future__ import annotations

import threading
from collections import Counter

from enigma.errors import RecordRefused
from enigma.net.dht.identity import Key, NodeId
from enigma.net.dht.settings import Settings


class Providers:
    """Providers by key, with a quota for each. Safe for threads.

    A provider is the caller itself, known by its channel: nobody can announce another, and nothing needs a signature.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._by_key: dict[Key, dict[NodeId, int]] = {}
        self._announced: Counter[NodeId] = Counter()
        self._lock = threading.Lock()

    def announce(self, key: Key, provider: NodeId, expires: int, now: float) -> None:
        """This node has what the key stands for, until `expires` (seconds). Raises RecordRefused."""
        if not now < expires <= now + self._settings.longest_provided:
            raise RecordRefused(
                f"a provider record lives from now to at most {self._settings.longest_provided} seconds"
            )
        with self._lock:
            known = self._by_key.get(key, {})
            if provider not in known:
                if self._announced.total() >= self._settings.provided:
                    raise RecordRefused("this node's share of the provider records is full")
                if len(known) >= self._settings.providers_of_key:
                    raise RecordRefused("this key has as many providers as are remembered")
                if self._announced[provider] >= self._settings.provided_of_peer:
                    raise RecordRefused(f"node {provider.hex()[:16]} provides as many keys as one node may")
                self._announced[provider] += 1
            self._by_key.setdefault(key, {})[provider] = expires

    def of(self, key: Key, now: float) -> dict[NodeId, int]:
        """The providers of a key with their expiries."""
        with self._lock:
            return {node: expires for node, expires in self._by_key.get(key, {}).items() if expires > now}

    def expire(self, now: float) -> int:
        """Drop what has expired; how many there were."""
        with self._lock:
            gone = [(key, node) for key, known in self._by_key.items() for node, end in known.items() if end <= now]
            for key, node in gone:
                del self._by_key[key][node]
                if not self._by_key[key]:
                    del self._by_key[key]
                self._announced[node] -= 1
                if not self._announced[node]:
                    del self._announced[node]
            return len(gone)

    def __len__(self) -> int:
        return self._announced.total()
