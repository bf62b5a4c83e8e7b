"""Every stored form comes back as what it was, and nothing that is none is taken for one."""

import copy
import re
from contextlib import suppress
from functools import cache, partial
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.history import JournalEntry
from tokenfilter.domain.notification import Body
from tokenfilter.domain.plain import event, evidence, history, notification, records, subscriber
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.filter import filter_from_plain, filter_to_plain
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.strategies import stored

EVIDENCE = examples.evidence_of(examples.stamped(examples.heard()))

FORMS = {
    "item": (strategies.events() | stored.stamped_ticks(), event.item_to_plain, event.item_from_plain),
    "evidence": (stored.stored_evidence(), evidence.evidence_to_plain, evidence.evidence_from_plain),
    "notification": (
        stored.notifications(),
        notification.notification_to_plain,
        notification.notification_from_plain,
    ),
    "filter": (stored.stored_filters(), filter_to_plain, filter_from_plain),
    "subscriber": (stored.subscribers(), subscriber.subscriber_to_plain, subscriber.subscriber_from_plain),
    "route": (stored.routes(), subscriber.route_to_plain, subscriber.route_from_plain),
    "records": (stored.token_records(), records.records_to_plain, records.records_from_plain),
    "entry": (stored.journal_entries(), history.entry_to_plain, history.entry_from_plain),
}
OPTIONAL = {
    *("symbol", "name", "created", "dex", "launchpad", "mcap", "fdv", "url", "liquidity", "message", "delay", "event"),
    *("token", "seen_at", "record", "low", "high", "channel", "everything_until", "quiet", "most_per_hour"),
}
BY_NAME = {"market", "flags", "values", "places", "tokens", "channels", "checked", "missing_stats", "exceptions"}
NO_FIELD = [[0.5]]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | stored.any_text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(stored.any_text(), inner, max_size=2),
    max_leaves=4,
)


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


@cache
def found(form):
    """Examples of a form, drawn once for all tests that look at each of them."""
    examples = []

    @given(form[0])
    def look(example):
        examples.append(example)

    look()
    return examples


def damages(form, check):
    """Try a check on a form that is spelt right and on what can be drawn to damage it."""
    _, to_plain, from_plain = form
    spelt = [to_plain(x) for x in found(form)]

    @given(st.sampled_from(spelt), st.data())
    def damage(plain, data):
        check(from_plain, plain, data)

    damage()


def steps(plain, above=()):
    """The way to every value within."""
    pairs = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in pairs:
        yield (*above, key)
        yield from steps(value, (*above, key))


def damaged(plain, way, change):
    """A copy of which `change` was given the container and the key at the end of the way."""
    whole = copy.deepcopy(plain)
    container = whole
    for key in way[:-1]:
        container = container[key]
    change(container, way[-1])
    return whole


def put(value, container, key):
    container[key] = value


def drop(container, key):
    del container[key]


def at(plain, way):
    for key in way:
        plain = plain[key]
    return plain


def some_way(plain, data):
    ways = list(steps(plain)) if isinstance(plain, dict) else []
    return data.draw(st.sampled_from(ways)) if ways else None


def test_what_is_stored_comes_back_as_it_was(form):
    strategy, to_plain, from_plain = form

    @given(strategy)
    def check(x):
        plain = to_plain(x)
        assert from_plain(plain) == x
        assert from_plain(loads(dumps(plain))) == from_plain(loads(dumps(plain).encode())) == x
        assert to_plain(from_plain(plain)) == loads(dumps(plain)) == plain

    check()


def test_the_text_is_one_that_every_store_takes(form):
    for x in found(form):
        text = dumps(form[1](x))
        assert text.encode().decode() == text
        assert "\0" not in text
        assert not re.search(r"\\u(0000|d[89a-f])", text.replace(r"\\", ""))
        assert len(text.splitlines()) == 1


def test_what_is_unknown_is_left_out_not_stored_as_null(form):
    for x in found(form):
        plain = form[1](x)
        for way in steps(plain):
            endless_mute = way[-2:-1] in (("tokens",), ("channels",))
            assert at(plain, way) is not None or endless_mute


def test_a_form_that_lacks_what_is_always_there_is_refused(form):
    def check(from_plain, plain, data):
        ways = [
            way
            for way in steps(plain)
            if isinstance(way[-1], str) and way[-1] not in OPTIONAL and not BY_NAME.intersection(way[-2:-1])
        ]
        with pytest.raises(NotStoredFormError):
            from_plain(damaged(plain, data.draw(st.sampled_from(ways)), drop) if ways else None)

    damages(form, check)


def test_a_value_of_the_wrong_kind_is_refused_wherever_it_stands(form):
    def check(from_plain, plain, data):
        way = some_way(plain, data)
        with pytest.raises(NotStoredFormError):
            from_plain(damaged(plain, way, partial(put, NO_FIELD)) if way else NO_FIELD)

    damages(form, check)


def test_whatever_a_damaged_form_holds_it_is_read_or_refused_and_nothing_else(form):
    to_plain = form[1]

    def check(from_plain, plain, data):
        way, value = some_way(plain, data), data.draw(json_values)
        changed = damaged(plain, way, data.draw(st.sampled_from((partial(put, value), drop)))) if way else value
        read = None
        with suppress(NotStoredFormError):
            read = from_plain(changed)
        assert read is None or from_plain(to_plain(read)) == read

    damages(form, check)


def test_no_other_json_is_taken_for_a_form(form):
    def check(from_plain, _, data):
        with pytest.raises(NotStoredFormError):
            from_plain(data.draw(json_values.filter(lambda value: not isinstance(value, str))))

    damages(form, check)


def test_a_key_that_is_not_known_is_passed_over(form):
    _, to_plain, from_plain = form
    for x in found(form):
        plain = to_plain(x)
        assert isinstance(plain, str) or from_plain({**plain, "added later": 1}) == x


@pytest.mark.parametrize("kinds", [JournalEntry, Body])
def test_the_strategies_here_tell_of_every_kind(kinds):
    strategy = {JournalEntry: stored.journal_entries(), Body: stored.bodies()}[kinds]
    assert len(strategy.element_strategies) == len(get_args(kinds))


@given(stored.notifications())
def test_an_envelope_and_the_evidence_are_the_notification(sent):
    seen = getattr(sent.body, "evidence", None)
    plain = loads(dumps(notification.envelope_to_plain(sent)))
    assert notification.envelope_from_plain(plain, seen) == sent
    assert ("evidence" in plain["body"]) is False


@given(stored.notifications(), st.data())
def test_a_damaged_envelope_is_read_or_refused_and_nothing_else(sent, data):
    plain = notification.envelope_to_plain(sent)
    value = data.draw(json_values)
    changed = damaged(plain, some_way(plain, data), data.draw(st.sampled_from((partial(put, value), drop))))
    with suppress(NotStoredFormError):
        notification.envelope_from_plain(changed, EVIDENCE)


def test_an_alert_without_its_evidence_is_refused():
    plain = notification.envelope_to_plain(examples.alert())
    with pytest.raises(NotStoredFormError, match="evidence"):
        notification.envelope_from_plain(plain, None)
