"""Open questions in Redis: a string a chat, which runs out by itself."""

from datetime import datetime

from tokenfilter.adapters.redis.connection import RedisConnection, translated
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.stored import read
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.plain.fields import Plain, member, object_of, text, text_of, whole
from tokenfilter.domain.plain.measures import instant, micros
from tokenfilter.domain.plain.text import dumps
from tokenfilter.ports.sessions import FORGOTTEN_AFTER, Asked, Sessions


class RedisSessions(Sessions):
    """The instant it was asked stands within: the server's time says when memory is free, the caller's what is true."""

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    async def open(self, chat: ChatId, asked: Asked, *, now: datetime) -> None:
        plain = {"at": micros(now), "question": asked.question, "message": asked.message_id, "about": asked.about}
        with translated():
            await self._connection.writes.set(self._keys.session(chat), dumps(plain), px=FORGOTTEN_AFTER)

    async def asked(self, chat: ChatId, *, now: datetime) -> Asked | None:
        with translated():
            found = await self._connection.reads.get(self._keys.session(chat))
        if found is None:
            return None
        at, asked = read(found, _from_plain)
        return asked if now < at + FORGOTTEN_AFTER else None

    async def close(self, chat: ChatId) -> None:
        with translated():
            await self._connection.writes.delete(self._keys.session(chat))


def _from_plain(plain: Plain) -> tuple[datetime, Asked]:
    plain = object_of(plain, "session")
    about = {name: text_of(value, name) for name, value in member(plain, "about").items()}
    return instant(plain, "at"), Asked(
        question=text(plain, "question"), message_id=whole(plain, "message"), about=about
    )
