"""`enigma classify`: naive Bayes over the owners' files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from enigma.apex.naive_bayes import GaussianNaiveBayes, Market
from enigma.cli.display import Display
from enigma.cli.tables import print_counts, print_notes
from enigma.cli.work import consoles, print_json, print_spent, read, secrecy, spent, start


def as_json(market: Market) -> dict[str, Any]:
    """Counts by class, null where withheld; `notes` where there is something to note."""
    counts = {str(name): count for name, count in zip(market.classes, market.counts, strict=True)}
    return {"counts": counts, **({"notes": list(market.notes)} if market.notes else {})}


def run(
    train: Sequence[Path],
    files: Sequence[Path],
    smallest: int,
    columns: str | None,
    ranges: Sequence[str],
    *,
    as_object: bool,
) -> None:
    """The whole command, on seats of this machine."""
    output, errors = consoles()
    classifier = GaussianNaiveBayes(smallest=smallest)
    with Display(errors) as display:
        training = read(train, columns, ranges, display, with_class=True)
        tables = read(files, columns, ranges, display)
        classifier.check(training)
        with start(display) as committee:
            display.begin("training")
            model = classifier.fit(committee, training)
            display.begin("classifying")
            market = model.count(model.predict(tables))
            taken = spent(committee)
    if as_object:
        print_json(as_json(market))
        return
    print_counts(market, output)
    print_notes(market.notes, output)
    print_spent(taken, output)
    output.print(secrecy("the number of rows of each class above"))
