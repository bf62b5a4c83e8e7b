"""Groups, topics and channels as destinations: who may add one is asked of Telegram at every press."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tokenfilter.adapters.telegram.dialogue.turn import Ask, Membership, Reply, Turn, noticed
from tokenfilter.adapters.telegram.screens import places as screens
from tokenfilter.adapters.telegram.screens import plain
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Subscriber

PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """The person administers the chat, and the bot may post in it."""

    destination: Destination
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """Why not, in words for the person."""

    reason: str


class Rights(Protocol):
    """What Telegram says of a person and the bot in a chat."""

    @abstractmethod
    async def to_post(self, chat: ChatId | str, thread: int | None, person: ChatId) -> Allowed | NotAllowed:
        """Whether the person may let matches go to a chat, given by its number or @name.

        Raises:
            UnavailableError: Telegram cannot be asked now.
        """


class ChoosePlaces:
    """The page of destinations and the ways to add one. `bot` is the name of the bot."""

    def __init__(self, edits: EditSettings, rights: Rights, bot: Callable[[], str]) -> None:
        self._edits = edits
        self._rights = rights
        self._bot = bot

    async def page(self, turn: Turn, note: str = "") -> Reply:
        """All destinations."""
        return self._page(turn.subscriber, note)

    async def ask(self, turn: Turn) -> Reply:  # noqa: ARG002 - the same question for everybody
        """Ask for a chat by name."""
        return Reply(screen=screens.ask_place(), ask=Ask(question=PLACE))

    async def take(self, turn: Turn, words: str) -> Reply:
        """A chat was typed."""
        typed = words.strip()
        number = typed.isascii() and typed.removeprefix("-").isdigit() and len(typed) <= 16
        chat = ChatId(int(typed)) if number else f"@{typed.removeprefix('@')}"[:64]
        found = await self._rights.to_post(chat, None, turn.person)
        if isinstance(found, NotAllowed):
            return Reply(screen=plain.refused(found.reason, screens.ask_place().html), ask=Ask(question=PLACE))
        return self._page(await self._edits.add_place(turn.person, found.destination, found.title), "Added.")

    async def add(self, turn: Turn, destination: Destination, *, here: bool) -> Reply:
        """A chat was offered and taken; `here`: in that chat itself."""
        found = await self._rights.to_post(destination.chat, destination.thread, turn.person)
        if isinstance(found, NotAllowed):
            return noticed(found.reason, alert=True)
        after = await self._edits.add_place(turn.person, destination, found.title)
        if here:
            return noticed("Added to your destinations. In the private chat, choose which filters go here.", alert=True)
        return self._page(after, "Added. Open a filter and choose Where it goes.")

    async def remove(self, turn: Turn, destination: Destination) -> Reply:
        """A chat is no destination any more."""
        return self._page(await self._edits.remove_place(turn.person, destination), "Removed.")

    def offer(self, membership: Membership) -> Reply:
        """The bot came into a chat: ask the person who let it in."""
        return Reply(screen=screens.offered(membership.title, membership.place), anew=True, keeps_question=True)

    def offer_here(self, destination: Destination) -> Reply:
        """`/start` in a group or topic."""
        return Reply(screen=screens.offered_here(self._bot(), destination), anew=True, keeps_question=True)

    def _page(self, subscriber: Subscriber, note: str) -> Reply:
        return Reply(screen=screens.places(screens.Places(subscriber=subscriber, bot=self._bot(), note=note)))
