"""Results on disk: a file is there whole, or as it was before."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from enigma.errors import FileProblem


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write `content` beside the file, then rename it into place. Raises `FileProblem` where that is not possible."""
    target = Path(path)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            # mkstemp keeps its file to its owner; a result is meant to be read.
            part.chmod(0o644)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileProblem(str(target), f"cannot be written: {error.strerror}",
                          hint="name a file in an existing folder that you may write to") from error  # fmt: skip
