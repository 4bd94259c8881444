"""A program: what one job computes, in a form that every seat derives or decodes to the same bytes.

`encode` is canonical (wire/codec), so `digest` is the same on every machine; `decode` rebuilds every node through
`build`, and so proves shapes and ranges again instead of believing them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from enigma.errors import WireError
from enigma.program import build
from enigma.program.node import Node, ancestors
from enigma.program.ops import Op
from enigma.program.types import BOOL, Kind, Type, number
from enigma.wire import codec

ENGINE_VERSION = 1
"""Raised with every change that alters what a program's seats send."""

MAX_ENCODED_BYTES = 1 << 30
MAX_ELEMENTS = 1 << 40
MAX_SCALE = 256


@dataclass(frozen=True)
class Program:
    """Outputs over stored inputs. `reveals` are opened to whoever asked; `keeps` stay shared with the committee."""

    inputs: tuple[Node, ...]
    reveals: tuple[Node, ...]
    keeps: tuple[Node, ...] = ()

    @property
    def outputs(self) -> tuple[Node, ...]:
        """All outputs: first the revealed, then the kept."""
        return self.reveals + self.keeps

    def encode(self, family: str) -> bytes:
        """Canonical bytes, bound to the protocol family and the engine's version."""
        return codec.encode([ENGINE_VERSION, family, [_input_tree(x) for x in self.inputs], _graph_tree(self.outputs),
                             len(self.reveals)])  # fmt: skip

    def digest(self, family: str) -> bytes:
        """SHA-256 of the canonical bytes."""
        return hashlib.sha256(self.encode(family)).digest()


def trace(reveals: Sequence[Node], keeps: Sequence[Node] = ()) -> Program:
    """The program behind these outputs; its inputs are the INPUT nodes that they reach, by index."""
    found = {x.attrs["index"]: x for x in ancestors((*reveals, *keeps)) if x.op is Op.INPUT}
    return Program(tuple(found[i] for i in sorted(found)), tuple(reveals), tuple(keeps))


def decode(data: bytes, family: str) -> Program:
    """The program that `data` encodes; raises `WireError`, `ProgramError`."""
    tree: Any = codec.decode(data, limit=MAX_ENCODED_BYTES)
    try:
        version, its_family, inputs, graph, reveal_count = tree
        if version != ENGINE_VERSION or its_family != family:
            raise WireError(f"a program for engine {version} and {its_family}, not {ENGINE_VERSION} and {family}")
        outputs = _read_graph(graph)
        if not 0 <= reveal_count <= len(outputs):
            raise WireError(f"a program reveals {reveal_count} of {len(outputs)} outputs")
        sources = tuple(build.input_(_read_index(i), _read_shape(shape), read_type(t)) for i, shape, t in inputs)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise WireError(f"not a program: {error}") from error
    claimed = {x.attrs["index"]: x for x in sources}
    found = {x.attrs["index"]: x for x in ancestors(outputs) if x.op is Op.INPUT}
    if list(claimed) != sorted(found):
        raise WireError(f"a program over inputs {sorted(found)} claims {list(claimed)}")
    for x in (y for y in ancestors(outputs) if y.op is Op.INPUT):
        if (x.shape, x.type) != (claimed[x.attrs["index"]].shape, claimed[x.attrs["index"]].type):
            raise WireError(f"input {x.attrs['index']} is {claimed[x.attrs['index']]!r} and {x!r}")
    sources = tuple(found[index] for index in claimed)
    return Program(sources, outputs[:reveal_count], outputs[reveal_count:])


def _input_tree(x: Node) -> list[Any]:
    return [x.attrs["index"], list(x.shape), type_tree(x.type)]


def type_tree(t: Type) -> list[Any]:
    """A type as a tree of `enigma.wire`."""
    return [t.kind.value, t.scale, t.lo, t.hi]


