"""Processes for the tests: `hold PATH`, `write PATH SEED`, `fill PATH`."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from enigma.errors import StoreFull
from enigma.storage import CHUNK, Store

KEY = bytes(32)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def value_of(number: int) -> bytes:
    """What is put in step `number`; every seventh is long."""
    return random.Random(number).randbytes(2 * CHUNK + number if number % 7 == 3 else number % 500)


def hold(path: Path) -> None:
    """Open the store and wait to be killed."""
    with Store.open(path, KEY) as store:
        store.put("x", b"k", b"v")
        say("open")
        sys.stdin.read()


def write(path: Path, first: int) -> None:
    """Put one value after the other, and say so after each; now and then several at once, or an expiry."""
    with Store.open(path, KEY) as store:
        say(f"found {len(store.found)}")
        number = first
        while True:
            if number % 5 == 0:
                with store.transaction():
                    store.put("pairs", b"left", b"%d" % number)
                    store.put("x", b"%d" % number, value_of(number))
                    store.put("pairs", b"right", b"%d" % number)
            else:
                store.put("x", b"%d" % number, value_of(number), expires=number)
            say(f"put {number}")
            if number % 11 == 0:
                store.expire(number - 20)
                say(f"expired {number - 20}")
            number += 1


def fill(path: Path) -> None:
    """Fill a small disk; what was put stays, what was refused leaves nothing, and with room it all works again."""
    with Store.open(path, KEY) as store:
        put = 0
        for refused in range(5):
            try:
                for number in range(put, 10_000):
                    with store.transaction():
                        store.put("x", b"%d" % number, bytes(3000 >> refused))
                        store.put("y", b"%d" % number, bytes(3000 >> refused))
                    put = number + 1
            except StoreFull:
                pass
            try:
                store.put_stream("z", b"long", (bytes(CHUNK) for _ in range(100)))
            except StoreFull as full:
                say(str(full).splitlines()[0])
            numbers = [b"%d" % number for number in range(put)]
            assert store.keys("x") == store.keys("y") == sorted(numbers)
            assert store.get("z", b"long") is None
        (path.parent / "ballast").unlink()
        assert store.check() == []
        store.put("x", b"again", b"works")
        assert store.put_stream("z", b"long", (bytes(CHUNK) for _ in range(2))) == 2 * CHUNK
        assert store.check() == []
    with Store.open(path, KEY) as store:
        assert store.found == ()
        assert len(store.keys("x")) == put + 1
        assert store._catalogue.behind is False
    say(f"kept {put}")


def main() -> None:
    """The command line."""
    match sys.argv[1:]:
        case ["hold", path]:
            hold(Path(path))
        case ["write", path, first]:
            write(Path(path), int(first))
        case ["fill", path]:
            fill(Path(path))


if __name__ == "__main__":
    main()
