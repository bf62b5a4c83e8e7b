"""Many things in their order: batch by batch, and some side by side."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")

_SIDE_BY_SIDE = 16


async def in_batches(found: AsyncIterator[_T], size: int) -> AsyncIterator[list[_T]]:
    """So many at a time; the last are fewer."""
    batch: list[_T] = []
    async for one in found:
        batch.append(one)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


async def side_by_side(ask: Callable[[_T], Awaitable[_R]], items: Sequence[_T]) -> list[_R]:
    """The answers in the order of the items; a few are asked about at the same time, after those before them."""
    found: list[_R] = []
    for first in range(0, len(items), _SIDE_BY_SIDE):
        found += await asyncio.gather(*map(ask, items[first : first + _SIDE_BY_SIDE]))
    return found
