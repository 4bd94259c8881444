"""Writes the vectors of pieces, commitments, sealing, contributions and documents into docs/spec/vectors/.

    .venv/bin/python -m tools.vectors [--check]

All randomness is fixed, sealing's as well. `--check` changes nothing and fails where a file is not what would be
written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tools.vectors.by_the_book import Vectors
from tools.vectors.contribution import commitment, contribution
from tools.vectors.document import document
from tools.vectors.pieces import pieces
from tools.vectors.sealing import sealing

VECTORS = Path(__file__).parents[2] / "docs" / "spec" / "vectors"


def written(vectors: Vectors) -> str:
    """JSON with one vector on a line."""
    lists = []
    for key, each in vectors.items():
        lines = ",\n".join(f"    {json.dumps(vector, ensure_ascii=True)}" for vector in each)
        lists.append(f'  "{key}": [\n{lines}\n  ]')
    return "{\n" + ",\n".join(lists) + "\n}\n"


def main() -> int:
    """Write the files, or check them."""
    stale = []
    for make in (sealing, pieces, commitment, contribution, document):
        path, text = VECTORS / f"{make.__name__}.json", written(make())
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        print(f"not what python -m tools.vectors writes: {', '.join(stale)}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
