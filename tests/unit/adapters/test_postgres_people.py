"""What PostgreSQL keeps of a person: the settings and how they came about, until the person is forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from tokenfilter.adapters.postgres.archive import PostgresArchive
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.adapters.postgres.tables import filter_versions, settings_changes
from tokenfilter.adapters.postgres.tables_money import (
    coupon_uses,
    coupons,
    metadata,
    orders,
    payments,
    referrals,
    subscriptions,
)
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import ActivitySeen, EventSettled, PersonForgotten, SubscriberSaved
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Subscriber, undone, with_changed, with_filter, without_filter
from tokenfilter.ports.failures import RefusedError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON
from tokenfilter.testing.strategies import stored

pytest_plugins = ("tests.postgres",)

ANNE, BERT = ChatId(7_654_321_012_345), ChatId(7_654_321_012_346)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def history(engine):
    return PostgresHistory(engine)


def saved(subscriber, version, *, seq=0, at=NOON):
    """A subscriber as stored under a version."""
    return SubscriberSaved(subscriber=replace(subscriber, version=version), seq=seq, renewed=frozenset(), at=at)


async def use(history, chat):
    """A person sets something, is told something, and presses a button."""
    subscriber = with_filter(Subscriber(chat=chat, name="Anne"), "Cheap", parse_filter("mcap <= 50k"))
    alert = examples.alert(chat)
    told = EventSettled(evidence=alert.body.evidence, told=(Destination(chat),))
    seen = ActivitySeen(chat=chat, what="/start", at=NOON)
    await history.record([saved(subscriber, 1), told, examples.ended(alert), seen])


async def buy(engine, chat):
    """A person orders, pays, subscribes, uses a coupon and is referred by somebody."""
    paid = {"asset": "XTR", "amount": 1, "provider": "stars"}
    dates = {"created_at": NOON, "expires_at": NOON + MINUTE, "changed_at": NOON}
    rows = (
        (orders, {"id": f"order-{chat % 10}", "chat": chat, "plan": "pro", "status": "settled", **paid, **dates}),
        (
            payments,
            {
                "payment_id": f"payment-{chat % 10}",
                "order_id": f"order-{chat % 10}",
                "status": "paid",
                "settles": True,
                "received_at": NOON,
                **paid,
            },
        ),
        (subscriptions, {"chat": chat, "from_at": NOON, "plan": "pro", "granted_at": NOON}),
        (coupons, {"code": f"CODE-{chat % 10}", "percent": 10}),
        (coupon_uses, {"code": f"CODE-{chat % 10}", "chat": chat, "used_at": NOON}),
        (referrals, {"chat": chat, "referrer": 99, "referred_at": NOON}),
        (referrals, {"chat": chat % 10, "referrer": chat, "referred_at": NOON}),
    )
    async with engine.transaction() as connection:
        for table, row in rows:
            await connection.execute(insert(table).values(row))


async def mentioning(engine, chat):
    """In how many rows of each table a number stands, wherever."""
    found = {}
    for table in metadata.sorted_tables:
        query = text(f"SELECT count(*) FROM {table.name} AS row WHERE CAST(row AS text) LIKE :it")
        found[table.name] = (await engine.fetch(query, {"it": f"%{chat}%"}))[0][0]
    return {name: count for name, count in found.items() if count}


@settings(
    max_examples=settings.default.max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(saves=st.lists(stored.subscribers(), min_size=1, max_size=3))
async def test_a_subscriber_comes_back_as_it_was_whatever_it_is_called(engine, history, saves):
    async with engine.transaction() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(table.delete())
    versions = [saved(replace(s, chat=ANNE), n, seq=n) for n, s in enumerate(saves, start=1)]
    try:
        await history.record(versions)
    except RefusedError:
        assert any(not f.name.isprintable() for s in saves for f in s.filters)
        return
    assert await PostgresArchive(engine).subscriber(ANNE) == versions[-1]
    changes = await engine.fetch(select(settings_changes.c.version).order_by("version"))
    assert [row.version for row in changes] == [v.subscriber.version for v in versions]


async def test_a_filters_version_is_kept_when_its_text_changes_and_each_saving_says_what_changed(engine, history):
    first = with_filter(Subscriber(chat=ANNE), "Cheap", parse_filter("mcap <= 50k"))
    paused = with_changed(first, replace(first.filters[0], paused=True))
    safer = with_changed(paused, replace(paused.filters[0], wanted=parse_filter("mcap <= 50k, mint revoked")))
    silent = replace(with_filter(safer, "Any", parse_filter("")), silent=True)
    gone = without_filter(silent, silent.filters[0].id)
    steps = [saved(s, n) for n, s in enumerate((first, paused, safer, silent, gone, undone(gone)), start=1)]
    for batch in (steps[:2], steps[2:4], steps[1:], steps):
        await history.record(batch)
    rows = await engine.fetch(filter_versions.select().order_by("version", "filter"))
    assert [(row.version, row.name, row.text) for row in rows] == [
        (1, "Cheap", "mcap <= 50k"),
        (3, "Cheap", "mcap <= 50k, mint revoked"),
        (4, "Any", ""),
        (6, "Cheap", "mcap <= 50k, mint revoked"),
    ]
    changes = await engine.fetch(settings_changes.select().order_by("version"))
    assert [row.changed for row in changes] == [["filters"]] * 3 + [["filters", "silent"]] + [["filters"]] * 2


async def test_of_whoever_is_forgotten_only_payments_are_left_in_any_table(engine, history):
    for chat in (ANNE, BERT):
        await use(history, chat)
        await buy(engine, chat)
    assert len(await mentioning(engine, ANNE)) == 9
    others = await mentioning(engine, BERT)
    await history.record([PersonForgotten(chat=ANNE, at=NOON + MINUTE)])
    assert await mentioning(engine, ANNE) == {"orders": 1}
    assert await mentioning(engine, BERT) == others
    assert len(await engine.fetch(payments.select())) == 2
    left = await PostgresArchive(engine).of_person(ANNE)
    assert {table: len(rows) for table, rows in left.items()} == {"orders": 1, "payments": 1}
    assert left["orders"][0]["amount"] == "1"


async def test_a_person_is_told_of_everything_that_is_kept_of_them(engine, history):
    await use(history, ANNE)
    await buy(engine, ANNE)
    told = await PostgresArchive(engine).of_person(ANNE)
    counts = await mentioning(engine, ANNE) | {"payments": 1}
    assert {table: len(rows) for table, rows in told.items()} == counts


async def test_what_was_done_after_being_forgotten_is_kept_when_it_is_told_again(engine, history):
    await use(history, ANNE)
    await buy(engine, ANNE)
    before = await mentioning(engine, ANNE)
    await history.record([PersonForgotten(chat=ANNE, at=NOON - 6 * MINUTE)])
    assert await mentioning(engine, ANNE) == before


async def test_an_alert_noted_within_minutes_of_being_forgotten_goes_too(engine, history):
    await use(history, ANNE)
    await history.record([PersonForgotten(chat=ANNE, at=NOON - 4 * MINUTE)])
    assert "notifications" not in await mentioning(engine, ANNE)
    assert "subscribers" in await mentioning(engine, ANNE)
