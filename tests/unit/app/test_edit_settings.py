"""Each edit does what it says and nothing else, also while another edit is under way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.app.edit_settings import MAX_PLACES
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.quiet import QuietHours
from tokenfilter.domain.subscriber import MAX_FILTERS, InvalidSettingError, Mutes, Standing, Subscriber
from tokenfilter.ports.subscribers import ConflictError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ANNE = ChatId(1)
GROUP, CHANNEL = Destination(ChatId(-5), 3), Destination(ChatId(-6))
CHEAP, SAFE = parse_filter("mcap <= 50k"), parse_filter("mint revoked")


@pytest.fixture
async def edits(process):
    """Anne has one filter."""
    await process.edits.start(ANNE, "Anne")
    await process.edits.add_filter(ANNE, "Cheap", CHEAP)
    return process.edits


async def first(edits):
    """Anne's first filter."""
    return (await edits.subscriber(ANNE)).filters[0]


async def test_start_makes_a_subscriber_without_filters(process):
    assert await process.edits.subscriber(ANNE) is None
    started = await process.edits.start(ANNE, "Anne")
    assert started == Subscriber(chat=ANNE, name="Anne", version=1)
    assert await process.edits.subscriber(ANNE) == started


async def test_starting_again_changes_nothing_but_the_name(edits):
    before = await edits.subscriber(ANNE)
    assert await edits.start(ANNE, "Anne") == before
    assert await edits.start(ANNE, "") == before
    assert (await edits.start(ANNE, "Anna")).name == "Anna"


async def test_who_was_unreachable_is_active_again_by_starting(edits):
    await edits.mark_unreachable(ANNE)
    assert (await edits.subscriber(ANNE)).standing is Standing.UNREACHABLE
    assert (await edits.start(ANNE, "Anne")).standing is Standing.ACTIVE


async def test_who_stopped_stays_so_after_starting_and_is_active_after_resuming(edits):
    assert (await edits.stop(ANNE)).standing is Standing.STOPPED
    assert (await edits.start(ANNE, "Anne")).standing is Standing.STOPPED
    assert (await edits.resume(ANNE)).standing is Standing.ACTIVE


async def test_a_chat_that_never_started_cannot_be_edited_nor_marked(process):
    with pytest.raises(InvalidSettingError, match="/start"):
        await process.edits.add_filter(ANNE, "Cheap", CHEAP)
    await process.edits.mark_unreachable(ANNE)
    assert await process.edits.subscriber(ANNE) is None


async def test_an_added_filter_goes_to_the_own_chat(edits):
    f = await first(edits)
    assert (f.name, f.wanted, f.destinations, f.paused) == ("Cheap", CHEAP, (Destination(ANNE),), False)


async def test_a_filter_judges_by_what_it_was_changed_to_and_keeps_its_name(edits):
    f = await first(edits)
    await edits.change_filter(ANNE, f.id, SAFE)
    assert await first(edits) == replace(f, wanted=SAFE)


async def test_a_filter_is_renamed_and_judges_as_before(edits):
    f = await first(edits)
    await edits.rename_filter(ANNE, f.id, "  Very   cheap ")
    assert await first(edits) == replace(f, name="Very cheap")
    with pytest.raises(InvalidSettingError, match="1 to 40"):
        await edits.rename_filter(ANNE, f.id, " ")


async def test_a_paused_filter_is_kept_and_resumes_as_it_was(edits):
    f = await first(edits)
    await edits.pause_filter(ANNE, f.id)
    assert await first(edits) == replace(f, paused=True)
    await edits.resume_filter(ANNE, f.id)
    assert await first(edits) == f


async def test_a_deleted_filter_comes_back_by_undo(edits):
    f = await first(edits)
    assert (await edits.delete_filter(ANNE, f.id)).filters == ()
    assert (await edits.undo(ANNE)).filters == (f,)


