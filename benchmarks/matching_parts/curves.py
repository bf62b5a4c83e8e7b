"""The growth curves as pictures: events a second, what a change takes, and memory, by the number of filters."""

from collections.abc import Mapping
from pathlib import Path

from matching_parts.contest import package
from matching_parts.race import ENGINES, NAIVE, OURS
from matching_parts.report import MICRO, Found

_COLOURS = ("#0b6e4f", "#c0392b", "#2c5aa0", "#d98e04", "#7d3c98", "#138d90", "#8d6e63", "#5f6a6a")
REQUIRED = 17
"""Events a second: the load of a thousand a minute."""

_OURS_FIRST = (OURS, *(name for name in ENGINES if name != OURS))


def draw(found: Found, folder: Path) -> None:
    """Write the pictures.

    Raises:
        NotInstalledError: there is no matplotlib.
    """
    matplotlib = package("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "matching", "font.size": 11, "axes.axisbelow": True})
    folder.mkdir(parents=True, exist_ok=True)
    speeds = {
        name: {size: 1 / r.times[name].mean() for size, r in found.races.items() if name in r.times}
        for name in _OURS_FIRST
    }
    _draw(speeds, folder / "matching-speed.svg", "Matching, on one core", "events a second", required=REQUIRED)
    changes = {
        label: {size: c.quantile(share) * MICRO for size, c in found.changes.items()}
        for label, share in (("one in a hundred takes longer", 0.99), ("median", 0.5))
    }
    _draw(changes, folder / "matching-change.svg", "Changing one filter of the index", "microseconds")
    held = {"routes alone, as the domain holds them": found.bare, "index, with its routes": found.memory}
    if found.memory:
        _draw(held, folder / "matching-memory.svg", "Memory", "bytes a filter")


def _draw(
    lines: Mapping[str, Mapping[int, float]], to: Path, title: str, unit: str, *, required: float | None = None
) -> None:
    """Lines over the number of filters; on a scale of powers if something is `required`, else from zero."""
    pyplot = package("matplotlib", "matplotlib.pyplot")
    figure, axes = pyplot.subplots(figsize=(9, 5), facecolor="white", layout="constrained")
    for (label, points), colour in zip(lines.items(), _COLOURS, strict=False):
        if points:
            width = 1.4 if required and label not in (OURS, NAIVE) else 2.4
            axes.plot(*_sorted(points), label=label, color=colour, marker="o", markersize=5, linewidth=width)
    axes.set(title=title, xlabel="filters", ylabel=unit, xscale="log", yscale="log" if required else "linear")
    if required:
        axes.axhline(required, color="#444444", linestyle="--", linewidth=1, label=f"required: {required:g} a second")
    else:
        axes.set_ylim(bottom=0)
    sizes = sorted({size for points in lines.values() for size in points})
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(visible=True, which="major", color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
    if required:
        figure.legend(frameon=False, loc="outside right upper")
    else:
        axes.legend(frameon=False, loc="best")
    figure.savefig(to, metadata={"Date": None})
    pyplot.close(figure)


def _sorted(points: Mapping[int, float]) -> tuple[list[int], list[float]]:
    sizes = sorted(points)
    return sizes, [points[size] for size in sizes]
