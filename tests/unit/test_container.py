"""Every choice the settings offer is built and is what its port says; nothing else is offered or loaded."""

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

import pytest
from dependency_injector import providers

import tokenfilter.ports
from tokenfilter.container import Container, lazy
from tokenfilter.ports.telemetry import Telemetry
from tokenfilter.ports.token_feed import TokenFeed
from tokenfilter.settings import FeedName, Settings, Use

SELECTORS = {name: p for name, p in Container.providers.items() if isinstance(p, providers.Selector)}
OPTIONS = {id(p): name.removeprefix("use_") for name, p in Container.providers.items() if name.startswith("use_")}
CHOICES = [(name, choice) for name, selector in SELECTORS.items() for choice in selector.providers]


def option_of(name):
    """The option of `use` by which a port's adapter is chosen."""
    return OPTIONS[id(SELECTORS[name].selector)]


def built(**use):
    """A container of these choices, as the service makes it."""
    container = Container(settings=Settings(use=Use(**use)))
    container.address.override("http://127.0.0.1:1")
    return container


def protocol(name):
    """The port of that file name."""
    return getattr(import_module(f"tokenfilter.ports.{name}"), name.title().replace("_", ""))


@pytest.mark.parametrize("name", SELECTORS)
def test_a_ports_choices_are_those_that_the_settings_name(name):
    offered = get_args(Use.model_fields[option_of(name)].annotation)
    assert set(SELECTORS[name].providers) == set(offered)


@pytest.mark.parametrize(("name", "choice"), CHOICES)
async def test_every_choice_is_built_and_implements_its_port(name, choice):
    adapter = getattr(built(**{option_of(name): choice}), name)()
    assert protocol(name) in type(adapter).__mro__
    if hasattr(adapter, "close") and not hasattr(protocol(name), "close"):
        await adapter.close()


def test_every_port_has_a_provider_of_its_name_but_feeds_which_are_called_by_theirs():
    ports = {m.name for m in iter_modules(tokenfilter.ports.__path__)} - {"failures", "token_feed"}
    assert ports <= Container.providers.keys()


@pytest.mark.parametrize("name", [*get_args(FeedName), "stage", "push"])
def test_every_feed_is_built_and_is_a_feed(name, tmp_path):
    container = built()
    container.settings.override(
        Settings.model_validate({"feeds": {"replay": {"file": str(tmp_path / "feed.jsonl"), "speed": "max"}}})
    )
    assert TokenFeed in type(getattr(container, name)()).__mro__


def test_what_is_told_reaches_the_dashboard_the_metrics_and_the_log():
    container = built()
    container.telemetry().gauge("queue", 7)
    assert Telemetry in type(container.telemetry()).__mro__
    assert container.figures().gauges == {"queue": 7}
    assert b'tokenfilter_level{name="queue"} 7' in container.metrics().text()


@pytest.mark.parametrize(
    "name", [n for n, p in Container.providers.items() if isinstance(p, providers.Singleton | providers.Selector)]
)
def test_everything_is_built_once(name):
    container = built()
    container.settings.override(Settings.model_validate({"feeds": {"replay": {"file": "feed.jsonl"}}}))
    provider = getattr(container, name)
    assert provider() is provider()


def test_use_cases_share_their_adapters():
    container = built()
    assert container.ingest_events()._events is container.match_events()._events is container.event_stream()
    assert container.processed_tokens()._outbox is container.deliver_notifications()._outbox is container.outbox()


def test_a_misspelt_adapter_is_an_error_when_it_is_built_and_not_before():
    build = lazy("adapters.memory.clock:NoSuchClock")
    with pytest.raises(AttributeError, match="NoSuchClock"):
        build()


def test_the_container_alone_loads_no_adapter():
    code = "import sys, tokenfilter.container; print([m for m in sys.modules if m.startswith('tokenfilter.adapters.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