def read_type(tree: Any) -> Type:
    """What `type_tree` wrote; raises `WireError` for a scale that no operation yields, `RangeError` beyond the ring."""
    kind, scale, lo, hi = tree
    if not 0 <= scale <= MAX_SCALE:
        raise WireError(f"a type of {scale} fractional bits")
    if Kind(kind) is Kind.BOOL:
        if (scale, lo, hi) != (0, 0, 1):
            raise WireError("a boolean that is neither 0 nor 1")
        return BOOL
    return number(lo, hi, scale, Kind(kind))


def _read_shape(tree: Any) -> tuple[int, ...]:
    shape = tuple(int(extent) for extent in tree)
    if any(extent < 0 for extent in shape) or prod(shape) > MAX_ELEMENTS:
        raise WireError(f"a shape {shape}")
    return shape


def _graph_tree(outputs: Sequence[Node]) -> list[Any]:
    nodes = ancestors(outputs)
    place = {id(x): i for i, x in enumerate(nodes)}
    return [
        [
            [x.op.value, [place[id(p)] for p in x.inputs], list(x.shape), type_tree(x.type), _attr_tree(x)]
            for x in nodes
        ],
        [place[id(x)] for x in outputs],
    ]


def _attr_tree(x: Node) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in x.attrs.items():
        if isinstance(value, np.ndarray):
            kind = "bool" if value.dtype == np.bool_ else "int64"
            stored = value if kind == "bool" else value.astype("<i8", copy=False)
            tree[name] = [kind, list(value.shape), np.ascontiguousarray(stored).tobytes()]
        elif name == "body":
            tree[name] = _graph_tree(value)
        elif isinstance(value, tuple):
            tree[name] = [list(v) if isinstance(v, tuple) else v for v in value]
        else:
            tree[name] = value
    return tree


def _read_array(tree: Any) -> np.ndarray[Any, Any]:
    kind, shape, data = tree
    if kind == "bool" and np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise WireError("a boolean that is neither 0 nor 1")
    dtype = {"bool": np.dtype(np.bool_), "int64": np.dtype("<i8")}[kind]
    return np.frombuffer(data, dtype=dtype).reshape(_read_shape(shape))


def _read_positions(tree: Any) -> np.ndarray[Any, Any]:
    positions = _read_array(tree)
    if positions.dtype == np.bool_:
        raise WireError("positions are integers")
    return positions


def _read_index(index: Any) -> int:
    if type(index) is not int or index < 0:
        raise WireError(f"an input's index {index!r}")
    return index


_Rebuild = Callable[[list[Node], tuple[int, ...], Type, dict[str, Any]], Node]

_REBUILD: dict[Op, _Rebuild] = {
    Op.INPUT: lambda x, s, t, a: build.input_(_read_index(a["index"]), s, t),
    Op.CONST: lambda x, s, t, a: build.const(_read_array(a["value"]), t.scale, None if t.is_bool else t.kind),
    Op.ADD: lambda x, s, t, a: build.add(x[0], x[1]),
    Op.SUB: lambda x, s, t, a: build.sub(x[0], x[1]),
    Op.NEG: lambda x, s, t, a: build.neg(x[0]),
    Op.SCALE: lambda x, s, t, a: build.mul(x[0], x[1]),
    Op.SHIFT_LEFT: lambda x, s, t, a: build.shift_left(x[0], a["bits"]),
    Op.SUM: lambda x, s, t, a: build.sum_(x[0], tuple(a["axes"])),
    Op.DOT_PUBLIC: lambda x, s, t, a: build.dot(x[0], x[1]),
    Op.RETYPE: lambda x, s, t, a: build.retype(x[0], t),
    Op.LIFT: lambda x, s, t, a: build.lift(x[0]),
    Op.RESHAPE: lambda x, s, t, a: build.reshape(x[0], s),
    Op.PERMUTE_DIMS: lambda x, s, t, a: build.permute_dims(x[0], tuple(a["axes"])),
    Op.BROADCAST: lambda x, s, t, a: build.broadcast(x[0], s),
    Op.GATHER: lambda x, s, t, a: build.gather(x[0], _read_positions(a["index"]), a["axis"]),
    Op.SLICE: lambda x, s, t, a: build.slice_(x[0], [(p[0], p[1], p[2]) for p in a["parts"]]),
    Op.CONCAT: lambda x, s, t, a: build.concat(x, a["axis"]),
    Op.XOR: lambda x, s, t, a: build.xor(x[0], x[1]),
    Op.NOT: lambda x, s, t, a: build.not_(x[0]),
    Op.MUL: lambda x, s, t, a: build.mul(x[0], x[1], a["shift"]),
    Op.DOT: lambda x, s, t, a: build.dot(x[0], x[1], a["shift"]),
    Op.TRUNCATE: lambda x, s, t, a: build.truncate(x[0], a["shift"]),
    Op.NEGATIVE: lambda x, s, t, a: build.negative(x[0]),
    Op.ZERO: lambda x, s, t, a: build.zero(x[0]),
    Op.BITS: lambda x, s, t, a: build.bits(x[0]),
    Op.AND: lambda x, s, t, a: build.and_(x[0], x[1]),
    Op.TO_INT: lambda x, s, t, a: build.to_int(x[0]),
    Op.CHOOSE: lambda x, s, t, a: build.choose(x[0], x[1]),
    Op.SORT: lambda x, s, t, a: build.sort(x[0], descending=a["descending"], width=a["width"]),
    Op.SHUFFLE: lambda x, s, t, a: build.shuffle(x[0]),
    Op.ITEM: lambda x, s, t, a: _rebuild_item(x[0], a["index"]),
}


