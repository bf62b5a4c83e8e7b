"""What every adapter of a port must prove: inherit the port's suite, provide the fixtures its docstring names.

```python
class TestMyChannels(ChannelsContract):
    @pytest.fixture
    def channels(self) -> Channels:
        return MyChannels()
```

Coroutines are run by pytest-asyncio in its `auto` mode. Instants are given, never waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pkgutil import iter_modules
from typing import TypeVar

import pytest

_T = TypeVar("_T")

SETTLED_WITHIN = 5
"""Seconds that an adapter is given for what must happen soon; a test fails after it, and passes as soon as it can."""

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

Successor = Callable[[], Awaitable[_T]]
"""Lets the reader die with what it has not acknowledged, and gives the adapter as its successor has it."""


async def soon(awaited: Awaitable[_T]) -> _T:
    """The result of something that must not keep its caller waiting."""
    async with asyncio.timeout(SETTLED_WITHIN):
        return await awaited


async def is_waiting(task: "asyncio.Task[_T]") -> bool:
    """Whether a task is still not done after everything else in this process had its turn."""
    for _ in range(20):
        await asyncio.sleep(0)
    return not task.done()
