"""What any history must keep."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import (
    DeliveryOutcome,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    PriceSeen,
    peak_since,
    price_seen,
)
from tokenfilter.domain.ids import ChatId, Destination, Token, parse_token
from tokenfilter.ports.history import History, Span
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ANNE, GROUP = Destination(ChatId(1)), Destination(ChatId(-2), 3)
MINUTE = timedelta(minutes=1)


def judged(name: str, *, about: int = 1, minute: int = 0, symbol: str | None = None) -> EventSettled:
    """An event judged some minutes after noon."""
    said = examples.heard(
        name,
        about=examples.token(about),
        at=NOON + minute * MINUTE,
        symbol=symbol,
        calls=[examples.call(fdv_usd="0.1")],
        flags={"mint": True},
        mcap=1_000,
    )
    return EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=(ANNE,))


def ended(outcome: DeliveryOutcome, *, minute: int = 0, to: Destination = ANNE) -> DeliverySettled:
    """How the alert about the first token ended."""
    return DeliverySettled(
        notification=f"alert:{to}:{minute}",
        token=examples.token(),
        destination=to,
        outcome=outcome,
        at=NOON + minute * MINUTE,
        message_id=5,
        call_to_sent=0.5,
    )


def climb(*caps: int, about: int = 1) -> list[PriceSeen]:
    """Market caps every ten seconds from a minute after noon."""
    return [
        price_seen(examples.tick(NOON + MINUTE + n * timedelta(seconds=10), about=examples.token(about), mcap=cap))
        for n, cap in enumerate(caps)
    ]


async def names(found: AsyncIterator[Evidence] | Sequence[Evidence]) -> list[str]:
    """The ids of events, in order."""
    if isinstance(found, Sequence):
        return [e.event.id for e in found]
    return [e.event.id async for e in found]


class HistoryContract:
    """Fixtures: `history`, empty. What is told of lies within minutes; how long it is kept is the adapter's choice."""

    async def test_an_empty_history_knows_nothing(self, history: History) -> None:
        evidence = judged("e1").evidence
        assert await names(history.judged(NOON - MINUTE, NOON + MINUTE)) == []
        assert list(await history.judged_of(evidence.event.token, 5)) == []
        assert list(await history.find_tokens(evidence.event.token.address, 5)) == []
        assert await history.delivery(evidence.event.token, ANNE) is None
        assert await history.outcome(evidence) is None

    async def test_evidence_is_read_as_it_was_judged(self, history: History) -> None:
        entry = judged("e1", symbol="<b>ü")
        await history.record([entry])
        assert [e async for e in history.judged(NOON, NOON + MINUTE)] == [entry.evidence]
        assert list(await history.judged_of(entry.evidence.event.token, 1)) == [entry.evidence]

    async def test_events_are_told_in_the_order_in_which_they_were_judged(self, history: History) -> None:
        await history.record([judged("b", minute=2), judged("a", minute=1)])
        await history.record([judged("c", minute=3, about=2)])
        assert await names(history.judged(NOON, NOON + 9 * MINUTE)) == ["b", "a", "c"]

    async def test_a_period_holds_its_first_instant_and_not_its_last(self, history: History) -> None:
        await history.record([judged(f"e{n}", minute=n) for n in range(4)])
        assert await names(history.judged(NOON + MINUTE, NOON + 3 * MINUTE)) == ["e1", "e2"]

    async def test_a_span_is_what_is_judged_in_a_period(self, history: History) -> None:
        await history.record([judged(f"e{n}", minute=minute) for n, minute in enumerate((2, 1, 5, 9))])
        found = await history.span(NOON + MINUTE, NOON + 9 * MINUTE)
        assert found == Span(events=3, first_at=NOON + MINUTE, last_at=NOON + 5 * MINUTE)
        assert await history.span(NOON + 6 * MINUTE, NOON + 9 * MINUTE) == Span(events=0, first_at=None, last_at=None)

    async def test_what_is_given_for_a_filter_is_judged_by_it_as_all_is(self, history: History) -> None:
        entries = [judged(f"e{n}", about=1 + n % 3, minute=n, symbol="cat" if n % 2 else None) for n in range(9)]
        await history.record(list(entries))
        for text in (
            "mcap >= 1k",
            "mcap >= 2k",
            "mcap <= 1k, mint revoked",
            "mint active",
            "liq >= 1",
            "word only cat",
        ):
            wanted = parse_filter(text)
            for until in (NOON + 9 * MINUTE, NOON + 4 * MINUTE):
                whole, given, already = Backtest(wanted), Backtest(wanted), set[Token]()
                async for evidence in history.judged(NOON + MINUTE, until):
                    whole.see(evidence)
                async for evidence in history.judged_by(wanted, NOON + MINUTE, until, told=already):
                    if given.see(evidence):
                        already.add(evidence.event.token)
                assert [t.evidence.event.id for t in given.told] == [t.evidence.event.id for t in whole.told], text

    async def test_what_is_recorded_while_reading_disturbs_no_reader(self, history: History) -> None:
        await history.record([judged(f"e{n}", minute=n) for n in range(3)])
        seen = []
        async for evidence in history.judged(NOON, NOON + 3 * MINUTE):
            seen.append(evidence.event.id)
            await history.record([judged(f"late{len(seen)}", minute=9)])
        assert seen == ["e0", "e1", "e2"]

    async def test_an_event_that_is_noted_in_parts_is_one_event(self, history: History) -> None:
        first, second = (replace(judged("e1"), told=(to,)) for to in (ANNE, GROUP))
        await history.record([first])
        await history.record([second, judged("e2", minute=1), first])
        assert await names(history.judged(NOON, NOON + 9 * MINUTE)) == ["e1", "e2"]

    async def test_recording_again_changes_nothing(self, history: History) -> None:
        entries: list[JournalEntry] = [
            judged("e1"),
            ended(DeliveryOutcome.IN_DOUBT, minute=1),
            ended(DeliveryOutcome.SENT, minute=2),
            *climb(1_000, 3_000, 3_000),
        ]
        await history.record(entries)
        evidence = judged("e1").evidence
        outcome = await history.outcome(evidence)
        for entry in reversed(entries):
            await history.record([entry])
        assert await names(history.judged(NOON, NOON + MINUTE)) == ["e1"]
        assert await names(await history.judged_of(evidence.event.token, 9)) == ["e1"]
        assert await history.delivery(evidence.event.token, ANNE) == ended(DeliveryOutcome.SENT, minute=2)
        assert await history.outcome(evidence) == outcome

    async def test_the_newest_events_of_a_token_come_first_and_no_others(self, history: History) -> None:
        await history.record([judged(f"e{n}", minute=n) for n in range(3)])
        await history.record([judged("other", about=2, minute=5)])
        assert await names(await history.judged_of(examples.token(), 2)) == ["e2", "e1"]

    async def test_a_token_is_found_by_its_address_and_by_how_it_starts(self, history: History) -> None:
        await history.record([judged("e1", about=1), judged("e2", about=58**20)])
        address = examples.token(58**20).address
        for text in (address, address[:-2], f"  {address} "):
            assert list(await history.find_tokens(text, 5)) == [examples.token(58**20)]
        assert list(await history.find_tokens(address[:-1] + "?", 5)) == []

    async def test_an_address_of_hex_digits_is_found_whatever_its_case(self, history: History) -> None:
        token = parse_token("0x" + "aB" * 20, "bsc")
        said = examples.heard("e1", about=token)
        await history.record([EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=())])
        for text in ("0X" + "AB" * 20, "0xAbaB"):
            assert list(await history.find_tokens(text, 5)) == [token]

    async def test_three_letters_are_a_symbol_and_not_the_start_of_an_address(self, history: History) -> None:
        about = 58**20
        start = examples.token(about).address[:3]
        await history.record([judged("e1", about=about), judged("e2", about=2, symbol=start)])
        assert list(await history.find_tokens(start, 5)) == [examples.token(2)]

    async def test_whatever_a_person_types_can_be_looked_for(self, history: History) -> None:
        await history.record([judged("e1", symbol="LAMB")])
        for text in ("\0", "LA\0", "'; --", "100%", "_____", "\ud800", "🐑" * 500, "x" * 5_000, "\u202e"):
            assert list(await history.find_tokens(text, 5)) == []

    async def test_a_token_is_found_by_its_symbol_whatever_the_case(self, history: History) -> None:
        await history.record([judged("e1", symbol="Lamb"), judged("e2", about=2, symbol="lambda")])
        for text in ("LAMB", "$lamb", " lamb "):
            assert list(await history.find_tokens(text, 5)) == [examples.token(1)]

    async def test_of_several_tokens_the_newest_come_first_up_to_the_limit(self, history: History) -> None:
        await history.record([judged(f"e{n}", about=n, minute=n, symbol="LAMB") for n in range(1, 5)])
        assert list(await history.find_tokens("lamb", 2)) == [examples.token(4), examples.token(3)]

    async def test_nothing_is_found_by_an_empty_text(self, history: History) -> None:
        await history.record([judged("e1", symbol="LAMB"), judged("e2", about=2, symbol="")])
        for text in ("", " ", "$"):
            assert list(await history.find_tokens(text, 5)) == []

    async def test_the_last_end_of_an_alert_is_kept_for_each_destination(self, history: History) -> None:
        told, gone = ended(DeliveryOutcome.SENT, minute=1), ended(DeliveryOutcome.GONE, to=GROUP)
        await history.record([ended(DeliveryOutcome.MUTED), told, gone])
        assert await history.delivery(examples.token(), ANNE) == told
        assert await history.delivery(examples.token(), GROUP) == gone
        assert await history.delivery(examples.token(2), ANNE) is None

    async def test_of_two_ends_at_one_instant_the_one_recorded_first_stays(self, history: History) -> None:
        first, second = ended(DeliveryOutcome.IN_DOUBT), ended(DeliveryOutcome.SENT)
        for entries in ([first], [second], [second, first]):
            await history.record(entries)
            assert await history.delivery(examples.token(), ANNE) == first

    async def test_how_an_alert_ended_is_known_however_entries_come(self, history: History) -> None:
        entry = judged("e1")
        alert = examples.alert(ANNE.chat, about=entry.evidence.event)
        end = examples.ended(alert, at=NOON + MINUTE)
        entries: list[JournalEntry] = [entry, end]
        for some in (entries, entries[::-1], [end], [entry]):
            await history.record(some)
            assert await history.delivery(examples.token(), ANNE) == end

    async def test_what_became_of_a_token_is_told_from_its_own_prices(self, history: History) -> None:
        evidence = judged("e1").evidence
        own, other = climb(1_000, 1_500, 3_000, 3_000, 2_000), climb(9_000, 9_000, 9_000, about=2)
        await history.record([judged("e1"), *own[:2], *other, *own[2:]])
        found = await history.outcome(evidence)
        assert found is not None
        assert found == peak_since(evidence, own)
        assert found.basis == "mcap"
        assert found.multiple == 3

    async def test_the_order_in_which_prices_are_recorded_does_not_matter(self, history: History) -> None:
        evidence, own = judged("e1").evidence, climb(1_000, 1_500, 3_000, 3_000, 2_000)
        await history.record([*reversed(own), judged("e1")])
        assert await history.outcome(evidence) == peak_since(evidence, own)

    async def test_a_token_that_was_not_seen_since_has_no_outcome(self, history: History) -> None:
        later: datetime = NOON + 5 * MINUTE
        await history.record([judged("e1", minute=5), *climb(1_000, 2_000)])
        assert all(p.observed_at < later for p in climb(1_000, 2_000))
        assert await history.outcome(judged("e1", minute=5).evidence) is None
