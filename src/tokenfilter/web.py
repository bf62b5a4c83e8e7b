"""What the web server serves, put together: dashboard, pushed events, the sandbox and its stage."""

from collections.abc import Callable, Mapping

from starlette.routing import BaseRoute, Mount

from tokenfilter.adapters.http import dashboard
from tokenfilter.adapters.http.server import WebServer
from tokenfilter.adapters.memory.shown import health, shown
from tokenfilter.container import Container
from tokenfilter.settings import Settings
from tokenfilter.version import VERSION


def web_server(settings: Settings) -> WebServer:
    """The server at the address of the settings; nothing is opened yet."""
    host, port = settings.host_and_port
    return WebServer(host=host, port=port)


def routes_of(container: Container, settings: Settings) -> list[BaseRoute]:
    """The routes that the settings ask for. Private stores are known by now."""
    token = settings.http.token.get_secret_value() if settings.http.token else None
    telemetry, clock = container.figures(), container.clock()
    routes = dashboard.health_routes(
        metrics=container.metrics().text, reasons=lambda: health(telemetry, clock.now()), token=token
    )
    if "web" not in settings.run.roles:
        return routes
    routes += dashboard.routes(figures=_figures(container, settings), token=token)
    if settings.http.events_token:
        routes += container.push().routes()
    if settings.hosts_sandbox:
        staged = container.stage_page().routes() if "simulator" in settings.use.feeds else []
        routes.append(Mount("/sandbox", routes=[*staged, *container.sandbox().routes()]))
    return routes


def _figures(container: Container, settings: Settings) -> Callable[[], Mapping[str, object]]:
    telemetry, clock, index = container.figures(), container.clock(), container.filter_index()
    started_at = clock.now().isoformat()

    def figures() -> Mapping[str, object]:
        held = index.totals()
        return {
            **shown(telemetry, clock.now()),
            "started_at": started_at,
            "version": VERSION,
            "simulated": "simulator" in settings.use.feeds,
            "subscribers": {"active": held.subscribers, "filters": held.routes, "destinations": held.destinations},
        }

    return figures
