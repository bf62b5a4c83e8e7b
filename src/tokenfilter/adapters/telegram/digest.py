"""Alerts that come together instead of one by one."""

from datetime import datetime

from tokenfilter.adapters.telegram import figures, wording
from tokenfilter.adapters.telegram.html import Html, bold, fitted, text
from tokenfilter.domain.notification import CallAlert, Digest

MOST_ROWS = 20
_FIGURE_SPACE = "\u2007"


def digest(told: Digest, *, now: datetime, zone: str) -> Html:
    """A count with the reason, then a row an alert, oldest first: time, size, token, filters."""
    number = len(told.alerts)
    head = bold(text(f"{wording.counted(number, 'alert')} in one message")) + text(f": {told.reason}.")
    note = text(f"Times in {zone}. /why and a symbol explains one.")
    shown = told.alerts[-MOST_ROWS:]
    sizes = [_size(alert) for alert in shown]
    width = max((len(size) for size in sizes), default=0)
    rows = [_row(alert, size.rjust(width, _FIGURE_SPACE), now, zone) for alert, size in zip(shown, sizes, strict=True)]
    earlier = [text(f"… {number - MOST_ROWS} earlier ones left out")] if number > MOST_ROWS else []
    return fitted([head, *earlier, *rows, note])


def _size(alert: CallAlert) -> str:
    values = alert.evidence.values
    return figures.money(values.get("mcap", values.get("fdv")))


def _row(alert: CallAlert, size: str, now: datetime, zone: str) -> Html:
    at = figures.instant(alert.evidence.at, zone, now=now)
    return text(f"{at}  {size}  ") + wording.symbol(alert.evidence) + text("  ") + wording.names(alert.filters, most=1)
