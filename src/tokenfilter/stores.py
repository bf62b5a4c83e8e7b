"""The lower half of the composition root: what keeps something, and the clock and telemetry that all of it needs.

`use.state` chooses one family, because its scripts span ports. The redis family is wrapped: `surviving` goes on while
Redis is away, `layered` caches. Adapters are imported when they are built; nothing is opened here.
"""

import os
import random
import socket
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from dependency_injector import containers, providers

from tokenfilter.settings import Settings

JOURNAL_MOST = 200_000
"""Entries that may wait in the journal while the permanent store is away; more are put aside in a file."""


def lazy(path: str) -> Callable[..., Any]:
    """A callable that imports `module:name` when it is first called."""

    def build(*args: object, **kwargs: object) -> object:
        module, _, name = path.partition(":")
        return getattr(import_module(f"tokenfilter.{module}"), name)(*args, **kwargs)

    return build


def option(settings: providers.Provider[Settings], read: Callable[[Settings], object]) -> providers.Callable[Any]:
    """A value of the settings, read when it is needed."""
    return providers.Callable(read, settings)


def one(path: str, *args: object, **kwargs: object) -> providers.Singleton[Any]:
    """The one `module:name` of a container, imported when it is built."""
    return providers.Singleton(lazy(path), *args, **kwargs)


def _redis_url(settings: Settings) -> str:
    return settings.redis.url.get_secret_value() if settings.redis.url else "redis://127.0.0.1:6379/0"


def _postgres_url(settings: Settings) -> str:
    return settings.postgres.url.get_secret_value() if settings.postgres.url else "postgresql://127.0.0.1/tokenfilter"


def _holder(settings: Settings) -> str:
    """Who this process is: the whole program on a private Redis always the same, as no other can be at it."""
    if settings.redis.instance:
        return settings.redis.instance
    return (
        "embedded"
        if settings.redis.url is None and settings.run.everything
        else f"{socket.gethostname()}:{os.getpid()}"
    )


