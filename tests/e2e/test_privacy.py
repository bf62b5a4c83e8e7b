"""A person sees everything that is kept, deletes it, and no store holds anything of them any more."""

import json
import re
from datetime import timedelta

import pytest
from tests.servers import connected


@pytest.fixture(autouse=True)
def forgetting_again_at_once(monkeypatch):
    monkeypatch.setattr("tokenfilter.app.relay_journal.FORGOTTEN_AGAIN_AFTER", timedelta(0))
    monkeypatch.setattr("tokenfilter.app.relay_journal._LOOK_AGAIN", timedelta(milliseconds=100))


async def rows_of(url, person):
    """Every row of every table in which the person's chat stands, by table."""
    async with connected(url) as connection:
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (table,) in names:
            rows = await connection.fetch(
                f'SELECT t::text FROM "{table}" t WHERE t::text ~ $1', rf"(?<![\d.]){person}(?![\d.])"
            )
            found.update({table: [row[0] for row in rows]} if rows else {})
        return found


async def keys_of(redis, prefix, person):
    """Every key in whose name or value the person's chat stands."""
    found, named = [], re.compile(rf"(?<![\d.]){person}(?![\d.])")
    async for key in redis.scan_iter(f"{prefix}*"):
        match await redis.type(key):
            case "string":
                value = await redis.get(key)
            case "hash":
                value = await redis.hgetall(key)
            case "zset":
                value = await redis.zrange(key, 0, -1)
            case "stream":
                value = await redis.xrange(key)
            case _:
                value = await redis.smembers(key)
        if named.search(key.removeprefix(prefix)) or named.search(json.dumps(value)):
            found.append(key.removeprefix(prefix))
    return found


async def test_export_shows_everything_and_delete_leaves_nothing(ada, running, until, fresh_database, key_prefix):
    container = running.container
    await ada.say("/start")
    await ada.sees("not advice")
    await ada.press("Safer")
    await ada.sees("Safer is on")
    made = await ada.stage("pass")
    await ada.sees(lambda m: made["token"] in m.get("text", ""))
    await until(lambda: is_told(fresh_database, ada.id))

    await ada.say("/export")
    exported = await ada.sees(lambda m: "document" in m)
    assert exported["document"]["file_name"] == "tokenfilter-export.json"
    kept = await container.archive().of_person(ada.id)
    assert made["token"] in str(kept)
    assert await keys_of(container.redis().reads, key_prefix, ada.id)

    await ada.say("/delete")
    await ada.sees("cannot be undone")
    await ada.press("Delete everything")
    await ada.sees("Deleted.")
    await until(lambda: is_gone(fresh_database, ada.id))
    await until(lambda: is_out_of(container.redis().reads, key_prefix, ada.id))


async def is_out_of(redis, prefix, person):
    """For a day the number of the removal stays beside the chat's, so that a matcher that was away hears of it.

    The journal holds the wish to be forgotten until it is fulfilled; the pace of the chat runs out by itself.
    """
    left = set(await keys_of(redis, prefix, person))
    pace = f"budget:{{send}}:chat:{person}"
    if pace in left:
        assert 0 < await redis.ttl(f"{prefix}{pace}") <= 180
    return left <= {"journal:{cfg}", pace, *(f"settings:{{cfg}}:{what}" for what in ("stream", "numbers", "replaced"))}


async def is_told(url, person):
    return "notifications" in await rows_of(url, person)


async def is_gone(url, person):
    return not await rows_of(url, person)
