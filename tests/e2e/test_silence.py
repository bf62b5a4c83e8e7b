"""A filter over what the feed does not tell does not stay silent without a word."""

import json
from datetime import UTC, datetime

from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.past import drained
from tokenfilter.testing import examples

SECRET = {"authorization": "Bearer push-secret"}


async def push(web, tokens):
    """Push events about so many tokens, none with a tax."""
    now = datetime.now(tz=UTC).isoformat()
    said = [
        {
            "type": "token",
            "token": {"address": token.address, "chain": "solana"},
            "market": {"market_cap_usd": "20000"},
            "observed_at": now,
        }
        for token in tokens
    ]
    (await web.post("/v1/events", content="\n".join(map(json.dumps, said)), headers=SECRET)).raise_for_status()


async def test_a_filter_that_can_hear_nothing_says_so_and_is_let_through_by_a_button(ada, running, web):
    container = running.container
    await ada.say("/start")
    await ada.sees("not advice")
    await container.edit_settings().add_filter(ChatId(ada.id), "Cheap tax", parse_filter("tax <= 0"))
    await push(web, map(examples.token, range(1, 121)))
    await drained(container)
    await container.notice_silence().look()
    told = await ada.sees("hears little")
    assert told["text"].startswith("Cheap tax hears little: in ")
    assert "the transfer tax was not known" in told["text"]
    await ada.press("Let it pass until known")
    await ada.sees("that ends by itself")
    one_more = examples.token(999)
    await push(web, [one_more])
    card = await ada.sees(lambda m: one_more.address in m.get("text", ""))
    assert "Cheap tax matched" in card["text"]
