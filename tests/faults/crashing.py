"""Every point around an effect at which a program may die, and a program that does: `python crashing.py run ...`.

It is the ordinary program; the method of an adapter at which it dies is wrapped before it starts.
"""

import importlib
import os
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any

from tokenfilter.cli import main

VARIABLE = "FAULTS_CRASH"
"""`<a point's name>:<at the so-manieth time>`."""

COMMAND = ["-P", __file__]  # this folder is no place to look for modules
EXIT = 137
"""As after kill -9."""

_EVENTS = "redis.event_stream:RedisEventStream"
_TOKENS = "redis.processed_tokens:RedisProcessedTokens"
_OUTBOX = "redis.outbox:RedisOutbox"
_JOURNAL = "redis.journal:RedisJournal"
_BEFORE, _AFTER = "before", "after"


class CrashPoint(Enum):
    """Adapter, method, and whether the program dies before it is carried out or when it was."""

    EVENT_COMES = (_EVENTS, "append", _BEFORE)
    EVENT_QUEUED = (_EVENTS, "append", _AFTER)
    EVENT_JUDGED = (_TOKENS, "settle", _BEFORE)
    BETWEEN_RECIPIENTS = ("redis.connection:RedisConnection", "run", _AFTER)
    EVENT_SETTLED = (_TOKENS, "settle", _AFTER)
    SEND_CHOSEN = (_OUTBOX, "intend", _BEFORE)
    SEND_INTENDED = (_OUTBOX, "intend", _AFTER)
    SENT = ("telegram.messenger:TelegramMessenger", "send", _AFTER)
    END_KNOWN = (_OUTBOX, "finish", _BEFORE)
    END_NOTED = (_OUTBOX, "finish", _AFTER)
    RELAY_READ = ("postgres.history:PostgresHistory", "record", _BEFORE)
    RELAY_RECORDED = ("postgres.history:PostgresHistory", "record", _AFTER)
    RELAY_ACKNOWLEDGED = (_JOURNAL, "acknowledge", _AFTER)
    SUBSCRIBER_SAVED = ("redis.subscribers:RedisSubscribers", "save", _AFTER)


def install(point: CrashPoint, times: int) -> None:
    """Let this process die the so-manieth time it comes to the point."""
    path, method, moment = point.value
    module, _, name = path.partition(":")
    adapter = getattr(importlib.import_module(f"tokenfilter.adapters.{module}"), name)
    setattr(adapter, method, _dying(getattr(adapter, method), _counted(point, times), is_before=moment == _BEFORE))


def _dying(
    inner: Callable[..., Coroutine[Any, Any, Any]], passes: Callable[..., None], *, is_before: bool
) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def dying(*args: Any, **kwargs: Any) -> Any:
        if is_before:
            passes(*args)
        result = await inner(*args, **kwargs)
        if not is_before:
            passes(*args)
        return result

    return dying


def _counted(point: CrashPoint, times: int) -> Callable[..., None]:
    left = times

    def passes(*args: Any) -> None:
        nonlocal left
        if point is CrashPoint.BETWEEN_RECIPIENTS and args[1].name != "settle":
            return
        left -= 1
        if left == 0:
            os._exit(EXIT)

    return passes


if __name__ == "__main__":
    wanted, _, number = os.environ[VARIABLE].partition(":")
    install(CrashPoint[wanted], int(number))
    main()
