"""Every numeric condition a filter can make, in the one form `limit <= number`.

| condition | limit | number |
|---|---|---|
| a metric, or a channel's statistic, is at least `low` | `low` | what is known |
| it is at most `high` | `-high` | the negative of what is known |
| a flag is set; is not set | 1; 0 | the flag as 1 or 0; its negative |
| a channel called within the window | the negative of the window | the negative of how long ago it was |
| so many channels called | the quorum | how many did |

Numbers and limits have at most 15 significant digits, so floats compare exactly as the domain's decimals do. A column
exists once a filter makes such a condition.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, NamedTuple

from tokenfilter.domain.filter import LONGEST_WINDOW, ChannelRule, Criteria, Range, Unknown

LOW, HIGH = 1, -1
MICROSECOND = timedelta(microseconds=1)
Kind = Literal["metric", "flag", "statistic", "window", "quorum"]


class Key(NamedTuple):
    """What a column is over, and which of its ends."""

    kind: Kind
    name: str
    end: int


WINDOW, QUORUM = Key("window", "", HIGH), Key("quorum", "", LOW)


class Condition(NamedTuple):
    """One condition of a filter: its column's number, its limit, and whether it holds while the fact is unknown."""

    column: int
    limit: float
    tolerant: bool


class Columns:
    """The columns there are, by number in the order of their first use."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self._numbers: dict[Key, int] = {}

    def conditions(self, criteria: Criteria) -> list[Condition]:
        """All conditions but the quorum. Those on a channel count for each caller."""
        made = self._of_ranges("metric", criteria.ranges)
        for f in criteria.flags:
            key = Key("flag", f.flag, LOW if f.wanted else HIGH)
            made.append(self._condition(key, float(f.wanted), tolerant=f.unknown is Unknown.PASS))
        rule = criteria.channel
        if rule:
            made += self._of_ranges("statistic", rule.ranges)
            if rule.window != LONGEST_WINDOW:
                made.append(self._condition(WINDOW, -float(rule.window // MICROSECOND), tolerant=False))
        return made

    def quorum(self, rule: ChannelRule) -> Condition:
        """The condition on how many channels called, whatever else is asked of them."""
        return self._condition(QUORUM, float(rule.quorum), tolerant=False)

    def _of_ranges(self, kind: Kind, ranges: Iterable[Range]) -> list[Condition]:
        return [
            self._condition(Key(kind, r.metric, end), end * float(limit), tolerant=r.unknown is Unknown.PASS)
            for r in ranges
            for end, limit in ((LOW, r.low), (HIGH, r.high))
            if limit is not None
        ]

    def _condition(self, key: Key, limit: float, *, tolerant: bool) -> Condition:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.keys)
            self.keys.append(key)
        return Condition(number, limit, tolerant)
