"""Bodies, as they are read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import Request

from enigma.errors import ArgumentProblem, NetworkError
from enigma.node.people.words import body_of


def request(messages: Sequence[dict[str, Any]]) -> Request:
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming)

    return Request({"type": "http"}, receive)


def part(octets: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": octets, "more_body": more}


def test_a_body_in_two_parts() -> None:
    coming = request([part(b"ab", more=True), part(b"c", more=False)])
    assert asyncio.run(body_of(coming, 3)) == b"abc"


def test_a_body_that_is_too_long() -> None:
    coming = request([part(b"ab", more=True), part(b"cd", more=True)])
    with pytest.raises(ArgumentProblem, match="at most 3 bytes"):
        asyncio.run(body_of(coming, 3))


def test_a_connection_that_ends_before_the_body_is_nothing_that_a_node_logs_as_its_own_defect() -> None:
    coming = request([part(b"ab", more=True), {"type": "http.disconnect"}])
    with pytest.raises(NetworkError, match="ended before"):
        asyncio.run(body_of(coming, 3))
