"""What people write of identities: addresses, rights, contracts, functions, times. Everything else is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from enigma.chain.coding import selector_of
from enigma.chain.identities import EVERY_FUNCTION, EVERYBODY, Right
from enigma.errors import ArgumentProblem, FileProblem

if TYPE_CHECKING:
    from enigma.chain.committees import Committees, Published

EVERYBODY_WORD = "everybody"
SOURCE_LIMIT = 1 << 20  # bytes of a contract's file
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_CONTRACT = re.compile(r"0x[0-9a-fA-F]{64}")
_SELECTOR = re.compile(r"0x[0-9a-fA-F]{8}")
_SIGNATURE = re.compile(r"[A-Za-z_]\w*\([\w,()\[\]]*\)", re.ASCII)
_SPAN = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_LATEST = 253_402_300_799  # the last second of the year 9999, with which calendars end


def address(text: str) -> str:
    """An address with its checksum; one in mixed case must have the right one (EIP-55). Raises ArgumentProblem."""
    from eth_utils.address import is_checksum_formatted_address, is_hex_address, to_checksum_address

    if not is_hex_address(text) or not text.startswith("0x"):
        raise ArgumentProblem(f"{text} is no address", hint="an address is 0x and 40 hexadecimal digits")
    proper = str(to_checksum_address(text))
    if is_checksum_formatted_address(text) and text != proper:
        raise ArgumentProblem(f"{text} is mistyped: its checksum is wrong", hint="copy the address whole")
    if int(proper, 16) == 0:
        raise ArgumentProblem("the zero address is nobody's", hint=f"write {EVERYBODY_WORD} for whoever asks")
    return proper


def grantee(text: str) -> str:
    """Whom a grant is for: an address, or everybody."""
    return EVERYBODY if text == EVERYBODY_WORD else address(text)


def member(text: str) -> tuple[str, Right]:
    """ADDRESS=RIGHT,RIGHT: a member and its rights. Raises ArgumentProblem."""
    who, separator, words = text.partition("=")
    if not separator:
        raise ArgumentProblem(f"--member {text}", hint="write ADDRESS=RIGHTS, as in 0x...=read,compute")
    rights = Right(0)
    for word in words.split(","):
        if word.upper() not in Right.__members__:
            known = ", ".join(name.lower() for name in Right.__members__)
            raise ArgumentProblem(f"there is no right {word or 'of that name'}", hint=f"there are: {known}")
        rights |= Right[word.upper()]
    return address(who), rights


def words_of(rights: Right) -> list[str]:
    """Rights in the words that `member` reads."""
    return [right.name.lower() for right in Right if right.name and right in rights]


def published(committees: Committees, text: str) -> Published:
    """The contract of an id. Raises ArgumentProblem for a malformed or unknown one."""
    if not _CONTRACT.fullmatch(text):
        raise ArgumentProblem(f"{text} is no contract's id", hint="an id is 0x and 64 hexadecimal digits")
    found = committees.published(bytes.fromhex(text[2:]))
    if found is None:
        raise ArgumentProblem(
            f"there is no contract {text} on this chain",
            hint="its id is that of its event Published: enigma chain log shows it",
        )
    return found


def function_id(text: str | None, contract: Published, source: Path | None) -> bytes:
    """The four bytes of a function: of its selector, its signature, or its name in the contract's own file.

    None is every function. A file counts only if its SHA-256 is the one that was published. Raises ArgumentProblem,
    FileProblem, SourceProblem.
    """
    if text is None:
        return EVERY_FUNCTION
    if _SELECTOR.fullmatch(text):
        found = bytes.fromhex(text[2:])
        if found == EVERY_FUNCTION:
            raise ArgumentProblem("0x00000000 stands for every function", hint="leave --function out to mean all")
        return found
    if _SIGNATURE.fullmatch(text):
        return selector_of(text)
    if source is None:
        raise ArgumentProblem(
            f"--function {text}: a name alone does not say which function",
            hint="add --source FILE of the contract, or write NAME(TYPES), or the selector 0x and 8 hexadecimal digits",
        )
    functions = _signatures(source, contract)
    if text not in functions:
        raise ArgumentProblem(f"{source} has no function {text}", hint=f"it has: {', '.join(functions) or 'none'}")
    return selector_of(functions[text])


def until(text: str, now: int) -> int:
    """A last second: a span from `now` (30d, 12h, 5m), a day (all of it, UTC), a time, or seconds since 1970.

    Raises ArgumentProblem where it is malformed, or has passed.
    """
    last = _second(text, now)
    if last < now:
        raise ArgumentProblem(f"--until {text} has passed", hint=f"the chain's clock is at {_utc(now)}")
    if last > _LATEST:
        raise ArgumentProblem(f"--until {text} is too far away", hint="calendars end with the year 9999")
    return last


def _second(text: str, now: int) -> int:
    if span := _SPAN.fullmatch(text):
        return now + int(span[1]) * _UNITS[span[2]]
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentProblem(
            f"--until {text} is no time", hint="write a day (2027-12-31), a time (2027-12-31T12:00Z) or a span (30d)"
        ) from None
    if len(text) == len("2027-12-31"):
        moment += timedelta(days=1, seconds=-1)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _signatures(file: Path, contract: Published) -> dict[str, str]:
    """The functions of the published source that are called at its public half: names and signatures."""
    from enigma.contract.reading.loading import load
    from enigma.contract.reading.source import Source
    from enigma.contract.vyper import public_half

    try:
        with file.open("rb") as opened:
            content = opened.read(SOURCE_LIMIT + 1)
        text = content.decode()
    except OSError as error:
        raise FileProblem(str(file), str(error.strerror)) from None
    except UnicodeDecodeError:
        raise FileProblem(str(file), "a contract is text in UTF-8") from None
    if len(content) > SOURCE_LIMIT:
        raise FileProblem(str(file), "too large for a contract")
    source = Source(str(file), text)
    if bytes.fromhex(source.digest) != contract.source:
        raise FileProblem(
            str(file),
            f"its SHA-256 is {source.digest}, and the contract's source was published as {contract.source.hex()}",
            hint="give the file that was published",
        )
    half = public_half(load(source))
    return {name: entry.signature for name, entry in half.functions.items()}
