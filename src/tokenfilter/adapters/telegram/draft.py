"""What an edit makes of a filter: pure, one function an edit, none of them saved yet.

`part` is the place of an alternative in canonical order; each function returns the filter in canonical order and the
place of the edited alternative in it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeVar

from tokenfilter.adapters.telegram.menus import LISTS, QUORUM
from tokenfilter.domain.filter import (
    LONGEST_WINDOW,
    SET_FIELDS,
    ChannelRule,
    Criteria,
    Filter,
    FlagIs,
    InvalidFilterError,
    OneOf,
    Range,
    Recheck,
    Unknown,
)
from tokenfilter.domain.filter_print import canonical, criterion_name
from tokenfilter.domain.ids import Chain
from tokenfilter.domain.market import METRICS, Scope

Side = Literal["low", "high"]
Single = Range | FlagIs | OneOf
_One = TypeVar("_One")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A filter as it would be saved, and which of its alternatives is on the screen."""

    wanted: Filter
    part: int = 0

    @property
    def criteria(self) -> Criteria:
        """The alternative on the screen."""
        return self.wanted.any_of[self.part]


def draft_of(wanted: Filter, part: int = 0) -> Draft:
    """A filter in canonical order with one of its alternatives; the first where there is no such."""
    return Draft(wanted=canonical(wanted), part=part if part < len(wanted.any_of) else 0)


def found(criteria: Criteria, key: str) -> Single | None:
    """The criterion of that name among ranges (channels' included), flags and sets."""
    ranges = (*criteria.ranges, *(criteria.channel.ranges if criteria.channel else ()))
    everything: tuple[Single, ...] = (*ranges, *criteria.flags, *criteria.sets)
    return next((criterion for criterion in everything if criterion_name(criterion) == key), None)


def keys(criteria: Criteria) -> tuple[str, ...]:
    """The names of all criteria, in the order of the text form."""
    rule = criteria.channel
    plain = (*(r.metric for r in criteria.ranges), *(f.flag for f in criteria.flags), *(s.field for s in criteria.sets))
    if rule is None:
        return plain
    lists = (LISTS,) if rule.only or rule.exclude else ()
    agreeing = (QUORUM,) if rule.quorum > 1 or rule.window != LONGEST_WINDOW or not (rule.ranges or lists) else ()
    return (*plain, *(r.metric for r in rule.ranges), *lists, *agreeing)


def with_bound(draft: Draft, metric: str, side: Side, bound: Decimal | None) -> Draft:
    """Set or open one bound of a range; a range without bounds is no criterion.

    Raises:
        InvalidFilterError: the lower bound would be above the upper one.
    """
    old = found(draft.criteria, metric)
    if isinstance(old, Range):
        low, high = (bound, old.high) if side == "low" else (old.low, bound)
        if low is None and high is None:
            return without(draft, metric)
        return with_criterion(draft, replace(old, low=low, high=high))
    if bound is None:
        return draft
    low, high = (bound, None) if side == "low" else (None, bound)
    return with_criterion(draft, Range(metric=metric, low=low, high=high))


def with_flag(draft: Draft, flag: str, *, wanted: bool) -> Draft:
    """Ask for one of a flag's two words, keeping what unknown does."""
    old = found(draft.criteria, flag)
    policy = old.unknown if isinstance(old, FlagIs) else Unknown.REFUSE
    return with_criterion(draft, FlagIs(flag=flag, wanted=wanted, unknown=policy))


def with_chain_toggled(draft: Draft, chain: Chain) -> Draft:
    """Let a chain in or out; with all or none left in, chains do not matter."""
    old = found(draft.criteria, "chain")
    only = set(old.only) if isinstance(old, OneOf) else set()
    only ^= {chain.value}
    if not only or len(only) == len(Chain):
        return without(draft, "chain")
    return with_criterion(draft, OneOf(field="chain", only=frozenset(only)))


def with_policy_toggled(draft: Draft, key: str) -> Draft:
    """Let the unknown pass, or refuse it again."""
    old = found(draft.criteria, key)
    if old is None:
        return draft
    return with_criterion(
        draft, replace(old, unknown=Unknown.PASS if old.unknown is Unknown.REFUSE else Unknown.REFUSE)
    )


