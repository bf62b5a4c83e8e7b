"""Who wants this event? Our index beside the plain loop, databases, data frames and rule engines, on the same events.

`python benchmarks/matching.py` draws 100 to 100,000 filters and a thousand events (matching_parts/), lets every engine
that is installed answer in turns, compares the answers, and prints what each took; then what changes, memory, start and
pauses cost, beside what is asked for. `--million` adds a million filters (some six minutes). Exit 1 where answers
differ; a bar that is missed only says so. The peers are the dependency group `bench`.

All run on one core with the garbage collector off, but for the pauses: they are measured as the program runs.
"""

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from matching_parts.alone import Alone
from matching_parts.contest import Load, NotInstalledError
from matching_parts.curves import draw
from matching_parts.floor import floor_of
from matching_parts.naive import Naive
from matching_parts.ours import Ours
from matching_parts.race import NAIVE, OURS, build, race
from matching_parts.report import Found, print_bars, print_race, print_rest
from matching_parts.updates import change
from matching_parts.workload import load
from tokenfilter.domain.matching import matches

EVENTS = 1_000
MILLION = 1_000_000
SAMPLED_FILTERS, SAMPLED_EVENTS = 2_000, 10
WEIGHED_FROM, PAUSED_AT = 10_000, 100_000
"""The sizes from which memory, and at which pauses, are measured: at smaller ones the interpreter is all there is."""


def measure(size: int, found: Found) -> None:
    """Everything at one size. Memory is weighed in processes of its own, meanwhile, and before anything is timed."""
    index = Alone("memory", size) if size >= WEIGHED_FROM else None
    routes = Alone("routes", size) if WEIGHED_FROM <= size < MILLION else None
    drawn = load(size, EVENTS)
    for alone, by in ((index, found.memory), (routes, found.bare)):
        if alone:
            by[size] = alone.result()["bytes"]
    built = build(drawn)
    ran = found.races[size] = race(built, EVENTS)
    print_race(size, ran)
    ours, naive = cast("Ours", built.engines[OURS]), cast("Naive", built.engines[NAIVE])
    found.fetching[size] = ours.fetching()
    found.unlike_domain += unlike_domain(drawn, naive)
    if size >= MILLION:
        found.floors[size] = floor_of(drawn)
    found.changes[size] = change(ours, naive, drawn)
    if size == PAUSED_AT:
        found.pauses[size] = Alone("pauses", size).result()


def unlike_domain(drawn: Load, naive: Naive) -> list[str]:
    """Where the plain loop judges other than the domain, in a sample."""
    wrong = []
    for event, evidence in enumerate(drawn.evidences[:SAMPLED_EVENTS]):
        told = naive.numbers(naive.match(event))
        wanted = {n for n, route in enumerate(drawn.routes[:SAMPLED_FILTERS]) if matches(route.wanted, evidence)}
        if wanted != {n for n in told if n < SAMPLED_FILTERS}:
            wrong.append(f"{len(drawn.routes):,} filters: {NAIVE}, event {event}: not what the domain says")
    return wrong


def main(sizes: Sequence[int], pictures: Path | None) -> int:
    """Print the tables; 0 if every answer is right."""
    gc.disable()
    found = Found()
    for size in sizes:
        measure(size, found)
        gc.collect()
    print_rest(found)
    print_bars(found)
    if pictures:
        try:
            draw(found, pictures)
        except NotInstalledError as missing:
            print(f"\nno pictures: {missing} is not installed")
    print(f"\nanswers that differ: {len(found.wrong)}", *found.wrong[:20], sep="\n")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default="100,1000,10000,100000")
    options.add_argument("--million", action="store_true")
    options.add_argument("--pictures", type=Path)
    given = options.parse_args()
    asked = [int(size) for size in given.sizes.split(",")] + [MILLION] * given.million
    sys.exit(main(asked, given.pictures))
