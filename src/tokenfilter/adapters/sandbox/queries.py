"""Questions to the bot that expire: pressed buttons and checkouts, each answered at most once.

Nobody waits for a checkout any more once the sandbox has ended: an answer that comes later is too old.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.deeds import Press
from tokenfilter.adapters.sandbox.errors import ApiError, bad_request
from tokenfilter.adapters.sandbox.noted_lines import line_of, numbers_of, values_of

KEPT = 10_000
_FIRST_PRESS = 4_000_000_000_000_000


def too_old() -> ApiError:
    """The one text Telegram has for a late, repeated or invented answer."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")


class Presses:
    """Callback queries not yet answered; instants in Unix time."""

    def __init__(self, *, lifetime: float, instant: Callable[[], float], chronicle: Chronicle) -> None:
        self._lifetime = lifetime
        self._chronicle = chronicle
        self._instant = instant
        self._open: dict[str, Press] = {}
        self._count = 0
        chronicle.keep(self._told, presses=self._take_count, press=self._take_press, answered=self._take_answer)

    def add(self, *, person_id: int, chat_id: int, message_id: int) -> str:
        """A new query's id."""
        self._count += 1
        self._drop_oldest()
        press = Press(person_id=person_id, chat_id=chat_id, message_id=message_id, pressed_at=self._instant())
        query_id = _query_id(self._count)
        self._open[query_id] = press
        self._chronicle.note("press", self._count, press)
        return query_id

    def _drop_oldest(self) -> None:
        if len(self._open) >= KEPT:
            del self._open[next(iter(self._open))]

    def take(self, query_id: str) -> Press:
        """Answer a query.

        Raises:
            ApiError: it is unknown, answered already, or older than its lifetime.
        """
        press = self._open.pop(query_id, None)
        if press is not None:
            self._chronicle.note("answered", query_id)
        if press is None or self._instant() - press.pressed_at > self._lifetime:
            raise too_old()
        return press

    def _told(self) -> Iterable[str]:
        yield line_of("presses", self._count)
        yield from (line_of("press", int(number) - _FIRST_PRESS, press) for number, press in self._open.items())

    def _take_count(self, line: str) -> None:
        (self._count,) = numbers_of(line)

    def _take_press(self, line: str) -> None:
        number, press = values_of(line)
        self._count = max(self._count, number)
        self._drop_oldest()
        self._open[_query_id(number)] = press

    def _take_answer(self, line: str) -> None:
        (query_id,) = values_of(line)
        self._open.pop(query_id, None)


def _query_id(number: int) -> str:
    return str(_FIRST_PRESS + number)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutAnswer:
    """What the bot said to a pre-checkout query; `refusal` is None when it agreed."""

    refusal: str | None


class Checkouts:
    """Pre-checkout queries: somebody waits for each answer."""

    def __init__(self, *, lifetime: float, chronicle: Chronicle) -> None:
        self._lifetime = lifetime
        self._chronicle = chronicle
        self._open: dict[str, asyncio.Future[CheckoutAnswer]] = {}
        self._count = 0
        chronicle.keep(lambda: [line_of("checkouts", self._count)], checkouts=self._take_count)

    def _take_count(self, line: str) -> None:
        (self._count,) = numbers_of(line)

    def add(self) -> str:
        """A new query's id."""
        self._count += 1
        self._chronicle.note("checkouts", self._count)
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
