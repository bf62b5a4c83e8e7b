"""The first screen, and what follows the choice of a preset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.html import NOTHING, Html, block, bold, code, join, lines, text
from tokenfilter.adapters.telegram.keyboard import Button, Screen, button, columns
from tokenfilter.adapters.telegram.preview import preview_text
from tokenfilter.app.backtest_filter import Preview
from tokenfilter.domain.presets import PRESETS, Preset

PURPOSE = "Calls of crypto tokens, judged by your own filters. What passes comes here. It is information, not advice."


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Who starts: how many filters there are, and whether alerts are stopped."""

    filters: int
    stopped: bool = False


def start(state: Start) -> Screen:
    """One line of what it does, then the presets."""
    rows = [text(PURPOSE), NOTHING]
    if state.stopped:
        rows.append(text("⏸ Alerts are stopped. Your filters are kept."))
    if state.filters:
        rows.append(text(f"You have {state.filters} of your own. Add one of these, or open Filters."))
    else:
        rows.append(text("Choose a filter to begin with; everything in it can be changed."))
    return Screen(
        html=lines_apart(rows[0], lines(*rows[1:]), presets_text()),
        keyboard=(
            *preset_buttons(),
            *([(button("Resume", Action.RESUME),)] if state.stopped else []),
            (button("Filters", Action.FILTERS), button("Help", Action.HELP)),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A preset that is now one of the person's filters.

    The preview is None while history cannot be read, and comes later while it `is_pending`.
    """

    name: str
    text: str
    number: int
    preview: Preview | None
    now: datetime
    zone: str
    stopped: bool = False
    is_pending: bool = False


def chosen(state: Chosen) -> Screen:
    """The filter is on; what it would have told."""
    on = code(state.name) + text(" is on. New matches come here as they happen.")
    if state.stopped:
        on = code(state.name) + text(" is added. Alerts are stopped: resume them to hear of matches.")
    if state.is_pending:
        past = text("Trying it on the last 24 h …")
    elif state.preview is None:
        past = text("History cannot be read now, so there is no preview. Try again soon.")
    else:
        past = preview_text(state.preview, now=state.now, zone=state.zone)
    edit = button("Edit", Press(action=Action.FILTER, number=state.number))
    return Screen(
        html=lines_apart(on, block(state.text, most=3_000), past),
        keyboard=(
            *([(button("Resume", Action.RESUME),)] if state.stopped else []),
            (edit, button("Another", Action.START)),
        ),
    )


def preset_buttons() -> tuple[tuple[Button, ...], ...]:
    """The presets in two columns."""
    return columns(button(p.name, Press(action=Action.PRESET, word=p.name)) for p in PRESETS)


def presets_text() -> Html:
    """What each preset looks for."""
    return lines(*map(_about, PRESETS))


def lines_apart(*parts: Html) -> Html:
    """Paragraphs with an empty line between them."""
    return join("\n\n", parts)


def preset_named(word: str, presets: Sequence[Preset] = PRESETS) -> Preset | None:
    """The preset a button names."""
    return next((p for p in presets if p.name == word), None)


def _about(preset: Preset) -> Html:
    return bold(text(preset.name)) + text(f": {preset.about}")
