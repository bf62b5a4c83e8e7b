"""What a filter would have told: for a newcomer, before a change is saved, and on request."""

from datetime import datetime, timedelta

from tokenfilter.adapters.telegram import figures, wording
from tokenfilter.adapters.telegram.html import Html, bold, code, join, lines, text
from tokenfilter.app.backtest_filter import LOOK_BACK, PastAlert, Preview

_FIGURE_SPACE = "\u2007"
_ALMOST = timedelta(minutes=30)


def preview_text(preview: Preview, *, now: datetime, zone: str) -> Html:
    """How many alerts, how many a day, and the last of them with what became of each."""
    if not preview.events:
        return text("No history to try it on yet.")
    told = f"{span(preview, now)}: {wording.counted(preview.alerts, 'alert')} of {preview.events:,} events"
    told += _a_day(preview, now)
    if not preview.last:
        return text(f"{told}. Loosen a criterion to hear more.")
    number = f"The last {_spelled(len(preview.last))}" if len(preview.last) > 1 else "The last one"
    sizes = [wording.size_now(past.evidence).plain for past in preview.last]
    width = max(map(len, sizes))
    rows = [
        _row(past, size.rjust(width, _FIGURE_SPACE), now, zone) for past, size in zip(preview.last, sizes, strict=True)
    ]
    return lines(text(f"{told}. {number} ({zone}):"), *rows)


def difference(before: Preview | None, after: Preview, *, now: datetime) -> Html:
    """What a change does to the number of alerts; `before` is None for a filter that is new."""
    then = f"{span(after, now)}: "
    if before is None:
        return text(f"{then}{wording.counted(after.alerts, 'alert')}{_a_day(after, now)}.")
    if before.alerts == after.alerts:
        return text(f"{then}{wording.counted(after.alerts, 'alert')}{_a_day(after, now)}, as many as before.")
    return (
        text(then)
        + bold(text(f"{before.alerts:,} → {wording.counted(after.alerts, 'alert')}"))
        + text(f"{_a_day(after, now)}.")
    )


def span(preview: Preview, now: datetime) -> str:
    """The stretch of history looked at: `Last 24 h`, or as much as there is."""
    length = now - preview.since
    return f"Last {figures.duration(LOOK_BACK if length > LOOK_BACK - _ALMOST else length)}"


def became(past: PastAlert) -> Html:
    """The highest multiple since, and whether its first day is over."""
    outcome = past.outcome
    if outcome is None:
        return text(figures.UNKNOWN)
    peak = f"{figures.multiple(outcome.multiple)}"
    if outcome.seen_until - past.evidence.at < LOOK_BACK:
        peak += " so far"
    return text(peak)


def _row(past: PastAlert, size: str, now: datetime, zone: str) -> Html:
    at = figures.instant(past.evidence.at, zone, now=now)
    caller = [code(call.channel) for call in past.evidence.calls[:1]]
    became_of = text(f"{at}  {size} → ") + bold(became(past))
    return join("  ", [became_of, wording.symbol(past.evidence), *caller])


def _a_day(preview: Preview, now: datetime) -> str:
    """What that makes a day, where the history is much shorter than one."""
    if preview.alerts_per_day is None or now - preview.since > LOOK_BACK - _ALMOST:
        return ""
    return f", about {figures.per_day(preview.alerts_per_day)}"


def _spelled(number: int) -> str:
    return {2: "two", 3: "three"}.get(number, str(number))