async def test_undo_goes_back_step_by_step_until_nothing_is_left(edits):
    f = await first(edits)
    await edits.change_filter(ANNE, f.id, SAFE)
    await edits.pause_filter(ANNE, f.id)
    assert (await edits.undo(ANNE)).filters == (replace(f, wanted=SAFE),)
    assert (await edits.undo(ANNE)).filters == (f,)
    assert (await edits.undo(ANNE)).filters == ()
    with pytest.raises(InvalidSettingError, match="nothing to undo"):
        await edits.undo(ANNE)


@pytest.mark.parametrize("edit", ["change_filter", "rename_filter", "pause_filter", "resume_filter", "route_filter"])
async def test_a_filter_that_is_gone_is_said_to_be_gone(edits, edit):
    more = {"change_filter": [SAFE], "rename_filter": ["New"], "route_filter": [(Destination(ANNE),)]}.get(edit, [])
    with pytest.raises(InvalidSettingError, match="gone"):
        await getattr(edits, edit)(ANNE, "1.99", *more)


async def test_deleting_what_is_gone_changes_nothing(edits):
    before = await edits.subscriber(ANNE)
    assert await edits.delete_filter(ANNE, "1.99") == before


async def test_more_filters_than_allowed_are_refused(edits):
    for n in range(2, MAX_FILTERS + 1):
        await edits.add_filter(ANNE, f"F{n}", CHEAP)
    with pytest.raises(InvalidSettingError, match="Delete one first"):
        await edits.add_filter(ANNE, "One more", CHEAP)


async def test_a_filter_goes_only_to_places_of_its_owner(edits):
    f = await first(edits)
    for destinations in ((), (GROUP,), (Destination(ANNE), GROUP)):
        with pytest.raises(InvalidSettingError, match="at least one destination"):
            await edits.route_filter(ANNE, f.id, destinations)
    await edits.add_place(ANNE, GROUP, "Our group")
    changed = await edits.route_filter(ANNE, f.id, (GROUP, Destination(ANNE), GROUP))
    assert changed.filters[0].destinations == (GROUP, Destination(ANNE))


async def test_more_places_than_allowed_are_refused_and_a_known_one_may_have_a_new_title(edits):
    for n in range(1, MAX_PLACES + 1):
        await edits.add_place(ANNE, Destination(ChatId(-n)), f"Group {n}")
    with pytest.raises(InvalidSettingError, match="Remove one first"):
        await edits.add_place(ANNE, Destination(ChatId(-99)), "One more")
    assert (await edits.add_place(ANNE, Destination(ChatId(-1)), "New")).places[Destination(ChatId(-1))] == "New"


async def test_nothing_goes_to_a_place_that_was_removed(edits):
    f = await first(edits)
    for place in (GROUP, CHANNEL):
        await edits.add_place(ANNE, place, "x")
    await edits.add_filter(ANNE, "Safe", SAFE)
    await edits.route_filter(ANNE, f.id, (GROUP,))
    await edits.route_filter(ANNE, "1.2", (GROUP, CHANNEL))
    removed = await edits.remove_place(ANNE, GROUP)
    assert removed.places == {CHANNEL: "x"}
    assert [f.destinations for f in removed.filters] == [(Destination(ANNE),), (CHANNEL,)]


async def test_undo_never_brings_back_a_route_to_a_place_that_was_removed(edits):
    f = await first(edits)
    await edits.add_place(ANNE, GROUP, "x")
    await edits.route_filter(ANNE, f.id, (GROUP,))
    await edits.pause_filter(ANNE, f.id)
    await edits.remove_place(ANNE, GROUP)
    undone = await edits.undo(ANNE)
    assert undone.filters == (replace(f, destinations=(Destination(ANNE),)),)


