"""`x[key]`: integers, slices, an ellipsis, new axes, and public integer or boolean arrays, with NumPy's meaning.

Secret integers come first, or behind public integers: `x[i]`, `x[i, 1:]`, `x[0, i]`, and `x[i, j]` for single ones.
"""

from __future__ import annotations

from itertools import pairwise
from operator import index as to_index
from typing import Any

import numpy as np
import numpy.typing as npt

from enigma.array.array import Array
from enigma.array.lookup import is_secret_index, picked
from enigma.errors import KindError, LeakError, ShapeError
from enigma.program import build
from enigma.program.node import Node, caller

Integers = npt.NDArray[np.int64]


def index(x: Node, key: Any) -> Node:
    """The elements of `x` at a key; integer and boolean arrays in it select as NumPy's advanced indexing."""
    keys = key if isinstance(key, tuple) else (key,)
    if any(is_secret_index(k) for k in keys):
        return _at_secret(x, keys)
    return _at_public(x, keys)


def _at_secret(x: Node, keys: tuple[Any, ...]) -> Node:
    """A secret position along the first axis, once the public keys behind it have made the rest small."""
    first, rest = keys[0], keys[1:]
    if not x.shape:
        raise ShapeError(f"{caller()}: {len(keys)} indices for a shape {x.shape}")
    if not is_secret_index(first):
        place = None if first is None or first is Ellipsis or isinstance(first, slice) else _plain(first)
        if not isinstance(place, int):
            raise LeakError(
                f"{caller()}: a secret index behind {first!r} is not read obliviously",
                hint="write take(x, index, axis=...), or where(mask, x, 0), or sum(one_hot(index, n) * x)",
            )
        return _at_secret(_at_public(x, (place,)), rest)
    if any(is_secret_index(k) for k in rest):
        if first.shape:
            raise KindError(
                f"{caller()}: several secret indices of which one is an array",
                hint="write take(take(x, i, axis=0), j, axis=1), or flatten x and take(x, i * columns + j)",
            )
        return _at_secret(picked(x, first, 0), rest)
    if first.shape and any(np.ndim(k) for k in rest if k is not None and k is not Ellipsis):
        raise KindError(
            f"{caller()}: a secret and a public index array together", hint="write take(x, i, axis=0), then index that"
        )
    return picked(_at_public(x, (slice(None), *rest)), first, 0)


def _at_public(x: Node, key: tuple[Any, ...]) -> Node:
    keys = _expand([_plain(k) for k in key], x)
    x = build.reshape(x, _with_new_axes(x, keys))
    parts: list[tuple[int, int, int]] = []
    dropped: list[int] = []
    advanced: dict[int, Integers] = {}
    several = any(isinstance(k, np.ndarray) for k in keys)
    for axis, k in enumerate(keys):
        extent = x.shape[axis]
        if k is None:
            parts.append((0, 1, 1))
        elif isinstance(k, slice):
            parts.append(_part(k, extent))
        elif isinstance(k, np.ndarray):
            advanced[axis] = _inside(k, extent, axis)
            parts.append((0, extent, 1))
        else:
            place = int(_inside(np.asarray(k), extent, axis))
            parts.append((place, place + 1, 1))
            if several:  # NumPy counts integers among the advanced keys as soon as there is an array
                advanced[axis] = np.asarray(0, dtype=np.int64)
            else:
                dropped.append(axis)
    if parts != [(0, n, 1) for n in x.shape]:
        x = build.slice_(x, parts)
    if advanced:
        return _gathered(x, advanced)
    return build.reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in dropped))


