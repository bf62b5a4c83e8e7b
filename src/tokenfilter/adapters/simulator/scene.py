"""What is played on the stage: lines with delays, and the words that say what they do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import FeedLine, Heard
from tokenfilter.domain.ids import Token

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Lines, each told after its delay, made for a start at `at`; `said` tells in plain words what happens."""

    at: datetime
    lines: tuple[tuple[timedelta, FeedLine], ...]
    token: Token
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """No such scene can be made for these filters, and why."""

    reason: str


def scene(*events: Heard, stats: Sequence[ChannelStats], at: datetime, said: str) -> Scene:
    """Statistics at once, then each event when it is observed."""
    lines: list[tuple[timedelta, FeedLine]] = [(AT_ONCE, replace(line, as_of=at)) for line in stats]
    lines += [(event.observed_at - at, event) for event in events]
    return Scene(at=at, lines=tuple(lines), token=events[-1].token, said=said)


def shifted(line: FeedLine, *, by: timedelta) -> FeedLine:
    """The same line with all its instants moved, so that every age in it stays."""
    if isinstance(line, ChannelStats):
        return replace(line, as_of=line.as_of + by)
    return shifted_event(line, by=by) if isinstance(line, Heard) else replace(line, observed_at=line.observed_at + by)


def shifted_event(heard: Heard, *, by: timedelta) -> Heard:
    """The same event with all its instants moved."""
    created_at = heard.facts.created_at
    return replace(
        heard,
        observed_at=heard.observed_at + by,
        facts=replace(heard.facts, created_at=created_at and created_at + by),
        calls=tuple(replace(call, called_at=call.called_at + by) for call in heard.calls),
    )
