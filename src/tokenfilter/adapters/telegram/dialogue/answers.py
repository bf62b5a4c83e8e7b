"""Which part answers which button."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tokenfilter.adapters.telegram.callback import NEW_FILTER, Action, InvalidPressError, Press
from tokenfilter.adapters.telegram.dialogue.begin import Begin
from tokenfilter.adapters.telegram.dialogue.criteria import EditCriteria
from tokenfilter.adapters.telegram.dialogue.filters import EditFilters
from tokenfilter.adapters.telegram.dialogue.noise import Noise
from tokenfilter.adapters.telegram.dialogue.places import ChoosePlaces
from tokenfilter.adapters.telegram.dialogue.privacy import Privacy
from tokenfilter.adapters.telegram.dialogue.turn import Reply, Turn
from tokenfilter.adapters.telegram.dialogue.why import ExplainTokens, MuteCards

Answer = Callable[[Turn, Press], Awaitable[Reply]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that answers."""

    begin: Begin
    filters: EditFilters
    criteria: EditCriteria
    noise: Noise
    places: ChoosePlaces
    explains: ExplainTokens
    mutes: MuteCards
    privacy: Privacy


def commands(parts: Parts) -> Mapping[str, Callable[[Turn], Awaitable[Reply]]]:
    """What each command without arguments does in a private chat."""
    begin, privacy = parts.begin, parts.privacy
    return {
        "start": begin.start,
        "filters": parts.filters.list,
        "settings": parts.noise.settings,
        "status": begin.status,
        "stop": begin.stop,
        "resume": begin.resume,
        "privacy": privacy.page,
        "export": privacy.export,
        "delete": privacy.ask,
        "help": begin.help,
    }


def answers(parts: Parts) -> Mapping[Action, Answer]:
    """What each button of a screen does in a private chat."""
    return {**_pages(parts), **_filter_buttons(parts.filters), **_criterion_buttons(parts.criteria)}


def need(value: _T | None) -> _T:
    """A field that the action carries.

    Raises:
        InvalidPressError: it is not there.
    """
    if value is None:
        raise InvalidPressError("a field is missing")
    return value


def _pages(parts: Parts) -> dict[Action, Answer]:
    begin, noise, places, explains = parts.begin, parts.noise, parts.places, parts.explains
    return {
        Action.START: lambda t, _: begin.start(t),
        Action.HELP: lambda t, _: begin.help(t),
        Action.STATUS: lambda t, _: begin.status(t),
        Action.STOP: lambda t, _: begin.stop(t),
        Action.RESUME: lambda t, _: begin.resume(t),
        Action.PRIVACY: lambda t, _: parts.privacy.page(t),
        Action.EXPORT: lambda t, _: parts.privacy.export(t),
        Action.DELETE: lambda t, _: parts.privacy.ask(t),
        Action.DELETE_SURE: lambda t, _: parts.privacy.delete(t),
        Action.PRESET: lambda t, p: begin.preset(t, need(p.word)),
        Action.SETTINGS: lambda t, _: noise.settings(t),
        Action.NOISE: lambda t, _: noise.page(t),
        Action.SNOOZE: lambda t, p: noise.snooze(t, need(p.word)),
        Action.SOUND: lambda t, p: noise.sound(t, need(p.word)),
        Action.QUIET: lambda t, _: noise.quiet(t),
        Action.QUIET_SET: lambda t, p: noise.set_quiet(t, need(p.word)),
        Action.CAP_SET: lambda t, p: noise.set_cap(t, need(p.word)),
        Action.UNMUTE_TOKEN: lambda t, p: noise.unmute_token(t, need(p.token)),
        Action.UNMUTE_CHANNEL: lambda t, p: noise.unmute_channel(t, need(p.channel)),
        Action.ZONE: lambda t, _: noise.zones(t),
        Action.ZONE_SET: lambda t, p: noise.set_zone(t, need(p.word)),
        Action.ZONE_TYPE: lambda t, _: noise.ask_zone(t),
        Action.PLACES: lambda t, _: places.page(t),
        Action.PLACE_ADD: lambda t, p: places.add(t, need(p.destination), here=False),
        Action.PLACE_REMOVE: lambda t, p: places.remove(t, need(p.destination)),
        Action.PLACE_TYPE: lambda t, _: places.ask(t),
        Action.WHY: lambda t, p: explains.token(t, need(p.token)),
        Action.WHY_FILTER: lambda t, p: explains.token(t, need(p.token), need(p.number)),
    }


