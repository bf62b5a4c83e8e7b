"""Which answer belongs to what a person said or pressed.

Every press is judged by who pressed it, from the current state: a button names only the presser's own filters.
"""

from collections.abc import Callable
from dataclasses import replace

from tokenfilter.adapters.telegram.callback import NEW_FILTER, Action, InvalidPressError, Press
from tokenfilter.adapters.telegram.dialogue import drafts, noise, places
from tokenfilter.adapters.telegram.dialogue.answers import Parts, answers, commands, need
from tokenfilter.adapters.telegram.dialogue.turn import Membership, Pressed, Reply, Said, Turn, noticed
from tokenfilter.adapters.telegram.dialogue.why import UNDONE, is_card, may_mute
from tokenfilter.adapters.telegram.screens import plain
from tokenfilter.adapters.telegram.screens.help import COMMANDS
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.app.note_activity import NoteActivity
from tokenfilter.domain.filter import InvalidFilterError
from tokenfilter.domain.ids import ChatId, InvalidIdError, parse_token
from tokenfilter.domain.subscriber import InvalidSettingError, Standing, Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.sessions import Asked, Sessions
from tokenfilter.ports.subscribers import ConflictError

NEAR = 4
"""Messages between a question and its answer up to which the question is still on the screen, to be edited in place."""

_KNOWN = frozenset((*(name for name, _ in COMMANDS), "export", "delete"))
_MUTES = frozenset({Action.MUTE, Action.MUTE_TOKEN, Action.MUTE_CHANNEL, Action.MUTE_HOUR, Action.MUTE_BACK})


