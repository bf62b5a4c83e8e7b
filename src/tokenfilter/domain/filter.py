"""A filter: a named set of criteria over a token's market, its flags, what it is, and who called it.

How a filter is written stands in filter_text.py, how it judges in matching.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from tokenfilter.domain.ids import ChannelId

MAX_ALTERNATIVES = 4
MAX_CRITERIA = 64
MAX_MEMBERS = 500
LONGEST_WINDOW = timedelta(hours=24)


class Unknown(StrEnum):
    """What a criterion does where the fact it needs is missing."""

    REFUSE = "refuse"
    PASS = "pass"


class Recheck(StrEnum):
    """When a refused token is judged again."""

    NEW = "new"
    ALWAYS = "always"


class InvalidFilterError(ValueError):
    """A filter that cannot be; the message says why."""


SetField = Literal["chain", "dex", "launchpad", "word", "token"]
SET_FIELDS: tuple[SetField, ...] = ("chain", "dex", "launchpad", "word", "token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A metric lies in `low`..`high`, both inclusive; a missing bound is open."""

    metric: str
    low: Decimal | None = None
    high: Decimal | None = None
    unknown: Unknown = Unknown.REFUSE

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise InvalidFilterError(f"{self.metric} needs a lower or an upper bound")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InvalidFilterError(f"{self.metric}: the lower bound is above the upper one")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagIs:
    """A flag is set (`wanted`) or is not."""

    flag: str
    wanted: bool
    unknown: Unknown = Unknown.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """What the token is lies among `only` (where given) and not among `exclude`, which wins.

    Members are in lower case but for token addresses.
    """

    field: SetField
    only: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    unknown: Unknown = Unknown.REFUSE

    def __post_init__(self) -> None:
        if not self.only and not self.exclude:
            raise InvalidFilterError(f"{self.field} needs at least one value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRule:
    """At least `quorum` channels that called within `window` qualify.

    Allowed (`only`), not denied (`exclude`), statistics in `ranges`.
    """

    ranges: tuple[Range, ...] = ()
    only: frozenset[ChannelId] = frozenset()
    exclude: frozenset[ChannelId] = frozenset()
    quorum: int = 1
    window: timedelta = LONGEST_WINDOW

    def __post_init__(self) -> None:
        if self.quorum < 1:
            raise InvalidFilterError("quorum must be at least 1")
        if not timedelta(0) < self.window <= LONGEST_WINDOW:
            raise InvalidFilterError("the quorum's window must be between 1 second and 24 hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Criteria that must all hold; without any, everything does."""

    ranges: tuple[Range, ...] = ()
    flags: tuple[FlagIs, ...] = ()
    sets: tuple[OneOf, ...] = ()
    channel: ChannelRule | None = None

    def __post_init__(self) -> None:
        names = [*(r.metric for r in self.ranges), *(f.flag for f in self.flags), *(s.field for s in self.sets)]
        if self.channel:
            names += [f"channel {r.metric}" for r in self.channel.ranges]
        if len(set(names)) < len(names):
            raise InvalidFilterError("a criterion is given twice")

    def __len__(self) -> int:
        return (
            len(self.ranges) + len(self.flags) + len(self.sets) + (1 + len(self.channel.ranges) if self.channel else 0)
        )

    def members(self) -> int:
        """How many set members the criteria name in all."""
        rule = self.channel
        return sum(len(s.only) + len(s.exclude) for s in self.sets) + (
            len(rule.only) + len(rule.exclude) if rule else 0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Up to four alternatives; it matches if one does. The order of alternatives and of criteria means nothing."""

    any_of: tuple[Criteria, ...] = (Criteria(),)
    recheck: Recheck = Recheck.NEW

    def __post_init__(self) -> None:
        if not 1 <= len(self.any_of) <= MAX_ALTERNATIVES:
            raise InvalidFilterError(f"expected 1 to {MAX_ALTERNATIVES} alternatives")
        if sum(map(len, self.any_of)) > MAX_CRITERIA:
            raise InvalidFilterError(f"expected at most {MAX_CRITERIA} criteria")
        if sum(c.members() for c in self.any_of) > MAX_MEMBERS:
            raise InvalidFilterError(f"expected at most {MAX_MEMBERS} set members")

    def bounds(self) -> Iterator[Range]:
        """Every range of every alternative, those over channels' statistics included."""
        for criteria in self.any_of:
            yield from criteria.ranges
            if criteria.channel:
                yield from criteria.channel.ranges
