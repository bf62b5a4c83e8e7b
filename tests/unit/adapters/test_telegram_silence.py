"""What a person reads of a filter that stays silent for one unknown fact, and what the offered button does."""

from datetime import timedelta
from typing import Any

import pytest

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.telegram.menus import LABELS
from tokenfilter.adapters.telegram.messenger import TelegramMessenger
from tokenfilter.adapters.telegram.silence import fact
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId, Destination, FilterId
from tokenfilter.domain.notification import BlindSpotNotice, KnownAgain, Lane, Notification
from tokenfilter.testing.examples import NOON

ADA = ChatId(710001001)
EARLY = FilterId(f"{ADA}.1")
NOTICE = BlindSpotNotice(filter_id=EARLY, filter_name="Early", criterion="win", unknown=24, refusals=31)


def labels(message: dict[str, Any]) -> list[str]:
    return [b["text"] for row in message.get("reply_markup", {}).get("inline_keyboard", []) for b in row]


@pytest.fixture
async def notified(telegram_page):
    """Send Ada a body and return the message as she sees it."""
    sender = TelegramMessenger(
        token=telegram_page.token,
        base_url=telegram_page.base_url,
        base_file_url=telegram_page.base_file_url,
        clock=HandClock(NOON),
    )

    async def send(body):
        notification = Notification(
            id="notice",
            destination=Destination(ADA),
            lane=Lane.REPORTS,
            owners=(ADA,),
            body=body,
            queued_at=NOON,
            useful_until=NOON + timedelta(hours=1),
        )
        await sender.send(notification, reader=None)
        return (await telegram_page.told(ADA))[-1]

    await sender.open()
    yield send
    await sender.close()


async def early(talk):
    """Ada's filter."""
    await talk.say("/start")
    await talk.edits.add_filter(ADA, "Early", parse_filter("mcap <= 500k, win >= 55"))


async def test_a_blind_spot_is_told_in_figures_with_two_ways_out(talk, notified):
    await early(talk)
    message = await notified(NOTICE)
    assert message["text"].startswith("Early hears little: in 24 of the last 31 refusals the win rate was not known.\n")
    assert labels(message) == ["Let it pass until known", "Edit filter"]


async def test_letting_it_pass_saves_says_that_it_reverts_and_shows_it_beside_the_criterion(talk, notified):
    await early(talk)
    shown = await talk.press(await notified(NOTICE), "Let it pass")
    assert "once it is known, that ends by itself" in shown["text"]
    assert any(label.startswith("Win rate") and label.endswith("passes until known") for label in labels(shown))
    (kept,) = (await talk.ada()).filters
    assert (format_filter(kept.wanted), kept.until_known) == ("mcap <= 500k, win >= 55 unknown pass", ("win",))


async def test_changing_the_criterion_by_hand_ends_that_it_reverts(talk, notified):
    await early(talk)
    shown = await talk.press(await notified(NOTICE), "Let it pass")
    draft = await talk.press(await talk.press(shown, "Win rate"), "Unknown passes")
    assert not any("passes until known" in label for label in labels(draft))
    await talk.press(draft, "Save")
    (kept,) = (await talk.ada()).filters
    assert (format_filter(kept.wanted), kept.until_known) == ("mcap <= 500k, win >= 55", ())


async def test_an_offer_that_is_out_of_date_changes_nothing(talk, notified):
    await early(talk)
    message = await notified(NOTICE)
    await talk.edits.change_filter(ADA, EARLY, parse_filter("mcap <= 500k"))
    before = await talk.ada()
    await talk.page.press(ADA, message, "Let it pass")
    await talk.press(message, "Edit filter")  # answered after the press before it
    assert await talk.ada() == before


async def test_that_a_fact_is_known_again_is_told_with_a_way_to_the_filter(talk, notified):
    await early(talk)
    message = await notified(KnownAgain(filter_id=EARLY, filter_name="Early", criterion="win"))
    assert message["text"].startswith("Early: the win rate is known now. The filter refuses again")
    assert (await talk.press(message, "Edit filter"))["text"].startswith("Early · on")


def test_every_criterion_has_a_name_within_a_sentence():
    said = {key: fact(key) for key in LABELS}
    assert said["win"] == "the win rate"
    assert said["fdv"] == "the FDV"
    assert all(words.startswith("the ") and len(words) > 5 for words in said.values())