def _plain(k: Any) -> Any:
    """One key as None, Ellipsis, a slice of integers, an integer, or a NumPy array of integers or booleans."""
    if k is None or k is Ellipsis:
        return k
    if isinstance(k, slice):
        return slice(*(None if part is None else to_index(part) for part in (k.start, k.stop, k.step)))
    if isinstance(k, Array):
        if k.secret:
            raise LeakError(
                f"{caller()}: indexing by a secret mask would make known how many it takes",
                hint="write where(mask, x, 0); for a position x[index], sum(one_hot(index, len(x)) * x) in short; "
                "or committee.reveal(mask)",
            )
        k = k.public_value()
    array = np.asarray(k)
    if array.size == 0 and array.dtype == np.float64:
        array = array.astype(np.int64)
    if array.dtype.kind not in "biu":
        raise KindError(f"{caller()}: {array.dtype} as an index", hint="index by integers, slices or public masks")
    if array.dtype.kind == "b" and not array.ndim:
        raise KindError(f"{caller()}: a single boolean as an index")
    return array if array.ndim else int(array)


def _expand(keys: list[Any], x: Node) -> list[Any]:
    """Masks as positions, the ellipsis as slices, and one key for each axis."""
    plain: list[Any] = []
    taken = sum(k.ndim if _is_mask(k) else 1 for k in keys if k is not None and k is not Ellipsis)
    if sum(k is Ellipsis for k in keys) > 1:
        raise ShapeError(f"{caller()}: more than one ellipsis")
    if taken > len(x.shape):
        raise ShapeError(f"{caller()}: {taken} indices for a shape {x.shape}")
    rest = [slice(None)] * (len(x.shape) - taken)
    if not any(k is Ellipsis for k in keys):
        keys = [*keys, Ellipsis]
    axis = 0
    for k in keys:
        if k is Ellipsis:
            plain.extend(rest)
            axis += len(rest)
        elif _is_mask(k):
            if k.shape != x.shape[axis : axis + k.ndim]:
                raise ShapeError(f"{caller()}: a mask of shape {k.shape} at axis {axis} of a shape {x.shape}")
            plain.extend(np.nonzero(k))
            axis += k.ndim
        else:
            plain.append(k)
            axis += k is not None
    return plain


def _is_mask(k: Any) -> bool:
    return isinstance(k, np.ndarray) and k.dtype == np.bool_


def _with_new_axes(x: Node, keys: list[Any]) -> tuple[int, ...]:
    extents = iter(x.shape)
    return tuple(1 if k is None else next(extents) for k in keys)


def _part(k: slice, extent: int) -> tuple[int, int, int]:
    if k.step == 0:
        raise ShapeError(f"{caller()}: a slice of step 0")
    places = range(*k.indices(extent))
    return (places.start, places.stop, places.step) if places else (0, 0, 1)


def _inside(places: npt.NDArray[Any], extent: int, axis: int) -> Integers:
    places = places.astype(np.int64)
    if ((places < -extent) | (places >= extent)).any():
        raise ShapeError(f"{caller()}: an index beyond axis {axis} of extent {extent}")
    return np.where(places < 0, places + extent, places)


def _gathered(x: Node, advanced: dict[int, Integers]) -> Node:
    """Elements at the broadcast positions of several axes, which stand together or else come first, as in NumPy."""
    axes = sorted(advanced)
    try:
        places = np.broadcast_arrays(*(advanced[i] for i in axes))
    except ValueError:
        listed = " and ".join(str(advanced[i].shape) for i in axes)
        raise ShapeError(f"{caller()}: index arrays of shapes {listed} do not broadcast") from None
    first = axes[0]
    if any(b - a > 1 for a, b in pairwise(axes)):
        others = [i for i in range(len(x.shape)) if i not in advanced]
        x = build.permute_dims(x, (*axes, *others))
        first = 0
    extents = x.shape[first : first + len(axes)]
    flat = np.zeros(places[0].shape, dtype=np.int64)
    for place, extent in zip(places, extents, strict=True):
        flat = flat * extent + place
    size = int(np.prod(extents, dtype=np.int64))
    merged = build.reshape(x, (*x.shape[:first], size, *x.shape[first + len(axes) :]))
    return build.gather(merged, flat, first)
