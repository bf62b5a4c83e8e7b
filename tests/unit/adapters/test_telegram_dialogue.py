"""The bot in conversation: presets, filters, questions, explanations, mutes."""

from datetime import timedelta
from typing import Any

from tokenfilter.adapters.telegram.messenger import TelegramMessenger
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Standing
from tokenfilter.testing.examples import alert, heard, stamped, token

ADA, BEN, GROUP = ChatId(710001001), ChatId(710001002), ChatId(-1002001)


def labels(message: dict[str, Any]) -> list[str]:
    return [b["text"] for row in message.get("reply_markup", {}).get("inline_keyboard", []) for b in row]


async def test_start_offers_presets_and_a_chosen_one_shows_what_it_would_have_told(talk):
    first = await talk.say("/start")
    assert "not advice" in first["text"]
    assert labels(first)[:4] == ["Proven", "Early", "Crowd", "Safer"]
    await talk.say("/filters")
    own = await talk.press(first, "Crowd")
    assert own["text"].startswith("Crowd is on.")
    assert [f.name for f in (await talk.ada()).filters] == ["Crowd"]
    assert "Last 8 h: 0 alerts of 8 events" in own["text"]


async def test_a_filter_typed_as_text_is_compared_and_saved(talk):
    listed = await talk.say("/filters")
    asked = await talk.press(await talk.press(listed, "New filter"), "As text")
    await talk.page.say(ADA, "mcap 10k-100k, liq > 5k")
    draft = await talk.shows(asked, "Not saved")
    assert "mcap 10k..100k, liq >= 5k" in draft["text"]
    assert "5 alerts" in draft["text"]
    assert (await talk.ada()).filters == ()
    saved = await talk.press(draft, "Save")
    assert saved["text"].startswith("Saved.")
    assert [format_filter(f.wanted) for f in (await talk.ada()).filters] == ["mcap 10k..100k, liq >= 5k"]


async def test_a_bound_is_changed_by_buttons_and_discarded_or_saved(talk):
    own = await talk.press(await talk.say("/start"), "Crowd")
    shown = await talk.press(own, "Edit")
    steps = await talk.press(await talk.press(shown, "Market cap"), "At most")
    draft = await talk.press(steps, "$100k")
    assert "Market cap: $20k–$500k → $20k–$100k" in draft["text"]
    discarded = await talk.press(draft, "Discard")
    assert discarded["text"].startswith("Discarded.")
    steps = await talk.press(await talk.press(discarded, "Market cap"), "At most")
    await talk.press(await talk.press(steps, "$1m"), "Save")
    assert "mcap 20k..1m" in format_filter((await talk.ada()).filters[0].wanted)


async def test_a_typed_value_that_cannot_be_read_says_what_is_expected_and_asks_again(talk):
    shown = await talk.press(await talk.press(await talk.say("/start"), "Crowd"), "Edit")
    asked = await talk.press(await talk.press(await talk.press(shown, "Liquidity"), "At least"), "Type it")
    await talk.page.say(ADA, "lots")
    refused = await talk.changed(asked)
    assert refused["text"].startswith("✗ ")
    assert "for example 5.7k" in refused["text"]
    await talk.page.say(ADA, "5.7k")
    assert "liq >= 5.7k" in (await talk.shows(refused, "Not saved"))["text"]


async def test_a_command_cancels_the_question_and_the_next_words_answer_nothing(talk):
    shown = await talk.press(await talk.press(await talk.say("/start"), "Crowd"), "Edit")
    await talk.press(await talk.press(await talk.press(shown, "Liquidity"), "At least"), "Type it")
    await talk.say("/status")
    assert (await talk.say("5.7k"))["text"].startswith("I know commands")


async def test_a_draft_is_forgotten_after_five_minutes(talk):
    shown = await talk.press(await talk.press(await talk.say("/start"), "Crowd"), "Edit")
    draft = await talk.press(await talk.press(shown, "Liquidity"), "Remove")
    talk.clock.advance(timedelta(minutes=5))
    forgotten = await talk.press(draft, "Save")
    assert forgotten["text"].startswith("That change was not saved within 5 minutes")
    assert "liq >= 10k" in format_filter((await talk.ada()).filters[0].wanted)


