"""What a filter would have told over recorded events, judged by the function that judges live, dedup included (R51)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tokenfilter.domain.call import KeptCall, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.dedup import Judge, Record, after_match, after_refusal, next_step
from tokenfilter.domain.event import Event
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.filter import Filter, Recheck
from tokenfilter.domain.ids import ChannelId, Token
from tokenfilter.domain.matching import matches


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldTell:
    """An alert the filter would have given."""

    evidence: Evidence


class Backtest:
    """One filter and one destination, fed with events in the order they were heard.

    Evidence that history holds was gathered when the event was judged; `see` judges it as it was then.
    """

    def __init__(self, wanted: Filter) -> None:
        self._wanted = wanted
        self._records: dict[Token, Record] = {}
        self._calls: dict[Token, tuple[KeptCall, ...]] = {}
        self._seen_at: dict[Token, datetime] = {}
        self.events = 0
        self.told: list[WouldTell] = []
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None

    def see(self, evidence: Evidence) -> WouldTell | None:
        """Take the next event and say whether the destination would have been told."""
        self.events += 1
        self.first_at = evidence.at if self.first_at is None else min(self.first_at, evidence.at)
        self.last_at = evidence.at if self.last_at is None else max(self.last_at, evidence.at)
        token, record = evidence.event.token, self._records.get(evidence.event.token)
        match next_step(record, evidence):
            case Judge(fresh=fresh):
                always = self._wanted.recheck is Recheck.ALWAYS
                if not matches(self._wanted, evidence, fresh=None if always else fresh):
                    self._records[token] = after_refusal(record, evidence)
                    return None
            case skip if skip.reason == "already accepted" or self._wanted.recheck is Recheck.NEW:
                return None
            case _:
                if not matches(self._wanted, evidence):
                    return None
        self._records[token] = after_match(record, evidence)
        alert = WouldTell(evidence=evidence)
        self.told.append(alert)
        return alert

    def calls_of(self, token: Token) -> tuple[KeptCall, ...]:
        """The calls of a token kept so far."""
        return self._calls.get(token, ())

    def see_event(self, event: Event, stats: Mapping[ChannelId, ChannelStats]) -> WouldTell | None:
        """Take an event that nobody judged before: its calls are kept and merged here."""
        at = self._seen_at[event.token] = max(event.at, self._seen_at.get(event.token, event.at))
        event = replace(event, at=at)  # for a token, time never goes back: as in decide.py
        calls = merge_calls(self._calls.get(event.token, ()), event.heard.calls, at=event.at)
        self._calls[event.token] = calls
        return self.see(gather(event, calls, stats))

    def alerts_per_day(self) -> float | None:
        """Alerts a day over the span seen; None below an hour of history."""
        if self.first_at is None or self.last_at is None:
            return None
        days = (self.last_at - self.first_at).total_seconds() / 86_400
        return len(self.told) / days if days >= 1 / 24 else None
