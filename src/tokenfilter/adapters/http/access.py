"""Who may ask: on this machine anyone, beyond it whoever knows the token."""

import hmac

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_LOOPBACK = ("127.", "::1", "localhost")


def refused(request: Request, token: str | None) -> Response | None:
    """The answer to somebody who may not ask; None if they may.

    A request counts as this machine's only if it was asked for under a loopback name, so that a page elsewhere cannot
    reach us through a name of its own that points here.
    """
    host = request.url.hostname or ""
    if token is None:
        if host.startswith(_LOOPBACK):
            return None
        return PlainTextResponse("Only on this machine.\n", status_code=403)
    given = _bearer(request) or request.query_params.get("token", "")
    if hmac.compare_digest(given.encode(), token.encode()):
        return None
    return PlainTextResponse("A token is needed.\n", status_code=401, headers={"www-authenticate": "Bearer"})


def knows(request: Request, token: str) -> bool:
    """Whether the request carries the bearer token."""
    return hmac.compare_digest((_bearer(request) or "").encode(), token.encode())


def _bearer(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None
