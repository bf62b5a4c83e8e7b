"""The records kept in Redis decide exactly as one record per (token, destination) would."""

import asyncio
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from hypothesis import given, note, settings
from tests.redis_process import RedisProcess
from tests.unit.domain import test_cohorts as model

from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.decide import decide
from tokenfilter.testing import examples


@pytest.fixture(scope="module")
def runner(valkey_url):
    """One loop and one connection for all stories."""
    with asyncio.Runner() as running:
        connection = RedisConnection(valkey_url)

        async def process():
            made = RedisProcess(connection, Keys(f"test-{uuid4().hex[:12]}:", partitions=1), "first")
            await made.lead()
            return made

        yield running, process
        running.run(connection.close())


async def told_by(process, world, line):
    """What the model says of a line, after what it decided on the stored records was settled."""
    world.together = await process.tokens.records(model.TOKEN)
    made = []

    def deciding(*args):
        made.append(decide(*args))
        return made[-1]

    with patch.object(model, "decide", deciding):
        together, apart, event = world.hear(line)
    [decision] = made
    if decision.changed:
        owed = alerts(decision, now=event.at, useful_for=timedelta(minutes=10))
        settled = await process.tokens.settle(decision, owed)
        assert {n.destination for n in settled.queued} == set(together)
        await process.outbox.finish([examples.ended(n, at=event.at) for n in settled.queued])
    world.together = await process.tokens.records(model.TOKEN)
    return together, apart, event


async def told(process, story):
    world = model.World()
    for line in story:
        if isinstance(line, model.Edit):
            world.edit(line)
            continue
        together, apart, event = await told_by(process, world, line)
        note(f"{line} -> {apart}")
        assert together == apart
        for destination in model.DESTINATIONS:
            kept = world.together.record(destination, since=world.index.since(destination), now=event.at)
            alone = world.apart[destination]
            assert kept == (None if alone is None or alone.is_over(event.at) else alone)


@settings(max_examples=20, deadline=None)
@given(model.stories)
def test_records_kept_in_redis_decide_as_records_kept_apart(runner, story):
    running, process = runner

    async def tell():
        await told(await process(), story)

    running.run(tell())
