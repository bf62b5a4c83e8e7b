"""A person's filters: list, make, save, pause, rename, route, delete, undo."""

from dataclasses import replace

from tokenfilter.adapters.telegram.callback import NEW_FILTER, InvalidPressError
from tokenfilter.adapters.telegram.dialogue.drafts import (
    DRAFT,
    NAME,
    NEW_NAME,
    WHOLE,
    Edited,
    asking,
    edited,
    filter_reply,
    kept_draft,
)
from tokenfilter.adapters.telegram.dialogue.previews import Previews
from tokenfilter.adapters.telegram.dialogue.turn import Ask, Reply, Turn, noticed
from tokenfilter.adapters.telegram.draft import draft_of, with_recheck_toggled
from tokenfilter.adapters.telegram.menus import LABELS
from tokenfilter.adapters.telegram.screens import filters as screens
from tokenfilter.adapters.telegram.screens import places, plain
from tokenfilter.adapters.telegram.screens.why import number_of
from tokenfilter.adapters.telegram.silence import passes_note
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.app.explain_verdict import ExplainVerdict
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.filter_text import InvalidFilterTextError, parse_filter
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.domain.subscriber import InvalidSettingError, Subscriber


class EditFilters:
    """Every method answers one button or one typed answer."""

    def __init__(self, edits: EditSettings, explains: ExplainVerdict, previews: Previews) -> None:
        self._edits = edits
        self._explains = explains
        self._previews = previews

    async def list(self, turn: Turn, note: str = "") -> Reply:
        """All filters. A change that was not saved is given up, and that is said."""
        lost = turn.asked is not None and turn.asked.question == DRAFT
        shown = screens.filters(screens.Filters(subscriber=turn.subscriber, note=note))
        return Reply(screen=shown, notice="The change that was not saved is discarded." if lost else None)

    async def new(self, turn: Turn) -> Reply:  # noqa: ARG002 - the same for everybody
        """Where a new filter comes from."""
        return Reply(screen=screens.new_filter())

    async def open(self, turn: Turn, number: int, part: int | None = None) -> Reply:
        """One filter, with what was changed and not saved."""
        return await filter_reply(turn, edited(turn, number, part), self._previews)

    async def attempt(self, turn: Turn, number: int) -> Reply:
        """What the filter would have told."""
        return await filter_reply(turn, edited(turn, number), self._previews, tried=True)

    async def recheck(self, turn: Turn, number: int) -> Reply:
        """Judge refused tokens at every event, or on fresh evidence only."""
        edit = edited(turn, number)
        return await filter_reply(turn, replace(edit, draft=with_recheck_toggled(edit.draft)), self._previews)

    async def relax(self, turn: Turn, token: Token, number: int) -> Reply:
        """The nearest change that would have let a token pass, as a draft."""
        edit = edited(turn, number)
        changed = await self._explains.relaxed(turn.person, token, turn.filter_id(number))
        if changed is None:
            return noticed("No single change would let this token pass now.", alert=True)
        return await filter_reply(turn, replace(edit, draft=draft_of(changed)), self._previews)

    async def pass_until_known(self, turn: Turn, number: int, key: str) -> Reply:
        """Let the unknown pass at a criterion until it is known, as the bot offered."""
        if kept_draft(turn, number) is not None:
            return noticed("Save or discard the change of this filter first.", alert=True)
        if key not in LABELS:
            raise InvalidPressError(key)
        after = await self._edits.pass_until_known(turn.person, turn.filter_id(number), key)
        return await self._after(turn, after, number, passes_note(key))

    async def save(self, turn: Turn, number: int) -> Reply:
        """Let the draft count from now on."""
        kept = kept_draft(turn, number)
        if kept is None:
            return await self._forgotten(turn, number)
        if number == NEW_FILTER:
            after = await self._edits.add_filter(turn.person, NEW_NAME, kept.wanted)
            number = number_of(after.filters[-1].id)
        else:
            after = await self._edits.change_filter(turn.person, turn.filter_id(number), kept.wanted)
        return await self._after(turn, after, number, "Saved. It counts from the next event on.")

    async def discard(self, turn: Turn, number: int) -> Reply:
        """Forget the draft."""
        fresh = replace(turn, asked=None)
        if number == NEW_FILTER:
            return await self.list(fresh, "Discarded.")
        return await filter_reply(fresh, edited(fresh, number), self._previews, note="Discarded. Nothing was changed.")

    async def pause(self, turn: Turn, number: int) -> Reply:
        """Stop judging by the filter."""
        after = await self._edits.pause_filter(turn.person, turn.filter_id(number))
        return await self._after(turn, after, number, "Paused.")

    async def resume(self, turn: Turn, number: int) -> Reply:
        """Judge by the filter again."""
        after = await self._edits.resume_filter(turn.person, turn.filter_id(number))
        return await self._after(turn, after, number, "On again.")

    async def delete(self, turn: Turn, number: int) -> Reply:
        """Take the filter away; Undo brings it back."""
        after = await self._edits.delete_filter(turn.person, turn.filter_id(number))
        return await self.list(replace(turn, subscriber=after, asked=None), "Deleted. Undo brings it back.")

    async def undo(self, turn: Turn) -> Reply:
        """The filters as they were before the last change."""
        after = await self._edits.undo(turn.person)
        return await self.list(
            replace(turn, subscriber=after, asked=None), "The last change to your filters is undone."
        )

    async def ask_whole(self, turn: Turn, number: int) -> Reply:
        """Ask for the filter as text."""
        edit = edited(turn, number)
        return Reply(screen=screens.ask_text(format_filter(edit.draft.wanted)), ask=asking(WHOLE, edit))

    async def take_whole(self, turn: Turn, number: int, words: str) -> Reply:
        """A whole filter was typed: show it as a draft, or say what is wrong with it."""
        edit = edited(turn, number)
        try:
            wanted = parse_filter(words)
        except InvalidFilterTextError as error:
            question = screens.ask_text("").html
            return Reply(screen=plain.wrong_filter(error, question), ask=asking(WHOLE, edit))
        return await filter_reply(turn, replace(edit, draft=draft_of(wanted)), self._previews)

    async def ask_name(self, turn: Turn, number: int) -> Reply:
        """Ask for another name."""
        edit = edited(turn, number)
        current = edit.named.name if edit.named else NEW_NAME
        return Reply(screen=screens.ask_name(current), ask=Ask(question=NAME, about={"number": str(number)}))

    async def take_name(self, turn: Turn, number: int, words: str) -> Reply:
        """A name was typed."""
        try:
            after = await self._edits.rename_filter(turn.person, turn.filter_id(number), words)
        except InvalidSettingError as error:
            asked = await self.ask_name(turn, number)
            question = asked.screen.html if asked.screen else plain.not_understood().html
            return replace(asked, screen=plain.refused(str(error), question))
        return await self._after(turn, after, number, "Renamed.")

    async def routes(self, turn: Turn, number: int, note: str = "") -> Reply:
        """Where the filter's matches go."""
        edit = edited(turn, number)
        if edit.named is None:
            return noticed("Save the filter first.", alert=True)
        return Reply(screen=places.routes(edit.named, turn.subscriber, number, note))

    async def route(self, turn: Turn, number: int, destination: Destination) -> Reply:
        """Let the filter's matches go to a chat, or not any more."""
        edit = edited(turn, number)
        routed = edit.named.destinations if edit.named else ()
        kept = tuple(d for d in routed if d != destination)
        changed = kept if destination in routed else (*routed, destination)
        after = await self._edits.route_filter(turn.person, turn.filter_id(number), changed)
        return await self.routes(replace(turn, subscriber=after, asked=None), number, "Saved.")

    async def _after(self, turn: Turn, after: Subscriber, number: int, note: str) -> Reply:
        now_saved = replace(turn, subscriber=after, asked=None)
        return await filter_reply(now_saved, edited(now_saved, number), self._previews, note=note)

    async def _forgotten(self, turn: Turn, number: int) -> Reply:
        if number == NEW_FILTER:
            return await self.list(turn, plain.FORGOTTEN)
        edit: Edited = edited(turn, number)
        return await filter_reply(turn, edit, self._previews, note=plain.FORGOTTEN)
