"""How a log line reads: for people at a terminal, or as a JSON object; the last thing done to it is to redact it."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

import structlog

from tokenfilter.adapters.system.log_files import area_of
from tokenfilter.adapters.system.redaction import Redactor, without_addresses

STAMPED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
"""What a line of ours gets when it is told; a library's gets it when it is written."""

_ORDER = ("timestamp", "level", "logger", "event")
_STEERING = r"\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_UNSEEN = re.compile(rf"[{_STEERING}]|\x1b(?!\[[\d;]*m)")
"""What would steer a terminal or turn its text round; colours are the renderer's own."""


class LineFormat(logging.Formatter):
    """Renders a record, then takes the secrets out, and in payments the addresses of wallets."""

    def __init__(self, redactor: Redactor, *, as_json: bool, colours: bool = False) -> None:
        super().__init__()
        self._redactor = redactor
        self._as_json = as_json
        renderer: list[structlog.typing.Processor] = (
            [structlog.processors.format_exc_info, _ordered, structlog.processors.JSONRenderer()]
            if as_json
            else [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)]
        )
        self._renders = structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.processors.add_log_level, _stamped],
            processors=[_named, structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )

    def format(self, record: logging.LogRecord) -> str:
        rendered = self._renders.format(record)
        line = self._redactor(rendered)
        if area_of(record.name) == "payments":
            line = without_addresses(line)
        if not self._as_json:
            return _UNSEEN.sub(_escaped, line)
        return line if line == rendered or _is_json(line) else _wrapped(line, record)


class LineErrors:
    """Says on standard error that a line was not written: not which, for it may hold anything; once for each reason."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, record: logging.LogRecord) -> None:
        """Say why the last attempt failed."""
        error = sys.exc_info()[0]
        why = f"{area_of(record.name)}: {error.__name__ if error else 'unknown'}"
        if why not in self._said:
            self._said.add(why)
            try:
                sys.stderr.write(f"tokenfilter: log lines are not written: {why}\n")
            except (OSError, ValueError):
                return  # nobody listens any more


def _named(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A library's line says whose it is."""
    logger = event["_record"].name
    if not logger.startswith("tokenfilter"):
        event["logger"] = logger
    return event


def _stamped(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    told_at = datetime.fromtimestamp(event["_record"].created, UTC)
    event["timestamp"] = told_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return event


def _ordered(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    first = {name: event.pop(name) for name in _ORDER if name in event}
    return {**first, **event}


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _wrapped(line: str, record: logging.LogRecord) -> str:
    """A line whose secret stood across its structure is told as text."""
    return json.dumps({"level": record.levelname.lower(), "event": line})
