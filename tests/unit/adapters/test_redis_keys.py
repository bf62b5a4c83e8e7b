"""Every key of a script lies in one slot of a Redis Cluster, and is called as FORMATS says."""
# ruff: noqa: F811 - fixtures are imported

from datetime import timedelta

import pytest
from tests.redis_process import RedisProcess, redis_keys  # noqa: F401

from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.notification import Lane
from tokenfilter.domain.partition import hash_slot, partition_of
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

KEYS = Keys()
TOKEN = examples.token()
P = partition_of(str(TOKEN))
SCRIPTS = {
    *("lease_take", "lease_renew", "lease_release", "settle_entry", "settle", "journal_settle"),
    *("outbox_put", "outbox_intend", "outbox_revise", "outbox_finish", "outbox_drop"),
    *("records_restore", "records_write", "records_forget"),
}


class Recording(RedisConnection):
    """Remembers which keys each script was given."""

    def __init__(self, url):
        super().__init__(url)
        self.ran = {}

    async def run(self, script, keys, args):
        self.ran.setdefault(script.name, []).append(list(keys))
        return await super().run(script, keys, args)


@pytest.fixture
async def recording(valkey_url):
    connection = Recording(valkey_url)
    yield connection
    await connection.close()


async def lived(process):
    """A story in which everything happens."""
    await process.lead()
    lease = await process.leases.take("ingest", "first", lasts=timedelta(minutes=1))
    assert lease
    await process.leases.renew(lease, lasts=timedelta(minutes=1))
    await process.leases.release(lease)
    event = examples.stamped(examples.heard(mcap=5))
    await process.events.append(event)
    [entry] = await soon(process.events.read(1))
    decision = examples.decided(event, [examples.route(1)])
    await process.tokens.settle(decision, alerts(decision, now=NOON, useful_for=timedelta(minutes=1)), entry)
    await process.events.acknowledge(entry)
    await process.outbox.put(examples.alert(-7, lane=Lane.MONEY))
    for notification in await soon(process.outbox.take(9)):
        await process.outbox.intend(notification)
        await process.outbox.revise([notification])
        await process.outbox.finish([examples.ended(notification)])
    await process.journal.acknowledge(await soon(process.journal.read(9)))
    await process.tokens.restore(TOKEN, decision.records)
    await process.tokens.restore(examples.token(2), decision.records)
    await process.tokens.forget(frozenset({Destination(ChatId(1))}))
    await process.connection.writes.xadd(process.keys.outbox(0, Lane.REPORTS), {"e": "{"})
    await process.outbox.put(examples.alert(3))
    await soon(process.outbox.take(9))


async def test_every_script_is_given_keys_of_one_slot_that_start_as_ours_do(recording, redis_keys):
    await lived(RedisProcess(recording, redis_keys, "first"))
    assert set(recording.ran) == SCRIPTS
    for name, runs in recording.ran.items():
        for keys in runs:
            assert len({hash_slot(key) for key in keys}) == 1, name
            assert all(key.startswith(redis_keys.prefix) for key in keys), name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (KEYS.accepted(TOKEN), f"processed_token:{{{P}}}:{TOKEN}:accepted"),
        (KEYS.rejected(TOKEN), f"processed_token:{{{P}}}:{TOKEN}:rejected"),
        (KEYS.events(3), "events:{3}"),
        (KEYS.outbox(3, Lane.ALERTS), "outbox:{3}:B"),
        (KEYS.owed(3), "owed:{3}"),
        (KEYS.owed(P, str(TOKEN)), f"processed_token:{{{P}}}:{TOKEN}:owed"),
        (KEYS.left(3), "left:{3}"),
        (KEYS.journal(3), "journal:{3}"),
        (KEYS.journal("money"), "journal:{money}"),
        (KEYS.dead("items"), "dead:{items}"),
        (KEYS.lease("match:3"), "lease:{3}:match"),
        (KEYS.lease("relay:cfg"), "lease:{cfg}:relay"),
        (KEYS.lease("ingest"), "lease:{ingest}"),
        (KEYS.budget(), "budget:{send}:all"),
        (KEYS.budget(ChatId(-5)), "budget:{send}:chat:-5"),
        (KEYS.settings("seq"), "settings:{cfg}:seq"),
        (KEYS.subscriber(ChatId(5)), "settings:{cfg}:user:5"),
        (KEYS.session(ChatId(5)), "session:5"),
        (KEYS.channel(ChannelId("@alpha")), "channel:@alpha:info"),
        (KEYS.money("order", "7"), "order:{money}:7"),
    ],
)
def test_keys_are_called_as_they_are_promised(key, name):
    assert key == f"tokenfilter:{name}"


def test_what_the_owner_of_a_partition_writes_lies_with_its_lease():
    partition_keys = [KEYS.lease(f"match:{P}"), KEYS.fence(f"deliver:{P}"), KEYS.accepted(TOKEN), KEYS.events(P)]
    partition_keys += [KEYS.owed(P, str(TOKEN)), KEYS.owed(P), KEYS.left(P)]
    assert len({hash_slot(key) for key in partition_keys}) == 1


def test_a_prefix_of_its_own_keeps_an_instance_apart():
    assert Keys("other:", 4).events(1) == "other:events:{1}"
