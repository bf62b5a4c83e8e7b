from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tokenfilter.domain.call import CALLS_KEPT_FOR, merge_calls
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED, Heard, Tick
from tokenfilter.domain.filter import ChannelRule, Recheck, Unknown
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import Chain
from tokenfilter.domain.market import FLAGS
from tokenfilter.domain.matching import Matched, judge
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing.strategies import (
    events,
    evidence,
    feed_lines,
    filters,
    filters_near,
    histories,
    hostile_text,
    price_paths,
    stats_of,
    tokens,
)
from tokenfilter.testing.strategies.facts import FEED_METRICS

BRIEFLY = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HOUR, FORTNIGHT = timedelta(hours=1), timedelta(days=14)


def near_evidence():
    return evidence().flatmap(lambda seen: st.tuples(st.just(seen), filters_near(seen)))


@cache
def sample(make, size=200):
    """The first examples of a strategy, the same every time."""
    found = []

    @settings(
        max_examples=size,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(make())
    def look(example):
        found.append(example)

    look()
    return found


def steps(history):
    """How long after one event of a token the next one of it is observed."""
    for token in {event.token for event in history.events}:
        yield from (b.at - a.at for a, b in pairwise(e for e in history.events if e.token == token))


def calling_again(history):
    return any(
        before.channel == after.channel and after.last_at > before.last_at
        for one, other in pairwise(history.evidence())
        if one.event.token == other.event.token
        for before in one.calls
        for after in other.calls
    )


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda h: any(HOUR < step < FORTNIGHT for step in steps(h)), id="over an hour"),
        pytest.param(lambda h: any(step == HOUR for step in steps(h)), id="an hour to the second"),
        pytest.param(lambda h: any(timedelta(0) < step < HOUR for step in steps(h)), id="within an hour"),
        pytest.param(lambda h: any(step > FORTNIGHT for step in steps(h)), id="over 14 days"),
        pytest.param(lambda h: any(step == FORTNIGHT for step in steps(h)), id="14 days to the second"),
        pytest.param(lambda h: any(step < timedelta(0) for step in steps(h)), id="out of order"),
        pytest.param(lambda h: len({e.id for e in h.events}) < len(h.events), id="a line twice"),
        pytest.param(lambda h: len({e.token for e in h.events}) > 1, id="several tokens"),
        pytest.param(calling_again, id="a channel calls again"),
        pytest.param(lambda h: any(len(e.calls) > 1 for e in h.evidence()), id="several channels"),
        pytest.param(lambda h: any(len(e.heard.calls) > 1 for e in h.events), id="calls told together"),
        pytest.param(
            lambda h: any(
                b.heard.flags.keys() > a.heard.flags.keys() for a, b in pairwise(h.events) if a.token == b.token
            ),
            id="flags that come late",
        ),
        pytest.param(
            lambda h: any(
                b.heard.market.keys() > a.heard.market.keys() for a, b in pairwise(h.events) if a.token == b.token
            ),
            id="metrics that come late",
        ),
        pytest.param(
            lambda h: any(
                set(b.stats) > set(a.stats) for a, b in pairwise(h.evidence()) if a.event.token == b.event.token
            ),
            id="statistics that come late",
        ),
    ],
)
def test_histories_contain(wanted):
    assert any(map(wanted, sample(histories, 200)))


@BRIEFLY
@given(histories())
def test_events_of_a_history_come_at_most_5_minutes_late_and_in_order_of_receipt(history):
    received = [event.received_at for event in history.events]
    assert received == sorted(received)
    assert all(timedelta(0) <= e.received_at - e.at <= CLOCK_SKEW_ALLOWED for e in history.events)
    assert len({e.id for e in history.events}) == len({(e.id, e.token, e.at, e.heard.calls) for e in history.events})


@BRIEFLY
@given(histories())
def test_what_a_history_gives_as_evidence_never_looks_ahead_and_keeps_calls_a_day(history):
    for seen in history.evidence():
        assert all(line.as_of <= seen.at for line in seen.stats.values())
        assert all(seen.at < kept.last_at + CALLS_KEPT_FOR for kept in seen.calls)


@given(price_paths())
def test_a_price_path_is_of_one_token_in_order_of_time(path):
    assert len({tick.token for tick in path}) == 1
    assert [tick.observed_at for tick in path] == sorted(tick.observed_at for tick in path)
    assert all(tick.market for tick in path)


