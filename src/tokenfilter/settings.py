"""Every option, with its default: `tokenfilter.toml`, then the environment, then the command line (FORMATS 6)."""

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from tokenfilter import settings_checks

PREFIX = "TOKENFILTER_"
SECRETS = (
    ("telegram", "token"),
    ("http", "token"),
    ("http", "events_token"),
    ("redis", "url"),
    ("postgres", "url"),
)
"""Options that are never read from a configuration file (R36)."""

Role = Literal["ingest", "match", "deliver", "relay", "bot", "web", "schedule"]
ROLES: tuple[Role, ...] = get_args(Role)

_LISTS = (("use", "feeds"), ("run", "roles"))
"""Options that are written with commas in the environment."""

FeedName = Literal["simulator", "replay"]
"""The feeds a service can follow; `http` pushes are taken whenever the web server runs."""

Level = Literal["debug", "info", "warning", "error"]
Area = Literal["payments", "rediserror", "redisperformance", "sent_notifications", "user_settings", "bot"]


class InvalidSettingsError(ValueError):
    """The configuration cannot be used; the message names the option and says what was expected."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Run(_Section):
    """What this process does: everything, unless several share the work."""

    roles: tuple[Role, ...] = ROLES

    @property
    def everything(self) -> bool:
        """Whether one process is the whole program."""
        return set(self.roles) == set(ROLES)

    @property
    def goes_on_alone(self) -> bool:
        """Whether all that happens between hearing and telling happens here, so that it can go on without Redis."""
        return {"ingest", "match", "deliver"} <= set(self.roles)


class Use(_Section):
    """Which adapter stands behind each port."""

    state: Literal["redis", "memory"] = "redis"
    history: Literal["postgres", "memory"] = "postgres"
    filter_index: Literal["numpy", "memory"] = "numpy"
    messenger: Literal["telegram", "memory"] = "telegram"
    feeds: tuple[FeedName, ...] = ("simulator",)


class Telegram(_Section):
    """The bot. Without a token the local sandbox stands in for Telegram."""

    token: SecretStr | None = None
    base_url: str | None = None


class Http(_Section):
    """The web server; `token` opens the dashboard and the metrics beyond this machine, `events_token` takes events."""

    address: str = "127.0.0.1:8080"
    token: SecretStr | None = None
    events_token: SecretStr | None = None


class Redis(_Section):
    """The real-time store. Without a `url` a private server is started; `instance` names this process among others."""

    url: SecretStr | None = None
    prefix: str = "tokenfilter:"
    pool: Annotated[int, Field(ge=4, le=200)] = 20
    instance: str | None = None


class Postgres(_Section):
    """The permanent store. Without a `url` a private server is started."""

    url: SecretStr | None = None
    pool_min: Annotated[int, Field(ge=1, le=100)] = 5
    pool_max: Annotated[int, Field(ge=1, le=100)] = 20
    retention_days: Annotated[int, Field(ge=2, le=3650)] = 90


class Embedded(_Section):
    """Where private servers keep their data, and what must be put aside on disk."""

    directory: str = "var"


class Delivery(_Section):
    """Sending: R9 and R53."""

    at_once: Annotated[int, Field(ge=1, le=100)] = 10
    slices: Annotated[int, Field(ge=1, le=50)] = 5
    useful_minutes: Annotated[int, Field(ge=1, le=1440)] = 10


class Sandbox(_Section):
    """The local Telegram; on while there is no bot token, unless said otherwise."""

    enabled: bool | None = None


class Simulator(_Section):
    """The simulated market: its seed, how many days it has lived before the first screen, and its pace."""

    seed: int = 7
    pre_roll_days: Annotated[float, Field(ge=0, le=30)] = 0.5
    rate: Annotated[float, Field(gt=0, le=100)] = 1.0


class Replay(_Section):
    """A recorded feed."""

    file: str | None = None
    speed: Annotated[float, Field(gt=0)] | Literal["max"] = 1.0


class Feeds(_Section):
    """Options of single feeds."""

    replay: Replay = Replay()


class Logs(_Section):
    """What is written, to the terminal and to a file an area (R35); `keep` older files of `megabytes` each."""

    level: Level = "info"
    json_lines: bool = False
    directory: str | None = "var/log"
    keep: Annotated[int, Field(ge=1, le=1000)] = 5
    megabytes: Annotated[float, Field(gt=0, le=1000)] = 10.0
    areas: dict[Area, Level] = {}


class Health(_Section):
    """When administrators are told; the memory the process may use, if it is less than the machine's or group's."""

    memory_mb: Annotated[int, Field(ge=64)] | None = None


class Settings(_Section):
    """All sections."""

    run: Run = Run()
    use: Use = Use()
    telegram: Telegram = Telegram()
    http: Http = Http()
    feeds: Feeds = Feeds()
    redis: Redis = Redis()
    postgres: Postgres = Postgres()
    embedded: Embedded = Embedded()
    delivery: Delivery = Delivery()
    sandbox: Sandbox = Sandbox()
    simulator: Simulator = Simulator()
    health: Health = Health()
    logs: Logs = Logs()

    @property
    def sandboxed(self) -> bool:
        """Whether the local sandbox stands in for Telegram."""
        if self.use.messenger != "telegram":
            return False
        return self.telegram.token is None if self.sandbox.enabled is None else self.sandbox.enabled

    @property
    def hosts_sandbox(self) -> bool:
        """Whether the sandbox is here, and not in another process of several that share the work."""
        return self.sandboxed and "web" in self.run.roles

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where the web server listens."""
        host, _, port = self.http.address.rpartition(":")
        return host.strip("[]"), int(port)


