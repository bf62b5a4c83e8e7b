"""The list of a person's filters, and the ways to make a new one."""

from dataclasses import dataclass

from tokenfilter.adapters.telegram.callback import NEW_FILTER, Action, Press
from tokenfilter.adapters.telegram.html import NOTHING, Html, block, bold, code, fitted, join, lines, text
from tokenfilter.adapters.telegram.keyboard import Button, Screen, button, columns
from tokenfilter.adapters.telegram.screens.plain import CANCEL
from tokenfilter.adapters.telegram.screens.start import preset_buttons, presets_text
from tokenfilter.adapters.telegram.screens.why import number_of
from tokenfilter.adapters.telegram.wording import counted
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.subscriber import MAX_FILTERS, NamedFilter, Standing, Subscriber

TEXT_SHOWN = 140
EXAMPLE = "mcap 20k..200k, liq >= 5k, win >= 55"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Whose filters, and a line about what was just done."""

    subscriber: Subscriber
    note: str = ""


def filters(state: Filters) -> Screen:
    """Each filter with its state and its criteria."""
    subscriber = state.subscriber
    rows = [text(state.note)] if state.note else []
    rows.append(bold(text(counted(len(subscriber.filters), "filter"))) + text(f" of {MAX_FILTERS}"))
    if subscriber.standing is Standing.STOPPED:
        rows.append(text("⏸ All alerts are stopped. /resume starts them."))
    if not subscriber.filters:
        rows.append(text("A filter says which calls you want to hear of. Begin with a preset, or make your own."))
    rows += [_row(f, subscriber) for f in subscriber.filters]
    opened = columns(_button(f) for f in subscriber.filters)
    undo = [button("Undo", Action.UNDO)] if subscriber.past else []
    return Screen(
        html=fitted(rows),
        keyboard=(*opened, (button("New filter", Action.FILTER_NEW), *undo), (button("Settings", Action.SETTINGS),)),
    )


def new_filter() -> Screen:
    """Where a new filter comes from."""
    written = Press(action=Action.FILTER_TEXT, number=NEW_FILTER)
    return Screen(
        html=join("\n\n", (bold(text("New filter")), presets_text(), text("Or begin empty, or send one as text."))),
        keyboard=(
            *preset_buttons(),
            (button("Empty", Action.FILTER_EMPTY), button("As text", written)),
            (button("Back", Action.FILTERS),),
        ),
    )


def ask_text(current: str) -> Screen:
    """Asks for a whole filter as text; shows the present one to copy."""
    asked = text("Send the whole filter as text, for example ") + code(EXAMPLE, most=200)
    rules = text("Commas or lines separate criteria; a line with only “or” begins an alternative.")
    shown = lines(text("Now:"), block(current, most=3_300)) if current else NOTHING
    return Screen(html=join("\n\n", (shown, lines(asked, rules))), keyboard=((CANCEL,),))


def ask_name(current: str) -> Screen:
    """Asks for a filter's name."""
    asked = text("Send the new name, for example ") + code("Early gems") + text(". Now: ") + code(current, most=40)
    return Screen(html=asked, keyboard=((CANCEL,),))


def _row(f: NamedFilter, subscriber: Subscriber) -> Html:
    state = "⏸ paused" if f.paused else "on"
    elsewhere = [d for d in f.destinations if d != subscriber.own_chat]
    where = f" · goes to {counted(len(f.destinations), 'chat')}" if elsewhere else ""
    return lines(
        text(" "),
        code(f.name, most=40) + text(f" · {state}{where}"),
        block(format_filter(f.wanted) or "any call", most=TEXT_SHOWN),
    )


def _button(f: NamedFilter) -> Button:
    return button(f"⏸ {f.name}" if f.paused else f.name, Press(action=Action.FILTER, number=number_of(f.id)))
