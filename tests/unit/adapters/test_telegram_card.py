"""The card and the digest, as a person sees them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.sandbox.formatted_text import format_text
from tokenfilter.adapters.telegram.callback import MOST_BYTES, Action, encode
from tokenfilter.adapters.telegram.card import card, card_keyboard, mute_actions
from tokenfilter.adapters.telegram.digest import MOST_ROWS, digest
from tokenfilter.adapters.telegram.html import LONGEST_TEXT
from tokenfilter.adapters.telegram.links import payload_text, token_payload
from tokenfilter.domain.call import Call
from tokenfilter.domain.event import TokenFacts
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId, parse_token
from tokenfilter.domain.notification import CallAlert, Digest, FoldReason
from tokenfilter.testing import strategies
from tokenfilter.testing.examples import NOON, call, evidence_of, heard, stamped, stats

LAMB = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"
NAMES = st.lists(strategies.hostile_text(), min_size=1, max_size=5).map(tuple)
FACTS = st.builds(
    TokenFacts, symbol=st.none() | strategies.hostile_text(max_size=10_000), name=st.none() | strategies.hostile_text()
)


def lamb(**changes: object) -> Evidence:
    """A token of which everything is known, called by two channels."""
    said = heard(
        about=parse_token(LAMB),
        symbol="LAMB",
        calls=[
            replace(
                call("@alpha", NOON - timedelta(minutes=5), market_cap_usd="121000"), message_url="https://t.me/alpha/8"
            ),
            call("@beta", NOON - timedelta(milliseconds=2100)),
        ],
        flags={"mint": True, "freeze": False},
        mcap=164_197,
        liq=38_000,
        holders=612,
        top10=21,
        **changes,  # type: ignore[arg-type]
    )
    facts = replace(said.facts, name="Lamb Coin", created_at=NOON - timedelta(minutes=24))
    known = {ChannelId("@alpha"): stats("@alpha", win=64, record=41, gain=192, median=2)}
    return evidence_of(stamped(replace(said, facts=facts)), known)


def shown(evidence: Evidence, *filters: str) -> list[str]:
    told = CallAlert(evidence=evidence, filters=filters or ("Early",))
    return card(told, now=NOON, zone="UTC").plain.split("\n")


def test_the_card_says_what_and_why_then_caller_size_holders_safety_origin_and_address():
    assert shown(lamb(), "Early", "Safer") == [
        "🎯 Early, Safer matched LAMB at $164k, +35.7% since the call",
        "📣 @alpha (1st of 2) · win 64% (n=41, 49–77%) · avg +192% · median 2.0x",
        "📣 @beta (2nd of 2) · win – · avg – · median –",
        "💰 MC $164k · $121k at call · liq $38k · vol 1h –",
        "👥 612 holders · top 10 21% · dev – · snipers –",
        "🛡 mint revoked · freeze active · LP –",
        "Solana · 24 min old · heard 2.1 s after the call · Lamb Coin",
        LAMB,
    ]


def test_the_address_stands_alone_to_be_copied():
    told = CallAlert(evidence=lamb(), filters=("Early",))
    assert card(told, now=NOON, zone="UTC").markup.split("\n")[-1] == f"<code>{LAMB}</code>"


def test_links_come_first_and_then_what_can_be_asked():
    rows = card_keyboard(lamb())
    assert [[b.label for b in row] for row in rows] == [["Chart", "GMGN", "Axiom", "Post"], ["❓ Why", "🔕 Mute"]]
    assert rows[0][0].url == f"https://dexscreener.com/solana/{LAMB}"
    assert rows[0][3].url == "https://t.me/alpha/8"


def test_in_a_group_why_opens_the_readers_own_chat():
    why = card_keyboard(lamb(), bot="our_bot")[-1][0]
    assert why.url == f"https://t.me/our_bot?start={LAMB}"


def test_a_value_that_is_old_says_so():
    told = CallAlert(evidence=lamb(), filters=("Early",))
    assert "figures 12 min old" in card(told, now=NOON + timedelta(minutes=12), zone="UTC").plain


def test_what_was_recorded_long_ago_names_its_time_instead_of_a_delay():
    evidence = lamb()
    late = replace(evidence, event=replace(evidence.event, received_at=NOON + timedelta(days=90)))
    told = card(CallAlert(evidence=late, filters=("Early",)), now=NOON + timedelta(days=90), zone="Europe/Berlin").plain
    assert "recorded 2 Mar 13:00 Europe/Berlin" in told
    assert "after the call" not in told


@given(strategies.evidence(), NAMES, FACTS)
def test_no_token_text_breaks_links_or_fakes_a_card(evidence, filters, facts):
    said = replace(evidence.event.heard, facts=replace(facts, created_at=evidence.event.heard.facts.created_at))
    hostile = replace(evidence, event=replace(evidence.event, heard=said))
    html = card(CallAlert(evidence=hostile, filters=filters), now=evidence.at, zone="UTC")
    stored = format_text(html.markup, parse_mode="HTML")
    assert {entity.type for entity in stored.entities} <= {"code", "bold"}
    assert stored.length <= LONGEST_TEXT
    lines = html.plain.split("\n")
    assert len(lines) <= 12
    assert lines[-1] == evidence.event.token.address
    assert lines[0].startswith("🎯 ")


@given(strategies.evidence(), st.none() | st.just("our_bot"))
def test_the_buttons_of_any_token_are_few_and_lead_only_where_we_say(evidence, bot):
    rows = card_keyboard(evidence, bot=bot) + mute_actions(
        evidence.event.token, tuple(c.channel for c in evidence.calls)
    )
    ours = ("https://dexscreener.com/", "https://gmgn.ai/", "https://axiom.trade/t/", "https://t.me/")
    assert len(card_keyboard(evidence)) <= 3
    for b in (b for row in rows for b in row):
        assert (b.press is None) != (b.url is None)
        assert b.url is None or b.url.startswith(ours)
        assert b.press is None or len(encode(b.press)) <= MOST_BYTES


@given(st.text(max_size=60) | st.sampled_from(["https://t.me/beta/1", "https://t.me/alpha/1?x", "http://t.me/alpha/1"]))
def test_a_post_is_linked_only_if_it_is_one_of_the_channel_that_called(url):
    said = heard(calls=[Call(channel=ChannelId("@alpha"), called_at=NOON, message_url=url)])
    labels = [b.label for b in card_keyboard(evidence_of(stamped(said)))[0]]
    assert "Post" not in labels


@given(strategies.tokens())
def test_a_token_survives_a_deep_link(token):
    payload = token_payload(token)
    assert len(payload) <= 64
    assert parse_token(*payload_text(payload)) == token


def test_mute_offers_the_token_its_callers_and_an_hour():
    rows = mute_actions(parse_token(LAMB), (ChannelId("@alpha"), ChannelId("@" + "x" * 60)))
    assert [b.label for row in rows for b in row] == ["This token", "@alpha", "All, 1 h", "Back"]
    assert rows[1][1].press is not None
    assert rows[1][1].press.action is Action.MUTE_BACK


def test_a_digest_counts_says_why_and_lists_oldest_first():
    alerts = tuple(
        CallAlert(
            evidence=evidence_of(stamped(heard(symbol=f"T{n}", at=NOON + timedelta(minutes=n), mcap=1000 * 50**n))),
            filters=("A",),
        )
        for n in range(3)
    )
    told = digest(Digest(alerts=alerts, reason=FoldReason.SNOOZED), now=NOON, zone="Europe/Berlin")
    assert told.plain.replace("\u2007", "_").split("\n") == [
        "3 alerts in one message: while you had alerts off. All matched A.",
        "13:00  __$1k  T0",
        "13:01  _$50k  T1",
        "13:02  $2.5M  T2",
        "Times in Europe/Berlin. /why and a symbol explains one.",
    ]


@given(
    st.lists(st.builds(CallAlert, evidence=strategies.evidence(), filters=NAMES), min_size=1, max_size=4),
    st.integers(1, 40),
)
def test_a_digest_of_anything_is_one_message_and_leaves_nobody_uncounted(alerts, times):
    many = tuple(alerts) * times
    html = digest(Digest(alerts=many, reason=FoldReason.TOO_MANY), now=NOON, zone="UTC")
    stored = format_text(html.markup, parse_mode="HTML")
    assert stored.length <= LONGEST_TEXT
    assert {e.type for e in stored.entities} <= {"code", "bold", "bot_command"}
    assert html.plain.startswith(f"{len(many):,} alert")
    if len(many) > MOST_ROWS:
        assert f"… {len(many) - MOST_ROWS} earlier ones left out" in html.plain


def test_an_evm_token_shows_what_can_be_known_of_one():
    token = parse_token("0x" + "ab" * 20, "bsc")
    evidence = evidence_of(stamped(heard(about=token, flags={"renounced": True, "honeypot": False}, tax=3)))
    assert "🛡 renounced yes · honeypot no · LP – · tax 3%" in shown(evidence)
    assert [b.url for b in card_keyboard(evidence)[0]] == [
        f"https://dexscreener.com/bsc/{token.address}",
        f"https://gmgn.ai/bsc/token/{token.address}",
    ]


@given(strategies.evidence())
def test_what_is_unknown_is_never_spelled_as_none(evidence):
    nameless = replace(evidence.event.heard, facts=replace(evidence.event.heard.facts, symbol=None, name=None))
    said = replace(evidence, event=replace(evidence.event, heard=nameless))
    assert "None" not in "\n".join(shown(said)[:-1])


def test_a_change_too_small_to_see_is_not_told():
    said = heard(calls=[call("@alpha", market_cap_usd="100000")], mcap=100_001)
    evidence = evidence_of(stamped(said))
    assert evidence.values["rise"] == Decimal("0.001")
    assert "since the call" not in shown(evidence)[0]
