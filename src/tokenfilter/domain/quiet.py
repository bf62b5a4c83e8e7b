"""A person's own clock: quiet hours, and how many alerts came within the hour.

What a person does not want to hear at all is in mute.py.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tokenfilter.domain.ids import Destination

MOST_PER_HOUR = 60
"""The highest cap that can be kept."""

_FORGOTTEN_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From one full hour of the day up to another, both 0 to 23 on the person's own clock, also across midnight.

    Raises:
        ValueError: no such hour, or both the same.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not {self.start, self.end} <= set(range(24)) or self.start == self.end:
            raise ValueError("quiet hours lie between two different hours of the day, 0 to 23")


def quiet_until(quiet: QuietHours, zone: str, now: datetime) -> datetime | None:
    """When the quiet hours that hold now will end; None if none do.

    What counts is what the clock on the wall says: where it is put forward or back, they are as much shorter or longer.
    """
    local = now.astimezone(zone_of(zone))
    since_start = (local.hour - quiet.start) % 24
    if since_start >= (quiet.end - quiet.start) % 24:
        return None
    end = local.replace(hour=quiet.end, minute=0, second=0, microsecond=0, fold=0)
    if local.hour >= quiet.end:
        end += timedelta(days=1)
    return end.astimezone(now.tzinfo)


def hour_start(zone: str, now: datetime) -> datetime:
    """When the hour that runs now began on the person's own clock."""
    local = now.astimezone(zone_of(zone))
    return now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name; UTC where the name means nothing."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


class Told:
    """When each destination was last told of something, for caps. Mutable; a restart forgets."""

    def __init__(self) -> None:
        self._told: dict[Destination, deque[tuple[datetime, str]]] = {}
        self._tidied_at = datetime.min.replace(tzinfo=UTC)

    def note(self, destination: Destination, notification_id: str, now: datetime) -> None:
        """A notification goes to a destination now; one that is sent again counts once."""
        if now - self._tidied_at >= _FORGOTTEN_AFTER:
            self._told = {d: told for d, told in self._told.items() if now - told[-1][0] < _FORGOTTEN_AFTER}
            self._tidied_at = now
        told = self._told.setdefault(destination, deque(maxlen=MOST_PER_HOUR))
        if all(known != notification_id for _, known in told):
            told.append((now, notification_id))

    def since(self, destination: Destination, start: datetime) -> int:
        """How many went to a destination at or after an instant, at most `MOST_PER_HOUR` of them."""
        return sum(at >= start for at, _ in self._told.get(destination, ()))
