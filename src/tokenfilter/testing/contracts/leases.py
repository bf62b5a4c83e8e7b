"""What any store of leases must keep."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tokenfilter.ports.leases import Lease, Leases

Pass = Callable[[timedelta], Awaitable[None]]

LONG = timedelta(minutes=1)
SHORT = timedelta(milliseconds=30)


async def taken(leases: Leases, name: str, holder: str, *, lasts: timedelta = LONG) -> Lease:
    """A lease that nobody else holds."""
    lease = await leases.take(name, holder, lasts=lasts)
    assert lease is not None
    return lease


class LeasesContract:
    """Fixtures: `leases`, nothing held; `let_pass`, which lets a span go by in the store's time."""

    async def test_a_free_lease_is_taken_and_has_a_holder(self, leases: Leases) -> None:
        assert await leases.holder("match:1") is None
        lease = await taken(leases, "match:1", "anne: 1")
        assert (lease.name, lease.holder) == ("match:1", "anne: 1")
        assert await leases.holder("match:1") == "anne: 1"

    async def test_what_another_holds_is_not_taken(self, leases: Leases) -> None:
        await taken(leases, "match:1", "anne")
        assert await leases.take("match:1", "bert", lasts=LONG) is None
        assert await leases.holder("match:1") == "anne"

    async def test_of_many_who_want_it_at_once_one_has_it(self, leases: Leases) -> None:
        ends = await asyncio.gather(*[leases.take("ingest", f"h{n}", lasts=LONG) for n in range(8)])
        won = [lease for lease in ends if lease]
        assert len(won) == 1
        assert await leases.holder("ingest") == won[0].holder

    async def test_leases_of_other_names_are_others(self, leases: Leases) -> None:
        for name in ("match:1", "match:2", "deliver:1", "ingest", "relay:cfg"):
            await taken(leases, name, name)
        assert await leases.holder("match:1") == "match:1"
        assert await leases.holder("relay:cfg") == "relay:cfg"

    async def test_every_taking_raises_the_fence_also_by_the_same_holder(self, leases: Leases, let_pass: Pass) -> None:
        fences = [(await taken(leases, "match:1", "anne")).fence for _ in range(2)]
        await leases.release(Lease(name="match:1", holder="anne", fence=fences[-1]))
        fences.append((await taken(leases, "match:1", "bert", lasts=SHORT)).fence)
        await let_pass(2 * SHORT)
        fences.append((await taken(leases, "match:1", "cleo")).fence)
        assert fences == sorted(set(fences))

    async def test_a_lease_that_ran_out_is_free(self, leases: Leases, let_pass: Pass) -> None:
        await taken(leases, "match:1", "anne", lasts=SHORT)
        await let_pass(2 * SHORT)
        assert await leases.holder("match:1") is None
        await taken(leases, "match:1", "bert")

    async def test_a_renewed_lease_holds_on(self, leases: Leases, let_pass: Pass) -> None:
        lease = await taken(leases, "match:1", "anne", lasts=SHORT)
        assert await leases.renew(lease, lasts=LONG)
        await let_pass(2 * SHORT)
        assert await leases.take("match:1", "bert", lasts=LONG) is None

    async def test_a_lease_that_ran_out_may_be_renewed_while_nobody_has_taken_it(
        self, leases: Leases, let_pass: Pass
    ) -> None:
        lease = await taken(leases, "match:1", "anne", lasts=SHORT)
        await let_pass(2 * SHORT)
        assert await leases.renew(lease, lasts=LONG)
        assert await leases.holder("match:1") == "anne"

    async def test_what_another_has_taken_is_not_renewed(self, leases: Leases, let_pass: Pass) -> None:
        lost = await taken(leases, "match:1", "anne", lasts=SHORT)
        await let_pass(2 * SHORT)
        await taken(leases, "match:1", "bert")
        assert not await leases.renew(lost, lasts=LONG)
        assert await leases.holder("match:1") == "bert"

    async def test_a_former_life_of_the_same_holder_renews_nothing(self, leases: Leases) -> None:
        former = await taken(leases, "match:1", "anne")
        lease = await taken(leases, "match:1", "anne")
        assert not await leases.renew(former, lasts=LONG)
        assert await leases.renew(lease, lasts=LONG)

    async def test_a_released_lease_is_free_at_once(self, leases: Leases) -> None:
        lease = await taken(leases, "match:1", "anne")
        for _ in range(2):
            await leases.release(lease)
            assert await leases.holder("match:1") is None
        await taken(leases, "match:1", "bert")

    async def test_releasing_what_another_holds_by_now_changes_nothing(self, leases: Leases) -> None:
        former = await taken(leases, "match:1", "anne")
        await leases.release(former)
        await taken(leases, "match:1", "bert")
        await leases.release(former)
        assert await leases.holder("match:1") == "bert"
