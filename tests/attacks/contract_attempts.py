"""Attempts to get out of the contract language, to exhaust who evaluates it, or to make a private value known."""

from __future__ import annotations

from tests.attacks.attempts import attempt
from tests.attacks.attempts_of_words import ATTRIBUTES, COLLISIONS, DUNDERS, FORMS, LOOKALIKES
from tests.attacks.attempts_to_exhaust import FUEL, SHAPES
from tests.attacks.attempts_to_learn import FLOWS

from enigma.errors import ArgumentProblem, CallRefused

ARGUMENTS = [
    attempt("a huge public argument", "return k", ArgumentProblem, call={"k": 10**1000}),
    attempt("a text as a number", "return k", ArgumentProblem, call={"k": "4"}),
    attempt("a bool as a number", "return k", ArgumentProblem, call={"k": True}),
    attempt("a fraction as a number", "return k", ArgumentProblem, call={"k": 1.5}),
    attempt("no number", "return k", ArgumentProblem, call={"k": float("nan")}),
    attempt("infinity", "return k", ArgumentProblem, call={"k": float("inf")}),
    attempt("a list as a number", "return k", ArgumentProblem, call={"k": [[[[1]]]]}),
    attempt("None as a number", "return k", ArgumentProblem, call={"k": None}),
    attempt("an object as a number", "return k", ArgumentProblem, call={"k": object()}),
    attempt("a private value out of range", "return k", ArgumentProblem, call={"x": 11}),
    attempt("a private value below the range", "return k", ArgumentProblem, call={"x": -1}),
    attempt("a private fraction", "return k", ArgumentProblem, call={"x": 0.5}),
    attempt("a private text", "return k", ArgumentProblem, call={"x": "3"}),
    attempt("a private value that is no number", "return k", ArgumentProblem, call={"x": float("nan")}),
    attempt("a private value of another shape", "return k", ArgumentProblem, call={"x": [1, 2]}),
    attempt("a private array of another shape", "return k", ArgumentProblem, call={"xs": [[1, 2], [3, 4]]}),
    attempt("a ragged private array", "return k", ArgumentProblem, call={"xs": [[1], [2, 3]]}),
    attempt("a private object", "return k", ArgumentProblem, call={"xs": object()}),
    attempt("a huge private value", "return k", ArgumentProblem, call={"x": 2**70}),
    attempt("an argument that is not taken", "return k", ArgumentProblem, call={"y": 1}),
    attempt("the sender as an argument", "return k", ArgumentProblem, call={"self": 1}),
]

REFUSED_CALLS = [
    attempt("require", "require(k > 9, 'too small')\nreturn 1", CallRefused, "too small"),
    attempt("reading what is not there", "return L['nothing']", CallRefused, "nothing is stored"),
    attempt("computing with what is not there", "return reveal(MPC['nothing'])", CallRefused, "nothing is stored"),
    attempt("handing on what is not there", "return reveal(DHT['nothing'])", CallRefused, "nothing is stored"),
]

ATTEMPTS = [
    *DUNDERS, *ATTRIBUTES, *FORMS, *LOOKALIKES, *COLLISIONS, *FUEL, *SHAPES, *FLOWS, *ARGUMENTS, *REFUSED_CALLS,
]  # fmt: skip
