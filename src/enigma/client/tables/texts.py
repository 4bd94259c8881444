"""Files as bytes and text: opened, recognised by their first bytes, decoded, each mistake with its name."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO

from enigma.errors import FileProblem

KNOWN_OTHERS = (
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook"),
    (b"\x1f\x8b", "is compressed with gzip"),
    (b"SQLite format 3", "is an SQLite database"),
)
"""The first bytes of files that people give by mistake, and what to say."""


def decoded(file: str, raw: bytes) -> str:
    """The text of a file: UTF-8, or UTF-8 and UTF-16 with a byte-order mark.

    Raises `FileProblem` for other encodings (with the line where they show) and for bytes that are no text.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise FileProblem(file, f"starts like UTF-16 text, but byte {error.start + 1} does not decode",
                              hint="save it as UTF-8") from error  # fmt: skip
    if b"\0" in raw:
        raise FileProblem(file, "is not text: it holds zero bytes",
                          hint="give a CSV, JSON or Parquet file; text must be UTF-8")  # fmt: skip
    try:
        return raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileProblem(file, f"line {line} is not UTF-8 text (byte 0x{raw[error.start]:02x})",
                          hint="save the file as UTF-8") from error  # fmt: skip


def opened(path: Path) -> BinaryIO:
    """The file for reading. Raises `FileProblem`."""
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise FileProblem(str(path), "no such file") from error
    except IsADirectoryError as error:
        raise FileProblem(str(path), "is a directory, not a file", hint="give the files one by one") from error
    except PermissionError as error:
        raise FileProblem(str(path), "may not be read by this user", hint="check the file's permissions") from error
    except (OSError, ValueError) as error:
        # ValueError: a zero byte in the name.
        raise FileProblem(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def whole(path: Path) -> bytes:
    """All bytes of a file. Raises `FileProblem`."""
    with opened(path) as file:
        try:
            return file.read()
        except OSError as error:
            raise FileProblem(str(path), f"cannot be read: {error.strerror or error}") from error
