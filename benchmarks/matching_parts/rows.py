"""The same filters and events as plain floats, for engines that know nothing of ours; a row is one alternative.

The channel rule is judged here, after the engine, on the rows that it lets through: none of the engines counts
channels. How rows become columns stands in columns.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from matching_parts.events import ATTRIBUTES, FLAGS
from matching_parts.filters import FIRST_CHAT
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import ChannelRule, Criteria
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.subscriber import Route

NAMES = tuple(a.name for a in ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Members:
    """What a set must be among (if any), and what it must not be."""

    only: frozenset[str]
    exclude: frozenset[str]


@dataclass(frozen=True, slots=True)
class Channels:
    """A channel rule: at least `quorum` channels with these statistics, allowed and not denied."""

    win: float
    gain: float
    record: float
    only: frozenset[str]
    exclude: frozenset[str]
    quorum: int


@dataclass(frozen=True, slots=True)
class Row:
    """One alternative of the filter of subscriber `number`; `flags` are those that must be good."""

    number: int
    low: Mapping[str, float]
    high: Mapping[str, float]
    flags: tuple[str, ...]
    sets: Mapping[str, Members]
    channels: Channels | None


@dataclass(frozen=True, slots=True)
class Moment:
    """An event: metrics, whether each flag is known to be good, sets, and (name, win, gain, record) of its channels."""

    market: Mapping[str, float | None]
    flags: Mapping[str, bool]
    sets: Mapping[str, str | None]
    channels: Sequence[tuple[str, float, float, float]]


class Remainder:
    """What an engine leaves to do: the channel rule of the rows it found, and whose they are."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rules = [row.channels for row in rows]
        self._numbers = [row.number for row in rows]

    def numbers(self, found: Iterable[int], moment: Moment) -> set[int]:
        """The subscribers whose rows these are, where the channel rule holds."""
        rules, numbers = self._rules, self._numbers
        return {numbers[i] for i in found if (rule := rules[i]) is None or qualifies(rule, moment)}


def number_of(route: Route) -> int:
    """The subscriber's number."""
    return route.owner - FIRST_CHAT


def rows_of(route: Route) -> list[Row]:
    """A route's alternatives."""
    return [_row(number_of(route), criteria) for criteria in route.wanted.any_of]


def moment_of(evidence: Evidence) -> Moment:
    """An event in plain floats."""
    facts = evidence.event.heard.facts
    return Moment(
        market={name: None if (x := evidence.values.get(name)) is None else float(x) for name in NAMES},
        flags={name: evidence.flag(name) is good for name, good in FLAGS.items()},
        sets={"dex": facts.dex, "launchpad": facts.launchpad},
        channels=[(c.channel, *_statistics(evidence, c.channel)) for c in evidence.calls],
    )


def qualifies(rule: Channels, moment: Moment) -> bool:
    """Whether enough channels of the event satisfy the rule."""
    found = 0
    for name, win, gain, record in moment.channels:
        if (
            win >= rule.win
            and gain >= rule.gain
            and record >= rule.record
            and name not in rule.exclude
            and (not rule.only or name in rule.only)
        ):
            found += 1
    return found >= rule.quorum


def _row(number: int, criteria: Criteria) -> Row:
    if any(flag.wanted is not FLAGS[flag.flag] for flag in criteria.flags):
        raise ValueError("a row holds only whether a flag must be good")
    return Row(
        number=number,
        low={r.metric: float(r.low) for r in criteria.ranges if r.low is not None},
        high={r.metric: float(r.high) for r in criteria.ranges if r.high is not None},
        flags=tuple(flag.flag for flag in criteria.flags),
        sets={s.field: Members(only=s.only, exclude=s.exclude) for s in criteria.sets},
        channels=_channels(criteria.channel) if criteria.channel else None,
    )


def _channels(rule: ChannelRule) -> Channels:
    lows = {r.metric: float(r.low) for r in rule.ranges if r.low is not None}
    return Channels(
        win=lows.get("win", -inf),
        gain=lows.get("gain", -inf),
        record=lows.get("record", -inf),
        only=frozenset(rule.only),
        exclude=frozenset(rule.exclude),
        quorum=rule.quorum,
    )


def _statistics(evidence: Evidence, channel: ChannelId) -> tuple[float, float, float]:
    found = [evidence.statistic(channel, metric) for metric in ("win", "gain", "record")]
    win, gain, record = (-inf if value is None else float(value) for value in found)
    return win, gain, record
