"""A node's configuration: one TOML file, checked as a whole before anything starts.

Every problem is named with its line, its field, and what to write instead; all of them at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enigma.errors import ArgumentProblem, ConfigProblem
from enigma.net.endpoint import Endpoint
from enigma.node.config_fields import FIELDS, SECTIONS, Field, Kind

if TYPE_CHECKING:
    from enigma.node.service import Settings

FILE_NAME = "node.toml"
LIMIT = 1 << 20
"""Bytes of a configuration file."""
EVERYBODY = "everybody"
LEAST_SECONDS = 60
"""Seconds between two refreshes of one contract to which a node agrees."""

_LISTEN = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_URL = re.compile(r"https?://[^\s/@]+(?:/\S*)?")
_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says, checked. Addresses are (host, port); `metrics` None: off; `accepts` None: everybody.

    `refresh`, `replace`: hours.
    """

    file: Path
    folder: Path
    chain_url: str
    deployment: Path
    confirmations: int
    peers: tuple[str, int]
    endpoint: Endpoint
    people: tuple[str, int]
    certificate: tuple[Path, Path] | None
    at_once: int
    memory: int
    kernels: str
    patience: int
    ending: int
    accepts: frozenset[str] | None
    refresh: int
    replace: int
    level: str
    format: str
    metrics: tuple[str, int] | None
    transcript_room: int
    transcript_life: int

    def settings(self) -> Settings:
        """As the node takes it; reads the deployment file. Raises FileProblem."""
        from enigma.chain.deployment import Controllers
        from enigma.engine.families import FAMILY
        from enigma.node.job.assignment import Which
        from enigma.node.means import Work
        from enigma.node.renewals import RenewalTerms
        from enigma.node.service import Settings

        kernels: dict[str, Which] = {"auto": "auto", "native": "native", "plain": "plain"}
        return Settings(
            folder=self.folder, chain_url=self.chain_url, controllers=Controllers.load(self.deployment),
            confirmations=self.confirmations, listen=self.peers, accepts=self.accepts,
            work=Work(FAMILY, self.at_once, self.patience, self.memory, kernels[self.kernels]),
            renewal=RenewalTerms(3600 * self.refresh, LEAST_SECONDS, 3600 * self.replace),
            transcript_room=self.transcript_room, transcript_life=self.transcript_life,
        )  # fmt: skip


def read_config(file: Path) -> Config:
    """The configuration of a file. Raises ConfigProblem, naming every line and field that is wrong."""
    text = _text(file)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigProblem(str(file), [f"this is not TOML: {error}"], hint="quotes are missing, perhaps") from None
    problems: list[str] = _unknown(tree, text)
    values: dict[str, Any] = {}
    for field in FIELDS:
        try:
            values[field.key] = _value(field, tree, file.absolute().parent)
        except ValueError as error:
            problems.append(f"{_where(text, field.section, field.name)}: {error}")
    if not problems:
        problems = _together(values, text)
    if problems:
        raise ConfigProblem(str(file), problems, hint="docs/node.md says what every field means")
    return _config(file.absolute(), values)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LIMIT + 1)
    except OSError as error:
        raise ConfigProblem(str(file), [str(error.strerror)], hint="enigma node init writes one") from None
    if len(content) > LIMIT:
        raise ConfigProblem(str(file), [f"more than {LIMIT:,} bytes are no configuration"])
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigProblem(str(file), [f"line {line}: this is no UTF-8"]) from None


def _unknown(tree: dict[str, Any], text: str) -> list[str]:
    known = {section: [field.name for field in FIELDS if field.section == section] for section in SECTIONS}
    found = []
    for section, content in tree.items():
        if section not in known or not isinstance(content, dict):
            found.append(f"{_where(text, section, '')}: there is no such section; there are {', '.join(known)}")
            continue
        found += [
            f"{_where(text, section, name)}: there is no such field; [{section}] has {', '.join(known[section])}"
            for name in content
            if name not in known[section]
        ]
    return found


