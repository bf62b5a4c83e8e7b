"""What the commands print, and the exit code they end with."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_print import criterion_name, limit_text, value_text
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.matching import Matched, Outcome
from tokenfilter.domain.notification import CallAlert
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.offline import Explained
from tokenfilter.settings import Settings

if TYPE_CHECKING:
    from tokenfilter.container import Container
    from tokenfilter.service import Running

_SIGN = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNKNOWN: "?"}
_SHOWN = 20


def run(settings: Settings) -> int:
    """Run the service until it is asked to stop."""
    from tokenfilter import service

    _configure_logs(settings)

    def ready(running: "Running") -> None:
        print(_where_to_look(settings, running.address), flush=True)

    return _until_stopped(lambda: service.run(settings, on_ready=ready, on_progress=_say))


def sandbox(settings: Settings) -> int:
    """Run the local Telegram alone."""
    from tokenfilter import service
    from tokenfilter.container import SANDBOX_TOKEN

    _configure_logs(settings)

    def ready(address: str) -> None:
        print(f"Chat:      {address}/sandbox/")
        print(f"Bot API:   {address}/sandbox/bot<token>/<method>")
        print(f"Bot token: {SANDBOX_TOKEN}")
        print("Ctrl-C stops it.", flush=True)

    return _until_stopped(lambda: service.serve_sandbox(settings, on_ready=ready))


def replay(settings: Settings, wanted: Sequence[Filter], *, as_json: bool) -> int:
    """Play a feed file through the whole pipeline, told to a chat in memory."""
    from tokenfilter.ports.failures import UnavailableError

    _configure_logs(settings, quiet=True)
    kept = {"state": "memory", "history": "memory", "messenger": "memory"}
    settings = settings.model_copy(update={"use": settings.use.model_copy(update=kept)})
    try:
        told, summary = asyncio.run(_replay(settings, wanted))
    except UnavailableError as error:
        print(f"tokenfilter: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if as_json:
        print(json.dumps({**summary, "told": [_told_json(a) for a in told]}, ensure_ascii=False))
        return 0
    for alert in told[-_SHOWN:]:
        print(_line(alert.evidence))
    if len(told) > _SHOWN:
        print(f"... and {len(told) - _SHOWN} before these (--json lists all)")
    print(
        f"{summary['events']} events, {summary['alerts']} alerts, {summary['unreadable']} lines that could not be read"
    )
    return 0


def print_explained(explained: Explained) -> None:
    """The verdict, a row a criterion, and the nearest pass."""
    print("MATCHED" if isinstance(explained.verdict, Matched) else "REFUSED", _line(explained.evidence))
    for finding in explained.verdict.by.findings:
        name = criterion_name(finding.criterion)
        seen = "–" if finding.observed is None else value_text(name, finding.observed)
        print(f"  {_SIGN[finding.outcome]} {name:<14} {seen:>20}   {limit_text(finding.criterion)}")
    if explained.nearest:
        print(f"  It would have matched with: {explained.nearest}")


def print_backtest(test: Backtest, *, unreadable: int) -> None:
    """The newest alerts and the totals."""
    for alert in test.told[-_SHOWN:]:
        print(_line(alert.evidence))
    if len(test.told) > _SHOWN:
        print(f"... and {len(test.told) - _SHOWN} before these (--json lists all)")
    per_day = test.alerts_per_day()
    rate = "over less than an hour" if per_day is None else f"{per_day:.1f} a day"
    print(f"{test.events} events, {len(test.told)} alerts ({rate})")
    if unreadable:
        print(f"{unreadable} lines could not be read", file=sys.stderr)


async def _replay(settings: Settings, wanted: Sequence[Filter]) -> tuple[list[CallAlert], dict[str, object]]:
    from tokenfilter.container import Container
    from tokenfilter.past import drained

    container = Container(settings=settings)
    reader = Subscriber(chat=ChatId(1))
    for number, one in enumerate(wanted, start=1):
        reader = with_filter(reader, f"Filter {number}", one)
    await container.subscribers().save(reader, now=container.clock().now())
    loops = [asyncio.create_task(container.match_events().run()), asyncio.create_task(container.relay_journal().run())]
    feed = container.replay()
    progress = asyncio.create_task(_show_progress(lambda: feed.progress))
    try:
        await container.ingest_events().follow(feed)
        await drained(container)
    finally:
        for task in (*loops, progress):
            task.cancel()
        await asyncio.gather(*loops, progress, return_exceptions=True)
    return await _told(container), _summary(container)


async def _told(container: "Container") -> list[CallAlert]:
    outbox = container.outbox()
    owed = await outbox.take(await outbox.length()) if await outbox.length() else []
    return [n.body for n in owed if isinstance(n.body, CallAlert)]


def _summary(container: "Container") -> dict[str, object]:
    figures = container.figures()
    return {
        "events": figures.settled_total,
        "alerts": figures.told_total,
        "duplicates": figures.duplicates,
        "unreadable": sum(figures.unreadable_by_reason.values()),
    }


async def _show_progress(done: Callable[[], float]) -> None:
    """A bar on a terminal's standard error; nothing elsewhere."""
    if not sys.stderr.isatty():
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Playing", total=1.0)
        while True:
            bar.update(task, completed=done())
            await asyncio.sleep(0.1)


