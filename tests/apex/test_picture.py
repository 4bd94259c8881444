"""The picture is a PNG of the stated size, and its projection is equal-area and invertible."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from enigma.apex.picture import draw
from enigma.apex.projection import project, unproject
from enigma.errors import ArgumentProblem, FileProblem, ShapeError

CENTROIDS = np.array([[48.8, 2.3], [52.5, 13.4], [45.5, 9.2]])
PLACES = np.random.default_rng(1).uniform((36, -9), (65, 40), size=(500, 2))


@pytest.mark.parametrize("towers", [1, 3])
def test_a_png_of_the_stated_size(tmp_path: Path, towers: int) -> None:
    path = tmp_path / "towers.png"
    sizes: list[int | None] = [900, None, 0]
    served = PLACES[:, 0] < 60
    draw(path, centroids=CENTROIDS[:towers], sizes=sizes[:towers], market={"France": 900, "Italy": 0},
         backdrop=PLACES, served=served, names=["Paris", "Berlin", "Milan"][:towers], subtitle="three")  # fmt: skip
    image = path.read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", image[16:24]) == (2000, 1250)


def test_bad_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "towers.png"
    with pytest.raises(ShapeError):
        draw(path, centroids=CENTROIDS, sizes=[1], market={}, backdrop=PLACES)
    with pytest.raises(ShapeError):
        draw(path, centroids=CENTROIDS, sizes=[1, 2, 3], market={}, backdrop=PLACES, names=["one"])
    with pytest.raises(FileProblem):
        draw(tmp_path / "none" / "t.png", centroids=CENTROIDS, sizes=[1, 2, 3], market={}, backdrop=PLACES)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ArgumentProblem, match=r"enigma\[demo\]"):
        draw(path, centroids=CENTROIDS, sizes=[1, 2, 3], market={}, backdrop=PLACES)
    assert list(tmp_path.iterdir()) == []


def test_the_projection() -> None:
    assert np.allclose(unproject(project(PLACES)), PLACES)
    assert np.allclose(project(np.array([[52.0, 12.0]])), 0)
    # Squares of a thousandth of a degree keep their area on the sphere, wherever they lie.
    step = 1e-3
    across = (project(PLACES + np.array([0, step])) - project(PLACES)) / np.radians(step)
    up = (project(PLACES + np.array([step, 0])) - project(PLACES)) / np.radians(step)
    area = across[:, 0] * up[:, 1] - across[:, 1] * up[:, 0]
    assert np.allclose(area, np.cos(np.radians(PLACES[:, 0])), rtol=1e-3)
