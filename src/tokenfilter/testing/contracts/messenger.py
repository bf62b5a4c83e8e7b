"""What any messenger must keep, however its messages look."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import FoldReason
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import (
    MigratedError,
    PortError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.ports.messenger import Messenger
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

Fail = Callable[[ChatId, PortError], None]
Arrived = Callable[[ChatId], Awaitable[int]]

ANNE, BERT, GROUP = ChatId(1), ChatId(2), ChatId(-1_003)


class MessengerContract:
    """Fixtures: `messenger`, which reaches the chats 1, 2 and -1003 and topic 5 of the last.

    `fail`, a function that lets the next send to a chat end like the given error; `arrived`, a coroutine function that
    counts the messages in a chat.
    """

    async def test_an_alert_arrives_once_and_where_it_was_sent(self, messenger: Messenger, arrived: Arrived) -> None:
        sent = await messenger.send(examples.alert(ANNE), reader=Subscriber(chat=ANNE))
        assert sent.chat == ANNE
        assert [await arrived(ANNE), await arrived(BERT)] == [1, 0]

    async def test_an_alert_arrives_whoever_reads_it(self, messenger: Messenger, arrived: Arrived) -> None:
        await messenger.send(examples.alert(GROUP), reader=None)
        await messenger.send(examples.alert(GROUP), reader=Subscriber(chat=ANNE, silent=True, zone="Asia/Tokyo"))
        assert await arrived(GROUP) == 2

    async def test_an_alert_to_a_topic_arrives_in_its_chat(self, messenger: Messenger, arrived: Arrived) -> None:
        await messenger.send(examples.alert(to=Destination(GROUP, 5)), reader=None)
        assert await arrived(GROUP) == 1

    async def test_a_digest_of_many_arrives_as_one_message(self, messenger: Messenger, arrived: Arrived) -> None:
        about = [examples.stamped(examples.heard(f"e{n}", about=examples.token(n))) for n in range(1, 61)]
        digest = digest_of(tuple(examples.alert(ANNE, about=e) for e in about), FoldReason.TOO_MANY, now=NOON)
        await messenger.send(digest, reader=Subscriber(chat=ANNE))
        assert await arrived(ANNE) == 1

    async def test_messages_in_a_chat_have_ids_of_their_own(self, messenger: Messenger) -> None:
        sent = await asyncio.gather(*[messenger.send(examples.alert(ANNE), reader=None) for _ in range(2)])
        assert len({s.message_id for s in sent}) == 2

    async def test_a_wish_to_wait_is_passed_on_and_nothing_was_sent(
        self, messenger: Messenger, fail: Fail, arrived: Arrived
    ) -> None:
        fail(ANNE, RateLimitedError(timedelta(seconds=7)))
        with pytest.raises(RateLimitedError) as refused:
            await messenger.send(examples.alert(ANNE), reader=None)
        assert refused.value.retry_after == timedelta(seconds=7)
        assert await arrived(ANNE) == 0

    async def test_a_chat_that_cannot_be_reached_any_more_is_told_as_gone(
        self, messenger: Messenger, fail: Fail
    ) -> None:
        fail(ANNE, RecipientGoneError("blocked"))
        with pytest.raises(RecipientGoneError):
            await messenger.send(examples.alert(ANNE), reader=None)

    async def test_a_chat_with_a_new_id_is_told_with_it(self, messenger: Messenger, fail: Fail) -> None:
        fail(GROUP, MigratedError(ChatId(-1_009)))
        with pytest.raises(MigratedError) as moved:
            await messenger.send(examples.alert(GROUP), reader=None)
        assert moved.value.new_chat == -1_009

    async def test_what_will_never_be_accepted_is_refused_and_nothing_more_is_said_of_the_chat(
        self, messenger: Messenger, fail: Fail
    ) -> None:
        fail(ANNE, RefusedError("cannot be read"))
        with pytest.raises(RefusedError) as refused:
            await messenger.send(examples.alert(ANNE), reader=None)
        assert not isinstance(refused.value, RecipientGoneError | MigratedError)

    async def test_what_surely_was_not_sent_is_told_apart_from_what_may_have_been(
        self, messenger: Messenger, fail: Fail
    ) -> None:
        for acted in (False, None):
            fail(ANNE, UnavailableError("no answer", acted=acted))
            with pytest.raises(UnavailableError) as failed:
                await messenger.send(examples.alert(ANNE), reader=None)
            assert failed.value.acted is acted

    async def test_a_failure_in_one_chat_touches_neither_the_next_send_nor_another_chat(
        self, messenger: Messenger, fail: Fail, arrived: Arrived
    ) -> None:
        fail(ANNE, RateLimitedError(timedelta(seconds=1)))
        await messenger.send(examples.alert(BERT), reader=None)
        with pytest.raises(RateLimitedError):
            await messenger.send(examples.alert(ANNE), reader=None)
        await messenger.send(examples.alert(ANNE), reader=None)
        assert [await arrived(ANNE), await arrived(BERT)] == [1, 1]
