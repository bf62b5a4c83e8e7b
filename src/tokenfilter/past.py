"""A simulated market has a past before the first screen: lived through in memory, told to the permanent store.

The stores then get from there what they would know had they been there, as after any loss (app/rebuild_state/).
"""

import asyncio
import gc
from datetime import timedelta

from tokenfilter.container import Container
from tokenfilter.opening import Progress
from tokenfilter.settings import Settings


async def live_the_past(container: Container, on_progress: Progress) -> None:
    """Live through what history does not know yet of the last days, then give the stores what follows from it."""
    settings: Settings = container.settings()
    missing = await _missing(container, timedelta(days=settings.simulator.pre_roll_days))
    if missing:
        on_progress(f"Living through {_spell(missing)} of a simulated market ...")
        await _live(container, missing)
    rebuild = container.rebuild_state()
    await (rebuild.rebuild(with_owed=True) if missing else rebuild.at_start())


async def drained(container: Container) -> None:
    """Return once every event that was heard is judged, and history knows."""
    events, journal = container.event_stream(), container.journal()
    while await events.length() or await journal.length():  # noqa: ASYNC110 - ports have no such event
        await asyncio.sleep(0.005)


async def _missing(container: Container, wanted: timedelta) -> timedelta:
    """How much of the past is not in history: all of it at first, later the time while the program did not run."""
    now = container.clock().now()
    last = now - wanted
    async for evidence in container.archive().newest_of_all(last):
        last = max(last, evidence.at)
    return max(timedelta(0), now - last) if now - last > timedelta(minutes=1) else timedelta(0)


async def _live(container: Container, length: timedelta) -> None:
    settings: Settings = container.settings()
    kept = settings.use.model_copy(update={"state": "memory", "history": "memory", "messenger": "memory"})
    past = Container(settings=settings.model_copy(update={"use": kept}))
    past.history.override(container.history())
    past.telemetry.override(past.figures())  # what is past is on no dashboard and in no log
    container.simulator.add_kwargs(pre_roll=length)
    loops = [asyncio.create_task(loop.run()) for loop in (past.match_events(), past.relay_journal())]
    gc.disable()  # nothing of the past is garbage: looking for it again and again costs a third of the time
    try:
        await past.ingest_events().follow(container.simulator().past)
        await drained(past)
    finally:
        gc.enable()
        for loop in loops:
            loop.cancel()
        await asyncio.wait(loops)
        gc.collect()


def _spell(length: timedelta) -> str:
    hours = length.total_seconds() / 3_600
    if hours < 2:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.0f} hours" if hours < 36 else f"{hours / 24:.1f} days"
