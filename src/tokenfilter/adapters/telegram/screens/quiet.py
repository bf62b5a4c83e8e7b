"""Quiet hours and the cap: what is held back by the clock, to come in one message."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tokenfilter.adapters.telegram import figures
from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.html import bold, lines, text
from tokenfilter.adapters.telegram.keyboard import Row, Screen, button
from tokenfilter.adapters.telegram.wording import counted
from tokenfilter.domain.quiet import QuietHours, quiet_until
from tokenfilter.domain.subscriber import Subscriber

QUIETS: Mapping[str, QuietHours | None] = {
    "off": None,
    "22-7": QuietHours(start=22, end=7),
    "23-8": QuietHours(start=23, end=8),
    "0-8": QuietHours(start=0, end=8),
}
CAPS: Mapping[str, int | None] = {"off": None, "5": 5, "10": 10, "20": 20}
"""Alerts an hour, by what their buttons carry."""


def quiet(subscriber: Subscriber, now: datetime, note: str = "") -> Screen:
    """Both with their present values, and what becomes of what is held back."""
    hours, most = subscriber.quiet, subscriber.most_per_hour
    until = quiet_until(hours, subscriber.zone, now) if hours else None
    running = f", now until {figures.instant(until, subscriber.zone, now=now)}" if until else ""
    cap = f"{counted(most, 'alert')} an hour to each destination" if most else "as many as there are"
    return Screen(
        html=lines(
            text(note),
            bold(text("Quiet hours and cap")),
            text(f"Quiet hours: {hours_text(hours)}{running} ({subscriber.zone})."),
            text(f"At most: {cap}."),
            text("Nothing is lost: one message lists what was held back, when they end or the hour is over."),
        ),
        keyboard=(
            _choices(Action.QUIET_SET, ((word, hours_text(h), h == hours) for word, h in QUIETS.items())),
            _choices(Action.CAP_SET, ((word, f"{m}/h" if m else "no cap", m == most) for word, m in CAPS.items())),
            (button("Noise", Action.NOISE), button("Zone", Action.ZONE)),
        ),
    )


def hours_text(quiet_hours: QuietHours | None) -> str:
    """`22–7`, or `off`."""
    return f"{quiet_hours.start}–{quiet_hours.end}" if quiet_hours else "off"


def _choices(action: Action, offered: Iterable[tuple[str, str, bool]]) -> Row:
    return tuple(
        button(f"✓ {label}" if is_current else label, Press(action=action, word=word))
        for word, label, is_current in offered
    )
