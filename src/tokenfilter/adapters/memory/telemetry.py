"""The last minutes of what the program did, in rings: what the dashboard and the stage show."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.domain.health import Alarm, Cleared, NeighbourHealth, Raised
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.ids import ChatId, Destination, Token
from tokenfilter.domain.latency import Spread
from tokenfilter.domain.notification import CallAlert, Notification
from tokenfilter.domain.tally import Claim
from tokenfilter.ports.telemetry import Telemetry

LATENCY_WINDOW = timedelta(minutes=5)
_VERDICTS = 200
_FAILURES = 50
_SAMPLES = 20_000
_NOTES = 4_000
_NAMES = 100
_MINUTES = 5
_TALLIED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictShown:
    """One judged event as the dashboard lists it."""

    at: datetime
    token: Token
    symbol: str | None
    name: str | None
    told: tuple[Destination, ...]
    judged: int
    worth_judging: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteShown:
    """A fact about one token, numbered, for whoever follows it."""

    n: int
    at: datetime
    token: Token
    destination: Destination | None
    text: str
    tone: str


@dataclass(slots=True)
class FeedShown:
    """A feed's state and how much it said."""

    state: str = "opening"
    total: int = 0
    last_at: datetime | None = None
    seconds: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourShown(NeighbourHealth):
    """A neighbour's state, and what was said of the last change."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheShown:
    """A cache's totals since the start, and its entries now."""

    hits: int
    misses: int
    evicted: int
    entries: int


