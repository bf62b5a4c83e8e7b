"""Editing one criterion by buttons and by typed values. Nothing is saved here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tokenfilter.adapters.telegram.callback import InvalidPressError
from tokenfilter.adapters.telegram.dialogue.drafts import DRAFT, VALUE, Edited, asking, edited, filter_reply
from tokenfilter.adapters.telegram.dialogue.previews import Previews
from tokenfilter.adapters.telegram.dialogue.turn import Reply, Turn
from tokenfilter.adapters.telegram.draft import (
    Draft,
    Side,
    found,
    with_bound,
    with_chain_toggled,
    with_flag,
    with_policy_toggled,
    with_rule,
    with_typed,
    without,
)
from tokenfilter.adapters.telegram.menus import CATEGORIES, LABELS
from tokenfilter.adapters.telegram.screens import criterion as screens
from tokenfilter.adapters.telegram.screens import plain
from tokenfilter.domain.filter import InvalidFilterError, Range
from tokenfilter.domain.filter_text import InvalidFilterTextError, parse_filter
from tokenfilter.domain.ids import Chain
from tokenfilter.domain.market import FLAGS, METRICS

_OPERATORS = {"low": ">=", "high": "<="}


class EditCriteria:
    """Each change leads to the filter's screen, where it can be saved or discarded."""

    def __init__(self, previews: Previews) -> None:
        self._previews = previews

    async def add(self, turn: Turn, number: int, part: int) -> Reply:
        """The categories."""
        edit = edited(turn, number, part)
        return _keeping(edit, Reply(screen=screens.add(number, edit.draft)))

    async def add_from(self, turn: Turn, number: int, part: int, word: str) -> Reply:
        """The criteria of one category."""
        category = next((c for c in CATEGORIES if c.word == word), None)
        if category is None:
            raise InvalidPressError(word)
        edit = edited(turn, number, part)
        return _keeping(edit, Reply(screen=screens.add_from(number, edit.draft, category)))

    async def open(self, turn: Turn, number: int, part: int, key: str) -> Reply:
        """One criterion."""
        return _criterion(edited(turn, number, part), key)

    async def bounds(self, turn: Turn, number: int, part: int, key: str, word: str) -> Reply:
        """Steps for one bound."""
        edit, side = edited(turn, number, part), _side(word)
        if key not in METRICS:
            raise InvalidPressError(key)
        return _keeping(edit, Reply(screen=screens.bounds(_shown(edit, key), side)))

    async def bound(self, turn: Turn, number: int, part: int, key: str, word: str, value: Decimal | None) -> Reply:
        """A bound was chosen, or opened."""
        if key not in METRICS:
            raise InvalidPressError(key)
        return await self._changed(turn, number, part, lambda draft: with_bound(draft, key, _side(word), value))

    async def flag(self, turn: Turn, number: int, part: int, key: str, word: str) -> Reply:
        """One of a flag's two words was chosen."""
        if key not in FLAGS or word not in ("yes", "no"):
            raise InvalidPressError(key)
        return await self._changed(turn, number, part, lambda draft: with_flag(draft, key, wanted=word == "yes"))

    async def chain(self, turn: Turn, number: int, part: int, word: str) -> Reply:
        """A chain was let in or out."""
        if word not in set(Chain):
            raise InvalidPressError(word)
        edit = edited(turn, number, part)
        changed = replace(edit, draft=with_chain_toggled(edit.draft, Chain(word)))
        return _criterion(changed, "chain")

    async def quorum(self, turn: Turn, number: int, part: int, value: Decimal) -> Reply:
        """How many channels must qualify."""
        edit = edited(turn, number, part)
        return _criterion(replace(edit, draft=with_rule(edit.draft, quorum=int(value))), "quorum")

    async def window(self, turn: Turn, number: int, part: int, value: Decimal) -> Reply:
        """Within which time, in seconds, they must have called."""
        edit = edited(turn, number, part)
        seconds = min(int(value), 10**6)
        return _criterion(replace(edit, draft=with_rule(edit.draft, window=timedelta(seconds=seconds))), "quorum")

    async def policy(self, turn: Turn, number: int, part: int, key: str) -> Reply:
        """What unknown does was switched."""
        return await self._changed(turn, number, part, lambda draft: with_policy_toggled(draft, key))

    async def remove(self, turn: Turn, number: int, part: int, key: str) -> Reply:
        """The criterion goes."""
        return await self._changed(turn, number, part, lambda draft: without(draft, key))

    async def ask(self, turn: Turn, number: int, part: int, key: str, word: str) -> Reply:
        """Ask for a typed value."""
        edit = edited(turn, number, part)
        if not screens.can_be_typed(key):
            raise InvalidPressError(key)
        screen = screens.ask_value(_shown(edit, key), word)
        return Reply(screen=screen, ask=asking(VALUE, edit, key=key, side=word))

    async def take(self, turn: Turn, number: int, key: str, side: str, words: str) -> Reply:
        """A value was typed: take it into the draft, or say what is wrong with it."""
        edit = edited(turn, number)
        try:
            draft = typed(edit.draft, key, side, words)
        except (InvalidFilterTextError, InvalidFilterError) as error:
            question = screens.ask_value(_shown(edit, key), side).html
            return Reply(screen=plain.wrong_value(error, question), ask=asking(VALUE, edit, key=key, side=side))
        return await filter_reply(turn, replace(edit, draft=draft), self._previews)

    async def _changed(self, turn: Turn, number: int, part: int, change: Callable[[Draft], Draft]) -> Reply:
        edit = edited(turn, number, part)
        return await filter_reply(turn, replace(edit, draft=change(edit.draft)), self._previews)


def typed(draft: Draft, key: str, side: str, words: str) -> Draft:
    """Understand a typed value: a bound where one was asked for, else the criterion with or without its name.

    Raises:
        InvalidFilterTextError: it cannot be read.
        InvalidFilterError: it cannot be, or is about something else.
    """
    value = " ".join((words if key in METRICS else words.replace(",", " ")).split())
    if value.casefold().startswith(f"{key} "):
        value = value[len(key) :].strip()
    operator = _OPERATORS.get(side)
    if operator is not None and key in METRICS:
        try:
            parsed = parse_filter(f"{key} {operator} {value}")
        except InvalidFilterTextError as error:
            try:
                return with_typed(draft, key, parse_filter(f"{key} {value}"))
            except InvalidFilterTextError:
                raise error from None
        bound = found(parsed.any_of[0], key)
        only_bound = with_typed(draft, key, parsed)  # refuses anything beside the one criterion
        if not isinstance(bound, Range):
            return only_bound
        return with_bound(draft, key, _side(side), bound.low if side == "low" else bound.high)
    return with_typed(draft, key, parse_filter(f"{key} {value}"))


def _criterion(edit: Edited, key: str) -> Reply:
    if key not in LABELS:
        raise InvalidPressError(key)
    return _keeping(edit, Reply(screen=screens.criterion(_shown(edit, key))))


def _shown(edit: Edited, key: str) -> screens.CriterionShown:
    return screens.CriterionShown(number=edit.number, draft=edit.draft, key=key)


def _keeping(edit: Edited, reply: Reply) -> Reply:
    """The draft lives on while one looks at menus."""
    return replace(reply, ask=asking(DRAFT, edit)) if edit.is_changed else reply


def _side(word: str) -> Side:
    if word == "low":
        return "low"
    if word == "high":
        return "high"
    raise InvalidPressError(word)
