"""What Prometheus may ask a node: counts, sizes and seconds; on a port of its own, which is for the operator alone.

How long the phases of a job take, and how much memory it needed, depends on public sizes only; but it says more about
who asks what than the chain does. So the metrics are not on the people's port.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.errors import NetworkError, PortTaken, ToolMissing
from enigma.node.states import JobState

if TYPE_CHECKING:
    from enigma.node.service import Node


def store_bytes(folder: Path) -> int:
    """How large the files of a node's store are."""
    total = 0
    for path in folder.glob("store.db*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue  # a journal that was just taken in
    return total


class NodeCollector:
    """Reads a running node each time that it is asked."""

    def __init__(self, node: Node, people_bytes: Counter[str]) -> None:
        self._node, self._people_bytes = node, people_bytes

    def collect(self) -> Iterator[Any]:
        """One family of numbers after the other."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        node, watch = self._node, self._node.watch
        states = Counter(str(job.state) for job in node.docket.all())
        jobs = GaugeMetricFamily("enigma_jobs", "Jobs of this node's contracts, by state.", labels=["state"])
        for state in JobState:
            jobs.add_metric([state], states[state])
        yield jobs
        ended = CounterMetricFamily("enigma_jobs_ended", "Jobs that ended while the node ran.", labels=["how"])
        for how in (JobState.SETTLED, JobState.REFUSED, JobState.EXPIRED):
            ended.add_metric([how], watch.ended[how])
        yield ended
        yield CounterMetricFamily("enigma_attempts_failed", "Attempts at jobs that failed.", value=watch.failures)
        seconds = CounterMetricFamily("enigma_phase_seconds", "Seconds of running jobs, by phase.", labels=["phase"])
        for phase, spent in sorted(watch.phases().items()):
            seconds.add_metric([phase], spent)
        yield seconds
        renewals = node.convener.renewals
        yield CounterMetricFamily("enigma_renewals", "Times that pieces were made anew here.", value=renewals.ended)
        yield CounterMetricFamily("enigma_renewals_failed", "Attempts at that which failed.", value=renewals.failures)
        lost = [each for each in node.contracts.all() if node.holdings.lost(each.published.contract) is not None]
        yield GaugeMetricFamily("enigma_contracts_lost", "Contracts whose pieces are lost here.", value=len(lost))
        octets = CounterMetricFamily("enigma_people_bytes", "Bytes on the people's port.", labels=["direction"])
        for direction in ("received", "sent"):
            octets.add_metric([direction], self._people_bytes[direction])
        yield octets
        yield GaugeMetricFamily("enigma_ready", "1 while the chain is read to its end.", value=float(node.ready))
        yield GaugeMetricFamily("enigma_chain_block", "The next block to be read.", value=node.worker.block)
        _, peers = node.book.peers()
        yield GaugeMetricFamily("enigma_peers", "Registered nodes that were reached and proved themselves.",
                                value=len(peers))  # fmt: skip
        yield GaugeMetricFamily("enigma_contracts", "Contracts in whose committee this node has a seat.",
                                value=len(node.contracts.all()))  # fmt: skip
        held = node.data.overlay.numbers
        yield GaugeMetricFamily("enigma_dht_contacts", "Nodes in the routing table of the DHT.", value=held.contacts)
        yield GaugeMetricFamily("enigma_dht_records", "Records of the DHT that this node holds.", value=held.records)
        yield GaugeMetricFamily("enigma_dht_record_bytes", "Size of their values.", value=held.octets)
        values = [entry.manifest.size for entry in node.data.vault.all() if entry.whole]
        yield GaugeMetricFamily("enigma_values", "Values that this node keeps for people.", value=len(values))
        yield GaugeMetricFamily("enigma_value_bytes", "Their size.", value=sum(values))
        size = store_bytes(node.settings.folder)
        yield GaugeMetricFamily("enigma_store_bytes", "Size of the store's files.", value=size)


class MetricsPort:
    """Serves a node's metrics under http://HOST:PORT/metrics. Raises PortTaken, NetworkError."""

    def __init__(self, node: Node, listen: tuple[str, int], people_bytes: Counter[str]) -> None:
        try:
            from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
        except ImportError:
            raise ToolMissing(
                "metrics are on, and prometheus_client is not installed",
                hint="pip install 'enigma[network]', or write on = false under [metrics]",
            ) from None
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(NodeCollector(node, people_bytes))
        try:
            self._server, self._thread = start_http_server(listen[1], listen[0], registry)
        except OSError as error:
            kind = PortTaken if "in use" in str(error) else NetworkError
            raise kind(f"metrics cannot listen on {listen[0]}, port {listen[1]}: {error.strerror}") from None
        self.address = (listen[0], int(self._server.server_port))

    def close(self) -> None:
        """Tell nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
