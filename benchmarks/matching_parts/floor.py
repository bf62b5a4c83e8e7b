"""The least time an event can take where every byte it touches comes from memory once: bytes over bandwidth.

What is touched is an estimate, from the workload: a bitmap for each condition that turns away some filters, a bit for
each distinct alternative; then each alternative that is left, as its conditions (a code and a float each) and links.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, median
from time import perf_counter
from typing import Any

import numpy as np

from matching_parts.columns import passing
from matching_parts.contest import Load

READ = 512 * 2**20
REPEATS, SAMPLED_EVENTS = 7, 20
TURNS_AWAY = 0.015
"""A bitmap is worth reading if it turns away at least this share."""

CONDITION, LINKS = 10, 12
"""Bytes of a condition and of the links of a row."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Bytes an event, and bytes a second."""

    touched: float
    bandwidth: float

    @property
    def seconds(self) -> float:
        """The least seconds an event."""
        return self.touched / self.bandwidth

    def __str__(self) -> str:
        return (
            f"{self.touched / 1e6:.2f} MB an event (estimated from the workload) at"
            f" {self.bandwidth / 1e9:.1f} GB/s (measured, one core): {self.seconds * 1e6:,.0f} µs"
        )


def floor_of(drawn: Load) -> Floor:
    """The floor of a load."""
    distinct = len({criteria for route in drawn.routes for criteria in route.wanted.any_of}) / len(drawn.rows)
    bitmap = len(drawn.rows) * distinct / 8
    conditions = sum(c.asked for c in drawn.conditions) / len(drawn.rows)
    touched = []
    for moment in drawn.moments[:SAMPLED_EVENTS]:
        masks = [passing(c, c.ask(moment)) for c in drawn.conditions]
        bitmaps = sum(float(mask.mean()) <= 1 - TURNS_AWAY for mask in masks)
        left = float(np.logical_and.reduce(masks).sum()) * distinct
        touched.append(bitmaps * bitmap + left * (conditions * CONDITION + LINKS))
    return Floor(fmean(touched), bandwidth())


def bandwidth() -> float:
    """Bytes a second that one core reads from memory, by the fastest reduction numpy has here."""
    numbers = np.arange(READ // 8, dtype=np.int64)
    return max(READ / _seconds(reduction, numbers) for reduction in (np.max, np.sum, np.bitwise_or.reduce))


def _seconds(reduction: Callable[[Any], Any], numbers: Any) -> float:
    spent = []
    for _ in range(REPEATS):
        begun = perf_counter()
        reduction(numbers)
        spent.append(perf_counter() - begun)
    return median(spent)
