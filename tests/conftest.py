"""How many examples a property is tried on, and the real servers any test may ask for.

Few examples and always the same by default, many and new ones for `make soak`.
"""

import os

from hypothesis import HealthCheck, settings
from tests.servers import (  # noqa: F401 - fixtures
    _made_before,
    _session_directory,
    fresh_database,
    key_prefix,
    new_directory,
    postgres_url,
    ready_directory,
    valkey_url,
)

settings.register_profile(
    "default",
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
settings.register_profile("soak", max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("TOKENFILTER_EXAMPLES", "default"))
