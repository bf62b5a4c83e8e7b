"""Whether something outside this process answers, and is what it was."""

from abc import abstractmethod
from typing import Protocol


class HealthProbe(Protocol):
    """Asked now and then; an answer comes within two seconds, or is a failure."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What is asked, as an operator knows it: `redis`, `postgres`."""

    @abstractmethod
    async def probe(self) -> str:
        """Ask once; returns a name of the state that was met: another name than before means that its state was lost.

        Raises:
            UnavailableError: it does not answer, or cannot be used; the message says why.
        """
