"""What this process's memory of the past gives back: as far as it reaches, which is days."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from tokenfilter.adapters.memory.history import MemoryHistory, Told
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import DeliverySettled, SubscriberSaved
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, EventId, Token
from tokenfilter.domain.notification import Notification
from tokenfilter.domain.plain.history import entry_to_plain
from tokenfilter.domain.plain.measures import iso
from tokenfilter.domain.plain.subscriber import subscriber_to_plain
from tokenfilter.ports.archive import Archive, Unfinished


class MemoryArchive(Archive):
    """Reads what a history was told."""

    def __init__(self, history: MemoryHistory) -> None:
        self._history = history

    async def subscribers(self) -> AsyncIterator[SubscriberSaved]:
        for saved in list(self._history.saved.values()):
            yield saved

    async def subscriber(self, chat: ChatId) -> SubscriberSaved | None:
        return self._history.saved.get(chat)

    async def told(self, token: Token, since: datetime) -> Mapping[Destination, datetime]:
        return self._told_since(since).get(token, {})

    async def told_of_all(self, since: datetime) -> AsyncIterator[tuple[Token, Mapping[Destination, datetime]]]:
        for token, told in self._told_since(since).items():
            yield token, told

    async def told_of(self, tokens: Sequence[Token], since: datetime) -> Mapping[Token, Mapping[Destination, datetime]]:
        told = self._told_since(since)
        return {token: told[token] for token in tokens if token in told}

    async def newest_of_all(self, since: datetime) -> AsyncIterator[Evidence]:
        for evidence in {e.event.token: e for e in self._history.events}.values():
            if evidence.at >= since:
                yield evidence

    async def newest_first(self) -> AsyncIterator[Evidence]:
        for evidence in reversed(self._history.events):
            yield evidence

    async def ends(self, notifications: Sequence[Notification]) -> Sequence[DeliverySettled]:
        about = (self._history.told.get((n.id, n.event.id if n.event else None)) for n in notifications)
        return [told.end for told in about if told and told.end]

    async def unfinished(self, since: datetime) -> AsyncIterator[Unfinished]:
        waiting: defaultdict[tuple[EventId | None, datetime], list[Destination]] = defaultdict(list)
        for told in self._history.told.values():
            if told.end is None and told.told_at is not None and told.told_at >= since:
                waiting[told.event, told.told_at].append(told.destination)
        for evidence in self._history.events:
            destinations = waiting.get((evidence.event.id, evidence.at))
            if destinations:
                yield Unfinished(evidence=evidence, destinations=tuple(destinations))

    async def statistics(self, since: datetime) -> AsyncIterator[ChannelStats]:
        before: dict[ChannelId, ChannelStats] = {}
        for stats in sorted(self._history.stats.values(), key=lambda line: line.as_of):
            if stats.as_of >= since:
                yield stats
            else:
                before[stats.channel] = stats
        for stats in before.values():
            yield stats

    async def of_person(self, chat: ChatId) -> Mapping[str, Sequence[Mapping[str, object]]]:
        saved = self._history.saved.get(chat)
        found: dict[str, list[dict[str, object]]] = {
            "subscribers": [
                {"chat": chat, "saved_at": iso(saved.at), "settings": subscriber_to_plain(saved.subscriber)}
            ]
            if saved
            else [],
            "activity_log": [entry_to_plain(seen) for seen in self._history.activity if seen.chat == chat],
            "notifications": [
                _notification(name, told)
                for (name, _), told in self._history.told.items()
                if told.destination.chat == chat
            ],
        }
        return {table: rows for table, rows in found.items() if rows}

    def _told_since(self, since: datetime) -> dict[Token, dict[Destination, datetime]]:
        found: defaultdict[Token, dict[Destination, datetime]] = defaultdict(dict)
        for told in self._history.told.values():
            if told.token is not None and told.event is not None and told.since is not None and told.since >= since:
                theirs = found[told.token]
                theirs[told.destination] = max(told.since, theirs.get(told.destination, told.since))
        return found


def _notification(name: str, told: Told) -> dict[str, object]:
    end = told.end
    return {
        "notification": name,
        "event": told.event,
        "token": told.token and str(told.token),
        "chat": told.destination.chat,
        "thread": told.destination.thread,
        "told_at": told.told_at and iso(told.told_at),
        "outcome": end and end.outcome.name.lower(),
        "ended_at": end and iso(end.at),
        "message_id": end and end.message_id,
    }
