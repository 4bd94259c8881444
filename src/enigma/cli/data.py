"""`enigma data`: have nodes keep files, for oneself, for readers, or for everyone, and get them again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from enigma.cli.chain import WRITTEN, AsJson, Deployment, Url
from enigma.cli.failing import reporting
from enigma.cli.identity import Keystore

if TYPE_CHECKING:
    from enigma.client.network import Network

group = typer.Typer(help="Data that nodes keep for their owners and readers.", no_args_is_help=True)

Identity = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A shared identity whose data it is.", show_default="the account itself"),
]


@group.command()
@reporting
def put(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What is to be kept.", show_default=False)],
    url: Url,
    keystore: Keystore,
    deployment: Deployment = WRITTEN,
    name: Annotated[str | None, typer.Option(help="What its readers see it called.", show_default="FILE")] = None,
    reader: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Who else may read it; repeatable.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="Everyone may read it: it is not encrypted.")] = False,
    identity: Identity = None,
    as_json: AsJson = False,
) -> None:
    """Have nodes keep a file of at most 1 MiB for 30 days, encrypted on this machine, and print its reference.

    What was interrupted goes on when the same is run again; whoever runs it later has it kept for another 30 days.
    """
    from enigma.cli.work import print_json
    from enigma.errors import FileProblem

    try:
        octets = file.read_bytes()
    except OSError as error:
        raise FileProblem(str(file), error.strerror or "cannot be read") from None
    with _network(url, deployment, keystore) as network:
        reference = network.store(name or file.name, octets, readers=reader or (), public=public, identity=identity)
    if as_json:
        print_json({"reference": "0x" + reference.hex(), "bytes": len(octets), "public": public})
    else:
        typer.echo("0x" + reference.hex())


@group.command()
@reporting
def get(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="0x..., as put printed it.")],
    url: Url,
    keystore: Keystore,
    deployment: Deployment = WRITTEN,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write it; nothing is overwritten.", show_default="standard output"),
    ] = None,
) -> None:
    """Get what the owner of a reference lets this account read. Every byte is checked against the reference."""
    from enigma.errors import FileProblem

    with _network(url, deployment, keystore) as network:
        value = network.load(reference)
    octets = value.encode() if isinstance(value, str) else value
    if output is None:
        sys.stdout.buffer.write(octets)
        return
    try:
        with output.open("xb") as file:
            file.write(octets)
    except OSError as error:
        raise FileProblem(str(output), error.strerror or "cannot be written") from None


@group.command("list")
@reporting
def listing(
    url: Url, keystore: Keystore, deployment: Deployment = WRITTEN, identity: Identity = None, as_json: AsJson = False
) -> None:
    """List what this account, or an identity of its, has had nodes keep. Of encrypted data, readers see the names."""
    from enigma.cli.work import print_json

    with _network(url, deployment, keystore) as network:
        found = network.stored(identity)
    if as_json:
        print_json({"data": [
            {"reference": "0x" + each.reference.hex(), "name": each.name, "bytes": each.size, "public": each.public,
             "erased": each.erased} for each in found
        ]})  # fmt: skip
        return
    for each in found:
        what = "erased" if each.erased else "not found at the nodes" if each.size is None else f"{each.size:,} bytes"
        seen = "" if each.public is None else ", public" if each.public else ", encrypted"
        typer.echo(f"0x{each.reference.hex()}  {_printable(each.name or '')}  {what}{seen}".replace("    ", "  "))


@contextmanager
def _network(url: str, deployment: Path, keystore: Path) -> Iterator[Network]:
    """The network for the account of a keystore, whose password is asked for."""
    from enigma.chain.deployment import Controllers
    from enigma.cli.keystores import unlock
    from enigma.client.network import Network

    controllers = Controllers.load(deployment)
    with Network(url, controllers, unlock(keystore), say=lambda words: typer.echo(words, err=True)) as network:
        yield network


def _printable(name: str) -> str:
    """Another's name for something, without what a terminal would obey."""
    return "".join(each if each.isprintable() else "?" for each in name)
