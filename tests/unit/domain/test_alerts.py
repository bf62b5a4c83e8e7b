"""Alerts in columns are those that would be made one by one."""

from datetime import timedelta
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import CallAlert, Lane, Notification, alert_id
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

USEFUL_FOR = timedelta(minutes=10)
places = st.none() | st.builds(Destination, st.integers(1, 3).map(ChatId), st.none() | st.integers(1, 2))
routes = st.builds(
    lambda chat, number, to, mcap: examples.route(chat, f"mcap >= {mcap}", number=number, to=to),
    st.integers(1, 4),
    st.integers(1, 2),
    places,
    st.sampled_from((1, 9)),
)


def decided(wanting, token=1):
    said = examples.heard(about=examples.token(token), mcap=5)
    return examples.decided(examples.stamped(said), wanting)


def owed(decision):
    return alerts(decision, now=NOON, useful_for=USEFUL_FOR)


def one_by_one(decision):
    """One after the other, by chat and topic, beginning elsewhere for every token."""
    event = decision.evidence.event
    told = sorted(decision.told, key=lambda t: (t.destination.chat, t.destination.thread or 0))
    start = crc32(str(event.token).encode()) % len(told) if told else 0
    return [
        Notification(
            id=alert_id(event.token, one.destination),
            destination=one.destination,
            lane=Lane.ALERTS,
            owners=tuple(dict.fromkeys(route.owner for route in one.routes)),
            body=CallAlert(
                evidence=decision.evidence, filters=tuple(dict.fromkeys(route.name for route in one.routes))
            ),
            queued_at=NOON,
            useful_until=event.received_at + USEFUL_FOR,
        )
        for one in told[start:] + told[:start]
    ]


@given(st.lists(routes, max_size=8))
def test_they_are_those_that_are_made_one_by_one_in_the_same_order(wanting):
    decision = decided(wanting)
    made = owed(decision)
    assert list(made) == one_by_one(decision)
    assert made.recipients == tuple(n.destination for n in made)


@given(st.lists(routes, max_size=8), st.data())
def test_some_of_them_are_what_they_were_among_all(wanting, data):
    made = owed(decided(wanting))
    one_after_another = list(made)
    first, end = (data.draw(st.integers(0, len(made))) for _ in range(2))
    assert list(made[first:end]) == one_after_another[first:end]
    marks = data.draw(st.lists(st.booleans(), min_size=len(made), max_size=len(made)))
    assert list(made.chosen(marks)) == [n for n, is_chosen in zip(one_after_another, marks, strict=True) if is_chosen]
    assert [made[n] for n in range(len(made))] == one_after_another
