"""Settings of a person: what is held back, sound, time zone."""

import zoneinfo
from functools import cache

from tokenfilter.adapters.telegram.callback import InvalidPressError
from tokenfilter.adapters.telegram.dialogue.turn import Ask, Reply, Turn
from tokenfilter.adapters.telegram.html import cleaned_text
from tokenfilter.adapters.telegram.screens import plain, quiet, settings
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.domain.ids import ChannelId, Token
from tokenfilter.domain.subscriber import Subscriber

ZONE = "zone"


class Noise:
    """Each change shows its page again, with the new value."""

    def __init__(self, edits: EditSettings) -> None:
        self._edits = edits

    async def settings(self, turn: Turn) -> Reply:
        """The settings page."""
        return Reply(screen=settings.settings(_state(turn, turn.subscriber)))

    async def page(self, turn: Turn, note: str = "") -> Reply:
        """The noise page."""
        return Reply(screen=settings.noise(_state(turn, turn.subscriber, note)))

    async def snooze(self, turn: Turn, word: str) -> Reply:
        """Alerts off for a while, or on again."""
        if word == "off":
            length = None
        elif word == "morning":
            length = settings.until_morning(turn.now, turn.subscriber.zone)
        else:
            length = settings.SNOOZES.get(word)
            if length is None:
                raise InvalidPressError(word)
        return self._noise(turn, await self._edits.snooze(turn.person, length))

    async def sound(self, turn: Turn, word: str) -> Reply:
        """Alerts with or without a sound."""
        if word not in ("on", "off"):
            raise InvalidPressError(word)
        return self._noise(turn, await self._edits.set_silent(turn.person, silent=word == "off"))

    async def quiet(self, turn: Turn) -> Reply:
        """The page of quiet hours and the cap."""
        return Reply(screen=quiet.quiet(turn.subscriber, turn.now))

    async def set_quiet(self, turn: Turn, word: str) -> Reply:
        """Hold alerts back at certain hours, or at none."""
        if word not in quiet.QUIETS:
            raise InvalidPressError(word)
        after = await self._edits.set_quiet(turn.person, quiet.QUIETS[word])
        return Reply(screen=quiet.quiet(after, turn.now, "Saved."))

    async def set_cap(self, turn: Turn, word: str) -> Reply:
        """Let only so many alerts come within an hour, or all."""
        if word not in quiet.CAPS:
            raise InvalidPressError(word)
        after = await self._edits.set_most_per_hour(turn.person, quiet.CAPS[word])
        return Reply(screen=quiet.quiet(after, turn.now, "Saved."))

    async def unmute_token(self, turn: Turn, token: Token) -> Reply:
        """Hear of a token again."""
        return self._noise(turn, await self._edits.unmute_token(turn.person, token))

    async def unmute_channel(self, turn: Turn, channel: ChannelId) -> Reply:
        """Hear of a channel's calls again."""
        return self._noise(turn, await self._edits.unmute_channel(turn.person, channel))

    async def zones(self, turn: Turn) -> Reply:
        """The time zone page."""
        return Reply(screen=settings.zone(_state(turn, turn.subscriber)))

    async def ask_zone(self, turn: Turn) -> Reply:  # noqa: ARG002 - the same question for everybody
        """Ask for a zone by name."""
        return Reply(screen=settings.ask_zone(), ask=Ask(question=ZONE))

    async def set_zone(self, turn: Turn, words: str) -> Reply:
        """Take a zone over; ask again where there is none of that name."""
        name = zone_named(words)
        if name is None:
            typed = cleaned_text(words, most=40).replace("'", "")
            unknown = f"There is no time zone '{typed}'."
            return Reply(screen=plain.refused(unknown, settings.ask_zone().html), ask=Ask(question=ZONE))
        after = await self._edits.set_zone(turn.person, name)
        return Reply(screen=settings.zone(_state(turn, after, "Saved.")))

    def _noise(self, turn: Turn, after: Subscriber) -> Reply:
        return Reply(screen=settings.noise(_state(turn, after, "Saved.")))


def zone_named(words: str) -> str | None:
    """The IANA zone of a full name or a city, whatever the case; None if there is none."""
    wanted = "_".join(words.split()).casefold()
    return _zones().get(wanted)


@cache
def _zones() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in sorted(zoneinfo.available_timezones(), key=lambda n: (n.count("/") != 1, n)):
        found.setdefault(name.rpartition("/")[2].casefold(), name)
    found.update({name.casefold(): name for name in zoneinfo.available_timezones()})
    return found


def _state(turn: Turn, subscriber: Subscriber, note: str = "") -> settings.Settings:
    return settings.Settings(subscriber=subscriber, now=turn.now, note=note)
