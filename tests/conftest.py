"""How every test runs: quick tests first, those that start processes last, and no test is failed by a clock."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("enigma", deadline=None, print_blob=True)
settings.load_profile("enigma")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("processes") is not None)
