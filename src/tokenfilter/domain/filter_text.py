"""A filter as people write it: read liberally here, printed canonically by filter_print.py (FORMATS 3).

How the text is cut into criteria stands in filter_pieces.py, what the criteria say in filter_criteria.py, how numbers,
times and members are written in filter_values.py.
"""

from dataclasses import dataclass, field
from datetime import timedelta

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
    SetField,
    Unknown,
)
from tokenfilter.domain.filter_criteria import (
    bounds_of,
    is_wanted,
    members_of,
    policy_of,
    quorum_of,
    refuse_twice,
)
from tokenfilter.domain.filter_pieces import InvalidFilterTextError, Piece, alternatives_of
from tokenfilter.domain.filter_print import (
    ANYTHING,
    canonical,
    criterion_text,
    format_filter,
    limit_text,
    value_text,
)
from tokenfilter.domain.ids import ChannelId, InvalidIdError
from tokenfilter.domain.market import FLAGS, METRIC_OF_WORD, METRICS, Scope

__all__ = [
    "MAX_TEXT",
    "InvalidFilterTextError",
    "canonical",
    "criterion_text",
    "format_filter",
    "limit_text",
    "parse_filter",
    "value_text",
]

MAX_TEXT = 4_000
"""Characters of a filter, as it is written and as it is printed (FORMATS 3)."""

_MOST_LONGER = 8
"""How many times as long a filter may be when it is printed: a default policy is written out at every criterion."""

_SET_FIELD: dict[str, SetField] = {name: name for name in SET_FIELDS}


def parse_filter(text: str) -> Filter:
    """Read a filter; case, order, commas or new lines make no difference to what is returned.

    Raises:
        InvalidFilterTextError: the text is no filter.
    """
    if len(text) > MAX_TEXT:
        raise InvalidFilterTextError(f"expected at most {MAX_TEXT} characters")
    alternatives = alternatives_of(text)
    any_of, recheck = tuple(map(_criteria_of, alternatives)), _recheck_of(alternatives)
    try:
        wanted = canonical(Filter(any_of=any_of, recheck=recheck))
    except InvalidFilterError as error:
        raise InvalidFilterTextError(str(error)) from None
    if len(text) * _MOST_LONGER > MAX_TEXT and len(format_filter(wanted)) > MAX_TEXT:
        raise InvalidFilterTextError(f"expected at most {MAX_TEXT} characters with every value and policy written out")
    return wanted


def _criteria_of(pieces: tuple[Piece, ...]) -> Criteria:
    default = _default_of(pieces)
    by_subject: dict[str, list[Piece]] = {}
    for piece in pieces:
        subject = _subject_of(piece)
        if subject and piece.rest.lower() != ANYTHING:
            by_subject.setdefault(subject, []).append(piece)
    read = _Read()
    for subject, group in by_subject.items():
        try:
            _read_subject(read, subject, group, default)
        except InvalidFilterTextError:
            raise
        except (InvalidFilterError, InvalidIdError) as error:
            raise group[-1].refused(str(error)) from None
    return read.criteria()


def _subject_of(piece: Piece) -> str | None:
    """What the criterion is about, by its catalogue name; None for what is no criterion itself."""
    if metric := METRIC_OF_WORD.get(piece.name):
        return metric.name
    if piece.name in FLAGS or piece.name in SET_FIELDS or piece.name in ("channel", "quorum"):
        return piece.name
    if piece.name in ("unknown", "recheck"):
        return None
    if piece.name != ANYTHING:
        raise piece.unknown_name()
    if piece.rest or piece.policy:
        raise piece.refused(f"expected nothing after `{ANYTHING}`")
    return None


@dataclass(slots=True, kw_only=True)
class _Read:
    """The criteria of one alternative, as far as they are read."""

    ranges: list[Range] = field(default_factory=list)
    flags: list[FlagIs] = field(default_factory=list)
    sets: list[OneOf] = field(default_factory=list)
    only: frozenset[ChannelId] = frozenset()
    exclude: frozenset[ChannelId] = frozenset()
    quorum: tuple[int, timedelta] | None = None

    def criteria(self) -> Criteria:
        of_token = [r for r in self.ranges if METRICS[r.metric].scope is Scope.TOKEN]
        of_channel = [r for r in self.ranges if METRICS[r.metric].scope is Scope.CHANNEL]
        rule = None
        if of_channel or self.only or self.exclude or self.quorum:
            quorum, window = self.quorum or (1, LONGEST_WINDOW)
            rule = ChannelRule(
                ranges=tuple(of_channel), only=self.only, exclude=self.exclude, quorum=quorum, window=window
            )
        return Criteria(ranges=tuple(of_token), flags=tuple(self.flags), sets=tuple(self.sets), channel=rule)


def _read_subject(read: _Read, subject: str, group: list[Piece], default: Unknown) -> None:
    policy = policy_of(subject, group) or default
    if metric := METRICS.get(subject):
        low, high = bounds_of(metric, group)
        read.ranges.append(Range(metric=subject, low=low, high=high, unknown=policy))
    elif flag := FLAGS.get(subject):
        read.flags.append(FlagIs(flag=subject, wanted=is_wanted(flag, group), unknown=policy))
    elif subject == "quorum":
        read.quorum = quorum_of(group)
    else:
        only, exclude = members_of(subject, group)
        if subject == "channel":
            read.only, read.exclude = frozenset(map(ChannelId, only)), frozenset(map(ChannelId, exclude))
        else:
            read.sets.append(OneOf(field=_SET_FIELD[subject], only=only, exclude=exclude, unknown=policy))


def _default_of(pieces: tuple[Piece, ...]) -> Unknown:
    """The policy of an alternative's criteria that have none of their own."""
    said = [piece for piece in pieces if piece.name == "unknown"]
    return Unknown(_choice_of(said, tuple(Unknown))) if said else Unknown.REFUSE


def _recheck_of(alternatives: tuple[tuple[Piece, ...], ...]) -> Recheck:
    """When to judge again: said once, wherever it stands, for the whole filter."""
    said = [piece for pieces in alternatives for piece in pieces if piece.name == "recheck"]
    return Recheck(_choice_of(said, tuple(Recheck))) if said else Recheck.NEW


def _choice_of(said: list[Piece], choices: tuple[str, ...]) -> str:
    refuse_twice(said)
    piece = said[0]
    choice = piece.rest.lower()
    if choice not in choices or piece.policy:
        raise piece.refused("expected " + " or ".join(f"`{piece.name} {c}`" for c in choices))
    return choice
