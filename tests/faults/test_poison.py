"""What cannot be read, judged or kept stops nothing and can be looked at."""

from dataclasses import replace

from redis.asyncio import Redis
from tests.faults.oracle import call_of_a_token
from tests.faults.poisoned import COMMAND, VARIABLES

from tokenfilter.domain.event import TokenFacts

PREFIX = "tokenfilter:"
HOSTILE = TokenFacts(symbol="A\0B\ud800", name="\u241b\x85" * 10)
"""No store can hold it as it is."""


async def test_entries_that_make_no_sense_stop_nothing_and_are_listed_as_dead(scene):
    await scene.seed(dict.fromkeys(scene.telegram.people[:10], "mcap >= 1"))
    await scene.started()
    await scene.push(call_of_a_token())
    await scene.until_all_told()
    async with Redis.from_url(scene.valkey.url) as redis:
        for stream in ("events:{0}", "outbox:{0}:B", "journal:{0}"):
            await redis.xadd(f"{PREFIX}{stream}", {"e": f"no entry of {stream}"})
            await redis.xadd(f"{PREFIX}{stream}", {"e": b"\xff\xfe"})
            await redis.xadd(f"{PREFIX}{stream}", {"strange": "field"})
    await scene.push(*(call_of_a_token() for _ in range(3)))
    await scene.ends_well()
    samples = str(await scene.dead_letters())
    for stream in ("events:{0}", "outbox:{0}:B", "journal:{0}"):
        assert f"no entry of {stream}" in samples


async def test_what_cannot_be_judged_and_what_cannot_be_kept_stop_nothing_and_are_listed_as_dead(scene):
    await scene.seed(dict.fromkeys(scene.telegram.people[:10], "mcap >= 1"))
    not_judged, not_kept = call_of_a_token(), call_of_a_token()
    poisons = dict(zip(VARIABLES, (not_judged.token.address, not_kept.token.address), strict=True))
    await scene.started(command=COMMAND, environment=poisons)
    await scene.push_again(not_judged)
    await scene.push(replace(call_of_a_token(), facts=HOSTILE), not_kept, call_of_a_token())
    await scene.ends_well()
    letters = {letter["reason"]: letter for letter in await scene.dead_letters()}
    assert set(letters) == {"matching: ZeroDivisionError", "history: poison"}
    assert not_judged.id in letters["matching: ZeroDivisionError"]["sample"]
    assert not_kept.id in letters["history: poison"]["sample"]
    assert all(letter["retriable"] for letter in letters.values())
