"""The program dies at every point around an effect and is started again: nothing is lost, at most the sends in flight
are repeated.

Who pushes does as a feed that fills its gap: what was pushed last is pushed again.
"""

from datetime import UTC, datetime

import pytest
from tests.faults.crashing import COMMAND, EXIT, VARIABLE, CrashPoint
from tests.faults.oracle import call_of_a_token
from tests.faults.programs import until
from tests.faults.scene import IN_FLIGHT, SOAK

from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Mutes, Subscriber, with_filter

PEOPLE, TOKENS = 12, 3
TIMES = {
    CrashPoint.EVENT_COMES: 2,
    CrashPoint.EVENT_QUEUED: 2,
    CrashPoint.EVENT_JUDGED: 2,
    CrashPoint.EVENT_SETTLED: 2,
    CrashPoint.SEND_CHOSEN: 5,
    CrashPoint.SEND_INTENDED: 12,
    CrashPoint.SENT: 12,
    CrashPoint.END_KNOWN: 3,
    CrashPoint.END_NOTED: 3,
    CrashPoint.RELAY_READ: 2,
    CrashPoint.RELAY_RECORDED: 2,
    CrashPoint.RELAY_ACKNOWLEDGED: 2,
}
"""At the so-manieth time it comes to each; `make soak` tries every time up to that."""

ELSEWHERE = {CrashPoint.BETWEEN_RECIPIENTS, CrashPoint.SUBSCRIBER_SAVED}
"""These need a story of their own."""


def test_every_point_has_a_story():
    assert {*TIMES, *ELSEWHERE} == set(CrashPoint)


@pytest.mark.parametrize(
    ("point", "times"),
    [
        pytest.param(point, times, id=f"{point.name}-{times}")
        for point, last in TIMES.items()
        for times in range(1 if SOAK else last, last + 1)
    ],
)
async def test_a_crash_loses_nothing_and_repeats_at_most_what_was_in_flight(scene, point, times):
    await scene.seed(dict.fromkeys(scene.telegram.people[:PEOPLE], "mcap >= 1"))
    doomed = await scene.started(command=COMMAND, environment={VARIABLE: f"{point.name}:{times}"})
    await scene.push(*(call_of_a_token() for _ in range(TOKENS)))
    assert await doomed.ended() == EXIT
    await scene.started()
    await scene.push_again(*scene.heard)
    await scene.ends_well(doubled=IN_FLIGHT)


@pytest.mark.parametrize("times", [1, 2] if SOAK else [2])
async def test_a_crash_between_two_thousands_of_recipients_loses_and_doubles_nobody(scene, times):
    heard, people = call_of_a_token(), scene.telegram.people[:PEOPLE]
    wanted = parse_filter("mcap >= 1")
    crowd = [Subscriber(chat=ChatId(10**6 + n), version=1) for n in range(2_500 - PEOPLE)]
    mutes = Mutes(tokens={heard.token: None})
    muted = [with_filter(Subscriber(chat=s.chat, version=1, mutes=mutes), "One", wanted) for s in crowd]
    await scene.seed(dict.fromkeys(people, "mcap >= 1"), also=muted)
    doomed = await scene.started(command=COMMAND, environment={VARIABLE: f"BETWEEN_RECIPIENTS:{times}"})
    await scene.push(heard)
    assert await doomed.ended() == EXIT
    await scene.started()
    await scene.ends_well()
    async with scene.stores() as container:
        told = await container.archive().told(heard.token, datetime(2020, 1, 1, tzinfo=UTC))
    assert set(told) == {Destination(chat) for chat in (*people, *(s.chat for s in crowd))}


async def test_a_crash_after_a_person_was_saved_keeps_the_person_and_answers_the_next_time(scene):
    doomed = await scene.started(command=COMMAND, environment={VARIABLE: "SUBSCRIBER_SAVED:1"})
    person = scene.telegram.new_person()
    scene.telegram.say(person, "/start")
    assert await doomed.ended() == EXIT
    await scene.started()
    async with scene.stores() as container:
        assert await container.subscribers().get(person) is not None

        async def is_kept():
            return await container.archive().subscriber(person) is not None

        await until(is_kept, "history knows the person")
    scene.telegram.say(person, "/start")
    await until(lambda: scene.telegram.heard_by(person), "the person is answered")
    assert await scene.programs[-1].stopped() == 0
