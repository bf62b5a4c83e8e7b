"""Every filter index keeps the promises of its port."""

from functools import partial

import pytest

from tokenfilter.adapters.memory.filter_index import MemoryFilterIndex
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.testing.contracts.filter_index import FilterIndexContract


class TestMemory(FilterIndexContract):
    @pytest.fixture
    def new_index(self):
        return MemoryFilterIndex


class TestNumpy(FilterIndexContract):
    @pytest.fixture
    def new_index(self):
        return NumpyFilterIndex


class TestNumpyInSmallPieces(FilterIndexContract):
    """Few slots become many, stretches are cut and joined, bitmaps grow: all within a story."""

    @pytest.fixture
    def new_index(self):
        return partial(NumpyFilterIndex, stretch=4, few_slots=24)


class TestNumpyInArrays(FilterIndexContract):
    @pytest.fixture
    def new_index(self):
        return partial(NumpyFilterIndex, few_slots=0)
