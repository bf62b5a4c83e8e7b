"""The index under test, asked as the program asks it: with the evidence.

Like the numbers that other engines answer with, its answer says who; to fetch each one's route is timed apart.
"""

from collections.abc import Collection
from statistics import fmean
from time import perf_counter

from matching_parts.contest import Load
from matching_parts.rows import number_of
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.domain.subscriber import Route


class Ours:
    """A filter index that is given one route after the other. It answers with routes that are fetched when read."""

    def __init__(self, load: Load) -> None:
        self.evidences = load.evidences
        self.index = NumpyFilterIndex()
        for route in load.routes:
            self.index.replace(route.owner, (route,))

    def match(self, event: int) -> Collection[Route]:
        return self.index.matches(self.evidences[event])

    def numbers(self, answer: Collection[Route]) -> set[int]:
        return {number_of(route) for route in answer}

    def fetching(self) -> float:
        """Seconds an event that it takes to read every route of an answer besides."""
        spent = []
        for event in range(len(self.evidences)):
            answer = self.match(event)
            begun = perf_counter()
            list(answer)
            spent.append(perf_counter() - begun)
        return fmean(spent)
