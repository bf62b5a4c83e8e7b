"""The send budget that all senders share, kept in Redis as instants of the callers' clocks.

What Telegram allows stands in domain/pace.py.
"""

from datetime import datetime, timedelta

from tokenfilter.adapters.redis.connection import RedisConnection, Script
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.pace import CHAT_EVERY, GROUP_MOST, GROUP_WINDOW, OVERALL_EVERY, Pace
from tokenfilter.domain.plain.measures import instant, micros
from tokenfilter.ports.send_budget import SendBudget

_KEPT_FOR = timedelta(minutes=2)
"""A budget that was not spent for so long is as good as new: the longest limit is a minute."""

_MICROSECOND = timedelta(microseconds=1)
_RESERVE = Script("send_reserve", "send_numbers", "send_spend")
_REPLY = Script("send_reply", "send_numbers", "send_spend")
_HALT = Script("send_halt", "send_numbers")


class RedisSendBudget(SendBudget):
    """One call a place. `pace` learns of a chat whenever this process asks about it.

    A place that a chat's own limit puts off is taken then: until then the others go on.
    """

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        self._pace = Pace()

    async def reserve(self, chat: ChatId, now: datetime) -> datetime:
        place, free = await self._spend(_RESERVE, chat, now)
        if place < now + CHAT_EVERY:  # one that is put off further holds up nobody else
            self._pace.spend(chat, place)
        self._pace.halt(chat, free)
        return place

    async def count_reply(self, chat: ChatId, now: datetime) -> None:
        _, free = await self._spend(_REPLY, chat, now)
        self._pace.spend(chat, now)
        self._pace.halt(chat, free)

    async def halt(self, chat: ChatId, until: datetime) -> None:
        self._pace.halt(chat, until)
        await self._connection.run(_HALT, [self._keys.budget(chat)], [micros(until)])

    @property
    def pace(self) -> Pace:
        return self._pace

    async def _spend(self, script: Script, chat: ChatId, now: datetime) -> tuple[datetime, datetime]:
        """The place that was taken, and when the chat is free again."""
        group = chat < 0  # groups and channels have negative ids
        args = [
            micros(now),
            OVERALL_EVERY // _MICROSECOND,
            CHAT_EVERY // _MICROSECOND,
            GROUP_WINDOW // _MICROSECOND,
            GROUP_MOST if group else 0,
            _KEPT_FOR // _MICROSECOND,
        ]
        keys = [self._keys.budget(), self._keys.budget(chat)]
        place, free = await self._connection.run(script, keys, args)
        answer = {"place": int(place), "free": int(free)}
        return instant(answer, "place"), instant(answer, "free")
