"""Towers are valid GeoJSON, and files are whole or not touched."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from enigma.apex.geojson import towers_geojson, write_geojson
from enigma.errors import ArgumentProblem, FileProblem, ShapeError

CENTROIDS = np.array([[52.4997813333, -1.1787906667], [52.3543146, 4.9014294]])


def test_features(tmp_path: Path) -> None:
    path = tmp_path / "towers.geojson"
    write_geojson(path, towers_geojson(CENTROIDS, [6, None], names=["Leicester", "Ámsterdam"]))
    assert "Ámsterdam" in path.read_text(encoding="utf-8")
    collection = json.loads(path.read_bytes())
    assert collection["type"] == "FeatureCollection"
    assert "GeoNames" in collection["attribution"]
    assert collection["features"] == [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-1.178791, 52.499781]},
            "properties": {"name": "Leicester", "size": 6},
        },
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [4.901429, 52.354315]},
            "properties": {"name": "Ámsterdam", "size": None},
        },
    ]


def test_towers_have_names_by_default() -> None:
    features = towers_geojson(CENTROIDS, np.array([6, 4]).tolist())["features"]
    assert isinstance(features, list)
    assert [feature["properties"]["name"] for feature in features] == ["Tower 1", "Tower 2"]


@pytest.mark.parametrize("point", [(91, 0), (0, -181), (float("nan"), 0), (0, float("inf"))])
def test_points_off_the_globe_are_refused(point: tuple[float, float]) -> None:
    with pytest.raises(ArgumentProblem, match="no latitude and longitude"):
        towers_geojson(np.array([point]), [1])


def test_lengths_must_fit() -> None:
    with pytest.raises(ShapeError):
        towers_geojson(CENTROIDS, [1])
    with pytest.raises(ShapeError):
        towers_geojson(CENTROIDS[:, :1], [1, 2])
    with pytest.raises(ShapeError):
        towers_geojson(CENTROIDS, [1, 2], names=["one"])


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "towers.geojson"
    path.write_text("before")
    with pytest.raises(ValueError, match="JSON compliant"):
        write_geojson(path, {"bad": float("nan")})
    assert path.read_text() == "before"
    with pytest.raises(FileProblem, match="cannot be written"):
        write_geojson(tmp_path / "none" / "towers.geojson", {})
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileProblem, match="cannot be written"):
        write_geojson(tmp_path / "folder", {})
    assert sorted(found.name for found in tmp_path.iterdir()) == ["folder", "towers.geojson"]
    write_geojson(path, {})
    assert path.read_text() == "{}\n"
