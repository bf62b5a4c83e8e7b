"""Scenes that make something happen on demand for a person's filters: pure, and proved by the matching rule itself.

Each returns a `Scene`, or `Impossible` with the reason. What plays it is `StageFeed` in token_feed.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from tokenfilter.adapters.simulator.construct import Staged, Wish, construct, evidence_of
from tokenfilter.adapters.simulator.names import HOSTILE_NAMES, hex_token, solana_token
from tokenfilter.adapters.simulator.near import missing_by_one
from tokenfilter.adapters.simulator.stage_numbers import CannotBeError
from tokenfilter.domain.event import FeedLine, Heard
from tokenfilter.domain.filter import Criteria, Filter
from tokenfilter.domain.ids import Chain, EventId, Token
from tokenfilter.domain.matching import Outcome, Refused, judge, matches

Delayed = tuple[timedelta, FeedLine]

AT_ONCE = timedelta(0)
SECOND_CALL_AFTER = timedelta(seconds=4)
REST_AFTER = timedelta(seconds=5)
BURST_WITHIN = timedelta(seconds=2)
_SPARSE = ("price",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Lines with the delay after which each is told, made for a start at `at`; `said` tells in plain words what happens."""

    at: datetime
    lines: tuple[Delayed, ...]
    token: Token
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """No such scene can be made for these filters, and why."""

    reason: str


def passing_token(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A fresh token with a call that at least one of the filters wants."""
    staged = _first(_passing(filters, Wish(), at=at, random=random))
    if isinstance(staged, Impossible):
        return staged
    said = f"A fresh token was called by {_callers(staged)}. It meets one of your filters, so you are told."
    return _scene(staged, at=at, said=said)


def hostile_name(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token that passes and whose symbol and name try to break, link or fake a card."""
    wishes = [Wish(name=name) for name in random.sample(HOSTILE_NAMES, len(HOSTILE_NAMES))]
    staged = _first(s for wish in wishes for s in _passing(filters, wish, at=at, random=random))
    if isinstance(staged, Impossible):
        return staged
    said = "A token that meets one of your filters has a name made to break, link or fake a card. It must do nothing."
    return _scene(staged, at=at, said=said)


def near_miss(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token that one filter refuses for a single criterion, by a little, and that no other filter wants."""
    reason = "without an active filter nothing can be missed" if not filters else "your filters take everything near"
    for criteria in _alternatives(filters, random):
        for missed in missing_by_one(criteria, random):
            staged = _try(missed, Wish(), at=at, random=random)
            if isinstance(staged, Impossible):
                reason = staged.reason
            elif any(_misses_by_one(f, staged) for f in filters) and not _is_wanted(filters, staged):
                said = f"A token called by {_callers(staged)} misses one of your filters by one criterion. /why tells which."
                return _scene(staged, at=at, said=said)
    return Impossible(reason=reason)


def second_caller(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token that is refused with its first callers and wanted once another channel calls it."""
    later = at + SECOND_CALL_AFTER
    wishes = [Wish(), Wish(extras=1)]
    found = [s for wish in wishes for s in _passing(filters, wish, at=later, random=random) if isinstance(s, Staged)]
    for staged in found:
        last = staged.heard.calls[-1].channel
        before = tuple(c for c in staged.heard.calls if c.channel != last)
        early = _earlier(staged.heard, at=at, random=random, calls=before)
        if before and not _wants(filters, early, staged):
            said = f"A token was refused with its first call. {SECOND_CALL_AFTER.seconds} s later {last} calls it too, and it passes."
            return _scene_of(staged, early, SECOND_CALL_AFTER, at=at, said=said)
    for staged in found[-1:]:
        early = _earlier(staged.heard, at=at, random=random, calls=staged.heard.calls[:1])
        said = "One caller is enough for your filters: the first call is told, and the second tells nobody again."
        return _scene_of(staged, early, SECOND_CALL_AFTER, at=at, said=said)
    return _first(_passing(filters, Wish(extras=1), at=later, random=random), nothing="no second caller is possible")


def late_data(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token whose facts are unknown at first, so that it is refused, and known 5 s later, so that it passes."""
    nothing = "your filters ask for no fact that could come late"
    staged = None
    for staged in _passing(filters, Wish(), at=at + REST_AFTER, random=random):
        if isinstance(staged, Impossible):
            nothing = staged.reason
            continue
        sparse = {name: value for name, value in staged.heard.market.items() if name in _SPARSE}
        for market in (staged.heard.market, sparse):
            early = _earlier(staged.heard, at=at, random=random, calls=staged.heard.calls, market=market)
            if not _wants(filters, early, staged):
                said = f"A token was called before its facts were known: refused. They come {REST_AFTER.seconds} s later, and it passes."
                return _scene_of(staged, early, REST_AFTER, at=at, said=said)
    return Impossible(reason=nothing)


def burst(filters: Sequence[Filter], *, at: datetime, random: Random, count: int = 500) -> Scene | Impossible:
    """Many different tokens that pass, within two seconds."""
    staged = _first(_passing(filters, Wish(), at=at, random=random))
    if isinstance(staged, Impossible):
        return staged
    heard: list[Delayed] = []
    for number in range(count):
        delay = BURST_WITHIN * number / count
        one = shifted(replace(staged.heard, token=_another(staged.heard.token, random), id=_id(random)), by=delay)
        assert isinstance(one, Heard)
        if not _wants(filters, one, staged):
            return Impossible(reason="your filters name single tokens, so there cannot be many that pass")
        heard.append((delay, one))
    lines = (*((AT_ONCE, s) for s in staged.stats), *heard)
    said = f"{count} different tokens that meet one of your filters were called within {BURST_WITHIN.seconds} seconds."
    return Scene(at=at, lines=lines, token=staged.heard.token, said=said)


def shifted(line: FeedLine, *, by: timedelta) -> FeedLine:
    """The same line with all its instants moved, so that every age in it stays."""
    match line:
        case Heard():
            created = line.facts.created_at
            return replace(
                line,
                observed_at=line.observed_at + by,
                facts=replace(line.facts, created_at=created and created + by),
                calls=tuple(replace(c, called_at=c.called_at + by) for c in line.calls),
            )
        case _ if hasattr(line, "as_of"):
            return replace(line, as_of=line.as_of + by)
        case _:
            return replace(line, observed_at=line.observed_at + by)
