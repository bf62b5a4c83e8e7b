"""The one composition root: which adapter stands behind each port, chosen by the settings.

Adapters are imported when they are built, so a program that does not need one does not load it. Every provider is
synchronous and opens nothing; what must be opened and closed is so in service.py.
"""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from dependency_injector import containers, providers

from tokenfilter.ports.clock import Clock
from tokenfilter.settings import Settings


def lazy(path: str) -> Callable[..., Any]:
    """A callable that imports `module:name` when it is first called."""

    def build(*args: object, **kwargs: object) -> object:
        module, _, name = path.partition(":")
        return getattr(import_module(f"tokenfilter.{module}"), name)(*args, **kwargs)

    return build


def _option(settings: providers.Provider[Settings], read: Callable[[Settings], object]) -> providers.Callable[Any]:
    return providers.Callable(read, settings)


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


class Container(containers.DeclarativeContainer):
    """Ports by name; `address` is where the web server listens, known once it is bound."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    address: providers.Dependency[str] = providers.Dependency(instance_of=str)

    use_state = _option(settings, lambda s: s.use.state)
    use_history = _option(settings, lambda s: s.use.history)
    use_filter_index = _option(settings, lambda s: s.use.filter_index)
    use_messenger = _option(settings, lambda s: s.use.messenger)

    clock = providers.Singleton(lazy("adapters.system.clock:SystemClock"))
    figures = providers.Singleton(lazy("adapters.memory.telemetry:MemoryTelemetry"))
    metrics = providers.Singleton(lazy("adapters.prometheus.telemetry:PrometheusTelemetry"))
    log = providers.Singleton(lazy("adapters.system.telemetry:LogTelemetry"))
    telemetry = providers.Singleton(lazy("adapters.layered.telemetry:EachTelemetry"), figures, metrics, log)

    journal = providers.Selector(use_state, memory=providers.Singleton(lazy("adapters.memory.journal:MemoryJournal")))
    outbox = providers.Selector(use_state, memory=providers.Singleton(lazy("adapters.memory.outbox:MemoryOutbox")))
    event_stream = providers.Selector(
        use_state, memory=providers.Singleton(lazy("adapters.memory.event_stream:MemoryEventStream"))
    )
    subscribers = providers.Selector(
        use_state, memory=providers.Singleton(lazy("adapters.memory.subscribers:MemorySubscribers"))
    )
    channels = providers.Selector(
        use_state, memory=providers.Singleton(lazy("adapters.memory.channels:MemoryChannels"))
    )
    sessions = providers.Selector(
        use_state, memory=providers.Singleton(lazy("adapters.memory.sessions:MemorySessions"))
    )
    send_budget = providers.Selector(
        use_state, memory=providers.Singleton(lazy("adapters.memory.send_budget:MemorySendBudget"))
    )
    processed_tokens = providers.Selector(
        use_state,
        memory=providers.Singleton(
            lazy("adapters.memory.processed_tokens:MemoryProcessedTokens"), outbox=outbox, journal=journal
        ),
    )
    history = providers.Selector(use_history, memory=providers.Singleton(lazy("adapters.memory.history:MemoryHistory")))
    filter_index = providers.Selector(
        use_filter_index, memory=providers.Singleton(lazy("adapters.memory.filter_index:MemoryFilterIndex"))
    )

    bot_token = _option(settings, lambda s: s.telegram.token.get_secret_value() if s.telegram.token else SANDBOX_TOKEN)
    sandbox = providers.Singleton(
        lazy("adapters.sandbox.sandbox:Sandbox"),
        token=bot_token,
        clock=clock.provided.now,
        banner=_option(settings, lambda s: SIMULATED if "simulator" in s.use.feeds else None),
    )
    telegram_url = providers.Callable(
        lambda s, address: f"{address}/sandbox/bot" if s.sandboxed else s.telegram.base_url, settings, address
    )
    telegram_file_url = providers.Callable(
        lambda s, address: f"{address}/sandbox/file/bot" if s.sandboxed else None, settings, address
    )
    messenger = providers.Selector(
        use_messenger,
        memory=providers.Singleton(lazy("adapters.memory.messenger:MemoryMessenger")),
        telegram=providers.Singleton(
            lazy("adapters.telegram.messenger:TelegramMessenger"),
            token=bot_token,
            base_url=telegram_url,
            base_file_url=telegram_file_url,
            clock=clock,
        ),
    )

    ingest_events = providers.Singleton(
        lazy("app.ingest_events:IngestEvents"),
        events=event_stream,
        channels=channels,
        journal=journal,
        subscribers=subscribers,
        clock=clock,
        telemetry=telemetry,
    )
    match_events = providers.Singleton(
        lazy("app.match_events:MatchEvents"),
        events=event_stream,
        index=filter_index,
        tokens=processed_tokens,
        channels=channels,
        subscribers=subscribers,
        clock=clock,
        telemetry=telemetry,
        alert_useful_for=_option(settings, lambda s: timedelta(minutes=s.delivery.useful_minutes)),
    )
    edit_settings = providers.Singleton(lazy("app.edit_settings:EditSettings"), subscribers=subscribers, clock=clock)
    deliver_notifications = providers.Singleton(
        lazy("app.deliver_notifications:DeliverNotifications"),
        outbox=outbox,
        messenger=messenger,
        budget=send_budget,
        journal=journal,
        subscribers=subscribers,
        clock=clock,
        telemetry=telemetry,
        on_gone=edit_settings.provided.mark_unreachable,
        at_once=_option(settings, lambda s: s.delivery.at_once),
    )
    relay_journal = providers.Singleton(
        lazy("app.relay_journal:RelayJournal"), journal=journal, history=history, clock=clock, telemetry=telemetry
    )
    watch_health = providers.Singleton(
        lazy("app.watch_health:WatchHealth"),
        events=event_stream,
        outbox=outbox,
        journal=journal,
        clock=clock,
        telemetry=telemetry,
    )
    notice_silence = providers.Singleton(
        lazy("app.notice_silence:NoticeSilence"),
        subscribers=subscribers,
        history=history,
        outbox=outbox,
        clock=clock,
        telemetry=telemetry,
    )
    backtest_filter = providers.Singleton(lazy("app.backtest_filter:BacktestFilter"), history=history, clock=clock)
    explain_verdict = providers.Singleton(
        lazy("app.explain_verdict:ExplainVerdict"),
        history=history,
        subscribers=subscribers,
        tokens=processed_tokens,
        index=filter_index,
        clock=clock,
    )
    telegram_bot = providers.Singleton(
        lazy("adapters.telegram.bot:TelegramBot"),
        token=bot_token,
        base_url=telegram_url,
        base_file_url=telegram_file_url,
        edits=edit_settings,
        explains=explain_verdict,
        previews=backtest_filter,
        sessions=sessions,
        budget=send_budget,
        clock=clock,
        delay=providers.Callable(_delays, figures, clock),
    )

    simulator = providers.Singleton(
        lazy("adapters.simulator.token_feed:SimulatorFeed"),
        clock=clock,
        seed=_option(settings, lambda s: s.simulator.seed),
        pre_roll=_option(settings, lambda s: timedelta(days=s.simulator.pre_roll_days)),
        rate=_option(settings, lambda s: s.simulator.rate),
    )
    stage = providers.Singleton(lazy("adapters.simulator.token_feed:StageFeed"), clock=clock)
    stage_page = providers.Singleton(
        lazy("adapters.simulator.stage_page:StagePage"),
        feed=stage,
        subscribers=subscribers,
        clock=clock,
        notes=figures.provided.notes_about,
        block=sandbox.provided.toggle_block,
        seed=_option(settings, lambda s: s.simulator.seed),
    )
    replay = providers.Singleton(
        lazy("adapters.replay.token_feed:ReplayFeed"),
        _option(settings, lambda s: "-" if s.feeds.replay.file == "-" else Path(s.feeds.replay.file or "")),
        speed=_option(settings, lambda s: None if s.feeds.replay.speed == "max" else s.feeds.replay.speed),
        clock=clock,
    )
    push = providers.Singleton(
        lazy("adapters.http.token_feed:PushFeed"),
        token=_option(settings, lambda s: s.http.events_token.get_secret_value() if s.http.events_token else ""),
    )


SANDBOX_TOKEN = "1000000000:sandbox-only-no-secret-0000000000"
"""The bot token that only the local sandbox accepts."""

SIMULATED = "Everything here is simulated: the market, the tokens, the channels. No real token is meant."
