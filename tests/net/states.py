"""Waiting for a state that another thread or process brings about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE = 60.0
"""After this the state will not come: a defect, or a machine on which nothing runs."""


def until(holds: Callable[[], bool], what: str) -> None:
    """Return when `holds()`; between two looks, let the others run."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end, f"never came: {what}"
        pause.wait(0.002)