class Stores(containers.DeclarativeContainer):
    """`redis_url` and `postgres_url` are those of the settings until private servers are up."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    use_state = option(settings, lambda s: s.use.state)
    use_history = option(settings, lambda s: s.use.history)

    clock = one("adapters.system.clock:SystemClock")
    figures = one("adapters.memory.telemetry:MemoryTelemetry")
    metrics = one("adapters.prometheus.telemetry:PrometheusTelemetry")
    log = one("adapters.system.telemetry:LogTelemetry")
    telemetry = one("adapters.layered.telemetry:EachTelemetry", figures, metrics, log)

    redis_url = option(settings, _redis_url)
    postgres_url = option(settings, _postgres_url)
    directory = option(settings, lambda s: Path(s.embedded.directory))
    holder = option(settings, _holder)
    servers: providers.Provider[Any] = providers.Object(None)

    postgres = one(
        "adapters.postgres.engine:PostgresEngine",
        postgres_url,
        pool_min=option(settings, lambda s: s.postgres.pool_min),
        pool_max=option(settings, lambda s: s.postgres.pool_max),
        told=telemetry.provided.command,
    )
    postgres_probe = one("adapters.postgres.health_probe:PostgresHealthProbe", postgres)
    postgres_history = one("adapters.postgres.history:PostgresHistory", postgres)
    memory_history = one("adapters.memory.history:MemoryHistory")
    archive = providers.Selector(
        use_history,
        postgres=one("adapters.postgres.archive:PostgresArchive", postgres),
        memory=one("adapters.memory.archive:MemoryArchive", memory_history),
    )

    redis = one(
        "adapters.redis.connection:RedisConnection",
        redis_url,
        pool=option(settings, lambda s: s.redis.pool),
        deadline=1.0,
        told=telemetry.provided.command,
    )
    keys = one("adapters.redis.keys:Keys", option(settings, lambda s: s.redis.prefix))
    fences = one("adapters.redis.fences:Fences")
    redis_dead_letters = one("adapters.redis.dead_letters:RedisDeadLetters", redis, keys)
    redis_leases = one("adapters.redis.leases:RedisLeases", redis, keys, fences)
    redis_journal = one(
        "adapters.redis.journal:RedisJournal", redis, keys, fences, dead=redis_dead_letters, clock=clock
    )
    redis_events = one(
        "adapters.redis.event_stream:RedisEventStream", redis, keys, fences, dead=redis_dead_letters, clock=clock
    )
    redis_outbox = one("adapters.redis.outbox:RedisOutbox", redis, keys, fences, dead=redis_dead_letters, clock=clock)
    redis_tokens = one("adapters.redis.processed_tokens:RedisProcessedTokens", redis, keys, fences, events=redis_events)
    redis_channels = one("adapters.redis.channels:RedisChannels", redis, keys)

    health_probe = providers.Selector(
        use_state,
        redis=one("adapters.redis.health_probe:RedisHealthProbe", redis, keys),
        memory=one("adapters.memory.health_probe:MemoryHealthProbe"),
    )
    survival = one(
        "adapters.surviving.survival:Survival",
        probe=health_probe,
        clock=clock,
        telemetry=telemetry,
        random=providers.Object(random.random),
        alone=option(settings, lambda s: s.run.goes_on_alone),
    )
    invalidations = providers.Selector(
        use_state,
        redis=one("adapters.redis.invalidations:RedisInvalidations", redis, keys),
        memory=one("adapters.memory.invalidations:MemoryInvalidations"),
    )
    caches = one("adapters.layered.caches:Caches", clock=clock)

    leases = providers.Selector(
        use_state,
        redis=one("adapters.surviving.leases:SurvivingLeases", redis_leases, survival),
        memory=one("adapters.memory.leases:MemoryLeases", clock=clock),
    )
    dead_letters = providers.Selector(
        use_state,
        redis=one("adapters.surviving.dead_letters:SurvivingDeadLetters", redis_dead_letters, survival),
        memory=one("adapters.memory.dead_letters:MemoryDeadLetters"),
    )
    journal = providers.Selector(
        use_state,
        redis=one("adapters.surviving.journal:SurvivingJournal", redis_journal, survival),
        memory=one("adapters.memory.journal:MemoryJournal"),
    )
    history = providers.Selector(
        use_history,
        postgres=one(
            "adapters.layered.history:SpillingHistory",
            postgres_history,
            file=providers.Callable(lambda directory: directory / "spill" / "journal.jsonl", directory),
            backlog=journal.provided.length,
            most=JOURNAL_MOST,
        ),
        memory=memory_history,
    )
    event_stream = providers.Selector(
        use_state,
        redis=one(
            "adapters.surviving.event_stream:SurvivingEventStream", redis_events, survival, term=leases.provided.term
        ),
        memory=one("adapters.memory.event_stream:MemoryEventStream"),
    )
    recalling_outbox = one(
        "adapters.layered.outbox:RecallingOutbox", redis_outbox, archive=archive, since=leases.provided.delivers_since
    )
    outbox = providers.Selector(
        use_state,
        redis=one(
            "adapters.surviving.outbox:SurvivingOutbox",
            recalling_outbox,
            survival,
            journal=journal,
            delivers=leases.provided.delivers,
        ),
        memory=one("adapters.memory.outbox:MemoryOutbox", journal=journal),
    )
    claimed_alerts = one(
        "adapters.surviving.claimed_alerts:ClaimedAlerts",
        recalling_outbox,
        survival,
        outbox=outbox,
        delivers=leases.provided.delivers,
    )
    processed_tokens = providers.Selector(
        use_state,
        redis=one(
            "adapters.surviving.processed_tokens:SurvivingProcessedTokens",
            redis_tokens,
            survival,
            events=event_stream,
            outbox=outbox,
            claimed=claimed_alerts,
            journal=journal,
            archive=archive,
            clock=clock,
            term=leases.provided.term,
        ),
        memory=one(
            "adapters.memory.processed_tokens:MemoryProcessedTokens",
            outbox=outbox,
            journal=journal,
            events=event_stream,
        ),
    )
    surviving_subscribers = one(
        "adapters.surviving.subscribers:SurvivingSubscribers",
        one("adapters.redis.subscribers:RedisSubscribers", redis, keys, noted=journal.provided.remember_one),
        survival,
        archive=archive,
        journal=journal,
    )
    subscribers = providers.Selector(
        use_state,
        redis=one(
            "adapters.layered.subscribers:CachedSubscribers",
            surviving_subscribers,
            caches.provided.settings,
            invalidations,
        ),
        memory=one("adapters.memory.subscribers:MemorySubscribers", journal=journal),
    )
    surviving_channels = one("adapters.surviving.channels:SurvivingChannels", redis_channels, survival)
    channels = providers.Selector(
        use_state,
        redis=one(
            "adapters.layered.channels:CachedChannels", surviving_channels, caches.provided.channels, invalidations
        ),
        memory=one("adapters.memory.channels:MemoryChannels"),
    )
    sessions = providers.Selector(
        use_state,
        redis=one(
            "adapters.surviving.sessions:SurvivingSessions",
            one("adapters.redis.sessions:RedisSessions", redis, keys),
            survival,
            here=one("adapters.memory.sessions:MemorySessions"),
        ),
        memory=one("adapters.memory.sessions:MemorySessions"),
    )
    send_budget = providers.Selector(
        use_state,
        redis=one(
            "adapters.surviving.send_budget:SurvivingSendBudget",
            one("adapters.redis.send_budget:RedisSendBudget", redis, keys),
            survival,
        ),
        memory=one("adapters.memory.send_budget:MemorySendBudget"),
    )
    rebuild_state = one(
        "app.rebuild_state:RebuildState",
        archive=archive,
        subscribers=subscribers,
        tokens=providers.Selector(use_state, redis=redis_tokens, memory=processed_tokens),
        channels=channels,
        outbox=outbox,
        clock=clock,
        alert_useful_for=option(settings, lambda s: timedelta(minutes=s.delivery.useful_minutes)),
    )
