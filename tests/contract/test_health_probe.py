"""Every health probe keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.health_probe import MemoryHealthProbe
from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.adapters.redis.health_probe import (
    RedisHealthProbe,
    check_partitions,
    check_server,
    unfit,
    unusable,
    warnings,
)
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.testing.contracts.health_probe import HealthProbeContract

pytest_plugins = ("tests.redis_user",)

WELL = {"redis_version": "7.0.15", "maxmemory_policy": "noeviction", "aof_enabled": 1, "role": "master", "loading": 0}


class TestMemory(HealthProbeContract):
    @pytest.fixture
    def probe(self):
        return MemoryHealthProbe("memory")

    @pytest.fixture
    def sibling(self, probe):
        return probe

    @pytest.fixture
    def lose_state(self, probe):
        async def lost():
            probe.state = "2"

        return lost

    @pytest.fixture
    def fall_silent(self, probe):
        async def silent():
            probe.state = None

        return silent

    @pytest.fixture
    def speak_again(self, probe):
        async def again():
            probe.state = "1"

        return again


class TestRedis(HealthProbeContract):
    @pytest.fixture
    async def own_connection(self, redis_user_url):
        connection = RedisConnection(redis_user_url)
        yield connection
        await connection.close()

    @pytest.fixture
    def probe(self, own_connection, redis_keys):
        return RedisHealthProbe(own_connection, redis_keys)

    @pytest.fixture
    def sibling(self, redis_connection, redis_keys):
        return RedisHealthProbe(redis_connection, redis_keys)

    @pytest.fixture
    def lose_state(self, redis_connection, redis_keys):
        async def lost():
            async for key in redis_connection.reads.scan_iter(f"{redis_keys.prefix}*"):
                await redis_connection.writes.delete(key)

        return lost

    @pytest.fixture
    def fall_silent(self, redis_user):
        return redis_user.refuse

    @pytest.fixture
    def speak_again(self, redis_user):
        return redis_user.admit

    async def test_this_server_may_be_used(self, redis_connection):
        assert isinstance(await check_server(redis_connection), list)

    async def test_a_server_that_says_nothing_of_itself_is_used_with_a_warning(self, own_connection, redis_user):
        await redis_user.may("-info")
        assert "INFO" in " ".join(await check_server(own_connection))

    async def test_a_server_that_does_not_answer_is_not_checked(self, own_connection, redis_user):
        await redis_user.refuse()
        with pytest.raises(UnavailableError):
            await check_server(own_connection)

    async def test_the_number_of_partitions_is_fixed_at_first_use(self, redis_connection, key_prefix):
        for _ in range(2):
            await check_partitions(redis_connection, Keys(key_prefix, 8))
        with pytest.raises(RefusedError, match="8 partitions"):
            await check_partitions(redis_connection, Keys(key_prefix, 16))

    async def test_what_may_not_be_written_to_is_unavailable(self, probe, redis_user):
        await redis_user.may("-set")
        with pytest.raises(UnavailableError, match="redis"):
            await probe.probe()


def test_a_server_that_is_well_is_fit_and_usable_without_a_warning():
    assert (unfit(WELL), unusable(WELL), list(warnings(WELL))) == (None, None, [])


@pytest.mark.parametrize("version", ["6.2.14", "5.0.7", "", "unknown"])
def test_an_old_server_is_refused(version):
    assert "7.0" in unfit({**WELL, "redis_version": version})


@pytest.mark.parametrize("version", ["7.0.0", "7.2.4", "8.2.3", "10.0.0"])
def test_a_new_server_is_fit(version):
    assert unfit({**WELL, "redis_version": version}) is None


def test_any_valkey_is_fit():
    assert unfit({**WELL, "redis_version": "6.0", "valkey_version": "7.2.5"}) is None


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
def test_a_server_that_may_throw_away_what_it_is_given_is_refused_with_what_to_change(policy):
    why = unfit({**WELL, "maxmemory_policy": policy})
    assert policy in why
    assert "Set maxmemory-policy to noeviction." in why


def test_a_server_without_an_append_only_file_is_warned_of():
    (warning,) = warnings({**WELL, "aof_enabled": 0})
    assert "append-only" in warning


def test_a_server_that_hides_its_policy_is_warned_of():
    hidden = {name: value for name, value in WELL.items() if name != "maxmemory_policy"}
    assert unfit(hidden) is None
    (warning,) = warnings(hidden)
    assert "noeviction" in warning


@pytest.mark.parametrize("found", [{**WELL, "loading": 1}, {**WELL, "role": "slave"}, {"loading": 0}])
def test_a_server_that_loads_or_follows_another_is_not_usable(found):
    assert unusable(found).startswith("redis")
