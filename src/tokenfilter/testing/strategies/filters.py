"""Strategies for filters: any that can be written, and some that an event at hand nearly or just satisfies.

All are canonical (filter_print.py), so that text form and back is the identity.
"""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tokenfilter.domain.call import KeptCall
from tokenfilter.domain.channel import CHANNEL_METRICS
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import (
    MAX_ALTERNATIVES,
    SET_FIELDS,
    ChannelRule,
    Criteria,
    Filter,
    FlagIs,
    OneOf,
    Range,
    Recheck,
    SetField,
    Unknown,
)
from tokenfilter.domain.filter_print import canonical
from tokenfilter.domain.ids import Chain, ChannelId
from tokenfilter.domain.market import FLAGS, METRICS
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing.strategies.choices import some, values
from tokenfilter.testing.strategies.facts import TOKEN_METRICS
from tokenfilter.testing.strategies.names import channels, tokens

_FOLDED = {
    "chain": st.sampled_from([chain.value for chain in Chain]),
    "dex": st.sampled_from(("pumpswap", "raydium", "meteora", "orca")),
    "launchpad": st.sampled_from(("pump.fun", "bonk", "four.meme")),
    "word": st.sampled_from(("inu", "lamb", "pepe", "cat", "ai", "coin"))
    | st.text("abcdefghijkxyz0123456789", min_size=2, max_size=8),
    "token": tokens().map(lambda token: token.address),
}
_POLICIES = st.sampled_from(Unknown)
_ENDS = st.sampled_from(("low", "high", "both", "point"))
_SIDES = st.sampled_from(("only", "exclude", "only", "exclude", "either"))
_WINDOWS = st.sampled_from((1, 60, 1_800, 3_600, 86_400)) | st.integers(1, 86_400)


@st.composite
def ranges(draw: st.DrawFn, metric: str) -> Range:
    """Ranges over a metric, open at either end or closed, a single point included."""
    one, ends, policy = draw(values(metric)), draw(_ENDS), draw(_POLICIES)
    return _range(metric, one, draw(values(metric)) if ends == "both" else one, ends, policy)


@st.composite
def one_of_sets(draw: st.DrawFn, field: SetField) -> OneOf:
    """Sets of up to four members, wanted, unwanted or both; one may be on both lists."""
    members = draw(st.lists(_FOLDED[field], min_size=1, max_size=4))
    sides = draw(st.lists(_SIDES, min_size=len(members), max_size=len(members)))
    listed = tuple(zip(members, sides, strict=True))
    return OneOf(
        field=field,
        only=frozenset(member for member, side in listed if side != "exclude"),
        exclude=frozenset(member for member, side in listed if side != "only"),
        unknown=draw(_POLICIES),
    )


@st.composite
def channel_rules(draw: st.DrawFn) -> ChannelRule:
    """Rules over the calling channels: statistics, lists, quorum and window."""
    names = draw(some(CHANNEL_METRICS, 3))
    return ChannelRule(
        ranges=tuple(draw(ranges(name)) for name in names),
        only=draw(st.frozensets(channels(), max_size=3)),
        exclude=draw(st.frozensets(channels(), max_size=2)),
        quorum=draw(st.integers(1, 4)),
        window=timedelta(seconds=draw(_WINDOWS)),
    )


@st.composite
def criteria(draw: st.DrawFn, *, min_size: int = 0) -> Criteria:
    """Criteria of all kinds, at least `min_size` of them."""
    made = Criteria(
        ranges=tuple(draw(ranges(name)) for name in draw(some(TOKEN_METRICS, 4))),
        flags=tuple(
            FlagIs(flag=name, wanted=draw(st.booleans()), unknown=draw(_POLICIES))
            for name in draw(some(tuple(FLAGS), 3))
        ),
        sets=tuple(draw(one_of_sets(field)) for field in draw(some(SET_FIELDS, 2))),
        channel=draw(st.none() | channel_rules()),
    )
    return made if len(made) >= min_size else Criteria(ranges=(draw(ranges("mcap")),))


def filters() -> st.SearchStrategy[Filter]:
    """Filters of every shape: without criteria, of all kinds of them, with alternatives, re-checked always or not."""
    one = st.tuples(criteria())
    several = st.lists(criteria(min_size=1), min_size=2, max_size=MAX_ALTERNATIVES, unique=True).map(tuple)
    return st.builds(Filter, any_of=one | one | several, recheck=st.sampled_from(Recheck)).map(canonical)


@st.composite
def filters_near(draw: st.DrawFn, evidence: Evidence) -> Filter:
    """Filters whose bounds, flags, members and quorums lie at or next to what `evidence` holds.

    About half of them match it, and of the others many fail by a hair.
    """
    first = draw(_near(evidence))
    second = draw(_near(evidence)) if len(first) and draw(st.integers(0, 3)) == 3 else first
    any_of = (first,) if second == first or not len(second) else (first, second)
    return canonical(Filter(any_of=any_of, recheck=draw(st.sampled_from(Recheck))))


