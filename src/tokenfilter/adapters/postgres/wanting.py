"""What an event must have to be wanted by a filter, as far as that can be asked of the server.

Whoever is found may be refused all the same; whoever is not found is refused for certain. Judging is matching.py's.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, cast, func, or_, true

from tokenfilter.domain.filter import Criteria, Filter, Range, Unknown
from tokenfilter.domain.market import METRICS, Source


def may_want(wanted: Filter, evidence: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an alternative may hold of evidence (JSONB), by what feeds tell and by how many channels called."""
    return or_(*(and_(true(), *_conditions(criteria, evidence)) for criteria in wanted.any_of))


def _conditions(criteria: Criteria, evidence: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
    heard, callers = evidence["event"]["heard"], func.jsonb_array_length(evidence["calls"])
    for bound in criteria.ranges:
        if METRICS[bound.metric].source is Source.FEED:
            yield _is_within(bound, cast(heard["market"][bound.metric].astext, Numeric))
        elif bound.metric == "callers":
            yield _is_within(bound, callers)
    for flag in criteria.flags:
        is_so = heard["flags"][flag.flag].astext == str(flag.wanted).lower()
        yield func.coalesce(is_so, flag.unknown is Unknown.PASS)
    if criteria.channel:
        yield callers >= criteria.channel.quorum


def _is_within(bound: Range, value: ColumnElement[Any]) -> ColumnElement[bool]:
    limits = [value >= bound.low] if bound.low is not None else []
    limits += [value <= bound.high] if bound.high is not None else []
    return func.coalesce(and_(*limits), bound.unknown is Unknown.PASS)
