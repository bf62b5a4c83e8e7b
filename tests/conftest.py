"""How many examples a property is tried on: few and always the same by default, many and new ones for `make soak`."""

import os

from hypothesis import HealthCheck, settings

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
