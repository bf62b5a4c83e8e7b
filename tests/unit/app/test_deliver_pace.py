"""Telegram's limits are used to the full and never passed, whatever the stores and Telegram take their time for."""

from bisect import bisect_left
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.send_budget import MemorySendBudget
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import RateLimitedError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

MS, SECOND, MINUTE = timedelta(milliseconds=1), timedelta(seconds=1), timedelta(minutes=1)


class Timed(MemoryMessenger):
    """Notes when it was asked, and answers after a while."""

    def __init__(self):
        super().__init__()
        self.clock = None
        self.answers_in = timedelta(0)
        self.asked = []

    async def send(self, notification, *, reader):
        self.asked.append((self.clock.now(), notification))
        await self.clock.sleep_until(self.clock.now() + self.answers_in)
        return await super().send(notification, reader=reader)

    def most_within(self, span):
        """The most requests that began within any such span."""
        times = [at for at, _ in self.asked]
        return max(bisect_left(times, at + span) - first for first, at in enumerate(times))


@pytest.fixture
def process(new_process, monkeypatch):
    for waits in ("FINISHING", "NOTING"):  # the clock stands still at the end
        monkeypatch.setattr(f"tokenfilter.app.deliver_notifications.loops.{waits}", 0)
    process = new_process(messenger=Timed())
    process.messenger.clock = process.clock
    return process


def slowed(process, latency):
    """The stores of a process take their time for each call; how many readers are looked up at once is counted."""

    def late(base, *names):
        def through(name):
            async def call(self, *args, **kwargs):
                self.now[name] = self.now.get(name, 0) + 1
                self.most[name] = max(self.most.get(name, 0), self.now[name])
                await process.clock.sleep_until(process.clock.now() + latency)
                self.now[name] -= 1
                return await getattr(base, name)(self, *args, **kwargs)

            return call

        return type(f"Late{base.__name__}", (base,), {"now": {}, "most": {}, **{n: through(n) for n in names}})

    process.outbox.__class__ = late(MemoryOutbox, "intend", "finish")
    process.budget.__class__ = late(MemorySendBudget, "reserve")
    process.subscribers.__class__ = late(MemorySubscribers, "get")


async def backlog(process, chats, each=1, **more):
    """Chats that are subscribers, owed so many alerts each."""
    for chat in range(1, chats + 1):
        await process.subscribers.save(Subscriber(chat=ChatId(chat)), now=NOON)
    for number in range(1, each + 1):
        about = examples.stamped(examples.heard(f"e{number}", about=examples.token(number)))
        alert = examples.alert(1, about=about, **more)
        for chat in range(1, chats + 1):
            to = examples.alert(chat).destination
            named = replace(alert, id=f"{number}.{chat}", destination=to, owners=(ChatId(chat),))
            await process.outbox.put(named)


@pytest.mark.parametrize(("answers_in", "latency", "seconds"), [(0, 0, 60), (250, 0, 20), (100, 8, 20)])
async def test_a_backlog_goes_out_at_29_a_second(process, answers_in, latency, seconds):
    await backlog(process, 600, 3, useful_for=timedelta(hours=1))
    process.messenger.answers_in = answers_in * MS
    slowed(process, latency * MS)
    async with process.running(process.sender().run()):
        await process.flow(seconds * SECOND)
    assert len(process.messenger.asked) >= 0.95 * 29 * seconds
    assert process.messenger.most_within(SECOND) <= 30


async def test_timers_that_are_late_never_let_more_than_thirty_requests_begin_in_a_second(process):
    await backlog(process, 300)
    async with process.running(process.sender().run()):
        for late in (80, 10, 120, 34, 60, 150, 35, 68, 20) * 3:
            await process.flow(130 * MS)
            process.clock.advance(late * MS)
    assert len(process.messenger.asked) >= 100
    assert process.messenger.most_within(SECOND) <= 30


