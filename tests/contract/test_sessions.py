"""Every store of half-finished input keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.sessions import MemorySessions
from tokenfilter.adapters.redis.sessions import RedisSessions
from tokenfilter.testing.contracts.sessions import ANNE, NAME, SessionsContract
from tokenfilter.testing.examples import NOON


class TestMemory(SessionsContract):
    @pytest.fixture
    def sessions(self):
        return MemorySessions()


class TestRedis(SessionsContract):
    @pytest.fixture
    def sessions(self, redis_connection, redis_keys):
        return RedisSessions(redis_connection, redis_keys)

    async def test_a_question_that_nobody_answers_runs_out_by_itself(self, sessions, redis_connection, redis_keys):
        await sessions.open(ANNE, NAME, now=NOON)
        assert 0 < await redis_connection.reads.ttl(redis_keys.session(ANNE)) <= 300