def _rebuild_loop(inputs: list[Node], attrs: dict[str, Any]) -> Node:
    """A loop whose body reads what the loop is given, and carries on what `build.loop` would let it."""
    body, count = _read_graph(attrs["body"]), attrs["count"]
    if count < 0 or len(body) > len(inputs):
        raise WireError(f"a loop of {count} rounds carries {len(body)} of {len(inputs)} values")
    for x in ancestors(body):
        if x.op is Op.INPUT and (x.shape, x.type) != (inputs[x.attrs["index"]].shape, inputs[x.attrs["index"]].type):
            raise WireError(f"a loop's body claims to read {x!r} from {inputs[x.attrs['index']]!r}")
    for before, after in zip(inputs, body, strict=False):
        if before.shape != after.shape or not before.type.contains(after.type):
            raise WireError(f"a loop carries {before!r} in and {after!r} out")
    lifted, outputs = tuple(build.lift(x) for x in inputs), tuple(build.lift(x) for x in body)
    return Node(Op.LOOP, lifted, (), number(0, 0), True, {"body": outputs, "count": count})


def _rebuild_item(loop: Node, index: int) -> Node:
    if loop.op is not Op.LOOP or not 0 <= index < len(loop.attrs["body"]):
        raise WireError(f"item {index} of {loop!r}")
    carried = loop.inputs[index]
    return Node(Op.ITEM, (loop,), carried.shape, carried.type, True, {"index": index})


def _read_graph(tree: Any) -> tuple[Node, ...]:
    rows, places = tree
    nodes: list[Node] = []
    for name, parents, shape_tree, its_type, attrs in rows:
        op, type_, shape = Op(name), read_type(its_type), _read_shape(shape_tree)
        if any(not 0 <= p < len(nodes) for p in parents):
            raise WireError(f"node {len(nodes)} ({name}) reads a node that does not stand before it")
        inputs = [nodes[p] for p in parents]
        node = _rebuild_loop(inputs, attrs) if op is Op.LOOP else _REBUILD[op](inputs, shape, type_, attrs)
        if node.op is not op or node.shape != shape or node.type != type_:
            raise WireError(f"node {len(nodes)} ({name}) claims {type_} {shape}, and it is {node!r}")
        if node.inputs != tuple(inputs):
            raise WireError(f"node {len(nodes)} ({name}) claims other operands than it reads")
        nodes.append(node)
    if any(not 0 <= p < len(nodes) for p in places):
        raise WireError("an output that no node yields")
    return tuple(nodes[p] for p in places)
