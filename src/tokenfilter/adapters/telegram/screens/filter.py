"""One filter: what it asks for, a button for each criterion, and what a change would do before it is saved."""

from dataclasses import dataclass, field
from datetime import datetime

from tokenfilter.adapters.telegram.callback import NEW_FILTER, Action, Press
from tokenfilter.adapters.telegram.draft import Draft, found, keys
from tokenfilter.adapters.telegram.html import NOTHING, Html, block, bold, code, join, lines, text
from tokenfilter.adapters.telegram.keyboard import Button, Keyboard, Screen, button, columns
from tokenfilter.adapters.telegram.menus import LABELS, LISTS, QUORUM
from tokenfilter.adapters.telegram.preview import difference, preview_text
from tokenfilter.adapters.telegram.wording import bounds_text, counted
from tokenfilter.app.backtest_filter import Preview
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, Range, Recheck, Unknown
from tokenfilter.domain.filter_print import channels_text, format_filter, limit_text

MOST_CRITERIA_SHOWN = 40
_RECHECK = {Recheck.NEW: "Recheck: new", Recheck.ALWAYS: "Recheck: always"}
_ELSEWHERE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterShown:
    """A filter as saved (`saved` None: a new one) and as it would be; `draft` equals `saved` while nothing changed.

    `until_known` names the criteria that pass only until their fact is known. `before` and `after` are previews of the
    two, None where not asked for or not to be had; they come later while `is_pending`.
    """

    number: int
    name: str
    saved: Filter | None
    draft: Draft
    now: datetime
    zone: str
    paused: bool = False
    places: tuple[str, ...] = ()
    before: Preview | None = None
    after: Preview | None = None
    is_pending: bool = False
    until_known: tuple[str, ...] = ()
    note: str = field(default="")

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.saved is None or format_filter(self.saved) != format_filter(self.draft.wanted)


def filter_screen(state: FilterShown) -> Screen:
    """The filter with its buttons; Save and Discard first where there is something to save."""
    shown = format_filter(state.draft.wanted)
    head = code(state.name, most=40) + text(" · not saved yet" if state.saved is None else _state(state))
    parts = [
        lines(text(state.note), head),
        block(shown, most=3_000) if shown else text("Without criteria it matches every call."),
    ]
    if state.is_changed:
        parts.append(_difference(state))
    elif state.is_pending:
        parts.append(text("Trying it on the last 24 h …"))
    elif state.after is not None:
        parts.append(preview_text(state.after, now=state.now, zone=state.zone))
    return Screen(html=join("\n\n", parts), keyboard=_keyboard(state))


def changes(before: Filter, after: Filter) -> Html:
    """What a change does, criterion by criterion; filters with alternatives are compared whole."""
    if len(before.any_of) > 1 or len(after.any_of) > 1 or before.recheck is not after.recheck:
        return text("Was ") + code(format_filter(before) or "any call", most=600)
    old, new = before.any_of[0], after.any_of[0]
    touched = []
    for key in dict.fromkeys((*keys(old), *keys(new))):
        was = criterion_label(old, key) if key in keys(old) else None
        now = criterion_label(new, key) if key in keys(new) else None
        if was != now:
            then = code((was or "").removeprefix(LABELS[key]).strip() or "none", most=80)
            then = then + text(" → ") + code((now or "").removeprefix(LABELS[key]).strip() or "none", most=80)
            touched.append(text(f"{LABELS[key]}: ") + then)
    return join("; ", touched)


def criterion_label(criteria: Criteria, key: str, *, until_known: tuple[str, ...] = ()) -> str:
    """`Market cap 20k..200k`, with what unknown does where it does not refuse."""
    rule = criteria.channel or ChannelRule()
    if key == QUORUM:
        return f"{LABELS[key]} {limit_text(rule)}"
    if key == LISTS:
        return f"{LABELS[key]} {channels_text(rule).removeprefix('channel ')}"
    criterion = found(criteria, key)
    if criterion is None:
        return LABELS[key]
    lets_pass = ", passes until known" if key in until_known else " or unknown"
    passes = lets_pass if criterion.unknown is Unknown.PASS else ""
    asked = bounds_text(criterion) if isinstance(criterion, Range) else limit_text(criterion)
    return f"{LABELS[key]} {asked}{passes}"


def _state(state: FilterShown) -> str:
    said = " · ⏸ paused" if state.paused else " · on"
    return said + (f" · goes to {counted(len(state.places), 'chat')}" if len(state.places) >= _ELSEWHERE else "")


def _difference(state: FilterShown) -> Html:
    heading = bold(text("Not saved")) + text(". ")
    was = NOTHING if state.saved is None else changes(state.saved, state.draft.wanted)
    if state.is_pending:
        return lines(heading + was, text("Comparing over the last 24 h …"))
    if state.after is None:
        return lines(heading + was, text("History cannot be read now, so there is no comparison."))
    return lines(heading + was, difference(state.before, state.after, now=state.now))


def _keyboard(state: FilterShown) -> Keyboard:
    number, part, criteria = state.number, state.draft.part, state.draft.criteria
    present = keys(criteria)[:MOST_CRITERIA_SHOWN]
    rows: list[tuple[Button, ...]] = []
    if state.is_changed:
        rows.append((_on(Action.FILTER_SAVE, "Save", number), _on(Action.FILTER_DISCARD, "Discard", number)))
    if len(state.draft.wanted.any_of) > 1:
        rows.append(tuple(_alternative(number, place, part) for place in range(len(state.draft.wanted.any_of))))
    rows += columns(
        button(
            criterion_label(criteria, key, until_known=state.until_known),
            Press(action=Action.CRITERION, number=number, part=part, key=key),
        )
        for key in present
    )
    add = button("Add criterion", Press(action=Action.ADD, number=number, part=part))
    rows.append((add, _on(Action.FILTER_TEXT, "As text", number)))
    rows.append((_on(Action.FILTER_RECHECK, _RECHECK[state.draft.wanted.recheck], number), *_try(state)))
    if number != NEW_FILTER and not state.is_changed:
        pausing = (Action.FILTER_RESUME, "Resume") if state.paused else (Action.FILTER_PAUSE, "Pause")
        rows.append((_on(pausing[0], pausing[1], number), _on(Action.FILTER_RENAME, "Rename", number)))
        rows.append((_on(Action.FILTER_ROUTES, "Where it goes", number), _on(Action.FILTER_DELETE, "Delete", number)))
    rows.append((button("Back", Action.FILTERS),))
    return tuple(rows)


def _try(state: FilterShown) -> tuple[Button, ...]:
    return () if state.is_changed or state.number == NEW_FILTER else (_on(Action.FILTER_TRY, "Try it", state.number),)


def _alternative(number: int, place: int, shown: int) -> Button:
    label = f"· {place + 1} ·" if place == shown else f"{place + 1}"
    return button(label, Press(action=Action.ALTERNATIVE, number=number, part=place))


def _on(action: Action, label: str, number: int) -> Button:
    return button(label, Press(action=action, number=number))
