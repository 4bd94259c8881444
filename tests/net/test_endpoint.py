"""Endpoints have one spelling each, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma.errors import ArgumentProblem
from enigma.net import Endpoint

GOOD = [
    ("enigma://node.example.org:7000", Endpoint("node.example.org", 7000)),
    (
        "enigma://node.example.org:7000?people=https://www.example.org:443",
        Endpoint("node.example.org", 7000, "https://www.example.org:443"),
    ),
    ("enigma://127.0.0.1:1", Endpoint("127.0.0.1", 1)),
    ("enigma://[::1]:65535?people=https://[2001:db8::1]:8443", Endpoint("::1", 65535, "https://[2001:db8::1]:8443")),
]


@pytest.mark.parametrize(("text", "endpoint"), GOOD)
def test_one_text_for_one_endpoint(text: str, endpoint: Endpoint) -> None:
    assert Endpoint.parse(text) == endpoint
    assert str(endpoint) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://a:1",
        "enigma://a",
        "enigma://a:",
        "enigma://a:0",
        "enigma://a:01",
        "enigma://a:65536",
        "enigma://a:1/",
        "enigma://a:1#b",
        "enigma://me@a:1",
        "enigma://A:1",
        "enigma://a..b:1",
        "enigma://-a:1",
        "enigma://a b:1",
        "enigma://a:1\n",
        "enigma://a:1?people=http://a:1",
        "enigma://a:1?people=https://a",
        "enigma://a:1?people=https://a:1/x",
        "enigma://a:1?people=",
        "enigma://a:1?people=https://a:1&x=y",
        "enigma://127.1:1",
        "enigma://0x7f000001:1",
        "enigma://2130706433:1",
        "enigma://127.0.0.01:1",
        "enigma://::1:1",
        "enigma://[::0001]:1",
        "enigma://[127.0.0.1]:1",
        "enigma://[fe80::1%25eth0]:1",
        "enigma://münchen:1",
        "enigma://" + "a." * 70 + "b:1",
        "enigma://" + "a" * 64 + ":1",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ArgumentProblem, match="no endpoint of a node"):
        Endpoint.parse(text)


@pytest.mark.parametrize(
    ("host", "port", "people"), [("a/b", 1, ""), ("a", 0, ""), ("a", 1, "https://a"), ("[::1]", 1, "")]
)
def test_no_endpoint_is_made_that_has_no_text(host: str, port: int, people: str) -> None:
    with pytest.raises(ArgumentProblem):
        Endpoint(host, port, people)


@given(st.text(max_size=140) | st.from_regex(r"enigma://[a-z0-9.\[\]:?/=-]{0,60}", fullmatch=True))
def test_what_is_taken_is_given_back(text: str) -> None:
    try:
        endpoint = Endpoint.parse(text)
    except ArgumentProblem:
        return
    assert str(endpoint) == text
    assert Endpoint(endpoint.host, endpoint.port, endpoint.people) == endpoint
