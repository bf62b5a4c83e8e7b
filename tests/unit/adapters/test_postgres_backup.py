"""A backup holds everything as of one instant, and what is damaged or does not fit is refused whole."""

import asyncio
import json
import stat
from datetime import timedelta
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, text

from tokenfilter.adapters.postgres.archive import PostgresArchive
from tokenfilter.adapters.postgres.backup import backup, restore
from tokenfilter.adapters.postgres.engine import PostgresEngine
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.adapters.postgres.migrate import migrate
from tokenfilter.adapters.postgres.partitions import keep_partitions
from tokenfilter.adapters.postgres.tables import channel_stats, token_symbols
from tokenfilter.adapters.postgres.tables_money import metadata, orders
from tokenfilter.domain.history import ActivitySeen, EventSettled, StatsHeard, SubscriberSaved, price_seen
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import RefusedError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

pytest_plugins = ("tests.postgres",)

DAY = timedelta(days=1)
SYMBOLS = ("", "\\N", 'a "quoted", one', "line\r\nbreak", "\u2028", "\\.", " ", "\\u0000", "\0\ud800")


@pytest.fixture
async def target(own_database):
    engine = PostgresEngine(own_database)
    yield engine
    await engine.close()


@pytest.fixture
def url(migrated_database):
    return migrated_database


async def fill(engine):
    """Something in most tables, among it what CSV is bad at."""
    history = PostgresHistory(engine)
    for number, symbol in enumerate(SYMBOLS):
        said = examples.heard(
            f"e{number}",
            about=examples.token(number + 1),
            at=NOON + number * DAY,
            symbol=symbol,
            calls=[examples.call(at=NOON + number * DAY)],
        )
        told = (Destination(ChatId(-number - 1), number or None),)
        await history.record([EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=told)])
    person = SubscriberSaved(
        subscriber=Subscriber(chat=ChatId(1), name="\0,\n", version=1), seq=5, renewed=frozenset(), at=NOON
    )
    await history.record([person, StatsHeard(stats=examples.stats()), price_seen(examples.tick(price=3))])
    await history.record([ActivitySeen(chat=ChatId(1), what="", at=NOON)])
    order = {"id": "", "chat": 1, "plan": "pro", "provider": "x", "asset": "SOL", "amount": 1, "status": "open"}
    async with engine.transaction() as connection:
        dates = dict.fromkeys(("created_at", "expires_at", "changed_at"), NOON)
        await connection.execute(insert(orders).values(order | dates))


async def rows(engine):
    """All rows of all tables."""
    return {
        table.name: sorted(str(tuple(row)) for row in await engine.fetch(table.select()))
        for table in metadata.sorted_tables
    }


async def test_everything_comes_back(engine, target, url, own_database, tmp_path):
    await fill(engine)
    file = tmp_path / "all.zip"
    written = await backup(url, file)
    kept = await rows(engine)
    assert written == {table: len(found) for table, found in kept.items()}
    assert await restore(own_database, file) == written
    assert await rows(target) == kept
    assert [f.name for f in tmp_path.iterdir()] == ["all.zip"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_restored_database_goes_on_where_it_was(engine, target, url, own_database, tmp_path):
    await fill(engine)
    await backup(url, tmp_path / "all.zip")
    await restore(own_database, tmp_path / "all.zip")
    history, archive = PostgresHistory(target), PostgresArchive(target)
    late = EventSettled(evidence=examples.evidence_of(examples.stamped(examples.heard("late"))), told=())
    await history.record([late])
    judged = [e.event.id async for e in history.judged(NOON - DAY, NOON + 99 * DAY)]
    assert judged == [*(f"e{n}" for n in range(len(SYMBOLS))), "late"]
    assert (await archive.subscriber(ChatId(1))).subscriber.name == "\0,\n"


async def test_days_have_their_partitions_again(target, own_database, fresh_database, tmp_path):
    await migrate(fresh_database)
    await keep_partitions(fresh_database, now=NOON, retention_days=90)
    source = PostgresEngine(fresh_database)
    await fill(source)
    await source.close()
    await backup(fresh_database, tmp_path / "all.zip")
    await restore(own_database, tmp_path / "all.zip")
    found = await target.fetch(text("SELECT DISTINCT tableoid::regclass::text FROM token_events ORDER BY 1"))
    days = [f"token_events_{NOON + n * DAY:%Y%m%d}" for n in range(4)]
    assert [row[0] for row in found] == [*days, "token_events_other"]


async def test_what_is_recorded_meanwhile_is_there_in_all_tables_or_in_none(engine, url, tmp_path):
    async def record():
        for number in range(10**6):
            async with engine.transaction() as connection:
                await connection.execute(insert(channel_stats).values(channel=f"@c{number}", as_of=NOON, stats={}))
                await connection.execute(insert(token_symbols).values(symbol=f"{number}", token="solana:1"))

    recording = asyncio.create_task(record())
    written = [await backup(url, tmp_path / "all.zip") for _ in range(3)]
    recording.cancel()
    await asyncio.wait([recording])
    assert all(counts["channel_stats"] == counts["token_symbols"] for counts in written)
    assert written[0]["token_symbols"] < written[2]["token_symbols"]


async def test_a_database_with_a_row_is_left_alone(engine, target, url, own_database, tmp_path):
    await fill(engine)
    await backup(url, tmp_path / "all.zip")
    await PostgresHistory(target).record([StatsHeard(stats=examples.stats())])
    before = await rows(target)
    with pytest.raises(RefusedError, match="channel_stats"):
        await restore(own_database, tmp_path / "all.zip")
    assert await rows(target) == before


async def test_a_database_at_another_step_is_refused(engine, url, fresh_database, tmp_path):
    await backup(url, tmp_path / "all.zip")
    with pytest.raises(RefusedError, match="migrate"):
        await restore(fresh_database, tmp_path / "all.zip")


@pytest.mark.parametrize("damage", ["row", "count", "table", "manifest", "zip", "missing"])
async def test_a_damaged_file_is_refused_and_nothing_is_written(engine, target, url, own_database, tmp_path, damage):
    await fill(engine)
    whole, broken = tmp_path / "whole.zip", tmp_path / "broken.zip"
    await backup(url, whole)
    with ZipFile(whole) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    match damage:
        case "row":
            parts["notifications.csv"] = parts["notifications.csv"].replace(b"-1", b"-9", 1)
        case "count":
            manifest = json.loads(parts["manifest.json"])
            manifest["tables"]["tokens"]["rows"] += 1
            parts["manifest.json"] = json.dumps(manifest).encode()
        case "table":
            del parts["payments.csv"]
        case "manifest":
            parts["manifest.json"] = b"{}"
    with ZipFile(broken, "w") as into:
        for name, content in parts.items():
            into.writestr(name, content)
    if damage == "zip":
        broken.write_bytes(whole.read_bytes()[:-100])
    if damage == "missing":
        broken.unlink()
    before = await rows(target)
    with pytest.raises(RefusedError):
        await restore(own_database, broken)
    assert await rows(target) == before


async def test_a_file_that_cannot_be_written_is_refused_and_one_of_that_name_stays(engine, url, tmp_path):
    with pytest.raises(RefusedError, match="No such file"):
        await backup(url, tmp_path / "nowhere" / "all.zip")
    file = tmp_path / "all.zip"
    await backup(url, file)
    before = file.read_bytes()
    with pytest.raises(Exception, match="postgres"):
        await backup(url.replace("/test_", "/nowhere_"), file)
    assert file.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["all.zip"]