class MemoryTelemetry(Telemetry):
    """Everything bounded; reading it never disturbs the program."""

    def __init__(self) -> None:
        self.feeds: dict[str, FeedShown] = {}
        self.unreadable_by_reason: Counter[str] = Counter()
        self.duplicates = 0
        self.settled_total = 0
        self._told: deque[tuple[Token, tuple[Destination, ...], datetime]] = deque()
        self._claimed = 0
        self.ends: deque[DeliverySettled] = deque(maxlen=_TALLIED)
        self.empty_at: datetime | None = None
        self.started_at: datetime | None = None
        self.told_total = 0
        self.verdicts: deque[VerdictShown] = deque(maxlen=_VERDICTS)
        self.failures: dict[tuple[str, str], tuple[datetime, int]] = {}
        self.gauges: dict[str, float] = {}
        self.peaks: dict[str, float] = {}
        self.neighbours: dict[str, NeighbourShown] = {}
        self.alarms: dict[Alarm, Raised] = {}
        self.caches: dict[str, CacheShown] = {}
        self._commands: dict[str, deque[Spread]] = {}
        self.notes: deque[NoteShown] = deque(maxlen=_NOTES)
        self._claims: deque[tuple[datetime, float]] = deque(maxlen=_SAMPLES)
        self._sends: deque[tuple[datetime, float]] = deque(maxlen=_SAMPLES)
        self._events: Counter[int] = Counter()
        self._alerts: Counter[int] = Counter()
        self._numbers = count(1)

    def start_anew(self) -> None:
        """Forget the figures of the past: what is shown from now on is of now."""
        for ring in (self.verdicts, self._claims, self._sends, self.notes):
            ring.clear()
        for counts in (self._events, self._alerts, self.peaks):
            counts.clear()

    def feed_state(self, feed: str, state: str) -> None:
        self.feeds.setdefault(feed, FeedShown()).state = state

    def heard(self, feed: str, *, now: datetime) -> None:
        shown = self.feeds.setdefault(feed, FeedShown())
        shown.total += 1
        shown.last_at = now
        _count(shown.seconds, now)

    def duplicate(self, feed: str) -> None:
        self.duplicates += 1
        self.feeds.setdefault(feed, FeedShown())

    def unreadable(self, feed: str, reason: str) -> None:
        self.unreadable_by_reason[f"{feed}: {reason}"] += 1

    def settled(self, event: Event, decision: Decision, *, judged: int, now: datetime) -> None:
        told = decision.told.destinations
        self.settled_total += 1
        self.told_total += len(told)
        facts = event.heard.facts
        self.verdicts.append(
            VerdictShown(
                at=now,
                token=event.token,
                symbol=facts.symbol,
                name=facts.name,
                told=told,
                judged=judged,
                worth_judging=decision.judged,
            )
        )
        self._claim(event.token, told, now)
        _count(self._events, now)
        if decision.changed:
            self._claims.append((now, _milliseconds(now - event.received_at)))
        if not told:
            self._note(now, event.token, None, _why_nobody(decision, judged), "muted")
        for destination in told[:20]:
            self._note(now, event.token, destination, "matched and queued", "good")

    @property
    def claims(self) -> Sequence[Claim]:
        """The newest, oldest first."""
        found = [Claim(token=token, destination=to, at=at) for token, told, at in self._told for to in told]
        return found[-_TALLIED:]

    def _claim(self, token: Token, told: tuple[Destination, ...], at: datetime) -> None:
        """Remember what an event claimed, as it is: it may be thousands, and few are ever asked for."""
        self._told.append((token, told, at))
        self._claimed += len(told)
        while self._claimed - len(self._told[0][1]) >= _TALLIED:
            self._claimed -= len(self._told.popleft()[1])

    def delivered(self, notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
        body = notification.body
        token = body.token if isinstance(body, CallAlert) else None
        self.ends.append(
            DeliverySettled(
                notification=notification.id,
                token=token,
                destination=notification.destination,
                outcome=outcome,
                at=asked_at,
            )
        )
        if not isinstance(body, CallAlert):
            return
        if outcome is DeliveryOutcome.SENT:
            _count(self._alerts, asked_at)
            self._sends.append((asked_at, _milliseconds(asked_at - body.evidence.event.received_at)))
        tone = {DeliveryOutcome.SENT: "good", DeliveryOutcome.IN_DIGEST: "good"}.get(outcome, "bad")
        self._note(asked_at, body.token, notification.destination, outcome.value, tone)

    def failed(self, what: str, detail: str, *, now: datetime) -> None:
        _, times = self.failures.pop((what, detail), (now, 0))
        self.failures[what, detail] = (now, times + 1)
        while len(self.failures) > _FAILURES:
            self.failures.pop(next(iter(self.failures)))

    def state_changed(self, what: str, state: str, reason: str, *, now: datetime) -> None:
        before = self.neighbours.get(what)
        if before is None and len(self.neighbours) >= _NAMES:
            return
        since = now if before is None or "up" in (state, before.state) else before.since
        if before is None or before.state != state:
            self.neighbours[what] = NeighbourShown(state=state, since=since, reason=reason)

    def alarm(self, change: Raised | Cleared) -> None:
        if isinstance(change, Raised):
            self.alarms[change.alarm] = change
        else:
            self.alarms.pop(change.alarm, None)

    def setting_changed(self, chat: ChatId, what: str, before: str | None, after: str | None, *, now: datetime) -> None:
        pass

    def command(self, name: str, seconds: float) -> None:
        minutes = self._commands.get(name)
        if minutes is None:
            if len(self._commands) >= _NAMES:
                return
            minutes = self._commands[name] = deque([Spread()], maxlen=_MINUTES)
        minutes[-1].add(seconds)

    def cache(self, name: str, *, hits: int, misses: int, evicted: int, entries: int) -> None:
        if name in self.caches or len(self.caches) < _NAMES:
            self.caches[name] = CacheShown(hits=hits, misses=misses, evicted=evicted, entries=entries)

    def gauge(self, name: str, value: float) -> None:
        self.gauges[name] = value
        self.peaks[name] = max(value, self.peaks.get(name, 0.0))

    def heartbeat(self, *, now: datetime) -> None:  # noqa: ARG002
        for name, minutes in list(self._commands.items()):
            minutes.append(Spread())
            if not any(minute.n for minute in minutes):
                del self._commands[name]

    def commands(self) -> dict[str, Spread]:
        """How long each command of a store took, over this minute and the four before."""
        return {name: Spread(minutes) for name, minutes in self._commands.items()}

    def a_second(self, now: datetime, seconds: int) -> tuple[list[int], list[int]]:
        """Events and alerts in each of the last full seconds, oldest first."""
        end = int(now.timestamp())
        return [self._events[s] for s in range(end - seconds, end)], [
            self._alerts[s] for s in range(end - seconds, end)
        ]

    def latencies(self, now: datetime) -> tuple[list[float], list[float]]:
        """Milliseconds from hearing to claiming and from hearing to sending, over the last five minutes."""
        return _recent(self._claims, now), _recent(self._sends, now)

    def notes_about(self, address: str, destination: Destination, after: int) -> list[tuple[int, datetime, str, str]]:
        """What was noted about a token for a destination since note number `after`: number, instant, text, tone."""
        return [
            (note.n, note.at, note.text, note.tone)
            for note in self.notes
            if note.n > after and note.token.address == address and note.destination in (None, destination)
        ]

    def _note(self, now: datetime, token: Token, destination: Destination | None, text: str, tone: str) -> None:
        number = next(self._numbers)
        self.notes.append(NoteShown(n=number, at=now, token=token, destination=destination, text=text, tone=tone))


def _why_nobody(decision: Decision, judged: int) -> str:
    if not decision.judged:
        return "nothing fresh, not judged"
    if decision.records.accepted:
        return "judged again, told before"
    return f"refused by {judged} filter{'s' if judged != 1 else ''}"


def _count(seconds: Counter[int], now: datetime) -> None:
    second = int(now.timestamp())
    seconds[second] += 1
    if len(seconds) > 400:
        for old in [s for s in seconds if s < second - 300]:
            del seconds[old]


def _recent(samples: Iterable[tuple[datetime, float]], now: datetime) -> list[float]:
    return sorted(ms for at, ms in samples if now - at <= LATENCY_WINDOW)


def _milliseconds(span: timedelta) -> float:
    return span.total_seconds() * 1_000
