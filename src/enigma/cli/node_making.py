"""`enigma node init`: a node's folder."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import typer

from enigma.cli.node_passwords import password
from enigma.errors import ArgumentProblem, ConfigProblem, FileProblem
from enigma.node.config import FILE_NAME, read_config
from enigma.node.config_fields import written
from enigma.node.keystore import create_keys

NEXT = """\
Node {node} is made, in {folder}.
  {file} says how it runs: every field is explained there.
  {keys} holds its keys, under the password. Keep a copy, and the password elsewhere: nobody can restore them.
What to do next:
  {deployment}enigma node register --folder {folder} --keystore OPERATOR --fund 0.1
  enigma node start --folder {folder}"""


def run(
    folder: Path,
    host: str,
    chain: str,
    deployment: Path | None,
    confirmations: int,
    peers_port: int,
    people_port: int,
    password_file: Path | None,
) -> None:
    """The whole command. Raises ConfigProblem, KeyProblem, before anything is written where it can."""
    place = folder.expanduser().absolute()
    file = place / FILE_NAME
    if file.exists():
        raise FileProblem(str(file), "it is there already", hint="edit it, or name another folder; nothing was changed")
    shown = f"[{host}]" if _is_ip6(host) else host.lower()
    text = written(
        {
            "chain.url": chain,
            "chain.confirmations": confirmations,
            "peers.listen": f"0.0.0.0:{peers_port}",
            "peers.public": f"{shown}:{peers_port}",
            "people.listen": f"0.0.0.0:{people_port}",
            "people.public": f"https://{shown}:{people_port}",
        }
    )
    controllers = None if deployment is None else _read(deployment.expanduser())
    secret = password("the node's keys", password_file, twice=True)
    made = not place.exists()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_name(FILE_NAME + ".new")
    beside.write_text(text, encoding="utf-8")
    try:
        _check(beside)
        keys = create_keys(place, secret)
    except BaseException:
        beside.unlink()
        if made and not any(place.iterdir()):
            place.rmdir()
        raise
    if controllers is not None:
        (place / "controllers.json").write_bytes(controllers)
    beside.replace(file)
    first = "" if controllers is not None else f"put the network's controllers.json into {place}\n  "
    typer.echo(NEXT.format(node=keys.account.address, folder=place, file=file, keys=place / "keys", deployment=first))


def _check(file: Path) -> None:
    try:
        read_config(file)
    except ConfigProblem as problem:
        words = "; ".join(each.partition(", ")[2] for each in problem.problems)
        raise ArgumentProblem(f"these options make no configuration: {words}", hint="nothing was made") from None


def _is_ip6(host: str) -> bool:
    try:
        return isinstance(ipaddress.ip_address(host), ipaddress.IPv6Address)
    except ValueError:
        return False


def _read(deployment: Path) -> bytes:
    from enigma.chain.deployment import Controllers

    Controllers.load(deployment)
    with deployment.open("rb") as file:
        return file.read()
