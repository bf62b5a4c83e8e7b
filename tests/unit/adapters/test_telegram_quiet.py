"""Quiet hours and the cap: what the page says, and that its buttons do it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.adapters.telegram.callback import Action, InvalidPressError
from tokenfilter.adapters.telegram.dialogue.noise import Noise
from tokenfilter.adapters.telegram.dialogue.turn import Turn
from tokenfilter.adapters.telegram.screens import settings
from tokenfilter.adapters.telegram.screens.quiet import CAPS, QUIETS, quiet
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.quiet import QuietHours
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.testing.examples import NOON

ADA = ChatId(710001001)


def labels(message: dict[str, Any]) -> list[str]:
    return [b["text"] for row in message["reply_markup"]["inline_keyboard"] for b in row]


async def test_quiet_hours_and_a_cap_are_set_under_noise_and_taken_back(talk):
    noise = await talk.press(await talk.say("/settings"), "Noise")
    page = await talk.press(noise, "Quiet, cap")
    assert "Quiet hours: off (UTC)" in page["text"]
    assert labels(page)[:8] == ["✓ off", "22–7", "23–8", "0–8", "✓ no cap", "5/h", "10/h", "20/h"]
    page = await talk.press(page, "22–7")
    assert (await talk.ada()).quiet == QuietHours(start=22, end=7)
    page = await talk.press(page, "10/h")
    assert (await talk.ada()).most_per_hour == 10
    assert page["text"].startswith("Saved.\nQuiet hours and cap\nQuiet hours: 22–7 (UTC).\nAt most: 10 alerts an hour")
    page = await talk.press(await talk.press(page, "off"), "no cap")
    assert ((await talk.ada()).quiet, (await talk.ada()).most_per_hour) == (None, None)
    assert "Noise" in (await talk.press(page, "Noise"))["text"]


async def test_a_choice_that_was_never_offered_is_refused():
    journal = MemoryJournal()
    edits = EditSettings(
        subscribers=MemorySubscribers(journal=journal), clock=HandClock(NOON), telemetry=MemoryTelemetry()
    )
    turn = Turn(subscriber=await edits.start(ADA, "Ada"), asked=None, now=NOON)
    noise = Noise(edits)
    for word in ("25-99", "7-22", ""):
        with pytest.raises(InvalidPressError):
            await noise.set_quiet(turn, word)
    for word in ("1000", "-1", "7"):
        with pytest.raises(InvalidPressError):
            await noise.set_cap(turn, word)
    assert await edits.subscriber(ADA) == turn.subscriber


@given(
    st.builds(QuietHours, start=st.integers(0, 11), end=st.integers(12, 23)) | st.none(),
    st.none() | st.integers(1, 60),
    st.sampled_from(settings.ZONES),
    st.integers(0, 47),
)
def test_the_page_marks_what_is_chosen_and_says_until_when_it_is_quiet(hours, most, zone, hour):
    subscriber = Subscriber(chat=ChatId(1), quiet=hours, most_per_hour=most, zone=zone)
    now = NOON + hour * timedelta(hours=1)
    shown = quiet(subscriber, now)
    marked = [b.press.word for row in shown.keyboard for b in row if b.label.startswith("✓")]
    assert marked == [
        word for offered, now_is in ((QUIETS, hours), (CAPS, most)) for word in offered if offered[word] == now_is
    ]
    wall = now.astimezone(settings.figures.zone_of(zone)).hour
    assert (f"now until {hours.end if hours else ''}:00" in shown.html.plain) == bool(
        hours and hours.start <= wall < hours.end
    )


@pytest.mark.parametrize(("hour", "said"), [(-1, "on, with sound"), (0, "quiet until 14:00"), (2, "on, with sound")])
def test_settings_say_that_it_is_quiet_now(hour, said):
    subscriber = Subscriber(chat=ChatId(1), quiet=QuietHours(start=12, end=14))
    state = settings.Settings(subscriber=subscriber, now=NOON + timedelta(hours=hour))
    assert f"Alerts: {said}." in settings.noise(state).html.plain


def test_every_action_is_written_in_its_own_way():
    assert len(Action.__members__) == len(list(Action))
