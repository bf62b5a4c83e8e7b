"""Something outside that answers as it is told to."""

from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.health_probe import HealthProbe


class MemoryHealthProbe(HealthProbe):
    """Answers with `state` while there is one."""

    def __init__(self, name: str = "memory") -> None:
        self._name = name
        self.state: str | None = "1"

    @property
    def name(self) -> str:
        return self._name

    async def probe(self) -> str:
        if self.state is None:
            raise UnavailableError(f"{self._name} does not answer")
        return self.state
