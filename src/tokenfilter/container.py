"""The one composition root: which adapter stands behind each port, chosen by the settings; what keeps is in stores.py.

Adapters are imported when they are built, so a program that does not need one does not load it. Every provider is
synchronous and opens nothing; what must be opened and closed is so in service.py.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from dependency_injector import providers

from tokenfilter.domain.health import Footprint
from tokenfilter.domain.partition import PARTITIONS
from tokenfilter.ports.clock import Clock
from tokenfilter.settings import Role, Settings
from tokenfilter.stores import Stores, lazy, one, option


def _partitions(role: str) -> list[str]:
    return [f"{role}:{partition}" for partition in range(PARTITIONS)]


_LED: Mapping[Role, Sequence[str]] = {
    "deliver": _partitions("deliver"),
    "relay": [*_partitions("relay"), "relay:cfg", "relay:money"],
    "ingest": ["ingest"],
    "bot": ["bot"],
    "schedule": ["schedule"],
}
"""What one process of each role leads, while others of the same role stand by."""

_SHARED: Mapping[Role, Sequence[str]] = {"match": _partitions("match")}
"""What all processes of a role divide among them."""


def _delays(figures: Any, clock: Clock) -> Callable[[], object]:  # noqa: ANN401 - imported when built
    """What the bot tells of how late alerts are; None before the first."""

    def delay() -> object:
        _, sends = figures.latencies(clock.now())
        if not sends:
            return None
        p50, p99 = (sends[(len(sends) - 1) * p // 100] / 1_000 for p in (50, 99))
        build = lazy("adapters.telegram.screens.settings:Delay")
        return build(p50=p50, p99=p99, sends=len(sends), queue=int(figures.gauges.get("queue", 0)))

    return delay


def _footprint(settings: Settings) -> Callable[[], Footprint | None]:
    """How much memory the process uses, and may use."""
    megabytes = settings.health.memory_mb
    limit = lazy("adapters.system.footprint:memory_limit")(megabytes and megabytes * 10**6)
    return lambda: cast("Footprint | None", lazy("adapters.system.footprint:footprint")(limit))


class Container(Stores):
    """Ports by name; `address` is where the web server listens, known once it is bound."""

    address: providers.Dependency[str] = providers.Dependency(instance_of=str)

    settings, clock, telemetry, figures = Stores.settings, Stores.clock, Stores.telemetry, Stores.figures
    journal, event_stream, outbox, dead_letters = (
        Stores.journal,
        Stores.event_stream,
        Stores.outbox,
        Stores.dead_letters,
    )
    subscribers, channels, sessions = Stores.subscribers, Stores.channels, Stores.sessions
    processed_tokens, send_budget, leases = Stores.processed_tokens, Stores.send_budget, Stores.leases
    history, archive = Stores.history, Stores.archive

    use_filter_index = option(settings, lambda s: s.use.filter_index)
    use_messenger = option(settings, lambda s: s.use.messenger)

    filter_index = providers.Selector(
        use_filter_index,
        memory=one("adapters.memory.filter_index:MemoryFilterIndex"),
        numpy=one("adapters.numpy.filter_index:NumpyFilterIndex"),
    )

    bot_token = option(settings, lambda s: s.telegram.token.get_secret_value() if s.telegram.token else SANDBOX_TOKEN)
    sandbox = one(
        "adapters.sandbox.sandbox:Sandbox",
        token=bot_token,
        clock=clock.provided.now,
        banner=option(settings, lambda s: SIMULATED if "simulator" in s.use.feeds else None),
        keep=option(settings, lambda s: Path(s.embedded.directory) / "sandbox" if s.use.state == "redis" else None),
    )
    telegram_url = providers.Callable(
        lambda s, address: f"{address}/sandbox/bot" if s.hosts_sandbox else s.telegram.base_url, settings, address
    )
    telegram_file_url = providers.Callable(
        lambda s, address: f"{address}/sandbox/file/bot" if s.hosts_sandbox else None, settings, address
    )
    messenger = providers.Selector(
        use_messenger,
        memory=one("adapters.memory.messenger:MemoryMessenger"),
        telegram=one(
            "adapters.telegram.messenger:TelegramMessenger",
            token=bot_token,
            base_url=telegram_url,
            base_file_url=telegram_file_url,
            clock=clock,
            telemetry=telemetry,
        ),
    )

    ingest_events = one(
        "app.ingest_events:IngestEvents",
        events=event_stream,
        dead=dead_letters,
        channels=channels,
        journal=journal,
        subscribers=subscribers,
        clock=clock,
        telemetry=telemetry,
    )
    follow_settings = one(
        "app.follow_settings:FollowSettings",
        subscribers=subscribers,
        index=filter_index,
        clock=clock,
        telemetry=telemetry,
    )
    match_events = one(
        "app.match_events:MatchEvents",
        events=event_stream,
        dead=dead_letters,
        index=filter_index,
        tokens=processed_tokens,
        channels=channels,
        settings=follow_settings,
        clock=clock,
        telemetry=telemetry,
        alert_useful_for=option(settings, lambda s: timedelta(minutes=s.delivery.useful_minutes)),
    )
    edit_settings = one("app.edit_settings:EditSettings", subscribers=subscribers, clock=clock, telemetry=telemetry)
    follow_chats = one("app.follow_chats:FollowChats", subscribers=subscribers, outbox=outbox, clock=clock)
    deliver_notifications = one(
        "app.deliver_notifications:DeliverNotifications",
        outbox=outbox,
        messenger=messenger,
        budget=send_budget,
        subscribers=subscribers,
        clock=clock,
        telemetry=telemetry,
        on_gone=follow_chats.provided.gone,
        on_moved=follow_chats.provided.moved,
        at_once=option(settings, lambda s: s.delivery.at_once),
        slices=option(settings, lambda s: s.delivery.slices),
    )
    relay_journal = one(
        "app.relay_journal:RelayJournal",
        journal=journal,
        history=history,
        dead=dead_letters,
        random=providers.Object(random.random),
        clock=clock,
        telemetry=telemetry,
    )
    watch_health = one(
        "app.watch_health:WatchHealth",
        events=event_stream,
        outbox=outbox,
        journal=journal,
        dead=dead_letters,
        probes=providers.Callable(
            lambda s, probe: (probe(),) if s.use.history == "postgres" else (),
            settings,
            Stores.postgres_probe.provider,
        ),
        away=providers.Callable(
            lambda s, survival: {"redis": lambda: survival().since} if s.use.state == "redis" else {},
            settings,
            Stores.survival.provider,
        ),
        caches=Stores.caches.provided.figures,
        memory=option(settings, _footprint),
        clock=clock,
        telemetry=telemetry,
    )
    notice_silence = one(
        "app.notice_silence:NoticeSilence",
        subscribers=subscribers,
        history=history,
        outbox=outbox,
        clock=clock,
        telemetry=telemetry,
    )
    hold_partitions = one(
        "app.hold_partitions:HoldPartitions",
        leases=leases,
        names=option(settings, lambda s: [name for role in s.run.roles for name in _LED.get(role, ())]),
        shared=option(settings, lambda s: {r: names for r, names in _SHARED.items() if r in s.run.roles}),
        holder=Stores.holder,
        clock=clock,
        telemetry=telemetry,
    )
    forget_person = one(
        "app.forget_person:ForgetPerson",
        subscribers=subscribers,
        tokens=processed_tokens,
        sessions=sessions,
        archive=archive,
        clock=clock,
    )
    revive_dead_letters = one(
        "app.revive_dead_letters:ReviveDeadLetters", dead=dead_letters, events=event_stream, journal=journal
    )
    backtest_filter = one("app.backtest_filter:BacktestFilter", history=history, clock=clock)
    explain_verdict = one(
        "app.explain_verdict:ExplainVerdict",
        history=history,
        subscribers=subscribers,
        tokens=processed_tokens,
        index=filter_index,
        clock=clock,
    )
    telegram_bot = one(
        "adapters.telegram.bot:TelegramBot",
        token=bot_token,
        base_url=telegram_url,
        base_file_url=telegram_file_url,
        edits=edit_settings,
        explains=explain_verdict,
        previews=backtest_filter,
        person=forget_person,
        activity=one("app.note_activity:NoteActivity", journal=journal, clock=clock),
        retention_days=option(settings, lambda s: s.postgres.retention_days),
        sessions=sessions,
        budget=send_budget,
        clock=clock,
        delay=providers.Callable(_delays, figures, clock),
    )

    breaks: providers.Provider[Any] = providers.Object({})
    tally: providers.Provider[Any] = providers.Object(None)
    simulator = one(
        "adapters.simulator.token_feed:SimulatorFeed",
        clock=clock,
        seed=option(settings, lambda s: s.simulator.seed),
        pre_roll=option(settings, lambda s: timedelta(days=s.simulator.pre_roll_days)),
        rate=option(settings, lambda s: s.simulator.rate),
    )
    stage = one("adapters.simulator.token_feed:StageFeed", clock=clock)
    stage_page = one(
        "adapters.simulator.stage_page:StagePage",
        feed=stage,
        subscribers=subscribers,
        clock=clock,
        notes=figures.provided.notes_about,
        block=sandbox.provided.toggle_block,
        breaks=breaks,
        tally=tally,
        seed=option(settings, lambda s: s.simulator.seed),
    )
    replay = one(
        "adapters.replay.token_feed:ReplayFeed",
        option(settings, lambda s: "-" if s.feeds.replay.file == "-" else Path(s.feeds.replay.file or "")),
        speed=option(settings, lambda s: None if s.feeds.replay.speed == "max" else s.feeds.replay.speed),
        clock=clock,
    )
    push = one(
        "adapters.http.token_feed:PushFeed",
        token=option(settings, lambda s: s.http.events_token.get_secret_value() if s.http.events_token else ""),
    )


SANDBOX_TOKEN = "1000000000:sandbox-only-no-secret-0000000000"
"""The bot token that only the local sandbox accepts."""

SIMULATED = "Everything here is simulated: the market, the tokens, the channels. No real token is meant."
