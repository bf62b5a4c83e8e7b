"""The message about a call, and the buttons under it."""

from datetime import datetime
from decimal import Decimal

from tokenfilter.adapters.telegram import wording
from tokenfilter.adapters.telegram.callback import LONGEST_CHANNEL, Action, Press
from tokenfilter.adapters.telegram.figures import change
from tokenfilter.adapters.telegram.html import Html, bold, code, lines, text
from tokenfilter.adapters.telegram.keyboard import Button, Keyboard, Row, button, link
from tokenfilter.adapters.telegram.links import post_link, start_link, token_links, token_payload
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId, Token
from tokenfilter.domain.notification import CallAlert

MOST_MUTABLE = 2
WORTH_TELLING = Decimal("0.1")
"""Percent: a smaller change since the call is none."""


def card(alert: CallAlert, *, now: datetime, zone: str) -> Html:
    """At most twelve lines: what and why, who called with what record, size, holders, safety, origin, address."""
    evidence = alert.evidence
    return lines(
        headline(alert),
        *wording.callers(evidence),
        wording.size(evidence),
        wording.holders(evidence),
        wording.safety(evidence),
        wording.origin(evidence, now=now, zone=zone),
        code(alert.token.address, most=64),
    )


def headline(alert: CallAlert) -> Html:
    """What a phone shows of the message before it is opened."""
    evidence = alert.evidence
    told = text("🎯 ") + wording.names(alert.filters) + text(" matched ") + wording.symbol(evidence)
    told = told + text(" at ") + bold(wording.size_now(evidence))
    rise = evidence.values.get("rise")
    if rise is None or abs(rise) < WORTH_TELLING:
        return told
    return told + text(", ") + bold(text(change(rise))) + text(" since the call")


def card_keyboard(evidence: Evidence, *, bot: str | None = None) -> Keyboard:
    """Links first, then what can be asked about the card.

    With `bot` given (a group or channel reads the card) Why opens the reader's own chat with the bot of that name.
    """
    posts = [post for post in (post_link(c.first) for c in reversed(evidence.calls)) if post][:1]
    return ((*token_links(evidence.event.token), *posts), card_actions(evidence.event.token, bot=bot))


def card_actions(token: Token, *, bot: str | None = None) -> Row:
    """The row that asks about the card."""
    why = Press(action=Action.WHY, token=token)
    asked: Button = link("Why", start_link(bot, token_payload(token))) if bot else button("❓ Why", why)
    return (asked, button("🔕 Mute", Press(action=Action.MUTE, token=token)))


def muted_actions(token: Token, undo: Press, label: str, *, bot: str | None = None) -> Row:
    """The row that asks about the card once something is muted: the same button takes it back."""
    return (card_actions(token, bot=bot)[0], button(label, undo))


def mute_actions(token: Token, channels: tuple[ChannelId, ...]) -> tuple[Row, ...]:
    """The rows that Mute opens: the token, its callers, everything for an hour."""
    named = [c for c in channels if len(c) <= LONGEST_CHANNEL][:MOST_MUTABLE]
    return (
        (
            button("This token", Press(action=Action.MUTE_TOKEN, token=token)),
            *(button(c, Press(action=Action.MUTE_CHANNEL, channel=c)) for c in named),
        ),
        (
            button("All, 1 h", Press(action=Action.MUTE_HOUR, token=token)),
            button("Back", Press(action=Action.MUTE_BACK, token=token)),
        ),
    )
