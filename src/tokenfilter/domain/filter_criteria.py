"""What the criteria about one subject say: the bounds of a metric, the word of a flag, a set's members, a quorum.

A subject's criteria come together as a group, because some may stand twice (`channel only …, channel not …`) and the
others must be told that they may not. All functions raise InvalidFilterTextError, or InvalidFilterError and
InvalidIdError for values, which filter_text.py turns into it.
"""

import re
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches

from tokenfilter.domain.filter import LONGEST_WINDOW, Range, Unknown
from tokenfilter.domain.filter_pieces import Piece
from tokenfilter.domain.filter_print import criterion_text
from tokenfilter.domain.filter_values import NUMBER, Written, example_of, read_member, read_number, read_window
from tokenfilter.domain.market import Flag, Metric

_BETWEEN = re.compile(rf"{NUMBER} ?(?:\.\.\.?|…|-|–|—) ?{NUMBER}")
_FROM = re.compile(rf"(?:>=|≥|>|over\b) ?{NUMBER}")
_UP_TO = re.compile(rf"(?:<=|≤|<|under\b) ?{NUMBER}")
_BOTH = re.compile(rf"(?:>=|≥|>|over\b) ?{NUMBER} ?(?:and )?(?:<=|≤|<|under\b) ?{NUMBER}")
MOST_CHANNELS = 1_000
"""The largest quorum."""

_NUMBER_GROUPS = len(fields(Written))
_QUORUM = re.compile(r"([0-9]{1,15})(?: in (.+))?")
_MEMBER_EXAMPLE = {
    "chain": "solana",
    "dex": "pumpswap",
    "launchpad": "pump.fun",
    "word": "cat",
    "token": "<address>",
    "channel": "@alpha",
}


def policy_of(subject: str, group: list[Piece]) -> Unknown | None:
    """What the criteria themselves say of missing facts; None where they do not."""
    said = {piece.policy for piece in group if piece.policy}
    if said and subject in ("channel", "quorum"):
        raise group[-1].refused("who called is never unknown: the policy stands after a statistic, such as win")
    if len(said) > 1:
        raise group[-1].refused("`unknown pass` and `unknown refuse` are both given")
    return next(iter(said), None)


def bounds_of(metric: Metric, group: list[Piece]) -> tuple[Decimal | None, Decimal | None]:
    """The lower and the upper bound; a metric has one range."""
    bounds = [_bounds_in(metric, piece) for piece in group]
    if len(bounds) > 1:
        lows, highs = ([b for b in side if b is not None] for side in zip(*bounds, strict=True))
        raise group[-1].refused(f"{metric.name} is given twice: write {_between(metric, lows, highs)}")
    (low, high), piece = bounds[0], group[0]
    if low is not None and high is not None and low > high:
        raise piece.refused(f"the lower bound comes first: write {_between(metric, [high], [low])}")
    return low, high


def _bounds_in(metric: Metric, piece: Piece) -> tuple[Decimal | None, Decimal | None]:
    rest = piece.rest.lower()
    if found := _BETWEEN.fullmatch(rest):
        low, high = _numbers_in(metric, found)
        return low, high
    if found := _FROM.fullmatch(rest):
        return _numbers_in(metric, found)[0], None
    if found := _UP_TO.fullmatch(rest):
        return None, _numbers_in(metric, found)[0]
    if found := _BOTH.fullmatch(rest):
        low, high = _numbers_in(metric, found)
        raise piece.refused(f"two bounds are written {_between(metric, [low], [high])}")
    hint = " (`or` stands on a line of its own)" if "or" in rest.split() else ""
    raise piece.refused(f"expected a range such as {example_of(metric)}{hint}")


def _numbers_in(metric: Metric, found: re.Match[str]) -> list[Decimal]:
    parts = found.groups()
    return [
        read_number(metric, Written(*parts[at : at + _NUMBER_GROUPS])) for at in range(0, len(parts), _NUMBER_GROUPS)
    ]


def _between(metric: Metric, lows: list[Decimal], highs: list[Decimal]) -> str:
    """The one range that is meant where there is one lower and one upper bound, else its shape."""
    if len(lows) == len(highs) == 1 and lows[0] <= highs[0]:
        return criterion_text(Range(metric=metric.name, low=lows[0], high=highs[0]))
    return f"one range, {metric.name} a..b"


def is_wanted(flag: Flag, group: list[Piece]) -> bool:
    """Whether the flag is to be set: one of its two words, or yes or no."""
    refuse_twice(group)
    said = group[0].rest.lower()
    if said in (flag.yes, "yes"):
        return True
    if said in (flag.no, "no"):
        return False
    near = get_close_matches(said[:40], (flag.yes, flag.no), n=1)
    raise group[0].refused(
        f"expected `{flag.name} {flag.yes}` or `{flag.name} {flag.no}`",
        nearest=f"{flag.name} {near[0]}" if near else None,
    )


def members_of(subject: str, group: list[Piece]) -> tuple[frozenset[str], frozenset[str]]:
    """The members after `only` (or after nothing) and those after `not`; several lists of a kind are joined."""
    lists: dict[str, set[str]] = {"only": set(), "not": set()}
    for piece in group:
        kind, is_filled = "only", False
        for place, word in enumerate(piece.rest.split()):
            if word.lower() not in lists:
                lists[kind].add(read_member(subject, word))
                is_filled = True
            elif is_filled or place == 0:
                kind, is_filled = word.lower(), False
            else:
                break
        if not is_filled:
            raise piece.refused(f"expected values: {subject} only {_MEMBER_EXAMPLE[subject]}")
    return frozenset(lists["only"]), frozenset(lists["not"])


def quorum_of(group: list[Piece]) -> tuple[int, timedelta]:
    """How many channels, within which window."""
    refuse_twice(group)
    found = _QUORUM.fullmatch(group[0].rest.lower())
    if not found:
        raise group[0].refused("expected a whole number of channels such as `quorum 2` or `quorum 2 in 30m`")
    count, window = found.groups()
    if int(count) < 1:
        raise group[0].refused("quorum must be at least 1")
    if int(count) > MOST_CHANNELS:
        raise group[0].refused(f"quorum must be at most {MOST_CHANNELS:,}: so many channels never call one token")
    return int(count), LONGEST_WINDOW if window is None else read_window(window)


def refuse_twice(group: list[Piece]) -> None:
    """Refuse a second criterion where one is all there can be."""
    if len(group) > 1:
        raise group[-1].refused(f"{group[-1].name} is given twice")
