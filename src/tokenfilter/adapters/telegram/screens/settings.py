"""Settings: where matches go, what is held back, and the time zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenfilter.adapters.telegram import figures
from tokenfilter.adapters.telegram.callback import LONGEST_CHANNEL, Action, Press
from tokenfilter.adapters.telegram.html import bold, code, fitted, lines, text
from tokenfilter.adapters.telegram.keyboard import Button, Screen, button, columns
from tokenfilter.adapters.telegram.screens.plain import CANCEL
from tokenfilter.adapters.telegram.wording import counted
from tokenfilter.domain.quiet import quiet_until
from tokenfilter.domain.subscriber import Standing, Subscriber

MORNING = 8
"""The hour, on a person's own clock, at which a snooze until morning ends."""

SNOOZES = {"1h": timedelta(hours=1), "8h": timedelta(hours=8)}
ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
)
_MOST_MUTES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Whose settings, at which instant, and a line about what was just done."""

    subscriber: Subscriber
    now: datetime
    note: str = ""


def settings(state: Settings) -> Screen:
    """One button a page, each with its present value."""
    subscriber = state.subscriber
    noise = _noise_now(state)
    return Screen(
        html=lines(text(state.note), bold(text("Settings"))),
        keyboard=(
            (
                button(f"Filters: {len(subscriber.filters)}", Action.FILTERS),
                button(f"Destinations: {len(subscriber.places) + 1}", Action.PLACES),
            ),
            (button(f"Noise: {noise}", Action.NOISE), button(f"Zone: {subscriber.zone}", Action.ZONE)),
        ),
    )


def noise(state: Settings) -> Screen:
    """Snooze, sound, quiet hours, and what is muted."""
    subscriber, mutes = state.subscriber, state.subscriber.mutes
    rows = [text(state.note), bold(text("Noise")), text(f"Alerts: {_noise_now(state)}.")]
    unmutes = [
        *(_unmute_token(token.address, Press(action=Action.UNMUTE_TOKEN, token=token)) for token in mutes.tokens),
        *(
            button(f"Unmute {channel}", Press(action=Action.UNMUTE_CHANNEL, channel=channel))
            for channel in mutes.channels
            if len(channel) <= LONGEST_CHANNEL
        ),
    ]
    if mutes.tokens or mutes.channels:
        muted = f"{counted(len(mutes.tokens), 'token')} and {counted(len(mutes.channels), 'channel')}"
        rows.append(text(f"🔕 Muted: {muted}. A call counts as muted when every channel that made it is."))
    rows.append(text("While alerts are off nothing is lost: afterwards one message lists what came."))
    snoozed = mutes.everything_until is not None and state.now < mutes.everything_until
    off = [_snooze("On again", "off")] if snoozed else []
    sound = ("Sound on", "on") if subscriber.silent else ("Sound off", "off")
    return Screen(
        html=lines(*rows),
        keyboard=(
            (_snooze("Off 1 h", "1h"), _snooze("Off 8 h", "8h"), _snooze("Off until morning", "morning")),
            (*off, button(sound[0], Press(action=Action.SOUND, word=sound[1])), button("Quiet, cap", Action.QUIET)),
            *columns(unmutes[:_MOST_MUTES_SHOWN]),
            (button("Settings", Action.SETTINGS),),
        ),
    )


def zone(state: Settings) -> Screen:
    """Zones to choose from; any other can be typed."""
    local = figures.instant(state.now, state.subscriber.zone, now=state.now)
    offered = columns((button(name, Press(action=Action.ZONE_SET, word=name)) for name in ZONES), 2)
    return Screen(
        html=lines(
            text(state.note), bold(text("Time zone")) + text(f": {state.subscriber.zone}, where it is {local}.")
        ),
        keyboard=(*offered, (button("Type it", Action.ZONE_TYPE), button("Settings", Action.SETTINGS))),
    )


def ask_zone() -> Screen:
    """Asks for a zone."""
    asked = text("Send a time zone, for example ") + code("Europe/Madrid") + text(", or its city: ") + code("Madrid")
    return Screen(html=asked, keyboard=((CANCEL,),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long it takes from hearing an event to asking Telegram to send, in seconds, over `sends` alerts.

    `queue` is how many events wait to be judged.
    """

    p50: float
    p99: float
    sends: int
    queue: int


def status(state: Settings, delay: Delay | None) -> Screen:
    """Whether the person is told anything, and how quickly."""
    subscriber = state.subscriber
    paused = sum(f.paused for f in subscriber.filters)
    of_them = f", {paused} paused" if paused else ""
    rows = [
        bold(text("Status")),
        text(_standing(state)),
        text(f"Filters: {len(subscriber.filters)}{of_them}. Destinations: {len(subscriber.places) + 1}."),
    ]
    if delay is not None and delay.sends:
        half, most = figures.seconds(delay.p50), figures.seconds(delay.p99)
        over = counted(delay.sends, "alert")
        rows.append(text(f"From hearing to sending: half within {half}, 99 of 100 within {most} (last {over})."))
    if delay is not None:
        rows.append(text(f"Events waiting to be judged: {delay.queue:,}."))
    rows.append(text("/why and a token's address says why it did or did not come."))
    switch = button("Stop", Action.STOP) if subscriber.standing is Standing.ACTIVE else button("Resume", Action.RESUME)
    return Screen(
        html=fitted(rows), keyboard=((button("Filters", Action.FILTERS), button("Noise", Action.NOISE), switch),)
    )


def stopped() -> Screen:
    """After `/stop`."""
    return Screen(
        html=text("⏸ Alerts are stopped. Filters and settings are kept; what is called meanwhile is not sent later."),
        keyboard=((button("Resume", Action.RESUME),),),
    )


def resumed(subscriber: Subscriber) -> Screen:
    """After `/resume`."""
    active = sum(not f.paused for f in subscriber.filters)
    told = f"Alerts are on: {counted(active, 'filter')} at work."
    hint = "" if active else " /start offers presets."
    return Screen(html=text(told + hint), keyboard=((button("Filters", Action.FILTERS),),))


def until_morning(now: datetime, zone_name: str) -> timedelta:
    """From now to the next 8 o'clock on a person's own clock."""
    local = now.astimezone(figures.zone_of(zone_name))
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if morning <= local:
        morning += timedelta(days=1)
    return morning.astimezone(now.tzinfo) - now


def _standing(state: Settings) -> str:
    match state.subscriber.standing:
        case Standing.ACTIVE:
            return f"Alerts: {_noise_now(state)}."
        case Standing.STOPPED:
            return "⏸ Alerts are stopped."
        case Standing.UNREACHABLE:
            return "Telegram said this chat could not be reached. /start puts that right."


def _noise_now(state: Settings) -> str:
    subscriber, now = state.subscriber, state.now
    until = subscriber.mutes.everything_until
    if until is not None and now < until:
        return f"off until {figures.instant(until, subscriber.zone, now=now)}"
    quiet_end = quiet_until(subscriber.quiet, subscriber.zone, now) if subscriber.quiet else None
    if quiet_end is not None:
        return f"quiet until {figures.instant(quiet_end, subscriber.zone, now=now)}"
    return "on, silent" if subscriber.silent else "on, with sound"


def _snooze(label: str, word: str) -> Button:
    return button(label, Press(action=Action.SNOOZE, word=word))


def _unmute_token(address: str, press: Press) -> Button:
    return button(f"Unmute {address[:4]}…{address[-4:]}", press)
