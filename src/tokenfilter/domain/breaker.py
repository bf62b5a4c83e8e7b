"""Whether something outside is asked at all: after several failures it is left alone, then tried by one caller (R30).

Asking, its deadline, and what happens instead are the caller's business.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_MOST_DOUBLINGS = 30  # beyond it every cap is reached, and a timedelta cannot hold much more


class Circuit(StrEnum):
    """Closed: everybody asks. Open: nobody does. Half-open: one caller tries whether it is well again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class Admitted:
    """Leave to ask once. How it ended is told with it, so that what comes late decides nothing."""

    turn: int


@dataclass(slots=True, kw_only=True)
class Breaker:
    """Mutable; the time and the jitter are always given.

    It opens after `failures` in a row, for `first` and twice as long with every probe that fails, never above
    `longest`. A probe that says nothing within `probe_lasts` counts as lost, and another is admitted.
    """

    failures: int = 3
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=30)
    probe_lasts: timedelta = timedelta(seconds=5)
    _turn: int = 0
    _failed: int = 0
    _opened: int = 0
    _since: datetime | None = None
    _open_until: datetime | None = None
    _probe_until: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """When it opened, however often a probe has failed since then; None while it is closed."""
        return self._since

    def circuit(self, now: datetime) -> Circuit:
        """Its state."""
        if self._open_until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if now < self._open_until else Circuit.HALF_OPEN

    def admit(self, now: datetime) -> Admitted | None:
        """Leave to ask, None if not to. Half-open, it is given to one caller until that one's outcome is told."""
        if self._open_until is not None:
            if now < self._open_until or (self._probe_until is not None and now < self._probe_until):
                return None
            self._turn += 1
            self._probe_until = now + self.probe_lasts
        return Admitted(self._turn)

    def succeeded(self, admitted: Admitted) -> None:
        """It answered."""
        if admitted.turn != self._turn:
            return
        self._failed = 0
        if self._open_until is not None:
            self._turn += 1
            self._opened = 0
            self._since = self._open_until = self._probe_until = None

    def failed(self, admitted: Admitted, now: datetime, *, jitter: float) -> None:
        """It did not. `jitter`, 0 to 1, takes up to half of the rest off, so that not all callers return at once."""
        if admitted.turn != self._turn:
            return
        self._failed += 1
        if self._open_until is None and self._failed < self.failures:
            return
        length = min(self.longest, self.first * 2 ** min(self._opened, _MOST_DOUBLINGS))
        self._turn += 1
        self._failed = 0
        self._opened += 1
        self._since = self._since or now
        self._open_until = now + length * (1 - jitter / 2)
        self._probe_until = None

    def abandoned(self, admitted: Admitted) -> None:
        """The caller gave up before there was an outcome: the next one may ask in its place."""
        if admitted.turn == self._turn and self._open_until is not None:
            self._turn += 1
            self._probe_until = None
