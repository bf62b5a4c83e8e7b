"""What a person who has never seen it does, through the chat alone."""

from tokenfilter.domain.ids import ChatId, parse_token
from tokenfilter.domain.subscriber import Standing


async def test_start_a_preset_and_the_first_alert(ada):
    await ada.say("/start")
    welcome = await ada.sees("not advice")
    assert "Safer" in str(welcome["reply_markup"])
    await ada.press("Safer")
    await ada.sees("Safer is on")
    made = await ada.stage("pass")
    card = await ada.sees(lambda m: made["token"] in m.get("text", ""))
    assert "Safer matched" in card["text"]


async def is_in_history(running, address):
    return bool(await running.container.history().judged_of(parse_token(address), 1))


async def test_why_a_token_did_not_come_and_the_effect_of_relaxing_the_filter(ada, running, until):
    await ada.say("/start")
    await ada.sees("not advice")
    await ada.press("Safer")
    await ada.sees("Safer is on")
    missed = await ada.stage("near")
    await until(lambda: is_in_history(running, missed["token"]))
    await ada.say(f"/why {missed['token']}")
    trace = await ada.sees("Not told")
    assert trace["text"].count("✗") == 2  # the verdict, and the one rule that is not met
    await ada.press("Relax")
    await ada.sees(lambda m: "Save" in str(m.get("reply_markup")))
    await ada.press("Save")
    await ada.say(f"/why {missed['token']}")
    await ada.sees("all met")


async def test_a_hostile_name_makes_no_link_mention_command_or_tag(ada):
    await ada.say("/start")
    await ada.sees("not advice")
    await ada.press("Early")
    await ada.sees("Early is on")
    made = await ada.stage("hostile")
    card = await ada.sees(lambda m: made["token"] in m.get("text", ""))
    assert {entity["type"] for entity in card["entities"]} <= {"code", "bold"}


async def is_left_alone(running, person):
    subscriber = await running.container.subscribers().get(ChatId(person.id))
    return subscriber.standing is Standing.UNREACHABLE


async def test_whoever_blocks_the_bot_is_left_alone_until_they_start_again(ada, web, running, until):
    await ada.say("/start")
    await ada.sees("not advice")
    await ada.press("Safer")
    await ada.sees("Safer is on")
    await ada.stage("block")
    await until(lambda: is_left_alone(running, ada))
    sent = [c for c in (await web.get("/sandbox/api/ledger")).json()["calls"] if c["method"] == "sendMessage"]
    said = await ada.stage("pass")
    assert "no active filter" in said["said"]
    after = [c for c in (await web.get("/sandbox/api/ledger")).json()["calls"] if c["method"] == "sendMessage"]
    assert after == sent
    await ada.stage("block")
    await ada.say("/start")
    await ada.sees(lambda m: "Safer" in str(m))
    made = await ada.stage("pass")
    await ada.sees(lambda m: made.get("token", "?") in m.get("text", ""))
