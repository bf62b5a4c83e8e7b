"""PostgreSQL is away while the journal grows: alerts go on, and afterwards it has every row once."""

import pytest
from tests.faults.oracle import call_of_a_token, prices
from tests.faults.scene import SOAK
from tests.faults.tcp_proxy import HalfOpen, Pass, Refuse, TcpProxy
from tests.servers import connected

PRICES = 20_000 if SOAK else 3_000
PUSHED_AT_ONCE = 500
PEOPLE = 20


async def begun(scene):
    await scene.seed(dict.fromkeys(scene.telegram.people[:PEOPLE], "mcap >= 1"))
    await scene.started()
    await scene.push(call_of_a_token())
    await scene.until_told(5)


async def gone_on(scene):
    await scene.push(call_of_a_token(), call_of_a_token())
    await scene.until_all_told()


async def ended(scene):
    await scene.push(call_of_a_token())
    await scene.ends_well()


@pytest.mark.timeout(240)
async def test_postgres_stopped_for_thousands_of_entries_holds_up_no_alert_and_has_every_row_once(scene, postgres):
    await begun(scene)
    await postgres.stop()
    for _ in range(PRICES // PUSHED_AT_ONCE):
        await scene.push(*prices(PUSHED_AT_ONCE))
    await gone_on(scene)
    async with scene.queues() as queues:
        assert await queues["journal"].length() >= PRICES
    await postgres.start()
    await ended(scene)
    async with connected(scene.database) as connection:
        found = await connection.fetchrow("SELECT count(*) AS rows, count(DISTINCT token) AS tokens FROM token_prices")
    assert dict(found) == {"rows": PRICES, "tokens": PRICES}


async def test_postgres_killed_and_restarted_holds_up_no_alert_and_has_every_row_once(scene, postgres):
    await begun(scene)
    await postgres.kill()
    await gone_on(scene)
    await postgres.start()
    await ended(scene)


async def test_a_half_open_way_to_postgres_holds_up_no_alert_and_it_has_every_row_once(scene):
    async with TcpProxy(scene.database) as proxy:
        scene.postgres_url = proxy.url
        await begun(scene)
        proxy.mode = HalfOpen()
        await gone_on(scene)
        proxy.mode = Pass()
        await ended(scene)
        scene.tidy()


async def test_both_stores_away_at_once_lose_and_double_nothing(scene):
    async with TcpProxy(scene.database) as to_postgres, TcpProxy(scene.valkey.url) as to_redis:
        scene.postgres_url, scene.redis_url = to_postgres.url, to_redis.url
        await begun(scene)
        to_postgres.mode = to_redis.mode = Refuse()
        await gone_on(scene)
        to_postgres.mode = to_redis.mode = Pass()
        await ended(scene)
        scene.tidy()
