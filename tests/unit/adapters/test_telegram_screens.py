"""Every screen fits into a message, whatever the filter, and its buttons can be sent."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.sandbox.formatted_text import format_text
from tokenfilter.adapters.telegram import menus
from tokenfilter.adapters.telegram.callback import MOST_BYTES, encode
from tokenfilter.adapters.telegram.draft import Draft, draft_of
from tokenfilter.adapters.telegram.html import LONGEST_TEXT
from tokenfilter.adapters.telegram.keyboard import Screen
from tokenfilter.adapters.telegram.preview import difference, preview_text
from tokenfilter.adapters.telegram.screens import criterion, filters, places, plain, settings, start
from tokenfilter.adapters.telegram.screens.filter import FilterShown, changes, filter_screen
from tokenfilter.adapters.telegram.screens.help import help_page
from tokenfilter.app.backtest_filter import PastAlert, Preview
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_text import InvalidFilterTextError, parse_filter
from tokenfilter.domain.history import Outcome
from tokenfilter.domain.ids import ChatId, Destination, FilterId
from tokenfilter.domain.subscriber import Mutes, NamedFilter, Subscriber
from tokenfilter.testing import strategies
from tokenfilter.testing.examples import NOON, call, evidence_of, heard, stamped

ADA = ChatId(710001001)
PLACES = st.builds(Destination, st.integers(-(10**12), -1).map(ChatId))
NAMES = strategies.hostile_text(max_size=40)


def holds(screen: Screen) -> Screen:
    """Check what Telegram would check."""
    stored = format_text(screen.html.markup, parse_mode="HTML")
    assert 1 <= stored.length <= LONGEST_TEXT
    assert {e.type for e in stored.entities} <= {"code", "bold", "bot_command", "mention"}
    buttons = [b for row in screen.keyboard for b in row]
    assert len(buttons) <= 100
    assert all(1 <= len(row) <= 8 for row in screen.keyboard)
    assert all(b.label.strip() for b in buttons)
    assert all(b.press is None or len(encode(b.press)) <= MOST_BYTES for b in buttons)
    return screen


def named(wanted: Filter, name: str = "Early", number: int = 1) -> NamedFilter:
    return NamedFilter(id=FilterId(f"{ADA}.{number}"), name=name, wanted=wanted, destinations=(Destination(ADA),))


def preview(alerts: int = 3, events: int = 800, hours: int = 24) -> Preview:
    at = NOON - timedelta(hours=1)
    evidence = evidence_of(stamped(heard(symbol="LAMB", at=at, calls=[call("@alpha", at)], mcap=164_000)))
    outcome = Outcome(basis="mcap", entry=Decimal(2), peak=Decimal(5), peak_at=NOON, seen_until=NOON)
    return Preview(
        events=events,
        alerts=alerts,
        alerts_per_day=alerts * 24 / hours,
        since=NOON - timedelta(hours=hours),
        last=tuple(PastAlert(evidence=evidence, outcome=o) for o in (outcome, None)[:alerts]),
    )


@given(strategies.filters(), st.none() | strategies.filters(), NAMES, st.booleans(), st.integers(0, 3))
def test_a_filters_screen_holds_any_filter(wanted, saved, name, paused, part):
    state = FilterShown(
        number=1,
        name=name,
        saved=saved,
        draft=draft_of(wanted, part),
        now=NOON,
        zone="UTC",
        paused=paused,
        after=preview(),
    )
    labels = [b.label for row in holds(filter_screen(state)).keyboard for b in row]
    assert ("Save" in labels) == state.is_changed
    assert ("Delete" in labels) == (not state.is_changed)


@given(strategies.filters(), st.sampled_from(sorted(menus.LABELS)))
def test_every_criterion_has_a_screen_whatever_the_filter(wanted, key):
    shown = criterion.CriterionShown(number=1, draft=draft_of(wanted), key=key)
    holds(criterion.criterion(shown))
    if key in menus.METRICS:
        holds(criterion.bounds(shown, "low"))
        holds(criterion.bounds(shown, "high"))
    if criterion.can_be_typed(key):
        holds(criterion.ask_value(shown, "low"))


@given(strategies.filters())
def test_the_menus_of_criteria_hold_any_filter(wanted):
    holds(criterion.add(1, draft_of(wanted)))
    for category in menus.CATEGORIES:
        holds(criterion.add_from(1, draft_of(wanted), category))


@given(st.lists(st.builds(named, strategies.filters(), NAMES), max_size=2), st.booleans())
def test_the_list_holds_twenty_filters_of_any_length(owned, undoable):
    subscriber = Subscriber(chat=ADA, filters=tuple(owned) * 10, past=((),) if undoable else ())
    labels = [b.label for row in holds(filters.filters(filters.Filters(subscriber=subscriber))).keyboard for b in row]
    assert ("Undo" in labels) == undoable


@given(
    st.dictionaries(strategies.tokens(), st.none(), max_size=30),
    st.dictionaries(strategies.channels(), st.none(), max_size=30),
    st.dictionaries(
        st.builds(Destination, st.integers(-(10**12), -1).map(ChatId)), strategies.hostile_text(), max_size=20
    ),
)
def test_settings_hold_any_mutes_and_places(tokens, channels, titles):
    mutes = Mutes(tokens=tokens, channels=channels, everything_until=NOON + timedelta(hours=1))
    subscriber = Subscriber(chat=ADA, mutes=mutes, places=titles, filters=(named(Filter()),))
    state = settings.Settings(subscriber=subscriber, now=NOON)
    delay = settings.Delay(p50=0.012, p99=1.2, sends=40, queue=0)
    for screen in (settings.settings, settings.noise, settings.zone):
        holds(screen(state))
    assert (
        "half within 12 ms, 99 of 100 within 1.2 s (last 40 alerts)" in holds(settings.status(state, delay)).html.plain
    )
    holds(places.places(places.Places(subscriber=subscriber, bot="our_bot")))
    holds(places.routes(named(Filter()), subscriber, 1))


def test_the_fixed_screens_hold():
    for screen in (
        help_page(),
        start.start(start.Start(filters=2, stopped=True)),
        filters.new_filter(),
        filters.ask_text("mcap >= 1"),
        plain.went_wrong("ab12"),
        settings.stopped(),
        places.ask_place(),
    ):
        holds(screen)


@given(st.text(max_size=200))
def test_a_filter_that_cannot_be_read_is_refused_with_what_is_expected(words):
    try:
        parse_filter(words)
    except InvalidFilterTextError as error:
        holds(plain.wrong_filter(error, filters.ask_text("").html))


def test_a_preview_says_how_many_and_what_became_of_the_last():
    assert preview_text(preview(), now=NOON, zone="UTC").plain.split("\n") == [
        "Last 24 h: 3 alerts of 800 events. The last two (UTC):",
        "11:00  $164k → 2.5x so far  LAMB  @alpha",
        "11:00  $164k → –  LAMB  @alpha",
    ]


def test_a_preview_of_a_short_history_says_what_that_makes_a_day():
    assert preview_text(preview(alerts=2, hours=6), now=NOON, zone="UTC").plain.startswith(
        "Last 6 h: 2 alerts of 800 events, about 8 a day."
    )
    assert "No history" in preview_text(preview(alerts=0, events=0), now=NOON, zone="UTC").plain


def test_a_change_is_told_in_alerts_and_criterion_by_criterion():
    assert difference(preview(14), preview(22), now=NOON).plain == "Last 24 h: 14 → 22 alerts."
    assert difference(preview(14), preview(14), now=NOON).plain == "Last 24 h: 14 alerts, as many as before."
    before, after = parse_filter("mcap 20k..200k, mint revoked"), parse_filter("mcap 20k..500k, liq >= 5k")
    assert changes(before, after).plain == (
        "Market cap: $20k–$200k → $20k–$500k; Mint authority: revoked → none; Liquidity: none → ≥ $5k"
    )


@given(strategies.filters(), strategies.filters())
def test_what_changed_is_said_unless_nothing_did(before, after):
    said = changes(draft_of(before).wanted, draft_of(after).wanted)
    assert bool(said) or draft_of(before).wanted == draft_of(after).wanted


@given(st.datetimes(timezones=st.just(NOON.tzinfo)), st.sampled_from(settings.ZONES))
def test_until_morning_ends_at_eight_on_the_persons_own_clock(now, zone):
    length = settings.until_morning(now, zone)
    local = (now + length).astimezone(settings.figures.zone_of(zone))
    assert timedelta(0) < length <= timedelta(hours=25)
    assert (local.hour, local.minute) == (settings.MORNING, 0)


def test_a_draft_without_criteria_says_that_it_matches_everything():
    state = FilterShown(number=0, name="My filter", saved=None, draft=Draft(wanted=Filter()), now=NOON, zone="UTC")
    assert "it matches every call" in filter_screen(state).html.plain