async def test_mutes_are_added_and_taken_away_one_by_one(edits):
    one, two, spam = examples.token(1), examples.token(2), ChannelId("@spam")
    await edits.mute_token(ANNE, one, until=NOON)
    await edits.mute_token(ANNE, two)
    muted = await edits.mute_channel(ANNE, spam)
    assert muted.mutes == Mutes(tokens={one: NOON, two: None}, channels={spam: None})
    await edits.unmute_token(ANNE, one)
    assert (await edits.unmute_channel(ANNE, spam)).mutes == Mutes(tokens={two: None})
    assert (await edits.unmute_token(ANNE, one)).mutes == Mutes(tokens={two: None})


async def test_a_snooze_lasts_from_now_and_can_be_ended(edits):
    hour = timedelta(hours=1)
    assert (await edits.snooze(ANNE, hour)).mutes.everything_until == NOON + hour
    assert (await edits.snooze(ANNE, None)).mutes.everything_until is None


async def test_sound_and_zone_are_kept(edits):
    await edits.set_silent(ANNE, silent=True)
    changed = await edits.set_zone(ANNE, "Asia/Tokyo")
    assert (changed.silent, changed.zone) == (True, "Asia/Tokyo")
    assert not (await edits.set_silent(ANNE, silent=False)).silent


async def test_an_edit_that_changes_nothing_is_not_saved(edits):
    before = await edits.subscriber(ANNE)
    assert (await edits.set_zone(ANNE, before.zone)).version == before.version


class Contested(MemorySubscribers):
    """Lets somebody else save the subscriber just before each of the next saves."""

    times = 0

    async def save(self, subscriber, *, now):
        if self.times:
            self.times -= 1
            found = await self.get(subscriber.chat) or Subscriber(chat=subscriber.chat)
            await super().save(replace(found, name=f"{found.name}!"), now=now)
        return await super().save(subscriber, now=now)


@pytest.fixture
def contested(new_process):
    return new_process(subscribers_of=Contested)


async def test_a_conflicting_edit_is_repeated_on_what_it_met(contested):
    await contested.edits.start(ANNE, "Anne")
    contested.subscribers.times = 2
    changed = await contested.edits.set_zone(ANNE, "Asia/Tokyo")
    assert (changed.name, changed.zone) == ("Anne!!", "Asia/Tokyo")


async def test_an_edit_that_always_meets_another_gives_up_and_says_so(contested):
    await contested.edits.start(ANNE, "Anne")
    contested.subscribers.times = 99
    with pytest.raises(ConflictError):
        await contested.edits.set_zone(ANNE, "Asia/Tokyo")
    assert (await contested.edits.subscriber(ANNE)).zone == "UTC"


async def test_two_starts_at_once_make_one_subscriber(contested):
    contested.subscribers.times = 1
    started = await contested.edits.start(ANNE, "Anne")
    assert (started.name, started.version) == ("Anne", 2)


async def test_edits_of_many_at_once_are_all_kept(process):
    await process.edits.start(ANNE, "Anne")
    mutes = [process.edits.mute_token(ANNE, examples.token(n)) for n in range(1, 30)]
    await asyncio.gather(*mutes)
    assert len((await process.edits.subscriber(ANNE)).mutes.tokens) == 29


async def test_quiet_hours_and_a_cap_are_kept_until_they_are_taken_away(edits):
    night = QuietHours(start=22, end=7)
    await edits.set_quiet(ANNE, night)
    changed = await edits.set_most_per_hour(ANNE, 10)
    assert (changed.quiet, changed.most_per_hour) == (night, 10)
    await edits.set_quiet(ANNE, None)
    changed = await edits.set_most_per_hour(ANNE, None)
    assert (changed.quiet, changed.most_per_hour) == (None, None)


@pytest.mark.parametrize("most", [0, -1, 61])
async def test_a_cap_that_cannot_be_kept_is_refused_with_what_can(edits, most):
    with pytest.raises(InvalidSettingError, match="1 to 60"):
        await edits.set_most_per_hour(ANNE, most)
