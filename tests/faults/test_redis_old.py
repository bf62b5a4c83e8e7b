"""Redis comes back with old data after the program was killed: what PostgreSQL knows is not lost and not told twice."""

import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.faults.oracle import call_of_a_token
from tests.servers import connected

PEOPLE, TOKENS = 20, 4
ENDED = (
    "SELECT split_part(token, ':', 2) AS address, chat FROM notifications WHERE event <> '' AND ended_at IS NOT NULL"
)


@pytest.fixture
def data(fault_directory):
    return fault_directory / "redis" / "valkey"


async def begun(scene):
    """A program in the middle of a burst: much of it is owed, some is sent."""
    await scene.seed(dict.fromkeys(scene.telegram.people[:PEOPLE], "mcap >= 1"))
    program = await scene.started()
    await scene.push(*(call_of_a_token() for _ in range(TOKENS)))
    await scene.until_told(10)
    return program


async def gone_on(scene):
    await scene.push(call_of_a_token())
    await scene.until_all_told()
    await scene.until_history_knows()


async def ended(scene, *, doubled=0):
    """A new program is told all once more, and something new."""
    await scene.started()
    await scene.until_all_told()
    await scene.push_again(*scene.heard)
    await scene.push(call_of_a_token())
    await scene.ends_well(doubled=doubled)


@asynccontextmanager
async def put_aside(scene, data: Path, copy: Path):
    """What Redis holds now is what it comes back with."""
    await scene.valkey.pause()
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock", "*.pid"))
    await scene.valkey.resume()
    yield
    await scene.valkey.kill()
    shutil.rmtree(data)
    shutil.copytree(copy, data)
    await scene.valkey.start()


async def test_a_program_killed_while_redis_was_away_has_told_what_it_told(scene):
    program = await begun(scene)
    await scene.valkey.kill()
    await gone_on(scene)
    await program.killed()
    await scene.valkey.start()
    await ended(scene)


async def test_both_killed_and_redis_back_as_it_was_in_the_middle_of_a_burst_loses_and_doubles_nothing(
    scene, data, tmp_path
):
    program = await begun(scene)
    async with put_aside(scene, data, tmp_path / "copy"):
        await gone_on(scene)
        await program.killed()
    await ended(scene)


async def test_what_was_owed_when_both_were_killed_is_told_from_postgres_and_nothing_again_of_which_it_knew_the_end(
    scene, data, tmp_path
):
    program = await begun(scene)
    await scene.until_all_told()
    async with put_aside(scene, data, tmp_path / "copy"):
        already = scene.told().total()
        await scene.push(*(call_of_a_token() for _ in range(TOKENS)))
        await scene.until_history_has_whom_to_tell()
        await scene.until_told(already + PEOPLE)
        await program.killed()
    async with connected(scene.database) as connection:
        known = {(row["address"], row["chat"]) for row in await connection.fetch(ENDED)}
    assert len(known) < len(scene.heard) * PEOPLE
    await ended(scene, doubled=len(scene.heard) * PEOPLE - len(known))
    assert {pair for pair, times in scene.told().items() if times > 1}.isdisjoint(known)