async def test_a_deleted_filter_comes_back_by_undo(talk):
    shown = await talk.press(await talk.press(await talk.say("/start"), "Crowd"), "Edit")
    listed = await talk.press(shown, "Delete")
    assert (await talk.ada()).filters == ()
    await talk.press(listed, "Undo")
    assert [f.name for f in (await talk.ada()).filters] == ["Crowd"]


async def test_a_hostile_name_of_a_filter_stays_text(talk):
    shown = await talk.press(await talk.press(await talk.say("/start"), "Crowd"), "Edit")
    asked = await talk.press(shown, "Rename")
    await talk.page.say(ADA, "<b>@someone</b> claim-now.com /stop")
    renamed = await talk.changed(asked)
    assert "<b>@someone</b> claim-now.com /stop" in renamed["text"]
    assert {e["type"] for e in renamed["entities"]} == {"code"}


async def test_why_explains_by_symbol_by_deep_link_and_by_answering_a_card(talk, telegram_page):
    await talk.say("/start")
    assert "You: alerts are on" in (await talk.say("/why t3"))["text"]
    assert (await talk.say(f"/start {token(4).address}"))["text"].startswith("❓ T4")
    assert (await talk.say(token(5).address))["text"].startswith("❓ T5")
    assert "was heard in the time that is kept" in (await talk.say("/why nothing"))["text"]
    sender = TelegramMessenger(
        token=telegram_page.token, base_url=telegram_page.base_url, base_file_url=None, clock=talk.clock
    )
    await sender.send(alert(ADA, about=stamped(heard(about=token(2), symbol="T2"))), reader=None)
    await sender.close()
    card = (await telegram_page.told(ADA))[-1]
    assert (await talk.say("/why", answers=card["message_id"]))["text"].startswith("❓ T2")
    await talk.page.press(ADA, card, "❓")
    told = await talk.page.until(
        ADA, lambda told: told[-1].get("reply_to_message", {}).get("message_id") == card["message_id"]
    )
    assert told[-1]["text"].startswith("❓ T2")


async def test_a_relaxed_filter_lets_the_token_pass_once_saved(talk):
    listed = await talk.say("/filters")
    asked = await talk.press(await talk.press(listed, "New filter"), "As text")
    await talk.page.say(ADA, "mcap >= 61k")
    await talk.press(await talk.shows(asked, "Not saved"), "Save")
    told = await talk.say("/why T3")
    assert "✗ mcap $60,000 ≥ $61k" in told["text"]
    draft = await talk.press(told, "Relax to mcap >= 60k")
    await talk.press(draft, "Save")
    assert "lets it through" in (await talk.say("/why T3"))["text"]


async def test_mute_opens_below_the_card_and_can_be_taken_back(talk, telegram_page):
    await talk.say("/start")
    sender = TelegramMessenger(
        token=telegram_page.token, base_url=telegram_page.base_url, base_file_url=None, clock=talk.clock
    )
    await sender.send(alert(ADA, about=stamped(heard(about=token(2)))), reader=None)
    await sender.close()
    card = (await telegram_page.told(ADA))[-1]
    opened = await talk.press(card, "🔕")
    assert labels(opened) == ["Chart", "GMGN", "Axiom", "This token", "@alpha", "All, 1 h", "Back"]
    muted = await talk.press(opened, "This token")
    assert (await talk.ada()).mutes.tokens == {token(2): None}
    assert labels(muted)[-2:] == ["❓ Why", "Unmute token"]
    again = await talk.press(muted, "Unmute")
    assert (await talk.ada()).mutes.tokens == {}
    assert labels(again) == labels(card)
    assert again["text"] == card["text"]


async def test_noise_and_zone_are_changed_in_one_message(talk):
    settings = await talk.say("/settings")
    noise = await talk.press(settings, "Noise")
    off = await talk.press(noise, "Off 1 h")
    assert "off until 13:00" in off["text"]
    zones = await talk.press(await talk.press(off, "Settings"), "Zone")
    asked = await talk.press(zones, "Type it")
    await talk.page.say(ADA, "madrid")
    assert "Europe/Madrid, where it is 13:00" in (await talk.shows(asked, "Saved."))["text"]
    assert (await talk.ada()).zone == "Europe/Madrid"


async def test_stop_and_resume(talk):
    await talk.say("/start")
    stopped = await talk.say("/stop")
    assert (await talk.ada()).standing is Standing.STOPPED
    await talk.press(stopped, "Resume")
    assert (await talk.ada()).standing is Standing.ACTIVE
