"""Alerts that come together instead of one by one."""

from datetime import datetime

from tokenfilter.adapters.telegram import figures, wording
from tokenfilter.adapters.telegram.html import Html, bold, fitted, text
from tokenfilter.domain.notification import CallAlert, Digest

MOST_ROWS = 30
_FIGURE_SPACE = "\u2007"


def digest(told: Digest, *, now: datetime, zone: str) -> Html:
    """A count with the reason, then a row an alert, oldest first: time, size, token; filters where they differ."""
    number = told.number
    head = bold(text(f"{wording.counted(number, 'alert')} in one message")) + text(f": {told.reason}.")
    note = text(f"Times in {zone}. /why and a symbol explains one.")
    shown = told.alerts[-MOST_ROWS:]
    same = {alert.filters for alert in told.alerts}
    shared = next(iter(same)) if len(same) == 1 and not told.earlier else ()
    if shared:
        head = head + text(" All matched ") + wording.names(shared) + text(".")
    sizes = [_size(alert) for alert in shown]
    width = max((len(size) for size in sizes), default=0)
    padded = [size.rjust(width, _FIGURE_SPACE) for size in sizes]
    instants = [figures.instant(alert.evidence.at, zone, now=now) for alert in shown]
    rows = [
        _row(alert, f"{at}  {size}", with_filters=not shared)
        for alert, at, size in zip(shown, instants, padded, strict=True)
    ]
    earlier = [text(f"… {number - len(shown)} earlier ones left out")] if number > len(shown) else []
    return fitted([head, *earlier, *rows, note])


def _size(alert: CallAlert) -> str:
    values = alert.evidence.values
    return figures.money(values.get("mcap", values.get("fdv")))


def _row(alert: CallAlert, begun: str, *, with_filters: bool) -> Html:
    row = text(f"{begun}  ") + wording.symbol(alert.evidence)
    return row + text("  ") + wording.names(alert.filters, most=1) if with_filters else row
