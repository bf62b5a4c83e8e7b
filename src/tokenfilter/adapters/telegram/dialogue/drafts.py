"""Changes of a filter that are not saved yet: kept with the open question, forgotten after five minutes."""

from dataclasses import dataclass, replace

from tokenfilter.adapters.telegram.callback import NEW_FILTER
from tokenfilter.adapters.telegram.dialogue.previews import PENDING, Previews
from tokenfilter.adapters.telegram.dialogue.turn import Ask, Reply, Turn
from tokenfilter.adapters.telegram.draft import Draft, draft_of
from tokenfilter.adapters.telegram.keyboard import Screen
from tokenfilter.adapters.telegram.screens.filter import FilterShown, filter_screen
from tokenfilter.adapters.telegram.screens.places import OWN_CHAT
from tokenfilter.domain.filter import Filter, InvalidFilterError
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.filter_text import MAX_TEXT, parse_filter
from tokenfilter.domain.subscriber import InvalidSettingError, NamedFilter, Subscriber, judging_by

DRAFT, VALUE, WHOLE, NAME = "draft", "value", "whole", "name"
NEW_NAME = "My filter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A filter under edit: its number, how it is saved (None: new), and how it would be."""

    number: int
    named: NamedFilter | None
    draft: Draft

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.named is None or format_filter(self.named.wanted) != format_filter(self.draft.wanted)


def edited(turn: Turn, number: int, part: int | None = None) -> Edited:
    """The filter of that number with what was changed and not saved.

    Raises:
        InvalidSettingError: the person has no filter of that number.
    """
    named = turn.subscriber.filter(turn.filter_id(number))
    if named is None and number != NEW_FILTER:
        raise InvalidSettingError("That filter is gone. /filters shows those there are.")
    kept = kept_draft(turn, number)
    wanted = kept.wanted if kept else named.wanted if named else Filter()
    shown = part if part is not None else kept.part if kept else 0
    return Edited(number=number, named=named, draft=draft_of(wanted, shown))


def kept_draft(turn: Turn, number: int) -> Draft | None:
    """What was changed in that filter and is not forgotten yet."""
    about = turn.asked.about if turn.asked else {}
    if about.get("number") != str(number) or "text" not in about:
        return None
    return draft_of(parse_filter(about["text"]), int(about.get("part", "0")))


def asking(question: str, edit: Edited, **about: str) -> Ask:
    """A question that carries the draft along.

    Raises:
        InvalidFilterError: the draft is longer than a filter may be.
    """
    written = format_filter(edit.draft.wanted)
    if len(written) > MAX_TEXT:
        raise InvalidFilterError(f"A filter has at most {MAX_TEXT:,} characters as text.")
    kept = {"number": str(edit.number), "part": str(edit.draft.part), "text": written}
    return Ask(question=question, about={**kept, **about})


async def filter_reply(turn: Turn, edit: Edited, previews: Previews, *, note: str = "", tried: bool = False) -> Reply:
    """The filter's screen; with the comparison where something changed, with a preview where it is `tried`."""
    saved = edit.named.wanted if edit.named and edit.is_changed else None
    before = await previews.soon(saved) if saved else None
    after = await previews.soon(edit.draft.wanted) if edit.is_changed or tried else None
    shown = FilterShown(
        number=edit.number,
        name=edit.named.name if edit.named else NEW_NAME,
        saved=edit.named.wanted if edit.named else None,
        draft=edit.draft,
        now=turn.now,
        zone=turn.subscriber.zone,
        paused=bool(edit.named and edit.named.paused),
        places=titles(turn.subscriber, edit.named) if edit.named else (),
        before=None if before is PENDING else before,
        after=None if after is PENDING else after,
        is_pending=PENDING in (before, after),
        until_known=judging_by(edit.named, edit.draft.wanted).until_known if edit.named else (),
        note=note,
    )

    async def later() -> Screen:
        then = await previews.of(saved) if saved else None
        now = await previews.of(edit.draft.wanted)
        return filter_screen(replace(shown, before=then, after=now, is_pending=False))

    return Reply(
        screen=filter_screen(shown),
        ask=asking(DRAFT, edit) if edit.is_changed else None,
        later=later if shown.is_pending else None,
    )


def titles(subscriber: Subscriber, named: NamedFilter) -> tuple[str, ...]:
    """The titles of the chats a filter goes to."""
    return tuple(OWN_CHAT if d == subscriber.own_chat else subscriber.places.get(d, str(d)) for d in named.destinations)
