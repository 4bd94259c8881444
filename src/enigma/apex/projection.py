"""Lambert's azimuthal equal-area projection around Europe's middle: a unit of area is a unit of area everywhere.

J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987), chapter 24, on the sphere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MIDDLE_LATITUDE, _MIDDLE_LONGITUDE = np.radians(52.0), np.radians(12.0)


def project(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (points, 2) in degrees, latitude first, to plane x and y (points, 2) in radii of the globe."""
    latitude, longitude = np.radians(coordinates[:, 0]), np.radians(coordinates[:, 1]) - _MIDDLE_LONGITUDE
    sine, cosine = np.sin(_MIDDLE_LATITUDE), np.cos(_MIDDLE_LATITUDE)
    towards = np.cos(latitude) * np.cos(longitude)
    scale = np.sqrt(2 / (1 + sine * np.sin(latitude) + cosine * towards))
    return np.column_stack(
        [scale * np.cos(latitude) * np.sin(longitude), scale * (cosine * np.sin(latitude) - sine * towards)]
    )


def unproject(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `project`, for points within a quarter of the globe around the middle."""
    x, y = plane[:, 0], plane[:, 1]
    distance = np.maximum(np.hypot(x, y), 1e-12)
    angle = 2 * np.arcsin(distance / 2)
    sine, cosine = np.sin(_MIDDLE_LATITUDE), np.cos(_MIDDLE_LATITUDE)
    latitude = np.arcsin(np.cos(angle) * sine + y * np.sin(angle) * cosine / distance)
    longitude = np.arctan2(x * np.sin(angle), distance * cosine * np.cos(angle) - y * sine * np.sin(angle))
    return np.column_stack([np.degrees(latitude), np.degrees(longitude + _MIDDLE_LONGITUDE)])
