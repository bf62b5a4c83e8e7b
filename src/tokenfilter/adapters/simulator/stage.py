"""Scenes that make something happen on demand for a person's filters: pure, and proved by the matching rule itself.

Each is a `Scene`, or `Impossible` with the reason. What plays it is `StageFeed` in token_feed.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from tokenfilter.adapters.simulator.construct import Staged, Wish, construct, evidence_of
from tokenfilter.adapters.simulator.names import HOSTILE_NAMES, hex_token, solana_token
from tokenfilter.adapters.simulator.near import missing_by_one
from tokenfilter.adapters.simulator.scene import Impossible, Scene, scene, shifted_event
from tokenfilter.adapters.simulator.stage_numbers import CannotBeError
from tokenfilter.domain.call import Call
from tokenfilter.domain.event import Heard
from tokenfilter.domain.filter import Criteria, Filter
from tokenfilter.domain.ids import Chain, EventId, Token
from tokenfilter.domain.matching import Outcome, Refused, judge, matches

__all__ = [
    "Impossible",
    "Scene",
    "burst",
    "hostile_name",
    "late_data",
    "near_miss",
    "passing_token",
    "second_caller",
]

SECOND_CALL_AFTER = timedelta(seconds=4)
REST_AFTER = timedelta(seconds=5)
BURST_WITHIN = timedelta(seconds=2)


def passing_token(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A fresh token with a call that at least one of the filters wants."""
    staged = _first(_passing(filters, Wish(), at=at, random=random))
    if isinstance(staged, Impossible):
        return staged
    said = f"{_callers(staged)} called a fresh token. It meets one of your filters, so you are told."
    return scene(staged.heard, stats=staged.stats, at=at, said=said)


