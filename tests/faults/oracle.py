"""What feeds say in fault tests, and what should come of it: a filter over the events in the order of their coming."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.event import Event, Heard, Tick
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.testing import examples

Pair = tuple[str, ChatId]
"""A token's address and a chat that is told of it."""

_numbers = count(1)
"""Of tokens and events: the Telegram is shared by all tests of a process."""

_PRICED = 10**9
"""Where the numbers of tokens begin that have prices only."""


def call_of_a_token(*, mcap: int = 60_000) -> Heard:
    """An event about a token of which nobody has heard."""
    number = next(_numbers)
    return examples.heard(f"e{number}", about=examples.token(number), at=datetime.now(tz=UTC), mcap=mcap)


def again(heard: Heard, *, by: str | None = None) -> Heard:
    """Another event about the same token, at a market cap of 60,000; `by` is a channel that calls it."""
    now = datetime.now(tz=UTC)
    calls = [examples.call(by, now)] if by else []
    return examples.heard(f"e{next(_numbers)}", about=heard.token, at=now, calls=calls, mcap=60_000)


def prices(number: int) -> list[Tick]:
    """So many prices, each of a token of its own."""
    now = datetime.now(tz=UTC)
    return [examples.tick(now, about=examples.token(_PRICED + next(_numbers)), mcap=1) for _ in range(number)]


def expected(wanted: Mapping[ChatId, str], heard: Sequence[Heard]) -> Counter[Pair]:
    """Who should be told of what, each once, by what each chat's one filter wants."""
    told: Counter[Pair] = Counter()
    events = [Event(heard=one, at=one.observed_at, settings_seq=1, received_at=one.observed_at) for one in heard]
    for chat, text in wanted.items():
        test = Backtest(parse_filter(text))
        told.update((event.token.address, chat) for event in events if test.see_event(event, {}))
    return told
