"""A cache serves and gives up what a plain model says, whatever happens to it in whatever order."""

import asyncio
from collections import OrderedDict
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tokenfilter.adapters.layered.smart_cache import SmartCache
from tokenfilter.ports.failures import UnavailableError

TTL, STALE, MOST = 10, 30, 3
KEYS = st.integers(0, 5)


async def away(_):
    """A loader that finds nobody to ask."""
    raise UnavailableError("away")


class CacheMachine(RuleBasedStateMachine):
    """Against a plain ordered dict of (value, put at, doubted)."""

    def __init__(self):
        super().__init__()
        self.seconds = 0.0
        ttl, stale_for = timedelta(seconds=TTL), timedelta(seconds=STALE)
        self.cache = SmartCache("numbers", ttl=ttl, most=MOST, stale_for=stale_for, timer=lambda: self.seconds)
        self.model = OrderedDict()
        self.hits = self.misses = self.evicted = 0

    def live(self):
        return {k for k, (_, put_at, _) in self.model.items() if self.seconds < put_at + STALE}

    def forget_the_dead(self):
        for key in self.model.keys() - self.live():
            del self.model[key]

    @rule(key=KEYS, value=st.integers())
    def put(self, key, value):
        self.forget_the_dead()
        if key not in self.model and len(self.model) == MOST:
            self.model.popitem(last=False)
            self.evicted += 1
        self.model[key] = (value, self.seconds, False)
        self.model.move_to_end(key)
        self.cache.put(key, value)

    def looked_up(self, key):
        """What a look-up is to find."""
        self.forget_the_dead()
        value, put_at, doubted = self.model.get(key, (None, 0, True))
        good = not doubted and self.seconds < put_at + TTL
        if key in self.model:
            self.model.move_to_end(key)
        self.hits += good
        self.misses += not good
        return value if good else None

    @rule(key=KEYS)
    def get(self, key):
        expected = self.looked_up(key)
        assert self.cache.get(key) == expected

    @rule(key=KEYS)
    def load_in_vain(self, key):
        """While nobody can be asked, whatever is left is served."""
        self.looked_up(key)
        loading = self.cache.get_or_load(key, away)
        if key in self.model:
            assert asyncio.run(loading) == self.model[key][0]
        else:
            with pytest.raises(UnavailableError):
                asyncio.run(loading)

    @rule(key=KEYS)
    def invalidate(self, key):
        self.model.pop(key, None)
        self.cache.invalidate(key)

    @rule(key=KEYS)
    def doubt_one(self, key):
        self.forget_the_dead()
        if key in self.model:
            self.model[key] = (*self.model[key][:2], True)
            self.model.move_to_end(key)
        self.cache.doubt(key)

    @rule()
    def doubt_all(self):
        self.model = OrderedDict((k, (v, put_at, True)) for k, (v, put_at, _) in self.model.items())
        self.cache.doubt()

    @rule()
    def clear(self):
        self.model.clear()
        self.cache.clear()

    @rule(seconds=st.integers(0, STALE))
    def wait(self, seconds):
        self.seconds += seconds

    @rule()
    def sweep(self):
        self.forget_the_dead()
        self.cache.sweep()
        assert self.cache.figures().held == len(self.model)

    @invariant()
    def never_more_than_the_most_and_every_look_up_counted(self):
        figures = self.cache.figures()
        assert figures.held == len(self.live()) <= MOST
        assert (figures.hits, figures.misses, figures.evicted) == (self.hits, self.misses, self.evicted)


TestCache = CacheMachine.TestCase
TestCache.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