class Dialogue:
    """Finds the person's turn, lets the right part answer, and says what was wrong where none can."""

    def __init__(
        self,
        *,
        edits: EditSettings,
        sessions: Sessions,
        clock: Clock,
        parts: Parts,
        activity: NoteActivity,
        bot: Callable[[], str],
    ) -> None:
        self._edits = edits
        self._sessions = sessions
        self._clock = clock
        self._parts = parts
        self._activity = activity
        self._bot = bot
        self._answers = answers(parts)
        self._commands = commands(parts)

    async def said(self, said: Said) -> Reply | None:
        """Answer a message; None where it was not meant for us."""
        if not said.is_private:
            return self._said_in_group(said)
        try:
            turn = await self._turn(said.person, said.name)
            if said.words.startswith("/"):
                return replace(await self._command(turn, said), anew=True)
            if turn.asked is not None and turn.asked.question != drafts.DRAFT:
                is_near = 0 < said.message_id - turn.asked.message_id <= NEAR
                return replace(await self._answered(turn, turn.asked, said.words), anew=not is_near)
            return replace(await self._words(turn, said.words), anew=True)
        except (InvalidSettingError, InvalidFilterError) as error:
            return Reply(screen=plain.told(str(error)), anew=True)
        except (UnavailableError, ConflictError):
            return Reply(screen=plain.try_again(), anew=True, keeps_question=True)

    async def pressed(self, pressed: Pressed) -> Reply:
        """Answer a pressed button."""
        press = pressed.press
        if press is None or pressed.place is None:
            return noticed(plain.OLD_BUTTON, alert=True)
        try:
            if not pressed.is_private:
                return await self._pressed_in_group(pressed, press)
            turn = await self._turn(pressed.person, pressed.name)
            await self._activity.note(turn.person, press.action.name.lower())
            if press.action in _MUTES or (press.action in UNDONE and is_card(pressed.keyboard)):
                return await self._mute(turn, pressed, press)
            if press.action is Action.CANCEL:
                return await self._cancelled(turn)
            reply = await self._answers[press.action](turn, press)
            # A card stays as it is: what is asked about it comes as a new message.
            return replace(reply, anew=True, keeps_question=True) if is_card(pressed.keyboard) else reply
        except InvalidPressError:
            return noticed(plain.OLD_BUTTON, alert=True)
        except (InvalidSettingError, InvalidFilterError) as error:
            return noticed(str(error), alert=True)
        except (UnavailableError, ConflictError):
            return noticed(plain.try_again().html.plain, alert=True)

    async def membership(self, membership: Membership) -> Reply | None:
        """The bot was let into a chat or out of it; the reply goes to the person who did that."""
        if membership.person == membership.place.chat:
            if membership.is_in:
                await self._edits.start(membership.person, membership.name)
            else:
                await self._edits.mark_unreachable(membership.person)
            return None
        is_new = membership.is_in and not membership.was_in
        if is_new and await self._edits.subscriber(membership.person) is not None:
            return self._parts.places.offer(membership)
        return None

    async def _turn(self, person: ChatId, name: str) -> Turn:
        """Whoever writes is a subscriber from then on, and reachable."""
        now = self._clock.now()
        subscriber = await self._edits.subscriber(person)
        if subscriber is None or subscriber.standing is Standing.UNREACHABLE:
            subscriber = await self._edits.start(person, name)
        return Turn(subscriber=subscriber, asked=await self._sessions.asked(person, now=now), now=now)

    async def _command(self, turn: Turn, said: Said) -> Reply:
        """A command cancels whatever was asked."""
        parts, (name, arguments) = self._parts, _split(said.words)
        await self._activity.note(turn.person, f"/{name}" if name in _KNOWN else "/?")
        fresh = replace(turn, asked=None)
        match name:
            case "start" if arguments:
                return await parts.explains.linked(fresh, arguments)
            case "why":
                return await self._why(fresh, said, arguments)
        answer = self._commands.get(name)
        return await answer(fresh) if answer else Reply(screen=plain.not_understood())

    async def _why(self, turn: Turn, said: Said, arguments: str) -> Reply:
        token = next((press.token for press in said.replied if press.token), None)
        if arguments:
            return await self._parts.explains.named(turn, arguments)
        return await (self._parts.explains.token(turn, token) if token else self._parts.explains.ask(turn))

    async def _answered(self, turn: Turn, asked: Asked, words: str) -> Reply:
        """The next message after a question is its answer."""
        parts, about = self._parts, asked.about
        number = int(about.get("number", NEW_FILTER))
        match asked.question:
            case drafts.VALUE:
                return await parts.criteria.take(turn, number, about["key"], about["side"], words)
            case drafts.WHOLE:
                return await parts.filters.take_whole(turn, number, words)
            case drafts.NAME:
                return await parts.filters.take_name(turn, number, words)
            case noise.ZONE:
                return await parts.noise.set_zone(turn, words)
            case places.PLACE:
                return await parts.places.take(turn, words)
            case _:
                return await parts.explains.named(turn, words)

    async def _cancelled(self, turn: Turn) -> Reply:
        """Back to where the question was asked from."""
        parts, asked = self._parts, turn.asked
        about = asked.about if asked else {}
        number = int(about.get("number", NEW_FILTER))
        match asked.question if asked else "":
            case drafts.VALUE:
                return await parts.criteria.open(turn, number, int(about["part"]), about["key"])
            case drafts.WHOLE if number == NEW_FILTER:
                return await parts.filters.new(turn)
            case drafts.WHOLE | drafts.NAME:
                return await parts.filters.open(turn, number)
            case noise.ZONE:
                return await parts.noise.zones(turn)
            case places.PLACE:
                return await parts.places.page(turn)
            case _:
                return Reply(screen=plain.told("Cancelled."))

    async def _words(self, turn: Turn, words: str) -> Reply:
        """Nothing was asked: an address is a question of its own."""
        try:
            parse_token(words.strip(), "base" if words.strip().lower().startswith("0x") else None)
        except InvalidIdError:
            return Reply(screen=plain.not_understood(), keeps_question=True)
        return await self._parts.explains.named(turn, words.strip())

    def _said_in_group(self, said: Said) -> Reply | None:
        """In a group only our own commands are answered; settings belong into the private chat."""
        name, _ = _split(said.words)
        addressed = said.words.split()[0].partition("@")[2].casefold() if said.words.strip() else ""
        if not said.words.startswith("/") or name not in _KNOWN or addressed not in ("", self._bot().casefold()):
            return None
        if name == "start":
            return self._parts.places.offer_here(said.place)
        return Reply(screen=plain.in_group(self._bot()), anew=True, keeps_question=True)

    async def _pressed_in_group(self, pressed: Pressed, press: Press) -> Reply:
        """Who presses in a group may be anybody: only what the current state grants this person is done."""
        subscriber: Subscriber | None = await self._edits.subscriber(pressed.person)
        if subscriber is None:
            return noticed(plain.STARTED_NEVER, alert=True)
        turn = Turn(subscriber=subscriber, asked=None, now=self._clock.now())
        if press.action is Action.PLACE_ADD and press.destination == pressed.place:
            return await self._parts.places.add(turn, need(press.destination), here=True)
        if press.action in _MUTES | UNDONE:
            refusal = may_mute(turn, pressed)
            return noticed(refusal, alert=True) if refusal else await self._mute(turn, pressed, press)
        return noticed(plain.in_group(self._bot()).html.plain, alert=True)

    async def _mute(self, turn: Turn, pressed: Pressed, press: Press) -> Reply:
        mutes = self._parts.mutes
        match press.action:
            case Action.MUTE_CHANNEL:
                return await mutes.channel(turn, pressed, need(press.channel))
            case Action.MUTE_TOKEN:
                return await mutes.token(turn, pressed, need(press.token))
            case Action.MUTE_HOUR:
                return await mutes.hour(turn, pressed, need(press.token))
            case Action.MUTE_BACK:
                return mutes.back(pressed, need(press.token))
            case action if action in UNDONE:
                return await mutes.undo(turn, pressed, press)
            case _:
                return await mutes.open(turn, pressed, need(press.token))


def _split(words: str) -> tuple[str, str]:
    """A command's name without slash and bot name, and what follows it."""
    command, _, arguments = words.strip().partition(" ")
    return command.removeprefix("/").partition("@")[0].casefold(), arguments.strip()
