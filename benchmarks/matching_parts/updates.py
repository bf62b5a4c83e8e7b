"""What a changed filter costs, and that it counts for the very next event.

The longest pause is measured in a process that holds nothing but the index (alone.py).
"""

from dataclasses import dataclass
from random import Random
from time import perf_counter

from matching_parts.contest import Load
from matching_parts.filters import filters, route
from matching_parts.naive import Naive
from matching_parts.ours import Ours
from matching_parts.rows import rows_of
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Criteria, Filter, Range
from tokenfilter.domain.matching import matches

CHANGES = 2_000
COMPARED = 5
"""Events that are compared with the plain loop after all changes."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Seconds that each change took, how many the next event did not see, and how many events were answered wrongly."""

    spent: list[float]
    unseen: int
    wrong: int

    def quantile(self, share: float) -> float:
        """Seconds that this share of the changes needs at most."""
        return sorted(self.spent)[min(len(self.spent) - 1, int(share * len(self.spent)))]


def change(ours: Ours, naive: Naive, load: Load, seed: int = 23) -> Changes:
    """Give random subscribers new filters one after the other, and look for each at the next event.

    Every other filter is one that wants that event for sure.
    """
    random, spent, unseen = Random(seed), [], 0
    drawn = filters(random)
    for turn in range(CHANGES):
        event = turn % len(load.evidences)
        evidence = load.evidences[event]
        wanted = _sure(evidence, random) if turn % 2 else next(drawn)
        number = random.randrange(len(load.routes))
        new = route(number, wanted)
        begun = perf_counter()
        ours.index.replace(new.owner, (new,), renewed=(new.destination,), seq=turn + 1)
        spent.append(perf_counter() - begun)
        naive.change(number, rows_of(new))
        told = any(r.owner == new.owner for r in ours.match(event))
        unseen += told is not matches(wanted, evidence)
    wrong = sum(ours.numbers(ours.match(e)) != naive.numbers(naive.match(e)) for e in range(COMPARED))
    return Changes(spent, unseen, wrong)


def _sure(evidence: Evidence, random: Random) -> Filter:
    name = random.choice([metric for metric in ("mcap", "liq", "holders") if metric in evidence.values])
    value = evidence.values[name]
    return Filter(any_of=(Criteria(ranges=(Range(metric=name, low=value, high=value),)),))
