"""What the stage may break while the program runs, and whether every alert was told all the same.

Nothing here is reachable without the sandbox: it is for seeing with one's own eyes what docs/explanation/reliability.md
promises.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from tokenfilter.adapters.embedded.keeper import Keeper
from tokenfilter.container import Container
from tokenfilter.domain.ids import Destination
from tokenfilter.domain.tally import Patience, tally
from tokenfilter.ports.failures import UnavailableError

_A_MOMENT = 0.05


class Sender:
    """Runs the loop that delivers, and can have it end as a crash would: what it had in hand is given to the next."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._crash = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._crash.clear()
            delivering = asyncio.create_task(self._container.deliver_notifications().run(), name="sender")
            crashing = asyncio.create_task(self._crash.wait())
            try:
                await asyncio.wait({delivering, crashing}, return_when=asyncio.FIRST_COMPLETED)
                if delivering.done():
                    delivering.result()
                    return
                await _end_in_mid_work(delivering)
            finally:
                crashing.cancel()
                if not delivering.done():
                    delivering.cancel()
                    await asyncio.wait([delivering])
            await self._succeed()

    async def crash(self) -> str:
        """End the sender in mid-work and let another take over."""
        self._crash.set()
        return "The sender is gone. Another takes what it had in hand; what was under way may come twice."

    async def _succeed(self) -> None:
        container = self._container
        container.deliver_notifications.reset()
        container.outbox().abandon()
        await container.hold_partitions().take_again("deliver:")


def breaks(container: Container, keeper: Keeper, sender: Sender) -> Mapping[str, Callable[[], Awaitable[str]]]:
    """What can be broken of this set-up, by name."""
    valkey, postgres = container.servers().valkey, container.servers().postgres
    found: dict[str, Callable[[], Awaitable[str]]] = {}
    if valkey:

        async def kill_redis() -> str:
            await valkey.kill()
            return "Redis is killed. It is started again within seconds; meanwhile the program goes on from memory."

        found["redis"] = kill_redis
        found["sender"] = sender.crash
    if postgres:

        async def stop() -> str:
            await keeper.stop(postgres)
            return "PostgreSQL is stopped. What it must be told waits in the journal."

        async def start() -> str:
            await keeper.want(postgres)
            return "PostgreSQL is started and is told what waited."

        found["postgres-stop"], found["postgres-start"] = stop, start
    return found


async def told(container: Container) -> Mapping[str, object]:
    """What became of the alerts since the program started, and how the stores are."""
    figures, now = container.figures(), container.clock().now()
    resting = await _resting(container)
    with suppress(UnavailableError):
        if await container.outbox().length() == 0:
            figures.empty_at = now
    claims, ends = list(figures.claims), list(figures.ends)
    shown = container.sandbox().shown()
    useful_for = timedelta(minutes=container.settings().delivery.useful_minutes)
    patience = Patience(now=now, useful_for=useful_for, resting=resting, empty_at=figures.empty_at)
    found = await asyncio.to_thread(tally, claims, ends, shown, patience)
    return {
        "owed": found.owed,
        "told": found.told,
        "waiting": found.waiting,
        "withheld": found.withheld,
        "lost": len(found.lost),
        "doubled": found.doubled,
        "since": figures.started_at.isoformat() if figures.started_at else now.isoformat(),
        "stores": [_store(container, name) for name in ("redis", "postgres")],
    }


async def _resting(container: Container) -> frozenset[Destination]:
    """Destinations whose owners have alerts off for now: what is owed there rightly waits."""
    found = set[Destination]()
    for claim in {c.destination: c for c in container.figures().claims}.values():
        with suppress(UnavailableError):
            owner = await container.subscribers().get(claim.destination.chat)
            if owner and (owner.mutes.everything_until or owner.quiet):
                found.add(claim.destination)
    return frozenset(found)


def _store(container: Container, name: str) -> dict[str, object]:
    known = container.figures().neighbours.get(name)
    state = known.state if known else "up"
    return {"name": name, "state": state, "since": known.since.isoformat() if known else None}


async def _end_in_mid_work(delivering: "asyncio.Task[None]") -> None:
    """The first cancelling asks for a clean end, the second does not wait for it."""
    delivering.cancel()
    await asyncio.sleep(_A_MOMENT)
    delivering.cancel()
    await asyncio.wait([delivering])
