"""Starting, presets, stopping, status and help."""

from collections.abc import Callable
from dataclasses import replace

from tokenfilter.adapters.telegram.callback import InvalidPressError
from tokenfilter.adapters.telegram.dialogue.previews import PENDING, Previews
from tokenfilter.adapters.telegram.dialogue.turn import Reply, Turn, noticed
from tokenfilter.adapters.telegram.keyboard import Screen
from tokenfilter.adapters.telegram.screens import settings, start
from tokenfilter.adapters.telegram.screens.help import help_page
from tokenfilter.adapters.telegram.screens.why import number_of
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.subscriber import InvalidSettingError, Standing


class Begin:
    """The screens everybody meets first."""

    def __init__(
        self, edits: EditSettings, previews: Previews, delay: Callable[[], settings.Delay | None] | None
    ) -> None:
        self._edits = edits
        self._previews = previews
        self._delay = delay

    async def start(self, turn: Turn) -> Reply:
        """The first screen."""
        subscriber = turn.subscriber
        stopped = subscriber.standing is Standing.STOPPED
        return Reply(screen=start.start(start.Start(filters=len(subscriber.filters), stopped=stopped)))

    async def preset(self, turn: Turn, word: str) -> Reply:
        """Add the chosen preset and show what it would have told."""
        chosen = start.preset_named(word)
        if chosen is None:
            raise InvalidPressError(word)
        try:
            after = await self._edits.add_filter(turn.person, chosen.name, chosen.wanted)
        except InvalidSettingError as error:
            return noticed(str(error), alert=True)
        added = after.filters[-1]
        preview = await self._previews.soon(added.wanted)
        shown = start.Chosen(
            name=added.name,
            text=format_filter(added.wanted),
            number=number_of(added.id),
            preview=None if preview is PENDING else preview,
            is_pending=preview is PENDING,
            now=turn.now,
            zone=after.zone,
            stopped=after.standing is Standing.STOPPED,
        )

        async def later() -> Screen:
            return start.chosen(replace(shown, preview=await self._previews.of(added.wanted), is_pending=False))

        return Reply(screen=start.chosen(shown), later=later if preview is PENDING else None)

    async def stop(self, turn: Turn) -> Reply:
        """Tell the person nothing more."""
        await self._edits.stop(turn.person)
        return Reply(screen=settings.stopped())

    async def resume(self, turn: Turn) -> Reply:
        """Tell the person again."""
        return Reply(screen=settings.resumed(await self._edits.resume(turn.person)))

    async def status(self, turn: Turn) -> Reply:
        """Whether all is well."""
        delay = self._delay() if self._delay else None
        return Reply(screen=settings.status(settings.Settings(subscriber=turn.subscriber, now=turn.now), delay))

    async def help(self, turn: Turn) -> Reply:  # noqa: ARG002 - the same for everybody
        """What one can do."""
        return Reply(screen=help_page())