@st.composite
def _near(draw: st.DrawFn, evidence: Evidence) -> Criteria:
    wrong = draw(st.sampled_from((False, True, True)))  # whether it may miss: else all match, if always few would
    known = [name for name in TOKEN_METRICS if name in evidence.values]
    unknown = [name for name in TOKEN_METRICS if name not in evidence.values]
    named = [*draw(some(known, 4)), *draw(some(unknown, 1))]
    flags = draw(some(tuple(FLAGS), 2))
    return Criteria(
        ranges=tuple(draw(_range_near(n, evidence.values.get(n), wrong=wrong)) for n in TOKEN_METRICS if n in named),
        flags=tuple(draw(_flag_near(name, evidence.flag(name), wrong=wrong)) for name in flags),
        sets=tuple(draw(_set_near(field, evidence, wrong=wrong)) for field in draw(some(SET_FIELDS, 2))),
        channel=draw(_rule_near(evidence, wrong=wrong)) if draw(st.booleans()) and evidence.calls else None,
    )


@st.composite
def _range_near(draw: st.DrawFn, metric: str, value: Decimal | None, *, wrong: bool) -> Range:
    if value is None:
        policy = draw(_POLICIES) if wrong else Unknown.PASS
        return Range(metric=metric, low=draw(values(metric)), unknown=policy)
    step = draw(st.sampled_from((Decimal(0), Decimal(1), value / 10, value.scaleb(-14))))
    below, above = rounded(value - abs(step)), rounded(value + abs(step))
    if not METRICS[metric].signed:
        below = max(Decimal(0), below)
    if wrong and draw(st.booleans()):
        return draw(st.sampled_from((Range(metric=metric, low=above), Range(metric=metric, high=below))))
    return _range(metric, below, above, draw(st.sampled_from(("low", "high", "both"))), draw(_POLICIES))


@st.composite
def _flag_near(draw: st.DrawFn, name: str, value: bool | None, *, wrong: bool) -> FlagIs:
    wanted = draw(st.booleans()) if wrong or value is None else value
    unknown = draw(_POLICIES) if wrong or value is not None else Unknown.PASS
    return FlagIs(flag=name, wanted=wanted, unknown=unknown)


@st.composite
def _set_near(draw: st.DrawFn, field: SetField, evidence: Evidence, *, wrong: bool) -> OneOf:
    other = draw(one_of_sets(field))
    members = other.only | other.exclude
    own = _own_members(field, evidence, members)
    if wrong:
        return OneOf(field=field, only=other.only, exclude=other.exclude | own, unknown=other.unknown)
    exclude = members - own
    only = own if not exclude or draw(st.booleans()) else frozenset()
    return OneOf(field=field, only=only, exclude=exclude, unknown=Unknown.PASS)


def _own_members(field: SetField, evidence: Evidence, members: frozenset[str]) -> frozenset[str]:
    """What of a set the token is; of words, those of `members` that its names hold."""
    token, facts = evidence.event.token, evidence.event.heard.facts
    if field == "word":
        names = [name.lower() for name in (facts.symbol, facts.name) if name]
        return frozenset(m for m in members if any(m in name for name in names))
    of_field = {"chain": token.chain.value, "dex": facts.dex, "launchpad": facts.launchpad, "token": token.address}
    own = of_field[field]
    folded = own if own is None or field == "token" else own.lower()
    return frozenset([folded] if folded else [])


@st.composite
def _rule_near(draw: st.DrawFn, evidence: Evidence, *, wrong: bool) -> ChannelRule:
    callers = [kept.channel for kept in evidence.calls]
    lists = (frozenset[ChannelId](), frozenset(callers))
    chosen: KeptCall = draw(st.sampled_from(evidence.calls))
    ago = max(0, (evidence.at - chosen.last_at) // timedelta(seconds=1))
    window = min(86_400, max(1, ago + draw(st.integers(-1, 1) if wrong else st.just(1))))
    named = draw(some(CHANNEL_METRICS, 2))
    return ChannelRule(
        ranges=tuple(draw(_range_near(name, evidence.statistic(chosen.channel, name), wrong=wrong)) for name in named),
        only=draw(st.sampled_from((*lists, frozenset({chosen.channel})))),
        exclude=draw(st.frozensets(st.sampled_from(callers), max_size=1)) if wrong else frozenset(),
        quorum=draw(st.integers(1, len(callers) + 1)) if wrong else 1,
        window=timedelta(seconds=draw(st.sampled_from((window, 86_400)))),
    )


def _range(metric: str, one: Decimal, other: Decimal, kind: str, unknown: Unknown) -> Range:
    low, high = sorted((one, other))
    ends = {"low": (low, None), "high": (None, high), "both": (low, high), "point": (low, low)}[kind]
    return Range(metric=metric, low=ends[0], high=ends[1], unknown=unknown)
