"""The demonstration's picture: where towers stand, which places each would serve, and the market by country.

Everything drawn is public: GeoNames' places, and the results that the owners agreed to reveal. No row of an owner is
needed, and none is taken.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from enigma.apex.places import ATTRIBUTION
from enigma.apex.projection import project, unproject
from enigma.apex.writing import write_whole
from enigma.errors import ArgumentProblem, ShapeError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PAPER, _INK, _QUIET, _ELSEWHERE = "#f7f5f0", "#1f2a37", "#6b7280", "#b9b5ac"
# Twelve hues of one lightness; more towers begin again, and neighbours seldom share one.
_CELLS = (
    "#4e79a7", "#d98a4b", "#5a9e8f", "#b5637c", "#7d7bb0", "#8ca252",
    "#c9a227", "#5b9fc4", "#a0715e", "#6f9a5b", "#c2708f", "#7a8ea3",
)  # fmt: skip
_CORNERS = np.array([[34.6, 24.0], [37.0, -9.5], [36.0, 36.0], [60.0, 45.0], [71.3, 26.0], [66.5, -24.0]])
_GRID = 500  # cells' borders are found on a grid of about this many points across


def draw(
    path: str | os.PathLike[str],
    *,
    centroids: NDArray[np.float64],
    sizes: Sequence[int | None],
    market: Mapping[str, int],
    backdrop: NDArray[np.float64],
    served: NDArray[np.bool_] | None = None,
    names: Sequence[str] | None = None,
    title: str = "Where towers should stand, with no customer shown",
    subtitle: str = "",
    attribution: str = ATTRIBUTION,
) -> None:
    """Draw the results as a PNG of 2000 by 1250 pixels.

    `centroids` (towers, 2) and `backdrop` (public places, 2) are latitude and longitude in degrees; `sizes` are
    customers per tower, None where not published; `served` (public places,) says which places lie in countries of the
    market (all by default; the others are grey); `market` maps countries' names to customers; `names` are the towers'
    labels. Raises `ShapeError` where lengths differ, `ArgumentProblem` where matplotlib is missing, `FileProblem`
    where the file cannot be written.
    """
    if centroids.ndim != 2 or centroids.shape[1] != 2 or len(sizes) != len(centroids):
        raise ShapeError(f"{len(sizes)} sizes for centroids of shape {centroids.shape}, which must be (towers, 2)")
    if names is not None and len(names) != len(centroids):
        raise ShapeError(f"{len(names)} names for {len(centroids)} towers")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.colors import to_rgb
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ArgumentProblem("the picture needs matplotlib, which is not installed",
                              hint="pip install 'enigma[demo]'") from error  # fmt: skip
    figure = Figure(figsize=(16, 10), dpi=125, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    _head(figure, title, subtitle, attribution)
    hues = np.array([to_rgb(_CELLS[i % len(_CELLS)]) for i in range(len(centroids))])
    land = figure.add_axes((0.035, 0.04, 0.67, 0.835))
    _frame(land, across=16 * 0.67, up=10 * 0.835)
    _places(land, centroids, backdrop, served, hues)
    _borders(land, centroids)
    _towers(land, centroids, sizes, names, hues)
    _market(figure.add_axes((0.765, 0.085, 0.19, 0.72)), market)
    encoded = io.BytesIO()
    figure.savefig(encoded, format="png", facecolor=_PAPER, metadata={"Title": title, "Copyright": attribution})
    write_whole(path, encoded.getvalue())


def _head(figure: Figure, title: str, subtitle: str, attribution: str) -> None:
    figure.text(0.035, 0.938, title, fontsize=25, fontweight="bold", color=_INK, va="center")
    figure.text(0.035, 0.895, subtitle, fontsize=13, color=_QUIET, va="center")
    figure.text(0.035, 0.022, attribution, fontsize=9, color=_QUIET, va="center")


def _nearest(coordinates: NDArray[np.float64], centroids: NDArray[np.float64]) -> NDArray[np.intp]:
    # In degrees, as k-means itself measures: the cells are the ones it made.
    squares = [((coordinates - centroid) ** 2).sum(axis=1) for centroid in centroids]
    return np.asarray(np.stack(squares).argmin(axis=0), dtype=np.intp)


def _frame(axes: Axes, *, across: float, up: float) -> None:
    """Fit Europe into axes of this size in inches, with one scale in both directions."""
    corners = project(_CORNERS)
    (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
    per_inch = max((right - left) / across, (top - bottom) / up)
    axes.set_xlim(left, left + per_inch * across)
    axes.set_ylim(top - per_inch * up, top)
    axes.axis("off")


def _places(
    axes: Axes,
    centroids: NDArray[np.float64],
    backdrop: NDArray[np.float64],
    served: NDArray[np.bool_] | None,
    hues: NDArray[np.float64],
) -> None:
    """The land, as its populated places: each in the hue of the tower that would serve it."""
    from matplotlib.colors import to_rgb

    colours = hues[_nearest(backdrop, centroids)]
    if served is not None:
        colours[~served] = to_rgb(_ELSEWHERE)
    x, y = project(backdrop).T
    axes.scatter(x, y, s=3.0, c=colours, alpha=0.42, linewidths=0)


def _borders(axes: Axes, centroids: NDArray[np.float64]) -> None:
    """Cells' borders in the colour of the paper: gaps on land, nothing at sea."""
    x = np.linspace(*axes.get_xlim(), _GRID)
    y = np.linspace(*axes.get_ylim(), _GRID)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    cells = _nearest(unproject(grid.reshape(-1, 2)), centroids).reshape(_GRID, _GRID)
    for cell in np.unique(cells) if len(centroids) > 1 else ():
        axes.contour(x, y, (cells == cell).astype(float), levels=[0.5], colors=[_PAPER], linewidths=1.8)


