"""What a cache serves, what it gives up, and who loads what is missing."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tokenfilter.adapters.layered.smart_cache import SmartCache
from tokenfilter.ports.failures import RefusedError, UnavailableError

TTL, STALE, MOST = 10, 30, 3


class Timer:
    """Seconds that run when they are told to."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def cache(timer=None, *, stale=0, most=MOST):
    """A cache of ten seconds."""
    ttl, stale_for = timedelta(seconds=TTL), timedelta(seconds=stale)
    return SmartCache("numbers", ttl=ttl, most=most, stale_for=stale_for, timer=timer or Timer())


class Loads:
    """A loader that answers when it is let, and counts."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0
        self.asked_at_all, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, key):
        self.asked += 1
        self.asked_at_all.set()
        answer = self.answers.pop(0)
        await self.go.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def at(loads, coroutine):
    """A task that has come as far as its load."""
    task = asyncio.ensure_future(coroutine)
    await loads.asked_at_all.wait()
    return task


def let(*answers):
    """A loader that answers at once."""
    loads = Loads(*answers)
    loads.go.set()
    return loads


async def test_many_who_ask_at_once_cause_one_load():
    numbers, loads = cache(), Loads(7)
    asking = asyncio.gather(*(numbers.get_or_load("a", loads) for _ in range(50)))
    await asyncio.sleep(0)
    loads.go.set()
    assert await asking == [7] * 50
    assert loads.asked == 1
    assert numbers.get("a") == 7


async def test_loads_of_different_keys_do_not_wait_for_one_another():
    numbers, slow = cache(), Loads(1)
    waiting = await at(slow, numbers.get_or_load("slow", slow))
    assert await numbers.get_or_load("quick", let(2)) == 2
    slow.go.set()
    assert await waiting == 1


async def test_a_failed_load_is_told_to_everyone_who_waits_and_not_kept():
    numbers, loads = cache(), Loads(RefusedError("no"))
    asking = asyncio.gather(*(numbers.get_or_load("a", loads) for _ in range(3)), return_exceptions=True)
    await asyncio.sleep(0)
    loads.go.set()
    assert [str(end) for end in await asking] == ["no"] * 3
    assert await numbers.get_or_load("a", let(7)) == 7


async def test_nothing_is_no_value():
    numbers, loads = cache(), let(None, 7)
    assert await numbers.get_or_load("a", loads) is None
    assert await numbers.get_or_load("a", loads) == 7


async def test_a_caller_who_is_cancelled_does_not_cancel_the_load_of_the_others():
    numbers, loads = cache(), Loads(7)
    first = await at(loads, numbers.get_or_load("a", loads))
    second = asyncio.ensure_future(numbers.get_or_load("a", loads))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    loads.go.set()
    assert await second == 7
    assert loads.asked == 1


@pytest.mark.parametrize("answer", [7, RefusedError("no")])
async def test_a_load_whose_callers_all_went_ends_by_itself(answer):
    numbers, loads = cache(), Loads(answer)
    caller = await at(loads, numbers.get_or_load("a", loads))
    caller.cancel()
    await asyncio.wait([caller])
    load = numbers._flights["a"][asyncio.get_running_loop()]
    loads.go.set()
    await asyncio.wait([load])
    assert numbers.get("a") == (7 if answer == 7 else None)


@pytest.mark.parametrize(
    ("ends", "left"),
    [
        (lambda numbers: numbers.invalidate("a"), None),
        (lambda numbers: numbers.clear(), None),
        (lambda numbers: numbers.doubt("a"), None),
        (lambda numbers: numbers.doubt(), None),
        (lambda numbers: numbers.put("a", 8), 8),
    ],
)
async def test_what_was_loaded_before_the_value_changed_is_not_kept(ends, left):
    numbers, loads = cache(), Loads(7)
    before = await at(loads, numbers.get_or_load("a", loads))
    ends(numbers)
    loads.go.set()
    assert await before == 7
    assert numbers.get("a") == left


async def test_whoever_asks_after_a_value_changed_does_not_get_the_load_from_before():
    numbers, old, new = cache(), Loads(7), Loads(8)
    before = await at(old, numbers.get_or_load("a", old))
    numbers.invalidate("a")
    after = await at(new, numbers.get_or_load("a", new))
    new.go.set()
    assert await after == 8
    old.go.set()
    assert await before == 7
    assert numbers.get("a") == 8


async def test_a_value_past_its_time_is_served_only_while_nobody_can_be_asked():
    timer = Timer()
    numbers = cache(timer, stale=STALE)
    numbers.put("a", 7)
    timer.seconds = STALE - 1
    assert await numbers.get_or_load("a", let(UnavailableError("away"))) == 7
    with pytest.raises(RefusedError):
        await numbers.get_or_load("a", let(RefusedError("no")))
    assert numbers.figures().stale == 1
    assert await numbers.get_or_load("a", let(8)) == 8


async def test_a_value_that_is_too_old_or_known_to_be_untrue_is_not_served_at_all():
    timer = Timer()
    numbers = cache(timer, stale=STALE)
    numbers.put("a", 7)
    numbers.put("b", 7)
    numbers.invalidate("b")
    timer.seconds = STALE
    for key in ("a", "b"):
        with pytest.raises(UnavailableError):
            await numbers.get_or_load(key, let(UnavailableError("away")))


def test_it_may_be_used_from_many_threads_each_with_its_own_loop():
    numbers = SmartCache("numbers", ttl=timedelta(minutes=1), most=50)
    loads = Counter()

    async def double(key):
        loads[key] += 1
        await asyncio.sleep(0)
        return key * 2

    async def use(seed):
        for step in range(400):
            key = seed * 31 * step % 97
            assert await numbers.get_or_load(key, double) == key * 2
            assert numbers.get(key) in (None, key * 2)
            if step % 13 == 0:
                numbers.invalidate((key + 1) % 97)
            if step % 97 == 0:
                numbers.sweep()

    with ThreadPoolExecutor(8) as pool:
        for end in [pool.submit(asyncio.run, use(seed)) for seed in range(1, 9)]:
            end.result()
    figures = numbers.figures()
    assert figures.held <= 50
    assert figures.hits + figures.misses == 2 * 8 * 400
    assert not numbers._flights