def hostile_name(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token that passes and whose symbol and name try to break, link or fake a card."""
    names = random.sample(HOSTILE_NAMES, len(HOSTILE_NAMES))
    staged = _first(s for name in names for s in _passing(filters, Wish(name=name), at=at, random=random))
    if isinstance(staged, Impossible):
        return staged
    if staged.heard.facts.name is None:
        return Impossible(reason="your filters want tokens without a name")
    said = "A token that meets one of your filters has a name made to break, link or fake a card. It must do nothing."
    return scene(staged.heard, stats=staged.stats, at=at, said=said)


def near_miss(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token that a filter refuses for a single criterion, by a little where it is a bound, and that none wants."""
    why = Impossible(reason="your filters take every token, so none can be missed")
    for criteria in _alternatives(filters, random):
        for missed in missing_by_one(criteria):
            staged = _made(missed, Wish(), at=at, random=random)
            if isinstance(staged, Impossible):
                why = staged
            elif _wants(filters, staged.heard, staged):
                why = Impossible(reason="what one filter just misses another one wants")
            elif any(_misses_by_one(f, staged) for f in filters):
                said = f"{_callers(staged)} called a token that misses one of your filters by one criterion: see /why."
                return scene(staged.heard, stats=staged.stats, at=at, said=said)
    return why


def second_caller(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token that is refused with its first callers, and wanted once another channel calls it.

    Where one caller is always enough, the second one shows that nobody is told twice.
    """
    seconds, later = SECOND_CALL_AFTER.seconds, at + SECOND_CALL_AFTER
    made = [s for w in (Wish(), Wish(extras=1)) for s in _passing(filters, w, at=later, random=random)]
    found = [s for s in made if isinstance(s, Staged) and len({c.channel for c in s.heard.calls}) > 1]
    enough: Scene | None = None
    for staged in found:
        last = staged.heard.calls[-1].channel
        early = _before(staged.heard, at=at, random=random, calls=[c for c in staged.heard.calls if c.channel != last])
        if not _wants(filters, early, staged):
            said = f"A token was called and refused. {seconds} s later {last} calls it too, and now it passes."
            return scene(early, staged.heard, stats=staged.stats, at=at, said=said)
        said = f"The first call is enough for your filters. {seconds} s later {last} calls too: you are told once."
        enough = scene(early, staged.heard, stats=staged.stats, at=at, said=said)
    if enough is not None:
        return enough
    return next((m for m in made if isinstance(m, Impossible)), Impossible(reason="there is no active filter"))


def late_data(filters: Sequence[Filter], *, at: datetime, random: Random) -> Scene | Impossible:
    """A token whose facts are unknown at first, so that it is refused, and known 5 s later, so that it passes."""
    why = Impossible(reason="your filters ask for no fact that could come late")
    for staged in _passing(filters, Wish(called_ago_s=Decimal(9)), at=at + REST_AFTER, random=random):
        if isinstance(staged, Impossible):
            why = staged
            continue
        known = staged.heard.market
        for market in (known, {name: known[name] for name in ("price", "mcap", "fdv") if name in known}, {}):
            early = _before(staged.heard, at=at, random=random, calls=staged.heard.calls, market=market)
            if not _wants(filters, early, staged):
                said = f"A token was called with facts missing. {REST_AFTER.seconds} s later they come, and it passes."
                return scene(early, staged.heard, stats=staged.stats, at=at, said=said)
    return why


def burst(filters: Sequence[Filter], *, at: datetime, random: Random, count: int = 500) -> Scene | Impossible:
    """Many different tokens that pass, within two seconds."""
    staged = _first(_passing(filters, Wish(), at=at, random=random))
    if isinstance(staged, Impossible):
        return staged
    many = [staged.heard]
    for number in range(1, count):
        another = replace(staged.heard, token=_another(staged.heard.token, random), id=_id(random))
        many.append(shifted_event(another, by=BURST_WITHIN * number / count))
        if not _wants(filters, many[-1], staged):
            return Impossible(reason="your filters name single tokens, so many cannot pass")
    said = f"{count} different tokens that meet one of your filters are called within {BURST_WITHIN.seconds} seconds."
    return scene(*many, stats=staged.stats, at=at, said=said)


def _passing(filters: Sequence[Filter], wish: Wish, *, at: datetime, random: Random) -> Iterator[Staged | Impossible]:
    """For each alternative of each filter a token that passes, proved, or why there is none."""
    for criteria in _alternatives(filters, random):
        staged = _made(criteria, wish, at=at, random=random)
        if isinstance(staged, Staged) and not _wants(filters, staged.heard, staged):
            staged = Impossible(reason="its criteria leave too little room between them")
        yield staged


def _alternatives(filters: Sequence[Filter], random: Random) -> list[Criteria]:
    listed = [criteria for wanted in filters for criteria in wanted.any_of]
    return random.sample(listed, len(listed))


def _made(criteria: Criteria, wish: Wish, *, at: datetime, random: Random) -> Staged | Impossible:
    try:
        return construct(criteria, wish, at=at, random=random)
    except CannotBeError as why:
        return Impossible(reason=str(why))


def _first(made: Iterable[Staged | Impossible]) -> Staged | Impossible:
    """The first that was made, else the last reason."""
    last = Impossible(reason="there is no active filter")
    for staged in made:
        if isinstance(staged, Staged):
            return staged
        last = staged
    return last


def _wants(filters: Sequence[Filter], heard: Heard, staged: Staged) -> bool:
    evidence = evidence_of(heard, staged.stats)
    return any(matches(wanted, evidence) for wanted in filters)


def _misses_by_one(wanted: Filter, staged: Staged) -> bool:
    verdict = judge(wanted, evidence_of(staged.heard, staged.stats))
    missed = [f for f in verdict.by.findings if not f.holds]
    return isinstance(verdict, Refused) and len(missed) == 1 and missed[0].outcome is Outcome.FAIL


def _before(
    heard: Heard,
    *,
    at: datetime,
    random: Random,
    calls: Iterable[Call],
    market: Mapping[str, Decimal] | None = None,
) -> Heard:
    """The event as it stood earlier: with fewer calls, or, where `market` is given, with that alone and no flags."""
    early = replace(heard, observed_at=at, id=_id(random), calls=tuple(calls))
    return early if market is None else replace(early, market=market, flags={})


def _another(token: Token, random: Random) -> Token:
    return solana_token(random) if token.chain is Chain.SOLANA else hex_token(random, token.chain.value)


def _id(random: Random) -> EventId:
    return EventId(f"stage-{random.getrandbits(64):016x}")


def _callers(staged: Staged) -> str:
    names = list(dict.fromkeys(c.channel for c in staged.heard.calls))
    if len(names) <= 2:
        return " and ".join(names) or "Nobody"
    return f"{names[0]} and {len(names) - 1} others"
