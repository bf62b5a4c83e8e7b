"""What is wrong with settings that are each right but do not go together, as a sentence; None if nothing is."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenfilter.settings import Settings


def wrong_address(settings: "Settings") -> str | None:
    """Beyond this machine the sandbox is not served, and the rest only with a token."""
    try:
        host, port = settings.host_and_port
    except ValueError:
        return "http.address: expected host:port, for example 127.0.0.1:8080"
    if not 0 <= port <= 65_535:
        return "http.address: expected a port of 0 to 65535"
    if is_loopback(host):
        return None
    if settings.hosts_sandbox:
        return "http.address: the sandbox is for this machine only; set telegram.token, or listen on 127.0.0.1"
    if settings.http.token is None:
        return "http.token: needed beyond this machine (environment TOKENFILTER_HTTP__TOKEN)"
    return None


def wrong_roles(settings: "Settings") -> str | None:
    """Processes that share the work share the stores, and whoever talks to Telegram must have one."""
    roles, use = set(settings.run.roles), settings.use
    if not roles:
        return "run.roles: expected at least one role"
    if settings.run.everything:
        return None
    if use.state == "memory" or use.history == "memory":
        return "run.roles: sharing the work needs use.state redis and use.history postgres"
    telling = sorted(roles & {"deliver", "bot"})
    if telling and settings.sandboxed and not settings.hosts_sandbox and settings.telegram.base_url is None:
        expected = "set telegram.token, or telegram.base_url to that of the process with the role web"
        return f"run.roles: {' and '.join(telling)} without web has no sandbox; {expected}"
    return None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    return host in ("localhost", "::1") or host.startswith("127.")
