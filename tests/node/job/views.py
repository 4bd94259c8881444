"""All that each seat stores and receives of one job, by the real code of owner, node and process; and tests on it.

The job runs in memory: an owner's contribution is made, sealed, opened and checked as on a network; each seat's links
are heard by the same `Transcript` that nodes write; what is stored is what a node's store would be given.

A test of `differences` compares the views of two data sets of one shape, over many runs. It answers with what tells
them apart, or tells them from noise. Each single test errs with probability `ALPHA`; there are fewer than 10,000, so
that of 100,000 honest comparisons less than one finds something.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.node.job.seats import FAMILY, SEATS, Seats

from enigma.engine.families import FAMILIES
from enigma.keys.sealing import SealingKey
from enigma.node.job.transcript import Transcript
from enigma.node.look import heard
from enigma.node.look.noise import measure, upper_tail
from enigma.sharing.acceptance import accept
from enigma.sharing.contribution import Contribution
from enigma.sharing.header import Context

ALPHA = 1e-9
"""How often one test finds something where there is nothing."""
ROOM = 1 << 26
CONTEXT = Context(1, b"c" * 32, "0x" + "ab" * 20, b"\x01\x02\x03\x04", "rows")

Octets = npt.NDArray[np.uint8]


@dataclass
class View:
    """One seat, one run. `sizes`: everything that it stored or that passed, in order. `noise`: what must be noise.

    `told`: what came in clear. `copies`: names among `noise` whose words may recur within one run, since two seats hold
    each piece and both send it.
    """

    sizes: list[tuple[Any, ...]] = field(default_factory=list)
    noise: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, bytes] = field(default_factory=dict)
    copies: set[str] = field(default_factory=set)


class Watched(Seats):
    """One contract, of which every seat is watched through one job."""

    def __init__(self, source: str) -> None:
        super().__init__(source, {})
        self.sealing = [SealingKey.generate() for _ in range(SEATS)]
        self.transcripts = [Transcript(ROOM) for _ in range(SEATS)]
        self.uploads: list[int] = []

    def secret(self) -> bytes:
        """What an owner draws for a contribution."""
        return os.urandom(32)

    def deal(self, raws: dict[str, Any], rows: int | None) -> tuple[dict[str, Any], dict[str, list[bytes]]]:
        _, family = FAMILIES[FAMILY]
        made = Contribution.make(raws, rows, context=CONTEXT, family=family, secret=self.secret())
        dealt: dict[str, list[bytes]] = {column: [] for column in raws}
        for seat, key in enumerate(self.sealing):
            upload = made.upload(seat, key.public_bytes)
            self.uploads.append(upload.sealed_bytes)
            accepted = accept(
                upload.chunks(), key=key, family=family, seat=seat, context=CONTEXT, commitment=made.commitment,
                most_bytes=ROOM, want=lambda _: None,
            )  # fmt: skip
            for column, held in accepted.columns.items():
                dealt[column].append(family.output(held))
        return raws, dealt

    def links(self, seat: int, channels: Mapping[int, Any]) -> Mapping[int, Any]:
        return self.transcripts[seat].over(channels)

    def views(self, function: str, *args: Any) -> tuple[Any, list[View]]:
        """One job from the contribution to the settled state: its answer, and what each seat saw."""
        self.transcripts = [Transcript(ROOM) for _ in range(SEATS)]
        self.uploads = []
        before = [set(node.stored) for node in self.nodes]
        self.ask("ann", function, *args)
        answer = self.settle()
        views = []
        for seat, node in enumerate(self.nodes):
            view = View(sizes=[("upload", self.uploads[seat]), ("state", len(node.state)), ("phases", *node.phases)])
            for number, index in enumerate(sorted(set(node.stored) - before[seat])):
                view.sizes.append(("piece", number, len(node.stored[index])))
                view.noise[f"piece {number}"] = node.stored[index]
            self._hear(seat, view)
            views.append(view)
        return answer, views

    def _hear(self, seat: int, view: View) -> None:
        for number, each in enumerate(self.transcripts[seat].messages):
            name = f"message {number} from {each.peer}"
            view.sizes.append((each.peer, each.came, each.kind, each.epoch, each.round, each.step, each.size))
            masked = heard.noisy(each)
            if masked is not None:
                view.noise[name] = masked
                if heard.kind(each) == heard.PIECES:
                    view.copies.add(name)
            elif each.first:
                view.told[name] = each.first


def differences(first: Sequence[Sequence[View]], second: Sequence[Sequence[View]]) -> list[str]:
    """What tells two data sets apart, or either from noise; each has the views of all seats, of several runs."""
    found = list(_of_another_size([*first, *second]))
    if found:
        return found  # what is of another size cannot be compared byte by byte
    for seat in range(len(first[0])):
        mine, theirs = [run[seat] for run in first], [run[seat] for run in second]
        both = mine + theirs
        tests = (_not_noise(both), _repeated(both), _related(mine, theirs), _apart(mine, theirs))
        found += [f"seat {seat}: {each}" for each in itertools.chain(*tests)]
    return found


def _of_another_size(runs: Sequence[Sequence[View]]) -> Iterator[str]:
    """Sizes, counts and order of everything: exactly the same in all runs."""
    for number, run in enumerate(runs):
        for seat, view in enumerate(run):
            wanted = runs[0][seat].sizes
            if view.sizes != wanted:
                at = next((i for i, (a, b) in enumerate(zip(wanted, view.sizes, strict=False)) if a != b), "the end")
                yield f"seat {seat}: run {number} has other sizes, at {at}"
                return


def _not_noise(views: Sequence[View]) -> Iterator[str]:
    """Each thing over all runs, and all of them together, against uniform noise."""
    whole = b""
    for name in views[0].noise:
        octets = b"".join(_whole_words(view.noise[name]) for view in views)
        whole += octets
        measured = measure(octets)
        if min(measured.p, measured.serial_p) < ALPHA:
            yield f"{name} is not noise"
    measured = measure(whole)
    if min(measured.p, measured.serial_p) < ALPHA:
        yield "all together is not noise"


def _repeated(views: Sequence[View]) -> Iterator[str]:
    """No word of 8 bytes twice: of 2**20 words two are the same by chance once in 2**25 times."""
    seen: dict[int, tuple[int, str]] = {}
    for run, view in enumerate(views):
        for name, octets in view.noise.items():
            for word in set(_words(octets).tolist()):
                before = seen.setdefault(word, (run, name))
                copied = before[0] == run and (name in view.copies or before[1] in view.copies)
                if before != (run, name) and not copied:
                    yield f"a word of {name}, run {run}, was in {before[1]}, run {before[0]}"
                    return


def _related(first: Sequence[View], second: Sequence[View]) -> Iterator[str]:
    """Differences of what should be independent: noise too. A mask that serves twice falls out of them."""
    runs = [*first, *second]
    names = list(runs[0].noise)
    pairs = [*itertools.pairwise(runs), *zip(first, second, strict=True)]
    for name in names:
        across = np.concatenate([_words(a.noise[name]) - _words(b.noise[name]) for a, b in pairs])
        if across.size and measure(across.tobytes()).p < ALPHA:
            yield f"{name} of two runs is related"
        rows = np.concatenate([np.diff(_words(view.noise[name])) for view in runs])
        if rows.size and measure(rows.tobytes()).p < ALPHA:
            yield f"rows of {name} are related"
    for a, b in itertools.combinations(names, 2):
        if len(runs[0].noise[a]) != len(runs[0].noise[b]) or a in runs[0].copies or b in runs[0].copies:
            continue
        within = np.concatenate([_words(view.noise[a]) - _words(view.noise[b]) for view in runs])
        if within.size and measure(within.tobytes()).p < ALPHA:
            yield f"{a} and {b} of one run are related"


def _apart(first: Sequence[View], second: Sequence[View]) -> Iterator[str]:
    """Two samples: each byte's mean at each place, and how often each byte is there at all."""
    for kind in ("noise", "told"):
        for name in getattr(first[0], kind):
            mine, theirs = (
                np.array([np.frombuffer(getattr(v, kind)[name], np.uint8) for v in s]) for s in (first, second)
            )
            if _decided(mine, theirs):
                yield f"the data set decides a byte of {name}"
            worst = _most_apart(mine, theirs)
            if worst < ALPHA:
                yield f"the bytes of {name} have other means"
            if kind == "noise" and _two_sample(mine, theirs) < ALPHA:
                yield f"the bytes of {name} are others"


