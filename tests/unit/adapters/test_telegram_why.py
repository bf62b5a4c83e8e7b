"""The trace of a verdict: every rule with what it saw, and what else decides."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.sandbox.formatted_text import format_text
from tokenfilter.adapters.telegram import trace
from tokenfilter.adapters.telegram.callback import Action
from tokenfilter.adapters.telegram.html import LONGEST_TEXT
from tokenfilter.adapters.telegram.screens.why import Why, never_seen, which, why
from tokenfilter.app.explain_verdict import Explanation, FilterExplained, NeverSeen, Several
from tokenfilter.domain.dedup import Accepted, Judge, Rejected
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.ids import ChatId, Destination, FilterId
from tokenfilter.domain.matching import Matched, judge
from tokenfilter.domain.nearest import nearest_pass
from tokenfilter.domain.subscriber import Mutes, NamedFilter, Standing, Subscriber
from tokenfilter.testing import strategies
from tokenfilter.testing.examples import NOON, call, evidence_of, heard, stamped, stats

ADA = ChatId(710001001)


def explained(evidence: Evidence, *texts: str | Filter, **more: object) -> Explanation:
    filters = tuple(
        NamedFilter(
            id=FilterId(f"{ADA}.{number}"),
            name=f"Filter {number}",
            wanted=parse_filter(text) if isinstance(text, str) else text,
            destinations=(Destination(ADA),),
        )
        for number, text in enumerate(texts, start=1)
    )
    told = tuple(
        FilterExplained(
            filter=f,
            verdict=(verdict := judge(f.wanted, evidence)),
            nearest=None if isinstance(verdict, Matched) else nearest_pass(f.wanted, evidence),
        )
        for f in filters
    )
    subscriber = Subscriber(chat=ADA, filters=filters, version=1)
    defaults = {"record": None, "step": Judge(fresh=None), "delivery": None, "subscriber": subscriber, "now": NOON}
    return Explanation(token=evidence.event.token, evidence=evidence, filters=told, **{**defaults, **more})  # type: ignore[arg-type]


def rows(told: Explanation) -> list[str]:
    return why(Why(told=told)).html.plain.split("\n")


def a_call(**market: int) -> Evidence:
    event = stamped(heard(symbol="LAMB", calls=[call("@alpha", NOON)], flags={"mint": False}, **market))
    return evidence_of(event, {event.heard.calls[0].channel: stats("@alpha", win=57, record=37)})


def test_a_near_miss_shows_each_rule_with_its_sign_and_the_nearest_pass():
    told = explained(a_call(mcap=164_000), "win >= 59, mcap 10k..200k, top10 <= 25 unknown pass")
    assert rows(told) == [
        "❓ LAMB · Solana · $164k · figures 0.0 s old",
        "✗ Not told: no filter of yours lets it through.",
        "Earlier: no judgement of it counts here any more; its next event is judged in full.",
        "You: alerts are on, nothing here is muted.",
        "Delivery: nothing was to be sent.",
        " ",
        "Filter 1 · 1 of 3 rules not met",
        "✗ 0 of 1 caller qualifies, needed 1",
        "    @alpha ✗ win 57% ≥ 59% (n=37)",
        "✓ mcap $164k in $10k–$200k",
        "? top10 – ≤ 25% (unknown passes)",
        "Nearest pass: win >= 57",
    ]


def test_relaxing_to_the_nearest_pass_is_one_press():
    keyboard = why(Why(told=explained(a_call(), "win >= 59"))).keyboard
    assert keyboard[0][0].label == "Relax to win >= 57"
    assert keyboard[0][0].press is not None
    assert keyboard[0][0].press.action is Action.RELAX


def test_a_flag_and_an_unknown_say_what_was_wanted():
    told = explained(a_call(), "mint revoked, freeze revoked, chain only base")
    shown = "\n".join(rows(told))
    assert "✗ mint active, wanted revoked" in shown
    assert "? freeze –, wanted revoked (unknown refuses)" in shown
    assert "✗ chain solana, wanted only base" in shown
    assert "No single change would let it pass." in shown


def test_a_difference_that_three_digits_would_hide_is_shown_in_full():
    assert "✗ mcap $199,990 ≥ $200k" in rows(explained(a_call(mcap=199_990), "mcap >= 200k"))


def test_what_was_told_says_when_it_comes_again_and_how_it_was_delivered():
    settled = DeliverySettled(
        notification="n",
        token=None,
        destination=Destination(ADA),
        outcome=DeliveryOutcome.SENT,
        at=NOON,
        call_to_sent=0.41,
    )
    told = explained(a_call(), "win >= 50", record=Accepted(at=NOON), delivery=settled, now=NOON + timedelta(hours=2))
    assert rows(told)[1:5] == [
        "✓ You were told.",
        "Earlier: accepted 2 h ago; not told again for 13 d 22 h.",
        "You: alerts are on, nothing here is muted.",
        "Delivery: sent on 2 Mar 12:00, 0.4 s after we heard of it (UTC).",
    ]


def test_a_live_refusal_says_what_would_have_it_judged_again():
    told = explained(a_call(), "win >= 59", record=Rejected(at=NOON), now=NOON + timedelta(minutes=10))
    assert rows(told)[2] == (
        "Earlier: refused 10 min ago. Only a new call, or a figure that was missing, has it judged again within 50 min."
    )


def test_a_filter_that_passes_now_says_why_nothing_came():
    passes = explained(a_call(), "win >= 50")
    assert "its next event is judged anew" in rows(passes)[1]
    paused = replace(passes.filters[0], filter=replace(passes.filters[0].filter, paused=True))
    assert rows(replace(passes, filters=(paused,)))[1] == "✓ Filter 1 lets it through, but is paused."
    stopped = replace(passes, subscriber=replace(passes.subscriber, standing=Standing.STOPPED))
    assert "alerts are stopped" in rows(stopped)[1]
    muted = replace(passes.subscriber, mutes=Mutes(tokens={passes.token: None}))
    assert rows(replace(passes, subscriber=muted))[3] == "🔕 You: you muted the token."


def test_without_a_filter_the_answer_is_how_to_get_one():
    assert "you have no filter yet" in rows(explained(a_call()))[1]


def test_the_filter_that_came_closest_is_shown_and_the_others_are_a_press_away():
    told = explained(
        a_call(mcap=50_000), "mcap >= 60k, liq >= 5k, holders >= 3", "mcap >= 60k", "mcap >= 70k, liq >= 1"
    )
    screen = why(Why(told=told))
    assert "Filter 2 · 1 of 1 rule not met" in screen.html.plain
    assert [b.label for b in screen.keyboard[-1]] == ["✗ Filter 1", "✗ Filter 3"]
    assert "Filter 3 ·" in why(Why(told=told, shown=FilterId(f"{ADA}.3"))).html.plain


@given(strategies.evidence(), st.lists(strategies.filters(), max_size=4))
def test_any_verdict_over_any_event_is_one_readable_message(evidence, filters):
    screen = why(Why(told=replace(explained(evidence, *filters), now=evidence.at)))
    stored = format_text(screen.html.markup, parse_mode="HTML")
    assert stored.length <= LONGEST_TEXT
    assert {e.type for e in stored.entities} <= {"code", "bold", "bot_command"}
    assert sum(map(len, screen.keyboard)) <= 100


@given(strategies.evidence(), strategies.filters())
def test_there_is_a_row_with_the_right_sign_for_every_finding(evidence, wanted):
    for judged in judge(wanted, evidence).judged:
        shown = [row.plain for row in trace.rows(judged, evidence)]
        top = [row for row in shown if not row.startswith(" ")]
        assert sorted(row[0] for row in top) == sorted(trace.SIGNS[f.outcome] for f in judged.findings)


def test_a_name_that_several_tokens_have_is_asked_back():
    screen = which(Several(tokens=(a_call(), a_call())))
    assert len([b for row in screen.keyboard for b in row]) == 2


@given(strategies.hostile_text())
def test_a_name_nobody_has_is_repeated_harmlessly(words):
    stored = format_text(never_seen(NeverSeen(text=words)).html.markup, parse_mode="HTML")
    assert {e.type for e in stored.entities} <= {"code"}
