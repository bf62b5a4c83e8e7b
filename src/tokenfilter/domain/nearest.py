"""The smallest single change of a filter that would have let an event pass.

A change touches one criterion of one alternative: a bound moves to what was observed, an unknown fact is let pass, a
flag is no longer asked for, members join or leave a set, a quorum falls, a window widens. Criteria are relaxed, never
turned into their contrary, so the changed filter wants all that the first one wanted, and the event. How changes are
measured stands at `NearestPass`; whether one suffices is asked of matching.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import (
    LONGEST_WINDOW,
    ChannelRule,
    Criteria,
    Filter,
    FlagIs,
    InvalidFilterError,
    OneOf,
    Range,
    Unknown,
)
from tokenfilter.domain.filter_print import ANYTHING, canonical, channels_text, criterion_text, limit_text
from tokenfilter.domain.filter_values import can_be_member
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import Finding, Judged, Matched, Observed, judge, matches, qualifying

UNKNOWN_COST = Decimal("0.25")
MEMBER_COST = Decimal("0.5")
GIVEN_UP_COST = Decimal(1)

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_WORD = re.compile(r"[^\s,]+")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestPass:
    """A change, the criterion it leads to in filter text (`win >= 57`, `mint any`), and the whole filter with it.

    `cost` of a bound, quorum or window is how far it moves in relation to the larger of its old and new size (0 to 2;
    2 only from one sign to the other). Letting the unknown pass costs 0.25, a set member that joins or leaves 0.5,
    giving up a flag or a set's list 1. Of equal costs the earlier alternative and criterion wins.
    """

    text: str
    changed: Filter
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The alternative with one criterion changed, how that one reads now, and the price."""

    criteria: Criteria
    text: str
    cost: Decimal


def nearest_pass(
    wanted: Filter, evidence: Evidence, *, fresh: frozenset[ChannelId] | None = None
) -> NearestPass | None:
    """The cheapest single change after which `judge` says Matched; None if it says so already, or none suffices.

    No single change helps where two criteria of every alternative fail, or where nobody called and somebody must.
    """
    verdict = judge(wanted, evidence, fresh=fresh)
    if isinstance(verdict, Matched):
        return None
    found = (_cheapest(wanted, place, judged, evidence, fresh) for place, judged in enumerate(verdict.judged))
    return min((f for f in found if f), key=lambda f: f.cost, default=None)


def _cheapest(
    wanted: Filter, place: int, judged: Judged, evidence: Evidence, fresh: frozenset[ChannelId] | None
) -> NearestPass | None:
    """The cheapest change within one alternative."""
    failing = [f for f in judged.findings if not f.holds]
    if len(failing) > 1:
        return None
    # Where every criterion holds, only freshness is missing, and that is up to the channel rule, which comes last.
    finding = failing[0] if failing else judged.findings[-1]
    for change in sorted(_changes(judged.criteria, finding, evidence), key=lambda c: c.cost):
        any_of = (*wanted.any_of[:place], change.criteria, *wanted.any_of[place + 1 :])
        try:
            changed = replace(wanted, any_of=any_of)
        except InvalidFilterError:  # one set member too many
            continue
        if matches(changed, evidence, fresh=fresh):
            return NearestPass(text=change.text, changed=canonical(changed), cost=change.cost)
    return None


def _changes(criteria: Criteria, finding: Finding, evidence: Evidence) -> Iterator[_Change]:
    match finding.criterion:
        case Range() as bound:
            for to, cost in _relaxed(bound, evidence.values.get(bound.metric)):
                ranges = _replaced(criteria.ranges, bound, to)
                yield _Change(criteria=replace(criteria, ranges=ranges), text=criterion_text(to), cost=cost)
        case FlagIs() as flag:
            tolerant = replace(flag, unknown=Unknown.PASS) if finding.observed is None else None
            flags = _replaced(criteria.flags, flag, tolerant)
            text = criterion_text(tolerant) if tolerant else f"{flag.flag} {ANYTHING}"
            cost = UNKNOWN_COST if tolerant else GIVEN_UP_COST
            yield _Change(criteria=replace(criteria, flags=flags), text=text, cost=cost)
        case OneOf() as members:
            for looser, cost in _opened(members, finding.observed):
                sets = _replaced(criteria.sets, members, looser)
                text = criterion_text(looser) if looser else f"{members.field} {ANYTHING}"
                yield _Change(criteria=replace(criteria, sets=sets), text=text, cost=cost)
        case rule:
            for loosened, text, cost in _loosened(rule, evidence):
                yield _Change(criteria=replace(criteria, channel=loosened), text=text, cost=cost)


