"""Every field of a node's configuration on one page: its name, what it means, and what it is where nothing is written.

`enigma node init` writes the file from this page, with every sentence as a comment, and `config.py` checks against it.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

Plain = str | int | bool | list[str]

WIDTH = 100


class Kind(Enum):
    """What may be written in a field; the value says it in words."""

    URL = "an address in quotes: http://HOST:PORT, or https://HOST"
    FILE = "a file's name in quotes; relative to the folder of this file"
    OPTIONAL_FILE = "a file's name in quotes, or empty quotes"
    LISTEN = "an address of this machine in quotes: HOST:PORT"
    PLACE = "where others find this node, in quotes: HOST:PORT"
    ORIGIN = "an address in quotes: https://HOST:PORT"
    COUNT = "a whole number"
    CHOICE = "one of a few words in quotes"
    ACCOUNTS = 'a list of addresses of accounts, [] for nobody, or ["everybody"]'
    SWITCH = "true or false"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `usual` None: it must be written. `least`, `most`: of a number. `choices`: of a choice."""

    section: str
    name: str
    kind: Kind
    says: str
    usual: Plain | None
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Section and name, as errors and documents write it."""
        return f"{self.section}.{self.name}"

    @property
    def expects(self) -> str:
        """What may be written, in words."""
        match self.kind:
            case Kind.COUNT:
                return f"a whole number from {self.least:,} to {self.most:,}"
            case Kind.CHOICE:
                return " or ".join(f'"{choice}"' for choice in self.choices)
        return str(self.kind.value)


FIELDS: tuple[Field, ...] = (
    Field(
        "node", "folder", Kind.FILE,
        "Where the node keeps its keys, its store and its journal. One node has it alone.",
        ".",
    ),
    Field(
        "chain", "url", Kind.URL,
        "A node of the chain, by JSON-RPC. What it says is believed: use one of your own.",
        "http://127.0.0.1:8545",
    ),
    Field(
        "chain", "deployment", Kind.FILE,
        "Where the controllers are, as `enigma chain deploy` wrote it. Who runs the network gives it to you.",
        "controllers.json",
    ),
    Field(
        "chain", "confirmations", Kind.COUNT,
        "So many blocks must stand above an event before the node acts on it. 0 is for a chain of one machine; on a "
        "public chain take more than its reorganisations are deep.",
        12, most=10_000,
    ),
    Field(
        "peers", "listen", Kind.LISTEN,
        "Where other nodes connect: this node's address and a fixed port. 0.0.0.0 is every address of the machine.",
        "0.0.0.0:7300",
    ),
    Field(
        "peers", "public", Kind.PLACE,
        "How other nodes reach that port: a name or an address that they can see. It is registered on the chain.",
        None,
    ),
    Field(
        "people", "listen", Kind.LISTEN,
        "Where people and their programs connect, by HTTPS.",
        "0.0.0.0:7443",
    ),
    Field(
        "people", "public", Kind.ORIGIN,
        "How people reach that port. It is registered on the chain.",
        None,
    ),
    Field(
        "people", "certificate", Kind.OPTIONAL_FILE,
        "A certificate chain (PEM) for that port, where browsers should know it. Empty: the node shows its own, which "
        "programs of Enigma check against the chain.",
        "",
    ),
    Field("people", "key", Kind.OPTIONAL_FILE, "The key of that certificate (PEM, without a password).", ""),
    Field(
        "jobs", "at_once", Kind.COUNT,
        "Jobs that run side by side, each in a process of its own. It is registered as the node's capacity.",
        2, least=1, most=1024,
    ),
    Field(
        "jobs", "memory_mib", Kind.COUNT,
        "Address space of each job's process, in MiB. A job that needs more fails, and nothing else does. "
        "0: no limit.",
        8192, most=1 << 24,
    ),
    Field(
        "jobs", "kernels", Kind.CHOICE,
        "Arithmetic in C (native), in NumPy (plain), or the faster one that is there (auto). The results are the same.",
        "auto", choices=("auto", "native", "plain"),
    ),
    Field(
        "jobs", "patience_seconds", Kind.COUNT,
        "Seconds that a running job waits for a message of another seat before the attempt is given up.",
        60, least=1, most=86_400,
    ),
    Field(
        "jobs", "ending_seconds", Kind.COUNT,
        "Seconds that running jobs get to come to their end when the node is asked to stop. What is cut off is tried "
        "again when the node is back.",
        60, most=86_400,
    ),
    Field(
        "accepts", "publishers", Kind.ACCOUNTS,
        'For which publishers of contracts the node takes a seat that it is named for: addresses, or ["everybody"]. '
        "Committees that are drawn among all nodes do not ask.",
        ["everybody"],
    ),
    Field(
        "renewal", "refresh_hours", Kind.COUNT,
        "So often all pieces of each contract are made anew: what somebody copied of a seat before is then worth "
        "nothing. The first seat of a committee sees to it. 0: only when an operator asks.",
        24, most=8_760,
    ),
    Field(
        "renewal", "replace_hours", Kind.COUNT,
        "So long a seat of a drawn committee may be gone, before this node agrees that the chain's draw gives it to "
        "another node. 0: never by itself. Named committees are asked by their operators alone.",
        24, most=8_760,
    ),
    Field(
        "logging", "level", Kind.CHOICE,
        "How much is logged. Logs go to standard error, one event on each line, and never hold a secret.",
        "info", choices=("debug", "info", "warning", "error"),
    ),
    Field(
        "logging", "format", Kind.CHOICE,
        "For a person's eyes (human), or one JSON object on each line (json).",
        "human", choices=("human", "json"),
    ),
    Field(
        "look", "transcript_mib", Kind.COUNT,
        "MiB of the store for transcripts: what the other seats sent to this one's jobs, after decryption, for `enigma "
        "look`. They cost disk and a little time, and whoever later takes the store and its key has a longer past of "
        "this seat in hand. 0: none is written.",
        0, most=1 << 20,
    ),
    Field(
        "look", "transcript_days", Kind.COUNT,
        "Days after which a transcript is deleted; the oldest go earlier where there is no room.",
        7, least=1, most=3650,
    ),
    Field(
        "metrics", "on", Kind.SWITCH,
        "Whether Prometheus may ask this node how it is.",
        False,
    ),
    Field(
        "metrics", "listen", Kind.LISTEN,
        "Where it asks: http://HOST:PORT/metrics, without a password. How long jobs take and how large they are is "
        "nobody else's business: keep it on an address that only your Prometheus reaches.",
        "127.0.0.1:9464",
    ),
)  # fmt: skip

SECTIONS = {
    "node": "The node itself.",
    "chain": "The chain that it follows.",
    "peers": "The port for other nodes: TLS 1.3, both sides with the keys that are registered on the chain.",
    "people": "The port for people: sources, contributions, progress and results of jobs.",
    "jobs": "Its work.",
    "accepts": "For whom it works.",
    "renewal": "Pieces that outlive jobs, disks and nodes.",
    "logging": "What it says about itself.",
    "look": "What it keeps for `enigma look`, besides what it needs.",
    "metrics": "What it measures.",
}


def written(values: Mapping[str, Plain]) -> str:
    """The whole file with all comments; `values` by key (`peers.public`), the usual ones where none is given."""
    lines = [
        "# A node of an Enigma network: TOML. After a change, start the node again;",
        "#",
        "#     enigma node start",
    ]
    for section, sentence in SECTIONS.items():
        lines += ["", f"# {sentence}", f"[{section}]"]
        for field in FIELDS:
            if field.section == section:
                value = values.get(field.key, field.usual)
                assert value is not None, field.key  # who writes a file knows what must be in it
                comment = f"{field.says} Write {field.expects}."
                lines += ["", *textwrap.wrap(comment, WIDTH, initial_indent="# ", subsequent_indent="# ")]
                lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