async def test_two_thousand_messages_for_one_chat_do_not_make_the_others_wait(process):
    await backlog(process, 100, 0)
    flood = examples.alert(1)
    for number in range(2_000):
        await process.outbox.put(replace(flood, id=f"flood.{number}"))
    waited = []
    async with process.running(process.sender().run()):
        for number in range(300):  # 20 a second for the others
            await process.flow(50 * MS)
            chat = 2 + number % 98
            now = process.clock.now()
            await process.outbox.put(replace(examples.alert(chat), id=f"other.{number}", queued_at=now))
        await process.flow(10 * SECOND)
    for at, notification in process.messenger.asked:
        if notification.id.startswith("other."):
            waited.append(at - notification.queued_at)
    assert len(waited) == 300
    assert sorted(waited)[int(0.95 * len(waited))] < 2 * SECOND
    assert process.messenger.most_within(SECOND) <= 30


async def test_refusals_for_speed_halve_the_rate_and_it_comes_back_by_a_tenth_a_minute(process):
    for chat in range(1, 5):
        process.messenger.fail(chat, RateLimitedError(5 * SECOND))
    await backlog(process, 1_000, 6, useful_for=timedelta(hours=1))
    process.messenger.answers_in = 10 * MS
    async with process.running(process.sender().run()):
        await process.flow(4 * SECOND)
        assert len(process.messenger.asked) == 4, "who waited for a place when the fourth was refused waits on"
        await process.flow(56 * SECOND)
        first = len(process.messenger.asked)
        assert 0.45 * 29 * 55 <= first <= 0.6 * 29 * 55
        await process.flow(MINUTE)
        second = len(process.messenger.asked) - first
        assert 0.08 <= (second - first * 60 / 55) / (29 * 60) <= 0.12


async def test_recipients_who_are_not_told_take_no_time_from_those_who_are(process):
    await backlog(process, 3_000)
    for chat in range(1, 2_991):
        await process.edits.stop(ChatId(chat))
    slowed(process, 5 * MS)
    async with process.running(process.sender(slices=5).run()):
        await process.flow(8 * SECOND)
    assert process.subscribers.most["get"] == 5
    assert len(process.messenger.sent) == 10
    assert (await process.outcomes()).count(DeliveryOutcome.MUTED) == 2_990


@pytest.mark.parametrize("slices", [1, 2])
async def test_readers_are_looked_up_in_as_many_slices_as_was_set(process, slices):
    await backlog(process, 300)
    slowed(process, 5 * MS)
    async with process.running(process.sender(slices=slices).run()):
        await process.flow(12 * SECOND)
    assert process.subscribers.most["get"] == slices
    assert len(process.messenger.sent) == 300


async def test_a_reply_that_overtakes_an_alert_delays_that_chat_and_no_other(process):
    await backlog(process, 2)
    slowed(process, 5 * MS)
    async with process.running(process.sender().run()):
        await process.flow(2 * MS)  # the first alert's reader is being looked up
        await process.budget.count_reply(ChatId(1), process.clock.now())
        await process.flow(500 * MS)
        assert [n.destination.chat for n in process.messenger.sent] == [2]
        await process.flow(600 * MS)
    assert [n.destination.chat for n in process.messenger.sent] == [2, 1]


class Shared(MemorySendBudget):
    """Another sender was told to leave a chat alone, which only the shared store knows."""

    def __init__(self, chat, until):
        super().__init__()
        self._chat, self._until = chat, until

    async def reserve(self, chat, now):
        if chat == self._chat and now < self._until:
            await self.halt(chat, self._until)
            return self._until
        return await super().reserve(chat, now)


async def test_a_place_that_is_far_off_holds_no_other_up(process):
    process.budget = Shared(ChatId(1), NOON + 30 * SECOND)
    await backlog(process, 3)
    async with process.running(process.sender().run()):
        await process.flow(29 * SECOND)
        assert sorted(n.destination.chat for n in process.messenger.sent) == [2, 3]
        await process.flow(5 * SECOND)
    assert len(process.messenger.sent) == 3
