"""Strategies for what things are called: tokens, channels, instants, and names as hostile as people make them."""

from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from tokenfilter.domain.ids import Chain, ChannelId, Token, base58, parse_channel, parse_token
from tokenfilter.testing.strategies.choices import below

EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
"""Generated instants lie within the month from here unless asked otherwise."""

_FINENESS = (
    timedelta(minutes=1),
    timedelta(seconds=1),
    timedelta(milliseconds=1),
    timedelta(microseconds=1),
)
_NASTY = (
    "<b>FREE</b>",
    '<a href="https://claim-now.com">claim</a>',
    "</code><i>",
    "&lt;&amp;&#x27;",
    "\u202egpj.exe",
    "\u200b\u200d\u2060",
    "a\u0301\u0301\u0301\u0301",
    "👩‍👩‍👧‍👦🏴‍☠️",
    "claim-now.com",
    "https://t.me/+joinme",
    "@someone",
    "/stop",
    "$TAG #tag",
    "line\nbreak\ttab\u2028\u2029\x85",
    "سلام",
    "{0.__class__} %s %(x)s",
    "'; DROP TABLE calls; --",
    "`*_[]()~",
    "   ",
    "None",
    "inu",
)


@cache
def hostile_text(*, max_size: int = 64) -> st.SearchStrategy[str]:
    """Texts of 1 to `max_size` characters that try to break a card, a link, a log or a query; no NUL, no surrogates."""
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
    known = st.sampled_from([*_NASTY, *(text * max_size for text in _NASTY), *(f"LAMB{text}" for text in _NASTY)])
    return st.one_of(known, known, st.text(characters, min_size=1, max_size=8)).map(lambda text: text[:max_size])


@cache
def spans(longest: timedelta) -> st.SearchStrategy[timedelta]:
    """Spans of time up to `longest`: whole minutes, seconds, milliseconds, or to the microsecond."""

    def span(choice: int) -> timedelta:
        length, fineness = divmod(choice, len(_FINENESS))
        return length * _FINENESS[-1] // _FINENESS[fineness] * _FINENESS[fineness]

    return below((longest // _FINENESS[-1] + 1) * len(_FINENESS)).map(span)


def instants(
    *, earliest: datetime = EPOCH, latest: datetime = EPOCH + timedelta(days=30)
) -> st.SearchStrategy[datetime]:
    """Instants in UTC, to the minute, second, millisecond or microsecond."""
    return spans(max(timedelta(0), latest - earliest)).map(lambda span: earliest + span)


@cache
def addresses(chain: Chain) -> st.SearchStrategy[str]:
    """Spellings of a valid address, as a sender may write it: 0x ones in any case."""
    if chain is Chain.SOLANA:
        keys = st.binary(min_size=32, max_size=32) | st.integers(0, 2**64).map(lambda n: n.to_bytes(32, "big"))
        return keys.map(base58)
    upper = st.booleans()
    return st.builds(
        lambda key, up: f"0x{key.hex().upper() if up else key.hex()}", st.binary(min_size=20, max_size=20), upper
    )


@cache
def tokens(chain: Chain | None = None) -> st.SearchStrategy[Token]:
    """Tokens, most of them Solana's unless a chain is asked for."""
    if chain is None:
        return st.one_of([tokens(c) for c in (*(Chain.SOLANA,) * 3, *Chain)])
    return addresses(chain).map(lambda address: parse_token(address, chain.value))


@cache
def channels() -> st.SearchStrategy[ChannelId]:
    """Channels: half of them from a handful, so that they meet again; the others any name or number."""
    few = st.sampled_from(("@alpha", "@beta", "@gamma", "@delta", "-1001234567890"))
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
    names = st.text(letters, min_size=1, max_size=32)
    return st.one_of(few, few, names, st.integers(-(10**13), -1).map(str)).map(parse_channel)