def load(
    path: Path | None = None, overrides: Mapping[str, object] | None = None, *, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the configuration. `overrides` are dotted options from the command line, such as `http__address`.

    Raises:
        InvalidSettingsError: a file that cannot be read, an unknown option, or a value that does not fit.
    """
    found: dict[str, Any] = _from_file(path)
    for name, value in _from_environment(os.environ if environ is None else environ).items():
        _put(found, name, value)
    for option, value in (overrides or {}).items():
        if value is not None:
            _put(found, option.split("__"), value)
    try:
        settings = Settings.model_validate(found)
    except ValidationError as error:
        raise InvalidSettingsError(_explained(error)) from None
    wrong = settings_checks.wrong_address(settings) or settings_checks.wrong_roles(settings)
    if wrong:
        raise InvalidSettingsError(wrong)
    return settings


def _from_file(path: Path | None) -> dict[str, Any]:
    chosen = path or Path("tokenfilter.toml")
    if path is None and not chosen.exists():
        return {}
    try:
        found = tomllib.loads(chosen.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettingsError(f"{chosen}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettingsError(f"{chosen}: {error}") from None
    for section, name in SECRETS:
        options = found.get(section)
        if isinstance(options, dict) and name in options:
            variable = f"{PREFIX}{section}__{name}".upper()
            raise InvalidSettingsError(f"{section}.{name}: a secret; set it as {variable} or {variable}_FILE")
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        parts = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if parts[-1].endswith("_file") and parts != ("feeds", "replay", "file"):
            try:
                content = Path(value).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise InvalidSettingsError(f"{name}: {error.strerror}") from None
            found[(*parts[:-1], parts[-1].removesuffix("_file"))] = content
        else:
            found[parts] = value.split(",") if parts in _LISTS else value
    return found


def _put(settings: dict[str, Any], path: Sequence[str], value: object) -> None:
    *sections, name = path
    for section in sections:
        settings = settings.setdefault(section, {})
        if not isinstance(settings, dict):
            raise InvalidSettingsError(f"{section} is a section, not a value")
    settings[name] = value


def _explained(error: ValidationError) -> str:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    option = ".".join(location)
    if first["type"] != "extra_forbidden":
        return f"{option}: {first['msg'][0].lower()}{first['msg'][1:]}"
    near = difflib.get_close_matches(location[-1], _names(location[:-1]), n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(_names(location[:-1]))}"
    return f"{option}: no option of that name{hint}"


def _names(sections: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for section in sections:
        kind = model.model_fields[section].annotation
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return []
        model = kind
    return list(model.model_fields)
