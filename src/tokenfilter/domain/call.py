"""A call (a channel named a token at an instant) and which calls of a token still count."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tokenfilter.domain.ids import ChannelId

CALLS_KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A channel named a token at `called_at`; sizes are those the sender says it had then, in USD."""

    channel: ChannelId
    called_at: datetime
    market_cap_usd: Decimal | None = None
    fdv_usd: Decimal | None = None
    message_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """What is remembered of one channel's calls of a token: its first (with the size then) and when it called last."""

    first: Call
    last_at: datetime

    @property
    def channel(self) -> ChannelId:
        """The channel that called."""
        return self.first.channel


def merge_calls(kept: Iterable[KeptCall], heard: Iterable[Call], *, at: datetime) -> tuple[KeptCall, ...]:
    """Join what was kept with what was heard, as of `at`; one entry a channel, in order of the first call.

    A channel stays while its latest call is younger than 24 h; a call that was older than that when it was heard
    never counted. Calls later than `at` are the feed's clock running ahead and count as made. The result does not
    depend on the order or grouping in which calls were heard.
    """
    by_channel = {k.channel: k for k in kept if at < k.last_at + CALLS_KEPT_FOR}
    for call in heard:
        if at >= call.called_at + CALLS_KEPT_FOR:
            continue
        known = by_channel.get(call.channel)
        if known is None:
            by_channel[call.channel] = KeptCall(first=call, last_at=call.called_at)
        else:
            first = min(known.first, call, key=_precedence)
            by_channel[call.channel] = replace(known, first=first, last_at=max(known.last_at, call.called_at))
    return tuple(sorted(by_channel.values(), key=lambda k: (k.first.called_at, k.channel)))


def _precedence(call: Call) -> tuple[datetime, int, Decimal, Decimal, str]:
    """Earlier first; of two spellings of one call that which says more, so order of arrival never matters."""
    said = (call.market_cap_usd, call.fdv_usd, call.message_url)
    unsaid = Decimal("Infinity")
    return (
        call.called_at,
        said.count(None),
        unsaid if call.market_cap_usd is None else -call.market_cap_usd,
        unsaid if call.fdv_usd is None else -call.fdv_usd,
        call.message_url or "",
    )
