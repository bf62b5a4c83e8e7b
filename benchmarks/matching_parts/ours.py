"""The index under test, asked as the program asks it: with the evidence, for routes."""

from collections.abc import Collection

from matching_parts.contest import Load
from matching_parts.rows import number_of
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.domain.subscriber import Route


class Ours:
    """A filter index that is given one route after the other."""

    def __init__(self, load: Load) -> None:
        self.evidences = load.evidences
        self.index = NumpyFilterIndex()
        for route in load.routes:
            self.index.replace(route.owner, (route,))

    def match(self, event: int) -> Collection[Route]:
        return self.index.matches(self.evidences[event])

    def numbers(self, answer: Collection[Route]) -> set[int]:
        return {number_of(route) for route in answer}
