"""A judgement row by row: each criterion with what it saw, its limit, and a fixed sign for what came of it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from tokenfilter.adapters.telegram import figures
from tokenfilter.adapters.telegram.html import Html, code, text
from tokenfilter.adapters.telegram.wording import DOT, bounds_text, counted
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import ChannelRule, FlagIs, OneOf, Range, Unknown
from tokenfilter.domain.filter_print import criterion_name, limit_text, value_text
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import Finding, Judged, Outcome, channel_findings, is_listed

SIGNS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNKNOWN: "?"}
MOST_CALLERS = 4
_RATES = frozenset({"win", "hit", "winlow"})


def rows(judged: Judged, evidence: Evidence) -> list[Html]:
    """One row a finding, those that do not hold first; a channel rule has a row for each caller under it."""
    ordered = sorted(judged.findings, key=lambda f: f.holds)
    return [row for finding in ordered for row in _finding(finding, evidence)]


def range_row(finding: Finding, sample: Decimal | None = None) -> str:
    """`✗ win 57% ≥ 59% (n=37)`."""
    bound, seen = finding.criterion, finding.observed
    if not isinstance(bound, Range) or isinstance(seen, bool | str | tuple):
        raise TypeError("expected the finding of a range")
    limits = [limit for limit in (bound.low, bound.high) if limit is not None]
    asked = f"in {bounds_text(bound)}" if len(limits) > 1 else bounds_text(bound)
    shown = f"{SIGNS[finding.outcome]} {bound.metric} {figures.beside(bound.metric, seen, limits)} {asked}"
    if sample is not None and seen is not None and bound.metric in _RATES:
        shown += f" (n={figures.count(sample)})"
    return shown + _policy(finding)


def _finding(finding: Finding, evidence: Evidence) -> Iterator[Html]:
    sign = SIGNS[finding.outcome]
    match finding.criterion:
        case Range():
            yield text(range_row(finding))
        case FlagIs(flag=name) as flag:
            seen = finding.observed
            shown = figures.UNKNOWN if seen is None else value_text(name, seen)
            wanted = "" if finding.outcome is Outcome.PASS else f", wanted {limit_text(flag)}"
            yield text(f"{sign} {name} {shown}{wanted}{_policy(finding)}")
        case OneOf() as members:
            yield _members(members, finding)
        case ChannelRule() as rule:
            yield from _rule(rule, finding, evidence)


def _members(members: OneOf, finding: Finding) -> Html:
    name, seen = criterion_name(members), finding.observed
    shown = code(None if seen is None else value_text(name, seen), most=80)
    wanted = text(", wanted ") + code(limit_text(members), most=120)
    return text(f"{SIGNS[finding.outcome]} {name} ") + shown + wanted + text(_policy(finding))


def _rule(rule: ChannelRule, finding: Finding, evidence: Evidence) -> Iterator[Html]:
    number = finding.observed if isinstance(finding.observed, Decimal) else Decimal(0)
    of = f"{number:f} of {counted(len(evidence.calls), 'caller')}"
    verb = "qualifies" if len(evidence.calls) == 1 else "qualify"
    yield text(f"{SIGNS[finding.outcome]} {of} {verb}, needed {limit_text(rule)}")
    for call in evidence.calls[-MOST_CALLERS:]:
        late = evidence.at >= call.last_at + rule.window
        yield text("    ") + _caller(rule, call.channel, evidence, too_old=evidence.at - call.last_at if late else None)


def _caller(rule: ChannelRule, channel: ChannelId, evidence: Evidence, *, too_old: timedelta | None) -> Html:
    named = code(channel) + text(" ")
    if too_old is not None:
        return named + text(f"✗ called {figures.duration(too_old)} ago")
    if not is_listed(rule, channel):
        return named + text("✗ is not among the channels asked for")
    found = channel_findings(rule, channel, evidence)
    sample = evidence.statistic(channel, "record")
    ordered = sorted(found, key=lambda f: f.holds)
    return named + (text(DOT.join(range_row(f, sample) for f in ordered)) if found else text("✓ counts"))


def _policy(finding: Finding) -> str:
    if finding.outcome is not Outcome.UNKNOWN or isinstance(finding.criterion, ChannelRule):
        return ""
    return " (unknown passes)" if finding.criterion.unknown is Unknown.PASS else " (unknown refuses)"


def unmet(judged: Judged) -> int:
    """How many criteria do not hold."""
    return sum(not f.holds for f in judged.findings)


def summary(judged: Judged) -> str:
    """`1 of 5 rules not met`, `all 5 rules met`."""
    total = len(judged.findings)
    if not total:
        return "asks for nothing, so everything passes"
    missed = unmet(judged)
    return f"{missed} of {counted(total, 'rule')} not met" if missed else f"{counted(total, 'rule')}, all met"
