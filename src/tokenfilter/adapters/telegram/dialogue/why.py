"""Explaining tokens, and the buttons of cards."""

from collections.abc import Callable
from dataclasses import replace

from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.card import card_actions, mute_actions, muted_actions
from tokenfilter.adapters.telegram.dialogue.turn import Ask, Pressed, Reply, Turn, noticed
from tokenfilter.adapters.telegram.html import cleaned_text
from tokenfilter.adapters.telegram.keyboard import Keyboard
from tokenfilter.adapters.telegram.links import payload_text
from tokenfilter.adapters.telegram.screens import plain, why
from tokenfilter.adapters.telegram.screens.settings import SNOOZES
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.app.explain_verdict import ExplainVerdict, Explanation, NeverSeen, Several
from tokenfilter.domain.ids import ChannelId, InvalidIdError, Token, parse_token

TOKEN = "token"
UNDONE = frozenset({Action.UNMUTE_TOKEN, Action.UNMUTE_CHANNEL, Action.SNOOZE})
"""What a card's button takes back; the same buttons of the noise page lead to that page."""
_LONGEST_QUERY = 80


class ExplainTokens:
    """`/why`, in words, by answering a card, or by its button."""

    def __init__(self, explains: ExplainVerdict) -> None:
        self._explains = explains

    async def ask(self, turn: Turn) -> Reply:  # noqa: ARG002 - the same question for everybody
        """Which token?"""
        return Reply(screen=why.ask_token(), ask=Ask(question=TOKEN))

    async def named(self, turn: Turn, words: str) -> Reply:
        """Explain the token of an address, its beginning, or a symbol."""
        wanted = cleaned_text(words, most=_LONGEST_QUERY)
        if not wanted:
            return await self.ask(turn)
        return _shown(await self._explains.explain(turn.person, wanted))

    async def linked(self, turn: Turn, payload: str) -> Reply:
        """Explain the token of a deep link, `<address>` or `<chain>-<address>`."""
        try:
            return await self.token(turn, parse_token(*payload_text(payload)))
        except InvalidIdError:
            return await self.named(turn, payload)

    async def token(self, turn: Turn, token: Token, number: int | None = None) -> Reply:
        """Explain a token, by the rules of one filter."""
        told = await self._explains.explain_token(turn.person, token)
        return _shown(told, turn, number)


def _shown(told: Explanation | Several | NeverSeen, turn: Turn | None = None, number: int | None = None) -> Reply:
    match told:
        case Explanation():
            shown = turn.filter_id(number) if turn and number else None
            return Reply(screen=why.why(why.Why(told=told, shown=shown)))
        case Several():
            return Reply(screen=why.which(told))
        case NeverSeen():
            return Reply(screen=why.never_seen(told))


class MuteCards:
    """The Mute button of a card: it changes only the buttons below the card. `bot` is the name of the bot."""

    def __init__(self, edits: EditSettings, explains: ExplainVerdict, bot: Callable[[], str]) -> None:
        self._edits = edits
        self._explains = explains
        self._bot = bot

    async def open(self, turn: Turn, pressed: Pressed, token: Token) -> Reply:
        """Offer what can be muted."""
        told = await self._explains.explain_token(turn.person, token)
        channels = () if isinstance(told, NeverSeen) else tuple(c.channel for c in told.evidence.calls)
        return _with_links(pressed, mute_actions(token, channels))

    async def token(self, turn: Turn, pressed: Pressed, token: Token) -> Reply:
        """Nothing more of this token."""
        await self._edits.mute_token(turn.person, token)
        undo = Press(action=Action.UNMUTE_TOKEN, token=token)
        return self._muted(pressed, token, undo, "Unmute token", told="This token is muted.")

    async def channel(self, turn: Turn, pressed: Pressed, channel: ChannelId) -> Reply:
        """Nothing more that only this channel called."""
        await self._edits.mute_channel(turn.person, channel)
        told = f"{channel} is muted. Calls that others make too still come."
        undo = Press(action=Action.UNMUTE_CHANNEL, channel=channel)
        return self._muted(pressed, token_under(pressed.keyboard), undo, f"Unmute {channel}", told=told)

    async def hour(self, turn: Turn, pressed: Pressed, token: Token) -> Reply:
        """Nothing at all for an hour, then one message that lists what came."""
        await self._edits.snooze(turn.person, SNOOZES["1h"])
        undo = Press(action=Action.SNOOZE, word="off")
        told = "Alerts are off for 1 h. Afterwards one message lists what came."
        return self._muted(pressed, token, undo, "Alerts on", told=told)

    async def undo(self, turn: Turn, pressed: Pressed, press: Press) -> Reply:
        """Take back what this card's button muted."""
        token = token_under(pressed.keyboard)
        if press.token is not None:
            await self._edits.unmute_token(turn.person, press.token)
        elif press.channel is not None:
            await self._edits.unmute_channel(turn.person, press.channel)
        else:
            await self._edits.snooze(turn.person, None)
        told = "On again."
        return noticed(told) if token is None else replace(self.back(pressed, token), notice=told)

    def back(self, pressed: Pressed, token: Token) -> Reply:
        """The card's own buttons again."""
        return _with_links(pressed, (card_actions(token, bot=None if pressed.is_private else self._bot()),))

    def _muted(self, pressed: Pressed, token: Token | None, undo: Press, label: str, *, told: str) -> Reply:
        if token is None:
            return noticed(told)
        bot = None if pressed.is_private else self._bot()
        return replace(_with_links(pressed, (muted_actions(token, undo, label, bot=bot),)), notice=told)


def may_mute(turn: Turn, pressed: Pressed) -> str | None:
    """Why the presser may not mute what stands here; in the own chat everyone may."""
    if pressed.is_private:
        return None
    routed = {d.chat for f in turn.subscriber.filters for d in f.destinations}
    is_theirs = pressed.place is not None and pressed.place.chat in routed
    return None if is_theirs else plain.NOT_YOURS


def token_under(keyboard: Keyboard) -> Token | None:
    """The token that a card's buttons are about."""
    buttons = [b for row in keyboard for b in row]
    pressed = next((b.press.token for b in buttons if b.press and b.press.token), None)
    return pressed or next((token for b in buttons if b.url and (token := _linked_token(b.url))), None)


def _linked_token(url: str) -> Token | None:
    """The token of the Why button in a group, which is a link into the private chat."""
    _, start, payload = url.partition("?start=")
    try:
        return parse_token(*payload_text(payload)) if start else None
    except InvalidIdError:
        return None


def is_card(keyboard: Keyboard) -> bool:
    """Whether the buttons are those of a card: it stays as it is when one asks about it."""
    there = {b.press.action for row in keyboard for b in row if b.press}
    is_muted = Action.WHY in there and there & UNDONE
    return bool(is_muted or there & {Action.MUTE, Action.MUTE_TOKEN})


def _with_links(pressed: Pressed, rows: Keyboard) -> Reply:
    links = tuple(row for row in pressed.keyboard if all(b.url for b in row))
    return Reply(keyboard=(*links, *rows), keeps_question=True)
