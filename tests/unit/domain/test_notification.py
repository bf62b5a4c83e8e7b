"""What is told to whom, under which name, and in which order."""

from collections import defaultdict
from datetime import timedelta
from statistics import mean, median

from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Lane, alert_id
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

GROUP = Destination(ChatId(-9), 4)


def decision(routes, *, token=1) -> Decision:
    """A token that everybody wants."""
    return examples.decided(examples.stamped(examples.heard(about=examples.token(token), mcap=5)), routes)


def in_turn(made: Decision) -> tuple[Destination, ...]:
    """Whom it tells, in the order in which they are served."""
    return alerts(made, now=NOON, useful_for=timedelta(minutes=1)).recipients


def test_an_alert_holds_who_wants_it_by_which_filters_and_until_when():
    made = alerts(
        decision(
            [
                examples.route(1, to=GROUP),
                examples.route(1, number=2, to=GROUP),
                examples.route(2, to=GROUP),
                examples.route(3, "mcap >= 99", to=GROUP),
            ]
        ),
        now=NOON,
        useful_for=timedelta(minutes=10),
    )
    (alert,) = made
    assert alert.id == f"alert:{examples.token()}:-9/4"
    assert (alert.destination, alert.lane, alert.owners) == (GROUP, Lane.ALERTS, (1, 2))
    assert alert.body.filters == ("Filter 1", "Filter 2")
    assert alert.body.token == examples.token()
    assert (alert.queued_at, alert.useful_until) == (NOON, NOON + timedelta(minutes=10))


def test_nobody_told_means_no_alert():
    assert not alerts(decision([examples.route(1, "mcap >= 99")]), now=NOON, useful_for=timedelta(minutes=1))


def test_alerts_about_another_token_or_to_another_place_have_another_name():
    places = (Destination(ChatId(1)), Destination(ChatId(1), 2), Destination(ChatId(12)))
    names = {alert_id(examples.token(n), place) for n in (1, 2) for place in places}
    assert len(names) == 6


def test_everybody_told_is_served_once_and_the_order_depends_on_nothing_but_the_token():
    routes = [examples.route(n) for n in range(1, 30)]
    orders = {in_turn(made) for made in (decision(routes), decision(routes[::-1]))}
    assert len(orders) == 1
    assert sorted(orders.pop()) == sorted(r.destination for r in routes)


def test_over_many_tokens_nobody_is_served_late_on_the_whole():
    ranks = defaultdict(list)
    routes = [examples.route(n) for n in range(1, 11)]
    for number in range(1, 501):
        for rank, destination in enumerate(in_turn(decision(routes, token=number))):
            ranks[destination].append(rank)
    means = [mean(own) for own in ranks.values()]
    assert len(means) == 10
    assert all(abs(m - median(means)) <= 0.1 * median(means) for m in means)
    assert all(set(own) == set(range(10)) for own in ranks.values())