def _decided(mine: Octets, theirs: Octets) -> bool:
    """Whether a byte is always the same in one sample, and always another in the other.

    A byte of noise is so once in 2**80 times, in samples of 6.
    """
    still = (mine == mine[0]).all(axis=0) & (theirs == theirs[0]).all(axis=0)
    return bool((still & (mine[0] != theirs[0])).any())


def _most_apart(mine: Octets, theirs: Octets) -> float:
    """The smallest p of all places, times their number (Bonferroni); means of n bytes are taken as normal.

    The spread is that of uniform bytes: where bytes spread less, fewer false alarms are raised, and none where both
    samples are the same constant.
    """
    if not mine.size:
        return 1.0
    spread = math.sqrt((256**2 - 1) / 12 * (1 / len(mine) + 1 / len(theirs)))
    furthest = float(np.abs(mine.mean(axis=0) - theirs.mean(axis=0)).max()) / spread
    return min(1.0, float(math.erfc(furthest / math.sqrt(2)) * mine.shape[1]))


def _two_sample(mine: Octets, theirs: Octets) -> float:
    """Chi-square of two histograms over halves of bytes: how often samples of one source are this far apart."""
    a, b = (
        np.bincount(s.ravel() >> 4, minlength=16) + np.bincount(s.ravel() & 15, minlength=16) for s in (mine, theirs)
    )
    both = a + b
    if both.sum() < 5 * 2 * 16 or not both.all():
        return 1.0
    k, m = math.sqrt(b.sum() / a.sum()), math.sqrt(a.sum() / b.sum())
    return upper_tail(float(((k * a - m * b) ** 2 / both).sum()), 15)


def _words(octets: bytes) -> npt.NDArray[np.uint64]:
    """The whole words of 8 bytes."""
    return np.frombuffer(octets[: len(octets) // 8 * 8], np.uint64)


def _whole_words(octets: bytes) -> bytes:
    """Without what may be filled up with zeros: packed booleans that end within a word."""
    return octets[: len(octets) // 8 * 8]
