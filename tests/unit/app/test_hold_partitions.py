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
