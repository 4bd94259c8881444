"""Towers as GeoJSON (RFC 7946), for any map."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from enigma.apex.places import ATTRIBUTION
from enigma.apex.writing import write_whole
from enigma.errors import ArgumentProblem, ShapeError

_DECIMALS = 6  # of a degree: a tenth of a metre, as RFC 7946 section 11.2 advises


def towers_geojson(
    centroids: NDArray[np.float64],
    sizes: Sequence[int | None],
    *,
    names: Sequence[str] | None = None,
    attribution: str = ATTRIBUTION,
) -> dict[str, object]:
    """A FeatureCollection with one point per tower.

    `centroids` is (towers, 2), latitude and longitude in degrees; `sizes` are the numbers of customers, None where a
    size is not published; `names` default to "Tower 1" and so on. Positions are longitude first (section 3.1.1);
    `attribution` is a foreign member (section 6.1). Raises `ShapeError` where lengths differ, `ArgumentProblem` for a
    point that is not on the globe.
    """
    if centroids.ndim != 2 or centroids.shape[1] != 2 or len(sizes) != len(centroids):
        raise ShapeError(f"{len(sizes)} sizes for centroids of shape {centroids.shape}, which must be (towers, 2)")
    names = [f"Tower {i}" for i in range(1, len(centroids) + 1)] if names is None else names
    if len(names) != len(centroids):
        raise ShapeError(f"{len(names)} names for {len(centroids)} towers")
    features: list[dict[str, object]] = []
    for (latitude, longitude), size, name in zip(centroids.tolist(), sizes, names, strict=True):
        # Written so that NaN is refused too.
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise ArgumentProblem(f"{name} stands at ({latitude}, {longitude}), which is no latitude and longitude")
        features.append(
            {
                "type": "Feature",
                "geometry": {
                    "type": "Point",
                    "coordinates": [round(longitude, _DECIMALS), round(latitude, _DECIMALS)],
                },
                "properties": {"name": name, "size": None if size is None else int(size)},
            }
        )
    return {"type": "FeatureCollection", "features": features, "attribution": attribution}


def write_geojson(path: str | os.PathLike[str], collection: dict[str, object]) -> None:
    """Write a collection as UTF-8 text, whole or not at all. Raises `FileProblem` where that is not possible."""
    text = json.dumps(collection, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, (text + "\n").encode())
