"""What any store of channels' statistics must keep."""

from datetime import timedelta
from itertools import permutations

from tokenfilter.domain.ids import ChannelId
from tokenfilter.ports.channels import Channels
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ALPHA, BETA = ChannelId("@alpha"), ChannelId("@beta")
HOUR = timedelta(hours=1)


class ChannelsContract:
    """Fixtures: `channels`, without a line."""

    async def test_a_channel_without_a_line_is_left_out(self, channels: Channels) -> None:
        await channels.put(examples.stats("@alpha", win=60))
        assert set(await channels.as_of([ALPHA, BETA], NOON)) == {ALPHA}

    async def test_the_last_line_not_after_the_instant_counts(self, channels: Channels) -> None:
        lines = [examples.stats(as_of=NOON + n * HOUR, win=n) for n in range(3)]
        for line in lines:
            await channels.put(line)
        just_before = NOON + HOUR - timedelta(microseconds=1)
        assert (await channels.as_of([ALPHA], just_before))[ALPHA] == lines[0]
        assert (await channels.as_of([ALPHA], NOON + HOUR))[ALPHA] == lines[1]
        assert (await channels.as_of([ALPHA], NOON + 99 * HOUR))[ALPHA] == lines[2]

    async def test_nothing_is_known_before_the_first_line(self, channels: Channels) -> None:
        await channels.put(examples.stats(as_of=NOON, win=60))
        assert not await channels.as_of([ALPHA], NOON - timedelta(microseconds=1))

    async def test_the_order_in_which_lines_come_does_not_matter(self, channels: Channels) -> None:
        for number, order in enumerate(permutations(range(3))):
            name = f"@c{number}"
            for n in order:
                await channels.put(examples.stats(name, NOON + n * HOUR, win=n))
            for n in range(3):
                found = await channels.as_of([ChannelId(name)], NOON + n * HOUR)
                assert found[ChannelId(name)].values == {"win": n}

    async def test_a_line_of_the_same_instant_replaces_the_other(self, channels: Channels) -> None:
        await channels.put(examples.stats(win=60, record=9))
        await channels.put(examples.stats(win=61))
        assert (await channels.as_of([ALPHA], NOON))[ALPHA] == examples.stats(win=61)

    async def test_lines_of_one_channel_say_nothing_of_another(self, channels: Channels) -> None:
        await channels.put(examples.stats("@alpha", win=60))
        await channels.put(examples.stats("@beta", win=20))
        found = await channels.as_of([ALPHA, BETA], NOON)
        assert {c: s.values["win"] for c, s in found.items()} == {ALPHA: 60, BETA: 20}