def _filter_buttons(filters: EditFilters) -> dict[Action, Answer]:
    return {
        Action.FILTERS: lambda t, _: filters.list(t),
        Action.FILTER_NEW: lambda t, _: filters.new(t),
        Action.FILTER_EMPTY: lambda t, _: filters.open(t, NEW_FILTER),
        Action.FILTER: lambda t, p: filters.open(t, need(p.number)),
        Action.ALTERNATIVE: lambda t, p: filters.open(t, need(p.number), need(p.part)),
        Action.FILTER_PAUSE: lambda t, p: filters.pause(t, need(p.number)),
        Action.FILTER_RESUME: lambda t, p: filters.resume(t, need(p.number)),
        Action.FILTER_DELETE: lambda t, p: filters.delete(t, need(p.number)),
        Action.FILTER_RENAME: lambda t, p: filters.ask_name(t, need(p.number)),
        Action.FILTER_TEXT: lambda t, p: filters.ask_whole(t, need(p.number)),
        Action.FILTER_ROUTES: lambda t, p: filters.routes(t, need(p.number)),
        Action.FILTER_ROUTE: lambda t, p: filters.route(t, need(p.number), need(p.destination)),
        Action.FILTER_TRY: lambda t, p: filters.attempt(t, need(p.number)),
        Action.FILTER_SAVE: lambda t, p: filters.save(t, need(p.number)),
        Action.FILTER_DISCARD: lambda t, p: filters.discard(t, need(p.number)),
        Action.FILTER_RECHECK: lambda t, p: filters.recheck(t, need(p.number)),
        Action.UNDO: lambda t, _: filters.undo(t),
        Action.UNTIL_KNOWN: lambda t, p: filters.pass_until_known(t, need(p.number), need(p.key)),
        Action.RELAX: lambda t, p: filters.relax(t, need(p.token), need(p.number)),
    }


def _criterion_buttons(criteria: EditCriteria) -> dict[Action, Answer]:
    def at(press: Press) -> tuple[int, int]:
        return need(press.number), need(press.part)

    return {
        Action.ADD: lambda t, p: criteria.add(t, *at(p)),
        Action.ADD_FROM: lambda t, p: criteria.add_from(t, *at(p), need(p.word)),
        Action.CRITERION: lambda t, p: criteria.open(t, *at(p), need(p.key)),
        Action.BOUND: lambda t, p: criteria.bounds(t, *at(p), need(p.key), need(p.word)),
        Action.BOUND_SET: lambda t, p: criteria.bound(t, *at(p), need(p.key), need(p.word), need(p.value)),
        Action.BOUND_OPEN: lambda t, p: criteria.bound(t, *at(p), need(p.key), need(p.word), None),
        Action.TYPE: lambda t, p: criteria.ask(t, *at(p), need(p.key), need(p.word)),
        Action.UNKNOWN: lambda t, p: criteria.policy(t, *at(p), need(p.key)),
        Action.REMOVE: lambda t, p: criteria.remove(t, *at(p), need(p.key)),
        Action.FLAG: lambda t, p: criteria.flag(t, *at(p), need(p.key), need(p.word)),
        Action.CHAIN: lambda t, p: criteria.chain(t, *at(p), need(p.word)),
        Action.QUORUM: lambda t, p: criteria.quorum(t, *at(p), need(p.value)),
        Action.WINDOW: lambda t, p: criteria.window(t, *at(p), need(p.value)),
    }
