"""Questions to the bot that expire: pressed buttons and checkouts, each answered at most once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tokenfilter.adapters.sandbox.errors import ApiError, bad_request

KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed inline button."""

    person_id: int
    chat_id: int
    message_id: int
    pressed_at: float


def too_old() -> ApiError:
    """The one text Telegram has for a late, repeated or invented answer."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")


class Presses:
    """Callback queries not yet answered; instants in Unix time."""

    def __init__(self, *, lifetime: float, instant: Callable[[], float]) -> None:
        self._lifetime = lifetime
        self._instant = instant
        self._open: dict[str, Press] = {}
        self._count = 0

    def add(self, *, person_id: int, chat_id: int, message_id: int) -> str:
        """A new query's id."""
        self._count += 1
        if len(self._open) >= KEPT:
            del self._open[next(iter(self._open))]
        press = Press(person_id=person_id, chat_id=chat_id, message_id=message_id, pressed_at=self._instant())
        query_id = str(4_000_000_000_000_000 + self._count)
        self._open[query_id] = press
        return query_id

    def take(self, query_id: str) -> Press:
        """Answer a query.

        Raises:
            ApiError: it is unknown, answered already, or older than its lifetime.
        """
        press = self._open.pop(query_id, None)
        if press is None or self._instant() - press.pressed_at > self._lifetime:
            raise too_old()
        return press


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutAnswer:
    """What the bot said to a pre-checkout query; `refusal` is None when it agreed."""

    refusal: str | None


class Checkouts:
    """Pre-checkout queries: somebody waits for each answer."""

    def __init__(self, *, lifetime: float) -> None:
        self._lifetime = lifetime
        self._open: dict[str, asyncio.Future[CheckoutAnswer]] = {}
        self._count = 0

    def add(self) -> str:
        """A new query's id."""
        self._count += 1
        query_id = str(7_000_000_000_000_000 + self._count)
        self._open[query_id] = asyncio.get_running_loop().create_future()
        return query_id

    async def answer_to(self, query_id: str) -> CheckoutAnswer | None:
        """The bot's answer; None if it did not come in time."""
        try:
            return await asyncio.wait_for(self._open[query_id], self._lifetime)
        except TimeoutError:
            return None
        finally:
            self._open.pop(query_id, None)

    def take(self, query_id: str, answer: CheckoutAnswer) -> None:
        """Answer a query.

        Raises:
            ApiError: it is unknown, answered already, or too old.
        """
        future = self._open.get(query_id)
        if future is None or future.done():
            raise too_old()
        future.set_result(answer)

    def close(self) -> None:
        """Let everybody who waits go, as if the bot had refused."""
        for future in self._open.values():
            if not future.done():
                future.set_result(CheckoutAnswer(refusal="the sandbox stops"))