def with_criterion(draft: Draft, criterion: Single) -> Draft:
    """Put a criterion in the place of the one of its name."""
    old = draft.criteria
    match criterion:
        case Range() if METRICS[criterion.metric].scope is Scope.CHANNEL:
            rule = old.channel or ChannelRule()
            ranges = _put(rule.ranges, criterion, lambda r: r.metric)
            return _with(draft, replace(old, channel=replace(rule, ranges=ranges)))
        case Range():
            return _with(draft, replace(old, ranges=_put(old.ranges, criterion, lambda r: r.metric)))
        case FlagIs():
            return _with(draft, replace(old, flags=_put(old.flags, criterion, lambda f: f.flag)))
        case OneOf():
            return _with(draft, replace(old, sets=_put(old.sets, criterion, lambda s: s.field)))


def with_rule(
    draft: Draft, *, quorum: int | None = None, window: timedelta | None = None, lists: ChannelRule | None = None
) -> Draft:
    """Change how many channels must qualify, within which time, or which channels count.

    Raises:
        InvalidFilterError: a quorum or window that cannot be.
    """
    rule = draft.criteria.channel or ChannelRule()
    changed = replace(
        rule,
        quorum=rule.quorum if quorum is None else quorum,
        window=rule.window if window is None else window,
        only=rule.only if lists is None else lists.only,
        exclude=rule.exclude if lists is None else lists.exclude,
    )
    return _with(draft, replace(draft.criteria, channel=changed))


def without(draft: Draft, key: str) -> Draft:
    """Take a criterion away."""
    old, rule = draft.criteria, draft.criteria.channel
    if rule is not None:
        if key == LISTS:
            rule = replace(rule, only=frozenset(), exclude=frozenset())
        elif key == QUORUM:
            rule = replace(rule, quorum=1, window=LONGEST_WINDOW)
        rule = replace(rule, ranges=tuple(r for r in rule.ranges if r.metric != key))
        if rule == ChannelRule():
            rule = None
    return _with(
        draft,
        Criteria(
            ranges=tuple(r for r in old.ranges if r.metric != key),
            flags=tuple(f for f in old.flags if f.flag != key),
            sets=tuple(s for s in old.sets if s.field != key),
            channel=rule,
        ),
    )


def with_recheck_toggled(draft: Draft) -> Draft:
    """Judge a refused token again at every event, or on fresh evidence only."""
    recheck = Recheck.ALWAYS if draft.wanted.recheck is Recheck.NEW else Recheck.NEW
    return replace(draft, wanted=replace(draft.wanted, recheck=recheck))


def with_typed(draft: Draft, key: str, parsed: Filter) -> Draft:
    """Take over the one criterion that was typed for `key`.

    Raises:
        InvalidFilterError: more or something else was typed.
    """
    criteria = parsed.any_of[0]
    typed = keys(criteria)
    if len(parsed.any_of) > 1 or parsed.recheck is not Recheck.NEW or typed not in ((key,), ()):
        raise InvalidFilterError(f"Expected only a value for {key}. To change more at once, use As text.")
    if not typed:
        return without(draft, key)
    if key in (LISTS, QUORUM) and criteria.channel:
        rule = criteria.channel
        return (
            with_rule(draft, lists=rule) if key == LISTS else with_rule(draft, quorum=rule.quorum, window=rule.window)
        )
    new, old = found(criteria, key), found(draft.criteria, key)
    if new is None:
        return draft
    if isinstance(new, Range) and isinstance(old, Range) and new.unknown is Unknown.REFUSE:
        new = replace(new, unknown=old.unknown)
    return with_criterion(draft, new)


def can_be_unknown(key: str) -> bool:
    """Whether a criterion has a policy of its own for missing data."""
    return key not in (LISTS, QUORUM) and (key not in SET_FIELDS or key in ("dex", "launchpad", "word"))


def _with(draft: Draft, criteria: Criteria) -> Draft:
    changed = tuple(criteria if place == draft.part else c for place, c in enumerate(draft.wanted.any_of))
    alone = canonical(Filter(any_of=(criteria,))).any_of[0]
    wanted = canonical(replace(draft.wanted, any_of=changed))
    return Draft(wanted=wanted, part=wanted.any_of.index(alone))


def _put(old: tuple[_One, ...], new: _One, name: Callable[[_One], str]) -> tuple[_One, ...]:
    return (*(o for o in old if name(o) != name(new)), new)
