"""Every feed keeps the promises of its port."""

from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.token_feed import ListFeed
from tokenfilter.adapters.replay.token_feed import ReplayFeed
from tokenfilter.domain.feed_line import encode
from tokenfilter.ports.token_feed import Unreadable
from tokenfilter.testing import examples
from tokenfilter.testing.contracts.token_feed import TokenFeedContract, UnopenableTokenFeedContract
from tokenfilter.testing.examples import NOON

LINES = (
    examples.stats(win=60),
    examples.heard("e1", symbol="<b>", calls=[examples.call()], mcap=5),
    examples.tick(NOON + timedelta(seconds=1), price=3),
    examples.heard("e2", at=NOON + timedelta(seconds=2)),
)


class TestMemory(TokenFeedContract):
    @pytest.fixture
    def said(self):
        return (*LINES, Unreadable(reason="not JSON", sample="{"))

    @pytest.fixture
    def feed(self, said):
        return ListFeed(said)


class TestReplay(TokenFeedContract, UnopenableTokenFeedContract):
    @pytest.fixture
    def said(self):
        return LINES

    @pytest.fixture
    def feed(self, said, tmp_path):
        path = tmp_path / "feed.jsonl"
        path.write_text("\n".join(map(encode, said)), encoding="utf-8")
        return ReplayFeed(path, speed=None, clock=HandClock(NOON))

    @pytest.fixture
    def unopenable(self, tmp_path):
        return ReplayFeed(tmp_path / "no such file", speed=None, clock=HandClock(NOON))
