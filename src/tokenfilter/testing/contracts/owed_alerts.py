"""What settling and an outbox must keep between them: of a token nobody is owed two alerts at once."""

from dataclasses import replace

import pytest

from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.processed_tokens import ProcessedTokens
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.contracts.processed_tokens import ANNE, GROUP, deciding, heard, owed, settling


class OwedAlertsContract:
    """Fixtures: `tokens`, empty; `outbox` and `journal`, empty, where it queues and notes."""

    async def test_who_is_told_anew_while_the_first_alert_is_still_owed_is_owed_one(
        self, tokens: ProcessedTokens, outbox: Outbox
    ) -> None:
        first = (await settling(tokens, heard())).queued
        await tokens.forget(frozenset({ANNE}))
        again = await settling(tokens, heard("e2", channel="@beta"))
        assert [n.destination for n in again.queued] == [ANNE]
        late = await settling(tokens, heard("e3", at=ACCEPTED_FOR, channel="@gamma"))
        assert {n.destination for n in late.queued} == {ANNE, GROUP}
        assert await outbox.length() == 2
        assert list(await soon(outbox.take(10))) == list(first)

    async def test_who_is_told_anew_after_the_first_alert_ended_is_owed_another(
        self, tokens: ProcessedTokens, outbox: Outbox
    ) -> None:
        first = (await settling(tokens, heard())).queued
        await outbox.finish([examples.ended(n) for n in first if n.destination == ANNE])
        await tokens.forget(frozenset({ANNE}))
        again = (await settling(tokens, heard("e2", channel="@beta"))).queued
        assert await outbox.length() == 2
        await outbox.finish([examples.ended(n) for n in again])
        await tokens.forget(frozenset({ANNE}))
        assert len((await settling(tokens, heard("e3", channel="@gamma"))).queued) == 1
        assert await outbox.length() == 2

    async def test_an_alert_that_stands_with_others_is_not_queued_by_itself_until_it_has_ended(
        self, tokens: ProcessedTokens, outbox: Outbox
    ) -> None:
        queued = (await settling(tokens, heard())).queued
        assert [await outbox.put(n) for n in queued] == [False, False]
        await outbox.finish([examples.ended(queued[0])])
        assert [await outbox.put(n) for n in queued] == [True, False]
        assert await outbox.length() == 2

    async def test_whoever_is_owed_an_alert_by_itself_is_owed_no_other_by_an_event(
        self, tokens: ProcessedTokens, outbox: Outbox
    ) -> None:
        decision = await deciding(tokens, heard())
        alone, *_ = owed(decision)
        assert await outbox.put(alone)
        assert (await tokens.settle(decision, owed(decision))).queued == owed(decision)
        assert await outbox.length() == 2

    async def test_alerts_that_stand_together_end_one_by_one_whether_they_were_taken_or_not(
        self, tokens: ProcessedTokens, outbox: Outbox, journal: Journal
    ) -> None:
        first, second = (await settling(tokens, heard())).queued
        for _ in range(2):
            await outbox.finish([examples.ended(first)])
        assert [await outbox.intend(n) for n in (first, second)] == [False, True]
        assert list(await soon(outbox.take(10))) == [second]
        await outbox.finish([examples.ended(n) for n in (second, first, second)])
        assert await outbox.length() == 0
        assert await journal.length() == 1 + 2

    @pytest.mark.parametrize("take_first", [True, False])
    async def test_an_alert_that_stands_with_others_may_be_revised_and_the_others_are_left_as_they_are(
        self, tokens: ProcessedTokens, outbox: Outbox, take_first: bool
    ) -> None:
        first, second = (await settling(tokens, heard())).queued
        if take_first:
            await soon(outbox.take(10))
        revised = replace(first, owners=(ChatId(1), ChatId(7)))
        for _ in range(2):
            assert list(await outbox.revise([revised])) == [True]
        assert not await outbox.put(first)
        assert await outbox.length() == 2
        if not take_first:
            taken = [n for _ in range(2) for n in await soon(outbox.take(1))]
            assert sorted(taken, key=lambda n: n.id) == sorted((revised, second), key=lambda n: n.id)
        await outbox.finish([examples.ended(n) for n in (revised, second)])
        assert await outbox.length() == 0
        assert not await outbox.intend(revised)
