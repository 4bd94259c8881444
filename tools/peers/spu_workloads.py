"""The workloads of docs/performance.md on SPU (secretflow), for a comparison in one run.

    python -m venv peers && peers/bin/pip install spu==0.9.5
    peers/bin/python tools/peers/spu_workloads.py mul compare matmul kmeans logreg latency sort

Three processes on loopback (ABY3, FM64, one thread each, no TLS: SPU's own defaults), one JSON line for each workload:
the median over the runs of the slowest process's online call. Inputs are those of `enigma bench`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import socket
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np
import spu.api
from spu import libspu
from spu.utils import frontend

SEATS = 3


def config():
    settings = libspu.RuntimeConfig(protocol=libspu.ProtocolKind.ABY3, field=libspu.FieldType.FM64)
    settings.max_concurrency = 1
    return settings


def uniform(*shape, bound=10.0, seed=1):
    return np.random.RandomState(seed).uniform(-bound, bound, shape).astype(np.float32)


def kmeans(points, centroids):
    for _ in range(10):
        d = jnp.sum(centroids * centroids, axis=1)[:, None] - 2 * jnp.matmul(centroids, points.T)
        b01, b23 = d[0] < d[1], d[2] < d[3]
        m01, m23 = jnp.where(b01, d[0], d[1]), jnp.where(b23, d[2], d[3])
        b = m01 < m23
        b4 = jnp.where(b, m01, m23) < d[4]
        f01 = b.astype(jnp.int32) * b4
        f23 = b4.astype(jnp.int32) - f01
        o0, o2 = f01 * b01, f23 * b23
        ones = jnp.stack([o0, f01 - o0, o2, f23 - o2, 1 - b4.astype(jnp.int32)])
        centroids = jnp.matmul(ones, points) / jnp.sum(ones, axis=1).astype(jnp.float32)[:, None]
    return centroids


def logistic(x, y):
    w = jnp.zeros((10,))
    for _ in range(10):
        z = jnp.matmul(x, w)
        p = jnp.where(z < -0.5, 0.0, jnp.where(z > 0.5, 1.0, 0.5 + z))
        w = w - jnp.matmul(x.T, p - y) / x.shape[0]
    return w


def workload(name):
    """(function, arguments) of each case."""
    random = np.random.RandomState(1)
    if name == "mul":
        return [(lambda a, b: a * b, (uniform(1_000_000), uniform(1_000_000, seed=2)))]
    if name == "compare":
        return [(lambda a, b: a < b, (uniform(1_000_000), uniform(1_000_000, seed=2)))]
    if name == "matmul":
        return [(jnp.matmul, (uniform(1000, 1000, bound=1.0), uniform(1000, 100, bound=1.0, seed=2)))]
    if name == "kmeans":
        centres = np.array([[-6, -6], [6, 6], [-6, 6], [6, -6], [0, 0]], np.float32) / 8
        points = centres[random.randint(0, 5, 100_000)] + random.normal(size=(100_000, 2)) * 0.1
        return [(kmeans, (points.astype(np.float32), (centres + 0.2).astype(np.float32)))]
    if name == "logreg":
        x = uniform(10_000, 10, bound=1.0)
        return [(logistic, (x, (x @ random.normal(size=10) > 0).astype(np.float32)))]
    if name == "latency":
        return [(lambda a, b: a < b, (uniform(1), uniform(1, seed=2)))]
    if name == "sort":
        return [(jnp.sort, (uniform(10_000),))]
    raise SystemExit(f"no workload {name!r}")


def seat(rank, ports, jobs, answers):
    description = libspu.link.Desc()
    for i, port in enumerate(ports):
        description.add_party(f"seat{i}", f"127.0.0.1:{port}")
    description.recv_timeout_ms = description.http_timeout_ms = 600_000
    link = libspu.link.create_brpc(description, rank)
    while (job := jobs.get()) is not None:
        executable, shares, runs = job
        runtime = spu.api.Runtime(link, config())
        for name, share in zip(executable.input_names, shares, strict=True):
            runtime.set_var(name, share)
        seconds = []
        for _ in range(runs):
            link.barrier()
            start = time.perf_counter()
            runtime.run(executable)
            seconds.append(time.perf_counter() - start)
        answers.put(seconds)


def free_ports():
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(SEATS)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workloads", nargs="+")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    jobs, answers, ports = [context.Queue() for _ in range(SEATS)], context.Queue(), free_ports()
    seats = [context.Process(target=seat, args=(i, ports, jobs[i], answers)) for i in range(SEATS)]
    for process in seats:
        process.start()
    io = spu.api.Io(SEATS, config())
    for name in options.workloads:
        for function, arguments in workload(name):
            names = [f"in{i}" for i in range(len(arguments))]
            executable, _ = frontend.compile(
                frontend.Kind.JAX, function, arguments, {}, names, [libspu.Visibility.VIS_SECRET] * len(arguments),
                lambda outputs: [f"out{i}" for i in range(len(outputs))], copts=libspu.CompilerOptions(),
            )  # fmt: skip
            shares = [io.make_shares(np.ascontiguousarray(x), libspu.Visibility.VIS_SECRET) for x in arguments]
            runs = 100 if name == "latency" else options.repeat
            for i in range(SEATS):
                jobs[i].put((executable, [share[i] for share in shares], runs))
            measured = [answers.get() for _ in range(SEATS)]
            slowest = [max(times) for times in zip(*measured, strict=True)]
            print(json.dumps({"workload": name, "seconds": statistics.median(slowest)}), flush=True)
    for queue in jobs:
        queue.put(None)
    for process in seats:
        process.join(30)


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    main()
