"""One process leads a partition at a time, goes on while nobody can be asked, and lets go at the end."""

from datetime import timedelta

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.leases import MemoryLeases
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.app.hold_partitions import LASTS, RENEWED_EVERY, HoldPartitions
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing.examples import NOON

NAMES = ("match:0", "match:1", "ingest")


class Away(MemoryLeases):
    """Cannot be asked for a while."""

    is_away = False

    async def renew(self, lease, *, lasts):
        if self.is_away:
            raise UnavailableError("away")
        return await super().renew(lease, lasts=lasts)


def holder(leases, clock, name, names=NAMES):
    return HoldPartitions(leases=leases, names=names, holder=name, clock=clock, telemetry=MemoryTelemetry())


async def test_the_first_leads_everything_and_the_second_nothing():
    clock = HandClock(NOON)
    leases = MemoryLeases(clock=clock)
    one, two = holder(leases, clock, "one"), holder(leases, clock, "two")
    await one.begin()
    await two.begin()
    assert (one.missing, two.missing) == ((), NAMES)


async def test_what_is_let_go_is_taken_at_once():
    clock = HandClock(NOON)
    leases = MemoryLeases(clock=clock)
    one, two = holder(leases, clock, "one"), holder(leases, clock, "two")
    await one.begin()
    await one.end()
    await two.begin()
    assert (one.missing, two.missing) == (NAMES, ())


async def test_whoever_goes_on_renewing_keeps_the_lead_for_ever(process):
    leases = MemoryLeases(clock=process.clock)
    one, two = holder(leases, process.clock, "one"), holder(leases, process.clock, "two")
    await one.begin()
    async with process.running(one.run()), process.running(two.run()):
        await process.wait(5 * LASTS, step=timedelta(seconds=1))
        assert (one.missing, two.missing) == ((), NAMES)


async def test_a_dead_leaders_partitions_are_taken_over_within_the_length_of_a_lease(process):
    leases = MemoryLeases(clock=process.clock)
    one, two = holder(leases, process.clock, "one"), holder(leases, process.clock, "two")
    await one.begin()
    async with process.running(two.run()):
        await process.wait(LASTS + RENEWED_EVERY, step=timedelta(seconds=1))
        assert two.missing == ()


async def test_while_nobody_can_be_asked_the_leader_goes_on_and_says_so(process):
    leases = Away(clock=process.clock)
    one = holder(leases, process.clock, "one")
    await one.begin()
    async with process.running(one.run()):
        leases.is_away = True
        await process.wait(3 * LASTS, step=timedelta(seconds=1))
        assert one.missing == ()
        leases.is_away = False
        await process.wait(RENEWED_EVERY, step=timedelta(seconds=1))
        assert one.missing == ()


async def test_whoever_lost_a_lease_takes_it_again_once_it_is_free(process):
    leases = MemoryLeases(clock=process.clock)
    one = holder(leases, process.clock, "one", ("ingest",))
    await one.begin()
    async with process.running(one.run()):
        stolen = await leases.take("ingest", "one", lasts=LASTS)
        await process.wait(RENEWED_EVERY, step=timedelta(seconds=1))
        assert one.missing == ()
        assert not await leases.renew(stolen, lasts=LASTS)


PARTS = tuple(f"match:{n}" for n in range(16))


def sharer(leases, clock, name):
    return HoldPartitions(
        leases=leases, names=(), shared={"match": PARTS}, holder=name, clock=clock, telemetry=MemoryTelemetry()
    )


def led(*holders):
    return [{name for name in PARTS if one.leads(name)} for one in holders]


async def test_who_is_alone_in_a_group_leads_all_of_it_from_the_beginning():
    clock = HandClock(NOON)
    one = sharer(MemoryLeases(clock=clock), clock, "one")
    await one.begin()
    assert led(one) == [set(PARTS)]


async def test_a_group_is_divided_evenly_among_all_who_want_it_and_nothing_is_led_twice(process):
    leases = MemoryLeases(clock=process.clock)
    holders = [sharer(leases, process.clock, name) for name in ("one", "two", "three")]
    for one in holders:
        await one.begin()
    async with process.running(holders[0].run()), process.running(holders[1].run()), process.running(holders[2].run()):
        await process.wait(3 * RENEWED_EVERY, step=timedelta(seconds=1))
        shares = led(*holders)
        assert set.union(*shares) == set(PARTS)
        assert sorted(map(len, shares)) == [5, 5, 6]
        for one in holders:
            assert one.missing == ()


async def test_the_share_of_one_who_died_falls_to_the_others(process):
    leases = MemoryLeases(clock=process.clock)
    one, two = (sharer(leases, process.clock, name) for name in ("one", "two"))
    await one.begin()
    async with process.running(one.run()):
        async with process.running(two.run()):
            await process.wait(3 * RENEWED_EVERY, step=timedelta(seconds=1))
            assert list(map(len, led(one, two))) == [8, 8]
        await process.wait(LASTS + 2 * RENEWED_EVERY, step=timedelta(seconds=1))
        assert led(one) == [set(PARTS)]


async def test_the_share_of_one_who_left_in_good_order_falls_to_the_others_at_once(process):
    leases = MemoryLeases(clock=process.clock)
    one, two = (sharer(leases, process.clock, name) for name in ("one", "two"))
    await one.begin()
    async with process.running(one.run()):
        async with process.running(two.run()):
            await process.wait(3 * RENEWED_EVERY, step=timedelta(seconds=1))
        await two.end()
        await process.wait(2 * RENEWED_EVERY, step=timedelta(seconds=1))
        assert led(one) == [set(PARTS)]


async def test_what_only_a_leader_does_is_done_while_it_leads_and_by_its_successor_afterwards(process):
    leases = MemoryLeases(clock=process.clock)
    one, two = (holder(leases, process.clock, name, ("bot",)) for name in ("one", "two"))
    acts = []

    async def act(name):
        acts.append(f"{name} begins")
        try:
            await process.clock.sleep_until(process.clock.now() + timedelta(days=1))
        finally:
            acts.append(f"{name} ends")

    await one.begin()
    async with process.running(two.run()), process.running(two.while_leading("bot", lambda: act("two"))):
        async with process.running(one.run()), process.running(one.while_leading("bot", lambda: act("one"))):
            await process.wait(2 * LASTS, step=timedelta(seconds=1))
            assert acts == ["one begins"]
        await one.end()
        await process.wait(2 * LASTS, step=timedelta(seconds=1))
        assert acts == ["one begins", "one ends", "two begins"]


async def test_whoever_finds_that_another_leads_stops_acting(process):
    leases = MemoryLeases(clock=process.clock)
    one = holder(leases, process.clock, "one", ("bot",))
    acts = []

    async def act():
        acts.append("begins")
        try:
            await process.clock.sleep_until(process.clock.now() + timedelta(days=1))
        finally:
            acts.append("ends")

    await one.begin()
    async with process.running(one.run()), process.running(one.while_leading("bot", act)):
        await process.wait(LASTS, step=timedelta(seconds=1))
        await leases.take("bot", "one", lasts=2 * LASTS)  # a later life of the same instance
        await process.wait(LASTS, step=timedelta(seconds=1))
        assert acts[:2] == ["begins", "ends"]