def _towers(
    axes: Axes,
    centroids: NDArray[np.float64],
    sizes: Sequence[int | None],
    names: Sequence[str] | None,
    hues: NDArray[np.float64],
) -> None:
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3.2, foreground=_PAPER)]
    largest = max((size for size in sizes if size), default=1)
    for i, (x, y) in enumerate(project(centroids).tolist()):
        size = sizes[i]
        red, green, blue = (hues[i] * 0.72).tolist()
        dark = (red, green, blue)
        # Area is proportional to customers; a size that is not published gets the smallest mark.
        area = 130 + 1150 * (size or 0) / largest
        axes.scatter([x], [y], s=area, color=[(red, green, blue, 0.22)], edgecolors=[(red, green, blue, 0.8)],
                     linewidths=0.9, zorder=4)  # fmt: skip
        axes.scatter([x], [y], s=130, color=[dark], edgecolors="white", linewidths=1.8, zorder=5)
        down = -(np.sqrt(area) / 2 + 4)
        label = names[i] if names is not None else f"Tower {i + 1}"
        axes.annotate(label, (x, y), (0, down), textcoords="offset points", ha="center", va="top", fontsize=11,
                      fontweight="bold", color=_INK, path_effects=halo, zorder=6)  # fmt: skip
        count = "not published" if size is None else f"{size:,}"
        axes.annotate(count, (x, y), (0, down - 14), textcoords="offset points", ha="center", va="top", fontsize=9.5,
                      color=_QUIET, path_effects=halo, zorder=6)  # fmt: skip


def _market(axes: Axes, market: Mapping[str, int]) -> None:
    ranked = sorted(market.items(), key=lambda entry: (-entry[1], entry[0]))
    at = np.arange(len(ranked))
    counts = [count for _, count in ranked]
    axes.set_facecolor(_PAPER)
    axes.barh(at, counts, height=0.62, color="#44617f")
    axes.set_ylim(len(ranked) - 0.4, -0.6)
    axes.set_xlim(0, max([*counts, 1]) * 1.02)
    axes.set_yticks(at, [name for name, _ in ranked], fontsize=10.5, color=_INK)
    axes.tick_params(axis="y", length=0, pad=6)
    axes.set_xticks([])
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
    for y, count in zip(at, counts, strict=True):
        axes.annotate(f"{count:,}", (count, y), (5, 0), textcoords="offset points", va="center", fontsize=9.5,
                      color=_QUIET)  # fmt: skip
    axes.annotate("Addressable market", (0, 1), (-96, 40), xycoords="axes fraction", textcoords="offset points",
                  fontsize=14, fontweight="bold", color=_INK)  # fmt: skip
    axes.annotate("customers by country, as classified under MPC", (0, 1), (-96, 22), xycoords="axes fraction",
                  textcoords="offset points", fontsize=10.5, color=_QUIET)  # fmt: skip
