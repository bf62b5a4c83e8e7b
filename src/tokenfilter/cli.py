"""The command line: `tokenfilter run`, `replay`, `explain`, `backtest`, `check`, `sandbox`, `version` (FORMATS 4).

Everything heavy is imported by the command that needs it, so `--help` is quick. Exit codes: 0 done, 1 something failed,
2 wrong usage or configuration.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from tokenfilter.domain.filter import Filter
    from tokenfilter.settings import Settings

app = typer.Typer(
    name="tokenfilter",
    help="Watches token calls, judges each against every subscriber's own filter, tells those it concerns.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

dead = typer.Typer(help="What could not be read, judged or kept.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(dead, name="dead")

Letter = Annotated[str, typer.Argument(help="A letter's name, as `dead list` shows it.")]
Config = Annotated[Path | None, typer.Option("--config", help="Configuration file (default: tokenfilter.toml).")]
FilterText = Annotated[str, typer.Option("--filter", help='A filter, e.g. "mcap 10k..200k, liq >= 5k".')]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Feeds = Annotated[list[str] | None, typer.Option("--feed", help="simulator or replay; may be given several times.")]

Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="Do only this of the work; may be given several times. Default: everything."),
]


@app.command()
def run(
    feed: Feeds = None,
    role: Roles = None,
    config: Config = None,
    http: Annotated[str | None, typer.Option(help="Where the web server listens, e.g. 127.0.0.1:8080.")] = None,
) -> None:
    """Run the service; prints where to look."""
    from tokenfilter import commands

    settings = _settings(config, use__feeds=feed, run__roles=role, http__address=http)
    _exit(commands.run(settings))


@app.command()
def replay(
    file: Annotated[str, typer.Argument(help="A feed file; - is standard input.")],
    speed: Annotated[str, typer.Option(help="How many times real time, or max.")] = "max",
    filters: Annotated[list[str] | None, typer.Option("--filter", help="A filter to be told by; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play a feed file through the whole pipeline; summary of alerts at the end."""
    from tokenfilter import commands

    wanted = [_parsed(text) for text in filters or [""]]
    if speed != "max" and not _is_positive(speed):
        _usage("--speed: expected a number above 0, or max")
    settings = _settings(None, use__feeds=["replay"], feeds__replay__file=file, feeds__replay__speed=speed)
    _exit(commands.replay(settings, wanted, as_json=as_json))


@app.command()
def explain(
    filter_text: FilterText,
    event: Annotated[str, typer.Option(help="A file with one event; - is standard input.")],
    stats: Annotated[str | None, typer.Option(help="A file with channels' statistics.")] = None,
    as_json: AsJson = False,
) -> None:
    """The verdict on one event with every finding, and the nearest change that would let it pass."""
    from tokenfilter import commands, offline

    wanted = _parsed(filter_text)
    try:
        explained = offline.explain(wanted, event_file=event, stats_file=stats)
    except offline.UnusableFileError as error:
        _fail(str(error))
    if as_json:
        print(json.dumps(explained.as_json(), ensure_ascii=False))
    else:
        commands.print_explained(explained)


@app.command()
def backtest(
    filter_text: FilterText,
    events: Annotated[str, typer.Option(help="A feed file; - is standard input.")],
    as_json: AsJson = False,
) -> None:
    """Which recorded events a filter would have alerted on, dedup included."""
    from tokenfilter import commands, offline

    wanted = _parsed(filter_text)
    try:
        recorded = offline.read_feed(events)
    except offline.UnusableFileError as error:
        _fail(str(error))
    test = offline.backtest(wanted, recorded)
    if as_json:
        print(json.dumps(offline.backtest_json(test), ensure_ascii=False))
    else:
        commands.print_backtest(test, unreadable=recorded.unreadable)


@app.command()
def check(config: Config = None) -> None:
    """Configuration and every dependency, one line each; exit code 1 if something is wrong."""
    from tokenfilter import store_commands

    _exit(store_commands.check(_settings(config)))


@app.command()
def inspect(
    token: Annotated[str, typer.Argument(help="An address; chain:address where it is not Solana's.")],
    destination: Annotated[str, typer.Argument(help="<chat> or <chat>/<thread>.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """What is remembered of a token for a destination."""
    from tokenfilter import store_commands
    from tokenfilter.domain.ids import InvalidIdError, parse_destination, parse_token

    chain, _, address = token.rpartition(":")
    try:
        about, to = parse_token(address, chain or None), parse_destination(destination)
    except InvalidIdError as error:
        _usage(str(error))
    _exit(store_commands.inspect(_settings(config), about, to, as_json=as_json))


@dead.command("list")
def dead_list(config: Config = None, limit: int = 20, as_json: AsJson = False) -> None:
    """The newest letters."""
    from tokenfilter import store_commands

    _exit(store_commands.dead_list(_settings(config), limit=limit, as_json=as_json))


@dead.command("retry")
def dead_retry(letter: Letter, config: Config = None) -> None:
    """Queue what is in a letter once more."""
    from tokenfilter import store_commands

    _exit(store_commands.dead_one(_settings(config), letter, retry=True))


@dead.command("drop")
def dead_drop(letter: Letter, config: Config = None) -> None:
    """Give a letter up."""
    from tokenfilter import store_commands

    _exit(store_commands.dead_one(_settings(config), letter, retry=False))


@app.command()
def migrate(config: Config = None) -> None:
    """Bring PostgreSQL's schema up to date."""
    from tokenfilter import store_commands

    _exit(store_commands.migrate(_settings(config)))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file, a zip of CSV tables.")],
    restore: Annotated[bool, typer.Option("--restore", help="Read it into an empty database instead.")] = False,
    config: Config = None,
) -> None:
    """Write everything permanent into a file. Redis needs none: it is rebuilt from PostgreSQL."""
    from tokenfilter import store_commands

    _exit(store_commands.backup(_settings(config), file, restores=restore))


@app.command()
def sandbox(
    http: Annotated[str, typer.Option(help="Where it listens; this machine only.")] = "127.0.0.1:8081",
) -> None:
    """Run the local Telegram alone, for trying any bot against it."""
    from tokenfilter import commands

    _exit(commands.sandbox(_settings(None, http__address=http, use__feeds=[], sandbox__enabled=True)))


@app.command()
def version() -> None:
    """The version of the program."""
    from tokenfilter.version import VERSION

    print(f"tokenfilter {VERSION}")


def main() -> None:
    """Entry point of the console script."""
    app()


def _settings(config: Path | None, **overrides: object) -> "Settings":
    from tokenfilter.settings import InvalidSettingsError, load

    try:
        return load(config, overrides)
    except InvalidSettingsError as error:
        _usage(str(error))


def _parsed(text: str) -> "Filter":
    from tokenfilter.domain.filter import InvalidFilterError
    from tokenfilter.domain.filter_text import parse_filter

    try:
        return parse_filter(text)
    except InvalidFilterError as error:
        _usage(f"--filter: {error}")


def _is_positive(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def _usage(message: str) -> NoReturn:
    print(f"tokenfilter: {message}", file=sys.stderr)
    raise typer.Exit(2)


def _fail(message: str) -> NoReturn:
    print(f"tokenfilter: {message}", file=sys.stderr)
    raise typer.Exit(1)


def _exit(code: int) -> None:
    if code:
        raise typer.Exit(code)