def _where(text: str, section: str, name: str) -> str:
    """The line of a field, as an editor counts; of its section, or the file's end, where it is not written."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if re.match(rf"\s*\[\s*{re.escape(section)}\s*\]", line)), None)
    shown = f"{section}.{name}" if name else section
    if start is None:
        alone = next((i for i, line in enumerate(lines) if re.match(rf"\s*{re.escape(section)}\s*[.=]", line)), None)
        return f"line {len(lines) if alone is None else alone + 1}, {shown}"
    for i in range(start + 1, len(lines)):
        if lines[i].lstrip().startswith("["):
            break
        if name and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", lines[i]):
            return f"line {i + 1}, {shown}"
    return f"line {start + 1}, {shown}"


def _value(field: Field, tree: dict[str, Any], base: Path) -> Any:
    """What a field says. Raises ValueError with what is wrong and what to write."""
    section = tree.get(field.section, {})
    written = section.get(field.name, field.usual) if isinstance(section, dict) else field.usual
    if written is None:
        raise ValueError(f"it must be written: {field.expects}")
    read = _READERS[field.kind](field, written)
    if read is None:
        raise ValueError(f"{_shown(written)} will not do: write {field.expects}")
    if field.kind in {Kind.FILE, Kind.OPTIONAL_FILE}:
        return base / Path(read).expanduser() if read else None
    return read


def _shown(written: Any) -> str:
    """A value as it was written, cut short. Nothing secret belongs into this file."""
    text = repr(written)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _text_of(_: Field, written: Any) -> str | None:
    return written if isinstance(written, str) and "\0" not in written else None


def _file_of(_: Field, written: Any) -> str | None:
    return written if isinstance(written, str) and written and "\0" not in written else None


def _url_of(_: Field, written: Any) -> str | None:
    return written if isinstance(written, str) and _URL.fullmatch(written) else None


def _place_of(_: Field, written: Any) -> tuple[str, int] | None:
    found = _LISTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None or not 0 < int(found["port"]) <= 0xFFFF:
        return None
    return found["host"].strip("[]"), int(found["port"])


def _origin_of(_: Field, written: Any) -> str | None:
    try:
        return Endpoint("127.0.0.1", 1, written).people if isinstance(written, str) and written else None
    except ArgumentProblem:
        return None


def _count_of(field: Field, written: Any) -> int | None:
    fits = isinstance(written, int) and not isinstance(written, bool) and field.least <= written <= field.most
    return written if fits else None


def _choice_of(field: Field, written: Any) -> str | None:
    return written if written in field.choices else None


def _accounts_of(_: Field, written: Any) -> frozenset[str] | None:
    from eth_utils.address import is_checksum_formatted_address, to_checksum_address

    if not isinstance(written, list) or not all(isinstance(each, str) for each in written):
        return None
    if written == [EVERYBODY]:
        return frozenset({EVERYBODY})
    if not all(_ACCOUNT.fullmatch(each) for each in written):
        return None
    for each in written:
        if each.lower() != each and not (is_checksum_formatted_address(each) and to_checksum_address(each) == each):
            raise ValueError(f"{each} has a wrong letter: its checksum does not fit")
    return frozenset(str(to_checksum_address(each)) for each in written)


def _switch_of(_: Field, written: Any) -> bool | None:
    return written if isinstance(written, bool) else None


_READERS: dict[Kind, Callable[[Field, Any], Any]] = {
    Kind.URL: _url_of,
    Kind.FILE: _file_of,
    Kind.OPTIONAL_FILE: _text_of,
    Kind.LISTEN: _place_of,
    Kind.PLACE: _place_of,
    Kind.ORIGIN: _origin_of,
    Kind.COUNT: _count_of,
    Kind.CHOICE: _choice_of,
    Kind.ACCOUNTS: _accounts_of,
    Kind.SWITCH: _switch_of,
}


def _together(values: dict[str, Any], text: str) -> list[str]:
    """What is wrong between fields that are fine each for itself."""
    found = []
    try:
        _endpoint(values)
    except ArgumentProblem:
        found.append(
            f"{_where(text, 'peers', 'public')}: with people.public it is no endpoint that can be registered: write "
            "lower-case names or addresses, at most 128 characters together"
        )
    if values["peers.public"][0] in {"0.0.0.0", "::"}:  # noqa: S104 - refused, not bound
        found.append(f"{_where(text, 'peers', 'public')}: nobody reaches this address: write one that others can see")
    if (values["people.certificate"] is None) != (values["people.key"] is None):
        found.append(f"{_where(text, 'people', 'certificate')}: write both certificate and key, or neither")
    listening: dict[tuple[str, int], str] = {}
    for key in ("peers.listen", "people.listen", *(["metrics.listen"] if values["metrics.on"] else [])):
        other = listening.setdefault(values[key], key)
        if other != key:
            found.append(f"{_where(text, *key.split('.'))}: {other} has this address and port: write another port")
    return found


def _endpoint(values: dict[str, Any]) -> Endpoint:
    host, port = values["peers.public"]
    return Endpoint(host, port, values["people.public"])


def _config(file: Path, values: dict[str, Any]) -> Config:
    accepts: frozenset[str] = values["accepts.publishers"]
    certificate = values["people.certificate"]
    return Config(
        file=file, folder=values["node.folder"], chain_url=values["chain.url"], deployment=values["chain.deployment"],
        confirmations=values["chain.confirmations"], peers=values["peers.listen"],
        endpoint=_endpoint(values), people=values["people.listen"],
        certificate=None if certificate is None else (certificate, values["people.key"]),
        at_once=values["jobs.at_once"], memory=values["jobs.memory_mib"] << 20, kernels=values["jobs.kernels"],
        patience=values["jobs.patience_seconds"], ending=values["jobs.ending_seconds"],
        accepts=None if EVERYBODY in accepts else accepts, refresh=values["renewal.refresh_hours"],
        replace=values["renewal.replace_hours"], level=values["logging.level"],
        format=values["logging.format"], metrics=values["metrics.listen"] if values["metrics.on"] else None,
        transcript_room=values["look.transcript_mib"] << 20, transcript_life=values["look.transcript_days"] * 86_400,
    )  # fmt: skip
