"""What the Redis adapters are given: processes at a real server, with keys of the test's own."""

from tests.redis_process import (  # noqa: F401 - fixtures
    redis_connection,
    redis_dead,
    redis_fences,
    redis_keys,
    redis_process,
    redis_successor,
)
