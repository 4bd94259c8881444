"""Documents at their owner's and their reader's machine: encrypted before anything leaves, checked before it is opened.

The content key follows from the contribution's secret and from the document, as its pieces do: an interrupted upload
goes on, and another document under the same secret has an unrelated key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from enigma.array.literals import Raw
from enigma.client.seat_api import SeatApi
from enigma.contract.answers import SealedDocument
from enigma.contract.calling.documents import EnclosedDocument, OwnDocument, opened
from enigma.contract.calling.private_arguments import Checked
from enigma.contract.calling.raw import raw_columns
from enigma.contract.dictionaries.ciphertext import KEY_TYPE, KEY_WORDS
from enigma.contract.types import IntType
from enigma.errors import ArgumentProblem, EnigmaError, NetworkError, ProtocolError
from enigma.sharing.header import Context
from enigma.wire.codec import encode

SeatOf = Callable[[str], SeatApi]
Private = Checked | OwnDocument
"""What is shared of a call: values, and documents by their content keys."""


def is_private(value: Any) -> bool:
    """Whether an argument that was checked is shared, and not sent."""
    return isinstance(value, (Checked, OwnDocument))


def contributed(
    value: Private, secret: bytes, context: Context, documents: list[EnclosedDocument]
) -> tuple[dict[str, Raw], int | None]:
    """Columns and rows of a contribution. A document is encrypted, and put to `documents`, which go to all seats."""
    if isinstance(value, Checked):
        return raw_columns(value), value.rows
    enclosed = value.enclosed(value.content_key(secret, encode(context.tree)))
    documents.append(enclosed)
    return {enclosed.column: enclosed.words}, KEY_WORDS


def priced(value: Private) -> Checked:
    """What an estimate takes an argument for: of a document, its content key is computed on, and nothing else."""
    if isinstance(value, Checked):
        return value
    words = np.zeros(KEY_WORDS, np.int64), IntType(KEY_TYPE.lo, KEY_TYPE.hi)
    return Checked({"": words}, None)


def received(part: SealedDocument, words: Raw, nodes: Iterable[str], seat: SeatOf) -> bytes | str:
    """A document that was handed to this account, `words` being its content key; from the first node that has it.

    Raises `ProtocolError` where nobody hands out the right ciphertext, `NetworkError` where nobody answers, and
    `ArgumentProblem` where nobody has it any more.
    """
    problems: list[EnigmaError] = []
    for node in nodes:
        try:
            return opened(words, part.sha256, part.size, _ciphertext(seat(node), part))
        except (ArgumentProblem, NetworkError, ProtocolError) as problem:
            problems.append(problem)
    worst = [each for kind in (ProtocolError, NetworkError, ArgumentProblem) for each in problems if type(each) is kind]
    raise next(iter(worst + problems), NetworkError("no node is known that stores this document"))


def _ciphertext(api: SeatApi, part: SealedDocument) -> Iterator[bytes]:
    """A ciphertext from one node, from where a connection broke off, as long as each brings something."""
    start = 0
    while start < part.size:
        before = start
        try:
            for piece in api.ciphertext(part.sha256, start):
                start += len(piece)
                yield piece
        except NetworkError:
            if start == before:
                raise
        else:
            return