def _relaxed(bound: Range, value: Decimal | None) -> Iterator[tuple[Range, Decimal]]:
    """The range that lets the value pass, if it does not yet."""
    if value is None:
        yield replace(bound, unknown=Unknown.PASS), UNKNOWN_COST
    elif bound.low is not None and value < bound.low:
        yield replace(bound, low=value), _distance(bound.low, value)
    elif bound.high is not None and value > bound.high:
        yield replace(bound, high=value), _distance(bound.high, value)


def _opened(members: OneOf, observed: Observed) -> Iterator[tuple[OneOf | None, Decimal]]:
    """The sets that let pass what was observed: unwanted members that were found leave, one joins the wanted ones.

    Where none can join (the filter is full, or it cannot be written) the wanted ones are given up.
    """
    if observed is None:
        yield replace(members, unknown=Unknown.PASS), UNKNOWN_COST
        return
    if members.field == "word":
        names = observed if isinstance(observed, tuple) else ()
        found = frozenset(m for m in members.only | members.exclude if any(m in name for name in names))
        spellings = [word for name in names for word in _WORD.findall(name)]
    else:
        spellings = [str(observed) if members.field == "token" else str(observed).lower()]
        found = frozenset(spellings)
    exclude, cost = members.exclude - found, MEMBER_COST * len(members.exclude & found)
    if not members.only or members.only & found:
        yield _with_lists(members, members.only, exclude), cost
        return
    joining = max(filter(can_be_member, spellings), key=len, default=None)
    if joining:
        yield _with_lists(members, members.only | {joining}, exclude), cost + MEMBER_COST
    yield _with_lists(members, frozenset(), exclude), cost + GIVEN_UP_COST


def _with_lists(members: OneOf, only: frozenset[str], exclude: frozenset[str]) -> OneOf | None:
    """The set with other lists; None where it would have no member left."""
    return replace(members, only=only, exclude=exclude) if only or exclude else None


def _loosened(rule: ChannelRule, evidence: Evidence) -> Iterator[tuple[ChannelRule, str, Decimal]]:
    """Rules with one statistic, list, quorum or window changed so that one caller more might qualify."""
    recent = [c.channel for c in evidence.calls if evidence.at < c.last_at + rule.window]
    for bound in rule.ranges:
        relaxed = {to: cost for c in recent for to, cost in _relaxed(bound, evidence.statistic(c, bound.metric))}
        for to, cost in relaxed.items():
            yield replace(rule, ranges=_replaced(rule.ranges, bound, to)), criterion_text(to), cost
    for channel in recent:
        if channel in rule.exclude:
            admitting = replace(rule, exclude=rule.exclude - {channel})
            yield admitting, channels_text(admitting), MEMBER_COST
        elif rule.only and channel not in rule.only:
            admitting = replace(rule, only=rule.only | {channel})
            yield admitting, channels_text(admitting), MEMBER_COST
    enough = len(qualifying(rule, evidence))
    if 0 < enough < rule.quorum:
        fewer = replace(rule, quorum=enough)
        yield fewer, f"quorum {limit_text(fewer)}", _distance(Decimal(rule.quorum), Decimal(enough))
    for ago in sorted({evidence.at - c.last_at for c in evidence.calls if c.channel not in recent}):
        step = _MINUTE if ago >= _MINUTE else _SECOND
        window = (ago // step + 1) * step
        if window <= LONGEST_WINDOW:
            longer = replace(rule, window=window)
            yield longer, f"quorum {limit_text(longer)}", _distance(_micros(rule.window), _micros(window))


def _replaced(items: tuple[_T, ...], old: _T, new: _T | None) -> tuple[_T, ...]:
    """The criteria with one exchanged, or left out."""
    return tuple(kept for kept in (new if item == old else item for item in items) if kept is not None)


def _distance(old: Decimal, new: Decimal) -> Decimal:
    return abs(new - old) / max(abs(old), abs(new))


def _micros(window: timedelta) -> Decimal:
    return Decimal(window // timedelta(microseconds=1))
