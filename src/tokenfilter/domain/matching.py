"""Does a filter want an event? The one rule that live matching, previews, backtests and explanations share.

Every criterion answers pass, fail or unknown; a criterion *holds* if it passes, or is unknown and its policy lets the
unknown pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, FlagIs, OneOf, Range, Unknown
from tokenfilter.domain.ids import ChannelId

Criterion = Range | FlagIs | OneOf | ChannelRule
Observed = Decimal | bool | str | tuple[str, ...] | None


class Outcome(StrEnum):
    """What a criterion says of an event."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One criterion, what it saw, and what came of it.

    For a channel rule `observed` is the number of channels that qualify.
    """

    criterion: Criterion
    observed: Observed
    outcome: Outcome

    @property
    def holds(self) -> bool:
        """Whether the criterion lets the event through."""
        return self.outcome is Outcome.PASS or (self.outcome is Outcome.UNKNOWN and tolerates(self.criterion))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One alternative of a filter with its findings; `qualifying` are the channels that satisfy its channel rule."""

    criteria: Criteria
    findings: tuple[Finding, ...]
    qualifying: tuple[ChannelId, ...]
    stale: bool = False

    @property
    def matched(self) -> bool:
        """Whether every criterion holds and, at a re-check, a fresh channel is among those that qualify."""
        return not self.stale and all(f.holds for f in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The filter wants the event; `by` is the first alternative that does."""

    by: Judged
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No alternative wants the event."""

    judged: tuple[Judged, ...]

    @property
    def by(self) -> Judged:
        """The alternative that came closest: the fewest criteria that do not hold."""
        return min(self.judged, key=lambda j: sum(not f.holds for f in j.findings))


Verdict = Matched | Refused


def judge(wanted: Filter, evidence: Evidence, *, fresh: frozenset[ChannelId] | None = None) -> Verdict:
    """Judge an event with every finding.

    With `fresh` (a re-check of a refused token) an alternative holds only if it holds for the whole event and, where
    it has a channel rule, a fresh channel qualifies:
    a re-check never accepts what a full judgement would refuse.
    """
    judged = tuple(_judge_one(criteria, evidence, fresh) for criteria in wanted.any_of)
    winner = next((j for j in judged if j.matched), None)
    return Matched(by=winner, judged=judged) if winner else Refused(judged=judged)


def matches(wanted: Filter, evidence: Evidence, *, fresh: frozenset[ChannelId] | None = None) -> bool:
    """Whether `judge` would say Matched, leaving off at the first criterion that does not hold."""
    return any(_holds_all(criteria, evidence) and _is_fresh(criteria, evidence, fresh) for criteria in wanted.any_of)


def tolerates(criterion: Criterion) -> bool:
    """Whether an unknown fact lets the criterion hold.

    A channel rule never does so itself: its ranges have their own policies.
    """
    return not isinstance(criterion, ChannelRule) and criterion.unknown is Unknown.PASS


def qualifying(rule: ChannelRule, evidence: Evidence) -> tuple[ChannelId, ...]:
    """The channels that called within the window and satisfy the rule, earliest first call first."""
    return tuple(c for c in callers_within(rule, evidence) if counts(rule, c, evidence))


def counts(rule: ChannelRule, channel: ChannelId, evidence: Evidence) -> bool:
    """Whether a channel satisfies the rule, whenever it called."""
    return _channel_outcome(rule, channel, evidence) is Outcome.PASS


def channel_findings(rule: ChannelRule, channel: ChannelId, evidence: Evidence) -> tuple[Finding, ...]:
    """Each of a rule's ranges as seen at one channel."""
    return tuple(_find(r, evidence.statistic(channel, r.metric)) for r in rule.ranges)


def is_listed(rule: ChannelRule, channel: ChannelId) -> bool:
    """Whether the rule's lists let the channel count."""
    return channel not in rule.exclude and (not rule.only or channel in rule.only)


def callers_within(rule: ChannelRule, evidence: Evidence) -> Iterator[ChannelId]:
    """The channels that called within the rule's window, listed or not, earliest first call first."""
    return (c.channel for c in evidence.calls if evidence.at < c.last_at + rule.window)


def _judge_one(criteria: Criteria, evidence: Evidence, fresh: frozenset[ChannelId] | None) -> Judged:
    rule = criteria.channel
    return Judged(
        criteria=criteria,
        findings=tuple(_findings(criteria, evidence)),
        qualifying=qualifying(rule, evidence) if rule else tuple(c.channel for c in evidence.calls),
        stale=not _is_fresh(criteria, evidence, fresh),
    )


def _holds_all(criteria: Criteria, evidence: Evidence) -> bool:
    """Whether every finding would hold, without making findings: this is what runs once a filter and event."""
    values = evidence.values
    for bound in criteria.ranges:
        if not _lets_through(_range_outcome(bound, values.get(bound.metric)), bound.unknown):
            return False
    for flag in criteria.flags:
        if not _lets_through(_flag_outcome(flag, evidence.flag(flag.flag)), flag.unknown):
            return False
    if not all(_find_member(members, evidence).holds for members in criteria.sets):
        return False
    return criteria.channel is None or _find_quorum(criteria.channel, evidence).holds


def _lets_through(outcome: Outcome, unknown: Unknown) -> bool:
    return outcome is Outcome.PASS or (outcome is Outcome.UNKNOWN and unknown is Unknown.PASS)


def _is_fresh(criteria: Criteria, evidence: Evidence, fresh: frozenset[ChannelId] | None) -> bool:
    if fresh is None or criteria.channel is None:
        return True
    return any(c in fresh for c in qualifying(criteria.channel, evidence))


def _findings(criteria: Criteria, evidence: Evidence) -> Iterator[Finding]:
    """The findings in the order in which a person reads them."""
    for bound in criteria.ranges:
        yield _find(bound, evidence.values.get(bound.metric))
    for flag in criteria.flags:
        yield _find_flag(flag, evidence.flag(flag.flag))
    for members in criteria.sets:
        yield _find_member(members, evidence)
    if criteria.channel:
        yield _find_quorum(criteria.channel, evidence)


def _range_outcome(bound: Range, value: Decimal | None) -> Outcome:
    if value is None:
        return Outcome.UNKNOWN
    if (bound.low is not None and value < bound.low) or (bound.high is not None and value > bound.high):
        return Outcome.FAIL
    return Outcome.PASS


def _flag_outcome(flag: FlagIs, value: bool | None) -> Outcome:  # noqa: FBT001 - three-valued, not a switch
    if value is None:
        return Outcome.UNKNOWN
    return Outcome.PASS if value is flag.wanted else Outcome.FAIL


def _find(bound: Range, value: Decimal | None) -> Finding:
    return Finding(criterion=bound, observed=value, outcome=_range_outcome(bound, value))


def _find_flag(flag: FlagIs, value: bool | None) -> Finding:  # noqa: FBT001 - three-valued, not a switch
    return Finding(criterion=flag, observed=value, outcome=_flag_outcome(flag, value))


def _find_member(members: OneOf, evidence: Evidence) -> Finding:
    facts, token = evidence.event.heard.facts, evidence.event.token
    if members.field == "word":
        words = tuple(text.lower() for text in (facts.symbol, facts.name) if text)
        found = frozenset(m for m in members.only | members.exclude if any(m in w for w in words))
        return Finding(criterion=members, observed=words or None, outcome=_among(members, found, known=bool(words)))
    value = {"chain": token.chain.value, "dex": facts.dex, "launchpad": facts.launchpad, "token": token.address}[
        members.field
    ]
    folded = value if value is None or members.field == "token" else value.lower()
    return Finding(
        criterion=members,
        observed=value,
        outcome=_among(members, frozenset([folded] if folded else []), known=folded is not None),
    )


def _among(members: OneOf, found: frozenset[str], *, known: bool) -> Outcome:
    if not known:
        return Outcome.UNKNOWN
    if found & members.exclude or (members.only and not found & members.only):
        return Outcome.FAIL
    return Outcome.PASS


def _find_quorum(rule: ChannelRule, evidence: Evidence) -> Finding:
    outcomes = [_channel_outcome(rule, c, evidence) for c in callers_within(rule, evidence)]
    sure = outcomes.count(Outcome.PASS)
    if sure >= rule.quorum:
        outcome = Outcome.PASS
    else:
        outcome = Outcome.UNKNOWN if sure + outcomes.count(Outcome.UNKNOWN) >= rule.quorum else Outcome.FAIL
    return Finding(criterion=rule, observed=Decimal(sure), outcome=outcome)


def _channel_outcome(rule: ChannelRule, channel: ChannelId, evidence: Evidence) -> Outcome:
    if not is_listed(rule, channel):
        return Outcome.FAIL
    doubtful = False
    for bound in rule.ranges:
        outcome = _range_outcome(bound, evidence.statistic(channel, bound.metric))
        if outcome is Outcome.FAIL:
            return Outcome.FAIL
        doubtful |= not _lets_through(outcome, bound.unknown)
    return Outcome.UNKNOWN if doubtful else Outcome.PASS
