"""What is measured in a fresh process that holds nothing but the index: memory, and the longest pause.

`python -m matching_parts.alone memory 100000` (from benchmarks/) prints one JSON line, as do `routes` and `pauses`.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from time import perf_counter, sleep

from matching_parts.events import evidences
from matching_parts.filters import filters, route, routes
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.adapters.system.footprint import footprint

EVENTS_A_SECOND, CHANGES_A_SECOND, SECONDS = 17, 100, 15
WARM = 500
"""Filters that are taken in first, so that what is counted is no import."""


def memory(count: int) -> dict[str, float]:
    """Bytes a filter of an index, with the routes it answers with, built from a generator that keeps nothing."""
    gc.disable()
    _built(WARM)
    before = _held()
    index = _built(count)
    return {"bytes": (_held() - before) / count, "routes": index.totals().routes}


def bare(count: int) -> dict[str, float]:
    """Bytes of a route and its filter alone, as the domain holds them."""
    gc.disable()
    list(routes(WARM))
    before = _held()
    kept = list(routes(count))
    return {"bytes": (_held() - before) / count, "routes": len(kept)}


def pauses(count: int) -> dict[str, float]:
    """The longest calls in seconds while events are matched and filters changed, the garbage collector at work."""
    index, random = _built(count), Random(31)
    drawn, events = filters(random), list(evidences(200))
    collected: list[float] = []
    gc.callbacks.append(lambda _phase, _about: collected.append(perf_counter()))
    longest = {"match": 0.0, "change": 0.0}
    begun = perf_counter()
    for turn in range(CHANGES_A_SECOND * SECONDS):
        new = route(random.randrange(count), next(drawn))
        started = perf_counter()
        index.replace(new.owner, (new,), renewed=(new.destination,), seq=turn + 1)
        longest["change"] = max(longest["change"], perf_counter() - started)
        for event in _due(turn, len(events)):
            started = perf_counter()
            list(index.matches(events[event]))
            longest["match"] = max(longest["match"], perf_counter() - started)
        sleep(max(0.0, begun + (turn + 1) / CHANGES_A_SECOND - perf_counter()))
    spans = zip(collected[::2], collected[1::2], strict=False)
    return {**longest, "collector": max((end - start for start, end in spans), default=0.0)}


class Alone:
    """One of these in a fresh process, which runs until the result is asked for."""

    def __init__(self, what: str, count: int) -> None:
        command = [sys.executable, "-m", __name__, what, str(count)]
        self._what = what
        self._running = subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True)

    def result(self) -> Mapping[str, float]:
        """What it measured.

        Raises:
            RuntimeError: it failed; why stands on standard error.
        """
        printed, _ = self._running.communicate()
        if self._running.returncode:
            raise RuntimeError(f"{self._what} failed")
        found: Mapping[str, float] = json.loads(printed)
        return found


def _built(count: int) -> NumpyFilterIndex:
    index = NumpyFilterIndex()
    for one in routes(count):
        index.replace(one.owner, (one,))
    return index


def _held() -> int:
    gc.collect()
    held = footprint(None)
    return held.used if held else 0


def _due(turn: int, events: int) -> range:
    """The events that fall between this change and the next."""
    first, last = (t * EVENTS_A_SECOND // CHANGES_A_SECOND for t in (turn, turn + 1))
    return range(first % events, first % events + last - first)


_MEASURES: Mapping[str, Callable[[int], dict[str, float]]] = {"memory": memory, "routes": bare, "pauses": pauses}

if __name__ == "__main__":
    print(json.dumps(_MEASURES[sys.argv[1]](int(sys.argv[2]))))
