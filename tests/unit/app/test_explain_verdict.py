"""Why a person did, or did not, hear of a token."""

from datetime import timedelta

import pytest

from tokenfilter.app.explain_verdict import Explanation, NeverSeen, Several
from tokenfilter.domain.dedup import REJECTED_FOR, Accepted, Judge, Rejected, Skip, SkipReason
from tokenfilter.domain.filter_text import format_filter
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.testing import examples

ANNE = ChatId(1)
LAMB = examples.token(58**20)


@pytest.fixture
async def process(process):
    """Anne wanted a token of 10 and more; LAMB had 5."""
    await process.subscribe(1, "mcap >= 5", "mcap >= 10, liq >= 1 unknown pass")
    return process


async def heard(process, *lines):
    """Everything is heard, judged, sent and known to history."""
    await process.hear(*lines)
    await process.judge()
    async with process.running(process.sender().run()):
        await process.wait()
    await process.remember()


def lamb(**market):
    """What the feed said of LAMB."""
    return examples.heard(about=LAMB, symbol="LAMB", calls=[examples.call()], **market)


@pytest.mark.parametrize("text", [LAMB.address, LAMB.address[:12], "lamb", "$LAMB"])
async def test_a_token_is_explained_by_whatever_it_is_called(process, text):
    await heard(process, lamb(mcap=5))
    found = await process.explain.explain(ANNE, text)
    assert isinstance(found, Explanation)
    assert found.token == LAMB


async def test_a_token_that_was_told_is_explained_with_how_the_alert_ended(process):
    await heard(process, lamb(mcap=5))
    found = await process.explain.explain_token(ANNE, LAMB)
    assert isinstance(found.record, Accepted)
    assert found.step == Skip(reason=SkipReason.ALREADY_ACCEPTED)
    assert found.delivery.outcome is DeliveryOutcome.SENT
    assert [f.matched for f in found.filters] == [True, False]


async def test_a_refused_token_is_explained_with_the_nearest_change_that_would_have_passed(process):
    await heard(process, lamb(mcap=4))
    found = await process.explain.explain_token(ANNE, LAMB)
    assert isinstance(found.record, Rejected)
    assert found.step == Skip(reason=SkipReason.NOTHING_FRESH)
    assert found.delivery is None
    assert [f.matched for f in found.filters] == [False, False]
    assert [f.nearest.text for f in found.filters] == ["mcap >= 4", "mcap >= 4"]


async def test_the_newest_event_is_explained(process):
    await heard(process, lamb(mcap=5))
    later = process.clock.now() + timedelta(seconds=1)
    await heard(process, examples.heard("e2", about=LAMB, at=later, calls=[examples.call("@beta", later)], mcap=11))
    found = await process.explain.explain_token(ANNE, LAMB)
    assert found.evidence.event.id == "e2"


async def test_a_refusal_that_has_run_out_is_no_record(process):
    await heard(process, lamb(mcap=4))
    process.clock.advance(REJECTED_FOR)
    found = await process.explain.explain_token(ANNE, LAMB)
    assert found.record is None
    assert found.step == Judge(fresh=None)


async def test_a_token_nobody_heard_of_was_never_seen(process):
    assert await process.explain.explain(ANNE, "nothing") == NeverSeen(text="nothing")
    assert await process.explain.explain_token(ANNE, LAMB) == NeverSeen(text=LAMB.address)


async def test_a_token_of_which_only_prices_are_known_was_never_seen(process):
    await heard(process, examples.tick(about=LAMB, mcap=5))
    assert await process.explain.explain(ANNE, LAMB.address) == NeverSeen(text=LAMB.address)


async def test_of_several_tokens_of_one_symbol_the_newest_come_first(process):
    for number in (1, 2):
        await heard(process, examples.heard(f"e{number}", about=examples.token(number), symbol="LAMB"))
    found = await process.explain.explain(ANNE, "lamb")
    assert isinstance(found, Several)
    assert [e.event.token for e in found.tokens] == [examples.token(2), examples.token(1)]


async def test_who_never_started_is_explained_the_event_without_filters(process):
    await heard(process, lamb(mcap=5))
    found = await process.explain.explain_token(ChatId(77), LAMB)
    assert found.filters == ()
    assert found.subscriber.chat == 77


async def test_relaxing_a_filter_lets_the_event_pass_and_leaves_the_rest_of_it(process):
    await heard(process, lamb(mcap=4))
    subscriber = await process.subscribers.get(ANNE)
    relaxed = await process.explain.relaxed(ANNE, LAMB, subscriber.filters[1].id)
    assert format_filter(relaxed) == "mcap >= 4, liq >= 1 unknown pass"
    await process.edits.change_filter(ANNE, subscriber.filters[1].id, relaxed)
    found = await process.explain.explain_token(ANNE, LAMB)
    assert [f.matched for f in found.filters] == [False, True]


async def test_there_is_nothing_to_relax_where_a_filter_matches_or_is_gone_or_nothing_was_heard(process):
    first = (await process.subscribers.get(ANNE)).filters[0].id
    assert await process.explain.relaxed(ANNE, LAMB, first) is None
    await heard(process, lamb(mcap=5))
    assert await process.explain.relaxed(ANNE, LAMB, first) is None
    assert await process.explain.relaxed(ANNE, LAMB, "1.99") is None