@pytest.mark.parametrize("factor", ["2", "10", "0.1"])
def test_price_paths_contain_pumps_and_rugs(factor):
    def moves(path):
        prices = [tick.market["price"] for tick in path if "price" in tick.market]
        return any(b >= a * int(factor) if factor != "0.1" else b * 10 <= a for a, b in pairwise(prices))

    assert any(map(moves, sample(price_paths, 100)))


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda e: not e.heard.market and not e.heard.flags and not e.heard.calls, id="nothing known"),
        pytest.param(lambda e: set(e.heard.market) == set(FEED_METRICS), id="every metric known"),
        pytest.param(lambda e: len(e.heard.flags) > len(FLAGS) - 3, id="most flags known"),
        pytest.param(lambda e: True in e.heard.flags.values() and False in e.heard.flags.values(), id="both answers"),
        pytest.param(lambda e: 0 in e.heard.market.values(), id="a zero"),
        pytest.param(lambda e: any(0 < v < 1e-12 for v in e.heard.market.values()), id="a tiny value"),
        pytest.param(lambda e: any(v > 1e15 for v in e.heard.market.values()), id="a huge value"),
        pytest.param(lambda e: any(v < 0 for v in e.heard.market.values()), id="a fall"),
        pytest.param(lambda e: e.at != e.heard.observed_at, id="a clock that is off"),
        pytest.param(lambda e: any(c.called_at > e.at for c in e.heard.calls), id="a call of the future"),
        pytest.param(lambda e: any(c.called_at <= e.at - CALLS_KEPT_FOR for c in e.heard.calls), id="a call too old"),
        pytest.param(
            lambda e: e.heard.facts.created_at and e.heard.facts.created_at > e.at, id="a token of the future"
        ),
        pytest.param(lambda e: "<" in (e.heard.facts.name or ""), id="a hostile name"),
        pytest.param(lambda e: e.token.chain is not Chain.SOLANA, id="another chain"),
        pytest.param(lambda e: len({c.channel for c in e.heard.calls}) < len(e.heard.calls), id="a channel twice"),
    ],
)
def test_events_contain(wanted):
    assert any(map(wanted, sample(events, 400)))


@given(tokens().flatmap(lambda token: st.tuples(st.just(token), events(token))))
def test_an_event_can_be_asked_for_a_token_of_ones_own(asked):
    token, event = asked
    assert event.token == token


@given(feed_lines())
def test_every_generated_number_is_one_the_domain_holds(line):
    numbers = list((line.market if isinstance(line, Heard | Tick) else line.values).values())
    assert all(number == rounded(number) for number in numbers)


@given(events().flatmap(lambda event: st.tuples(st.just(event), stats_of(event))))
def test_statistics_are_of_callers_and_as_of_the_event(told):
    event, stats = told
    assert stats.keys() <= {call.channel for call in event.heard.calls}
    assert all(line.channel == channel and line.as_of <= event.at for channel, line in stats.items())


@given(evidence())
def test_evidence_keeps_the_calls_as_the_matcher_does(seen):
    assert seen.calls == merge_calls((), seen.event.heard.calls, at=seen.at)


@given(filters())
def test_filters_are_canonical(wanted):
    assert parse_filter(format_filter(wanted)) == wanted


@given(near_evidence())
def test_filters_near_evidence_are_canonical_too(judged):
    assert parse_filter(format_filter(judged[1])) == judged[1]


def criteria_of(wanted):
    return [
        criterion
        for criteria in wanted.any_of
        for criterion in (*criteria.ranges, *criteria.flags, *criteria.sets, criteria.channel)
        if criterion
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda f: not criteria_of(f), id="no criteria"),
        pytest.param(lambda f: len(f.any_of) == 4, id="four alternatives"),
        pytest.param(lambda f: f.recheck is Recheck.ALWAYS, id="recheck always"),
        pytest.param(lambda f: all((c.ranges and c.flags and c.sets and c.channel) for c in f.any_of), id="all kinds"),
        pytest.param(lambda f: any(c.channel and c.channel.quorum > 1 for c in f.any_of), id="a quorum"),
        pytest.param(lambda f: any(c.channel and c.channel.ranges for c in f.any_of), id="statistics"),
        pytest.param(lambda f: any(c.channel and c.channel.only for c in f.any_of), id="an allow list"),
        pytest.param(lambda f: any(c.channel and c.channel.exclude for c in f.any_of), id="a deny list"),
        pytest.param(lambda f: any(s.field == "word" and s.exclude for c in f.any_of for s in c.sets), id="a word"),
        pytest.param(lambda f: any(s.only & s.exclude for c in f.any_of for s in c.sets), id="on both lists"),
        pytest.param(lambda f: any(r.low == r.high for c in f.any_of for r in c.ranges), id="a single point"),
        pytest.param(lambda f: any(r.low is None for c in f.any_of for r in c.ranges), id="open below"),
        pytest.param(
            lambda f: any(not isinstance(c, ChannelRule) and c.unknown is Unknown.PASS for c in criteria_of(f)),
            id="the unknown passes",
        ),
        pytest.param(lambda f: any(c.channel and c.channel.window < HOUR for c in f.any_of), id="a window"),
    ],
)
def test_filters_contain(wanted):
    assert any(map(wanted, sample(filters, 250)))


def test_of_filters_near_evidence_a_fair_share_matches_and_a_fair_share_does_not():
    judged = [(seen, wanted) for seen, wanted in sample(near_evidence, 120) if criteria_of(wanted)]
    matched = [isinstance(judge(wanted, seen), Matched) for seen, wanted in judged]
    assert len(judged) > 50
    assert 0.25 < sum(matched) / len(matched) < 0.85


@pytest.mark.parametrize("miss", [1, 2])
def test_of_filters_near_evidence_some_miss_by_few_criteria(miss):
    def misses(judged):
        verdict = judge(judged[1], judged[0])
        return not isinstance(verdict, Matched) and sum(not f.holds for f in verdict.by.findings) == miss

    assert any(map(misses, sample(near_evidence, 120)))


@given(hostile_text(max_size=12))
def test_hostile_text_is_never_empty_nor_longer_than_asked_and_can_be_stored(text):
    assert 0 < len(text) <= 12
    assert "\x00" not in text
    text.encode()


@pytest.mark.parametrize("part", ["<", "\u202e", "claim-now.com", "@someone", "/stop", "\n", "\u2028"])
def test_hostile_text_contains(part):
    assert any(part in text for text in sample(hostile_text))
