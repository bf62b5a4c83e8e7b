"""Why a filter stays silent: one fact that is mostly unknown refuses most of what it hears of (R60)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, FlagIs, OneOf, Range, Unknown
from tokenfilter.domain.filter_print import criterion_name
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import Judged, Outcome, callers_within, channel_findings, is_listed, judge

LEAST = 20
"""Fewer refusals, or fewer events that could tell, are no ground to speak on."""

Single = Range | FlagIs | OneOf


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindSpot:
    """A criterion by its name that was unknown, and not let through for that, in `unknown` of `refusals`."""

    criterion: str
    unknown: int
    refusals: int

    @property
    def share(self) -> float:
        """The part of the refusals, above one half."""
        return self.unknown / self.refusals


def blind_spot(wanted: Filter, refusals: Sequence[Evidence]) -> BlindSpot | None:
    """The criterion that is unknown in most of the refused events: in more than half of at least `LEAST`.

    Among several the one that is unknown most often. A criterion that an alternative lets pass already is none:
    otherwise taking the pass back would not give the same filter again.
    """
    if len(refusals) < LEAST:
        return None
    counts: Counter[str] = Counter()
    for evidence in refusals:
        counts.update({name for j in judge(wanted, evidence).judged for name in _refused_unknown(j, evidence)})
    found = [(count, name) for name, count in counts.items() if refuses_unknown(wanted, name)]
    count, name = max(found, default=(0, ""))
    return BlindSpot(criterion=name, unknown=count, refusals=len(refusals)) if 2 * count > len(refusals) else None


def named(wanted: Filter, criterion: str) -> tuple[Single, ...]:
    """The criteria of that name in all alternatives, those over channels' statistics included."""
    return tuple(single for c in wanted.any_of for single in _singles(c) if criterion_name(single) == criterion)


def refuses_unknown(wanted: Filter, criterion: str) -> bool:
    """Whether the filter has the criterion and every alternative that has it refuses the unknown."""
    found = named(wanted, criterion)
    return bool(found) and all(single.unknown is Unknown.REFUSE for single in found)


def lenient(wanted: Filter, criterion: str) -> Filter:
    """The filter with the unknown passing at that criterion: it matches what it matched, and perhaps more."""
    return _with_policy(wanted, criterion, Unknown.PASS)


def strict(wanted: Filter, criterion: str) -> Filter:
    """The filter with the unknown refused at that criterion; undoes `lenient` where `refuses_unknown` held."""
    return _with_policy(wanted, criterion, Unknown.REFUSE)


def has_become_known(wanted: Filter, criterion: str, heard: Sequence[Evidence]) -> bool:
    """Whether the criterion's fact is known in at least half of the events that could tell, of which there are `LEAST`.

    An event can tell if an alternative with the criterion knows every other fact it needs, or does without; for a
    statistic of channels a channel that counts must have called, and the statistic be known at each such channel.
    """
    asked = strict(wanted, criterion)
    counted = known = 0
    for evidence in heard:
        told = [
            answer
            for judged in judge(asked, evidence).judged
            if not set(_refused_unknown(judged, evidence)) - {criterion}
            and (answer := _is_known(judged, criterion, evidence)) is not None
        ]
        counted += bool(told)
        known += bool(told) and all(told)
    return counted >= LEAST and 2 * known >= counted


def _singles(criteria: Criteria) -> Iterator[Single]:
    yield from criteria.ranges
    yield from criteria.flags
    yield from criteria.sets
    if criteria.channel:
        yield from criteria.channel.ranges


def _refused_unknown(judged: Judged, evidence: Evidence) -> Iterator[str]:
    """The names of criteria that do not hold because their fact is unknown.

    Of a channel rule that may yet hold: the statistics unknown at the channels that are in doubt.
    """
    for finding in judged.findings:
        if finding.holds or finding.outcome is not Outcome.UNKNOWN:
            continue
        if not isinstance(finding.criterion, ChannelRule):
            yield criterion_name(finding.criterion)
            continue
        for channel in _counting(finding.criterion, evidence):
            found = channel_findings(finding.criterion, channel, evidence)
            if all(f.outcome is not Outcome.FAIL for f in found):
                yield from (criterion_name(f.criterion) for f in found if not f.holds)


def _is_known(judged: Judged, criterion: str, evidence: Evidence) -> bool | None:
    """Whether the criterion's fact is known; None where the event cannot tell."""
    rule = judged.criteria.channel
    if rule and any(r.metric == criterion for r in rule.ranges):
        asked = _counting(rule, evidence)
        return all(evidence.statistic(c, criterion) is not None for c in asked) if asked else None
    outcomes = (f.outcome for f in judged.findings if criterion_name(f.criterion) == criterion)
    return next((outcome is not Outcome.UNKNOWN for outcome in outcomes), None)


def _counting(rule: ChannelRule, evidence: Evidence) -> tuple[ChannelId, ...]:
    return tuple(c for c in callers_within(rule, evidence) if is_listed(rule, c))


def _with_policy(wanted: Filter, criterion: str, policy: Unknown) -> Filter:
    def ranges(found: tuple[Range, ...]) -> tuple[Range, ...]:
        return tuple(replace(r, unknown=policy) if r.metric == criterion else r for r in found)

    def changed(old: Criteria) -> Criteria:
        return Criteria(
            ranges=ranges(old.ranges),
            flags=tuple(replace(f, unknown=policy) if f.flag == criterion else f for f in old.flags),
            sets=tuple(replace(s, unknown=policy) if s.field == criterion else s for s in old.sets),
            channel=replace(old.channel, ranges=ranges(old.channel.ranges)) if old.channel else None,
        )

    return replace(wanted, any_of=tuple(map(changed, wanted.any_of)))