def _until_stopped(start: Callable[[], Awaitable[None]]) -> int:
    from tokenfilter.adapters.http.server import AddressTakenError
    from tokenfilter.opening import StoresNotReadyError
    from tokenfilter.ports.failures import RefusedError

    async def go() -> None:
        await start()

    problems: list[str] = []
    try:
        asyncio.run(go())
    except* AddressTakenError as taken:
        problems += map(str, taken.exceptions)
        problems.append("Stop the other program, or choose another address with --http 127.0.0.1:8090.")
    except* (RefusedError, StoresNotReadyError) as refused:
        problems += map(str, refused.exceptions)
    for problem in problems:
        print(f"tokenfilter: {problem}", file=sys.stderr)
    return int(bool(problems))


def _configure_logs(settings: Settings, *, quiet: bool = False) -> None:
    from tokenfilter.adapters.system import logs
    from tokenfilter.adapters.system.log_files import LogDirectoryError

    secrets = (
        settings.telegram.token,
        settings.http.token,
        settings.http.events_token,
        settings.redis.url,
        settings.postgres.url,
    )
    files = None if quiet or settings.logs.directory is None else Path(settings.logs.directory)
    try:
        logs.configure(
            level="error" if quiet else settings.logs.level,
            json_lines=settings.logs.json_lines and not quiet,
            directory=files,
            keep=settings.logs.keep,
            megabytes=settings.logs.megabytes,
            areas={str(area): level for area, level in settings.logs.areas.items()},
            secrets=[s.get_secret_value() for s in secrets if s],
        )
    except LogDirectoryError as error:
        print(f"tokenfilter: logs.directory: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _where_to_look(settings: Settings, address: str) -> str:
    has_pages = "web" in settings.run.roles
    lines = [f"  Dashboard  {address}/" if has_pages else f"  Health     {address}/readyz"]
    if not settings.run.everything:
        lines.append(f"  Roles      {', '.join(settings.run.roles)}")
    if settings.hosts_sandbox:
        lines.insert(0, f"  Chat       {address}/sandbox/   open it and press Start")
    roles = set(settings.run.roles)
    simulated = ["the market, its tokens and its channels"] * ("simulator" in settings.use.feeds and "ingest" in roles)
    simulated += ["Telegram (the local sandbox)"] * (settings.sandboxed and bool(roles & {"web", "bot", "deliver"}))
    if simulated:
        lines.append(f"  Simulated  {'; '.join(simulated)}")
    lines.append(f"  Kept       {_where_kept(settings)}")
    lines.append("  Stop       Ctrl-C")
    return "\n".join(["tokenfilter runs.", *lines])


def _where_kept(settings: Settings) -> str:
    private = [
        name
        for name, used, url in (
            ("Redis", settings.use.state == "redis", settings.redis.url),
            ("PostgreSQL", settings.use.history == "postgres", settings.postgres.url),
        )
        if used and url is None
    ]
    if private:
        return f"in {settings.embedded.directory}/ by a private {' and '.join(private)}"
    if settings.use.state == "memory":
        return "in memory only: gone when the program ends"
    return "in the Redis and PostgreSQL of the configuration"


def _line(evidence: Evidence) -> str:
    facts, values = evidence.event.heard.facts, evidence.values
    symbol = "".join(c for c in (facts.symbol or "–")[:16] if c.isprintable()) or "–"
    size = values.get("mcap")
    callers = ", ".join(c.channel for c in evidence.calls[:3]) or "–"
    cap = "–" if size is None else value_text("mcap", size)
    return f"{evidence.at:%Y-%m-%d %H:%M:%S}  {symbol:<16} mcap {cap:<14} {callers}  {evidence.event.token.address}"


def _told_json(alert: CallAlert) -> dict[str, object]:
    event = alert.evidence.event
    return {
        "at": event.at.isoformat(),
        "event": event.id,
        "chain": event.token.chain.value,
        "address": event.token.address,
        "filters": list(alert.filters),
    }


def _say(text: str) -> None:
    print(text, flush=True)
