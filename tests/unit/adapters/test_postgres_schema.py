"""The steps of migrations lead exactly to what tables.py says, once, whoever starts; and money's rules hold in them."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, make_url, select, text, update

from tokenfilter.adapters.postgres.maintenance import connected
from tokenfilter.adapters.postgres.migrate import DatabaseTooNewError, migrate, pending
from tokenfilter.adapters.postgres.tables_money import (
    coupon_uses,
    coupons,
    metadata,
    orders,
    payments,
    referrals,
    subscriptions,
)
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.testing.examples import NOON

pytest_plugins = ("tests.postgres",)

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
    FROM information_schema.columns WHERE table_schema = 'public'
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
PARTITIONED = "SELECT partrelid::regclass::text, partstrat FROM pg_partitioned_table"
NOT_OURS = ("alembic_version", "token_events_other", "token_prices_other")


async def shape(url):
    """Everything the server says of its tables, but for partitions and Alembic's own."""
    async with connected(url) as connection:
        found = [await connection.execute(text(query)) for query in (COLUMNS, INDEXES, CONSTRAINTS, PARTITIONED)]
        return [sorted(str(tuple(row)) for row in rows if row[0] not in NOT_OURS) for rows in found]


async def test_the_steps_lead_to_the_tables_of_the_program(migrated_database, fresh_database):
    async with connected(fresh_database) as connection:
        await connection.run_sync(metadata.create_all)
        await connection.commit()
    assert await shape(migrated_database) == await shape(fresh_database)


async def test_alembic_sees_nothing_to_do(migrated_database):
    def differences(connection):
        options = {"compare_server_default": True, "include_name": lambda name, *_: name not in NOT_OURS}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with connected(migrated_database) as connection:
        assert await connection.run_sync(differences) == []


async def test_the_steps_are_taken_once_by_whoever_comes_first(fresh_database):
    waiting = await pending(fresh_database)
    assert waiting[0] == "0001_people"
    done = await asyncio.gather(*(migrate(fresh_database) for _ in range(3)))
    assert sorted(done, key=len) == [[], [], waiting]
    assert await pending(fresh_database) == []


async def test_steps_that_fail_half_way_leave_the_database_as_it_was(fresh_database):
    async with connected(fresh_database) as connection:
        await connection.execute(text("CREATE TABLE notifications ()"))
        await connection.commit()
    before, waiting = await shape(fresh_database), await pending(fresh_database)
    with pytest.raises(UnavailableError):
        await migrate(fresh_database)
    assert (await shape(fresh_database), await pending(fresh_database)) == (before, waiting)


async def test_tables_of_a_later_version_are_refused_by_name(own_database):
    async with connected(own_database) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
        await connection.commit()
    for ask in (migrate, pending):
        with pytest.raises(DatabaseTooNewError, match="9999_future"):
            await ask(own_database)


async def test_a_database_that_is_not_there_is_unavailable(postgres_url):
    with pytest.raises(UnavailableError):
        await migrate(make_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False))


class TestMoney:
    """What must hold even if the program errs."""

    @pytest.fixture
    async def order(self, engine):
        await put(engine, orders, **ORDER)

    async def test_a_payment_is_kept_once(self, engine, order):
        await put(engine, payments, **PAYMENT)
        with pytest.raises(RefusedError, match="payments_pkey"):
            await put(engine, payments, **PAYMENT | {"order_id": None, "settles": False})
        await put(engine, payments, **PAYMENT | {"provider": "stars", "settles": False})

    async def test_an_order_is_settled_by_one_payment(self, engine, order):
        await put(engine, payments, **PAYMENT)
        second = PAYMENT | {"payment_id": "other"}
        with pytest.raises(RefusedError, match="payments_settlement"):
            await put(engine, payments, **second)
        await put(engine, payments, **second | {"settles": False})
        with pytest.raises(RefusedError, match="payments_settlement"):
            async with engine.transaction() as connection:
                await connection.execute(update(payments).values(settles=True))

    async def test_a_payment_settles_only_an_order_that_is_there(self, engine):
        for order_id, broken in ((None, "payments_settles_check"), ("none", "payments_order_id_fkey")):
            with pytest.raises(RefusedError, match=broken):
                await put(engine, payments, **PAYMENT | {"order_id": order_id})

    @pytest.mark.parametrize("less", [{"amount": Decimal("-0.01")}, {"lamports": -1}])
    async def test_nobody_pays_less_than_nothing(self, engine, order, less):
        with pytest.raises(RefusedError, match="payments_amount_check"):
            await put(engine, payments, **PAYMENT | less)
        with pytest.raises(RefusedError, match="orders_amount_check"):
            await put(engine, orders, **ORDER | {"id": "o2"} | less)

    async def test_amounts_are_kept_exactly(self, engine, order):
        amount, lamports = Decimal("0.123456789012345678"), 2**63 - 1
        await put(engine, payments, **PAYMENT | {"amount": amount, "lamports": lamports})
        kept = await engine.fetch(select(payments.c.amount, payments.c.lamports))
        assert [tuple(row) for row in kept] == [(amount, lamports)]

    async def test_an_order_buys_one_subscription_with_an_end_after_its_beginning(self, engine, order):
        bought = {"chat": 1, "from_at": NOON, "until_at": NOON + timedelta(days=30), "plan": "pro", "order_id": "o1"}
        bought["granted_at"] = NOON
        with pytest.raises(RefusedError, match="subscriptions_period_check"):
            await put(engine, subscriptions, **bought | {"until_at": NOON})
        await put(engine, subscriptions, **bought)
        with pytest.raises(RefusedError, match="subscriptions_key"):
            await put(engine, subscriptions, **bought | {"chat": 2})
        for_life = {"chat": 2, "until_at": None, "order_id": None}
        await put(engine, subscriptions, **bought | for_life)

    async def test_a_coupon_is_used_once_a_person_and_takes_no_more_than_everything(self, engine):
        with pytest.raises(RefusedError, match="coupons_percent_check"):
            await put(engine, coupons, code="FREE", percent=Decimal("100.01"))
        await put(engine, coupons, code="FREE", percent=Decimal(100))
        await put(engine, coupon_uses, code="FREE", chat=1, used_at=NOON)
        with pytest.raises(RefusedError, match="coupon_uses_pkey"):
            await put(engine, coupon_uses, code="FREE", chat=1, used_at=NOON + timedelta(days=1))

    async def test_nobody_is_referred_twice_or_by_themselves(self, engine):
        await put(engine, referrals, chat=1, referrer=2, referred_at=NOON)
        with pytest.raises(RefusedError, match="referrals_pkey"):
            await put(engine, referrals, chat=1, referrer=3, referred_at=NOON)
        with pytest.raises(RefusedError, match="referrals_oneself_check"):
            await put(engine, referrals, chat=2, referrer=2, referred_at=NOON)


ORDER = {
    "id": "o1",
    "chat": 1,
    "plan": "pro",
    "provider": "solana",
    "asset": "SOL",
    "amount": Decimal("0.5"),
    "lamports": 500_000_000,
    "status": "open",
    "created_at": NOON,
    "expires_at": NOON + timedelta(minutes=30),
    "changed_at": NOON,
}
PAYMENT = {
    "provider": "solana",
    "payment_id": "signature",
    "order_id": "o1",
    "status": "finalized",
    "asset": "SOL",
    "amount": Decimal("0.5"),
    "lamports": 500_000_000,
    "settles": True,
    "received_at": NOON,
}


async def put(engine, table, **row):
    """One row."""
    async with engine.transaction() as connection:
        await connection.execute(insert(table).values(row))
